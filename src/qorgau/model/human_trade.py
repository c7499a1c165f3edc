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

from qorgau.model.clock import STEPS_A_YEAR, memory
from qorgau.model.compiled import compiled, inlined
from qorgau.model.derived import corridor_posts, destination_states, of_map
from qorgau.model.human_journeys import recruit, room_for, set_out, travel
from qorgau.model.human_matching import match
from qorgau.model.human_ways import ways_of
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.state import State
from qorgau.model.streams import Stream, binomial, uniform
from qorgau.model.units import ABUNDANCE_REFERENCE
from qorgau.model.world import CONDUCTS, INSTRUMENTS, SERVICES, World

__all__ = ["PARAMETERS", "advance", "need_of", "needs", "start", "transit_hazard"]

LOSS_MEMORY = memory(0.1)
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
_S_CHILDREN = int(Stream.RECRUITS_CHILDREN)
_S_COURIERS = int(Stream.COURIERS)


@inlined
def need_of(facilitator_risk, facilitators, papers, houses):
    """Hazard for people where papers and safe houses are as given, over that where both are to be had by all.

    Parameters
    ----------
    facilitator_risk : float
        As in ``PARAMETERS``.
    facilitators : float
        Switch: services matter at all.
    papers, houses : float
        Availability of documents and of safe houses in a state, 0 to 1 (0 when switched off).
    """
    return 1.0 + facilitator_risk * facilitators * (1.0 - 0.5 * (papers + houses))


@inlined
def needs(q, on, r, service, need):
    """Write `need_of` every state in run ``r``, shape (states,)."""
    for s in range(need.shape[0]):
        need[s] = need_of(q.facilitator_risk, on[r, _FACILITATORS], service[r, s, _PAPERS] * on[r, _DOCUMENTS],
                          service[r, s, _HOUSES] * on[r, _SAFE_HOUSES])


@inlined
def transit_hazard(hazard, transit_risk, need, carry, take_part):
    """Hazard that people meet on a corridor, per journey.

    Parameters
    ----------
    hazard : float
        Hazard of detection of the corridor, 1/journey.
    transit_risk : float
        As in ``PARAMETERS``.
    need : float
        `need_of` the state of the far end.
    carry, take_part : float
        ``officials_carry`` (0 when switched off) and the share of officials at both ends who take part.
    """
    return hazard * transit_risk * need * (1.0 - carry * take_part)


@inlined
def _abundance(q, arrivals_year, cheap):
    """What plenty of irregular labour makes of demand; off, what it would be if nobody came without papers."""
    return ((ABUNDANCE_REFERENCE + arrivals_year * cheap) / (2.0 * ABUNDANCE_REFERENCE)) ** q.cheap_labour


@inlined
def _demand(q, on, r, f, former, people, wage, abundance, abuse, drug_first, price):
    """Choke price, demand at the price."""
    choke = (q.choke_labour if f == 0 else q.choke_sexual) * wage * (1.0 + q.endurance * drug_first * on[r, _HOLD])
    share = (q.demand_labour if f == 0 else q.demand_sexual) * (1.0 if former else q.far_demand)
    share *= abundance
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
                choke = (q.choke_labour if f == 0 else q.choke_sexual) * w[s] / STEPS_A_YEAR
                price[r, d, f] = 0.5 * choke
                _, demand[r, d, f] = _demand(q, on, r, f, former[s], pop[s] * share[d_place[d]], w[s] / STEPS_A_YEAR,
                                             _abundance(q, 0.0, on[r, _CHEAP]), 0.0, 0.0, price[r, d, f])


@compiled
def _former(c_from, c_to, c_internal, place_state, states):
    former = np.zeros(states, dtype=np.bool_)
    for k in range(c_from.shape[0]):
        if c_internal[k] == 1:
            former[place_state[c_from[k]]] = True
            former[place_state[c_to[k]]] = True
    return former


@compiled
def _advance(par, on, keys, month, free, focus, people, place_state, place_share, from_post, to_post, d_place, d_state,
             former, ways, ptr, links, c_from, c_to, attempts, drug_first, with_opiates, pool, pool_children,
             pool_there, corridor_hazard, service, conduct, instrument, wage, irregular, abuse, exploited, price,
             effectiveness, recruits, children, recruits_there, recruits_route, arrived, intercepted, carried, couriers,
             origin_flow, transit, arrival_flow, demand, recruits_first, recruits_grouped, loss):
    runs, _, forms = attempts.shape
    states = people.shape[0]
    targets = d_place.shape[0]
    corridors = c_from.shape[0]
    hazard = np.zeros(corridors)
    need = np.zeros(states)
    dear = np.zeros((targets, forms))
    abroad = np.zeros(2, dtype=np.int64)
    grouped = np.zeros(2)
    singly = np.zeros(2)
    room = room_for(ways.form.shape[0], attempts.shape[1], ways.parent.shape[0], forms)
    for r in range(runs):
        q = par[r]
        key = keys[r]
        carry = q.officials_carry * on[r, _CARRY]
        needs(q, on, r, service, need)
        for k in range(corridors):
            take_part = 0.5 * (conduct[r, from_post[k], _TAKE_PART] + conduct[r, to_post[k], _TAKE_PART])
            short = need[place_state[c_to[k]]]
            hazard[k] = transit_hazard(corridor_hazard[r, k], q.transit_risk, short, carry, take_part)
        intercepted[r] = 0
        origin_flow[r] = 0
        transit[r] = 0
        arrival_flow[r] = 0
        arrived[r] = 0
        abroad[:] = 0
        grouped[:] = 0.0
        singly[:] = 0.0
        alone = q.alone * on[r, _LOW_ENTRY] * free
        aware = q.size_awareness * instrument[r, _AWARENESS]
        match(q, alone, aware, focus, ways, d_state, pool[r], wage[r], price[r], attempts[r], dear, room.singles,
              room.tried, room.most, room.met, singly, grouped)
        count = recruit(key, month, ways, room, pool_children[r], pool_there[r], effectiveness[r], recruits[r],
                        children[r], recruits_there[r])
        found = set_out(key, month, ways, room, count, attempts[r])
        travel(key, month, ways, room, count, found, hazard, ptr, links, c_from, c_to, place_state, recruits_route[r],
               intercepted[r], carried[r], transit[r])
        won = 0
        lost = 0
        for c in range(count):
            i = room.busy[c]
            f = ways.form[i]
            n = room.number[c]
            young = room.young[c]
            caught = room.caught[c]
            came = n - caught
            won += n
            lost += caught
            origin_flow[r, ways.home[i]] += n
            young_found = 0
            if caught > 0:
                u = uniform(key, _S_CHILDREN, month, ways.entity[i], 2 + f)
                young_found = min(young, max(young - came, binomial(u, caught, young / n)))
            arrived[r, ways.target[i], f, 1] += young - young_found
            arrived[r, ways.target[i], f, 0] += came - (young - young_found)
            if ways.goal[i] != ways.home[i]:
                arrival_flow[r, ways.goal[i]] += came
                abroad[f] += came - room.there[c]
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
            abundance = _abundance(q, STEPS_A_YEAR * irregular[r, s] / people[s], on[r, _CHEAP])
            for f in range(forms):
                choke, wanted = _demand(q, on, r, f, former[s], size, wage[r, s], abundance, abuse[r, s],
                                        recruits_first[r, f], price[r, d, f])
                if on[r, _MARKETS] > 0.0:
                    now = exploited[r, d, f, 0] + exploited[r, d, f, 1]
                    step = q.price_speed * (wanted - now) / (wanted + now + 1.0)
                    price[r, d, f] = min(0.98 * choke, max(0.02 * choke, price[r, d, f] * math.exp(step)))
                    _, wanted = _demand(q, on, r, f, former[s], size, wage[r, s], abundance, abuse[r, s],
                                        recruits_first[r, f], price[r, d, f])
                demand[r, d, f] = wanted


@of_map
def _inside(world: World) -> np.ndarray:
    """Which states are of the former USSR, by the corridors among them."""
    return _former(world.corridor_from, world.corridor_to, world.corridor_internal, world.place_state,
                   world.sizes["state"])


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """Price at half the choke price, no crowding, nobody carried; losses as those of opiates."""
    state.people_loss_share[:] = 0.1
    _start(parameters["human_trade"], on, world.population[0], world.place_share, world.destination_place,
           world.place_state, _inside(world), world.gdp_per_head[0], state.people_price, state.demand_people,
           state.effectiveness)


def advance(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
            levers: np.ndarray) -> None:
    """One month of recruitment and journeys; new price of exploitation (see module docstring)."""
    free = 1.0 - float(world.event["soviet"][month])
    by_run = (state.people_price.shape[0], -1)
    _advance(parameters["human_trade"], on, keys, month, free, world.focus, world.population[month], world.place_state,
             world.place_share, *corridor_posts(world), world.destination_place, destination_states(world),
             _inside(world), ways_of(world), world.people_ptr, world.people_links, world.corridor_from,
             world.corridor_to, state.attempts_route, state.attempts_drug_first, state.attempts_opiates,
             state.pool.reshape(by_run), state.pool_children.reshape(by_run), state.pool_there.reshape(by_run),
             state.hazard, state.service, state.conduct, state.instrument, state.irregular_wage,
             state.irregular_arrivals, state.abuse, state.exploited, state.people_price,
             state.effectiveness.reshape(by_run), state.recruits.reshape(by_run),
             state.recruits_children.reshape(by_run), state.recruits_there.reshape(by_run), state.recruits_route,
             state.arrived, state.intercepted, state.carried_people, state.couriers, state.origin_flow,
             state.transit_flow, state.arrival_flow, state.demand_people, state.recruits_drug_first,
             state.recruits_by_groups, state.people_loss_share)
