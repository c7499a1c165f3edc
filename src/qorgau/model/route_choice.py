"""What routes of opiates bring and how they are chosen: eight organisations at a time, side by side (see ``lanes``).

The equations are those of ``routes``; arrays of shape (n, 8) have an organisation in each column.
"""

from __future__ import annotations

from qorgau.model.compiled import inlined
from qorgau.model.drug_market import china_toll
from qorgau.model.exponentials import fall, fall_of_row, logarithm
from qorgau.model.lanes import least, most, put, row, spread

__all__ = ["TOGETHER", "china_pay", "choose", "expect", "foresee"]

TOGETHER = 4
"""Markets of which routes are weighed together."""
_SHARPEST = 0.01
"""Least scale of choice among ways, over that among markets: where no way costs anything, nothing divides by nought."""
_SHUT = 1e12
"""USD/kg that a way which is not open is short of any other: its exponential is 0."""


@inlined
def china_pay(q, kind, km, links, crossing, usual, reach, met, pay):
    """Pay for China's punishment on its links, USD/kg: by exposure over the usual and hazard over the usual.

    ``met`` are hazards by corridor, ``reach`` the reference price and hazard; ``pay`` has a row for each of ``links``.
    """
    usual_hazard = spread(reach[1])
    for i in range(links.shape[0]):
        put(pay, i, row(met, links[i]) / usual_hazard)
    answers = pay.reshape(pay.size)
    for i in range(answers.shape[0]):
        answers[i] = q.barrier_answer * logarithm(answers[i])
    for i in range(answers.shape[0]):
        answers[i] = min(1.25, fall(-answers[i]))
    for i in range(links.shape[0]):
        l = links[i]
        put(pay, i, spread(q.china_barrier * reach[0] * china_toll(kind[l], km[l], crossing) / usual) * row(pay, i))


@inlined
def expect(belief, carriage, risk_pay, corridor_cost, corridor_trips, hop, through):
    """What a kg costs on each corridor without China's barrier, and how much of it is believed to pass."""
    for l in range(belief.shape[0]):
        met = row(belief, l)
        risk = spread(risk_pay * corridor_trips[l]) * met
        put(hop, l, spread(carriage * corridor_cost[l]) + risk)
        put(through, l, fall_of_row(met))


@inlined
def foresee(parent, link, hop, through, passed, spent):
    """Part of a kg that passes up to each node of the tree of routes, and what carrying it there costs."""
    put(passed, 0, spread(1.0))
    put(spent, 0, spread(0.0))
    for i in range(1, parent.shape[0]):
        before = parent[i]
        l = link[i]
        put(passed, i, row(passed, before) * row(through, l))
        put(spent, i, row(spent, before) + row(hop, l))


@inlined
def choose(frozen, lists, paid, expected, source_price, scale, way_scale, ahead, peak, room):
    """Move shares of routes towards the logit, in place; the level, slope and cost of every market.

    ``room.flies`` is 1 for organisations to which the official way is open, ``speed`` how far each of them moves;
    ``value`` comes in units of ``scale``. ``kept`` is the part of the value of a kg that is left at the end of a
    route, net of bribes, ``cost`` what carrying it costs. A few markets are done with before the next: what is written
    is then read again while it is near, and no step waits for the last one of the same market.
    """
    one = spread(1.0)
    barred = one - row(room.flies, 0)
    moves = row(room.speed, 0)
    stays = one - moves
    shut = spread(_SHUT) * barred
    markets = peak.shape[0]
    for several in range(0, markets, TOGETHER):
        first = lists.begins[several]
        end = min(markets, several + TOGETHER)
        for m in range(several, end):
            price = spread(expected[m])
            top = spread(-1e300)
            for k in range(lists.begins[m], lists.begins[m + 1]):
                before = lists.stem[k]
                l = lists.last[k]
                left = row(room.passed, before) * row(room.through, l) - spread(paid[k])
                spent = row(room.spent, before) + row(room.hop, l)
                put(room.kept, k - first, left)
                put(room.cost, k - first, spent)
                net = spread(0.0) if frozen else price * left - spent
                if lists.official[k] > 0.0:
                    net = net - shut
                put(room.u, k - first, net)
                top = most(top, net)
            # ways are told apart by their cost over that of the best, and no less sharply than markets
            all_in = most(spread(_SHARPEST * scale), spread(way_scale) * (price - top))
            wide = one if frozen else least(spread(scale), all_in)
            put(room.width, m, wide)
            put(room.slope, m, one / wide)
            put(room.mean_cost, m, top)
            put(room.value, m, top - spread(source_price) + wide * spread(peak[m]))
        for m in range(several, end):
            top = row(room.mean_cost, m)
            per_width = row(room.slope, m)
            total = spread(0.0)
            for k in range(lists.begins[m], lists.begins[m + 1]):
                part = fall_of_row(spread(ahead[k]) + (top - row(room.u, k - first)) * per_width)
                put(room.u, k - first, part)
                total = total + part
            put(room.whole, m, total)
        for m in range(several, end):
            per_total = moves / row(room.whole, m)
            net = spread(0.0)
            paid_out = spread(0.0)
            for k in range(lists.begins[m], lists.begins[m + 1]):
                part = row(room.share, k) * stays + row(room.u, k - first) * per_total
                put(room.share, k, part)
                # a way no longer chosen still carries what habit leaves on it
                if lists.official[k] > 0.0:
                    part = part * (one - barred)
                net = net + part * row(room.kept, k - first)
                paid_out = paid_out + part * row(room.cost, k - first)
            put(room.slope, m, net)
            put(room.mean_cost, m, paid_out)
    sums = room.whole.reshape(room.whole.size)
    for i in range(sums.shape[0]):
        sums[i] = logarithm(sums[i])
    for m in range(peak.shape[0]):
        if frozen:
            level = spread(expected[m]) * row(room.slope, m) - row(room.mean_cost, m) - spread(source_price)
        else:
            level = row(room.value, m) + row(room.width, m) * row(room.whole, m)
        put(room.value, m, level * spread(1.0 / scale))
