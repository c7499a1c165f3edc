import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model import people
from qorgau.model.mechanisms import Mechanism
from qorgau.model.settlement import at_the_desk
from tests.model.people_scene import Scene, assert_twin, scene
from tests.model.twins import people as twin

WRITES = ("fear", "help_hazard", "exploited", "waiting", "waiting_outreach", "in_care", "recovered", "unassisted_out",
          "identified", "escaped", "outreach_exits", "self_reported", "ended", "returned_by_officials", "assisted",
          "assisted_outreach", "retrafficked", "freed_by_courts", "desk", "desk_rent", "deals_usd")
SWITCHES = [Mechanism[n] for n in ("PEOPLE", "DRUGS_TO_HOLD", "OFFICIALS_ABUSE", "OUTREACH", "ENFORCEMENT", "BRIBERY")]


def ready(seed: int = 0, runs: int = 3, **more: int) -> Scene:
    """A scene after economy and trade of the month, so that people arrive."""
    out = scene(seed, runs, **more)
    for name in ("economy", "human_trade"):
        out.advance(name)
        out.month -= 1
    return out


def step(before: Scene) -> Scene:
    after = before.copy().advance("people")
    after.month -= 1
    return after


def accounted(scene: Scene) -> np.ndarray:
    s = scene.state
    return s.exploited.sum(axis=(1, 2, 3)) + (s.waiting + s.in_care + s.recovered + s.unassisted_out).sum(axis=1)


@pytest.mark.parametrize("seed", range(5))
def test_equals_its_twin(seed: int) -> None:
    before = ready(seed, month=180 + 30 * seed)
    before.on[:, SWITCHES] = np.random.default_rng(seed).integers(0, 2, (3, len(SWITCHES)))
    before.on[0] = 1
    assert_twin(before, step(before), twin.advance, WRITES)


@settings(max_examples=25)
@given(st.integers(0, 60), st.integers(0, 400), st.integers(1, 30), st.lists(st.sampled_from(SWITCHES), max_size=2))
def test_every_person_is_accounted_for_in_every_month(seed: int, month: int, months: int, off: list) -> None:
    start = scene(seed, runs=2, month=month).off(*off)
    known = accounted(start)
    for _ in range(months):
        start.advance()
        known = known + start.state.recruits.sum(axis=(1, 2, 3))
        s = start.state
        np.testing.assert_array_equal(known, accounted(start))
        assert (s.ledger_people == 0).all()
        for name in WRITES:
            assert (getattr(s, name) >= 0).all(), name
        assert (s.waiting_outreach <= s.waiting).all() and (s.assisted_outreach <= s.assisted).all()
        assert (s.returned_by_officials <= s.identified).all() and (s.fear <= 1).all()


def test_an_empty_world_stays_empty() -> None:
    before = ready()
    for name in ("exploited", "waiting", "waiting_outreach", "in_care", "arrived", "intercepted", "recruits"):
        getattr(before.state, name)[:] = 0
    s = step(before).state
    assert all((getattr(s, n) == 0).all() for n in WRITES if n not in ("fear", "help_hazard", "desk", "desk_rent"))


def test_without_help_spells_end_only_by_escape_or_being_let_go() -> None:
    s = step(ready().off(Mechanism.PEOPLE)).state
    for name in ("self_reported", "outreach_exits", "assisted", "freed_by_courts", "returned_by_officials"):
        assert (getattr(s, name) == 0).all(), name
    np.testing.assert_array_equal(s.identified, ready().state.intercepted)
    assert s.escaped.sum() > 0 and s.ended.sum() > 0


def test_without_officers_police_identify_only_those_found_on_the_way() -> None:
    before = ready()
    before.state.trafficking_officers[:] = 0
    np.testing.assert_array_equal(step(before).state.identified, before.state.intercepted)


def test_officer_time_bounds_identification_however_many_people_there_are() -> None:
    before = ready(runs=30)
    before.state.exploited[:] *= 1000
    before.state.instrument[:] = 0
    before.state.abuse[:] = 0
    before.state.shield[:] = 0
    s, q = step(before).state, before.parameters["people"]
    bound = before.state.trafficking_officers * (q["search_share"] / q["handling"])[:, None]
    found = s.identified - before.state.intercepted
    assert (found <= bound + 5 * np.sqrt(bound) + 1).all()
    goals = np.unique(before.world.place_state[before.world.destination_place])
    assert found[:, goals].sum() > 0.7 * bound[:, goals].sum()


def test_honest_police_hand_nobody_back_and_frighten_nobody() -> None:
    before = ready(runs=20)
    before.state.abuse[:] = 1
    bad = before.copy().advance("people", months=30).state
    before.state.abuse[:] = 0
    good = before.copy().advance("people", months=30).state
    assert (good.returned_by_officials == 0).all() and bad.returned_by_officials.sum() > 0
    assert (good.fear < bad.fear).all()


def test_courts_free_people_and_never_more_than_there_are() -> None:
    before = ready(runs=20)
    before.state.cases_prosecuted[:] = 1_000_000
    before.state.arrived[:] = 0
    s, world = step(before).state, before.world
    state_of = world.place_state[world.destination_place]
    for t in range(world.sizes["state"]):
        here = before.state.exploited[:, state_of == t].sum(axis=(1, 2, 3))
        np.testing.assert_array_equal(s.freed_by_courts[:, t], here)


def test_shelters_take_no_more_than_they_have_places_for() -> None:
    before = ready(runs=20)
    before.state.waiting[:] = 100_000
    before.state.in_care[:] = 0
    none, full = (step(before.instrument("rehabilitation_centres", v)).state for v in (0.0, 1.0))
    q, focus = before.parameters["people"], before.world.focus
    places = q["care_places"] * before.world.population[before.month, focus] / 1e6
    assert (none.assisted[:, focus] <= places).all() and (none.assisted[:, focus] > 0).all()
    assert (full.assisted[:, focus] > none.assisted[:, focus]).all()
    assert (full.retrafficked[:, focus] <= none.retrafficked[:, focus]).mean() > 0.8


@pytest.mark.parametrize(
    ("measure", "outcome", "sign"),
    [("outreach", "outreach_exits", 1), ("police_training", "identified", 1), ("awareness", "self_reported", 1),
     ("victim_non_prosecution", "self_reported", 1), ("rehabilitation_centres", "assisted", 1),
     ("regional_coordination", "retrafficked", -1)],
)
def test_each_measure_moves_its_outcome_in_focus_only(measure: str, outcome: str, sign: int) -> None:
    before = ready(runs=40)
    before.state.instrument[:] = 0
    # fear and places follow in time; what is drawn from the same people is compared in the first month
    months = 12 if outcome in ("assisted", "retrafficked") or measure == "victim_non_prosecution" else 1
    levels = [before.instrument(measure, v).advance("people", months=months).state for v in (0.0, 0.5, 1.0)]
    total = [sign * getattr(s, outcome)[:, before.world.focus].sum() for s in levels]
    assert total[0] < total[1] < total[2]
    np.testing.assert_array_equal(levels[0].fear[:, 1:], levels[2].fear[:, 1:])


def test_drugs_hold_people_the_more_the_cheaper_they_are() -> None:
    before = ready(runs=60)
    before.state.recruits_drug_first[:] = 1
    cheap, dear = before.copy(), before.copy()
    cheap.state.price_retail[:], dear.state.price_retail[:] = 100.0, 1e9
    held, free = step(cheap).state, step(dear).state
    assert held.escaped.sum() < free.escaped.sum()
    assert step(before.off(Mechanism.DRUGS_TO_HOLD)).state.escaped.sum() == pytest.approx(free.escaped.sum(), rel=0.05)


@pytest.mark.parametrize("mechanism", SWITCHES)
def test_each_switch_changes_something(mechanism: Mechanism) -> None:
    before = ready(runs=10)
    a, b = step(before).state, step(before.off(mechanism)).state
    assert any(not np.array_equal(getattr(a, n), getattr(b, n)) for n in WRITES)


def test_posts_that_are_sought_after_hold_more_of_the_corrupt_and_never_more_than_all() -> None:
    shares = np.linspace(0.0, 1.0, 21)
    same = [at_the_desk(x, 1.0) for x in shares]
    more = [at_the_desk(x, 8.0) for x in shares]
    np.testing.assert_allclose(same, shares)
    assert more[0] == 0 and more[-1] == 1 and all(a < b for a, b in zip(same[1:-1], more[1:-1]))


def test_findings_are_settled_where_officers_take_and_officers_share_what_the_law_threatens() -> None:
    before = ready(runs=30)
    before.state.instrument[:] = 0
    before.state.exploited[:] *= 100
    before.state.shield[:] = 0
    before.state.abuse[:] = 0.5
    q = before.parameters["people"]
    q["collusion"] = 0.0
    found = [int(step(before.off(Mechanism.BRIBERY)).state.identified.sum())]
    paid = [0.0]
    for risk in (1e9, 2000.0, 0.0):
        before.state.deal_risk[:] = risk
        s = step(before).state
        found.append(int(s.identified.sum()))
        paid.append(float(s.deals_usd.sum()))
    assert found[0] == pytest.approx(found[1], rel=0.02) and found[1] > 1.2 * found[2] > 1.2 * found[3]
    assert paid[2] > 0 and paid[3] > 0
    more = before.copy()
    more.parameters["cases"]["conviction_loss"] *= 10
    assert step(more).state.deals_usd.sum() > 1.5 * paid[3], "the more the law threatens, the dearer the deal"
    before.state.deals_usd[:] = 1e7
    assert (step(before).state.desk >= s.desk).all(), "what settling yields draws those who take"


def test_where_places_are_protected_police_identify_fewer() -> None:
    before = ready(runs=30)
    before.state.exploited[:] *= 100
    before.state.instrument[:] = 0
    open_places = before.copy()
    open_places.state.shield[:] = 0
    before.state.shield[:] = 1
    kept = 1 - before.parameters["people"]["looked_away"].mean()
    found = [(step(x).state.identified - x.state.intercepted).sum() for x in (open_places, before)]
    assert 0 < found[1] < (kept + 0.25) * found[0]


def test_ngos_reach_no_more_people_than_they_can() -> None:
    before = ready(runs=30)
    before.state.exploited[:] *= 1000
    before.state.instrument[:] = 0
    q = before.parameters["people"]
    q["self_report"] = 0.0
    millions = before.world.population[before.month] / 1e6
    bound = q["outreach_capacity"][:, None] * millions
    reached = step(before).state.outreach_exits
    assert reached.sum() > 0 and (reached <= bound + 5 * np.sqrt(bound) + 1).all()


def test_who_fears_the_police_turns_to_ngos() -> None:
    before = ready(runs=30)
    before.state.exploited[:] *= 100
    before.parameters["people"]["outreach"] = 1e-9
    reached = step(before).state.outreach_exits.sum()
    before.parameters["people"]["turn_to_ngo"] = 0.0
    assert step(before).state.outreach_exits.sum() <= 1 < reached


def test_a_few_are_exploited_at_the_start_and_only_in_the_former_union() -> None:
    before = scene(runs=30)
    before.parameters["people"]["start_exploited"] = 50.0
    people.start(before.world, before.state, before.parameters, before.on, before.keys)
    s, w = before.state, before.world
    inside = {int(w.place_state[p]) for ends in (w.corridor_from, w.corridor_to)
              for p, i in zip(ends, w.corridor_internal) if i}
    for d, p in enumerate(w.destination_place):
        most = 50.0 * w.population[0, w.place_state[p]] * w.place_share[p] / 1e6
        here = s.exploited[:, d].sum(axis=(1, 2))
        assert (here <= most).all() and (s.exploited[:, d, :, 1] == 0).all()
        assert (here == 0).all() if int(w.place_state[p]) not in inside else (here >= most - 2).all()
    assert (s.ledger_people == 0).all()
