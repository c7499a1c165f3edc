"""The one way in which this folder compiles its functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit

__all__ = ["compiled", "inlined"]


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a process: released lock, cached on disk, IEEE division (no exception on zero)."""
    return njit(cache=True, nogil=True, error_model="numpy")(function)


def inlined(function: Callable[..., Any]) -> Any:
    """Compile a small function that processes call; LLVM inlines it."""
    return njit(nogil=True, error_model="numpy")(function)
