"""The stand-in's four versions in turn: the same draws, compared month by month, in the same minute.

Each goes through its months at a stretch, as it would in use: in turns by month each would find its memory pushed out of
the nearer caches by the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from benchmarks.peers import kernel, objects, vectorised, with_mesa
from benchmarks.peers.network import COMPARED, Network, apart, begin, draws

AGREE = 1e-9
WARM = 6
"""Months that are run but not timed: the first compile, and organisations all plan anew."""


@dataclass(frozen=True)
class Measured:
    """Microseconds of processor time per run and month by version, and the largest difference from compiled code."""

    micros: dict[str, float]
    apart: dict[str, float]
    organisations: float


def measure(net: Network, runs: int, months: int, seed: int = 1, warm: int = WARM) -> Measured:
    """Run all four over the same months; stops when any is further than 1e-9 from the compiled version.

    Raises
    ------
    SystemExit
        If two versions are not the same model.
    """
    parameters, keys = draws(runs, seed)
    arrays = begin(net, parameters)
    compiled = kernel.Model(net, parameters, keys, arrays)
    derived = vectorised.Derived(net)
    plain = [objects.Model(net, parameters, keys[r], arrays, r) for r in range(runs)]
    in_mesa = [with_mesa.Model(net, parameters, keys[r], arrays, r) for r in range(runs)]
    work: dict[str, tuple[Callable[[int], Any], Callable[[], dict[str, np.ndarray]]]] = {
        "compiled": (lambda month: compiled.step(), compiled.state),
        "NumPy over runs": (lambda month: vectorised.step(net, derived, parameters, keys, arrays, month),
                            lambda: {name: arrays[name].copy() for name in COMPARED}),
        "plain objects": (lambda month: [model.step() for model in plain], lambda: stacked(plain)),
        "Mesa": (lambda month: [model.step() for model in in_mesa], lambda: stacked(in_mesa)),
    }
    spent, differ = dict.fromkeys(work, 0.0), dict.fromkeys(work, 0.0)
    ours: list[dict[str, np.ndarray]] = []
    for name, (step, read) in work.items():
        for month in range(months):
            begun = time.process_time()
            step(month)
            if month >= warm:
                spent[name] += time.process_time() - begun
            state = read()
            if name == "compiled":
                ours.append(state)
            differ[name] = max(differ[name], apart(ours[month], state))
            if differ[name] > AGREE:
                raise SystemExit(f"month {month}: {name} is {differ[name]:.0e} from compiled: not the same model")
    alive = sum(float(state["active"].sum()) for state in ours) / runs
    scale = 1e6 / (runs * (months - warm)) if months > warm else float("nan")
    return Measured({k: v * scale for k, v in spent.items()}, differ, alive / months)


def stacked(models: list[Any]) -> dict[str, np.ndarray]:
    """States of single runs as arrays with the runs first."""
    states = [model.state() for model in models]
    return {name: np.stack([state[name] for state in states]) for name in COMPARED}
