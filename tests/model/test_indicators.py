"""What the world sees: one map for all states, a tier by rule, harm with a delay."""

from __future__ import annotations

import inspect

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model import indicators
from qorgau.model.indicators import _region, perceived, tier_of
from qorgau.model.mechanisms import Mechanism
from tests.model.busy import assert_same, begun, random_switches
from tests.model.twins import indicators as twin


def _run(parts, first=100, last=200):
    world, state, parameters, on, keys = parts
    for month in range(first, last):
        indicators.advance(world, state, parameters, on, keys, month)
    return state


@pytest.mark.parametrize("services", [False, True])
@pytest.mark.parametrize("seed", range(4))
def test_agrees_with_its_twin(seed: int, services: bool) -> None:
    world, state, parameters, on, keys = begun(seed, runs=6, services=services)
    on[:] = random_switches(np.random.default_rng(seed), len(on))
    on[0] = 1.0
    state.visible_harm[on[:, Mechanism.INDICATORS] == 0] = 0.0
    for month in (3, 140, 290):
        expected = twin.advance(world, state, parameters, on, keys, month)
        indicators.advance(world, state, parameters, on, keys, month)
        assert_same(state, expected)


@given(share=st.floats(0, 1), more=st.floats(0.001, 0.5), slope=st.floats(0.5, 3))
@settings(max_examples=60)
def test_more_corrupt_never_reads_cleaner(share: float, more: float, slope: float) -> None:
    assert 1.0 <= perceived(share + more, 30.0, 0.5, slope) <= perceived(share, 30.0, 0.5, slope) <= 99.0
    assert perceived(0.5, 30.0, 0.5, slope) == pytest.approx(30.0)


def test_equal_conduct_reads_equal_in_every_state() -> None:
    parts = begun(1, runs=4)
    parts[2]["indicators"]["reading_error"][:] = 0.0
    parts[2]["indicators"]["reading_speed"][:] = 0.2  # slow draws would still differ by their start
    parts[1].conduct[:] = [0.3, 0.3, 0.2, 0.1, 0.1]
    state = _run(parts, 100, 400)
    assert np.ptp(state.perceived_corruption, axis=1).max() < 1e-6


def test_what_is_seen_lags_what_is_and_leans_on_the_region() -> None:
    slow, quick = begun(5, runs=4), begun(5, runs=4)
    for parts, speed in ((slow, 0.01), (quick, 0.1)):
        q = parts[2]["indicators"]
        q["reading_error"][:], q["reading_speed"][:], q["region_lean"][:] = 0.0, speed, 0.0
        parts[1].conduct[:] = [0.0, 0.1, 0.3, 0.3, 0.3]
        _run(parts, 200, 212)
    assert (quick[1].perceived_corruption < slow[1].perceived_corruption).all()
    apart, leaning = begun(6, runs=4), begun(6, runs=4)
    for parts, lean in ((apart, 0.0), (leaning, 0.5)):
        world, state, parameters, *_ = parts
        q = parameters["indicators"]
        q["reading_error"][:], q["reading_speed"][:], q["region_lean"][:] = 0.0, 0.2, lean
        state.conduct[:, world.post_state == 0] = [0.6, 0.3, 0.05, 0.03, 0.02]
        state.conduct[:, world.post_state != 0] = [0.1, 0.2, 0.3, 0.2, 0.2]
        _run(parts, 100, 300)
    assert (leaning[1].perceived_corruption[:, 0] < apart[1].perceived_corruption[:, 0]).all()


def test_errors_of_a_year_lean_on_the_region_and_spread_as_much() -> None:
    def errors(lean: float) -> np.ndarray:
        """Errors of up to three states of the region in one month, in units of the error."""
        parts = begun(2, runs=400)
        inside = np.flatnonzero(_region(parts[0]))[:3]
        assert len(inside) >= 2
        q = parts[2]["indicators"]
        q["anchor"][:], q["slope"][:], q["reading_error"][:], q["region_lean"][:] = 50.0, 0.0, 2.0, lean
        return (_run(parts, 120, 121).perceived_corruption[:, inside] - 50.0) / 2.0

    apart, leaning = errors(0.0), errors(0.5)
    np.testing.assert_allclose(apart.std(0), 1.0, atol=0.15)
    np.testing.assert_allclose(leaning.std(0), 1.0, atol=0.15)
    between = [np.corrcoef(x.T)[np.triu_indices(x.shape[1], 1)].mean() for x in (apart, leaning)]
    assert abs(between[0]) < 0.1 and between[1] > 0.15


def test_readings_scatter_by_year_and_state_only() -> None:
    state = _run(begun(2, runs=4), 120, 144)
    again = _run(begun(2, runs=4), 120, 144)
    np.testing.assert_array_equal(state.perceived_corruption, again.perceived_corruption)


def test_the_tier_rises_with_law_prosecution_and_help_and_falls_with_complicity() -> None:
    def score(change):
        parts = begun(3, runs=4)
        parts[1].law[:] = 0.5
        for flow in ("origin_flow", "transit_flow", "arrival_flow"):
            getattr(parts[1], flow)[:] = 10
        change(parts[1])
        return _run(parts).tier_score[:, 0]

    base = score(lambda s: None)
    for better in ("law", "cases_prosecuted", "assisted"):
        def more(s, name=better):
            getattr(s, name)[:] = getattr(s, name) + 1
        assert (score(more) > base).all(), better

    def worse(s):
        s.conduct[:] = [0.0, 0.1, 0.2, 0.4, 0.3]

    assert (score(worse) < base).all()

    def one_role(s):
        s.transit_flow[:] = 0

    assert (score(one_role) > base).all()


def test_the_rule_names_no_year() -> None:
    """The map of perception is tied to 2000 by its own constant; readings and tier follow rules alone."""
    code = "".join(inspect.getsource(f) for f in (indicators._advance.py_func, indicators.tier_of.py_func))
    assert not any(str(year) in code for year in range(1990, 2025))


def test_tiers_are_cut_in_order() -> None:
    assert [tier_of(v, 0.8, 0.2) for v in (0.9, 0.8, 0.5, 0.2, 0.1)] == [1, 1, 2, 2, 3]


def test_harm_is_seen_late_and_grows_with_use_and_exploitation() -> None:
    calm, bad = begun(4, runs=4), begun(4, runs=4)
    bad[1].users[:] *= 5
    bad[1].exploited[:] *= 5
    _run(calm, 100, 124)
    early = bad[1].visible_harm.copy()
    _run(bad, 100, 124)
    assert (early == 0).all() and (bad[1].visible_harm > calm[1].visible_harm).all()
    late = calm[1].visible_harm.copy()
    _run(calm, 124, 300)
    assert (calm[1].visible_harm > late).all() and (calm[1].visible_harm < 1).all()


@pytest.mark.parametrize("mechanism", [Mechanism.TIER_COMPLEXITY, Mechanism.TIER_COMPLICITY])
def test_each_switch_of_the_tier_raises_the_score(mechanism: Mechanism) -> None:
    on, off = _run(begun(5)), _run(begun(5, off=(mechanism,)))
    assert (off.tier_score[:, 0] > on.tier_score[:, 0]).all()


def test_without_indicators_all_stays_at_the_start_and_no_harm_is_seen() -> None:
    parts = begun(6, off=(Mechanism.INDICATORS,))
    before = {n: getattr(parts[1], n).copy() for n in ("perceived_corruption", "tier_score", "tier")}
    state = _run(parts)
    for name, value in before.items():
        np.testing.assert_array_equal(getattr(state, name), value)
    assert (state.visible_harm == 0).all()
