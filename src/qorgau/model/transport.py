"""Transport: what a kg costs to carry over a corridor, by mode and road, and how many journeys it takes there.

Costs are told in km of fair road, which `transport_cost` (USD/kg/km) prices, so that with nothing told apart they are
the lengths themselves:

    by road      km poor^-1/2 on a good road, km on a fair one, km poor^1/2 on a poor one
    by rail      km rail_cost
    by air       km

with poor = `poor_road_cost`, what a poor road costs over a good one: a fair one lies between in logs, so that without
`road_quality` every road is a fair one and the mean stays about where it was. Inside networks that smuggle fuel a
journey carries `fuel_load` times the usual load. Carriers are paid by the journey, so there a kg costs so much less in
carriage and in pay for risk, and so many fewer journeys are made; the hazard of a journey stays what it is. Worked out
every month, since paired runs change switches and maps on the way: one pass over corridors and routes, no plan.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.compiled import compiled
from qorgau.model.derived import of_map
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameters
from qorgau.model.route_tree import Stems, stems_of
from qorgau.model.state import State
from qorgau.model.world import MODES, ROADS, World

__all__ = ["advance", "stems", "weigh"]

_ROAD_QUALITY = int(Mechanism.ROAD_QUALITY)
_FUEL = int(Mechanism.FUEL_COVER)
_BY_ROAD = MODES.index("road")
_BY_RAIL = MODES.index("rail")
_GOOD = ROADS.index("good")
_POOR = ROADS.index("poor")


@compiled
def _weigh(par, on, c_km, c_mode, c_road, c_fuel, market_ptr, tree_parent, tree_link, stem, last, route_km,
           corridor_cost, corridor_trips, market_haul):
    runs, links = corridor_cost.shape
    added = np.zeros(tree_parent.shape[0])
    more = np.zeros(links + 1)
    haul = np.empty(route_km.shape[0])
    for r in range(runs):
        q = par[r]
        half = math.sqrt(q.poor_road_cost) if on[r, _ROAD_QUALITY] > 0.5 else 1.0
        within = 1.0 / q.fuel_load if on[r, _FUEL] > 0.5 else 1.0
        for l in range(links):
            dearer = 1.0
            if c_mode[l] == _BY_RAIL:
                dearer = q.rail_cost
            elif c_mode[l] == _BY_ROAD and c_road[l] == _GOOD:
                dearer = 1.0 / half
            elif c_mode[l] == _BY_ROAD and c_road[l] == _POOR:
                dearer = half
            corridor_trips[r, l] = within if c_fuel[l] == 1 else 1.0
            corridor_cost[r, l] = c_km[l] * dearer * corridor_trips[r, l]
        # added to lengths, so that they stay what they are, to the last bit, where nothing is told apart
        for l in range(links):
            more[l] = corridor_cost[r, l] - c_km[l]
        for i in range(1, added.shape[0]):
            added[i] = added[tree_parent[i]] + more[tree_link[i]]
        for k in range(haul.shape[0]):
            haul[k] = route_km[k] + (added[stem[k]] + more[last[k]])
        for m in range(market_haul.shape[1]):
            least = np.inf
            for k in range(market_ptr[m], market_ptr[m + 1]):
                least = min(least, haul[k])
            market_haul[r, m] = least


@compiled
def _gain_experience(par, market_par, full_load, raw, source_price, purchased, first, experience, carrying_cost, load):
    for r in range(experience.shape[0]):
        q = par[r]
        for o in range(purchased.shape[1]):
            experience[r] += purchased[r, o]
        bulk = 1.0 + (q.opium_bulk - 1.0) * raw
        load[r] = full_load[r] / bulk
        worth = (source_price[r] / market_par[r].source_price) ** q.pass_through
        carrying_cost[r] = bulk * worth * (experience[r] / first[r]) ** (-q.experience_rate)


@of_map
def stems(world: World) -> Stems:
    """Common beginnings of the routes of opiates, and their last corridors."""
    return stems_of(world.route_ptr, world.route_links, world.sizes["corridor"])


def weigh(world: World, state: State, parameters: Parameters, on: np.ndarray) -> None:
    """Cost of every corridor and of the cheapest way to every market, with the switches and the map as they are now."""
    tree = stems(world)
    _weigh(parameters["routes"], on, world.corridor_km, world.corridor_mode, world.corridor_road, world.corridor_fuel,
           world.market_ptr, tree.parent, tree.link, tree.stem, tree.last, world.route_km,
           state.corridor_cost, state.corridor_trips, state.market_haul)


def advance(world: World, state: State, parameters: Parameters, on: np.ndarray, month: int) -> None:
    """Weigh corridors; pay and load of carriers after last month's purchases, with the bulk of what is carried now."""
    weigh(world, state, parameters, on)
    _gain_experience(parameters["routes"], parameters["drug_market"], parameters["organisations"]["journey_load"],
                     float(world.event["raw_opium"][month]), state.source_price, state.purchased,
                     state.experience_start, state.experience, state.carrying_cost, state.load)
