"""Choice of trade and of market: limits of the logits, rest points, and the ledger of money and kg.

Sources: logit shares (McFadden 1974) reached by partial adjustment; economies of scope as a saving that is largest for
an even mix (Panzar and Willig 1981); mean-variance choice (Markowitz 1952); accounting identities.
"""

from __future__ import annotations

import numpy as np

from qorgau.model import organisations, routes
from qorgau.model.mechanisms import Mechanism
from qorgau.model.organisations_choice import anticipate, concentration
from tests.model.people_scene import Scene
from tests.verification.scenes import scene, set_to, switch, values


def _carry(x: Scene, months: int = 1) -> Scene:
    geometry = routes.geometry_of(x.world)
    for _ in range(months):
        organisations.advance(x.world, x.state, x.parameters, x.on, x.keys, x.month, geometry)
    return x


def test_a_wide_scale_divides_capacity_evenly_and_leaves_half_of_it_idle() -> None:
    x = set_to(scene(), "organisations", trade_scale=1e9, trade_speed=0.3, growth=0.0)
    alive = x.state.active == 1
    _carry(x, 150)
    np.testing.assert_allclose(x.state.trade[alive], 1.0 / 3.0, atol=1e-6)
    # groups of Soviet times have other contraband as a second choice: half of what they have is there
    old = x.world.network_soviet[x.state.network] == 1
    np.testing.assert_allclose(x.state.outside[alive], 0.5 * old[alive], atol=1e-6)
    np.testing.assert_allclose(x.state.in_use[alive], 0.5 * (1.0 - 0.5 * old[alive]), atol=1e-6)
    assert old[alive].any() and not old[alive].all()


def test_trade_shares_close_on_their_target_at_their_speed() -> None:
    x = set_to(scene(), "organisations", trade_scale=1e9, trade_speed=0.1)
    alive = x.state.active == 1
    start = x.state.trade.copy()
    _carry(x, 10)
    np.testing.assert_allclose((x.state.trade - 1 / 3)[alive], (start - 1 / 3)[alive] * 0.9**10, rtol=1e-4, atol=1e-6)


def test_a_narrow_scale_takes_the_best_trade_but_for_the_few_who_try_others() -> None:
    x = set_to(scene(), "organisations", trade_scale=1e-6, trade_speed=0.5, scope=0.0, danger_weight=0.0)
    x.state.people_value[:] = -1e6
    x.state.plan_slope[:], x.state.plan_cost[:] = 1.0, 0.0
    x.state.source_price[:] = 1.0
    alive = x.state.active == 1
    _carry(x, 40)
    np.testing.assert_allclose(x.state.trade[alive][:, 0], 0.96 + 0.04 / 3.0, atol=1e-6)


def test_concentration_is_the_slope_of_half_the_variance_and_alike_at_the_mix_of_least_variance() -> None:
    aversion, size = 1.7, 4000.0
    value, lost = np.array([9000.0, 5000.0, 3000.0]), np.array([0.2, 0.1, 0.1])

    def penalty(x: np.ndarray) -> float:
        opiates, people = x[0] * value[0], x[1] * value[1] + x[2] * value[2]
        return aversion / (2.0 * size) * (0.16 * opiates**2 + 0.09 * people**2)

    x = np.array([0.5, 0.3, 0.2])
    at_stake = [x[0] * value[0], x[1] * value[1] + x[2] * value[2]]
    for k, stake in enumerate((at_stake[0], at_stake[1], at_stake[1])):
        h = 1e-4 * np.eye(3)[k]
        slope = (penalty(x + h) - penalty(x - h)) / 2e-4
        assert abs(concentration(aversion / size, stake, value[k], lost[k]) - slope) < 1e-6 * abs(slope)
    # two trades apart: least variance at weights over 1/(R^2 l (1 - l))
    weight = 1.0 / np.array([0.16 * value[0] ** 2, 0.09 * value[1] ** 2])
    weight /= weight.sum()
    a, b = (concentration(aversion, w * v, v, l) for w, v, l in zip(weight, value, lost))
    np.testing.assert_allclose(a, b, rtol=1e-12)
    for none in ((0.0, 1.0, 1.0, 0.5), (1.0, -1.0, 1.0, 0.5), (1.0, 1.0, -1.0, 0.5), (1.0, 1.0, 1.0, 1.0)):
        assert concentration(*none) == 0.0


def test_market_shares_are_a_logit_weighted_by_users() -> None:
    x = switch(scene(), 0.0, Mechanism.MARKETS)  # expected prices stand still
    set_to(x, "organisations", market_speed=0.2, rivalry=0.0)  # rivals take none of what is sold
    alive = np.argwhere(x.state.active == 1)
    rng = np.random.default_rng(0)
    x.state.plan_value[:] = rng.normal(0.0, 1.0, x.state.plan_value.shape)
    x.state.plan_price[:] = x.state.price_expected[:, None, :]
    start = x.state.market_share.copy()
    months = 15
    _carry(x, months)
    for r, o in alive:
        u = x.state.users[r] * np.exp(x.state.plan_value[r, o])
        want = u / u.sum()
        np.testing.assert_allclose(x.state.market_share[r, o] - want, (start[r, o] - want) * 0.8**months, rtol=1e-8,
                                   atol=1e-12)


def test_expected_prices_at_rest_clear_every_market_with_what_will_arrive() -> None:
    """At the fixed point of the anticipated price, demand equals purchases times shares times survival."""
    x = set_to(scene(), "organisations", market_speed=0.5)
    x.state.plan_value[:] = 0.0
    x.state.plan_slope[:] = 0.5
    x.state.plan_price[:] = x.state.price_expected[:, None, :]
    q = values(x, "drug_market")
    base = q["use_per_person"] * x.state.users / 12.0
    x.state.purchased[:] = 0.0
    x.state.purchased[:, 0] = 0.9 * base.sum(1)
    x.state.active[:] = 0
    x.state.active[:, 0] = 1
    x.state.survival[:] = 0.8
    far = routes.geometry_of(x.world).far
    for _ in range(400):
        anticipate(x.parameters["organisations"], x.parameters["routes"], x.parameters["drug_market"], x.on, 0.0,
                   0.0, far, x.world.market_xinjiang, x.state.active, x.state.network, x.world.network_soviet,
                   np.zeros(x.state.active.shape), x.state.users, x.state.price_reference, x.state.purchased,
                   x.state.survival, x.state.plan_value, x.state.plan_slope, x.state.plan_price,
                   x.state.price_expected, x.state.market_share)
    z = q["retail_pass_through"] * np.log(x.state.price_expected / x.state.price_reference)  # at retail
    left = np.where(far == 1, q["far_elasticity"], q["xinjiang_elasticity"]) / q["retail_pass_through"]
    e = np.where((far == 1) | (x.world.market_xinjiang == 1), left, q["demand_elasticity"])
    demand = np.log(base) - e * z - q["demand_curvature"] / 2 * np.maximum(0.0, z) ** 2
    demand -= q["substitution"] / 2 * np.maximum(0.0, z - np.log(q["substitution_price"])) ** 2
    ahead = np.log(x.state.purchased[:, 0, None] * x.state.market_share[:, 0] * 0.8)
    np.testing.assert_allclose(demand, ahead, atol=1e-6)


def test_every_kg_and_every_dollar_is_accounted_for() -> None:
    x = scene()
    for month in range(24):
        before = x.state.capital.copy()
        active = x.state.active.copy()
        x.month = 100 + month
        _carry(x)
        bought = x.state.purchased.sum(1)
        np.testing.assert_allclose(x.state.seized_kg.sum(1) + x.state.arrivals.sum(1), bought, rtol=1e-9)
        with_people = x.state.arrivals.sum(1) - x.state.route_kg.sum(1)
        assert (with_people >= 0.0).all() and (with_people <= x.state.couriers_kg).all()
        assert (x.state.couriers_kg > 0.0).all()
        np.testing.assert_allclose(x.state.network_kg.sum(1), bought, rtol=1e-9)
        revenue, purchases, transport, risk, bribes, fees, fixed, washed, people, profit = x.state.money.T
        spent = purchases + transport + risk + bribes + fees + fixed + washed
        np.testing.assert_allclose(profit, revenue + people - spent, rtol=1e-9, atol=1e-6 * np.abs(revenue).max())
        kept = np.where(active == 1, np.maximum(0.0, before) * 0.03, 0.0).sum(1)
        np.testing.assert_allclose(x.state.capital.sum(1) - before.sum(1), profit - kept, rtol=1e-6, atol=1.0)
        np.testing.assert_allclose(x.state.bribes_post.sum(1), bribes, rtol=1e-9)
        np.testing.assert_allclose(x.state.fees_post.sum(1), fees, rtol=1e-9)
        np.testing.assert_allclose(x.state.trade.sum(2)[active == 1], 1.0, rtol=1e-12)


def test_what_people_carry_is_lost_as_people_are_found() -> None:
    # with one hazard h on all corridors, 1 - exp(-n h transit_risk) of what starts on a way of n corridors is seized
    x = scene(4)
    x.state.effectiveness[:] = 0.3
    x.state.capital[:] = 1e9
    x.state.hazard[:] = 0.07
    x.state.service[:] = 1.0
    switch(x, 0.0, Mechanism.OFFICIALS_CARRY)
    risk = values(x, "human_trade")["transit_risk"]
    without = x.copy()
    switch(without, 0.0, Mechanism.FORCED_COURIERS)
    for y in (x, without):
        set_to(y, "organisations", trade_speed=0.0)
        _carry(y)
    world = x.world
    goal = world.destination_place[world.people_destination]
    abroad = world.place_state[goal] != world.place_state[world.people_origin]
    abroad &= np.isin(goal, world.market_place)
    assert abroad.any()
    carried = 1.0 - x.state.pool_there[:, world.people_origin, world.people_destination]
    groups = x.state.attempts_route.sum(2) * carried * abroad
    corridors = np.diff(world.people_ptr)
    seized = (x.state.seized_kg - without.state.seized_kg).sum(1)
    expected = (groups * -np.expm1(-corridors * 0.07 * risk)).sum(1) / groups.sum(1)
    np.testing.assert_allclose(seized / x.state.couriers_kg, expected, rtol=1e-6)
