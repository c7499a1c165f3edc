"""Counts in rows: what is costly in a count is worked out for many at once, before any of them is looked at.

Whether a count is 0, 1 or 2 is a guess of the processor's, wrong as often as not; what has then to be computed for the
next one waits. Here the exponentials stand ready when the first count is taken, and counts that are not settled by
them are summed eight at a time (module ``counts_in_eights``). The counts are those of ``streams``, to the last one.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qorgau.model.compiled import inlined
from qorgau.model.counts_in_eights import eight_binomials, eight_poissons
from qorgau.model.exponentials import fall, logarithm
from qorgau.model.lanes import LANES
from qorgau.model.streams import (
    LARGE,
    TAIL,
    binomial_given,
    central_quantile,
    large_binomial,
    large_poisson,
    normal_quantile,
)

__all__ = ["Waiting", "binomials", "many_binomials", "normals", "poissons", "room_to_wait", "whole_eights"]


class Waiting(NamedTuple):
    """Work space for counts that are not settled yet, side by side: rows of eight, shape (rows, 8), and lists.

    ``u``, ``drawn``, ``odds``, ``nobody`` and ``taken`` are what is summed and the counts; ``which`` and ``large``
    name the counts.
    """

    u: np.ndarray
    drawn: np.ndarray
    odds: np.ndarray
    nobody: np.ndarray
    taken: np.ndarray
    which: np.ndarray
    large: np.ndarray


@inlined
def whole_eights(count):
    """``count``, rounded up to whole rows of eight."""
    return (count + LANES - 1) // LANES * LANES


@inlined
def room_to_wait(count):
    """Work space for ``count`` counts."""
    eights = count // LANES + 2
    piece = np.empty((5, eights, LANES))
    lists = np.empty((2, eights * LANES), dtype=np.int64)
    return Waiting(piece[0], piece[1], piece[2], piece[3], piece[4], lists[0], lists[1])


@inlined
def _settle(count, u, number, p, nobody, out):
    """Counts that the chance of nobody settles; -1 for the others."""
    for i in range(count):
        nobody[i] = fall(-number[i] * logarithm(min(1.0, max(p[i], 1.0 - p[i]))))
        # as few as can be of the rarer outcome: all, or nobody, where the chance is 0 or 1 or nobody is drawn from
        settled = (1.0 - u[i] if p[i] > 0.5 else u[i]) <= nobody[i]
        out[i] = int((number[i] if p[i] > 0.5 else 0.0) if settled else -1.0)


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
    _settle(count, u, number, p, nobody, out)
    for i in range(count):
        if out[i] < 0:
            out[i] = binomial_given(u[i], int(number[i]), p[i], nobody[i])


@inlined
def many_binomials(count, u, number, p, nobody, out, waiting):
    """The same for long rows: those that are not settled are summed eight at a time (``waiting`` is work space)."""
    _settle(count, u, number, p, nobody, out)
    few = 0
    for i in range(count):
        waiting.which[few] = i
        few += 1 if out[i] < 0 else 0
    us = waiting.u.reshape(waiting.u.size)
    drawn = waiting.drawn.reshape(waiting.drawn.size)
    odds = waiting.odds.reshape(waiting.odds.size)
    none = waiting.nobody.reshape(waiting.nobody.size)
    many = 0
    for k in range(few):
        i = waiting.which[k]
        rare = min(p[i], 1.0 - p[i])
        is_large = number[i] * rare >= LARGE
        below = 1.0 - u[i] if p[i] > 0.5 else u[i]
        us[k] = -1.0 if is_large else below
        drawn[k] = number[i]
        odds[k] = rare / (1.0 - rare)
        none[k] = nobody[i]
        waiting.large[many] = i
        many += 1 if is_large else 0
    for k in range(few, few + LANES):
        us[k] = -1.0
        drawn[k] = odds[k] = none[k] = 0.0
    for k in range((few + LANES - 1) // LANES):
        eight_binomials(waiting.u, waiting.drawn, waiting.odds, waiting.nobody, k, waiting.taken)
    taken = waiting.taken.reshape(waiting.taken.size)
    for k in range(few):
        i = waiting.which[k]
        out[i] = int(number[i] - taken[k] if p[i] > 0.5 else taken[k])
    for k in range(many):
        i = waiting.large[k]
        n = int(number[i])
        common = p[i] > 0.5
        rarer = large_binomial(1.0 - u[i] if common else u[i], n, min(p[i], 1.0 - p[i]))
        out[i] = n - rarer if common else rarer


@inlined
def poissons(count, u, mean, nobody, out, waiting):
    """Write the Poisson quantiles of the first ``count`` numbers of a row, as ``streams.poisson_given`` gives them.

    ``mean``, ``nobody`` (the chance of 0) and ``out``, of float64, have room for whole rows of eight.
    """
    us = waiting.u.reshape(waiting.u.size)
    for i in range(count):
        us[i] = u[i] if mean[i] < LARGE else -1.0
    for i in range(count, count + LANES):
        us[i] = -1.0
    eights = (count + LANES - 1) // LANES
    means = mean[:eights * LANES].reshape((eights, LANES))
    none = nobody[:eights * LANES].reshape((eights, LANES))
    taken = out[:eights * LANES].reshape((eights, LANES))
    for i in range(eights):
        eight_poissons(waiting.u, means, none, i, taken)
    for i in range(count):
        if mean[i] >= LARGE:
            out[i] = large_poisson(u[i], mean[i])


@inlined
def normals(count, u, out):
    """Write the standard normal quantiles of the first ``count`` numbers of a row."""
    for i in range(count):
        out[i] = central_quantile(u[i])
    for i in range(count):
        if u[i] < TAIL or u[i] > 1.0 - TAIL:
            out[i] = normal_quantile(u[i])
