"""What organisations do with people: whom they approach on which ways, and the journeys that it takes.

Persons are only approached here, as a real-valued effort; they begin, as whole numbers, in ``human_trade``. Ways lie by
home state, both forms of each side by side, so that all sums of an organisation are taken in one pass.
"""

from __future__ import annotations

import numpy as np

from qorgau.model.compiled import inlined
from qorgau.model.couriers import market_of_place
from qorgau.model.derived import of_map
from qorgau.model.lanes import LANES, eight, in_turn, pair_sums, put_eight, spread, total
from qorgau.model.routes import geometry_of
from qorgau.model.world import World

__all__ = ["add_times", "approach", "ends_of_corridors", "journeys_of_people", "ways_by_home"]


@of_map
def ends_of_corridors(world: World) -> tuple[np.ndarray, np.ndarray]:
    """State in which each corridor ends, and the market for opiates there, -1 where there is none."""
    return (world.place_state[world.corridor_to].astype(np.uint32), market_of_place(world)[world.corridor_to])


@of_map
def ways_by_home(world: World) -> tuple[np.ndarray, ...]:
    """Lists of people's ways in the order of home states; unsigned: compiled code does not ask whether they are negative.

    Returns
    -------
    ptr : ndarray, shape (states + 1,)
        Those of state s are ptr[s]:ptr[s + 1].
    at, end, origin, destination : ndarray, shape (ways,)
        Way, node of its first corridor, place where it begins and destination.
    sold_there : ndarray, shape (ways,)
        1 for ways abroad to where opiates are sold too: nobody is made to carry to where nobody buys.
    tree_ptr : ndarray, shape (states + 1,)
        Nodes of the state's tree of ways. In what follows they stand, by state, from the last to the root.
    first, up, link : ndarray, shape (nodes,)
        First way that begins at each node, the number of ways where none does; the parent, counted from the state's
        last node; and the corridor.
    more, more_at, more_ptr : ndarray, shape (further ways,), twice, and (states + 1,)
        Further ways at nodes where one begins already, their nodes, and those of each state.
    """
    geometry = geometry_of(world)
    at, ptr = geometry.way_list, geometry.way_ptr
    end, to = geometry.ways.end[at], world.people_destination[at]
    sold = market_of_place(world)[world.destination_place[to]] >= 0
    first = np.full(len(geometry.ways.parent), len(at), dtype=np.uint32)
    more, more_ptr = [], [0]
    for s in range(len(ptr) - 1):
        for i in range(ptr[s], ptr[s + 1]):
            if first[end[i]] == len(at):
                first[end[i]] = i
            else:
                more.append(i)
        more_ptr.append(len(more))
    more_of = np.array(more, dtype=np.uint32)
    begins, ends = geometry.ways.ptr[:-1], geometry.ways.ptr[1:]
    turned = np.concatenate([np.arange(a, b)[::-1] for a, b in zip(begins, ends, strict=True)])
    last = np.repeat(ends - 1, ends - begins)
    return (ptr.astype(np.uint64), at.astype(np.uint32), end.astype(np.uint32),
            world.people_origin[at].astype(np.uint32), to.astype(np.uint32),
            (geometry.way_abroad[at] * sold).astype(np.float64), geometry.ways.ptr.astype(np.uint64), first[turned],
            (last - geometry.ways.parent[turned]).astype(np.uint32), geometry.ways.link[turned].astype(np.uint32),
            more_of, np.argsort(turned)[end[more_of]].astype(np.uint32), np.array(more_ptr, dtype=np.uint64))


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
    those of all states; ``more`` are its further ways and ``more_at`` their nodes. ``going`` has a place for each way, from number ``begin`` on those of the state, and a nought.
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
