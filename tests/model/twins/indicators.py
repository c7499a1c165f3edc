"""Plain-Python oracle of the process `indicators`."""

from __future__ import annotations

import math

from qorgau.model.mechanisms import Mechanism
from qorgau.model.streams import Stream, normal

OWNED = ("perceived_corruption", "perceived_share", "perception_anchor", "tier_score", "tier",
         "visible_harm", "prosecuted_year", "assisted_year")


def _held(world, state, r, s):
    return sum(
        float(state.exploited[r, d].sum())
        for d in range(world.sizes["destination"])
        if world.place_state[world.destination_place[d]] == s
    )


def advance(world, state, parameters, on, keys, month):
    """New values of all that the process owns, as a dict of nested lists (the state is left alone)."""
    out = {k: getattr(state, k).tolist() for k in OWNED}
    for r in range(len(keys)):
        if on[r, Mechanism.INDICATORS] > 0:
            _one_run(world, state, parameters["indicators"][r], on[r], keys[r], month, r, out)
    return out


def _shares(world, state, q, r):
    """Corrupt share of each state, the central posts weighing more."""
    out = []
    for s in range(world.sizes["state"]):
        by_kind = {0: [0.0, 0.0], 1: [0.0, 0.0]}
        for i in range(world.sizes["post"]):
            if world.post_state[i] == s:
                x = state.conduct[r, i]
                by_kind[int(world.post_kind[i] == 1)][0] += world.post_officials[i] * (0.5 * x[1] + x[2] + x[3] + x[4])
                by_kind[int(world.post_kind[i] == 1)][1] += world.post_officials[i]
        share = by_kind[0][0] / max(1e-9, by_kind[0][1])
        if by_kind[1][1] > 0:
            share = (1 - q["centre_weight"]) * share + q["centre_weight"] * by_kind[1][0] / by_kind[1][1]
        out.append(share)
    return out


def _former(world):
    """States that were republics of one country: those that a once open corridor touches."""
    out = set()
    for k in range(world.sizes["corridor"]):
        if world.corridor_internal[k]:
            out |= {int(world.place_state[world.corridor_from[k]]), int(world.place_state[world.corridor_to[k]])}
    return out


def _one_run(world, state, q, on, key, month, r, out):
    shares = _shares(world, state, q, r)
    former = _former(world)
    for s in range(world.sizes["state"]):
        looks = shares[s]
        if s in former:
            looks += q["region_lean"] * (sum(shares[k] for k in former) / len(former) - looks)
        before = state.perceived_share[r, s]
        out["perceived_share"][r][s] = (1 - q["reading_speed"]) * before + q["reading_speed"] * looks
    if world.start_year + month // 12 == 2000:
        now = out["perceived_share"][r][world.focus]
        out["perception_anchor"][r] += (now - out["perception_anchor"][r]) / (month % 12 + 1)
    errors = [normal(key, int(Stream.PERCEPTION), month // 12, s, 0) for s in range(world.sizes["state"])]
    lean, n = q["region_lean"], max(1, len(former))
    typical = sum(errors[k] for k in former) / n
    # variance of (1 - lean) z_s + lean mean(z), by the coefficients of the independent z
    spread = math.sqrt((1 - lean + lean / n) ** 2 + (n - 1) * (lean / n) ** 2)
    for s in former:
        errors[s] = ((1 - lean) * errors[s] + lean * typical) / spread
    for s in range(world.sizes["state"]):
        posts = [i for i in range(world.sizes["post"]) if world.post_state[i] == s]

        def mean(value, posts=posts):
            heads = sum(world.post_officials[i] for i in posts)
            return sum(world.post_officials[i] * value(i) for i in posts) / max(1e-9, heads)

        def complicit(i):
            return 0.5 * state.conduct[r, i, 2] + state.conduct[r, i, 3:].sum()

        gap = out["perception_anchor"][r] - out["perceived_share"][r][s]
        score = min(99.0, max(1.0, q["anchor"] * math.exp(q["slope"] * gap)))
        score += q["reading_error"] * errors[s]
        out["perceived_corruption"][r][s] = min(99.0, max(1.0, score))
        out["prosecuted_year"][r][s] += state.cases_prosecuted[r, s] - out["prosecuted_year"][r][s] / 12
        out["assisted_year"][r][s] += state.assisted[r, s] - out["assisted_year"][r][s] / 12
        ten_million = world.population[month][s] / 1e7

        def part(value, half, ten_million=ten_million):
            return value / (value + half * ten_million)

        roles = 1.0
        for flow in (state.origin_flow, state.transit_flow, state.arrival_flow):
            roles *= part(float(flow[r, s]), q["role_half"])
        against = on[Mechanism.TIER_COMPLICITY] * mean(complicit) + on[Mechanism.TIER_COMPLEXITY] * roles ** (1 / 3)
        target = (
            q["tier_law"] * state.law[r, s]
            + q["tier_prosecutions"] * part(out["prosecuted_year"][r][s], q["prosecutions_half"])
            + q["tier_help"] * part(out["assisted_year"][r][s], q["help_half"])
            - q["tier_against"] * against
        )
        score = out["tier_score"][r][s] + q["tier_speed"] * (target - out["tier_score"][r][s])
        out["tier_score"][r][s] = score
        out["tier"][r][s] = 1 if score >= q["tier_one"] else 2 if score >= q["tier_two"] else 3
    users = sum(
        float(state.users[r, m])
        for m in range(world.sizes["market"])
        if world.place_state[world.market_place[m]] == world.focus
    )
    thousands = world.population[month][world.focus] / 1000
    pressure = 0.5 * users / thousands / q["harm_users"]
    pressure += 0.5 * _held(world, state, r, world.focus) / thousands / q["harm_people"]
    harm = pressure / (1 + pressure)
    out["visible_harm"][r] += (harm - out["visible_harm"][r]) / (12 * q["harm_years"])
