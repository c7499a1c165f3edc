import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from qorgau.ensemble.priors import Distribution, DrawnParameter

U = np.linspace(0.0005, 0.9995, 1999)
EXACT = {
    "uniform": (Distribution("uniform", (2.0, 5.0)), stats.uniform(2, 3)),
    "log_uniform": (Distribution("log_uniform", (0.01, 10.0)), stats.loguniform(0.01, 10)),
    "normal": (Distribution("normal", (1.0, 2.0, 0.0, 4.0)), stats.truncnorm(-0.5, 1.5, loc=1, scale=2)),
    "beta": (Distribution("beta", (2.0, 7.0)), stats.beta(2, 7)),
}


@pytest.mark.parametrize("kind", EXACT)
def test_quantile_inverts_the_distribution(kind):
    distribution, exact = EXACT[kind]
    assert exact.cdf(distribution.quantile(U)) == pytest.approx(U, abs=1e-9)


@pytest.mark.parametrize("kind", EXACT)
def test_ends_of_the_unit_interval_give_finite_values_within_bounds(kind):
    distribution, exact = EXACT[kind]
    ends = distribution.quantile(np.array([0.0, 1.0]))
    low, high = exact.support()
    assert np.isfinite(ends).all() and low <= ends[0] < ends[1] <= high


def test_truncated_normal_far_in_the_tail_stays_within_its_bounds():
    values = Distribution("normal", (0.0, 1.0, 9.0, 10.0)).quantile(U)
    assert (values >= 9).all() and (values <= 10).all() and (np.diff(values) > 0).all()


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.sampled_from(sorted(EXACT)))
def test_quantiles_never_fall(u, kind):
    assert (np.diff(EXACT[kind][0].quantile(np.sort(u))) >= 0).all()


def test_fixed_is_one_value():
    fixed = Distribution("fixed", (0.25,))
    assert fixed.is_fixed and (fixed.quantile(U) == 0.25).all()


@pytest.mark.parametrize(
    ("kind", "numbers", "words"),
    [
        ("gauss", (1.0,), "unknown distribution"),
        ("uniform", (1.0,), "takes 2"),
        ("uniform", (2.0, 1.0), "low is above high"),
        ("log_uniform", (0.0, 1.0), "above 0"),
        ("normal", (0.0, 0.0, -1.0, 1.0), "standard deviation"),
        ("beta", (0.0, 1.0), "above 0"),
        ("fixed", (float("nan"),), "not finite"),
    ],
)
def test_faulty_distributions_are_refused(kind, numbers, words):
    with pytest.raises(ValueError, match=words):
        Distribution(kind, numbers)


def mixture() -> DrawnParameter:
    return DrawnParameter(
        "a.b", Distribution("uniform", (1.0, 2.0)), Distribution("uniform", (10.0, 20.0)), ("S1", "S3")
    )


def test_mixture_follows_the_truth_of_its_claims():
    truth = np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]], dtype=bool)
    values = mixture().values(np.full(4, 0.5), truth, ("S1", "S2", "S3"))
    assert values.tolist() == [1.5, 15.0, 1.5, 15.0]


def test_without_vague_prior_truth_does_not_matter():
    plain = DrawnParameter("a.b", Distribution("uniform", (1.0, 2.0)), None, ("S1",))
    assert plain.values(np.array([0.5, 0.5]), np.array([[True], [False]]), ("S1",)).tolist() == [1.5, 1.5]


def test_mixture_of_a_claim_without_truth_bit_is_an_error():
    with pytest.raises(KeyError, match="S3"):
        mixture().values(np.array([0.5]), np.array([[True]]), ("S1",))


def test_fixed_only_when_truth_cannot_change_the_value():
    one, two = Distribution("fixed", (1.0,)), Distribution("fixed", (2.0,))
    assert DrawnParameter("a", one).is_fixed
    assert not DrawnParameter("a", one, two, ("S1",)).is_fixed
