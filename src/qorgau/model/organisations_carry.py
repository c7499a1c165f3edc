"""What organisations do in a month with the work that they chose: buy, carry, lose, bribe, sell, pay and learn.

Called by ``organisations.advance`` for all of them at once. People are only approached here; see ``human_trade``.
Groups that began with opiates approach people as far as their network or they themselves have contacts: what the
choice of trade reckons with is also what comes of it.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.compiled import compiled
from qorgau.model.exponentials import fall
from qorgau.model.mechanisms import Mechanism
from qorgau.model.organisations_terms import SIZE_CAP, arrangement, backing, grip, most_allowed
from qorgau.model.routes import china_pay, learn, seen
from qorgau.model.units import PERSONS_PER_JOURNEY

__all__ = ["carry"]

_ORG = int(Mechanism.ORGANISATIONS)
_SCOPE = int(Mechanism.SCOPE)
_STATE = int(Mechanism.STATE_PROTECTION)
_DIASPORA = int(Mechanism.DIASPORA_COVER)
_RACKETS = int(Mechanism.PROTECTION_RACKETS)
_COURIERS = int(Mechanism.FORCED_COURIERS)
_FACILITATORS = int(Mechanism.FACILITATORS)
_LAUNDER = int(Mechanism.LAUNDERING)
_LEARN = int(Mechanism.LEARNING)
_ROUTES = int(Mechanism.ROUTES)
_PERSONS = PERSONS_PER_JOURNEY
_LEAST = 0.0005
"""Outlay by which none is divided, in journeys' fixed costs: a guard without a unit of money."""
_TINY = 0.02
"""Share of a route within its market below which nothing goes by it."""
_IN_OPIATES = 0.05
"""Share of capacity in opiates from which a group can make people carry them."""


@compiled
def carry(
    par, routes_par, people_par, enforcement, on, began, since_soviet, forces, allowance, active, network, home,
    drug_first, net_soviet, net_official, net_cover, net_insider, place_state, place_post, post_state, c_from, c_to,
    c_km, c_china, market_ptr, tree_parent, tree_link, stem, last, h_origin, h_dest, way_ptr, way_list, w_ptr, w_parent,
    w_link, w_end, way_abroad, price, people_price, source_price, ration, hazard, bribe, conduct, rotated,
    service, service_fee, carrying_cost, load, corridor_cost, corridor_trips, reach, usual, effectiveness, rivalry,
    carrying, contacts, market_share,
    route_share, people_share, people_value, trade, in_use, capacity, capital, other_capital, returns, loss, road,
    purchased,
    trust, belief, network_belief, survival, arrivals, carried, seized, journeys, route_kg, attempts,
    attempts_first, attempts_opiates, bribes_post, fees_post, racket_post, network_kg, money, profit_total,
    ledger,
):
    """Account for one month of every organisation, in place."""
    runs, slots = active.shape
    markets = market_ptr.shape[0] - 1
    links = c_km.shape[0]
    ways = h_origin.shape[0]
    posts = trust.shape[2]
    nodes = tree_parent.shape[0]
    routes = route_kg.shape[1]
    felt = np.empty(links)
    look = np.empty(links)
    through = np.empty(links + 1)
    averted = np.empty(links)
    paid = np.empty(links)
    paid_all = np.empty(links)
    left = np.empty(nodes)
    below = np.empty(nodes)
    worth_below = np.empty(nodes)
    trips = np.empty(w_parent.shape[0])
    income = np.empty(w_parent.shape[0])
    tried = np.empty((2, ways))
    abroad = np.empty((2, ways))
    pays = np.empty((2, ways))
    # unsigned: compiled code then does not ask for negative indices
    way_end = w_end[way_list]
    begins = market_ptr.astype(np.uint64)
    homes = way_ptr.astype(np.uint64)
    used = np.empty(route_kg.shape[1] + 1, dtype=np.uint32)
    so_far = np.empty(route_kg.shape[1] + 1, dtype=np.uint32)
    to_state = place_state[c_to].astype(np.uint32)
    from_post = place_post[c_from].astype(np.uint32)
    to_post = place_post[c_to].astype(np.uint32)
    entering = np.empty(links + 1)
    worth = np.empty(links + 1)
    worth_people = np.empty(links)
    own = np.empty(links)
    # one place more for routes without a corridor: nothing is lost there
    through[links] = 1.0
    visits = np.empty(posts)
    pin = np.empty(posts)
    held_at = np.empty(posts)
    shelter = np.empty(net_cover.shape[1])
    first = np.empty(2)
    opiates = np.empty(2)
    for r in range(runs):
        q = par[r]
        rq = routes_par[r]
        for l in range(links):
            carried[r, l] = 0.0
            seized[r, l] = 0.0
            journeys[r, l] = 0.0
            paid_all[l] = 0.0
        arrivals[r] = 0.0
        route_kg[r] = 0.0
        tried[:] = 0.0
        for i in range(posts):
            bribes_post[r, i] = 0.0
            fees_post[r, i] = 0.0
            racket_post[r, i] = 0.0
            pin[i] = backing(q, on, conduct, forces, r, i)
        network_kg[r] = 0.0
        money[r] = 0.0
        first[:] = 0.0
        opiates[:] = 0.0
        bought_all = out_all = 0.0
        for l in range(links):
            look[l] = seen(rq, enforcement[r].hazard_mean, hazard[r, l])
        needed = on[r, _FACILITATORS]
        switch = min(on[r, _LEARN], on[r, _ROUTES])
        soviet = arrangement(q, began, since_soviet)
        worn = q.tie_kept ** (2.0 * (arrangement(q, began, since_soviet - 1.0) - soviet))
        pay = carrying_cost[r]
        for i in range(ways):
            w = way_list[i]
            for f in range(2):
                likely = effectiveness[r, h_origin[w], h_dest[w], f]
                abroad[f, i] = way_abroad[w] * likely
                pays[f, i] = likely * people_price[r, h_dest[w], f] * people_par[r].transit_risk
        per_load = 1.0 / load[r]
        per_visit = 0.5 / q.protection_months
        for o in range(slots):
            if active[r, o] == 0:
                purchased[r, o] = 0.0
                continue
            n = network[r, o]
            s = place_state[home[r, o]]
            x = trade[r, o, 0]
            scope = q.scope * on[r, _SCOPE]
            size = in_use[r, o] * capacity[r, o] * (1.0 + 2.0 * scope * x * (1.0 - x)) * (1.0 + carrying[r])
            short = needed * (1.0 - 0.5 * (service[r, s, 0] + service[r, s, 1]))
            size *= 1.0 - q.service_need * short
            # a group that began with opiates wins people as far as its network or itself has contacts
            known = max(contacts[r, n], 1.0 - x) if drug_first[r, o] == 1 else 1.0
            persons = size * known * _PERSONS
            # the hazard that this organisation meets: ties to posts, cover by a diaspora, safe houses, Soviet order
            for i in range(posts):
                held_at[i] = 0.5 * q.protection_limit * trust[r, o, i] * pin[i]
                visits[i] = 0.0
            order = 1.0
            if soviet > 0.0:
                if net_soviet[n] == 1 and on[r, _STATE] > 0.5:
                    order = 1.0 - 0.9 * soviet
                else:
                    order = 1.0 + enforcement[r].soviet_control * soviet
            for c in range(shelter.shape[0]):
                shelter[c] = order * (1.0 - min(0.8, q.cover_strength * net_cover[n, c] * on[r, _DIASPORA]))
                shelter[c] *= 1.0 + q.service_risk * needed * (1.0 - service[r, c, 1])
            for l in range(links):
                averted[l] = shelter[to_state[l]] * (1.0 - held_at[from_post[l]] - held_at[to_post[l]])
            for l in range(links):
                felt[l] = hazard[r, l] * averted[l]
                through[l] = fall(felt[l])
                entering[l] = 0.0
                worth[l] = 0.0
                worth_people[l] = 0.0
                own[l] = 0.0
            # journeys of people: approached persons by way
            courier_kg = 0.0
            for i in range(w_ptr[s], w_ptr[s + 1]):
                trips[i] = 0.0
                income[i] = 0.0
            labour = persons * trade[r, o, 1]
            sexual = persons * trade[r, o, 2]
            tries_0 = 0.0
            tries_1 = 0.0
            for i in range(homes[s], homes[s + 1]):
                a = labour * people_share[r, o, i - homes[s], 0]
                b = sexual * people_share[r, o, i - homes[s], 1]
                tried[0, i] += a
                tried[1, i] += b
                tries_0 += a
                tries_1 += b
                courier_kg += a * abroad[0, i] + b * abroad[1, i]
                at = way_end[i]
                trips[at] += (a + b) * (1.0 / _PERSONS)
                income[at] += a * pays[0, i] + b * pays[1, i]
            if drug_first[r, o] == 1:
                first[0] += tries_0
                first[1] += tries_1
            if x > _IN_OPIATES:
                opiates[0] += tries_0
                opiates[1] += tries_1
            for i in range(w_ptr[s + 1] - 1, w_ptr[s], -1):
                l = w_link[i]
                before = w_parent[i]
                taken = trips[i]
                value = income[i]
                own[l] += taken
                worth_people[l] += value
                trips[before] += taken
                income[before] += value
            # purchase; half of a load can be had on credit
            kg = size * x * load[r] * ration[r]
            if x > _IN_OPIATES:
                kg += courier_kg * people_par[r].courier_share * people_par[r].courier_kg * on[r, _COURIERS]
            kg = min(kg, 2.0 * max(0.0, capital[r, o]) / source_price[r])
            purchased[r, o] = kg
            network_kg[r, n] += kg
            bought_all += kg
            revenue = 0.0
            delivered = lost = 0.0
            transport = 0.0
            risk_pay = 0.0
            bribes = 0.0
            for_people = 0.0
            entering[links] = 0.0
            worth[links] = 0.0
            left[0] = 1.0
            for i in range(1, nodes):
                left[i] = left[tree_parent[i]] * through[tree_link[i]]
                below[i] = 0.0
                worth_below[i] = 0.0
            below[0] = 0.0
            worth_below[0] = 0.0
            # routes in use, and how many of them stand before each route
            count = 0
            for k in range(routes):
                so_far[k] = count
                used[count] = k
                count += route_share[r, o, k] > _TINY
            so_far[routes] = count
            whole = 0.0
            for m in range(markets):
                if market_share[r, o, m] >= 1e-6:
                    whole += market_share[r, o, m]
            for m in range(markets):
                part = market_share[r, o, m]
                if part < 1e-6 or kg <= 0.0:
                    continue
                total = 0.0
                for i in range(so_far[begins[m]], so_far[begins[m + 1]]):
                    total += route_share[r, o, used[i]]
                if total <= 0.0:
                    continue
                sent = kg * part / whole
                each = sent / total
                unit = price[r, m]
                got = 0.0
                for i in range(so_far[begins[m]], so_far[begins[m + 1]]):
                    k = used[i]
                    flow = each * route_share[r, o, k]
                    before = stem[k]
                    l = last[k]
                    below[before] += flow
                    worth_below[before] += flow * unit
                    flow *= left[before]
                    entering[l] += flow
                    worth[l] += flow * unit
                    flow *= through[l]
                    route_kg[r, k] += flow
                    got += flow
                arrivals[r, m] += got
                revenue += got * unit * (1.0 - rivalry[r, o])
                survival[r, o, m] += 0.2 * (got / sent - survival[r, o, m])
                delivered += got
            if kg > 0.0:
                for i in range(nodes - 1, 0, -1):
                    before = tree_parent[i]
                    l = tree_link[i]
                    part = left[before]
                    kilograms = below[i]
                    value = worth_below[i]
                    entering[l] += part * kilograms
                    worth[l] += part * value
                    below[before] += kilograms
                    worth_below[before] += value
                for l in range(links):
                    flow = entering[l]
                    gone = flow * (1.0 - through[l])
                    carried[r, l] += flow
                    seized[r, l] += gone
                    own[l] += flow * per_load * corridor_trips[r, l]
                    # protection and cover have already averted a part of the loss that a bribe would avert
                    paid[l] = worth[l] * bribe[r, l] * (min(1.0, averted[l]) if hazard[r, l] > 0.0 else 1.0)
                    paid_all[l] += paid[l]
                for l in range(links):
                    lost += entering[l] * (1.0 - through[l])
                    transport += entering[l] * corridor_cost[r, l]
                    risk_pay += entering[l] * felt[l] * corridor_trips[r, l]
                    bribes += paid[l]
                risk_pay *= pay * rq.risk_pay
                for l in range(links):
                    if c_china[l] > 0 and entering[l] > 0.0:
                        known = (enforcement[r].crossing_watch, usual[r], reach[r, 0], felt[l] / reach[r, 1])
                        risk_pay += entering[l] * china_pay(rq, c_china[l], c_km[l], *known)
            for l in range(links):
                for_people += worth_people[l] * bribe[r, l]
                visits[to_post[l]] += own[l]
            for l in range(links):
                paid_all[l] += worth_people[l] * bribe[r, l]
                journeys[r, l] += own[l]
            transport *= rq.transport_cost * pay
            if kg > 0.0:
                road[r, o] = transport / kg
            transport *= 1.0 - 4.0 * scope * x * (1.0 - x)
            out_all += delivered + lost
            if kg > 0.0:
                loss[r, o] += 0.1 * (lost / kg - loss[r, o])
            # money
            paid_services = 0.5 * (service[r, s, 0] * service_fee[r, s, 0] + service[r, s, 1] * service_fee[r, s, 1])
            dearer = q.service_cost * short + q.service_fee * needed * paid_services
            fixed = q.journey_fixed_cost * (1.0 + dearer) * capacity[r, o] * in_use[r, o]
            fixed *= 1.0 - 4.0 * scope * x * (1.0 - x)
            # what people bring is net of bribes; they are shown with the other bribes
            bribes += for_people
            people_net = for_people
            for f in range(2):
                people_net += persons * trade[r, o, 1 + f] * people_value[r, o, f]
            purchases = kg * source_price[r]
            profit = revenue + people_net - purchases - transport - risk_pay - bribes - fixed
            gross = profit
            base = place_post[home[r, o]]
            old = net_soviet[n] == 1 and on[r, _STATE] > 0.5
            fee = q.fee_share * trust[r, o, base] * pin[base] * max(0.0, profit)
            # what forces are paid goes with them, not to the officials of the place
            if fee > 0.0:
                fees_post[r, base] += fee * grip(conduct, r, base) * on[r, _RACKETS] / pin[base]
            if net_official[n] == 1:
                racket_post[r, base] += max(0.0, profit)
            profit -= fee
            clean = 0.0
            if profit > 0.0:
                served = service[r, s, 2] * on[r, _LAUNDER]
                taken = q.service_fee * service_fee[r, s, 2] * served
                clean = profit * (taken + needed * q.cash_at_risk * (1.0 - served))
                clean = min(clean, profit)
            profit -= clean
            flows = (revenue, purchases, transport, risk_pay, bribes, fee, fixed, clean, people_net, profit)
            for k in range(money.shape[1]):
                money[r, k] += flows[k]
            capital[r, o] += profit - 0.03 * max(0.0, capital[r, o])
            # people's part of what is earned, before officials and laundering take theirs alike
            apart = people_net - for_people - fixed * (1.0 - x)
            apart *= profit / gross if gross > 0.0 else 1.0
            other_capital[r, o] = min(max(0.0, 0.97 * other_capital[r, o] + apart), max(0.0, capital[r, o]))
            # laid out before the sale; bribes and carriers' pay for risk come out of what arrives
            costs = purchases + transport + fixed + abs(people_net) * 0.3 + _LEAST * q.journey_fixed_cost
            returns[r, o] += 0.25 * (profit / costs - returns[r, o])
            if on[r, _ORG] > 0.5:
                limit = q.size_alone * (1.0 + (q.size_protected - 1.0) * trust[r, o, base] * pin[base])
                most = SIZE_CAP
                if old:
                    # whom the state protects needs no other protector to grow, and grows no further than it says
                    limit = max(limit, SIZE_CAP * soviet)
                    most = most_allowed(allowance[r], soviet)
                grow = q.growth * (math.tanh(1.5 * returns[r, o]) - capacity[r, o] / limit)
                capacity[r, o] = max(0.5, min(most, capacity[r, o] * math.exp(grow)))
            # ties with officials of the posts on the way and at home
            for i in range(posts):
                t = trust[r, o, i]
                rate = visits[i] / (visits[i] + 3.0) * per_visit
                if i == base:
                    rate += 1.0 / q.protection_months
                reach_i = 1.0
                if net_official[n] == 0:
                    reach_i = net_insider[n, post_state[i]]
                    if old:
                        reach_i = max(reach_i, soviet)
                    reach_i += (1.0 - reach_i) * q.outsider_ties
                t += max(0.0, reach_i - t) * min(1.0, rate)
                t *= 0.985
                if rotated[r, i] == 1:
                    t *= q.tie_kept
                if old:
                    t *= worn
                trust[r, o, i] = t
            learn(rq, look, switch, r, o, n, own, felt, belief, network_belief)
        for l in range(links):
            bribes_post[r, from_post[l]] += 0.5 * paid_all[l]
            bribes_post[r, to_post[l]] += 0.5 * paid_all[l]
        for n in range(network_belief.shape[1]):
            for l in range(links):
                network_belief[r, n, l] += rq.watching * switch * (look[l] - network_belief[r, n, l])
        for i in range(ways):
            attempts[r, way_list[i], 0] = tried[0, i]
            attempts[r, way_list[i], 1] = tried[1, i]
        for f in range(2):
            total = 1e-12 + tried[f].sum()
            attempts_first[r, f] = first[f] / total
            attempts_opiates[r, f] = opiates[f] / total
        profit_total[r] = money[r, 9]
        ledger[r] = bought_all - out_all
