"""Hazards of detection, bribes and the placing of officers: twins, exact cases and directions."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.model.enforcement import EFFORT_REFERENCE
from qorgau.model.mechanisms import Mechanism
from qorgau.model.world import INSTRUMENTS, ROADS
from tests.model.people_scene import Scene, assert_twin
from tests.model.traffic_scene import after, allocation, detection, follow, having, knocked, traffic
from tests.model.twins import enforcement as twin

SCENES = ((0, 20, False), (1, 60, False), (3, 290, True), (4, 270, True))
HAZARDS = ("corridor_noise", "hazard_honest", "hazard", "bribe_rate")


def quiet(seed: int = 1, **parameters: float) -> Scene:
    """A scene without campaigns, with officers spread evenly and no measure."""
    x = having(traffic(seed), enforcement__campaign_noise=0.0, **parameters)
    x.state.effort[:] = EFFORT_REFERENCE
    x.state.instrument[:] = 0.0
    return x


def hazards(x: Scene) -> np.ndarray:
    return after(x, detection).state.hazard_honest


@pytest.mark.parametrize("seed, months, mixed", SCENES)
def test_hazards_and_bribes_equal_the_twin(seed: int, months: int, mixed: bool) -> None:
    x = traffic(seed, 4, months, mixed)
    assert_twin(x, after(x, detection), twin.detection, HAZARDS)


@pytest.mark.parametrize("seed, months, mixed", SCENES)
def test_placing_of_officers_equals_the_twin(seed: int, months: int, mixed: bool) -> None:
    x = traffic(seed, 4, months, mixed)
    assert_twin(x, after(x, allocation), twin.allocation, ("effort", "success"))


def test_no_officer_no_hazard_and_no_enforcement_no_hazard() -> None:
    x = traffic(1)
    x.state.effort[:] = 0.0
    s = after(x, detection).state
    for name in HAZARDS[1:]:
        assert (getattr(s, name) == 0.0).all(), name
    off = after(knocked(traffic(1), Mechanism.ENFORCEMENT)[1], detection).state
    assert (off.hazard == 0.0).all() and (off.bribe_rate == 0.0).all()


def test_hazard_rises_in_proportion_to_officers() -> None:
    x = quiet()
    twice = x.copy()
    twice.state.effort[:] *= 2.0
    np.testing.assert_allclose(hazards(twice), 2.0 * hazards(x), rtol=1e-12)


def test_honest_posts_take_no_bribe_and_let_nobody_pass() -> None:
    x = traffic(1)
    x.state.corrupt[:] = 0.0
    s = after(x, detection).state
    assert (s.bribe_rate == 0.0).all() and np.array_equal(s.hazard, s.hazard_honest)


@given(corrupt=st.floats(0, 1), effort=st.floats(0, 5000), share=st.floats(0, 1), reach=st.floats(0, 1))
@settings(max_examples=60)
def test_a_bribe_is_never_above_the_loss_it_averts(corrupt: float, effort: float, share: float, reach: float) -> None:
    x = having(traffic(1), enforcement__bribe_share=share, enforcement__corrupt_reach=reach)
    x.state.corrupt[:] = corrupt
    x.state.effort[:] = effort
    s = after(x, detection).state
    averted = np.exp(-s.hazard) - np.exp(-s.hazard_honest)
    assert (s.bribe_rate >= 0).all() and (s.bribe_rate <= averted + 1e-15).all()
    assert (s.hazard <= s.hazard_honest).all() and (s.hazard_honest <= 3.0).all()


def test_bribes_rise_with_enforcement_and_with_corruption() -> None:
    x = quiet()
    x.state.corrupt[:] = 0.4
    levels = []
    for effort in (20.0, 100.0, 300.0):
        x.state.effort[:] = effort
        levels.append(after(x, detection).state.bribe_rate)
    assert (np.diff(levels, axis=0) > 0).all()
    x.state.corrupt[:] = 0.8
    assert (after(x, detection).state.bribe_rate > levels[-1]).all()


def test_hazards_add_along_a_way_and_chances_do_not() -> None:
    """Passing two corridors is the product of passing each: hazards add, so a split changes nothing."""
    x = quiet()
    h = after(x, detection).state.hazard[0, :5]
    assert np.exp(-h.sum()) == pytest.approx(np.prod(np.exp(-h)), rel=1e-14)
    long = x.copy()
    object.__setattr__(long, "world", _with(x, corridor_km=np.full_like(x.world.corridor_km, 1800.0)))
    whole = hazards(long)
    object.__setattr__(long, "world", _with(x, corridor_km=np.full_like(x.world.corridor_km, 900.0)))
    np.testing.assert_allclose(whole, 2.0 * hazards(long), rtol=1e-12)


def _with(x: Scene, **arrays: np.ndarray):
    from dataclasses import replace

    return replace(x.world, **arrays)


def test_cover_lowers_and_monitoring_raises_the_hazard() -> None:
    x = quiet(enforcement__cover_weight=0.7, enforcement__monitoring_contrast=1.5)
    n = len(x.world.corridor_km)
    level = np.linspace(0.1, 0.9, n)
    same = dict(corridor_km=np.full(n, 600.0), corridor_border=np.zeros(n, dtype=np.int64),
                corridor_fuel=np.zeros(n, dtype=np.int64), corridor_road=np.full(n, ROADS.index("fair")))
    x.state.instrument[:] = 0.0
    even = np.full(n, 0.5)
    x.world = _with(x, **same, corridor_cover=level, corridor_monitoring=even)
    assert (np.diff(hazards(x), axis=1) < 0).all()
    bare = knocked(x, Mechanism.TERRAIN_COVER)[1]
    np.testing.assert_allclose(np.diff(hazards(bare), axis=1), 0.0, atol=1e-15)
    x.world = _with(x, corridor_cover=even, corridor_monitoring=level)
    assert (np.diff(hazards(x), axis=1) > 0).all()
    blind = having(x, enforcement__monitoring_contrast=0.0)
    np.testing.assert_allclose(np.diff(hazards(blind), axis=1), 0.0, atol=1e-15)


def test_fuel_traffic_hides_only_its_own_section() -> None:
    with_fuel, without = knocked(quiet(1, enforcement__fuel_cover=0.4), Mechanism.FUEL_COVER)
    fuel = with_fuel.world.corridor_fuel == 1
    assert fuel.any() and not fuel.all()
    ratio = hazards(with_fuel) / hazards(without)
    np.testing.assert_allclose(ratio[:, fuel], 0.6, rtol=1e-12)
    np.testing.assert_allclose(ratio[:, ~fuel], 1.0, rtol=1e-12)


def test_borders_between_republics_open_in_soviet_times() -> None:
    x = quiet(1, enforcement__internal_border_start=0.2)
    inner = (x.world.corridor_border == 1) & (x.world.corridor_internal == 1)
    x.month = 0
    early = hazards(x)
    x.month = x.world.months - 1
    late = hazards(x)
    np.testing.assert_allclose((early / late)[:, inner], 0.2, rtol=1e-12)
    np.testing.assert_allclose((early / late)[:, ~inner], 1.0, rtol=1e-12)


@pytest.mark.parametrize("measure", ("border_monitoring", "regional_coordination"))
def test_border_measures_raise_hazards_only_at_the_borders_of_the_focus(measure: str) -> None:
    x = quiet()
    place_state, world = x.world.place_state, x.world
    own = place_state[world.corridor_to] == world.focus
    touches = (world.corridor_border == 1) & (own | (place_state[world.corridor_from] == world.focus))
    ratio = hazards(x.instrument(measure, 1.0)) / hazards(x)
    assert touches.any() and (~touches).any()
    np.testing.assert_allclose(ratio[:, ~touches], 1.0, rtol=1e-12)
    assert (ratio[:, touches] > 1.0 + 1e-6).all()
    size = x.parameters["enforcement"][f"size_{measure}"][:, None]
    half = 1.0 if measure == "regional_coordination" else 0.5
    np.testing.assert_allclose(ratio[:, touches & own], 1.0 + np.broadcast_to(size, ratio[:, touches & own].shape))
    out = touches & ~own
    np.testing.assert_allclose(ratio[:, out], 1.0 + half * np.broadcast_to(size, ratio[:, out].shape))


def test_police_training_acts_on_corridors_into_the_focus() -> None:
    x = quiet(1, enforcement__size_drug_training=0.15)
    own = x.world.place_state[x.world.corridor_to] == x.world.focus
    ratio = hazards(x.instrument("police_training", 1.0)) / hazards(x)
    np.testing.assert_allclose(ratio, np.broadcast_to(np.where(own, 1.15, 1.0), ratio.shape), rtol=1e-12)
    assert INSTRUMENTS.index("police_training") >= 0 and own.any()


def test_campaigns_have_mean_one_and_last() -> None:
    x = having(traffic(1, 400, 1), enforcement__campaign_noise=0.6, enforcement__hazard_mean=1e-3)
    x.state.effort[:] = EFFORT_REFERENCE
    x.state.instrument[:] = 0.0
    follow(x, 60, (detection,))
    x.month -= 1
    ratio = x.state.hazard_honest / after(having(x, enforcement__campaign_noise=0.0), detection).state.hazard_honest
    assert ratio.mean() == pytest.approx(1.0, abs=0.04)
    assert x.state.corridor_noise.std() == pytest.approx(1.0, abs=0.03)
    before = x.state.corridor_noise.copy()
    x.month += 1
    follow(x, 1, (detection,))
    assert np.corrcoef(before.ravel(), x.state.corridor_noise.ravel())[0, 1] == pytest.approx(0.9, abs=0.02)


def _officers(x: Scene) -> np.ndarray:
    watch = x.world.place_state[x.world.corridor_to]
    return np.stack([x.state.effort[:, watch == s].sum(1) for s in range(x.world.sizes["state"])], axis=1)


def test_officers_are_conserved_up_to_the_diversion() -> None:
    x = having(traffic(1), enforcement__effort_diverted=0.3)
    x.state.effort[:] = EFFORT_REFERENCE
    watched = np.bincount(x.world.place_state[x.world.corridor_to], minlength=4) * EFFORT_REFERENCE
    x.month = int(np.flatnonzero(x.world.event["diversion"] == 0)[0])
    np.testing.assert_allclose(_officers(after(x, allocation)), np.broadcast_to(watched, (3, 4)), rtol=1e-9)
    x.month = int(np.flatnonzero(x.world.event["diversion"] == 1)[0])
    here, away = knocked(having(x, enforcement__effort_inertia=1.0), Mechanism.DIVERSION)
    expected = np.broadcast_to(watched, (3, 4)).copy()
    np.testing.assert_allclose(_officers(after(away, allocation)), expected, rtol=1e-9)
    expected[:, x.world.focus] *= 0.7
    np.testing.assert_allclose(_officers(after(here, allocation)), expected, rtol=1e-9)


def test_officers_follow_success_with_a_floor_of_thirty_percent() -> None:
    x = having(traffic(1), enforcement__effort_inertia=1.0, enforcement__effort_power=1.0)
    x.state.success[:] = 0.0
    x.state.seized_kg[:] = 0.0
    best = int(np.flatnonzero(x.world.place_state[x.world.corridor_to] == 0)[0])
    x.state.seized_kg[:, best] = 1e12
    x.state.effort[:] = EFFORT_REFERENCE
    x.month = 0
    effort = after(x, allocation).state.effort
    own = np.flatnonzero(x.world.place_state[x.world.corridor_to] == 0)
    assert (effort >= 0.3 * EFFORT_REFERENCE * (1 - 1e-9)).all()
    rest = [k for k in own if k != best]
    np.testing.assert_allclose(effort[:, rest], 0.3 * EFFORT_REFERENCE, rtol=1e-6)
    np.testing.assert_allclose(effort[:, best], EFFORT_REFERENCE * (0.3 + 0.7 * len(own)), rtol=1e-6)
    blind = after(having(x, enforcement__effort_power=0.0), allocation).state.effort
    np.testing.assert_allclose(blind, EFFORT_REFERENCE, rtol=1e-12)
    still = after(having(x, enforcement__effort_inertia=0.0), allocation).state.effort
    np.testing.assert_array_equal(still, x.state.effort)
