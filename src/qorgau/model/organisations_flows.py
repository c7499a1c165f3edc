"""Opiates on their way: eight organisations of a run at a time, side by side in rows (see ``lanes``).

All of a run's organisations walk one tree of routes, each with its own hazards and shares, so a node or a corridor is
looked up once for eight of them. An organisation that carries nothing has flows of nought in its place.
"""

from __future__ import annotations

from qorgau.model.compiled import inlined
from qorgau.model.exponentials import fall
from qorgau.model.lanes import LANES, above, least, put, row, spread, total

__all__ = ["add_up", "bear", "divide", "meet", "send", "walked"]


@inlined
def meet(shelter, held_at, hazard, to_state, from_post, to_post, averted, felt, through):
    """Hazard that organisations meet on corridors: by shelter in states and ties to posts; and how much passes."""
    for l in range(hazard.shape[0]):
        part = row(shelter, to_state[l])
        part = part * (spread(1.0) - row(held_at, from_post[l]) - row(held_at, to_post[l]))
        put(averted, l, part)
        put(felt, l, spread(hazard[l]) * part)
    met = felt.reshape(felt.size)
    passes = through.reshape(through.size)
    for i in range(met.shape[0]):
        passes[i] = fall(met[i])


@inlined
def divide(tiny, begins, share, part, bought, sent, each, used, uses):
    """Kg that organisations send to markets, by their shares ``part``, and by a unit of a route's share there.

    Shares of routes that are no more than ``tiny`` are dropped. What is left are, by market, the routes
    ``used[uses[m]:uses[m + 1]]``: a third of them in the bundled case.
    """
    whole = spread(0.0)
    count = 0
    for m in range(part.shape[0]):
        within = spread(0.0)
        uses[m] = count
        for k in range(begins[m], begins[m + 1]):
            chosen = above(row(share, k), spread(tiny))
            put(share, k, chosen)
            within = within + chosen
            used[count] = k
            count += 1 if total(chosen) > 0.0 else 0
        put(each, m, within)
        whole = whole + row(part, m)
    uses[part.shape[0]] = count
    put(sent, 0, whole)
    for j in range(LANES):
        per_part = bought[j] / sent[0, j] if sent[0, j] > 0.0 else 0.0
        for m in range(part.shape[0]):
            sent[m, j] = per_part * part[m, j] if each[m, j] > 0.0 else 0.0
            each[m, j] = sent[m, j] / each[m, j] if each[m, j] > 0.0 else 0.0


@inlined
def walked(parent, stem, used, count, marked, walk):
    """Write the nodes under which a route is used, parents first, and return how many there are."""
    marked[:] = 0
    for i in range(count):
        marked[stem[used[i]]] = 1
    for i in range(parent.shape[0] - 1, 0, -1):
        marked[parent[i]] |= marked[i]
    nodes = 0
    for i in range(1, parent.shape[0]):
        walk[nodes] = i
        nodes += marked[i]
    return nodes


@inlined
def send(parent, link, stem, last, used, uses, walk, nodes, price, through, share, each, left, below, worth_below,
         entering, worth, got, route_kg):
    """Walk loads through the tree: what enters corridors, in kg and USD that it is sold for, and what arrives.

    ``share`` are shares of routes, of which a unit stands for ``each`` kg of a market. Only routes in use and the first
    ``nodes`` of ``walk``, on their way, are looked at (``divide``, ``walked``): on all others there is nought.
    """
    nothing = spread(0.0)
    for l in range(entering.shape[0]):
        put(entering, l, nothing)
        put(worth, l, nothing)
    put(left, 0, spread(1.0))
    put(below, 0, nothing)
    put(worth_below, 0, nothing)
    for w in range(nodes):
        i = walk[w]
        put(left, i, row(left, parent[i]) * row(through, link[i]))
        put(below, i, nothing)
        put(worth_below, i, nothing)
    for m in range(each.shape[0]):
        unit = spread(price[m])
        sent = row(each, m)
        arrived = nothing
        for u in range(uses[m], uses[m + 1]):
            k = used[u]
            before = stem[k]
            l = last[k]
            flow = sent * row(share, k)
            put(below, before, row(below, before) + flow)
            put(worth_below, before, row(worth_below, before) + flow * unit)
            flow = flow * row(left, before)
            put(entering, l, row(entering, l) + flow)
            put(worth, l, row(worth, l) + flow * unit)
            flow = flow * row(through, l)
            route_kg[k] += total(flow)
            arrived = arrived + flow
        put(got, m, arrived)
    for w in range(nodes - 1, -1, -1):
        i = walk[w]
        before = parent[i]
        l = link[i]
        part = row(left, before)
        kilograms = row(below, i)
        value = row(worth_below, i)
        put(entering, l, row(entering, l) + part * kilograms)
        put(worth, l, row(worth, l) + part * value)
        put(below, before, row(below, before) + kilograms)
        put(worth_below, before, row(worth_below, before) + value)


@inlined
def bear(hazard, bribe, trips, cost, per_load, to_post, averted, felt, through, entering, worth, own, visits, borne,
         carried, seized, journeys, paid_all):
    """Losses, costs and journeys on all corridors.

    ``borne`` is written: kg lost, kg times cost, kg times hazard met, and bribes, of each organisation.
    """
    lost = hauled = risked = bribes = spread(0.0)
    one = spread(1.0)
    for i in range(visits.shape[0]):
        put(visits, i, spread(0.0))
    for l in range(hazard.shape[0]):
        flow = row(entering, l)
        gone = flow * (one - row(through, l))
        paid = row(worth, l) * spread(bribe[l])
        # protection and cover have already averted a part of the loss that a bribe would avert
        if hazard[l] > 0.0:
            paid = paid * least(one, row(averted, l))
        made = flow * spread(trips[l])
        went = row(own, l) + made * spread(per_load)
        put(own, l, went)
        put(visits, to_post[l], row(visits, to_post[l]) + went)
        lost = lost + gone
        hauled = hauled + flow * spread(cost[l])
        risked = risked + made * row(felt, l)
        bribes = bribes + paid
        carried[l] += total(flow)
        seized[l] += total(gone)
        journeys[l] += total(went)
        paid_all[l] += total(paid)
    put(borne, 0, lost)
    put(borne, 1, hauled)
    put(borne, 2, risked)
    put(borne, 3, bribes)


@inlined
def add_up(tried, way_at, way_end, pays, r, attempts, first_share, opiates_share, income):
    """Attempts to win people, of all groups at once: by way and form, by whom, and what they are likely to bring.

    ``tried`` holds attempts by way and form, of groups that did not begin with opiates and hardly work in them, of
    others at work in them, and the same of those that began with them; it is overwritten. ``income`` is written by
    node of the trees of ways, at which each way begins.
    """
    for i in range(tried.shape[1]):
        both = tried[3, i]
        opiates = tried[1, i] + both
        first = tried[2, i] + both
        tried[2, i] = tried[0, i] + tried[1, i] + first
        tried[1, i] = opiates
        tried[3, i] = first
    income[:] = 0.0
    for f in range(2):
        everyone = 1e-12
        first = opiates = 0.0
        for i in range(way_at.shape[0]):
            everyone += tried[2, 2 * i + f]
            opiates += tried[1, 2 * i + f]
            first += tried[3, 2 * i + f]
        first_share[r, f] = first / everyone
        opiates_share[r, f] = opiates / everyone
        for i in range(way_at.shape[0]):
            attempts[r, way_at[i], f] = tried[2, 2 * i + f]
            income[way_end[i]] += tried[2, 2 * i + f] * pays[2 * i + f]
