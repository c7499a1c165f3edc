from __future__ import annotations

import numpy as np
import pytest

from qorgau.analysis.waves.ancestry import ancestors, design_effect, effective_by_ancestry, largest_effect


def test_ancestors_are_followed_back_to_the_first_wave() -> None:
    first = np.array([0, 0, 2, 3])  # wave 1 from wave 0
    second = np.array([1, 1, 2, 3])  # wave 2 from wave 1
    assert [row.tolist() for row in ancestors([first, second], 4)] == [[0, 0, 2, 3], [1, 1, 2, 3]]
    assert ancestors([], 4) == []


def test_the_design_effect_is_that_of_clusters() -> None:
    rng = np.random.default_rng(1)
    family = np.repeat(np.arange(400), 4)
    alike = np.repeat(rng.random(400), 4)
    assert design_effect(alike, family) == pytest.approx(4.0, rel=1e-2)
    assert design_effect(rng.random(1600), family) == pytest.approx(1.0, abs=0.2)
    assert design_effect(np.ones(1600), family) == 1.0
    assert design_effect(alike, np.zeros(1600, dtype=int)) == 1600.0, "one family tells nothing"


def test_what_is_not_testable_is_left_out() -> None:
    family = np.repeat(np.arange(50), 2)
    column = np.repeat(np.random.default_rng(2).random(50), 2)
    with_gaps = np.concatenate([column, np.full(20, np.nan)])
    labels = np.concatenate([family, np.arange(50, 70)])
    assert design_effect(with_gaps, labels) == pytest.approx(design_effect(column, family))


def test_the_generation_with_the_largest_effect_counts_but_not_one_of_few_families() -> None:
    rng = np.random.default_rng(3)
    old, young = np.repeat(np.arange(20), 20), np.repeat(np.arange(100), 4)
    column = np.repeat(rng.random(20), 20)[:, None]
    assert largest_effect(column, [old, young]) == pytest.approx(20.0, rel=0.06)
    assert largest_effect(column, [np.repeat(np.arange(5), 80)]) == 1.0
    assert largest_effect(np.ones((400, 1)), [old]) == 1.0


def test_effective_runs_of_simple_pedigrees() -> None:
    n = 100
    alone, pairs, one = np.arange(n), np.repeat(np.arange(50), 2), np.zeros(n, dtype=int)
    assert effective_by_ancestry([alone], [1.0]) == n
    assert effective_by_ancestry([pairs], [1.0]) == pytest.approx(50.0)
    assert effective_by_ancestry([one], [1.0]) == pytest.approx(1.0)
    assert effective_by_ancestry([one], [0.0]) == n, "draws that have moved far are independent"
    # All of one founder long ago, in pairs since: pairs are as alike as 0.9, others as 0.1.
    expected = n / (1 + 0.9**2 + 98 * 0.1**2)
    assert effective_by_ancestry([one, pairs], [0.1, 0.9]) == pytest.approx(expected)


def test_effective_runs_agree_with_the_variance_of_a_mean() -> None:
    rng = np.random.default_rng(4)
    r, sizes = 0.7, 4
    means = []
    for _ in range(4000):
        founder = np.repeat(rng.standard_normal(25), sizes)
        means.append((r * founder + np.sqrt(1 - r * r) * rng.standard_normal(100)).mean())
    assert 1 / np.var(means) == pytest.approx(effective_by_ancestry([np.repeat(np.arange(25), sizes)], [r]), rel=0.1)
