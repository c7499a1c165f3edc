"""Detection as competing risks along a route, and where officers are sent.

Sources: hazards add and survivals multiply (Cox and Oakes 1984, ch. 2); chance 1 - exp(-hazard). A campaign term
exp(n z - n^2/2) with z ~ N(0, 1) at rest has mean one (log-normal). Officers obey first-order allocation: what is
watched moves geometrically to its share.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qorgau.model import enforcement, organisations, routes
from qorgau.model.mechanisms import Mechanism
from qorgau.model.streams import run_keys
from qorgau.model.world import INSTRUMENTS, MODES, ROADS
from tests.model.people_scene import Scene
from tests.verification.scenes import held, scene, set_to, step, switch


def _plain(runs: int = 2) -> Scene:
    """No campaigns, cover, protection, Soviet order or couriers: what carriers meet is the corridor's hazard."""
    x = switch(scene(runs=runs), 0.0, Mechanism.FORCED_COURIERS)
    set_to(x, "enforcement", campaign_noise=0.0)
    set_to(x, "organisations", protection_limit=0.0, cover_strength=0.0, service_risk=0.0)
    return x


def _detect(x: Scene) -> Scene:
    return held(x, enforcement, 1, "advance_detection")


def _carry(x: Scene) -> Scene:
    organisations.advance(x.world, x.state, x.parameters, x.on, x.keys, x.month, routes.geometry_of(x.world))
    return x


def _one_route(x: Scene, route: int) -> Scene:
    market = int(x.world.route_market[route])
    x.state.market_share[:] = 0.0
    x.state.market_share[:, :, market] = 1.0
    x.state.route_share[:] = 0.0
    x.state.route_share[:, :, route] = 1.0
    set_to(x, "organisations", market_speed=0.0)
    return x


def test_a_corridor_takes_one_less_the_exponential_of_its_hazard() -> None:
    x = _carry(_detect(_plain()))
    used = x.state.carried_kg > 1e-9
    assert used.any()
    chance = x.state.seized_kg[used] / x.state.carried_kg[used]
    np.testing.assert_allclose(chance, 1.0 - np.exp(-x.state.hazard[used]), rtol=1e-9)


@pytest.mark.parametrize("route", [0, 3, 7])
def test_hazards_add_and_survivals_multiply_along_a_route(route: int) -> None:
    x = _carry(_one_route(_detect(_plain()), route))
    links = x.world.route_links[x.world.route_ptr[route]:x.world.route_ptr[route + 1]]
    sent = x.state.purchased.sum(1)
    whole = x.state.hazard[:, links].sum(1)
    np.testing.assert_allclose(x.state.arrivals.sum(1) / sent, np.exp(-whole), rtol=1e-9)
    before = np.concatenate([np.zeros((2, 1)), np.cumsum(x.state.hazard[:, links], axis=1)[:, :-1]], axis=1)
    here = np.exp(-before) * (1.0 - np.exp(-x.state.hazard[:, links]))
    np.testing.assert_allclose(x.state.seized_kg[:, links] / sent[:, None], here, rtol=1e-9)


def test_without_effort_nothing_is_found_and_no_bribe_is_worth_paying() -> None:
    x = _plain()
    x.state.effort[:] = 0.0
    _carry(_detect(x))
    assert not x.state.hazard.any() and not x.state.bribe_rate.any() and not x.state.seized_kg.any()
    np.testing.assert_allclose(x.state.arrivals.sum(1), x.state.purchased.sum(1), rtol=1e-12)


def test_small_hazards_are_proportional_to_officers() -> None:
    x = _plain()
    once = _detect(x.copy()).state.hazard_honest.copy()
    x.state.effort[:] *= 0.5
    np.testing.assert_allclose(_detect(x).state.hazard_honest, 0.5 * once, rtol=1e-12)


def test_fully_corrupt_posts_with_full_reach_avert_everything_and_take_the_loss_averted() -> None:
    x = set_to(_plain(), "enforcement", corrupt_reach=1.0, bribe_share=1.0)
    x.state.corrupt[:] = 1.0
    _detect(x)
    assert not x.state.hazard.any()
    np.testing.assert_allclose(x.state.bribe_rate, 1.0 - np.exp(-x.state.hazard_honest), rtol=1e-12)


def test_honest_posts_or_no_reach_leave_the_honest_hazard_and_no_bribe() -> None:
    honest = _plain()
    honest.state.corrupt[:] = 0.0
    closed = set_to(_plain(), "enforcement", corrupt_reach=0.0)
    closed.state.corrupt[:] = 1.0
    for x in (_detect(honest), _detect(closed)):
        np.testing.assert_array_equal(x.state.hazard, x.state.hazard_honest)
        assert not x.state.bribe_rate.any()


@pytest.mark.parametrize("psi, corrupt", [(0.3, 0.5), (0.8, 0.25), (1.0, 0.9)])
def test_a_bribe_is_its_share_of_the_chance_averted_and_never_exceeds_it(psi: float, corrupt: float) -> None:
    x = set_to(_plain(), "enforcement", corrupt_reach=psi, bribe_share=0.6)
    x.state.corrupt[:] = corrupt
    _detect(x)
    h0 = x.state.hazard_honest
    left = h0 * (1.0 - psi * corrupt)
    np.testing.assert_allclose(x.state.hazard, left, rtol=1e-12)
    np.testing.assert_allclose(x.state.bribe_rate, 0.6 * (np.exp(-left) - np.exp(-h0)), rtol=1e-9, atol=1e-15)


def test_monitoring_is_a_contrast_between_corridors() -> None:
    x = set_to(_plain(), "enforcement", cover_weight=0.0, fuel_cover=0.0, hazard_mean=1e-3)
    x.state.effort[:] = enforcement.EFFORT_REFERENCE
    flat = _detect(set_to(x.copy(), "enforcement", monitoring_contrast=0.0)).state.hazard_honest[0]
    sharp = _detect(set_to(x.copy(), "enforcement", monitoring_contrast=1.5)).state.hazard_honest[0]
    # the ratio is mon^c over one mean of the world, the same on all corridors
    contrast = x.world.corridor_monitoring**1.5
    common = sharp / flat / contrast
    np.testing.assert_allclose(common, common[0], rtol=1e-9)


@pytest.mark.parametrize("poor, traffic", [(2.0, 1.0), (2.5, 0.4), (1.6, 0.0)])
def test_traffic_hides_in_proportion_to_what_it_loses_on_a_dearer_road(poor: float, traffic: float) -> None:
    x = set_to(_plain(), "enforcement", traffic_cover=traffic)
    set_to(x, "routes", poor_road_cost=poor)
    roads = np.resize([ROADS.index(name) for name in ("good", "fair", "poor")], len(x.world.corridor_km))
    roads = replace(x.world, corridor_mode=np.full(len(roads), MODES.index("road")), corridor_road=roads)
    rails = replace(roads, corridor_mode=np.full(len(roads.corridor_mode), MODES.index("rail")))
    told = _detect(replace(x.copy(), world=roads)).state.hazard_honest
    rail = _detect(replace(x.copy(), world=rails)).state.hazard_honest
    cost = poor ** (0.5 * (roads.corridor_road - 1.0))
    np.testing.assert_allclose(told, rail * cost**traffic, rtol=1e-12)
    off = _detect(replace(switch(x.copy(), 0.0, Mechanism.ROAD_QUALITY), world=roads)).state.hazard_honest
    np.testing.assert_array_equal(off, rail)


def test_campaigns_change_no_mean_and_fade_at_nine_tenths_a_month() -> None:
    runs = 4000
    big = _plain()
    big.state = big.state.repeat(runs // 2)
    big.parameters = {k: np.tile(a, runs // 2) for k, a in big.parameters.items()}
    big.on = np.tile(big.on, (runs // 2, 1))
    big.keys = run_keys(9, np.arange(runs))
    set_to(big, "enforcement", campaign_noise=0.4, hazard_mean=1e-4)
    calm = _detect(set_to(big.copy(), "enforcement", campaign_noise=0.0)).state.hazard_honest[0]
    big.state.corridor_noise[:] = 0.0
    for _ in range(60):
        step(big, enforcement, process="advance_detection")
    before = big.state.corridor_noise.copy()
    ratio = big.state.hazard_honest / calm
    links = ratio.shape[1]
    sd = np.sqrt(np.exp(0.4**2) - 1.0)
    assert abs(ratio.mean() - 1.0) < 4.0 * sd / np.sqrt(runs * links)
    assert abs(before.var() - 1.0) < 4.0 * np.sqrt(2.0 / (runs * links))
    step(big, enforcement, process="advance_detection")
    rho = np.corrcoef(before.ravel(), big.state.corridor_noise.ravel())[0, 1]
    assert rho == pytest.approx(0.9, abs=4.0 * (1 - 0.81) / np.sqrt(runs * links))


def test_officers_settle_where_they_are_sent_and_none_are_lost() -> None:
    x = set_to(_plain(), "enforcement", effort_inertia=0.2, effort_power=0.7)
    watcher = x.world.place_state[x.world.corridor_to]
    rng = np.random.default_rng(0)
    x.state.effort[:] *= rng.uniform(0.2, 2.0, x.state.effort.shape)
    x.state.success[:] = 0.0
    x.state.seized_kg[:] = 0.0
    start = x.state.effort.copy()
    held(x, enforcement, 5, "advance_allocation")
    # nothing is seized anywhere: all corridors of a state share alike, and the gap closes geometrically
    rest = np.full_like(start, enforcement.EFFORT_REFERENCE)
    np.testing.assert_allclose(x.state.effort - rest, (start - rest) * 0.8**5, rtol=1e-9, atol=1e-9)
    held(x, enforcement, 200, "advance_allocation")
    for s in range(x.world.sizes["state"]):
        mine = watcher == s
        np.testing.assert_allclose(x.state.effort[:, mine].sum(1), enforcement.EFFORT_REFERENCE * mine.sum(), rtol=1e-9)


def test_effort_is_never_less_than_the_floor_however_much_another_corridor_yields() -> None:
    x = set_to(_plain(), "enforcement", effort_inertia=0.5, effort_power=1.0)
    x.state.seized_kg[:] = 0.0
    x.state.seized_kg[:, 0] = 1e6
    held(x, enforcement, 400, "advance_allocation")
    assert x.state.effort.min() >= 0.3 * enforcement.EFFORT_REFERENCE - 1e-9
    assert x.state.effort[:, 0].min() > enforcement.EFFORT_REFERENCE


def test_enforcement_off_is_the_limit_of_no_hazard() -> None:
    x = _detect(switch(_plain(), 0.0, Mechanism.ENFORCEMENT))
    assert not x.state.hazard.any() and not x.state.hazard_honest.any()


@pytest.mark.parametrize("size", [0.0, 0.7])
def test_coordination_adds_its_part_on_both_sides_of_the_borders_of_the_focus_and_nowhere_else(size: float) -> None:
    plain, joint = (set_to(_plain(), "enforcement", size_regional_coordination=size) for _ in range(2))
    joint.state.instrument[:, INSTRUMENTS.index("regional_coordination")] = 1.0
    a, b = _detect(plain).state.hazard, _detect(joint).state.hazard
    w = plain.world
    ends = np.stack([w.place_state[w.corridor_from], w.place_state[w.corridor_to]])
    ours = (ends == w.focus).any(0) & (w.corridor_border == 1)
    assert ours.any() and not ours.all() and (a < 3.0).all()
    np.testing.assert_allclose(b[:, ours], (1.0 + size) * a[:, ours], rtol=1e-12)
    np.testing.assert_allclose(b[:, ~ours], a[:, ~ours], rtol=1e-12)
