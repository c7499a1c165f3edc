"""Qorgau: what open sources say about a trafficking system, made into a model held to its sources.

>>> case = qorgau.load_case("kazakhstan")
>>> results = qorgau.simulate(case, policies=["baseline", "anti_corruption"], runs=200, seed=1)
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qorgau.case import load_case
    from qorgau.ensemble.results import Results
    from qorgau.ensemble.runner import simulate

__version__ = "0.1.0"
__all__ = ["Results", "__version__", "load_case", "simulate"]

# Loaded on first use: the compiler and the chart library take seconds that --help should not cost.
_HOMES = {
    "Results": "qorgau.ensemble.results",
    "load_case": "qorgau.case",
    "simulate": "qorgau.ensemble.runner",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'qorgau' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
