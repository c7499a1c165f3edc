"""A month's work of the stand-in's organisations, eight runs at once.

What a load meets on its way (hazards, bribes, kilometres) is the same for all organisations of a run, so what survives
and what is due is told once along the common stems of routes; an organisation then needs a product a route, and the sum
of its loads by corridor, from which it learns. What corridors, posts and markets see is summed by route over
organisations and carried once a month.
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
(_PARAMETERS, _HAZARD, _BRIBE, _CARRIED, _SEIZED, _CORRUPT, _INCOME, _ALIVE, _HOME, _CAPACITY, _CAPITAL, _RETURNS,
 _LOSS, _TRADE, _BELIEF, _MARKET_SHARE, _ROUTE_SHARE, _PEOPLE_SHARE, _PULL, _KEPT, _COST, _SENT, _VALUE, _TRIPS, _PRICE,
 _USERS, _ARRIVALS, _ATTEMPTS, _THROUGH, _SURVIVE, _TOLL, _FAR, _REACH, _CHARGE, _FLOWS, _LOADS, _ENTERING, _WORTH,
 _FEW, _KG, _PEOPLE_GAIN, _OUT_KG, _CAME, _REVENUE, _SPENT, _SENDS) = (int(i) for i in (
     _R.PARAMETERS, _R.HAZARD, _R.BRIBE, _R.CARRIED, _R.SEIZED, _R.CORRUPT, _R.INCOME, _R.ALIVE, _R.HOME, _R.CAPACITY,
     _R.CAPITAL, _R.RETURNS, _R.LOSS, _R.TRADE, _R.BELIEF, _R.MARKET_SHARE, _R.ROUTE_SHARE, _R.PEOPLE_SHARE, _R.PULL,
     _R.KEPT, _R.COST, _R.SENT, _R.PEOPLE_VALUE, _R.TRIPS, _R.PRICE, _R.USERS, _R.ARRIVALS, _R.ATTEMPTS, _R.THROUGH,
     _R.SURVIVE, _R.TOLL, _R.FAR, _R.REACH, _R.CHARGE, _R.FLOWS, _R.LOAD, _R.ENTERING, _R.WORTH, _R.FEW, _R.KG,
     _R.PEOPLE, _R.OUT_KG, _R.CAME, _R.REVENUE, _R.SPENT, _R.SENDS))
_KM = int(_N.KM)
(_MARKET_PTR, _PARENT, _LINK, _STEM, _LAST, _POSTS, _PLACE_STATE, _PLACE_POST, _WAY_ROWS, _MET, _UNMET, _WALKED,
 _CHILD_PTR, _ENDS_PTR, _ENDS, _MARKET_OF) = (
    int(i) for i in (_P.MARKET_PTR, _P.PARENT, _P.LINK, _P.STEM, _P.LAST, _P.POSTS, _P.PLACE_STATE, _P.PLACE_POST,
                     _P.WAY_ROWS, _P.MET, _P.UNMET, _P.WALKED, _P.CHILD_PTR, _P.ENDS_PTR, _P.ENDS,
                     _P.MARKET_OF))
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
def _sell(x, at, i, iat):
    """Send all loads of a month, market by market: by route all kg; by slot what set out, arrived, brought and cost.

    What is known of a market's routes stays in the nearest cache while all slots go by.
    """
    alive, share, flows, reach, charge = (part(x, at, _ALIVE), part(x, at, _ROUTE_SHARE), part(x, at, _FLOWS),
                                          part(x, at, _REACH), part(x, at, _CHARGE))
    out, came, revenue, spent, sends = (part(x, at, _OUT_KG), part(x, at, _CAME), part(x, at, _REVENUE),
                                        part(x, at, _SPENT), part(x, at, _SENDS))
    price, ptr = part(x, at, _PRICE), part(i, iat, _MARKET_PTR)
    markets, routes, limit = len(price), len(reach), spread(0.02)
    for rows in (flows, out, came, revenue, spent):
        _empty(rows)
    for m in range(markets):
        for o in range(len(alive)):
            if some_above(row(alive, o), spread(0.0)):
                one = row(sends, o * markets + m)
                some, there, costs = row(out, o), spread(0.0), row(spent, o)
                for k in range(ptr[m], ptr[m + 1]):
                    flow = one * above(row(share, o * routes + k), limit)
                    put(flows, k, row(flows, k) + flow)
                    some = some + flow
                    there = fused(flow, row(reach, k), there)
                    costs = fused(flow, row(charge, k), costs)
                put(out, o, some)
                put(spent, o, costs)
                put(came, o, row(came, o) + there)
                put(revenue, o, fused(there, row(price, m), row(revenue, o)))


@inlined
def _walk(one, two, x, at, i, iat):
    """Add up what of two slots' loads enters each corridor, from the ends of routes to their common beginnings.

    Two at a time read once what both need; corridors and nodes have a row for each of the two.
    """
    share, load, entering, survive, sends = (part(x, at, _ROUTE_SHARE), part(x, at, _LOADS), part(x, at, _ENTERING),
                                             part(x, at, _SURVIVE), part(x, at, _SENDS))
    parent, link = part(i, iat, _PARENT), part(i, iat, _LINK)
    stem, last, ptr = part(i, iat, _STEM), part(i, iat, _LAST), part(i, iat, _MARKET_PTR)
    routes, markets, limit = len(last), len(ptr) - 1, spread(0.02)
    _empty(load)
    for m in range(markets):
        ours, theirs = row(sends, one * markets + m), row(sends, two * markets + m)
        for k in range(ptr[m], ptr[m + 1]):
            before, l = stem[k], last[k]
            enters = row(survive, before)
            first = ours * above(row(share, one * routes + k), limit)
            other = theirs * above(row(share, two * routes + k), limit)
            put(load, 2 * before, row(load, 2 * before) + first)
            put(load, 2 * before + 1, row(load, 2 * before + 1) + other)
            put(entering, 2 * l, fused(first, enters, row(entering, 2 * l)))
            put(entering, 2 * l + 1, fused(other, enters, row(entering, 2 * l + 1)))
    for j in range(len(parent) - 1, 0, -1):
        before, l = parent[j], link[j]
        enters, first, other = row(survive, before), row(load, 2 * j), row(load, 2 * j + 1)
        put(load, 2 * before, row(load, 2 * before) + first)
        put(load, 2 * before + 1, row(load, 2 * before + 1) + other)
        put(entering, 2 * l, fused(first, enters, row(entering, 2 * l)))
        put(entering, 2 * l + 1, fused(other, enters, row(entering, 2 * l + 1)))


@inlined
def _guide(o, which, x, at, i, iat):
    """What people of a slot's organisations walk each corridor, told as if they were loads."""
    entering, trips, trade, walked = (part(x, at, _ENTERING), part(x, at, _TRIPS), part(x, at, _TRADE),
                                      part(i, iat, _WALKED))
    each = row(part(x, at, _CAPACITY), o) * row(part(x, at, _PARAMETERS), _LOAD_KG)
    labour, sexual = each * row(trade, 3 * o + 1), each * row(trade, 3 * o + 2)
    for j in range(len(walked)):
        mine = 2 * o * len(walked) + j
        met = fused(labour, row(trips, mine), sexual * row(trips, mine + len(walked)))
        put(entering, 2 * walked[j] + which, met)


@inlined
def _learn(o, which, x, at, i, iat):
    """Move a slot's beliefs of hazards by what its loads and people met."""
    q, belief, hazard, entering = (part(x, at, _PARAMETERS), part(x, at, _BELIEF), part(x, at, _HAZARD),
                                   part(x, at, _ENTERING))
    links = len(hazard)
    per, learning = spread(1.0) / row(q, _LOAD_KG), row(q, _LEARNING)
    fade, mean = spread(0.98), spread(0.02) * row(q, _MEAN)
    for l in part(i, iat, _MET):
        trips = row(entering, 2 * l + which) * per
        believed = row(belief, o * links + l)
        met = fused(learning * trips / (trips + spread(2.0)), row(hazard, l) - believed, believed)
        put(belief, o * links + l, choose(trips, spread(0.02), met, fused(believed, fade, mean)))
    for l in part(i, iat, _UNMET):
        put(belief, o * links + l, fused(row(belief, o * links + l), fade, mean))


@inlined
def _choose(o, here, x, at, i, iat):
    """What an organisation of a slot does this month: how much of each trade, and for which markets."""
    q, few, trade, sends = part(x, at, _PARAMETERS), part(x, at, _FEW), part(x, at, _TRADE), part(x, at, _SENDS)
    parts, sent, capital, kilos = (part(x, at, _MARKET_SHARE), part(x, at, _SENT), part(x, at, _CAPITAL),
                                   part(x, at, _KG))
    nothing, size, markets = spread(0.0), row(part(x, at, _CAPACITY), o), len(sends) // len(capital)
    _shares(o, here, x, at)
    put(few, 4, size * row(trade, 3 * o + 1) * spread(_PEOPLE))
    put(few, 5, size * row(trade, 3 * o + 2) * spread(_PEOPLE))
    _attempts(o, x, at, i, iat)
    put(part(x, at, _PEOPLE_GAIN), o, size * row(few, 3))
    means = spread(2.0) * most(nothing, row(capital, o)) / row(q, _SOURCE)
    kg = least(size * row(trade, 3 * o) * row(q, _LOAD_KG), means)
    put(kilos, o, kg)
    each = kg / row(few, 2)
    for k in range(o * markets, (o + 1) * markets):
        put(sends, k, each * above(row(parts, k), spread(1e-6)) * row(sent, k))


@inlined
def _account(o, here, x, at):
    """What an organisation of a slot earns in its month, and how it grows."""
    q, few = part(x, at, _PARAMETERS), part(x, at, _FEW)
    capacity, capital, returns, loss = (part(x, at, _CAPACITY), part(x, at, _CAPITAL), part(x, at, _RETURNS),
                                        part(x, at, _LOSS))
    nothing, size, own, kg = spread(0.0), row(capacity, o), row(capital, o), row(part(x, at, _KG), o)
    spent = fused(kg, row(q, _SOURCE), fused(size, row(q, _FIXED), row(part(x, at, _SPENT), o)))
    people = row(part(x, at, _PEOPLE_GAIN), o)
    profit = row(part(x, at, _REVENUE), o) + people - spent
    tenth, gone = spread(0.1), row(part(x, at, _OUT_KG), o) - row(part(x, at, _CAME), o)
    lost = fused(tenth, gone / most(kg, spread(1e-300)) - row(loss, o), row(loss, o))
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
def _gather(x, at, i, iat):
    """What corridors, posts and markets see of all loads of a month."""
    flows, reach, price, arrivals = (part(x, at, _FLOWS), part(x, at, _REACH), part(x, at, _PRICE),
                                     part(x, at, _ARRIVALS))
    load, values, entering, worth = (part(x, at, _LOADS), part(x, at, _TOLL), part(x, at, _ENTERING),
                                     part(x, at, _WORTH))
    survive, through, bribe, carried = (part(x, at, _SURVIVE), part(x, at, _THROUGH), part(x, at, _BRIBE),
                                        part(x, at, _CARRIED))
    seized, income, posts = part(x, at, _SEIZED), part(x, at, _INCOME), part(i, iat, _POSTS)
    parent, link, child, ends = (part(i, iat, _PARENT), part(i, iat, _LINK), part(i, iat, _CHILD_PTR),
                                 part(i, iat, _ENDS))
    ptr, market, last, first = (part(i, iat, _ENDS_PTR), part(i, iat, _MARKET_OF), part(i, iat, _LAST),
                                part(i, iat, _MARKET_PTR))
    for rows in (entering, worth, income):
        _empty(rows)
    for m in range(len(price)):
        came = spread(0.0)
        for k in range(first[m], first[m + 1]):
            came = fused(row(flows, k), row(reach, k), came)
        put(arrivals, m, came)
    for j in range(len(parent) - 1, -1, -1):
        enters, here, valued = row(survive, j), spread(0.0), spread(0.0)
        for k in range(ptr[j], ptr[j + 1]):
            route = ends[k]
            flow, l = row(flows, route), last[route]
            value = flow * row(price, market[route])
            here = here + flow
            valued = valued + value
            put(entering, l, fused(flow, enters, row(entering, l)))
            put(worth, l, fused(value, enters, row(worth, l)))
        for k in range(child[j], child[j + 1]):
            here = here + row(load, k)
            valued = valued + row(values, k)
        put(load, j, here)
        put(values, j, valued)
        if j > 0:
            l, enters = link[j], row(survive, parent[j])
            put(entering, l, fused(here, enters, row(entering, l)))
            put(worth, l, fused(valued, enters, row(worth, l)))
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
    place_post, entering = part(i, iat, _PLACE_POST), part(x, at, _ENTERING)
    sends = part(x, at, _SENDS)
    markets = len(sends) // len(alive)
    _ahead(x, at, n, nat, i, iat)
    _empty(part(x, at, _ATTEMPTS))
    for o in range(len(alive)):
        if some_above(row(alive, o), spread(0.0)):
            _choose(o, row(alive, o), x, at, i, iat)
        else:
            for k in range(o * markets, (o + 1) * markets):
                put(sends, k, spread(0.0))
    _sell(x, at, i, iat)
    o = 0
    while o < len(alive):
        two = o + 1
        while two < len(alive) and not some_above(row(alive, two), spread(0.0)):
            two += 1
        if some_above(row(alive, o), spread(0.0)):
            _empty(entering)
            if two < len(alive):
                _guide(two, 1, x, at, i, iat)
            _guide(o, 0, x, at, i, iat)
            _walk(o, min(two, len(alive) - 1), x, at, i, iat)
            for which, slot in enumerate((o, two)):
                if slot < len(alive):
                    _learn(slot, which, x, at, i, iat)
                    for r in range(LANES):
                        few[9, r] = corrupt[place_post[int(home[slot, r])], r]
                    _account(slot, row(alive, slot), x, at)
            o = two + 1
        else:
            o += 1
    _gather(x, at, i, iat)
