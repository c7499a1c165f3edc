"""Lists of what a run's organisations use, beside what a plain walk finds; and lists of people's ways by home."""

from __future__ import annotations

import numpy as np
import pytest
from numba import njit

from qorgau.model.lanes import LANES
from qorgau.model.organisations_people import ways_by_home
from qorgau.model.organisations_use import gathered, listed
from qorgau.model.routes import geometry_of
from tests.model.worlds import small_world

TINY = 0.02


@njit
def _gathered(table, live, count, begins, top, place, used, uses, shares):
    return gathered(TINY, table, live, count, begins, top, place, used, uses, shares)


@njit
def _listed(count, parent, link, stem, last, ptr, by, lived, number, used, before, ends, up, at, where, trodden):
    return listed(count, parent, link, stem, last, ptr, by, lived, number, used, before, ends, up, at, where, trodden)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_lists_name_what_is_in_use_and_nothing_else(seed: int) -> None:
    world = small_world(seed=seed)
    rng = np.random.default_rng(seed)
    geometry = geometry_of(world)
    tree, ways = geometry.tree, geometry.ways
    routes, nodes, links = len(tree.stem), len(tree.parent), len(world.corridor_km)
    table = np.where(rng.random((12, routes)) < 0.1, rng.random((12, routes)), 0.5 * TINY)
    live = np.array([1, 2, 3, 5, 7, 8, 9, 10, 11, *[11] * 9], dtype=np.uint64)
    count = 9
    top, place = np.empty(routes), np.zeros(routes + 1, dtype=np.uint64)
    used, uses = np.zeros(routes + 1, dtype=np.uint32), np.zeros(len(world.market_ptr), dtype=np.uint32)
    shares = np.zeros((2 * (routes + 1), LANES))
    begins = world.market_ptr.astype(np.uint64)
    found = _gathered(table, live, count, begins, top, place, used, uses, shares)
    seen = np.flatnonzero((table[live[:count].astype(int)] > TINY).any(axis=0))
    np.testing.assert_array_equal(used[:found], seen)
    np.testing.assert_array_equal(uses, np.searchsorted(seen, world.market_ptr))
    for block in range(2):
        rows = live[8 * block:8 * block + 8].astype(int)
        np.testing.assert_array_equal(shares[block * (routes + 1):][:found], table[rows][:, seen].T)

    lived = (rng.random(len(ways.ptr) - 1) < 0.5).astype(np.uint32)
    before, ends = np.zeros(routes, dtype=np.uint32), np.zeros(routes, dtype=np.uint32)
    up, at = np.zeros(nodes + 1, dtype=np.uint32), np.zeros(nodes + 1, dtype=np.uint32)
    where, trodden = np.zeros(links + 1, dtype=np.uint32), np.zeros(links + 1, dtype=np.uint32)
    number = np.zeros((3, max(nodes, links + 1)), dtype=np.uint32)
    walked, crossed, feet = _listed(found, tree.parent, tree.link, tree.stem, tree.last, ways.ptr.astype(np.uint64),
                                    ways.link, lived, number, used, before, ends, up, at, where, trodden)

    def way(last: int, corridor: int, parent: np.ndarray, link: np.ndarray) -> list[int]:
        out = [corridor]
        while last:
            out.append(int(link[last]))
            last = int(parent[last])
        return out

    named = np.append(where[:crossed], links)
    taken: set[int] = set()
    for u, k in enumerate(seen):
        plain = way(int(tree.stem[k]), int(tree.last[k]), tree.parent, tree.link)
        assert way(int(before[u]), int(named[ends[u]]), up, named[at[:walked]]) == plain
        taken.update(plain)
    assert set(where[:crossed].tolist()) == taken - {links} and (np.diff(where[:crossed].astype(int)) > 0).all()
    on_foot = {int(l) for s in np.flatnonzero(lived) for l in ways.link[ways.ptr[s] + 1:ways.ptr[s + 1]]}
    np.testing.assert_array_equal(trodden[:feet], sorted((taken - {links}) | on_foot))
    assert walked <= nodes


@pytest.mark.parametrize("seed", [1, 4])
def test_ways_by_home_have_places_and_nodes_of_their_own(seed: int) -> None:
    world = small_world(seed=seed)
    ways = geometry_of(world).ways
    ptr, count, at, end, origin, destination, _, tree_ptr, *of_nodes = ways_by_home(world)
    first, up, link, more, more_at, more_ptr = of_nodes
    assert (ptr % LANES == 0).all() and count.sum() == len(at) == len(set(at.tolist()))
    np.testing.assert_array_equal(end[at], ways.end)
    np.testing.assert_array_equal(origin[at], world.people_origin)
    np.testing.assert_array_equal(destination[at], world.people_destination)
    begun = sorted([*first[first < len(end)].tolist(), *more.tolist()])
    assert begun == sorted(at.tolist()) and more_ptr[-1] == len(more)
    for s in range(len(count)):
        nodes = np.arange(ways.ptr[s], ways.ptr[s + 1])[::-1]
        here = slice(int(tree_ptr[s]), int(tree_ptr[s + 1]))
        np.testing.assert_array_equal(link[here], ways.link[nodes])
        np.testing.assert_array_equal(nodes[up[here]], ways.parent[nodes])
        starts = first[here] < len(end)
        np.testing.assert_array_equal(end[first[here][starts]], nodes[starts])
        for k in range(int(more_ptr[s]), int(more_ptr[s + 1])):
            assert nodes[int(more_at[k]) - int(tree_ptr[s])] == end[more[k]]
