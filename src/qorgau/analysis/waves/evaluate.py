"""Verdicts on every pattern for points of the unit cube: the model behind history matching.

Runs on one run are cheap, paired runs are not: a block first runs its baselines alone, and only those whose partial
score leaves a chance go on to the paired runs. The score is a sum of parts that are never negative, so a partial
score above the bound cannot come back under it and nothing is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from qorgau.analysis.case_view import CaseView, case_view
from qorgau.analysis.runs import Floats
from qorgau.analysis.waves.plan import TestPlan, judge, plan_tests
from qorgau.case.case import Case
from qorgau.ensemble.designs import Draws, draws_at
from qorgau.ensemble.inputs import Inputs
from qorgau.ensemble.translate import inputs_of
from qorgau.model.alternatives import simulate_alternatives

__all__ = ["Bench", "Verdicts", "bench_of", "draws_of", "narrowed", "verdicts_of"]

BLOCK = 48
"""Runs in a block: large enough to spread the cost of a month, small enough for two threads to share a level."""

Score = Callable[[Floats], Floats]
"""From distances (runs, patterns), NaN where not tested, to a score by run."""


@dataclass(frozen=True)
class Bench:
    """A case made ready for the tests of its patterns."""

    case: Case
    view: CaseView
    inputs: Inputs
    plan: TestPlan


@dataclass(frozen=True)
class Verdicts:
    """Verdicts on draws.

    Attributes
    ----------
    holds : ndarray of int8, shape (runs, patterns)
        1 holds, 0 fails, -1 not testable or not tested.
    distance : ndarray, shape (runs, patterns)
        In units of tolerance; NaN where not testable or not tested.
    complete : ndarray of bool, shape (runs,)
        Whether the paired runs were made.
    gaps : ndarray, shape (runs, clauses), optional
        How far each clause is from holding, below 0 where it holds; NaN where not testable or not tested.
    """

    holds: np.ndarray
    distance: Floats
    complete: np.ndarray
    gaps: Floats | None = None


def bench_of(case: Case) -> Bench:
    """Return a case ready for tests of its patterns.

    Raises
    ------
    InputError
        If a pattern or a change in it is not well formed.
    """
    inputs, view = inputs_of(case), case_view(case)
    plan = plan_tests(case, view, inputs.world, inputs.outcomes, inputs.corridors, inputs.first_year)
    return Bench(case, view, inputs, plan)


def narrowed(bench: Bench, which: np.ndarray) -> Bench:
    """Return a bench for some of its patterns only, with the paired runs that these need."""
    patterns = tuple(bench.plan.patterns[i] for i in which)
    view, inputs = replace(bench.view, patterns=patterns), bench.inputs
    plan = plan_tests(bench.case, view, inputs.world, inputs.outcomes, inputs.corridors, inputs.first_year)
    return replace(bench, view=view, plan=plan)


def draws_of(bench: Bench, points: Floats, streams: np.ndarray) -> Draws:
    """Return the draws at points of the unit cube; ``streams`` number their chance."""
    return draws_at(bench.inputs.uncertain, points, streams, {"method": "points"})


def _block(
    bench: Bench, draws: Draws, keys: np.ndarray, paired: bool, score: Score | None, bound: float,
    on: np.ndarray | None,
) -> Verdicts:
    plan, inputs = bench.plan, bench.inputs
    switches = np.array(draws.on if on is None else on, dtype=np.float64)
    columns = draws.columns()
    n = len(draws)

    def run(rows: np.ndarray, with_paired: bool) -> Any:
        padded = np.concatenate([rows, rows[:1]]) if len(rows) == 1 else rows
        own = {name: values[padded] for name, values in columns.items()}
        made = [make(own, len(padded)) for make in plan.makers] if with_paired else []
        result = simulate_alternatives(
            inputs.world, inputs.parameters_of(own, len(padded)), np.ascontiguousarray(switches[padded]),
            keys[padded], made, plan.years[-1],
        )
        tested = judge(plan, result.yearly, result.opiates, with_paired)
        return tested.holds.T[: len(rows)], tested.distance.T[: len(rows)], np.asarray(tested.gaps).T[: len(rows)]

    everyone = np.arange(n)
    complete = np.full(n, paired)
    if not paired or score is None or not np.isfinite(bound):
        holds, distance, gaps = run(everyone, paired)
        return Verdicts(holds, distance, complete, gaps)
    holds, distance, gaps = run(everyone, False)
    left = np.flatnonzero(score(distance) <= bound)
    complete[:] = False
    if len(left):
        holds[left], distance[left], gaps[left] = run(left, True)
        complete[left] = True
    return Verdicts(holds, distance, complete, gaps)


def verdicts_of(
    bench: Bench, draws: Draws, seed: int, *, paired: bool = True, score: Score | None = None,
    bound: float = float("inf"), on: np.ndarray | None = None, workers: int = 1, streams: np.ndarray | None = None,
) -> Verdicts:
    """Run draws and test every pattern on them.

    Parameters
    ----------
    bench : Bench
    draws : Draws
    seed : int
        Seed of the random streams.
    paired : bool
        Whether to make the paired runs.
    score, bound
        Paired runs are made only of draws whose score over the single patterns is at most ``bound``.
    on : ndarray, shape (runs, mechanisms), optional
        Switches in place of the draws' own.
    workers : int
        Threads; verdicts do not depend on it.
    streams : ndarray of int, shape (runs,), optional
        Numbers of the random streams; those of the draws by default.

    Returns
    -------
    Verdicts
    """
    keys = bench.inputs.keys_of(seed, draws.numbers if streams is None else streams)
    cuts = list(range(0, len(draws), BLOCK))

    def do(start: int) -> Verdicts:
        stop = min(len(draws), start + BLOCK)
        own = None if on is None else on[start:stop]
        return _block(bench, draws.part(start, stop), keys[start:stop], paired, score, bound, own)

    if workers > 1 and len(cuts) > 1:
        with ThreadPoolExecutor(workers) as pool:
            parts = list(pool.map(do, cuts))
    else:
        parts = [do(start) for start in cuts]
    return Verdicts(
        np.concatenate([p.holds for p in parts]), np.concatenate([p.distance for p in parts]),
        np.concatenate([p.complete for p in parts]), np.concatenate([p.gaps for p in parts if p.gaps is not None]),
    )
