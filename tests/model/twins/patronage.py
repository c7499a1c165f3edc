"""Plain-Python oracle of the process `patronage`."""

from __future__ import annotations

import math

from qorgau.model.mechanisms import Mechanism
from qorgau.model.streams import Stream, uniform
from qorgau.model.world import INSTRUMENTS

OWNED = ("group", "line", "at_home", "tenure", "tie", "rotated", "salience", "threat", "patron_shield",
         "patron_reach", "spells_ended", "spells_long", "spell_months", "spells_home")


def _draw(u, shares, ruling, preference, across):
    weights = [w * math.exp(preference) if g == ruling else w for g, w in enumerate(shares)]
    if across:
        weights[ruling] = 0.0
    total = sum(weights)
    if total <= 0:
        return ruling
    reached = 0.0
    for g, w in enumerate(weights):
        reached += w / total
        if u < reached:
            return g
    return max(g for g, w in enumerate(weights) if w > 0)


def _draw_line(u, world, s, group, preference):
    """A logit given the group: lines in proportion to share, the ruling one with odds times exp(preference)."""
    of = range(world.line_ptr[s][group], world.line_ptr[s][group + 1])
    weights = [world.line_share[s][j] * (math.exp(preference) if j == world.ruling_line[s] else 1.0) for j in of]
    reached = 0.0
    for j, w in zip(of, weights):
        reached += w / sum(weights)
        if u < reached:
            return int(j)
    return int(of[-1])


def advance(world, state, parameters, on, keys, month):
    """New values of all that the process owns, as a dict of nested lists (the state is left alone)."""
    out = {k: getattr(state, k).tolist() for k in OWNED}
    for r in range(len(keys)):
        _one_run(world, state, parameters["patronage"][r], on[r], keys[r], month, r, out)
    return out


def _one_run(world, state, q, on, key, month, r, out):
    def runs(name):
        return float(on[Mechanism[name]])

    posts = range(world.sizes["post"])
    works = runs("PATRONAGE")
    out["rotated"][r] = [0 for _ in posts]
    lever = state.instrument[r][INSTRUMENTS.index("governor_rotation")]
    for s in range(world.sizes["state"]):
        here = [i for i in posts if world.post_state[i] == s]
        centre = [i for i in here if world.post_kind[i] == 1]
        province = [i for i in here if world.post_kind[i] == 0]
        ruling = int(world.ruling_group[s])
        shares = world.group_share[s].tolist()
        salience = out["salience"][r][s]
        if centre:
            inside = [sum(out["group"][r][i] == g for i in centre) / len(centre) for g in range(len(shares))]
            grip = inside[ruling]
            excluded = sum(max(0.0, shares[g] - inside[g]) for g in range(len(shares)) if g != ruling)
        else:
            odds = shares[ruling] * math.exp(q["own_preference"] * salience * runs("OWN_GROUP"))
            grip = odds / max(1e-9, odds + 1 - shares[ruling])
            excluded = grip - shares[ruling]
        out["threat"][r][s] += (works * salience * excluded - out["threat"][r][s]) / 6
        threat = out["threat"][r][s]
        income = {i: float(state.legal_rents[r][i] + state.legal_protection[r][i] + state.bribes_post[r][i]
                           + state.fees_post[r][i]) for i in here}
        kept = 0.0
        if sum(income.values()) > 0 and shares[ruling] < 1:
            ours = sum(v for i, v in income.items() if out["group"][r][i] == ruling) / sum(income.values())
            kept = max(0.0, ours - shares[ruling]) / (1 - shares[ruling])
        year_ago = world.gdp_per_head[max(0, month - 12)][s]
        fall = max(0.0, math.log(year_ago / world.gdp_per_head[month][s]))
        change = q["bidding"] * world.event["nation_building"][month] * runs("BIDDING") * salience * (1 - salience)
        change += q["spoils"] * kept * runs("SPOILS") * salience * (1 - salience)
        change += q["scarcity"] * fall / 12 * runs("SCARCITY") * (1 - salience)
        change -= q["brake"] * (salience - q["salience_start"])
        salience = min(0.99, max(0.01, salience + change))
        out["salience"][r][s] = salience
        extract = [world.place_extractive[world.post_place[i]] for i in province]
        mean = sum(extract) / max(1, len(extract))
        out["spells_ended"][r][s] = out["spells_long"][r][s] = out["spell_months"][r][s] = 0
        out["spells_home"][r][s] = 0
        rival = None
        for i in here:
            hazard = q["turnover"]
            if i in province:
                wealth = max(-0.9, world.place_extractive[world.post_place[i]] - mean)
                hazard += (runs("ROTATION") * works * q["rotation_fear"] * threat * out["tie"][r][i]
                           * (1 + q["wealth_weight"] * wealth) / (0.5 + grip))
                hazard += q["size_rotation"] * lever if s == world.focus else 0.0
            out["tenure"][r][i] += 1
            kin_speed = 1 + out["at_home"][r][i] * q["kin_ties"] * salience * runs("OWN_GROUP")
            out["tie"][r][i] += (1 - out["tie"][r][i]) * min(1, kin_speed / q["tie_months"])
            leaves = uniform(key, int(Stream.ROTATION), month, i, 0) < 1 - math.exp(-hazard)
            dismissed = i == world.dismissal_post and world.event["dismissal"][month] > 0
            across = i == world.appointment_post and world.event["appointment"][month] > 0
            if not (leaves or dismissed or across):
                continue
            preference = q["own_preference"] * salience * runs("OWN_GROUP") * works
            kin = q["kin_preference"] * salience * runs("OWN_GROUP") * works
            if i in province:
                against = q["balancing"] * threat * runs("BALANCING") * works
                preference, kin = max(0.0, preference - against), max(0.0, kin - against)
                out["spells_home"][r][s] += out["at_home"][r][i]
                out["spells_ended"][r][s] += 1
                out["spells_long"][r][s] += int(out["tenure"][r][i] > 24)
                out["spell_months"][r][s] += out["tenure"][r][i]
                tied = q["co_option"] * out["tie"][r][i] * runs("CO_OPTION") * works
                chosen = uniform(key, int(Stream.DISMISSAL), month, i, 0) < tied
                if out["group"][r][i] != ruling and centre and chosen:
                    rival = out["group"][r][i], out["line"][r][i]
            who = _draw(uniform(key, int(Stream.APPOINTMENT), month, i, 0), shares, ruling, preference, across)
            line = _draw_line(uniform(key, int(Stream.APPOINTMENT), month, i, 2), world, s, who, kin)
            _seat(world, out, r, i, (who, line), q["tie_keep"])
        if rival is not None:
            seat = centre[int(uniform(key, int(Stream.DISMISSAL), month, s, 1) * len(centre))]
            _seat(world, out, r, seat, rival, q["tie_keep"])
        for i in here:
            out["tie"][r][i] *= 1.0 if works else 0.0
            out["patron_reach"][r][i] = works * out["tie"][r][i] * (1 - q["shield_salience"] * (1 - salience))
            out["patron_shield"][r][i] = runs("PATRONAGE_SHIELD") * q["shield_size"] * out["patron_reach"][r][i]


def _seat(world, out, r, i, who, keep):
    out["group"][r][i], out["line"][r][i] = who
    local = world.post_kind[i] != 1
    out["at_home"][r][i] = int(local and world.line_home[world.post_place[i]][who[1]] == 1)
    out["tenure"][r][i] = 0
    out["tie"][r][i] *= keep
    out["rotated"][r][i] = 1
