"""The emulator: ridge with its closed form, terms of draws, what is learned of a known score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import qorgau
from qorgau.analysis.waves.emulate import Emulator, fit_emulator, ridge, terms_of
from qorgau.ensemble.designs import draws_at, sobol
from qorgau.ensemble.translate import inputs_of

NONE = np.empty((0, 2), dtype=np.int64)


def test_ridge_is_the_closed_form_at_the_penalty_that_cross_validation_would_choose() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 5))
    x -= x.mean(axis=0)
    y = x @ np.array([1.0, -2.0, 0.0, 0.5, 0.0]) + rng.normal(size=60)
    y -= y.mean()
    found, left = ridge(x, y)
    penalties = np.logspace(-1.0, 4.0, 16)

    def loss(penalty: float) -> float:
        hat = x @ np.linalg.solve(x.T @ x + penalty * np.eye(5), x.T)
        rest = y - hat @ y
        return float(rest @ rest) / (1.0 - (np.trace(hat) + 1.0) / 60) ** 2

    best = min(penalties, key=loss)
    assert found == pytest.approx(np.linalg.solve(x.T @ x + best * np.eye(5), x.T @ y))
    assert left == pytest.approx(np.sqrt(loss(best) / 60)) and 0.7 < left < 1.3


def test_noise_alone_leaves_almost_no_terms_and_an_emulator_of_the_mean() -> None:
    rng = np.random.default_rng(2)
    terms, gaps = rng.uniform(-1, 1, (500, 200)), rng.normal(0.3, 1.0, (500, 1))
    made = fit_emulator(terms, gaps, np.array([0]), np.ones(1), 2.0)
    assert (made.slope != 0).sum() <= 4, "of 200 terms, 0.5 are expected beyond three standard errors"
    assert made.intercept[0] == pytest.approx(0.3, abs=0.1) and made.spread[0] == pytest.approx(1.0, abs=0.1)


def test_it_finds_what_moves_a_gap_and_only_where_the_gap_is_known() -> None:
    rng = np.random.default_rng(3)
    terms = rng.uniform(-1, 1, (800, 30))
    gaps = np.column_stack([0.5 + 2 * terms[:, 4], -terms[:, 7], terms[:, 1]]) + rng.normal(0, 0.2, (800, 3))
    gaps[400:, 1] = np.nan
    made = fit_emulator(terms, gaps, np.array([0, 1, 2]), np.array([1.0, 1.0, 0.0]), 2.0)
    assert made.owner.tolist() == [0, 1], "a pattern without weight is left out"
    assert made.slope[4, 0] == pytest.approx(2.0, abs=0.05) and made.slope[7, 1] == pytest.approx(-1.0, abs=0.05)
    assert made.spread == pytest.approx([0.2, 0.2], abs=0.03)
    assert (made.parts(terms)[:, 2] == 0).all()


def test_it_finds_terms_that_count_together_and_no_others() -> None:
    rng = np.random.default_rng(6)
    terms = rng.uniform(-1, 1, (3000, 40))
    y = terms[:, 2] + 0.8 * terms[:, 9] + 1.5 * terms[:, 2] * terms[:, 9] + rng.normal(0, 0.3, 3000)
    made = fit_emulator(terms, y[:, None], np.array([0]), np.ones(1), 2.0)
    assert made.pairs.tolist() == [[2, 9]] and made.pair_slope[0, 0] == pytest.approx(1.5, abs=0.1)
    assert made.spread[0] == pytest.approx(0.3, abs=0.05)
    fresh = rng.uniform(-1, 1, (500, 40))
    truth = fresh[:, 2] + 0.8 * fresh[:, 9] + 1.5 * fresh[:, 2] * fresh[:, 9]
    assert np.std(made.gaps(fresh)[:, 0] - truth) < 0.1


@pytest.mark.parametrize(
    ("gaps", "spread"), [([0.4], [0.5]), ([-1.0], [0.3]), ([3.0], [1.0]), ([0.2, -0.3], [0.5, 0.8])]
)
def test_the_expected_part_is_that_of_chance(gaps, spread) -> None:
    made = Emulator(np.array(gaps), np.zeros((1, len(gaps))), np.array(spread), np.zeros(len(gaps), dtype=int),
                    np.array([0.7]), 1.5, np.zeros(1), NONE, np.empty((0, len(gaps))))
    drawn = np.random.default_rng(5).normal(gaps, spread, (200_000, len(gaps))).max(axis=1)
    wanted = 0.7 * np.minimum(np.maximum(drawn, 0.0), 1.5).mean() / 1.5
    assert made.parts(np.zeros((1, 1)))[0, 0] == pytest.approx(wanted, abs=0.004)


@given(st.integers(0, 10_000))
def test_parts_stay_between_nothing_and_their_weight(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = Emulator(rng.normal(size=4), rng.normal(size=(6, 4)) * 5, rng.uniform(0.05, 2, 4), np.array([0, 0, 1, 3]),
                    np.array([0.2, 0.5, 0.0, 0.3]), 1.5, rng.normal(size=6), np.array([[0, 5], [1, 2]]),
                    rng.normal(size=(2, 4)))
    terms = rng.normal(size=(20, 6))
    parts = made.parts(terms)
    assert (parts >= -1e-12).all() and (parts <= made.weights + 1e-12).all()
    assert made.score(terms) == pytest.approx(parts.sum(axis=1))


def test_the_first_terms_alone_stand_for_the_score_with_the_others_at_their_mean() -> None:
    rng = np.random.default_rng(4)
    mean = rng.normal(size=6)
    pairs = np.array([[0, 1], [2, 3], [1, 4], [0, 5], [4, 5]])
    made = Emulator(np.full(2, 0.5), rng.normal(size=(6, 2)), np.ones(2), np.array([0, 1]), np.ones(2), 1.0, mean,
                    pairs, rng.normal(size=(5, 2)))
    first = rng.normal(size=(10, 4))
    filled = np.column_stack([first, np.tile(mean[4:], (10, 1))])
    assert made.score_of_first(first) == pytest.approx(made.score(filled))


def test_terms_of_the_bundled_case_are_positions_switches_and_wider_priors() -> None:
    uncertain = inputs_of(qorgau.load_case("kazakhstan")).uncertain
    looks, points = terms_of(uncertain), sobol(64, uncertain.dimensions, 3)
    terms = looks(points)
    free = [i for i, parameter in enumerate(uncertain.parameters) if not parameter.is_fixed]
    assert np.allclose(terms[:, : len(free)], 2 * points[:, free] - 1)
    assert np.array_equal(terms[:, : 2 * len(free)], looks.of_parameters(points))
    drawn = draws_at(uncertain, points, np.arange(64), {})
    at = 2 * len(free)
    assert np.array_equal(terms[:, at : at + len(uncertain.mechanisms)], drawn.on)
    place, claims = looks.vague[0]
    false = ~drawn.truth[:, claims].any(axis=1)
    wider = terms[:, at + len(uncertain.mechanisms)]
    assert (wider[~false] == 0).all() and np.allclose(wider[false], terms[false, place])
