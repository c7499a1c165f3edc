"""Rows of eight beside plain arithmetic: each operation, turning about, and sums in parts."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from qorgau.model.lanes import (
    LANES,
    above,
    apart,
    ask,
    beside,
    dot,
    least,
    most,
    one_by_one,
    put,
    row,
    rows,
    spread,
    total,
)


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


@njit
def _back(source, table, lines, first):
    ask(table, lines[first], table.shape[1])
    apart(source, table, lines, first)


@njit
def _space(n):
    room = rows(n)
    return room, room.ctypes.data


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


@pytest.mark.parametrize("width", [1, 8, 9, 29])
def test_what_stands_side_by_side_goes_back_to_its_rows(width: int) -> None:
    before = np.random.default_rng(width).normal(size=(12, width))
    lines = np.array([3, 11, 0, 4, 9, 2, 7, 5, 5, 5])
    source = np.random.default_rng(1).normal(size=(width, LANES))
    # rows that are named more than once are written more than once, and hold the same in all their places
    source[:, 6:] = source[:, 5:6]
    table = before.copy()
    _back(source, table, lines, 2)
    expected = before.copy()
    expected[lines[2:10]] = source.T
    np.testing.assert_array_equal(table, expected)


@pytest.mark.parametrize("n", [0, 1, 7, 130])
def test_work_space_begins_with_a_line_of_the_cache(n: int) -> None:
    room, place = _space(n)
    assert room.shape == (n, LANES) and not room.any() and place % 64 == 0


@pytest.mark.parametrize("length", [0, 1, 7, 8, 9, 63])
def test_sums_in_parts(length: int) -> None:
    a, b = np.random.default_rng(length).normal(size=(2, length + 3))
    assert dot(a[:length], b) == pytest.approx(float(a[:length] @ b[:length]), rel=1e-12, abs=1e-14)
