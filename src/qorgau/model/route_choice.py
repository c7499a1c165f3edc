"""What routes of opiates bring and how they are chosen: eight organisations at a time, side by side (see ``lanes``).

The equations are those of ``routes``; arrays of shape (n, 8) have an organisation in each column.
"""

from __future__ import annotations

from qorgau.model.compiled import inlined
from qorgau.model.drug_market import china_toll
from qorgau.model.exponentials import fall, logarithm
from qorgau.model.lanes import least, most, put, row, spread

__all__ = ["china_pay", "choose", "expect", "foresee"]

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
        risk = spread(risk_pay * corridor_trips[l]) * row(belief, l)
        put(hop, l, spread(carriage * corridor_cost[l]) + risk)
    met = belief.reshape(belief.size)
    passes = through.reshape(through.size)
    for i in range(met.shape[0]):
        passes[i] = fall(met[i])


@inlined
def foresee(parent, link, stem, last, hop, through, paid, passed, spent, kept, cost):
    """Part of the value of a kg that is left at the end of each route, net of bribes, and what carrying it costs."""
    put(passed, 0, spread(1.0))
    put(spent, 0, spread(0.0))
    for i in range(1, parent.shape[0]):
        before = parent[i]
        l = link[i]
        put(passed, i, row(passed, before) * row(through, l))
        put(spent, i, row(spent, before) + row(hop, l))
    for k in range(stem.shape[0]):
        before = stem[k]
        l = last[k]
        put(kept, k, row(passed, before) * row(through, l) - spread(paid[k]))
        put(cost, k, row(spent, before) + row(hop, l))


@inlined
def choose(frozen, begins, price, expected, source_price, scale, way_scale, ahead, peak, official, flies, speed, kept,
           cost, u, share, width, whole, value, slope, mean_cost):
    """Move shares of routes towards the logit, in place; the level, slope and cost of every market.

    ``flies`` is 1 for organisations to which the official way is open, ``speed`` how far each of them moves; ``value``
    comes in units of ``scale``.
    """
    markets = peak.shape[0]
    one = spread(1.0)
    weigh = spread(0.0 if frozen else 1.0)
    barred = one - row(flies, 0)
    for m in range(markets):
        top = spread(-1e300)
        for k in range(begins[m], begins[m + 1]):
            net = spread(price[k]) * row(kept, k) - weigh * row(cost, k) - spread(_SHUT * official[k]) * barred
            put(u, k, net)
            top = most(top, net)
        # ways are told apart by their cost over that of the best, and no less sharply than markets
        all_in = most(spread(_SHARPEST * scale), spread(way_scale) * (spread(expected[m]) - top))
        wide = one if frozen else least(spread(scale), all_in)
        per_width = one / wide
        for k in range(begins[m], begins[m + 1]):
            put(u, k, spread(ahead[k]) + (top - row(u, k)) * per_width)
        put(width, m, wide)
        put(value, m, top - spread(source_price) + wide * spread(peak[m]))
    logits = u.reshape(u.size)
    for i in range(logits.shape[0]):
        logits[i] = fall(logits[i])
    moves = row(speed, 0)
    stays = one - moves
    for m in range(markets):
        total = spread(0.0)
        for k in range(begins[m], begins[m + 1]):
            total = total + row(u, k)
        per_total = moves / total
        net = spread(0.0)
        paid = spread(0.0)
        for k in range(begins[m], begins[m + 1]):
            part = row(share, k) * stays + row(u, k) * per_total
            put(share, k, part)
            # a way no longer chosen still carries what habit leaves on it
            part = part * (one - spread(official[k]) * barred)
            net = net + part * row(kept, k)
            paid = paid + part * row(cost, k)
        put(slope, m, net)
        put(mean_cost, m, paid)
        put(whole, m, total)
    sums = whole.reshape(whole.size)
    for i in range(sums.shape[0]):
        sums[i] = logarithm(sums[i])
    for m in range(markets):
        if frozen:
            put(value, m, spread(expected[m]) * row(slope, m) - row(mean_cost, m) - spread(source_price))
        else:
            put(value, m, row(value, m) + row(width, m) * row(whole, m))
