"""What one core of this machine does at best, measured with small loops that stay in its nearest cache."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from numba import njit

from qorgau.model.streams import uniform

NEAR = 2048
"""Float64 numbers in a buffer that stays in the first cache (16 kB)."""
STEPS = 32


@njit(fastmath=True, error_model="numpy")
def _multiply_add(x, out, rounds):
    for _ in range(rounds):
        for i in range(len(x)):
            y = 0.5
            for _ in range(STEPS):
                y = y * x[i] + 0.25
            out[i] += y


@njit(fastmath=True, error_model="numpy")
def _divide(x, out, rounds):
    for k in range(rounds):
        for i in range(len(x)):
            out[i] = (1.0 + k) / x[i]


@njit(fastmath=True, error_model="numpy")
def _load(x, rounds):
    total = 0.0
    for k in range(rounds):
        part = 0.0
        for i in range(len(x)):
            part += x[i]
        x[k & 7] += 1e-12
        total += part
    return total


@njit(fastmath=True, error_model="numpy")
def _store(out, rounds):
    for k in range(rounds):
        for i in range(len(out)):
            out[i] = 1.0 * k


@njit
def _draws(out, rounds):
    for k in range(rounds):
        for i in range(len(out)):
            out[i] = uniform(np.uint64(12345), 1, k & 255, i, 0)


def _best(work: Callable[[], object], repeats: int) -> float:
    work()
    times = []
    for _ in range(repeats):
        begun = time.perf_counter()
        work()
        times.append(time.perf_counter() - begun)
    return min(times)


def peaks(rounds: int = 2000, repeats: int = 7) -> dict[str, float]:
    """Seconds an operation at best, by name.

    ``add`` and ``multiply`` share a unit that does both at once: half of a fused pair each.
    """
    x, out = np.random.default_rng(1).uniform(0.1, 0.9, NEAR), np.zeros(NEAR)
    calls = rounds * NEAR
    pair = _best(lambda: _multiply_add(x, out, rounds // 4), repeats) / (calls / 4 * STEPS)
    found = {"add": pair / 2, "multiply": pair / 2}
    found["divide"] = _best(lambda: _divide(x, out, rounds), repeats) / calls
    found["load"] = _best(lambda: _load(x, rounds), repeats) / calls
    found["store"] = _best(lambda: _store(out, rounds), repeats) / calls
    found["uniform"] = _best(lambda: _draws(out, rounds // 4), repeats) / (calls / 4)
    for name, function in (("exp", np.exp), ("log", np.log), ("sqrt", np.sqrt), ("tanh", np.tanh)):
        found[name] = _best(lambda f=function: [f(x, out=out) for _ in range(50)], repeats) / (50 * NEAR)  # type: ignore[misc]
    found["power"] = _best(lambda: [np.power(x, 0.7, out=out) for _ in range(50)], repeats) / (50 * NEAR)
    return found


def bounds(counts: dict[str, float], best: dict[str, float]) -> dict[str, float]:
    """Least seconds that counted work can take: its arithmetic alone; its loads and stores alone.

    Each bound supposes that all else is free and perfectly overlapped, that everything is vectorised in full, and that
    loads and stores find their data in the first cache. The larger is the machine's limit.
    """
    arithmetic = sum(counts.get(name, 0.0) * cost for name, cost in best.items() if name not in ("load", "store"))
    moved = (counts.get("load", 0.0) + counts.get("load index", 0.0)) * best["load"]
    return {"arithmetic": arithmetic, "moved": moved + counts.get("store", 0.0) * best["store"]}
