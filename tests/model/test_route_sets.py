from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgau.model.route_arrays import opiate_route_arrays, people_route_arrays
from qorgau.model.route_sets import (
    OVERLAP,
    STRETCH,
    Graph,
    candidate_routes,
    other_crossings,
    path_size,
    shortest_distances,
)
from qorgau.model.world import MODES
from tests.model.worlds import assert_consistent, small_world


def graph_of(edges: list[tuple[int, int, float]], mode: str = "road", exposure: float = 0.4) -> Graph:
    start, end, km = (np.array(v) for v in zip(*edges))
    count = len(edges)
    return Graph(
        int(max(start.max(), end.max())) + 1,
        start,
        end,
        np.full(count, MODES.index(mode)),
        km * 1.0,
        np.full(count, exposure),
    )


def every_loopless_route(graph: Graph, origin: int, target: int) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []

    def walk(place: int, links: tuple[int, ...], seen: frozenset[int]) -> None:
        if place == target:
            found.append(links)
            return
        for link in np.flatnonzero(graph.start == place):
            if int(graph.end[link]) not in seen:
                walk(int(graph.end[link]), (*links, int(link)), seen | {int(graph.end[link])})

    walk(origin, (), frozenset([origin]))
    return found


@given(st.integers(0, 10_000))
def test_small_worlds_are_consistent(seed: int) -> None:
    assert_consistent(small_world(seed))


def test_small_world_is_deterministic_and_moves_with_its_seed() -> None:
    a, b, c = small_world(3), small_world(3), small_world(4)
    assert np.array_equal(a.corridor_km, b.corridor_km) and np.array_equal(a.route_links, b.route_links)
    assert not np.array_equal(a.corridor_km, c.corridor_km)


@given(st.integers(0, 10_000))
def test_first_candidate_is_the_shortest_of_all_routes(seed: int) -> None:
    world = small_world(seed, places=6)
    graph = Graph(
        6,
        world.corridor_from,
        world.corridor_to,
        np.zeros_like(world.corridor_mode),
        world.corridor_km,
        world.corridor_monitoring,
    )
    every = every_loopless_route(graph, 0, 5)
    best = min(sum(graph.km[k] for k in r) for r in every)
    kept = candidate_routes(graph, 0, 5, 5)
    assert sum(graph.km[k] for k in kept[0]) == pytest.approx(best)
    assert set(kept) <= set(every)
    assert shortest_distances(graph)[0, 5] == pytest.approx(best)


@given(st.integers(0, 10_000))
def test_candidates_are_different_and_no_long_detours(seed: int) -> None:
    world = small_world(seed)
    graph = Graph(
        8,
        world.corridor_from,
        world.corridor_to,
        world.corridor_mode,
        world.corridor_km,
        world.corridor_monitoring,
    )
    kept = candidate_routes(graph, 0, 7, 6)
    km = [sum(graph.km[k] for k in r) for r in kept]
    assert len(set(kept)) == len(kept) <= 6
    assert max(km) <= STRETCH * km[0] + 1e-9
    for a, b in itertools.combinations(kept, 2):
        shared = sum(graph.km[k] for k in set(a) & set(b))
        shorter = min(sum(graph.km[k] for k in a), sum(graph.km[k] for k in b))
        assert shared <= OVERLAP * shorter + 1e-9


def test_least_exposed_route_is_offered_though_longer() -> None:
    graph = graph_of([(0, 1, 100.0), (0, 2, 90.0), (2, 1, 90.0)])
    watched = Graph(3, graph.start, graph.end, graph.mode, graph.km, np.array([1.0, 0.0, 0.0]))
    assert candidate_routes(watched, 0, 1, 2) == [(0,), (1, 2)]


def test_road_and_rail_between_the_same_places_are_two_routes() -> None:
    assert candidate_routes(graph_of([(0, 1, 100.0), (0, 1, 110.0)]), 0, 1, 3) == [(0,), (1,)]


def test_unreachable_target_has_no_route_and_infinite_distance() -> None:
    graph = graph_of([(0, 1, 10.0), (2, 1, 10.0)])
    assert candidate_routes(graph, 0, 2, 3) == []
    assert np.isinf(shortest_distances(graph)[0, 2])


def test_path_size_of_separate_shared_and_equal_routes() -> None:
    km = np.array([100.0, 50.0, 150.0, 50.0])
    # two routes share link 0 (100 of 150 km); the third is its own
    assert path_size([(0, 1), (0, 3), (2,)], km) == pytest.approx([1 - 100 / 150 / 2, 1 - 100 / 150 / 2, 1.0])
    assert path_size([(0, 1), (0, 1)], km) == pytest.approx([0.5, 0.5])
    assert path_size([()], km) == pytest.approx([1.0])


def test_official_flight_carries_opiates_only_as_an_official_route() -> None:
    start, end = np.array([0, 1, 1, 2]), np.array([1, 2, 2, 3])
    mode = np.array([MODES.index(m) for m in ("road", "air", "air_official", "road")])
    km = np.array([100.0, 500.0, 500.0, 100.0])
    slow = Graph(
        4, np.append(start, 1), np.append(end, 2), np.append(mode, 0), np.append(km, 700.0), np.zeros(5)
    )
    arrays = opiate_route_arrays(slow, [0], [3])
    flags = dict(
        zip(
            (tuple(arrays["route_links"][a:b]) for a, b in itertools.pairwise(arrays["route_ptr"])),
            arrays["route_official"],
        )
    )
    assert flags == {(0, 4, 3): 0, (0, 2, 3): 1}
    ordinary = int(np.flatnonzero(arrays["route_official"] == 0)[0])
    assert arrays["route_path_size"][ordinary] == 1.0
    people = people_route_arrays(slow, [0], [3])
    assert 2 not in people["people_links"] and 1 in people["people_links"]


def test_person_at_the_destination_has_one_route_without_links() -> None:
    arrays = people_route_arrays(graph_of([(0, 1, 10.0), (1, 0, 10.0)]), [0, 1], [0])
    assert arrays["people_ptr"].tolist() == [0, 0, 1]
    assert arrays["people_km"].tolist() == [0.0, 10.0]


def test_ways_round_a_crossing_use_the_same_border_elsewhere() -> None:
    # 0-1-4 crosses section 0 by one link; 1-2-4 and 1-3-4 cross it elsewhere; 0-5-4 crosses another border
    graph = graph_of([(0, 1, 500.0), (1, 4, 100.0), (1, 2, 50.0), (2, 4, 200.0), (1, 3, 50.0), (3, 4, 400.0),
                      (0, 5, 400.0), (5, 4, 300.0)])
    section = np.array([-1, 0, -1, 0, -1, 0, -1, 1])
    kept = [(0, 1), (6, 7)]
    assert other_crossings(graph, kept, section, 4, 5) == [(0, 2, 3)], "the shortest way on from each crossing"
    assert other_crossings(graph, kept, section, 4, 0) == []
    assert other_crossings(graph, kept, section, 4, 5, closed=[2]) == [(0, 4, 5)]
    assert other_crossings(graph, kept, section, 4, 5, stretch=1.1) == []
    assert other_crossings(graph, [(0, 1), (0, 2, 3), (0, 4, 5)], section, 4, 5) == [], "nothing is left to add"


def test_ways_round_a_crossing_join_the_set_of_a_market() -> None:
    graph = graph_of([(0, 1, 800.0), (1, 4, 60.0), (1, 2, 50.0), (2, 4, 80.0)])
    section = np.array([-1, 0, -1, 0])
    without = opiate_route_arrays(graph, [0], [4], per_pair=1)
    with_them = opiate_route_arrays(graph, [0], [4], per_pair=1, section=section, detours=1)
    assert len(without["route_km"]) == 1 and len(with_them["route_km"]) == 2
    assert with_them["route_km"].tolist() == [860.0, 930.0]
    assert with_them["market_ptr"].tolist() == [0, 2]
