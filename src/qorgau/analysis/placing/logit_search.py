"""Placing watches against logit followers: gradient, several starts, rounding, swaps; a bound by relaxation.

The share that goes undetected is smooth in the watches but neither convex nor falling (a watch may push
journeys to safer paths), so the placement found carries no claim of being best. The bound is valid: with
C >= C(no watch) for every walk and Holder's inequality,

    D(y) = Z_{beta+1}(y) / Z_beta(y) >= (Z_{beta+1}(y) / Z_{beta+1-t}(0))^(1/t)  for t in [1, beta + 1],

t = 1 being Z_beta(y) <= Z_beta(0) and t = beta + 1 the power mean over all walks. The right side is convex
in y (the exponential of a log-sum-exp of linear functions), so Frank-Wolfe's linear model bounds it from
below over all fractional placements; t is chosen for each journey.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

import numpy as np

from qorgau.analysis.placing import local
from qorgau.analysis.placing.logit import (
    LogitModel,
    delivered,
    delivered_and_gradient,
    load,
    log_sums,
    passes,
)
from qorgau.analysis.placing.network import Floats, Ints

ASCENT_STEPS = 60
BOUND_STEPS = 120
BOUND_SHARE = 0.25
EXPONENTS = 12
CANDIDATES = 12


@dataclass(frozen=True, eq=False)
class LogitSolution:
    """The best placement found, in slots of watchable arcs, its value, and a valid bound."""

    slots: Ints
    value: float
    bound: float
    starts: int


def fractional_fill(gradient: Floats, cost: Floats, budget: float) -> Floats:
    """Return the y in [0, 1] within the budget that minimises gradient @ y (a fractional knapsack)."""
    y = np.zeros(gradient.size)
    left = budget
    for i in np.argsort(gradient / cost, kind="stable"):
        if gradient[i] >= 0.0 or left <= 0.0:
            break
        y[i] = min(1.0, left / cost[i])
        left -= y[i] * cost[i]
    return y


def descend(model: LogitModel, y: Floats, budget: float, deadline: float) -> Floats:
    """Follow Frank-Wolfe steps with backtracking from y until none helps."""
    value, gradient = delivered_and_gradient(model, y)
    for _ in range(ASCENT_STEPS):
        direction = fractional_fill(gradient, model.budget_cost, budget) - y
        slope = float(gradient @ direction)
        if slope > -1e-9 * value or time.perf_counter() > deadline:
            break
        step = 1.0
        while step > 1e-3 and delivered(model, y + step * direction) > value + 0.1 * step * slope:
            step *= 0.5
        if step <= 1e-3:
            break
        y = np.clip(y + step * direction, 0.0, 1.0)
        value, gradient = delivered_and_gradient(model, y)
    return y


def greedy(model: LogitModel, budget: float, deadline: float) -> Ints:
    """Add the watch of steepest descent for its cost, one at a time, while that lowers the share."""
    slots: list[int] = []
    left = budget + local.BUDGET_TOLERANCE
    value, gradient = delivered_and_gradient(model, model.whole(np.array(slots, dtype=np.int64)))
    while time.perf_counter() < deadline:
        rate = gradient / model.budget_cost
        rate[slots] = 0.0
        rate[model.budget_cost > left] = 0.0
        new = int(np.argmin(rate))
        if rate[new] >= 0.0:
            break
        new_value, gradient = delivered_and_gradient(model, model.whole(np.array([*slots, new], dtype=np.int64)))
        if new_value >= value:
            break
        slots.append(new)
        value = new_value
        left -= model.budget_cost[new]
    return np.array(sorted(slots), dtype=np.int64)


def search(
    model: LogitModel,
    budget: float,
    time_limit: float = 60.0,
    starts: tuple[Ints, ...] = (),
    random_starts: int = 2,
    seed: int = 1,
) -> LogitSolution:
    """Choose watches within `budget` so that logit followers are least likely to go undetected.

    Parameters
    ----------
    starts
        Placements to start from besides the search's own, in slots of watchable arcs.
    random_starts, seed
        Fractional placements drawn at random.
    """
    begun = time.perf_counter()
    deadline = begun + (1.0 - BOUND_SHARE) * time_limit
    cost = model.budget_cost
    best = np.zeros(0, dtype=np.int64)
    best_value = delivered(model, model.whole(best))
    bound = 0.0
    if model.watch.size:
        rng = np.random.default_rng(seed)
        even = np.full(cost.size, min(1.0, budget / float(cost.sum())))
        points = [greedy(model, budget, deadline), *starts]
        fractional = [np.zeros(cost.size), even]
        fractional += [fractional_fill(-rng.exponential(size=cost.size), cost, budget) for _ in range(random_starts)]
        for n, start in enumerate([*points, *fractional]):
            if n and time.perf_counter() > deadline:
                break
            if n >= len(points):
                y = descend(model, start, budget, deadline)
                start = local.fill(np.where(y > 1e-6, y, 0.0), cost, budget)
            # Each start gets its share of the time left, so that one long climb cannot starve the others.
            remaining = max(0.0, deadline - time.perf_counter()) / (len(points) + len(fractional) - n)
            slots, value = _swap(model, start, budget, time.perf_counter() + 2.0 * remaining)
            tried = n + 1
            if value < best_value:
                best, best_value = slots, value
        bound = relaxation_bound(model, budget, model.whole(best), begun + time_limit)
    else:
        tried, bound = 0, best_value
    return LogitSolution(best, best_value, min(bound, best_value), tried)


def relaxation_bound(model: LogitModel, budget: float, y: Floats, deadline: float) -> float:
    """Return a valid lower bound on the share of any placement within the budget, whole or fractional.

    Parameters
    ----------
    y
        A good placement: the exponents t are chosen to be tight there, shape (watchable,).
    deadline
        `time.perf_counter` value to stop at; at least one step is made.
    """
    beta = model.beta
    best_log = np.full(model.begin.size, -np.inf)
    exponent = np.ones(model.begin.size)
    reference = np.zeros(model.begin.size)
    here = log_sums(model, model.costs(y), beta + 1.0)
    for t in np.geomspace(1.0, beta + 1.0, EXPONENTS):
        sums = log_sums(model, model.base, beta + 1.0 - t)
        better = (here - sums) / t > best_log
        best_log = np.where(better, (here - sums) / t, best_log)
        exponent = np.where(better, t, exponent)
        reference = np.where(better, sums, reference)
    bound = 0.0
    for _ in range(BOUND_STEPS):
        costs = model.costs(y)
        share = np.exp((log_sums(model, costs, beta + 1.0) - reference) / exponent)
        value = float(model.probability @ share)
        weight = model.probability * share / exponent
        gradient = -(beta + 1.0) * (passes(model, costs, beta + 1.0, weight) * model.rise)[model.watch]
        direction = fractional_fill(gradient, model.budget_cost, budget) - y
        slope = float(gradient @ direction)
        bound = max(bound, value + slope)
        if slope > -1e-4 * value or time.perf_counter() > deadline:
            break
        y = np.clip(y + _line(model, reference, exponent, y, direction, value, slope) * direction, 0.0, 1.0)
    return bound


def _line(
    model: LogitModel,
    reference: Floats,
    exponent: Floats,
    y: Floats,
    direction: Floats,
    value: float,
    slope: float,
) -> float:
    step = 1.0
    while step > 1e-4:
        sums = log_sums(model, model.costs(y + step * direction), model.beta + 1.0)
        trial = float(model.probability @ np.exp((sums - reference) / exponent))
        if trial <= value + 0.25 * step * slope:
            return step
        # The parabola through value, slope and trial has its least value here.
        step = max(0.1 * step, min(0.6 * step, -slope * step * step / (2.0 * (trial - value - slope * step))))
    return step


def _swap(model: LogitModel, slots: Ints, budget: float, deadline: float) -> tuple[Ints, float]:
    """Improve a placement by adding and swapping, the gradient saying what is worth trying."""
    known: dict[bytes, Floats] = {}

    def gradient(chosen: Ints) -> Floats:
        key = chosen.tobytes()
        if key not in known:
            known.clear()
            known[key] = delivered_and_gradient(model, model.whole(chosen))[1]
        return known[key]

    def additions(chosen: Ints) -> list[int]:
        slope = gradient(chosen).copy()
        slope[chosen] = 0.0
        return [int(i) for i in np.argsort(slope, kind="stable")[:CANDIDATES] if slope[i] < 0.0]

    def removals(chosen: Ints) -> list[int]:
        slope = gradient(chosen)
        return [int(i) for i in chosen[np.argsort(-slope[chosen], kind="stable")][:CANDIDATES]]

    def evaluate(chosen: Ints) -> float:
        return delivered(model, model.whole(chosen))

    return local.improve(evaluate, slots, evaluate(slots), model.budget_cost, budget, additions, removals, deadline)


def busiest(model: LogitModel) -> Floats:
    """Return how much each watchable arc is used with no watch, shape (watchable,)."""
    return load(model, np.zeros(model.watch.size))
