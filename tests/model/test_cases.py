import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model.mechanisms import Mechanism
from tests.model.people_scene import Scene, assert_twin, scene
from tests.model.twins import cases as twin

WRITES = ("trafficking_officers", "cases_backlog", "cases_identified", "cases_investigated", "cases_prosecuted",
          "cases_convicted", "cases_stopped", "testimonies", "conviction_cost", "deals_usd")
SWITCHES = [Mechanism[n] for n in ("ENFORCEMENT", "SHIELDING", "LABOUR_SHIELDING", "DIVERSION")]


def ready(seed: int = 0, runs: int = 3, **more: int) -> Scene:
    out = scene(seed, runs, **more)
    for name in ("economy", "human_trade", "people"):
        out.advance(name)
        out.month -= 1
    return out


def step(before: Scene) -> Scene:
    after = before.copy().advance("cases")
    after.month -= 1
    return after


def focus(scene: Scene, name: str) -> int:
    return int(getattr(scene.state, name)[:, scene.world.focus].sum())


@pytest.mark.parametrize("seed", range(5))
def test_equals_its_twin(seed: int) -> None:
    before = ready(seed, month=200 + 20 * seed)
    before.on[:, SWITCHES] = np.random.default_rng(seed).integers(0, 2, (3, len(SWITCHES)))
    before.on[0] = 1
    assert_twin(before, step(before), twin.advance, WRITES)


@settings(max_examples=25)
@given(st.integers(0, 60), st.integers(0, 420))
def test_cases_are_whole_and_every_step_keeps_no_more_than_the_last(seed: int, month: int) -> None:
    before = ready(seed, runs=2, month=month)
    s = step(before).state
    assert all((getattr(s, n) >= 0).all() for n in WRITES)
    assert (s.cases_backlog + s.cases_investigated <= before.state.cases_backlog + s.cases_identified).all()
    assert (s.cases_prosecuted + s.cases_stopped <= s.cases_investigated).all()
    assert (s.cases_convicted <= s.cases_prosecuted).all() and (s.testimonies <= before.state.assisted).all()
    known = before.state.identified + before.state.self_reported + before.state.outreach_exits
    assert (s.cases_identified <= 2 * known).all()


def test_nothing_is_taken_up_without_a_law_or_without_enforcement() -> None:
    before = ready()
    for other in (before.copy(), before.off(Mechanism.ENFORCEMENT)):
        if other.on[0, Mechanism.ENFORCEMENT]:
            other.state.law[:] = 0
        s = step(other).state
        assert (s.cases_investigated == 0).all() and (s.cases_convicted == 0).all()
        assert (s.trafficking_officers == 0).all()
        assert (s.conviction_cost <= before.state.conviction_cost).all()


def test_full_shield_stops_every_case_and_honest_officials_none() -> None:
    before = ready(runs=30)
    before.state.shield[:], before.state.shield_bribed[:] = 1, 1
    before.state.deal_risk[:] = 0
    before.state.instrument[:] = 0
    s = step(before).state
    assert (s.cases_prosecuted == 0).all() and (s.cases_stopped == s.cases_investigated).all()
    before.state.shield[:], before.state.shield_bribed[:], before.state.desk[:] = 0, 0, 0
    assert (step(before).state.cases_stopped == 0).all()
    before.state.desk[:] = 1
    assert step(before).state.cases_stopped.sum() > 0, "ties of police and employers stop labour cases"
    assert (step(before.off(Mechanism.LABOUR_SHIELDING)).state.cases_stopped == 0).all()


def test_officers_never_take_up_more_than_their_time_allows() -> None:
    before = ready(runs=50)
    before.state.cases_backlog[:] = 1_000_000
    before.state.instrument[:] = 0
    s, q = step(before).state, before.parameters["cases"]
    left = 1 - before.parameters["people"]["search_share"]
    mean = s.trafficking_officers * (left / q["case_months"])[:, None]
    assert (np.abs(s.cases_investigated - mean) <= 6 * np.sqrt(mean) + 1).all()


def test_diversion_takes_ordinary_officers_but_not_special_units() -> None:
    before = ready(runs=10, month=272)
    assert before.world.event["diversion"][272] == 1
    none, q = before.instrument("special_units", 0.0), before.parameters["cases"]
    a, b = step(none).state, step(none.off(Mechanism.DIVERSION)).state
    np.testing.assert_allclose(a.trafficking_officers[:, 0], b.trafficking_officers[:, 0] * (1 - q["diverted"]))
    np.testing.assert_array_equal(a.trafficking_officers[:, 1:], b.trafficking_officers[:, 1:])
    full = before.instrument("special_units", 1.0)
    with_units = step(full).state.trafficking_officers[:, 0] - a.trafficking_officers[:, 0]
    np.testing.assert_allclose(with_units, b.trafficking_officers[:, 0] * q["size_special_units"])


@pytest.mark.parametrize(
    ("measure", "outcome"),
    [("police_training", "cases_investigated"), ("special_units", "cases_prosecuted"),
     ("regional_coordination", "cases_prosecuted"), ("victim_non_prosecution", "testimonies")],
)
def test_each_measure_moves_its_step(measure: str, outcome: str) -> None:
    before = ready(runs=60)
    before.state.instrument[:] = 0
    before.state.assisted[:] = 60
    got = [focus(step(before.instrument(measure, v)), outcome) for v in (0.0, 0.5, 1.0)]
    assert got[0] < got[1] < got[2]


def test_penalties_act_only_through_what_a_conviction_costs() -> None:
    before = ready(runs=40)
    before.state.deal_risk[:] = 0
    none, full = (step(before.instrument("penalties", v)).state for v in (0.0, 1.0))
    for name in WRITES[:-2]:
        np.testing.assert_array_equal(getattr(none, name), getattr(full, name))
    assert (full.deals_usd >= none.deals_usd).all() and full.deals_usd[:, 0].sum() > none.deals_usd[:, 0].sum()
    convicted = none.cases_convicted[:, 0] + none.cases_stopped[:, 0] > 0
    assert (full.conviction_cost[convicted, 0] > none.conviction_cost[convicted, 0]).all() and convicted.any()
    np.testing.assert_array_equal(none.conviction_cost[~convicted], full.conviction_cost[~convicted])


def test_officials_stop_fewer_cases_the_more_they_risk_and_more_the_more_the_law_threatens() -> None:
    before = ready(runs=60)
    before.state.shield[:], before.state.shield_bribed[:] = 0.8, 0.8
    before.state.instrument[:] = 0
    stopped = []
    for risk in (0.0, 3e3, 3e4):
        before.state.deal_risk[:] = risk
        stopped.append(int(step(before).state.cases_stopped.sum()))
    assert stopped[0] > stopped[1] > stopped[2]
    before.parameters["cases"]["conviction_loss"] *= 20
    assert step(before).state.cases_stopped.sum() > stopped[2]
    none = step(before.off(Mechanism.BRIBERY)).state
    np.testing.assert_array_equal(none.deals_usd, before.state.deals_usd)


def test_protection_stops_cases_of_groups_and_convictions_of_others_deter_no_group() -> None:
    before = ready(runs=80)
    before.state.shield[:], before.state.shield_bribed[:] = 0.9, 0.1
    before.state.deal_risk[:], before.state.desk[:], before.state.instrument[:] = 0, 0, 0
    before.state.conviction_cost[:] = 0
    grouped, mixed, alone = before.copy(), before.copy(), before.copy()
    for each, part in ((grouped, 1.0), (mixed, 0.5), (alone, 0.0)):
        each.state.recruits_by_groups[:] = part
    a, b, c = (step(each).state for each in (grouped, mixed, alone))
    assert a.cases_stopped.sum() > b.cases_stopped.sum() > c.cases_stopped.sum()
    assert a.cases_prosecuted.sum() < b.cases_prosecuted.sum() < c.cases_prosecuted.sum()
    # what a group expects per journey is that of its own cases, whoever else stands in court
    here = np.unique(before.world.place_state[before.world.destination_place])
    assert b.cases_convicted[:, here].sum() > 3 * a.cases_convicted[:, here].sum()
    assert 0.7 < b.conviction_cost[:, here].sum() / a.conviction_cost[:, here].sum() < 1.4
    equal = before.copy()
    equal.state.shield_bribed[:] = equal.state.shield
    one, other = equal.copy(), equal.copy()
    one.state.recruits_by_groups[:], other.state.recruits_by_groups[:] = 0.2, 1.0
    for name in WRITES:
        np.testing.assert_allclose(getattr(step(one).state, name), getattr(step(other).state, name), rtol=1e-9)


def test_testimony_and_the_court_s_ruling_raise_convictions() -> None:
    before = ready(runs=80, month=300)
    before.state.abuse[:] = 0
    before.state.assisted[:] = 0
    silent = focus(step(before), "cases_convicted")
    before.state.assisted[:] = 400
    assert focus(step(before), "cases_convicted") > silent
    assert before.world.event["court_clarification"][300] == 1
    before.world.event["court_clarification"][300] = 0
    without = focus(step(before), "cases_convicted")
    before.world.event["court_clarification"][300] = 1
    assert focus(step(before), "cases_convicted") > without


@pytest.mark.parametrize("mechanism", SWITCHES)
def test_each_switch_changes_something(mechanism: Mechanism) -> None:
    before = ready(runs=20)
    a, b = step(before).state, step(before.off(mechanism)).state
    assert any(not np.array_equal(getattr(a, n), getattr(b, n)) for n in WRITES)


def test_ngos_bring_cases_to_the_police() -> None:
    before = ready(runs=30)
    for name in ("identified", "self_reported", "returned_by_officials", "cases_backlog"):
        getattr(before.state, name)[:] = 0
    before.state.outreach_exits[:] = 200
    q = before.parameters["cases"]
    opened = step(before).state.cases_identified
    expected = (200 * q["open_share"] * q["refer"]).sum() * opened.shape[1]
    assert 0.85 * expected < opened.sum() < 1.15 * expected
    q["refer"] = 0.0
    assert (step(before).state.cases_identified == 0).all()
