"""Who holds posts, for how long, and what ties they build.

Posts are filled from patron groups: an appointer prefers the own group the more salient group lines are; in the
provinces the threat seen in excluded groups weighs against that (balancing). Ties of a holder grow with time in
post; through them patrons reach the post: they avert part of the sanction on its officials and expect a share of what
it yields (module ``corruption``), the same for every group. A centre that fears rivals moves
governors whose ties and province could carry one: hazard = base + fear threat ties wealth / strength. Salience
rises with scarcity, with bidding between patrons and with spoils kept by the ruling group, and is braked.
Claims behind it: Schatz 2005 (Modern Clan Politics) as the study cites it. Below groups there may be lines of kin:
the ruling line is preferred within its group as the group is among groups, and a holder whose line is at home where
the post is builds ties faster, whichever line it is. Groups and lines are labels of networks of patrons; nothing here
makes one predict what any person does.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS, STEPS_A_YEAR, memory
from qorgau.model.compiled import compiled, inlined
from qorgau.model.derived import of_map
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.state import State
from qorgau.model.streams import Stream, uniform
from qorgau.model.world import INSTRUMENTS, POST_KINDS, World

__all__ = ["PARAMETERS", "advance", "draw_group", "start"]

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("turnover", "1/month", "hazard that a holder leaves for ordinary reasons", 1e-4, 1.0),
    Parameter("rotation_fear", "1/month", "hazard added at full threat, ties, mean wealth and a weak centre"),
    Parameter("wealth_weight", "1", "how far rents of the province raise the fear of its governor"),
    Parameter("tie_months", "month", "time in which a holder's ties build up", 1.0),
    Parameter("tie_keep", "1", "ties that a successor takes over", 0.0, 1.0),
    Parameter("shield_size", "1", "part of the sanction that full ties avert", 0.0, 1.0),
    Parameter("shield_salience", "1", "part of patrons' reach which needs salient group lines", 0.0, 1.0),
    Parameter("own_preference", "1", "log odds of the own group in appointments at full salience"),
    Parameter("kin_preference", "1", "log odds of the ruling line within its group at full salience"),
    Parameter("kin_ties", "1", "how much faster ties build at home at full salience"),
    Parameter("balancing", "1", "log odds against it in the provinces at full threat"),
    Parameter("salience_start", "1", "salience of group lines at the start, to which the brake pulls", 0.0, 1.0),
    Parameter("brake", "1/month", "pull of salience back to its start"),
    Parameter("scarcity", "1", "rise of salience per log point of income lost"),
    Parameter("bidding", "1/month", "logistic growth of salience while patrons outbid one another"),
    Parameter("spoils", "1/month", "growth of salience per unit of rents kept by the ruling group"),
    Parameter("co_option", "1", "chance that a tied governor who is moved gets a post at the centre", 0.0, 1.0),
    Parameter("size_rotation", "1/month", "governor_rotation: hazard added in the provinces"),
)

_PATRONAGE = int(Mechanism.PATRONAGE)
_SHIELD = int(Mechanism.PATRONAGE_SHIELD)
_SCARCITY = int(Mechanism.SCARCITY)
_BIDDING = int(Mechanism.BIDDING)
_SPOILS = int(Mechanism.SPOILS)
_OWN = int(Mechanism.OWN_GROUP)
_BALANCING = int(Mechanism.BALANCING)
_ROTATION = int(Mechanism.ROTATION)
_CO_OPTION = int(Mechanism.CO_OPTION)
_LEVER = INSTRUMENTS.index("governor_rotation")
_S_ROTATION = int(Stream.ROTATION)
_S_APPOINT = int(Stream.APPOINTMENT)
_S_DISMISS = int(Stream.DISMISSAL)

_LONG = 24 * STEPS
"""Steps in post above which a spell counts as long: the two years that the study names."""
_THREAT_SPEED = memory(1.0 / 6.0)
"""The centre's view of a threat follows events within half a year."""


@inlined
def draw_group(u, shares, ruling, preference, exclude):
    """Group of a new holder for a uniform ``u``: population shares, the ruling group's odds times exp(preference).

    With ``exclude`` of 1 the ruling group is passed over (an appointment across group lines).
    """
    groups = len(shares)
    mass = 0.0
    for g in range(groups):
        w = shares[g]
        if g == ruling:
            w = 0.0 if exclude == 1 else w * math.exp(preference)
        mass += w
    if mass <= 0.0:
        return ruling
    left = u * mass
    last = ruling
    for g in range(groups):
        w = shares[g]
        if g == ruling:
            w = 0.0 if exclude == 1 else w * math.exp(preference)
        if w > 0.0:
            last = g
            left -= w
            if left < 0.0:
                return g
    return last


@inlined
def draw_line(u, shares, first, end, ruling, preference):
    """Line of a new holder from those of the group, ``first`` up to ``end``, as groups are drawn; nobody is barred."""
    if end - first < 2:
        return first
    return first + draw_group(u, shares[first:end], ruling - first, preference, 0)


@inlined
def _seat(r, i, who, kin, keep, home, group, line, at_home, tenure, tie, rotated):
    """Put a new holder of group ``who`` and line ``kin`` in post i; ties fall to the part that passes on."""
    group[r, i] = who
    line[r, i] = kin
    at_home[r, i] = home[i, kin]
    tenure[r, i] = 0
    tie[r, i] *= keep
    rotated[r, i] = 1


@compiled
def _advance(par, on, keys, month, fall, nation, dismissal, appointment, dismissal_post, appointment_post, focus,
             wealth, post_state, post_kind, group_share, ruling_group, line_share, line_ptr, ruling_line, home,
             legal_rents, legal_protection, bribes, fees, instrument, group, line, at_home, tenure, tie, rotated,
             salience, threat, patron_shield, patron_reach, spells_ended, spells_long, spell_months, spells_home):
    runs, posts = group.shape
    states, groups = group_share.shape
    held = np.zeros((states, groups))
    central = np.zeros(states)
    rent_all = np.zeros(states)
    rent_own = np.zeros(states)
    strength = np.zeros(states)
    co_post = np.zeros(states, dtype=np.int64)
    co_line = np.zeros(states, dtype=np.int64)
    for r in range(runs):
        q = par[r]
        working = on[r, _PATRONAGE]
        for s in range(states):
            central[s] = 0.0
            rent_all[s] = 0.0
            rent_own[s] = 0.0
            co_post[s] = -1
            spells_ended[r, s] = 0
            spells_long[r, s] = 0
            spell_months[r, s] = 0
            spells_home[r, s] = 0
            for g in range(groups):
                held[s, g] = 0.0
        for i in range(posts):
            s = post_state[i]
            rotated[r, i] = 0
            rents = legal_rents[r, i] + legal_protection[r, i] + bribes[r, i] + fees[r, i]
            rent_all[s] += rents
            if group[r, i] == ruling_group[s]:
                rent_own[s] += rents
            if post_kind[i] == 1:
                central[s] += 1.0
                held[s, group[r, i]] += 1.0
        for s in range(states):
            own = group_share[s, ruling_group[s]]
            if central[s] > 0.0:
                own_centre = held[s, ruling_group[s]] / central[s]
                excluded = 0.0
                for g in range(groups):
                    if g != ruling_group[s]:
                        excluded += max(0.0, group_share[s, g] - held[s, g] / central[s])
            else:
                # no central post is modelled: what the appointer's preference would fill it with
                odds = own * math.exp(q.own_preference * salience[r, s] * on[r, _OWN])
                own_centre = odds / max(1e-9, odds + 1.0 - own)
                excluded = own_centre - own
            strength[s] = 0.5 + own_centre
            threat[r, s] += _THREAT_SPEED * (working * salience[r, s] * excluded - threat[r, s])
            kept = 0.0
            if rent_all[s] > 0.0 and own < 1.0:
                kept = max(0.0, rent_own[s] / rent_all[s] - own) / (1.0 - own)
            v = salience[r, s]
            room = v * (1.0 - v)
            v += (q.bidding * nation * on[r, _BIDDING] * room + q.spoils * kept * on[r, _SPOILS] * room
                  + q.scarcity * fall[s] / STEPS_A_YEAR * on[r, _SCARCITY] * (1.0 - v)
                  - q.brake * (v - q.salience_start))
            salience[r, s] = min(0.99, max(0.01, v))
        for i in range(posts):
            s = post_state[i]
            province = post_kind[i] == 0
            hazard = q.turnover
            if province:
                hazard += (q.rotation_fear * threat[r, s] * tie[r, i] * (1.0 + q.wealth_weight * wealth[i])
                           / strength[s] * on[r, _ROTATION] * working)
                if s == focus:
                    hazard += q.size_rotation * instrument[r, _LEVER]
            tenure[r, i] += 1
            speed = 1.0 + at_home[r, i] * q.kin_ties * salience[r, s] * on[r, _OWN]
            tie[r, i] += (1.0 - tie[r, i]) * min(q.tie_months, speed) / q.tie_months
            u = uniform(keys[r], _S_ROTATION, month, i, 0)
            # 1 - exp(-x) is x or less: most stay without an exponential
            leaves = u < hazard and u < 1.0 - math.exp(-hazard)
            across = 0
            if i == dismissal_post and dismissal > 0.0:
                leaves = True
            if i == appointment_post and appointment > 0.0:
                leaves = True
                across = 1
            if leaves:
                preference = q.own_preference * salience[r, s] * on[r, _OWN] * working
                kin = q.kin_preference * salience[r, s] * on[r, _OWN] * working
                if province:
                    against = q.balancing * threat[r, s] * on[r, _BALANCING] * working
                    preference = max(0.0, preference - against)
                    kin = max(0.0, kin - against)
                    spells_home[r, s] += at_home[r, i]
                    spells_ended[r, s] += 1
                    spell_months[r, s] += tenure[r, i]
                    if tenure[r, i] > _LONG:
                        spells_long[r, s] += 1
                    rival = group[r, i] != ruling_group[s]
                    chance = q.co_option * tie[r, i] * on[r, _CO_OPTION] * working
                    if rival and central[s] > 0.0 and uniform(keys[r], _S_DISMISS, month, i, 0) < chance:
                        co_post[s] = group[r, i]
                        co_line[s] = line[r, i]
                who = draw_group(uniform(keys[r], _S_APPOINT, month, i, 0), group_share[s], ruling_group[s],
                                 preference, across)
                of = draw_line(uniform(keys[r], _S_APPOINT, month, i, 2), line_share[s], line_ptr[s, who],
                               line_ptr[s, who + 1], ruling_line[s], kin)
                _seat(r, i, who, of, q.tie_keep, home, group, line, at_home, tenure, tie, rotated)
        for s in range(states):
            if co_post[s] >= 0:
                # the rival takes one central post, named by chance
                pick = int(uniform(keys[r], _S_DISMISS, month, s, 1) * central[s])
                for i in range(posts):
                    if post_state[i] == s and post_kind[i] == 1:
                        if pick == 0:
                            _seat(r, i, co_post[s], co_line[s], q.tie_keep, home, group, line, at_home, tenure, tie,
                                  rotated)
                        pick -= 1
        for i in range(posts):
            if working < 0.5:
                tie[r, i] = 0.0
            v = salience[r, post_state[i]]
            reach = tie[r, i] * (1.0 - q.shield_salience + q.shield_salience * v) * working
            patron_reach[r, i] = reach
            patron_shield[r, i] = q.shield_size * reach * on[r, _SHIELD]


@compiled
def _seat_all(par, on, keys, post_state, group_share, ruling_group, line_share, line_ptr, ruling_line, home, group,
              line, at_home, tenure, tie, patron_reach, patron_shield):
    runs, posts = group.shape
    for r in range(runs):
        q = par[r]
        working = on[r, _PATRONAGE]
        alive = q.salience_start * on[r, _OWN]
        preference = q.own_preference * alive * working
        kin = q.kin_preference * alive * working
        for i in range(posts):
            s = post_state[i]
            u = uniform(keys[r], _S_APPOINT, 0, i, 1)
            who = draw_group(u, group_share[s], ruling_group[s], preference, 0)
            of = draw_line(uniform(keys[r], _S_APPOINT, 0, i, 3), line_share[s], line_ptr[s, who],
                           line_ptr[s, who + 1], ruling_line[s], kin)
            group[r, i] = who
            line[r, i] = of
            at_home[r, i] = home[i, of]
            months = STEPS + STEPS * int(24 * uniform(keys[r], _S_ROTATION, 0, i, 1))
            tenure[r, i] = months
            speed = 1.0 + q.kin_ties * alive * home[i, of]
            tie[r, i] = working * (1.0 - math.exp(-months * speed / q.tie_months))
            reach = tie[r, i] * (1.0 - q.shield_salience * (1.0 - q.salience_start))
            patron_reach[r, i] = reach
            patron_shield[r, i] = q.shield_size * reach * on[r, _SHIELD]


@of_map
def _wealth(world: World) -> np.ndarray:
    """Extractive weight of a post's place less the mean of its state's province posts (0 at the mean)."""
    extract = world.place_extractive[world.post_place]
    province = world.post_kind == 0
    n = world.sizes["state"]
    count = np.bincount(world.post_state[province], minlength=n)
    mean = np.bincount(world.post_state[province], extract[province], minlength=n) / np.maximum(1, count)
    return np.maximum(-0.9, extract - mean[world.post_state])


@of_map
def _home(world: World) -> np.ndarray:
    """Which lines are at home at a post, (posts, lines) of 0 and 1; at central posts, which serve all, none."""
    return world.line_home[world.post_place] * (world.post_kind != POST_KINDS.index("centre"))[:, None]


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """Holders drawn with the appointer's preference at the starting salience, one to 24 months in post."""
    q = parameters["patronage"]
    state.salience[:] = q["salience_start"][:, None]
    _seat_all(q, on, keys, world.post_state, world.group_share, world.ruling_group, world.line_share, world.line_ptr,
              world.ruling_line, _home(world), state.group, state.line, state.at_home, state.tenure, state.tie,
              state.patron_reach, state.patron_shield)
    ruling_share = world.group_share[np.arange(world.sizes["state"]), world.ruling_group]
    state.threat[:] = state.salience * 0.5 * (1.0 - ruling_share)[None, :] * on[:, _PATRONAGE][:, None]
    state.rotated[:] = 0


def advance(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
    levers: np.ndarray | None = None,
) -> None:
    """Salience, threat, rotations, appointments and ties of the month (see module docstring)."""
    before = world.gdp_per_head[max(0, month - STEPS_A_YEAR)]
    fall = np.maximum(0.0, np.log(before / world.gdp_per_head[month]))
    _advance(parameters["patronage"], on, keys, month, fall, float(world.event["nation_building"][month]),
             float(world.event["dismissal"][month]), float(world.event["appointment"][month]),
             world.dismissal_post, world.appointment_post, world.focus, _wealth(world), world.post_state,
             world.post_kind, world.group_share, world.ruling_group, world.line_share, world.line_ptr,
             world.ruling_line, _home(world), state.legal_rents, state.legal_protection, state.bribes_post,
             state.fees_post, state.instrument, state.group, state.line, state.at_home, state.tenure, state.tie,
             state.rotated, state.salience, state.threat, state.patron_shield, state.patron_reach,
             state.spells_ended, state.spells_long, state.spell_months, state.spells_home)
