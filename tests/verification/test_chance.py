"""Random streams against the distributions that they claim: uniform, normal, binomial, Poisson.

Sources: Kolmogorov-Smirnov and chi-square tests of uniformity (Knuth, The Art of Computer Programming 2, ch. 3);
binomial and Poisson quantiles by definition (smallest k with F(k) >= u), from scipy's own distribution functions;
above a mean of 40 the second-order Cornish-Fisher expansion (Cornish and Fisher 1938), whose error is below one count.
"""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit
from scipy import special, stats

from qorgau.model.streams import Stream, binomial, normal, normal_quantile, poisson, run_keys, uniform


@njit
def _by_stream(keys, streams, months, entities):
    out = np.empty((keys.shape[0], streams, months, entities))
    for k in range(keys.shape[0]):
        for s in range(streams):
            for m in range(months):
                for e in range(entities):
                    out[k, s, m, e] = uniform(keys[k], s, m, e, 0)
    return out


@njit
def _normals(key, count):
    out = np.empty(count)
    for i in range(count):
        out[i] = normal(key, 50, i % 400, i // 400, 0)
    return out


@njit
def _quantiles(u, n, p, mean):
    out = np.empty((u.shape[0], 2), dtype=np.int64)
    for i in range(u.shape[0]):
        out[i, 0] = binomial(u[i], n, p)
        out[i, 1] = poisson(u[i], mean)
    return out


@pytest.fixture(scope="module")
def table() -> np.ndarray:
    return _by_stream(run_keys(11, np.arange(16)), 64, 24, 24)


def test_numbers_are_uniform_in_every_direction_of_the_counter(table: np.ndarray) -> None:
    # 64 streams, 24 months, 24 entities, 16 runs: 104 slices; the smallest of 104 p-values is seldom under 1e-4
    p = [stats.kstest(np.take(table, i, axis).ravel(), "uniform").pvalue
         for axis, count in enumerate(table.shape) for i in range(count)]
    assert min(p) > 1e-4
    # and the p-values are themselves uniform, so that no direction is too even either
    assert stats.kstest(p[16:16 + 64], "uniform").pvalue > 1e-3


def test_pairs_of_neighbours_fill_the_unit_square(table: np.ndarray) -> None:
    for axis in range(table.ndim):
        a = np.take(table, range(table.shape[axis] - 1), axis).ravel()
        b = np.take(table, range(1, table.shape[axis]), axis).ravel()
        counts = np.histogram2d(a, b, bins=16, range=((0, 1), (0, 1)))[0]
        assert stats.chisquare(counts.ravel()).pvalue > 1e-4
        assert abs(np.corrcoef(a, b)[0, 1]) < 4.5 / np.sqrt(len(a))


def test_moments_match_to_the_fourth(table: np.ndarray) -> None:
    u = table.ravel()
    for k in range(1, 5):
        sd = np.sqrt(1.0 / (2 * k + 1) - 1.0 / (k + 1) ** 2)
        assert abs((u**k).mean() - 1.0 / (k + 1)) < 4.0 * sd / np.sqrt(len(u))


def test_the_streams_of_decisions_never_share_a_number() -> None:
    assert len({int(s) for s in Stream}) == len(Stream)
    key = run_keys(5, np.arange(1))[0]
    seen = {uniform(key, int(s), m, e, i) for s in Stream for m in (0, 431) for e in range(40) for i in range(4)}
    assert len(seen) == len(Stream) * 2 * 40 * 4


def test_normal_numbers_are_normal_and_their_quantile_is_the_inverse_error_function() -> None:
    z = _normals(run_keys(3, np.arange(1))[0], 40_000)
    assert stats.kstest(z, "norm").pvalue > 1e-3
    assert stats.anderson(z[:5000]).statistic < 1.5
    u = np.concatenate([np.logspace(-12, -2, 200), np.linspace(0.01, 0.99, 999), 1.0 - np.logspace(-2, -12, 200)])
    got = np.array([normal_quantile(v) for v in u])
    np.testing.assert_allclose(got, special.ndtri(u), rtol=1.2e-9, atol=1.2e-9)


@pytest.mark.parametrize("n, p", [(1, 0.3), (7, 0.5), (60, 0.02), (60, 0.97), (400, 0.09), (3000, 0.012)])
def test_binomial_is_the_exact_quantile_while_the_mean_is_small(n: int, p: float) -> None:
    u = np.linspace(0.0005, 0.9995, 1000)
    got = _quantiles(u, n, p, 1.0)[:, 0]
    want = stats.binom.ppf(u, n, p).astype(int)
    if p > 0.5:  # by reflection: the largest k whose upper tail reaches u, equal but for ties at the steps
        want = n - stats.binom.ppf(1.0 - u, n, 1.0 - p).astype(int)
    np.testing.assert_array_equal(got, want)


@pytest.mark.parametrize("mean", [0.05, 1.0, 12.0, 39.0])
def test_poisson_is_the_exact_quantile_while_the_mean_is_small(mean: float) -> None:
    u = np.linspace(0.0005, 0.9995, 1000)
    np.testing.assert_array_equal(_quantiles(u, 1, 0.5, mean)[:, 1], stats.poisson.ppf(u, mean).astype(int))


@pytest.mark.parametrize("n, p", [(200, 0.3), (5000, 0.02), (100_000, 0.4), (1_000_000, 0.9)])
def test_above_that_the_expansion_is_within_one_count_of_the_quantile(n: int, p: float) -> None:
    u = np.linspace(0.001, 0.999, 999)
    got = _quantiles(u, n, p, n * p)
    assert np.abs(got[:, 0] - stats.binom.ppf(u, n, p)).max() <= 1
    assert np.abs(got[:, 1] - stats.poisson.ppf(u, n * p)).max() <= 1
    # means and variances of the counts over an even grid of u: those of the law, to the grid's own error
    even = (np.arange(20_000) + 0.5) / 20_000
    counts = _quantiles(even, n, p, n * p)
    assert counts[:, 0].mean() == pytest.approx(n * p, rel=2e-4)
    assert counts[:, 0].var() == pytest.approx(n * p * (1 - p), rel=1e-2)
    assert counts[:, 1].var() == pytest.approx(n * p, rel=1e-2)
