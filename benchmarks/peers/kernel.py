"""The stand-in compiled: one function a process over a block of runs, as the model itself is written.

Nothing is kept on disk: the stamp of the model's cache knows the files of the model only.
"""

from __future__ import annotations

import math

import numpy as np

from benchmarks.peers.kernel_routes import plan
from benchmarks.peers.network import PERSONS, PRICE_HIGH, PRICE_LOW, SIZE_CAP, Network
from qorgau.model.compiled import inlined
from qorgau.model.streams import Stream, binomial, normal, poisson, uniform

_NOISE = int(Stream.CORRIDOR_NOISE)
_EXIT, _ENTRY, _HOME = int(Stream.ORGANISATION_EXIT), int(Stream.ORGANISATION_ENTRY), int(Stream.ORGANISATION_HOME)
_RECRUITS, _INTERCEPTED = int(Stream.RECRUITS), int(Stream.INTERCEPTED)
_EXITS, _SPLIT, _AGAIN, _CARE = int(Stream.EXITS), int(Stream.EXITS_SPLIT), int(Stream.RETRAFFICKED), int(Stream.CARE)
_PERSONS, _CAP, _LOW, _HIGH = PERSONS, SIZE_CAP, PRICE_LOW, PRICE_HIGH


@inlined
def _officials(par, officials, income, corrupt):
    for r in range(len(par)):
        q = par[r]
        for i in range(len(officials)):
            worth = income[r, i] / (officials[i] * 300.0)
            pull = (q.rent_value * math.log(1.0 + worth) - q.fear) / q.temperature
            corrupt[r, i] += q.conduct_speed * (1.0 / (1.0 + math.exp(-pull)) - corrupt[r, i])


@inlined
def _detection(par, keys, month, watch, posts, corrupt, noise, hazard, bribe):
    for r in range(len(par)):
        q = par[r]
        for l in range(len(watch)):
            noise[r, l] = 0.9 * noise[r, l] + math.sqrt(0.19) * normal(keys[r], _NOISE, month, l, 0)
            honest = q.hazard_mean * watch[l]
            honest *= math.exp(q.noise_spread * noise[r, l] - 0.5 * q.noise_spread * q.noise_spread)
            look = 0.5 * (corrupt[r, posts[l, 0]] + corrupt[r, posts[l, 1]])
            hazard[r, l] = honest * (1.0 - look)
            bribe[r, l] = q.bribe_level * look * honest


@inlined
def _organisations(par, market_ptr, route_ptr, route_links, way_ptr, way_links, home_ptr, home_ways, posts,
                   corridor_km, place_state, place_post, corrupt, active, home, hazard, bribe, price, users, plan_value,
                   plan_kept, plan_cost, people_value, people_share, route_share, market_share, trade, capacity,
                   capital, returns, loss, belief, carried, seized, income, arrivals, attempts):
    links, markets = len(corridor_km), price.shape[1]
    through = np.empty(links)
    entering = np.empty(links)
    worth = np.empty(links)
    trips = np.empty(links)
    pull = np.empty(max(markets, 3))
    offer = np.empty(3)
    for r in range(len(par)):
        q = par[r]
        carried[r] = 0.0
        seized[r] = 0.0
        income[r] = 0.0
        arrivals[r] = 0.0
        attempts[r] = 0.0
        for l in range(links):
            through[l] = math.exp(-hazard[r, l])
        for o in range(active.shape[1]):
            if active[r, o] == 0:
                continue
            best = -1e300
            for m in range(markets):
                pull[m] = plan_value[r, o, m] + math.log(users[r, m])
                best = max(best, pull[m])
            total = 0.0
            for m in range(markets):
                pull[m] = math.exp(pull[m] - best)
                total += pull[m]
            gain = 0.0
            whole = 0.0
            for m in range(markets):
                share = market_share[r, o, m] + q.market_speed * (pull[m] / total - market_share[r, o, m])
                market_share[r, o, m] = share
                gain += share * (price[r, m] * plan_kept[r, o, m] - plan_cost[r, o, m])
                if share >= 1e-6:
                    whole += share
            offer[0] = q.load * (gain - q.source_price)
            offer[1] = _PERSONS * people_value[r, o, 0]
            offer[2] = _PERSONS * people_value[r, o, 1]
            width = q.trade_width * (0.5 * (abs(offer[0]) + abs(offer[1]) + abs(offer[2])) + q.journey_fixed)
            best = max(offer[0], offer[1], offer[2])
            total = 0.0
            for i in range(3):
                pull[i] = math.exp((offer[i] - best) / width)
                total += pull[i]
            for i in range(3):
                trade[r, o, i] += q.trade_speed * (0.96 * pull[i] / total + 0.04 / 3.0 - trade[r, o, i])
            for l in range(links):
                entering[l] = 0.0
                worth[l] = 0.0
                trips[l] = 0.0
            size = capacity[r, o]
            s = place_state[home[r, o]]
            for i in range(home_ptr[s], home_ptr[s + 1]):
                w = home_ways[i]
                n = 0.0
                for f in range(2):
                    tried = size * trade[r, o, 1 + f] * _PERSONS * people_share[r, o, w, f]
                    attempts[r, w, f] += tried
                    n += tried
                n /= _PERSONS
                for j in range(way_ptr[w], way_ptr[w + 1]):
                    trips[way_links[j]] += n
            kg = min(size * trade[r, o, 0] * q.load, 2.0 * max(0.0, capital[r, o]) / q.source_price)
            revenue = 0.0
            for m in range(markets):
                part = market_share[r, o, m]
                if part < 1e-6:
                    continue
                total = 0.0
                for k in range(market_ptr[m], market_ptr[m + 1]):
                    if route_share[r, o, k] > 0.02:
                        total += route_share[r, o, k]
                for k in range(market_ptr[m], market_ptr[m + 1]):
                    if route_share[r, o, k] <= 0.02:
                        continue
                    flow = kg * part / whole * route_share[r, o, k] / total
                    for j in range(route_ptr[k], route_ptr[k + 1]):
                        l = route_links[j]
                        entering[l] += flow
                        worth[l] += flow * price[r, m]
                        flow *= through[l]
                    arrivals[r, m] += flow
                    revenue += flow * price[r, m]
            spent = kg * q.source_price + size * q.journey_fixed
            lost = 0.0
            for l in range(links):
                flow = entering[l]
                if flow > 0.0:
                    gone = flow * (1.0 - through[l])
                    carried[r, l] += flow
                    seized[r, l] += gone
                    lost += gone
                    trips[l] += flow / q.load
                    paid = worth[l] * bribe[r, l]
                    spent += flow * corridor_km[l] * q.transport + paid
                    income[r, posts[l, 0]] += 0.5 * paid
                    income[r, posts[l, 1]] += 0.5 * paid
                if trips[l] > 0.02:
                    seen = trips[l] / (trips[l] + 2.0)
                    belief[r, o, l] += q.learning * seen * (hazard[r, l] - belief[r, o, l])
                else:
                    belief[r, o, l] += 0.02 * (q.hazard_mean - belief[r, o, l])
            from_people = size * (trade[r, o, 1] * offer[1] + trade[r, o, 2] * offer[2])
            profit = revenue + from_people - spent
            if kg > 0.0:
                loss[r, o] += 0.1 * (lost / kg - loss[r, o])
            capital[r, o] += profit - 0.03 * max(0.0, capital[r, o])
            returns[r, o] += 0.25 * (profit / (spent + 0.3 * abs(from_people) + 1.0) - returns[r, o])
            room = q.size_alone * (1.0 + corrupt[r, place_post[home[r, o]]])
            pace = q.growth * (math.tanh(1.5 * returns[r, o]) - size / room)
            capacity[r, o] = min(_CAP, max(0.5, size * math.exp(pace)))


@inlined
def _life(par, keys, month, gang_home, active, home, age, capacity, capital, returns, loss, trade, users, belief,
          market_share, route_share, people_share, plan_value, plan_kept, plan_cost, people_value):
    slots, places = active.shape[1], gang_home.shape[1]
    for r in range(len(par)):
        q = par[r]
        number = 0
        earning = 0.0
        for o in range(slots):
            if active[r, o] == 0:
                continue
            hazard = q.attrition + q.arrest * math.sqrt(capacity[r, o] / 10.0) * (0.3 + 8.0 * min(0.5, loss[r, o]))
            if uniform(keys[r], _EXIT, month, o, age[r, o]) < 1.0 - math.exp(-hazard) or capital[r, o] < 0.0:
                active[r, o] = 0
                home[r, o] = 0
                age[r, o] = 0
                capacity[r, o] = 0.0
                capital[r, o] = 0.0
                returns[r, o] = 0.0
                loss[r, o] = 0.0
                trade[r, o] = 0.0
                market_share[r, o] = 0.0
                people_value[r, o] = 0.0
                continue
            age[r, o] += 1
            number += 1
            earning += returns[r, o]
        hoped = earning / number if number else 0.2
        everyone = 0.0
        for m in range(users.shape[1]):
            everyone += users[r, m]
        for n in range(gang_home.shape[0]):
            rate = q.entry_rate / 12.0 * math.tanh(max(0.1, hoped)) * max(0.0, 1.0 - number / slots)
            if uniform(keys[r], _ENTRY, month, n, 0) >= 1.0 - math.exp(-rate):
                continue
            o = 0
            while o < slots and active[r, o] == 1:
                o += 1
            if o == slots:
                continue
            number += 1
            at = uniform(keys[r], _HOME, month, n, 0)
            place = 0
            while place < places - 1 and at >= gang_home[n, place]:
                place += 1
            active[r, o] = 1
            home[r, o] = place
            age[r, o] = 0
            capacity[r, o] = q.entry_size
            capital[r, o] = q.entry_size * (9.0 * q.journey_fixed + 2.5 * q.source_price)
            returns[r, o] = hoped
            loss[r, o] = 0.1
            trade[r, o, 0] = 0.6
            trade[r, o, 1] = 0.25
            trade[r, o, 2] = 0.15
            belief[r, o] = q.hazard_mean
            for m in range(users.shape[1]):
                market_share[r, o, m] = users[r, m] / everyone
            route_share[r, o] = 0.0
            people_share[r, o] = 0.0
            plan_value[r, o] = 0.0
            plan_kept[r, o] = 0.0
            plan_cost[r, o] = 0.0
            people_value[r, o] = 0.0


@inlined
def _market(par, people, price, norm, stock, users, arrivals):
    for r in range(len(par)):
        q = par[r]
        reference = 3.0 * q.source_price
        for m in range(len(people)):
            have = stock[r, m] + arrivals[r, m]
            need = q.use_per_person * users[r, m] / 12.0
            level = math.log(need / (have + 0.05 * need) * q.holding_months) + q.elasticity * math.log(reference)
            level += q.stock_elasticity * math.log(norm[r, m])
            p = min(_HIGH, max(_LOW, math.exp(level / (q.elasticity + q.stock_elasticity))))
            sale = min(have, need * (p / reference) ** (-q.elasticity))
            price[r, m] = p
            norm[r, m] = math.exp((11.0 * math.log(norm[r, m]) + math.log(p)) / 12.0)
            stock[r, m] = have - sale
            limit = q.users_limit * people[m]
            ratio = math.sqrt(reference / p)
            yearly = users[r, m] * (q.start_rate * min(5.0, ratio) * (1.0 - users[r, m] / limit)
                                    - q.stop_rate * min(4.0, 1.0 / ratio))
            users[r, m] = max(1.0, users[r, m] + yearly / 12.0)


@inlined
def _human_trade(par, keys, month, way_ptr, way_links, way_people, way_destination, state, demand, hazard, attempts,
                 exploited, people_price, recruits, intercepted, arrived):
    for r in range(len(par)):
        q = par[r]
        intercepted[r] = 0
        arrived[r] = 0
        for w in range(len(way_people)):
            risk = 0.0
            for j in range(way_ptr[w], way_ptr[w + 1]):
                risk += hazard[r, way_links[j]]
            chance = 1.0 - math.exp(-q.transit_risk * risk)
            d = way_destination[w]
            pool = q.open_share * way_people[w]
            for f in range(2):
                tried = q.success * attempts[r, w, f]
                mean = pool * tried / (pool + tried + 1e-12)
                number = poisson(uniform(keys[r], _RECRUITS, month, w, f), mean)
                found = binomial(uniform(keys[r], _INTERCEPTED, month, w, f), number, chance)
                recruits[r, w, f] = number
                intercepted[r, state[d]] += found
                arrived[r, d, f] += number - found
        for d in range(len(demand)):
            for f in range(2):
                p = people_price[r, d, f]
                choke = 3.0 * q.people_price
                wanted = q.demand_share * demand[d] * max(0.0, 1.0 - p / choke)
                now = exploited[r, d, f]
                p *= math.exp(q.price_speed * (wanted - now) / (wanted + now + 1.0))
                people_price[r, d, f] = min(0.98 * choke, max(0.02 * choke, p))


@inlined
def _people(par, keys, month, state, post, corrupt, arrived, intercepted, exploited, identified, out, in_care, again):
    for r in range(len(par)):
        q = par[r]
        for s in range(identified.shape[1]):
            identified[r, s] = intercepted[r, s]
            out[r, s] = 0
            again[r, s] = 0
        for d in range(len(state)):
            s = state[d]
            found = q.search * (1.0 - corrupt[r, post[d]])
            total = found + q.escape + 1.0 / q.spell_months
            for f in range(2):
                cell = 2 * d + f
                left = binomial(uniform(keys[r], _EXITS, month, cell, 0), exploited[r, d, f], 1.0 - math.exp(-total))
                seen = binomial(uniform(keys[r], _SPLIT, month, cell, 0), left, found / total)
                caught = binomial(uniform(keys[r], _AGAIN, month, cell, 0), left - seen, q.again)
                identified[r, s] += seen
                out[r, s] += left - seen - caught
                again[r, s] += caught
                exploited[r, d, f] += caught - left + arrived[r, d, f]
        for s in range(identified.shape[1]):
            done = binomial(uniform(keys[r], _CARE, month, s, 0), in_care[r, s], 1.0 - math.exp(-1.0 / q.care_months))
            in_care[r, s] += identified[r, s] - done


def step(net: Network, par: np.ndarray, keys: np.ndarray, s: dict[str, np.ndarray], month: int) -> None:
    """One month of all runs, in place."""
    _officials(par, net.post_officials, s["income"], s["corrupt"])
    _detection(par, keys, month, net.corridor_watch, net.corridor_posts, s["corrupt"], s["noise"], s["hazard"],
               s["bribe"])
    plan(par, month, net.market_ptr, net.route_ptr, net.route_links, net.route_km, net.route_size, net.way_ptr,
         net.way_links, net.way_km, net.way_destination, net.home_ptr, net.home_ways, net.place_state, s["active"],
         s["home"], s["age"], s["belief"], s["bribe"], s["price"], s["users"], s["people_price"], s["route_share"],
         s["people_share"], s["plan_value"], s["plan_kept"], s["plan_cost"], s["people_value"])
    _organisations(par, net.market_ptr, net.route_ptr, net.route_links, net.way_ptr, net.way_links, net.home_ptr,
                   net.home_ways, net.corridor_posts, net.corridor_km, net.place_state, net.place_post, s["corrupt"],
                   s["active"], s["home"], s["hazard"], s["bribe"], s["price"], s["users"], s["plan_value"],
                   s["plan_kept"], s["plan_cost"], s["people_value"], s["people_share"], s["route_share"],
                   s["market_share"], s["trade"], s["capacity"], s["capital"], s["returns"], s["loss"], s["belief"],
                   s["carried"], s["seized"], s["income"], s["arrivals"], s["attempts"])
    _life(par, keys, month, net.gang_home, s["active"], s["home"], s["age"], s["capacity"], s["capital"],
          s["returns"], s["loss"], s["trade"], s["users"], s["belief"], s["market_share"], s["route_share"],
          s["people_share"], s["plan_value"], s["plan_kept"], s["plan_cost"], s["people_value"])
    _market(par, net.market_people, s["price"], s["norm"], s["stock"], s["users"], s["arrivals"])
    _human_trade(par, keys, month, net.way_ptr, net.way_links, net.way_people, net.way_destination,
                 net.destination_state, net.destination_people, s["hazard"], s["attempts"], s["exploited"],
                 s["people_price"], s["recruits"], s["intercepted"], s["arrived"])
    _people(par, keys, month, net.destination_state, net.destination_post, s["corrupt"], s["arrived"],
            s["intercepted"], s["exploited"], s["identified"], s["out"], s["in_care"], s["again"])
