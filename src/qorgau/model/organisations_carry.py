"""What organisations do in a month with the work that they chose: buy, carry, lose, bribe, sell, pay and learn.

Called by ``organisations.advance`` for all of them at once. People are only approached here; see ``human_trade``.
Groups that began with opiates approach people as far as their network or they themselves have contacts: what the
choice of trade reckons with is also what comes of it.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS, kept, memory
from qorgau.model.compiled import compiled
from qorgau.model.couriers import hand_over, pass_with_people, worth_of_ways
from qorgau.model.lanes import LANES, beside, one_by_one, put, room, row, rows, spread
from qorgau.model.mechanisms import Mechanism
from qorgau.model.organisations_flows import add_up, bear, divide, learn, meet, sell, send, tie
from qorgau.model.organisations_people import add_times, approach, journeys_of_people, pay_at_posts
from qorgau.model.organisations_terms import (
    SIZE_CAP,
    arrangement,
    backing,
    grip,
    most_allowed,
    services_of,
    shelter_in,
)
from qorgau.model.organisations_use import gathered, listed
from qorgau.model.route_choice import china_pay
from qorgau.model.routes import seen
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
_LEAST = 0.0005 / STEPS
"""Outlay by which none is divided, in journeys' fixed costs: a guard without a unit of money."""
_SURVIVAL_MEMORY = memory(0.2)
_LOSS_MEMORY = memory(0.1)
_RETURN_MEMORY = memory(0.25)
_SPENT = memory(0.03)
_UNSPENT = kept(0.97)
_TIES_KEPT = kept(0.985)
_TINY = 0.02
"""Share of a route within its market below which nothing goes by it."""
_IN_OPIATES = 0.05
"""Share of capacity in opiates from which a group can make people carry them."""


@compiled
def carry(
    par, routes_par, people_par, enforcement, on, began, since_soviet, forces, allowance, active, network, home,
    drug_first, net_soviet, net_official, net_cover, net_insider, place_state, place_post, post_state, from_post,
    to_post, paper_post, to_state, market_on, c_km, c_china, market_ptr, tree_parent, tree_link, stem, last, homes,
    ways_at, way_at, way_end, way_from, way_to, leaves, w_ptr, way_first, way_up, way_link, way_more, more_at, more_ptr,
    w_parent, w_link, price, people_price, source_price, ration, hazard, bribe, conduct, rotated, service, service_fee,
    papers_official, carrying_cost, load,
    corridor_cost, corridor_trips, reach, usual, effectiveness, pool_there, rivalry, carrying, contacts, market_share,
    route_share, people_share, people_value, trade, in_use, capacity, capital, other_capital, returns, loss, road,
    purchased, trust, belief, network_belief, survival, arrivals, carried, seized, journeys, route_kg, attempts,
    attempts_first, attempts_opiates, bribes_post, fees_post, racket_post, network_kg, money, profit_total,
    couriers_kg, ledger,
):
    """Account for one month of every organisation, in place."""
    runs, slots = active.shape
    markets = market_ptr.shape[0] - 1
    links = c_km.shape[0]
    ways = way_end.shape[0]
    eights = 2 * ways // LANES
    posts = trust.shape[2]
    nodes = tree_parent.shape[0]
    routes = route_kg.shape[1]
    look = np.empty(links)
    paid_all = np.empty(links)
    # organisations side by side; one corridor more for routes without any: nothing is lost there
    felt = room(links)
    through = room(links + 1)
    entering = room(links + 1)
    worth = room(links + 1)
    own = room(links)
    left = room(nodes)
    below = room(nodes)
    worth_below = room(nodes)
    shares = room((slots + LANES - 1) // LANES * (routes + 1))
    place = np.zeros(routes + 1, dtype=np.uint64)
    part = rows(markets)
    sent = room(markets)
    each = room(markets)
    got = room(markets)
    top = np.empty(routes)
    used, uses = np.zeros(routes + 1, dtype=np.uint32), np.zeros(markets + 1, dtype=np.uint32)
    before, ends = np.zeros(routes, dtype=np.uint32), np.zeros(routes, dtype=np.uint32)
    up, at = np.zeros(nodes + 1, dtype=np.uint32), np.zeros(nodes + 1, dtype=np.uint32)
    where, trodden = np.zeros(links + 1, dtype=np.uint32), np.zeros(links + 1, dtype=np.uint32)
    lived = np.zeros(w_ptr.shape[0] - 1, dtype=np.uint32)
    number = np.zeros((3, max(nodes, links + 1)), dtype=np.uint32)
    held_at = room(posts)
    visits = room(posts)
    shelter = rows(net_cover.shape[1])
    borne = room(4)
    buys = rows(1)
    bought = buys[0]
    handed = np.zeros(LANES)
    handed_worth = np.zeros(LANES)
    approaching = np.zeros(LANES)
    bribed_for = np.zeros(LANES)
    earned, arrived, keeps = rows(1), rows(1), rows(1)
    survived, survived_of = room(markets), np.empty((LANES, markets))
    made = np.empty((LANES, links))
    met = np.empty((LANES, links))
    came = np.empty((LANES, posts))
    live = np.zeros(slots + LANES + 1, dtype=np.uint64)
    trips = np.empty(w_parent.shape[0])
    income = np.empty(w_parent.shape[0])
    # both forms of a way stand side by side, ways in the order of home states
    went = room(eights).reshape(2 * ways)
    # one place more, at which no way begins
    tried = room(4 * (eights + 1)).reshape((4, 2 * ways + LANES))
    abroad = room(eights).reshape(2 * ways)
    brings = room(eights).reshape(2 * ways)
    given = room(eights).reshape(2 * ways)
    passing = np.empty(links)
    at_ends = np.zeros(w_parent.shape[0])
    need = np.empty(net_cover.shape[1])
    pays = np.empty(2 * ways)
    bribed = room(eights).reshape(2 * ways)
    journey = room(ways // LANES).reshape(ways)
    going = rows(ways // LANES + 1).reshape(ways + LANES)
    ways_of = people_share.reshape((runs, slots, people_share.shape[2] * 2))
    dear = room(links)
    barrier = room(1)
    pin = np.empty(posts)
    kept = np.empty(posts)
    reach_of = np.empty((2, net_cover.shape[0], posts))
    reach_in = np.empty((2, need.shape[0]))
    papers = np.empty(paper_post.shape[0])
    factor = np.empty(net_cover.shape[1])
    lacking = np.empty(net_cover.shape[1])
    dearer_in = np.empty(net_cover.shape[1])
    shelter_of = np.empty(net_cover.shape)
    barred, barred_links = np.zeros(links + 1, dtype=np.uint32), np.zeros(links + 1, dtype=np.uint32)
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
        papers[:] = 0.0
        bought_all = out_all = 0.0
        seen(rq, enforcement[r].hazard_mean, hazard[r], look)
        needed = on[r, _FACILITATORS]
        switch = min(on[r, _LEARN], on[r, _ROUTES])
        soviet = arrangement(q, began, since_soviet)
        worn = q.tie_kept ** (2.0 * (arrangement(q, began, since_soviet - 1.0) - soviet))
        pay = carrying_cost[r]
        for c in range(w_ptr.shape[0] - 1):
            income[w_ptr[c]] = 0.0
            for i in range(w_ptr[c] + 1, w_ptr[c + 1]):
                income[i] = income[w_parent[i]] + bribe[r, w_link[i]]
        load_each = people_par[r].courier_share * people_par[r].courier_kg * on[r, _COURIERS]
        pass_with_people(people_par[r], on, r, service, conduct, from_post, to_post, to_state, hazard, need, passing)
        worth_of_ways(w_ptr, w_parent, w_link, market_on, price[r], passing, at_ends)
        given[:] = 0.0
        for i in range(ways):
            a = way_from[i]
            d = way_to[i]
            # who is there already makes no journey
            carries = 1.0 - pool_there[r, a, d]
            journey[i] = carries * (1.0 / _PERSONS)
            for f in range(2):
                likely = effectiveness[r, a, d, f] * carries
                abroad[2 * i + f] = load_each * leaves[i] * likely
                brings[2 * i + f] = abroad[2 * i + f] * at_ends[way_end[i]]
                pays[2 * i + f] = likely * people_price[r, d, f] * people_par[r].transit_risk
                bribed[2 * i + f] = pays[2 * i + f] * income[way_end[i]]
        for i in range(posts):
            kept[i] = _TIES_KEPT * (q.tie_kept if rotated[r, i] == 1 else 1.0)
        for n in range(net_cover.shape[0]):
            for c in range(need.shape[0]):
                for old in range(2):
                    far = net_insider[n, c] if old == 0 else max(net_insider[n, c], soviet)
                    reach_in[old, c] = 1.0 if net_official[n] == 1 else far + (1.0 - far) * q.outsider_ties
            for i in range(posts):
                reach_of[0, n, i] = reach_in[0, post_state[i]]
                reach_of[1, n, i] = reach_in[1, post_state[i]]
        per_load = 1.0 / load[r]
        per_visit = 0.5 / q.protection_months
        alive = 0
        for o in range(slots):
            purchased[r, o] = 0.0
            live[alive] = o
            alive += active[r, o]
        # places without a group look at one that is there, since nothing else need be read then
        for i in range(alive, live.shape[0]):
            live[i] = live[max(0, alive - 1)]
        services_of(q, needed, service[r], service_fee[r], lacking, factor, dearer_in)
        shelter_in(q, enforcement[r].soviet_control, needed, soviet, on[r, _STATE], on[r, _DIASPORA], net_soviet,
                   net_cover, service[r], shelter_of)
        lived[:] = 0
        for i in range(alive):
            lived[place_state[home[r, live[i]]]] = 1
        count = gathered(_TINY, route_share[r], live, alive, market_ptr, top, place, used, uses, shares)
        nodes_used, links_used, feet = listed(count, tree_parent, tree_link, stem, last, w_ptr, w_link, lived, number,
                                              used, before, ends, up, at, where, trodden)
        own[:] = 0.0
        felt[:] = 0.0
        bars = 0
        for c in range(links_used):
            barred[bars] = c
            barred_links[bars] = where[c]
            bars += c_china[where[c]] != 0
        for start in range(0, alive, LANES):
            together = min(LANES, alive - start)
            for c in range(feet):
                put(own, trodden[c], spread(0.0))
            bought[:] = 0.0
            beside(trust[r], live, start, held_at)
            for i in range(posts):
                put(held_at, i, spread(0.5 * q.protection_limit) * row(held_at, i) * spread(pin[i]))
            for j in range(together):
                o = live[start + j]
                n = network[r, o]
                s = place_state[home[r, o]]
                x = trade[r, o, 0]
                scope = q.scope * on[r, _SCOPE]
                size = in_use[r, o] * capacity[r, o] * (1.0 + 2.0 * scope * x * (1.0 - x)) * (1.0 + carrying[r])
                size *= factor[s]
                # a group that began with opiates wins people as far as its network or itself has contacts
                known = max(contacts[r, n], 1.0 - x) if drug_first[r, o] == 1 else 1.0
                persons = size * known * _PERSONS
                for c in range(shelter.shape[0]):
                    shelter[c, j] = shelter_of[n, c]
                # journeys of people: approached persons by way
                labour = persons * trade[r, o, 1]
                sexual = persons * trade[r, o, 2]
                begin = homes[s]
                approached = went[:2 * ways_at[s]]
                bribed_for[j], could_carry, could_bring = approach(
                    labour, sexual, ways_of[r, o], bribed[2 * begin:], abroad[2 * begin:], brings[2 * begin:],
                    tried[2 * drug_first[r, o] + (x > _IN_OPIATES), 2 * begin:], approached)
                root, end = w_ptr[s], w_ptr[s + 1]
                journeys_of_people(
                    approached, journey, begin, way_first[root:end], way_up[root:end], way_link[root:end],
                    way_more[more_ptr[s]:more_ptr[s + 1]], more_at[more_ptr[s]:more_ptr[s + 1]], root, going, trips,
                    own, j)
                approaching[j] = persons
                # purchase; half of a load can be had on credit
                kg = size * x * load[r] * ration[r]
                with_people = could_carry if x > _IN_OPIATES else 0.0
                wanted = kg + with_people
                most = 2.0 / STEPS * max(0.0, capital[r, o]) / source_price[r]
                paid_for = most / wanted if wanted > most else 1.0
                purchased[r, o] = wanted * paid_for
                network_kg[r, n] += purchased[r, o]
                bought_all += purchased[r, o]
                bought[j] = kg * paid_for
                handed[j] = with_people * paid_for
                handed_worth[j] = 0.0
                if with_people > 0.0:
                    handed_worth[j] = could_bring * paid_for
                    add_times(given[2 * begin:], paid_for, approached)
                for m in range(markets):
                    part[m, j] = market_share[r, o, m] if market_share[r, o, m] >= 1e-6 else 0.0
            share = shares[start // LANES * (routes + 1):]
            divide(_TINY, uses, share, part, buys, sent, each)
            meet(shelter, held_at, hazard[r], to_state, from_post, to_post, trodden[:feet], where, links_used, felt,
                 through)
            send(_TINY, up, at, nodes_used, links_used, used, uses, before, ends, price[r], through, share, each, left,
                 below, worth_below, entering, worth, got, route_kg[r])
            bear(hazard[r], bribe[r], corridor_trips[r], corridor_cost[r], per_load, to_state, from_post, to_post,
                 trodden[:feet], where, links_used, shelter, held_at, felt, through, entering, worth, own, visits,
                 borne, carried[r], seized[r], journeys[r], paid_all)
            china_pay(rq, c_china, c_km, barred_links[:bars], enforcement[r].crossing_watch, usual[r], reach[r], felt,
                      dear[:bars])
            at_barrier = spread(0.0)
            for i in range(bars):
                at_barrier = at_barrier + row(entering, barred[i]) * row(dear, i)
            put(barrier, 0, at_barrier)
            for j in range(together):
                keeps[0, j] = 1.0 - rivalry[r, live[start + j]]
                earned[0, j] = handed_worth[j] * keeps[0, j]
            sell(price[r], sent, got, keeps, earned, arrived, survived)
            for m in range(markets):
                for j in range(together):
                    arrivals[r, m] += got[m, j]
            one_by_one(survived, survived_of)
            one_by_one(own, made)
            one_by_one(felt, met)
            one_by_one(visits, came)
            for j in range(together):
                o = live[start + j]
                n = network[r, o]
                s = place_state[home[r, o]]
                x = trade[r, o, 0]
                scope = q.scope * on[r, _SCOPE]
                kg = bought[j]
                persons = approaching[j]
                for_people = bribed_for[j]
                revenue = earned[0, j]
                delivered = arrived[0, j]
                passed_on = survived_of[j]
                for m in range(markets):
                    change = passed_on[m] - survival[r, o, m] if passed_on[m] >= 0.0 else 0.0
                    survival[r, o, m] += _SURVIVAL_MEMORY * change
                lost = borne[0, j]
                transport = borne[1, j]
                risk_pay = borne[2, j] * pay * rq.risk_pay + barrier[0, j]
                bribes = borne[3, j]
                transport *= rq.transport_cost * pay
                if kg > 0.0:
                    road[r, o] = transport / kg
                transport *= 1.0 - 4.0 * scope * x * (1.0 - x)
                out_all += delivered + lost
                if kg > 0.0:
                    loss[r, o] += _LOSS_MEMORY * (lost / kg - loss[r, o])
                # money
                dearer = dearer_in[s]
                fixed = q.journey_fixed_cost * (1.0 + dearer) * capacity[r, o] * in_use[r, o] / STEPS
                fixed *= 1.0 - 4.0 * scope * x * (1.0 - x)
                papers[s] += fixed / (1.0 + dearer)
                # what people bring is net of bribes; they are shown with the other bribes
                bribes += for_people
                people_net = for_people
                for f in range(2):
                    people_net += persons * trade[r, o, 1 + f] * people_value[r, o, f]
                purchases = (kg + handed[j]) * source_price[r]
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
                capital[r, o] += profit - _SPENT * max(0.0, capital[r, o])
                # people's part of what is earned, before officials and laundering take theirs alike
                apart = people_net - for_people - fixed * (1.0 - x)
                apart *= profit / gross if gross > 0.0 else 1.0
                other_capital[r, o] = min(max(0.0, _UNSPENT * other_capital[r, o] + apart), max(0.0, capital[r, o]))
                # laid out before the sale; bribes and carriers' pay for risk come out of what arrives
                costs = purchases + transport + fixed + abs(people_net) * 0.3 + _LEAST * q.journey_fixed_cost
                returns[r, o] += _RETURN_MEMORY * (profit / costs - returns[r, o])
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
                wear = worn if old else 1.0
                reach_n = reach_of[1 if old else 0, n]
                tie(trust[r, o], came[j], reach_n, kept, wear, per_visit, base, 1.0 / q.protection_months)
                learn(rq, look, switch, made[j], met[j], belief[r, o], network_belief[r, n])
        # what people's journeys pay at posts, of all groups at once
        add_up(tried, way_at, way_first, way_more, more_at, pays, r, attempts, attempts_first, attempts_opiates, income)
        pay_at_posts(income, bribe[r], w_ptr, way_up, way_link, paid_all)
        couriers_kg[r], gone = hand_over(given, abroad, w_ptr, way_first, way_up, way_link, way_more, more_at,
                                         market_on, passing, going, income, carried[r], seized[r], arrivals[r])
        out_all += gone
        for l in range(links):
            bribes_post[r, from_post[l]] += 0.5 * paid_all[l]
            bribes_post[r, to_post[l]] += 0.5 * paid_all[l]
        # what was paid for papers as part of fixed costs, as far as officials of the migration service made them
        for s in range(paper_post.shape[0]):
            if paper_post[s] >= 0:
                asked = q.service_fee * needed * 0.5 * service[r, s, 0] * service_fee[r, s, 0]
                bribes_post[r, paper_post[s]] += papers[s] * asked * papers_official[r, s]
        for n in range(network_belief.shape[1]):
            for l in range(links):
                network_belief[r, n, l] += rq.watching * switch * (look[l] - network_belief[r, n, l])
        profit_total[r] = money[r, 9]
        ledger[r] = bought_all - out_all
