from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.analysis.matching import decisive, implausibilities, keep, match, narrowing, verdict
from qorgau.analysis.patterns import PatternVerdicts, pass_rate, test_patterns, wilson
from qorgau.analysis.thresholds import Thresholds
from tests.analysis.synthetic import ensemble, pattern

TABLE = Thresholds()
NAN = float("nan")


def judged(distance: np.ndarray, **changes: object) -> PatternVerdicts:
    patterns = tuple(pattern(f"P{i:02d}", **changes) for i in range(len(distance)))
    holds = np.where(np.isnan(distance), -1, distance == 0).astype(np.int8)
    return PatternVerdicts(patterns, holds, distance)


def test_the_third_largest_decides() -> None:
    far = np.array([[9.0, 9.0, 9.0], [9.0, 9.0, 2.0], [4.0, 3.0, 1.0], [0.0, 0.0, 0.0]])
    assert decisive(far, 2).tolist() == [4.0, 3.0, 1.0]
    assert keep(far, 3.0, 2).tolist() == [False, True, True]
    assert keep(far, 3.0, 0).tolist() == [False, False, False]


def test_patterns_that_cannot_be_tested_do_not_count_but_half_must_be_testable() -> None:
    far = np.array([[NAN, NAN], [9.0, NAN], [9.0, NAN], [1.0, 0.0]])
    assert decisive(far, 2)[0] == 1.0
    assert math.isnan(decisive(far, 2)[1])
    assert keep(far, 3.0, 2).tolist() == [True, False]


def test_without_patterns_all_runs_stand() -> None:
    found = match(judged(np.zeros((0, 400))), ensemble(), TABLE)
    assert (found.advice, found.kept_runs) == ("matched", 400)
    assert "no patterns" in found.reason


def test_moderate_statements_weigh_half_and_weak_or_reported_ones_set_nothing_aside() -> None:
    far = np.full((1, 4), 4.0)
    assert implausibilities(judged(far, strength="strong"), TABLE)[0].tolist() == [[4.0] * 4]
    assert implausibilities(judged(far, strength="moderate"), TABLE)[0].tolist() == [[2.0] * 4]
    assert implausibilities(judged(far, strength="weak"), TABLE)[1] == ()
    assert implausibilities(judged(far, use="reported"), TABLE)[1] == ()


def test_matching_keeps_the_runs_that_agree_and_says_what_they_teach() -> None:
    # P01 rules out baselines under 1000 - 3 * 50; with nothing passed over that is exactly who goes.
    runs = ensemble()
    table = Thresholds.model_validate({"matching": {"passed_over": 0}})
    found = match(test_patterns([pattern(tolerance=50)], runs), runs, table)
    scale = runs.parameters["people.scale"]
    assert (found.kept == (scale >= 0.85)).all()
    assert found.advice == "matched" and found.used is found.kept
    row = found.patterns[0]
    assert row.prior.rate == pytest.approx((scale >= 1.0).mean())
    assert row.matched.rate == pytest.approx((scale >= 1.0).sum() / (scale >= 0.85).sum())
    assert row.left_out.rate == pytest.approx(row.prior.rate), "without itself nothing is set aside"
    learned = {item.name: item for item in found.narrowed}
    assert learned["people.scale"].moved and learned["people.scale"].shift > 0
    assert not learned["people.idle"].moved and "people.idle" in found.not_narrowed
    assert not learned["S36"].moved and learned["S36"].kind == "claim"


def test_too_few_runs_give_no_advice_and_the_conflict_is_named() -> None:
    runs = ensemble()
    impossible = pattern("P02", test="m(people_exploited, 2000:2010) <= 100", tolerance=10)
    table = Thresholds.model_validate({"matching": {"passed_over": 0}})
    found = match(test_patterns([pattern(tolerance=50), impossible], runs), runs, table)
    assert (found.advice, found.kept_runs) == ("none", 0)
    assert found.used.all()
    assert found.conflicts[0] == "P02"
    assert "no advice is given" in found.reason and "P02" in found.reason
    assert found.patterns[1].verdict == "fails", "the verdict falls back on all runs"
    assert found.patterns[1].matched.tested == 0


def test_a_random_subset_teaches_nothing_and_its_standard_error_is_right() -> None:
    rng = np.random.default_rng(2)
    shifts = []
    for _ in range(200):
        kept = np.zeros(300, dtype=bool)
        kept[rng.choice(300, 60, replace=False)] = True
        item = narrowing({"x": rng.random(300)}, kept, "parameter", 1)[0]
        shifts.append(item.shift / item.se)
    assert np.std(shifts) == pytest.approx(1.0, abs=0.15)
    assert abs(np.mean(shifts)) < 0.25


def test_verdicts_are_by_the_cases_cut_offs() -> None:
    table = TABLE.verdicts
    assert [verdict(rate, 100, table) for rate in (0.75, 0.74, 0.5, 0.49)] == ["holds", "weak", "weak", "fails"]
    assert verdict(1.0, 19, table) == "not testable"


def test_wilson_interval() -> None:
    # Newcombe 1998, Statistics in Medicine 17: 857-872, table I: 81/263 and 15/148
    assert wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson(15, 148) == pytest.approx((0.0624, 0.1605), abs=1e-4)
    assert wilson(0, 20)[0] == 0.0 and wilson(0, 20)[1] == pytest.approx(0.1611, abs=1e-4)
    assert math.isnan(wilson(0, 0)[0])


def test_pass_rate_leaves_out_what_cannot_be_tested() -> None:
    rate = pass_rate(np.array([1, 1, 0, -1]))
    assert (rate.passed, rate.tested, rate.not_testable) == (2, 3, 1)
    assert rate.rate == pytest.approx(2 / 3)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 3), st.floats(0.1, 10))
def test_passing_over_more_or_a_higher_cut_off_never_keeps_fewer(seed: int, passed: int, cutoff: float) -> None:
    far = np.random.default_rng(seed).exponential(3, (6, 30))
    base = keep(far, cutoff, passed)
    assert (keep(far, cutoff, passed + 1) >= base).all()
    assert (keep(far, cutoff * 1.5, passed) >= base).all()
    assert (keep(far[:5], cutoff, passed) >= base).all(), "leaving a pattern out rules out no more"


@given(st.integers(0, 500), st.integers(1, 500))
def test_the_wilson_interval_holds_the_share(passed: int, tested_runs: int) -> None:
    passed = min(passed, tested_runs)
    low, high = wilson(passed, tested_runs)
    assert 0 <= low <= passed / tested_runs <= high <= 1
