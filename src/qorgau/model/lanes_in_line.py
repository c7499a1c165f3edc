"""Eight numbers of a contiguous row from any place on, as one value: what ``lanes`` does for rows of eight.

``eight(a, i)`` and ``put_eight(a, i, x)`` read and write the numbers i to i + 7; ``pair_sums(a, i)`` are the sums of
the pairs i to i + 7 of a row of pairs, and ``in_turn(x, y)`` two numbers four times in turn.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from qorgau.model.compiled import inlined
from qorgau.model.lanes import LANES, _block, _from, _index, _interpreted, _lanes, _place, _turned, _vector

__all__ = ["eight", "in_turn", "pair_sums", "put_eight", "to_places"]


def _eight(typing: Any, a: Any, i: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return _from(context, builder, signature.args[0], *args)

    return _lanes(a, types.uint64), build


def _put_eight(typing: Any, a: Any, i: Any, x: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        place = builder.bitcast(builder.gep(data, [args[1]]), _vector.as_pointer())
        builder.store(args[2], place, align=8)
        return context.get_dummy_value()

    return types.void(a, types.uint64, _lanes), build


def _pair_sums(typing: Any, a: Any, i: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        start = builder.shl(args[1], ir.Constant(args[1].type, 1))
        places = [builder.add(start, ir.Constant(start.type, k)) for k in (0, LANES)]
        pair = [_from(context, builder, signature.args[0], args[0], place) for place in places]
        every_other = [ir.Constant(ir.VectorType(_index, LANES), list(range(k, 2 * LANES, 2))) for k in (0, 1)]
        return builder.fadd(*(builder.shuffle_vector(*pair, k) for k in every_other))

    return _lanes(a, types.uint64), build


def _in_turn(typing: Any, x: Any, y: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        both = ir.Constant(_vector, ir.Undefined)
        for k in range(2):
            both = builder.insert_element(both, args[k], _index(k))
        return builder.shuffle_vector(both, both, ir.Constant(ir.VectorType(_index, LANES), [0, 1] * (LANES // 2)))

    return _lanes(types.float64, types.float64), build


def _to_places(typing: Any, table: Any, lines: Any, first: Any, column: Any, target: Any, places: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        of, (table, lines, first, column, target, places) = signature.args, args
        numbers, to = (context.make_array(of[i])(context, builder, a).data for i, a in ((1, lines), (5, places)))
        at = [builder.add(first, ir.Constant(first.type, i)) for i in range(LANES)]
        read = [_block(context, builder, of[0], table, builder.load(builder.gep(numbers, [i])), column) for i in at]
        for i, x in enumerate(_turned(builder, [builder.load(place, align=8) for place in read])):
            line = builder.load(builder.gep(to, [builder.add(column, ir.Constant(column.type, i))]))
            builder.store(x, _place(context, builder, of[4], target, line), align=8)
        return context.get_dummy_value()

    return types.void(table, lines, types.int64, types.int64, target, places), build


def _to_places_plainly(
    table: np.ndarray, lines: np.ndarray, first: int, column: int, target: np.ndarray, places: np.ndarray
) -> None:
    for i in range(column, column + LANES):
        target[places[i]] = table[lines[first:first + LANES], i]


def _put_eight_plainly(a: np.ndarray, i: int, x: np.ndarray) -> None:
    a[i:i + LANES] = x


def _pair_sums_plainly(a: np.ndarray, i: int) -> np.ndarray:
    pairs = a[2 * i:2 * (i + LANES)]
    return pairs[::2] + pairs[1::2]


eight: Any = (lambda a, i: a[i:i + LANES].copy()) if _interpreted else intrinsic(_eight)
put_eight: Any = _put_eight_plainly if _interpreted else intrinsic(_put_eight)
pair_sums: Any = _pair_sums_plainly if _interpreted else intrinsic(_pair_sums)
in_turn: Any = (lambda x, y: np.array([x, y] * (LANES // 2))) if _interpreted else intrinsic(_in_turn)
_eight_to_places: Any = _to_places_plainly if _interpreted else intrinsic(_to_places)


@inlined
def to_places(table, lines, count, column, target, places):
    """Put eight columns of a table side by side as `beside` does, for ``count`` rows in blocks of eight.

    Column i becomes row ``places[i]``, whole numbers of 64 bits, of each block of as many rows as ``places`` is long.
    """
    for b in range((count + LANES - 1) // LANES):
        _eight_to_places(table, lines, LANES * b, column, target[b * places.shape[0]:], places)
