"""People exploited and people out again: competing hazards, mean spells, steady state, conservation.

Sources: exits by competing risks, P(leave) = 1 - exp(-H) with H the sum of hazards, split in proportion to the
hazards (Cox and Oakes 1984, ch. 9); at rest N = arrivals / P (Little 1961), whose spell 1/P tends to 1/H;
identification with handling time saturates at the officers' time over the time per person (Holling 1959, type II).
Numbers are made so large that the law of large numbers does what expectation signs do in the formulas; tolerances are
four standard errors of the binomial or Poisson law.
"""

from __future__ import annotations

import numpy as np
import pytest

from qorgau.model import people
from qorgau.model.mechanisms import Mechanism
from qorgau.model.settlement import at_the_desk
from qorgau.model.world import INSTRUMENTS
from tests.model.people_scene import Scene
from tests.verification.scenes import held, scene, set_to, switch, values

WAYS = ("identified", "escaped", "ended", "self_reported", "outreach_exits")
MANY = 400_000


def _scene(runs: int = 2, **parameters: float) -> Scene:
    """No one handed back, trafficked again or freed; no crowd; police without a limit of time; a law in force."""
    x = scene(runs=runs)
    set_to(x, "people", **{"again_alone": 0.0, "again_waiting": 0.0, "again_care": 0.0, "handling": 1e-9,
                           "collusion": 0.0, "sought_after": 1.0, "looked_away": 0.0, "outreach_capacity": 1e12,
                           "turn_to_ngo": 0.0, "ngo_year": 1900.0, "care_year": 1900.0, "drugs_hold": 0.0,
                           **parameters})
    switch(x, 0.0, Mechanism.OFFICIALS_ABUSE)
    for name in ("cases_prosecuted", "intercepted", "recruits", "arrived", "exploited", "waiting", "in_care",
                 "recruits_drug_first", "abuse", "shield", "instrument", "desk_rent", "deals_usd", "deal_risk"):
        getattr(x.state, name)[:] = 0
    x.state.law[:] = 1.0
    x.state.demand_people[:] = 1e12
    x.state.trafficking_officers[:] = 50.0
    x.state.fear[:] = values(x, "people")["fear"]
    return x


def _hazards(x: Scene, form: int) -> np.ndarray:
    """Hazards of the five ways out in the order of ``WAYS``, from the formulas."""
    q = values(x, "people")
    spell = q["spell_labour"] if form == 0 else q["spell_sexual"]
    return np.array([q["search"] * 50.0 / _millions(x) * q["search_share"], q["escape"], 1.0 / spell,
                     q["self_report"] * (1.0 - q["fear"]), q["outreach"]])


def _state(x: Scene) -> int:
    return int(x.world.place_state[x.world.destination_place[0]])


def _millions(x: Scene) -> float:
    return float(x.world.population[x.month, _state(x)]) / 1e6


def _only(form: int, **parameters: float) -> Scene:
    x = _scene(**parameters)
    x.state.exploited[:, 0, form, 0] = MANY
    return x


@pytest.mark.parametrize("form", [0, 1])
def test_exits_are_one_less_the_exponential_of_the_sum_of_hazards(form: int) -> None:
    x = _only(form)
    h = _hazards(x, form).sum()
    held(x, people, 1)
    p = 1.0 - np.exp(-h)
    left = MANY - x.state.exploited[:, 0, form, 0]
    np.testing.assert_allclose(left, MANY * p, atol=4.0 * np.sqrt(MANY * p * (1.0 - p)))


@pytest.mark.parametrize("form", [0, 1])
def test_competing_ways_out_split_in_proportion_to_their_hazards(form: int) -> None:
    x = _only(form)
    h = _hazards(x, form)
    held(x, people, 1)
    out = np.array([getattr(x.state, name)[0, _state(x)] for name in WAYS], dtype=float)
    share = h / h.sum()
    np.testing.assert_allclose(out / out.sum(), share, atol=4.0 * np.sqrt((share * (1 - share)).max() / out.sum()))
    # one way closed: the others keep their odds
    shut = held(set_to(_only(form), "people", escape=0.0), people, 1)
    rest = np.array([getattr(shut.state, name)[0, _state(x)] for name in WAYS], dtype=float)
    assert rest[1] == 0
    keep = [0, 2, 3, 4]
    np.testing.assert_allclose(rest[keep] / rest.sum(), h[keep] / h[keep].sum(), atol=4.0 * np.sqrt(0.25 / rest.sum()))


@pytest.mark.parametrize("form, spell", [(0, 5.0), (1, 20.0)])
def test_numbers_settle_at_arrivals_times_the_mean_spell(form: int, spell: float) -> None:
    x = _scene(**{"spell_labour" if form == 0 else "spell_sexual": spell})
    x.state.arrived[:, 0, form, 0] = 20_000
    h = _hazards(x, form).sum()
    total = []
    for month in range(400):
        x.month = month % 300
        held(x, people, 1)
        if month >= 200:
            total.append(x.state.exploited[:, 0, form, 0].mean())
    rest = 20_000 / (1.0 - np.exp(-h))
    assert np.mean(total) == pytest.approx(rest, rel=4.0 / np.sqrt(20_000 * 200))
    # the spell of the monthly chain, 1/(1 - exp(-h)), exceeds that of the continuous one by half a month
    assert rest / 20_000 == pytest.approx(1.0 / h + 0.5, abs=h / 6.0)


def test_in_continuous_limit_the_mean_spell_is_one_over_the_sum_of_hazards() -> None:
    x = _only(0, escape=0.0, self_report=0.0, outreach=0.0, search=0.0, spell_labour=400.0)
    held(x, people, 100)
    assert x.state.exploited[:, 0, 0, 0].mean() / MANY == pytest.approx(np.exp(-100.0 / 400.0), abs=4e-3)


def test_who_comes_in_equals_who_is_out_and_who_is_left_at_every_month() -> None:
    x = _scene(again_alone=0.3, again_waiting=0.05, again_care=0.2, returned=0.4)
    switch(x, 1.0, Mechanism.OFFICIALS_ABUSE)
    x.state.abuse[:] = 0.5
    rng = np.random.default_rng(3)
    total = np.zeros(2, dtype=np.int64)
    for month in range(60):
        x.month = month
        x.state.arrived[:] = rng.integers(0, 900, x.state.arrived.shape)
        x.state.cases_prosecuted[:] = rng.integers(0, 5, x.state.cases_prosecuted.shape)
        total += x.state.arrived.sum((1, 2, 3))
        held(x, people, 1)
        inside = x.state.exploited.sum((1, 2, 3))
        out = sum(getattr(x.state, n).sum(1) for n in ("waiting", "in_care", "recovered", "unassisted_out"))
        np.testing.assert_array_equal(inside + out, total)


def test_identification_saturates_at_officers_time_over_time_per_person() -> None:
    x = _only(0, handling=2.0, search=10.0, escape=0.0, self_report=0.0, outreach=0.0, spell_labour=1e9)
    held(x, people, 1)
    police = 50.0 * values(x, "people")["search_share"]
    found = x.state.identified[:, _state(x)]
    np.testing.assert_allclose(found, police / 2.0, atol=4.0 * np.sqrt(police / 2.0))
    few = _scene(handling=2.0, search=1e-3, escape=0.0, self_report=0.0, outreach=0.0, spell_labour=1e9)
    few.state.exploited[:, 0, 0, 0] = 400
    hazard = held(few, people, 1).state.help_hazard[0, 0, 0]
    n = _millions(few)
    assert hazard == pytest.approx(1e-3 * police / n / (1.0 + 2e-3 * 400 / n), rel=1e-9)


@pytest.mark.parametrize("odds, abuse", [(1.0, 0.3), (6.0, 0.3), (6.0, 0.0), (6.0, 1.0)])
def test_posts_that_pay_are_filled_by_odds_and_the_corrupt_do_not_search(odds: float, abuse: float) -> None:
    desk = at_the_desk(abuse, odds)
    if 0.0 < abuse < 1.0:
        assert desk / (1.0 - desk) == pytest.approx(odds * abuse / (1.0 - abuse))
    else:
        assert desk == abuse
    x = _only(0, sought_after=odds, collusion=0.8, looked_away=0.5, escape=0.0, self_report=0.0, outreach=0.0)
    x.state.abuse[:], x.state.shield[:] = abuse, 0.6
    switch(x, 0.0, Mechanism.BRIBERY)
    honest = _hazards(x, 0)[0]
    hazard = held(x, people, 1).state.help_hazard[0, 0, 0]
    assert hazard == pytest.approx(honest * (1.0 - 0.8 * desk) * (1.0 - 0.5 * 0.6), rel=1e-4)


@pytest.mark.parametrize("hands", [1.0, 3.0])
def test_a_finding_outlasts_every_hand_that_would_rather_settle_it(hands: float) -> None:
    x = _only(0, collusion=0.4, hands=hands, deal_share=0.5, escape=0.0, self_report=0.0, outreach=0.0)
    law = dict(conviction_loss=20_000.0, open_share=1.2, evidence=0.5, conviction=0.4)
    set_to(x, "cases", **law)
    x.state.abuse[:] = 0.5
    x.state.people_price[:] = 2000.0
    x.state.deal_risk[:] = 3000.0
    honest = _hazards(x, 0)[0] * (1.0 - 0.4 * 0.5)
    here = x.state.exploited[:, 0, 0, 0].copy()
    crooked = 0.5 * 0.6 / (0.5 * 0.6 + 0.5)  # of those who search
    kept = (1.0 - crooked * 6000.0 / (6000.0 + 3000.0)) ** hands
    s = held(x, people, 1).state
    np.testing.assert_allclose(s.help_hazard[:, 0, 0], honest * kept, rtol=1e-4)
    np.testing.assert_allclose(s.deals_usd[:, _state(x)], honest * (1.0 - kept) * here * 4500.0, rtol=1e-4)


def test_outreach_reaches_no_more_than_its_capacity_and_those_who_fear_the_police_may_turn_to_it() -> None:
    few = dict(escape=0.0, self_report=0.0, search=0.0, spell_labour=1e9, outreach=5.0, outreach_capacity=12.0)
    x = held(_only(0, **few), people, 1)
    most = 12.0 * _millions(x)
    np.testing.assert_allclose(x.state.outreach_exits[:, _state(x)], most, atol=4.0 * np.sqrt(most))
    y = _only(0, escape=0.0, search=0.0, outreach=0.0, self_report=0.1, turn_to_ngo=0.5, fear=0.6)
    y.state.fear[:] = 0.6
    held(y, people, 1)
    came, turned = y.state.self_reported[0, _state(y)], y.state.outreach_exits[0, _state(y)]
    assert turned / came == pytest.approx(0.6 * 0.5 / 0.4, rel=4.0 * np.sqrt(1.0 / came + 1.0 / turned))


def test_a_market_that_asks_for_fewer_lets_go_in_proportion_up_to_three_times() -> None:
    for demand, crowd in ((MANY - 1.0, 1.0), (MANY / 2.0 - 1.0, 2.0), (10.0, 3.0)):
        x = _only(0, escape=0.0, self_report=0.0, outreach=0.0, search=0.0, spell_labour=20.0)
        x.state.demand_people[:] = demand
        held(x, people, 1)
        p = 1.0 - np.exp(-crowd / 20.0)
        np.testing.assert_allclose(x.state.ended[:, _state(x)], MANY * p, atol=4.0 * np.sqrt(MANY * p * (1 - p)))


def test_care_is_full_at_its_places_and_a_stay_lasts_its_mean() -> None:
    x = _scene(care_places=400.0, care_months=6.0, give_up=0.0)
    x.state.waiting[:] = 10**8
    held(x, people, 200)
    room = values(x, "people")["care_places"] * x.world.population[x.month] / 1e6
    np.testing.assert_array_equal(x.state.in_care[0], room.astype(int))
    # full care turns over at the chance to leave in a month: stay = places / taken (Little 1961)
    taken = np.zeros(x.world.sizes["state"])
    for month in range(100):
        x.month = month + 50
        held(x, people, 1)
        taken += x.state.assisted[0] / 100.0
    stay = x.state.in_care[0] / taken
    np.testing.assert_allclose(stay, 1.0 / (1.0 - np.exp(-1.0 / 6.0)), rtol=4.0 / np.sqrt(100.0 * taken.min()))


def test_who_waits_leaves_by_giving_up_or_being_trafficked_again_in_proportion() -> None:
    x = _scene(care_places=0.0, again_waiting=0.06, give_up=0.18, escape=0.0, outreach=0.0, self_report=0.0)
    x.state.waiting[:] = 10**6
    held(x, people, 1)
    gone = 10**6 - x.state.waiting[0]
    p = 1.0 - np.exp(-0.24)
    np.testing.assert_allclose(gone, 1e6 * p, atol=4.0 * np.sqrt(1e6 * p * (1 - p)))
    np.testing.assert_allclose(x.state.retrafficked[0] / gone, 0.25, atol=4.0 * np.sqrt(0.1875 / gone.min()))


def test_trafficked_again_multiplies_the_mean_time_exploited_as_a_geometric_series() -> None:
    """With chance g to be trafficked again after each exit, spells per person are 1/(1 - g)."""
    g, h = 0.4, 0.1
    x = _scene(escape=0.0, self_report=0.0, outreach=0.0, search=0.0, spell_labour=1.0 / h, again_alone=g)
    x.state.arrived[:, 0, 0, 0] = 10_000
    seen = []
    for month in range(500):
        x.month = month % 300
        held(x, people, 1)
        if month >= 300:
            # whoever is trafficked again may be in another form or age by then: count the whole state
            seen.append(x.state.exploited.sum((1, 2, 3)).mean())
    sexual = 1.0 - np.exp(-1.0 / values(x, "people")["spell_sexual"])
    labour = 1.0 - np.exp(-h)
    low, high = (10_000 / ((1.0 - g) * p) for p in sorted((labour, sexual), reverse=True))
    assert low * 0.99 <= np.mean(seen) <= high * 1.01


def test_fear_settles_between_honest_and_corrupt_police() -> None:
    x = switch(_scene(fear=0.3, fear_abuse=0.5), 1.0, Mechanism.OFFICIALS_ABUSE)
    for abuse, want in ((0.0, 0.3), (1.0, 0.3 + 0.7 * 0.5), (0.4, 1.0 - 0.7 * 0.8)):
        x.state.abuse[:] = abuse
        held(x, people, 300)
        np.testing.assert_allclose(x.state.fear, want, rtol=1e-9)


def test_people_off_leaves_escape_and_the_end_of_demand_only() -> None:
    x = switch(_only(0), 0.0, Mechanism.PEOPLE)
    held(x, people, 1)
    assert not x.state.identified.any() and not x.state.self_reported.any() and not x.state.outreach_exits.any()
    q = values(x, "people")
    p = 1.0 - np.exp(-q["escape"] - 1.0 / q["spell_labour"])
    left = MANY - x.state.exploited[:, 0, 0, 0]
    np.testing.assert_allclose(left, MANY * p, atol=4.0 * np.sqrt(MANY * p * (1 - p)))


@pytest.mark.parametrize("size", [0.0, 0.5, 1.0])
def test_safe_return_averts_its_part_of_being_trafficked_again_in_the_focus_alone(size: float) -> None:
    x = _scene(care_places=0.0, again_waiting=0.06, give_up=0.0, escape=0.0, outreach=0.0, self_report=0.0,
               size_regional_coordination=size)
    x.state.instrument[:, INSTRUMENTS.index("regional_coordination")] = 1.0
    x.state.waiting[:] = 10**6
    held(x, people, 1)
    for s, left in enumerate(10**6 - x.state.waiting[0]):
        p = 1.0 - np.exp(-0.06 * (1.0 - size if s == x.world.focus else 1.0))
        np.testing.assert_allclose(left, 1e6 * p, atol=4.0 * np.sqrt(1e6 * p * (1.0 - p)) + 1e-9)
