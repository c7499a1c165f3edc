"""Exponentials of whole rows at once, by arithmetic that a compiler turns into vector instructions.

The machine's own exponential is called one number at a time. Here exp(-x) = 2^n 2^g with n whole and g from -1/2 to
1/2: 2^g by Taylor's series to the tenth order, 2^n by moving n into the exponent of a double. There are no branches and
no tables, so a loop over a row runs several at once. Only sums and products of doubles are used, so the digits are the
same on every machine.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic

from qorgau.model.compiled import inlined
from qorgau.model.lanes import LANES, least, spread

__all__ = ["FURTHEST", "fall", "fall_of_row", "logarithm"]

FURTHEST = 100.0
"""Exponents from here on give 0 (4e-44 in truth)."""

_TURNS = -1.0 / math.log(2.0)
_WHOLE = 1.5 * 2.0**52
"""Added to a number this leaves no room for a fraction: the sum ends in the whole number, as binary digits."""
_BIAS = 1023.0
"""What the format of doubles adds to an exponent."""
(_1, _2, _3, _4, _5, _6, _7, _8, _9, _10) = (math.log(2.0) ** k / math.factorial(k) for k in range(1, 11))


def _power(context: Any, builder: Any, signature: Any, args: Any) -> Any:
    whole = ir.IntType(64)
    moved = builder.shl(builder.bitcast(args[0], whole), ir.Constant(whole, 52))
    return builder.bitcast(moved, ir.DoubleType())


def _from_digits(typing: Any, shifted: Any) -> Any:
    """2^n, where ``shifted`` is n plus ``_WHOLE`` and ``_BIAS``: its last digits become the exponent."""
    return types.float64(types.float64), _power


def _plainly(shifted: float) -> float:
    """The same without a compiler."""
    return math.ldexp(1.0, int(shifted - _WHOLE - _BIAS))


_interpreted = bool(getattr(config, "DISABLE_JIT"))  # noqa: B009 - not in numba's type hints
_two_to: Any = _plainly if _interpreted else intrinsic(_from_digits)


@inlined
def fall(x):
    """exp(-x) for ``x`` of 0 or more; relative error under 1e-12 up to 40, absolute under 1e-28 beyond."""
    y = min(x, FURTHEST) * _TURNS
    shifted = y + (_WHOLE + _BIAS)
    g = y - (shifted - (_WHOLE + _BIAS))
    q = g * g
    low = 1.0 + g * _1 + q * (_2 + g * _3)
    high = _8 + g * _9 + q * _10
    p = low + q * q * (_4 + g * _5 + q * (_6 + g * _7) + q * q * high)
    return p * _two_to(shifted) if x < FURTHEST else 0.0


def _powers(typing: Any, shifted: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        whole = ir.VectorType(ir.IntType(64), LANES)
        moved = builder.shl(builder.bitcast(args[0], whole), ir.Constant(whole, [52] * LANES))
        return builder.bitcast(moved, args[0].type)

    return shifted(shifted), build


def _within(typing: Any, x: Any, value: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        near, far = (ir.Constant(args[0].type, [number] * LANES) for number in (FURTHEST, 0.0))
        return builder.select(builder.fcmp_ordered("<", args[0], near), args[1], far)

    return value(x, value), build


_row_two_to: Any = np.vectorize(_plainly) if _interpreted else intrinsic(_powers)
_unless_far: Any = (lambda x, value: np.where(x < FURTHEST, value, 0.0)) if _interpreted else intrinsic(_within)


@inlined
def fall_of_row(x):
    """``fall`` of a row of eight (module ``lanes``), to the last digit."""
    y = least(x, spread(FURTHEST)) * spread(_TURNS)
    shifted = y + spread(_WHOLE + _BIAS)
    g = y - (shifted - spread(_WHOLE + _BIAS))
    q = g * g
    low = spread(1.0) + g * spread(_1) + q * (spread(_2) + g * spread(_3))
    high = spread(_8) + g * spread(_9) + q * spread(_10)
    p = low + q * q * (spread(_4) + g * spread(_5) + q * (spread(_6) + g * spread(_7)) + q * q * high)
    return _unless_far(x, p * _row_two_to(shifted))


_ROOT_DIGITS = np.uint64(np.float64(math.sqrt(0.5)).view(np.uint64))
_BIAS_DIGITS = np.uint64(1023 << 52)
_MAGIC = np.uint64(np.float64(2.0**52).view(np.uint64))
_PLACES = np.uint64(52)
_LN2 = math.log(2.0)


def _logarithm(x: Any) -> Any:
    digits = np.float64(x).view(np.uint64)
    turns = (digits - _ROOT_DIGITS + _BIAS_DIGITS) >> _PLACES
    m = np.uint64(digits - (turns << _PLACES) + _BIAS_DIGITS).view(np.float64)
    n = np.uint64(turns | _MAGIC).view(np.float64) - (2.0**52 + _BIAS)
    s = (m - 1.0) / (m + 1.0)
    q = s * s
    low = 1.0 + q * (1.0 / 3.0) + q * q * (1.0 / 5.0 + q * (1.0 / 7.0))
    high = 1.0 / 9.0 + q * (1.0 / 11.0) + q * q * (1.0 / 13.0 + q * (1.0 / 15.0) + q * q * (1.0 / 17.0))
    return n * _LN2 + 2.0 * s * (low + q * q * q * q * high)


logarithm: Any = math.log if _interpreted else inlined(_logarithm)
"""ln(x), relative error under 1e-14, for a normal positive ``x`` = 2^n m with m from sqrt(1/2) to sqrt(2).

ln m = 2 artanh((m - 1)/(m + 1)), by its series to the seventeenth order.
"""
