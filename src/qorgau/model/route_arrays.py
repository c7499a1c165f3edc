"""Candidate routes as the flat arrays that the processes run on."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qorgau.model.route_sets import (
    AIR,
    OFFICIAL,
    STRETCH,
    Graph,
    Paths,
    Route,
    adjacency,
    candidate_routes,
    other_crossings,
    path_size,
    shortest_route,
)

__all__ = ["opiate_route_arrays", "people_route_arrays"]


def _official_route(graph: Graph, origin: int, target: int, stretch: float, shortest: float) -> Route | None:
    """Shortest loopless route by one official flight, when it is no longer than the stretch allows."""
    ground = adjacency(graph, graph.links_of((AIR, OFFICIAL)))
    length = [float(v) for v in graph.km]
    best: tuple[float, Route] | None = None
    for flight in np.flatnonzero(graph.mode == OFFICIAL):
        start, end = int(graph.start[flight]), int(graph.end[flight])
        first = shortest_route(ground, length, origin, start, frozenset([target, end]) - {start})
        if first is None:
            continue
        passed = frozenset([origin, *(int(graph.end[k]) for k in first[1])])
        second = shortest_route(ground, length, end, target, passed)
        if second is None:
            continue
        total = first[0] + length[flight] + second[0]
        if total <= stretch * shortest and (best is None or total < best[0]):
            best = (total, (*first[1], int(flight), *second[1]))
    return None if best is None else best[1]


def _flat(routes: Sequence[Route]) -> tuple[np.ndarray, np.ndarray]:
    pointers = np.zeros(len(routes) + 1, dtype=np.int64)
    pointers[1:] = np.cumsum([len(r) for r in routes])
    links = np.array([k for r in routes for k in r], dtype=np.int64)
    return pointers, links


def _market_path_size(
    routes: Sequence[Route], official: Sequence[int], market_of: Sequence[int], market: int, km: np.ndarray
) -> np.ndarray:
    """Path sizes of the routes of one market, in the order in which they stand in ``routes``."""
    here = [i for i, m in enumerate(market_of) if m == market]
    out = path_size([routes[i] for i in here], km)
    ordinary = [j for j, i in enumerate(here) if not official[i]]
    out[ordinary] = path_size([routes[here[j]] for j in ordinary], km)
    return out


def opiate_route_arrays(
    graph: Graph, sources: Sequence[int], markets: Sequence[int], per_pair: int = 5,
    section: np.ndarray | None = None, detours: int = 0,
) -> dict[str, np.ndarray]:
    """Routes of opiates from sources to markets as the fields of ``World``, sorted by market.

    Ordinary flights carry none. No route passes another source: prices at the sources are the same, so such a
    route is dominated by the one that starts there. A route by an official flight (``route_official`` 1) joins
    the set when it is no longer than the stretch allows. Path sizes count over all routes of a market, from
    whatever source, since an organisation chooses among them all; that of an official route counts every route,
    that of the others only the routes that everyone can use.

    Parameters
    ----------
    graph : Graph
    sources, markets : sequence of int
        Places.
    per_pair : int
        Most ordinary routes of a source and market.
    section : ndarray of int, shape (L,), optional
        Border section that a link crosses, -1 for none.
    detours : int
        Most routes added for a source and market that cross one of its borders elsewhere; see `other_crossings`.

    Returns
    -------
    dict
        ``route_market``, ``route_source``, ``route_ptr``, ``route_links``, ``route_km``, ``route_path_size``,
        ``route_official``, ``market_ptr``.
    """
    routes: list[Route] = []
    market_of: list[int] = []
    source_of: list[int] = []
    sizes: list[np.ndarray] = []
    official: list[int] = []
    flights = bool(np.any(graph.mode == OFFICIAL))
    ready: dict[tuple[int, ...], Paths] = {}
    for m, place in enumerate(markets):
        for source in sources:
            others = tuple(s for s in sources if s not in (source, place))
            if others not in ready:
                ready[others] = Paths(graph, closed=others)
            ordinary = candidate_routes(graph, source, place, per_pair, closed=others, paths=ready[others])
            if not ordinary:
                continue
            if section is not None and detours > 0:
                ordinary = [*ordinary, *other_crossings(graph, ordinary, section, place, detours, others)]
            shortest = float(sum(graph.km[k] for k in ordinary[0]))
            flown = _official_route(graph, source, place, STRETCH, shortest) if flights else None
            both = [*ordinary, flown] if flown is not None else ordinary
            routes.extend(both)
            official.extend([0] * len(ordinary) + [1] * (flown is not None))
            market_of.extend([m] * len(both))
            source_of.extend([source] * len(both))
        sizes.append(_market_path_size(routes, official, market_of, m, graph.km))
    pointers, links = _flat(routes)
    counts = np.bincount(np.array(market_of, dtype=np.int64), minlength=len(markets))
    return {
        "route_market": np.array(market_of, dtype=np.int64),
        "route_source": np.array(source_of, dtype=np.int64),
        "route_ptr": pointers,
        "route_links": links,
        "route_km": np.array([float(sum(graph.km[k] for k in r)) for r in routes]),
        "route_path_size": np.concatenate(sizes) if sizes else np.zeros(0),
        "route_official": np.array(official, dtype=np.int64),
        "market_ptr": np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
    }


def people_route_arrays(
    graph: Graph, origins: Sequence[int], destinations: Sequence[int], per_pair: int = 2
) -> dict[str, np.ndarray]:
    """Routes of people from home places to destinations as the fields of ``World``.

    Ordinary flights are open, official ones are not. Where home and destination are the same place the one
    route has no links and length 0.

    Returns
    -------
    dict
        ``people_origin``, ``people_destination`` (index in destinations), ``people_ptr``, ``people_links``,
        ``people_km``; sorted by origin, then destination.
    """
    routes: list[Route] = []
    origin_of: list[int] = []
    destination_of: list[int] = []
    paths = Paths(graph, (OFFICIAL,))
    for origin in origins:
        for d, place in enumerate(destinations):
            for route in candidate_routes(graph, origin, place, per_pair, (OFFICIAL,), paths=paths):
                routes.append(route)
                origin_of.append(origin)
                destination_of.append(d)
    pointers, links = _flat(routes)
    return {
        "people_origin": np.array(origin_of, dtype=np.int64),
        "people_destination": np.array(destination_of, dtype=np.int64),
        "people_ptr": pointers,
        "people_links": links,
        "people_km": np.array([float(sum(graph.km[k] for k in r)) for r in routes]),
    }
