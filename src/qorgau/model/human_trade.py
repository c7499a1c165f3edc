"""The trade in people: recruitment, journeys, people found on the way, and the price of exploitation.

A month's attempts A meet a limited pool S = v B of people who can be won, by a matching function that never
exceeds either side (den Haan, Ramey and Watson 2000; elasticities of both sides between .3 and .7 where they are
measured, Petrongolo and Pissarides 2001):

    recruits ~ Poisson(A S / (A^l + S^l)^(1/l)),   v = winnable (1 - awareness)

for each place, destination and form. Besides those of organisations, A holds attempts of people who recruit on
their own (acquaintances, brokers, employers), who need little to begin and answer the price W only:

    alone S W / Wc   (from the end of Soviet rule, spread evenly over routes; none where entry costs much).

Who is recruited where he or she works already is exploited without a journey. All others are split over the routes of
their pair in the proportions of the attempts, and carried; on each
corridor they meet the hazard for people

    h_people = h transit_risk (1 + facilitator_risk (1 - (documents + safe houses)/2)) (1 - carried by officials)

and are found with chance 1 - exp(-sum of h_people). Who is found is with the police of the state at the far
end of the corridor where it happened; all others are newly exploited.

Controllers would exploit D people at price W, with a choke price Wc of so many months' pay of irregular work, which
is what they save (no one pays
more than the labour brings, and drugs are used to make people work longer; an iso-elastic demand pegs the price at
any cap):

    D = N_d share (cheap labour) max(0, 1 - W / Wc - search (1 - brokerage)),   ln W += s (D - X) / (D + X + 1)

where X are the people exploited there now. Persons are whole numbers throughout.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.compiled import compiled, inlined
from qorgau.model.derived import of_map
from qorgau.model.human_matching import match
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.state import State
from qorgau.model.streams import Stream, binomial, pair_entity, poisson, uniform, way_item
from qorgau.model.units import ABUNDANCE_REFERENCE
from qorgau.model.world import CONDUCTS, INSTRUMENTS, SERVICES, World

__all__ = ["PARAMETERS", "advance", "start", "transit_hazard"]

SMOOTHING = 0.3
"""Weight of this month in the smoothed number of recruits per attempt."""

LOSS_MEMORY = 0.1
"""Weight of this month in the share of people found on the way that groups reckon with, as for opiates."""

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("winnable", "1", "share of people open to recruiters whom an offer wins", 0.0, 1.0),
    Parameter("alone", "1", "attempts of recruiters without a group, of people who can be won, at the choke price"),
    Parameter("matching", "1", "power l of the matching of recruiters with people (high: the short side decides)", 0.1),
    Parameter("sexual_pool", "1", "part of the pool open to recruiters for sexual exploitation", 0.0, 1.0),
    Parameter("size_awareness", "1", "fall of that share at full awareness in the state in focus", 0.0, 1.0),
    Parameter("awareness_abroad", "1", "reach of the campaigns in other homes, of that in focus", 0.0, 1.0),
    Parameter("transit_risk", "1", "hazard for people on the way, of the corridor's hazard"),
    Parameter("facilitator_risk", "1", "added hazard without documents and safe houses"),
    Parameter("officials_carry", "1", "share of the hazard averted where all officials take part", 0.0, 1.0),
    Parameter("courier_share", "1", "people carried abroad made to carry opiates, if by groups in opiates", 0.0, 1.0),
    Parameter("courier_kg", "kg/person", "opiates that a person is made to carry"),
    Parameter("demand_labour", "1", "people whom controllers would exploit in labour, per inhabitant", 0.0, 1.0),
    Parameter("demand_sexual", "1", "the same in sexual exploitation", 0.0, 1.0),
    Parameter("far_demand", "1", "part of demand outside the former USSR that looks to these homes", 0.0, 1.0),
    Parameter("choke_labour", "monthly wages", "price at which no one would exploit in labour"),
    Parameter("choke_sexual", "monthly wages", "the same in sexual exploitation"),
    Parameter("endurance", "1", "labour that drugs add, where all groups began with opiates", 0.0, 1.0),
    Parameter("search_cost", "1", "cost of finding people or employers, of the choke price", 0.0, 1.0),
    Parameter("cheap_labour", "1", "power of abundant irregular labour in demand"),
    Parameter("price_speed", "1/month", "speed of the price of exploitation", 0.0, 1.0),
)

_MARKETS = int(Mechanism.MARKETS)
_CHEAP = int(Mechanism.CHEAP_LABOUR)
_BROKER = int(Mechanism.POLICE_BROKERAGE)
_COURIERS = int(Mechanism.FORCED_COURIERS)
_FACILITATORS = int(Mechanism.FACILITATORS)
_DOCUMENTS = int(Mechanism.DOCUMENTS)
_SAFE_HOUSES = int(Mechanism.SAFE_HOUSES)
_LOW_ENTRY = int(Mechanism.LOW_ENTRY_COST)
_HOLD = int(Mechanism.DRUGS_TO_HOLD)
_CARRY = int(Mechanism.OFFICIALS_CARRY)
_AWARENESS = INSTRUMENTS.index("awareness")
_TAKE_PART = CONDUCTS.index("take_part")
_PAPERS = SERVICES.index("documents")
_HOUSES = SERVICES.index("safe_houses")
_S_RECRUITS = int(Stream.RECRUITS)
_S_CHILDREN = int(Stream.RECRUITS_CHILDREN)
_S_THERE = int(Stream.RECRUITS_THERE)
_S_ROUTE = int(Stream.RECRUITS_ROUTE)
_S_FOUND = int(Stream.INTERCEPTED)
_S_COURIERS = int(Stream.COURIERS)


@inlined
def transit_hazard(hazard, transit_risk, facilitator_risk, facilitators, papers, houses, carry, take_part):
    """Hazard that people meet on a corridor, per journey.

    Parameters
    ----------
    hazard : float
        Hazard of detection of the corridor, 1/journey.
    transit_risk, facilitator_risk : float
        As in ``PARAMETERS``.
    facilitators : float
        Switch: services matter at all.
    papers, houses : float
        Availability of documents and of safe houses in the state of the far end, 0 to 1 (0 when switched off).
    carry, take_part : float
        ``officials_carry`` (0 when switched off) and the share of officials at both ends who take part.
    """
    need = 1.0 + facilitator_risk * facilitators * (1.0 - 0.5 * (papers + houses))
    return hazard * transit_risk * need * (1.0 - carry * take_part)


@compiled
def _demand(q, on, r, f, former, people, wage, arrivals_year, abuse, drug_first, price):
    """Choke price, demand at the price."""
    choke = (q.choke_labour if f == 0 else q.choke_sexual) * wage * (1.0 + q.endurance * drug_first * on[r, _HOLD])
    share = (q.demand_labour if f == 0 else q.demand_sexual) * (1.0 if former else q.far_demand)
    # off, demand is what it would be if nobody came without papers
    abundance = (ABUNDANCE_REFERENCE + arrivals_year * on[r, _CHEAP]) / (2.0 * ABUNDANCE_REFERENCE)
    share *= abundance ** q.cheap_labour
    search = q.search_cost
    if f == 0:
        search *= 1.0 - on[r, _BROKER] * min(1.0, max(0.0, abuse))
    return choke, people * share * max(0.0, 1.0 - price / choke - search)


@compiled
def _start(par, on, pop, share, d_place, place_state, former, w, price, demand, effectiveness):
    runs, targets, forms = price.shape
    for r in range(runs):
        q = par[r]
        effectiveness[r] = 1.0
        for d in range(targets):
            s = place_state[d_place[d]]
            for f in range(forms):
                choke = (q.choke_labour if f == 0 else q.choke_sexual) * w[s] / 12.0
                price[r, d, f] = 0.5 * choke
                _, demand[r, d, f] = _demand(q, on, r, f, former[s], pop[s] * share[d_place[d]], w[s] / 12.0,
                                             0.0, 0.0, 0.0, price[r, d, f])


@compiled
def _routes_by_pair(p_origin, p_destination, ptr, links, c_from, c_to, place_state, d_place, places):
    """Routes sorted by pair of place and destination, and the states each route passes through, as bits."""
    count = p_origin.shape[0]
    targets = d_place.shape[0]
    first = np.zeros(places * targets + 1, dtype=np.int64)
    for h in range(count):
        first[p_origin[h] * targets + p_destination[h] + 1] += 1
    for k in range(places * targets):
        first[k + 1] += first[k]
    fill = first[:-1].copy()
    order = np.zeros(count, dtype=np.int64)
    passed = np.zeros(count, dtype=np.int64)
    for h in range(count):
        k = p_origin[h] * targets + p_destination[h]
        order[fill[k]] = h
        fill[k] += 1
        home = place_state[p_origin[h]]
        goal = place_state[d_place[p_destination[h]]]
        for i in range(ptr[h], ptr[h + 1]):
            s = place_state[c_from[links[i]]]
            if s != home and s != goal:
                passed[h] |= 1 << s
    return first, order, passed


@compiled
def _former(c_from, c_to, c_internal, place_state, states):
    former = np.zeros(states, dtype=np.bool_)
    for k in range(c_from.shape[0]):
        if c_internal[k] == 1:
            former[place_state[c_from[k]]] = True
            former[place_state[c_to[k]]] = True
    return former


@compiled
def _find(key, month, entity, item, h, f, found, chance, ptr, links, c_from, c_to, place_state, hazard, home, goal,
          intercepted, carried, transit):
    """Place each person found on route h on the corridor where the hazard met reaches a truncated exponential."""
    for person in range(found):
        u = uniform(key, _S_FOUND, month, entity, item + 2 * person + 8)
        depth = -math.log(1.0 - u * chance)
        seen = 0
        last = ptr[h + 1] - 1
        for i in range(ptr[h], ptr[h + 1]):
            k = links[i]
            s = place_state[c_from[k]]
            if s != home and s != goal and (seen >> s) & 1 == 0:
                transit[s] += 1
                seen |= 1 << s
            carried[k, f] += 1
            depth -= hazard[k]
            if depth <= 0.0 or i == last:
                intercepted[place_state[c_to[k]]] += 1
                break


@compiled
def _advance(par, on, keys, month, free, focus, people, place_state, place_share, place_post, d_place, former,
             p_origin, ptr, links, c_from, c_to, first, order, passed, attempts, drug_first, with_opiates, pool,
             pool_children, pool_there, corridor_hazard, service, conduct, instrument, wage, irregular, abuse,
             exploited, price,
             effectiveness, recruits, children, recruits_there, recruits_route, arrived, intercepted, carried,
             couriers, origin_flow,
             transit, arrival_flow, demand, recruits_first, recruits_grouped, loss):
    runs, _, forms = attempts.shape
    places = place_state.shape[0]
    targets = d_place.shape[0]
    corridors = c_from.shape[0]
    hazard = np.zeros(corridors)
    abroad = np.zeros(2, dtype=np.int64)
    grouped = np.zeros(2)
    singly = np.zeros(2)
    # by pair and form: attempts of one who works alone, all attempts, people who can be won, recruits to be expected
    singles = np.zeros(places * targets * forms)
    tried = np.zeros(places * targets * forms)
    most = np.zeros(places * targets * forms)
    met = np.zeros(places * targets * forms)
    for r in range(runs):
        q = par[r]
        key = keys[r]
        carry = q.officials_carry * on[r, _CARRY]
        for k in range(corridors):
            s = place_state[c_to[k]]
            a = place_post[c_from[k]]
            b = place_post[c_to[k]]
            take_part = 0.5 * (conduct[r, a, _TAKE_PART] + conduct[r, b, _TAKE_PART])
            papers = service[r, s, _PAPERS] * on[r, _DOCUMENTS]
            houses = service[r, s, _HOUSES] * on[r, _SAFE_HOUSES]
            hazard[k] = transit_hazard(corridor_hazard[r, k], q.transit_risk, q.facilitator_risk,
                                       on[r, _FACILITATORS], papers, houses, carry, take_part)
            carried[r, k, 0] = 0
            carried[r, k, 1] = 0
        intercepted[r] = 0
        origin_flow[r] = 0
        transit[r] = 0
        arrival_flow[r] = 0
        arrived[r] = 0
        abroad[:] = 0
        won = 0
        lost = 0
        grouped[:] = 0.0
        singly[:] = 0.0
        alone = q.alone * on[r, _LOW_ENTRY] * free
        aware = q.size_awareness * instrument[r, _AWARENESS]
        match(q, r, alone, aware, focus, place_state, d_place, first, order, pool, wage, price, attempts, singles,
              tried, most, met, singly, grouped)
        for p in range(places):
            home = place_state[p]
            for d in range(targets):
                pair = p * targets + d
                entity = pair_entity(p, d)
                lo = first[pair]
                hi = first[pair + 1]
                if lo == hi:
                    continue
                goal = place_state[d_place[d]]
                for f in range(forms):
                    cell = pair * forms + f
                    own = singles[cell]
                    total = tried[cell]
                    mean = met[cell]
                    yielded = 1.0 if most[cell] > 0.0 else 0.0
                    if total > 0.0 and most[cell] > 0.0:
                        yielded = mean / total
                    effectiveness[r, p, d, f] += SMOOTHING * (yielded - effectiveness[r, p, d, f])
                    n = 0
                    if mean > 0.0:
                        n = poisson(uniform(key, _S_RECRUITS, month, entity, f), mean)
                    recruits[r, p, d, f] = n
                    children[r, p, d, f] = 0
                    recruits_there[r, p, d, f] = 0
                    if n == 0:
                        for j in range(lo, hi):
                            recruits_route[r, order[j], f] = 0
                        continue
                    young = binomial(uniform(key, _S_CHILDREN, month, entity, f), n, pool_children[r, p, d])
                    children[r, p, d, f] = young
                    origin_flow[r, home] += n
                    there = binomial(uniform(key, _S_THERE, month, entity, f), n, pool_there[r, p, d])
                    recruits_there[r, p, d, f] = there
                    left = n - there
                    weight = total
                    caught = 0
                    for j in range(lo, hi):
                        h = order[j]
                        here = left
                        item = way_item(j - lo, f)
                        if j < hi - 1 and left > 0:
                            share = (attempts[r, h, f] + own) / max(weight, 1e-300)
                            here = binomial(uniform(key, _S_ROUTE, month, entity, item), left, min(1.0, share))
                        weight -= attempts[r, h, f] + own
                        left -= here
                        recruits_route[r, h, f] = here
                        if here == 0:
                            continue
                        risk = 0.0
                        for i in range(ptr[h], ptr[h + 1]):
                            risk += hazard[links[i]]
                        # most journeys are found out by no one: one exponential settles those
                        u = uniform(key, _S_FOUND, month, entity, item)
                        found = 0
                        if u > math.exp(-risk * here):
                            chance = 1.0 - math.exp(-risk)
                            found = binomial(u, here, chance)
                        if found > 0:
                            _find(key, month, entity, item, h, f, found, chance, ptr, links, c_from, c_to,
                                  place_state, hazard, home, goal, intercepted[r], carried[r], transit[r])
                        caught += found
                        on_way = here - found
                        if on_way == 0:
                            continue
                        for i in range(ptr[h], ptr[h + 1]):
                            carried[r, links[i], f] += on_way
                        bits = passed[h]
                        s = 0
                        while bits:
                            if bits & 1:
                                transit[r, s] += on_way
                            bits >>= 1
                            s += 1
                    came = n - caught
                    won += n
                    lost += caught
                    young_found = 0
                    if caught > 0:
                        young_found = binomial(uniform(key, _S_CHILDREN, month, entity, 2 + f), caught, young / n)
                        young_found = min(young, max(young - came, young_found))
                    arrived[r, d, f, 1] += young - young_found
                    arrived[r, d, f, 0] += came - (young - young_found)
                    if goal != home:
                        arrival_flow[r, goal] += came
                        abroad[f] += came - there
        if won > 0:
            loss[r] += LOSS_MEMORY * (lost / won - loss[r])
        couriers[r] = 0
        for f in range(forms):
            by_groups = grouped[f] / max(1e-12, grouped[f] + singly[f])
            recruits_first[r, f] = drug_first[r, f] * by_groups
            recruits_grouped[r, f] = by_groups
            share = q.courier_share * with_opiates[r, f] * by_groups * on[r, _COURIERS]
            couriers[r] += binomial(uniform(key, _S_COURIERS, month, 0, f), abroad[f], share)
        for d in range(targets):
            s = place_state[d_place[d]]
            size = people[s] * place_share[d_place[d]]
            year_share = 12.0 * irregular[r, s] / people[s]
            for f in range(forms):
                choke, wanted = _demand(q, on, r, f, former[s], size, wage[r, s], year_share, abuse[r, s],
                                        recruits_first[r, f], price[r, d, f])
                if on[r, _MARKETS] > 0.0:
                    now = exploited[r, d, f, 0] + exploited[r, d, f, 1]
                    step = q.price_speed * (wanted - now) / (wanted + now + 1.0)
                    price[r, d, f] = min(0.98 * choke, max(0.02 * choke, price[r, d, f] * math.exp(step)))
                    _, wanted = _demand(q, on, r, f, former[s], size, wage[r, s], year_share, abuse[r, s],
                                        recruits_first[r, f], price[r, d, f])
                demand[r, d, f] = wanted


@of_map
def _inside(world: World) -> np.ndarray:
    """Which states are of the former USSR, by the corridors among them."""
    return _former(world.corridor_from, world.corridor_to, world.corridor_internal, world.place_state,
                   world.sizes["state"])


@of_map
def _pairs(world: World) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Routes by pair of place and destination, and the states that each passes."""
    return _routes_by_pair(
        world.people_origin, world.people_destination, world.people_ptr, world.people_links, world.corridor_from,
        world.corridor_to, world.place_state, world.destination_place, world.sizes["place"])


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """Price at half the choke price, no crowding, nobody carried; losses as those of opiates."""
    state.people_loss_share[:] = 0.1
    _start(parameters["human_trade"], on, world.population[0], world.place_share, world.destination_place,
           world.place_state, _inside(world), world.gdp_per_head[0], state.people_price, state.demand_people,
           state.effectiveness)


def advance(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
            levers: np.ndarray) -> None:
    """One month of recruitment and journeys; new price of exploitation (see module docstring)."""
    first, order, passed = _pairs(world)
    free = 1.0 - float(world.event["soviet"][month])
    _advance(parameters["human_trade"], on, keys, month, free, world.focus, world.population[month], world.place_state,
             world.place_share, world.place_post, world.destination_place, _inside(world), world.people_origin,
             world.people_ptr, world.people_links, world.corridor_from, world.corridor_to, first, order, passed,
             state.attempts_route, state.attempts_drug_first, state.attempts_opiates, state.pool,
             state.pool_children, state.pool_there, state.hazard, state.service, state.conduct, state.instrument,
             state.irregular_wage,
             state.irregular_arrivals, state.abuse, state.exploited, state.people_price, state.effectiveness,
             state.recruits, state.recruits_children, state.recruits_there, state.recruits_route,
             state.arrived, state.intercepted,
             state.carried_people, state.couriers, state.origin_flow, state.transit_flow, state.arrival_flow,
             state.demand_people, state.recruits_drug_first, state.recruits_by_groups, state.people_loss_share)
