"""Plain Python twin of the economy: states and places as objects looked up by number, no arrays of pairs."""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.world import INSTRUMENTS, World


def facts(world: World) -> dict:
    """Homes, goals, former Soviet states, routes by pair, and the distance from each home to each goal."""
    state_of = [int(s) for s in world.place_state]
    pairs = {(int(p), int(d)) for p, d in zip(world.people_origin, world.people_destination)}
    inside = set()
    for a, b, internal in zip(world.corridor_from, world.corridor_to, world.corridor_internal):
        if internal:
            inside |= {state_of[a], state_of[b]}
    by_goal: dict[int, list[int]] = {}
    for place in world.destination_place:
        by_goal.setdefault(state_of[place], []).append(int(place))
    km = {}
    for home in range(len(world.state_names)):
        places = [p for p, s in enumerate(state_of) if s == home]
        weight = sum(world.place_share[p] for p in places)
        for goal, ends in by_goal.items():
            nearest = {p: min(world.distance[p, e] for e in ends) for p in places}
            km[home, goal] = sum(world.place_share[p] * nearest[p] for p in places) / weight / 1000.0
    return {"state_of": state_of, "pairs": pairs, "homes": {state_of[p] for p, _ in pairs}, "goals": by_goal,
            "inside": inside, "km": km}


def advance(world: World, s: dict, q: dict, on: dict, key, month: int) -> dict:
    q = q["economy"]
    f = facts(world)
    year = world.start_year + month / 12
    w = [float(v) for v in world.gdp_per_head[month]]
    n = [float(v) for v in world.population[month]]
    n91 = world.population[24]
    homes, goals, state_of = f["homes"], f["goals"], f["state_of"]
    states, places, ends = range(len(w)), range(len(state_of)), [int(p) for p in world.destination_place]
    opening = 1 / (1 + math.exp(-(year - q["open_year"]) / 2))
    regular = s["instrument"][INSTRUMENTS.index("regular_migration")] * q["size_regular_migration"]
    irregular = {}
    for d in states:
        share = q["irregular"] * (1 - (regular if d == world.focus else 0))
        irregular[d] = min(1.0, share * (1 + s["irregular_changed"][d]))
    undercut = {}
    for d in states:
        yearly = 12 * s["irregular_arrivals"][d] / n[d] if on["CHEAP_LABOUR"] else 0.0
        undercut[d] = (1 + yearly / 0.02) ** -q["undercut"]
    earned = [w[d] * (1 - irregular[d] + irregular[d] * undercut[d]) for d in states]
    mean = sum(n[o] * w[o] for o in homes) / sum(n[o] for o in homes)

    def leave(o: int) -> float:
        return q["exit_TKM"] if world.state_names[o] == "TKM" else 1.0

    def ratio(o: int, d: int) -> float:
        return (earned[d] / w[o]) ** q["wage_gap"] if on["WAGE_GAP"] and o != d else 1.0

    def visa(d: int) -> float:
        return 1.0 if d in f["inside"] else q["visa"]

    def vulnerable(o: int, d: int) -> float:
        odds = (w[o] / mean) ** -q["poverty_power"] if on["POVERTY_VULNERABILITY"] else 1.0
        odds *= 1.0 if o == d else undercut[d] ** -q["offer_answer"]
        return odds / (1 + odds)

    out = {k: np.zeros_like(s[k]) for k in ("departures", "remittances_share", "pool", "pool_children", "pool_there",
                                           "irregular_arrivals")}
    out["migrants"] = s["migrants"].copy()
    out["wage"] = np.array(w) / 12
    out["irregular_wage"] = np.array([w[d] * undercut[d] / 12 for d in states])
    for o in homes:
        values = {}
        for d in goals:
            if d != o:
                stock = s["migrants"][o, d] / n[o]
                values[d] = (ratio(o, d) * math.exp(-q["distance_cost"] * f["km"][o, d])
                             * (n[d] / 1.6e8) ** q["mass_power"] * visa(d) * opening
                             * (1 + q["chain"] * stock / (0.02 + stock)))
        away = sum(s["migrants"][o, d] for d in goals if d != o)
        ahead = max(0.0, n[o] / n91[o] / world.farm_growth[month, o] - 1)
        push = 1 + (q["push"] * ahead if on["POPULATION_PUSH"] else 0)
        rate = min(1.0, q["leave_rate"] / 12 * push * leave(o)) if on["ECONOMY"] else 0.0
        stay = q["stay_value"] * math.exp(q["home_mass"] * math.log(n[o] / 1e7))
        for d, value in values.items():
            go = rate * max(0.0, q["movable"] * n[o] - away) * value / (stay + sum(values.values()))
            out["departures"][o, d] = go
            out["migrants"][o, d] = s["migrants"][o, d] * (1 - q["return_rate"] / 12) + go
            out["irregular_arrivals"][d] += irregular[d] * go
        sent = sum(out["migrants"][o, d] * earned[d] for d in states)
        out["remittances_share"][o] = q["sent_share"] * sent / (n[o] * w[o])
    for p in places:
        o = state_of[p]
        if o not in homes:
            continue
        reach = {}
        for i, e in enumerate(ends):
            if (p, i) in f["pairs"]:
                mass = (n[state_of[e]] * world.place_share[e] / 1.6e8) ** q["mass_power"]
                reach[i] = mass * math.exp(-q["distance_cost"] * world.distance[p, e] / 1000)
        pull = {}
        for i in reach:
            d = state_of[ends[i]]
            pull[i] = reach[i] * ratio(o, d) * (1 if d == o else opening * leave(o) * visa(d))
        jobless = q["idle_share"] if o != world.focus else (q["jobless_focus"] if on["HOME_UNEMPLOYMENT"] else 0.0)
        offers = jobless * q["offer_rate"] * n[o] * world.place_share[p]
        weight = sum(world.place_share[x] for x in places if state_of[x] == o)
        for i in reach:
            d = state_of[ends[i]]
            in_state = sum(v for j, v in reach.items() if state_of[ends[j]] == d)
            here = irregular[d] * world.place_share[p] / weight * reach[i] / in_state
            here *= 1 if on["MIGRANT_VULNERABILITY"] else 0
            there = here * q["offer_rate"] * out["migrants"][o, d]
            everyone = offers * pull[i] / sum(pull.values()) + here * out["departures"][o, d] + there
            adults, children = 1 - q["child_share"], q["child_share"]
            if d == world.focus and o != world.focus and on["SCHOOLING"]:
                children *= 1 - q["size_schooling"] * s["instrument"][INSTRUMENTS.index("schooling")]
            out["pool"][p, i] = vulnerable(o, d) * everyone * (adults + children)
            out["pool_there"][p, i] = there / everyone if there else 0.0
            out["pool_children"][p, i] = children / (adults + children)
    return out
