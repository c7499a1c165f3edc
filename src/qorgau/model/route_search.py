"""Shortest routes on large networks, compiled: one target at a time, guided by what is left to it.

A search looks first where length so far plus the least that is left to the target is smallest (A*: Hart, Nilsson and
Raphael 1968, "A formal basis for the heuristic determination of minimum cost paths", IEEE Transactions on Systems
Science and Cybernetics 4). The least that is left is exact on the whole network, and stays a lower bound when links are
shut or made dearer, so the search hardly leaves the neighbourhood of its route and its cost hardly grows with the
network. Routes are those of a plain search, ties included: of routes equally long, the one of low numbers.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from qorgau.model.compiled import compiled

__all__ = ["Bounds", "Network", "bounds_to", "dearer_routes", "distances_from", "k_shortest", "network_of"]

_SLACK = 1e-9
"""Relative slack with which a search goes on past its first arrival: bounds are rounded."""


@dataclass(frozen=True)
class Network:
    """Links by the place that they leave and by the place that they reach.

    Attributes
    ----------
    out_ptr, out_link : ndarray of int
        Links that leave place p are ``out_link[out_ptr[p]:out_ptr[p + 1]]``.
    in_ptr, in_link : ndarray of int
        The same of links that reach it.
    start, end : ndarray of int, shape (L,)
    """

    out_ptr: np.ndarray
    out_link: np.ndarray
    in_ptr: np.ndarray
    in_link: np.ndarray
    start: np.ndarray
    end: np.ndarray


@dataclass(frozen=True)
class Bounds:
    """A target, what links cost, and the least cost from every place to the target, shape (P,)."""

    target: int
    cost: np.ndarray
    least: np.ndarray


def network_of(start: np.ndarray, end: np.ndarray, allowed: np.ndarray, places: int) -> Network:
    """Network of the links of the mask ``allowed``, shape (L,)."""
    links = np.flatnonzero(allowed)

    def by(ends: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        order = links[np.argsort(ends[links], kind="stable")]
        return np.searchsorted(ends[order], np.arange(places + 1)).astype(np.int64), order.astype(np.int64)

    start, end = (np.ascontiguousarray(a, dtype=np.int64) for a in (start, end))
    return Network(*by(start), *by(end), start, end)


@compiled
def _distances(ptr, link, other, cost, origin):
    """Dijkstra's least cost from one place to every other; inf where there is no way."""
    places = ptr.shape[0] - 1
    best = np.full(places, np.inf)
    best[origin] = 0.0
    heap = [(0.0, origin)]
    while len(heap) > 0:
        reached, place = heapq.heappop(heap)
        if reached > best[place]:
            continue
        for j in range(ptr[place], ptr[place + 1]):
            l = link[j]
            total = reached + cost[l]
            if total < best[other[l]]:
                best[other[l]] = total
                heapq.heappush(heap, (total, other[l]))
    return best


@compiled
def _chain(parent, start, origin, place):
    """Links from the origin to a place, in order."""
    count = 0
    at = place
    while at != origin:
        count += 1
        at = start[parent[at]]
    out = np.empty(count, dtype=np.int64)
    at = place
    while at != origin:
        count -= 1
        out[count] = parent[at]
        at = start[parent[at]]
    return out


@compiled
def _before(a, b):
    """Whether one chain of links comes before another in the order of their numbers."""
    for i in range(min(a.shape[0], b.shape[0])):
        if a[i] != b[i]:
            return a[i] < b[i]
    return a.shape[0] < b.shape[0]


@compiled
def _search(ptr, link, start, end, cost, least, origin, target, turn, seen, best, parent, shut_place, shut_link):
    """Shortest route; empty when there is none. Marks equal to ``turn`` count, so that nothing need be cleared."""
    nothing = np.empty(0, dtype=np.int64)
    if least[origin] == np.inf:
        return nothing
    seen[origin] = turn
    best[origin] = 0.0
    arrived = np.inf
    heap = [(least[origin], 0.0, origin)]
    while len(heap) > 0:
        bound, reached, place = heapq.heappop(heap)
        if bound > arrived * (1.0 + _SLACK):
            break
        if place == target or reached > best[place]:
            continue
        for j in range(ptr[place], ptr[place + 1]):
            l = link[j]
            other = end[l]
            if other == origin or shut_place[other] == turn or shut_link[l] == turn or least[other] == np.inf:
                continue
            total = reached + cost[l]
            if seen[other] == turn:
                if total > best[other]:
                    continue
                if total == best[other]:
                    old = _chain(parent, start, origin, other)
                    here = _chain(parent, start, origin, place)
                    made = np.append(here, l)
                    if not _before(made, old):
                        continue
            seen[other] = turn
            best[other] = total
            parent[other] = l
            heapq.heappush(heap, (total + least[other], total, other))
            if other == target:
                arrived = total
    if arrived == np.inf:
        return nothing
    return _chain(parent, start, origin, target)


@compiled
def _same(a, b):
    if a.shape[0] != b.shape[0]:
        return False
    return np.all(a == b)


@compiled
def _yen(ptr, link, start, end, cost, least, origin, target, count):
    """The k shortest loopless routes, one after the other, with pointers."""
    places = ptr.shape[0] - 1
    seen = np.zeros(places, dtype=np.int64)
    best = np.zeros(places)
    parent = np.zeros(places, dtype=np.int64)
    shut_place = np.zeros(places, dtype=np.int64)
    shut_link = np.zeros(end.shape[0], dtype=np.int64)
    turn = 1
    found = [_search(ptr, link, start, end, cost, least, origin, target, turn, seen, best, parent, shut_place,
                     shut_link)]
    waiting = [found[0]]
    costs = [-1.0]  # below nought: taken
    if found[0].shape[0] == 0:
        found.pop()
    while 0 < len(found) < count:
        last = found[-1]
        for cut in range(last.shape[0]):
            turn += 1
            spur = origin if cut == 0 else end[last[cut - 1]]
            if cut > 0:
                shut_place[origin] = turn
            for i in range(cut - 1):
                shut_place[end[last[i]]] = turn
            for route in found:
                if route.shape[0] > cut and _same(route[:cut], last[:cut]):
                    shut_link[route[cut]] = turn
            rest = _search(ptr, link, start, end, cost, least, spur, target, turn, seen, best, parent, shut_place,
                           shut_link)
            if rest.shape[0] == 0:
                continue
            route = np.concatenate((last[:cut], rest))
            known = False
            for other in waiting:
                if _same(route, other):
                    known = True
                    break
            if known:
                continue
            total = 0.0
            for l in route:
                total += cost[l]
            waiting.append(route)
            costs.append(total)
        chosen = -1
        for i in range(len(costs)):
            if costs[i] < 0.0:
                continue
            if chosen < 0 or costs[i] < costs[chosen] or (
                costs[i] == costs[chosen] and _before(waiting[i], waiting[chosen])
            ):
                chosen = i
        if chosen < 0:
            break
        found.append(waiting[chosen])
        costs[chosen] = -1.0
    ends = np.zeros(len(found) + 1, dtype=np.int64)
    for i in range(len(found)):
        ends[i + 1] = ends[i] + found[i].shape[0]
    flat = np.empty(ends[-1], dtype=np.int64)
    for i in range(len(found)):
        flat[ends[i]: ends[i + 1]] = found[i]
    return flat, ends


@compiled
def _dearer(ptr, link, start, end, cost, least, origin, target, solves, penalty):
    """Shortest routes one after the other, each making its links dearer for the next."""
    places = ptr.shape[0] - 1
    seen = np.zeros(places, dtype=np.int64)
    best = np.zeros(places)
    parent = np.zeros(places, dtype=np.int64)
    shut_place = np.zeros(places, dtype=np.int64)
    shut_link = np.zeros(end.shape[0], dtype=np.int64)
    price = cost.copy()
    ends = np.zeros(solves + 1, dtype=np.int64)
    flat = np.empty(0, dtype=np.int64)
    for i in range(solves):
        route = _search(ptr, link, start, end, price, least, origin, target, i + 1, seen, best, parent, shut_place,
                        shut_link)
        for l in route:
            price[l] *= penalty
        flat = np.concatenate((flat, route))
        ends[i + 1] = flat.shape[0]
    return flat, ends


def _routes(flat: np.ndarray, ends: np.ndarray) -> list[tuple[int, ...]]:
    links = flat.tolist()
    return [tuple(links[a:b]) for a, b in pairwise(ends.tolist()) if b > a]


def bounds_to(network: Network, cost: np.ndarray, target: int) -> Bounds:
    """Least cost to a target from everywhere; ``cost`` has shape (L,) and is above 0."""
    cost = np.ascontiguousarray(cost, dtype=np.float64)
    return Bounds(target, cost, _distances(network.in_ptr, network.in_link, network.start, cost, target))


def distances_from(network: Network, cost: np.ndarray, origin: int) -> np.ndarray:
    """Least cost from a place to every place, shape (P,); inf where there is no way."""
    return _distances(network.out_ptr, network.out_link, network.end, cost, origin)


def k_shortest(network: Network, bounds: Bounds, origin: int, count: int) -> list[tuple[int, ...]]:
    """The k shortest loopless routes from a place to the target of ``bounds`` (Yen 1971), the shortest first."""
    n = network
    return _routes(*_yen(n.out_ptr, n.out_link, n.start, n.end, bounds.cost, bounds.least, origin, bounds.target,
                         count))


def dearer_routes(
    network: Network, bounds: Bounds, origin: int, solves: int, penalty: float
) -> list[tuple[int, ...]]:
    """Shortest routes found one after the other, each making its links dearer by the factor ``penalty``."""
    n = network
    return _routes(*_dearer(n.out_ptr, n.out_link, n.start, n.end, bounds.cost, bounds.least, origin, bounds.target,
                            solves, penalty))
