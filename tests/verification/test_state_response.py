"""Services, measures, attention, perceived corruption and the tier: limits, fixed points and rule cases.

Sources: availability s/(s + h (1 + d)) as a saturating match (Michaelis-Menten in form); fee (d + h)/(s + h) to a
power; first-order smoothing x' = x + k (target - x), whose gap is (1 - k)^t; Hill function of order three (Hill 1910);
exponential map of perceived corruption; the tier as a threshold rule.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.special import expit, logit
from scipy.stats import norm

from qorgau.model import facilitators, indicators, measures
from qorgau.model.facilitators import availability, fee
from qorgau.model.indicators import perceived, tier_of
from qorgau.model.measures import attention_pull
from qorgau.model.mechanisms import Mechanism
from qorgau.model.run import Branch
from qorgau.model.state import allocate
from qorgau.model.streams import run_keys
from qorgau.model.world import INSTRUMENTS
from tests.model.people_scene import Scene
from tests.verification.scenes import held, levers, scene, set_to, still, switch, values

K = len(INSTRUMENTS)


def _served(share: float = 0.4, **parameters: float) -> Scene:
    x = set_to(scene(), "facilitators", **parameters)
    x.state.conduct[:] = np.array([1.0 - share, 0.0, share, 0.0, 0.0])
    for name in ("origin_flow", "transit_flow", "arrival_flow", "exploited", "profit_total", "active"):
        getattr(x.state, name)[:] = 0
    return x


def _willing(share: float) -> dict[str, float]:
    return {f"{name}_willing": share for name in ("documents", "houses", "laundering")}


def test_without_officials_or_professions_there_is_no_service_and_with_plenty_there_is_always_one() -> None:
    none = held(_served(0.0, **_willing(0.0)), facilitators, 600)
    np.testing.assert_allclose(none.state.service, 0.0, atol=1e-9)
    plenty = held(_served(1.0, **_willing(1.0), half_supply=1e-6), facilitators, 600)
    np.testing.assert_allclose(plenty.state.service, 1.0, rtol=1e-5)
    swamped = _served(1.0, **_willing(1.0))
    swamped.state.origin_flow[:] = 10**12
    np.testing.assert_allclose(held(swamped, facilitators, 600).state.service[:, :, :2], 0.0, atol=1e-3)


@pytest.mark.parametrize("supply, demand, half", [(0.1, 0.0, 0.1), (0.4, 2.0, 0.3), (1.0, 9.0, 0.05)])
def test_availability_and_fee_closed_forms(supply: float, demand: float, half: float) -> None:
    assert availability(supply, demand, half) == pytest.approx(1.0 / (1.0 + half / supply * (1.0 + demand)))
    assert availability(half * (1.0 + demand), demand, half) == pytest.approx(0.5)
    assert availability(0.0, demand, half) == 0.0
    assert fee(supply, supply, half, 1.7) == pytest.approx(1.0)
    assert 0.2 <= fee(supply, demand, half, 1.7) <= 5.0
    middle = fee(supply, demand, half, 0.8)
    assert fee(supply, demand + 0.1, half, 0.8) >= middle >= fee(supply + 0.1, demand, half, 0.8)


def test_services_close_on_their_rest_point_geometrically() -> None:
    x = _served(0.4, speed=0.15)
    x.state.origin_flow[:] = 50
    rest = held(x.copy(), facilitators, 900).state.service
    x.state.service[:] = 0.1
    held(x, facilitators, 12)
    np.testing.assert_allclose(x.state.service - rest, (0.1 - rest) * 0.85**12, rtol=1e-9, atol=1e-12)
    q = values(x, "facilitators")
    people = x.world.population[x.month] / 1e6
    supply = q["documents_official"] * 0.4 + (1.0 - q["documents_official"]) * q["documents_willing"]
    demand = 50 / (q["documents_capacity"] * people)
    np.testing.assert_allclose(rest[0, :, 0], supply / (supply + q["half_supply"] * (1.0 + demand)), rtol=1e-9)


def _measured(x: Scene, lever: np.ndarray) -> Scene:
    measures.advance(x.world, x.state, x.parameters, x.on, x.keys, x.month, lever)
    return x


def test_delivery_is_the_share_of_what_was_announced_and_a_lever_fills_the_rest() -> None:
    x = set_to(scene(), "measures", delivered_share=0.3, delivery_spread=0.0)
    x.world = replace(x.world, announced=np.full_like(x.world.announced, 0.8))
    np.testing.assert_allclose(_measured(x, levers(x)).state.instrument, 0.24, rtol=1e-12)
    half = np.full((2, K), 0.5)
    np.testing.assert_allclose(_measured(x, half).state.instrument, 0.24 + 0.5 * 0.76, rtol=1e-12)
    np.testing.assert_allclose(_measured(x, 2 * half).state.instrument, 1.0, rtol=1e-12)
    whole = switch(x.copy(), 0.0, Mechanism.DELIVERY_GAP)
    np.testing.assert_allclose(_measured(whole, levers(x)).state.instrument, 0.8, rtol=1e-12)
    assert not _measured(switch(x, 0.0, Mechanism.MEASURES), half).state.instrument.any()


@pytest.mark.parametrize("share, spread", [(0.5, 0.4), (0.3, 1.0), (0.7, 1.5)])
def test_delivery_is_spread_over_measures_by_a_logit_normal_law(share: float, spread: float) -> None:
    """Aitchison and Shen 1980: quantiles are those of the normal, moved; the mean has no closed form (quadrature)."""
    runs = 20_000
    x = scene()
    state = allocate(x.world.sizes, runs)
    parameters = {"measures": np.repeat(x.parameters["measures"][:1], runs)}
    parameters["measures"]["delivered_share"] = share
    parameters["measures"]["delivery_spread"] = spread
    world = replace(x.world, announced=np.ones_like(x.world.announced))
    measures.start(world, state, parameters, np.ones((runs, x.on.shape[1])), run_keys(7, np.arange(runs)))
    part = state.instrument
    for p in (0.05, 0.25, 0.5, 0.75, 0.95):
        want = expit(logit(share) + spread * norm.ppf(p))
        np.testing.assert_allclose((part <= want).mean(axis=0), p, atol=4.0 * np.sqrt(p * (1.0 - p) / runs))
    nodes, weights = np.polynomial.hermite_e.hermegauss(40)
    shape = expit(logit(share) + spread * nodes)
    mean = (weights @ shape) / weights.sum()
    deviation = np.sqrt(weights @ (shape - mean) ** 2 / weights.sum())
    np.testing.assert_allclose(part.mean(axis=0), mean, atol=4.0 * deviation / np.sqrt(runs))
    np.testing.assert_allclose(part.std(axis=0), deviation, rtol=0.03)
    among = np.corrcoef(part, rowvar=False) - np.eye(K)
    assert abs(among).max() < 4.5 / np.sqrt(runs), "what one measure is delivered says nothing of another"


def test_a_lever_costs_its_year_in_twelfths_and_what_is_announced_costs_the_policy_nothing() -> None:
    x = scene()
    assert not _measured(x, levers(x)).state.measure_cost.any()
    lever = np.random.default_rng(0).uniform(0.0, 1.0, (2, K))
    yearly = np.zeros(2)
    for _ in range(12):
        yearly += _measured(x, lever).state.measure_cost
    want = sum(lever[:, k] * x.parameters["measures"][f"cost_{name}"] for k, name in enumerate(INSTRUMENTS))
    np.testing.assert_allclose(yearly, want, rtol=1e-12)


def test_a_policy_ramps_up_in_a_straight_line_from_its_month() -> None:
    full = np.zeros((2, K))
    full[1] = 0.6
    branch = Branch(("baseline", "all"), full, np.full((2, K), 100), np.full(K, 12))
    assert branch.first_month(400) == 100
    assert not branch.at(99).any()
    for months in (1, 5, 12, 40):
        np.testing.assert_allclose(branch.at(99 + months)[1], 0.6 * min(1.0, months / 12.0))
        assert not branch.at(99 + months)[0].any()


@pytest.mark.parametrize("harm", [0.0, 0.2, 0.5, 3.0])
def test_attention_settles_at_the_hill_function_of_visible_harm(harm: float) -> None:
    x = set_to(scene(), "measures", attention_half=0.5, attention_speed=0.05)
    x.state.visible_harm[:] = harm
    start = 0.9
    x.state.attention[:] = start
    want = harm**3 / (harm**3 + 0.125)
    held(x, measures, 24)
    np.testing.assert_allclose(x.state.attention - want, (start - want) * 0.95**24, rtol=1e-9, atol=1e-12)
    assert attention_pull(0.5, 0.5) == pytest.approx(0.5)


def test_law_comes_with_attention_and_no_further_than_the_time_line() -> None:
    for attention, bound, want in ((0.1, 1.0, 0.25), (5.0, 1.0, 1.0), (5.0, 0.6, 0.6), (0.0, 1.0, 0.0)):
        x = set_to(scene(), "measures", attention_speed=1e-12, law_attention=0.4, law_speed=0.1)
        x.world = still(x.world, law=bound)
        x.state.attention[:] = attention
        x.state.law[:] = 0.0
        held(x, measures, 400)
        np.testing.assert_allclose(x.state.law[:, x.world.focus], want, rtol=1e-9, atol=1e-12)


def test_perceived_corruption_is_tied_at_its_anchor_and_falls_exponentially() -> None:
    assert perceived(0.45, 30.0, 0.45, 2.0) == pytest.approx(30.0)
    a, b = perceived(0.5, 30.0, 0.45, 2.0), perceived(0.3, 30.0, 0.45, 2.0)
    assert np.log(b / a) == pytest.approx(2.0 * 0.2)
    assert perceived(1.0, 30.0, 0.0, 50.0) == 1.0 and perceived(0.0, 30.0, 1.0, 50.0) == 99.0
    np.testing.assert_allclose([perceived(s, 30.0, 0.4, 0.0) for s in (0.0, 0.9)], 30.0)


def _seen(**parameters: float) -> Scene:
    """A world in which nothing happens yet: no case, no help, no flow, no one corrupt, full law."""
    x = set_to(scene(), "indicators", **{"reading_error": 0.0, **parameters})
    x.state.conduct[:] = np.array([1.0, 0.0, 0.0, 0.0, 0.0])
    for name in ("cases_prosecuted", "assisted", "origin_flow", "transit_flow", "arrival_flow", "exploited", "users",
                 "prosecuted_year", "assisted_year", "visible_harm"):
        getattr(x.state, name)[:] = 0
    x.state.law[:] = 1.0
    return x


def test_a_run_reads_its_own_share_of_2000_as_the_anchor() -> None:
    x = _seen(reading_speed=1.0)
    x.state.conduct[:] = np.array([0.4, 0.2, 0.2, 0.1, 0.1])
    first = 12 * (indicators.ANCHOR_YEAR - x.world.start_year)
    x.state.perception_anchor[:] = 0.9
    for month in range(first, first + 12):
        x.month = month
        held(x, indicators, 1)
    np.testing.assert_allclose(x.state.perception_anchor, 0.5, rtol=1e-12)  # half of tolerate, all of the rest
    x.month = first + 40
    held(x, indicators, 900)
    score = x.state.perceived_corruption[:, x.world.focus]
    np.testing.assert_allclose(score, values(x, "indicators")["anchor"], rtol=1e-9)


@pytest.mark.parametrize("lean", [0.0, 0.4, 1.0])
def test_what_is_seen_lags_what_is_and_leans_on_the_mean_of_the_region(lean: float) -> None:
    x = _seen(reading_speed=0.1, region_lean=lean)
    share = np.array([0.2, 0.5, 0.8, 0.3])  # by state; the last, the source, was never of the same country
    taking = share[x.world.post_state]
    x.state.conduct[:] = np.stack([1.0 - taking, 0.0 * taking, taking, 0.0 * taking, 0.0 * taking], axis=1)
    x.state.perceived_share[:] = 0.9
    looks = share + lean * (share[:3].mean() - share) * np.array([1.0, 1.0, 1.0, 0.0])
    held(x, indicators, 20)
    np.testing.assert_allclose(x.state.perceived_share[0] - looks, (0.9 - looks) * 0.9**20, rtol=1e-9)
    q = values(x, "indicators")
    score = q["anchor"] * np.exp(-q["slope"] * (x.state.perceived_share - x.state.perception_anchor[:, None]))
    np.testing.assert_allclose(x.state.perceived_corruption, np.clip(score, 1.0, 99.0), rtol=1e-9)


TIER = dict(tier_law=0.4, tier_prosecutions=0.3, tier_help=0.3, tier_against=0.5, tier_one=0.8, tier_two=0.3)


def _tier(x: Scene) -> tuple[np.ndarray, np.ndarray]:
    held(x, indicators, 900)
    return x.state.tier_score[0], x.state.tier[0]


def test_rule_cases_of_the_tier() -> None:
    score, tier = _tier(_seen(**TIER))  # a law that nobody uses, nothing against
    np.testing.assert_allclose(score, 0.4, rtol=1e-9)
    assert (tier == 2).all()
    lawless = _seen(**TIER)
    lawless.state.law[:] = 0.0
    score, tier = _tier(lawless)
    assert (tier == 3).all() and np.allclose(score, 0.0)
    model = _seen(**TIER)
    model.state.cases_prosecuted[:], model.state.assisted[:] = 10**9, 10**9
    score, tier = _tier(model)
    np.testing.assert_allclose(score, 1.0, rtol=1e-6)
    assert (tier == 1).all()
    complicit = _seen(**TIER)
    complicit.state.cases_prosecuted[:], complicit.state.assisted[:] = 10**9, 10**9
    complicit.state.conduct[:] = np.array([0.0, 0.0, 0.0, 0.5, 0.5])
    score, tier = _tier(complicit)
    np.testing.assert_allclose(score, 0.5, rtol=1e-6)
    assert (tier == 2).all()
    three_roles = _seen(**TIER)
    three_roles.state.conduct[:] = np.array([0.0, 0.0, 0.0, 1.0, 0.0])
    three_roles.state.origin_flow[:] = three_roles.state.transit_flow[:] = three_roles.state.arrival_flow[:] = 10**9
    score, tier = _tier(three_roles)
    np.testing.assert_allclose(score, 0.4 - 1.0, rtol=1e-6)
    assert (tier == 3).all()
    two_roles = _seen(**TIER)
    two_roles.state.origin_flow[:] = two_roles.state.arrival_flow[:] = 10**9
    np.testing.assert_allclose(_tier(two_roles)[0], 0.4, rtol=1e-6)  # a role that is missing leaves no complexity


def test_halves_earn_half_of_their_weight_and_the_thresholds_are_closed_below() -> None:
    x = _seen(**TIER)
    people = x.world.population[x.month] / 1e7
    q = values(x, "indicators")
    x.state.prosecuted_year[:] = q["prosecutions_half"] * people
    x.state.cases_prosecuted[:] = 0
    set_to(x, "indicators", tier_speed=1.0)
    before = x.state.prosecuted_year.copy()
    held(x, indicators, 1)
    seen = before * 11.0 / 12.0
    want = 0.4 + 0.3 * seen / (seen + q["prosecutions_half"] * people)
    np.testing.assert_allclose(x.state.tier_score, want, rtol=1e-9)
    assert [tier_of(s, 0.7, 0.3) for s in (0.7, 0.699, 0.3, 0.299)] == [1, 2, 2, 3]


def test_visible_harm_saturates_and_follows_after_its_delay() -> None:
    x = _seen(harm_years=4.0, harm_users=2.0, harm_people=0.5)
    thousand = float(x.world.population[x.month, x.world.focus]) / 1e3
    goal = int(np.flatnonzero(x.world.place_state[x.world.destination_place] == x.world.focus)[0])
    x.state.exploited[:, goal, 0, 0] = int(0.5 * thousand)  # half of the pressure of full weight
    pressure = 0.5 * int(0.5 * thousand) / thousand / 0.5
    held(x, indicators, 48)
    want = pressure / (1.0 + pressure) * (1.0 - (1.0 - 1.0 / 48.0) ** 48)
    np.testing.assert_allclose(x.state.visible_harm, want, rtol=1e-9)
