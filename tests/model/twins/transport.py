"""Plain-Python oracle of transport: one corridor, one route at a time."""

from __future__ import annotations

from qorgau.model.world import MODES, ROADS, World


def within_fuel_networks(world: World, q: dict, on: dict, link: int) -> float:
    """Journeys that a usual load takes on a corridor."""
    return 1 / q["routes"]["fuel_load"] if on["FUEL_COVER"] and world.corridor_fuel[link] else 1.0


def hauled(world: World, q: dict, on: dict, link: int) -> float:
    """What a kg costs over a corridor, in km of fair road."""
    mode = MODES[world.corridor_mode[link]]
    factor = {"rail": q["routes"]["rail_cost"]}.get(mode, 1.0)
    if mode == "road" and on["ROAD_QUALITY"]:
        step = {"good": -0.5, "fair": 0.0, "poor": 0.5}[ROADS[world.corridor_road[link]]]
        factor = q["routes"]["poor_road_cost"] ** step
    return float(world.corridor_km[link] * factor * within_fuel_networks(world, q, on, link))


def cheapest(world: World, q: dict, on: dict, m: int) -> float:
    """Cost of the cheapest way to a market, in km of fair road."""
    ways = [world.route_links[a:b] for a, b in zip(world.route_ptr, world.route_ptr[1:])]
    here = ways[world.market_ptr[m]:world.market_ptr[m + 1]]
    return min(sum(hauled(world, q, on, int(v)) for v in way) for way in here)


def weigh(world: World, q: dict, on: dict) -> dict:
    links = range(len(world.corridor_km))
    return {
        "corridor_cost": [hauled(world, q, on, v) for v in links],
        "corridor_trips": [within_fuel_networks(world, q, on, v) for v in links],
        "market_haul": [cheapest(world, q, on, m) for m in range(world.sizes["market"])],
    }
