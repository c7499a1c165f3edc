from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import kstest

from qorgau.analysis.waves.moves import Kernel, normal_of, propose, similarity, tuned


def test_moves_leave_the_prior_as_it_is() -> None:
    rng = np.random.default_rng(1)
    points, streams = rng.random((4000, 3)), np.arange(4000)
    kernel = Kernel(share=0.5, scale=0.6, use_fresh=0.5)
    for sweep in range(3):
        step = propose(points, streams, kernel, 4000 * (sweep + 1), rng)
        points, streams = step.points, step.streams
    assert all(kstest(column, "uniform").pvalue > 1e-3 for column in points.T)
    assert points.min() >= 0.0 and points.max() < 1.0


def test_steps_are_reversible_near_the_edge_of_a_set() -> None:
    # Under detailed balance as many steps cross from A to B as from B to A, when draws are of the prior.
    rng = np.random.default_rng(2)
    points = rng.random((60000, 2))
    step = propose(points, np.arange(60000), Kernel(share=0.5, scale=0.5), 60000, rng)
    low, then = points[:, 0] < 0.2, step.points[:, 0] < 0.2
    there, back = int((low & ~then).sum()), int((~low & then).sum())
    assert abs(there - back) < 4 * np.sqrt(there + back)
    assert there > 1000


def test_fresh_moves_some_coordinates_and_near_moves_all() -> None:
    rng = np.random.default_rng(3)
    points = rng.random((500, 40))
    step = propose(points, np.zeros(500, dtype=np.int64), Kernel(share=0.05, scale=0.1), 1, rng)
    moved = (step.points != points).sum(axis=1)
    assert (moved[step.kernel == 1] == 40).all()
    fresh = moved[step.kernel == 0]
    assert fresh.min() >= 1 and fresh.mean() == pytest.approx(0.05 * 39 + 1, abs=0.4)
    gap = normal_of(step.points[step.kernel == 1]) - np.sqrt(1 - 0.01) * normal_of(points[step.kernel == 1])
    assert gap.std() == pytest.approx(0.1, rel=0.03)


def test_half_of_the_proposals_keep_their_stream_and_others_have_one_of_their_own() -> None:
    rng = np.random.default_rng(4)
    step = propose(rng.random((2000, 2)), np.arange(2000), Kernel(), 7000, rng)
    own = step.streams >= 7000
    assert own.mean() == pytest.approx(0.5, abs=0.05)
    assert (step.streams[~own] == np.arange(2000)[~own]).all()
    assert len(np.unique(step.streams[own])) == own.sum()


def test_sizes_follow_acceptance_and_stay_between_the_wanted_shares() -> None:
    which = np.repeat([0, 1], 100)
    taken = np.concatenate([np.arange(100) < 60, np.arange(100) < 5])
    jumped = taken * 0.1
    new = tuned(Kernel(0.1, 0.2, 0.5), which, taken, jumped, (0.2, 0.4), 1)
    assert new.share > 0.1 and new.scale < 0.2 and new.use_fresh > 0.5
    inside = tuned(Kernel(0.1, 0.2, 0.5), which, np.arange(200) % 10 < 3, jumped * 0 + 0.1, (0.2, 0.4), 1)
    assert (inside.share, inside.scale) == (0.1, 0.2)


def test_similarity_is_one_for_the_same_and_nought_for_unrelated_draws() -> None:
    rng = np.random.default_rng(5)
    points = rng.random((500, 50))
    assert similarity(points, points) == 1.0
    assert similarity(points, rng.random((500, 50))) == pytest.approx(0.0, abs=0.03)
    step = propose(points, np.zeros(500, dtype=np.int64), Kernel(scale=0.6, use_fresh=0.0), 1, rng)
    assert similarity(step.points, points) == pytest.approx(0.8, abs=0.02)
