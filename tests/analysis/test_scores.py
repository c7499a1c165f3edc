"""Scores against integrals and cases worked by hand; proper scores reward the truth."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm

from qorgau.analysis.scores import crps, crps_normal, interval_score, naive_of

draws = st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=30)


def by_pairs(x: list[float], y: float) -> float:
    n = len(x)
    return sum(abs(a - y) for a in x) / n - sum(abs(a - b) for a in x for b in x) / (2 * n * n)


@given(draws, st.floats(-1e3, 1e3))
def test_the_score_of_draws_is_that_by_all_pairs_and_never_negative(x: list[float], y: float) -> None:
    found = crps(np.array(x), y)
    assert found == pytest.approx(by_pairs(x, y), abs=1e-6)
    assert found >= -1e-6


def test_the_score_of_draws_is_the_integral_over_thresholds() -> None:
    x, y = np.array([1.0, 2.0, 4.0]), 3.0
    grid = np.linspace(-1, 6, 700_001)
    share = (x[None, :] <= grid[:, None]).mean(axis=1)
    assert crps(x, y) == pytest.approx(np.trapezoid((share - (grid >= y)) ** 2, grid), abs=1e-4)
    assert math.isnan(crps(np.array([np.nan]), 1.0))
    assert crps(np.array([2.0, np.nan]), 5.0) == 3.0


@pytest.mark.parametrize(("mean", "sd", "value"), [(0.0, 1.0, 0.0), (3.0, 2.0, 7.0), (-1.0, 0.5, -2.0)])
def test_the_normal_score_is_its_integral(mean: float, sd: float, value: float) -> None:
    below, _ = quad(lambda t: norm.cdf(t, mean, sd) ** 2, mean - 30 * sd, value)
    above, _ = quad(lambda t: norm.sf(t, mean, sd) ** 2, value, mean + 30 * sd)
    assert crps_normal(mean, sd, value) == pytest.approx(below + above, rel=1e-6)
    assert crps_normal(mean, 0.0, value) == abs(mean - value)


def test_interval_scores_by_hand() -> None:
    assert interval_score(2.0, 6.0, 3.0, 0.9) == 4.0
    assert interval_score(2.0, 6.0, 7.0, 0.5) == pytest.approx(4.0 + 4.0 * 1.0)
    assert interval_score(2.0, 6.0, 1.0, 0.9) == pytest.approx(4.0 + 20.0 * 1.0)
    assert math.isnan(interval_score(math.nan, 6.0, 1.0, 0.9))


def test_the_true_forecast_scores_best_on_average() -> None:
    rng = np.random.default_rng(5)
    seen = rng.normal(0.0, 1.0, 400)
    means = [np.mean([crps_normal(m, s, y) for y in seen]) for m, s in ((0, 1), (0.7, 1), (0, 0.3), (0, 3))]
    assert means[0] == min(means)
    z = norm.ppf(0.95)
    bounds = [np.mean([interval_score(-w * z, w * z, y, 0.9) for y in seen]) for w in (1.0, 0.4, 2.5)]
    assert bounds[0] == min(bounds)


def test_the_naive_forecast_carries_the_last_reading_with_the_spread_of_its_changes() -> None:
    naive = naive_of([(2000, 10.0), (2001, 12.0), (2003, 12.0), (2004, 9.0), (2015, 99.0)], 2013)
    assert naive is not None
    assert (naive.value, naive.year) == (9.0, 2004)
    assert naive.step == pytest.approx(math.sqrt((4.0 + 0.0 + 9.0) / 3))
    low, high = naive.interval(2008, 0.9)
    assert high - 9.0 == pytest.approx(norm.ppf(0.95) * naive.step * 2.0)
    assert low == pytest.approx(18.0 - high)
    assert "2004" in naive.basis


def test_with_few_readings_the_naive_forecast_is_one_number() -> None:
    naive = naive_of([(2012, 4.0), (2012, 6.0)], 2013)
    assert naive is not None
    assert naive.value == 5.0
    assert naive.crps(2020, 8.0) == 3.0
    assert math.isnan(naive.score(2020, 8.0, 0.9))
    assert naive_of([(2014, 1.0)], 2013) is None
