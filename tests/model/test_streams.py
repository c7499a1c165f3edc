"""Random streams: uniform, independent of call order, quantiles exact where summed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from qorgau.model.streams import Stream, binomial, normal_quantile, poisson, run_keys, uniform


def _draws(key: np.uint64, count: int, stream: int = 1, month: int = 5) -> np.ndarray:
    return np.array([uniform(key, stream, month, e, 0) for e in range(count)])


def test_uniform_passes_kolmogorov_smirnov_over_entities_months_and_runs() -> None:
    keys = run_keys(7, np.arange(2000))
    by_entity = _draws(keys[0], 4000)
    by_month = np.array([uniform(keys[0], 2, m, 3, 1) for m in range(432)])
    by_run = np.array([uniform(k, 2, 11, 3, 1) for k in keys])
    for sample in (by_entity, by_month, by_run):
        assert stats.kstest(sample, "uniform").pvalue > 1e-3
        assert sample.min() > 0.0 and sample.max() < 1.0


def test_neighbouring_keys_and_counters_do_not_correlate() -> None:
    keys = run_keys(1, np.arange(2))
    a, b = _draws(keys[0], 3000), _draws(keys[1], 3000)
    limit = 4.0 / np.sqrt(3000)
    assert abs(np.corrcoef(a, b)[0, 1]) < limit
    assert abs(np.corrcoef(a[:-1], a[1:])[0, 1]) < limit
    other = _draws(keys[0], 3000, stream=2)
    assert abs(np.corrcoef(a, other)[0, 1]) < limit


def test_a_value_depends_on_its_counter_and_not_on_what_was_drawn_before() -> None:
    key = run_keys(3, np.array([4]))[0]
    first = uniform(key, Stream.RECRUITS, 100, 17, 2)
    _draws(key, 50)
    assert uniform(key, Stream.RECRUITS, 100, 17, 2) == first


def test_run_keys_differ_by_draw_and_by_seed() -> None:
    keys = np.concatenate([run_keys(s, np.arange(500)) for s in (0, 1, 2)])
    assert len(np.unique(keys)) == 1500


@pytest.mark.parametrize("u", [1e-9, 0.001, 0.02425, 0.3, 0.5, 0.9, 0.9999])
def test_normal_quantile_agrees_with_scipy(u: float) -> None:
    assert normal_quantile(u) == pytest.approx(stats.norm.ppf(u), rel=1e-7, abs=1e-8)


@given(u=st.floats(1e-6, 1 - 1e-6), n=st.integers(0, 300), p=st.floats(0.0, 1.0))
@settings(max_examples=150, deadline=None)
def test_binomial_is_scipys_quantile_where_it_sums(u: float, n: int, p: float) -> None:
    k = binomial(u, n, p)
    assert 0 <= k <= n
    if n > 0 and 0.0 < p < 1.0 and min(n * p, n * (1 - p)) < 39.0:
        side = 1.0 - u if p > 0.5 else u
        part = 1.0 - p if p > 0.5 else p
        expected = stats.binom.ppf(side, n, part)
        got = n - k if p > 0.5 else k
        assert abs(got - expected) <= 1  # a uniform within rounding of a step may fall on either side
        assert stats.binom.cdf(got, n, part) >= side - 1e-9


@given(u=st.floats(1e-4, 1 - 1e-4), mean=st.floats(41.0, 5000.0))
@settings(max_examples=80, deadline=None)
def test_poisson_above_forty_is_within_one_of_the_exact_quantile(u: float, mean: float) -> None:
    assert abs(poisson(u, mean) - stats.poisson.ppf(u, mean)) <= 1


def test_poisson_is_monotone_in_its_uniform_and_mean() -> None:
    us = np.linspace(0.01, 0.99, 60)
    for mean in (0.3, 5.0, 39.0, 60.0):
        counts = [poisson(u, mean) for u in us]
        assert counts == sorted(counts)
    for u in (0.1, 0.5, 0.9):
        counts = [poisson(u, m) for m in np.linspace(0.1, 80, 80)]
        assert counts == sorted(counts)
