"""The stand-in's plans for eight runs at once: logit over routes of opiates and over ways that people are taken.

What survives of a load is a product along common stems, so an exponential is formed for each corridor and not for each
route. Routes of one slot are walked for all eight runs; ways of people differ by home, so they are taken organisation
by organisation, eight ways at once.
"""

from __future__ import annotations

from benchmarks.peers.kernel_block import Numbers, Places, Rows
from benchmarks.peers.kernel_rows import added, choose, flat, fused, part, peak, rise, some_above
from benchmarks.peers.network import RANGES
from qorgau.model.compiled import inlined
from qorgau.model.lanes import LANES, above, most, put, row, spread, total

_NAMES = list(RANGES)
_SCALE, _TRANSPORT, _SPEED = (_NAMES.index(name) for name in ("choice_scale", "transport", "route_speed"))
_RISK, _COST, _SUCCESS = (_NAMES.index(name) for name in ("transit_risk", "journey_cost", "success"))
_R, _N, _P = Rows, Numbers, Places
(_PARAMETERS, _THERE, _BRIBE, _ALIVE, _HOME, _AGE, _BELIEF, _ROUTE_SHARE, _PEOPLE_SHARE, _PULL, _KEPT, _COSTS, _SENT,
 _VALUE, _TRIPS, _PRICE, _USERS, _PEOPLE_PRICE, _PAID, _LOAD, _PASSES, _STEMS, _LEFT, _WEIGHT, _WORK, _FEW) = (
 int(i) for i in (
     _R.PARAMETERS, _R.THERE, _R.BRIBE, _R.ALIVE, _R.HOME, _R.AGE, _R.BELIEF, _R.ROUTE_SHARE, _R.PEOPLE_SHARE, _R.PULL,
     _R.KEPT, _R.COST, _R.SENT, _R.PEOPLE_VALUE, _R.TRIPS, _R.PRICE, _R.USERS, _R.PEOPLE_PRICE, _R.PAID,
     _R.LOAD, _R.PASSES, _R.STEMS, _R.LEFT, _R.WEIGHT, _R.WORK, _R.FEW))
_ROUTE_KM, _ROUTE_SIZE, _WAY_KM = int(_N.ROUTE_KM), int(_N.ROUTE_SIZE), int(_N.WAY_KM)
(_MARKET_PTR, _PARENT, _LINK, _STEM, _LAST, _PLACE_STATE, _WAY_ROWS, _GOAL, _WAY_PTR, _WAY_PARENT, _WAY_LINK, _WAY_END,
 _ROUTED, _WALKED, _HOME_PTR, _HOME_LINKS, _WALKS_PTR) = (int(i) for i in (
     _P.MARKET_PTR, _P.PARENT, _P.LINK, _P.STEM, _P.LAST, _P.PLACE_STATE, _P.WAY_ROWS, _P.GOAL, _P.WAY_PTR,
     _P.WAY_PARENT, _P.WAY_LINK, _P.WAY_END, _P.ROUTED, _P.WALKED, _P.HOME_PTR, _P.HOME_LINKS, _P.WALKS_PTR))


@inlined
def _look(x, at, i, iat):
    """What all organisations of a run see: how wide choices are, and the bribes along each route."""
    q, price, users, bribe = part(x, at, _PARAMETERS), part(x, at, _PRICE), part(x, at, _USERS), part(x, at, _BRIBE)
    owed, paid, few = part(x, at, _LOAD), part(x, at, _PAID), part(x, at, _FEW)
    asked = part(x, at, _PEOPLE_PRICE)
    parent, link, stem, last = part(i, iat, _PARENT), part(i, iat, _LINK), part(i, iat, _STEM), part(i, iat, _LAST)
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
    for k in range(len(paid)):
        put(paid, k, row(owed, stem[k]) + row(bribe, last[k]))


@inlined
def _towards(o, speed, x, at, n, nat, i, iat):
    """Plans of one slot for the opiate trade; a run whose ``speed`` is 0 keeps its own."""
    belief, passes, stems, share = (part(x, at, _BELIEF), part(x, at, _PASSES), part(x, at, _STEMS),
                                    part(x, at, _ROUTE_SHARE))
    paid, left, weight, few = part(x, at, _PAID), part(x, at, _LEFT), part(x, at, _WEIGHT), part(x, at, _FEW)
    price, pulls, kept, cost, sent = (part(x, at, _PRICE), part(x, at, _PULL), part(x, at, _KEPT), part(x, at, _COSTS),
                                      part(x, at, _SENT))
    parent, link, stem, last = part(i, iat, _PARENT), part(i, iat, _LINK), part(i, iat, _STEM), part(i, iat, _LAST)
    ptr, routed, km = part(i, iat, _MARKET_PTR), part(i, iat, _ROUTED), part(n, nat, _ROUTE_KM)
    size = part(n, nat, _ROUTE_SIZE)
    links, routes, markets = len(passes) - 1, len(paid), len(price)
    nothing, unit = spread(0.0), spread(1.0)
    transport = row(part(x, at, _PARAMETERS), _TRANSPORT)
    per = row(few, 0)
    far = nothing - transport * per
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
        pull, begins = row(price, m) * per, ptr[m]
        best = spread(-1e300)
        for k in range(begins, ptr[m + 1]):
            reached = fused(row(stems, stem[k]), row(passes, last[k]), nothing - row(paid, k))
            put(left, k - begins, reached)
            value = fused(pull, reached, fused(far, spread(km[k]), spread(size[k])))
            put(weight, k - begins, value)
            best = most(best, value)
        whole = nothing
        for k in range(ptr[m + 1] - begins):
            e = rise(row(weight, k) - best)
            put(weight, k, e)
            whole = whole + e
        each = speed / whole
        slope, mean, used = nothing, nothing, nothing
        for k in range(begins, ptr[m + 1]):
            s = fused(row(weight, k - begins), each, row(share, o * routes + k) * stay)
            put(share, o * routes + k, s)
            slope = fused(s, row(left, k - begins), slope)
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
def _values(o, r, s, x, at, n, nat, i, iat):
    """What a journey on each way from a state is worth to an organisation, by form, in rows of eight ways."""
    q, stems, asked = part(x, at, _PARAMETERS), flat(part(x, at, _STEMS)), flat(part(x, at, _PEOPLE_PRICE))
    values, km = flat(part(x, at, _WORK)), part(n, nat, _WAY_KM)
    rows, goal, end = part(i, iat, _WAY_ROWS), part(i, iat, _GOAL), part(i, iat, _WAY_END)
    success, cost, first = q[_SUCCESS, r], q[_SUCCESS, r] * q[_COST, r], LANES * rows[s]
    other = len(values) // 3
    for j in range(LANES * (rows[s + 1] - rows[s])):
        w = first + j
        passing, far = success * stems[LANES * end[w] + r], cost * km[w]
        to = 2 * LANES * goal[w] + r
        values[j] = asked[to] * passing - far
        values[other + j] = asked[to + LANES] * passing - far


@inlined
def _people(o, r, speed, x, at, n, nat, i, iat, walks):
    """Plans of one organisation, in a slot and a run, for the trade in people."""
    there, share, value, trips = (part(x, at, _THERE), part(x, at, _PEOPLE_SHARE), part(x, at, _VALUE),
                                  part(x, at, _TRIPS))
    work, few, rows = part(x, at, _WORK), part(x, at, _FEW), part(i, iat, _WAY_ROWS)
    homes, links, walks_ptr = part(i, iat, _HOME_PTR), part(i, iat, _HOME_LINKS), part(i, iat, _WALKS_PTR)
    s = part(i, iat, _PLACE_STATE)[int(part(x, at, _HOME)[o, r])]
    first, count, width, walked = rows[s], rows[s + 1] - rows[s], len(work) // 3, len(trips) // len(value)
    _values(o, r, s, x, at, n, nat, i, iat)
    per, stay, mine = spread(few[1, r]), spread(1.0 - speed), 2 * width * (o * LANES + r)
    for f in range(2):
        best = spread(-1e300)
        for j in range(count):
            best = most(best, row(work, f * width + j))
        peaked = spread(peak(best))
        whole = spread(0.0)
        for j in range(count):
            e = rise((row(work, f * width + j) - peaked) * per) * row(there, first + j)
            put(work, 2 * width + j, e)
            whole = whole + e
        each = spread(speed / max(total(whole), 1e-300))
        sum_of = spread(0.0)
        for j in range(count):
            now = fused(row(work, 2 * width + j), each, row(share, mine + f * width + j) * stay)
            put(share, mine + f * width + j, now)
            sum_of = fused(now, row(work, f * width + j), sum_of)
        value[2 * o + f, r] = total(sum_of)
    shares, columns = flat(share), flat(trips)
    one, two = LANES * mine, LANES * (mine + width)
    for eight in range(homes[s + 1] - homes[s]):
        place = walks_ptr[s] + eight * LANES * count
        a, b, c, d = spread(0.0), spread(0.0), spread(0.0), spread(0.0)
        for j in range(0, LANES * count, 2):
            a = added(a, walks, place + j, spread(shares[one + j]))
            b = added(b, walks, place + j, spread(shares[two + j]))
            c = added(c, walks, place + j + 1, spread(shares[one + j + 1]))
            d = added(d, walks, place + j + 1, spread(shares[two + j + 1]))
        put(work, 0, a + c)
        put(work, 1, b + d)
        for k in range(LANES):
            to = LANES * (2 * o * walked + links[LANES * (homes[s] + eight) + k]) + r
            columns[to] = work[0, k]
            columns[to + LANES * walked] = work[1, k]


@inlined
def plan(x, at, n, nat, i, iat, walks, month):
    q, alive, age, few = part(x, at, _PARAMETERS), part(x, at, _ALIVE), part(x, at, _AGE), part(x, at, _FEW)
    _look(x, at, i, iat)
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
                _people(o, r, few[3, r], x, at, n, nat, i, iat, walks)
