"""What an outsider would publish from this world: perceived corruption, tier, visible harm, yearly results.

Perceived corruption is one map for all states, score = anchor exp(-slope (seen - anchor share)), read with an error
by state and year. What is seen lags what is: polls are pooled and experts revise a country's name slowly, and they
lean on the name of its region (Razafindrakoto and Roubaud 2010; Andersson and Heywood 2009; Becker, Egger and
Seidel 2009). The errors of a year lean as much, since the lean is on what was read. The anchor is the reading of
the state in focus in 2000 (``ANCHOR_YEAR``), when the share seen in that year, in this run, becomes the anchor
share; nothing later is fitted. The tier follows a stated rule with no year in it: law, prosecutions and help given
count for, officials' complicity and the complexity of being home, passage and destination at once count against,
with like weights. Visible harm is an index, like the spread of HIV, that follows opiate use and exploitation with a
delay of years. None of it is prevalence.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS_A_YEAR
from qorgau.model.compiled import compiled, inlined
from qorgau.model.derived import destination_states, market_states, of_map
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.state import State
from qorgau.model.streams import Stream, normal
from qorgau.model.world import World

__all__ = ["ANCHOR_YEAR", "PARAMETERS", "advance", "perceived", "start", "tier_of"]

ANCHOR_YEAR = 2000
"""Year whose published score ties the map; all later readings are forecasts."""

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("anchor", "score 0-100", "score read at the anchor share", 1.0, 99.0),
    Parameter("anchor_share", "1", "share seen that reads as the anchor, before 2000", 0.0, 1.0),
    Parameter("slope", "1", "fall of the log score per unit of corrupt share"),
    Parameter("centre_weight", "1", "weight of the central posts in what is perceived", 0.0, 1.0),
    Parameter("reading_error", "score 0-100", "sd of the yearly reading"),
    Parameter("reading_speed", "1/month", "how fast what is seen follows what is", 1e-3, 1.0),
    Parameter("region_lean", "1", "weight of the region's mean in what is seen of a former Soviet state", 0.0, 1.0),
    Parameter("tier_law", "1", "weight of law in the tier"),
    Parameter("tier_prosecutions", "1", "weight of prosecutions in the tier"),
    Parameter("tier_help", "1", "weight of help to people in the tier"),
    Parameter("tier_against", "1", "weight of complicity, and as much of complexity, against"),
    Parameter("prosecutions_half", "cases/year/10 million", "prosecutions that earn half of their weight", 0.1),
    Parameter("help_half", "persons/year/10 million", "people helped that earn half of its weight", 0.1),
    Parameter("role_half", "persons/month/10 million", "people in a role that make half of its complexity", 0.01),
    Parameter("tier_one", "1", "score from which Tier 1 is given", -1.0, 2.0),
    Parameter("tier_two", "1", "score from which Tier 2 is given", -1.0, 2.0),
    Parameter("tier_speed", "1/month", "how fast the judgement moves", 1e-3, 1.0),
    Parameter("harm_users", "persons/1000", "opiate users per 1,000 people at half of visible harm", 1e-3),
    Parameter("harm_people", "persons/1000", "people exploited per 1,000 people at half of visible harm", 1e-4),
    Parameter("harm_years", "year", "delay of visible harm", 0.25),
    Parameter("label_error", "1", "part of organisations that sources put under another network's label", 0.0, 1.0),
)

_INDICATORS = int(Mechanism.INDICATORS)
_COMPLEXITY = int(Mechanism.TIER_COMPLEXITY)
_COMPLICITY = int(Mechanism.TIER_COMPLICITY)
_PERCEPTION = int(Stream.PERCEPTION)


@inlined
def perceived(share, anchor, anchor_share, slope):
    """Score, up is cleaner, of a corrupt share; between 1 and 99."""
    return min(99.0, max(1.0, anchor * math.exp(-slope * (share - anchor_share))))


@inlined
def tier_of(score, one, two):
    """Tier of a score: 1 from ``one``, 2 from ``two``, else 3."""
    if score >= one:
        return 1
    if score >= two:
        return 2
    return 3


@inlined
def _saturating(value, half):
    return value / (value + half)


@compiled
def _advance(par, on, keys, month, first, anchoring, focus, region, population, post_state, post_kind, post_officials,
             market_state, destination_state, conduct, users, exploited, law, prosecuted, assisted, origin_flow,
             transit_flow, arrival_flow, perceived_corruption, perceived_share, anchor_share, tier_score, tier,
             visible_harm, prosecuted_year, assisted_year):
    runs, states = tier_score.shape
    posts = len(post_state)
    seen = np.zeros((states, 2))
    weight = np.zeros((states, 2))
    complicit = np.zeros(states)
    share = np.zeros(states)
    error = np.zeros(states)
    for r in range(runs):
        q = par[r]
        if on[r, _INDICATORS] < 0.5 and not first:
            continue
        for s in range(states):
            complicit[s] = 0.0
            for k in range(2):
                seen[s, k] = 0.0
                weight[s, k] = 0.0
        for i in range(posts):
            s = post_state[i]
            # police, border and migration officials are met alike; the top is seen apart
            k = 1 if post_kind[i] == 1 else 0
            n = post_officials[i]
            hard = conduct[r, i, 3] + conduct[r, i, 4]
            seen[s, k] += n * (0.5 * conduct[r, i, 1] + conduct[r, i, 2] + hard)
            complicit[s] += n * (0.5 * conduct[r, i, 2] + hard)
            weight[s, k] += n
        common = 0.0
        members = 0.0
        for s in range(states):
            province = seen[s, 0] / max(1e-9, weight[s, 0])
            share[s] = province
            if weight[s, 1] > 0.0:
                share[s] += q.centre_weight * (seen[s, 1] / weight[s, 1] - province)
            common += region[s] * share[s]
            members += region[s]
        common /= max(1.0, members)
        for s in range(states):
            looks = share[s] + region[s] * q.region_lean * (common - share[s])
            if first:
                perceived_share[r, s] = looks
            else:
                perceived_share[r, s] += q.reading_speed * (looks - perceived_share[r, s])
        # experts lean on what they read of the region, so the errors of a year lean as much; their spread is kept
        shared = 0.0
        for s in range(states):
            error[s] = 0.0 if first else normal(keys[r], _PERCEPTION, month // STEPS_A_YEAR, s, 0)
            shared += region[s] * error[s] / max(1.0, members)
        own = 1.0 - q.region_lean
        spread = math.sqrt(own * own + (1.0 - own * own) / max(1.0, members))
        for s in range(states):
            if region[s] > 0.0:
                error[s] = (own * error[s] + q.region_lean * shared) / spread
        if anchoring:
            anchor_share[r] += (perceived_share[r, focus] - anchor_share[r]) / (month % STEPS_A_YEAR + 1)
        for s in range(states):
            score = perceived(perceived_share[r, s], q.anchor, anchor_share[r], q.slope)
            people = population[s] / 1e7
            score += q.reading_error * error[s]
            perceived_corruption[r, s] = min(99.0, max(1.0, score))
            if not first:
                prosecuted_year[r, s] += (STEPS_A_YEAR * prosecuted[r, s] - prosecuted_year[r, s]) / STEPS_A_YEAR
                assisted_year[r, s] += (STEPS_A_YEAR * assisted[r, s] - assisted_year[r, s]) / STEPS_A_YEAR
            total = max(1e-9, weight[s, 0] + weight[s, 1])
            roles = (_saturating(origin_flow[r, s], q.role_half * people)
                     * _saturating(transit_flow[r, s], q.role_half * people)
                     * _saturating(arrival_flow[r, s], q.role_half * people)) ** (1.0 / 3.0)
            target = (q.tier_law * law[r, s]
                      + q.tier_prosecutions * _saturating(prosecuted_year[r, s], q.prosecutions_half * people)
                      + q.tier_help * _saturating(assisted_year[r, s], q.help_half * people)
                      - q.tier_against * (on[r, _COMPLICITY] * complicit[s] / total + on[r, _COMPLEXITY] * roles))
            if first:
                tier_score[r, s] = target
            else:
                tier_score[r, s] += q.tier_speed * (target - tier_score[r, s])
            tier[r, s] = tier_of(tier_score[r, s], q.tier_one, q.tier_two)
        if on[r, _INDICATORS] < 0.5:
            visible_harm[r] = 0.0
            continue
        use = 0.0
        for m in range(users.shape[1]):
            if market_state[m] == focus:
                use += users[r, m]
        held = 0.0
        for d in range(exploited.shape[1]):
            if destination_state[d] == focus:
                for h in range(exploited.shape[2]):
                    for a in range(exploited.shape[3]):
                        held += exploited[r, d, h, a]
        thousands = population[focus] / 1e3
        pressure = 0.5 * use / thousands / q.harm_users + 0.5 * held / thousands / q.harm_people
        if not first:
            visible_harm[r] += (_saturating(pressure, 1.0) - visible_harm[r]) / (STEPS_A_YEAR * q.harm_years)


@of_map
def _region(world: World) -> np.ndarray:
    """1 for former Soviet republics, which the case marks by the corridors that were once inside one country."""
    inside = world.corridor_internal == 1
    region = np.zeros(world.sizes["state"])
    region[world.place_state[world.corridor_from[inside]]] = 1.0
    region[world.place_state[world.corridor_to[inside]]] = 1.0
    return region


def _call(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int, first: bool
) -> None:
    _advance(parameters["indicators"], on, keys, month, first,
             not first and world.start_year + month // STEPS_A_YEAR == ANCHOR_YEAR, world.focus, _region(world),
             world.population[month], world.post_state, world.post_kind, world.post_officials, market_states(world),
             destination_states(world), state.conduct, state.users, state.exploited, state.law,
             state.cases_prosecuted, state.assisted, state.origin_flow, state.transit_flow, state.arrival_flow,
             state.perceived_corruption, state.perceived_share,
             state.perception_anchor, state.tier_score, state.tier,
             state.visible_harm, state.prosecuted_year,
             state.assisted_year)


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """Readings of the starting conduct and law (needs ``conduct`` and ``law``); no harm is visible yet."""
    state.label_error[:] = parameters["indicators"]["label_error"]
    state.visible_harm[:] = 0.0
    state.perception_anchor[:] = parameters["indicators"]["anchor_share"]
    _call(world, state, parameters, on, keys, 0, True)


def advance(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
    levers: np.ndarray | None = None,
) -> None:
    """Publish the month's readings, smoothed (see module docstring); all stay at the start when switched off."""
    _call(world, state, parameters, on, keys, month, False)
