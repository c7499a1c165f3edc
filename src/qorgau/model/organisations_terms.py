"""Numbers of the organisations, and terms that several of their processes share.

The Soviet arrangement with the groups that it protected, what it allowed them, the openness of the field, the grip of
those who sell protection, and how crowded the trade in opiates is.

Who is protected by a state bears its say (as regulated trades do: Stigler 1971, Bell Journal of Economics 2; of rackets
that license and ration whom they shield, Gambetta 1993): as far as the arrangement is in force, a protected group is no
larger than allowed and sells where it is let.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS, STEPS_A_YEAR
from qorgau.model.compiled import inlined
from qorgau.model.derived import first_above, months_below, of_map
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter
from qorgau.model.world import MODES, World

__all__ = ["PARAMETERS", "SIZE_CAP", "arrangement", "backing", "crowding", "forces", "grip", "growth_of_trade",
           "most_allowed", "openness", "services_of", "shelter_in", "soviet_times", "told_where", "years_open"]

SIZE_CAP = 150.0
"""Journeys a month that no organisation goes beyond."""

_STATE = int(Mechanism.STATE_PROTECTION)
_RACKETS = int(Mechanism.PROTECTION_RACKETS)
_FLIGHTS = int(Mechanism.OFFICIAL_FLIGHTS)

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("journey_fixed_cost", "USD/journey", "fixed cost of a journey", 1.0),
    Parameter("journey_load", "kg/journey", "opiates carried in one journey, in heroin", 0.5),
    Parameter("scope", "1", "share of a fixed cost saved when trades share journeys", 0.0, 1.0),
    Parameter("trade_scale", "1", "scale of the choice of trade", 1e-3),
    Parameter("risk_aversion", "1", "weight of the variance of the return in the choice of trade"),
    Parameter("trade_speed", "1/month", "share of capacity that can change trade in a month", 0.0, 1.0),
    Parameter("market_speed", "1/month", "share of sales that can change market in a month", 0.0, 1.0),
    Parameter("growth", "1/month", "growth of capacity at a high return"),
    Parameter("danger_weight", "1", "weight of own losses in the choice of trade"),
    Parameter("rivalry", "1", "share of opiate revenue lost to rivals at reference crowding", 0.0, 1.0),
    Parameter("violence", "1/month", "hazard of being broken by rivals in opiates at reference crowding"),
    Parameter("protection_limit", "1", "largest share of the hazard that protection averts", 0.0, 1.0),
    Parameter("protection_months", "month", "months in which ties to a post build", 1.0),
    Parameter("tie_kept", "1", "share of ties kept when the holder of a post changes", 0.0, 1.0),
    Parameter("arrangement_months", "month", "time in which the Soviet arrangement wears off", 0.5),
    Parameter("outsider_ties", "1", "tie with officials that a network from elsewhere can reach", 0.0, 1.0),
    Parameter("fee_share", "1", "protection fee as a share of profit", 0.0, 1.0),
    Parameter("cover_strength", "1", "share of the hazard that a settled diaspora hides", 0.0),
    Parameter("size_alone", "journeys/month", "capacity at which growth stops without protection, at full drive", 0.5),
    Parameter("size_protected", "1", "how many times that under full protection", 1.0),
    Parameter("kin_entry", "1", "entry added by a settled diaspora at home, where its cover is full"),
    Parameter("kin_groups", "organisations", "groups for which a settled diaspora has people at hand", 0.5),
    Parameter("people_entry", "1", "unskilled entry, with people only, over skilled entry", 0.0),
    Parameter("entry_rate", "1/year", "rate at which a fully skilled network founds organisations"),
    Parameter("entry_size", "journeys/month", "capacity of a new organisation", 0.5),
    Parameter("apprenticeship", "1/year", "rate at which a network learns the trade from traffic at home"),
    Parameter("know_start", "1", "know-how of networks without a diaspora's trade in 1991", 0.0, 1.0),
    Parameter("contacts_start", "1", "contacts with the trade in people of networks of 1991, over full ones", 0.0, 1.0),
    Parameter("attrition", "1/month", "hazard of being broken without arrest: leaders die, partners fall out"),
    Parameter("splinter", "1", "chance that a broken group of some size goes on as two", 0.0, 1.0),
    Parameter("room", "organisations", "organisations that the trade of 1989 has room for", 1.0),
    Parameter("arrest", "1/month", "hazard of being dismantled"),
    Parameter("outside_return", "1", "return in other contraband open to Russia-based groups"),
    Parameter("privatisation_years", "year", "years from the start of privatisation to full openness", 0.5),
    Parameter("people_start_cost", "1", "start-up cost of the trade in people, in fixed costs of a journey"),
    Parameter("drug_start_cost", "1", "start-up cost of the trade in opiates, in fixed costs of a journey"),
    Parameter("service_fee", "1", "fee of a service at its reference price, of the cost or profit served", 0.0, 1.0),
    Parameter("service_cost", "1", "rise of the fixed cost when no facilitator serves"),
    Parameter("service_need", "1", "share of journeys that cannot be made without services", 0.0, 1.0),
    Parameter("service_risk", "1", "rise of the hazard when no safe house serves"),
    Parameter("cash_at_risk", "1", "share of unlaundered profit lost", 0.0, 1.0),
    Parameter("soviet_capacity", "1", "capacity of the protected groups at the start over demand", 0.1),
    Parameter("level_allowed", "1", "capacity that the Soviet arrangement allowed, over that of the start", 1.0),
    Parameter("place_say", "1", "the state's say under that arrangement in where its groups sell", 0.0, 1.0),
    Parameter("forces_protect", "1", "how far forces stationed abroad sell protection where they stand", 0.0, 1.0),
)


@inlined
def openness(q, since, privatised):
    """How far the field is open to private groups, 0 to 1, in the years since privatisation began."""
    if since <= 0.0:
        return 0.0
    full = min(1.0, since / q.privatisation_years)
    return full if privatised > 0.5 else min(0.1, full)


@inlined
def arrangement(q, began, since):
    """What is left of the state's arrangement with the groups that it protected, ``since`` months after its end."""
    return began if since <= 0.0 else began * math.exp(-since / q.arrangement_months)


@inlined
def most_allowed(allowance, left):
    """Journeys a month that the state lets a protected group have, with ``left`` of the arrangement: all or the cap."""
    return SIZE_CAP ** (1.0 - left) * allowance ** left


@inlined
def told_where(q, on, r, soviet_net, left):
    """Part of what a group would move between markets that is not its own to move."""
    return q.place_say * left if soviet_net == 1 and on[r, _STATE] > 0.5 else 0.0


@inlined
def grip(conduct, r, i):
    """How far the officials of post ``i`` sell protection, 0 to 1."""
    return min(1.0, 2.5 * (conduct[r, i, 3] + 0.3 * conduct[r, i, 2] + 0.5 * conduct[r, i, 4]))


@inlined
def backing(q, on, conduct, forces, r, i):
    """How far protection is for sale at post ``i``, 0 to 1: by its officials, and by ``forces`` where these stand."""
    own = grip(conduct, r, i) * on[r, _RACKETS]
    return own + (1.0 - own) * q.forces_protect * forces[i] * on[r, _FLIGHTS]


@inlined
def growth_of_trade(users, users_start, coexist, r):
    """Users over those of the start, at least a fifth; 1 where a growing trade leaves no more room (``coexist``)."""
    if coexist < 0.5:
        return 1.0
    total = 0.0
    for m in range(users.shape[1]):
        total += users[r, m]
    return max(0.2, total / max(1.0, users_start[r]))


@inlined
def crowding(active, trade, users, users_start, coexist, r):
    """Organisations in opiates over twenty, and over how far use has grown since the start (``coexist``)."""
    crowd = 0.0
    for o in range(active.shape[1]):
        if active[r, o] == 1 and trade[r, o, 0] > 0.1:
            crowd += 1.0
    return crowd / growth_of_trade(users, users_start, coexist, r) / 20.0


@inlined
def services_of(q, needed, service, fee, short, within_reach, dearer):
    """Write by state how far services are ``short``, the journeys that can be made in a step, and the rise of costs."""
    for s in range(short.shape[0]):
        short[s] = needed * (1.0 - 0.5 * (service[s, 0] + service[s, 1]))
        within_reach[s] = (1.0 - q.service_need * short[s]) / STEPS
        paid = service[s, 0] * fee[s, 0] + service[s, 1] * fee[s, 1]
        dearer[s] = q.service_cost * short[s] + q.service_fee * needed * 0.5 * paid


@inlined
def shelter_in(q, control, needed, soviet, state_protects, covered, net_soviet, net_cover, service, met):
    """Write what part of the hazard networks meet in states: cover by a diaspora, safe houses, Soviet order."""
    for n in range(met.shape[0]):
        order = 1.0
        if soviet > 0.0:
            order = 1.0 - 0.9 * soviet if net_soviet[n] == 1 and state_protects > 0.5 else 1.0 + control * soviet
        for c in range(met.shape[1]):
            kept_off = order * (1.0 - min(0.8, q.cover_strength * net_cover[n, c] * covered))
            met[n, c] = kept_off * (1.0 + q.service_risk * needed * (1.0 - service[c, 1]))


def soviet_times(world: World, month: int) -> tuple[float, float]:
    """Whether the case begins under Soviet rule (1 or 0), and the months that have passed since it ended."""
    soviet = world.event["soviet"]
    return float(soviet[0]), float(months_below(soviet, month, 1.0))


def years_open(world: World, month: int) -> float:
    """Years since privatisation began; 0 before and in its first month."""
    opened = first_above(world.event["privatisation"], 0.0)
    return (month - opened) / STEPS_A_YEAR if 0 <= opened < month else 0.0


@of_map
def _where_forces_stand(world: World) -> np.ndarray:
    """1 for posts in the states where official flights begin, shape (posts,)."""
    links = np.flatnonzero(world.corridor_mode == MODES.index("air_official"))
    # a corridor runs both ways; the first of the two begins where the case says that it begins
    begin = world.corridor_from[links[links < world.corridor_reverse[links]]]
    return np.isin(world.post_state, world.place_state[begin]).astype(np.float64)


def forces(world: World, month: int) -> np.ndarray:
    """How far forces stationed abroad stand at each post, 0 to 1."""
    return _where_forces_stand(world) * float(world.event["russian_forces"][month])
