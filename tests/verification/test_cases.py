"""The pipeline of cases: binomial stages, the limits of a queue, and the chain of chances.

Sources: successive binomial thinning leaves a binomial with the product of the chances; a queue of B cases served by C
a month takes C (1 - exp(-tau B/C)) (exponential saturation; as the functional response of Ivlev 1961), which is tau B
for many officers and C for few.
"""

from __future__ import annotations

import numpy as np
import pytest

from qorgau.model import cases
from qorgau.model.mechanisms import Mechanism
from qorgau.model.streams import run_keys
from tests.model.people_scene import Scene
from tests.verification.scenes import held, scene, set_to, switch, values

RUNS = 3000
S = 1
"""A state that is not in focus, so that no measure of the time line touches it."""


def _scene(**parameters: float) -> Scene:
    x = scene()
    x.state = x.state.repeat(RUNS // 2)
    x.parameters = {k: np.tile(a, RUNS // 2) for k, a in x.parameters.items()}
    x.on = np.tile(x.on, (RUNS // 2, 1))
    x.keys = run_keys(21, np.arange(RUNS))
    set_to(x, "cases", **{"lapse": 0.0, **parameters})
    switch(x, 0.0, Mechanism.LABOUR_SHIELDING)
    for name in ("identified", "returned_by_officials", "self_reported", "assisted", "cases_backlog", "exploited",
                 "shield", "shield_bribed", "abuse", "desk", "deal_risk", "deals_usd", "instrument"):
        getattr(x.state, name)[:] = 0
    x.state.recruits_by_groups[:] = 1.0
    x.state.law[:] = 1.0
    return x


def _binomial(counts: np.ndarray, n: int, p: float) -> None:
    """Mean within four standard errors, variance within five of its own."""
    sd = np.sqrt(n * p * (1.0 - p))
    assert abs(counts.mean() - n * p) < 4.0 * sd / np.sqrt(len(counts)) + 1e-9
    if 0.0 < p < 1.0:
        assert abs(counts.var() / sd**2 - 1.0) < 5.0 * np.sqrt(2.0 / len(counts))


def _capacity(x: Scene) -> float:
    q, share = values(x, "cases"), values(x, "people")["search_share"]
    officers = q["officers"] * float(x.world.population[x.month, S]) / 1e6
    return officers * (1.0 - share) / q["case_months"]


@pytest.mark.parametrize("share", [0.05, 0.5, 1.0, 1.6])
def test_opened_cases_are_binomial_in_the_people_who_are_known(share: float) -> None:
    x = _scene(open_share=share)
    x.state.identified[:, S] = 60
    x.state.returned_by_officials[:, S] = 20
    x.state.self_reported[:, S] = 40
    held(x, cases, 1)
    # each person can stand for up to two cases
    _binomial(x.state.cases_identified[:, S], 160, share / 2)


@pytest.mark.parametrize("backlog, officers", [(500, 0.05), (500, 1.0), (500, 1e6), (40, 3.0)])
def test_the_queue_takes_what_officers_and_patience_let_it(backlog: int, officers: float) -> None:
    x = _scene(officers=officers, take_rate=0.3)
    x.state.cases_backlog[:, S] = backlog
    c = _capacity(x)
    held(x, cases, 1)
    mean = c * (1.0 - np.exp(-0.3 * backlog / c))
    assert mean <= min(c, 0.3 * backlog) * (1.0 + 1e-12)
    _binomial(x.state.cases_investigated[:, S], backlog, mean / backlog)
    np.testing.assert_array_equal(x.state.cases_backlog[:, S] + x.state.cases_investigated[:, S], backlog)
    if c < 0.01 * 0.3 * backlog:
        assert mean == pytest.approx(c, rel=1e-6)  # few officers: they are busy all month
    if c > 1e3 * backlog:
        assert mean == pytest.approx(0.3 * backlog, rel=1e-3)  # many: each case is taken at its own rate


def test_at_rest_as_many_are_taken_as_come_in_and_the_backlog_is_the_inverse_of_the_queue() -> None:
    x = _scene(open_share=1.0, take_rate=0.25, case_months=2.0)
    x.state.identified[:, S] = 6
    x.parameters["cases"]["officers"] *= 10.0 / _capacity(x)  # capacity of 10 cases a month
    taken = []
    for month in range(160):
        x.month = month + 40
        held(x, cases, 1)
        if month >= 80:
            taken.append(x.state.cases_investigated[:, S].mean())
    assert np.mean(taken) == pytest.approx(6.0, rel=4.0 * np.sqrt(1.0 / (6.0 * 80 * RUNS)) + 1e-3)
    # 10 (1 - exp(-.25 B/10)) = 6; the mean of a concave queue lies a little above that of the mean (Jensen)
    waiting = x.state.cases_backlog[:, S] + x.state.cases_investigated[:, S]
    rest = -np.log(1.0 - 0.6) * 10.0 / 0.25
    assert rest < waiting.mean() < rest * 1.03


@pytest.mark.parametrize("shield, evidence, conviction", [(0.0, 1.0, 1.0), (0.4, 0.6, 0.5), (0.9, 0.5, 0.3)])
def test_the_chain_from_case_to_conviction_is_the_product_of_its_chances(shield: float, evidence: float,
                                                                         conviction: float) -> None:
    x = _scene(officers=1e9, take_rate=1.0, evidence=evidence, conviction=conviction, testify=0.0)
    x.state.cases_backlog[:, S] = 300
    x.state.shield[:] = shield
    held(x, cases, 1)
    taken = 1.0  # rate 1/month and no want of officers: C/B (1 - exp(-B/C)) -> 1
    _binomial(x.state.cases_investigated[:, S], 300, taken)
    _binomial(x.state.cases_stopped[:, S], 300, shield)
    _binomial(x.state.cases_prosecuted[:, S], 300, (1.0 - shield) * evidence)
    _binomial(x.state.cases_convicted[:, S], 300, (1.0 - shield) * evidence * conviction)


@pytest.mark.parametrize("risk", [500.0, 4000.0, 20_000.0])
def test_a_protected_case_is_stopped_where_the_threat_exceeds_the_risk_and_paid_for(risk: float) -> None:
    x = _scene(officers=1e9, take_rate=1.0, conviction=0.4, conviction_loss=10_000.0)
    set_to(x, "people", deal_share=0.25)
    x.state.cases_backlog[:, S] = 300
    x.state.shield[:] = 0.5
    x.state.deal_risk[:] = risk
    held(x, cases, 1)
    _binomial(x.state.cases_stopped[:, S], 300, 0.5 * 4000.0 / (4000.0 + risk))
    price = 0.25 * 4000.0 + 0.75 * min(4000.0, risk)
    np.testing.assert_allclose(x.state.deals_usd[:, S], x.state.cases_stopped[:, S] * price)


def test_testimony_in_half_of_the_cases_adds_its_full_weight() -> None:
    for assisted, add in ((0, 0.0), (50, 0.5), (100, 1.0), (400, 1.0)):
        x = _scene(officers=1e9, take_rate=1.0, evidence=1.0, conviction=0.2, testify=1.0, testimony_weight=0.5)
        x.state.cases_backlog[:, S] = 200
        x.state.assisted[:, S] = assisted
        held(x, cases, 1)
        _binomial(x.state.cases_convicted[:, S], 200, 0.2 + 0.5 * add)


@pytest.mark.parametrize("odds", [1.0, 4.0])
def test_ties_and_shield_stop_labour_cases_independently(odds: float) -> None:
    x = switch(_scene(officers=1e9, take_rate=1.0, labour_ties=0.5), 1.0, Mechanism.LABOUR_SHIELDING)
    desk = odds * 0.6 / (0.4 + odds * 0.6)
    x.state.desk[:] = desk
    x.state.cases_backlog[:, S] = 300
    x.state.shield[:] = 0.2
    goal = np.flatnonzero(x.world.place_state[x.world.destination_place] == S)
    assert len(goal)
    x.state.exploited[:, goal, 0, 0] = 30
    x.state.exploited[:, goal, 1, 0] = 10
    held(x, cases, 1)
    _binomial(x.state.cases_stopped[:, S], 300, 1.0 - (1.0 - 0.2) * (1.0 - 0.5 * desk * 0.75))


def test_lapsing_alone_empties_the_queue_exponentially() -> None:
    x = _scene(lapse=0.1, officers=0.0)
    x.state.cases_backlog[:, S] = 1000
    for month in range(12):
        x.month = month
        held(x, cases, 1)
    _binomial(x.state.cases_backlog[:, S], 1000, 0.9**12)


def test_without_law_or_enforcement_no_case_is_taken_up() -> None:
    x = _scene(take_rate=1.0)
    x.state.cases_backlog[:, S] = 100
    x.state.law[:] = 0.0
    held(x, cases, 1)
    assert not x.state.cases_investigated.any() and not x.state.trafficking_officers.any()
    y = switch(_scene(take_rate=1.0), 0.0, Mechanism.ENFORCEMENT)
    y.state.cases_backlog[:, S] = 100
    y.state.identified[:, S] = 100
    held(y, cases, 1)
    assert not y.state.cases_investigated.any() and not y.state.cases_identified.any()


def test_the_loss_expected_from_conviction_averages_two_years_of_chance_times_severity() -> None:
    x = _scene(officers=1e9, take_rate=1.0, evidence=1.0, conviction=1.0, testify=0.0, conviction_loss=5000.0)
    x.state.conviction_cost[:] = 0.0
    x.state.origin_flow[:], x.state.transit_flow[:], x.state.arrival_flow[:] = 100, 40, 20
    journeys = 160 / cases.PERSONS_PER_JOURNEY
    for _ in range(24):
        x.state.cases_backlog[:, S] = 6
        held(x, cases, 1)
    want = 5000.0 * 6 / journeys * (1 - (1 - 1 / 24) ** 24)
    np.testing.assert_allclose(x.state.conviction_cost[:, S], want, rtol=1e-9)
