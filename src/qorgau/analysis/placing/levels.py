"""Cuts that say how much of a journey's reliability stays open unless certain arcs are watched.

Take a journey and a level v. If some path has a product of at least v even when all its arcs are watched
but those of a set C, then the journey's value is at least v unless an arc of C is watched. So, for binary
y, ``value >= v or sum_C y >= 1``; and integrating over the levels,

    value >= integral over v > 0 of (1 - sum_{a in C(v)} y_a) dv        for any choice of sets C(v),

which is linear in y. These are the step inequalities of Pan and Morton (Minimizing a stochastic
maximum-reliability path, Networks 52, 2008), in the star form of mixing sets (Atamturk, Nemhauser and
Savelsbergh 2000; Gunluk and Pochet 2001), extended to paths that stay in use although some of their arcs are
watched. Given fractional y the strongest cut takes, at each level, the set C(v) of least sum_C y: the
frontier of two criteria, least "paid" y against highest product, which a label-setting search finds exactly
(Martins, On a multicriteria shortest path problem, EJOR 16, 1984). At binary y the cut is tight, so the cuts
describe the problem completely.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit

from qorgau.analysis.placing.network import Floats, Ints
from qorgau.analysis.placing.reliability import Bools, Groups

# Steps smaller than this are merged into the next: HiGHS ignores coefficients below 1e-9.
SMALLEST_STEP = 1e-8


@dataclass(frozen=True, eq=False)
class Cut:
    """value[journey] + coefficients @ y[slots] >= constant."""

    journey: int
    constant: float
    slots: Ints
    coefficients: Floats


@njit(cache=True)
def frontier(into, into_start, tail, evasion, watched, slot, use, end, y):
    """Return the frontier of paid y against reliability from every node to `end`.

    A path pays y on an arc to pass it with the unwatched probability, or pays nothing and passes it with the
    watched one. Labels are settled by rising payment and, at equal payment, falling product; a label is kept
    if its product is above that of every label kept before at its node. Labels that pay 1 or more are of no
    use to a cut.

    Returns
    -------
    paid, product, node, parent, paid_slot : arrays over labels; parent is the label one arc nearer to the
        end (-1 at the end), paid_slot the watchable arc paid for on the way to it (-1: none).
    kept : the labels on the frontier, in the order of settling (per node: rising in paid and in product).
    """
    size = 4 * tail.size + 16
    paid = np.empty(size)
    product = np.empty(size)
    node = np.empty(size, np.int64)
    parent = np.empty(size, np.int64)
    paid_slot = np.empty(size, np.int64)
    kept = np.empty(size, np.int64)
    best = np.zeros(into_start.size - 1)
    paid[0] = 0.0
    product[0] = 1.0
    node[0] = end
    parent[0] = -1
    paid_slot[0] = -1
    count = 1
    settled = 0
    heap = [(0.0, -1.0, 0)]
    while len(heap) > 0:
        cost, negative, label = heapq.heappop(heap)
        here = node[label]
        # The margin drops labels that differ by rounding only.
        if -negative <= best[here] * (1.0 + 1e-12):
            continue
        best[here] = -negative
        kept[settled] = label
        settled += 1
        for k in range(into_start[here], into_start[here + 1]):
            arc = into[k]
            if not use[arc]:
                continue
            for pay in range(2):
                if pay == 1 and slot[arc] < 0:
                    break
                next_cost = cost + y[slot[arc]] if pay == 1 else cost
                next_product = -negative * (evasion[arc] if pay == 1 else watched[arc])
                if next_cost >= 1.0 - 1e-9 or next_product <= best[tail[arc]] * (1.0 + 1e-12):
                    continue
                if count == size:
                    size *= 2
                    paid = np.concatenate((paid, np.empty(count)))
                    product = np.concatenate((product, np.empty(count)))
                    node = np.concatenate((node, np.empty(count, np.int64)))
                    parent = np.concatenate((parent, np.empty(count, np.int64)))
                    paid_slot = np.concatenate((paid_slot, np.empty(count, np.int64)))
                    kept = np.concatenate((kept, np.empty(count, np.int64)))
                paid[count] = next_cost
                product[count] = next_product
                node[count] = tail[arc]
                parent[count] = label
                paid_slot[count] = slot[arc] if pay == 1 else -1
                heapq.heappush(heap, (next_cost, -next_product, count))
                count += 1
    return paid[:count], product[:count], node[:count], parent[:count], paid_slot[:count], kept[:settled]


@njit(cache=True)
def _cut(labels, paid, product, parent, paid_slot, coefficients, smallest):
    """Fill `coefficients` (slots,) with the strongest cut over `labels`; return its constant, value at y."""
    constant = 0.0
    value = 0.0
    for i in range(labels.size):
        label = labels[i]
        step = product[label] - constant
        if step < smallest:
            continue
        constant = product[label]
        value += step * (1.0 - paid[label])
        while label >= 0:
            if paid_slot[label] >= 0:
                coefficients[paid_slot[label]] += step
            label = parent[label]
    return constant, value


def separate(groups: Groups, use: Bools, y: Floats, values: Floats, tolerance: float) -> list[Cut]:
    """Return the strongest cut at `y` for each journey whose value it raises by more than `tolerance`.

    Parameters
    ----------
    use
        Arcs that may lie on a path worth taking, shape (groups, arcs).
    y
        Watches, from 0 to 1, shape (watchable,).
    values
        Present lower estimate of each journey's value, shape (journeys,).
    """
    cuts = []
    for g, end in enumerate(groups.ends):
        paid, product, node, parent, paid_slot, kept = frontier(
            groups.into,
            groups.into_start,
            groups.tail,
            groups.evasion,
            groups.watched,
            groups.slot,
            use[g],
            end,
            y,
        )
        by_node = kept[np.argsort(node[kept], kind="stable")]
        order = node[by_node]
        for j in np.flatnonzero(groups.group == g):
            first, last = (
                np.searchsorted(order, groups.begin[j]),
                np.searchsorted(order, groups.begin[j], "right"),
            )
            coefficients = np.zeros(groups.watchable.size)
            constant, value = _cut(by_node[first:last], paid, product, parent, paid_slot, coefficients, SMALLEST_STEP)
            if value > values[j] + tolerance:
                slots = np.flatnonzero(coefficients)
                cuts.append(Cut(int(j), float(constant), slots, coefficients[slots]))
    return cuts
