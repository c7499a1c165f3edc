"""A month against a quarter of a month: how far the step of the model is from the limit of small steps.

The monthly rules are explicit Euler steps (or exact exponentials) of continuous rates. Each process is advanced with
its rates per month divided by n, n times per month of the series, for n = 1, 4 and 16, and its state at the end is
compared. An Euler step has error c dt, so that (x_1 - x_16)/(x_4 - x_16) tends to (1 - 1/16)/(1/4 - 1/16) = 5
(Richardson 1911); the tests hold each process to that order and to a bound on the difference, which
docs/verification.md reports.

Route plans, carrying, beliefs of many organisations, recruitment, entry and exit are not tried here one by one: they
are in the whole model at a quarter of a month, which ``test_whole_step.py`` runs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from qorgau.model import (
    cases,
    corruption,
    drug_market,
    economy,
    enforcement,
    facilitators,
    human_trade,
    indicators,
    measures,
    patronage,
    people,
)
from qorgau.model.mechanisms import Mechanism
from qorgau.model.streams import run_keys
from tests.model.people_scene import Scene
from tests.verification.scenes import held, scene, set_to, step, switch

MONTHS = 24


def _slower(x: Scene, subsystem: str, n: int, *rates: str) -> None:
    for name in rates:
        x.parameters[subsystem][name] = x.parameters[subsystem][name] / n


def _longer(x: Scene, subsystem: str, n: int, *spans: str) -> None:
    for name in spans:
        x.parameters[subsystem][name] = x.parameters[subsystem][name] * n


def _economy(n: int) -> np.ndarray:
    x = set_to(scene(places=9), "economy", open_year=1900.0, leave_rate=0.3, return_rate=0.4)
    _slower(x, "economy", n, "leave_rate", "return_rate")
    return held(x, economy, MONTHS * n).state.migrants[0].sum(1)


def _fewer(x: Scene, n: int) -> Scene:
    """Bring the start of use by a fixed part of the population a month to 1/n: that population n times smaller."""
    x.world = replace(x.world, population=x.world.population / n)
    x.parameters["drug_market"]["users_limit"] *= n
    return x


def _users(n: int) -> np.ndarray:
    """Use at a price that does not move it."""
    x = switch(scene(), 0.0, Mechanism.PRICE_USERS)
    set_to(x, "drug_market", start_rate=0.35, stop_rate=0.1)
    _slower(x, "drug_market", n, "start_rate", "stop_rate")
    return held(_fewer(x, n), drug_market, MONTHS * n).state.users[0]


def _prices(n: int) -> np.ndarray:
    """Stocks and prices with a given inflow; sales from stock do not look at the norm, whose weight is a constant."""
    x = set_to(scene(), "drug_market", stock_elasticity=0.0, start_rate=0.0, stop_rate=0.0, holding_months=5.0)
    x.state.arrivals[:] = 0.7 * x.parameters["drug_market"]["use_per_person"][:, None] * x.state.users / 12.0 / n
    x.state.purchased[:] = 0.0
    _slower(x, "drug_market", n, "use_per_person")
    _longer(x, "drug_market", n, "holding_months")
    return np.log(held(_fewer(x, n), drug_market, MONTHS * n).state.price[0])


def _dealers(n: int) -> np.ndarray:
    """What dealers hold, from nothing, with traders who sell what comes in and hold no more than a month of it."""
    x = set_to(scene(), "drug_market", stock_elasticity=0.0, start_rate=0.0, stop_rate=0.0, dealer_weeks=40.0)
    x.state.arrivals[:] = 0.7 * x.parameters["drug_market"]["use_per_person"][:, None] * x.state.users / 12.0 / n
    x.state.purchased[:], x.state.dealer_stock[:] = 0.0, 0.0
    _slower(x, "drug_market", n, "use_per_person")
    _longer(x, "drug_market", n, "holding_months", "dealer_weeks")
    return held(_fewer(x, n), drug_market, MONTHS * n).state.dealer_stock[0]


def _conduct(n: int) -> np.ndarray:
    x = set_to(scene(), "corruption", speed=0.1)
    x.state.bribes_post[:] = 2e5
    x.state.conduct[:] = np.array([0.2, 0.2, 0.3, 0.2, 0.1])
    _slower(x, "corruption", n, "speed", "custom_speed")
    return held(x, corruption, MONTHS * n).state.conduct[0].mean(0)


def _custom(n: int) -> np.ndarray:
    x = set_to(scene(), "corruption", speed=1e-15, custom_speed=0.1)
    _slower(x, "corruption", n, "custom_speed")
    return held(x, corruption, MONTHS * n).state.guarantor[0]


def _services(n: int) -> np.ndarray:
    x = set_to(scene(), "facilitators", speed=0.1)
    x.state.service[:] = 0.05
    _slower(x, "facilitators", n, "speed")
    return held(x, facilitators, MONTHS * n).state.service[0].mean(0)


def _attention(n: int) -> np.ndarray:
    x = set_to(scene(), "measures", attention_speed=0.05, law_speed=0.05)
    x.state.visible_harm[:], x.state.attention[:], x.state.law[:] = 0.8, 0.0, 0.0
    _slower(x, "measures", n, "attention_speed", "law_speed")
    held(x, measures, MONTHS * n)
    return np.array([x.state.attention[0], x.state.law[0, x.world.focus]])


def _readings(n: int) -> np.ndarray:
    x = set_to(scene(), "indicators", reading_error=0.0, reading_speed=0.1, tier_speed=0.08, harm_years=3.0)
    x.state.perceived_share[:], x.state.tier_score[:], x.state.visible_harm[:] = 0.05, 0.9, 0.0
    x.state.prosecuted_year[:], x.state.assisted_year[:] = 0.0, 0.0
    x.state.cases_prosecuted[:], x.state.assisted[:] = 0, 0
    _slower(x, "indicators", n, "reading_speed", "tier_speed")
    _longer(x, "indicators", n, "harm_years")
    held(x, indicators, MONTHS * n)
    return np.array([*x.state.perceived_corruption[0], *x.state.tier_score[0], x.state.visible_harm[0]])


def _officers(n: int) -> np.ndarray:
    x = set_to(scene(), "enforcement", effort_inertia=0.08, effort_power=0.0)
    x.state.seized_kg[:] = 0.0
    x.state.effort[:] = np.linspace(20.0, 300.0, x.state.effort.shape[1])
    _slower(x, "enforcement", n, "effort_inertia")
    return held(x, enforcement, MONTHS * n, "advance_allocation").state.effort[0]


def _price_of_exploitation(n: int) -> np.ndarray:
    x = set_to(scene(places=9), "human_trade", price_speed=0.05)
    x.state.attempts_route[:] = 0.0
    x.state.exploited[:] = (0.3 * x.state.demand_people[..., None]).astype(np.int64)
    _slower(x, "human_trade", n, "price_speed")
    return np.log(held(x, human_trade, MONTHS * n).state.people_price[0].ravel())


def _ties(n: int) -> np.ndarray:
    x = set_to(scene(), "patronage", turnover=1e-12, rotation_fear=0.0, size_rotation=0.0, tie_months=30.0)
    x.state.tie[:] = 0.0
    _longer(x, "patronage", n, "tie_months")
    return held(x, patronage, MONTHS * n).state.tie[0]


EULER: dict[str, tuple[Callable[[int], np.ndarray], float]] = {
    "migrants": (_economy, 0.02), "users": (_users, 0.02), "prices and stocks": (_prices, 0.03),
    "dealers' stock": (_dealers, 0.01),
    "conduct": (_conduct, 0.02), "custom": (_custom, 0.02), "services": (_services, 0.02),
    "attention and law": (_attention, 0.03), "readings": (_readings, 0.02), "officers": (_officers, 0.03),
    "price of exploitation": (_price_of_exploitation, 0.02), "ties": (_ties, 0.01),
}
"""Process, and bound on the difference between a month and a quarter of one relative to the largest value."""


@pytest.mark.parametrize("name", EULER)
def test_a_month_differs_from_a_quarter_by_first_order_and_little(name: str) -> None:
    run, bound = EULER[name]
    month, quarter, fine = run(1), run(4), run(16)
    size = np.abs(fine).max()
    assert np.abs(month - quarter).max() / size < bound
    moved = np.abs(month - fine) > 1e-7 * size
    assert moved.any(), "nothing moved: the test would show nothing"
    ratio = np.abs(month - fine)[moved].sum() / np.abs(quarter - fine)[moved].sum()
    assert ratio == pytest.approx(5.0, rel=0.2)


def test_beliefs_take_the_step_of_first_order_where_the_months_experience_is_kept() -> None:
    from tests.verification.test_routes import _believer, _learn

    out = []
    for n in (1, 4, 16):
        q, prior, r, journeys, felt, belief, other = _believer(learning=0.08 / n, network_learning=0.0, watching=0.0)
        _learn(q, prior, r, journeys, felt, belief, other, MONTHS * n)
        out.append(belief[0, 0].copy())
    size = out[2].max()
    assert np.abs(out[0] - out[1]).max() / size < 0.03
    assert np.abs(out[0] - out[2]).sum() / np.abs(out[1] - out[2]).sum() == pytest.approx(5.0, rel=0.15)


def _substeps(x: Scene, module, n: int, months: int) -> None:
    """n steps to a month, each with random numbers of its own."""
    for i in range(months * n):
        x.keys = run_keys(100 + i % n, np.arange(len(x.keys)))
        x.month = 20 + i // n
        held(x, module, 1)


def _exploited(n: int) -> np.ndarray:
    """Hazards of every way out, arrivals and care at 1/n; numbers so large that chance is under 1 in 1000."""
    x = set_to(scene(), "people", ngo_year=1900.0, care_year=1900.0, again_alone=0.2)
    for name in ("intercepted", "recruits", "recruits_drug_first", "instrument", "cases_prosecuted", "waiting",
                 "in_care"):
        getattr(x.state, name)[:] = 0
    x.state.law[:], x.state.abuse[:] = 1.0, 0.4
    x.state.demand_people[:] = 1e12
    x.state.trafficking_officers[:] = 2000.0 / n
    x.state.arrived[:] = 48_000 // n
    x.state.exploited[:] = 0
    x.state.fear[:] = 0.5
    _slower(x, "people", n, "escape", "self_report", "outreach", "outreach_capacity", "again_waiting", "give_up")
    _longer(x, "people", n, "spell_labour", "spell_sexual", "care_months")
    _substeps(x, people, n, MONTHS)
    return x.state.exploited.sum((1, 2, 3)).astype(float)


def test_people_by_month_and_by_quarter() -> None:
    month, quarter, fine = (_exploited(n).mean() for n in (1, 4, 16))
    # arrivals of a month wait for the next before they can leave, half a month's arrivals more: first order
    assert abs(month - quarter) / fine < 0.05
    assert (month - fine) / (quarter - fine) == pytest.approx(5.0, rel=0.25)


def _backlog(n: int) -> np.ndarray:
    x = set_to(scene(), "cases", lapse=0.02, open_share=0.5, take_rate=0.2, case_months=0.01)
    for name in ("returned_by_officials", "self_reported", "assisted", "exploited", "shield", "abuse", "instrument"):
        getattr(x.state, name)[:] = 0
    x.state.law[:] = 1.0
    x.state.cases_backlog[:] = 0
    x.state.identified[:] = 16_000 // n
    _slower(x, "cases", n, "lapse", "take_rate", "officers")
    _substeps(x, cases, n, MONTHS)
    return x.state.cases_backlog.sum(1).astype(float)


def test_cases_by_month_and_by_quarter() -> None:
    month, quarter, fine = (_backlog(n).mean() for n in (1, 4, 16))
    assert abs(month - quarter) / fine < 0.15
    assert (month - fine) / (quarter - fine) == pytest.approx(5.0, rel=0.25)


@pytest.mark.parametrize("hazard", [0.02, 0.05])
def test_tenure_by_month_and_by_quarter_differs_by_three_eighths_of_a_month(hazard: float) -> None:
    """The mean of the geometric law is 1/h + 1/2 steps; chance is an exact exponential, so that only the 1/2 moves."""
    mean = []
    for n in (1, 4):
        x = scene()
        x.state, x.on = x.state.repeat(100), np.tile(x.on, (100, 1))
        x.parameters = {k: np.tile(a, 100) for k, a in x.parameters.items()}
        x.keys = run_keys(3, np.arange(200))
        set_to(x, "patronage", turnover=hazard / n, rotation_fear=0.0, size_rotation=0.0, co_option=0.0)
        x.month = 0
        count = months = 0
        for i in range(300 * n):
            if i % n == 0 and i:
                x.month += 1
            x.keys = run_keys(50 + i % n, np.arange(200))
            held(x, patronage, 1)
            if i >= 100 * n:
                count += x.state.spells_ended.sum()
                months += x.state.spell_months.sum() / n
        mean.append(months / count)
        exact = 1.0 / n / (1.0 - np.exp(-hazard / n))
        assert mean[-1] == pytest.approx(exact, rel=4.0 / np.sqrt(count) + 0.05 * exact / 200.0)
    assert 1.0 / (1 - np.exp(-hazard)) - 0.25 / (1 - np.exp(-hazard / 4)) == pytest.approx(0.375, abs=hazard / 10)


def test_campaigns_fade_in_months_and_step_is_not_reached_by_the_above() -> None:
    """The AR(1) coefficient of campaigns is written per month: two months apart the correlation is its square."""
    x = scene()
    x.state, x.on = x.state.repeat(400), np.tile(x.on, (400, 1))
    x.parameters = {k: np.tile(a, 400) for k, a in x.parameters.items()}
    x.keys = run_keys(8, np.arange(800))
    x.state.corridor_noise[:] = 0.0
    step(x, enforcement, 60, "advance_detection")
    first = x.state.corridor_noise.copy()
    step(x, enforcement, 2, "advance_detection")
    rho = np.corrcoef(first.ravel(), x.state.corridor_noise.ravel())[0, 1]
    assert rho == pytest.approx(0.81, abs=4.0 / np.sqrt(first.size))
