"""Organisations come and go: the start in 1989, entry by network, and exit.

A network founds organisations at a rate that rises with its know-how, with openness after privatisation and with
the return that organisations earn; know-how spreads by apprenticeship, logistically, where traffic passes home
(the driver of local groups coming later). Founding slows as the field fills what the trade has room for, which grows
with the trade. An organisation ends when its capital is gone, when it is dismantled (more likely with size and losses,
less with protection and cover), by attrition (leaders die, partners fall out; without it the first to come fill every
slot), or, if Russia-based, for other contraband that pays better. One of some size that is broken may go on as two of
half its size, whose ties with officials have to be made anew.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS, STEPS_A_YEAR
from qorgau.model.compiled import compiled
from qorgau.model.derived import of_map
from qorgau.model.mechanisms import Mechanism
from qorgau.model.organisations_terms import (
    SIZE_CAP,
    arrangement,
    backing,
    crowding,
    forces,
    growth_of_trade,
    openness,
    soviet_times,
    years_open,
)
from qorgau.model.parameters import Parameters
from qorgau.model.state import State
from qorgau.model.streams import FOUNDERS, MOST_MONTHS, SPLINTERS, Stream, organisation_entity, uniform
from qorgau.model.world import World

__all__ = ["advance", "start"]

_ORG = int(Mechanism.ORGANISATIONS)
_OUTSIDE = int(Mechanism.OUTSIDE_TRADE)
_OPEN = int(Mechanism.PRIVATISATION)
_DIASPORA = int(Mechanism.DIASPORA_COVER)
_RACKETS = int(Mechanism.OFFICIAL_RACKETS)
_STATE = int(Mechanism.STATE_PROTECTION)
_ENFORCEMENT = int(Mechanism.ENFORCEMENT)
_COEXIST = int(Mechanism.COEXISTENCE)
_LOW_ENTRY = int(Mechanism.LOW_ENTRY_COST)
_EXIT = int(Stream.ORGANISATION_EXIT)
_ENTRY = int(Stream.ORGANISATION_ENTRY)
_HOME = int(Stream.ORGANISATION_HOME)
_SPLIT = int(Stream.ORGANISATION_SPLIT)
_MET = 10.0 / STEPS
"""People passing home in a month from whose trade a network learns at the full rate."""
_PASSED = 100.0 / STEPS
_LEAVE = 0.04 / STEPS


@compiled
def _live(par, on, keys, month, began, since_soviet, since_open, forces, net_home, of_net, home_places, net_cover,
          net_soviet, net_official, place_state, place_post, c_to, carried, conduct, active, network, number, home,
          drug_first, age, capacity, in_use, capital, other_capital, returns, trade, loss, purchased, trust, belief,
          network_belief, market_share, route_share, people_share, survival, know, contacts, people, outside, road,
          users, users_start, source_price, plan_value, plan_slope, plan_cost):
    runs, slots = active.shape
    nets, places = net_home.shape
    backed = np.empty(forces.shape[0])
    arrivals = np.empty(places)
    strangers = np.empty(places)
    held_by = np.empty(slots)
    kin = np.zeros(nets)
    for n in range(nets):
        for k in range(of_net[n], of_net[n + 1]):
            p = home_places[k]
            kin[n] += net_home[n, p] * net_cover[n, place_state[p]]
    earned = np.empty(nets)
    members = np.empty(nets)
    parting = np.empty(slots, dtype=np.int64)
    for r in range(runs):
        if on[r, _ORG] < 0.5:
            for o in range(slots):
                age[r, o] += active[r, o]
            continue
        q = par[r]
        soviet = arrangement(q, began, since_soviet)
        drop = arrangement(q, began, since_soviet - 1.0) - soviet
        field = openness(q, since_open, on[r, _OPEN])
        crowd = crowding(active, trade, users, users_start, on[r, _COEXIST], r)
        for n in range(nets):
            earned[n] = 0.0
            members[n] = 0.0
        for i in range(backed.shape[0]):
            backed[i] = q.protection_limit * backing(q, on, conduct, forces, r, i)
        # for all slots, so that no wait for memory stands behind a guess
        for o in range(slots):
            i = place_post[home[r, o]]
            held_by[o] = trust[r, o, i] * backed[i]
        alive = 0
        partings = 0
        mean_return = 0.0
        mean_drug = 0.0
        for o in range(slots):
            if active[r, o] == 0:
                continue
            n = network[r, o]
            held = held_by[o]
            cover = min(0.8, q.cover_strength * net_cover[n, place_state[home[r, o]]] * on[r, _DIASPORA])
            shelter = soviet if net_soviet[n] == 1 and on[r, _STATE] > 0.5 else 0.0
            hazard = q.attrition + q.arrest * on[r, _ENFORCEMENT] * math.sqrt(capacity[r, o] / 10.0) * (
                0.3 + 8.0 * min(0.5, loss[r, o])
            ) * (1.0 - 0.8 * held) * (1.0 - cover)
            hazard += q.violence * crowd * trade[r, o, 0] * (1.0 - 0.8 * held)
            if net_soviet[n] == 1 and on[r, _OUTSIDE] > 0.5:
                hazard += _LEAVE * max(0.0, q.outside_return * field - returns[r, o])
            hazard *= 1.0 - shelter
            if soviet > 0.5:
                capital[r, o] = max(capital[r, o], capacity[r, o] * q.journey_fixed_cost)
            one = organisation_entity(n, number[r, o])
            u = uniform(keys[r], _EXIT, month, one, age[r, o])
            # 1 - exp(-x) is x or less: most stay without an exponential
            gone = u < hazard and u < 1.0 - math.exp(-hazard)
            broke = capital[r, o] < 0.0 and shelter <= 0.5
            if gone and not broke and capacity[r, o] >= 2.0 * q.entry_size and (
                uniform(keys[r], _SPLIT, month, one, age[r, o]) < q.splinter
            ):
                parting[partings] = o
                partings += 1
            elif gone or broke:
                active[r, o] = 0
                purchased[r, o] = 0.0
                continue
            age[r, o] += 1
            alive += 1
            mean_return += returns[r, o]
            mean_drug += trade[r, o, 0]
            earned[n] += returns[r, o]
            members[n] += 1.0
        for k in range(partings):
            # after everyone's fate is drawn, so that no part meets it in the month in which it breaks off
            o = parting[k]
            capacity[r, o] *= 0.5
            capital[r, o] *= 0.5
            other_capital[r, o] *= 0.5
            purchased[r, o] *= 0.5
            for i in range(trust.shape[2]):
                trust[r, o, i] *= q.tie_kept
            earlier = 0
            for j in range(k):
                earlier += network[r, parting[j]] == network[r, o]
            slot = 0
            while slot < slots and active[r, slot] == 1:
                slot += 1
            if slot == slots or earlier > 1 or month >= MOST_MONTHS:
                continue
            active[r, slot] = 1
            number[r, slot] = month + (SPLINTERS[0] if earlier == 0 else SPLINTERS[1])
            age[r, slot] = 0
            network[r, slot] = network[r, o]
            home[r, slot] = home[r, o]
            drug_first[r, slot] = drug_first[r, o]
            for what in (capacity, capital, other_capital, purchased, in_use, returns, outside, road, loss):
                what[r, slot] = what[r, o]
            for what in (trade, trust, belief, market_share, survival, plan_value, plan_slope, plan_cost, route_share):
                what[r, slot, :] = what[r, o, :]
            people_share[r, slot, :, :] = people_share[r, o, :, :]
            alive += 1
            mean_return += returns[r, o]
            mean_drug += trade[r, o, 0]
            earned[network[r, o]] += returns[r, o]
            members[network[r, o]] += 1.0
        mean_return = mean_return / alive if alive > 0 else 0.2
        mean_drug = mean_drug / alive if alive > 0 else 0.5
        room = min(float(slots), q.room * growth_of_trade(users, users_start, on[r, _COEXIST], r))
        for p in range(places):
            arrivals[p] = 0.0
            strangers[p] = 0.0
        for l in range(carried.shape[1]):
            arrivals[c_to[l]] += carried[r, l]
            strangers[c_to[l]] += people[r, l, 0] + people[r, l, 1]
        for n in range(nets):
            flow = 0.0
            met = 0.0
            for k in range(of_net[n], of_net[n + 1]):
                p = home_places[k]
                flow += arrivals[p] * net_home[n, p]
                met += strangers[p] * net_home[n, p]
            if net_official[n] == 1:
                part = 0.0
                weight = 1e-12
                for k in range(of_net[n], of_net[n + 1]):
                    p = home_places[k]
                    part += net_home[n, p] * conduct[r, place_post[p], 4]
                    weight += net_home[n, p]
                know[r, n] = min(1.0, 3.0 * part / weight + 0.1) * on[r, _RACKETS]
            else:
                step = q.apprenticeship / STEPS_A_YEAR * know[r, n] * (1.0 - know[r, n])
                step = step * min(1.0, flow / _PASSED) * field
                know[r, n] = min(1.0, know[r, n] + step)
                if net_soviet[n] == 1 and on[r, _STATE] > 0.5 and drop != 0.0:
                    know[r, n] *= q.tie_kept ** drop
                step = q.apprenticeship / STEPS_A_YEAR * contacts[r, n] * (1.0 - contacts[r, n])
                step = step * min(1.0, met / _MET) * field
                contacts[r, n] = min(1.0, contacts[r, n] + step)
            # founders look at what their own network earns, and at what else they could do
            expected = earned[n] / members[n] if members[n] > 0.0 else mean_return
            unskilled = 0.0
            if net_official[n] == 0:
                unskilled = q.people_entry * on[r, _LOW_ENTRY] * (1.0 - know[r, n])
            able = know[r, n] + unskilled
            rate = q.entry_rate / STEPS_A_YEAR * able * field * math.tanh(max(0.1, expected))
            rate *= max(0.0, 1.0 - alive / room)
            if net_soviet[n] == 1 and on[r, _OUTSIDE] > 0.5:
                gap = (q.outside_return * field - expected) / q.trade_scale
                rate /= 1.0 + math.exp(min(30.0, max(-30.0, gap)))
            rate *= 1.0 + q.kin_entry * kin[n] * on[r, _DIASPORA] * max(0.0, 1.0 - members[n] / q.kin_groups)
            u = uniform(keys[r], _ENTRY, month, n, 0)
            if u >= rate or u >= 1.0 - math.exp(-rate):
                continue
            slot = -1
            for o in range(slots):
                if active[r, o] == 0:
                    slot = o
                    break
            if slot < 0:
                continue
            u = uniform(keys[r], _HOME, month, n, 0)
            total = 0.0
            place = places - 1
            for p in range(places):
                total += net_home[n, p]
                if u < total:
                    place = p
                    break
            alive += 1
            o = slot
            active[r, o] = 1
            network[r, o] = n
            number[r, o] = month
            home[r, o] = place
            age[r, o] = 0
            capacity[r, o] = q.entry_size
            in_use[r, o] = 0.9
            capital[r, o] = q.entry_size * (9.0 * q.journey_fixed_cost + 0.5 * q.journey_load * source_price[r])
            returns[r, o] = expected
            outside[r, o] = 0.0
            road[r, o] = 0.0
            loss[r, o] = 0.1
            purchased[r, o] = 0.0
            first = uniform(keys[r], _HOME, month, n, 1) * able < mean_drug * know[r, n]
            drug_first[r, o] = 1 if first else 0
            other_capital[r, o] = 0.0 if first else capital[r, o]
            trade[r, o, 0] = 0.9 if first else 0.1
            trade[r, o, 1] = 0.05 if first else 0.5
            trade[r, o, 2] = 0.05 if first else 0.4
            for i in range(trust.shape[2]):
                trust[r, o, i] = 0.0
            for l in range(belief.shape[2]):
                belief[r, o, l] = network_belief[r, n, l]
            total = 0.0
            for m in range(users.shape[1]):
                total += users[r, m]
            for m in range(users.shape[1]):
                market_share[r, o, m] = users[r, m] / total
                survival[r, o, m] = 0.8
                plan_value[r, o, m] = 0.0
                plan_slope[r, o, m] = 0.0
                plan_cost[r, o, m] = 0.0
            for k in range(route_share.shape[2]):
                route_share[r, o, k] = 0.0
            for w in range(people_share.shape[2]):
                people_share[r, o, w, 0] = 0.0
                people_share[r, o, w, 1] = 0.0


@of_map
def _homes(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Places that are homes of each network: those of network n are ``places[begins[n]:begins[n + 1]]``."""
    net, place = np.nonzero(world.network_home > 0.0)
    begins = np.searchsorted(net, np.arange(world.sizes["network"] + 1))
    return begins.astype(np.uint64), place.astype(np.uint32)


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """The organisations of January 1989: protected groups that fill demand, and small ones of every network.

    Capacity of the protected network is ``soviet_capacity`` times the kg that markets use; others start small. What the
    state allows each of its groups is kept from the start: that capacity and as much more as is drawn.
    """
    p = parameters["organisations"]
    slots = world.sizes["organisation"]
    demand = (parameters["drug_market"]["use_per_person"][:, None] * state.users).sum(axis=1) / 12.0
    protected = int(world.network_start[world.network_soviet == 1].sum())
    each = np.clip(p["soviet_capacity"] * demand / state.load / max(1, protected), 3.0, SIZE_CAP)
    state.allowance[:] = np.minimum(SIZE_CAP, p["level_allowed"] * each)
    o = 0
    for n in range(world.sizes["network"]):
        for j in range(int(world.network_start[n])):
            if o >= slots:
                break
            weights = np.cumsum(world.network_home[n])
            # spread the first ones of a network over its homes by weight: a fixed rule, the same in every run
            place = int(np.searchsorted(weights, (j + 0.5) / max(1, int(world.network_start[n])) * weights[-1]))
            state.active[:, o] = 1
            state.network[:, o] = n
            state.number[:, o] = FOUNDERS + j
            state.home[:, o] = min(place, world.sizes["place"] - 1)
            state.age[:, o] = 1
            state.drug_first[:, o] = 1
            if world.network_soviet[n] == 1:
                state.capacity[:, o] = each
            else:
                state.capacity[:, o] = 2.0
            o += 1
    state.capital[:] = state.active * state.capacity * 9.0 * p["journey_fixed_cost"][:, None]
    state.capital[:] += state.active * state.capacity * (state.load * state.source_price)[:, None]
    state.returns[:] = 0.2 * state.active
    state.in_use[:] = 0.9
    state.trade[:, :, 0] = 0.9
    state.trade[:, :, 1:] = 0.05
    state.drug_loss_share[:] = 0.1
    total = state.users.sum(axis=1)
    state.market_share[:] = (state.users / total[:, None])[:, None, :]
    state.survival[:] = 0.8
    state.purchased[:] = state.active * state.capacity * state.load[:, None] * 0.9 / STEPS
    state.return_scale[:] = p["journey_load"] * np.median(state.price, axis=1) * 0.3
    state.contacts[:] = np.where(world.network_official == 1, 1.0, p["contacts_start"][:, None])
    state.know_how[:] = np.where(world.network_know < 0.0, p["know_start"][:, None], world.network_know[None, :])


def advance(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int
) -> None:
    """Exit and entry of one month (see module docstring)."""
    _live(parameters["organisations"], on, keys, month, *soviet_times(world, month), years_open(world, month),
          forces(world, month), world.network_home, *_homes(world), world.network_cover, world.network_soviet,
          world.network_official,
          world.place_state, world.place_post, world.corridor_to, state.carried_kg, state.conduct, state.active,
          state.network, state.number, state.home, state.drug_first, state.age, state.capacity, state.in_use,
          state.capital, state.other_capital, state.returns, state.trade, state.drug_loss_share, state.purchased,
          state.trust, state.belief, state.network_belief, state.market_share, state.route_share, state.people_share,
          state.survival, state.know_how, state.contacts, state.carried_people, state.outside, state.road_cost,
          state.users, state.users_start, state.source_price, state.plan_value, state.plan_slope, state.plan_cost)
