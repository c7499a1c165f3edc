"""The stand-in in NumPy over all runs of a block: no loop over runs, organisations, routes or places.

Loops remain over forms (two), positions along a route, and gangs, whose foundings follow one another in a month.
Organisations act as rows, one for each pair of a run and a living organisation whose turn it is.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.peers.chance import binomials, poissons, quantiles, uniforms
from benchmarks.peers.network import PERSONS, PRICE_HIGH, PRICE_LOW, SIZE_CAP, Network
from qorgau.model.streams import Stream

Arrays = dict[str, np.ndarray]


class Derived:
    """What the network gives once."""

    def __init__(self, net: Network):
        self.links = np.arange(len(net.corridor_km))
        self.ways = np.arange(len(net.way_km))
        self.route_market = np.repeat(np.arange(len(net.market_people)), np.diff(net.market_ptr))
        self.route_length = np.diff(net.route_ptr)
        self.way_of_link = np.repeat(self.ways, np.diff(net.way_ptr))
        self.way_home = np.repeat(np.arange(net.states), np.diff(net.home_ptr))[np.argsort(net.home_ways)]


def _sums(values: np.ndarray, ptr: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Sum of ``values`` over the links of each route, along the last axis; a route may have none."""
    some = np.diff(ptr) > 0
    out = np.zeros((*values.shape[:-1], len(some)))
    out[..., some] = np.add.reduceat(values[..., links], ptr[:-1][some], axis=-1)
    return out


def step(net: Network, derived: Derived, par: np.ndarray, keys: np.ndarray, s: Arrays, month: int) -> None:
    """One month of all runs, in place."""
    q: dict[str, Any] = {name: par[name][:, None] for name in par.dtype.names or ()}
    with np.errstate(over="ignore", under="ignore"):
        _officials(net, q, s)
        _detection(net, derived, q, keys, s, month)
        _routes(net, derived, q, s, month)
        _organisations(net, derived, q, s)
        _life(net, q, keys, s, month)
        _market(net, q, s)
        _human_trade(net, derived, q, keys, s, month)
        _people(net, q, keys, s, month)


def _officials(net: Network, q: Arrays, s: Arrays) -> None:
    worth = s["income"] / (net.post_officials * 300.0)
    pull = (q["rent_value"] * np.log(1.0 + worth) - q["fear"]) / q["temperature"]
    s["corrupt"] += q["conduct_speed"] * (1.0 / (1.0 + np.exp(-pull)) - s["corrupt"])


def _detection(net: Network, derived: Derived, q: Arrays, keys: np.ndarray, s: Arrays, month: int) -> None:
    z = quantiles(uniforms(keys[:, None], int(Stream.CORRIDOR_NOISE), month, derived.links, 0))
    s["noise"] = 0.9 * s["noise"] + np.sqrt(0.19) * z
    spread = q["noise_spread"]
    honest = q["hazard_mean"] * net.corridor_watch * np.exp(spread * s["noise"] - 0.5 * spread * spread)
    look = 0.5 * s["corrupt"][:, net.corridor_posts].sum(axis=2)
    s["hazard"] = honest * (1.0 - look)
    s["bribe"] = q["bribe_level"] * look * honest


def _routes(net: Network, derived: Derived, q: Arrays, s: Arrays, month: int) -> None:
    slots = np.arange(net.slots)
    r, o = np.nonzero((s["active"] == 1) & ((s["age"] == 0) | ((month + slots) % 3 == 0)))
    if not len(r):
        return
    speed = np.where(s["age"][r, o] == 0, 1.0, q["route_speed"][r, 0])[:, None]
    belief = s["belief"][r, o]
    mean = (s["price"] * s["users"]).sum(axis=1) / s["users"].sum(axis=1)
    scale = (q["choice_scale"][:, 0] * mean)[r][:, None]
    of = derived.route_market
    kept = np.exp(-_sums(belief, net.route_ptr, net.route_links))
    kept -= _sums(s["bribe"], net.route_ptr, net.route_links)[r]
    cost = q["transport"][r] * net.route_km
    weight = (s["price"][r][:, of] * kept - cost - q["source_price"][r]) / scale + net.route_size
    first = net.market_ptr[:-1]
    best = np.maximum.reduceat(weight, first, axis=1)
    weight = np.exp(weight - best[:, of])
    total = np.add.reduceat(weight, first, axis=1)
    share = s["route_share"][r, o]
    share += speed * (weight / total[:, of] - share)
    s["route_share"][r, o] = share
    s["plan_value"][r, o] = best + np.log(total)
    s["plan_kept"][r, o] = np.add.reduceat(share * kept, first, axis=1)
    s["plan_cost"][r, o] = np.add.reduceat(share * cost, first, axis=1)
    passing = np.exp(-q["transit_risk"][r] * _sums(belief, net.way_ptr, net.way_links))[:, :, None]
    price = s["people_price"][r][:, net.way_destination]
    value = q["success"][r][:, :, None] * (price * passing - (q["journey_cost"][r] * net.way_km)[:, :, None])
    mine = (derived.way_home == net.place_state[s["home"][r, o]][:, None])[:, :, None]
    best = np.where(mine, value, -np.inf).max(axis=1, keepdims=True, initial=-1e300)
    width = 2.0 * q["choice_scale"][r, 0] * s["people_price"].mean(axis=(1, 2))[r]
    pull = np.where(mine, np.exp(np.where(mine, value - best, 0.0) / width[:, None, None]), 0.0)
    total = pull.sum(axis=1, keepdims=True)
    share = s["people_share"][r, o]
    share += np.where(mine, speed[:, :, None] * (pull / np.where(total > 0, total, 1.0) - share), 0.0)
    s["people_share"][r, o] = share
    s["people_value"][r, o] = np.where(mine, share * value, 0.0).sum(axis=1)


def _organisations(net: Network, derived: Derived, q: Arrays, s: Arrays) -> None:
    runs, links, posts = len(s["price"]), len(net.corridor_km), len(net.post_officials)
    r, o = np.nonzero(s["active"] == 1)
    p = {name: value[r, 0] for name, value in q.items()}
    rows = len(r)
    offers, share = _choose(p, s, r, o)
    size = s["capacity"][r, o]
    trade = s["trade"][r, o]
    tried = (size[:, None] * trade[:, 1:] * PERSONS)[:, None, :] * s["people_share"][r, o]
    # shares of ways from other homes are zero
    starts = np.flatnonzero(np.diff(r, prepend=-1))
    s["attempts"][:] = 0.0
    if rows:
        s["attempts"][r[starts]] = np.add.reduceat(tried, starts, axis=0)
    per_way = (tried.sum(axis=2) / PERSONS)[:, derived.way_of_link]
    at = np.arange(rows)[:, None] * links + net.way_links
    trips = np.bincount(at.ravel(), per_way.ravel(), rows * links).reshape(rows, links)
    kg = np.minimum(size * trade[:, 0] * p["load"], 2.0 * np.maximum(0.0, s["capital"][r, o]) / p["source_price"])
    entering, worth, revenue = _carry(net, derived, s, r, o, share, kg)
    gone = entering * -np.expm1(-s["hazard"])[r]
    trips += entering / p["load"][:, None]
    paid = worth * s["bribe"][r]
    spent = kg * p["source_price"] + size * p["journey_fixed"]
    spent += (entering * net.corridor_km).sum(axis=1) * p["transport"] + paid.sum(axis=1)
    for name, value in (("carried", entering), ("seized", gone), ("income", paid)):
        summed = np.zeros((runs, links))
        if rows:
            summed[r[starts]] = np.add.reduceat(value, starts, axis=0)
        if name == "income":
            at = np.arange(runs)[:, None, None] * posts + net.corridor_posts
            halves = np.repeat(0.5 * summed[:, :, None], 2, axis=2)
            summed = np.bincount(at.ravel(), halves.ravel(), runs * posts).reshape(runs, posts)
        s[name] = summed
    belief, hazard = s["belief"][r, o], s["hazard"][r]
    met = p["learning"][:, None] * (trips / (trips + 2.0)) * (hazard - belief)
    belief += np.where(trips > 0.02, met, 0.02 * (p["hazard_mean"][:, None] - belief))
    s["belief"][r, o] = belief
    people = size * (trade[:, 1] * offers[:, 1] + trade[:, 2] * offers[:, 2])
    profit = revenue + people - spent
    loss = s["loss"][r, o]
    moved = kg > 0.0
    loss[moved] += 0.1 * (gone.sum(axis=1)[moved] / kg[moved] - loss[moved])
    s["loss"][r, o] = loss
    capital = s["capital"][r, o]
    s["capital"][r, o] = capital + profit - 0.03 * np.maximum(0.0, capital)
    returns = s["returns"][r, o]
    returns += 0.25 * (profit / (spent + 0.3 * np.abs(people) + 1.0) - returns)
    s["returns"][r, o] = returns
    room = p["size_alone"] * (1.0 + s["corrupt"][r, net.place_post[s["home"][r, o]]])
    pace = p["growth"] * (np.tanh(1.5 * returns) - size / room)
    s["capacity"][r, o] = np.clip(size * np.exp(pace), 0.5, SIZE_CAP)


def _choose(p: Arrays, s: Arrays, r: np.ndarray, o: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move market and trade shares; what a journey in each trade offers, and the shares of markets."""
    pull = s["plan_value"][r, o] + np.log(s["users"])[r]
    pull = np.exp(pull - pull.max(axis=1, keepdims=True))
    share = s["market_share"][r, o]
    share += p["market_speed"][:, None] * (pull / pull.sum(axis=1, keepdims=True) - share)
    s["market_share"][r, o] = share
    gain = (share * (s["price"][r] * s["plan_kept"][r, o] - s["plan_cost"][r, o])).sum(axis=1)
    offers = np.empty((len(r), 3))
    offers[:, 0] = p["load"] * (gain - p["source_price"])
    offers[:, 1:] = PERSONS * s["people_value"][r, o]
    width = p["trade_width"] * (0.5 * np.abs(offers).sum(axis=1) + p["journey_fixed"])
    pull = np.exp((offers - offers.max(axis=1, keepdims=True)) / width[:, None])
    wanted = 0.96 * pull / pull.sum(axis=1, keepdims=True) + 0.04 / 3.0
    trade = s["trade"][r, o]
    s["trade"][r, o] = trade + p["trade_speed"][:, None] * (wanted - trade)
    return offers, share


def _carry(net: Network, derived: Derived, s: Arrays, r: np.ndarray, o: np.ndarray, share: np.ndarray,
           kg: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Carry the loads of all rows: kg and worth entering each corridor, by row, and what sales bring."""
    rows, links, of = len(r), len(net.corridor_km), derived.route_market
    used = np.where(share >= 1e-6, share, 0.0)
    routes = s["route_share"][r, o]
    routes[routes <= 0.02] = 0.0
    total = np.add.reduceat(routes, net.market_ptr[:-1], axis=1)
    sent = kg[:, None] * used / used.sum(axis=1, keepdims=True) / np.where(total > 0, total, 1.0)
    row, k = np.nonzero((routes > 0.0) & (used > 0.0)[:, of])
    flow = sent[row, of[k]] * routes[row, k]
    price = s["price"][r[row], of[k]]
    through = np.exp(-s["hazard"])
    entering, worth = np.zeros(rows * links), np.zeros(rows * links)
    length, run = derived.route_length[k], r[row]
    for j in range(int(derived.route_length.max(initial=0))):
        on = np.flatnonzero(length > j)
        link = net.route_links[net.route_ptr[k[on]] + j]
        at = row[on] * links + link
        entering += np.bincount(at, flow[on], rows * links)
        worth += np.bincount(at, flow[on] * price[on], rows * links)
        flow[on] *= through[run[on], link]
    markets = s["price"].shape[1]
    arrived = np.bincount(run * markets + of[k], flow, s["price"].size)
    s["arrivals"] = arrived.reshape(s["price"].shape)
    revenue = np.bincount(row, flow * price, rows)
    return entering.reshape(rows, links), worth.reshape(rows, links), revenue


def _life(net: Network, q: Arrays, keys: np.ndarray, s: Arrays, month: int) -> None:
    slots = np.arange(net.slots)
    active = s["active"] == 1
    seen = 0.3 + 8.0 * np.minimum(0.5, s["loss"])
    hazard = q["attrition"] + q["arrest"] * np.sqrt(s["capacity"] / 10.0) * seen
    u = uniforms(keys[:, None], int(Stream.ORGANISATION_EXIT), month, slots, s["age"])
    over = active & ((u < 1.0 - np.exp(-hazard)) | (s["capital"] < 0.0))
    for name in ("active", "home", "age", "capacity", "capital", "returns", "loss", "trade", "market_share",
                 "people_value"):
        s[name][over] = 0
    alive = active & ~over
    s["age"][alive] += 1
    number = alive.sum(axis=1)
    hoped = np.where(number > 0, s["returns"].sum(axis=1) / np.maximum(1, number), 0.2)
    weights = s["users"] / s["users"].sum(axis=1, keepdims=True)
    for n in range(len(net.gang_home)):
        rate = q["entry_rate"][:, 0] / 12.0 * np.tanh(np.maximum(0.1, hoped))
        rate = rate * np.maximum(0.0, 1.0 - number / net.slots)
        enters = uniforms(keys, int(Stream.ORGANISATION_ENTRY), month, n, 0) < 1.0 - np.exp(-rate)
        r = np.flatnonzero(enters & (number < net.slots))
        if not len(r):
            continue
        number[r] += 1
        o = np.argmin(s["active"][r], axis=1)
        at = uniforms(keys[r], int(Stream.ORGANISATION_HOME), month, n, 0)
        home = np.searchsorted(net.gang_home[n], at, side="right")
        size, fixed, source = (q[name][r, 0] for name in ("entry_size", "journey_fixed", "source_price"))
        for name, value in {
            "active": 1, "home": np.minimum(home, len(net.place_state) - 1), "age": 0, "capacity": size,
            "capital": size * (9.0 * fixed + 2.5 * source), "returns": hoped[r], "loss": 0.1,
            "trade": (0.6, 0.25, 0.15), "belief": q["hazard_mean"][r], "market_share": weights[r],
            "route_share": 0.0, "people_share": 0.0, "plan_value": 0.0, "plan_kept": 0.0, "plan_cost": 0.0,
            "people_value": 0.0,
        }.items():
            s[name][r, o] = value


def _market(net: Network, q: Arrays, s: Arrays) -> None:
    reference = 3.0 * q["source_price"]
    have = s["stock"] + s["arrivals"]
    need = q["use_per_person"] * s["users"] / 12.0
    level = np.log(need / (have + 0.05 * need) * q["holding_months"]) + q["elasticity"] * np.log(reference)
    level += q["stock_elasticity"] * np.log(s["norm"])
    price = np.clip(np.exp(level / (q["elasticity"] + q["stock_elasticity"])), PRICE_LOW, PRICE_HIGH)
    sale = np.minimum(have, need * (price / reference) ** (-q["elasticity"]))
    s["price"] = price
    s["norm"] = np.exp((11.0 * np.log(s["norm"]) + np.log(price)) / 12.0)
    s["stock"] = have - sale
    ratio = np.sqrt(reference / price)
    start = q["start_rate"] * np.minimum(5.0, ratio) * (1.0 - s["users"] / (q["users_limit"] * net.market_people))
    yearly = s["users"] * (start - q["stop_rate"] * np.minimum(4.0, 1.0 / ratio))
    s["users"] = np.maximum(1.0, s["users"] + yearly / 12.0)


def _human_trade(net: Network, derived: Derived, q: Arrays, keys: np.ndarray, s: Arrays, month: int) -> None:
    risk = _sums(s["hazard"], net.way_ptr, net.way_links)
    chance = (1.0 - np.exp(-q["transit_risk"] * risk))[:, :, None]
    pool = (q["open_share"] * net.way_people)[:, :, None]
    tried = q["success"][:, :, None] * s["attempts"]
    mean = pool * tried / (pool + tried + 1e-12)
    key, way, form = keys[:, None, None], derived.ways[:, None], np.arange(2)
    number = poissons(uniforms(key, int(Stream.RECRUITS), month, way, form), mean)
    found = binomials(uniforms(key, int(Stream.INTERCEPTED), month, way, form), number, chance)
    s["recruits"] = number
    s["arrived"][:] = 0
    s["intercepted"][:] = 0
    for d, state in enumerate(net.destination_state):
        here = net.way_destination == d
        s["arrived"][:, d] = (number - found)[:, here].sum(axis=1)
        s["intercepted"][:, state] += found[:, here].sum(axis=(1, 2))
    choke = 3.0 * q["people_price"][:, :, None]
    price, now = s["people_price"], s["exploited"]
    wanted = (q["demand_share"] * net.destination_people)[:, :, None] * np.maximum(0.0, 1.0 - price / choke)
    price = price * np.exp(q["price_speed"][:, :, None] * (wanted - now) / (wanted + now + 1.0))
    s["people_price"] = np.clip(price, 0.02 * choke, 0.98 * choke)


def _people(net: Network, q: Arrays, keys: np.ndarray, s: Arrays, month: int) -> None:
    found = q["search"] * (1.0 - s["corrupt"][:, net.destination_post])
    total = found + q["escape"] + 1.0 / q["spell_months"]
    cell = np.arange(2 * len(net.destination_state)).reshape(-1, 2)
    key = keys[:, None, None]
    left = binomials(uniforms(key, int(Stream.EXITS), month, cell, 0), s["exploited"],
                     1.0 - np.exp(-total)[:, :, None])
    seen = binomials(uniforms(key, int(Stream.EXITS_SPLIT), month, cell, 0), left, (found / total)[:, :, None])
    caught = binomials(uniforms(key, int(Stream.RETRAFFICKED), month, cell, 0), left - seen, q["again"][:, :, None])
    s["exploited"] = s["exploited"] + caught - left + s["arrived"]
    s["identified"] = s["intercepted"].copy()
    s["out"][:] = 0
    s["again"][:] = 0
    for d, state in enumerate(net.destination_state):
        s["identified"][:, state] += seen[:, d].sum(axis=1)
        s["out"][:, state] += (left - seen - caught)[:, d].sum(axis=1)
        s["again"][:, state] += caught[:, d].sum(axis=1)
    u = uniforms(keys[:, None], int(Stream.CARE), month, np.arange(net.states), 0)
    done = binomials(u, s["in_care"], 1.0 - np.exp(-1.0 / q["care_months"]))
    s["in_care"] = s["in_care"] + s["identified"] - done
