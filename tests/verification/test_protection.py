"""Protection of legal firms: custom between officials and gangs, rents from nothing to everything.

Sources: custom as a logit balance with linear decay (a quality difference against inertia), at rest z = b dq/d; the
hump of gangs' quality n exp(1 - n) (Ricker 1954 in form; Varese 2001, ch. 3 in substance); rents shared with
saturation.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from qorgau.model import corruption
from qorgau.model.guarantors import gang_quality, private_share
from tests.model.people_scene import Scene
from tests.verification.scenes import held, scene, set_to, still, values

S = 1


def _scene(share: float = 0.2, **parameters: float) -> Scene:
    """Conduct frozen with a share who sell protection, no gangs, firms fully private."""
    x = set_to(scene(), "corruption", **{"speed": 1e-15, "skim": 0.0, "harassment": 0.0, **parameters})
    x.state.conduct[:] = np.array([1.0 - share, 0.0, 0.0, share, 0.0])
    x.state.corrupt[:] = share
    x.state.active[:] = 0
    return x


def _output(x: Scene) -> np.ndarray:
    place = x.world.post_place
    return (x.world.gdp_per_head[x.month, x.world.post_state] * x.world.population[x.month, x.world.post_state] / 12.0
            * x.world.place_share[place])


def _provinces(x: Scene) -> np.ndarray:
    return (x.world.post_state == S) & (x.world.post_kind == 0)


@pytest.mark.parametrize("share", [0.0, 0.05, 0.4])
def test_custom_rests_at_quality_over_decay(share: float) -> None:
    x = _scene(share, custom_speed=0.2, custom_sense=3.0, custom_decay=0.5, official_half=0.1)
    held(x, corruption, 600)
    np.testing.assert_allclose(x.state.guarantor[:, S], 3.0 / 0.5 * share / (share + 0.1), rtol=1e-9, atol=1e-12)


def test_harassment_adds_what_it_is_worth_to_be_spared_by_all_who_take() -> None:
    x = _scene(0.2, custom_speed=0.2, custom_sense=3.0, custom_decay=0.5, official_half=0.1, harassment=0.7)
    x.state.conduct[:] = np.array([0.4, 0.1, 0.2, 0.2, 0.1])
    held(x, corruption, 600)
    np.testing.assert_allclose(x.state.guarantor[:, S], 3.0 / 0.5 * (0.2 / 0.3 + 0.7 * 0.5), rtol=1e-9)


def test_custom_comes_to_rest_at_speed_times_decay() -> None:
    x = _scene(0.2, custom_speed=0.1, custom_sense=3.0, custom_decay=0.4, official_half=0.1)
    rest = 3.0 / 0.4 * 0.2 / 0.3
    start = x.state.guarantor[:, S].copy()
    held(x, corruption, 20)
    np.testing.assert_allclose(x.state.guarantor[:, S] - rest, (start - rest) * 0.96**20, rtol=1e-9)


def test_gangs_alone_take_custom_and_many_of_them_lose_it() -> None:
    def rest(gangs: int) -> float:
        x = _scene(0.0, custom_speed=0.2, custom_sense=2.0, custom_decay=1.0, gang_best=1.5, gang_number=4.0)
        place = int(np.flatnonzero(x.world.place_state == S)[0])
        x.state.active[:, :gangs] = 1
        x.state.home[:] = place
        x.state.network[:] = 0
        return float(held(x, corruption, 300).state.guarantor[0, S])

    assert rest(0) == pytest.approx(0.0, abs=1e-12)
    assert rest(4) == pytest.approx(-2.0 * 1.5, rel=1e-9)  # at their best
    assert rest(4) < rest(2) < 0.0 and rest(4) < rest(9) < 0.0
    assert rest(2) == pytest.approx(-2.0 * 1.5 * 0.5 * np.exp(0.5), rel=1e-9)


def test_gangs_are_best_at_their_number_and_never_worse_than_a_third_when_crowded() -> None:
    q = set_to(scene(), "corruption", gang_best=1.4, gang_number=6.0).parameters["corruption"][0]
    top = minimize_scalar(lambda n: -gang_quality(q, n), bounds=(0.1, 30.0), method="bounded")
    assert top.x == pytest.approx(6.0, abs=1e-4) and -top.fun == pytest.approx(1.4, rel=1e-9)
    assert gang_quality(q, 0.0) == 0.0
    assert gang_quality(q, 1e6) == pytest.approx(1.4 / 3.0)


def test_no_rate_no_firms_or_no_sellers_is_no_rent() -> None:
    nothing = held(_scene(0.3, protection_rate=0.0), corruption, 1)
    nobody = held(_scene(0.0, protection_rate=0.02), corruption, 1)
    before = _scene(0.3, protection_rate=0.02)
    before.world = still(before.world, privatisation=0.0)
    z = before.state.guarantor.copy()
    held(before, corruption, 12)
    for x in (nothing, nobody, before):
        np.testing.assert_allclose(x.state.legal_protection, 0.0, atol=1e-9)
    np.testing.assert_array_equal(before.state.guarantor, z)


def test_with_all_custom_and_many_sellers_officials_take_the_whole_rate() -> None:
    x = _scene(1.0, protection_rate=0.02, custom_speed=0.0)
    x.state.guarantor[:] = 50.0
    held(x, corruption, 1)
    here = _provinces(x)
    np.testing.assert_allclose(x.state.legal_protection[0, here], 0.02 * _output(x)[here] / 1.05, rtol=1e-9)
    x.state.guarantor[:] = -50.0
    held(x, corruption, 1)
    np.testing.assert_allclose(x.state.legal_protection, 0.0, atol=1e-9)
    x.state.guarantor[:] = 0.0  # an even split of custom
    held(x, corruption, 1)
    np.testing.assert_allclose(x.state.legal_protection[0, here], 0.01 * _output(x)[here] / 1.05, rtol=1e-9)


@pytest.mark.parametrize("takers", [0.0, 0.1, 0.9])
def test_skimming_saturates_at_what_is_open_to_it(takers: float) -> None:
    x = _scene(takers, skim=0.1, boom=0.0, skim_half=0.1, protection_rate=0.0, state_skim=0.0, private_open=1.0)
    held(x, corruption, 1)
    here = _provinces(x)
    want = 0.1 * (_output(x) * x.world.place_extractive[x.world.post_place])[here] * takers / (takers + 0.1)
    np.testing.assert_allclose(x.state.legal_rents[0, here], want, rtol=1e-9)
    no_oil = _scene(takers, skim=0.1, boom=0.0, state_skim=0.0)
    no_oil.world = replace(no_oil.world, place_extractive=np.zeros(no_oil.world.sizes["place"]))
    assert not held(no_oil, corruption, 1).state.legal_rents.any()


def test_firms_turn_private_linearly_until_all_are() -> None:
    assert private_share(0.0, 5.0) == 0.0
    assert private_share(30.0, 5.0) == pytest.approx(0.5)
    assert private_share(600.0, 5.0) == 1.0
    assert values(scene(), "corruption")["private_years"] > 0.0
