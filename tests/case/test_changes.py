"""What experts write under ``change``, and what the model gets of it."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from qorgau.case import Case
from qorgau.case.changes import Change, alternative_of
from qorgau.case.translate import to_world
from qorgau.errors import InputError
from qorgau.model.mechanisms import Mechanism
from qorgau.model.world import INSTRUMENTS, POST_KINDS, World


@pytest.fixture(scope="module")
def world(kazakhstan: Case) -> World:
    return to_world(kazakhstan)


def _made(case: Case, world: World, runs: int = 1, columns=None, last: int = 2013, **change):
    columns = columns or {}
    return alternative_of(case, world, Change(says="x", **change), last)(columns, runs)


def test_mechanisms_parameters_and_years(kazakhstan: Case, world: World) -> None:
    made = _made(kazakhstan, world, **{"from": 1998}, without=("scope",), parameters={"economy.irregular": 0.5})
    assert made.switches == {int(Mechanism.SCOPE): 0.0}
    assert made.factors == {("economy", "irregular"): 0.5}
    assert (made.first_year, made.last_year, made.world) == (1998, 2013, None)


def test_a_held_series_stands_at_its_mean_from_the_year_on(kazakhstan: Case, world: World) -> None:
    changed = _made(kazakhstan, world, **{"from": 2002}, hold_series={"opium": (1995, 2000)}).world
    start = 12 * (2002 - world.start_year)
    assert np.array_equal(changed.opium[:start], world.opium[:start])
    assert changed.opium[start:] == pytest.approx(world.opium[72:144].mean())


def test_held_ratios_stand_still_while_the_common_level_goes_on(kazakhstan: Case, world: World) -> None:
    changed = _made(kazakhstan, world, **{"from": 1996}, hold_ratios={"gdp_per_head": 1995}).world
    start = 12 * (1996 - world.start_year)
    mean_1995 = world.gdp_per_head[72:84].mean(axis=0)
    ratio = changed.gdp_per_head[start:] / mean_1995
    assert ratio == pytest.approx(np.broadcast_to(ratio[:, :1], ratio.shape)), "all states by one factor"
    total = (changed.gdp_per_head * world.population).sum(1)
    assert total == pytest.approx((world.gdp_per_head * world.population).sum(1)), "the income of all together is kept"


def test_events_are_held_as_they_stood(kazakhstan: Case, world: World) -> None:
    changed = _made(kazakhstan, world, **{"from": 1991}, hold_events=("soviet",)).world
    assert (changed.event["soviet"][24:] == world.event["soviet"][23]).all()
    assert changed.event["law"] is world.event["law"]


def test_corridors_by_places_states_and_likeness(kazakhstan: Case, world: World) -> None:
    into = _made(kazakhstan, world, **{"from": 1998}, corridors=({"into": ("urumqi",), "length_times": 3},)).world
    urumqi = world.place_names.index("urumqi")
    touched = (world.corridor_to == urumqi) | (world.corridor_from == urumqi)
    assert into.corridor_km[touched] == pytest.approx(3 * world.corridor_km[touched])
    assert np.array_equal(into.corridor_km[~touched], world.corridor_km[~touched])
    for k in range(len(world.route_km)):
        links = world.route_links[world.route_ptr[k]:world.route_ptr[k + 1]]
        assert into.route_km[k] == pytest.approx(into.corridor_km[links].sum())
    like = _made(kazakhstan, world, **{"from": 1998}, corridors=(
        {"between_states": ("KGZ", "KAZ"), "modes": ("road", "rail"), "like_between_states": ("UZB", "KAZ")},)).world
    name = [world.state_names[s] for s in world.place_state]
    ends = [{name[a], name[b]} for a, b in zip(world.corridor_from, world.corridor_to)]
    land = world.corridor_mode <= 1
    kyrgyz = np.array([e == {"KGZ", "KAZ"} for e in ends]) & land
    uzbek = np.array([e == {"UZB", "KAZ"} for e in ends]) & land
    assert like.corridor_cover[kyrgyz] == pytest.approx(world.corridor_cover[uzbek].mean())
    assert like.corridor_monitoring[kyrgyz] == pytest.approx(world.corridor_monitoring[uzbek].mean())
    assert np.array_equal(like.corridor_cover[~kyrgyz], world.corridor_cover[~kyrgyz])


def test_dials_carry_months_and_relative_changes(kazakhstan: Case, world: World) -> None:
    corridors = ({"joining": ("osh", "bishkek"), "officer_months_a_year": 300},
                 {"inside": "KAZ", "busiest_in": 2002, "hazard_times": 3})
    made = _made(kazakhstan, world, **{"from": 2003}, carrying_capacity=0.5, irregular_arrivals={"KAZ": 0.5},
                 corridors=corridors)
    dials = {dial.name: dial for dial in made.dials}
    assert dials["effort_added"].value == 25 and len(dials["effort_added"].index) >= 2
    assert dials["hazard_raised"].value == 2 and dials["hazard_raised"].busiest_year == 2002
    assert dials["carrying_changed"].value == -0.5
    assert dials["irregular_changed"].index == (world.state_names.index("KAZ"),)


def test_bodies_of_officials_are_made_honest_by_kind(kazakhstan: Case, world: World, template: Case) -> None:
    made = _made(kazakhstan, world, **{"from": 2003}, honest_officials=("border", "migration"))
    (dial,) = made.dials
    kinds = [POST_KINDS[k] for k in world.post_kind]
    assert dial.name == "honest" and dial.value == 1.0
    assert sorted(dial.index) == [i for i, kind in enumerate(kinds) if kind in ("border", "migration")]
    plain = template.model_copy(update={"posts": tuple(p for p in template.posts if p.kind != "border")})
    change = Change(says="x", **{"from": 2003}, honest_officials=("border",))
    with pytest.raises(InputError, match="no post of kind border"):
        alternative_of(plain, to_world(plain), change, 2013, "patterns.yaml", "P99.change.B")


def test_measures_within_one_budget(kazakhstan: Case, world: World) -> None:
    names = [f"measures.cost_{k}" for k in INSTRUMENTS]
    columns = {name: np.array([4.0, 4.0]) for name in names} | {"measures.delivered_share": np.ones(2)}
    columns["measures.cost_penalties"] = np.array([1.0, 8.0])
    made = _made(kazakhstan, world, 2, columns, **{"from": 2003}, measures={"outreach": 1},
                 with_the_budget_of="penalties")
    outreach = INSTRUMENTS.index("outreach")
    assert made.levers[:, outreach] == pytest.approx([0.25, 1.0])
    assert np.delete(made.levers, outreach, axis=1).sum() == 0


@pytest.mark.parametrize(("change", "key", "fix"), [
    ({"without": ("skope",)}, "without", "scope"),
    ({"parameters": {"economy.irregula": 2}}, "parameters", "economy.irregular"),
    ({"measures": {"schoolin": 1}}, "measures", "schooling"),
    ({"irregular_arrivals": {"KAX": 0.5}}, "irregular_arrivals", "KAZ"),
    ({"corridors": ({"into": ("urumchi",), "length_times": 3},)}, "corridors.0.into", "urumqi"),
    ({"corridors": ({"joining": ("osh", "moscow"), "hazard_times": 3},)}, "corridors.0", "check places"),
    ({"corridors": ({"inside": "KAZ", "busiest_in": 2004, "hazard_times": 3},)}, "corridors.0.busiest_in", "2002"),
    ({"hold_series": {"opium": (1950, 1960)}}, "hold_series.opium", "1989"),
    ({"hold_ratios": {"opium": 1995}}, "hold_ratios.opium", "gdp_per_head"),
    ({"from": 1985, "without": ("scope",)}, "from", "1991 to 2013"),
    ({"from": 2014, "without": ("scope",)}, "from", "1991 to 2013"),
])
def test_a_name_or_year_that_is_not_there_is_named_with_its_key(
    kazakhstan: Case, world: World, change: dict, key: str, fix: str
) -> None:
    change = {"from": 2003, **change}
    with pytest.raises(InputError) as caught:
        alternative_of(kazakhstan, world, Change(says="x", **change), 2013, "patterns.yaml", "P99.change.B")
    assert "patterns.yaml" in str(caught.value) and f"P99.change.B.{key}" in str(caught.value)
    assert fix in str(caught.value)


@pytest.mark.parametrize("change", [
    {}, {"corridors": ({"into": ("osh",)},)}, {"corridors": ({"into": ("osh",), "inside": "KAZ", "hazard_times": 2},)},
    {"corridors": ({"joining": ("osh",), "hazard_times": 2},)},
    {"corridors": ({"inside": "KAZ", "length_times": 2, "busiest_in": 2000},)},
    {"with_the_budget_of": "outreach", "without": ("scope",)},
    {"without": ("scope",), "unknown": 1},
])
def test_a_change_that_says_nothing_or_too_much_is_refused(change: dict) -> None:
    with pytest.raises(ValidationError):
        Change(says="x", **{"from": 2003}, **change)
