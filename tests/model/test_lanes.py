"""Rows of eight beside plain arithmetic: each operation, turning about, and sums in parts."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from qorgau.model.lanes import LANES, above, beside, dot, least, most, one_by_one, put, row, spread, total


@njit
def _worked(a, b, out):
    parts = spread(0.0)
    for i in range(a.shape[0]):
        x, y = row(a, i), row(b, i)
        put(out, i, least(x, y) * y - most(x, spread(0.5)) / y + above(x, y))
        parts = parts + row(out, i)
    return total(parts)


@njit
def _side_by_side(table, lines, first, target):
    beside(table, lines, first, target)


@njit
def _apart(source, target):
    one_by_one(source, target)


def test_rows_are_reckoned_with_as_numbers_are() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.uniform(0.1, 1.0, (2, 5, LANES))
    out = np.empty_like(a)
    got = _worked(a, b, out)
    expected = np.minimum(a, b) * b - np.maximum(a, 0.5) / b + np.where(a > b, a, 0.0)
    np.testing.assert_allclose(out, expected, rtol=1e-15)
    assert got == pytest.approx(expected.sum(), rel=1e-13)


@pytest.mark.parametrize("width", [1, 7, 8, 9, 24, 29])
def test_what_is_put_side_by_side_and_apart_is_the_same(width: int) -> None:
    table = np.random.default_rng(width).normal(size=(12, width))
    lines = np.array([3, 11, 0, 4, 4, 9, 2, 7, 1, 5])
    target = np.full((width + 1, LANES), np.nan)
    _side_by_side(table, lines, 2, target)
    np.testing.assert_array_equal(target[:width], table[lines[2:10]].T)
    assert np.isnan(target[width]).all()
    back = np.empty((LANES, width))
    _apart(target[:width], back)
    np.testing.assert_array_equal(back, table[lines[2:10]])


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 63])
def test_sums_in_parts(length: int) -> None:
    a, b = np.random.default_rng(length).normal(size=(2, length + 3))
    assert dot(a[:length], b) == pytest.approx(float(a[:length] @ b[:length]), rel=1e-12, abs=1e-14)
