"""Route plans and beliefs: twin, limits of the choice among ways, and what learning converges to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model.drug_market import china_toll
from qorgau.model.mechanisms import Mechanism
from qorgau.model.organisations_flows import learn
from qorgau.model.route_sets import path_size
from qorgau.model.routes import PLAN_EVERY, geometry_of, seen
from qorgau.model.world import World
from tests.model.people_scene import Scene, assert_twin, one_run
from tests.model.traffic_scene import after, carry, detection, having, knocked, live, plan, traffic
from tests.model.twins import routes as twin

SCENES = ((0, 20, False), (1, 60, False), (3, 90, True), (4, 30, True), (5, 200, True))
WRITES = ("route_share", "people_share", "plan_value", "plan_slope", "plan_price", "plan_cost", "people_value",
          "experience", "carrying_cost", "load", "corridor_cost", "corridor_trips", "market_haul")
CLOSE = dict(rtol=1e-9, atol=1e-12)


def alive(x: Scene) -> np.ndarray:
    return x.state.active == 1


def planned(x: Scene) -> Scene:
    return after(x, plan, everything=True)


def market_of(x: Scene, m: int) -> slice:
    return slice(int(x.world.market_ptr[m]), int(x.world.market_ptr[m + 1]))


def _values(x: Scene, r: int) -> tuple[dict, dict, dict]:
    q = {k: {f: float(a[f][r]) for f in a.dtype.names} for k, a in x.parameters.items()}
    return one_run(x, r), q, {m.name: bool(x.on[r, m]) for m in Mechanism}


@pytest.mark.parametrize("seed, months, mixed", SCENES)
def test_plans_equal_the_twin(seed: int, months: int, mixed: bool) -> None:
    x = traffic(seed, 4, months, mixed)
    for _ in range(PLAN_EVERY):
        assert_twin(x, after(x, plan), twin.plan, WRITES)
        x.month += 1

    def all_of_them(*args):
        return twin.plan(*args, everything=True)

    assert_twin(x, planned(x), all_of_them, WRITES)


def test_a_corridor_enters_china_only_from_outside() -> None:
    world = traffic(1).world
    assert "CHN" in world.state_names
    kinds = [int(twin.into_china(world, k)) + 2 * int(twin.inside_china(world, k))
             for k in range(len(world.corridor_km))]
    assert geometry_of(world).china.tolist() == kinds
    assert geometry_of(traffic(0).world).china.sum() == 0


def test_of_chinas_barrier_only_the_part_along_the_way_grows_with_the_way() -> None:
    once, thrice = (china_toll(1, km, 2.0) for km in (600.0, 1800.0))
    assert (once, thrice) == (3.0, 5.0)
    assert china_toll(2, 600.0, 2.0) == 1.0


def test_shares_are_shares() -> None:
    x = planned(traffic(1))
    for m in range(x.world.sizes["market"]):
        total = x.state.route_share[:, :, market_of(x, m)].sum(2)
        np.testing.assert_allclose(total[alive(x)], 1.0, **CLOSE)
    np.testing.assert_allclose(x.state.people_share.sum(2)[alive(x)], 1.0, **CLOSE)


def test_a_tiny_scale_sends_all_by_the_best_way() -> None:
    x = having(traffic(1), routes__choice_scale=1e-6, routes__path_size_weight=0.0)
    y = planned(x)
    for r in range(len(x.keys)):
        s, q, on = _values(x, r)
        for o in np.flatnonzero(s["active"]):
            for m in range(x.world.sizes["market"]):
                ways = twin.opiate_routes(x.world, s, q, on, o, m, x.month)
                best = max(ways, key=lambda k: ways[k]["profit"])
                assert y.state.route_share[r, o, best] > 1 - 1e-6


def test_a_huge_scale_shares_ways_by_path_size_alone() -> None:
    x = having(traffic(1), routes__choice_scale=1e12, routes__way_scale=1e12, routes__path_size_weight=1.0)
    y = planned(x)
    world = x.world
    for m in range(world.sizes["market"]):
        here = market_of(x, m)
        size = np.where(world.route_official[here] == 1, 0.0, world.route_path_size[here])
        plain = alive(x) & (world.network_official[x.state.network] == 0)
        np.testing.assert_allclose(y.state.route_share[:, :, here][plain], np.broadcast_to(
            size / size.sum(), y.state.route_share[:, :, here][plain].shape), rtol=1e-6, atol=1e-9)


def test_without_route_choice_shares_follow_length_alone() -> None:
    x = knocked(traffic(1), Mechanism.ROUTES)[1]
    other = having(x, routes__risk_pay=1e6, routes__choice_scale=0.3)
    other.state.belief[:] *= 7.0
    a, b = planned(x).state, planned(other).state
    np.testing.assert_allclose(a.route_share[alive(x)], b.route_share[alive(x)], **CLOSE)
    np.testing.assert_allclose(a.people_share[alive(x)], b.people_share[alive(x)], **CLOSE)
    r, o = np.argwhere(alive(x) & (x.world.network_official[x.state.network] == 0))[0]
    here = market_of(x, 0)
    open_ = x.world.route_official[here] == 0
    weight = np.where(open_, np.exp(-x.world.route_km[here] / 500.0), 0.0)
    np.testing.assert_allclose(a.route_share[r, o, here], weight / weight.sum(), **CLOSE)


def test_habit_moves_a_part_of_the_way_and_without_it_at_once() -> None:
    x = having(traffic(1), routes__route_speed=0.25)
    x.state.age[:] = 5
    target = planned(x).state.route_share
    slow, quick = (after(v, plan).state.route_share for v in knocked(x, Mechanism.HABIT))
    turn = alive(x) & ((x.month + np.arange(x.state.active.shape[1])) % PLAN_EVERY == 0)[None, :]
    assert turn.any() and (alive(x) & ~turn).any()
    np.testing.assert_allclose(quick[turn], target[turn], **CLOSE)
    part = x.state.route_share + (1 - 0.75**PLAN_EVERY) * (target - x.state.route_share)
    np.testing.assert_allclose(slow[turn], part[turn], **CLOSE)
    np.testing.assert_array_equal(slow[alive(x) & ~turn], x.state.route_share[alive(x) & ~turn])


def test_official_flights_are_for_official_rackets() -> None:
    x = traffic(4, 12, 1)
    flights = x.world.route_official == 1
    assert flights.any()
    x.state.network[:] = np.arange(x.state.network.shape[1]) % x.world.sizes["network"]
    official = alive(x) & (x.world.network_official[x.state.network] == 1)
    assert official.any()
    both = knocked(x, Mechanism.OFFICIAL_FLIGHTS)
    with_flights, without = (planned(v).state.route_share[:, :, flights] for v in both)
    assert (with_flights[official] > 0).any() and (without[alive(x)] == 0).all()
    assert (with_flights[alive(x) & ~official] == 0).all()


def with_routes(world: World, ways: list[list[tuple[int, ...]]]) -> World:
    """World whose candidate routes are the given ones, by market."""
    flat = [tuple(w) for market in ways for w in market]
    km = world.corridor_km
    sizes = [path_size(market, km) for market in ways]
    return replace(
        world, sizes={**world.sizes, "drug_route": len(flat)},
        route_market=np.repeat(np.arange(len(ways)), [len(m) for m in ways]).astype(np.int64),
        route_source=np.array([world.corridor_from[w[0]] for w in flat], dtype=np.int64),
        route_ptr=np.concatenate([[0], np.cumsum([len(w) for w in flat])]).astype(np.int64),
        route_links=np.array([k for w in flat for k in w], dtype=np.int64),
        route_km=np.array([km[list(w)].sum() for w in flat]), route_path_size=np.concatenate(sizes),
        route_official=np.zeros(len(flat), dtype=np.int64),
        market_ptr=np.concatenate([[0], np.cumsum([len(m) for m in ways])]).astype(np.int64),
    )


def test_a_way_counted_twice_gets_less_than_twice_its_share() -> None:
    """Two copies of one way share its path size: with weight 1 they get what the one had."""
    x = having(traffic(1), routes__path_size_weight=1.0, routes__way_scale=1e3, routes__choice_scale=0.4)
    ways = []
    for m in range(x.world.sizes["market"]):
        here = [k for k in range(*market_of(x, m).indices(10**6)) if not x.world.route_official[k]]
        routes = [tuple(twin.links_of(x.world.route_ptr, x.world.route_links, k)) for k in here]
        a = next((w for w in routes[1:] if not set(w) & set(routes[0])), None)
        ways.append([routes[0]] + ([a] if a else []))
    m = next(i for i, w in enumerate(ways) if len(w) == 2)
    shares = []
    for copies in (1, 2):
        here = [w if i != m else [w[0]] * copies + [w[1]] for i, w in enumerate(ways)]
        y = x.copy()
        y.world = with_routes(x.world, here)
        arrays = y.state.arrays()
        for name in ("route_share", "route_kg"):
            arrays[name] = np.zeros((*arrays[name].shape[:-1], y.world.sizes["drug_route"]))
        y.state = type(y.state)(arrays)
        plan(y, True)
        lo = int(y.world.market_ptr[m])
        shares.append(y.state.route_share[:, :, lo:lo + copies].sum(2)[alive(x)])
    np.testing.assert_allclose(shares[0], shares[1], rtol=1e-9)
    assert (shares[1] < 2 * shares[0]).all()


def test_a_riskier_belief_lowers_the_share_of_a_way() -> None:
    x = having(traffic(1), routes__way_scale=1e3, routes__choice_scale=0.4)
    k = next(k for k in range(x.world.sizes["drug_route"]) if not x.world.route_official[k])
    feared = x.copy()
    here = set(twin.links_of(x.world.route_ptr, x.world.route_links, k))
    m = int(x.world.route_market[k])
    others = [set(twin.links_of(x.world.route_ptr, x.world.route_links, j))
              for j in range(*market_of(x, m).indices(10**6)) if j != k]
    own = here - set().union(*others)
    assert own, "the way has a corridor of its own"
    feared.state.belief[:, :, list(own)] += 0.05
    a, b = planned(x).state, planned(feared).state
    sure = alive(x) & (a.route_share[:, :, k] < 1 - 1e-9) & (a.route_share[:, :, k] > 1e-9)
    assert sure.any() and (b.route_share[:, :, k][sure] < a.route_share[:, :, k][sure]).all()
    assert (b.plan_value[:, :, m][alive(x)] <= a.plan_value[:, :, m][alive(x)] + 1e-12).all()


def test_the_value_of_a_market_is_at_least_that_of_its_best_way_and_grows_with_price() -> None:
    x = having(traffic(1), routes__path_size_weight=0.0)
    y = planned(x)
    s, q, on = _values(x, 0)
    s = {**s, **twin.carriers(x.world, s, q, x.month)}
    scale = q["routes"]["choice_scale"] * twin.mean_price(s)
    for o in np.flatnonzero(s["active"]):
        for m in range(x.world.sizes["market"]):
            ways = twin.opiate_routes(x.world, s, q, on, o, m, x.month)
            best = max(v["profit"] for v in ways.values()) / scale
            assert best - 1e-9 <= y.state.plan_value[0, o, m] <= best + np.log(len(ways)) + 1e-9


def _lesson(rng: np.random.Generator, parameters: np.ndarray, n: int = 12):
    belief, shared = rng.uniform(0, 0.3, (1, 1, n)), rng.uniform(0, 0.3, (1, 1, n))
    journeys = rng.uniform(0, 8, n) * (rng.random(n) < 0.6)
    return belief, shared, journeys, rng.uniform(0, 0.5, n)


@given(seed=st.integers(0, 1000))
@settings(max_examples=40)
def test_learning_equals_the_twin(seed: int) -> None:
    rng = np.random.default_rng(seed)
    par = traffic(1).parameters["routes"]
    belief, shared, journeys, felt = _lesson(rng, par)
    q = {"routes": {f: float(par[f][0]) for f in par.dtype.names}}
    look = rng.uniform(0, 0.1, len(felt))
    rows = [v.tolist() for v in (look, belief[0, 0], shared[0, 0], journeys, felt)]
    mine, ours = twin.learned(q, *rows)
    learn(par[0], look, 1.0, journeys / (journeys + 2.0), felt, belief[0, 0], shared[0, 0])
    np.testing.assert_allclose(belief[0, 0], mine, **CLOSE)
    np.testing.assert_allclose(shared[0, 0], ours, **CLOSE)


def test_beliefs_rest_between_what_is_felt_and_what_is_seen_by_experience() -> None:
    par = having(traffic(1), routes__learning=0.4, routes__network_learning=0.0, routes__watching=0.1)
    rng = np.random.default_rng(3)
    belief, shared, journeys, felt = _lesson(rng, par.parameters["routes"])
    look = rng.uniform(0, 0.1, len(felt))
    used = journeys > 0.0
    assert used.any() and (~used).any()
    lived = journeys / (journeys + 2.0)
    for _ in range(3000):
        learn(par.parameters["routes"][0], look, 1.0, lived, felt, belief[0, 0], shared[0, 0])
    own, eyes = 0.4 * lived, 0.1 * (1.0 - lived)
    np.testing.assert_allclose(belief[0, 0], (own * felt + eyes * look) / (own + eyes), rtol=1e-6)
    np.testing.assert_allclose(belief[0, 0, ~used], look[~used], rtol=1e-6)
    np.testing.assert_allclose(shared[0, 0, used], felt[used], rtol=1e-6)


@given(share=st.floats(0.1, 1.5), clear=st.floats(0, 1), mean=st.floats(1e-3, 0.1), hazard=st.floats(1e-6, 1))
@settings(max_examples=60)
def test_what_is_seen_lies_between_the_mean_and_the_hazard(share: float, clear: float, mean: float,
                                                           hazard: float) -> None:
    x = having(traffic(1), routes__belief_unused=share, routes__visibility=clear)
    look = np.empty(1)
    seen(x.parameters["routes"][0], mean, np.array([hazard]), look)
    got = look[0]
    q = {"routes": {"belief_unused": share, "visibility": clear}, "enforcement": {"hazard_mean": mean}}
    assert got == pytest.approx(twin.looks(q, hazard), rel=1e-9)
    assert min(mean, hazard) * share * (1 - 1e-9) <= got <= max(mean, hazard) * share * (1 + 1e-9)


def test_switched_off_learning_keeps_beliefs() -> None:
    for mechanism in (Mechanism.LEARNING, Mechanism.ROUTES):
        x = knocked(traffic(1), mechanism)[1]
        y = after(x, detection, plan, carry, live)
        kept = alive(x) & (y.state.age > 0)
        np.testing.assert_array_equal(y.state.belief[kept], x.state.belief[kept])
        np.testing.assert_array_equal(y.state.network_belief, x.state.network_belief)


def test_people_go_by_the_better_paid_way() -> None:
    x = having(traffic(1), routes__choice_scale=1e-10)
    y = planned(x)
    for r in range(len(x.keys)):
        s, q, _ = _values(x, r)
        for o in np.flatnonzero(s["active"]):
            values = twin.people_routes(x.world, s, q, o)
            for f in (0, 1):
                best = max(values, key=lambda w: values[w][f])
                assert y.state.people_share[r, o, list(values).index(best), f] > 1 - 1e-6
                assert y.state.people_value[r, o, f] == pytest.approx(values[best][f], rel=1e-6)


def test_who_is_there_already_brings_the_price_whatever_the_way() -> None:
    x = traffic(1)
    x.state.pool_there[:] = 1.0
    world = x.world
    other = having(x, routes__journey_fixed=9e3, routes__journey_cost=5.0)
    other.state.belief[:] *= 5.0
    other.state.bribe_rate[:] *= 5.0
    a, b = planned(x).state, planned(other).state
    np.testing.assert_allclose(a.people_value, b.people_value, **CLOSE)
    start, end = world.people_origin, world.people_destination
    to = world.place_state[world.destination_place[end]]
    brought = x.state.effectiveness[:, start, end] * x.state.people_price[:, end]
    brought -= x.state.conviction_cost[:, to, None] / 8.0
    for r, o in np.argwhere(alive(x)):
        ways = np.flatnonzero(world.place_state[start] == world.place_state[x.state.home[r, o]])
        mean = (a.people_share[r, o, : len(ways)] * brought[r, ways]).sum(0)
        np.testing.assert_allclose(a.people_value[r, o], mean, rtol=1e-9)


def _two_sources(x: Scene) -> Scene:
    """Half of the routes told to start at a second source."""
    source = x.world.route_source.copy()
    source[::2] = 1
    return replace(x, world=replace(x.world, source_place=np.array([0, 1], dtype=np.int64), route_source=source))


def test_a_larger_source_draws_more_and_two_equal_ones_change_nothing() -> None:
    x = traffic(1)
    equal = planned(having(_two_sources(x), routes__first_source_share=0.5)).state.route_share
    np.testing.assert_allclose(equal, planned(x).state.route_share, rtol=1e-9)
    large = having(_two_sources(x), routes__first_source_share=0.8)
    first = large.world.route_source == 0
    assert (planned(large).state.route_share[:, :, first].sum(2) > equal[:, :, first].sum(2))[alive(x)].all()
    assert_twin(large, planned(large), lambda *args: twin.plan(*args, everything=True), WRITES)


def test_carriers_ask_less_with_experience_and_more_for_opium() -> None:
    x = having(traffic(1), routes__experience_rate=0.3, routes__opium_bulk=3.0, routes__pass_through=0.0)
    x.state.experience[:] = x.state.experience_start
    x.state.purchased[:] = 0.0
    x = replace(x, world=replace(x.world, event={**x.world.event, "raw_opium": np.zeros(x.world.months)}))
    s = after(x, plan).state
    np.testing.assert_allclose(s.carrying_cost, 1.0)
    full = x.parameters["organisations"]["journey_load"]
    np.testing.assert_allclose(s.load, full)
    x.state.experience[:] = 2.0 * x.state.experience_start
    np.testing.assert_allclose(after(x, plan).state.carrying_cost, 0.5**0.3)
    x.world.event["raw_opium"][x.month] = 1.0
    raw = after(x, plan).state
    np.testing.assert_allclose(raw.carrying_cost, 3.0 * 0.5**0.3)
    np.testing.assert_allclose(raw.load, full / 3.0)


def test_pay_for_carrying_follows_the_price_at_the_source_as_far_as_it_passes_through() -> None:
    x = having(traffic(1), routes__pass_through=0.0)
    x.state.source_price[:] = 2.0 * x.parameters["drug_market"]["source_price"]
    additive = after(x, plan).state.carrying_cost
    for share in (0.5, 1.0):
        dearer = after(having(x, routes__pass_through=share), plan).state.carrying_cost
        np.testing.assert_allclose(dearer, additive * 2.0**share)
