"""Which paired runs the patterns of a case need, and verdicts on all patterns once runs are there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qorgau.analysis.case_view import CaseView
from qorgau.analysis.expressions import Context
from qorgau.analysis.grammar import Test
from qorgau.analysis.patterns import Pattern, PatternVerdicts, parse_patterns
from qorgau.analysis.runs import CORRIDOR_OVERLAP, CORRIDOR_PREFIX, Floats, corridor_outcomes
from qorgau.case.case import Case
from qorgau.case.changes import alternative_of
from qorgau.model.alternatives import Alternative

__all__ = ["TestPlan", "judge", "plan_tests"]

Maker = Callable[[Mapping[str, np.ndarray], int], Alternative]


@dataclass(frozen=True)
class TestPlan:
    """Patterns with their tests, and the paired runs that they share.

    Attributes
    ----------
    patterns : tuple of Pattern
        All of the case, those on one run and those on paired runs.
    tests : mapping of str to Test
    outcomes : tuple of str
        The model's, in its order; those of corridors are made when asked for.
    years : tuple of int
    makers : tuple of callable
        One for each different change: draws to the model's alternative.
    says : tuple of str
        Each change in words.
    place : mapping of (pattern, label) to int
        Row of a pattern's paired run in results: 1 and on; row 0 is the baseline.
    corridor_ends : tuple of (str, str)
        Places that each directed corridor joins, in the model's order.
    """

    patterns: tuple[Pattern, ...]
    tests: Mapping[str, Test]
    outcomes: tuple[str, ...]
    years: tuple[int, ...]
    makers: tuple[Maker, ...]
    says: tuple[str, ...]
    place: Mapping[tuple[str, str], int]
    corridor_ends: tuple[tuple[str, str], ...]

    __test__ = False  # not a test of this project

    @property
    def single(self) -> np.ndarray:
        """Mask of the patterns that one run is enough for, shape (patterns,)."""
        return np.array([pattern.single for pattern in self.patterns], dtype=bool)


    @property
    def clauses(self) -> np.ndarray:
        """Place of the pattern that each clause belongs to, shape (clauses,)."""
        return np.repeat(np.arange(len(self.patterns)), [self.tests[p.id].condition.clauses for p in self.patterns])


def plan_tests(
    case: Case, view: CaseView, world: Any, outcomes: Sequence[str], corridors: Sequence[str], first_year: int
) -> TestPlan:
    """Parse the patterns of a case and work out the paired runs that they need.

    Changes that are the same in two patterns are run once, to the later of their last years.

    Raises
    ------
    InputError
        If a pattern or a change is not well formed, or names what the case or the results do not hold.
    """
    ends = tuple(view.corridor_ends[name] for name in corridors)
    derived = {f"{CORRIDOR_PREFIX}{a}_{b}" for a, b in ends} | {CORRIDOR_OVERLAP}
    every = tuple(range(first_year, case.settings.last_year + 1))
    tests = parse_patterns(view.patterns, (*outcomes, *sorted(derived)), every, view.patterns_file)
    last = max((test.last_year for test in tests.values()), default=first_year)
    wanted: dict[str, list[tuple[str, str]]] = {}
    for pattern in view.patterns:
        for label in tests[pattern.id].paired:
            wanted.setdefault(pattern.change[label].model_dump_json(exclude={"says"}), []).append((pattern.id, label))
    by_id = {pattern.id: pattern for pattern in view.patterns}
    makers, says, place = [], [], {}
    for row, users in enumerate(wanted.values(), start=1):
        ident, label = users[0]
        until = max(tests[i].last_year for i, _ in users)
        change = by_id[ident].change[label]
        makers.append(alternative_of(case, world, change, until, view.patterns_file, f"{ident}.change.{label}"))
        says.append(f"{change.says}, from {change.begins}")
        place.update(dict.fromkeys(users, row))
    return TestPlan(view.patterns, tests, tuple(outcomes), tuple(range(first_year, last + 1)), tuple(makers),
                    tuple(says), place, ends)


def judge(plan: TestPlan, yearly: Floats, opiates: np.ndarray, paired: bool) -> PatternVerdicts:
    """Test the patterns on runs.

    Parameters
    ----------
    plan : TestPlan
    yearly : ndarray, shape (1 + changes or 1, runs, years, outcomes)
        The baseline first, then the paired runs in the plan's order.
    opiates : ndarray, shape (1 + changes or 1, runs, years, corridors)
        Opiates carried.
    paired : bool
        Whether the paired runs are there; else patterns that need them come out as not tested (-1, NaN).

    Returns
    -------
    PatternVerdicts
        In the order of ``plan.patterns``.
    """
    runs = yearly.shape[1]
    column = {name: i for i, name in enumerate(plan.outcomes)}
    made: dict[int, Mapping[str, Floats]] = {}

    def values(row: int, name: str) -> Floats:
        if name in column:
            return yearly[row, :, :, column[name]]
        if row not in made:
            flows = np.moveaxis(opiates[row], 2, 0).astype(np.float64)
            made[row] = corridor_outcomes(plan.corridor_ends, flows, runs, len(plan.years))
        return made[row][name]

    holds = np.full((len(plan.patterns), runs), -1, dtype=np.int8)
    distance = np.full((len(plan.patterns), runs), np.nan)
    owner = plan.clauses
    gaps = np.full((len(owner), runs), np.nan)
    for i, pattern in enumerate(plan.patterns):
        if not paired and not pattern.single:
            continue
        rows = {"A": 0, **{label: plan.place[pattern.id, label] for label in plan.tests[pattern.id].paired}}
        context = Context(lambda name, label, rows=rows: values(rows[label or "A"], name), plan.years)  # type: ignore[misc]
        verdict = plan.tests[pattern.id].evaluate(context, runs)
        holds[i], distance[i] = verdict.holds, verdict.distance
        gaps[owner == i] = plan.tests[pattern.id].gaps(context, runs)
    return PatternVerdicts(plan.patterns, holds, distance, gaps)
