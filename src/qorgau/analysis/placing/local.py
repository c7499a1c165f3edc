"""Greedy filling of a budget and improvement by swaps, for any follower."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

import numpy as np

from qorgau.analysis.placing.network import Floats, Ints

BUDGET_TOLERANCE = 1e-9


def fill(score: Floats, cost: Floats, budget: float) -> Ints:
    """Choose items by falling score while the budget lasts; items of score 0 or less are left out.

    Returns
    -------
    int64 (chosen,): positions, rising.
    """
    chosen = []
    left = budget + BUDGET_TOLERANCE
    for i in np.argsort(-score, kind="stable"):
        if score[i] <= 0.0:
            break
        if cost[i] <= left:
            chosen.append(int(i))
            left -= cost[i]
    return np.array(sorted(chosen), dtype=np.int64)


def improve(
    evaluate: Callable[[Ints], float],
    chosen: Ints,
    value: float,
    cost: Floats,
    budget: float,
    additions: Callable[[Ints], Iterable[int]],
    removals: Callable[[Ints], Iterable[int]],
    deadline: float,
) -> tuple[Ints, float]:
    """Add or swap items while that lowers the value, taking each improvement as it is found.

    Parameters
    ----------
    evaluate
        Value of a choice, lower is better.
    additions, removals
        Items worth trying to add to or take from a choice, most promising first.
    deadline
        `time.perf_counter` value to stop at.

    Returns
    -------
    The choice reached (positions, rising) and its value.
    """
    improved = True
    while improved:
        improved = False
        spent = float(cost[chosen].sum())
        for new in additions(chosen):
            if new in chosen:
                continue
            for old in (None, *removals(chosen)):
                if time.perf_counter() > deadline:
                    return chosen, value
                freed = 0.0 if old is None else float(cost[old])
                if spent - freed + cost[new] > budget + BUDGET_TOLERANCE:
                    continue
                trial = np.array(sorted({*chosen.tolist(), int(new)} - {old}), dtype=np.int64)
                trial_value = evaluate(trial)
                if trial_value < value * (1.0 - 1e-12):
                    chosen, value, improved = trial, trial_value, True
                    break
                if old is None:
                    break  # There is room left: if adding does not help, swapping it in will not either.
            if improved:
                break
    return chosen, value
