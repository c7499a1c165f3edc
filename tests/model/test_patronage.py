"""Posts, ties and rotation: appointments follow preference and balance, ties are cut, tenure comes out."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model import patronage, routes
from qorgau.model.mechanisms import Mechanism
from qorgau.model.patronage import draw_group, draw_line
from qorgau.model.run import advance_month, begin
from qorgau.model.state import VARIABLES
from qorgau.model.world import INSTRUMENTS, World
from tests.model.busy import assert_same, begun, random_switches
from tests.model.draws import all_on, draw_parameters, keys
from tests.model.twins import patronage as twin
from tests.model.worlds import assert_consistent, small_world, with_lines

ROTATION = INSTRUMENTS.index("governor_rotation")


def _spells(parts, first=60, last=240, lever=0.0):
    """Completed spells of governors in the focus, months."""
    world, state, parameters, on, keys = parts
    state.instrument[:, ROTATION] = lever
    spells = []
    governors = (world.post_state == world.focus) & (world.post_kind == 0)
    for month in range(first, last):
        before = state.tenure.copy()
        patronage.advance(world, state, parameters, on, keys, month)
        moved = (state.rotated == 1) & governors
        spells.extend((before[moved] + 1).tolist())
        assert state.spells_ended[:, world.focus].sum() == moved.sum()
        assert state.spell_months[:, world.focus].sum() == (before[moved] + 1).sum()
    return np.array(spells)


@pytest.mark.parametrize("services", [False, True])
@pytest.mark.parametrize("lines", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_its_twin(seed: int, lines: bool, services: bool) -> None:
    world, state, parameters, on, keys = begun(seed, runs=6, lines=lines, services=services)
    rng = np.random.default_rng(seed)
    on[:] = random_switches(rng, len(on))
    on[0] = 1.0
    state.instrument[:] = rng.uniform(0, 1, state.instrument.shape)
    parameters["patronage"]["co_option"][:] = 0.9
    for month in (*range(30, 60), 274, 275, 302, 303):
        expected = twin.advance(world, state, parameters, on, keys, month)
        patronage.advance(world, state, parameters, on, keys, month)
        assert_same(state, expected)


@given(seed=st.integers(0, 20), lines=st.booleans())
@settings(max_examples=12)
def test_everything_stays_in_its_range(seed: int, lines: bool) -> None:
    world, state, parameters, on, keys = begun(seed, runs=3, lines=lines)
    assert_consistent(world)
    for month in range(36, 100):
        patronage.advance(world, state, parameters, on, keys, month)
        for name in ("tie", "salience", "threat", "patron_shield"):
            value = getattr(state, name)
            assert ((value >= 0.0) & (value <= 1.0)).all(), name
        assert (state.tenure >= 0).all() and (state.tie[state.rotated == 1] < 0.5).all()
        shares = world.group_share[world.post_state[None, :], state.group]
        assert (shares > 0.0).all(), "a holder from a group that the state does not have"
        first, end = (world.line_ptr[world.post_state[None, :], state.group + k] for k in (0, 1))
        assert ((first <= state.line) & (state.line < end)).all(), "a holder from a line of another group"
        local = world.post_kind == 0
        assert (state.at_home == world.line_home[world.post_place[None, :], state.line] * local).all()
        assert (state.spells_home <= state.spells_ended).all() and (state.spells_home >= 0).all()


def test_appointment_draw_follows_shares_and_preference() -> None:
    shares = np.array([0.25, 0.5, 0.0, 0.25])
    u = (np.arange(4000) + 0.5) / 4000
    even = np.bincount([draw_group(v, shares, 0, 0.0, 0) for v in u], minlength=4) / 4000
    np.testing.assert_allclose(even, shares, atol=1e-3)
    own = np.bincount([draw_group(v, shares, 0, np.log(3.0), 0) for v in u], minlength=4) / 4000
    np.testing.assert_allclose(own, [0.5, 1 / 3, 0, 1 / 6], atol=1e-3)
    across = np.bincount([draw_group(v, shares, 0, 5.0, 1) for v in u], minlength=4) / 4000
    np.testing.assert_allclose(across, [0.0, 2 / 3, 0, 1 / 3], atol=1e-3)


def test_rotation_shortens_spells_and_without_it_they_are_half_as_long_again() -> None:
    rotated, free = _spells(begun(1, runs=24)), _spells(begun(1, runs=24, off=(Mechanism.ROTATION,)))
    assert np.median(free) >= 1.5 * np.median(rotated)


def test_feared_governors_stay_about_two_years_at_most() -> None:
    """Not a clock: the median comes from ties that grow and a threat that the centre sees."""
    parts = begun(2, runs=24, middle=True)
    spells = _spells(parts, 36, 216)
    assert np.median(spells) <= 24
    fearless = begun(2, runs=24, middle=True)
    fearless[2]["patronage"]["own_preference"][:] = 0.0
    fearless[2]["patronage"]["salience_start"][:] = 0.02
    fearless[1].salience[:] = 0.02
    fearless[1].threat[:] = 0.0
    assert np.median(_spells(fearless, 36, 216)) > np.median(spells)


def test_the_lever_rotates_more_in_the_focus() -> None:
    assert np.median(_spells(begun(3, runs=16), lever=1.0)) < np.median(_spells(begun(3, runs=16)))


def test_own_group_and_balancing_show_in_posts() -> None:
    def share(kind, *off):
        world, state, parameters, on, keys = begun(4, runs=60, middle=True, off=off)
        posts = (world.post_state == world.focus) & (world.post_kind == kind)
        seen = []
        for month in range(36, 200):
            patronage.advance(world, state, parameters, on, keys, month)
            seen.append((state.group[:, posts] == world.ruling_group[world.focus]).mean())
        return np.mean(seen[60:])

    assert share(1) > share(1, Mechanism.OWN_GROUP) + 0.05
    assert share(0) < share(0, Mechanism.BALANCING) - 0.02
    assert share(1) > share(0)


def test_scarcity_bidding_and_spoils_raise_salience() -> None:
    def salience(*off):
        world, state, parameters, on, keys = begun(5, runs=8, off=off)
        falling = world.gdp_per_head * np.exp(-0.01 * np.arange(world.months))[:, None]
        object.__setattr__(world, "gdp_per_head", falling)
        for month in range(36, 96):
            patronage.advance(world, state, parameters, on, keys, month)
        return state.salience[:, 0]

    whole = salience()
    for mechanism in (Mechanism.SCARCITY, Mechanism.BIDDING, Mechanism.SPOILS):
        less = salience(mechanism)
        assert (less <= whole).all() and less.mean() < whole.mean(), mechanism.name


def test_dismissal_and_appointment_seat_new_holders() -> None:
    world, state, parameters, on, keys = begun(6, runs=20)
    patronage.advance(world, state, parameters, on, keys, 275)
    assert (state.rotated[:, world.dismissal_post] == 1).all()
    assert (state.tenure[:, world.dismissal_post] == 0).all()
    patronage.advance(world, state, parameters, on, keys, 303)
    assert (state.rotated[:, world.appointment_post] == 1).all()
    ruling = world.ruling_group[world.post_state[world.appointment_post]]
    assert (state.group[:, world.appointment_post] != ruling).all()


def test_co_option_brings_rivals_to_the_centre() -> None:
    def excluded(*off):
        world, state, parameters, on, keys = begun(7, runs=60, off=off)
        parameters["patronage"]["co_option"][:] = 0.5
        centre = (world.post_state == world.focus) & (world.post_kind == 1)
        seen = []
        for month in range(36, 180):
            patronage.advance(world, state, parameters, on, keys, month)
            seen.append((state.group[:, centre] != world.ruling_group[world.focus]).mean())
        return np.mean(seen)

    assert excluded() > excluded(Mechanism.CO_OPTION) + 0.02


def test_the_shield_knows_ties_and_not_groups() -> None:
    world, state, parameters, on, keys = begun(8, runs=6)
    other = state.copy()
    other.group[:] = 0
    for s in (state, other):
        s.tenure[:] = 10
        s.tie[:] = 0.4
        patronage.advance(world, s, parameters, on, keys, 50)
    settled = (state.rotated == 0) & (other.rotated == 0)
    in_focus = settled & (world.post_state == world.focus)[None, :]
    for r in range(6):
        values = state.patron_shield[r, in_focus[r]]
        assert np.allclose(values, values[0]), "posts with equal ties are shielded alike, whoever holds them"


@pytest.mark.parametrize("mechanism", [
    Mechanism.PATRONAGE, Mechanism.PATRONAGE_SHIELD, Mechanism.SCARCITY, Mechanism.BIDDING, Mechanism.SPOILS,
    Mechanism.OWN_GROUP, Mechanism.BALANCING, Mechanism.ROTATION, Mechanism.CO_OPTION,
])
def test_each_switch_changes_something(mechanism: Mechanism) -> None:
    states = []
    for off in ((), (mechanism,)):
        world, state, parameters, on, keys = begun(9, runs=8, off=off)
        falling = world.gdp_per_head * np.exp(-0.01 * np.arange(world.months))[:, None]
        object.__setattr__(world, "gdp_per_head", falling)
        for month in range(30, 150):
            patronage.advance(world, state, parameters, on, keys, month)
        states.append(state)
    names = ("group", "tie", "salience", "threat", "patron_shield")
    assert not all(np.array_equal(getattr(states[0], n), getattr(states[1], n)) for n in names)


def test_without_patronage_no_ties_and_no_shield() -> None:
    world, state, parameters, on, keys = begun(10, off=(Mechanism.PATRONAGE,))
    for month in range(30, 60):
        patronage.advance(world, state, parameters, on, keys, month)
    assert (state.tie == 0).all() and (state.patron_shield == 0).all() and (state.threat < 1e-2).all()


def _months(world: World, state, first: int = 36, last: int = 120, **values: float) -> dict[str, np.ndarray]:
    """Everything the process owns after some years, started anew on a world with parameters of one's own."""
    runs = len(state.tie)
    parameters, on = draw_parameters(runs, 11), all_on(runs)
    for name, value in values.items():
        parameters["patronage"][name] = value
    patronage.start(world, state, parameters, on, keys(runs, 12))
    for month in range(first, last):
        patronage.advance(world, state, parameters, on, keys(runs, 12), month)
    return {name: getattr(state, name).copy() for name in twin.OWNED}


_OF_LINES = {"line", "at_home", "spells_home"}


def test_without_lines_their_parameters_change_nothing() -> None:
    world, state, *_ = begun(11, runs=5)
    plain = _months(world, state.copy(), kin_preference=0.0, kin_ties=0.0)
    strong = _months(world, state.copy(), kin_preference=9.0, kin_ties=9.0)
    for name in twin.OWNED:
        np.testing.assert_array_equal(strong[name], plain[name], err_msg=name)
    assert not plain["at_home"].any() and (plain["line"] == plain["group"]).all()


@pytest.mark.parametrize("kin_preference", [0.0, 4.0])
def test_lines_change_nothing_but_ties_at_home(kin_preference: float) -> None:
    """Groups are drawn as without lines, and where ties build no faster at home so is all that follows from them."""
    world, state, *_ = begun(12, runs=5)
    plain = _months(world, state.copy())
    lined = _months(with_lines(world, 12), state.copy(), kin_preference=kin_preference, kin_ties=0.0)
    for name in set(twin.OWNED) - _OF_LINES:
        np.testing.assert_array_equal(lined[name], plain[name], err_msg=name)
    assert lined["at_home"].any()
    nowhere = replace(with_lines(world, 12), line_home=0 * with_lines(world, 12).line_home)
    homeless = _months(nowhere, state.copy(), kin_ties=2.0)
    for name in set(twin.OWNED) - _OF_LINES:
        np.testing.assert_array_equal(homeless[name], plain[name], err_msg=name)


def test_ties_at_home_build_faster_and_only_where_group_lines_count() -> None:
    world, state, *_ = begun(13, runs=8)
    lined = with_lines(world, 13)
    slow, fast = (_months(lined, state.copy(), rotation_fear=0.0, co_option=0.0, kin_ties=k) for k in (0.0, 2.0))
    for name in ("group", "line", "tenure", "at_home"):
        np.testing.assert_array_equal(slow[name], fast[name], err_msg=name)
    home = slow["at_home"] == 1
    assert (fast["tie"] >= slow["tie"]).all() and (fast["tie"] > slow["tie"])[home & (slow["tenure"] > 0)].all()
    begun_off = begun(13, runs=8, off=(Mechanism.OWN_GROUP,), lines=True)
    off = begun_off[1].copy()
    for s, k in ((begun_off[1], 0.0), (off, 2.0)):
        begun_off[2]["patronage"]["kin_ties"] = k
        for month in range(36, 90):
            patronage.advance(begun_off[0], s, *begun_off[2:], month)
    np.testing.assert_array_equal(begun_off[1].tie, off.tie)


def test_a_line_is_drawn_from_its_group_alone() -> None:
    shares = np.array([0.1, 0.2, 0.05, 0.15, 0.5])
    u = (np.arange(4000) + 0.5) / 4000
    even = np.bincount([draw_line(v, shares, 1, 4, 0, 3.0) for v in u], minlength=5) / 4000
    np.testing.assert_allclose(even, [0.0, 0.5, 0.125, 0.375, 0.0], atol=1e-3)
    ruling = np.bincount([draw_line(v, shares, 1, 4, 2, np.log(4.0)) for v in u], minlength=5) / 4000
    np.testing.assert_allclose(ruling, [0.0, 4 / 11, 4 / 11, 3 / 11, 0.0], atol=1e-3)
    assert {draw_line(v, shares, 4, 5, 4, 9.0) for v in u[::100]} == {4}


def _even(world: World) -> World:
    """Two groups of equal share beside the ruling one; in each, lines of equal share with homes of their own."""
    states, places = world.sizes["state"], world.sizes["place"]
    share, ptr = np.tile([0.3, 0.35, 0.35], (states, 1)), np.tile([0, 3, 6, 9], (states, 1))
    home = (np.random.default_rng(4).uniform(size=(places, 9)) < 0.4).astype(np.int64)
    return replace(world, group_share=share, line_share=np.repeat(share / 3.0, 3, axis=1), line_ptr=ptr, line_home=home,
                   ruling_line=np.zeros(states, dtype=np.int64), sizes={**world.sizes, "line": 9})


def test_other_names_for_groups_and_lines_of_equal_share_change_nothing_but_the_names() -> None:
    """Ties, fear, tenure and salience are the same when labels change places, month after month."""
    world, state, parameters, on, k = begun(14, runs=6)
    world = _even(world)
    patronage.start(world, state, parameters, on, k)
    groups, lines = np.array([0, 2, 1]), np.array([0, 2, 1, 8, 6, 7, 4, 3, 5])  # new names of old ones
    renamed = replace(world, line_home=world.line_home[:, np.argsort(lines)])
    other = state.copy()
    other.group[:], other.line[:] = groups[state.group], lines[state.line]
    for month in range(36, 120):
        patronage.advance(world, state, parameters, on, k, month)
        patronage.advance(renamed, other, parameters, on, k, month)
        for name in set(twin.OWNED) - {"group", "line", "at_home"}:
            np.testing.assert_allclose(getattr(other, name), getattr(state, name), rtol=1e-12, atol=1e-15, err_msg=name)
        stays = state.rotated == 0
        assert (other.at_home == state.at_home)[stays].all()
        # who is named in a draw is told under the new names as well
        other.group[:], other.line[:], other.at_home[:] = groups[state.group], lines[state.line], state.at_home
    assert state.at_home.any() and state.spells_home.shape == other.spells_home.shape


def test_no_other_process_knows_groups_or_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """With patronage at a standstill all else is the same, whatever the labels of holders say."""
    world = with_lines(small_world(15), 15)
    runs = 3
    parameters, on, k = draw_parameters(runs, 15), all_on(runs), keys(runs, 15)
    state = begin(world, parameters, on, k)
    other = state.copy()
    rng = np.random.default_rng(15)
    other.group[:] = rng.integers(0, world.sizes["group"], other.group.shape)
    other.line[:] = rng.integers(0, world.sizes["line"], other.line.shape)
    other.at_home[:] = 1 - other.at_home
    monkeypatch.setattr(patronage, "advance", lambda *_: None)
    for s in (state, other):
        for month in range(30):
            advance_month(world, s, parameters, on, k, month, np.zeros((runs, len(INSTRUMENTS))),
                          routes.geometry_of(world))
    for v in VARIABLES:
        if v.name not in ("group", "line", "at_home"):
            np.testing.assert_array_equal(getattr(other, v.name), getattr(state, v.name), err_msg=v.name)
    assert not np.array_equal(other.line, state.line)
