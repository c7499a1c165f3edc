"""Routes as one tree of their common beginnings, so that what holds of a beginning is worked out once.

Routes of opiates start at few sources and fan out: the 314 candidate routes of the bundled case walk 1,902 corridors,
their tree has 472. Of these 183 are last corridors that no other route goes on from, so the tree is held without last
corridors, and those are walked for the routes that are in use only. Node 0 is the start of every route; every other
node is one corridor, entered from its parent. Parents stand before children: one pass forward carries survival or cost
along all routes, one pass backward gathers loads from their ends. Routes of people start in many places and meet at
their destinations, so theirs are trees of common ends; what is added up along a route does not care from which side.
Indices are unsigned: they are not negative, and compiled code need not ask.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

__all__ = ["Stems", "WayTrees", "stems_of", "way_trees_of"]


_WINDOW = 32
"""Nodes among which the next one is chosen; sums that are so far apart do not wait for each other."""


@dataclass(frozen=True)
class Stems:
    """Common beginnings of routes without their last corridors, which are walked only by those who use them.

    Attributes
    ----------
    parent : ndarray of int, shape (nodes,)
        Node before each node; 0 for the root itself.
    link : ndarray of int, shape (nodes,)
        Corridor that leads to each node; 0 for the root, unused.
    stem : ndarray of int, shape (routes,)
        Node before the last corridor of each route.
    last : ndarray of int, shape (routes,)
        Last corridor of each route; the number of corridors where a route has none.
    """

    parent: np.ndarray
    link: np.ndarray
    stem: np.ndarray
    last: np.ndarray


def stems_of(pointers: np.ndarray, links: np.ndarray, corridors: int) -> Stems:
    """Stems of the routes ``links[pointers[k]:pointers[k + 1]]`` on a map of so many corridors."""
    routes = [[int(l) for l in links[a:b]] for a, b in pairwise(pointers)]
    parent, link, stem = _tree([route[:-1] for route in routes])
    return Stems(parent, link, stem, _index(np.array([(route or [corridors])[-1] for route in routes])))


def _tree(routes: list[list[int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Parents and corridors of nodes, and the last node of each route."""
    known: dict[tuple[int, int], int] = {}
    parent, link, depth, end = [0], [0], [0], []
    for route in routes:
        node = 0
        for l in route:
            step = (node, l)
            if step not in known:
                known[step] = len(parent)
                parent.append(node)
                link.append(l)
                depth.append(depth[node] + 1)
            node = known[step]
        end.append(node)
    order = _order(parent, link, depth)
    number = np.empty(len(order), dtype=np.int64)
    number[order] = np.arange(len(order))
    return (_index(number[np.array(parent)[order]]), _index(np.array(link)[order]),
            _index(number[np.array(end, dtype=np.int64)]))


def _order(parent: list[int], link: list[int], depth: list[int]) -> np.ndarray:
    """Nodes by depth, and at a depth in turns, so that neighbours wait for no sum of each other's.

    Two nodes with the same parent or corridor add to the same place. Of the nodes left at a depth the next is the one
    whose parent and corridor came up the longest ago, among the first ``_WINDOW``; the first found of several.
    """
    order: list[int] = []
    last: dict[tuple[str, int], int] = {}
    for level in range(max(depth) + 1):
        waiting = [i for i, d in enumerate(depth) if d == level]
        while waiting:
            near = waiting[:_WINDOW]
            since = [max(last.get(("parent", parent[i]), -1), last.get(("corridor", link[i]), -1)) for i in near]
            chosen = waiting.pop(since.index(min(since)))
            last["parent", parent[chosen]] = last["corridor", link[chosen]] = len(order)
            order.append(chosen)
    return np.array(order, dtype=np.int64)


def _index(values: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(values, dtype=np.uint32)


@dataclass(frozen=True)
class WayTrees:
    """Common ends of people's routes, one tree for each state of origin, one after the other.

    Attributes
    ----------
    ptr : ndarray of int, shape (states + 1,)
        Nodes of state s are ptr[s]:ptr[s + 1]; the first is its root.
    parent, link : ndarray of int, shape (nodes,)
        As in ``Stems``, the way home from the destination.
    end : ndarray of int, shape (people's routes,)
        Node of each route's first corridor.
    """

    ptr: np.ndarray
    parent: np.ndarray
    link: np.ndarray
    end: np.ndarray


def way_trees_of(
    origin_state: np.ndarray, states: int, pointers: np.ndarray, links: np.ndarray
) -> WayTrees:
    """Trees of the routes ``links[pointers[w]:pointers[w + 1]]``, walked from their ends."""
    ptr, parents, trail = [0], [], []
    end = np.zeros(len(origin_state), dtype=np.int64)
    for s in range(states):
        here = np.flatnonzero(origin_state == s)
        parent, link, last = _tree([[int(l) for l in links[pointers[w]:pointers[w + 1]][::-1]] for w in here])
        end[here] = ptr[-1] + last
        parents.append(parent + ptr[-1])
        trail.append(link)
        ptr.append(ptr[-1] + len(parent))
    return WayTrees(np.array(ptr, dtype=np.int64), _index(np.concatenate(parents)), _index(np.concatenate(trail)),
                    _index(end))
