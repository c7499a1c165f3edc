"""Plain-Python oracle of enforcement on corridors: what a passage risks, what it costs, where officers go."""

from __future__ import annotations

import math

from qorgau.model.streams import Stream, normal
from qorgau.model.world import INSTRUMENTS, MODES, ROADS, World
from tests.model.twins.posts import met_at


def detection(world: World, s: dict, q: dict, on: dict, key, month: int) -> dict:
    """Campaign term, honest and actual hazard and bribe rate of every corridor."""
    p = q["enforcement"]
    measure = {name: float(s["instrument"][i]) for i, name in enumerate(INSTRUMENTS)}
    told = []
    for watched, km, border in zip(world.corridor_monitoring, world.corridor_km, world.corridor_border):
        told.append(float(watched) ** p["monitoring_contrast"] * max(p["crossing_watch"] if border else 0.6,
                                                                     min(float(km) / 600, 4.0)))
    usual = float(s["watch_mean"]) or sum(told) / len(told)
    out: dict[str, list[float]] = {"corridor_noise": [], "hazard_honest": [], "hazard": [], "bribe_rate": []}
    for link in range(len(world.corridor_km)):
        ends = [int(world.corridor_from[link]), int(world.corridor_to[link])]
        leaves, enters = (world.place_state[p_] == world.focus for p_ in ends)
        z = 0.9 * s["corridor_noise"][link] + math.sqrt(0.19) * normal(key, Stream.CORRIDOR_NOISE, month, link, 0)
        factors = [p["hazard_mean"], (s["effort"][link] + s["effort_added"][link]) / 100,
                   1 + s["hazard_raised"][link]]
        if world.corridor_border[link] and (leaves or enters):
            watch = p["size_border_monitoring"] * measure["border_monitoring"] * (1 if enters else 0.5)
            factors.append(1 + watch + p["size_regional_coordination"] * measure["regional_coordination"])
        if enters:
            factors.append(1 + p["size_drug_training"] * measure["police_training"])
        factors.append(told[link] / usual)
        if on["TERRAIN_COVER"]:
            factors.append(1 - p["cover_weight"] * world.corridor_cover[link])
        if on["FUEL_COVER"] and world.corridor_fuel[link]:
            factors.append(1 - p["fuel_cover"])
        if on["ROAD_QUALITY"] and MODES[world.corridor_mode[link]] == "road":
            dearer = {"good": -0.5, "fair": 0.0, "poor": 0.5}[ROADS[world.corridor_road[link]]]
            factors.append(q["routes"]["poor_road_cost"] ** (dearer * p["traffic_cover"]))
        if world.corridor_border[link] and world.corridor_internal[link]:
            built = world.event["internal_borders"][month]
            factors.append(built + (1 - built) * p["internal_border_start"])
        factors.append(math.exp(p["campaign_noise"] * (z - p["campaign_noise"] / 2)))
        honest = min(3.0, math.prod(float(f) for f in factors)) if on["ENFORCEMENT"] else 0.0
        weight = sum(s["corrupt"][i] for i in met_at(world, link)) / 2
        actual = honest * (1 - p["corrupt_reach"] * weight)
        averted = (1 - math.exp(-honest)) - (1 - math.exp(-actual))
        out["corridor_noise"].append(z)
        out["hazard_honest"].append(honest)
        out["hazard"].append(actual)
        out["bribe_rate"].append(p["bribe_share"] * averted if on["BRIBERY"] else 0.0)
    return out


def allocation(world: World, s: dict, q: dict, on: dict, key, month: int) -> dict:
    """Officers of each state, shared among the corridors that lead into it."""
    p = q["enforcement"]
    links = range(len(world.corridor_km))
    success = [s["success"][k] + 0.15 * (s["seized_kg"][k] / max(1.0, s["effort"][k]) - s["success"][k]) for k in links]
    effort = [0.0] * len(links)
    for state in range(world.sizes["state"]):
        own = [k for k in links if world.place_state[world.corridor_to[k]] == state]
        officers = 100.0 * len(own)
        if state == world.focus and on["DIVERSION"]:
            officers *= 1 - p["effort_diverted"] * world.event["diversion"][month]
        pull = {k: (success[k] + 0.005) ** p["effort_power"] for k in own}
        for k in own:
            wanted = officers * (0.3 / len(own) + 0.7 * pull[k] / sum(pull.values()))
            effort[k] = (1 - p["effort_inertia"]) * s["effort"][k] + p["effort_inertia"] * wanted
    return {"effort": effort, "success": success}
