"""Verdicts on all patterns of the bundled case: paired runs, early rejection, threads."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qorgau.analysis.waves.breaks import breaks_of
from qorgau.analysis.waves.evaluate import Bench, Verdicts, bench_of, draws_of, narrowed, verdicts_of
from qorgau.case import load_case
from qorgau.ensemble.designs import Draws
from qorgau.ensemble.translate import draw

RUNS = 5


@pytest.fixture(scope="module")
def bench(warmed: None) -> Bench:
    return bench_of(load_case("kazakhstan"))


@pytest.fixture(scope="module")
def draws(bench: Bench) -> Draws:
    return draw(bench.case, RUNS, 11)


@pytest.fixture(scope="module")
def full(bench: Bench, draws: Draws) -> Verdicts:
    return verdicts_of(bench, draws, 11)


@pytest.fixture(scope="module")
def few(bench: Bench) -> tuple[Bench, np.ndarray]:
    """All single patterns and every fourth of those on paired runs, and which of all these are."""
    single = bench.plan.single
    which = np.union1d(np.flatnonzero(single), np.flatnonzero(~single)[::4])
    return narrowed(bench, which), which


def _of(full: Verdicts, which: np.ndarray) -> Verdicts:
    return Verdicts(full.holds[:, which], full.distance[:, which], full.complete)


def test_every_pattern_gets_a_verdict_and_changes_are_shared(bench: Bench, full: Verdicts) -> None:
    assert full.holds.shape == (RUNS, len(bench.plan.patterns)) and full.complete.all()
    assert (full.distance[full.holds == 1] == 0).all()
    assert (full.distance[full.holds == 0] >= 0).all()
    assert np.isnan(full.distance[full.holds == -1]).all()
    paired = [p for p in bench.plan.patterns if not p.single]
    assert len(paired) >= 15
    labels = sum(len(bench.plan.tests[p.id].paired) for p in paired)
    assert len(bench.plan.makers) <= labels
    assert set(bench.plan.place.values()) == set(range(1, len(bench.plan.makers) + 1))


def test_single_patterns_have_the_same_verdict_without_paired_runs(bench: Bench, draws: Draws, full: Verdicts) -> None:
    quick = verdicts_of(bench, draws, 11, paired=False)
    single = bench.plan.single
    assert np.array_equal(quick.holds[:, single], full.holds[:, single])
    assert (quick.holds[:, ~single] == -1).all() and not quick.complete.any()


def test_runs_whose_partial_score_is_beyond_the_bound_are_spared_the_paired_runs(
    few: tuple[Bench, np.ndarray], draws: Draws, full: Verdicts
) -> None:
    bench, which = few

    def score(distance: np.ndarray) -> np.ndarray:
        return np.arange(len(distance), dtype=float)

    some = verdicts_of(bench, draws, 11, score=score, bound=0.5)
    assert some.complete.tolist() == [True, False, False, False, False]
    assert np.array_equal(some.holds[0], full.holds[0, which]), "a lone run that goes on is the same run"
    none = verdicts_of(bench, draws, 11, score=score, bound=-1.0)
    assert not none.complete.any()


def test_points_of_the_cube_are_the_draws_of_the_design(bench: Bench, draws: Draws) -> None:
    from qorgau.ensemble.designs import points

    made = draws_of(bench, points("sobol", RUNS, bench.inputs.uncertain.dimensions, 11), draws.numbers)
    assert np.array_equal(made.values, draws.values) and np.array_equal(made.on, draws.on)


def test_a_mechanism_off_is_compared_on_the_draws_in_which_it_is_on(
    few: tuple[Bench, np.ndarray], draws: Draws, full: Verdicts
) -> None:
    bench, which = few
    full = _of(full, which)
    found = breaks_of(bench, draws, 11, full, ["corruption"])
    every = [p.id for p in bench.plan.patterns]
    assert [item.pattern for item in found] == [name for name in every if name in {item.pattern for item in found}]
    assert {p.id for p in bench.plan.patterns if p.single} <= {item.pattern for item in found}
    assert {item.mechanism for item in found} == {"corruption"}
    with pytest.raises(ValueError, match="no mechanism"):
        breaks_of(bench, draws, 11, full, ["nothing"])


def test_a_mechanism_that_no_draw_has_is_switched_on_first(bench: Bench, draws: Draws) -> None:
    names = [p.id for p in bench.plan.patterns]
    few = narrowed(bench, np.array([names.index("P14"), names.index("P52")]))
    column = draws.mechanisms.index("official_flights")
    on, off = np.array(draws.on), np.array(draws.on)
    on[:, column], off[:, column] = 1.0, 0.0
    known = Verdicts(np.zeros((RUNS, 2), dtype=np.int8), np.zeros((RUNS, 2)), np.ones(RUNS, dtype=bool))
    found = breaks_of(few, replace(draws, on=off), 11, known, ["official_flights"], runs=3)[1]
    again = verdicts_of(few, draws.part(0, 3), 11, on=on[:3]).holds[:, 1]
    assert found.pattern == "P52" and found.forced == 3 and found.runs == int((again >= 0).sum()) > 0
    assert found.before == (again == 1).sum() / found.runs and found.after == 0.0


def test_gaps_are_the_distances_carried_on_below_nothing(bench: Bench, full: Verdicts) -> None:
    owner, gaps = bench.plan.clauses, full.gaps
    assert gaps is not None and gaps.shape == (RUNS, len(owner)) and (np.diff(owner) >= 0).all()
    for i, pattern in enumerate(bench.plan.patterns):
        # A clause that cannot be tested does not hide one that fails.
        clauses = gaps[:, owner == i]
        farthest = np.where(np.isnan(clauses), -np.inf, clauses).max(axis=1)
        holds, fails = full.holds[:, i] == 1, full.holds[:, i] == 0
        assert (farthest[holds] <= 0).all(), pattern.id
        assert (farthest[fails] >= 0).all(), pattern.id
        assert farthest[fails] == pytest.approx(full.distance[fails, i]), pattern.id
    assert (gaps < -0.5).any(), "a clause that holds with room to spare says by how much"
