import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter
from qorgau.model.world import INSTRUMENTS
from tests.model.people_scene import MODULES, Scene, assert_twin, priors, scene
from tests.model.twins import economy as twin

WRITES = ("wage", "irregular_wage", "departures", "migrants", "remittances_share", "pool", "pool_children",
          "pool_there", "irregular_arrivals")
SWITCHES = [Mechanism[n] for n in ("ECONOMY", "WAGE_GAP", "POPULATION_PUSH", "POVERTY_VULNERABILITY",
                                   "MIGRANT_VULNERABILITY", "HOME_UNEMPLOYMENT", "SCHOOLING")]


def step(before: Scene) -> Scene:
    return before.copy().advance("economy")


@pytest.mark.parametrize("name", sorted(MODULES))
def test_every_parameter_has_a_prior_in_its_unit_and_bounds(name: str) -> None:
    table = priors(name)
    assert set(table) == {p.name for p in MODULES[name].PARAMETERS}
    for p in MODULES[name].PARAMETERS:
        assert isinstance(p, Parameter) and table[p.name]["unit"] == p.unit
        ((_, (low, high)),) = table[p.name]["prior"].items()
        assert p.low <= low < high <= p.high, p.name
        assert table[p.name].get("claims") or table[p.name].get("assumption"), p.name


@pytest.mark.parametrize("seed", range(5))
def test_equals_its_twin(seed: int) -> None:
    before = scene(seed, month=60 * seed + 3)
    rng = np.random.default_rng(seed)
    before.on[:, SWITCHES] = rng.integers(0, 2, (3, len(SWITCHES)))
    assert_twin(before, step(before), twin.advance, WRITES)


@settings(max_examples=25)
@given(st.integers(0, 40), st.integers(0, 340))
def test_stocks_stay_under_what_could_leave_and_nothing_is_negative(seed: int, month: int) -> None:
    before = scene(seed, runs=2, month=month)
    after = before.copy().advance("economy", months=24)
    state, most = after.state, before.parameters["economy"]["movable"][:, None]
    most = most * before.world.population[month : month + 24].max(axis=0)
    assert (state.migrants.sum(axis=2) <= np.maximum(most, before.state.migrants.sum(axis=2)) * (1 + 1e-12)).all()
    for name in WRITES:
        values = getattr(state, name)
        assert np.isfinite(values).all() and (values >= 0).all(), name
    assert (state.pool_children <= 1).all()
    assert (np.diagonal(state.departures, axis1=1, axis2=2) == 0).all()


def test_departures_have_a_ceiling_whatever_the_wage_gap() -> None:
    before = scene(2)
    before.world.gdp_per_head[:, 1] = 1.0
    after = step(before)
    q = before.parameters["economy"]
    grown = before.world.population[before.month, 1] / before.world.population[24, 1]
    push = 1 + q["push"] * max(0.0, grown / before.world.farm_growth[before.month, 1] - 1)
    ceiling = q["leave_rate"] / 12 * push * q["movable"] * before.world.population[before.month, 1]
    assert (after.state.departures[:, 1].sum(axis=1) <= ceiling).all()
    before.state.migrants[:] = 0
    assert (step(before).state.departures[:, 1].sum(axis=1) > 0.8 * ceiling).all()


def test_no_one_leaves_without_the_economy_and_stocks_run_down() -> None:
    before = scene(0).off(Mechanism.ECONOMY)
    after = step(before)
    assert (after.state.departures == 0).all() and (after.state.irregular_arrivals == 0).all()
    kept = 1 - before.parameters["economy"]["return_rate"] / 12
    np.testing.assert_allclose(after.state.migrants, before.state.migrants * kept[:, None, None])
    assert after.state.pool.sum() > 0, "people at home are still open to recruiters"


def test_borders_open_after_the_soviet_end() -> None:
    early, late = scene(4, month=6), scene(4, month=270)
    late.state.migrants[:] = early.state.migrants
    assert (step(early).state.departures.sum(axis=(1, 2)) < 0.2 * step(late).state.departures.sum(axis=(1, 2))).all()


def test_wider_gap_more_departures_and_remittances() -> None:
    before = scene(2)
    wider = scene(2)
    wider.world.gdp_per_head[before.month, 1] *= 0.5
    a, b = step(before).state, step(wider).state
    assert (b.departures[:, 1].sum(axis=1) > a.departures[:, 1].sum(axis=1)).all()
    assert (b.remittances_share[:, 1] > a.remittances_share[:, 1]).all()
    off = step(wider.off(Mechanism.WAGE_GAP)).state
    same = step(before.off(Mechanism.WAGE_GAP)).state
    np.testing.assert_allclose(off.departures, same.departures)


def test_exits_of_the_closed_state_are_limited() -> None:
    open_state, closed = scene(1), scene(1)
    open_state.parameters["economy"]["exit_TKM"] = 1.0
    closed.parameters["economy"]["exit_TKM"] = 0.1
    np.testing.assert_allclose(step(closed).state.departures[:, 1], 0.1 * step(open_state).state.departures[:, 1])


def test_poorer_homes_are_more_vulnerable_and_all_alike_without_the_mechanism() -> None:
    before = scene(3)
    before.on[:, [Mechanism.MIGRANT_VULNERABILITY, Mechanism.WAGE_GAP]] = 0
    homes = before.world.place_state == 1
    low = step(before).state.pool[:, homes].sum()
    before.world.gdp_per_head[before.month, 1] *= 3.0
    assert step(before).state.pool[:, homes].sum() < low
    flat = before.off(Mechanism.POVERTY_VULNERABILITY)
    first = step(flat).state.pool[:, homes].sum()
    flat.world.gdp_per_head[before.month, 1] *= 3.0
    assert step(flat).state.pool[:, homes].sum() == pytest.approx(first)


@pytest.mark.parametrize("seed", [0, 1])
def test_measures_lower_what_they_aim_at(seed: int) -> None:
    before = scene(seed)
    none, some, full = (step(before.instrument("regular_migration", v)).state for v in (0.0, 0.5, 1.0))
    focus = before.world.focus
    assert (none.irregular_arrivals[:, focus] > some.irregular_arrivals[:, focus]).all()
    assert (some.irregular_arrivals[:, focus] > full.irregular_arrivals[:, focus]).all()
    np.testing.assert_array_equal(none.irregular_arrivals[:, 1:], full.irregular_arrivals[:, 1:])
    none, full = (step(before.instrument("schooling", v)).state for v in (0.0, 1.0))
    inside = before.world.place_state[before.world.destination_place] == focus
    children = [(s.pool * s.pool_children)[:, :, inside].sum() for s in (none, full)]
    adults = [(s.pool * (1 - s.pool_children))[:, :, inside].sum() for s in (none, full)]
    assert children[1] < children[0] and adults[1] == pytest.approx(adults[0])


@pytest.mark.parametrize("mechanism", SWITCHES)
def test_each_switch_changes_something(mechanism: Mechanism) -> None:
    before = scene(0)
    before.world.farm_growth[:] *= 0.7
    before.state.instrument[:, INSTRUMENTS.index("schooling")] = 0.8
    a, b = step(before).state, step(before.off(mechanism)).state
    assert any(not np.array_equal(getattr(a, n), getattr(b, n)) for n in WRITES)


def test_without_unemployment_at_home_the_focus_sends_only_migrants() -> None:
    before = scene(2)
    before.on[:, Mechanism.MIGRANT_VULNERABILITY] = 0
    homes = before.world.place_state == before.world.focus
    assert step(before).state.pool[:, homes].sum() > 0
    assert step(before.off(Mechanism.HOME_UNEMPLOYMENT)).state.pool[:, homes].sum() == 0
