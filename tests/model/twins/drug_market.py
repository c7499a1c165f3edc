"""Plain-Python oracle of the market for opiates: prices are found by bisection, not by the formula."""

from __future__ import annotations

import math

from qorgau.model.world import World
from tests.model.twins.transport import cheapest, hauled, within_fuel_networks

CAP = 5.0e5


def log_demand(x: float, e: float, k: float, s: float, xs: float) -> float:
    """Log of demand over demand at the reference price, at log price ``x`` over reference."""
    return -e * x - (k * x * x / 2 if x > 0 else 0.0) - (s * (x - xs) ** 2 / 2 if x > xs else 0.0)


def root(falling, low: float = -80.0, high: float = 80.0) -> float:
    """Zero of a falling function."""
    for _ in range(200):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2


def cleared(need: float, have: float, reference: float, norm: float, floor: float, e: float, k: float, eta: float,
            tau: float, s: float, xs: float) -> tuple[float, float]:
    """Price and sale where demand meets what traders sell, a/tau (P/Pn)^eta, at most all, at least at the floor."""
    if have <= 1e-9:
        x = root(lambda y: log_demand(y, e, k, s, xs) + 3.0)
        return min(CAP, reference * math.exp(x)), 0.0
    lag = math.log(norm / reference)
    x = root(lambda y: math.log(need) + log_demand(y, e, k, s, xs) - math.log(have / tau) - eta * (y - lag))
    sale = need * math.exp(log_demand(x, e, k, s, xs))
    if sale > have:
        x, sale = root(lambda y: math.log(need / have) + log_demand(y, e, k, s, xs)), have
    price = reference * math.exp(x)
    if price < floor:
        price = floor
        sale = min(have, need * math.exp(log_demand(math.log(floor / reference), e, k, s, xs)))
    return min(CAP, price), sale


def places_of(world: World) -> list[dict]:
    """What is fixed about each market."""
    far = world.state_names.index("EUU") if "EUU" in world.state_names else -1
    out = []
    for m, place in enumerate(world.market_place):
        ways = [k for k in range(len(world.route_km)) if world.route_market[k] == m]
        state = int(world.place_state[place])
        out.append({"place": int(place), "state": state, "far": state == far, "ways": ways,
                    "weight": float(world.market_weight[m]),
                    "xinjiang": bool(world.market_xinjiang[m])})
    return out


def passed_on(p: dict, on: dict) -> float:
    """Per cent by which the retail price rises with one per cent at wholesale."""
    return float(p["retail_pass_through"]) if on["RETAIL"] else 1.0


def elasticity(p: dict, market: dict, on: dict) -> float:
    """Elasticity to the wholesale price, at the reference price, of what this way meets in a market."""
    if market["far"] or market["xinjiang"]:
        return float(p["far_elasticity" if market["far"] else "xinjiang_elasticity"])
    return float(p["demand_elasticity"]) * passed_on(p, on)


def bends(p: dict, on: dict) -> tuple[float, float, float]:
    """Curvature, substitution and the log wholesale price from which it acts; users see the retail price."""
    s = passed_on(p, on)
    return p["demand_curvature"] * s ** 2, p["substitution"] * s ** 2, math.log(p["substitution_price"]) / s


def reachable(world: World, market: dict, p: dict, month: int) -> float:
    people = world.population[month][market["state"]] * world.place_share[market["place"]] * market["weight"]
    return float(people * (p["far_share"] if market["far"] else 1.0))


def advance(world: World, s: dict, q: dict, on: dict, key, month: int) -> dict:
    p = q["drug_market"]
    moving = on["MARKETS"]
    names = ("price", "price_norm", "stock", "users", "sold", "dealer_stock", "consumed", "price_retail")
    out = {name: [float(v) for v in s[name]] for name in names}
    year = float(s["purchases_year"]) * 11 / 12 + float(sum(s["purchased"]))
    grown = float(world.opium[month]) if on["AFGHAN_SUPPLY"] else 3000.0
    weight = 1 / (12 * p["source_stock_years"])
    offer = out["source_offer"] = (1 - weight) * float(s["source_offer"]) + weight * grown
    north = p["northern_share"]
    normal = 0.3 * north * 300_000
    buyers = 300_000 * (1 - north + north * year / normal)
    wanted = p["source_price"] * (buyers / (100 * offer)) ** p["source_elasticity"]
    wanted = min(max(wanted, p["source_price"] / 10), 10 * p["source_price"])
    source = float(s["source_price"])
    if moving:
        source = source ** 0.85 * wanted ** 0.15
    out["source_price"], out["purchases_year"] = source, year
    out["purchase_ration"] = min(1.0, 3 * 3000 * 100 * p["northern_share"] / max(1.0, year))
    eta, tau = (p["stock_elasticity"], p["holding_months"]) if on["STOCKPILING"] else (0.0, 1.0)
    for m, market in enumerate(places_of(world)):
        users, reference = float(s["users"][m]), float(s["price_reference"][m])
        need = p["use_per_person"] * max(1.0, users) / 12
        have = float(s["stock"][m] + s["arrivals"][m])
        norm = math.exp(s["price_norm"][m])
        price, sale = float(s["price"][m]), min(have, need)
        if moving:
            floor = (source + q["routes"]["transport_cost"] * cheapest(world, q, on, m)) / 2
            k, b, turn = bends(p, on)
            price, sale = cleared(need, have, reference, norm, floor, elasticity(p, market, on), k, eta, tau, b, turn)
            people = reachable(world, market, p, month)
            dearer = (price / reference) ** passed_on(p, on)
            limit = p["users_limit"] * people * (p["xinjiang_growth"] if market["xinjiang"] else 1.0)
            start = stop = 1.0
            if on["PRICE_USERS"]:
                start = min(5.0, (1 / dearer) ** p["start_elasticity"])
                stop = min(4.0, dearer ** p["stop_elasticity"])
            yearly = users * (p["start_rate"] * start * (1 - users / limit) - p["stop_rate"] * stop)
            out["users"][m] = max(1.0, users + yearly / 12 + 2e-7 * people)
        out["price"][m], out["sold"][m], out["stock"][m] = price, sale, max(0.0, have - sale)
        # a month's use is what lets dealers keep ``held`` months of it
        held = 12 * p["dealer_weeks"] / 52 if on["RETAIL"] else 0.0
        out["consumed"][m] = (float(s["dealer_stock"][m]) + sale) / (1 + held)
        out["dealer_stock"][m] = held * out["consumed"][m]
        markup = p["retail_markup"] if on["RETAIL"] else 1.0
        out["price_retail"][m] = markup * math.exp(math.log(reference) + passed_on(p, on) * math.log(price / reference))
        out["price_norm"][m] = (11 * float(s["price_norm"][m]) + math.log(price)) / 12
    return out


def start(world: World, honest: list[float], q: dict, on: dict) -> dict:
    """Users, prices and stocks of January 1989, given honest hazards with borders as today."""
    p, way, org = q["drug_market"], q["routes"], q["organisations"]
    markets = places_of(world)
    china = world.state_names.index("CHN") if "CHN" in world.state_names else -1
    ends = [[int(world.place_state[e[k]]) == china for e in (world.corridor_from, world.corridor_to)]
            for k in range(len(honest))]
    entering = [k for k, (a, b) in enumerate(ends) if b and not a]
    met = [honest[k] for k in entering] or list(honest)
    crossing = q["enforcement"]["crossing_watch"]
    usual = crossing + (sum(world.corridor_km[k] / 600 for k in entering) / len(entering) if entering else 0.0)

    def watched(link: int) -> float:
        a, b = ends[link]
        return ((0.0 if a else crossing) + world.corridor_km[link] / 600) / usual if b else 0.0

    supply = []
    for market in markets:
        offers = []
        for k in market["ways"]:
            if not world.route_official[k]:
                passed = [int(v) for v in world.route_links[world.route_ptr[k]:world.route_ptr[k + 1]]]
                risk = sum(honest[v] for v in passed)
                paid = sum(honest[v] * within_fuel_networks(world, q, on, v) for v in passed)
                haul = sum(hauled(world, q, on, v) for v in passed)
                cost = p["source_price"] + way["transport_cost"] * haul + way["risk_pay"] * paid
                cost += org["journey_fixed_cost"] / org["journey_load"]
                asked = 1.2 * cost * math.exp(risk) / (1 - org["rivalry"])
                offers.append((asked, sum(watched(v) for v in passed)))
        supply.append(offers)
    names = [world.state_names[m["state"]] for m in markets]
    cheapest = [min(asked for asked, _ in offers) for offers in supply]
    inner = [v for n, v in zip(names, cheapest) if n in ("KAZ", "KGZ", "TJK", "UZB")] or cheapest
    central = sum(inner) / len(inner)
    users = []
    for market in markets:
        limit = p["users_limit"] * reachable(world, market, p, 0)
        users.append(max(1.0, p["users_start"] * limit * (p["xinjiang_growth"] if market["xinjiang"] else 1.0)))
    reference = [min(v + n * way["china_barrier"] * central for v, n in offers) for offers in supply]
    held = p["dealer_weeks"] / 52 if on["RETAIL"] else 0.0
    return {
        "dealer_stock": [held * p["use_per_person"] * u for u in users],
        "price_retail": [(p["retail_markup"] if on["RETAIL"] else 1.0) * v for v in reference],
        "users": users, "users_start": sum(users), "price_reference": reference, "price": reference,
        "price_norm": [math.log(v) for v in reference],
        "stock": [p["holding_months"] * p["use_per_person"] * u / 12 for u in users],
        "china_reach": [central, max(1e-4, sum(met) / len(met))], "china_exposure": usual,
    }
