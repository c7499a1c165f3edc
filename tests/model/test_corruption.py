"""Conduct of officials: shares stay shares, follow rents and sanctions, tip, and come back."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model import corruption
from qorgau.model.corruption import expected_sanction, rent_value
from qorgau.model.mechanisms import Mechanism
from qorgau.model.scruples import reveal
from qorgau.model.world import INSTRUMENTS
from tests.model.busy import assert_same, begun, random_switches
from tests.model.twins import corruption as twin

ANTI = INSTRUMENTS.index("anti_corruption")
LATE = 200
"""A month long after the Soviet end and privatisation."""


def _run(parts, months=240, month=LATE):
    world, state, parameters, on, keys = parts
    for _ in range(months):
        corruption.advance(world, state, parameters, on, keys, month)
    return state


def _focus(parts):
    world, state = parts[:2]
    return state.corrupt[:, world.post_state == world.focus].mean(1)


@pytest.mark.parametrize("services", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_its_twin(seed: int, services: bool) -> None:
    world, state, parameters, on, keys = begun(seed, runs=6, services=services)
    rng = np.random.default_rng(seed + 50)
    on[:] = random_switches(rng, len(on))
    on[0] = 1.0
    state.instrument[:] = rng.uniform(0, 1, state.instrument.shape)
    state.deals_usd[:] = rng.uniform(0, 1e6, state.deals_usd.shape)
    for month in (10, 40, 150, 280):
        expected = twin.advance(world, state, parameters, on, keys, month)
        corruption.advance(world, state, parameters, on, keys, month)
        assert_same(state, expected)


@given(seed=st.integers(0, 10_000), bribes=st.floats(0.0, 1e8))
@settings(max_examples=25)
def test_shares_sum_to_one_and_stay_inside(seed: int, bribes: float) -> None:
    parts = begun(seed % 7, runs=2, bribes=bribes)
    state = _run(parts, months=30)
    assert np.allclose(state.conduct.sum(2), 1.0, atol=1e-12)
    assert (state.conduct > 0.0).all() and (state.conduct < 1.0).all()
    assert ((state.corrupt > 0) & (state.corrupt < 1)).all()
    for name in ("legal_rents", "legal_protection", "sanction"):
        assert (getattr(state, name) >= 0.0).all()
    assert ((state.shield >= 0) & (state.shield < 1)).all() and ((state.abuse >= 0) & (state.abuse <= 1)).all()


def test_the_start_is_a_rest_point_of_the_months_that_follow() -> None:
    world, state, parameters, on, keys = begun(1, runs=4, middle=True)
    before = state.conduct.copy()
    for name in ("fees_post", "racket_profit_post", "bribes_post"):
        getattr(state, name)[:] = 0.0
    q = parameters["corruption"]
    wage = np.tile(world.gdp_per_head[0] / 12.0, (4, 1))
    state.wage[:] = wage
    takers = np.where(world.post_kind == 1, q["start_take_centre"][:, None], q["start_take"][:, None])
    paid = 0.5 * takers * q["start_rent"][:, None] * wage[:, world.post_state] * q["pay_ratio"][:, None]
    state.bribes_post[:] = paid * q["exposed_share"][:, None] * world.post_officials
    state.fees_post[:] = 0.3 * state.bribes_post
    state.tenure[:] = 24
    _run((world, state, parameters, on, keys), months=60, month=0)
    assert np.abs(state.conduct - before).max() < 0.01


def test_where_more_took_at_the_centre_more_take_there_and_places_begin_near_their_own_share() -> None:
    low, high = begun(5, runs=12, middle=True), begun(5, runs=12, middle=True)
    for parts, share in ((low, 0.1), (high, 0.6)):
        parts[2]["corruption"]["start_take_centre"] = share
        corruption.start(*parts)
    centre = low[0].post_kind == 1
    takers = [parts[1].conduct[:, :, 2:].sum(2) for parts in (low, high)]
    assert (takers[1][:, centre] > takers[0][:, centre]).all()
    elsewhere = low[0].post_state != low[0].post_state[centre][0]
    np.testing.assert_array_equal(takers[1][:, elsewhere], takers[0][:, elsewhere])
    below = ~elsewhere & ~centre
    risen, above = ((takers[1] - takers[0])[:, where].mean() for where in (below, centre))
    assert abs(risen) < above / 3, "who punishes is weighed in what it took for their share to be what it was"
    np.testing.assert_array_equal(high[1].scruple, low[1].scruple)
    assert (high[1].scruple_centre[:, 2:] < low[1].scruple_centre[:, 2:]).all()


def test_no_rents_leave_fewer_who_take() -> None:
    """The rents end when officials are as they were in 1989, so scruple is that of the richer world."""
    rich, poor = begun(2, runs=8), begun(2, runs=8)
    poor[3][:, (Mechanism.LEGAL_RENTS, Mechanism.PROTECTION_RACKETS)] = 0.0
    poor[1].bribes_post[:] = 0.0
    for parts in (rich, poor):
        _run(parts, months=600)
    takers, others = (parts[1].conduct[:, :, 2:].sum(2) for parts in (poor, rich))
    assert takers.mean() < 0.6 * others.mean()
    assert (takers < others).all()


def test_dues_to_patrons_make_more_take_and_the_same_for_every_group() -> None:
    base, other, groups = (begun(16, runs=8) for _ in range(3))
    for parts in (base, other, groups):
        parts[1].patron_reach[:] = 0.2
    other[1].patron_reach[:] = 0.8
    groups[1].group[:] = groups[1].group.max() - groups[1].group
    for parts in (base, other, groups):
        _run(parts)
    assert (_focus(other) > _focus(base)).all()
    np.testing.assert_array_equal(base[1].conduct, groups[1].conduct)
    other[3][:, Mechanism.SPOILS] = base[3][:, Mechanism.SPOILS] = 0.0
    _run(base, months=1500)
    _run(other, months=1500)
    np.testing.assert_allclose(base[1].conduct, other[1].conduct, atol=1e-6)


def test_a_huge_sanction_makes_honest() -> None:
    parts = begun(3, runs=6)
    parts[2]["corruption"]["penalty"][:] = 500.0
    _run(parts, months=600)
    assert parts[1].conduct[:, :, 2:].sum(2).max() < 0.02


@pytest.mark.parametrize("name, factor, sign", [
    ("size_audit", 2.0, -1), ("size_penalty", 2.0, -1), ("size_pay", 2.0, -1),
    ("size_independence", 1.3, -1), ("boom", 1.5, 1), ("audit_income", 2.0, -1),
])
def test_conduct_follows_rents_and_sanctions(name: str, factor: float, sign: int) -> None:
    base, other = begun(4, runs=10), begun(4, runs=10)
    for parts in (base, other):
        parts[1].instrument[:, (ANTI, INSTRUMENTS.index("penalties"))] = 0.3
    other[2]["corruption"][name] *= factor
    _run(base)
    _run(other)
    change = sign * (_focus(other) - _focus(base))
    assert (change >= 0).all()
    assert (change > 0).mean() >= 0.9  # a draw in which the effect is at its bound does not move


def test_who_took_less_at_the_start_takes_less_later() -> None:
    """On the whole, under rents of the kinds that 1989 knew; where sanction feeds back, scruple may make up."""
    base, other = begun(4, runs=20), begun(4, runs=20)
    for parts in (base, other):
        parts[2]["corruption"]["state_skim"] = 0.0
    q = other[2]["corruption"]
    q["start_take"] *= 0.8
    q["start_take_centre"] *= 0.8
    corruption.start(*other)
    assert np.mean(_focus(other) < _focus(base)) > 0.7 and _focus(other).mean() < _focus(base).mean()
    _run(base)
    _run(other)
    assert _focus(other).mean() < _focus(base).mean()


def test_more_bribes_and_a_stronger_patron_raise_corruption() -> None:
    base, paid, covered = (begun(5, runs=10) for _ in range(3))
    paid[1].bribes_post[:] *= 10.0
    covered[1].patron_shield[:] = 0.8
    for parts in (base, paid, covered):
        _run(parts)
    assert (_focus(paid) > _focus(base)).all()
    assert (_focus(covered) > _focus(base)).all()


def test_lower_rents_bring_shares_back() -> None:
    parts = begun(6, runs=6, middle=True)
    parts[2]["corruption"]["conformity"][:] = 0.5
    _run(parts, months=1500)
    first = parts[1].conduct.copy()
    parts[1].bribes_post[:] *= 20.0
    _run(parts, months=600)
    high = _focus(parts)
    parts[1].bribes_post[:] /= 20.0
    _run(parts, months=900)
    assert (high > _focus(parts)).all()
    np.testing.assert_allclose(parts[1].conduct, first, atol=1e-6)


def _tipping(start_honest: bool, level: float) -> float:
    """Corrupt share at rest in the focus, near the prior's edge: strong conformity, little spread, few audits."""
    parts = begun(8, runs=1, middle=True)
    q = parts[2]["corruption"]
    q["conformity"][:], q["temperature"][:], q["penalty"][:] = 1.5, 0.4, 5.5
    q["start_take"][:], q["start_refuse"][:], q["patron_dues"][:] = 0.175, 0.545, 0.0
    q["audit"][:], q["size_audit"][:], q["audit_spread"][:] = 0.08, 8.0, 0.0
    q["start_take_centre"][:] = q["start_take"]
    s = parts[1]
    reveal(q, parts[3], 0.0, s.scruple, s.scruple_under, s.scruple_centre, s.scruple_service, s.scruple_service_under)
    parts[1].conduct[:] = [0.9, 0.06, 0.02, 0.01, 0.01] if start_honest else [0.05, 0.1, 0.5, 0.2, 0.15]
    parts[1].corrupt[:] = parts[1].conduct[:, :, 2:].sum(2) + 0.5 * parts[1].conduct[:, :, 1]
    parts[1].instrument[:, ANTI] = level
    _run(parts, months=1200)
    return float(_focus(parts)[0])


def test_a_tipping_zone_with_two_rest_points_where_a_weak_measure_fails() -> None:
    honest, corrupt = _tipping(True, 0.0), _tipping(False, 0.0)
    assert honest < 0.1 and corrupt > 0.5, "the past decides between two rest points"
    weak, strong = _tipping(False, 0.15), _tipping(False, 0.5)
    assert corrupt - weak < 0.15, "a weak measure leaves the corrupt rest point nearly as it was"
    assert strong < 0.1, "a strong one tips it, for three times the effort and over three times the effect"


def test_anti_corruption_acts_in_the_focus_only() -> None:
    base, other = begun(9, runs=6), begun(9, runs=6)
    other[1].instrument[:, ANTI] = 1.0
    _run(base, months=60)
    _run(other, months=60)
    focus = base[0].post_state == base[0].focus
    assert (other[1].corrupt[:, focus].mean(1) < base[1].corrupt[:, focus].mean(1)).all()
    np.testing.assert_array_equal(other[1].corrupt[:, ~focus], base[1].corrupt[:, ~focus])


@pytest.mark.parametrize("instrument, variable", [
    ("anti_corruption", "conduct"), ("penalties", "sanction"), ("police_training", "abuse"),
])
def test_each_instrument_moves_something(instrument: str, variable: str) -> None:
    base, other = begun(10), begun(10)
    other[1].instrument[:, INSTRUMENTS.index(instrument)] = 1.0
    _run(base, months=12)
    _run(other, months=12)
    assert not np.array_equal(getattr(base[1], variable), getattr(other[1], variable))


@pytest.mark.parametrize("mechanism", [
    Mechanism.CORRUPTION, Mechanism.BLIND_EYE, Mechanism.BRIBERY, Mechanism.WEAK_SANCTION,
    Mechanism.PROTECTION_RACKETS, Mechanism.OFFICIAL_GUARANTORS, Mechanism.SHARED_SANCTION, Mechanism.SHIELDING,
    Mechanism.LEGAL_RENTS, Mechanism.CONFORMITY, Mechanism.OFFICIAL_RACKETS,
])
def test_each_switch_changes_something(mechanism: Mechanism) -> None:
    base, other = begun(11), begun(11, off=(mechanism,))
    for parts in (base, other):
        parts[1].instrument[:, ANTI] = 0.5
        _run(parts, months=24)
    same = all(
        np.array_equal(getattr(base[1], v), getattr(other[1], v))
        for v in ("conduct", "corrupt", "shield", "guarantor", "sanction", "legal_rents")
    )
    assert not same


def test_without_corruption_every_official_refuses() -> None:
    parts = begun(12, off=(Mechanism.CORRUPTION,))
    state = _run(parts, months=3)
    assert (state.conduct[:, :, 0] == 1.0).all() and (state.conduct[:, :, 1:] == 0.0).all()
    for name in ("corrupt", "shield", "abuse", "legal_rents", "legal_protection"):
        assert (getattr(state, name) == 0.0).all()


def test_shared_sanction_weakens_what_the_corrupt_centre_must_punish() -> None:
    on, off = begun(13), begun(13)
    off[3][:, Mechanism.SHARED_SANCTION] = 0.0  # after the start: scruple is that of a world with it
    _run(on)
    _run(off)
    assert (_focus(off) < _focus(on)).all()


@given(audit=st.floats(0.01, 1), crowd=st.floats(0, 1), more=st.floats(0.01, 1), shield=st.floats(0, 0.9))
@settings(max_examples=60)
def test_expected_sanction_is_diluted_by_the_crowd_and_bounded(
    audit: float, crowd: float, more: float, shield: float
) -> None:
    here = expected_sanction(audit, 3.0, crowd, 1.0, shield)
    assert 0.0 <= expected_sanction(audit, 3.0, crowd + more, 1.0, shield) < here <= 3.0
    assert expected_sanction(audit + more, 3.0, crowd + 0.01, 1.0, shield) > expected_sanction(
        audit, 3.0, crowd + 0.01, 1.0, shield)


def test_rent_value_is_concave_and_nought_without_rent() -> None:
    rents = np.linspace(0, 50, 200)
    values = np.array([rent_value(v) for v in rents])
    assert values[0] == 0.0 and (np.diff(values) > 0).all() and (np.diff(values, 2) < 0).all()
    assert rent_value(-3.0) == 0.0


def test_rents_are_shared_so_more_takers_leave_less_for_each() -> None:
    """Twice the officials at the same bribes means less per head, and so a smaller share who take."""
    base = begun(14, runs=6)
    other = begun(14, runs=6)
    object.__setattr__(other[0], "post_officials", base[0].post_officials * 4.0)
    _run(base)
    _run(other)
    takers = [parts[1].conduct[:, :, 2:].sum(2).mean(1) for parts in (base, other)]
    assert (takers[1] < takers[0]).all()


def test_state_run_output_feeds_rents_after_the_plan_and_ownership_shields() -> None:
    def rents(private: float, planned: float, **values: float) -> np.ndarray:
        parts = begun(15, runs=6)
        world = parts[0]
        object.__setattr__(world, "private_share", np.full_like(world.gdp_per_head, private))
        world.event["soviet"][LATE] = planned
        for name, value in values.items():
            parts[2]["corruption"][name] = value
        corruption.advance(*parts, LATE)
        return parts[1].legal_rents

    state, mixed, private = (rents(share, 0.0) for share in (0.0, 0.5, 1.0))
    assert (state > mixed).all() and (mixed > private).all()
    np.testing.assert_allclose(rents(1.0, 0.0, private_open=1.0), rents(0.0, 1.0), rtol=1e-12)
    assert (rents(1.0, 0.0, private_open=0.0) == 0.0).all()


def test_control_grows_up_to_income_slowly_and_closes_a_constant_part_of_the_gap() -> None:
    world, state, parameters, on, keys = begun(16, runs=3)
    parameters["corruption"]["audit_years"] = 8.0
    start = state.control_income.copy()
    state.wage[:] = 4.0 * start
    for _ in range(96):
        corruption.advance(world, state, parameters, on, keys, LATE)
    np.testing.assert_allclose(state.control_income, start * 4.0 ** (1.0 - (1.0 - 1.0 / 96.0) ** 96), rtol=1e-9)
