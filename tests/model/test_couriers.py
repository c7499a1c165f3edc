"""Opiates that people are made to carry: beside the group's loads, with the people, and no kilogram lost."""

from __future__ import annotations

import numpy as np

from qorgau.model.couriers import market_of_place
from qorgau.model.mechanisms import Mechanism
from tests.model.test_organisations import busy, flow
from tests.model.traffic_scene import after, carry, having, knocked
from tests.model.worlds import small_world


def test_a_place_has_its_market_or_none() -> None:
    world = small_world(4)
    at = market_of_place(world)
    np.testing.assert_array_equal(at[world.market_place], np.arange(len(world.market_place)))
    assert (np.delete(at, world.market_place) == -1).all()


def test_couriers_carry_beside_the_loads() -> None:
    x = busy(4, human_trade__courier_share=0.2, human_trade__courier_kg=0.5)
    x.state.effectiveness[:] = np.random.default_rng(2).uniform(0.1, 0.9, x.state.effectiveness.shape)
    with_couriers, without = (after(v, carry).state for v in knocked(x, Mechanism.FORCED_COURIERS))
    assert (with_couriers.purchased >= without.purchased).all()
    world, s = x.world, with_couriers
    goal = world.place_state[world.destination_place[world.people_destination]]
    abroad = goal != world.place_state[world.people_origin]
    abroad &= np.isin(world.destination_place[world.people_destination], world.market_place)
    ready = x.state.effectiveness[:, world.people_origin, world.people_destination]
    carried = 1.0 - x.state.pool_there[:, world.people_origin, world.people_destination, None]
    people = (s.attempts_route * ready * carried * abroad[None, :, None]).sum((1, 2))
    added = (with_couriers.purchased - without.purchased).sum(1)
    np.testing.assert_allclose(added, people * 0.2 * 0.5, rtol=1e-9)
    np.testing.assert_allclose(added, s.couriers_kg, rtol=1e-9)
    assert (added > 0).any() and (without.couriers_kg == 0).all()
    np.testing.assert_array_equal(s.route_kg, without.route_kg), "none of it goes by the routes of opiates"
    x.state.trade[:] = [0.04, 0.5, 0.46]
    a, b = (after(v, carry).state.purchased for v in knocked(x, Mechanism.FORCED_COURIERS))
    np.testing.assert_array_equal(a, b), "groups that hardly touch opiates make no one carry them"


def test_what_people_carry_meets_the_hazard_of_people_and_is_sold_where_they_are_exploited() -> None:
    x = busy(4, human_trade__courier_share=0.4, human_trade__courier_kg=1.0)
    x.state.effectiveness[:] = 0.5
    world = x.world
    goals = np.flatnonzero(np.isin(world.market_place, world.destination_place))
    others = np.setdiff1d(np.arange(len(world.market_place)), goals)
    carried, none = (after(v, carry).state for v in knocked(x, Mechanism.FORCED_COURIERS))
    more = carried.arrivals - none.arrivals
    np.testing.assert_array_equal(more[:, others], 0.0)
    assert (more[:, goals].sum(1) > 0).any()
    seized = (carried.seized_kg - none.seized_kg).sum(1)
    np.testing.assert_allclose(carried.couriers_kg, more.sum(1) + seized, rtol=1e-8)
    unseen = having(x.copy(), human_trade__transit_risk=0.0)
    free = after(unseen, carry).state
    bare = after(knocked(unseen, Mechanism.FORCED_COURIERS)[1], carry).state
    np.testing.assert_allclose(free.couriers_kg, (free.arrivals - bare.arrivals).sum(1), rtol=1e-8)


def test_who_is_there_already_is_approached_without_journey_bribe_or_load() -> None:
    x = busy(4, human_trade__courier_share=0.2, human_trade__courier_kg=0.5)
    x.state.effectiveness[:] = 0.5
    x.state.bribe_rate[:] = 0.01
    x.state.pool_there[:] = 0.0
    carried = after(x, carry).state
    x.state.pool_there[:] = 1.0
    y, without = (after(v, carry).state for v in knocked(x, Mechanism.FORCED_COURIERS))
    np.testing.assert_array_equal(y.attempts_route, carried.attempts_route)
    np.testing.assert_array_equal(y.purchased, without.purchased)
    assert (carried.purchased.sum(1) > y.purchased.sum(1)).any()
    x.state.trade[:] = [0.0, 0.6, 0.4]
    y = after(x, carry)
    assert (y.state.attempts_route.sum((1, 2)) > 0).all()
    assert not y.state.journeys.any() and not y.state.bribes_post.any() and not flow(y, "bribes").any()
