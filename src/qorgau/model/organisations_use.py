"""Which routes a run's organisations use in a month, as lists: the routes, nodes on their way, and corridors.

Shares of routes are set anew only when an organisation plans, and organisations plan alike: in the bundled case all of
a run together use 37 routes in 100, not many more than any eight of them. So the lists are made once a run and month,
and numbered without gaps, so that work space that follows them lies together and the rest of it is not touched.
"""

from __future__ import annotations

from qorgau.model.compiled import inlined
from qorgau.model.lanes import LANES, eight, most, put_eight, spread

__all__ = ["largest", "listed"]


@inlined
def largest(table, live, count, top):
    """Write the largest number of each column among the rows ``live[:count]`` of a contiguous table of shares."""
    n = top.shape[0]
    for k in range(n // LANES):
        i = LANES * k
        best = spread(0.0)
        for j in range(count):
            best = most(best, eight(table[live[j]], i))
        put_eight(top, i, best)
    for i in range(n - n % LANES, n):
        top[i] = 0.0
        for j in range(count):
            top[i] = max(top[i], table[live[j], i])


@inlined
def listed(
    tiny, top, begins, parent, link, stem, last, home_ptr, home_link, lived, number, used, uses, before, ends, up, at,
    where, trodden,
):
    """List what is in use where the largest shares of routes are ``top``; return how many nodes and corridors are,
    and how many ``trodden``: those on which there are loads or people of the states where organisations have ``lived``.

    Written are, for market m, the routes ``used[uses[m]:uses[m + 1]]``, of each its node ``before`` the last corridor
    and the corridor at which it ``ends``; of each node, parents first, the one ``up`` from it and the corridor ``at``
    it, the root being 0; and ``where``, by its number here, each corridor. A route without corridors ends at the
    number behind the last. ``number`` is work space: a row for nodes, one for corridors, one for marks.
    """
    nodes_of, place, marked = number[0], number[1], number[2]
    corridors = where.shape[0] - 1
    count = 0
    for m in range(begins.shape[0] - 1):
        uses[m] = count
        for k in range(begins[m], begins[m + 1]):
            used[count] = k
            count += 1 if top[k] > tiny else 0
    uses[begins.shape[0] - 1] = count
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
