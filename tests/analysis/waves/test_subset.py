from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.special import ndtr

from qorgau.analysis.waves.subset import search
from qorgau.errors import InputError
from tests.analysis.waves.toys import Corner, Plane, Staged, settings


def same(one, other) -> bool:
    names = ("points", "streams", "total", "single")
    arrays = [[getattr(found.population, name) for name in names] for found in (one, other)]
    return all(np.array_equal(a, b, equal_nan=True) for a, b in zip(*arrays)) and one.waves[1:] == other.waves[1:]


@pytest.mark.parametrize(
    ("scorer", "dimensions", "target", "exact"),
    [(Corner(4), 30, 0.15, 0.15**4), (Plane(), 100, 0.1, 1 - ndtr(4.0))],
)
def test_the_share_of_the_prior_is_the_known_one_within_its_error(scorer, dimensions, target, exact) -> None:
    away = []
    for seed in range(6):
        found = search(scorer, settings(dimensions=dimensions, seed=seed, targets={"single": target}))
        last = found.waves[-1]
        assert last.threshold == target and "target" in found.reasons[-1]
        away.append(math.log(last.prior_share / exact) / (last.prior_share_se / last.prior_share))
    assert np.abs(away).max() < 3.0
    assert abs(np.mean(away)) < 1.3, "no bias beyond what six searches show by chance"
    assert np.std(away) < 2.0, "the stated error is not too small"


def test_draws_are_spread_over_the_set_as_the_prior_is() -> None:
    found = search(Corner(2), settings(800, 6, 5, targets={"single": 0.2}, rule={"rest_moves": 12}))
    points = found.population.points
    assert points[:, :2].max() <= 0.2
    se = math.sqrt(1 / 12 / found.effective.runs)
    assert points[:, 2:].mean(axis=0) == pytest.approx(0.5, abs=4 * se)
    assert points[:, 0].mean() == pytest.approx(0.1, abs=4 * se * 0.2)
    assert 80 < found.effective.runs <= 800


def test_the_same_seed_gives_the_same_and_another_seed_another() -> None:
    one, two = (search(Corner(3), settings(60, 8, 4)) for _ in range(2))
    assert same(one, two)
    assert not same(one, search(Corner(3), settings(60, 8, 5)))


def test_stages_keep_their_thresholds_and_early_rejection_is_used() -> None:
    scorer = Staged()
    found = search(scorer, settings(
        200, 10, 3, paired=True, prior_all=50, targets={"single": 0.2, "all": 0.15}, slack=0.0,
    ))
    now = found.population
    assert now.stage == "all" and now.single_bound == 0.2
    assert (now.total <= 0.15).all() and (now.single <= 0.2).all()
    assert np.allclose(now.total, now.points[:, 0] / 2 + now.points[:, 1] / 2)
    assert found.waves[0].stage == "prior" and found.waves[-1].stage == "rest"
    assert (found.prior.holds[:50, 1] >= 0).all() and (found.prior.holds[50:, 1] == -1).all()
    share = 0.3**2 / 2  # of the triangle x + y <= 0.3, all of it within x <= 0.4
    last = found.waves[-1]
    assert abs(last.prior_share - share) < 4 * last.prior_share_se
    singles = sum(n for stage, n, _ in scorer.asked if stage == "single")
    assert sum(w.evaluations_single for w in found.waves) == singles
    assert sum(w.evaluations_all for w in found.waves) == sum(n for stage, n, _ in scorer.asked if stage == "all")
    assert all(bound <= 0.2 for stage, _, bound in scorer.asked[-3:] if stage == "single")


def test_draws_tried_in_the_last_sweeps_reach_beyond_the_threshold_by_the_slack() -> None:
    found = search(Staged(), settings(200, 10, 3, paired=True, targets={"single": 0.3, "all": 0.2}, slack=0.1))
    partial = found.tried.distance[:, 0] / 6
    assert 0.2 < partial.max() <= 0.3, "left out as soon as a part of the score is beyond the slack"
    assert np.isfinite(found.tried.distance).all()
    assert (found.population.total <= 0.2).all()


def test_an_interrupted_search_goes_on_and_finds_the_same(tmp_path) -> None:
    def asked(seed=6):
        return settings(60, 8, seed, paired=True, prior_all=20, targets={"single": 0.2, "all": 0.1}, slack=0.05)

    whole = search(Staged(), asked(), folder=tmp_path / "whole")
    assert same(whole, search(Staged(), asked())), "a folder changes nothing"
    for stop in (0, 1, 2, 5, 9, 17):
        with pytest.raises(KeyboardInterrupt):
            search(Staged(stop_after=stop), asked(), folder=tmp_path / "part")
    again = Staged()
    resumed = search(again, asked(), folder=tmp_path / "part")
    assert same(whole, resumed)
    assert whole.effective == resumed.effective and np.array_equal(whole.tried.score, resumed.tried.score)
    assert again.asked[0][0] != "all" or again.asked[0][1] < 60, "the prior is not scored again"
    third = Staged(stop_after=0)
    assert same(whole, search(third, asked(), folder=tmp_path / "part")), "a finished search asks for nothing"
    with pytest.raises(InputError, match="differs in: seed"):
        search(Staged(), asked(7), folder=tmp_path / "part")


def test_a_damaged_state_is_made_again(tmp_path) -> None:
    whole = search(Corner(3), settings(60, 8, 4), folder=tmp_path)
    (tmp_path / "state.npz").write_bytes((tmp_path / "state.npz").read_bytes()[:5000])
    assert same(whole, search(Corner(3), settings(60, 8, 4), folder=tmp_path))


def test_the_budget_is_kept_and_said() -> None:
    scorer = Corner(4)
    found = search(scorer, settings(100, 30, 1, budget=2000, targets={"single": 1e-4}))
    assert scorer.calls <= 2000
    assert "budget" in found.reasons[0]
    assert found.waves[-1].prior_share > 0


def test_a_budget_too_small_for_paired_runs_ends_with_the_cheap_patterns() -> None:
    found = search(Staged(), settings(100, 10, 1, budget=1200, paired=True, targets={"single": 0.1, "all": 0.1}))
    assert found.population.stage == "single" and "does not allow" in found.reasons[-1]


def test_a_short_budget_goes_into_a_wave_on_all_patterns_before_last_sweeps() -> None:
    # Prior and one wave on cheap patterns (100 + 600), the turn (1,200), and a sweep or two of 100 + 12 * some 50.
    found = search(Staged(), settings(100, 10, 1, budget=3400, paired=True, targets={"single": 0.3, "all": 0.05}))
    assert "all" in [wave.stage for wave in found.waves]
    assert math.isfinite(found.population.bound)
    assert sum(w.evaluations_single + 12 * w.evaluations_all for w in found.waves) <= 3400


class Wall:
    """A pattern that no draw can have: the score stops at 0.5."""

    def __call__(self, points, streams, bound, stage):
        scores = Corner(1)(points, streams, bound, stage)
        return type(scores)(0.5 + np.floor(scores.score * 4) / 8, scores.distance, scores.holds)


def test_a_search_that_gains_no_more_stops_and_says_so() -> None:
    found = search(Wall(), settings(100, 5, 1, targets={"single": 0.1}))
    assert found.population.bound == 0.5
    assert "gained less than" in found.reasons[0]
    assert found.waves[-1].prior_share == pytest.approx(0.25, abs=0.12)


class Needle:
    """A score by stream and place that no step keeps: every point has a score of its own, drawn anew."""

    def __call__(self, points, streams, bound, stage):
        mixed = np.modf(np.abs(np.sin(points @ np.arange(1, points.shape[1] + 1) * 1e5)) * 1e4)[0]
        return Corner(1)(np.stack([mixed, mixed], axis=1), streams, bound, stage)


def test_a_search_whose_steps_are_refused_stops_and_says_so() -> None:
    found = search(Needle(), settings(200, 5, 1, targets={"single": 1e-6}, rule={"least_acceptance": 0.05}))
    assert "of steps are taken" in found.reasons[0]
    assert found.effective.runs < 60, "copies are not counted as runs"


def test_too_few_particles_are_refused() -> None:
    with pytest.raises(ValueError, match="20 of 1"):
        search(Corner(), settings(10))
