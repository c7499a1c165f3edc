"""Recruitment, interception and the price of exploitation against their published or derived forms.

Sources: matching m(A, S) = A S / (A^l + S^l)^(1/l) (den Haan, Ramey and Watson 2000): symmetric, homogeneous of degree
one, below either side, min(A, S) for large l; Poisson counts; first passage of an exponential over a sequence of
hazards; linear demand with a choke price and price adjustment by excess demand (Walras; Samuelson 1947).
"""

from __future__ import annotations

import numpy as np
import pytest

from qorgau.model import human_journeys, human_trade, routes
from qorgau.model.mechanisms import Mechanism
from qorgau.model.streams import run_keys
from tests.model.people_scene import Scene
from tests.verification.scenes import held, scene, set_to, switch, values

RUNS = 2000


def _scene(runs: int = RUNS, **parameters: float) -> Scene:
    x = scene(places=9)
    x.state = x.state.repeat(runs // 2)
    x.parameters = {k: np.tile(a, runs // 2) for k, a in x.parameters.items()}
    x.on = np.tile(x.on, (runs // 2, 1))
    x.keys = run_keys(31, np.arange(runs))
    for name in ("attempts_route", "pool", "pool_children", "attempts_drug_first", "instrument", "irregular_arrivals",
                 "abuse", "exploited"):
        getattr(x.state, name)[:] = 0
    set_to(x, "human_trade", **{"winnable": 1.0, "sexual_pool": 0.0, "officials_carry": 0.0, "facilitator_risk": 0.0,
                                "transit_risk": 1.0, "alone": 0.0,
                                **parameters})
    x.state.hazard[:] = 0.0
    return x


def _pair(x: Scene) -> tuple[int, int, np.ndarray]:
    """A place, a destination in another state and the routes between them, at least two with links."""
    for p in range(x.world.sizes["place"]):
        for d in range(x.world.sizes["destination"]):
            ways = np.flatnonzero((x.world.people_origin == p) & (x.world.people_destination == d))
            goal = x.world.place_state[x.world.destination_place[d]]
            if len(ways) >= 2 and x.world.place_state[p] != goal and (np.diff(x.world.people_ptr)[ways] >= 2).all():
                return p, d, ways
    raise AssertionError("no such pair")


def _recruit(attempts: float, pool: float, power: float, hazard: float = 0.0) -> tuple[Scene, int, int, np.ndarray]:
    x = _scene(matching=power)
    p, d, ways = _pair(x)
    x.state.attempts_route[:, ways, 0] = attempts / len(ways)
    x.state.pool[:, p, d] = pool
    x.state.hazard[:] = hazard
    return held(x, human_trade, 1), p, d, ways


def _matched(a: float, s: float, power: float) -> float:
    return a * s / (a**power + s**power) ** (1.0 / power)


@pytest.mark.parametrize("a, s, power", [(30.0, 30.0, 1.0), (30.0, 90.0, 1.3), (90.0, 30.0, 1.3), (20.0, 400.0, 3.0)])
def test_recruits_are_poisson_about_the_matching_function(a: float, s: float, power: float) -> None:
    x, p, d, _ = _recruit(a, s, power)
    n = x.state.recruits[:, p, d, 0]
    mean = _matched(a, s, power)
    assert abs(n.mean() - mean) < 4.0 * np.sqrt(mean / RUNS)
    assert abs(n.var() / mean - 1.0) < 5.0 * np.sqrt(2.0 / RUNS)
    assert mean < min(a, s)


@pytest.mark.parametrize("attempts", [0.0, 25.0])
def test_recruiters_without_a_group_add_their_attempts_in_proportion_to_the_price(attempts: float) -> None:
    x = _scene(matching=1.3, alone=0.8)
    p, d, ways = _pair(x)
    x.state.attempts_route[:, ways, 0] = attempts / len(ways)
    x.state.pool[:, p, d] = 60.0
    goal = int(x.world.place_state[x.world.destination_place[d]])
    choke = values(x, "human_trade")["choke_labour"] * x.state.irregular_wage[:, goal]
    x.state.people_price[:, d, 0] = 0.4 * choke
    held(x, human_trade, 1)
    mean = _matched(attempts + 0.8 * 60.0 * 0.4, 60.0, 1.3)
    assert abs(x.state.recruits[:, p, d, 0].mean() - mean) < 4.0 * np.sqrt(mean / RUNS)


def test_matching_limits_and_returns_to_scale() -> None:
    def expected(a: float, s: float, power: float) -> float:
        """Recruits per attempt as the model reports them: 0.7 of 1 and 0.3 of the month's."""
        x, p, d, _ = _recruit(a, s, power)
        start = scene(places=9).state.effectiveness[0, p, d, 0]
        return float(a * (start + (x.state.effectiveness[0, p, d, 0] - start) / human_journeys.SMOOTHING))

    for power in (0.7, 1.3):
        one = expected(20.0, 50.0, power)
        assert one == pytest.approx(_matched(20.0, 50.0, power), rel=1e-9)
        assert expected(50.0, 20.0, power) == pytest.approx(one, rel=1e-9)
        assert expected(60.0, 150.0, power) == pytest.approx(3.0 * one, rel=1e-9)
    assert expected(20.0, 50.0, 300.0) == pytest.approx(20.0, rel=1e-6)
    assert expected(20.0, 1e9, 1.3) == pytest.approx(20.0, rel=1e-6)


def test_people_are_found_with_one_less_the_exponential_of_the_sum_of_hazards() -> None:
    x, _, _, ways = _recruit(200.0, 1e6, 2.0, hazard=0.15)
    found, whole = 0, 0
    expected = 0.0
    for w in ways:
        n = x.state.recruits_route[:, w, 0].sum()
        links = x.world.people_ptr[w + 1] - x.world.people_ptr[w]
        expected += n * (1.0 - np.exp(-0.15 * links))
        whole += n
    found = x.state.intercepted.sum()
    assert abs(found - expected) < 4.0 * np.sqrt(expected)
    assert x.state.arrived.sum() + found == whole


def test_where_people_are_found_is_the_first_passage_over_the_links() -> None:
    x = _scene(matching=50.0)
    p, d, ways = _pair(x)
    way = int(ways[0])
    links = x.world.people_links[x.world.people_ptr[way]:x.world.people_ptr[way + 1]]
    rng = np.random.default_rng(2)
    x.state.hazard[:] = rng.uniform(0.1, 0.7, x.world.sizes["corridor"])[None, :]
    x.state.attempts_route[:, way, 0] = 100.0
    x.state.pool[:, p, d] = 1e6
    held(x, human_trade, 1)
    entering = x.state.carried_people[:, links, 0].sum(0).astype(float)
    survive = np.exp(-np.concatenate([[0.0], np.cumsum(x.state.hazard[0, links])[:-1]]))
    n = entering[0]
    np.testing.assert_allclose(entering / n, survive, atol=4.0 * np.sqrt(0.25 / n))


def test_recruits_share_the_routes_in_proportion_to_attempts() -> None:
    x = _scene(matching=50.0)
    p, d, ways = _pair(x)
    weight = np.arange(1, len(ways) + 1, dtype=float)
    x.state.attempts_route[:, ways, 0] = 60.0 * weight
    x.state.pool[:, p, d] = 1e6
    held(x, human_trade, 1)
    n = x.state.recruits_route[:, ways, 0].sum(0)
    share = weight / weight.sum()
    np.testing.assert_allclose(n / n.sum(), share, atol=4.0 * np.sqrt(0.25 / n.sum()))


@pytest.mark.parametrize("there", [0.0, 0.3, 0.9, 1.0])
def test_what_a_group_reckons_with_is_what_its_recruits_bring_on_average(there: float) -> None:
    """A group that believes what is true reckons with the mean, the part that needs no journey included."""
    x = set_to(_scene(matching=1.0), "routes", journey_fixed=400.0, journey_cost=0.1)
    p, d, ways = _pair(x)
    s = x.state
    switch(x, 0.0, Mechanism.ROUTES)  # attempts by length alone
    s.active[:] = 0
    s.active[:, 0], s.home[:, 0], s.age[:, 0] = 1, p, 5
    s.hazard[:] = 0.1
    s.belief[:] = 0.1
    s.bribe_rate[:] = s.conviction_cost[:] = s.effectiveness[:] = 0.0
    s.people_price[:] = price = 2000.0
    s.pool[:, p, d], s.pool_there[:, p, d] = 90.0, there
    routes.advance(x.world, s, x.parameters, x.on, x.keys, x.month, routes.geometry_of(x.world), everything=True)
    at_home = np.flatnonzero(x.world.place_state[x.world.people_origin] == x.world.place_state[p])
    share = s.people_share[0, 0, np.searchsorted(at_home, ways), 0]
    tried = 100.0 * share
    s.effectiveness[:, p, d, 0] = _matched(tried.sum(), 90.0, 1.0) / tried.sum()
    routes.advance(x.world, s, x.parameters, x.on, x.keys, x.month, routes.geometry_of(x.world), everything=True)
    expected = 100.0 * s.people_value[0, 0, 0]
    s.attempts_route[:, ways, 0] = tried
    s = held(x, human_trade, 1).state
    cost = 400.0 + 0.1 * x.world.people_km[ways]
    brought = price * (s.recruits[:, p, d, 0] - s.intercepted.sum(axis=1)) - s.recruits_route[:, ways, 0] @ cost
    assert abs(brought.mean() - expected) < 4.0 * brought.std() / np.sqrt(RUNS)
    assert expected > 0.0


def test_children_are_a_binomial_part_of_the_recruits() -> None:
    x = _scene(matching=50.0)
    p, d, ways = _pair(x)
    x.state.attempts_route[:, ways, 0] = 40.0
    x.state.pool[:, p, d] = 1e6
    x.state.pool_children[:] = 0.22
    held(x, human_trade, 1)
    n, young = x.state.recruits[:, p, d, 0].sum(), x.state.recruits_children[:, p, d, 0].sum()
    assert abs(young / n - 0.22) < 4.0 * np.sqrt(0.22 * 0.78 / n)


def test_documents_lower_the_risk_and_services_that_do_not_matter_leave_it() -> None:
    def hazard(risk: float, matter: float, papers: float, houses: float, carried: float = 0.0) -> float:
        need = human_trade.need_of(risk, matter, papers, houses)
        return human_trade.transit_hazard(0.2, 0.5, need, carried, carried)

    assert hazard(0.8, 1.0, 1.0, 1.0) == pytest.approx(0.1)
    assert hazard(0.8, 1.0, 0.0, 0.0) == pytest.approx(0.1 * 1.8)
    assert hazard(0.8, 1.0, 1.0, 0.0) == pytest.approx(0.1 * 1.4)
    assert hazard(0.8, 1.0, 0.0, 1.0) == pytest.approx(0.1 * 1.4)
    assert hazard(0.8, 0.0, 0.0, 0.0) == pytest.approx(0.1)
    assert hazard(0.0, 1.0, 1.0, 1.0, 1.0) == 0.0  # all officials carry


@pytest.mark.parametrize("form, fill, yearly", [(0, 0.3, 0.05), (1, 0.6, 0.0), (0, 0.3, None)])
def test_the_price_of_exploitation_settles_where_demand_is_met(form: int, fill: float, yearly: float | None) -> None:
    x = switch(_scene(runs=2, price_speed=0.1), 0.0, Mechanism.POLICE_BROKERAGE)
    q = values(x, "human_trade")
    d = int(np.flatnonzero(x.world.place_state[x.world.destination_place] == 1)[0])
    s = 1
    size = float(x.world.population[x.month, s] * x.world.place_share[x.world.destination_place[d]])
    share = q["demand_labour"] if form == 0 else q["demand_sexual"]
    choke = (q["choke_labour"] if form == 0 else q["choke_sexual"]) * x.world.gdp_per_head[x.month, s] / 12.0
    x.state.irregular_wage[:] = x.world.gdp_per_head[x.month] / 12.0
    if yearly is None:
        switch(x, 0.0, Mechanism.CHEAP_LABOUR)
    x.state.irregular_arrivals[:] = (0.05 if yearly is None else yearly) / 12.0 * x.world.population[x.month]
    plenty = ((0.02 + (yearly or 0.0)) / 0.04) ** q["cheap_labour"]
    inside = human_trade._inside(x.world)[s]
    whole = size * share * plenty * (1.0 if inside else q["far_demand"])
    present = int(fill * whole)
    x.state.exploited[:, d, form, 0] = present
    held(x, human_trade, 3000)
    # D(W) = X solved for W: linear demand that ends at the choke price
    price = choke * (1.0 - q["search_cost"] - present / whole)
    if price > 0.02 * choke:
        np.testing.assert_allclose(x.state.people_price[:, d, form], price, rtol=1e-6)
        np.testing.assert_allclose(x.state.demand_people[:, d, form], present, rtol=1e-6)
    else:
        np.testing.assert_allclose(x.state.people_price[:, d, form], 0.02 * choke, rtol=1e-9)
