"""A month's work of the stand-in's organisations, eight runs at once.

What a load meets on its way (hazards, bribes, kilometres) is the same for all organisations of a run, so what survives and
what is due is told once along the common stems of routes; an organisation then needs a product a route, and the sum of
its loads by corridor, from which it learns. What corridors, posts and markets see is summed by route over organisations
and carried once a month.
"""

from __future__ import annotations

from benchmarks.peers.kernel_block import Numbers, Places, Rows
from benchmarks.peers.kernel_rows import choose, fused, hyperbolic, part, rise, some_above
from benchmarks.peers.network import PERSONS, RANGES, SIZE_CAP
from qorgau.model.compiled import inlined
from qorgau.model.lanes import LANES, above, least, most, put, row, spread

_NAMES = list(RANGES)
(_TRANSPORT, _SOURCE, _MARKET_SPEED, _TRADE_SPEED, _WIDTH, _LOAD_KG, _FIXED, _LEARNING, _MEAN, _ALONE, _GROWTH) = (
    _NAMES.index(name) for name in (
        "transport", "source_price", "market_speed", "trade_speed", "trade_width", "load", "journey_fixed", "learning",
        "hazard_mean", "size_alone", "growth"))
_R, _N, _P = Rows, Numbers, Places
(_PARAMETERS, _HAZARD, _BRIBE, _CARRIED, _SEIZED, _CORRUPT, _INCOME, _ALIVE, _HOME, _CAPACITY, _CAPITAL, _RETURNS, _LOSS,
 _TRADE, _BELIEF, _MARKET_SHARE, _ROUTE_SHARE, _PEOPLE_SHARE, _PULL, _KEPT, _COST, _SENT, _VALUE, _TRIPS, _PRICE,
 _USERS, _ARRIVALS, _ATTEMPTS, _THROUGH, _SURVIVE, _TOLL, _FAR, _REACH, _CHARGE, _FLOWS, _LOADS, _ENTERING, _WORTH,
 _FEW) = (int(i) for i in (
     _R.PARAMETERS, _R.HAZARD, _R.BRIBE, _R.CARRIED, _R.SEIZED, _R.CORRUPT, _R.INCOME, _R.ALIVE, _R.HOME, _R.CAPACITY,
     _R.CAPITAL, _R.RETURNS, _R.LOSS, _R.TRADE, _R.BELIEF, _R.MARKET_SHARE, _R.ROUTE_SHARE, _R.PEOPLE_SHARE, _R.PULL,
     _R.KEPT, _R.COST, _R.SENT, _R.PEOPLE_VALUE, _R.TRIPS, _R.PRICE, _R.USERS, _R.ARRIVALS, _R.ATTEMPTS, _R.THROUGH,
     _R.SURVIVE, _R.TOLL, _R.FAR, _R.REACH, _R.CHARGE, _R.FLOWS, _R.LOAD, _R.ENTERING, _R.WORTH, _R.FEW))
_KM = int(_N.KM)
(_MARKET_PTR, _PARENT, _LINK, _STEM, _LAST, _POSTS, _PLACE_STATE, _PLACE_POST, _WAY_ROWS, _MET, _UNMET, _WALKED) = (
    int(i) for i in (_P.MARKET_PTR, _P.PARENT, _P.LINK, _P.STEM, _P.LAST, _P.POSTS, _P.PLACE_STATE, _P.PLACE_POST,
                     _P.WAY_ROWS, _P.MET, _P.UNMET, _P.WALKED))
_PEOPLE = PERSONS
_CAP = SIZE_CAP


@inlined
def _empty(rows):
    for j in range(len(rows)):
        put(rows, j, spread(0.0))


@inlined
def _ahead(x, at, n, nat, i, iat):
    """What a load meets on each route of each run: how much arrives, and what is paid for a kg that sets out."""
    hazard, bribe, through, survive = (part(x, at, _HAZARD), part(x, at, _BRIBE), part(x, at, _THROUGH),
                                       part(x, at, _SURVIVE))
    toll, far, reach, charge, price = (part(x, at, _TOLL), part(x, at, _FAR), part(x, at, _REACH), part(x, at, _CHARGE),
                                       part(x, at, _PRICE))
    parent, link, stem, last = part(i, iat, _PARENT), part(i, iat, _LINK), part(i, iat, _STEM), part(i, iat, _LAST)
    ptr, km = part(i, iat, _MARKET_PTR), part(n, nat, _KM)
    transport = row(part(x, at, _PARAMETERS), _TRANSPORT)
    for l in range(len(hazard)):
        put(through, l, rise(spread(0.0) - row(hazard, l)))
    put(through, len(hazard), spread(1.0))
    put(survive, 0, spread(1.0))
    put(toll, 0, spread(0.0))
    put(far, 0, spread(0.0))
    for j in range(1, len(parent)):
        before, l = parent[j], link[j]
        enters = row(survive, before)
        put(survive, j, enters * row(through, l))
        put(toll, j, fused(enters, row(bribe, l), row(toll, before)))
        put(far, j, fused(enters, spread(km[l]), row(far, before)))
    for m in range(len(price)):
        for k in range(ptr[m], ptr[m + 1]):
            before, l = stem[k], last[k]
            enters = row(survive, before)
            put(reach, k, enters * row(through, l))
            paid = fused(enters, row(bribe, l), row(toll, before)) * row(price, m)
            put(charge, k, fused(fused(enters, spread(km[l]), row(far, before)), transport, paid))


@inlined
def _shares(o, here, x, at):
    """Move market and trade shares of a slot; what a load of opiates offers, and the sum of shares that are used."""
    q, few = part(x, at, _PARAMETERS), part(x, at, _FEW)
    price, users, pulls, kept, cost = (part(x, at, _PRICE), part(x, at, _USERS), part(x, at, _PULL), part(x, at, _KEPT),
                                       part(x, at, _COST))
    share, trade, value = part(x, at, _MARKET_SHARE), part(x, at, _TRADE), part(x, at, _VALUE)
    markets, nothing = len(price), spread(0.0)
    whole = spread(1e-300)
    for m in range(markets):
        whole = fused(row(users, m), row(pulls, o * markets + m), whole)
    each = row(q, _MARKET_SPEED) / whole
    stay = spread(1.0) - row(q, _MARKET_SPEED)
    gain, used = nothing, spread(1e-300)
    for m in range(markets):
        k = o * markets + m
        s = choose(here, nothing, fused(row(users, m) * row(pulls, k), each, row(share, k) * stay), nothing)
        put(share, k, s)
        gain = fused(s, fused(row(price, m), row(kept, k), nothing - row(cost, k)), gain)
        used = used + above(s, spread(1e-6))
    opiates = row(q, _LOAD_KG) * (gain - row(q, _SOURCE))
    labour, sexual = spread(_PEOPLE) * row(value, 2 * o), spread(_PEOPLE) * row(value, 2 * o + 1)
    size = most(opiates, nothing - opiates) + most(labour, nothing - labour) + most(sexual, nothing - sexual)
    per = spread(1.0) / (row(q, _WIDTH) * fused(spread(0.5), size, row(q, _FIXED)))
    best = most(opiates, most(labour, sexual))
    a, b, c = rise((opiates - best) * per), rise((labour - best) * per), rise((sexual - best) * per)
    each = spread(0.96) * row(q, _TRADE_SPEED) / (a + b + c)
    stay = spread(1.0) - row(q, _TRADE_SPEED)
    least_of = row(q, _TRADE_SPEED) * spread(0.04 / 3.0)
    put(trade, 3 * o, choose(here, nothing, fused(a, each, fused(row(trade, 3 * o), stay, least_of)), nothing))
    put(trade, 3 * o + 1, choose(here, nothing, fused(b, each, fused(row(trade, 3 * o + 1), stay, least_of)), nothing))
    put(trade, 3 * o + 2, choose(here, nothing, fused(c, each, fused(row(trade, 3 * o + 2), stay, least_of)), nothing))
    put(few, 2, used)
    put(few, 3, fused(row(trade, 3 * o + 1), labour, row(trade, 3 * o + 2) * sexual))


@inlined
def _attempts(o, x, at, i, iat):
    """Add what each organisation of a slot tries to its run's ways; the ways of its home are eight a row."""
    share, attempts, home, alive, few = (part(x, at, _PEOPLE_SHARE), part(x, at, _ATTEMPTS), part(x, at, _HOME),
                                         part(x, at, _ALIVE), part(x, at, _FEW))
    rows, place_state = part(i, iat, _WAY_ROWS), part(i, iat, _PLACE_STATE)
    width = len(share) // (2 * LANES * len(alive))
    every = len(attempts) // (2 * LANES)
    for r in range(LANES):
        if alive[o, r] > 0.0:
            s = place_state[int(home[o, r])]
            first, count = rows[s], rows[s + 1] - rows[s]
            for f in range(2):
                tried = spread(few[4 + f, r])
                mine, ours = ((o * LANES + r) * 2 + f) * width, (r * 2 + f) * every + first
                for j in range(count):
                    put(attempts, ours + j, fused(tried, row(share, mine + j), row(attempts, ours + j)))


@inlined
def _carry(o, kg, x, at, i, iat):
    """Send a slot's loads on their ways: by corridor what enters; in ``few`` what was sent, arrived, brought, and cost."""
    share, flows, reach, charge = (part(x, at, _ROUTE_SHARE), part(x, at, _FLOWS), part(x, at, _REACH),
                                   part(x, at, _CHARGE))
    load, entering, survive, few = (part(x, at, _LOADS), part(x, at, _ENTERING), part(x, at, _SURVIVE),
                                    part(x, at, _FEW))
    price, sent, parts = part(x, at, _PRICE), part(x, at, _SENT), part(x, at, _MARKET_SHARE)
    parent, link, stem, last = part(i, iat, _PARENT), part(i, iat, _LINK), part(i, iat, _STEM), part(i, iat, _LAST)
    ptr = part(i, iat, _MARKET_PTR)
    markets, routes, limit = len(price), len(reach), spread(0.02)
    first = o * routes
    each = kg / row(few, 2)
    out, arrived, revenue, spent = spread(0.0), spread(0.0), spread(0.0), spread(0.0)
    _empty(load)
    for m in range(markets):
        one = each * above(row(parts, o * markets + m), spread(1e-6)) * row(sent, o * markets + m)
        came = spread(0.0)
        for k in range(ptr[m], ptr[m + 1]):
            flow = one * above(row(share, first + k), limit)
            put(flows, k, row(flows, k) + flow)
            out = out + flow
            came = fused(flow, row(reach, k), came)
            spent = fused(flow, row(charge, k), spent)
            before, l = stem[k], last[k]
            put(load, before, row(load, before) + flow)
            put(entering, l, fused(flow, row(survive, before), row(entering, l)))
        arrived = arrived + came
        revenue = fused(came, row(price, m), revenue)
    for j in range(len(parent) - 1, 0, -1):
        before, l, here = parent[j], link[j], row(load, j)
        put(load, before, row(load, before) + here)
        put(entering, l, fused(here, row(survive, before), row(entering, l)))
    put(few, 6, out - arrived)
    put(few, 7, revenue)
    put(few, 8, spent)


@inlined
def _learn(o, x, at, i, iat):
    """Move a slot's beliefs of hazards by what its loads and people met."""
    q, belief, hazard, entering = (part(x, at, _PARAMETERS), part(x, at, _BELIEF), part(x, at, _HAZARD),
                                   part(x, at, _ENTERING))
    links = len(hazard)
    per, learning = spread(1.0) / row(q, _LOAD_KG), row(q, _LEARNING)
    fade, mean = spread(0.98), spread(0.02) * row(q, _MEAN)
    for l in part(i, iat, _MET):
        trips = row(entering, l) * per
        believed = row(belief, o * links + l)
        met = fused(learning * trips / (trips + spread(2.0)), row(hazard, l) - believed, believed)
        put(belief, o * links + l, choose(trips, spread(0.02), met, fused(believed, fade, mean)))
    for l in part(i, iat, _UNMET):
        put(belief, o * links + l, fused(row(belief, o * links + l), fade, mean))


@inlined
def _work(o, here, x, at, i, iat):
    q, few, trade = part(x, at, _PARAMETERS), part(x, at, _FEW), part(x, at, _TRADE)
    capacity, capital, returns, loss = (part(x, at, _CAPACITY), part(x, at, _CAPITAL), part(x, at, _RETURNS),
                                        part(x, at, _LOSS))
    entering, trips, walked = part(x, at, _ENTERING), part(x, at, _TRIPS), part(i, iat, _WALKED)
    nothing = spread(0.0)
    _shares(o, here, x, at)
    size, own = row(capacity, o), row(capital, o)
    labour, sexual = size * row(trade, 3 * o + 1), size * row(trade, 3 * o + 2)
    put(few, 4, labour * spread(_PEOPLE))
    put(few, 5, sexual * spread(_PEOPLE))
    _attempts(o, x, at, i, iat)
    _empty(entering)
    labour, sexual = labour * row(q, _LOAD_KG), sexual * row(q, _LOAD_KG)
    for j in range(len(walked)):
        one = 2 * o * len(walked) + j
        met = fused(labour, row(trips, one), sexual * row(trips, one + len(walked)))
        put(entering, walked[j], choose(here, nothing, met, nothing))
    kg = least(size * row(trade, 3 * o) * row(q, _LOAD_KG), spread(2.0) * most(nothing, own) / row(q, _SOURCE))
    _carry(o, kg, x, at, i, iat)
    _learn(o, x, at, i, iat)
    spent = fused(kg, row(q, _SOURCE), fused(size, row(q, _FIXED), row(few, 8)))
    people = size * row(few, 3)
    profit = row(few, 7) + people - spent
    tenth = spread(0.1)
    lost = fused(tenth, row(few, 6) / most(kg, spread(1e-300)) - row(loss, o), row(loss, o))
    put(loss, o, choose(kg, nothing, lost, row(loss, o)))
    put(capital, o, choose(here, nothing, own + profit - spread(0.03) * most(nothing, own), nothing))
    per = spent + spread(0.3) * most(people, nothing - people) + spread(1.0)
    gained = fused(spread(0.25), profit / per - row(returns, o), row(returns, o))
    put(returns, o, choose(here, nothing, gained, nothing))
    room = row(q, _ALONE) * (spread(1.0) + row(few, 9))
    pace = row(q, _GROWTH) * (hyperbolic(spread(1.5) * gained) - size / room)
    grown = least(spread(_CAP), most(spread(0.5), size * rise(pace)))
    put(capacity, o, choose(here, nothing, grown, nothing))


@inlined
def _gather(x, at, n, nat, i, iat):
    """What corridors, posts and markets see of all loads of a month."""
    flows, reach, price, arrivals = part(x, at, _FLOWS), part(x, at, _REACH), part(x, at, _PRICE), part(x, at, _ARRIVALS)
    load, values, entering, worth = (part(x, at, _LOADS), part(x, at, _TOLL), part(x, at, _ENTERING),
                                     part(x, at, _WORTH))
    survive, through, bribe, carried = (part(x, at, _SURVIVE), part(x, at, _THROUGH), part(x, at, _BRIBE),
                                        part(x, at, _CARRIED))
    seized, income, posts = part(x, at, _SEIZED), part(x, at, _INCOME), part(i, iat, _POSTS)
    parent, link, stem, last = part(i, iat, _PARENT), part(i, iat, _LINK), part(i, iat, _STEM), part(i, iat, _LAST)
    ptr = part(i, iat, _MARKET_PTR)
    for rows in (load, values, entering, worth, income):
        _empty(rows)
    for m in range(len(price)):
        came = spread(0.0)
        for k in range(ptr[m], ptr[m + 1]):
            flow = row(flows, k)
            value = flow * row(price, m)
            came = fused(flow, row(reach, k), came)
            before, l = stem[k], last[k]
            enters = row(survive, before)
            put(load, before, row(load, before) + flow)
            put(values, before, row(values, before) + value)
            put(entering, l, fused(flow, enters, row(entering, l)))
            put(worth, l, fused(value, enters, row(worth, l)))
        put(arrivals, m, came)
    for j in range(len(parent) - 1, 0, -1):
        before, l = parent[j], link[j]
        enters, flow, value = row(survive, before), row(load, j), row(values, j)
        put(load, before, row(load, before) + flow)
        put(values, before, row(values, before) + value)
        put(entering, l, fused(flow, enters, row(entering, l)))
        put(worth, l, fused(value, enters, row(worth, l)))
    for l in range(len(carried)):
        put(carried, l, row(entering, l))
        put(seized, l, row(entering, l) * (spread(1.0) - row(through, l)))
        half = spread(0.5) * row(worth, l) * row(bribe, l)
        one, other = posts[2 * l], posts[2 * l + 1]
        put(income, one, row(income, one) + half)
        put(income, other, row(income, other) + half)


@inlined
def work(x, at, n, nat, i, iat):
    alive, home, corrupt, few = part(x, at, _ALIVE), part(x, at, _HOME), part(x, at, _CORRUPT), part(x, at, _FEW)
    place_post = part(i, iat, _PLACE_POST)
    _ahead(x, at, n, nat, i, iat)
    _empty(part(x, at, _FLOWS))
    _empty(part(x, at, _ATTEMPTS))
    for o in range(len(alive)):
        here = row(alive, o)
        if some_above(here, spread(0.0)):
            for r in range(LANES):
                few[9, r] = corrupt[place_post[int(home[o, r])], r]
            _work(o, here, x, at, i, iat)
    _gather(x, at, n, nat, i, iat)
