"""Counts in rows are those taken one by one, to the last one, and so are exponentials in rows."""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit

from qorgau.model.counts import binomials, many_binomials, poissons, room_to_wait, whole_eights
from qorgau.model.exponentials import fall, fall_of_row
from qorgau.model.lanes import put, row
from qorgau.model.streams import binomial, poisson_given


@njit
def _binomials(u: Any, number: Any, p: Any) -> Any:
    nobody = np.empty(len(u))
    one_by_one = np.empty(len(u), dtype=np.int64)
    together = np.empty(len(u), dtype=np.int64)
    binomials(len(u), u, number, p, nobody, one_by_one)
    many_binomials(len(u), u, number, p, nobody, together, room_to_wait(len(u)))
    return one_by_one, together


@njit
def _poissons(u: Any, mean: Any) -> Any:
    many = whole_eights(len(u))
    means, nobody, out = np.zeros(many), np.zeros(many), np.zeros(many)
    one_by_one = np.empty(len(u), dtype=np.int64)
    for i in range(len(u)):
        means[i] = mean[i]
        nobody[i] = fall(mean[i])
        one_by_one[i] = poisson_given(u[i], mean[i], nobody[i])
    poissons(len(u), u, means, nobody, out, room_to_wait(len(u)))
    return one_by_one, out[:len(u)]


@njit
def _falls(x: Any) -> Any:
    rows = x.reshape((len(x) // 8, 8))
    out = np.empty_like(rows)
    for i in range(len(rows)):
        put(out, i, fall_of_row(row(rows, i)))
    return out.reshape(len(x)), np.array([fall(value) for value in x])


def _uniforms(rng: np.random.Generator, count: int) -> np.ndarray:
    """Uniform numbers, some of them as near to 0 and 1 as they come."""
    u = rng.random(count)
    u[::50] = 2.0**-54
    u[7::50] = 1.0 - 2.0**-53
    return np.clip(u, 2.0**-54, 1.0 - 2.0**-53)


def test_binomials_side_by_side_are_those_one_by_one() -> None:
    rng = np.random.default_rng(1)
    for count in (1, 7, 8, 9, 700, 5000):
        u = _uniforms(rng, count)
        number = np.floor(10.0 ** rng.uniform(-0.5, 3.5, count))
        p = np.where(rng.random(count) < 0.5, rng.random(count), 10.0 ** rng.uniform(-5, 0, count))
        p[3::40] = 0.0
        p[5::40] = 1.0
        one_by_one, together = _binomials(u, number, p)
        np.testing.assert_array_equal(together, one_by_one)
    assert (number * np.minimum(p, 1.0 - p) >= 40.0).any(), "none of the numbers is large"
    plain = np.array([binomial(x, int(n), chance) for x, n, chance in zip(u, number, p, strict=True)])
    usual = (u > 1e-9) & (u < 1.0 - 1e-9)  # beyond, the last digits of the exponential tell
    assert (together != plain)[usual].mean() < 1e-3


def test_poissons_side_by_side_are_those_one_by_one() -> None:
    rng = np.random.default_rng(2)
    for count in (1, 8, 13, 5000):
        mean = 10.0 ** rng.uniform(-4.0, 2.5, count)
        mean[::30] = 0.0
        one_by_one, together = _poissons(_uniforms(rng, count), mean)
        np.testing.assert_array_equal(together, one_by_one)
    assert (mean >= 40.0).any(), "none of the means is large"


def test_the_exponential_of_a_row_is_that_of_its_numbers() -> None:
    x = np.concatenate([np.linspace(0.0, 120.0, 792), [0.0, -0.0, 99.999999, 100.0, 1e6, 1e300, 1e-300, 0.5]])
    of_rows, of_numbers = _falls(x)
    np.testing.assert_array_equal(of_rows, of_numbers)
