"""Nested sets by an emulator, where the emulator is a function whose sets have known shares of the unit cube."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from qorgau.analysis.waves.deepen import Deeper, deepen
from qorgau.analysis.waves.moves import normal_of


def along(points: np.ndarray) -> np.ndarray:
    """Fall along the diagonal of the first four coordinates in normal space; standard normal over the prior."""
    return -normal_of(points[:, :4]).sum(axis=1) / 2.0


def found(n: int = 1000, levels: int = 4, sweeps: int = 40, seed: int = 1, workers: int = 1) -> Deeper:
    points = np.random.default_rng(seed).random((n, 12))
    return deepen(points, along(points), along, levels=levels, share=0.1, sweeps=sweeps, seed=[seed], workers=workers)


def test_thresholds_are_the_quantiles_of_the_prior_within_their_error() -> None:
    away = []
    for seed in range(5):
        made = found(seed=seed)
        share, variance = 1.0, 0.0
        for level in made.levels:
            share, variance = share * level.share, variance + level.variance
        exact = float(norm.cdf(made.levels[-1].threshold))
        away.append(math.log(share / exact) / math.sqrt(variance))
        assert made.expected.max() <= made.levels[-1].threshold
        assert np.array_equal(made.expected, along(made.points)), "scores are those of the points"
    assert np.abs(away).max() < 4.0 and abs(np.mean(away)) < 1.8


def test_draws_lie_in_the_set_as_the_prior_does() -> None:
    made = found(2000, levels=3, sweeps=60)
    beyond = -made.levels[-1].threshold
    # Along the diagonal a normal beyond the threshold; across it, and elsewhere, what the prior has.
    assert -made.expected.mean() == pytest.approx(norm.pdf(beyond) / norm.sf(beyond), abs=0.02)
    error = 4.0 * math.sqrt(1.0 / 12.0 / made.worth(np.arange(2000)))
    assert made.points[:, 4:].mean(axis=0) == pytest.approx(0.5, abs=error)
    across = normal_of(made.points[:, 0]) - normal_of(made.points[:, 1])
    assert across.std() == pytest.approx(math.sqrt(2.0), rel=0.1)


def test_draws_that_walked_far_are_worth_more_and_never_more_than_they_are() -> None:
    rows = np.arange(1000)
    near, far = found(sweeps=1).worth(rows), found(sweeps=120).worth(rows)
    assert 1.0 <= near < 200.0
    assert 250.0 < far <= 1000.0
    assert len(np.unique(found(sweeps=1).families)) <= 100, "a tenth of the draws at the most has descendants"


def test_without_levels_draws_stay_as_they_are() -> None:
    points = np.random.default_rng(3).random((30, 12))
    made = deepen(points, along(points), along, levels=0, share=0.1, sweeps=1, seed=[1])
    assert np.array_equal(made.points, points) and made.levels == ()
    assert made.worth(np.arange(30)) == 30.0 and np.array_equal(made.families, np.arange(30))


def test_threads_do_not_change_the_draws_and_seeds_do() -> None:
    one, three = found(600, 2, 5), found(600, 2, 5, workers=3)
    assert np.array_equal(one.points, three.points)
    assert not np.array_equal(one.points, found(600, 2, 5, seed=2).points)


def test_ancestors_are_who_they_are_said_to_be() -> None:
    points = np.random.default_rng(5).random((400, 12))
    # A score that lets every step be refused: all draws equal their ancestors.
    scores = np.arange(400.0)
    made = deepen(points, scores, lambda p: np.full(len(p), np.inf), levels=2, share=0.5, sweeps=2, seed=[1])
    assert np.array_equal(made.points, points[made.families])
    assert made.alike == pytest.approx((1.0, 1.0), abs=1e-6) and made.families.max() < 200
    assert made.worth(np.arange(400)) < 110.0


@pytest.mark.parametrize("wrong", [{"levels": -1}, {"sweeps": 0}, {"share": 0.0}, {"share": 1.0}, {"share": 0.001}])
def test_sizes_out_of_range_are_refused(wrong) -> None:
    points = np.random.default_rng(5).random((40, 12))
    with pytest.raises(ValueError, match="levels"):
        deepen(points, along(points), along, **{"levels": 1, "sweeps": 1, "share": 0.1, "seed": [1], **wrong})
