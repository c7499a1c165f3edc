"""Posts, ties and rotation: appointments follow preference and balance, ties are cut, tenure comes out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model import patronage
from qorgau.model.mechanisms import Mechanism
from qorgau.model.patronage import draw_group
from qorgau.model.world import INSTRUMENTS
from tests.model.busy import assert_same, begun, random_switches
from tests.model.twins import patronage as twin

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
@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_its_twin(seed: int, services: bool) -> None:
    world, state, parameters, on, keys = begun(seed, runs=6, services=services)
    rng = np.random.default_rng(seed)
    on[:] = random_switches(rng, len(on))
    on[0] = 1.0
    state.instrument[:] = rng.uniform(0, 1, state.instrument.shape)
    parameters["patronage"]["co_option"][:] = 0.9
    for month in (*range(30, 60), 274, 275, 302, 303):
        expected = twin.advance(world, state, parameters, on, keys, month)
        patronage.advance(world, state, parameters, on, keys, month)
        assert_same(state, expected)


@given(seed=st.integers(0, 20))
@settings(max_examples=12)
def test_everything_stays_in_its_range(seed: int) -> None:
    world, state, parameters, on, keys = begun(seed, runs=3)
    for month in range(36, 100):
        patronage.advance(world, state, parameters, on, keys, month)
        for name in ("tie", "salience", "threat", "patron_shield"):
            value = getattr(state, name)
            assert ((value >= 0.0) & (value <= 1.0)).all(), name
        assert (state.tenure >= 0).all() and (state.tie[state.rotated == 1] < 0.5).all()
        shares = world.group_share[world.post_state[None, :], state.group]
        assert (shares > 0.0).all(), "a holder from a group that the state does not have"


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
