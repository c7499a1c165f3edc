"""Services of the legitimate world: documents, safe houses, laundering.

In each state corrupt officials and professionals supply services: lawyers papers, estate agents and owners of flats
safe houses, accountants and bankers laundering. Papers are made by the migration service where there is one, the other
officials then lend the other services; the officials' part of what is paid for papers is income of that service.
Professionals come with private business after privatisation, each profession with its own willingness, so that one can
be short while the others are not; how many there are is not told apart. Journeys of people, people held and profit ask
for services. Availability is what a seeker finds, a = s / (s + h (1 + d)), with supply s and demand d over capacity:
none without supply, and scarce when many ask. The fee rises with demand over supply. Organisations and the trade in
people bear the cost and the risk of doing without.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS, STEPS_A_YEAR
from qorgau.model.compiled import compiled, inlined
from qorgau.model.derived import destination_states, migration_posts, months_above
from qorgau.model.exponentials import fall, logarithm
from qorgau.model.guarantors import private_share
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.state import State
from qorgau.model.world import World

__all__ = ["PARAMETERS", "advance", "availability", "fee", "start"]

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("documents_official", "1", "officials' part in the supply of documents", 0.0, 1.0),
    Parameter("houses_official", "1", "officials' part in the supply of safe houses", 0.0, 1.0),
    Parameter("laundering_official", "1", "officials' part in the supply of laundering", 0.0, 1.0),
    Parameter("professional_years", "year", "years from privatisation until professions are grown", 0.5),
    Parameter("documents_willing", "1", "lawyers' part of the supply of documents open to traffickers", 0.0, 1.0),
    Parameter("houses_willing", "1", "estate agents' and owners' part of safe houses open to traffickers", 0.0, 1.0),
    Parameter("laundering_willing", "1", "accountants' and bankers' part of laundering open to traffickers", 0.0, 1.0),
    Parameter("half_supply", "1", "supply at which half of the few who ask find a service", 1e-3),
    Parameter("documents_capacity", "persons/month/million", "documents a month per million people at full supply",
              1e-3),
    Parameter("houses_capacity", "persons/million", "people housed per million people at full supply", 1e-3),
    Parameter("laundering_capacity", "1", "profit laundered at full supply over GDP", 1e-6),
    Parameter("fee_elasticity", "1", "how the fee answers demand over supply"),
    Parameter("speed", "1/month", "how fast services adjust", 1e-3, 1.0),
)

_FACILITATORS = int(Mechanism.FACILITATORS)
_DOCUMENTS = int(Mechanism.DOCUMENTS)
_HOUSES = int(Mechanism.SAFE_HOUSES)
_LAUNDERING = int(Mechanism.LAUNDERING)
_PRIVATISATION = int(Mechanism.PRIVATISATION)
_BRIBERY = int(Mechanism.BRIBERY)
_FEE_FLOOR = 0.2
_FEE_CAP = 5.0
_LOG_CAP = math.log(_FEE_CAP)


@inlined
def availability(supply, demand, half):
    """Share of those who ask that find a service, for supply and demand over capacity."""
    if supply <= 0.0:
        return 0.0
    return supply / (supply + half * (1.0 + demand))


@inlined
def fee(supply, demand, half, elasticity):
    """Price of a service over its reference; 1 where demand equals supply, between 0.2 and 5."""
    ratio = (demand + half) / (supply + half)
    # ratio ** elasticity, told from the cap downwards
    return max(_FEE_FLOOR, _FEE_CAP * fall(max(0.0, _LOG_CAP - elasticity * logarithm(ratio))))


@compiled
def _advance(par, on, since_private, pace, population, output, post_state, post_officials, paper_post, place_state,
             destination_state, conduct, active, home, capacity, profit_total, origin_flow, transit_flow,
             arrival_flow, exploited, service, service_fee, service_demand,
             papers_official):
    runs, states, kinds = service.shape
    posts = len(post_state)
    corrupt = np.zeros(states)
    weight = np.zeros(states)
    held = np.zeros(states)
    hands = np.zeros(states)
    for r in range(runs):
        q = par[r]
        for s in range(states):
            corrupt[s] = 0.0
            weight[s] = 0.0
            held[s] = 0.0
            hands[s] = 0.0
        for i in range(posts):
            s = post_state[i]
            if i == paper_post[s]:
                continue
            weight[s] += post_officials[i]
            corrupt[s] += post_officials[i] * (conduct[r, i, 2] + conduct[r, i, 3] + conduct[r, i, 4])
        for d in range(exploited.shape[1]):
            for h in range(exploited.shape[2]):
                for a in range(exploited.shape[3]):
                    held[destination_state[d]] += exploited[r, d, h, a]
        everyone = 0.0
        for o in range(active.shape[1]):
            if active[r, o] == 1:
                hands[place_state[home[r, o]]] += capacity[r, o]
                everyone += capacity[r, o]
        grown = private_share(since_private, q.professional_years) * on[r, _PRIVATISATION]
        step = q.speed if pace <= 0.0 else pace
        for s in range(states):
            officials = corrupt[s] / max(1e-9, weight[s])
            moving = origin_flow[r, s] + transit_flow[r, s] + arrival_flow[r, s]
            people = population[s] / 1e6
            profit = max(0.0, profit_total[r]) * hands[s] / max(1e-9, everyone)
            for k in range(kinds):
                makers = officials
                if k == 0:
                    part = q.documents_official
                    willing = q.documents_willing
                    demand = moving / (q.documents_capacity * people)
                    works = on[r, _DOCUMENTS]
                    if paper_post[s] >= 0:
                        i = paper_post[s]
                        makers = conduct[r, i, 2] + conduct[r, i, 3] + conduct[r, i, 4]
                elif k == 1:
                    part = q.houses_official
                    willing = q.houses_willing
                    demand = (STEPS * moving + held[s]) / (q.houses_capacity * people)
                    works = on[r, _HOUSES]
                else:
                    part = q.laundering_official
                    willing = q.laundering_willing
                    demand = profit / (q.laundering_capacity * output[s])
                    works = on[r, _LAUNDERING]
                works *= on[r, _FACILITATORS]
                supply = part * makers + (1.0 - part) * willing * grown
                if k == 0:
                    told = paper_post[s] >= 0 and supply > 0.0
                    papers_official[r, s] = part * makers / supply * on[r, _BRIBERY] if told else 0.0
                service_demand[r, s, k] = demand
                service_fee[r, s, k] += step * (fee(supply, demand, q.half_supply, q.fee_elasticity)
                                                - service_fee[r, s, k])
                if works < 0.5:
                    service[r, s, k] = 0.0
                else:
                    service[r, s, k] += step * (availability(supply, demand, q.half_supply) - service[r, s, k])


def _call(
    world: World, state: State, parameters: Parameters, on: np.ndarray, month: int, pace: float
) -> None:
    population = world.population[month]
    since = float(months_above(world.event["privatisation"], month, 0.0))
    _advance(parameters["facilitators"], on, since, pace, population,
             world.gdp_per_head[month] * population / STEPS_A_YEAR,
             world.post_state, world.post_officials, migration_posts(world), world.place_state,
             destination_states(world), state.conduct, state.active, state.home, state.capacity, state.profit_total,
             state.origin_flow, state.transit_flow, state.arrival_flow, state.exploited, state.service,
             state.service_fee, state.service_demand, state.papers_official)


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """Services at rest under the conduct, journeys and profit of the start (needs ``conduct``)."""
    state.service_fee[:] = 1.0
    _call(world, state, parameters, on, 0, 1.0)


def advance(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
    levers: np.ndarray | None = None,
) -> None:
    """Move availability and fees towards supply and demand by one month (see module docstring)."""
    _call(world, state, parameters, on, month, 0.0)
