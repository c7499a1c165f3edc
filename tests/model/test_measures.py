"""Measures: delivered in part, topped up by levers, with attention, law and cost."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model import measures
from qorgau.model.measures import attention_pull, delivered_part
from qorgau.model.mechanisms import Mechanism
from qorgau.model.streams import Stream, normal
from qorgau.model.world import INSTRUMENTS
from tests.model.busy import assert_same, begun, random_switches
from tests.model.twins import measures as twin

K = len(INSTRUMENTS)


def _run(parts, levers, first=240, last=300, harm=0.5):
    world, state, parameters, on, keys = parts
    state.visible_harm[:] = harm
    for month in range(first, last):
        measures.advance(world, state, parameters, on, keys, month, levers)
    return state


@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_its_twin(seed: int) -> None:
    world, state, parameters, on, keys = begun(seed, runs=6)
    rng = np.random.default_rng(seed)
    on[:] = random_switches(rng, len(on))
    on[0] = 1.0
    state.visible_harm[:] = rng.uniform(0, 1, 6)
    state.visible_harm[1] = 0.0
    levers = rng.uniform(0, 1, (6, K))
    for month in (0, 100, 250, 380):
        expected = twin.advance(world, state, parameters, on, keys, month, levers)
        measures.advance(world, state, parameters, on, keys, month, levers)
        assert_same(state, expected)


@given(seed=st.integers(0, 30), lever=st.floats(0, 1))
@settings(max_examples=20)
def test_levels_and_attention_stay_between_nought_and_one(seed: int, lever: float) -> None:
    state = _run(begun(seed % 5), np.full((3, K), lever), 0, 432)
    for name in ("instrument", "attention", "law"):
        assert ((getattr(state, name) >= 0) & (getattr(state, name) <= 1)).all()


@pytest.mark.parametrize("k", range(K))
def test_each_lever_raises_its_own_level_and_costs_money(k: int) -> None:
    levers = np.zeros((3, K))
    levers[:, k] = 0.6
    base, other = begun(1), begun(1)
    _run(base, np.zeros((3, K)))
    _run(other, levers)
    raised = other[1].instrument - base[1].instrument
    assert (raised[:, k] > 0).all() and (np.delete(raised, k, axis=1) == 0).all()
    cost = base[2]["measures"][f"cost_{INSTRUMENTS[k]}"]
    np.testing.assert_allclose(other[1].measure_cost, 0.6 * cost / 12)
    assert (base[1].measure_cost == 0).all()


def test_delivery_gap_scales_what_was_announced_and_nothing_else() -> None:
    gap, full = begun(2), begun(2, off=(Mechanism.DELIVERY_GAP,))
    _run(gap, np.zeros((3, K)))
    _run(full, np.zeros((3, K)))
    q = gap[2]["measures"]
    part = [[twin.delivered(q[r], z) for z in gap[1].delivery[r]] for r in range(3)]
    assert np.ptp(part, axis=1).min() > 0.05
    np.testing.assert_allclose(gap[1].instrument, full[1].instrument * part)
    np.testing.assert_allclose(full[1].instrument, np.tile(gap[0].announced[299], (3, 1)))
    np.testing.assert_array_equal(gap[1].announced, full[1].announced)
    gap[1].conduct[:] = [0, 0, 0.5, 0.3, 0.2]
    before = gap[1].instrument.copy()
    _run(gap, np.zeros((3, K)))
    np.testing.assert_array_equal(before, gap[1].instrument)


def test_without_a_spread_all_measures_are_delivered_alike_to_the_last_digit() -> None:
    parts = begun(3, runs=40)
    q = parts[2]["measures"]
    q["delivery_spread"] = 0.0
    q["delivered_share"] = np.random.default_rng(3).uniform(0.0, 1.0, 40)
    state = _run(parts, np.zeros((40, K)))
    np.testing.assert_array_equal(state.instrument, parts[0].announced[299] * q["delivered_share"][:, None])


@pytest.mark.parametrize("share", [0.0, 1.0])
@pytest.mark.parametrize("spread", [0.0, 1.0, 10.0])
def test_nothing_and_everything_are_delivered_whatever_the_spread(share: float, spread: float) -> None:
    parts = begun(4)
    parts[2]["measures"]["delivered_share"] = share
    parts[2]["measures"]["delivery_spread"] = spread
    state = _run(parts, np.zeros((3, K)))
    np.testing.assert_array_equal(state.instrument, np.tile(share * parts[0].announced[299], (3, 1)))
    for z in (-8.3, 8.3):
        assert delivered_part(share, spread, z) == share


def test_a_measure_has_a_number_of_its_own_that_others_and_other_draws_leave_alone() -> None:
    world, state, parameters, on, keys = begun(5)
    assert state.delivery.tolist() == [[normal(key, int(Stream.DELIVERY), 0, k, 0) for k in range(K)] for key in keys]
    assert len(np.unique(state.delivery)) == state.delivery.size
    more = [np.zeros((3, K + 1)) for _ in range(3)]
    measures._start(parameters["measures"], on, keys, np.append(world.announced[0], 1.0), *more)
    np.testing.assert_array_equal(more[0][:, :K], state.delivery)


def test_attention_follows_harm_slowly_and_law_follows_attention() -> None:
    blind, seeing = begun(3), begun(3)
    _run(blind, np.zeros((3, K)), 0, 200, harm=0.0)
    _run(seeing, np.zeros((3, K)), 0, 200, harm=0.8)
    focus = blind[0].focus
    assert (blind[1].attention == 0).all() and (blind[1].law[:, focus] == 0).all()
    assert (seeing[1].attention > 0.5).all() and (seeing[1].law[:, focus] > 0.3).all()
    assert (seeing[1].law[:, focus] <= blind[0].event["law"][199] + 1e-12).all()


def test_without_attention_a_fixed_ramp() -> None:
    a, b = begun(4, off=(Mechanism.ATTENTION,)), begun(4, off=(Mechanism.ATTENTION,))
    _run(a, np.zeros((3, K)), 0, 100, harm=0.0)
    _run(b, np.zeros((3, K)), 0, 100, harm=0.9)
    np.testing.assert_array_equal(a[1].attention, b[1].attention)
    assert ((a[1].attention > 0) & (a[1].attention < 1)).all()


def test_without_measures_the_states_answer_is_gone() -> None:
    parts = begun(5, off=(Mechanism.MEASURES,))
    state = _run(parts, np.ones((3, K)))
    assert (state.instrument == 0).all() and (state.measure_cost == 0).all()
    assert (state.law[:, parts[0].focus] == 0).all()


def test_attention_pull_is_a_rising_curve_with_its_half_point() -> None:
    values = [attention_pull(v, 0.2) for v in np.linspace(0, 1, 50)]
    assert values[0] == 0.0 and (np.diff(values) > 0).all() and attention_pull(0.2, 0.2) == pytest.approx(0.5)
