"""What plans of routes read of a map, as lists, and the work space of a plan."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qorgau.model.compiled import inlined
from qorgau.model.lanes import LANES

__all__ = ["PlanLists", "PlanRoom", "bare_rows", "plan_lists_of", "plan_room"]

_Array = np.ndarray


class PlanLists(NamedTuple):
    """Lists of places to read; unsigned, so that compiled code does not ask whether they are negative.

    Attributes
    ----------
    begins : ndarray, shape (markets + 1,)
        Routes of each market.
    longest : ndarray, shape (1,)
        Most routes of the markets that are weighed together.
    parent, link, stem, last : ndarray
        As in ``route_tree.Stems``.
    official : ndarray of float64, shape (routes,)
        1 on the official way.
    first_source : ndarray of float64, shape (routes,)
        1 on routes that start at the first source of the case.
    into_china : ndarray
        Corridors into China and inside it.
    homes : ndarray, shape (states + 1,)
        People's ways by state of origin; lists of ways below are in this order.
    trunk, way_parent, way_link : ndarray
        As in ``route_tree.WayTrees``.
    way_end : ndarray, shape (ways,)
        Node of each way's first corridor.
    way_km : ndarray of float64, shape (ways,)
    way_pair : ndarray, shape (ways,)
        Place of each way's pair in the list of pairs.
    pair, target, goal : ndarray, shape (pairs,)
        Position of a pair among all pairs of place and destination, its destination, and the state of that.
    """

    begins: _Array
    longest: _Array
    parent: _Array
    link: _Array
    stem: _Array
    last: _Array
    official: _Array
    first_source: _Array
    into_china: _Array
    homes: _Array
    trunk: _Array
    way_parent: _Array
    way_link: _Array
    way_end: _Array
    way_km: _Array
    way_pair: _Array
    pair: _Array
    target: _Array
    goal: _Array


def plan_lists_of(
    market_ptr: _Array, stems: tuple[_Array, _Array, _Array, _Array], official: _Array, first_source: _Array,
    china: _Array, way_ptr: _Array, way_list: _Array, trees: tuple[_Array, _Array, _Array, _Array], way_km: _Array,
    pair_of: _Array, targets: int, dest_state: _Array, together: int,
) -> PlanLists:
    """Put lists of routes, and of people's ways in the order ``way_list``, as plans read them."""
    trunk, parent, link, end = trees
    pairs, which = np.unique(pair_of[way_list], return_inverse=True)
    target = pairs % targets
    markets = len(market_ptr) - 1
    most = max((int(market_ptr[min(markets, m + together)] - market_ptr[m]) for m in range(0, markets, together)),
               default=1)
    return PlanLists(
        market_ptr.astype(np.uint64), np.array([most], dtype=np.int64), *stems,
        official.astype(np.float64), first_source.astype(np.float64), np.flatnonzero(china).astype(np.uint64),
        way_ptr.astype(np.uint64), trunk.astype(np.uint64), parent, link, end[way_list].astype(np.uint32),
        np.ascontiguousarray(way_km[way_list], dtype=np.float64), which.astype(np.uint32), pairs.astype(np.uint32),
        target.astype(np.uint32), dest_state[target].astype(np.uint32),
    )


class PlanRoom(NamedTuple):
    """Work space of plans: rows of eight, shape (n, 8), each of eight organisations.

    ``faith``, ``hop`` and ``through`` are by corridor, ``passed`` and ``spent`` by node of the tree, ``share`` by
    route, ``kept``, ``cost`` and ``u`` by route of a few markets, ``width`` to ``mean_cost`` by market, ``dear`` by
    link into China; ``flies`` and ``speed`` a single row.
    """

    faith: _Array
    hop: _Array
    through: _Array
    passed: _Array
    spent: _Array
    share: _Array
    kept: _Array
    cost: _Array
    u: _Array
    width: _Array
    whole: _Array
    value: _Array
    slope: _Array
    mean_cost: _Array
    dear: _Array
    flies: _Array
    speed: _Array


@inlined
def bare_rows(n):
    """``n`` rows of eight that hold anything, shape (n, 8), from the beginning of a line of the cache on."""
    room = np.empty(LANES * (n + 1))
    first = (-np.int64(room.ctypes.data)) % 64 // 8
    return room[first:first + LANES * n].reshape((n, LANES))


@inlined
def plan_room(links, nodes, routes, longest, markets, barriers):
    """Work space: what stands in rows in one piece, since asking for many costs more than filling them.

    What is worked on number by number is by itself: the compiler then knows that it does not overlap.
    """
    rows = bare_rows(3 * links + 2 + 2 * nodes + routes + 3 * longest + 5 * markets + barriers + 2)
    a = links
    b = a + links + 1
    c = b + links + 1
    d = c + nodes
    e = d + nodes
    f = e + routes
    g = f + 3 * longest
    h = g + 5 * markets
    i = h + barriers
    return PlanRoom(
        rows[0:a], rows[a:b], rows[b:c], rows[c:d], rows[d:e], rows[e:f], rows[f:f + longest],
        rows[f + longest:f + 2 * longest], rows[f + 2 * longest:g], rows[g:g + markets],
        rows[g + markets:g + 2 * markets], rows[g + 2 * markets:g + 3 * markets],
        rows[g + 3 * markets:g + 4 * markets], rows[g + 4 * markets:h], rows[h:i], rows[i:i + 1], rows[i + 1:i + 2],
    )
