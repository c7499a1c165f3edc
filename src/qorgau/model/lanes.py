"""Rows of eight numbers as one value, for what eight organisations of a run do in the same corridors at once.

``row(a, i)`` reads row i of a contiguous array of shape (n, 8) and ``put(a, i, x)`` writes it; ``spread(x)`` is a
number eight times, ``total(x)`` the sum of the eight, in a fixed order, ``where_any(x, y)`` the numbers of y where x is
above nought and nought elsewhere. Rows are added, subtracted, multiplied and
divided as numbers are. A machine with narrower vectors takes several for the eight, so digits do not depend on it.
Sums over a row of any length are told in eight parts too: one number at a time, each waits for the last (``dot``).
Work space begins where a line of the cache does (``rows``): a row of eight is then one line and never parts of two.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.core import cgutils
from numba.core.datamodel import models
from numba.extending import intrinsic, overload, register_model

from qorgau.model.compiled import inlined

__all__ = ["LANES", "above", "apart", "ask", "beside", "dot", "least", "most", "one_by_one",
           "put", "room", "row", "rows", "spread", "total", "where_any"]

LANES = 8
"""Organisations that are taken at once."""

_LINE = 64
"""Bytes of a line of the cache: as many as eight doubles take."""

_vector = ir.VectorType(ir.DoubleType(), LANES)
_index = ir.IntType(32)
_interpreted = bool(getattr(config, "DISABLE_JIT"))  # noqa: B009 - not in numba's type hints


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__(name="Lanes")


_lanes = _Lanes()


class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, of: Any) -> None:
        super().__init__(manager, of, _vector)


register_model(_Lanes)(_LanesModel)


def _place(context: Any, builder: Any, of: Any, array: Any, i: Any) -> Any:
    data = context.make_array(of)(context, builder, array).data
    start = builder.mul(i, ir.Constant(i.type, LANES))
    return builder.bitcast(builder.gep(data, [start]), _vector.as_pointer())


def _row(typing: Any, array: Any, i: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.load(_place(context, builder, signature.args[0], *args), align=8)

    return _lanes(array, types.uint64), build


def _put(typing: Any, array: Any, i: Any, x: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        builder.store(args[2], _place(context, builder, signature.args[0], args[0], args[1]), align=8)
        return context.get_dummy_value()

    return types.void(array, types.uint64, _lanes), build


def _spread(typing: Any, x: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        unknown = ir.Constant(_vector, ir.Undefined)
        first = builder.insert_element(unknown, args[0], _index(0))
        return builder.shuffle_vector(first, unknown, ir.Constant(ir.VectorType(_index, LANES), [0] * LANES))

    return _lanes(types.float64), build


def _total(typing: Any, x: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, n = args[0], LANES
        while n > 1:
            n //= 2
            unknown = ir.Constant(left.type, ir.Undefined)
            halves = [ir.Constant(ir.VectorType(_index, n), list(range(i, i + n))) for i in (0, n)]
            left = builder.fadd(*(builder.shuffle_vector(left, unknown, half) for half in halves))
        return builder.extract_element(left, _index(0))

    return types.float64(_lanes), build


def _least(typing: Any, x: Any, y: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered("<", *args), *args)

    return _lanes(_lanes, _lanes), build


def _most(typing: Any, x: Any, y: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *args), *args)

    return _lanes(_lanes, _lanes), build


def _above(typing: Any, x: Any, limit: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", *args), args[0], ir.Constant(_vector, [0.0] * LANES))

    return _lanes(_lanes, _lanes), build


def _where_any(typing: Any, x: Any, y: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        nought = ir.Constant(_vector, [0.0] * LANES)
        return builder.select(builder.fcmp_ordered(">", args[0], nought), args[1], nought)

    return _lanes(_lanes, _lanes), build


def _turned(builder: Any, rows: list[Any]) -> list[Any]:
    """Columns of eight rows of eight: blocks of 1, 2 and 4 are exchanged across the diagonal."""
    step = 1
    while step < LANES:
        kept = [i if not i & step else LANES + i - step for i in range(LANES)]
        moved = [i + step if not i & step else LANES + i for i in range(LANES)]
        for i in range(LANES):
            if not i & step:
                pair = rows[i], rows[i + step]
                rows[i], rows[i + step] = (
                    builder.shuffle_vector(*pair, ir.Constant(ir.VectorType(_index, LANES), order))
                    for order in (kept, moved)
                )
        step *= 2
    return rows


def _block(context: Any, builder: Any, of: Any, array: Any, line: Any, column: Any) -> Any:
    """Pointer to eight numbers of a row of a contiguous array from a column on."""
    table = context.make_array(of)(context, builder, array)
    start = builder.add(builder.mul(line, builder.extract_value(table.shape, 1)), column)
    return builder.bitcast(builder.gep(table.data, [start]), _vector.as_pointer())


def _beside(typing: Any, table: Any, lines: Any, first: Any, column: Any, target: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        of, (table, lines, first, column, target) = signature.args, args
        numbers = context.make_array(of[1])(context, builder, lines).data
        at = [builder.add(first, ir.Constant(first.type, i)) for i in range(LANES)]
        places = [_block(context, builder, of[0], table, builder.load(builder.gep(numbers, [i])), column) for i in at]
        for i, x in enumerate(_turned(builder, [builder.load(place, align=8) for place in places])):
            line = builder.add(column, ir.Constant(column.type, i))
            builder.store(x, _place(context, builder, of[4], target, line), align=8)
        return context.get_dummy_value()

    return types.void(table, lines, types.int64, types.int64, target), build


def _one_by_one(typing: Any, source: Any, line: Any, target: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        of, (source, line, target) = signature.args, args
        at = [builder.add(line, ir.Constant(line.type, i)) for i in range(LANES)]
        rows = [builder.load(_place(context, builder, of[0], source, i), align=8) for i in at]
        for i, x in enumerate(_turned(builder, rows)):
            place = _block(context, builder, of[2], target, ir.Constant(line.type, i), line)
            builder.store(x, place, align=8)
        return context.get_dummy_value()

    return types.void(source, types.int64, target), build


def _ask(typing: Any, table: Any, line: Any, column: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        byte = ir.IntType(8).as_pointer()
        place = builder.bitcast(_block(context, builder, signature.args[0], *args), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, _index, _index, _index])
        fetch = cgutils.get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(fetch, [place, _index(0), _index(2), _index(1)])
        return context.get_dummy_value()

    return types.void(table, types.int64, types.int64), build


def _apart(typing: Any, source: Any, line: Any, table: Any, lines: Any, first: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        of, (source, line, table, lines, first) = signature.args, args
        numbers = context.make_array(of[3])(context, builder, lines).data
        steps = [ir.Constant(line.type, i) for i in range(LANES)]
        read = [builder.load(_place(context, builder, of[0], source, builder.add(line, i)), align=8) for i in steps]
        for i, x in zip(steps, _turned(builder, read), strict=True):
            to = builder.load(builder.gep(numbers, [builder.add(first, i)]))
            builder.store(x, _block(context, builder, of[2], table, to, line), align=8)
        return context.get_dummy_value()

    return types.void(source, types.int64, table, lines, types.int64), build


def _from(context: Any, builder: Any, of: Any, array: Any, place: Any) -> Any:
    data = context.make_array(of)(context, builder, array).data
    return builder.load(builder.bitcast(builder.gep(data, [place]), _vector.as_pointer()), align=8)


def _sum_of_eights(typing: Any, a: Any, b: Any, eights: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        sums = cgutils.alloca_once_value(builder, ir.Constant(_vector, [0.0] * LANES))
        with cgutils.for_range(builder, args[2]) as loop:
            place = builder.shl(loop.index, ir.Constant(loop.index.type, 3))
            x, y = (_from(context, builder, signature.args[i], args[i], place) for i in range(2))
            builder.store(builder.fadd(builder.load(sums), builder.fmul(x, y)), sums)
        last = builder.load(sums)
        parts = [builder.extract_element(last, ir.Constant(ir.IntType(32), i)) for i in range(LANES)]
        while len(parts) > 1:
            half = len(parts) // 2
            parts = [builder.fadd(x, y) for x, y in zip(parts[:half], parts[half:], strict=True)]
        return parts[0]

    return types.float64(a, b, types.intp), build


def _of_two(name: str) -> Any:
    def typed(typing: Any, x: Any, y: Any) -> Any:
        def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
            return getattr(builder, name)(*args)

        return _lanes(_lanes, _lanes), build

    return intrinsic(typed)


def _learn_operators() -> None:
    for of, name in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"),
                     (operator.truediv, "fdiv")):
        overload(of)(_for_rows(_of_two(name)))


def _for_rows(done: Any) -> Any:
    def either(x, y):
        return (lambda x, y: done(x, y)) if x == _lanes and y == _lanes else None

    return either


def _total_plainly(x: np.ndarray) -> float:
    while len(x) > 1:
        x = x[:len(x) // 2] + x[len(x) // 2:]
    return float(x[0])


def _sum_plainly(a: Any, b: Any, eights: int) -> float:
    parts = [0.0] * LANES
    for i in range(LANES * eights):
        parts[i % LANES] += a[i] * b[i]
    while len(parts) > 1:
        half = len(parts) // 2
        parts = [x + y for x, y in zip(parts[:half], parts[half:], strict=True)]
    return parts[0]


def _above_plainly(x: np.ndarray, limit: np.ndarray) -> np.ndarray:
    return np.where(x > limit, x, 0.0)


def _where_any_plainly(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return np.where(x > 0.0, y, 0.0)


def _beside_plainly(table: np.ndarray, lines: np.ndarray, first: int, column: int, target: np.ndarray) -> None:
    target[column:column + LANES] = table[lines[first:first + LANES], column:column + LANES].T


def _ask_plainly(table: np.ndarray, line: int, column: int) -> None:
    pass


def _apart_plainly(source: np.ndarray, line: int, table: np.ndarray, lines: np.ndarray, first: int) -> None:
    table[lines[first:first + LANES], line:line + LANES] = source[line:line + LANES].T


def _one_by_one_plainly(source: np.ndarray, line: int, target: np.ndarray) -> None:
    target[:, line:line + LANES] = source[line:line + LANES].T


def _put_plainly(array: np.ndarray, i: int, x: np.ndarray) -> None:
    array[i] = x


if not _interpreted:
    _learn_operators()
row: Any = (lambda array, i: array[i].copy()) if _interpreted else intrinsic(_row)
put: Any = _put_plainly if _interpreted else intrinsic(_put)
spread: Any = (lambda x: np.full(LANES, x)) if _interpreted else intrinsic(_spread)
total: Any = _total_plainly if _interpreted else intrinsic(_total)
least: Any = np.minimum if _interpreted else intrinsic(_least)
most: Any = np.maximum if _interpreted else intrinsic(_most)
above: Any = _above_plainly if _interpreted else intrinsic(_above)
where_any: Any = _where_any_plainly if _interpreted else intrinsic(_where_any)
_eights: Any = _sum_plainly if _interpreted else intrinsic(_sum_of_eights)
_eight_beside: Any = _beside_plainly if _interpreted else intrinsic(_beside)
_ask_for: Any = _ask_plainly if _interpreted else intrinsic(_ask)
_eight_apart: Any = _apart_plainly if _interpreted else intrinsic(_apart)
_eight_by_one: Any = _one_by_one_plainly if _interpreted else intrinsic(_one_by_one)


@inlined
def room(n):
    """``n`` rows of eight, shape (n, 8), in which nothing has been written yet."""
    space = np.empty(LANES * (n + 1))
    first = (-np.int64(space.ctypes.data)) % _LINE // 8
    return space[first:first + LANES * n].reshape((n, LANES))


@inlined
def rows(n):
    """``n`` rows of eight zeros, shape (n, 8)."""
    zeros = room(n)
    zeros[:] = 0.0
    return zeros


@inlined
def ask(table, line, count):
    """Ask memory for the first numbers of a row of a contiguous table; nothing waits for them here."""
    for i in range(0, count, LANES):
        _ask_for(table, line, i)


@inlined
def beside(table, lines, first, target):
    """Put the eight rows ``lines[first:first + 8]`` of a contiguous table side by side, as columns of ``target``."""
    width = table.shape[1]
    whole = width - width % LANES
    for i in range(0, whole, LANES):
        _eight_beside(table, lines, first, i, target)
    for j in range(LANES):
        for i in range(whole, width):
            target[i, j] = table[lines[first + j], i]


@inlined
def one_by_one(source, target):
    """Write what stands side by side, shape (n, 8), to rows of ``target``, contiguous, shape (8, n)."""
    width = source.shape[0]
    whole = width - width % LANES
    for i in range(0, whole, LANES):
        _eight_by_one(source, i, target)
    for j in range(LANES):
        for i in range(whole, width):
            target[j, i] = source[i, j]


@inlined
def apart(source, table, lines, first):
    """Write what stands side by side to rows ``lines[first:first + 8]`` of a contiguous table: undoes ``beside``."""
    width = source.shape[0]
    whole = width - width % LANES
    for i in range(0, whole, LANES):
        _eight_apart(source, i, table, lines, first)
    for j in range(LANES):
        for i in range(whole, width):
            table[lines[first + j], i] = source[i, j]


@inlined
def dot(a, b):
    """Sum of ``a[i] * b[i]`` over contiguous rows; ``b`` is as long as ``a`` or longer."""
    n = a.shape[0]
    total = _eights(a, b, n // LANES)
    for i in range(n - n % LANES, n):
        total += a[i] * b[i]
    return total
