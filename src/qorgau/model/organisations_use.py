"""Which routes a run's organisations use in a month, as lists: the routes, nodes on their way, and corridors.

Shares of routes are set anew only when an organisation plans, and organisations plan alike: in the bundled case all of
a run together use 37 routes in 100, not many more than any eight of them. So the lists are made once a run and month,
and numbered without gaps, so that work space that follows them lies together and the rest of it is not touched.
"""

from __future__ import annotations

from qorgau.model.compiled import inlined
from qorgau.model.lanes import LANES, most, spread
from qorgau.model.lanes_in_line import eight, put_eight, to_places

__all__ = ["gathered", "listed"]


@inlined
def gathered(tiny, table, live, count, begins, top, place, used, uses, shares):
    """Put the shares of routes that any of the rows ``live[:count]`` uses side by side; return how many these are.

    A route is in use where a share is more than ``tiny``. For market m they are ``used[uses[m]:uses[m + 1]]``, and
    ``shares`` has, for each eight rows of the table, a row for each of them and room up to the length of ``place``,
    work space for one number more than there are routes.
    """
    routes = top.shape[0]
    whole = routes - routes % LANES
    found = 0
    market = 0
    for i in range(0, routes, LANES):
        if i < whole:
            best = spread(0.0)
            for j in range(count):
                best = most(best, eight(table[live[j]], i))
            put_eight(top, i, best)
        else:
            for k in range(whole, routes):
                top[k] = 0.0
                for j in range(count):
                    top[k] = max(top[k], table[live[j], k])
        before = found
        for k in range(i, min(i + LANES, routes)):
            while begins[market] == k:
                uses[market] = found
                market += 1
            inside = top[k] > tiny
            place[k] = found if inside else routes
            used[found] = k
            found += 1 if inside else 0
        if found == before:
            continue
        if i < whole:
            to_places(table, live, count, i, shares, place)
        else:
            for j in range((count + LANES - 1) // LANES * LANES):
                first = j // LANES * place.shape[0]
                for k in range(whole, routes):
                    shares[first + place[k], j % LANES] = table[live[j], k]
    for m in range(market, uses.shape[0]):
        uses[m] = found
    return found


@inlined
def listed(
    count, parent, link, stem, last, home_ptr, home_link, lived, number, used, before, ends, up, at, where, trodden,
):
    """List what is in use where ``used[:count]`` are the routes in use; return how many nodes, corridors and trodden.

    Written are, of each route in use, its node ``before`` the last corridor and the corridor at which it ``ends``; of
    each node, parents first, the one ``up`` from it and the corridor ``at`` it, the root being 0; ``where``, by its
    number here, each corridor; and those that are ``trodden``: where there are loads, or people of the states where
    organisations have ``lived``. A route without corridors ends at the number behind the last. ``number`` is work
    space: a row for nodes, one for corridors, one for marks.
    """
    nodes_of, place, marked = number[0], number[1], number[2]
    corridors = where.shape[0] - 1
    marked[:] = 0
    place[:] = 0
    for u in range(count):
        marked[stem[used[u]]] = 1
        place[last[used[u]]] = 1
    for i in range(parent.shape[0] - 1, 0, -1):
        marked[parent[i]] |= marked[i]
    nodes_of[0] = 0
    nodes = 1
    for i in range(1, parent.shape[0]):
        nodes_of[i] = nodes
        up[nodes] = nodes_of[parent[i]]
        at[nodes] = link[i]
        nodes += marked[i]
    for w in range(1, nodes):
        place[at[w]] = 1
    links = 0
    for l in range(corridors):
        met = place[l]
        place[l] = links
        where[links] = l
        links += met
    place[corridors] = links
    marked[:corridors] = 0
    for c in range(links):
        marked[where[c]] = 1
    for s in range(lived.shape[0]):
        if lived[s] > 0:
            for i in range(home_ptr[s] + 1, home_ptr[s + 1]):
                marked[home_link[i]] = 1
    feet = 0
    for l in range(corridors):
        trodden[feet] = l
        feet += marked[l]
    for w in range(1, nodes):
        at[w] = place[at[w]]
    for u in range(count):
        before[u] = nodes_of[stem[used[u]]]
        ends[u] = place[last[used[u]]]
    return nodes, links, feet
