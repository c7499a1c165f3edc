"""Plain-Python oracle of exit and entry: who ends, who is founded, with what and where."""

from __future__ import annotations

import math

from qorgau.model.streams import Stream, uniform
from qorgau.model.world import World
from tests.model.twins.organisations_choice import crowding, growth_of_trade, held_at, old_order, openness

OWNED = ("active", "network", "number", "home", "drug_first", "age", "capacity", "in_use", "capital", "other_capital",
         "returns", "trade", "drug_loss_share", "purchased", "trust", "belief", "market_share", "survival",
         "route_share", "people_share", "plan_value", "plan_slope", "plan_cost", "outside", "road_cost", "know_how",
         "contacts")


def fate(world: World, s: dict, q: dict, on: dict, key, month: int, o: int) -> str:
    """What becomes of an organisation this month: it lives, ends, or is broken in two."""
    net, place = int(s["network"][o]), int(s["home"][o])
    p, russian = q["organisations"], bool(world.network_soviet[net])
    post = int(world.place_post[place])
    held = held_at(world, s, q, on, month, o, post)
    size = math.sqrt(s["capacity"][o] / 10)
    seen = 0.3 + 8 * min(0.5, s["drug_loss_share"][o])
    shown = 1.0
    if on["DIASPORA_COVER"]:
        shown -= min(0.8, p["cover_strength"] * world.network_cover[net][world.place_state[place]])
    hazard = p["attrition"] + p["violence"] * crowding(s, on) * s["trade"][o][0] * (1 - 0.8 * held)
    if on["ENFORCEMENT"]:
        hazard += p["arrest"] * size * seen * (1 - 0.8 * held) * shown
    if russian and on["OUTSIDE_TRADE"]:
        hazard += 0.04 * max(0.0, p["outside_return"] * openness(world, q, on, month) - s["returns"][o])
    sheltered = old_order(world, q, month) if russian and on["STATE_PROTECTION"] else 0.0
    hazard *= 1 - sheltered
    one = 8192 * net + int(s["number"][o])
    if s["capital"][o] < 0 and sheltered <= 0.5:
        return "ends"
    if uniform(key, Stream.ORGANISATION_EXIT, month, one, int(s["age"][o])) >= 1 - math.exp(-hazard):
        return "lives"
    heirs = s["capacity"][o] >= 2 * p["entry_size"]
    heirs = heirs and uniform(key, Stream.ORGANISATION_SPLIT, month, one, int(s["age"][o])) < p["splinter"]
    return "parts" if heirs else "ends"


def skill(world: World, s: dict, q: dict, on: dict, month: int, n: int) -> float:
    """Know-how of a network after the month."""
    weights = {p: float(w) for p, w in enumerate(world.network_home[n]) if w > 0}
    if world.network_official[n]:
        share = sum(w * s["conduct"][world.place_post[p]][4] for p, w in weights.items()) / sum(weights.values())
        return min(1.0, 0.1 + 3 * share) if on["OFFICIAL_RACKETS"] else 0.0
    p = q["organisations"]
    passing = sum(kg * weights.get(int(p), 0.0) for kg, p in zip(s["carried_kg"], world.corridor_to))
    now = float(s["know_how"][n])
    rate = p["apprenticeship"] / 12 * min(1.0, passing / 100) * openness(world, q, on, month)
    learned = min(1.0, now + rate * now * (1 - now))
    if world.network_soviet[n] and on["STATE_PROTECTION"] and month:
        # what it knew was whom to turn to: contacts go with the state that made them
        learned *= p["tie_kept"] ** (old_order(world, q, month - 1) - old_order(world, q, month))
    return learned


def acquaintance(world: World, s: dict, q: dict, on: dict, month: int, n: int) -> float:
    """Contacts of a network with the trade in people after the month: as for skill, from people passing home."""
    now = float(s["contacts"][n])
    if world.network_official[n]:
        return now
    ends = (float(world.network_home[n][int(p)]) for p in world.corridor_to)
    seen = sum(float(sum(row)) * weight for row, weight in zip(s["carried_people"], ends))
    rate = q["organisations"]["apprenticeship"] / 12 * min(1.0, seen / 10) * openness(world, q, on, month)
    return min(1.0, now + rate * now * (1 - now))


def advance(world: World, s: dict, q: dict, on: dict, key, month: int) -> dict:
    p = q["organisations"]
    out = {name: s[name].copy() for name in OWNED}
    slots = range(len(s["active"]))
    if not on["ORGANISATIONS"]:
        out["age"] += out["active"]
        return out
    alive, parting = [], []
    for o in slots:
        if not s["active"][o]:
            continue
        if old_order(world, q, month) > 0.5:  # nobody goes broke while the plan pays
            out["capital"][o] = max(s["capital"][o], s["capacity"][o] * p["journey_fixed_cost"])
        word = fate(world, {**s, "capital": out["capital"]}, q, on, key, month, o)
        if word == "ends":
            out["active"][o], out["purchased"][o] = 0, 0.0
            continue
        out["age"][o] += 1
        alive.append(o)
        if word == "parts":
            parting.append(o)
    broken: dict[int, int] = {}
    for o in parting:
        net = int(out["network"][o])
        broken[net] = broken.get(net, 0) + 1
        for name in ("capacity", "capital", "other_capital", "purchased"):
            out[name][o] /= 2
        out["trust"][o] = out["trust"][o] * p["tie_kept"]
        free = [k for k in slots if not out["active"][k]]
        if not free or broken[net] > 2:
            continue
        for name in OWNED[:-2]:
            out[name][free[0]] = out[name][o]
        out["age"][free[0]] = 0
        out["number"][free[0]] = month + (2048 if broken[net] == 1 else 6144)
        alive.append(free[0])
    earning = sum(float(out["returns"][o]) for o in alive) / len(alive) if alive else 0.2
    opiates = sum(float(out["trade"][o][0]) for o in alive) / len(alive) if alive else 0.5
    number = len(alive)
    for n in range(world.sizes["network"]):
        out["know_how"][n] = know = skill(world, s, q, on, month, n)
        out["contacts"][n] = acquaintance(world, s, q, on, month, n)
        peers = [float(out["returns"][o]) for o in alive if out["network"][o] == n]
        hoped = sum(peers) / len(peers) if peers else earning
        field = openness(world, q, on, month)
        anyone = p["people_entry"] * (1 - know) if on["LOW_ENTRY_COST"] and not world.network_official[n] else 0.0
        rate = p["entry_rate"] / 12 * (know + anyone) * field * math.tanh(max(0.1, hoped))
        rate *= max(0.0, 1 - number / min(len(slots), p["room"] * growth_of_trade(s, on)))
        if world.network_soviet[n] and on["OUTSIDE_TRADE"]:
            better = (p["outside_return"] * field - hoped) / p["trade_scale"]
            rate /= 1 + math.exp(min(30.0, max(-30.0, better)))
        if on["DIASPORA_COVER"]:
            at_home = [float(world.network_cover[n][s_]) for s_ in world.place_state]
            people_left = max(0.0, 1 - len(peers) / p["kin_groups"])
            settled = sum(float(w) * c for w, c in zip(world.network_home[n], at_home))
            rate *= 1 + p["kin_entry"] * settled * people_left
        free = [o for o in slots if not out["active"][o]]
        if not free or uniform(key, Stream.ORGANISATION_ENTRY, month, n, 0) >= 1 - math.exp(-rate):
            continue
        o, number = free[0], number + 1
        at = uniform(key, Stream.ORGANISATION_HOME, month, n, 0)
        places = range(world.sizes["place"])
        below = [p_ for p_ in places if at < sum(world.network_home[n][: p_ + 1])]
        begins = uniform(key, Stream.ORGANISATION_HOME, month, n, 1) * (know + anyone) < opiates * know
        entrant = {
            "active": 1, "network": n, "number": month, "home": below[0] if below else places[-1], "age": 0,
            "drug_first": int(begins),
            "capacity": p["entry_size"], "in_use": 0.9, "returns": hoped, "drug_loss_share": 0.1, "purchased": 0.0,
            "capital": p["entry_size"] * (9 * p["journey_fixed_cost"] + p["journey_load"] * s["source_price"] / 2),
            "trade": [0.9, 0.05, 0.05] if begins else [0.1, 0.5, 0.4], "belief": s["network_belief"][n],
            "market_share": s["users"] / sum(s["users"]), "survival": 0.8,
        }
        entrant["other_capital"] = 0.0 if begins else entrant["capital"]
        for name in OWNED[:-2]:
            out[name][o] = entrant.get(name, 0.0)
    return out
