"""Conduct of officials: rest points of perturbed best response, its limits, and its many equilibria.

Sources: logit dynamics x' = x + k [softmax(u(x)/tau) - x] rest exactly where x = softmax(u(x)/tau), the logit
(quantal response) equilibria (McKelvey and Palfrey 1995; Fudenberg and Levine 1998, ch. 4; Sandholm 2010, ch. 6); the
tests solve that equation with scipy. Audits shared by a crowd (Sah 1991). With pull of colleagues above a threshold
several rest points exist, and which one is reached depends on the past (Brock and Durlauf 2001; hysteresis).
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import fsolve

from qorgau.model import corruption
from qorgau.model.corruption import expected_sanction, rent_value
from qorgau.model.mechanisms import Mechanism
from qorgau.model.scruples import RISK, TAKERS, reveal
from tests.model.people_scene import Scene
from tests.verification.scenes import held, scene, set_to, switch, values

S = 1
"""A state without central posts and not in focus."""

CALM = dict(audit_spread=0.0, audit_income=0.0, soviet_control=0.0, haste=0.0, skim=0.0, state_skim=0.0,
            protection_rate=0.0, start_take=0.25, start_take_centre=0.25, start_refuse=0.6, patron_dues=0.0,
            custom_speed=0.0, speed=0.2)


def _scene(bribe: float = 0.0, fee: float = 0.0, racket: float = 0.0, **parameters: float) -> Scene:
    """Posts all alike, with rents given per exposed official in monthly wages, and no patron."""
    x = set_to(scene(), "corruption", **{**CALM, **parameters})
    x.state.patron_shield[:] = 0.0
    x.state.active[:] = 0
    x.state.patron_reach[:] = 0.5
    x.state.instrument[:] = 0.0
    s = x.state
    reveal(x.parameters["corruption"], x.on, 0.0, s.scruple, s.scruple_under, s.scruple_centre, s.scruple_service,
           s.scruple_service_under)
    return _rents(x, bribe, fee, racket)


def _rents(x: Scene, bribe: float, fee: float, racket: float) -> Scene:
    q = values(x, "corruption")
    pay = x.state.wage[:, x.world.post_state] * q["pay_ratio"]
    exposed = q["exposed_share"] * x.world.post_officials[None, :] * pay
    x.state.bribes_post[:], x.state.fees_post[:] = bribe * exposed, fee * exposed
    x.state.racket_profit_post[:] = racket * exposed
    return x


def _set(x: Scene, shares: tuple[float, ...]) -> Scene:
    x.state.conduct[:] = np.array(shares)
    x.state.corrupt[:] = 0.5 * shares[1] + sum(shares[2:])
    return x


def _mine(x: Scene) -> np.ndarray:
    """Conduct in state S; all its posts are alike."""
    posts = np.flatnonzero(x.world.post_state == S)
    got = x.state.conduct[0, posts]
    assert np.ptp(got, axis=0).max() < 1e-12
    return got[0]


def _response(x: Scene, y: np.ndarray, rents: tuple[float, float, float], shared: bool = True) -> np.ndarray:
    """Softmax of the utilities at shares y, from the formulas."""
    q = values(x, "corruption")
    bribe, fee, racket = rents
    takers = y[2:].sum()
    centre = 0.5 * y[1] + takers
    chance = q["audit"] / (q["audit"] + takers + 0.3 * y[1])
    stake = q["penalty"] * chance * (1.0 - centre if shared else 1.0)
    money = np.array([0.0, 0.0, bribe * (1.0 - q["carry_part"]) / (y[2] + 0.02), fee / (y[3] + 0.02),
                      (bribe * q["carry_part"] + racket) / (y[4] + 0.02)])
    dues = q["patron_dues"] * 0.5 * np.array([0.0, 0.0, 1.0, 1.0, 1.0])
    pull = q["conformity"] * np.array([y[0], y[1], takers, takers, takers])
    worth = q["rent_value"] * np.log1p(money) + dues - x.state.scruple[0] - np.array(RISK) * stake
    u = pull + worth / q["temperature"]
    e = np.exp(u - u.max())
    return e / e.sum()


@pytest.mark.parametrize("rents", [(0.0, 0.0, 0.0), (0.3, 0.05, 0.02), (3.0, 1.0, 0.5)])
@pytest.mark.parametrize("conformity", [0.0, 1.5])
@pytest.mark.parametrize("shared, dues", [(True, 0.0), (False, 0.0), (True, 0.8)])
def test_conduct_rests_where_it_is_the_perturbed_best_response_to_itself(
    rents: tuple[float, float, float], conformity: float, shared: bool, dues: float
) -> None:
    x = _scene(*rents, conformity=conformity, patron_dues=dues)
    if not shared:
        switch(x, 0.0, Mechanism.SHARED_SANCTION)
    held(x, corruption, 1500)
    rest = _mine(x)
    np.testing.assert_allclose(_response(x, rest, rents, shared), rest, atol=1e-9)
    root, _, found, _ = fsolve(lambda y: _response(x, y, rents, shared) - y, rest + 0.01, full_output=True, xtol=1e-13)
    assert found == 1
    np.testing.assert_allclose(root, rest, atol=1e-8)


def test_scruple_is_what_makes_the_starting_shares_a_rest_point() -> None:
    """At the reference rents and sanction the best response to the starting shares is the starting shares."""
    x = _scene(conformity=0.8, patron_dues=0.4)
    q, takers = values(x, "corruption"), 0.25
    start = np.array([0.45, 0.3, *(p * takers for p in TAKERS)])
    rent = q["start_rent"]
    part = rent * q["carry_part"] * TAKERS[0] / TAKERS[2]
    money = np.array([0.0, 0.0, rent * (1.0 - q["carry_part"]), 0.5 * rent, part])
    stake = q["penalty"] * q["audit"] / (q["audit"] + takers + 0.09) * (1.0 - takers - 0.15) * (1.0 - 1.0 / 6.0)
    dues = 0.4 / 3.0 * np.array([0.0, 0.0, 1.0, 1.0, 1.0])  # a third of full reach, a sixth of full cover in 1989
    pull = 0.8 * np.array([0.45, 0.3, takers, takers, takers])
    worth = q["rent_value"] * np.log1p(money) + dues - x.state.scruple[0] - np.array(RISK) * stake
    u = pull + worth / q["temperature"]
    np.testing.assert_allclose(np.exp(u) / np.exp(u).sum(), start, rtol=1e-9)


def test_with_nothing_that_depends_on_others_the_way_to_rest_is_geometric() -> None:
    x = _set(_scene(penalty=0.0, conformity=0.0, speed=0.07), (0.1, 0.2, 0.3, 0.3, 0.1))
    rest = _response(x, _mine(x), (0.0, 0.0, 0.0))
    start = _mine(x).copy()
    held(x, corruption, 30)
    np.testing.assert_allclose(_mine(x) - rest, (start - rest) * 0.93**30, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("conformity", [0.0, 0.2])
def test_high_temperature_leaves_the_revealed_shares(conformity: float) -> None:
    """Money and sanction are nothing against a wide spread of scruple; that spread is what the start reveals."""
    x = held(_scene(0.5, 0.5, 0.5, temperature=1e7, conformity=conformity), corruption, 3000)
    np.testing.assert_allclose(_mine(x), [0.45, 0.3, 0.125, 0.075, 0.05], atol=1e-5)


def test_low_temperature_leaves_the_best_conduct_alone() -> None:
    """Where nothing is offered nobody takes; refusing and looking away, alike in money, keep the odds of the start."""
    poor = held(_scene(temperature=1e-3, conformity=0.0, penalty=0.0), corruption, 3000)
    np.testing.assert_allclose(_mine(poor), [0.6, 0.4, 0.0, 0.0, 0.0], atol=1e-6)
    rich = held(_scene(bribe=1e6, temperature=1e-3, conformity=0.0, penalty=0.0, carry_part=0.0), corruption, 3000)
    assert _mine(rich)[2] > 1.0 - 1e-6
    racket = held(_scene(racket=1e6, temperature=1e-3, conformity=0.0, penalty=0.0), corruption, 3000)
    assert _mine(racket)[4] > 1.0 - 1e-6


CLEAN, VENAL = (0.96, 0.01, 0.01, 0.01, 0.01), (0.01, 0.01, 0.58, 0.3, 0.1)


def _rest_from(start: tuple[float, ...], **parameters: float) -> np.ndarray:
    return _mine(held(_set(_scene(**parameters), start), corruption, 1500))


def test_conformity_makes_two_rest_points_and_without_it_there_is_one() -> None:
    one = dict(bribe=0.2, fee=0.1, racket=0.05, conformity=0.0, temperature=3.0)
    switched = [_rest_from(start, **one) for start in (CLEAN, VENAL)]
    np.testing.assert_allclose(switched[0], switched[1], atol=1e-8)
    two = {**one, "conformity": 8.0}
    low, high = (_rest_from(start, **two) for start in (CLEAN, VENAL))
    assert high[2:].sum() - low[2:].sum() > 0.5
    x = _scene(**two)
    for rest in (low, high):
        np.testing.assert_allclose(_response(x, rest, (0.2, 0.1, 0.05)), rest, atol=1e-9)

    def gap(y: np.ndarray) -> np.ndarray:
        return _response(x, y, (0.2, 0.1, 0.05)) - y

    # between two stable rest points lies a third, unstable one (index theory; here found by Newton's method)
    found = []
    for w in np.linspace(0.05, 0.95, 19):
        root, _, ok, _ = fsolve(gap, (1.0 - w) * low + w * high, full_output=True, xtol=1e-12)
        if ok == 1 and (root > 0).all():
            found.append(round(float(root[2:].sum()), 6))
    assert len(set(found)) >= 3
    middle = [f for f in set(found) if low[2:].sum() + 1e-3 < f < high[2:].sum() - 1e-3]
    assert middle


def _sweep(conformity: float) -> tuple[np.ndarray, np.ndarray]:
    """Share of takers at rest as rents rise, and as they fall again, month by month from where it was."""
    x = held(_set(_scene(conformity=conformity, temperature=3.0, rent_value=4.0), CLEAN), corruption, 500)
    levels = np.concatenate([[0.0], np.geomspace(0.02, 3000.0, 14)])
    up, down = [], []
    for taken, order in ((up, levels), (down, levels[::-1])):
        for level in order:
            held(_rents(x, level, 0.5 * level, 0.2 * level), corruption, 300)
            taken.append(float(_mine(x)[2:].sum()))
    return np.array(up), np.array(down[::-1])


def test_rents_that_come_and_go_leave_conduct_behind_when_colleagues_pull() -> None:
    up, down = _sweep(conformity=6.0)
    assert (np.diff(up) >= -1e-6).all() and (np.diff(down) >= -1e-6).all()
    assert (down - up).max() > 0.3, "the same rents, another conduct: hysteresis"
    up, down = _sweep(conformity=0.0)
    np.testing.assert_allclose(up, down, atol=1e-6)


@pytest.mark.parametrize("crowd", [0.0, 0.3, 1.0])
def test_limits_of_the_expected_sanction(crowd: float) -> None:
    assert expected_sanction(1e12, 5.0, crowd, 1.0, 0.0) == pytest.approx(5.0)  # an auditor for everyone
    assert expected_sanction(0.1, 5.0, 0.0, 1.0, 0.0) == pytest.approx(5.0)  # the only one who takes
    assert expected_sanction(1e-12, 5.0, 0.5, 1.0, 0.0) == pytest.approx(0.0, abs=1e-10)
    assert expected_sanction(0.1, 5.0, crowd, 0.0, 0.0) == 0.0  # the centre that must punish is wholly corrupt
    assert expected_sanction(0.1, 5.0, crowd, 1.0, 1.0) == 0.0  # a patron averts all of it
    assert expected_sanction(0.1, 0.0, crowd, 1.0, 0.0) == 0.0
    # all together are punished for what the audits can reach, audit/(audit + crowd) each
    total = crowd * expected_sanction(0.1, 5.0, crowd, 1.0, 0.0)
    assert total <= 5.0 * 0.1 + 1e-12


def test_the_value_of_a_rent_is_the_log_of_income_and_its_marginal_falls() -> None:
    assert rent_value(0.0) == 0.0 and rent_value(-3.0) == 0.0
    assert rent_value(np.e - 1.0) == pytest.approx(1.0)
    for r in (0.1, 1.0, 10.0):
        slope = (rent_value(r + 1e-6) - rent_value(r - 1e-6)) / 2e-6
        assert slope == pytest.approx(1.0 / (1.0 + r), rel=1e-6)


def test_shielding_is_a_chance_that_adds_up_over_protectors() -> None:
    x = _set(_scene(shield_reach=2.0, shield_bribe=0.3, speed=1e-12), (0.2, 0.2, 0.3, 0.2, 0.1))
    held(x, corruption, 1)
    np.testing.assert_allclose(x.state.shield[:, S], 1.0 - np.exp(-2.0 * (0.2 + 0.1 + 0.3 * 0.3)), rtol=1e-9)
    none = held(_set(_scene(speed=1e-12), (1.0, 0.0, 0.0, 0.0, 0.0)), corruption, 1)
    np.testing.assert_allclose(none.state.shield, 0.0, atol=1e-9)


def test_corruption_off_is_the_limit_where_all_refuse() -> None:
    x = held(switch(_scene(3.0, 3.0, 3.0), 0.0, Mechanism.CORRUPTION), corruption, 1)
    assert (x.state.conduct[..., 0] == 1.0).all() and not x.state.corrupt.any()
    assert not x.state.shield.any() and not x.state.abuse.any()
