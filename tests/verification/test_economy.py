"""Work migration against the gravity form, its comparative statics, and its steady state.

Sources: multinomial logit with an option to stay (McFadden 1974; Grogger and Hanson 2011): log odds of two
destinations are b ln of the income ratio, k ln of the population ratio and -g times the difference of distance, and do
not depend on any third (independence of irrelevant alternatives). Persons abroad obey dM/dt = inflow - m M, so that
M = inflow / m at rest (Little 1961); with one common inflow rate h p (L - M) this solves to M = L h p / (m + h p).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from qorgau.model import economy
from qorgau.model.mechanisms import Mechanism
from qorgau.model.world import INSTRUMENTS
from tests.model.people_scene import Scene
from tests.verification.scenes import held, scene, set_to, step, still, switch, values

HOME = 2
"""State BIG, from which people leave for the two states that hold destinations."""


def _scene(**parameters: float) -> Scene:
    x = scene(places=9)
    goals = {int(s) for s in x.world.place_state[x.world.destination_place]}
    assert goals == {0, 1} and HOME not in goals
    x.state.migrants[:] = 0.0
    return set_to(x, "economy", **{"chain": 0.0, "push": 0.0, "open_year": 1900.0, "home_mass": 0.0, "undercut": 0.0,
                                **parameters})


def _odds(x: Scene) -> float:
    go = step(x.copy(), economy).state.departures[0, HOME]
    return float(np.log(go[0] / go[1]))


def _with(x: Scene, name: str, state: int, factor: float) -> Scene:
    series = getattr(x.world, name).copy()
    series[:, state] *= factor
    out = x.copy()
    out.world = replace(x.world, **{name: series})
    return out


@pytest.mark.parametrize("k", [0.0, 0.4, 1.0])
def test_doubling_the_population_of_a_destination_multiplies_its_value_by_two_to_the_power(k: float) -> None:
    x = _scene(mass_power=k)
    assert _odds(_with(x, "population", 0, 2.0)) - _odds(x) == pytest.approx(k * np.log(2.0), abs=1e-9)


@pytest.mark.parametrize("b", [0.0, 0.5, 1.7])
def test_the_wage_ratio_enters_with_its_exponent_and_only_as_a_ratio(b: float) -> None:
    x = _scene(wage_gap=b)
    assert _odds(_with(x, "gdp_per_head", 1, 3.0)) - _odds(x) == pytest.approx(-b * np.log(3.0), abs=1e-9)
    # dearer at home: both destinations lose alike, and only staying gains
    poor, rich = step(x.copy(), economy), step(_with(x, "gdp_per_head", HOME, 2.0), economy)
    a, c = poor.state.departures[0, HOME], rich.state.departures[0, HOME]
    stay = values(x, "economy")["stay_value"]
    ceiling = _rate(x) * _movable(x)

    def total_value(go: np.ndarray) -> float:
        p = go.sum() / ceiling
        return stay * p / (1.0 - p)

    assert total_value(a) / total_value(c) == pytest.approx(2.0**b, rel=1e-9)


def _rate(x: Scene) -> float:
    return values(x, "economy")["leave_rate"] / 12.0


def _movable(x: Scene) -> float:
    return values(x, "economy")["movable"] * float(x.world.population[x.month, HOME])


@pytest.mark.parametrize("g", [0.0, 0.3, 1.5])
def test_value_decays_exponentially_with_distance(g: float) -> None:
    x = _scene(distance_cost=g)
    far = x.copy()
    metres = x.world.distance.copy()
    metres[:, x.world.destination_place[0]] += 1000.0  # one more thousand km to the first destination
    far.world = replace(x.world, distance=metres)
    first = int(x.world.place_state[x.world.destination_place[0]])
    sign = 1.0 if first == 0 else -1.0
    assert _odds(far) - _odds(x) == pytest.approx(-sign * g, abs=1e-9)


@pytest.mark.parametrize("m", [0.0, 0.3, 1.0])
def test_the_odds_of_leaving_fall_with_the_home_population_to_its_power(m: float) -> None:
    x = _scene(home_mass=m)

    def odds(y: Scene) -> float:
        share = step(y.copy(), economy).state.departures[0, HOME].sum() / (_rate(y) * _movable(y))
        return float(np.log(share / (1.0 - share)))

    assert odds(_with(x, "population", HOME, 5.0)) - odds(x) == pytest.approx(-m * np.log(5.0), abs=1e-9)


def test_a_barrier_divides_value_and_leaves_the_odds_of_the_others() -> None:
    x = _scene()
    gone = _with(x, "population", 1, 1e-12)
    alone = step(gone, economy).state.departures[0, HOME]
    both = step(x.copy(), economy).state.departures[0, HOME]
    rest = _rate(x) * _movable(x)

    def odds_with_staying(go: np.ndarray) -> float:
        return float(go[0] / (rest - go.sum()))

    assert alone[1] < 1e-3 * alone[0]
    assert odds_with_staying(alone) == pytest.approx(odds_with_staying(both), rel=1e-6)


def test_departures_never_pass_the_ceiling_whatever_the_gap() -> None:
    x = _scene(wage_gap=2.0)
    go = step(_with(x, "gdp_per_head", 0, 1e9), economy).state.departures[0, HOME]
    assert go.sum() == pytest.approx(_rate(x) * _movable(x), rel=1e-6)


@pytest.mark.parametrize("m", [0.2, 0.8])
def test_people_abroad_settle_at_inflow_over_return_rate(m: float) -> None:
    x = _scene(return_rate=m, leave_rate=0.6)
    held(x, economy, 2500)
    go, away = x.state.departures[:, HOME], x.state.migrants[:, HOME]
    np.testing.assert_allclose(away, 12.0 * go / m, rtol=1e-9)
    # closed form from the share p of those left who would go if all were free to
    q = values(x, "economy")
    free = _scene(return_rate=m, leave_rate=0.6)
    p = step(free, economy).state.departures[0, HOME].sum() / (_rate(free) * _movable(free))
    h = q["leave_rate"]
    assert away[0].sum() == pytest.approx(_movable(x) * h * p / (m + h * p), rel=1e-9)


def test_the_way_to_rest_is_exponential_at_the_sum_of_the_rates() -> None:
    x = _scene(return_rate=0.5, leave_rate=0.6)
    rest = held(x.copy(), economy, 2500).state.migrants[0, HOME].sum()
    first = held(x.copy(), economy, 1).state.migrants[0, HOME].sum()
    later = held(x.copy(), economy, 25).state.migrants[0, HOME].sum()
    rate = 1.0 - first / rest  # what is left of the gap after one month
    assert (rest - later) / rest == pytest.approx(rate**25, rel=1e-6)


def test_remittances_are_what_those_abroad_send_over_home_output() -> None:
    x = held(_scene(), economy, 40)
    w, n = x.world.gdp_per_head[x.month], x.world.population[x.month]
    sent = values(x, "economy")["sent_share"] * (x.state.migrants[0] * w[None, :]).sum(1) / (n * w)
    homes = np.unique(x.world.place_state[x.world.people_origin])
    np.testing.assert_allclose(x.state.remittances_share[0, homes], sent[homes], rtol=1e-12)
    # twice the wage abroad, the same persons: the share of the state whose people go there doubles
    assert sent[HOME] > 0.0


def test_countrymen_raise_the_odds_by_at_most_the_chain_and_by_half_at_the_half_share() -> None:
    x = _scene(chain=3.0)
    base = _odds(x)
    n = x.world.population[x.month, HOME]
    for share, factor in ((0.02, 1.0 + 3.0 / 2.0), (1e6, 1.0 + 3.0)):
        y = x.copy()
        y.state.migrants[:, HOME, 0] = share * n
        y.parameters["economy"]["movable"] = 1e9  # enough people left at home, whatever is abroad
        assert _odds(y) - base == pytest.approx(np.log(factor), rel=1e-4)


def test_relative_income_alone_makes_vulnerable_and_half_when_income_does_not_matter() -> None:
    x = _scene()
    level = step(x.copy(), economy).state.pool
    richer = x.copy()
    richer.world = replace(x.world, gdp_per_head=x.world.gdp_per_head * 7.0)
    np.testing.assert_allclose(step(richer, economy).state.pool, level, rtol=1e-9)
    blind = set_to(x.copy(), "economy", poverty_power=0.0)
    off = x.copy()
    off.on[:, int(Mechanism.POVERTY_VULNERABILITY)] = 0.0
    np.testing.assert_allclose(step(blind, economy).state.pool, step(off, economy).state.pool, rtol=1e-12)


def test_population_pushes_only_where_it_outgrew_farm_output() -> None:
    x = _scene(push=2.0)
    same = step(x.copy(), economy).state.departures[0, HOME].sum()
    farm = np.full_like(x.world.farm_growth, 1.0 / 1.25)
    pushed = x.copy()
    pushed.world = replace(still(x.world), farm_growth=farm)
    plenty = x.copy()
    plenty.world = replace(still(x.world), farm_growth=np.full_like(farm, 4.0))
    one = plenty.copy()
    base = step(one, economy).state.departures[0, HOME].sum()
    assert step(pushed, economy).state.departures[0, HOME].sum() == pytest.approx(base * (1.0 + 2.0 * 0.25), rel=1e-9)
    assert same >= base


def test_those_abroad_at_the_start_are_spread_as_departures_without_borders_and_chain() -> None:
    x = _scene()
    economy.start(x.world, x.state, x.parameters, x.on, x.keys)
    first = x.state.migrants[0, HOME].copy()
    month = x.copy()
    month.month = 0
    go = step(month, economy).state.departures[0, HOME]
    assert first.sum() == pytest.approx(
        values(x, "economy")["start_abroad"] * float(x.world.population[0, HOME]), rel=1e-12)
    assert first[0] / first[1] == pytest.approx(go[0] / go[1], rel=1e-9)


@pytest.mark.parametrize("size, level", [(0.0, 1.0), (0.4, 0.5), (1.0, 1.0)])
def test_school_takes_its_part_of_the_children_on_the_way_to_the_focus_and_no_adult(size: float, level: float) -> None:
    plain, schooled = _scene(size_schooling=size), _scene(size_schooling=size)
    schooled.state.instrument[:, INSTRUMENTS.index("schooling")] = level
    a, b = (step(x, economy).state for x in (plain, schooled))
    adults = [s.pool * (1.0 - s.pool_children) for s in (a, b)]
    children = [s.pool * s.pool_children for s in (a, b)]
    np.testing.assert_allclose(adults[1], adults[0], rtol=1e-12)
    inside = plain.world.place_state[plain.world.destination_place] == plain.world.focus
    coming = inside[None, :] & (plain.world.place_state != plain.world.focus)[:, None]
    np.testing.assert_allclose(children[1][:, coming], (1.0 - size * level) * children[0][:, coming], atol=1e-12)
    np.testing.assert_allclose(children[1][:, ~coming], children[0][:, ~coming], rtol=1e-12)
    assert children[0][:, coming].sum() > 0.0


@pytest.mark.parametrize("power, yearly", [(0.3, 0.02), (0.3, 0.06), (0.0, 0.06), (1.0, 0.0)])
def test_plenty_undercuts_pay_by_its_power_and_what_migrants_can_expect_by_the_irregular_share(
    power: float, yearly: float
) -> None:
    x = _scene(undercut=power, wage_gap=1.0)
    x.state.irregular_changed[:] = 0.0
    x.state.irregular_arrivals[:] = 0.0
    before = _odds(x)
    x.state.irregular_arrivals[:, 0] = yearly / 12.0 * x.world.population[x.month, 0]
    paid = step(x.copy(), economy).state.irregular_wage[0] / (x.world.gdp_per_head[x.month] / 12.0)
    left = (1.0 + yearly / 0.02) ** -power
    np.testing.assert_allclose(paid, [left, *np.ones(len(paid) - 1)], rtol=1e-12)
    share = values(x, "economy")["irregular"]
    assert _odds(x) - before == pytest.approx(np.log(1.0 - share * (1.0 - left)), abs=1e-9)
    off = step(switch(x.copy(), 0.0, Mechanism.CHEAP_LABOUR), economy).state
    np.testing.assert_array_equal(off.irregular_wage, off.wage)


@pytest.mark.parametrize("answer", [0.0, 1.0, 2.5])
def test_offers_win_more_where_pay_is_undercut_by_odds_with_their_elasticity_and_no_more_at_home(answer: float) -> None:
    x = _scene(undercut=0.3, offer_answer=answer, wage_gap=0.0, irregular=1.0)
    switch(x, 0.0, Mechanism.POVERTY_VULNERABILITY)
    x.state.irregular_changed[:] = 0.0
    x.state.irregular_arrivals[:] = 0.04 / 12.0 * x.world.population[x.month]
    plain = step(switch(x.copy(), 0.0, Mechanism.CHEAP_LABOUR), economy).state.pool[0]
    more = step(x, economy).state.pool[0]
    odds = 3.0 ** (0.3 * answer)
    home, goal = x.world.place_state, x.world.place_state[x.world.destination_place]
    abroad = (home[:, None] != goal[None, :]) & (plain > 0.0)
    # 1/2 of those open to an offer take it where nothing is undercut
    np.testing.assert_allclose(more[abroad], plain[abroad] * 2.0 * odds / (1.0 + odds), rtol=1e-9)
    np.testing.assert_allclose(more[~abroad], plain[~abroad], rtol=1e-12)
    assert abroad.any()


@pytest.mark.parametrize("stock, rate", [(0.0, 0.05), (5e4, 0.02), (2e5, 0.05)])
def test_who_is_there_already_meets_offers_at_their_rate_beside_those_who_leave_and_those_at_home(
    stock: float, rate: float
) -> None:
    x = _scene(idle_share=0.0, jobless_focus=0.0, offer_rate=rate)
    x.state.migrants[:, HOME] = stock
    s = step(x, economy).state
    # with nobody out of work at home, the pool is those who leave and a part of those who are there
    home, goal = x.world.place_state == HOME, x.world.place_state[x.world.destination_place]
    pair = home[:, None] & (goal != HOME)[None, :] & (s.pool[0] > 0.0)
    there = rate * s.migrants[0, HOME][goal]
    share = there / (there + s.departures[0, HOME][goal])
    np.testing.assert_allclose(s.pool_there[0][pair], np.broadcast_to(share, pair.shape)[pair], rtol=1e-9)
    assert pair.any()
    off = step(switch(x.copy(), 0.0, Mechanism.MIGRANT_VULNERABILITY), economy).state
    assert (off.pool_there == 0.0).all()
