"""How the stand-in's organisations end and are founded, and the counts of people, eight runs at once.

Ends and foundings are rare: bounds that need no exponential settle most of them in rows, the rest are looked at one by
one. So are counts: most recruits are none, and few people are found on their way.
"""

from __future__ import annotations

import math

import numpy as np

from benchmarks.peers.kernel_block import Numbers, Places, Rows
from benchmarks.peers.kernel_rows import (
    binomials,
    draws,
    few_of,
    flat,
    fused,
    hyperbolic,
    part,
    rise,
    roots,
    some_above,
)
from benchmarks.peers.network import RANGES
from qorgau.model.compiled import inlined
from qorgau.model.lanes import LANES, beside, least, most, put, row, spread
from qorgau.model.streams import Stream, binomial, poisson, uniform

_EXIT, _ENTRY, _HOMES = int(Stream.ORGANISATION_EXIT), int(Stream.ORGANISATION_ENTRY), int(Stream.ORGANISATION_HOME)
_RECRUITED, _FOUND = int(Stream.RECRUITS), int(Stream.INTERCEPTED)
_EXITS, _SPLIT, _ONCE_MORE, _CARE = (
    int(s) for s in (Stream.EXITS, Stream.EXITS_SPLIT, Stream.RETRAFFICKED, Stream.CARE)
)
_NAMES = list(RANGES)
(_ATTRITION, _ARREST, _ENTRY_RATE, _ENTRY_SIZE, _FIXED, _SOURCE, _MEAN, _RISK, _OPEN, _SUCCESS, _DEMAND, _BASE_PRICE,
 _PRICE_SPEED, _SEARCH, _ESCAPE, _SPELL, _ONCE, _MONTHS) = (_NAMES.index(name) for name in (
     "attrition", "arrest", "entry_rate", "entry_size", "journey_fixed", "source_price", "hazard_mean", "transit_risk",
     "open_share", "success", "demand_share", "people_price", "price_speed", "search", "escape", "spell_months",
     "again", "care_months"))
_R, _N, _P = Rows, Numbers, Places
(_PARAMETERS, _THERE, _HAZARD, _CORRUPT, _ALIVE, _HOME, _AGE, _CAPACITY, _CAPITAL, _RETURNS, _LOSS, _TRADE, _BELIEF,
 _MARKET_SHARE, _VALUE, _TRIPS, _USERS, _ATTEMPTS, _PEOPLE_PRICE, _RECRUITS, _INTERCEPTED, _ARRIVED, _EXPLOITED,
 _IDENTIFIED, _OUT, _IN_CARE, _AGAIN, _STEMS, _BY_RUN, _FEW) = (int(i) for i in (
     _R.PARAMETERS, _R.THERE, _R.HAZARD, _R.CORRUPT, _R.ALIVE, _R.HOME, _R.AGE, _R.CAPACITY, _R.CAPITAL, _R.RETURNS,
     _R.LOSS, _R.TRADE, _R.BELIEF, _R.MARKET_SHARE, _R.PEOPLE_VALUE, _R.TRIPS, _R.USERS, _R.ATTEMPTS, _R.PEOPLE_PRICE,
     _R.RECRUITS, _R.INTERCEPTED, _R.ARRIVED, _R.EXPLOITED, _R.IDENTIFIED, _R.OUT, _R.IN_CARE, _R.AGAIN, _R.STEMS,
     _R.BY_RUN, _R.FEW))
_WAY_PEOPLE, _GOAL_PEOPLE, _GANG_HOME = int(_N.WAY_PEOPLE), int(_N.GOAL_PEOPLE), int(_N.GANG_HOME)
(_PLACE_STATE, _WAY, _GOAL, _GOAL_STATE, _GOAL_POST, _WAY_PTR, _WAY_PARENT, _WAY_LINK, _WAY_END, _WALKED) = (
    int(i) for i in (_P.PLACE_STATE, _P.WAY, _P.GOAL, _P.GOAL_STATE, _P.GOAL_POST, _P.WAY_PTR, _P.WAY_PARENT,
                     _P.WAY_LINK, _P.WAY_END, _P.WALKED))


@inlined
def _end(o, r, x, at):
    for i in (_ALIVE, _HOME, _AGE, _CAPACITY, _CAPITAL, _RETURNS, _LOSS):
        x[at[i] + o, r] = 0.0
    for f in range(3):
        x[at[_TRADE] + 3 * o + f, r] = 0.0
    for f in range(2):
        x[at[_VALUE] + 2 * o + f, r] = 0.0
    markets = at[_USERS + 1] - at[_USERS]
    for m in range(markets):
        x[at[_MARKET_SHARE] + o * markets + m, r] = 0.0


@inlined
def _found(o, r, place, hoped, x, at):
    """What a plan leaves behind is not emptied but for trips: an organisation of no age plans anew before it acts."""
    q, belief, users = part(x, at, _PARAMETERS), part(x, at, _BELIEF), part(x, at, _USERS)
    share, trade = part(x, at, _MARKET_SHARE), part(x, at, _TRADE)
    slots, markets = at[_ALIVE + 1] - at[_ALIVE], len(users)
    x[at[_ALIVE] + o, r] = 1.0
    x[at[_HOME] + o, r] = place
    x[at[_AGE] + o, r] = 0.0
    x[at[_CAPACITY] + o, r] = q[_ENTRY_SIZE, r]
    x[at[_CAPITAL] + o, r] = q[_ENTRY_SIZE, r] * (9.0 * q[_FIXED, r] + 2.5 * q[_SOURCE, r])
    x[at[_RETURNS] + o, r] = hoped
    x[at[_LOSS] + o, r] = 0.1
    trade[3 * o, r] = 0.6
    trade[3 * o + 1, r] = 0.25
    trade[3 * o + 2, r] = 0.15
    trips = part(x, at, _TRIPS)
    walked = len(trips) // slots
    for j in range(walked):
        trips[o * walked + j, r] = 0.0
    links = len(belief) // slots
    for l in range(links):
        belief[o * links + l, r] = q[_MEAN, r]
    everyone = 0.0
    for m in range(markets):
        everyone += users[m, r]
    for m in range(markets):
        share[o * markets + m, r] = users[m, r] / everyone


@inlined
def live(x, at, n, nat, i, iat, keys, month):
    q, alive, age, few = part(x, at, _PARAMETERS), part(x, at, _ALIVE), part(x, at, _AGE), part(x, at, _FEW)
    capacity, capital, returns, loss = (part(x, at, _CAPACITY), part(x, at, _CAPITAL), part(x, at, _RETURNS),
                                        part(x, at, _LOSS))
    slots, places = len(alive), at_length(iat, _PLACE_STATE)
    weights = part(n, nat, _GANG_HOME)
    nothing, unit = spread(0.0), spread(1.0)
    number, earning = nothing, nothing
    for o in range(slots):
        here = row(alive, o)
        if some_above(here, nothing):
            seen = fused(least(spread(0.5), row(loss, o)), spread(8.0), spread(0.3))
            hazard = fused(row(q, _ARREST) * roots(row(capacity, o) * spread(0.1)), seen, row(q, _ATTRITION))
            put(few, 0, hazard)
            for r in range(LANES):
                if alive[o, r] > 0.0:
                    u = uniform(keys[r], _EXIT, month, o, int(age[o, r]))
                    if capital[o, r] < 0.0 or (u < few[0, r] and u < 1.0 - math.exp(-few[0, r])):
                        _end(o, r, x, at)
            here = row(alive, o)
            put(age, o, row(age, o) + here)
            number = number + here
            earning = earning + row(returns, o)
    hoped = earning / most(number, unit)
    put(few, 0, number)
    put(few, 1, hoped)
    for r in range(LANES):
        if few[0, r] == 0.0:
            few[1, r] = 0.2
    eager = row(q, _ENTRY_RATE) * spread(1.0 / 12.0) * hyperbolic(most(spread(0.1), row(few, 1)))
    for g in range(len(weights) // places):
        rate = eager * most(nothing, unit - row(few, 0) * spread(1.0 / slots))
        u = draws(keys, _ENTRY, month, g, 0)
        some = some_above(rate, u)
        if some:
            put(few, 2, rate)
            put(few, 3, u)
            for r in range(LANES):
                if (some >> r) & 1 and few[3, r] < 1.0 - math.exp(-few[2, r]) and few[0, r] < slots:
                    few[0, r] += 1.0
                    o = 0
                    while alive[o, r] > 0.0:
                        o += 1
                    drawn = uniform(keys[r], _HOMES, month, g, 0)
                    place = 0
                    while place < places - 1 and drawn >= weights[g * places + place]:
                        place += 1
                    _found(o, r, place, few[1, r], x, at)


@inlined
def at_length(at, i):
    """How long the i-th part is."""
    return at[i + 1] - at[i]


@inlined
def trade_people(x, at, n, nat, i, iat, keys, runs, month):
    """Recruits by way and form, those found on their way, those who arrive, and prices."""
    q, there, hazard, recruits = (part(x, at, _PARAMETERS), part(x, at, _THERE), part(x, at, _HAZARD),
                                  part(x, at, _RECRUITS))
    attempts, tried, stems = part(x, at, _ATTEMPTS), part(x, at, _BY_RUN), part(x, at, _STEMS)
    found, arrived, price, now = (part(x, at, _INTERCEPTED), part(x, at, _ARRIVED), part(x, at, _PEOPLE_PRICE),
                                  part(x, at, _EXPLOITED))
    way, goal, end, goal_state = (part(i, iat, _WAY), part(i, iat, _GOAL), part(i, iat, _WAY_END),
                                  part(i, iat, _GOAL_STATE))
    ptr, parent, link, walked = (part(i, iat, _WAY_PTR), part(i, iat, _WAY_PARENT), part(i, iat, _WAY_LINK),
                                 part(i, iat, _WALKED))
    people, demand = part(n, nat, _WAY_PEOPLE), part(n, nat, _GOAL_PEOPLE)
    nothing, unit = spread(0.0), spread(1.0)
    beside(attempts.reshape((LANES, len(tried))), runs, 0, tried)
    for s in range(len(found)):
        put(found, s, nothing)
    for d in range(len(arrived)):
        put(arrived, d, nothing)
    for s in range(len(ptr) - 1):
        put(stems, ptr[s], nothing)
        for j in range(ptr[s] + 1, ptr[s + 1]):
            put(stems, j, row(stems, parent[j]) + row(hazard, walked[link[j]]))
    flat_there, risk = flat(there), q[_RISK]
    rare = np.empty(2 * len(way), dtype=np.int64)
    many = 0
    for j in range(len(way)):
        if flat_there[j] > 0.0:
            pool = row(q, _OPEN) * spread(people[j])
            for f in range(2):
                k = f * len(way) + j
                some = row(q, _SUCCESS) * row(tried, k)
                mean = pool * some / (pool + some + spread(1e-12))
                u = draws(keys, _RECRUITED, month, way[j], f)
                number, most_of = few_of(u, mean)
                put(recruits, 2 * way[j] + f, number)
                put(tried, k, mean)
                rare[many] = k
                many += 1 if some_above(u, most_of) else 0
    for i_rare in range(many):
        f, j = rare[i_rare] // len(way), rare[i_rare] % len(way)
        for r in range(LANES):
            u = uniform(keys[r], _RECRUITED, month, way[j], f)
            recruits[2 * way[j] + f, r] = poisson(u, tried[rare[i_rare], r])
    many = 0
    for j in range(len(way)):
        if flat_there[j] > 0.0:
            chance = unit - rise((nothing - row(q, _RISK)) * row(stems, end[j]))
            for f in range(2):
                number, to = row(recruits, 2 * way[j] + f), 2 * goal[j] + f
                put(arrived, to, row(arrived, to) + number)
                u = draws(keys, _FOUND, month, way[j], f)
                rare[many] = f * len(way) + j
                many += 1 if some_above(u, unit - number * chance) else 0
    for i_rare in range(many):
        f, j = rare[i_rare] // len(way), rare[i_rare] % len(way)
        for r in range(LANES):
            number = recruits[2 * way[j] + f, r]
            if number > 0.0:
                u = uniform(keys[r], _FOUND, month, way[j], f)
                caught = binomial(u, int(number), 1.0 - math.exp(-risk[r] * stems[end[j], r]))
                found[goal_state[goal[j]], r] += caught
                arrived[2 * goal[j] + f, r] -= caught
    choke = spread(3.0) * row(q, _BASE_PRICE)
    for d in range(len(demand)):
        for f in range(2):
            at_d = 2 * d + f
            p, have = row(price, at_d), row(now, at_d)
            wanted = row(q, _DEMAND) * spread(demand[d]) * most(nothing, unit - p / choke)
            p = p * rise(row(q, _PRICE_SPEED) * (wanted - have) / (wanted + have + unit))
            put(price, at_d, least(spread(0.98) * choke, most(spread(0.02) * choke, p)))


@inlined
def release(x, at, n, nat, i, iat, keys, month):
    """Who leaves exploitation, who is found among them, who is taken again, and who is in care."""
    q, corrupt, exploited, arrived = (part(x, at, _PARAMETERS), part(x, at, _CORRUPT), part(x, at, _EXPLOITED),
                                      part(x, at, _ARRIVED))
    intercepted, identified, out, cared, again = (part(x, at, _INTERCEPTED), part(x, at, _IDENTIFIED),
                                                  part(x, at, _OUT), part(x, at, _IN_CARE), part(x, at, _AGAIN))
    few = part(x, at, _FEW)
    goal_state, goal_post = part(i, iat, _GOAL_STATE), part(i, iat, _GOAL_POST)
    nothing, unit = spread(0.0), spread(1.0)
    for s in range(len(identified)):
        put(identified, s, row(intercepted, s))
        put(out, s, nothing)
        put(again, s, nothing)
    others = row(q, _ESCAPE) + unit / row(q, _SPELL)
    for d in range(len(goal_state)):
        s = goal_state[d]
        found = row(q, _SEARCH) * (unit - row(corrupt, goal_post[d]))
        total = found + others
        leaves, part_found = unit - rise(nothing - total), found / total
        for f in range(2):
            cell = 2 * d + f
            here = row(exploited, cell)
            left = binomials(draws(keys, _EXITS, month, cell, 0), here, leaves, few)
            seen = binomials(draws(keys, _SPLIT, month, cell, 0), left, part_found, few)
            caught = binomials(draws(keys, _ONCE_MORE, month, cell, 0), left - seen, row(q, _ONCE), few)
            put(identified, s, row(identified, s) + seen)
            put(out, s, row(out, s) + left - seen - caught)
            put(again, s, row(again, s) + caught)
            put(exploited, cell, here + caught - left + row(arrived, cell))
    healed = unit - rise(nothing - unit / row(q, _MONTHS))
    for s in range(len(identified)):
        done = binomials(draws(keys, _CARE, month, s, 0), row(cared, s), healed, few)
        put(cared, s, row(cared, s) + row(identified, s) - done)
