"""Eight numbers of a row from any place on, and columns put where they belong, beside plain arithmetic."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from qorgau.model.lanes import LANES, put, row, where_any
from qorgau.model.lanes_in_line import eight, in_turn, pair_sums, put_eight, to_places


@njit
def _worked(a, i, x, y, out):
    put_eight(out, i, eight(a, i) * in_turn(x, y))


@njit
def _pairs(a, i, out):
    put_eight(out, i, pair_sums(a, i))


@njit
def _chosen(a, b):
    put(b, 0, where_any(row(a, 0), row(b, 0) / row(a, 0)))


@njit
def _placed(table, lines, count, column, target, places):
    to_places(table, lines, count, column, target, places)


@pytest.mark.parametrize("i", [0, 3, 8])
def test_eight_numbers_from_any_place_on(i: int) -> None:
    a = np.random.default_rng(i).normal(size=40)
    out = np.zeros(40)
    _worked(a, i, 2.0, -3.0, out)
    expected = np.zeros(40)
    expected[i:i + LANES] = a[i:i + LANES] * np.array([2.0, -3.0] * 4)
    np.testing.assert_array_equal(out, expected)
    _pairs(a, i, out)
    np.testing.assert_array_equal(out[i:i + LANES], (a[::2] + a[1::2])[i:i + LANES])


def test_numbers_are_taken_only_where_there_are_any() -> None:
    a, b = np.array([[0.0, 2.0] * 4]), np.full((1, LANES), 3.0)
    _chosen(a, b)
    np.testing.assert_array_equal(b, [[0.0, 1.5] * 4])


def test_columns_go_to_their_places_in_each_block() -> None:
    table = np.random.default_rng(3).normal(size=(20, 19))
    lines = np.arange(16, dtype=np.uint64)[::-1].copy()
    places = np.full(20, 19, dtype=np.uint64)
    places[[4, 7, 11]] = 0, 1, 2
    target = np.zeros((40, LANES))
    _placed(table, lines, 9, 4, target, places)
    for block in range(2):
        rows = lines[8 * block:8 * block + 8].astype(int)
        np.testing.assert_array_equal(target[20 * block:20 * block + 3], table[rows][:, [4, 7, 11]].T)
