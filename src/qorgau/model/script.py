"""The script of a world's months: calls of compiled functions, written down once and played for every block.

A month is carried out in Python on two rows of the same make as a block's, and calls of compiled processes are written
down instead of made. Arrays of the block (first axis: rows) are known by where they lie, and are set anew for every
block and tile; all else belongs to the world or to the month, and is kept as it is. So between calls Python may not
touch numbers of the rows: what it does to them would be done while writing and never again.
"""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numba
import numpy as np
from numba import config
from numba.core.dispatcher import _DispatcherBase
from numba.core.registry import CPUDispatcher

from qorgau.model.compiled import processes
from qorgau.model.replay import ARRAY_HEAD, address_of, play, trampoline_of, words_of

__all__ = ["Cast", "Script", "can_play", "scripts_of"]

Layout = tuple[tuple[str, str, tuple[int, ...]], ...]
"""Name, type and shape of a row of every array of a block."""

_WRITING = threading.Lock()


TRIED = ("0.68.",)
"""Releases of numba of which arrays and calls are known to be what ``replay`` takes them for."""


def can_play() -> bool:
    """Whether months can be played: functions are compiled, by a numba that was tried.

    Otherwise they are carried out in Python, with the same results in more time.
    """
    return not getattr(config, "DISABLE_JIT") and numba.__version__.startswith(TRIED)  # noqa: B009 - not in its hints


def layout_of(arrays: Mapping[str, np.ndarray]) -> Layout:
    """What two blocks must have in common to be played from one script."""
    return tuple((name, str(a.dtype), a.shape[1:]) for name, a in arrays.items())


class _Places:
    """Tells in which array of a block another array lies."""

    def __init__(self, arrays: Mapping[str, np.ndarray]):
        self._rows = len(next(iter(arrays.values())))
        found = sorted((a.ctypes.data, max(1, a.nbytes), i) for i, a in enumerate(arrays.values()))
        self._begins = [begin for begin, _, _ in found]
        self._found = found

    def find(self, value: Any) -> tuple[int, int] | None:
        """Number of the array and bytes from its begin, or None when it lies in none."""
        if not isinstance(value, np.ndarray) or not value.ndim:
            return None
        at = bisect_right(self._begins, value.ctypes.data) - 1
        if at < 0:
            return None
        begin, size, number = self._found[at]
        offset = value.ctypes.data - begin
        if offset >= size:
            return None
        stride = size // self._rows
        told = len(value) == self._rows and (value.size == 0 or (value.strides[0] == stride and offset < stride))
        if not told:
            raise ValueError(f"a call takes a part of array {number} of the block that is not told by row")
        return number, offset


@contextmanager
def _noted(calls: list[tuple[Any, tuple[Any, ...]]]) -> Iterator[None]:
    """Write down this thread's calls of processes instead of making them; other functions and threads go on."""
    kept, mine, make = processes(), threading.get_ident(), _DispatcherBase.__call__

    def call(function: Any, *values: Any) -> Any:
        if function in kept and threading.get_ident() == mine:
            calls.append((function, values))
            return None
        return make(function, *values)

    kind: Any = CPUDispatcher
    kind.__call__ = call
    try:
        yield
    finally:
        del kind.__call__


@dataclass(frozen=True)
class Cast:
    """Arrays of a block as a script takes them: addresses of their first rows, and bytes from row to row."""

    arrays: Mapping[str, np.ndarray]
    base: np.ndarray
    stride: np.ndarray
    rows: int

    @classmethod
    def of(cls, arrays: Mapping[str, np.ndarray]) -> Cast:
        """Cast of C-contiguous arrays.

        Raises
        ------
        ValueError
            If one is not contiguous.
        """
        rows = len(next(iter(arrays.values())))
        for name, array in arrays.items():
            if not array.flags.c_contiguous:
                raise ValueError(f"array {name} of the block must be contiguous to be played")
        base = np.array([array.ctypes.data for array in arrays.values()], dtype=np.int64)
        stride = np.array([array.nbytes // rows for array in arrays.values()], dtype=np.int64)
        return cls(arrays, base, stride, rows)


@dataclass(frozen=True)
class _Calls:
    """Calls of a month as they were first written down.

    ``words`` holds the arguments of all calls, from ``begins`` on; the columns of ``by_row`` say of each array by row:
    words of its data, of its rows and of its items, array of the block, bytes from there, items of a row.
    """

    functions: tuple[Any, ...]
    given: tuple[tuple[Any, ...], ...]
    starts: tuple[tuple[int, ...], ...]
    words: np.ndarray
    begins: np.ndarray
    trampolines: np.ndarray
    addresses: np.ndarray
    by_row: np.ndarray
    found: Mapping[tuple[int, int], tuple[int, int]]


def _laid_out(calls: Sequence[tuple[Any, tuple[Any, ...]]], places: _Places) -> _Calls:
    words: list[int] = []
    starts: list[tuple[int, ...]] = []
    by_row: list[tuple[int, ...]] = []
    found: dict[tuple[int, int], tuple[int, int]] = {}
    natives = []
    for number, (function, values) in enumerate(calls):
        kinds = tuple(function.typeof_pyval(value) for value in values)
        natives.append((trampoline_of(function, kinds), address_of(function, kinds)))
        begin = []
        for i, value in enumerate(values):
            begin.append(len(words))
            for part in value if isinstance(value, tuple) else (value,):
                place, at = places.find(part), len(words)
                words += words_of(part)
                if place is not None:
                    by_row.append((at + 4, at + ARRAY_HEAD, at + 2, *place, part.size // len(part)))
                    found[number, i] = place
        starts.append(tuple(begin))
    trampolines, addresses = np.array(natives, dtype=np.int64).reshape(-1, 2).T.copy()
    return _Calls(
        tuple(f for f, _ in calls), tuple(v for _, v in calls), tuple(starts), np.array(words, dtype=np.int64),
        np.array([begin[0] for begin in starts], dtype=np.int64), trampolines, addresses,
        np.array(by_row, dtype=np.int64).reshape(-1, 6).T.copy(), found,
    )


class Script:
    """Calls of a world's months; grows by the months that are asked for.

    Parameters
    ----------
    arrays : mapping of ndarray
        Two rows of arrays named as those of every block that is to be played.
    parts : sequence of callable
        Carry out a month on these arrays, one part after the other.
    """

    def __init__(self, arrays: Mapping[str, np.ndarray], parts: Sequence[Callable[[int], None]]):
        self._parts = parts
        self._places = _Places(arrays)
        self._arrays = arrays
        self._calls: _Calls | None = None
        self._ends: tuple[int, ...] = ()
        self._months: dict[int, dict[int, int]] = {}
        self._kept: list[Any] = []
        self._tables: dict[tuple[int, int], tuple[np.ndarray, np.ndarray]] = {}

    def play(self, cast: Cast, months: range, parts: int, tile: int) -> None:
        """Carry out months on a block.

        Parameters
        ----------
        cast : Cast
            Arrays as those of the script but for the number of rows.
        months : range
            One after the other.
        parts : int
            Parts of a month that are carried out, from the first.
        tile : int
            Rows that are played through all these months before the next.

        Raises
        ------
        RuntimeError
            If a call fails: there is no memory left for its work space.
        """
        with _WRITING:
            calls, ends, varying, values = self._written(months)
        words = calls.words.copy()
        failed = play(words, words.ctypes.data, calls.begins, calls.trampolines, calls.addresses, ends[parts - 1],
                      *calls.by_row, cast.base, cast.stride, varying, values, tile, cast.rows)
        if failed:
            raise RuntimeError(f"{calls.functions[failed - 1].__name__} failed; is there memory left?")

    def _written(self, months: range) -> tuple[_Calls, tuple[int, ...], np.ndarray, np.ndarray]:
        """Calls, where parts end, words that vary among the months or from the first, and what they are by month."""
        key = (months[0], months[-1])
        if key not in self._tables:
            for month in months:
                if month not in self._months:
                    self._write(month)
            differs = [self._months[month] for month in months]
            assert self._calls is not None
            varying = sorted(set().union(*differs))
            usual = dict(zip(varying, self._calls.words[varying].tolist(), strict=True))
            values = np.array([list({**usual, **of}.values()) for of in differs], dtype=np.int64)
            self._tables[key] = np.array(varying, dtype=np.int64), values.reshape(len(months), len(varying))
        assert self._calls is not None
        return self._calls, self._ends, *self._tables[key]

    def _write(self, month: int) -> None:
        written: list[tuple[Any, tuple[Any, ...]]] = []
        ends = []
        for part in self._parts:
            with _noted(written):
                part(month)
            ends.append(len(written))
        if self._calls is None:
            self._calls, self._ends = _laid_out(written, self._places), tuple(ends)
        calls = self._calls
        if tuple(function for function, _ in written) != calls.functions:
            raise ValueError(f"month {month} calls other functions than the first month that was written")
        differs: dict[int, int] = {}
        for number, (_, values) in enumerate(written):
            for i, (value, first) in enumerate(zip(values, calls.given[number], strict=True)):
                if value is first:
                    continue
                if isinstance(value, np.ndarray):
                    place = self._places.find(value)
                    if calls.found.get((number, i)) != place:
                        raise ValueError(f"{calls.functions[number].__name__} takes other rows in month {month}")
                    if place is not None:
                        continue
                    self._kept.append(value)
                elif isinstance(value, tuple):
                    raise ValueError(f"{calls.functions[number].__name__} takes other arrays in month {month}")
                start = calls.starts[number][i]
                for k, word in enumerate(words_of(value)):
                    if word != calls.words[start + k]:
                        differs[start + k] = word
        self._months[month] = differs


class Scripts:
    """Scripts of a world by the layout of blocks. Left behind when the world is sent to another process."""

    def __init__(self) -> None:
        self._scripts: dict[Layout, Script] = {}

    def __reduce__(self) -> tuple[Any, ...]:
        return Scripts, ()

    def of(self, arrays: Mapping[str, np.ndarray], make: Callable[[], Script]) -> Script:
        """Script for blocks of such arrays, made when first asked for."""
        layout = layout_of(arrays)
        if layout not in self._scripts:
            self._scripts[layout] = make()
        return self._scripts[layout]


def scripts_of(world: Any) -> Scripts:
    """Scripts kept with a world."""
    return vars(world).setdefault("_scripts", Scripts())
