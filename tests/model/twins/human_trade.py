"""Plain Python twin of the trade in people: every person on a route is followed link by link."""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.streams import Stream, binomial, poisson, uniform
from qorgau.model.world import INSTRUMENTS, World
from tests.model.twins.posts import met_at


def hazard_for_people(world: World, s: dict, q: dict, on: dict, link: int) -> float:
    ends = met_at(world, link)
    watching = int(world.place_state[world.corridor_to[link]])
    hazard = s["hazard"][link] * q["transit_risk"]
    if on["FACILITATORS"]:
        ready = sum(s["service"][watching][k] / 2 for k, name in enumerate(("DOCUMENTS", "SAFE_HOUSES")) if on[name])
        hazard *= 1 + q["facilitator_risk"] * (1 - ready)
    if on["OFFICIALS_CARRY"]:
        hazard *= 1 - q["officials_carry"] * sum(s["conduct"][e][4] for e in ends) / 2
    return hazard


def demand(world: World, s: dict, q: dict, on: dict, month: int, d: int, form: str, price: float,
           first: list[float]) -> tuple:
    """Choke price and demand at the price."""
    place = int(world.destination_place[d])
    state = int(world.place_state[place])
    people = world.population[month, state]
    inside = any(internal and state in (world.place_state[a], world.place_state[b])
                 for a, b, internal in zip(world.corridor_from, world.corridor_to, world.corridor_internal))
    choke = q[f"choke_{form}"] * s["irregular_wage"][state]
    if on["DRUGS_TO_HOLD"]:
        choke *= 1 + q["endurance"] * first[int(form == "sexual")]
    wanted = people * world.place_share[place] * q[f"demand_{form}"] * (1 if inside else q["far_demand"])
    yearly = 12 * s["irregular_arrivals"][state] / people if on["CHEAP_LABOUR"] else 0.0
    wanted *= ((0.02 + yearly) / 0.04) ** q["cheap_labour"]
    search = q["search_cost"]
    if form == "labour" and on["POLICE_BROKERAGE"]:
        search *= 1 - s["abuse"][state]
    return choke, wanted * max(0.0, 1 - price / choke - search)


def advance(world: World, s: dict, q: dict, on: dict, key, month: int) -> dict:
    q = q["human_trade"]
    out = {k: np.zeros_like(s[k]) for k in (
        "recruits", "recruits_children", "recruits_there", "recruits_route", "arrived", "intercepted", "carried_people",
        "origin_flow", "transit_flow", "arrival_flow", "demand_people")}
    out["effectiveness"], out["people_price"] = s["effectiveness"].copy(), s["people_price"].copy()
    state_of = [int(v) for v in world.place_state]
    hazards = [hazard_for_people(world, s, q, on, link) for link in range(len(world.corridor_from))]
    aware = q["size_awareness"] * s["instrument"][INSTRUMENTS.index("awareness")]
    groups: dict[tuple[int, int], list[int]] = {}
    for h, (p, d) in enumerate(zip(world.people_origin, world.people_destination)):
        groups.setdefault((int(p), int(d)), []).append(h)
    abroad, organised, single = [0, 0], [0.0, 0.0], [0.0, 0.0]
    lost = 0
    entry = q["alone"] * (1 - float(world.event["soviet"][month])) if on["LOW_ENTRY_COST"] else 0.0
    targets = len(world.destination_place)
    for (p, d), routes in groups.items():
        home, goal = state_of[p], state_of[int(world.destination_place[d])]
        won = q["winnable"] * (1 - aware * (1 if home == world.focus else q["awareness_abroad"]))
        for form in (0, 1):
            most = won * (q["sexual_pool"] if form else 1 - q["sexual_pool"]) * s["pool"][p, d]
            highest = q["choke_sexual" if form else "choke_labour"] * s["irregular_wage"][goal]
            lone = entry * most * min(1.0, s["people_price"][d, form] / highest)
            organised[form] += sum(float(s["attempts_route"][h, form]) for h in routes)
            single[form] += lone
            tried = [float(s["attempts_route"][h, form]) + lone / len(routes) for h in routes]
            power = q["matching"]
            mean = 0.0
            if most > 0 and sum(tried) > 0:
                mean = most * sum(tried) / (most**power + sum(tried) ** power) ** (1 / power)
            per_attempt = mean / sum(tried) if mean > 0 else float(most > 0)
            out["effectiveness"][p, d, form] += 0.3 * (per_attempt - s["effectiveness"][p, d, form])
            pair = p * 1024 + d
            number = poisson(uniform(key, Stream.RECRUITS, month, pair, form), mean)
            u = uniform(key, Stream.RECRUITS_CHILDREN, month, pair, form)
            young = binomial(u, number, s["pool_children"][p, d])
            there = binomial(uniform(key, Stream.RECRUITS_THERE, month, pair, form), number, s["pool_there"][p, d])
            out["recruits_there"][p, d, form] = there
            left, found_all = number - there, 0
            for j, h in enumerate(routes):
                if j == len(routes) - 1:
                    here = left
                else:
                    share = tried[j] / max(sum(tried) - sum(tried[:j]), 1e-300)
                    u = uniform(key, Stream.RECRUITS_ROUTE, month, pair, 65536 * j + form)
                    here = binomial(u, left, min(1.0, share))
                left -= here
                out["recruits_route"][h, form] = here
                links = [int(k) for k in world.people_links[world.people_ptr[h]:world.people_ptr[h + 1]]]
                chance = 1 - math.exp(-sum(hazards[k] for k in links))
                u = uniform(key, Stream.INTERCEPTED, month, pair, 65536 * j + form)
                found = binomial(u, here, chance) if here else 0
                found_all += found
                for person in range(here):
                    depth = math.inf
                    if person < found:
                        u = uniform(key, Stream.INTERCEPTED, month, pair, 65536 * j + 2 * person + form + 8)
                        depth = -math.log(1 - u * chance)
                    passed = set()
                    for i, k in enumerate(links):
                        out["carried_people"][k, form] += 1
                        passed.add(state_of[world.corridor_from[k]])
                        depth -= hazards[k]
                        if person < found and (depth <= 0 or i == len(links) - 1):
                            out["intercepted"][state_of[world.corridor_to[k]]] += 1
                            break
                    for state in passed - {home, goal}:
                        out["transit_flow"][state] += 1
            young_found = 0
            if found_all:
                u = uniform(key, Stream.RECRUITS_CHILDREN, month, pair, 2 + form)
                young_found = binomial(u, found_all, young / number)
                young_found = min(young, max(young - (number - found_all), young_found))
            came = number - found_all
            lost += found_all
            out["recruits"][p, d, form], out["recruits_children"][p, d, form] = number, young
            out["arrived"][d, form] += [came - (young - young_found), young - young_found]
            out["origin_flow"][home] += number
            if home != goal:
                out["arrival_flow"][goal] += came
                abroad[form] += came - there
    first = [float(s["attempts_drug_first"][f]) * organised[f] / max(1e-12, organised[f] + single[f]) for f in (0, 1)]
    out["recruits_drug_first"] = np.array(first)
    out["recruits_by_groups"] = np.array([organised[f] / max(1e-12, organised[f] + single[f]) for f in (0, 1)])
    everyone = out["recruits"].sum()
    past = float(s["people_loss_share"])
    out["people_loss_share"] = 0.9 * past + 0.1 * lost / everyone if everyone else past
    out["couriers"] = 0
    if on["FORCED_COURIERS"]:
        for form in (0, 1):
            groups = organised[form] / max(1e-12, organised[form] + single[form])
            share = q["courier_share"] * float(s["attempts_opiates"][form]) * groups
            out["couriers"] += binomial(uniform(key, Stream.COURIERS, month, 0, form), abroad[form], share)
    for d in range(targets):
        for f, form in enumerate(("labour", "sexual")):
            price = float(s["people_price"][d, f])
            choke, wanted = demand(world, s, q, on, month, d, form, price, first)
            if on["MARKETS"]:
                now = int(s["exploited"][d, f].sum())
                price *= math.exp(q["price_speed"] * (wanted - now) / (wanted + now + 1))
                price = min(0.98 * choke, max(0.02 * choke, price))
                _, wanted = demand(world, s, q, on, month, d, form, price, first)
            out["people_price"][d, f], out["demand_people"][d, f] = price, wanted
    return out
