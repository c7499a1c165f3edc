"""Plain-Python oracle of route plans and beliefs: one organisation, one market, one route at a time."""

from __future__ import annotations

import math
from collections.abc import Iterable

from qorgau.model.world import World
from tests.model.twins.transport import hauled, weigh, within_fuel_networks

NEVER = -math.inf


def softmax(values: Iterable[float]) -> list[float]:
    values = list(values)
    top = max(values)
    parts = [math.exp(v - top) for v in values]
    return [p / sum(parts) for p in parts]


def links_of(pointers, links, k: int) -> list[int]:
    return [int(v) for v in links[pointers[k]:pointers[k + 1]]]


def into_china(world: World, link: int) -> bool:
    if "CHN" not in world.state_names:
        return False
    china = world.state_names.index("CHN")
    a, b = world.place_state[world.corridor_from[link]], world.place_state[world.corridor_to[link]]
    return bool(b == china and a != china)


def inside_china(world: World, link: int) -> bool:
    if "CHN" not in world.state_names:
        return False
    china = world.state_names.index("CHN")
    return all(world.place_state[ends[link]] == china for ends in (world.corridor_from, world.corridor_to))


def watched_by_china(world: World, q: dict, link: int) -> float:
    """Exposure to China's watch, in lengths of 600 km of road: the crossing and the way."""
    if into_china(world, link):
        return float(q["enforcement"]["crossing_watch"] + world.corridor_km[link] / 600)
    return float(world.corridor_km[link] / 600) if inside_china(world, link) else 0.0


def link_costs(world: World, s: dict, q: dict, on: dict, link: int, hazard: float) -> tuple[float, float]:
    """USD per kg on a corridor: carriage; pay for risk with what the way into China takes."""
    p, asked = q["routes"], float(s["carrying_cost"])
    risk = p["risk_pay"] * hazard * asked * within_fuel_networks(world, q, on, link)
    exposed = watched_by_china(world, q, link)
    if exposed:
        central, usual = s["china_reach"]
        answer = min(1.25, (hazard / usual) ** p["barrier_answer"])
        risk += p["china_barrier"] * central * exposed / s["china_exposure"] * answer
    return float(p["transport_cost"] * hauled(world, q, on, link) * asked), float(risk)


def mean_price(s: dict) -> float:
    prices, users = s["price_expected"], s["users"]
    return max(200.0, float(sum(a * b for a, b in zip(prices, users)) / sum(users)))


def opiate_routes(world: World, s: dict, q: dict, on: dict, o: int, m: int, month: int) -> dict[int, dict]:
    """Routes to a market open to an organisation: kept share net of bribes, cost, and what the logit weighs."""
    official = world.network_official[s["network"][o]] and on["OFFICIAL_FLIGHTS"]
    official = official and world.event["russian_forces"][month] > 0
    out = {}
    for k in range(world.market_ptr[m], world.market_ptr[m + 1]):
        if world.route_official[k] and not official:
            continue
        passed = links_of(world.route_ptr, world.route_links, k)
        kept = math.exp(-sum(s["belief"][o][v] for v in passed)) - sum(s["bribe_rate"][v] for v in passed)
        cost = sum(sum(link_costs(world, s, q, on, v, float(s["belief"][o][v]))) for v in passed)
        profit = s["price_expected"][m] * kept - cost - float(s["source_price"])
        weigh = q["routes"]["path_size_weight"] * math.log(world.route_path_size[k])
        sources = [int(v) for v in world.source_place]
        if len(sources) > 1:
            first = q["routes"]["first_source_share"]
            size = first if world.route_source[k] == sources[0] else (1 - first) / (len(sources) - 1)
            weigh += math.log(len(sources) * size)
        out[k] = {"kept": kept, "cost": cost, "profit": profit, "weigh": weigh, "km": float(world.route_km[k])}
    scale = width(s, q, m, out)
    for way in out.values():
        way["weigh"] += way["profit"] / scale
    return out


def width(s: dict, q: dict, m: int, ways: dict[int, dict]) -> float:
    """Scale of the choice among ways to a market: a part of what the best costs, at most that among markets."""
    all_in = float(s["price_expected"][m] - s["source_price"]) - max(v["profit"] for v in ways.values())
    among_markets = q["routes"]["choice_scale"] * mean_price(s)
    return min(among_markets, max(0.01 * among_markets, q["routes"]["way_scale"] * all_in))


def people_routes(world: World, s: dict, q: dict, o: int) -> dict[int, list[float]]:
    """Return per person approached, by way from any place of the home state and form."""
    home = world.place_state[s["home"][o]]
    out = {}
    for w, origin in enumerate(world.people_origin):
        if world.place_state[origin] != home:
            continue
        d = int(world.people_destination[w])
        passed = links_of(world.people_ptr, world.people_links, w)
        share = q["human_trade"]["transit_risk"]
        kept = math.exp(-share * sum(s["belief"][o][v] for v in passed))
        kept -= share * sum(s["bribe_rate"][v] for v in passed)
        prepare = q["routes"]["journey_fixed"] + q["routes"]["journey_cost"] * world.people_km[w]
        at_law = s["conviction_cost"][world.place_state[world.destination_place[d]]] / 8
        stay = float(s["pool_there"][origin][d])
        out[w] = []
        for f in (0, 1):
            price = float(s["people_price"][d][f])
            brought = stay * price + (1 - stay) * (price * kept - prepare)
            out[w].append(float(s["effectiveness"][origin][d][f] * brought - at_law))
    return out


def carriers(world: World, s: dict, q: dict, month: int) -> dict:
    """Experience, pay and load of carriers after last month's purchases."""
    p, raw = q["routes"], float(world.event["raw_opium"][month])
    moved = float(s["experience"]) + sum(float(v) for v in s["purchased"])
    bulk = raw * p["opium_bulk"] + 1 - raw
    known = moved / float(s["experience_start"])
    value = (float(s["source_price"]) / q["drug_market"]["source_price"]) ** p["pass_through"]
    cost = bulk * value / known ** p["experience_rate"]
    return {"experience": moved, "load": q["organisations"]["journey_load"] / bulk, "carrying_cost": cost}


def plan(world: World, s: dict, q: dict, on: dict, key, month: int, everything: bool = False) -> dict:
    """Plans of the organisations whose turn it is; the others keep theirs."""
    gained = carriers(world, s, q, month) | weigh(world, q, on)
    s = {**s, **gained}
    names = ("route_share", "people_share", "plan_value", "plan_slope", "plan_price", "plan_cost", "people_value")
    out = {name: s[name].copy() for name in names} | gained
    levels = [float(v) for v in s["people_price"].flatten()]
    people_scale = 2 * q["routes"]["choice_scale"] * max(50.0, sum(levels) / len(levels))
    scale = q["routes"]["choice_scale"] * mean_price(s)
    for o, living in enumerate(s["active"]):
        new = s["age"][o] == 0
        if not living or not (everything or new or (month + o) % 3 == 0):
            continue
        speed = 1 - (1 - q["routes"]["route_speed"]) ** 3 if on["HABIT"] and not new and not everything else 1.0
        for m in range(world.sizes["market"]):
            ways = opiate_routes(world, s, q, on, o, m, month)
            weights = [a["weigh"] if on["ROUTES"] else -a["km"] / 500 for a in ways.values()]
            wanted = dict(zip(ways, softmax(weights)))
            shares = {}
            for k in range(world.market_ptr[m], world.market_ptr[m + 1]):
                old = float(s["route_share"][o][k])
                shares[k] = out["route_share"][o][k] = (1 - speed) * old + speed * wanted.get(k, 0.0)
            slope = sum(shares[k] * ways[k]["kept"] for k in ways)
            cost = sum(shares[k] * ways[k]["cost"] for k in ways)
            out["plan_slope"][o][m], out["plan_cost"][o][m] = slope, cost
            out["plan_price"][o][m] = s["price_expected"][m]
            if on["ROUTES"]:
                top = max(weights)
                logsum = top + math.log(sum(math.exp(w - top) for w in weights))
                out["plan_value"][o][m] = logsum * width(s, q, m, ways) / scale
            else:
                out["plan_value"][o][m] = (s["price_expected"][m] * slope - cost - float(s["source_price"])) / scale
        values = people_routes(world, s, q, o)
        for f in (0, 1):
            weights = [v[f] / people_scale if on["ROUTES"] else -world.people_km[w] / 500 for w, v in values.items()]
            mean = 0.0
            for i, (v, target) in enumerate(zip(values.values(), softmax(weights) if weights else [])):
                share = (1 - speed) * s["people_share"][o][i][f] + speed * target
                out["people_share"][o][i][f] = share
                mean += share * v[f]
            out["people_value"][o][f] = mean
    return out


def looks(q: dict, hazard: float) -> float:
    """What a look at a corridor tells of its hazard."""
    p, mean = q["routes"], q["enforcement"]["hazard_mean"]
    return p["belief_unused"] * mean * (hazard / mean) ** p["visibility"]


def learned(q: dict, look: list[float], own: list[float], shared: list[float], journeys: list[float],
            met: list[float]) -> tuple[list[float], list[float]]:
    """Beliefs of an organisation and of its network after a month of journeys with the hazards met."""
    p = q["routes"]
    mine, ours = list(own), list(shared)
    for k, n in enumerate(journeys):
        lived = n / (n + 2)
        felt, viewed = p["learning"] * lived, p["watching"] * (1 - lived)
        mine[k] = (1 - felt - viewed) * own[k] + felt * met[k] + viewed * look[k]
        ours[k] = shared[k] + 0.05 * lived * (met[k] - shared[k])
        mine[k] = (1 - p["network_learning"]) * mine[k] + p["network_learning"] * ours[k]
    return mine, ours
