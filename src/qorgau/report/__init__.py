"""Figures, the HTML report and exports: everything that people read, made from results."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qorgau.report.build import build_report
    from qorgau.report.exports import export_figures, export_tables

__all__ = ["build_report", "export_figures", "export_tables"]

# Loaded on first use: the map modules are wanted without the chart library.
_HOMES = {
    "build_report": "qorgau.report.build",
    "export_figures": "qorgau.report.exports",
    "export_tables": "qorgau.report.exports",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'qorgau.report' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
