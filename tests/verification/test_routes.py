"""Choice among routes against the recursive logit, path sizes, learning and habit.

Sources: with every route of an acyclic network listed and costs that add over links, the multinomial logit over routes
is the recursive logit over links (Fosgerau, Frejinger and Karlstrom 2013), whose values solve z = M z + b with
M_ij = sum of exp(v_a) over the links a from i to j; path size (Ben-Akiva and Bierlaire 1999); beliefs by a constant
gain (Sutton and Barto 2018, ch. 2: geometric forgetting); habit as partial adjustment (Nerlove 1958).
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numba import njit

from qorgau.analysis.placing.logit import LogitModel, log_sums, passes
from qorgau.model import organisations_flows, routes
from qorgau.model.clock import STEPS
from qorgau.model.mechanisms import Mechanism
from qorgau.model.route_sets import path_size
from qorgau.model.run import begin
from qorgau.model.world import MODES, World
from tests.model.people_scene import Scene
from tests.verification.scenes import scene, set_to, switch, values

SOURCE = 0


@cache
def _listed(seed: int, size: float) -> World:
    """Small world whose routes are all those that lead away from the source, each with the same path size."""
    world = scene(seed).world
    far = world.distance[SOURCE]
    ground = world.corridor_mode < MODES.index("air")
    ahead = np.flatnonzero(ground & (far[world.corridor_from] < far[world.corridor_to]))
    found: list[tuple[int, tuple[int, ...]]] = []

    def walk(place: int, way: tuple[int, ...]) -> None:
        for m in np.flatnonzero(world.market_place == place):
            found.append((int(m), way))
        for k in ahead[world.corridor_from[ahead] == place]:
            walk(int(world.corridor_to[k]), (*way, int(k)))

    walk(SOURCE, ())
    found.sort(key=lambda item: item[0])
    market = np.array([m for m, _ in found])
    ptr = np.concatenate([[0], np.cumsum([len(w) for _, w in found])])
    sizes = {**world.sizes, "drug_route": len(found)}
    return replace(
        world, sizes=sizes, route_market=market, route_source=np.full(len(found), SOURCE), route_ptr=ptr,
        route_links=np.array([k for _, w in found for k in w]),
        route_km=np.array([world.corridor_km[list(w)].sum() for _, w in found]),
        route_path_size=np.full(len(found), size), route_official=np.zeros(len(found), dtype=np.int64),
        market_ptr=np.concatenate([[0], np.cumsum(np.bincount(market, minlength=world.sizes["market"]))]),
    )


def _planned(seed: int, weight: float = 0.0, size: float = 1.0, scale: float = 0.4) -> Scene:
    """Plans with random beliefs where no price is at stake, so that what a route costs adds up over its links."""
    x = scene(seed)
    x.world = _listed(seed, size)
    # the scale among ways is the smaller of two; this leaves the one that is given
    set_to(x, "routes", choice_scale=scale, path_size_weight=weight, way_scale=1e12)
    x.state = begin(x.world, x.parameters, x.on, x.keys)
    rng = np.random.default_rng(seed)
    x.state.belief[:] = rng.uniform(0.0, 0.3, x.state.belief.shape)
    x.state.price_expected[:] = 0.0
    x.state.bribe_rate[:] = 0.0
    routes.advance(x.world, x.state, x.parameters, x.on, x.keys, x.month, routes.geometry_of(x.world), True)
    return x


def _link_utility(x: Scene, run: int, organisation: int) -> np.ndarray:
    """Utility of each link in units of the logit scale; 200 USD/kg is the mean price's floor."""
    q = values(x, "routes", run)
    cost = q["transport_cost"] * x.state.corridor_cost[run]
    cost = cost + q["risk_pay"] * x.state.belief[run, organisation] * x.state.corridor_trips[run]
    return -x.state.carrying_cost[run] * cost / (q["choice_scale"] * 200.0)


def _links_used(world: World) -> np.ndarray:
    return np.unique(world.route_links)


def _dense(x: Scene, v: np.ndarray, target: int) -> np.ndarray:
    """Values exp(V) of the recursive logit to a place, by one linear solve."""
    n = x.world.sizes["place"]
    m = np.zeros((n, n))
    for k in _links_used(x.world):
        if x.world.corridor_from[k] != target:
            m[x.world.corridor_from[k], x.world.corridor_to[k]] += np.exp(v[k])
    b = np.zeros(n)
    b[target] = 1.0
    return np.linalg.solve(np.eye(n) - m, b)


@pytest.mark.parametrize("seed", [0, 1, 2, 5])
@pytest.mark.parametrize("weight, size", [(0.0, 0.5), (0.7, 1.0), (0.7, 0.25)])
def test_with_all_routes_listed_shares_are_those_of_the_recursive_logit(seed: int, weight: float, size: float) -> None:
    x = _planned(seed, weight, size)
    assert (np.diff(x.world.market_ptr) > 1).any()
    for r, o in np.argwhere(x.state.active == 1):
        v = _link_utility(x, r, o)
        for m, place in enumerate(x.world.market_place):
            z = _dense(x, v, int(place))
            q = values(x, "routes", r)
            scale = q["choice_scale"] * 200.0
            logsum = np.log(z[SOURCE]) - x.state.source_price[r] / scale + weight * np.log(size)
            assert x.state.plan_value[r, o, m] == pytest.approx(logsum, rel=1e-9, abs=1e-9)
            for k in range(x.world.market_ptr[m], x.world.market_ptr[m + 1]):
                way = x.world.route_links[x.world.route_ptr[k]:x.world.route_ptr[k + 1]]
                chance = 1.0
                for a in way:
                    i, j = x.world.corridor_from[a], x.world.corridor_to[a]
                    chance *= np.exp(v[a]) * z[j] / z[i]
                assert x.state.route_share[r, o, k] == pytest.approx(chance, rel=1e-9, abs=1e-12)


@pytest.mark.parametrize("seed", [0, 2])
def test_links_are_used_as_the_hop_expanded_recursive_logit_of_placing_says(seed: int) -> None:
    x = _planned(seed)
    world, links = x.world, _links_used(x.world)
    r, o = np.argwhere(x.state.active == 1)[0]
    v = _link_utility(x, r, o)[links]
    tail, head = world.corridor_from[links], world.corridor_to[links]
    start = np.zeros(world.sizes["place"] + 1, dtype=np.int64)
    np.add.at(start, tail + 1, 1)
    nothing = np.zeros(0)
    for m, place in enumerate(world.market_place):
        model = LogitModel(
            tail=tail, head=head, out=np.argsort(tail, kind="stable").astype(np.int64), out_start=np.cumsum(start),
            base=-v, rise=np.zeros(len(v)), arcs=np.arange(len(v)), watch=np.zeros(0, dtype=np.int64),
            budget_cost=nothing, ends=np.array([place]), group=np.zeros(1, dtype=np.int64), begin=np.array([SOURCE]),
            probability=np.ones(1), temperature=1.0, hops=world.sizes["place"])
        flow = passes(model, -v, 1.0, np.ones(1))
        want = np.zeros(world.sizes["corridor"])
        for k in range(world.market_ptr[m], world.market_ptr[m + 1]):
            want[world.route_links[world.route_ptr[k]:world.route_ptr[k + 1]]] += x.state.route_share[r, o, k]
        np.testing.assert_allclose(flow, want[links], rtol=1e-9, atol=1e-12)
        scale = values(x, "routes", r)["choice_scale"] * 200.0
        value = log_sums(model, -v, 1.0)[0] - x.state.source_price[r] / scale
        assert x.state.plan_value[r, o, m] == pytest.approx(value, rel=1e-9)


def test_scale_limits_one_route_alone_and_all_alike() -> None:
    sharp, blunt = _planned(0, scale=1e-7), _planned(0, scale=1e9)
    for m in range(sharp.world.sizes["market"]):
        here = slice(sharp.world.market_ptr[m], sharp.world.market_ptr[m + 1])
        count = here.stop - here.start
        alive = sharp.state.active == 1
        np.testing.assert_allclose(sharp.state.route_share[alive][:, here].max(1), 1.0, atol=1e-9)
        np.testing.assert_allclose(blunt.state.route_share[alive][:, here], 1.0 / count, rtol=1e-5)


@pytest.mark.parametrize("share", [0.3, 0.8])
def test_where_all_costs_are_alike_sources_are_used_as_they_offer(share: float) -> None:
    """A constant log(n share) for each of n sources makes the logit of equal utilities the shares themselves."""
    x = scene()
    base = _listed(0, 1.0)
    source = np.where(np.arange(len(base.route_km)) % 2 == 0, SOURCE, 1)
    x.world = replace(base, source_place=np.array([SOURCE, 1]), route_source=source)
    set_to(x, "routes", choice_scale=1e9, way_scale=1e12, path_size_weight=0.0, first_source_share=share)
    x.state = begin(x.world, x.parameters, x.on, x.keys)
    alive = x.state.active == 1
    for m in range(x.world.sizes["market"]):
        here = slice(x.world.market_ptr[m], x.world.market_ptr[m + 1])
        first = source[here] == SOURCE
        if 0 < first.sum() < len(first):
            want = np.where(first, share, 1.0 - share)
            np.testing.assert_allclose(x.state.route_share[alive][:, here], np.broadcast_to(
                want / want.sum(), (alive.sum(), len(first))), rtol=1e-5)


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5])
def test_pay_falls_by_two_to_the_rate_with_each_doubling_of_what_was_carried(rate: float) -> None:
    x = set_to(scene(), "routes", experience_rate=rate)
    geometry = routes.geometry_of(x.world)
    x.state.purchased[:] = 0.0
    x.state.purchased[:, 0] = x.state.experience_start  # one more of what there was at the start
    x.state.experience[:] = x.state.experience_start
    for doublings, months in ((1, 1), (2, 2), (3, 4)):
        for _ in range(months):
            routes.advance(x.world, x.state, x.parameters, x.on, x.keys, x.month, geometry)
        np.testing.assert_allclose(x.state.carrying_cost, 2.0 ** (-rate * doublings), rtol=1e-12)


@settings(max_examples=60)
@given(st.lists(st.lists(st.integers(0, 11), min_size=1, max_size=6, unique=True), min_size=1, max_size=7),
       st.integers(0, 99))
def test_path_sizes_share_out_the_length_of_the_network_once(ways: list[list[int]], seed: int) -> None:
    km = np.random.default_rng(seed).uniform(10.0, 900.0, 12)
    size = path_size([tuple(w) for w in ways], km)
    used = sorted({k for w in ways for k in w})
    assert (size * [km[w].sum() for w in ways]).sum() == pytest.approx(km[used].sum(), rel=1e-12)
    assert (size > 0).all() and (size <= 1 + 1e-12).all()


def test_path_size_closed_forms_and_the_red_and_the_blue_bus() -> None:
    km = np.array([100.0, 100.0, 300.0])
    np.testing.assert_allclose(path_size([(0,), (1,), (2,)], km), 1.0)  # nothing shared
    np.testing.assert_allclose(path_size([(0, 1)] * 4, km), 0.25)  # four names of one route
    np.testing.assert_allclose(path_size([(0, 2), (1, 2)], km), (100 + 150) / 400)  # common trunk of 300 km
    # with weight 1 the copies together get what the one route would: the red and the blue bus
    size = path_size([(0,), (1,), (1,), (1,)], km)
    weight = np.exp(np.log(size))
    share = weight / weight.sum()
    np.testing.assert_allclose([share[0], share[1:].sum()], 0.5)


@njit
def _learn(q, prior, r, journeys, felt, belief, network_belief, months):
    for _ in range(months):
        organisations_flows.learn(q, prior, 1.0, journeys / (journeys + 2.0 / STEPS), felt, belief[r, 0],
                                  network_belief[r, 0])


def _believer(**parameters: float) -> tuple:
    x = set_to(scene(), "routes", **parameters)
    links = x.world.sizes["corridor"]
    rng = np.random.default_rng(4)
    return (x.parameters["routes"][0], np.full(links, 0.05), 0, np.full(links, 6.0), rng.uniform(0.0, 0.8, links),
            rng.uniform(0.0, 0.8, (1, 1, links)), rng.uniform(0.0, 0.8, (1, 1, links)))


@pytest.mark.parametrize("gain, months", [(0.1, 12), (0.5, 3)])
def test_beliefs_about_used_corridors_close_on_the_hazard_met_geometrically(gain: float, months: int) -> None:
    q, prior, r, journeys, felt, belief, other = _believer(learning=gain, network_learning=0.0, watching=0.0)
    start = belief[0, 0].copy()
    _learn(q, prior, r, journeys, felt, belief, other, months)
    left = (1.0 - gain * 6.0 / 8.0) ** months  # weight n/(n + 2) of n journeys
    np.testing.assert_allclose(belief[0, 0] - felt, (start - felt) * left, rtol=1e-9)
    _learn(q, prior, r, journeys, felt, belief, other, 900)
    np.testing.assert_allclose(belief[0, 0], felt, atol=1e-9)


def test_beliefs_of_a_network_come_to_the_hazard_and_pull_members_who_never_went() -> None:
    q, prior, r, journeys, felt, belief, other = _believer(learning=0.2, network_learning=0.3, watching=0.0)
    _learn(q, prior, r, journeys, felt, belief, other, 3000)
    np.testing.assert_allclose(other[0, 0], felt, atol=1e-9)
    np.testing.assert_allclose(belief[0, 0], felt, atol=1e-9)
    stay = np.zeros_like(journeys)
    q = _believer(learning=0.2, network_learning=0.3, watching=0.02)[0]
    _learn(q, prior, r, stay, felt, belief, other, 3000)
    # at rest b = b + .02 (prior - b) and then b + g (network - b) balance
    rest = (0.02 * 0.7 * prior + 0.3 * other[0, 0]) / (1.0 - 0.98 * 0.7)
    np.testing.assert_allclose(belief[0, 0], rest, rtol=1e-9)


def test_beliefs_about_unused_corridors_forget_with_a_half_life_of_under_three_years() -> None:
    q, prior, r, journeys, felt, belief, other = _believer(network_learning=0.0, watching=0.02)
    gap = belief[0, 0] - prior
    _learn(q, prior, r, 0.0 * journeys, felt, belief, other, 34)
    np.testing.assert_allclose((belief[0, 0] - prior) / gap, 0.98**34, rtol=1e-9)
    half = np.abs(belief[0, 0] - prior) / np.abs(gap)
    assert half.min() > 0.49 and half.max() < 0.51


@pytest.mark.parametrize("speed", [0.05, 0.3])
def test_habit_is_a_partial_adjustment_with_its_half_life(speed: float) -> None:
    x = scene()
    set_to(x, "routes", route_speed=speed, experience_rate=0.0)
    geometry = routes.geometry_of(x.world)
    x.state.age[:] = 5
    at_once = switch(x.copy(), 0.0, Mechanism.HABIT)
    routes.advance(at_once.world, at_once.state, at_once.parameters, at_once.on, at_once.keys, x.month, geometry, True)
    target = at_once.state.route_share
    rng = np.random.default_rng(1)
    here = [slice(a, b) for a, b in pairwise(x.world.market_ptr)]
    for s in here:
        x.state.route_share[:, :, s] = rng.dirichlet(np.ones(s.stop - s.start), x.state.route_share.shape[:2])
    start = x.state.route_share.copy()
    months = 12
    for i in range(months):
        routes.advance(x.world, x.state, x.parameters, x.on, x.keys, x.month + i, geometry)
    alive = x.state.active == 1
    left = (1.0 - speed) ** months  # every third month an organisation plans, for three months at once
    np.testing.assert_allclose((x.state.route_share - target)[alive], left * (start - target)[alive], rtol=1e-9,
                               atol=1e-12)
