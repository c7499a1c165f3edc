"""The stand-in's four versions: the same draws, compared month by month, then each timed by itself in the same minute.

Timed months follow one another at a stretch, as they do in use: in turns by month, with a look at the state after each,
every version finds its memory pushed out of the nearer caches, which costs compiled code a good third of its time and
objects next to nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any

import numpy as np

from benchmarks.peers import kernel, objects, vectorised, with_mesa
from benchmarks.peers.network import COMPARED, Network, apart, begin, draws

AGREE = 1e-9
WARM = 6
"""Months that are run but not timed: the first compile, and organisations all plan anew."""
ENOUGH, MOST = 1.0, 15
"""Seconds after which a version is not timed again, and how often at most; the median counts."""

Arrays = dict[str, np.ndarray]
Version = tuple[Callable[[], Any], Callable[[], Arrays]]
"""How a version goes through a month, and how its state is read."""


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
    makers = _makers(net, parameters, keys)
    differ = dict.fromkeys(makers, 0.0)
    versions = {name: make() for name, make in makers.items()}
    alive = 0.0
    for month in range(months):
        for step, _ in versions.values():
            step()
        found = {name: read() for name, (_, read) in versions.items()}
        for name, state in found.items():
            differ[name] = max(differ[name], apart(found["compiled"], state))
            if differ[name] > AGREE:
                raise SystemExit(f"month {month}: {name} is {differ[name]:.0e} from compiled: not the same model")
        alive += found["compiled"]["active"].sum() / runs
    scale = 1e6 / (runs * (months - warm)) if months > warm else float("nan")
    micros = {name: scale * _seconds(make, months, warm) for name, make in makers.items()}
    return Measured(micros, differ, alive / months)


def _makers(net: Network, parameters: np.ndarray, keys: np.ndarray) -> dict[str, Callable[[], Version]]:
    begun = begin(net, parameters)

    def compiled() -> Version:
        model = kernel.Model(net, parameters, keys, begun)
        return model.step, model.state

    def numpy() -> Version:
        arrays, derived = {name: value.copy() for name, value in begun.items()}, vectorised.Derived(net)
        months = iter(range(10**9))
        return (lambda: vectorised.step(net, derived, parameters, keys, arrays, next(months))), lambda: arrays

    def each(kind: Any) -> Callable[[], Version]:
        def make() -> Version:
            models = [kind(net, parameters, keys[r], begun, r) for r in range(len(keys))]
            return (lambda: [model.step() for model in models]), lambda: stacked(models)

        return make

    return {"compiled": compiled, "NumPy over runs": numpy, "plain objects": each(objects.Model),
            "Mesa": each(with_mesa.Model)}


def _seconds(make: Callable[[], Version], months: int, warm: int) -> float:
    """Processor seconds of the months after the first ``warm`` ones."""
    times: list[float] = []
    while len(times) < MOST and sum(times) < ENOUGH:
        step, _ = make()
        for _ in range(min(warm, months)):
            step()
        begun = time.process_time()
        for _ in range(months - warm):
            step()
        times.append(time.process_time() - begun)
    return median(times)


def stacked(models: list[Any]) -> Arrays:
    """States of single runs as arrays with the runs first."""
    states = [model.state() for model in models]
    return {name: np.stack([state[name] for state in states]) for name in COMPARED}
