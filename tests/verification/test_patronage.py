"""Holders of posts: tenures, appointments, ties and salience against renewal theory and logit shares.

Sources: spells under a constant hazard are geometric with mean 1/(1 - exp(-h)), under a hazard that grows with tenure
their mean is the sum of the survivor function (Cox 1962, Renewal Theory); group shares of appointments are those of a
logit whose only covariate is the own group (McFadden 1974), and so are those of lines of kin, given the group; ties
build as 1 - (1 - 1/m)^t, at home with a larger step.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from qorgau.model import patronage
from qorgau.model.mechanisms import Mechanism
from qorgau.model.patronage import draw_group
from qorgau.model.streams import run_keys
from tests.model.people_scene import Scene
from tests.model.worlds import with_lines
from tests.verification.scenes import held, scene, set_to, step, still, switch, values

RUNS = 300
S = 1
"""A state without central posts."""


def _scene(runs: int = RUNS, lines: bool = False, **parameters: float) -> Scene:
    """Salience held at its start, no hazard but the ordinary one; lines of kin where asked for."""
    x = scene()
    x.world = with_lines(x.world, 5) if lines else x.world
    x.state = x.state.repeat(runs // 2)
    x.parameters = {k: np.tile(a, runs // 2) for k, a in x.parameters.items()}
    x.on = np.tile(x.on, (runs // 2, 1))
    x.keys = run_keys(41, np.arange(runs))
    set_to(x, "patronage", **{"bidding": 0.0, "spoils": 0.0, "scarcity": 0.0, "brake": 0.0, "rotation_fear": 0.0,
                              "co_option": 0.0, "salience_start": 0.5, **parameters})
    x.state.instrument[:] = 0.0
    x.month = 0
    patronage.start(x.world, x.state, x.parameters, x.on, x.keys)
    return x


def _spells(x: Scene, months: int, skip: int = 100) -> tuple[np.ndarray, np.ndarray]:
    """Number and months of the governors' spells that ended, by run and state."""
    ended, length = 0, 0
    for month in range(months):
        step(x, patronage)
        if month >= skip:
            ended = ended + x.state.spells_ended
            length = length + x.state.spell_months
    return np.asarray(ended), np.asarray(length)


@pytest.mark.parametrize("hazard", [0.02, 0.08])
def test_ordinary_tenures_are_geometric(hazard: float) -> None:
    x = _scene(turnover=hazard)
    ended, months = _spells(x, 400)
    p = 1.0 - np.exp(-hazard)
    count = ended.sum()
    # an observation window favours short spells by about one spell in the number seen; hence the second term
    per_post = 300.0 * p
    assert abs(months.sum() / count * p - 1.0) < 4.0 * np.sqrt((1 - p) / count) + 0.05 / per_post
    assert abs(count / (300 * RUNS * (x.world.post_kind == 0).sum()) / p - 1.0) < 4.0 / np.sqrt(count)
    # tenures of those in post are geometric too (no memory), and so in a chi-square test
    now = x.state.tenure[:, x.world.post_kind == 0].ravel()
    edges = stats.geom(p).ppf(np.linspace(0.1, 0.9, 9)).astype(int) - 1  # tenure 0 is the month of the appointment
    cdf = np.concatenate([[0.0], 1.0 - (1.0 - p) ** edges, [1.0]])
    counts, _ = np.histogram(now, np.concatenate([[-0.5], edges - 0.5, [1e9]]))
    assert counts.sum() == len(now)
    assert stats.chisquare(counts, np.diff(cdf) * len(now)).pvalue > 1e-4


def test_rotation_from_fear_shortens_tenure_as_the_survivor_function_says() -> None:
    x = _scene(turnover=0.01, rotation_fear=0.3, wealth_weight=0.0, tie_months=20.0, tie_keep=0.0, own_preference=2.0)
    own = float(x.world.group_share[S, x.world.ruling_group[S]])
    odds = own * np.exp(2.0 * 0.5)
    centre = odds / (odds + 1.0 - own)
    threat = 0.5 * (centre - own)
    x.state.threat[:] = threat
    ended, months = _spells(x, 430, skip=150)
    n = np.arange(4000)
    hazard = 0.01 + 0.3 * threat * (1.0 - (1.0 - 1.0 / 20.0) ** n) / (0.5 + centre)
    mean = np.exp(-np.concatenate([[0.0], np.cumsum(hazard)])).sum()
    count = ended[:, S].sum()
    assert months[:, S].sum() / count == pytest.approx(mean, rel=4.0 / np.sqrt(count) + 0.05 * mean / 280.0)
    assert mean < 1.0 / (1.0 - np.exp(-0.01))


def _groups(x: Scene, posts: np.ndarray, s: int) -> np.ndarray:
    return np.bincount(x.state.group[:, posts].ravel(), minlength=x.world.group_share.shape[1])


def _agree(counts: np.ndarray, share: np.ndarray) -> None:
    used = share > 0.0
    assert counts[~used].sum() == 0
    assert stats.chisquare(counts[used], share[used] / share[used].sum() * counts.sum()).pvalue > 1e-4


def test_without_preference_posts_are_shared_as_the_population_is() -> None:
    x = _scene(turnover=0.1, own_preference=0.0)
    step(x, patronage, 120)
    for s in range(x.world.sizes["state"]):
        posts = np.flatnonzero(x.world.post_state == s)
        _agree(_groups(x, posts, s), x.world.group_share[s])


@pytest.mark.parametrize("preference, salience", [(1.0, 0.5), (2.5, 0.9)])
def test_preference_multiplies_the_odds_of_the_ruling_group(preference: float, salience: float) -> None:
    x = switch(_scene(turnover=0.1, own_preference=preference, salience_start=salience), 0.0, Mechanism.BALANCING)
    step(x, patronage, 120)
    for s in range(x.world.sizes["state"]):
        weight = x.world.group_share[s].copy()
        weight[x.world.ruling_group[s]] *= np.exp(preference * salience)
        _agree(_groups(x, np.flatnonzero(x.world.post_state == s), s), weight / weight.sum())


def test_balancing_offsets_preference_in_the_provinces_and_never_turns_it_round() -> None:
    x = _scene(turnover=0.1, own_preference=2.0, balancing=1e6)
    step(x, patronage, 240)
    posts = np.flatnonzero((x.world.post_state == S) & (x.world.post_kind == 0))
    _agree(_groups(x, posts, S), x.world.group_share[S])
    # an ordinary weight takes weight times threat off the log odds; threat is at rest where no centre is modelled
    y = _scene(turnover=0.1, own_preference=2.0, balancing=1.5)
    own = float(y.world.group_share[S, y.world.ruling_group[S]])
    centre = own * np.e / (own * np.e + 1.0 - own)
    step(y, patronage, 240)
    np.testing.assert_allclose(y.state.threat[:, S], 0.5 * (centre - own), rtol=1e-6)
    weight = y.world.group_share[S].copy()
    weight[y.world.ruling_group[S]] *= np.exp(2.0 * 0.5 - 1.5 * 0.5 * (centre - own))
    _agree(_groups(y, posts, S), weight / weight.sum())


def test_a_draw_of_a_group_is_the_quantile_of_its_shares() -> None:
    share = np.array([0.5, 0.3, 0.0, 0.2])
    u = (np.arange(10_000) + 0.5) / 10_000
    plain = np.bincount([draw_group(v, share, 0, 0.0, 0) for v in u], minlength=4) / 1e4
    np.testing.assert_allclose(plain, share, atol=2e-4)
    across = np.bincount([draw_group(v, share, 0, 5.0, 1) for v in u], minlength=4) / 1e4
    np.testing.assert_allclose(across, [0.0, 0.6, 0.0, 0.4], atol=2e-4)


def test_ties_build_with_time_and_the_shield_follows_them() -> None:
    x = _scene(runs=2, turnover=1e-12, tie_months=30.0, shield_size=0.6, shield_salience=0.4)
    x.state.tie[:] = 0.0
    held(x, patronage, 45)
    tie = 1.0 - (1.0 - 1.0 / 30.0) ** 45
    np.testing.assert_allclose(x.state.tie, tie, rtol=1e-12)
    np.testing.assert_allclose(x.state.patron_shield, 0.6 * tie * (1.0 - 0.4 + 0.4 * 0.5), rtol=1e-12)


def test_salience_grows_logistically_with_bidding_and_the_brake_brings_it_back() -> None:
    x = _scene(runs=2, bidding=0.002, salience_start=0.1, turnover=1e-12)
    x.world = still(x.world, nation_building=1.0)
    held(x, patronage, 900)
    grown = 1.0 / (1.0 + 9.0 * np.exp(-0.002 * 900))  # continuous logistic; monthly steps differ by under dt r
    np.testing.assert_allclose(x.state.salience, grown, rtol=2e-3)
    y = _scene(runs=2, brake=0.05, salience_start=0.3, turnover=1e-12)
    y.state.salience[:] = 0.8
    held(y, patronage, 40)
    np.testing.assert_allclose(y.state.salience - 0.3, 0.5 * 0.95**40, rtol=1e-9)


def test_the_lever_adds_its_hazard_in_the_provinces_of_the_state_in_focus() -> None:
    x = _scene(turnover=0.01, size_rotation=0.05)
    x.state.instrument[:] = 1.0
    ended, _ = _spells(x, 350, skip=150)
    for s, hazard in ((x.world.focus, 0.06), (S, 0.01)):
        posts = ((x.world.post_state == s) & (x.world.post_kind == 0)).sum()
        count = ended[:, s].sum()
        assert count / (200 * RUNS * posts) == pytest.approx(1.0 - np.exp(-hazard), rel=4.0 / np.sqrt(count))


def test_patronage_off_leaves_no_tie_no_shield_and_no_preference() -> None:
    x = switch(_scene(turnover=0.1, own_preference=3.0), 0.0, Mechanism.PATRONAGE)
    step(x, patronage, 150)
    assert not x.state.tie.any() and not x.state.patron_shield.any()
    _agree(_groups(x, np.flatnonzero(x.world.post_state == S), S), x.world.group_share[S])
    assert values(x, "patronage")["own_preference"] == 3.0


def _lines(x: Scene, posts: np.ndarray) -> np.ndarray:
    return np.bincount(x.state.line[:, posts].ravel(), minlength=x.world.sizes["line"])


@pytest.mark.parametrize("preference, salience", [(0.0, 0.5), (1.5, 0.5), (3.0, 0.8)])
def test_the_ruling_line_at_rest_holds_its_odds_times_the_preference_within_its_group(
    preference: float, salience: float
) -> None:
    x = _scene(lines=True, turnover=0.1, own_preference=1.0, kin_preference=preference, salience_start=salience)
    step(switch(x, 0.0, Mechanism.BALANCING), patronage, 120)
    for s in range(x.world.sizes["state"]):
        weight = x.world.group_share[s].copy()
        ruling, line = x.world.ruling_group[s], x.world.ruling_line[s]
        weight[ruling] *= np.exp(1.0 * salience)
        # given the group a logit of its own: what the line gains comes from kin of its group
        share = x.world.line_share[s].copy()
        share[line] *= np.exp(preference * salience)
        first, end = x.world.line_ptr[s, ruling], x.world.line_ptr[s, ruling + 1]
        share[first:end] *= x.world.group_share[s, ruling] / share[first:end].sum()
        of_line = np.repeat(weight / weight.sum() / np.maximum(x.world.group_share[s], 1e-300),
                            np.diff(x.world.line_ptr[s]))
        share[:len(of_line)] *= of_line
        posts = np.flatnonzero(x.world.post_state == s)
        _agree(_lines(x, posts), share)
        _agree(_groups(x, posts, s), weight / weight.sum())


def test_balancing_weighs_on_the_ruling_line_as_on_the_ruling_group() -> None:
    x = _scene(lines=True, turnover=0.1, own_preference=2.0, kin_preference=3.0, balancing=1e6)
    step(x, patronage, 240)
    posts = np.flatnonzero((x.world.post_state == S) & (x.world.post_kind == 0))
    _agree(_lines(x, posts), x.world.line_share[S])
    y = _scene(lines=True, turnover=0.1, own_preference=2.0, kin_preference=3.0, balancing=1.5)
    own = float(y.world.group_share[S, y.world.ruling_group[S]])
    centre = own * np.e / (own * np.e + 1.0 - own)
    step(y, patronage, 240)
    first, end = (y.world.line_ptr[S, y.world.ruling_group[S] + k] for k in (0, 1))
    weight = y.world.line_share[S, first:end].copy()
    weight[y.world.ruling_line[S] - first] *= np.exp(3.0 * 0.5 - 1.5 * 0.5 * (centre - own))
    _agree(_lines(y, posts)[first:end], weight / weight.sum())


def test_ties_at_home_build_with_the_larger_step_whichever_the_line() -> None:
    x = _scene(runs=40, lines=True, turnover=1e-12, tie_months=30.0, kin_ties=1.4)
    months = x.state.tenure.copy()
    local = x.world.post_kind == 0
    home = x.world.line_home[x.world.post_place[None, :], x.state.line] * local
    np.testing.assert_array_equal(x.state.at_home, home)
    np.testing.assert_allclose(x.state.tie, 1.0 - np.exp(-months * (1.0 + 1.4 * 0.5 * home) / 30.0), rtol=1e-12)
    x.state.tie[:] = 0.0
    held(x, patronage, 45)
    tie = 1.0 - (1.0 - (1.0 + 1.4 * 0.5 * home) / 30.0) ** 45
    np.testing.assert_allclose(x.state.tie, tie, rtol=1e-12)
    assert 0 < home[:, local].sum() < home[:, local].size
    y = _scene(runs=2, lines=True, turnover=1e-12, tie_months=1.0, kin_ties=50.0)
    held(y, patronage, 3)
    assert (y.state.tie == 1.0).all()


def test_fear_moves_who_is_at_home_sooner_as_the_survivor_function_says() -> None:
    means = []
    for everywhere in (0, 1):
        x = _scene(turnover=0.01, rotation_fear=0.3, wealth_weight=0.0, tie_months=20.0, tie_keep=0.0,
                   own_preference=2.0, kin_ties=2.0)
        x.world = with_lines(x.world, 5)
        x.world = replace(x.world, line_home=np.full_like(x.world.line_home, everywhere))
        patronage.start(x.world, x.state, x.parameters, x.on, x.keys)
        own = float(x.world.group_share[S, x.world.ruling_group[S]])
        odds = own * np.exp(2.0 * 0.5)
        centre = odds / (odds + 1.0 - own)
        threat = 0.5 * (centre - own)
        x.state.threat[:] = threat
        ended, months = _spells(x, 430, skip=150)
        n = np.arange(4000)
        step_of = (1.0 + everywhere * 2.0 * 0.5) / 20.0
        hazard = 0.01 + 0.3 * threat * (1.0 - (1.0 - step_of) ** n) / (0.5 + centre)
        mean = np.exp(-np.concatenate([[0.0], np.cumsum(hazard)])).sum()
        count = ended[:, S].sum()
        assert months[:, S].sum() / count == pytest.approx(mean, rel=4.0 / np.sqrt(count) + 0.05 * mean / 280.0)
        means.append(mean)
    assert means[1] < means[0]
