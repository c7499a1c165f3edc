"""The local web page: map, levers and comparisons over a JSON API, served on this machine alone."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qorgau.web.app import create_app
    from qorgau.web.serving import serve

__all__ = ["create_app", "serve"]

# Loaded on first use: the web libraries are an extra, and the compiler takes seconds.
_HOMES = {"create_app": "qorgau.web.app", "serve": "qorgau.web.serving"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'qorgau.web' has no attribute '{name}'")
    value = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value
