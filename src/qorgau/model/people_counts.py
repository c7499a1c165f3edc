"""Counts of people: work space for rows of them, how a number is shared out over cells, and the sum of all."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from qorgau.model.compiled import compiled, inlined
from qorgau.model.streams import binomial, uniform

__all__ = ["Rows", "accounted", "nearest_market", "of_whom", "room_in_rows", "spread"]


class Rows(NamedTuple):
    """Work space for counts of many cells, or states, at once.

    ``u``, ``drawn``, ``chance``, ``nobody`` and ``taken`` are those of ``counts.binomials``; ``left`` and ``total`` are
    who leaves a cell and how fast, ``rate`` (5, cells) by which way, ``back`` the chance to be handed back.
    """

    u: np.ndarray
    drawn: np.ndarray
    chance: np.ndarray
    nobody: np.ndarray
    taken: np.ndarray
    left: np.ndarray
    total: np.ndarray
    rate: np.ndarray
    back: np.ndarray


@inlined
def room_in_rows(count):
    """Work space for ``count`` of them."""
    return Rows(np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count), np.zeros(count, dtype=np.int64),
                np.zeros(count, dtype=np.int64), np.zeros(count), np.zeros((5, count)), np.zeros(count))


@compiled
def nearest_market(distance, d_place, market_place):
    """Market nearest to each destination."""
    near = np.zeros(d_place.shape[0], dtype=np.int64)
    for d in range(d_place.shape[0]):
        best = math.inf
        for m in range(market_place.shape[0]):
            if distance[d_place[d], market_place[m]] < best:
                best = distance[d_place[d], market_place[m]]
                near[d] = m
    return near


@compiled
def spread(key, stream, month, state, item, number, limited, cells):
    """Share ``number`` persons over cells in proportion to their weights, one binomial after the other.

    ``cells`` (D, F, A), whole weights, becomes the numbers per cell; ``limited``: no more than the weight.
    """
    total = 0
    for d in range(cells.shape[0]):
        for f in range(cells.shape[1]):
            for a in range(cells.shape[2]):
                total += cells[d, f, a]
    left = number
    for d in range(cells.shape[0]):
        for f in range(cells.shape[1]):
            for a in range(cells.shape[2]):
                w = cells[d, f, a]
                n = 0
                if left > 0 and w > 0:
                    n = left
                    if w < total:
                        entity = ((state * 32 + d) * 2 + f) * 2 + a
                        n = binomial(uniform(key, stream, month, entity, item), left, w / total)
                    if limited:
                        n = min(w, max(n, left - (total - w)))
                total -= w
                left -= n
                cells[d, f, a] = n


@compiled
def accounted(exploited, waiting, in_care, recovered, unassisted_out):
    """All people of a run, wherever they are."""
    total = 0
    for d in range(exploited.shape[0]):
        for f in range(exploited.shape[1]):
            for a in range(exploited.shape[2]):
                total += exploited[d, f, a]
    for s in range(waiting.shape[0]):
        total += waiting[s] + in_care[s] + recovered[s] + unassisted_out[s]
    return total


@inlined
def of_whom(drawn, number, part, whole):
    """Of ``number`` taken from ``whole`` ``drawn`` belong to ``part``; never more than there are of either."""
    return min(part, number, max(drawn, number - (whole - part)))
