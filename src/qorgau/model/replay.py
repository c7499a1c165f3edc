"""Calls of compiled functions kept as words of memory, and played back without Python.

A month is some forty calls of compiled functions with a thousand arrays between them. From Python the calls take as
long as the work of one run, so a block needs many runs to hide them; the state of many runs fits in no cache. Here a
call is kept as what it is to the machine: the address of a function and the words that its arguments consist of.
Compiled code then moves the words that differ from tile to tile (a tile is a few runs) and from month to month, and
calls.

Python's form of an array and numba's differ: the latter is the words owner, parent, number of items, size of an item,
data, shape, strides (``numba.core.datamodel.models.ArrayModel``). The owner is left empty, so nothing is counted;
whoever plays keeps the arrays.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

from qorgau.model.compiled import compiled, hidden, not_kept

__all__ = ["ARRAY_HEAD", "address_of", "play", "trampoline_of", "words_of"]

ARRAY_HEAD = 5
"""Words of an array before its shape: owner, parent, items, size of an item, data."""

_WORD = ir.IntType(64)
_ALIVE: list[Any] = []  # code whose address was given out is kept


def _read(context: Any, builder: Any, of: Any, words: Any, at: int) -> tuple[Any, int]:
    """Build the value of a type from words; return it and the number of the next word."""

    def word(i: int) -> Any:
        return builder.load(builder.gep(words, [ir.Constant(_WORD, at + i)]))

    if isinstance(of, types.Array):
        value = cgutils.create_struct_proxy(of)(context, builder)
        value.meminfo = cgutils.get_null_value(value.meminfo.type)
        value.parent = cgutils.get_null_value(value.parent.type)
        value.nitems, value.itemsize = word(2), word(3)
        value.data = builder.inttoptr(word(4), value.data.type)
        value.shape = cgutils.pack_array(builder, [word(ARRAY_HEAD + i) for i in range(of.ndim)])
        value.strides = cgutils.pack_array(builder, [word(ARRAY_HEAD + of.ndim + i) for i in range(of.ndim)])
        return value._getvalue(), at + ARRAY_HEAD + 2 * of.ndim
    if isinstance(of, types.BaseTuple):
        parts = []
        kinds: Any = of  # numba's type hints do not know that it can be gone through
        for part in kinds:
            value, at = _read(context, builder, part, words, at)
            parts.append(value)
        return context.make_tuple(builder, of, parts), at
    value = word(0)
    if isinstance(of, types.Float):
        return builder.bitcast(value, context.get_value_type(of)), at + 1
    kind = context.get_value_type(of)
    return (value if kind == _WORD else builder.trunc(value, kind)), at + 1


@intrinsic
def _call(typing_context: Any, address: Any, where: Any, of: Any) -> Any:
    """Call the compiled function at an address with the arguments, of the types ``of``, that stand at ``where``."""
    kinds = tuple(of.instance_type)

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        shape = context.call_conv.get_function_type(types.none, kinds)
        function = builder.inttoptr(args[0], shape.as_pointer())
        words, at, values = builder.inttoptr(args[1], _WORD.as_pointer()), 0, []
        for kind in kinds:
            value, at = _read(context, builder, kind, words, at)
            values.append(value)
        status, _ = context.call_conv.call_function(builder, function, types.none, kinds, values)
        return builder.sext(status.code, _WORD)

    return types.int64(types.int64, types.int64, of), build


def _trampoline(address, where, of):
    return _call(address, where, of)


@cache
def _trampoline_to(name: str) -> Any:
    return hidden(_trampoline, name)


_ANY = types.voidptr


@intrinsic
def _jump(typing_context: Any, trampoline: Any, address: Any, where: Any) -> Any:
    """Call a trampoline at its address."""

    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        kinds = (types.int64, types.int64, _ANY)
        shape = context.call_conv.get_function_type(types.int64, kinds)
        function = builder.inttoptr(args[0], shape.as_pointer())
        nothing = cgutils.get_null_value(context.get_value_type(_ANY))
        status, code = context.call_conv.call_function(
            builder, function, types.int64, kinds, [args[1], args[2], nothing])
        return builder.select(status.is_ok, code, ir.Constant(_WORD, -1))

    return types.int64(types.int64, types.int64, types.int64), build


@compiled
def play(words, where, begins, trampolines, addresses, calls, data_word, rows_word, items_word, array, offset,
         items, base, stride, varying, values, tile, rows):
    """Play months of all rows, a tile of rows after the other; return 0, or 1 + the number of a call that failed.

    Parameters
    ----------
    words : ndarray of int64
        Arguments of all calls; changed.
    where : int
        Address of ``words``.
    begins, trampolines, addresses : ndarray of int64, shape (calls of a month,)
        First word, trampoline and function of each call.
    calls : int
        Calls of a month that are made, from the first.
    data_word, rows_word, items_word : ndarray of int64, shape (arrays by row,)
        Words that hold where such an array begins, its number of rows, and of items.
    array, offset, items : ndarray of int64, shape (arrays by row,)
        Which of ``base`` it lies in, bytes from its row's begin, items of a row.
    base, stride : ndarray of int64
        Address of the first row of each array of the block, and bytes from row to row.
    varying : ndarray of int64, shape (n,)
    values : ndarray of int64, shape (months, n)
        Words that differ from month to month, and what they are.
    tile, rows : int
        Rows of a tile, and of the block.
    """
    for begin in range(0, rows, tile):
        here = min(tile, rows - begin)
        for i in range(data_word.shape[0]):
            words[data_word[i]] = base[array[i]] + offset[i] + begin * stride[array[i]]
            words[rows_word[i]] = here
            words[items_word[i]] = here * items[i]
        for month in range(values.shape[0]):
            for i in range(varying.shape[0]):
                words[varying[i]] = values[month, i]
            for c in range(calls):
                if _jump(trampolines[c], addresses[c], where + 8 * begins[c]) != 0:
                    return c + 1
    return 0


def _compiled_for(dispatcher: Any, kinds: tuple[Any, ...]) -> Any:
    """What a function is compiled to for some types; read from disk, if what is found there is for these types."""
    dispatcher.compile(kinds)
    if kinds not in dispatcher.overloads:  # a file that another Python has taken for other types
        dispatcher = not_kept(dispatcher.py_func)
        dispatcher.compile(kinds)
    return dispatcher.overloads[kinds]


def _address(done: Any) -> int:
    _ALIVE.append(done)
    return int(done.library.get_pointer_to_function(done.fndesc.llvm_func_name))


def trampoline_of(function: Callable[..., Any], kinds: Sequence[Any]) -> int:
    """Address of what calls a function with arguments of these types; compiled, or read from disk, when asked for."""
    own: Any = function
    name = f"{own.py_func.__module__}.{own.py_func.__qualname__}"
    of = types.TypeRef(types.Tuple(tuple(kinds)))
    return _address(_compiled_for(_trampoline_to(name), (types.int64, types.int64, of)))


def address_of(function: Callable[..., Any], kinds: Sequence[Any]) -> int:
    """Address of a compiled function for arguments of these types.

    Raises
    ------
    TypeError
        If it gives something back.
    """
    dispatcher: Any = function
    done = _compiled_for(dispatcher, tuple(kinds))
    if done.signature.return_type != types.none:
        raise TypeError(f"{dispatcher.__name__} gives something back; a call that is played cannot")
    return _address(done)


def words_of(value: Any) -> list[int]:
    """Words of an argument: an array, a tuple of such, a number or a truth value.

    Raises
    ------
    TypeError
        If it is none of these.
    """
    if isinstance(value, np.ndarray):
        return [0, 0, value.size, value.itemsize, value.ctypes.data, *value.shape, *value.strides]
    if isinstance(value, tuple):
        return [word for part in value for word in words_of(part)]
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return [int(value)]
    if isinstance(value, (float, np.floating)):
        return [struct.unpack("<q", struct.pack("<d", value))[0]]
    raise TypeError(f"an argument of type {type(value).__name__} cannot be kept as words")
