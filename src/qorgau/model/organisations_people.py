"""What organisations do with people: whom they approach on which ways, and the journeys that it takes.

Persons are only approached here, as a real-valued effort; they begin, as whole numbers, in ``human_trade``. Ways lie by
home state, both forms of each side by side, so that all sums of an organisation are taken in one pass.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from qorgau.model.compiled import inlined
from qorgau.model.couriers import market_of_place
from qorgau.model.derived import of_map
from qorgau.model.lanes import LANES, spread, total
from qorgau.model.lanes_in_line import eight, in_turn, pair_sums, put_eight
from qorgau.model.routes import geometry_of
from qorgau.model.world import World

__all__ = ["add_times", "approach", "ends_of_corridors", "journeys_of_people", "pay_at_posts", "ways_by_home"]


@of_map
def ends_of_corridors(world: World) -> tuple[np.ndarray, np.ndarray]:
    """State in which each corridor ends, and the market for opiates there, -1 where there is none."""
    return (world.place_state[world.corridor_to].astype(np.uint32), market_of_place(world)[world.corridor_to])


@of_map
def ways_by_home(world: World) -> tuple[np.ndarray, ...]:
    """Lists of people's ways by home state; unsigned: compiled code does not ask whether they are negative.

    Ways of each state begin at a place that is a multiple of eight, so that rows of eight begin where lines of the
    cache do. Places between belong to no way: nobody is ever there.

    Returns
    -------
    ptr : ndarray, shape (states + 1,)
        First place of each state.
    count : ndarray, shape (states,)
        Ways of each state.
    at : ndarray, shape (ways,)
        Place of each way.
    end, origin, destination : ndarray, shape (places,)
        Node of the way's first corridor, place of the map where it begins, and destination.
    sold_there : ndarray, shape (places,)
        1 for ways abroad to where opiates are sold too: nobody is made to carry to where nobody buys.
    tree_ptr : ndarray, shape (states + 1,)
        Nodes of the state's tree of ways. In what follows they stand, by state, from the last to the root.
    first, up, link : ndarray, shape (nodes,)
        Place of the first way that begins at each node, the number of places where none does; the parent, counted from
        the state's last node; and the corridor.
    more, more_at, more_ptr : ndarray, shape (further ways,), twice, and (states + 1,)
        Places of further ways at nodes where one begins already, their nodes, and those of each state.
    """
    geometry = geometry_of(world)
    tree, order, count = geometry.ways, geometry.way_list, np.diff(geometry.way_ptr)
    ptr = np.concatenate([[0], np.cumsum(-(-count // LANES) * LANES)])
    place = np.arange(len(order)) + np.repeat(ptr[:-1] - geometry.way_ptr[:-1], count)
    at = np.empty(len(order), dtype=np.int64)
    at[order] = place
    sold = market_of_place(world)[world.destination_place[world.people_destination]] >= 0
    end = np.repeat(tree.ptr[:-1], np.diff(ptr)).astype(np.uint32)
    origin, destination, sold_there = np.zeros_like(end), np.zeros_like(end), np.zeros(len(end))
    end[at], origin[at], destination[at] = tree.end, world.people_origin, world.people_destination
    sold_there[at] = geometry.way_abroad * sold
    first = np.full(len(tree.parent), len(end), dtype=np.uint32)
    more, more_ptr = [], [0]
    for s in range(len(count)):
        for i in range(ptr[s], ptr[s] + count[s]):
            if first[end[i]] == len(end):
                first[end[i]] = i
            else:
                more.append(i)
        more_ptr.append(len(more))
    further = np.array(more, dtype=np.uint32)
    turned = np.concatenate([np.arange(a, b)[::-1] for a, b in pairwise(tree.ptr)])
    last = np.repeat(tree.ptr[1:] - 1, np.diff(tree.ptr))
    return (ptr.astype(np.uint64), count.astype(np.uint64), at.astype(np.uint32), end, origin, destination, sold_there,
            tree.ptr.astype(np.uint64), first[turned], (last - tree.parent[turned]).astype(np.uint32),
            tree.link[turned].astype(np.uint32), further, np.argsort(turned)[end[further]].astype(np.uint32),
            np.array(more_ptr, dtype=np.uint64))


@inlined
def approach(labour, sexual, share, bribed, loads, worth, tried, approached):
    """Write how many persons are approached, by way and form, and add them to ``tried``.

    Returns the sums of them times ``bribed``, ``loads`` and ``worth``, each in eight parts as by ``lanes.dot``.
    """
    n = approached.shape[0]
    persons = in_turn(labour, sexual)
    bribes = carried = brought = spread(0.0)
    for k in range(n // LANES):
        i = LANES * k
        x = persons * eight(share, i)
        put_eight(approached, i, x)
        put_eight(tried, i, eight(tried, i) + x)
        bribes = bribes + x * eight(bribed, i)
        carried = carried + x * eight(loads, i)
        brought = brought + x * eight(worth, i)
    of_bribes, of_loads, of_worth = total(bribes), total(carried), total(brought)
    for i in range(n - n % LANES, n):
        x = (labour if i % 2 == 0 else sexual) * share[i]
        approached[i] = x
        tried[i] += x
        of_bribes += x * bribed[i]
        of_loads += x * loads[i]
        of_worth += x * worth[i]
    return of_bribes, of_loads, of_worth


@inlined
def add_times(table, factor, values):
    """Add ``factor`` times ``values`` to the first numbers of a contiguous row."""
    n = values.shape[0]
    for k in range(n // LANES):
        i = LANES * k
        put_eight(table, i, eight(table, i) + spread(factor) * eight(values, i))
    for i in range(n - n % LANES, n):
        table[i] += factor * values[i]


@inlined
def journeys_of_people(approached, journey, begin, first, up, link, more, more_at, last, going, trips, own, j):
    """Add to column ``j`` of ``own`` the journeys by corridor that approached persons take.

    ``first``, ``up`` and ``link`` are those of the nodes of the home state, of which the ``last`` stands first among
    those of all states; ``more`` are its further ways and ``more_at`` their nodes. ``going`` has a number for each
    place of a way, from ``begin`` on those of the state, and a nought.
    """
    ways = approached.shape[0] // 2
    here, each = going[begin:], journey[begin:]
    for k in range(ways // LANES):
        i = LANES * k
        put_eight(here, i, pair_sums(approached, i) * eight(each, i))
    for i in range(ways - ways % LANES, ways):
        here[i] = (approached[2 * i] + approached[2 * i + 1]) * each[i]
    for i in range(first.shape[0]):
        trips[i] = going[first[i]]
    for k in range(more.shape[0]):
        trips[more_at[k] - last] += going[more[k]]
    for i in range(first.shape[0] - 1):
        taken = trips[i]
        own[link[i], j] += taken
        trips[up[i]] += taken


@inlined
def pay_at_posts(income, bribe, ptr, up, link, paid):
    """Add to ``paid`` what journeys of people bring by corridor, of the ``income`` by node, from ends to roots."""
    for s in range(ptr.shape[0] - 1):
        here, above, by = income[ptr[s]:ptr[s + 1]], up[ptr[s]:ptr[s + 1]], link[ptr[s]:ptr[s + 1]]
        for i in range(here.shape[0] - 1):
            paid[by[i]] += here[i] * bribe[by[i]]
            here[above[i]] += here[i]
