"""Calls kept as words: every kind of argument arrives as it does when Python calls, row by row and month by month."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from qorgau.model import replay
from qorgau.model.replay import ARRAY_HEAD, address_of, play, trampoline_of, words_of


@njit(error_model="numpy")
def _note(number, share, yes, table, heads, small, both, odd, out):
    """Write what is seen of each argument, by row."""
    for r in range(out.shape[0]):
        out[r, 0] += number
        out[r, 1] += share
        out[r, 2] += 1.0 if yes else 0.0
        out[r, 3] += table[1, 2]
        out[r, 4] += heads[r, 0] + heads.size
        out[r, 5] += small[-1]
        out[r, 6] += both[0][r] + both[1][r, 1]
        out[r, 7] += odd[r]
        out[r, 8] += heads.reshape(heads.size)[0] + out.shape[0]


@njit
def _gives_back(number):
    return number + 1


ROWS = 5


def _given(rows: int) -> tuple:
    rng = np.random.default_rng(7)
    record = np.zeros(rows, dtype=[("a", float), ("b", float), ("c", float)])
    record["b"] = np.arange(rows) + 0.5
    return (
        3, -0.25, True, rng.random((2, 3)), rng.integers(0, 9, (rows, 2)),
        np.array([4, 4_000_000_000], dtype=np.uint32), (np.arange(rows) * 2.0, rng.random((rows, 2))), record["b"],
        np.zeros((rows, 9)),
    )


def _play(given: tuple, tile: int, months: list[float]) -> np.ndarray:
    """Play ``_note`` with ``share`` changing from month to month."""
    kinds = tuple(_note.typeof_pyval(value) for value in given)
    by_row = [given[4], *given[6], given[7], given[8]]
    words: list[int] = []
    places, share_word = [], 0
    for i, value in enumerate(given):
        share_word = len(words) if i == 1 else share_word
        for part in value if isinstance(value, tuple) else (value,):
            for number, own in enumerate(by_row):
                if part is own:
                    places.append((len(words) + 4, len(words) + ARRAY_HEAD, len(words) + 2, number, 0,
                                   own.size // len(own)))
            words += words_of(part)
    kept = np.array(words, dtype=np.int64)
    columns = np.array(places, dtype=np.int64).T.copy()
    values = np.array([[words_of(share)[0]] for share in months], dtype=np.int64)
    failed = play(
        kept, kept.ctypes.data, np.zeros(1, dtype=np.int64), np.array([trampoline_of(_note, kinds)]),
        np.array([address_of(_note, kinds)]), 1, *columns,
        np.array([a.ctypes.data for a in by_row]), np.array([a.strides[0] for a in by_row]),
        np.array([share_word]), values, tile, len(by_row[0]),
    )
    assert failed == 0
    return given[8]


@pytest.mark.parametrize("tile", [1, 2, 3, ROWS, 64])
def test_a_played_call_sees_what_a_call_from_python_sees(tile: int) -> None:
    months = [-0.25, 1e-300, float("inf")]
    played = _play(_given(ROWS), tile, months)
    expected = _given(ROWS)
    for begin in range(0, ROWS, tile):
        here = slice(begin, begin + tile)
        for share in months:
            number, _, yes, table, heads, small, both, odd, out = expected
            _note(number, share, yes, table, heads[here], small, (both[0][here], both[1][here]), odd[here], out[here])
    np.testing.assert_array_equal(played, expected[8])
    assert np.isfinite(played[:, 0]).all() and (played[:, 5] == 3 * 4_000_000_000).all()


def test_words_of_an_array_are_numbas() -> None:
    array = np.zeros((4, 6), dtype=np.int32)[:, 1:3]
    assert words_of(array) == [0, 0, 8, 4, array.ctypes.data, 4, 2, 24, 4]
    assert words_of((array, array)) == 2 * words_of(array)
    assert words_of(np.int64(-3)) == words_of(-3) == [-3]
    assert words_of(False) == [0] and words_of(np.bool_(True)) == [1]
    assert words_of(1.0) == [0x3FF0000000000000] == words_of(np.float64(1.0))


@pytest.mark.parametrize("value", ["text", None, [1], np.datetime64("2020")])
def test_other_arguments_are_refused(value: object) -> None:
    with pytest.raises(TypeError, match="cannot be kept as words"):
        words_of(value)


class _Taken:
    """A function whose file on disk another Python has taken for other types."""

    py_func = staticmethod(_note.py_func)

    def __init__(self) -> None:
        self.overloads: dict = {}

    def compile(self, kinds: tuple) -> None:
        self.overloads[kinds[1:]] = None


def test_a_file_that_another_python_has_taken_is_not_used() -> None:
    kinds = tuple(_note.typeof_pyval(value) for value in _given(ROWS))
    assert address_of(_Taken(), kinds) > 0  # type: ignore[arg-type]


def test_what_calls_one_function_shares_no_file_with_what_calls_another() -> None:
    files = {replay._trampoline_to(name)._cache._cache_file._index_name for name in ("a.one", "a.other", "b.one")}
    assert len(files) == 3


def test_a_function_that_gives_something_back_is_refused() -> None:
    with pytest.raises(TypeError, match="_gives_back gives something back"):
        address_of(_gives_back, (_note.typeof_pyval(1),))
