"""Opiates on their way: eight organisations of a run at a time, side by side in rows (see ``lanes``).

All of a run's organisations walk one tree of routes, each with its own hazards and shares, so a node or a corridor is
looked up once for eight of them. An organisation that carries nothing has flows of nought in its place.
"""

from __future__ import annotations

from qorgau.model.clock import STEPS, memory
from qorgau.model.compiled import inlined
from qorgau.model.exponentials import fall
from qorgau.model.lanes import LANES, above, least, put, row, spread, total, where_any

__all__ = ["add_up", "bear", "divide", "learn", "meet", "sell", "send", "tie"]

_FEW = 2.0 / STEPS
_SHARED_MEMORY = memory(0.05)
_VISITS_HALF = 3.0 / STEPS


@inlined
def averted(shelter, held_at, to_state, from_post, to_post, l):
    """Share of the hazard of a corridor that organisations meet: by shelter in its state and ties to its posts."""
    kept_off = spread(1.0) - row(held_at, from_post[l]) - row(held_at, to_post[l])
    return row(shelter, to_state[l]) * kept_off


@inlined
def meet(shelter, held_at, hazard, to_state, from_post, to_post, trodden, where, links, felt, through):
    """Hazard that organisations meet on ``trodden`` corridors, and how much passes those of the ``links`` in use."""
    for c in range(trodden.shape[0]):
        l = trodden[c]
        put(felt, l, spread(hazard[l]) * averted(shelter, held_at, to_state, from_post, to_post, l))
    for c in range(links):
        put(through, c, row(felt, where[c]))
    passes = through.reshape(through.size)
    for i in range(LANES * links):
        passes[i] = fall(passes[i])
    put(through, links, spread(1.0))


@inlined
def divide(tiny, uses, share, part, bought, sent, each):
    """Kg that organisations send to markets, by their shares ``part``, and by a unit of a route's share there.

    ``share`` are those of the routes in use (module ``organisations_use``); of these too none is taken that is no more
    than ``tiny``.
    """
    whole = spread(0.0)
    for m in range(part.shape[0]):
        within = spread(0.0)
        for u in range(uses[m], uses[m + 1]):
            within = within + above(row(share, u), spread(tiny))
        put(each, m, within)
        whole = whole + row(part, m)
    per_part = where_any(whole, row(bought, 0) / whole)
    for m in range(part.shape[0]):
        within = row(each, m)
        goes = where_any(within, per_part * row(part, m))
        put(sent, m, goes)
        put(each, m, where_any(within, goes / within))


@inlined
def send(tiny, up, at, nodes, links, used, uses, before, ends, price, through, share, each, left, below, worth_below,
         entering, worth, got, route_kg):
    """Walk loads through the tree: what enters corridors, in kg and USD that it is sold for, and what arrives.

    ``share`` are shares of routes, of which a unit stands for ``each`` kg of a market. Only what is in use is looked
    at, by the lists of module ``organisations_use``: on all else there is nought.
    """
    nothing = spread(0.0)
    for c in range(links + 1):
        put(entering, c, nothing)
        put(worth, c, nothing)
    put(left, 0, spread(1.0))
    put(below, 0, nothing)
    put(worth_below, 0, nothing)
    for w in range(1, nodes):
        put(left, w, row(left, up[w]) * row(through, at[w]))
        put(below, w, nothing)
        put(worth_below, w, nothing)
    for m in range(each.shape[0]):
        unit = spread(price[m])
        sent = row(each, m)
        arrived = nothing
        for u in range(uses[m], uses[m + 1]):
            b = before[u]
            c = ends[u]
            flow = sent * above(row(share, u), spread(tiny))
            put(below, b, row(below, b) + flow)
            put(worth_below, b, row(worth_below, b) + flow * unit)
            flow = flow * row(left, b)
            put(entering, c, row(entering, c) + flow)
            put(worth, c, row(worth, c) + flow * unit)
            flow = flow * row(through, c)
            route_kg[used[u]] += total(flow)
            arrived = arrived + flow
        put(got, m, arrived)
    for w in range(nodes - 1, 0, -1):
        b = up[w]
        c = at[w]
        part = row(left, b)
        kilograms = row(below, w)
        value = row(worth_below, w)
        put(entering, c, row(entering, c) + part * kilograms)
        put(worth, c, row(worth, c) + part * value)
        put(below, b, row(below, b) + kilograms)
        put(worth_below, b, row(worth_below, b) + value)


@inlined
def bear(hazard, bribe, trips, cost, per_load, to_state, from_post, to_post, trodden, where, links, shelter, held_at,
         felt, through, entering, worth, own, visits, borne, carried, seized, journeys, paid_all):
    """Losses, costs and journeys: of loads on corridors in use, of visits at all posts.

    ``borne`` is written: kg lost, kg times cost, kg times hazard met, and bribes, of each organisation. ``own``, its
    journeys by corridor, becomes the weight of a month's experience there, n/(n+2) with n journeys.
    """
    lost = hauled = risked = bribes = spread(0.0)
    one = spread(1.0)
    for i in range(visits.shape[0]):
        put(visits, i, spread(0.0))
    for c in range(links):
        l = where[c]
        flow = row(entering, c)
        gone = flow * (one - row(through, c))
        paid = row(worth, c) * spread(bribe[l])
        # protection and cover have already averted a part of the loss that a bribe would avert
        if hazard[l] > 0.0:
            paid = paid * least(one, averted(shelter, held_at, to_state, from_post, to_post, l))
        made = flow * spread(trips[l])
        put(own, l, row(own, l) + made * spread(per_load))
        lost = lost + gone
        hauled = hauled + flow * spread(cost[l])
        risked = risked + made * row(felt, l)
        bribes = bribes + paid
        carried[l] += total(flow)
        seized[l] += total(gone)
        paid_all[l] += total(paid)
    for c in range(trodden.shape[0]):
        l = trodden[c]
        went = row(own, l)
        put(visits, to_post[l], row(visits, to_post[l]) + went)
        journeys[l] += total(went)
        put(own, l, went / (went + spread(_FEW)))
    put(borne, 0, lost)
    put(borne, 1, hauled)
    put(borne, 2, risked)
    put(borne, 3, bribes)


@inlined
def sell(price, sent, got, keeps, revenue, delivered, survived):
    """Add what arrives at markets to ``revenue``, of which organisations keep a part, and to kg ``delivered``.

    ``survived`` is what arrived over what was sent, and -1 where nothing was sent.
    """
    none = spread(-1.0)
    earned = row(revenue, 0)
    arrived = spread(0.0)
    for m in range(price.shape[0]):
        kg = row(got, m)
        out = row(sent, m)
        earned = earned + kg * spread(price[m]) * row(keeps, 0)
        arrived = arrived + kg
        put(survived, m, where_any(out, kg / out) + (none - where_any(out, none)))
    put(revenue, 0, earned)
    put(delivered, 0, arrived)


@inlined
def tie(tied, passed, reach, kept, wear, per_visit, base, at_base):
    """Ties with officials of the posts that an organisation ``passed``, and of its ``base``, where it also lives."""
    at_home = tied[base]
    for i in range(tied.shape[0]):
        rate = passed[i] / (passed[i] + _VISITS_HALF) * per_visit
        t = tied[i]
        tied[i] = (t + max(0.0, reach[i] - t) * min(1.0, rate)) * kept[i] * wear
    rate = passed[base] / (passed[base] + _VISITS_HALF) * per_visit + at_base
    at_home += max(0.0, reach[base] - at_home) * min(1.0, rate)
    tied[base] = at_home * kept[base] * wear


@inlined
def learn(q, look, switch, weight, felt, belief, shared):
    """Update the beliefs of an organisation and those that its network shares, after a month.

    ``felt`` is the hazard that it met on each corridor, of which its experience has ``weight``, and what is seen of the
    watch, ``look``, the rest.
    """
    if switch < 0.5:
        return
    for l in range(weight.shape[0]):
        w = weight[l]
        b = belief[l]
        b += q.learning * w * (felt[l] - b) + q.watching * (1.0 - w) * (look[l] - b)
        common = shared[l]
        common += _SHARED_MEMORY * w * (felt[l] - common)
        shared[l] = common
        belief[l] = b + q.network_learning * (common - b)


@inlined
def add_up(tried, way_at, first, more, more_at, pays, r, attempts, first_share, opiates_share, income):
    """Attempts to win people, of all groups at once: by way and form, by whom, and what they are likely to bring.

    ``tried`` holds attempts by place of a way and form, of groups that did not begin with opiates and hardly work in
    them, of others at work in them, and the same of those that began with them; it is overwritten. ``income`` is
    written by node of the trees of ways, from the last of each state to its root: of each the ``first`` way that begins
    there, and the ``more`` of some.
    """
    ways = pays.shape[0] // 2
    for i in range(2 * ways):
        both = tried[3, i]
        opiates = tried[1, i] + both
        began = tried[2, i] + both
        tried[2, i] = tried[0, i] + tried[1, i] + began
        tried[1, i] = opiates
        tried[3, i] = began
        tried[0, i] = tried[2, i] * pays[i]
    everyone = other = 1e-12
    began = began_other = opiates = opiates_other = 0.0
    for i in range(ways):
        everyone += tried[2, 2 * i]
        other += tried[2, 2 * i + 1]
        opiates += tried[1, 2 * i]
        opiates_other += tried[1, 2 * i + 1]
        began += tried[3, 2 * i]
        began_other += tried[3, 2 * i + 1]
    first_share[r, 0], first_share[r, 1] = began / everyone, began_other / other
    opiates_share[r, 0], opiates_share[r, 1] = opiates / everyone, opiates_other / other
    for w in range(way_at.shape[0]):
        attempts[r, w, 0] = tried[2, 2 * way_at[w]]
        attempts[r, w, 1] = tried[2, 2 * way_at[w] + 1]
    gains = tried[0]
    for f in range(2):
        for i in range(first.shape[0]):
            income[i] = (income[i] if f > 0 else 0.0) + gains[2 * first[i] + f]
        for k in range(more.shape[0]):
            income[more_at[k]] += gains[2 * more[k] + f]
