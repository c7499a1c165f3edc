"""The stand-in's four versions side by side: the same draws, month by month, in the same minute."""

from __future__ import annotations

import time
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
    spent = dict.fromkeys(("compiled", "NumPy over runs", "plain objects", "Mesa"), 0.0)
    differ = dict.fromkeys(spent, 0.0)
    alive = 0.0
    for month in range(months):
        work = {
            "compiled": compiled.step,
            "NumPy over runs": lambda m=month: vectorised.step(net, derived, parameters, keys, arrays, m),
            "plain objects": lambda: [model.step() for model in plain],
            "Mesa": lambda: [model.step() for model in in_mesa],
        }
        for name, step in work.items():
            begun = time.process_time()
            step()  # type: ignore[operator]
            if month >= warm:
                spent[name] += time.process_time() - begun
        ours = compiled.state()
        found = {"NumPy over runs": arrays, "plain objects": stacked(plain), "Mesa": stacked(in_mesa)}
        for name, state in found.items():
            differ[name] = max(differ[name], apart(ours, state))
            if differ[name] > AGREE:
                raise SystemExit(f"month {month}: {name} is {differ[name]:.0e} from compiled: not the same model")
        alive += ours["active"].sum() / runs
    scale = 1e6 / (runs * (months - warm)) if months > warm else float("nan")
    return Measured({k: v * scale for k, v in spent.items()}, differ, alive / months)


def stacked(models: list[Any]) -> dict[str, np.ndarray]:
    """States of single runs as arrays with the runs first."""
    states = [model.state() for model in models]
    return {name: np.stack([state[name] for state in states]) for name in COMPARED}
