"""The stand-in model: what is fixed, what is drawn, what it starts from. Shared by its four versions.

The stand-in lives on the network of a case (places, corridors, routes, markets, destinations, posts, gangs) with as
many organisations as the case allows. Eight processes in the order of the real model, thinner: officials, detection,
routes, organisations, life, opiate market, trade in people, people. It is no model of anything: it has the loops, the
choices and the random counts of the real one in a size that can be written four times.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qorgau.model.streams import run_keys
from qorgau.model.world import World

MONTH = 240
"""Month of the case's series that populations are taken from: January 2009."""
PERSONS = 8.0
SIZE_CAP = 150.0
PRICE_LOW, PRICE_HIGH = 50.0, 5.0e5

RANGES: dict[str, tuple[float, float]] = {
    "hazard_mean": (0.01, 0.06), "noise_spread": (0.2, 0.6), "bribe_level": (0.3, 0.9),
    "rent_value": (0.5, 2.0), "fear": (0.5, 1.5), "temperature": (0.3, 0.8), "conduct_speed": (0.05, 0.15),
    "transport": (0.3, 1.2), "source_price": (800.0, 2500.0), "choice_scale": (0.1, 0.3), "route_speed": (0.3, 0.9),
    "learning": (0.1, 0.4), "load": (4.0, 10.0), "journey_fixed": (300.0, 900.0), "journey_cost": (0.02, 0.1),
    "success": (0.1, 0.4), "market_speed": (0.05, 0.15), "trade_speed": (0.02, 0.08), "trade_width": (0.3, 1.0),
    "growth": (0.02, 0.06), "size_alone": (15.0, 40.0), "attrition": (0.003, 0.008), "arrest": (0.002, 0.008),
    "entry_rate": (1.0, 3.0), "entry_size": (2.0, 6.0),
    "elasticity": (0.4, 0.9), "stock_elasticity": (0.5, 1.5), "holding_months": (2.0, 4.0),
    "use_per_person": (0.02, 0.06), "start_rate": (0.08, 0.2), "stop_rate": (0.05, 0.12),
    "users_limit": (0.003, 0.008),
    "open_share": (2e-5, 8e-5), "transit_risk": (0.02, 0.1), "people_price": (200.0, 900.0),
    "price_speed": (0.02, 0.08),
    "demand_share": (2e-4, 8e-4), "search": (0.004, 0.012), "escape": (0.01, 0.03), "spell_months": (12.0, 30.0),
    "again": (0.05, 0.25), "care_months": (4.0, 9.0),
}
"""Range of each number of the stand-in; wide enough that every branch is met."""

PARAMETERS = np.dtype([(name, np.float64) for name in RANGES])


@dataclass(frozen=True)
class Network:
    """What every run shares; whole-number arrays are int64, all else float64."""

    slots: int
    states: int
    corridor_from: np.ndarray
    corridor_to: np.ndarray
    corridor_km: np.ndarray
    corridor_watch: np.ndarray      # monitoring over its mean
    corridor_posts: np.ndarray      # (corridors, 2)
    market_ptr: np.ndarray
    market_people: np.ndarray
    route_ptr: np.ndarray
    route_links: np.ndarray
    route_km: np.ndarray
    route_size: np.ndarray          # log of the path-size factor
    way_ptr: np.ndarray             # routes of people
    way_links: np.ndarray
    way_km: np.ndarray
    way_people: np.ndarray          # persons at the origin, divided by the ways from there
    way_destination: np.ndarray
    home_ptr: np.ndarray            # ways by state of origin
    home_ways: np.ndarray
    place_state: np.ndarray
    place_post: np.ndarray
    post_officials: np.ndarray
    destination_state: np.ndarray
    destination_post: np.ndarray
    destination_people: np.ndarray
    gang_home: np.ndarray           # (gangs, places) cumulated weights
    gang_start: np.ndarray


def network_of(world: World, slots: int | None = None) -> Network:
    """The network of a case or of a test world."""
    people = world.population[MONTH % world.months]
    heads = people[world.place_state] * world.place_share
    origin = world.people_origin.astype(np.int64)
    state = world.place_state[origin]
    order = np.argsort(state, kind="stable").astype(np.int64)
    watch = np.maximum(world.corridor_monitoring, 0.05)
    ends = np.stack([world.place_post[world.corridor_from], world.place_post[world.corridor_to]], axis=1)
    goal = world.destination_place

    def whole(values: np.ndarray) -> np.ndarray:
        return np.ascontiguousarray(values, dtype=np.int64)

    return Network(
        slots=slots or world.sizes["organisation"],
        states=world.sizes["state"],
        corridor_from=whole(world.corridor_from),
        corridor_to=whole(world.corridor_to),
        corridor_km=world.corridor_km.astype(np.float64),
        corridor_watch=watch / watch.mean(),
        corridor_posts=whole(ends),
        market_ptr=whole(world.market_ptr),
        market_people=heads[world.market_place] * world.market_weight,
        route_ptr=whole(world.route_ptr),
        route_links=whole(world.route_links),
        route_km=world.route_km.astype(np.float64),
        route_size=np.log(world.route_path_size),
        way_ptr=whole(world.people_ptr),
        way_links=whole(world.people_links),
        way_km=world.people_km.astype(np.float64),
        way_people=heads[origin] / np.bincount(origin, minlength=len(heads))[origin],
        way_destination=whole(world.people_destination),
        home_ptr=whole(np.searchsorted(state[order], np.arange(world.sizes["state"] + 1))),
        home_ways=order,
        place_state=whole(world.place_state),
        place_post=whole(world.place_post),
        post_officials=world.post_officials.astype(np.float64),
        destination_state=whole(world.place_state[goal]),
        destination_post=whole(world.place_post[goal]),
        destination_people=heads[goal],
        gang_home=np.cumsum(world.network_home, axis=1),
        gang_start=whole(world.network_start),
    )


def draws(runs: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Parameters, structured, and keys of some runs."""
    rng = np.random.default_rng(seed)
    parameters = np.zeros(runs, dtype=PARAMETERS)
    for name, (low, high) in RANGES.items():
        parameters[name] = rng.uniform(low, high, runs)
    return parameters, run_keys(seed, np.arange(runs))


def begin(net: Network, parameters: np.ndarray) -> dict[str, np.ndarray]:
    """The state of all runs before the first month: arrays by name, the run first."""
    runs, o = len(parameters), net.slots
    links, routes, ways = len(net.corridor_km), len(net.route_km), len(net.way_km)
    markets, goals, posts = len(net.market_people), len(net.destination_people), len(net.post_officials)
    real = {
        "noise": (links,), "hazard": (links,), "bribe": (links,), "carried": (links,), "seized": (links,),
        "corrupt": (posts,), "income": (posts,),
        "capacity": (o,), "capital": (o,), "returns": (o,), "loss": (o,), "trade": (o, 3), "belief": (o, links),
        "market_share": (o, markets), "route_share": (o, routes), "people_share": (o, ways, 2),
        "plan_value": (o, markets), "plan_kept": (o, markets), "plan_cost": (o, markets), "people_value": (o, 2),
        "price": (markets,), "norm": (markets,), "stock": (markets,), "users": (markets,), "arrivals": (markets,),
        "attempts": (ways, 2), "people_price": (goals, 2),
    }
    counts = {
        "active": (o,), "home": (o,), "age": (o,), "recruits": (ways, 2), "intercepted": (net.states,),
        "arrived": (goals, 2), "exploited": (goals, 2), "identified": (net.states,), "out": (net.states,),
        "in_care": (net.states,), "again": (net.states,),
    }
    state = {name: np.zeros((runs, *shape)) for name, shape in real.items()}
    state.update({name: np.zeros((runs, *shape), dtype=np.int64) for name, shape in counts.items()})
    q = parameters
    state["corrupt"][:] = 0.2
    state["users"][:] = 0.3 * q["users_limit"][:, None] * net.market_people
    state["price"][:] = 3.0 * q["source_price"][:, None]
    state["norm"][:] = state["price"]
    state["stock"][:] = (q["holding_months"] * q["use_per_person"] / 12.0)[:, None] * state["users"]
    state["people_price"][:] = q["people_price"][:, None, None]
    state["exploited"][:] = np.floor(0.5 * q["demand_share"][:, None] * net.destination_people)[:, :, None] / 2.0
    starting = np.repeat(np.arange(len(net.gang_start)), net.gang_start)[: o // 2]
    for slot, gang in enumerate(starting):
        home = int(np.searchsorted(net.gang_home[gang], (slot % 7 + 0.5) / 7.0, side="right"))
        state["active"][:, slot] = 1
        state["home"][:, slot] = min(home, len(net.place_state) - 1)
        state["capacity"][:, slot] = 2.0 * q["entry_size"]
        state["capital"][:, slot] = 2.0 * q["entry_size"] * (9.0 * q["journey_fixed"] + 2.5 * q["source_price"])
        state["returns"][:, slot] = 0.2
        state["loss"][:, slot] = 0.1
        state["trade"][:, slot] = (0.6, 0.25, 0.15)
        state["belief"][:, slot] = q["hazard_mean"][:, None]
        state["market_share"][:, slot] = state["users"] / state["users"].sum(axis=1, keepdims=True)
    return state


COMPARED = (
    "active", "home", "age", "capacity", "capital", "returns", "loss", "trade", "market_share", "people_value",
    "noise", "hazard", "bribe", "carried", "seized", "corrupt", "income", "price", "norm", "stock", "users",
    "arrivals", "attempts", "people_price", "recruits", "intercepted", "arrived", "exploited", "identified", "out",
    "in_care", "again",
)
"""What the four versions must agree in, run by run and entity by entity."""


def apart(a: dict[str, np.ndarray], b: dict[str, np.ndarray]) -> float:
    """Largest difference in any compared array over its largest value; empty slots of organisations hold nothing."""
    worst = 0.0
    for name in COMPARED:
        first, second = (np.asarray(x[name], dtype=np.float64) for x in (a, b))
        largest = float(np.abs(second).max(initial=0.0)) or 1.0
        worst = max(worst, float(np.abs(first - second).max(initial=0.0)) / largest)
    return worst
