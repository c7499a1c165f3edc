"""What rows of eight runs need beyond ``qorgau.model.lanes``: choices, exponentials, logarithms, draws and counts.

All work on rows as whole vectors; ``choose`` stands for a branch. Products and sums that ``fused`` joins are rounded
once on every machine, so digits depend on neither the machine nor the compiler.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, types, uint64
from numba.core import cgutils
from numba.extending import intrinsic

from qorgau.model import streams
from qorgau.model.compiled import inlined
from qorgau.model.lanes import LANES, least, most, put, row, spread
from qorgau.model.streams import LARGE, TAIL, normal_quantile

__all__ = ["added", "binomials", "choose", "draws", "few_of", "flat", "fused", "hyperbolic",
           "lent", "logarithms", "normals", "part", "peak", "rise", "roots", "some_above"]

_interpreted = bool(getattr(config, "DISABLE_JIT"))  # noqa: B009 - not in numba's type hints
_long = ir.VectorType(ir.IntType(64), LANES)
_double = ir.VectorType(ir.DoubleType(), LANES)


def _added(typing: Any, x: Any, digits: Any, place: Any, y: Any) -> Any:
    """``x`` plus ``y`` in those of eight numbers whose digit in a byte of ``digits`` is 1."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[1])(context, builder, args[1]).data
        which = builder.load(builder.gep(data, [args[2]]))
        which = builder.bitcast(which, ir.VectorType(ir.IntType(1), LANES))
        return builder.select(which, builder.fadd(args[0], args[3]), args[0])

    return x(x, digits, types.uint64, x), build


def _lent(typing: Any, array: Any) -> Any:
    """The same array without a count of who holds it: what is cut from it need not be counted, one by one, either."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        out = context.make_array(signature.args[0])(context, builder, args[0])
        out.meminfo = cgutils.get_null_value(out.meminfo.type)
        out.parent = cgutils.get_null_value(out.parent.type)
        return out._getvalue()

    return array(array), build


def _added_plainly(x: Any, digits: Any, place: int, y: Any) -> Any:
    return np.where((int(digits[place]) >> np.arange(LANES)) & 1, x + y, x)


def _same(value: int) -> Any:
    return ir.Constant(_long, [value] * LANES)


def _named(name: str, builder: Any, args: Any) -> Any:
    kind = ir.FunctionType(args[0].type, [a.type for a in args])
    return builder.call(cgutils.get_or_insert_function(builder.module, kind, name), args)


def _fused(typing: Any, x: Any, y: Any, z: Any) -> Any:
    return x(x, x, x), lambda c, builder, s, args: _named("llvm.fma.v8f64", builder, args)


def _roots(typing: Any, x: Any) -> Any:
    return x(x), lambda c, builder, s, args: _named("llvm.sqrt.v8f64", builder, args)


def _choose(typing: Any, x: Any, y: Any, over: Any, else_: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.select(builder.fcmp_ordered(">", args[0], args[1]), args[2], args[3])

    return x(x, x, x, x), build


def _some_above(typing: Any, x: Any, y: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        found = builder.bitcast(builder.fcmp_ordered(">", *args), ir.IntType(LANES))
        return builder.zext(found, ir.IntType(64))

    return types.int64(x, x), build


def _peak(typing: Any, x: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        left, n = args[0], LANES
        while n > 1:
            n //= 2
            unknown = ir.Constant(left.type, ir.Undefined)
            halves = [ir.Constant(ir.VectorType(ir.IntType(32), n), list(range(i, i + n))) for i in (0, n)]
            one, two = (builder.shuffle_vector(left, unknown, half) for half in halves)
            left = builder.select(builder.fcmp_ordered(">", one, two), one, two)
        return builder.extract_element(left, ir.Constant(ir.IntType(32), 0))

    return types.float64(x), build


def _two_to(typing: Any, shifted: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        return builder.bitcast(builder.shl(builder.bitcast(args[0], _long), _same(52)), _double)

    return shifted(shifted), build


_ROOT = int(np.float64(math.sqrt(0.5)).view(np.uint64))
_BIAS_DIGITS = 1023 << 52
_MAGIC = int(np.float64(2.0**52).view(np.uint64))


def _turned(builder: Any, x: Any) -> tuple[Any, Any]:
    digits = builder.bitcast(x, _long)
    return digits, builder.lshr(builder.add(digits, _same(_BIAS_DIGITS - _ROOT)), _same(52))


def _turns(typing: Any, x: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        near = builder.bitcast(builder.or_(_turned(builder, args[0])[1], _same(_MAGIC)), _double)
        return builder.fsub(near, ir.Constant(_double, [2.0**52 + 1023.0] * LANES))

    return x(x), build


def _mantissas(typing: Any, x: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        digits, turns = _turned(builder, args[0])
        return builder.bitcast(builder.add(builder.sub(digits, builder.shl(turns, _same(52))), _same(_BIAS_DIGITS)),
                               _double)

    return x(x), build


def _units(typing: Any, keys: Any, mixed: Any, like: Any) -> Any:
    """Uniform numbers of eight keys and one mixed counter, as ``streams.uniform`` forms them."""
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, args[0]).data
        z = builder.load(builder.bitcast(data, _long.as_pointer()), align=8)
        unknown = ir.Constant(_long, ir.Undefined)
        first = builder.insert_element(unknown, args[1], ir.Constant(ir.IntType(32), 0))
        zeros = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        z = builder.add(z, builder.shuffle_vector(first, unknown, zeros))
        for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
            z = builder.mul(builder.xor(z, builder.lshr(z, _same(shift))), _same(factor))
        z = builder.xor(z, builder.lshr(z, _same(31)))
        u = builder.uitofp(builder.lshr(z, _same(11)), _double)
        return builder.fmul(builder.fadd(u, ir.Constant(_double, [0.5] * LANES)),
                            ir.Constant(_double, [1.0 / 9007199254740992.0] * LANES))

    return like(keys, types.uint64, like), build


@inlined
def _joined(x, y, z):
    return x * y + z


def _two_to_plainly(shifted: Any) -> Any:
    return np.ldexp(1.0, (shifted - _WHOLE - _BIAS).astype(np.int64))


def _some_plainly(x: Any, y: Any) -> int:
    return int(sum(1 << int(i) for i in np.flatnonzero(x > y)))


fused: Any = _joined if _interpreted else intrinsic(_fused)
lent: Any = (lambda array: array) if _interpreted else intrinsic(_lent)
added: Any = _added_plainly if _interpreted else intrinsic(_added)
roots: Any = np.sqrt if _interpreted else intrinsic(_roots)
choose: Any = (lambda x, y, over, other: np.where(x > y, over, other)) if _interpreted else intrinsic(_choose)
some_above: Any = _some_plainly if _interpreted else intrinsic(_some_above)
peak: Any = (lambda x: float(x.max())) if _interpreted else intrinsic(_peak)
_two_to_the: Any = _two_to_plainly if _interpreted else intrinsic(_two_to)
_turns_of: Any = (lambda x: np.floor(np.log2(x / math.sqrt(0.5)))) if _interpreted else intrinsic(_turns)
_mantissa_of: Any = (lambda x: x / np.exp2(_turns_of(x))) if _interpreted else intrinsic(_mantissas)
_units_of: Any = None if _interpreted else intrinsic(_units)


@inlined
def part(x, at, i):
    """The i-th part of what lies one after the other."""
    return x[at[i]:at[i + 1]]


@inlined
def flat(rows):
    """Rows as one line of numbers."""
    return rows.reshape(rows.size)


_TURNS, _WHOLE, _BIAS, _LN2 = 1.0 / math.log(2.0), 1.5 * 2.0**52, 1023.0, math.log(2.0)


def _powers_of_two() -> list[float]:
    """Polynomial of ninth degree that is nearest to 2^g from -1/2 to 1/2; relative error under 3e-14."""
    near = np.polynomial.Chebyshev.interpolate(np.exp2, 9, domain=[-0.5, 0.5])
    return [float(c) for c in near.convert(kind=np.polynomial.Polynomial).coef]


(_C0, _C1, _C2, _C3, _C4, _C5, _C6, _C7, _C8, _C9) = _powers_of_two()


@inlined
def rise(x):
    """exp(x) of a row; ``x`` up to 700, and below -700 what it is there (1e-304)."""
    y = most(x, spread(-700.0))
    shifted = fused(y, spread(_TURNS), spread(_WHOLE + _BIAS))
    g = fused(y, spread(_TURNS), spread(_WHOLE + _BIAS) - shifted)
    q = g * g
    low = fused(q, fused(g, spread(_C3), spread(_C2)), fused(g, spread(_C1), spread(_C0)))
    high = fused(q, fused(g, spread(_C7), spread(_C6)), fused(g, spread(_C5), spread(_C4)))
    f = q * q
    high = fused(f, fused(g, spread(_C9), spread(_C8)), high)
    return fused(f, high, low) * _two_to_the(shifted)


@inlined
def logarithms(x):
    """ln of a row of normal positive numbers, as ``exponentials.logarithm``."""
    m = _mantissa_of(x)
    s = (m - spread(1.0)) / (m + spread(1.0))
    q = s * s
    p = fused(q, spread(1.0 / 17.0), spread(1.0 / 15.0))
    p = fused(q, p, spread(1.0 / 13.0))
    p = fused(q, p, spread(1.0 / 11.0))
    p = fused(q, p, spread(1.0 / 9.0))
    p = fused(q, p, spread(1.0 / 7.0))
    p = fused(q, p, spread(1.0 / 5.0))
    p = fused(q, p, spread(1.0 / 3.0))
    p = fused(q, p, spread(1.0))
    return fused(_turns_of(x), spread(_LN2), spread(2.0) * s * p)


@inlined
def hyperbolic(x):
    """tanh of a row."""
    e = rise(least(x, spread(20.0)) * spread(2.0))
    return (e - spread(1.0)) / (e + spread(1.0))


@inlined
def _compiled_draws(keys, stream, month, entity, item):
    counter = (
        (uint64(stream) << uint64(56)) ^ (uint64(month) << uint64(44)) ^ (uint64(entity) << uint64(20)) ^ uint64(item)
    )
    return _units_of(keys, streams._mix(counter + uint64(0x9E3779B97F4A7C15)), spread(0.0))


def _draws_plainly(keys: Any, stream: int, month: int, entity: int, item: int) -> Any:
    return np.array([streams.uniform(key, stream, month, entity, item) for key in keys])


draws: Any = _draws_plainly if _interpreted else _compiled_draws
"""Uniform numbers of eight keys for one stream, month, entity and item."""


@inlined
def _by_one(few):
    for j in range(LANES):
        if few[5, j] < TAIL or few[5, j] > 1.0 - TAIL:
            few[4, j] = normal_quantile(few[5, j])


@inlined
def normals(u, few):
    """Standard normal quantiles of a row, as ``streams.normal_quantile``; rows 4 to 7 of ``few`` are work space."""
    q = u - spread(0.5)
    r = q * q
    a = fused(r, spread(-3.969683028665376e01), spread(2.209460984245205e02))
    a = fused(r, a, spread(-2.759285104469687e02))
    a = fused(r, a, spread(1.383577518672690e02))
    a = fused(r, a, spread(-3.066479806614716e01))
    a = fused(r, a, spread(2.506628277459239e00))
    b = fused(r, spread(-5.447609879822406e01), spread(1.615858368580409e02))
    b = fused(r, b, spread(-1.556989798598866e02))
    b = fused(r, b, spread(6.680131188771972e01))
    b = fused(r, b, spread(-1.328068155288572e01))
    b = fused(r, b, spread(1.0))
    x = a * q / b
    if some_above(most(q, spread(0.0) - q), spread(0.5 - TAIL)):
        put(few, 4, x)
        put(few, 5, u)
        _by_one(few)
        x = row(few, 4)
    return x


@inlined
def few_of(u, mean):
    """Poisson quantiles of a row up to 3, without a branch, and the numbers above which a quantile is more."""
    one = rise(spread(0.0) - mean)
    a = one * mean
    two = one + a
    a = a * mean * spread(0.5)
    three = two + a
    nothing, unit = spread(0.0), spread(1.0)
    number = choose(u, one, unit, nothing) + choose(u, two, unit, nothing) + choose(u, three, unit, nothing)
    return number, fused(a, mean * spread(1.0 / 3.0), three)


@inlined
def binomials(u, number, chance, few):
    """Binomial quantiles of a row, as ``streams.binomial``: large ones together, small ones one by one if not plain."""
    nothing, unit = spread(0.0), spread(1.0)
    common = chance - spread(0.5)
    p = choose(common, nothing, unit - chance, chance)
    below = choose(common, nothing, unit - u, u)
    mean, found = number * p, nothing
    if some_above(mean, spread(LARGE)):
        z = normals(below, few)
        near = fused(unit - p - p, (z * z - unit) * spread(1.0 / 6.0), fused(roots(mean * (unit - p)), z, mean))
        found = least(number, most(nothing, (near + spread(_WHOLE)) - spread(_WHOLE)))
        found = choose(common, nothing, number - found, found)
    one_by_one = some_above(choose(mean, spread(LARGE), nothing, below), unit - mean)
    put(few, 4, found)
    put(few, 5, u)
    put(few, 6, number)
    put(few, 7, chance)
    put(few, 8, rise(number * logarithms(unit - p)))
    if one_by_one or some_above(common, nothing):
        for j in range(LANES):
            if few[6, j] * min(few[7, j], 1.0 - few[7, j]) <= LARGE:
                few[4, j] = streams.binomial_given(few[5, j], int(few[6, j]), few[7, j], few[8, j])
    return row(few, 4)
