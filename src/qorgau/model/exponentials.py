"""Exponentials of whole rows at once, by arithmetic that a compiler turns into vector instructions.

The machine's own exponential is called one number at a time. Here exp(-x) = (exp(-x/256))^256: Taylor's series to the
ninth order, then eight squarings. There are no branches and no tables, so a loop over a row runs several at once.
"""

from __future__ import annotations

from qorgau.model.compiled import inlined

__all__ = ["FURTHEST", "fall", "fall_row"]

FURTHEST = 100.0
"""Exponents from here on give 0 (4e-44 in truth)."""


@inlined
def fall(x):
    """exp(-x) for ``x`` of 0 or more; relative error under 1e-12 up to 40, absolute under 1e-28 beyond."""
    y = min(x, FURTHEST) * -0.00390625
    p = 1.0 + y * (1.0 / 9.0)
    p = 1.0 + y * (1.0 / 8.0) * p
    p = 1.0 + y * (1.0 / 7.0) * p
    p = 1.0 + y * (1.0 / 6.0) * p
    p = 1.0 + y * (1.0 / 5.0) * p
    p = 1.0 + y * (1.0 / 4.0) * p
    p = 1.0 + y * (1.0 / 3.0) * p
    p = 1.0 + y * (1.0 / 2.0) * p
    p = 1.0 + y * p
    p *= p
    p *= p
    p *= p
    p *= p
    p *= p
    p *= p
    p *= p
    return p * p if x < FURTHEST else 0.0


@inlined
def fall_row(x, count, out):
    """Write exp(-x) of the first ``count`` items of a row, each 0 or more, to another (or the same) row."""
    for i in range(count):
        out[i] = fall(x[i])
