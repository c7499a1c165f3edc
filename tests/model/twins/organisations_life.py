"""Plain-Python oracle of exit and entry: who ends, who is founded, with what and where."""

from __future__ import annotations

import math

from qorgau.model.streams import Stream, uniform
from qorgau.model.world import World
from tests.model.twins.organisations import grip

OWNED = ("active", "network", "home", "drug_first", "age", "capacity", "in_use", "capital", "returns", "trade",
         "drug_loss_share", "purchased", "trust", "belief", "market_share", "survival", "route_share",
         "people_share", "plan_value", "plan_slope", "plan_cost", "know_how")


def openness(world: World, q: dict, on: dict, month: int) -> float:
    """0 before privatisation, then rising to 1; a tenth at most without it."""
    sold = [t for t, v in enumerate(world.event["privatisation"]) if v > 0]
    years = max(0, month - sold[0]) / 12 if sold else 0.0
    return min(1.0 if on["PRIVATISATION"] else 0.1, years / q["privatisation_years"])


def ends(world: World, s: dict, q: dict, on: dict, key, month: int, o: int) -> bool:
    """Whether an organisation ends this month."""
    net, place = int(s["network"][o]), int(s["home"][o])
    russian = bool(world.network_soviet[net])
    if russian and on["STATE_PROTECTION"] and world.event["soviet"][month] > 0.5:
        return False
    post = world.place_post[place]
    size = math.sqrt(s["capacity"][o] / 10)
    seen = 0.3 + 8 * min(0.5, s["drug_loss_share"][o])
    kept = 1.0
    if on["PROTECTION_RACKETS"]:
        kept -= 0.8 * q["protection_limit"] * s["trust"][o][post] * grip(s, post)
    shown = 1.0
    if on["DIASPORA_COVER"]:
        shown -= min(0.8, q["cover_strength"] * world.network_cover[net][world.place_state[place]])
    hazard = q["attrition"]
    if on["ENFORCEMENT"]:
        hazard += q["arrest"] * size * seen * kept * shown
    if russian and on["OUTSIDE_TRADE"]:
        hazard += 0.04 * max(0.0, q["outside_return"] * openness(world, q, on, month) - s["returns"][o])
    by_chance = uniform(key, Stream.ORGANISATION_EXIT, month, o, int(s["age"][o])) < 1 - math.exp(-hazard)
    return by_chance or s["capital"][o] < 0


def skill(world: World, s: dict, q: dict, on: dict, month: int, n: int) -> float:
    """Know-how of a network after the month."""
    weights = {p: float(w) for p, w in enumerate(world.network_home[n]) if w > 0}
    if world.network_official[n]:
        share = sum(w * s["conduct"][world.place_post[p]][4] for p, w in weights.items()) / sum(weights.values())
        return min(1.0, 0.1 + 3 * share) if on["OFFICIAL_RACKETS"] else 0.0
    passing = sum(kg * weights.get(int(p), 0.0) for kg, p in zip(s["carried_kg"], world.corridor_to))
    now = float(s["know_how"][n])
    rate = q["apprenticeship"] / 12 * min(1.0, passing / 100) * openness(world, q, on, month)
    return min(1.0, now + rate * now * (1 - now))


def advance(world: World, s: dict, q: dict, on: dict, key, month: int) -> dict:
    p = q["organisations"]
    out = {name: s[name].copy() for name in OWNED}
    slots = range(len(s["active"]))
    if not on["ORGANISATIONS"]:
        out["age"] += out["active"]
        return out
    alive = []
    for o in slots:
        if not s["active"][o]:
            continue
        if world.event["soviet"][month] > 0.5:  # nobody goes broke while the plan pays
            out["capital"][o] = max(s["capital"][o], s["capacity"][o] * p["journey_fixed_cost"])
        if ends(world, {**s, "capital": out["capital"]}, p, on, key, month, o):
            out["active"][o], out["purchased"][o] = 0, 0.0
        else:
            out["age"][o] += 1
            alive.append(o)
    earning = sum(float(s["returns"][o]) for o in alive) / len(alive) if alive else 0.2
    opiates = sum(float(s["trade"][o][0]) for o in alive) / len(alive) if alive else 0.5
    number = len(alive)
    for n in range(world.sizes["network"]):
        out["know_how"][n] = know = skill(world, s, p, on, month, n)
        rate = p["entry_rate"] / 12 * know * openness(world, p, on, month) * math.tanh(max(0.1, earning))
        rate *= max(0.0, 1 - number / len(slots))
        free = [o for o in slots if not out["active"][o]]
        if not free or uniform(key, Stream.ORGANISATION_ENTRY, month, n, 0) >= 1 - math.exp(-rate):
            continue
        o, number = free[0], number + 1
        at = uniform(key, Stream.ORGANISATION_HOME, month, n, 0)
        places = range(world.sizes["place"])
        below = [p_ for p_ in places if at < sum(world.network_home[n][: p_ + 1])]
        begins = uniform(key, Stream.ORGANISATION_HOME, month, n, 1) < opiates
        entrant = {
            "active": 1, "network": n, "home": below[0] if below else places[-1], "age": 0, "drug_first": int(begins),
            "capacity": p["entry_size"], "in_use": 0.9, "returns": earning, "drug_loss_share": 0.1, "purchased": 0.0,
            "capital": p["entry_size"] * (9 * p["journey_fixed_cost"] + 2.5 * float(s["source_price"])),
            "trade": [0.8, 0.1, 0.1] if begins else [0.2, 0.5, 0.3], "belief": s["network_belief"][n],
            "market_share": s["users"] / sum(s["users"]), "survival": 0.8,
        }
        for name in OWNED[:-1]:
            out[name][o] = entrant.get(name, 0.0)
    return out
