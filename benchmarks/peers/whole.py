"""The real model, all processes, beside its plain-Python twins and beside its own source without a compiler."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.limits.count import Job
from benchmarks.model.twins import TABLE, TAKES_LEVERS, Block
from benchmarks.record import ROOT
from qorgau.model.mechanisms import Mechanism
from qorgau.model.months import Rows
from qorgau.model.run import begin
from qorgau.model.state import State

AGREE = 1e-9
LEFT_OVER = ("stock", "ledger_kg")
MONTH = 240
"""January 2009: everything has begun."""


def state_at(block: Block, month: int = MONTH) -> State:
    """The state before a month, by compiled code."""
    b = block
    state = begin(b.world, b.parameters, b.on, b.keys)
    _rows(b, state).go(range(month), collect=False)
    return state


def compiled(block: Block, state: State, months: int) -> State:
    """The state after some months, by compiled code."""
    after = state.copy()
    _rows(block, after).go(range(MONTH, MONTH + months), collect=False)
    return after


def _rows(b: Block, state: State) -> Rows:
    return Rows(b.world, state, b.parameters, b.on, b.keys)


def seconds_compiled(block: Block, state: State, months: int, repeats: int = 7) -> float:
    """Processor seconds per run and month of the compiled processes, as ensembles go through them.

    What a block does once (its arrays are told to the script of its world) is done before.
    """
    rows, times = _rows(block, state.copy()), []
    rows.go(range(MONTH, MONTH + months), collect=False)
    for _ in range(repeats):
        for name, array in rows.state.arrays().items():
            array[:] = getattr(state, name)
        begun = time.process_time()
        rows.go(range(MONTH, MONTH + months), collect=False)
        times.append(time.process_time() - begun)
    return median(times) / (months * len(block.keys))


def row(block: Block, r: int) -> Block:
    """One run of a block."""
    parameters = {name: table[r: r + 1] for name, table in block.parameters.items()}
    return Block(block.world, parameters, block.on[r: r + 1], block.keys[r: r + 1], block.geometry)


def by_twins(block: Block, state: State, months: int) -> tuple[State, float]:
    """The state of one run after some months of the twins in the order of processes, and the seconds they took."""
    alone = state.copy()
    q = {k: {f: float(a[f][0]) for f in a.dtype.names or ()} for k, a in block.parameters.items()}
    on = {m.name: bool(block.on[0, m]) for m in Mechanism}
    begun = time.process_time()
    for month in range(MONTH, MONTH + months):
        for name, (_, _, twin, whole) in TABLE.items():
            _act(block, alone, twin, whole, (block.levers,) if name in TAKES_LEVERS else (), q, on, month)
    return alone, time.process_time() - begun


def _act(block: Block, alone: State, twin: Callable[..., dict[str, Any]], whole: bool, more: tuple[Any, ...],
         q: dict[str, dict[str, float]], on: dict[str, bool], month: int) -> None:
    if whole:
        found = twin(block.world, alone, block.parameters, block.on, block.keys, month, *more)
        for key, value in found.items():
            getattr(alone, key)[:] = value
        return
    values = {name: array[0].copy() for name, array in alone.arrays().items()}
    for key, value in twin(block.world, values, q, on, block.keys[0], month).items():
        getattr(alone, key)[0] = value


def apart(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> float:
    """Largest difference in any array over its largest value; of what is left of kg, over a kilogram at least.

    Stocks that were sold out and ledgers hold what rounding left of loads, 1e-13 kg: a ratio of two such says nothing.
    """
    worst = 0.0
    for name, first in a.items():
        difference = np.abs(first.astype(np.float64) - b[name]).max(initial=0.0)
        largest = max(1.0 if name in LEFT_OVER else 0.0, float(np.abs(first).max(initial=0.0)))
        worst = max(worst, float(difference) / (largest or 1.0))
    return worst


def interpreted(job: Job) -> tuple[dict[str, np.ndarray], float, dict[str, float]]:
    """Run a job in a Python without a compiler: the state after it, seconds, and counts when it counts."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "job"
        path.write_bytes(pickle.dumps(job))
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.limits.count", str(path), "counted" if job.counted else "timed"],
            env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": os.pathsep.join((str(ROOT / "src"), str(ROOT)))},
            stdout=subprocess.PIPE, text=True, check=False, cwd=ROOT,
        )
        if done.returncode:
            raise SystemExit(f"the interpreted run ended with status {done.returncode}; its message stands above")
        told = json.loads(done.stdout.splitlines()[-1])
        return pickle.loads(path.read_bytes()), told["seconds"], told["counts"]
