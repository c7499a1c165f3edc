"""The stand-in's plans for eight runs at once: logit over routes of opiates and over ways that people are taken.

What survives of a load is a product along common stems, so an exponential is formed for each corridor and not for each
route. Routes of one slot are walked for all eight runs; ways of people differ by home, so they are taken organisation by
organisation, eight ways at once.
"""

from __future__ import annotations

from benchmarks.peers.kernel_block import Numbers, Places, Rows
from benchmarks.peers.kernel_rows import choose, fused, part, peak, rise, some_above
from benchmarks.peers.network import RANGES
from qorgau.model.compiled import inlined
from qorgau.model.lanes import LANES, above, most, put, row, spread, total

_NAMES = list(RANGES)
_SCALE, _TRANSPORT, _SOURCE, _SPEED = (
    _NAMES.index(name) for name in ("choice_scale", "transport", "source_price", "route_speed")
)
_RISK, _COST, _SUCCESS = (_NAMES.index(name) for name in ("transit_risk", "journey_cost", "success"))
_R, _N, _P = Rows, Numbers, Places
(_PARAMETERS, _THERE, _BRIBE, _ALIVE, _HOME, _AGE, _BELIEF, _ROUTE_SHARE, _PEOPLE_SHARE, _PULL, _KEPT, _COSTS, _SENT,
 _VALUE, _TRIPS, _PRICE, _USERS, _PEOPLE_PRICE, _RATE, _PAID, _LOAD, _PASSES, _STEMS, _LEFT, _WEIGHT, _FEW) = (int(i) for i in (
     _R.PARAMETERS, _R.THERE, _R.BRIBE, _R.ALIVE, _R.HOME, _R.AGE, _R.BELIEF, _R.ROUTE_SHARE, _R.PEOPLE_SHARE, _R.PULL,
     _R.KEPT, _R.COST, _R.SENT, _R.PEOPLE_VALUE, _R.TRIPS, _R.PRICE, _R.USERS, _R.PEOPLE_PRICE, _R.RATE, _R.PAID,
     _R.LOAD, _R.PASSES, _R.STEMS, _R.LEFT, _R.WEIGHT, _R.FEW))
_ROUTE_KM, _ROUTE_SIZE, _WAY_KM = int(_N.ROUTE_KM), int(_N.ROUTE_SIZE), int(_N.WAY_KM)
(_MARKET_PTR, _PARENT, _LINK, _STEM, _LAST, _PLACE_STATE, _WAY_ROWS, _GOAL, _WAY_PTR, _WAY_PARENT, _WAY_LINK, _WAY_END,
 _ROUTED, _WALKED) = (int(i) for i in (
     _P.MARKET_PTR, _P.PARENT, _P.LINK, _P.STEM, _P.LAST, _P.PLACE_STATE, _P.WAY_ROWS, _P.GOAL, _P.WAY_PTR,
     _P.WAY_PARENT, _P.WAY_LINK, _P.WAY_END, _P.ROUTED, _P.WALKED))


@inlined
def _look(x, at, n, nat, i, iat):
    """What all organisations of a run see: bribes along each route, and what a route is worth before its risk."""
    q, price, users, bribe = part(x, at, _PARAMETERS), part(x, at, _PRICE), part(x, at, _USERS), part(x, at, _BRIBE)
    owed, paid, rate, few = part(x, at, _LOAD), part(x, at, _PAID), part(x, at, _RATE), part(x, at, _FEW)
    asked = part(x, at, _PEOPLE_PRICE)
    km, size = part(n, nat, _ROUTE_KM), part(n, nat, _ROUTE_SIZE)
    parent, link, stem, last = part(i, iat, _PARENT), part(i, iat, _LINK), part(i, iat, _STEM), part(i, iat, _LAST)
    ptr = part(i, iat, _MARKET_PTR)
    top, bottom = spread(0.0), spread(0.0)
    for m in range(len(price)):
        top = fused(row(price, m), row(users, m), top)
        bottom = bottom + row(users, m)
    per = bottom / (row(q, _SCALE) * top)
    level = spread(0.0)
    for d in range(len(asked)):
        level = level + row(asked, d)
    put(few, 0, per)
    put(few, 1, spread(len(asked) / 2.0) / (row(q, _SCALE) * level))
    put(owed, 0, spread(0.0))
    for j in range(1, len(parent)):
        put(owed, j, row(owed, parent[j]) + row(bribe, link[j]))
    far = row(q, _TRANSPORT) * per
    source = row(q, _SOURCE) * per
    for m in range(len(price)):
        pull = row(price, m) * per
        for k in range(ptr[m], ptr[m + 1]):
            due = row(owed, stem[k]) + row(bribe, last[k])
            put(paid, k, due)
            put(rate, k, spread(size[k]) - fused(far, spread(km[k]), fused(pull, due, source)))


@inlined
def _towards(o, speed, x, at, n, nat, i, iat):
    """Plans of one slot for the opiate trade; a run whose ``speed`` is 0 keeps its own."""
    belief, passes, stems, share = part(x, at, _BELIEF), part(x, at, _PASSES), part(x, at, _STEMS), part(x, at, _ROUTE_SHARE)
    rate, paid, left, weight, few = (part(x, at, _RATE), part(x, at, _PAID), part(x, at, _LEFT), part(x, at, _WEIGHT),
                                     part(x, at, _FEW))
    price, pulls, kept, cost, sent = (part(x, at, _PRICE), part(x, at, _PULL), part(x, at, _KEPT), part(x, at, _COSTS),
                                      part(x, at, _SENT))
    parent, link, stem, last = part(i, iat, _PARENT), part(i, iat, _LINK), part(i, iat, _STEM), part(i, iat, _LAST)
    ptr, routed, km = part(i, iat, _MARKET_PTR), part(i, iat, _ROUTED), part(n, nat, _ROUTE_KM)
    links, routes, markets = len(passes) - 1, len(rate), len(price)
    nothing, unit = spread(0.0), spread(1.0)
    transport = row(part(x, at, _PARAMETERS), _TRANSPORT)
    per = row(few, 0)
    for l in routed:
        put(passes, l, rise(nothing - row(belief, o * links + l)))
    put(passes, links, unit)
    put(stems, 0, unit)
    for j in range(1, len(parent)):
        put(stems, j, row(stems, parent[j]) * row(passes, link[j]))
    stay = unit - speed
    greatest = spread(-1e300)
    first = 16
    for m in range(markets):
        pull = row(price, m) * per
        best = spread(-1e300)
        for k in range(ptr[m], ptr[m + 1]):
            reached = row(stems, stem[k]) * row(passes, last[k])
            put(left, k, reached)
            value = fused(pull, reached, row(rate, k))
            put(weight, k, value)
            best = most(best, value)
        whole = nothing
        for k in range(ptr[m], ptr[m + 1]):
            e = rise(row(weight, k) - best)
            put(weight, k, e)
            whole = whole + e
        each = speed / whole
        slope, mean, used = nothing, nothing, nothing
        for k in range(ptr[m], ptr[m + 1]):
            s = fused(row(weight, k), each, row(share, o * routes + k) * stay)
            put(share, o * routes + k, s)
            slope = fused(s, row(left, k) - row(paid, k), slope)
            mean = fused(s, spread(km[k]), mean)
            used = used + above(s, spread(0.02))
        at_m = o * markets + m
        put(kept, at_m, choose(speed, nothing, slope, row(kept, at_m)))
        put(cost, at_m, choose(speed, nothing, mean * transport, row(cost, at_m)))
        used = choose(used, nothing, unit / most(used, spread(0.02)), nothing)
        put(sent, at_m, choose(speed, nothing, used, row(sent, at_m)))
        put(few, first + m, best)
        put(few, first + markets + m, whole)
        greatest = most(greatest, best)
    for m in range(markets):
        drawn = rise(row(few, first + m) - greatest) * row(few, first + markets + m)
        put(pulls, o * markets + m, choose(speed, nothing, drawn, row(pulls, o * markets + m)))


@inlined
def _risks(o, x, at, i, iat):
    """What is left of people on the ways of all states after the risks that organisations of one slot believe in."""
    belief, passes, stems = part(x, at, _BELIEF), part(x, at, _PASSES), part(x, at, _STEMS)
    walked, ptr, parent, link = (part(i, iat, _WALKED), part(i, iat, _WAY_PTR), part(i, iat, _WAY_PARENT),
                                 part(i, iat, _WAY_LINK))
    links = len(passes) - 1
    risk = spread(0.0) - row(part(x, at, _PARAMETERS), _RISK)
    for k in range(len(walked)):
        put(passes, k, rise(risk * row(belief, o * links + walked[k])))
    for s in range(len(ptr) - 1):
        put(stems, ptr[s], spread(1.0))
        for j in range(ptr[s] + 1, ptr[s + 1]):
            put(stems, j, row(stems, parent[j]) * row(passes, link[j]))


@inlined
def _people(o, r, speed, x, at, n, nat, i, iat):
    """Plans of one organisation, in a slot and a run, for the trade in people."""
    q, there, share, value = (part(x, at, _PARAMETERS), part(x, at, _THERE), part(x, at, _PEOPLE_SHARE),
                              part(x, at, _VALUE))
    stems, asked, few, trips = part(x, at, _STEMS), part(x, at, _PEOPLE_PRICE), part(x, at, _FEW), part(x, at, _TRIPS)
    rows, goal, end = part(i, iat, _WAY_ROWS), part(i, iat, _GOAL), part(i, iat, _WAY_END)
    ptr, parent, link, km = (part(i, iat, _WAY_PTR), part(i, iat, _WAY_PARENT), part(i, iat, _WAY_LINK),
                             part(n, nat, _WAY_KM))
    s = part(i, iat, _PLACE_STATE)[int(part(x, at, _HOME)[o, r])]
    first, count = rows[s], rows[s + 1] - rows[s]
    width = len(share) // (2 * LANES * (len(value) // 2))
    work, pulls, nodes = 16, 16 + 2 * width, 16 + 3 * width
    walked = len(trips) // len(value)
    success, cost = q[_SUCCESS, r], q[_COST, r]
    for j in range(LANES * count):
        w = LANES * first + j
        passing, far = stems[end[w], r], cost * km[w]
        few[work + (j >> 3), j & 7] = success * (asked[2 * goal[w], r] * passing - far)
        few[work + width + (j >> 3), j & 7] = success * (asked[2 * goal[w] + 1, r] * passing - far)
    per = spread(few[1, r])
    stay = spread(1.0 - speed)
    for f in range(2):
        mine = ((o * LANES + r) * 2 + f) * width
        at_f = work + f * width
        best = spread(-1e300)
        for j in range(count):
            best = most(best, row(few, at_f + j))
        peaked = spread(peak(best))
        whole = spread(0.0)
        for j in range(count):
            e = rise((row(few, at_f + j) - peaked) * per) * row(there, first + j)
            put(few, pulls + j, e)
            whole = whole + e
        each = spread(speed / max(total(whole), 1e-300))
        sum_of = spread(0.0)
        for j in range(count):
            now = fused(row(few, pulls + j), each, row(share, mine + j) * stay)
            put(share, mine + j, now)
            sum_of = fused(now, row(few, at_f + j), sum_of)
        value[2 * o + f, r] = total(sum_of)
        mine_t = (2 * o + f) * walked
        for j in range(ptr[s], ptr[s + 1]):
            few[nodes + (j >> 3), j & 7] = 0.0
            trips[mine_t + link[j], r] = 0.0
        for j in range(LANES * count):
            node = end[LANES * first + j]
            few[nodes + (node >> 3), node & 7] += share[mine + (j >> 3), j & 7]
        for j in range(ptr[s + 1] - 1, ptr[s], -1):
            n_j = few[nodes + (j >> 3), j & 7]
            trips[mine_t + link[j], r] += n_j
            up = parent[j]
            few[nodes + (up >> 3), up & 7] += n_j


@inlined
def plan(x, at, n, nat, i, iat, month):
    q, alive, age, few = part(x, at, _PARAMETERS), part(x, at, _ALIVE), part(x, at, _AGE), part(x, at, _FEW)
    _look(x, at, n, nat, i, iat)
    nothing = spread(0.0)
    for o in range(len(alive)):
        usual = row(q, _SPEED) if (month + o) % 3 == 0 else nothing
        speed = choose(spread(0.5), row(age, o), spread(1.0), usual)
        speed = choose(row(alive, o), nothing, speed, nothing)
        if not some_above(speed, nothing):
            continue
        put(few, 3, speed)
        _towards(o, speed, x, at, n, nat, i, iat)
        _risks(o, x, at, i, iat)
        for r in range(LANES):
            if few[3, r] > 0.0:
                _people(o, r, few[3, r], x, at, n, nat, i, iat)
