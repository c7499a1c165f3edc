import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model.human_trade import need_of, transit_hazard
from qorgau.model.mechanisms import Mechanism
from qorgau.model.world import CONDUCTS
from tests.model.people_scene import Scene, assert_twin, scene
from tests.model.twins import human_trade as twin

WRITES = ("recruits", "recruits_children", "recruits_there", "recruits_route", "arrived", "intercepted",
          "carried_people", "couriers", "origin_flow", "transit_flow", "arrival_flow", "demand_people", "effectiveness",
          "people_price", "recruits_drug_first", "recruits_by_groups")
SWITCHES = [Mechanism[n] for n in ("MARKETS", "CHEAP_LABOUR", "POLICE_BROKERAGE", "FORCED_COURIERS", "FACILITATORS",
                                   "DOCUMENTS", "SAFE_HOUSES", "OFFICIALS_CARRY", "DRUGS_TO_HOLD",
                                   "LOW_ENTRY_COST")]


def ready(seed: int = 0, runs: int = 3, **more: int) -> Scene:
    """A scene after the economy's month, so that there is a pool."""
    out = scene(seed, runs, **more).advance("economy")
    out.month -= 1
    return out


def step(before: Scene) -> Scene:
    after = before.copy().advance("human_trade")
    after.month -= 1
    return after


@pytest.mark.parametrize("seed", range(5))
def test_equals_its_twin(seed: int) -> None:
    before = ready(seed, month=200 + 20 * seed)
    before.on[:, SWITCHES] = np.random.default_rng(seed).integers(0, 2, (3, len(SWITCHES)))
    assert_twin(before, step(before), twin.advance, WRITES)


@settings(max_examples=25)
@given(st.integers(0, 60), st.floats(0.0, 2.0))
def test_everyone_recruited_arrives_or_is_found(seed: int, hazard: float) -> None:
    before = ready(seed, runs=2)
    before.state.hazard[:] *= hazard
    s, world = step(before).state, before.world
    recruits = s.recruits.sum(axis=(1, 2, 3))
    np.testing.assert_array_equal(recruits - s.recruits_there.sum(axis=(1, 2, 3)), s.recruits_route.sum(axis=(1, 2)))
    assert s.recruits_there.sum() > 0
    np.testing.assert_array_equal(recruits, s.arrived.sum(axis=(1, 2, 3)) + s.intercepted.sum(axis=1))
    np.testing.assert_array_equal(recruits, s.origin_flow.sum(axis=1))
    assert (s.recruits_children <= s.recruits).all() and all((getattr(s, n) >= 0).all() for n in WRITES)
    assert (s.arrived[..., 1].sum(axis=(1, 2)) <= s.recruits_children.sum(axis=(1, 2, 3))).all()
    assert (s.couriers <= s.arrival_flow.sum(axis=1)).all()
    links, km = np.diff(world.people_ptr), world.people_links
    for k in np.unique(km[world.people_ptr[:-1][links > 0]]):
        begins = [h for h in np.flatnonzero(links) if km[world.people_ptr[h]] == k]
        assert (s.carried_people[:, k] >= s.recruits_route[:, begins].sum(axis=1)).all()


def test_no_attempts_no_recruits_and_no_pool_no_recruits() -> None:
    before = ready().off(Mechanism.LOW_ENTRY_COST)
    before.state.attempts_route[:] = 0
    s = step(before).state
    for name in ("recruits", "arrived", "intercepted", "carried_people", "couriers", "transit_flow"):
        assert (getattr(s, name) == 0).all(), name
    before = ready()
    before.state.pool[:] = 0
    s = step(before).state
    assert (s.recruits == 0).all() and (s.effectiveness < before.state.effectiveness).any()


def test_crowding_bounds_recruits_by_the_pool() -> None:
    before = ready(runs=60)
    before.state.attempts_route[:] = 1e7
    s = step(before).state
    q = before.parameters["human_trade"]
    aware = 1 - q["size_awareness"] * before.state.instrument[:, 5] * 1.0
    most = (q["winnable"] * before.state.pool.sum(axis=(1, 2)))
    mean, got = most.sum(), s.recruits.sum()
    assert got <= mean + 5 * np.sqrt(mean)
    assert got >= (aware * most).sum() - 5 * np.sqrt(mean)
    crowded, few = s.effectiveness.mean(), ready(runs=60)
    few.state.attempts_route[:] = 1e-3
    assert step(few).state.effectiveness.mean() > crowded


def test_nobody_is_found_without_hazard_and_all_with_a_huge_one() -> None:
    before = ready()
    before.state.hazard[:] = 0
    assert (step(before).state.intercepted == 0).all()
    before.state.hazard[:] = 1e4
    before.on[:, Mechanism.OFFICIALS_CARRY] = 0
    s = step(before).state
    local = np.diff(before.world.people_ptr) == 0
    unseen = s.recruits_route[:, local].sum(axis=(1, 2)) + s.recruits_there.sum(axis=(1, 2, 3))
    np.testing.assert_array_equal(s.arrived.sum(axis=(1, 2, 3)), unseen)


def test_found_persons_are_placed_in_proportion_to_where_hazard_is_met() -> None:
    before = ready(runs=200)
    world = before.world
    route = int(np.argmax(np.diff(world.people_ptr)))
    links = world.people_links[world.people_ptr[route]:world.people_ptr[route + 1]]
    before.state.attempts_route[:] = 0
    before.state.attempts_route[:, route, 0] = 1e5
    before.state.hazard[:] = 0
    before.state.hazard[:, links[-1]] = 3.0
    before.on[:, Mechanism.OFFICIALS_CARRY] = 0
    s = step(before).state
    there = world.place_state[world.corridor_to[links[-1]]]
    assert s.intercepted[:, there].sum() == s.intercepted.sum() > 0


def test_services_and_officials_lower_the_hazard_of_people() -> None:
    def at(matter: float, papers: float, houses: float, take_part: float = 0.0) -> float:
        return transit_hazard(0.2, 0.3, need_of(1.0, matter, papers, houses), 0.5, take_part)

    assert at(1.0, 1.0, 1.0) == pytest.approx(0.06)
    assert at(1.0, 0.0, 0.0) == pytest.approx(0.12)
    for papers, houses in ((1.0, 0.0), (0.0, 1.0), (0.5, 0.5)):
        assert at(1.0, papers, houses) == pytest.approx(0.09), "each is half of it"
    assert at(0.0, 0.0, 0.0) == pytest.approx(0.06), "not needed: short supply no risk"
    assert at(1.0, 1.0, 1.0, 0.4) == pytest.approx(0.06 * 0.8)
    before = ready(runs=40)
    before.state.conduct[:] = 0
    honest = step(before).state.intercepted.sum()
    before.state.conduct[..., CONDUCTS.index("take_part")] = 1
    assert step(before).state.intercepted.sum() < honest
    before.state.service[:] = 0
    short = step(before).state.intercepted.sum()
    before.state.service[:] = 1
    assert step(before).state.intercepted.sum() < short


def test_awareness_lowers_recruits_more_in_focus_than_abroad() -> None:
    before = ready(runs=80)
    none, full = (step(before.instrument("awareness", v)).state for v in (0.0, 1.0))
    assert (full.recruits <= none.recruits).all(), "one uniform per count keeps runs coupled"
    own = before.world.place_state == before.world.focus
    fall = [1 - full.recruits[:, m].sum() / none.recruits[:, m].sum() for m in (own, ~own)]
    assert fall[0] > fall[1] > 0


def test_price_moves_to_clear_and_never_above_the_choke_price() -> None:
    before = ready(runs=4)
    before.state.exploited[:] = 0
    rising = step(before).state.people_price
    assert (rising > before.state.people_price).all()
    before.state.exploited[:] = 10_000_000
    falling = step(before).state.people_price
    assert (falling < before.state.people_price).all()
    before.state.exploited[:] = 0
    after = before.copy().advance("human_trade", months=120)
    q = before.parameters["human_trade"]
    state_of = before.world.place_state[before.world.destination_place]
    pay = before.state.irregular_wage[:, state_of, None]
    choke = np.stack([q["choke_labour"], q["choke_sexual"]], -1)[:, None, :] * pay
    choke = choke * (1 + q["endurance"][:, None] * before.state.attempts_drug_first)[:, None, :]
    assert (after.state.people_price <= 0.98 * choke * (1 + 1e-12)).all()
    assert (after.state.demand_people >= 0).all()


def test_cheap_labour_and_corrupt_police_raise_demand_for_labour() -> None:
    before = ready().off(Mechanism.MARKETS)
    more = before.copy()
    more.state.irregular_arrivals[:] = 2 * before.state.irregular_arrivals + 1000
    assert (step(more).state.demand_people >= step(before).state.demand_people).all()
    assert (step(more).state.demand_people > step(before).state.demand_people).any()
    before.state.abuse[:] = 0
    honest = step(before).state.demand_people
    before.state.abuse[:] = 1
    corrupt = step(before).state.demand_people
    assert (corrupt[..., 0] > honest[..., 0]).all() and (corrupt[..., 1] == honest[..., 1]).all()


def test_markets_off_keeps_prices() -> None:
    before = ready().off(Mechanism.MARKETS)
    np.testing.assert_array_equal(step(before).state.people_price, before.state.people_price)


@pytest.mark.parametrize("mechanism", SWITCHES)
def test_each_switch_changes_something(mechanism: Mechanism) -> None:
    before = ready(runs=20)
    a, b = step(before).state, step(before.off(mechanism)).state
    assert any(not np.array_equal(getattr(a, n), getattr(b, n)) for n in WRITES)


def test_people_are_recruited_without_any_organisation_where_entry_is_cheap_and_soviet_rule_is_over() -> None:
    before = scene(runs=30, month=200)
    before.advance("economy")
    before.month -= 1
    before.state.attempts_route[:] = 0
    before.state.pool[:] *= 50
    assert step(before).state.recruits.sum() > 0
    assert step(before.off(Mechanism.LOW_ENTRY_COST)).state.recruits.sum() == 0
    soviet = before.copy()
    soviet.month = 10
    assert step(soviet).state.recruits.sum() == 0
    after = step(before).state
    assert (after.recruits_drug_first == 0).all()
