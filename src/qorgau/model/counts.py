"""Counts in rows: what is costly in a count is worked out for many at once, before any of them is looked at.

Whether a count is 0, 1 or 2 is a guess of the processor's, wrong as often as not; what has then to be computed for the
next one waits. Here the exponentials stand ready when the first count is taken.
"""

from __future__ import annotations

from qorgau.model.compiled import inlined
from qorgau.model.exponentials import fall, logarithm
from qorgau.model.streams import TAIL, binomial_given, central_quantile, normal_quantile

__all__ = ["binomials", "normals"]


@inlined
def binomials(count, u, number, p, nobody, out):
    """Write the binomial quantiles of the first ``count`` numbers of a row, as ``streams.binomial`` gives them.

    Parameters
    ----------
    count : int
    u, number, p : ndarray of float64
        Uniform numbers, how many are drawn from (whole), and the chance of each.
    nobody : ndarray of float64
        Work space.
    out : ndarray of int64
    """
    for i in range(count):
        nobody[i] = fall(-number[i] * logarithm(min(1.0, max(p[i], 1.0 - p[i]))))
        # as few as can be of the rarer outcome: all, or nobody, where the chance is 0 or 1 or nobody is drawn from
        settled = (1.0 - u[i] if p[i] > 0.5 else u[i]) <= nobody[i]
        out[i] = int((number[i] if p[i] > 0.5 else 0.0) if settled else -1.0)
    for i in range(count):
        if out[i] < 0:
            out[i] = binomial_given(u[i], int(number[i]), p[i], nobody[i])


@inlined
def normals(count, u, out):
    """Write the standard normal quantiles of the first ``count`` numbers of a row."""
    for i in range(count):
        out[i] = central_quantile(u[i])
    for i in range(count):
        if u[i] < TAIL or u[i] > 1.0 - TAIL:
            out[i] = normal_quantile(u[i])
