"""Economy and work migration: wages, departures, stocks abroad, money sent home, and who is open to recruiters.

Income per head w follows the series. Of those of home state o who could work away (a share of the population,
less those already away), a bounded share leaves each year by competing choice (discrete choice with an
opportunity to stay; McFadden 1974, and Grogger and Hanson 2011 for migrants' choice of destination):

    departures[o, d] = h/12 push_o exit_o (movable N_o - sum_d M_od) V_od / (stay (N_o / 1e7)^m + sum_d V_od)
    V_od = (w_d / w_o)^b exp(-g km_od) (N_d / 1.6e8)^k open(t) visa_od (1 + chain (M_od/N_o) / (.02 + M_od/N_o))
    push_o = 1 + push max(0, (N_o / N_o,1991) / farm_o - 1)

The term in N_o is the mass of home: a large country holds more of the places that its people could go to (in gravity
estimates departures rise less than in proportion to the home population; Lewer and Van den Berg 2008). The term in
N_d is the mass of the destination (without it Kazakhstan draws more people than Russia), open(t)
the opening of borders after 1991, visa the barrier outside the former USSR, and the term in M_od chain
migration. The rate has a ceiling h, whatever the wage gap. Stocks return at a constant rate, and each person
abroad sends home a share of what is earned there, so that

    remittances over GDP = sent sum_d M_od w_d e_d / (N_o w_o).

Plenty of irregular labour undercuts the pay of such work (an elasticity of pay to labour that competes for the same
work; Borjas 2003, and Longhi, Nijkamp and Poot 2005 for how small many find it), and with it what a migrant can
expect to earn and what an exploiter saves:

    u_d = (1 + y_d / y0)^-undercut,   e_d = 1 - irregular_d (1 - u_d)

with y_d the irregular arrivals of last month, a year and inhabitant, and y0 = ``ABUNDANCE_REFERENCE``. Incomes in
V_od and between homes and destinations below are w_d e_d.

Open to recruiters each month, from a place towards a destination, are irregular migrants who leave, those who are
there already and meet an offer of other work, and people at home without work, all weighted by a vulnerability that
falls with income at home relative to the region:

    vulnerability_od = 1 / (1 + (w_o / mean w)^e u_d^a)

so that it is the lag behind neighbours that counts, and 1/2 for everyone when income does not matter. What an offer
of work in d promises is weighed against what is paid there otherwise: the odds of taking it rise as that is undercut,
with the elasticity a of labour supply to one employer (Manning 2003; Sokolova and Sorensen 2021). At home u is 1. In
the state in focus those without work are the unemployed that growth leaves. Children are part of the pool;
schooling of migrants' children takes some of them out of it.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS, STEPS_A_YEAR
from qorgau.model.compiled import compiled
from qorgau.model.derived import of_map
from qorgau.model.exponentials import fall, logarithm
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.state import State
from qorgau.model.units import ABUNDANCE_REFERENCE
from qorgau.model.world import INSTRUMENTS, World

__all__ = ["BASE_MONTH", "MASS_REFERENCE", "PARAMETERS", "advance", "start"]

MASS_REFERENCE = 1.6e8
"""Population against which a destination's mass is measured, persons: a unit, not a finding."""

HOME_REFERENCE = 1.0e7
"""Population against which a home's mass is measured, persons: a unit, not a finding."""

CHAIN_HALF = 0.02
"""Share of the home population abroad at which chain migration has half its effect."""

OPEN_YEARS = 2.0
"""Years over which borders open, as the scale of the logistic curve."""

BASE_MONTH = 24 * STEPS
"""January 1991, the level against which population is compared with farm output."""

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("leave_rate", "1/year", "ceiling of the rate at which those who could work away leave", 0.0, 6.0),
    Parameter("movable", "1", "share of a home population that could work away", 0.0, 0.6),
    Parameter("stay_value", "1", "value of staying, against destinations"),
    Parameter("home_mass", "1", "power of the home population in the value of staying"),
    Parameter("wage_gap", "1", "power of the income ratio in the value of a destination"),
    Parameter("distance_cost", "1/1000 km", "fall of a destination's value with distance"),
    Parameter("mass_power", "1", "power of a destination's population in its value"),
    Parameter("visa", "1", "value left of a destination behind a visa (outside the former USSR)", 0.0, 1.0),
    Parameter("chain", "1", "how much countrymen already there raise a destination's value"),
    Parameter("open_year", "year", "middle of the opening of borders for work", 1980.0, 2030.0),
    Parameter("push", "1", "how strongly population outgrowing farm output raises departures"),
    Parameter("return_rate", "1/year", "rate of going home", 0.0, 6.0),
    Parameter("sent_share", "1", "money sent home, as a share of what is earned at the destination", 0.0, 1.0),
    Parameter("undercut", "1", "fall of the pay of irregular work with the abundance of such labour: power", 0.0, 2.0),
    Parameter("start_abroad", "1", "share of home populations abroad for work in January 1989", 0.0, 0.1),
    Parameter("exit_TKM", "1", "share of those who want to leave Turkmenistan who can", 0.0, 1.0),
    Parameter("offer_answer", "1", "elasticity to an offer over what is paid otherwise, of the odds of taking it", 0.0),
    Parameter("irregular", "1", "share of work migration without legal status", 0.0, 1.0),
    Parameter("poverty_power", "1", "power of relative income at home in vulnerability"),
    Parameter("idle_share", "1", "people without work who would take an offer, of the population", 0.0, 1.0),
    Parameter("jobless_focus", "1", "the same in the state in focus: unemployment left by growth", 0.0, 1.0),
    Parameter("offer_rate", "1/month", "rate at which people without work meet an offer of work elsewhere", 0.0, 1.0),
    Parameter("child_share", "1", "share under 18 of those open to recruiters", 0.0, 1.0),
    Parameter("size_regular_migration", "1", "irregular share taken away at full measure", 0.0, 1.0),
    Parameter("size_schooling", "1", "children kept from recruiters by full access to school", 0.0, 1.0),
)

_ECONOMY = int(Mechanism.ECONOMY)
_CHEAP = int(Mechanism.CHEAP_LABOUR)
_GAP = int(Mechanism.WAGE_GAP)
_PUSH = int(Mechanism.POPULATION_PUSH)
_POVERTY = int(Mechanism.POVERTY_VULNERABILITY)
_MIGRANT = int(Mechanism.MIGRANT_VULNERABILITY)
_HOME = int(Mechanism.HOME_UNEMPLOYMENT)
_SCHOOL = int(Mechanism.SCHOOLING)
_REGULAR = INSTRUMENTS.index("regular_migration")
_SCHOOLING = INSTRUMENTS.index("schooling")


@compiled
def _geography(place_state, place_share, distance, d_place, p_origin, p_destination, c_from, c_to, c_internal,
               states):
    """Homes, destinations, distances of states (1000 km) and which pairs of place and destination have a route."""
    places = place_state.shape[0]
    targets = d_place.shape[0]
    home = np.zeros(states, dtype=np.bool_)
    goal = np.zeros(states, dtype=np.bool_)
    former = np.zeros(states, dtype=np.bool_)
    route = np.zeros((places, targets), dtype=np.bool_)
    for h in range(p_origin.shape[0]):
        home[place_state[p_origin[h]]] = True
        route[p_origin[h], p_destination[h]] = True
    for d in range(targets):
        goal[place_state[d_place[d]]] = True
    for k in range(c_from.shape[0]):
        if c_internal[k] == 1:
            former[place_state[c_from[k]]] = True
            former[place_state[c_to[k]]] = True
    km = np.zeros((states, states))
    weight = np.zeros(states)
    for p in range(places):
        weight[place_state[p]] += place_share[p]
    for s in range(states):
        if goal[s]:
            for p in range(places):
                near = 1e9
                for d in range(targets):
                    if place_state[d_place[d]] == s:
                        near = min(near, distance[p, d_place[d]])
                km[place_state[p], s] += place_share[p] / max(weight[place_state[p]], 1e-12) * near / 1000.0
    return home, goal, former, route, km, weight


@compiled
def _start(par, on, w, people, home, goal, former, km, exit_state, migrants):
    runs = on.shape[0]
    states = w.shape[0]
    value = np.zeros(states)
    for r in range(runs):
        q = par[r]
        for o in range(states):
            if not home[o]:
                continue
            total = 0.0
            for d in range(states):
                value[d] = 0.0
                if d != o and goal[d]:
                    v = (w[d] / w[o]) ** q.wage_gap * math.exp(-q.distance_cost * km[o, d])
                    value[d] = v * (people[d] / MASS_REFERENCE) ** q.mass_power * (1.0 if former[d] else q.visa)
                total += value[d]
            leave = q.exit_TKM if o == exit_state else 1.0
            for d in range(states):
                if total > 0.0:
                    share = value[d] / total
                    migrants[r, o, d] = q.start_abroad * people[o] * leave * share * on[r, _ECONOMY]


@compiled
def _advance(par, on, year, w, people, people_base, farm, focus, exit_state, place_state, place_share,
             d_place, home, goal, former, route, km, apart, weight, instrument, changed, wage, irregular_wage,
             departures, migrants, remittances, pool, pool_children, pool_there, irregular_arrivals):
    runs = on.shape[0]
    states = w.shape[0]
    places = place_state.shape[0]
    targets = d_place.shape[0]
    value = np.zeros(states)
    gap = np.zeros((states, states))
    irregular = np.zeros(states)
    earned = np.zeros(states)
    undercut = np.zeros(states)
    near = np.zeros(targets)
    inside = np.zeros(states)
    mass = np.zeros(targets)
    drawn = np.zeros(states)
    log_earned = np.zeros(states)
    weighed = np.zeros((states, states))
    reach = np.zeros((places, targets))
    vulnerable = np.zeros((states, states))
    mean_w = 0.0
    mean_n = 0.0
    for o in range(states):
        if home[o]:
            mean_w += people[o] * w[o]
            mean_n += people[o]
    mean_w /= max(mean_n, 1.0)
    for r in range(runs):
        q = par[r]
        opening = 1.0 / (1.0 + math.exp(-(year - q.open_year) / OPEN_YEARS))
        for d in range(states):
            share = q.size_regular_migration * instrument[r, _REGULAR] if d == focus else 0.0
            irregular[d] = min(1.0, q.irregular * (1.0 - share) * (1.0 + changed[r, d]))
            plenty = STEPS_A_YEAR * irregular_arrivals[r, d] / people[d] / ABUNDANCE_REFERENCE
            plenty *= on[r, _CHEAP]
            # powers of 1 are 1: nobody comes to most states for work
            pay = (1.0 + plenty) ** -q.undercut if plenty != 0.0 else 1.0
            irregular_arrivals[r, d] = 0.0
            wage[r, d] = w[d] / STEPS_A_YEAR
            irregular_wage[r, d] = wage[r, d] * pay
            earned[d] = w[d] * (1.0 - irregular[d] * (1.0 - pay))
            undercut[d] = pay ** q.offer_answer if pay != 1.0 else 1.0
            drawn[d] = 0.0
            if goal[d]:
                drawn[d] = (people[d] / MASS_REFERENCE) ** q.mass_power * (1.0 if former[d] else q.visa)
        # powers of the gap and falls with distance of all pairs in rows, as exponentials
        for d in range(states):
            log_earned[d] = logarithm(earned[d])
        for o in range(states):
            log_home = logarithm(w[o])
            for d in range(states):
                gap[o, d] = q.wage_gap * (log_home - log_earned[d])
        falls = gap.reshape(gap.size)
        for i in range(falls.shape[0]):
            falls[i] = fall(falls[i])
        lengths = km.reshape(km.size)
        weights = weighed.reshape(weighed.size)
        for i in range(lengths.shape[0]):
            weights[i] = fall(q.distance_cost * lengths[i])
        steps = apart.reshape(apart.size)
        reaches = reach.reshape(reach.size)
        for i in range(steps.shape[0]):
            reaches[i] = fall(q.distance_cost * steps[i])
        for o in range(states):
            remittances[r, o] = 0.0
            if not home[o]:
                continue
            lag = (w[o] / mean_w) ** q.poverty_power if on[r, _POVERTY] > 0.0 else 1.0
            for d in range(states):
                vulnerable[o, d] = 1.0 / (1.0 + lag * (undercut[d] if d != o else 1.0))
            growth = people[o] / people_base[o] / farm[o]
            push = 1.0 + q.push * on[r, _PUSH] * max(0.0, growth - 1.0)
            leave = q.exit_TKM if o == exit_state else 1.0
            total = q.stay_value * (people[o] / HOME_REFERENCE) ** q.home_mass
            away = 0.0
            for d in range(states):
                value[d] = 0.0
                if not goal[d] or d == o or on[r, _GAP] <= 0.0:
                    gap[o, d] = 1.0
                if not goal[d]:
                    continue
                if d != o:
                    stock = migrants[r, o, d] / people[o]
                    v = gap[o, d] * weighed[o, d] * drawn[d]
                    value[d] = v * opening * (1.0 + q.chain * stock / (CHAIN_HALF + stock))
                    total += value[d]
                    away += migrants[r, o, d]
            left = max(0.0, q.movable * people[o] - away)
            rate = min(1.0, q.leave_rate / STEPS_A_YEAR * push * leave) * on[r, _ECONOMY]
            sent = 0.0
            for d in range(states):
                go = rate * left * value[d] / total
                departures[r, o, d] = go
                migrants[r, o, d] += go - min(1.0, q.return_rate / STEPS_A_YEAR) * migrants[r, o, d]
                sent += migrants[r, o, d] * earned[d]
                irregular_arrivals[r, d] += go * irregular[d]
            remittances[r, o] = q.sent_share * sent / (people[o] * w[o])
        for d in range(targets):
            s = place_state[d_place[d]]
            mass[d] = (people[s] * place_share[d_place[d]] / MASS_REFERENCE) ** q.mass_power
        # places at school for children who come, not for those of the country itself
        taught = q.child_share * (q.size_schooling * instrument[r, _SCHOOLING] * on[r, _SCHOOL])
        untaught = (q.child_share - taught) / (1.0 - taught)
        for p in range(places):
            o = place_state[p]
            if not home[o]:
                continue
            inside[:] = 0.0
            attract = 0.0
            leave = q.exit_TKM if o == exit_state else 1.0
            for d in range(targets):
                near[d] = 0.0
                if route[p, d]:
                    s = place_state[d_place[d]]
                    near[d] = mass[d] * reach[p, d]
                    inside[s] += near[d]
                    barrier = 1.0 if s == o else opening * leave * (1.0 if former[s] else q.visa)
                    attract += near[d] * gap[o, s] * barrier
            idle = q.jobless_focus * on[r, _HOME] if o == focus else q.idle_share
            idle *= q.offer_rate * people[o] * place_share[p]
            part = place_share[p] / max(weight[o], 1e-12)
            for d in range(targets):
                pool[r, p, d] = 0.0
                pool_children[r, p, d] = 0.0
                pool_there[r, p, d] = 0.0
                if near[d] <= 0.0:
                    continue
                s = place_state[d_place[d]]
                barrier = 1.0 if s == o else opening * leave * (1.0 if former[s] else q.visa)
                open_to = 0.0
                if attract > 0.0:
                    open_to = idle * near[d] * gap[o, s] * barrier / attract
                without = on[r, _MIGRANT] * irregular[s] * part * near[d] / inside[s]
                there = without * q.offer_rate * migrants[r, o, s]
                open_to += without * departures[r, o, s] + there
                comes = s == focus and o != focus
                pool[r, p, d] = vulnerable[o, s] * open_to
                if comes:
                    pool[r, p, d] *= 1.0 - taught
                if there > 0.0:
                    pool_there[r, p, d] = there / open_to
                pool_children[r, p, d] = untaught if comes else q.child_share


@of_map
def _map(world: World) -> tuple[np.ndarray, ...]:
    return _geography(world.place_state, world.place_share, world.distance, world.destination_place,
                      world.people_origin, world.people_destination, world.corridor_from, world.corridor_to,
                      world.corridor_internal, world.sizes["state"])


@of_map
def _apart(world: World) -> np.ndarray:
    """Distance from every place to every destination, 1000 km."""
    return np.ascontiguousarray(world.distance[:, world.destination_place] / 1000.0)


@of_map
def _exit_state(world: World) -> int:
    """Index of the state whose citizens may hardly leave, -1 when the case has none."""
    return world.state_names.index("TKM") if "TKM" in world.state_names else -1


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """Small stocks abroad in January 1989, spread over destinations by their value; incomes of that month."""
    home, goal, former, _, km, _ = _map(world)
    state.wage[:] = world.gdp_per_head[0] / STEPS_A_YEAR
    state.irregular_wage[:] = state.wage
    state.migrants[:] = 0.0
    _start(parameters["economy"], on, world.gdp_per_head[0], world.population[0], home, goal, former, km,
           _exit_state(world), state.migrants)


def advance(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
            levers: np.ndarray) -> None:
    """One month of departures, returns and money sent home; the pool of people open to recruiters."""
    home, goal, former, route, km, weight = _map(world)
    base = min(BASE_MONTH, world.months - 1)
    _advance(parameters["economy"], on, world.start_year + month / STEPS_A_YEAR, world.gdp_per_head[month],
             world.population[month], world.population[base], world.farm_growth[month], world.focus,
             _exit_state(world), world.place_state, world.place_share, world.destination_place,
             home, goal, former, route, km, _apart(world), weight, state.instrument, state.irregular_changed,
             state.wage, state.irregular_wage, state.departures, state.migrants, state.remittances_share, state.pool,
             state.pool_children, state.pool_there, state.irregular_arrivals)
