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


def test_ridge_is_the_closed_form_at_the_penalty_that_cross_validation_would_choose() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=(60, 5))
    x -= x.mean(axis=0)
    y = x @ np.array([1.0, -2.0, 0.0, 0.5, 0.0]) + rng.normal(size=60)
    y -= y.mean()
    found = ridge(x, y)
    penalties = np.logspace(-1.0, 4.0, 16)

    def loss(penalty: float) -> float:
        hat = x @ np.linalg.solve(x.T @ x + penalty * np.eye(5), x.T)
        rest = y - hat @ y
        return float(rest @ rest) / (1.0 - (np.trace(hat) + 1.0) / 60) ** 2

    best = min(penalties, key=loss)
    assert found == pytest.approx(np.linalg.solve(x.T @ x + best * np.eye(5), x.T @ y))


def test_noise_alone_leaves_almost_no_terms_and_an_emulator_of_the_mean() -> None:
    rng = np.random.default_rng(2)
    terms, parts = rng.uniform(-1, 1, (500, 200)), rng.uniform(0, 1, (500, 1))
    made = fit_emulator(terms, parts, np.ones((500, 1), dtype=bool), np.ones(1))
    assert (made.slope != 0).sum() <= 4, "of 200 terms, 0.5 are expected beyond three standard errors"
    assert made.parts(np.zeros((1, 200)))[0, 0] == pytest.approx(parts.mean(), abs=0.05)


def test_it_finds_what_moves_a_part_and_only_where_the_part_is_known() -> None:
    rng = np.random.default_rng(3)
    terms = rng.uniform(-1, 1, (800, 30))
    parts = np.column_stack([0.5 + 0.3 * terms[:, 4], 0.5 - 0.2 * terms[:, 7], np.full(800, 0.3)])
    seen = np.ones((800, 3), dtype=bool)
    seen[400:, 1] = False
    spoiled = parts.copy()
    spoiled[400:, 1] = 99.0
    made = fit_emulator(terms, spoiled, seen, np.array([1.0, 1.0, 0.0]))
    new = rng.uniform(-1, 1, (50, 30))
    assert made.parts(new)[:, 0] == pytest.approx(0.5 + 0.3 * new[:, 4], abs=0.01)
    assert made.parts(new)[:, 1] == pytest.approx(0.5 - 0.2 * new[:, 7], abs=0.01)
    assert (made.parts(new)[:, 2] == 0).all(), "a pattern without weight adds nothing"


@given(st.integers(0, 10_000))
def test_parts_stay_between_nothing_and_their_ceiling(seed: int) -> None:
    rng = np.random.default_rng(seed)
    made = Emulator(rng.normal(size=3), rng.normal(size=(6, 3)) * 5, np.array([0.2, 0.5, 0.0]), rng.normal(size=6))
    terms = rng.normal(size=(20, 6))
    assert (made.parts(terms) >= 0).all() and (made.parts(terms) <= made.ceiling).all()
    assert made.score(terms) == pytest.approx(made.parts(terms).sum(axis=1))


def test_the_first_terms_alone_stand_for_the_score_with_the_others_at_their_mean() -> None:
    rng = np.random.default_rng(4)
    mean = rng.normal(size=6)
    made = Emulator(np.full(2, 0.5), rng.normal(size=(6, 2)) * 0.05, np.ones(2), mean)
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
