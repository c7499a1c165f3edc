"""Transport: what modes, roads and fuel networks cost, and how that shares traffic out.

The logit of two ways that differ in cost by D has log odds D/s (McFadden 1974). Costs by mode and road are ratios, so
their logs are differences that no length changes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qorgau.model import organisations, routes, transport
from qorgau.model.mechanisms import Mechanism
from qorgau.model.run import advance_month, begin
from qorgau.model.world import INSTRUMENTS, MODES, ROADS
from tests.model.people_scene import Scene
from tests.verification.scenes import scene, set_to, switch, values

NEUTRAL = {"rail_cost": 1.0, "poor_road_cost": 1.0, "fuel_load": 1.0}
A, B = (MODES.index(m) for m in ("road", "rail"))


def _begun(x: Scene) -> Scene:
    x.state = begin(x.world, x.parameters, x.on, x.keys)
    return x


def _lived(x: Scene, months: int = 30) -> Scene:
    """The whole model for some months."""
    geometry = routes.geometry_of(x.world)
    for month in range(months):
        advance_month(x.world, x.state, x.parameters, x.on, x.keys, month, np.zeros((len(x.keys), len(INSTRUMENTS))),
                      geometry)
    return x


def _without_kinds(x: Scene) -> Scene:
    """The same map where every corridor is a fair road, and nobody smuggles fuel: lengths alone cost."""
    nothing = np.zeros_like(x.world.corridor_fuel)
    fair = np.full_like(x.world.corridor_road, ROADS.index("fair"))
    x.world = replace(x.world, corridor_fuel=nothing, corridor_road=fair)
    return x


def test_neutral_values_leave_lengths_as_they_are_to_the_last_bit() -> None:
    x = _begun(set_to(scene(3), "routes", **NEUTRAL))
    np.testing.assert_array_equal(x.state.corridor_cost, np.tile(x.world.corridor_km, (2, 1)))
    np.testing.assert_array_equal(x.state.corridor_trips, 1.0)
    nearest = [x.world.route_km[a:b].min() for a, b in zip(x.world.market_ptr, x.world.market_ptr[1:])]
    np.testing.assert_array_equal(x.state.market_haul, np.tile(nearest, (2, 1)))


def test_neutral_values_are_a_model_that_tells_nothing_apart_to_the_last_bit() -> None:
    """Also with the hazard of fuel networks kept: their load is told apart from their cover."""
    x = _lived(_begun(set_to(set_to(scene(3), "routes", **NEUTRAL), "enforcement", fuel_cover=0.0)))
    other = set_to(scene(3), "routes", rail_cost=1.0, poor_road_cost=2.5, fuel_load=4.0)
    y = _lived(_begun(_without_kinds(set_to(other, "enforcement", fuel_cover=0.0))))
    for name, array in x.state.arrays().items():
        np.testing.assert_array_equal(array, getattr(y.state, name), err_msg=name)


def test_switches_off_are_neutral_values_to_the_last_bit() -> None:
    x = scene(3)
    rail = x.parameters["routes"]["rail_cost"].copy()
    off = _lived(_begun(switch(x, 0.0, Mechanism.ROAD_QUALITY, Mechanism.FUEL_COVER)))
    none = set_to(scene(3), "routes", **{**NEUTRAL, "rail_cost": rail})
    y = _lived(_begun(set_to(none, "enforcement", fuel_cover=0.0)))
    for name, array in off.state.arrays().items():
        np.testing.assert_array_equal(array, getattr(y.state, name), err_msg=name)


def test_a_paired_run_without_road_quality_weighs_roads_anew_from_its_first_month() -> None:
    x = _lived(_begun(set_to(scene(3), "routes", poor_road_cost=2.0)), 2)
    before = x.state.corridor_cost.copy()
    switch(x, 0.0, Mechanism.ROAD_QUALITY)
    geometry = routes.geometry_of(x.world)
    routes.advance(x.world, x.state, x.parameters, x.on, x.keys, 2, geometry)
    by_road = x.world.corridor_mode == A
    told = by_road & (x.world.corridor_road != ROADS.index("fair"))
    assert (before[:, told] != x.state.corridor_cost[:, told]).all()
    plain = by_road & (x.world.corridor_fuel == 0)
    np.testing.assert_array_equal(x.state.corridor_cost[:, plain], np.tile(x.world.corridor_km[plain], (2, 1)))


@pytest.mark.parametrize("poor, rail", [(1.2, 0.3), (2.5, 1.2)])
def test_ratios_of_cost_are_those_of_the_parameters_whatever_the_length(poor: float, rail: float) -> None:
    x = set_to(scene(3), "routes", poor_road_cost=poor, rail_cost=rail, fuel_load=1.0)
    transport.weigh(x.world, x.state, x.parameters, x.on)
    per_km = x.state.corridor_cost / x.world.corridor_km
    by = {name: per_km[:, (x.world.corridor_mode == A) & (x.world.corridor_road == n)] for n, name in enumerate(ROADS)}
    assert all(v.size for v in by.values())
    np.testing.assert_allclose(by["fair"], 1.0, rtol=1e-12)
    np.testing.assert_allclose(by["poor"] / by["good"][0, 0], poor, rtol=1e-12)
    np.testing.assert_allclose(by["poor"] * by["good"][0, 0], 1.0, rtol=1e-12)  # fair lies between in logs
    np.testing.assert_allclose(per_km[:, x.world.corridor_mode == B], rail, rtol=1e-12)
    np.testing.assert_array_equal(per_km[:, x.world.corridor_mode > B], 1.0)


def _parallel(mode: tuple[int, int], road: tuple[int, int], fuel: tuple[int, int], **parameters: float) -> Scene:
    """Two corridors of the same length side by side from the source to one market; one route each, no risk."""
    x = scene(0)
    base = x.world
    place = int(base.market_place[0])
    first = np.flatnonzero(base.corridor_mode == A)[[0, 2]]
    km, modes, roads, fuels = (getattr(base, f"corridor_{n}").copy() for n in ("km", "mode", "road", "fuel"))
    start, end = base.corridor_from.copy(), base.corridor_to.copy()
    km[first], modes[first], roads[first], fuels[first] = 600.0, mode, road, fuel
    start[first], end[first] = 0, place
    x.world = replace(
        base, sizes={**base.sizes, "drug_route": 2, "market": 1}, corridor_km=km, corridor_mode=modes,
        corridor_road=roads, corridor_fuel=fuels, corridor_from=start, corridor_to=end,
        market_place=base.market_place[:1], market_names=base.market_names[:1], market_weight=base.market_weight[:1],
        market_xinjiang=np.zeros(1, dtype=np.int64), route_market=np.zeros(2, dtype=np.int64),
        route_source=np.zeros(2, dtype=np.int64), route_ptr=np.array([0, 1, 2]), route_links=first,
        route_km=np.full(2, 600.0), route_path_size=np.ones(2), route_official=np.zeros(2, dtype=np.int64),
        market_ptr=np.array([0, 2]),
    )
    set_to(x, "routes", choice_scale=0.4, way_scale=1e12, **{**NEUTRAL, **parameters})
    _begun(x)
    x.state.belief[:] = 0.0
    x.state.bribe_rate[:] = 0.0
    x.state.price_expected[:] = 5000.0
    routes.advance(x.world, x.state, x.parameters, x.on, x.keys, x.month, routes.geometry_of(x.world), True)
    return x


def _log_odds(x: Scene) -> np.ndarray:
    share = x.state.route_share[x.state.active == 1]
    return np.log(share[:, 1] / share[:, 0])


FAIR = ROADS.index("fair")


@pytest.mark.parametrize("ratio", [0.5, 0.3, 1.2])
def test_a_cheaper_railway_draws_traffic_off_the_road_beside_it_as_the_logit_says(ratio: float) -> None:
    x = _parallel((A, B), (FAIR, FAIR), (0, 0), rail_cost=ratio)
    q = values(x, "routes")
    saved = float(x.state.carrying_cost[0]) * q["transport_cost"] * 600.0 * (1.0 - ratio)
    np.testing.assert_allclose(_log_odds(x), saved / (0.4 * 5000.0), rtol=1e-9)
    assert (np.sign(_log_odds(x)) == np.sign(1.0 - ratio)).all()


def test_a_good_road_draws_traffic_off_a_poor_one_and_without_road_quality_none() -> None:
    kinds = ((A, A), (ROADS.index("poor"), ROADS.index("good")), (0, 0))
    x = _parallel(*kinds, poor_road_cost=2.0)
    q = values(x, "routes")
    saved = float(x.state.carrying_cost[0]) * q["transport_cost"] * 600.0 * (np.sqrt(2.0) - np.sqrt(0.5))
    np.testing.assert_allclose(_log_odds(x), saved / (0.4 * 5000.0), rtol=1e-9)
    switch(x, 0.0, Mechanism.ROAD_QUALITY)
    routes.advance(x.world, x.state, x.parameters, x.on, x.keys, x.month, routes.geometry_of(x.world), True)
    np.testing.assert_allclose(_log_odds(x), 0.0, atol=1e-12)


@pytest.mark.parametrize("load", [1.0, 2.0, 4.0])
def test_inside_fuel_networks_carriage_and_pay_for_risk_are_shared_by_the_load(load: float) -> None:
    x = _parallel((A, A), (FAIR, FAIR), (0, 1), fuel_load=load)
    risk = 0.01
    x.state.belief[:] = risk
    routes.advance(x.world, x.state, x.parameters, x.on, x.keys, x.month, routes.geometry_of(x.world), True)
    q = values(x, "routes")
    asked = float(x.state.carrying_cost[0]) * (q["transport_cost"] * 600.0 + q["risk_pay"] * risk)
    np.testing.assert_allclose(_log_odds(x), asked * (1.0 - 1.0 / load) / (0.4 * 5000.0), rtol=1e-9, atol=1e-12)


def test_larger_loads_make_fewer_journeys_of_the_same_kilograms() -> None:
    """With nobody carried, journeys times load are the kg that enter a corridor."""
    x = set_to(scene(0), "routes", fuel_load=3.0)
    x.world = replace(x.world, corridor_fuel=(np.arange(x.world.sizes["corridor"]) // 2 + 1) % 2)
    _lived(_begun(x), 24)
    x.state.carried_kg[:] = 0.0
    x.state.people_share[:] = 0.0  # no person is approached
    organisations.advance(x.world, x.state, x.parameters, x.on, x.keys, 24, routes.geometry_of(x.world))
    on_fuel = x.world.corridor_fuel == 1
    assert (x.state.carried_kg[:, on_fuel] > 0.0).any() and (x.state.carried_kg[:, ~on_fuel] > 0.0).any()
    load = np.where(on_fuel, 3.0, 1.0) * x.state.load[:, None]
    np.testing.assert_allclose(x.state.journeys * load, x.state.carried_kg, rtol=1e-9)


def test_the_floor_under_prices_is_half_of_the_source_and_of_the_cheapest_carriage() -> None:
    x = _parallel((A, B), (FAIR, FAIR), (0, 0), rail_cost=0.5)
    np.testing.assert_allclose(x.state.market_haul, 300.0, rtol=1e-12)


def test_the_map_of_the_tests_has_every_kind() -> None:
    world = scene(3).world
    assert {A, B} <= set(world.corridor_mode) and set(world.corridor_road) == {0, 1, 2} and world.corridor_fuel.any()
