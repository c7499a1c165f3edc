"""Sifting with scorers of known volume: which draws stay, what is said of them, and going on after a stop."""

from __future__ import annotations

import numpy as np
import pytest

from qorgau.analysis.matching import ScoreRule
from qorgau.analysis.waves.scores import Scores, Stage
from qorgau.analysis.waves.sift import Sieve, sift
from qorgau.ensemble.designs import sobol
from qorgau.errors import InputError

RULE = ScoreRule(np.array([0.5, 0.5]), np.array([True, False]), 3.0)


class Two:
    """Pattern one misses by the first coordinate, pattern two, on paired runs, by the second."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, int]] = []

    def __call__(self, points: np.ndarray, streams: np.ndarray, bound: float, stage: Stage) -> Scores:
        self.asked.append((stage, len(points)))
        distance = 3.0 * points[:, :2].copy()
        if stage == "single":
            distance[:, 1] = np.nan
        score = 0.5 * points[:, 0] + (0.5 * points[:, 1] if stage == "all" else 0.0)
        return Scores(score, distance, np.where(np.isnan(distance), -1, distance <= 0.3).astype(np.int8))


def test_the_best_on_one_run_go_on_and_the_best_of_all_stay() -> None:
    scorer = Two()
    found = sift(scorer, Sieve(1000, 100, 40, 10, 3, 7), RULE)
    points = sobol(1000, 3, 7)
    first = np.sort(np.argsort(points[:, 0])[:100])
    best = first[np.argsort(points[first, 0] + points[first, 1])[:40]]
    assert set(found.numbers.tolist()) == set(best.tolist())
    assert np.array_equal(found.points, points[found.numbers])
    assert found.threshold == pytest.approx(0.5 * (points[best, 0] + points[best, 1]).max())
    assert sum(n for stage, n in scorer.asked if stage == "all") == 110, "of the best, and of ten for the prior"


def test_shares_of_the_prior_and_effective_runs_are_those_of_independent_draws() -> None:
    found = sift(Two(), Sieve(2000, 200, 50, 0, 2, 1), RULE)
    assert [w.prior_share for w in found.waves] == [1.0, 0.1, 0.025]
    assert found.waves[2].prior_share_se == pytest.approx((0.025 * 0.975 / 2000) ** 0.5)
    assert found.effective.runs == 50
    assert found.waves[1].threshold == pytest.approx(0.05, abs=0.002), "a tenth of the cube lies within it"


def test_prior_verdicts_on_paired_patterns_are_those_of_the_first_draws_only() -> None:
    found = sift(Two(), Sieve(500, 60, 20, 25, 2, 3), RULE)
    assert (found.prior.holds[:25, 1] >= 0).all() and (found.prior.holds[25:, 1] == -1).all()
    assert (found.prior.holds[:, 0] >= 0).all()


def test_a_sieve_that_was_stopped_goes_on_from_the_parts_that_are_kept(tmp_path) -> None:
    class Stops(Two):
        def __call__(self, points, streams, bound, stage):
            if len(self.asked) == 2:
                raise KeyboardInterrupt
            return super().__call__(points, streams, bound, stage)

    sieve = Sieve(1500, 100, 40, 0, 3, 7)
    with pytest.raises(KeyboardInterrupt):
        sift(Stops(), sieve, RULE, folder=tmp_path)
    scorer = Two()
    again = sift(scorer, sieve, RULE, folder=tmp_path)
    assert sum(n for stage, n in scorer.asked if stage == "single") == 1500 - 2 * 480
    whole = sift(Two(), sieve, RULE)
    assert np.array_equal(again.numbers, whole.numbers) and np.array_equal(again.score, whole.score)
    with pytest.raises(InputError, match="another match"):
        sift(Two(), Sieve(1600, 100, 40, 0, 3, 7), RULE, folder=tmp_path)


@pytest.mark.parametrize("sizes", [(100, 50, 10, 0), (100, 20, 30, 0), (20, 50, 20, 0), (100, 50, 20, 200)])
def test_sizes_out_of_order_are_refused(sizes) -> None:
    with pytest.raises(InputError, match="keep 20 or more"):
        sift(Two(), Sieve(*sizes, 2, 1), RULE)
