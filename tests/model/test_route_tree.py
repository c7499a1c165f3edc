"""Trees of routes: every route can be read back, nothing is held twice, parents stand first."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgau.model.route_tree import stems_of, way_trees_of
from tests.model.traffic_scene import named_world

ROUTES = st.lists(st.lists(st.integers(0, 5), max_size=6), max_size=20)


def flat(routes: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    return np.cumsum([0, *map(len, routes)]), np.array([l for r in routes for l in r], dtype=np.int64)


def read_back(parent: np.ndarray, link: np.ndarray, node: int, root: int = 0) -> list[int]:
    out: list[int] = []
    while node != root:
        assert parent[node] < node
        out.insert(0, int(link[node]))
        node = int(parent[node])
    return out


@given(ROUTES)
def test_routes_are_read_back_and_beginnings_held_once(routes: list[list[int]]) -> None:
    tree = stems_of(*flat(routes), corridors=6)
    back = [[*read_back(tree.parent, tree.link, int(e)), int(l)] for e, l in zip(tree.stem, tree.last, strict=True)]
    assert back == [route or [6] for route in routes]
    beginnings = {tuple(r[:i]) for r in routes for i in range(1, len(r))}
    assert len(tree.parent) == len(tree.link) == 1 + len(beginnings)


@given(ROUTES, st.data())
def test_ways_are_read_back_from_their_ends_in_their_state(routes: list[list[int]], data: st.DataObject) -> None:
    state = np.array([data.draw(st.integers(0, 2)) for _ in routes], dtype=np.int64)
    trees = way_trees_of(state, 3, *flat(routes))
    for w, s in enumerate(state):
        root = int(trees.ptr[s])
        node = int(trees.end[w])
        assert root <= node < trees.ptr[s + 1]
        assert read_back(trees.parent, trees.link, node, root)[::-1] == routes[w]


@pytest.mark.parametrize("seed", range(3))
def test_hazards_along_the_tree_are_those_along_the_routes(seed: int) -> None:
    world = named_world(seed)
    tree = stems_of(world.route_ptr, world.route_links, world.sizes["corridor"])
    hazard = np.random.default_rng(seed).random(world.sizes["corridor"])
    total = np.zeros(len(tree.parent))
    for i in range(1, len(total)):
        total[i] = total[tree.parent[i]] + hazard[tree.link[i]]
    for k in range(len(world.route_km)):
        links = world.route_links[world.route_ptr[k]:world.route_ptr[k + 1]]
        assert total[tree.stem[k]] + hazard[tree.last[k]] == pytest.approx(hazard[links].sum(), rel=1e-12)
