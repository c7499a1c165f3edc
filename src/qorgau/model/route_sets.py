"""Candidate routes, drawn up once per case: few, different, and none that nobody would take.

Shortest routes by length alone are near-duplicates of each other. For each origin and target the candidates are
therefore the k shortest loopless routes (Yen 1971, "Finding the k shortest loopless paths in a network", Management
Science 17) by two costs, length and exposure, with those found by solving again with used links made dearer (link
penalty: de la Barra, Perez and Anez 1993). Of these a small set is kept: by cost and overlap, without near-
duplicates and without detours beyond a stretch of the shortest. Where all of them cross a border in one place, ways
over the same border elsewhere join the set: displacement from one crossing to the next is what the model is asked
about, and such ways share too much with another route to be kept as different. Overlap that remains is corrected in
the choice by the path-size factor (Ben-Akiva and Bierlaire 1999).

Everything works on directed links, so that road and rail between the same two places are two links. The compiled
searches (``route_search``) are imported where routes are drawn up, so that a case loads without the compiler.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from qorgau.model.world import MODES

if TYPE_CHECKING:
    from qorgau.model.route_search import Bounds

__all__ = [
    "AIR",
    "OFFICIAL",
    "STRETCH",
    "Graph",
    "Paths",
    "Route",
    "adjacency",
    "candidate_routes",
    "exposed_length",
    "other_crossings",
    "path_size",
    "shortest_distances",
    "shortest_route",
    "watched_exposure",
]

STRETCH = 2.2
"""A route longer than this many times the shortest of its pair is left out."""

OVERLAP = 0.85
"""A route sharing more than this part of the shorter of two is a near-duplicate."""

_PENALTY = 1.7
_SOLVES = 6
AIR = MODES.index("air")
OFFICIAL = MODES.index("air_official")

Route = tuple[int, ...]


@dataclass(frozen=True)
class Graph:
    """Directed links between places.

    Attributes
    ----------
    places : int
        Number of places, numbered from 0.
    start, end : ndarray of int, shape (L,)
        Places that each link leaves and reaches.
    mode : ndarray of int, shape (L,)
        Index in ``world.MODES``.
    km : ndarray, shape (L,)
        Lengths, above 0.
    exposure : ndarray, shape (L,)
        How much a link is watched per km of it, ``monitoring (1 - cover)`` or ``watched_exposure``, 0 or more.
    """

    places: int
    start: np.ndarray
    end: np.ndarray
    mode: np.ndarray
    km: np.ndarray
    exposure: np.ndarray

    def links_of(self, modes_left_out: Iterable[int]) -> np.ndarray:
        """Boolean mask, shape (L,), of the links whose mode is not left out."""
        return ~np.isin(self.mode, list(modes_left_out))


def exposed_length(graph: Graph) -> np.ndarray:
    """Length weighted by exposure, in km, shape (L,); a quarter of the length counts even when unwatched."""
    return graph.km * (0.25 + graph.exposure)


def watched_exposure(km: np.ndarray, border: np.ndarray, monitoring: np.ndarray, cover: np.ndarray) -> np.ndarray:
    """How much links are watched for their length, as the hazard of detection counts it, shape (L,).

    A crossing is watched like 600 km of road however short it is, a stretch inside a state like 360 km at least and
    every link like 2,400 km at most (``enforcement``), so that a short way over a guarded border is an exposed one.
    """
    return monitoring * (1.0 - cover) * np.clip(km, np.where(border == 1, 600.0, 360.0), 2400.0) / km


def adjacency(graph: Graph, allowed: np.ndarray) -> list[list[tuple[int, int]]]:
    """Links that leave each place, with the place that each reaches; only those of the mask ``allowed``, (L,)."""
    out: list[list[tuple[int, int]]] = [[] for _ in range(graph.places)]
    for link in np.flatnonzero(allowed):
        out[int(graph.start[link])].append((int(link), int(graph.end[link])))
    return out


def shortest_route(
    neighbours: Sequence[Sequence[tuple[int, int]]],
    cost: Sequence[float],
    origin: int,
    target: int,
    shut_places: frozenset[int] = frozenset(),
    shut_links: frozenset[int] = frozenset(),
) -> tuple[float, Route] | None:
    """Dijkstra's shortest route as links, with its cost; None when there is none. Ties go to low numbers."""
    best = {origin: 0.0}
    done: set[int] = set()
    heap: list[tuple[float, Route, int]] = [(0.0, (), origin)]
    while heap:
        reached, links, place = heapq.heappop(heap)
        if place == target:
            return reached, links
        if place in done:
            continue
        done.add(place)
        for link, other in neighbours[place]:
            if other in done or other in shut_places or link in shut_links:
                continue
            total = reached + cost[link]
            if total <= best.get(other, float("inf")):
                best[other] = total
                heapq.heappush(heap, (total, (*links, link), other))
    return None


def _shared(a: Route, b: Route, km: np.ndarray) -> float:
    """Shared length over the length of the shorter route, 0 to 1."""
    common = sum(km[k] for k in set(a) & set(b))
    shorter = min(sum(km[k] for k in a), sum(km[k] for k in b))
    return float(common / shorter) if shorter > 0 else 1.0


class Paths:
    """A graph made ready for many searches: the links that are open, and what is left to each target.

    Parameters
    ----------
    graph : Graph
    modes_left_out : iterable of int
        Modes that routes may not use.
    closed : iterable of int
        Places that no route may pass.
    """

    def __init__(self, graph: Graph, modes_left_out: Iterable[int] = (AIR, OFFICIAL), closed: Iterable[int] = ()):
        from qorgau.model.route_search import network_of

        barred = [int(p) for p in closed]
        allowed = graph.links_of(modes_left_out) & ~np.isin(graph.start, barred) & ~np.isin(graph.end, barred)
        self.network = network_of(graph.start, graph.end, allowed, graph.places)
        self._costs = (np.asarray(graph.km, dtype=np.float64), exposed_length(graph))
        self._km, self._exposed = (cost.tolist() for cost in self._costs)
        self._bounds: dict[int, tuple[Bounds, ...]] = {}

    def bounds(self, target: int) -> tuple[Bounds, ...]:
        """What is left to a target by length and by exposed length; kept, since many origins share it."""
        from qorgau.model.route_search import bounds_to

        if target not in self._bounds:
            self._bounds[target] = tuple(bounds_to(self.network, cost, target) for cost in self._costs)
        return self._bounds[target]

    def length(self, route: Route) -> float:
        """Length of a route, km."""
        return float(sum(self._km[k] for k in route))

    def exposed(self, route: Route) -> float:
        """Exposed length of a route, km."""
        return float(sum(self._exposed[k] for k in route))


def candidate_routes(
    graph: Graph,
    origin: int,
    target: int,
    count: int,
    modes_left_out: Iterable[int] = (AIR, OFFICIAL),
    stretch: float = STRETCH,
    overlap: float = OVERLAP,
    closed: Iterable[int] = (),
    paths: Paths | None = None,
) -> list[Route]:
    """Small set of different loopless routes from one place to another.

    Parameters
    ----------
    graph : Graph
    origin, target : int
        Places; when they are the same the only route is the empty one.
    count : int
        Most routes to keep.
    modes_left_out : iterable of int
        Modes that these routes may not use.
    stretch, overlap : float
        Limits on length over the shortest, and on shared length.
    closed : iterable of int
        Places that no route may pass.
    paths : Paths, optional
        The graph made ready with the same modes and closed places, for many calls.

    Returns
    -------
    list of tuple of int
        Links of each route in order, the shortest first; empty when the target cannot be reached.
    """
    if origin == target:
        return [()]
    from qorgau.model.route_search import dearer_routes, k_shortest

    paths = paths or Paths(graph, modes_left_out, closed)
    pool: dict[Route, None] = {}
    for bounds in paths.bounds(target):
        for route in k_shortest(paths.network, bounds, origin, count + 2):
            pool[route] = None
        for route in dearer_routes(paths.network, bounds, origin, _SOLVES, _PENALTY):
            pool[route] = None
    if not pool:
        return []
    km = {r: paths.length(r) for r in pool}
    risk = {r: paths.exposed(r) for r in pool}
    shortest, safest = min(km.values()), min(risk.values())
    merit = {r: 0.5 * km[r] / shortest + 0.5 * risk[r] / safest for r in pool}
    kept = [min(pool, key=lambda r: (km[r], r))]
    left = [r for r in pool if r != kept[0] and km[r] <= stretch * shortest]
    while left and len(kept) < count:
        share = {r: max(_shared(r, other, graph.km) for other in kept) for r in left}
        left = [r for r in left if share[r] <= overlap]
        if not left:
            break
        chosen = min(left, key=lambda r: (merit[r] * (1.0 + share[r]), r))
        kept.append(chosen)
        left.remove(chosen)
    return sorted(kept, key=lambda r: (km[r], r))


def other_crossings(
    graph: Graph, kept: Sequence[Route], section: np.ndarray, target: int, count: int, closed: Iterable[int] = (),
    stretch: float = STRETCH,
) -> list[Route]:
    """Routes that leave a kept route before a crossing and cross the same border by a link that no kept route uses.

    Each is the kept route up to the crossing and the shortest way on without it (a spur path, Yen 1971).

    Parameters
    ----------
    graph : Graph
    kept : sequence of tuple of int
        Routes of one origin and target, the shortest first.
    section : ndarray of int, shape (L,)
        Border section that a link crosses, -1 for none.
    target : int
    count : int
        Most routes to add; those that lengthen their route least come first.
    closed : iterable of int
        Places that no route may pass.
    stretch : float
        Limit on length over the shortest kept route.

    Returns
    -------
    list of tuple of int
    """
    barred = [int(p) for p in closed]
    ground = graph.links_of((AIR, OFFICIAL)) & ~np.isin(graph.start, barred) & ~np.isin(graph.end, barred)
    neighbours = adjacency(graph, ground)
    length = [float(v) for v in graph.km]
    used = {int(k) for route in kept for k in route}
    limit = stretch * sum(length[k] for k in kept[0])
    found: dict[Route, float] = {}
    for route in kept:
        whole = sum(length[k] for k in route)
        for at, link in enumerate(route):
            if section[link] < 0:
                continue
            spur = int(graph.start[link])
            passed = frozenset(int(graph.start[k]) for k in route[:at])
            parallel = (graph.start == spur) & (graph.end == graph.end[link])
            beside = frozenset(int(k) for k in np.flatnonzero(parallel))
            rest = shortest_route(neighbours, length, spur, target, passed, beside)
            if rest is None or not any(section[k] == section[link] and k not in used for k in rest[1]):
                continue
            made = (*route[:at], *rest[1])
            total = sum(length[k] for k in made)
            if total <= limit:
                found[made] = min(found.get(made, np.inf), total - whole)
    chosen: list[Route] = []
    new: set[int] = set()
    for made in sorted(found, key=lambda r: (found[r], r)):
        fresh = {k for k in made if section[k] >= 0 and k not in used}
        if len(chosen) < count and not fresh <= new:
            chosen.append(made)
            new |= fresh
    return chosen


def path_size(routes: Sequence[Route], km: np.ndarray) -> np.ndarray:
    """Path-size factor of each route of one choice set, in (0, 1].

    ``PS_r = sum_l (len_l / len_r) / N_l`` with N_l the number of routes of the set that use link l
    (Ben-Akiva and Bierlaire 1999). An empty route has 1.
    """
    uses: dict[int, int] = {}
    for route in routes:
        for link in route:
            uses[link] = uses.get(link, 0) + 1
    out = np.ones(len(routes))
    for r, route in enumerate(routes):
        total = float(sum(km[k] for k in route))
        if total > 0:
            out[r] = min(1.0, sum(float(km[k]) / total / uses[k] for k in route))
    return out


def shortest_distances(graph: Graph) -> np.ndarray:
    """Shortest length between places over links open to people, km, shape (P, P); inf where there is none."""
    from qorgau.model.route_search import distances_from, network_of

    network = network_of(graph.start, graph.end, graph.links_of((OFFICIAL,)), graph.places)
    cost = np.ascontiguousarray(graph.km, dtype=np.float64)
    return np.stack([distances_from(network, cost, origin) for origin in range(graph.places)])
