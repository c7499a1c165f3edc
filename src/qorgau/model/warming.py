"""Compiling on several cores: Pythons of their own share out the processes and meet in the disk cache.

Numba compiles one function at a time in a Python. Here each of some Pythons walks through a month of the model without
computing it, which tells with what types each process is called, and compiles those that no other has claimed, the
longest first. The Python that waits for them then finds all in the cache. What goes wrong here costs time only: a
process that is not in the cache is compiled when it is first called.
"""

from __future__ import annotations

import ast
import inspect
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numba.core.registry import CPUDispatcher

from qorgau.model.compiled import cached, uncompiled
from qorgau.model.parameters import Parameters
from qorgau.model.world import World

__all__ = ["calls_of_a_month", "compile_share", "warm"]

MOST = 4
"""Pythons at most: with more, each would wait for the one that compiles the longest process."""

PATIENCE = 600.0
"""Seconds after which they are no longer waited for."""

_SCRIPT = "import sys; from qorgau.model.warming import compile_share; compile_share(sys.argv[1])"

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
    if pythons < 2 or not sys.executable or 2 * len(uncompiled()) < len(cached()):
        return 0
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with tempfile.TemporaryDirectory(prefix="qorgau-compile-", ignore_cleanup_errors=True) as folder:
        (Path(folder) / "inputs").write_bytes(pickle.dumps((world, dict(parameters), on, keys)))
        command = [sys.executable, "-P", "-c", _SCRIPT, folder]
        quiet = subprocess.DEVNULL
        children: list[subprocess.Popen[bytes]] = []
        try:
            for _ in range(pythons):
                children.append(subprocess.Popen(command, env=env, stdin=quiet, stdout=quiet, stderr=quiet))
            until = time.monotonic() + PATIENCE
            with suppress(subprocess.TimeoutExpired):
                for child in children:
                    child.wait(max(0.0, until - time.monotonic()))
        finally:
            for child in children:
                if child.poll() is None:
                    child.kill()
                    child.wait()
    return pythons


def compile_share(folder: str) -> list[str]:
    """Compile what no other Python has claimed in a folder; return the names of those processes."""
    world, parameters, on, keys = pickle.loads((Path(folder) / "inputs").read_bytes())
    done: list[str] = []
    for number, (function, types) in enumerate(calls_of_a_month(world, parameters, on, keys)):
        try:
            os.close(os.open(Path(folder) / str(number), os.O_CREAT | os.O_EXCL))
        except OSError:  # claimed, or the folder has gone
            continue
        function.compile(types)
        done.append(f"{function.py_func.__module__}.{function.py_func.__name__}")
    return done


def calls_of_a_month(world: World, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> list[Call]:
    """Return what a run calls in its start, a month and a year's table, with the types, the longest function first.

    Nothing is computed but what functions give back, which is computed without a compiler.
    """
    from qorgau.model import routes, run  # here: they bring all processes
    from qorgau.model.outcomes import Collector

    # records whose columns can also be had as attributes, as compiled code has them
    own = {name: np.tile(table[:1], 2).view(np.recarray) for name, table in parameters.items()}
    on, keys = np.tile(on[:1], (2, 1)), np.tile(keys[:1], 2)
    calls: dict[Call, None] = {}
    with _noted(calls), suppress(Exception), np.errstate(all="ignore"):
        # any exception: the state is never computed, so a function may not bear it; what was noted is of use
        state = run.begin(world, own, on, keys)
        levers = np.zeros((2, world.sizes["instrument"]))
        run.advance_month(world, state, own, on, keys, 0, levers, routes.geometry_of(world))
        collector = Collector(world, 2)
        collector.month(state)
        collector.year()
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
        if not _gives_back(function.py_func):
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


@cache
def _gives_back(function: Callable[..., Any]) -> bool:
    """Whether a function returns anything."""
    tree = ast.parse(inspect.getsource(function))
    return any(isinstance(node, ast.Return) and node.value is not None for node in ast.walk(tree))
