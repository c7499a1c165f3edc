"""Organisations: what they trade in, where they sell, what they carry and what they earn.

Each has a home, a network, capital, a carrying capacity in journeys a month and ties to posts. In a month it

1. anticipates how markets will clear (a diagonal Newton step on expected prices) and moves its market shares;
2. shifts capacity between opiates, labour and sexual exploitation by return over risk: a logit on R_k with the
   saving of shared journeys, 4 phi F (1 - 2x), for the marginal journey (economies of scope); danger on the road
   and rivalry at markets lower R for opiates;
3. buys, carries, loses, bribes, sells, pays carriers for risk and officials for protection;
4. learns (``routes.learn``), and grows with its return.

kg are exact: bought = seized + arrived, every month. People are only *approached* here (a real-valued effort);
persons begin, as whole numbers, in ``human_trade``. Labels of networks are those of the sources, whose own caveat
on them stands: they say nothing about persons.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.compiled import compiled
from qorgau.model.mechanisms import Mechanism
from qorgau.model.organisations_choice import anticipate, choose_trade, rivals
from qorgau.model.organisations_terms import PARAMETERS, arrangement, grip, soviet_times, years_open
from qorgau.model.parameters import Parameters
from qorgau.model.routes import Geometry, learn
from qorgau.model.state import State
from qorgau.model.units import PERSONS_PER_JOURNEY
from qorgau.model.world import World

__all__ = ["FLOWS", "PARAMETERS", "advance"]

FLOWS: tuple[str, ...] = (
    "revenue", "purchases", "transport", "risk_pay", "bribes", "fees", "fixed", "laundering", "people_net", "profit",
)
"""Money of all organisations by kind, USD a month; profit is what the others leave."""

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
_SIZE_CAP = 150.0
_IN_OPIATES = 0.05
"""Share of capacity in opiates from which a group can make people carry them."""


@compiled
def _carry(par, routes_par, people_par, enforcement, on, began, since_soviet, active, network, home, drug_first,
           net_soviet, net_official, net_cover, net_insider, place_state, place_post, post_state, c_from, c_to, c_km,
           c_china, market_ptr, route_ptr, route_links, h_origin, h_dest, h_ptr, h_links, way_ptr, way_list,
           way_abroad, price, people_price, source_price, ration, hazard, bribe, conduct, rotated, service,
           service_fee, carrying_cost, load, reach, effectiveness, rivalry, carrying, market_share, route_share,
           people_share, people_value, trade, in_use, capacity, capital, returns, loss, road, purchased, trust,
           belief, network_belief, survival, arrivals, carried, seized, journeys, route_kg, attempts, attempts_first,
           attempts_opiates, bribes_post, fees_post, racket_post, network_kg, money, profit_total, ledger):
    runs, slots = active.shape
    markets = market_ptr.shape[0] - 1
    links = c_km.shape[0]
    ways = h_origin.shape[0]
    posts = trust.shape[2]
    felt = np.empty(links)
    through = np.empty(links)
    entering = np.empty(links)
    worth = np.empty(links)
    worth_people = np.empty(links)
    own = np.empty(links)
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
        for m in range(markets):
            arrivals[r, m] = 0.0
        for k in range(route_kg.shape[1]):
            route_kg[r, k] = 0.0
        for w in range(ways):
            attempts[r, w, 0] = 0.0
            attempts[r, w, 1] = 0.0
        for i in range(posts):
            bribes_post[r, i] = 0.0
            fees_post[r, i] = 0.0
            racket_post[r, i] = 0.0
            pin[i] = grip(conduct, r, i) * on[r, _RACKETS]
        for n in range(network_kg.shape[1]):
            network_kg[r, n] = 0.0
        for k in range(money.shape[1]):
            money[r, k] = 0.0
        first[0] = 0.0
        first[1] = 0.0
        opiates[0] = 0.0
        opiates[1] = 0.0
        bought_all = 0.0
        out_all = 0.0
        prior = rq.belief_unused * enforcement[r].hazard_mean
        needed = on[r, _FACILITATORS]
        switch = min(on[r, _LEARN], on[r, _ROUTES])
        barrier = rq.china_barrier * reach[r, 0]
        soviet = arrangement(q, began, since_soviet)
        worn = q.tie_kept ** (2.0 * (arrangement(q, began, since_soviet - 1.0) - soviet))
        pay = carrying_cost[r]
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
                h = hazard[r, l] * shelter[place_state[c_to[l]]]
                h *= 1.0 - held_at[place_post[c_from[l]]] - held_at[place_post[c_to[l]]]
                felt[l] = h
                through[l] = math.exp(-h)
                entering[l] = 0.0
                worth[l] = 0.0
                worth_people[l] = 0.0
                own[l] = 0.0
            # journeys of people: approached persons by way
            approached = 0.0
            courier_kg = 0.0
            for i in range(way_ptr[s], way_ptr[s + 1]):
                w = way_list[i]
                trips = 0.0
                income = 0.0
                for f in range(2):
                    n_people = size * trade[r, o, 1 + f] * _PERSONS * people_share[r, o, w, f]
                    attempts[r, w, f] += n_people
                    trips += n_people
                    if drug_first[r, o] == 1:
                        first[f] += n_people
                    if x > _IN_OPIATES:
                        opiates[f] += n_people
                    likely = n_people * effectiveness[r, h_origin[w], h_dest[w], f]
                    courier_kg += way_abroad[w] * likely
                    income += likely * people_price[r, h_dest[w], f] * people_par[r].transit_risk
                approached += trips
                trips /= _PERSONS
                for j in range(h_ptr[w], h_ptr[w + 1]):
                    own[h_links[j]] += trips
                    worth_people[h_links[j]] += income
            # purchase; half of a load can be had on credit
            kg = size * x * load[r] * ration[r]
            if x > _IN_OPIATES:
                kg += courier_kg * people_par[r].courier_share * people_par[r].courier_kg * on[r, _COURIERS]
            kg = min(kg, 2.0 * max(0.0, capital[r, o]) / source_price[r])
            purchased[r, o] = kg
            network_kg[r, n] += kg
            bought_all += kg
            revenue = 0.0
            delivered = 0.0
            whole = 0.0
            for m in range(markets):
                if market_share[r, o, m] >= 1e-6:
                    whole += market_share[r, o, m]
            for m in range(markets):
                part = market_share[r, o, m]
                if part < 1e-6 or kg <= 0.0:
                    continue
                total = 0.0
                for k in range(market_ptr[m], market_ptr[m + 1]):
                    if route_share[r, o, k] > 0.02:
                        total += route_share[r, o, k]
                if total <= 0.0:
                    continue
                sent = kg * part / whole
                unit = price[r, m]
                got = 0.0
                for k in range(market_ptr[m], market_ptr[m + 1]):
                    if route_share[r, o, k] <= 0.02:
                        continue
                    flow = sent * route_share[r, o, k] / total
                    for j in range(route_ptr[k], route_ptr[k + 1]):
                        l = route_links[j]
                        entering[l] += flow
                        worth[l] += flow * unit
                        flow *= through[l]
                    route_kg[r, k] += flow
                    got += flow
                arrivals[r, m] += got
                revenue += got * unit * (1.0 - rivalry[r, o])
                survival[r, o, m] += 0.2 * (got / sent - survival[r, o, m])
                delivered += got
            transport = 0.0
            risk_pay = 0.0
            bribes = 0.0
            for_people = 0.0
            lost = 0.0
            for l in range(links):
                flow = entering[l]
                if flow > 0.0:
                    gone = flow * (1.0 - through[l])
                    carried[r, l] += flow
                    seized[r, l] += gone
                    lost += gone
                    own[l] += flow / load[r]
                    transport += flow * c_km[l]
                    risk_pay += flow * pay * rq.risk_pay * felt[l]
                    if c_china[l] == 1:
                        risk_pay += flow * barrier * min(1.25, (felt[l] / reach[r, 1]) ** rq.barrier_answer)
                    # protection and cover have already averted a part of the loss that a bribe would avert
                    paid = worth[l] * bribe[r, l]
                    if felt[l] < hazard[r, l]:
                        paid *= felt[l] / hazard[r, l]
                    bribes += paid
                    bribes_post[r, place_post[c_from[l]]] += 0.5 * paid
                    bribes_post[r, place_post[c_to[l]]] += 0.5 * paid
                if worth_people[l] > 0.0:
                    paid = worth_people[l] * bribe[r, l]
                    for_people += paid
                    bribes_post[r, place_post[c_from[l]]] += 0.5 * paid
                    bribes_post[r, place_post[c_to[l]]] += 0.5 * paid
                if own[l] > 0.0:
                    journeys[r, l] += own[l]
                    visits[place_post[c_to[l]]] += own[l]
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
                people_net += size * trade[r, o, 1 + f] * _PERSONS * people_value[r, o, f]
            purchases = kg * source_price[r]
            profit = revenue + people_net - purchases - transport - risk_pay - bribes - fixed
            base = place_post[home[r, o]]
            old = net_soviet[n] == 1 and on[r, _STATE] > 0.5
            fee = q.fee_share * trust[r, o, base] * pin[base] * max(0.0, profit)
            fees_post[r, base] += fee
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
            money[r, 0] += revenue
            money[r, 1] += purchases
            money[r, 2] += transport
            money[r, 3] += risk_pay
            money[r, 4] += bribes
            money[r, 5] += fee
            money[r, 6] += fixed
            money[r, 7] += clean
            money[r, 8] += people_net
            money[r, 9] += profit
            capital[r, o] += profit - 0.03 * max(0.0, capital[r, o])
            # laid out before the sale; bribes and carriers' pay for risk come out of what arrives
            costs = purchases + transport + fixed + abs(people_net) * 0.3 + 1.0
            returns[r, o] += 0.25 * (profit / costs - returns[r, o])
            if on[r, _ORG] > 0.5:
                limit = q.size_alone * (1.0 + (q.size_protected - 1.0) * trust[r, o, base] * pin[base])
                if old:
                    limit = max(limit, _SIZE_CAP * soviet)
                grow = q.growth * (math.tanh(1.5 * returns[r, o]) - capacity[r, o] / limit)
                capacity[r, o] = min(_SIZE_CAP, max(0.5, capacity[r, o] * math.exp(grow)))
            # ties with officials of the posts on the way and at home
            for i in range(posts):
                t = trust[r, o, i]
                rate = 0.0
                if visits[i] > 0.0:
                    rate = visits[i] / (visits[i] + 3.0) / (2.0 * q.protection_months)
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
            learn(rq, prior, switch, r, o, n, own, felt, belief, network_belief)
        for n in range(network_belief.shape[1]):
            for l in range(links):
                network_belief[r, n, l] += 0.005 * switch * (prior - network_belief[r, n, l])
        for f in range(2):
            total = 1e-12
            for w in range(ways):
                total += attempts[r, w, f]
            attempts_first[r, f] = first[f] / total
            attempts_opiates[r, f] = opiates[f] / total
        profit_total[r] = money[r, 9]
        ledger[r] = bought_all - out_all


def advance(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
    geometry: Geometry,
) -> None:
    """Anticipate prices, choose trades, carry and account for one month (see module docstring)."""
    p = parameters["organisations"]
    routes_par, people_par = parameters["routes"], parameters["human_trade"]
    rivalry = np.zeros(state.active.shape)
    began, since = soviet_times(world, month)
    rivals(p, on, began, since, state.active, state.network, state.trade, world.network_soviet, world.place_post,
           state.home, state.users, state.users_start, state.conduct, state.trust, rivalry)
    anticipate(p, routes_par, parameters["drug_market"], on, geometry.far, world.market_xinjiang,
               state.active, rivalry, state.users, state.price_reference,
               state.purchased, state.survival, state.plan_value, state.plan_slope, state.plan_price,
               state.price_expected, state.market_share)
    choose_trade(p, on, began, since, years_open(world, month), state.active, state.network, state.drug_first,
                 world.network_soviet, world.place_state, world.place_post, state.home, state.users,
                 state.users_start, state.conduct, state.trust, state.know_how, state.service, state.service_fee,
                 state.source_price, state.load, state.price_expected, state.plan_slope, state.plan_cost,
                 state.market_share, state.people_value, state.drug_loss_share, state.road_cost, state.returns,
                 state.capacity, state.capital, state.trade, state.in_use, state.outside, state.return_scale, rivalry)
    _carry(p, routes_par, people_par, parameters["enforcement"], on, began, since, state.active, state.network,
           state.home, state.drug_first, world.network_soviet, world.network_official, world.network_cover,
           world.network_insider, world.place_state, world.place_post, world.post_state, world.corridor_from,
           world.corridor_to, world.corridor_km, geometry.china, world.market_ptr, world.route_ptr,
           world.route_links, world.people_origin, world.people_destination, world.people_ptr, world.people_links,
           geometry.way_ptr, geometry.way_list, geometry.way_abroad, state.price, state.people_price,
           state.source_price, state.purchase_ration, state.hazard, state.bribe_rate, state.conduct, state.rotated,
           state.service, state.service_fee, state.carrying_cost, state.load, state.china_reach, state.effectiveness,
           rivalry, state.carrying_changed, state.market_share, state.route_share, state.people_share,
           state.people_value, state.trade, state.in_use, state.capacity, state.capital, state.returns,
           state.drug_loss_share, state.road_cost, state.purchased, state.trust, state.belief, state.network_belief,
           state.survival, state.arrivals, state.carried_kg, state.seized_kg, state.journeys, state.route_kg,
           state.attempts_route, state.attempts_drug_first, state.attempts_opiates, state.bribes_post,
           state.fees_post, state.racket_profit_post, state.network_kg, state.money, state.profit_total,
           state.ledger_kg)
