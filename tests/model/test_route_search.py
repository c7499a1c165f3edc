"""Guided searches find what a plain one finds: the k shortest loopless routes in order, ties by number."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model.route_search import bounds_to, dearer_routes, distances_from, k_shortest, network_of

PLACES = 7


def every_route(start: np.ndarray, end: np.ndarray, origin: int, target: int) -> list[tuple[int, ...]]:
    found: list[tuple[int, ...]] = []

    def walk(place: int, links: tuple[int, ...], seen: frozenset[int]) -> None:
        if place == target:
            found.append(links)
            return
        for link in np.flatnonzero(start == place):
            if int(end[link]) not in seen:
                walk(int(end[link]), (*links, int(link)), seen | {int(end[link])})

    walk(origin, (), frozenset([origin]))
    return found


def random_network(seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Directed links with whole lengths from 1 to 4, so that ties are common; some beside each other."""
    rng = np.random.default_rng(seed)
    start = rng.integers(0, PLACES, 22)
    end = (start + rng.integers(1, PLACES, 22)) % PLACES
    return start, end, rng.integers(1, 5, 22).astype(float)


@given(st.integers(0, 10_000), st.integers(1, 12))
@settings(max_examples=60, deadline=None)
def test_the_k_shortest_are_the_first_of_all_routes_in_order(seed: int, count: int) -> None:
    start, end, cost = random_network(seed)
    network = network_of(start, end, np.ones(len(start), dtype=bool), PLACES)
    expected = sorted(every_route(start, end, 0, 6), key=lambda r: (sum(cost[k] for k in r), r))
    found = k_shortest(network, bounds_to(network, cost, 6), 0, count)
    assert [sum(cost[k] for k in r) for r in found] == [sum(cost[k] for k in r) for r in expected[:count]]
    assert set(found) <= set(expected) and len(set(found)) == len(found)
    assert found[:1] == expected[:1]


@given(st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_dearer_links_are_left_for_others(seed: int) -> None:
    start, end, cost = random_network(seed)
    network = network_of(start, end, np.ones(len(start), dtype=bool), PLACES)
    found = dearer_routes(network, bounds_to(network, cost, 6), 0, 4, 1.7)
    price = cost.copy()
    every = every_route(start, end, 0, 6)
    assert len(found) == (4 if every else 0)
    for route in found:
        least = min(sum(price[k] for k in r) for r in every)
        assert sum(price[k] for k in route) == pytest.approx(least)
        price[list(route)] *= 1.7


def test_distances_and_bounds_are_those_of_all_pairs() -> None:
    start, end, cost = random_network(3)
    open_links = np.arange(len(start)) != 4
    network = network_of(start, end, open_links, PLACES)
    far = np.full((PLACES, PLACES), np.inf)
    np.fill_diagonal(far, 0.0)
    for k in np.flatnonzero(open_links):
        far[start[k], end[k]] = min(far[start[k], end[k]], cost[k])
    for via in range(PLACES):
        far = np.minimum(far, far[:, via, None] + far[None, via, :])
    for place in range(PLACES):
        np.testing.assert_array_equal(distances_from(network, cost, place), far[place])
        np.testing.assert_array_equal(bounds_to(network, cost, place).least, far[:, place])
