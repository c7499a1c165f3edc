"""Eight counts at a time: sums of terms of eight distributions, until the last of the eight has reached its number.

The terms and the order in which they are added are those of ``streams``, so the counts are the same. A count that is
reached stays: sums never fall, so no later one lies below its uniform number.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import config, types
from numba.extending import intrinsic

from qorgau.model.compiled import inlined
from qorgau.model.lanes import LANES, least, put, row, spread
from qorgau.model.streams import ONE_OVER, TERMS

__all__ = ["any_beyond", "beyond", "eight_binomials", "eight_poissons"]


def _beyond(typing: Any, count: Any, x: Any, limit: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        one = ir.Constant(args[0].type, [1.0] * LANES)
        further = builder.fcmp_ordered(">", args[1], args[2])
        return builder.select(further, builder.fadd(args[0], one), args[0])

    return count(count, x, limit), build


def _any_beyond(typing: Any, x: Any, limit: Any) -> Any:
    def build(context: Any, builder: Any, signature: Any, args: Any) -> Any:
        digits = ir.IntType(LANES)
        return builder.icmp_unsigned(
            "!=", builder.bitcast(builder.fcmp_ordered(">", *args), digits), ir.Constant(digits, 0)
        )

    return types.boolean(x, limit), build


_interpreted = bool(getattr(config, "DISABLE_JIT"))  # noqa: B009 - not in numba's type hints
beyond: Any = (lambda count, x, limit: count + (x > limit)) if _interpreted else intrinsic(_beyond)
"""``count``, and one more where ``x`` is above ``limit``."""
any_beyond: Any = (lambda x, limit: bool(np.any(x > limit))) if _interpreted else intrinsic(_any_beyond)
"""Whether ``x`` is above ``limit`` anywhere."""


@inlined
def eight_poissons(u, mean, nobody, i, out):
    """Write row ``i`` of ``out``: ``streams.poisson_given`` of row ``i`` of the others; 0 where ``u`` is below 0."""
    number = row(u, i)
    means = row(mean, i)
    term = row(nobody, i)
    above = spread(0.0)
    count = spread(0.0)
    k = 0
    while True:
        a = means * spread(ONE_OVER[k + 1])
        b = a * (means * spread(ONE_OVER[k + 2]))
        c = b * (means * spread(ONE_OVER[k + 3]))
        one = above + term
        two = above + (term + term * a)
        three = two + term * b
        above = two + (term * b + term * c)
        count = beyond(beyond(beyond(count, number, one), number, two), number, three)
        if k >= TERMS - 4 or not any_beyond(number, above):
            break
        count = beyond(count, number, above)
        term = term * (c * (means * spread(ONE_OVER[k + 4])))
        k += 4
    put(out, i, count)


@inlined
def eight_binomials(u, drawn, odds, nobody, i, out):
    """Write row ``i`` of ``out``: the rarer outcomes among ``drawn``, as ``streams.binomial_given`` counts them."""
    number = row(u, i)
    left = row(drawn, i)
    rare = row(odds, i)
    term = row(nobody, i)
    above = spread(0.0)
    count = spread(0.0)
    k = 0
    while True:
        a = left * rare * spread(ONE_OVER[k + 1])
        b = a * ((left - spread(1.0)) * rare * spread(ONE_OVER[k + 2]))
        c = b * ((left - spread(2.0)) * rare * spread(ONE_OVER[k + 3]))
        one = above + term
        two = above + (term + term * a)
        three = two + term * b
        above = two + (term * b + term * c)
        count = beyond(beyond(beyond(count, number, one), number, two), number, three)
        if k >= TERMS - 4 or not any_beyond(number, above):
            break
        count = beyond(count, number, above)
        term = term * (c * ((left - spread(3.0)) * rare * spread(ONE_OVER[k + 4])))
        left = left - spread(4.0)
        k += 4
    put(out, i, least(row(drawn, i), count))
