from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm

from qorgau.analysis.information import (
    Estimate,
    beyond_chance,
    bit_values,
    halves,
    number_value,
    perfect_value,
    readings_value,
    tipping_point,
)


def two_options(p: float, gain: float, loss: float, runs: int = 1000) -> tuple[np.ndarray, np.ndarray]:
    """Doing nothing, or something that gains if the claim holds and loses if not."""
    bits = np.arange(runs) < round(p * runs)
    return np.column_stack([np.zeros(runs), np.where(bits, gain, -loss)]), bits[:, None]


@pytest.mark.parametrize(("p", "gain", "loss"), [(0.5, 10.0, 4.0), (0.3, 10.0, 8.0), (0.7, 1.0, 5.0)])
def test_value_of_a_claim_has_its_closed_form(p: float, gain: float, loss: float) -> None:
    utility, bits = two_options(p, gain, loss)
    expected = p * gain - max(0.0, p * gain - (1 - p) * loss)
    found = bit_values(utility, bits, seed=1)[0]
    assert found.plug_in == pytest.approx(expected)
    assert found.raw == pytest.approx(expected, abs=3 * found.se + 1e-9)
    assert 0 < found.se < 0.2 * expected + 0.2


def test_the_standard_error_of_a_claims_value_is_that_of_repeated_ensembles() -> None:
    rng = np.random.default_rng(5)
    raws, errors = [], []
    for seed in range(40):
        bits = rng.random((300, 1)) < 0.4
        gain = np.where(bits[:, 0], 6.0, -5.0) + rng.normal(0, 8, 300)
        found = bit_values(np.column_stack([np.zeros(300), gain]), bits, bootstrap=60, seed=seed)[0]
        raws.append(found.raw)
        errors.append(found.se)
    assert np.mean(errors) == pytest.approx(np.std(raws), rel=0.5)
    # p gain - max(0, p gain - (1-p) loss) = 2.4, pulled down a little by choosing on half the runs
    assert np.mean(raws) == pytest.approx(2.4, abs=0.4)


def test_a_claim_that_tells_nothing_is_worth_nothing_beyond_chance() -> None:
    rng = np.random.default_rng(8)
    utility = np.column_stack([np.zeros(800), rng.normal(0.3, 5, 800), rng.normal(0.2, 5, 800)])
    found = bit_values(utility, rng.random((800, 10)) < 0.5, seed=2)
    assert all(abs(item.raw) < 3.5 * item.se for item in found)
    assert np.mean([item.plug_in for item in found]) > np.mean([item.raw for item in found]), "splitting takes the bias"


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 2.0), (1.0, 2.0), (-1.5, 3.0)])
def test_value_of_a_number_is_the_unit_normal_loss(mean: float, sd: float) -> None:
    values = norm.ppf((np.arange(4000) + 0.5) / 4000) * sd + mean
    values = np.random.default_rng(1).permutation(values)
    utility = np.column_stack([np.zeros(4000), values])
    expected = sd * norm.pdf(mean / sd) - abs(mean) * norm.cdf(-abs(mean) / sd)
    found, fitted = number_value(utility, values, seed=1)
    assert found.value == pytest.approx(expected, rel=0.02)
    assert fitted.shape == utility.shape


def test_a_number_that_tells_nothing_is_worth_nothing_beyond_chance() -> None:
    rng = np.random.default_rng(3)
    utility = np.column_stack([np.zeros(600), rng.normal(0.5, 3, 600)])
    found = [number_value(utility, rng.random(600), seed=seed)[0] for seed in range(20)]
    assert max(item.raw for item in found) < 0.1
    assert np.mean([item.raw for item in found]) > -0.05, "noise is hardly ever taken for a rule"
    fixed, _ = number_value(np.column_stack([np.zeros(600), rng.normal(0.5, 3, 600)]), np.ones(600))
    assert fixed.value == 0 and math.isnan(fixed.se)


@pytest.mark.parametrize("accuracy", [0.7, 0.8, 0.9])
def test_a_check_that_can_err_has_its_closed_form(accuracy: float) -> None:
    p, gain, loss = 0.5, 10.0, 8.0
    utility, bits = two_options(p, gain, loss, 4000)
    order = np.random.default_rng(0).permutation(4000)
    found = readings_value(utility[order], bits[order], accuracy, seed=4)
    says_true = p * accuracy * gain - (1 - p) * (1 - accuracy) * loss
    says_false = p * (1 - accuracy) * gain - (1 - p) * accuracy * loss
    expected = max(0, says_true) + max(0, says_false) - max(0, says_true + says_false)
    assert found.value == pytest.approx(expected, abs=0.12)


def test_a_perfect_check_is_worth_the_claim_and_a_blind_one_nothing() -> None:
    utility, bits = two_options(0.5, 10.0, 8.0)
    order = np.random.default_rng(0).permutation(1000)
    perfect = readings_value(utility[order], bits[order], 1.0)
    assert perfect.value == pytest.approx(bit_values(utility, bits)[0].plug_in, rel=0.05)
    assert readings_value(utility, bits, 0.5).value == 0.0


def test_two_claims_that_only_tell_together_are_found_additively_or_not_at_all() -> None:
    # Three options, each best under one claim: knowing both beats knowing either.
    rng = np.random.default_rng(1)
    bits = rng.random((2000, 2)) < 0.5
    utility = np.column_stack([np.full(2000, 2.0), np.where(bits[:, 0], 6.0, -4.0), np.where(bits[:, 1], 6.0, -4.0)])
    both = readings_value(utility, bits, 1.0).value
    single = [item.value for item in bit_values(utility, bits)]
    assert both == pytest.approx(6 * 0.75 + 2 * 0.25 - 2, abs=0.2)
    assert both > max(single)


def test_tipping_point_is_where_the_lines_cross() -> None:
    assert tipping_point(np.array([0.0, 10.0]), np.array([0.0, -5.0]), 0.8) == pytest.approx(1 / 3)
    assert tipping_point(np.array([0.0, 10.0]), np.array([0.0, 5.0]), 0.8) is None
    # with three options the nearer end of the interval counts
    true, false = np.array([0.0, 10.0, 30.0]), np.array([0.0, -5.0, -45.0])
    assert tipping_point(true, false, 0.5) == pytest.approx(2 / 3)


def test_halves_are_balanced() -> None:
    assert (halves(101, 6, 0).sum(axis=1) == 51).all()


@settings(max_examples=40, deadline=None)
@given(
    st.integers(8, 60), st.integers(2, 4), st.integers(0, 2**32 - 1), st.sampled_from([1e-6, 1.0, 1e6]),
)
def test_information_is_never_worth_less_than_nothing_nor_more_than_all(
    runs: int, options: int, seed: int, scale: float
) -> None:
    rng = np.random.default_rng(seed)
    utility = rng.normal(0, scale, (runs, options))
    bits = rng.random((runs, 3)) < 0.5
    whole, _ = perfect_value(utility)
    assert whole >= 0
    for item in bit_values(utility, bits, splits=2, bootstrap=20, seed=seed):
        assert item.value >= 0
        assert -1e-9 * scale <= item.plug_in <= whole + 1e-9 * scale
    assert number_value(utility, rng.random(runs), splits=2)[0].value >= 0
    assert readings_value(utility, bits, 0.8, splits=2).value >= 0


def test_finds_by_luck_stay_rare_when_many_are_looked_at() -> None:
    rng = np.random.default_rng(4)
    false = 0
    for _ in range(100):
        noise = [Estimate(0.0, float(x), 1.0, 0.0) for x in rng.normal(0, 1, 150)]
        false += bool(beyond_chance(noise, 0.10).any())
    assert false <= 20, "with nothing there, a find in one study of ten"
    real = [Estimate(5.0, 5.0, 1.0, 5.0), *noise]
    assert beyond_chance(real, 0.10)[0]


def test_an_estimate_without_error_counts_and_one_that_is_not_judged_does_not() -> None:
    made = [Estimate(1.0, 1.0, 0.0, 1.0), Estimate(0.0, 0.0, 0.0, 0.0), Estimate(0.0, 0.0, math.nan, 0.0)]
    assert beyond_chance(made, 0.1).tolist() == [True, False, False]
    assert beyond_chance([], 0.1).size == 0
