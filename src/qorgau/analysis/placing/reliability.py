"""The follower who knows every watch and takes the most reliable path."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from qorgau.analysis.placing.network import Floats, Ints, Network

Bools = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Groups:
    """A network arranged for searches back from the end that journeys share most.

    Journeys of one destination share one search. Where there are fewer origins than destinations the
    network is turned round, which leaves every path's product as it is; `begin` and `end` below are then
    the destination and the origin.

    Attributes
    ----------
    tail, head
        Arcs, turned round or not, shape (arcs,).
    into, into_start
        Arcs sorted by head, and where each head's arcs start, shapes (arcs,) and (nodes + 1,).
    evasion, watched
        Probability of passing unwatched and watched (equal where not watchable), shape (arcs,).
    slot
        Position of the arc among the watchable ones, -1 where not watchable, shape (arcs,).
    watchable
        Positions of the watchable arcs, shape (watchable,).
    ends
        Distinct end nodes, one group each, shape (groups,).
    group, begin, probability
        For each journey: its group, the node it begins at, its chance, shape (journeys,).
    """

    nodes: int
    tail: Ints
    head: Ints
    into: Ints
    into_start: Ints
    evasion: Floats
    watched: Floats
    slot: Ints
    watchable: Ints
    ends: Ints
    group: Ints
    begin: Ints
    probability: Floats


def arrange(network: Network) -> Groups:
    """Arrange a network for searches back from the end that journeys share most."""
    turned = np.unique(network.origin).size < np.unique(network.destination).size
    tail, head = (network.head, network.tail) if turned else (network.tail, network.head)
    begin, end = (network.destination, network.origin) if turned else (network.origin, network.destination)
    nodes = len(network.nodes)
    into_start = np.zeros(nodes + 1, dtype=np.int64)
    np.add.at(into_start, head + 1, 1)
    ends, group = np.unique(end, return_inverse=True)
    watchable = network.watchable
    slot = np.full(tail.size, -1, dtype=np.int64)
    slot[watchable] = np.arange(watchable.size)
    return Groups(
        nodes=nodes,
        tail=tail,
        head=head,
        into=np.argsort(head, kind="stable").astype(np.int64),
        into_start=np.cumsum(into_start),
        evasion=network.evasion,
        watched=np.where(slot >= 0, network.evasion_watched, network.evasion),
        slot=slot,
        watchable=watchable,
        ends=ends.astype(np.int64),
        group=group.astype(np.int64),
        begin=begin,
        probability=network.probability,
    )


@njit(cache=True)
def best_products(into, into_start, tail, passing, end):
    """Return the largest product of `passing` over paths from each node to `end`, and the arc taken first.

    Dijkstra's algorithm on products, which is exact since no factor exceeds one.

    Returns
    -------
    (float64 (nodes,), int64 (nodes,)): products, 0 where there is no path; first arcs, -1 where none.
    """
    nodes = into_start.size - 1
    best = np.zeros(nodes)
    first = np.full(nodes, -1, np.int64)
    done = np.zeros(nodes, np.bool_)
    best[end] = 1.0
    heap = [(-1.0, end)]
    while len(heap) > 0:
        negative, node = heapq.heappop(heap)
        if done[node]:
            continue
        done[node] = True
        for k in range(into_start[node], into_start[node + 1]):
            arc = into[k]
            product = -negative * passing[arc]
            if product > best[tail[arc]]:
                best[tail[arc]] = product
                first[tail[arc]] = arc
                heapq.heappush(heap, (-product, tail[arc]))
    return best, first


@njit(cache=True)
def _journeys(into, into_start, tail, passing, ends, group, begin):
    """Return each journey's best product, shape (journeys,)."""
    values = np.zeros(begin.size)
    for g in range(ends.size):
        best, _ = best_products(into, into_start, tail, passing, ends[g])
        for j in range(begin.size):
            if group[j] == g:
                values[j] = best[begin[j]]
    return values


@njit(cache=True)
def _load(into, into_start, tail, head, passing, ends, group, begin, probability):
    """Return the chance that a journey's most reliable path uses each arc, shape (arcs,)."""
    load = np.zeros(tail.size)
    for g in range(ends.size):
        _, first = best_products(into, into_start, tail, passing, ends[g])
        for j in range(begin.size):
            if group[j] == g:
                node = begin[j]
                while node != ends[g] and first[node] >= 0:
                    load[first[node]] += probability[j]
                    node = head[first[node]]
    return load


def passing(groups: Groups, chosen: Ints) -> Floats:
    """Return each arc's probability of passing with watches on the arcs at the positions `chosen`."""
    result = groups.evasion.copy()
    result[chosen] = groups.watched[chosen]
    return result


def journey_values(groups: Groups, chosen: Ints) -> Floats:
    """Return each journey's probability of going undetected on its most reliable path, shape (journeys,)."""
    return _journeys(
        groups.into,
        groups.into_start,
        groups.tail,
        passing(groups, chosen),
        groups.ends,
        groups.group,
        groups.begin,
    )


def delivered(groups: Groups, chosen: Ints) -> float:
    """Return the expected probability of going undetected, each journey on its most reliable path."""
    return float(groups.probability @ journey_values(groups, chosen))


def load(groups: Groups, chosen: Ints) -> Floats:
    """Return the chance that a journey uses each arc, all on their most reliable path, shape (arcs,)."""
    return _load(
        groups.into,
        groups.into_start,
        groups.tail,
        groups.head,
        passing(groups, chosen),
        groups.ends,
        groups.group,
        groups.begin,
        groups.probability,
    )


def useful_arcs(groups: Groups) -> tuple[Bools, Bools]:
    """Tell which arcs can matter to each group, whatever is watched.

    An arc matters to a journey only if its best path through the arc with nothing watched is at least as
    reliable as its best path with everything watched: that path is always open to it.

    Returns
    -------
    bool (groups, arcs): arcs that may lie on a path worth taking; bool (groups, arcs): arcs where a watch
    may change the value (strictly better than the path that is always open).
    """
    may_use = np.zeros((groups.ends.size, groups.tail.size), dtype=bool)
    may_matter = np.zeros_like(may_use)
    # A search from a journey's beginning is a search back on the network turned round.
    out = np.argsort(groups.tail, kind="stable").astype(np.int64)
    out_start = np.zeros(groups.nodes + 1, dtype=np.int64)
    np.add.at(out_start, groups.tail + 1, 1)
    out_start = np.cumsum(out_start)
    from_begin = {
        int(b): best_products(out, out_start, groups.head, groups.evasion, int(b))[0] for b in np.unique(groups.begin)
    }
    for g, end in enumerate(groups.ends):
        to_end, _ = best_products(groups.into, groups.into_start, groups.tail, groups.evasion, end)
        always, _ = best_products(groups.into, groups.into_start, groups.tail, groups.watched, end)
        for b in np.unique(groups.begin[groups.group == g]):
            through = from_begin[int(b)][groups.tail] * groups.evasion * to_end[groups.head]
            floor = always[b]
            may_use[g] |= (through >= floor * (1.0 - 1e-9)) & (through > 0.0)
            may_matter[g] |= (through > floor * (1.0 + 1e-9)) & (groups.slot >= 0)
    return may_use, may_matter
