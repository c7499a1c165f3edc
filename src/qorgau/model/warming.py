"""Compiling on several cores: Pythons of their own share out the processes and meet in the disk cache.

Numba compiles one function at a time in a Python. Here each of some Pythons walks through a month of the model without
computing it, which tells with what types each process is called, and compiles those that no other has claimed, the
longest first. The Python that waits for them then finds all in the cache. What goes wrong here costs time only: a
process that is not in the cache is compiled when it is first called.
"""

from __future__ import annotations

import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
from numba.core.registry import CPUDispatcher

from qorgau.model.compiled import cached, gives_back, processes, uncompiled
from qorgau.model.parameters import Parameters
from qorgau.model.replay import trampoline_of
from qorgau.model.world import World

__all__ = ["calls_of_a_month", "compile_share", "warm"]

MOST = 4
"""Pythons at most: with more, each would wait for the one that compiles the longest process."""

PATIENCE = 600.0
"""Seconds after which they are no longer waited for."""

Call = tuple[Any, tuple[Any, ...]]


def warm(world: World, parameters: Parameters, on: np.ndarray, keys: np.ndarray, cores: int) -> int:
    """Compile into the disk cache on several cores, if most of the model is not there.

    Parameters
    ----------
    world, parameters, on, keys
        As of `qorgau.model.run.simulate_block`; only their types matter.
    cores : int

    Returns
    -------
    int
        Pythons that took part: none if there is one core only, or if less than half of the processes are missing.
    """
    pythons = min(cores, MOST)
    if pythons < 2 or 2 * len(uncompiled()) < len(cached()):
        return 0
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="qorgau-compile-", ignore_cleanup_errors=True) as folder:
        given = (folder, world, dict(parameters), on, keys)
        children = [context.Process(target=_share, args=given, daemon=True) for _ in range(pythons)]
        try:
            for child in children:
                child.start()
            until = time.monotonic() + PATIENCE
            for child in children:
                child.join(max(0.0, until - time.monotonic()))
        finally:
            for child in children:
                if child.is_alive():
                    child.kill()
                    child.join()
    return pythons


def _share(*given: Any) -> None:
    """Do a share in a Python of its own; what goes wrong, or Ctrl-C, ends it without a word."""
    with suppress(Exception, KeyboardInterrupt):
        compile_share(*given)


def compile_share(
    folder: str, world: World, parameters: Parameters, on: np.ndarray, keys: np.ndarray
) -> list[str]:
    """Compile what no other Python has claimed in a folder; return the names of those processes."""
    done: list[str] = []
    for number, (function, types) in enumerate(calls_of_a_month(world, parameters, on, keys)):
        try:
            os.close(os.open(Path(folder) / str(number), os.O_CREAT | os.O_EXCL))
        except OSError:  # claimed, or the folder has gone
            continue
        function.compile(types)
        if function in processes():
            trampoline_of(function, types)
        done.append(f"{function.py_func.__module__}.{function.py_func.__name__}")
    return done


def calls_of_a_month(world: World, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> list[Call]:
    """Return what a run calls in its start, a month and a year's table, with the types, the longest function first.

    Nothing is computed but what functions give back, which is computed without a compiler.
    """
    from qorgau.model import run  # here: it brings all processes
    from qorgau.model.months import Rows

    # records whose columns can also be had as attributes, as compiled code has them
    own = {name: np.tile(table[:1], 2).view(np.recarray) for name, table in parameters.items()}
    on, keys = np.tile(on[:1], (2, 1)), np.tile(keys[:1], 2)
    calls: dict[Call, None] = {}
    with _noted(calls), suppress(Exception), np.errstate(all="ignore"):
        # any exception: the state is never computed, so a function may not bear it; what was noted is of use
        state = run.begin(world, own, on, keys)
        rows = Rows(world, state, own, on, keys, run.advance_month)
        rows.go(range(1))
        rows.table()
    return sorted(calls, key=_order)


def _order(call: Call) -> tuple[int, str, str, str]:
    function = call[0].py_func
    return -len(function.__code__.co_code), function.__module__, function.__name__, str(call[1])


@contextmanager
def _noted(calls: dict[Call, None]) -> Iterator[None]:
    """Note every call of a compiled function from Python instead of compiling it. Not for use beside threads."""
    within = False

    def call(function: Any, *values: Any) -> Any:
        nonlocal within
        if within:
            return function.py_func(*values)
        calls[function, tuple(function.typeof_pyval(_plain(value)) for value in values)] = None
        if not gives_back(function.py_func):
            return None
        within = True
        try:
            return function.py_func(*values)
        finally:
            within = False

    kind: Any = CPUDispatcher
    kind.__call__ = call
    try:
        yield
    finally:
        del kind.__call__


def _plain(value: Any) -> Any:
    """The same array as the model has it."""
    return value.view(np.dtype((np.void, value.dtype)), np.ndarray) if isinstance(value, np.recarray) else value
