from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import qmc

from qorgau.evidence import Claim, Policy, claim_marginals, source_of_truth, truth_bits, truth_sources
from qorgau.evidence.uncertainty import source_soundness
from tests.evidence.samples import POLICY, graded

TABLE = Policy.model_validate(POLICY)
DRAWS = 2**15


def _policy(**change: Any) -> Policy:
    return Policy.model_validate({**POLICY, **change})


def _bits(claims: Sequence[Claim], policy: Policy, draws: int = DRAWS, seed: int = 1, **more: Any) -> np.ndarray:
    """Truth bits from a scrambled Sobol design: much less noise than plain random numbers."""
    k, s = len(claims), len(truth_sources(claims))
    design = qmc.Sobol(2 * k + s, rng=seed).random(draws)
    return truth_bits(claims, policy, design[:, :k], design[:, k : k + s], design[:, k + s :], **more)


MIXED = [
    graded(f"C{i}", "book" if i % 2 else "paper", grade) for i, grade in enumerate(["A1", "B2", "C3", "D4", "E5", "F6"])
]


def test_sources_come_once_in_order_of_first_use() -> None:
    assert truth_sources(MIXED) == ("paper", "book")
    bare = Claim.model_validate({**MIXED[0].model_dump(by_alias=True), "cites": [], "citation": "none"})
    assert source_of_truth(bare) == "study"
    assert source_of_truth(MIXED[1]) == "book"


def test_marginals_are_the_policys_means_under_the_cap() -> None:
    means = claim_marginals(MIXED, TABLE)
    assert means == pytest.approx([0.90, 0.70, 0.50, 0.30, 0.10, 0.50])
    capped = graded("C", grade="D1")
    assert claim_marginals([capped], TABLE) == pytest.approx([POLICY["reliability"]["D"]["cap"]])


@pytest.mark.parametrize("coupling", [0.0, 0.5, 1.0])
def test_bits_have_the_marginals_whatever_the_coupling(coupling: float) -> None:
    policy = _policy(coupling=coupling)
    share = _bits(MIXED, policy).mean(axis=0)
    # Three standard errors of plain random numbers would be .008; Sobol draws do better.
    assert share == pytest.approx(claim_marginals(MIXED, policy), abs=0.006)


def test_claims_on_one_source_go_together_and_others_do_not() -> None:
    pair = [graded("C1"), graded("C2"), graded("C3", "paper")]
    weak, strong = (np.corrcoef(_bits(pair, _policy(coupling=c)).T) for c in (0.3, 1.0))
    assert 0.01 < weak[0, 1] < strong[0, 1]
    assert abs(strong[0, 2]) < 0.02
    assert abs(np.corrcoef(_bits(pair, _policy(coupling=0)).T)[0, 1]) < 0.02


def test_covariance_is_that_of_the_formula() -> None:
    pair = [graded("C1"), graded("C2", grade="B3")]
    firm = {name: {**row, "concentration": 1e6} for name, row in POLICY["reliability"].items()}
    policy = _policy(coupling=0.8, reliability=firm)
    w = POLICY["reliability"]["B"]["sound"]
    gap = [0.8 * min((1 - p) / (1 - w), p / w) for p in claim_marginals(pair, policy)]
    expected = gap[0] * gap[1] * w * (1 - w)
    assert np.cov(_bits(pair, policy).T)[0, 1] == pytest.approx(expected, abs=0.003)


def test_at_full_coupling_a_claim_as_likely_as_its_source_is_its_source_bit() -> None:
    firm = {name: {**row, "concentration": 1e8} for name, row in POLICY["reliability"].items()}
    means = {**POLICY["credibility"], 1: POLICY["reliability"]["B"]["sound"]}
    policy = _policy(coupling=1.0, reliability=firm, credibility=means)
    bits = _bits([graded("C1", grade="B1"), graded("C2", grade="B1")], policy, draws=4096)
    assert np.mean(bits[:, 0] == bits[:, 1]) > 0.999


def test_a_source_is_as_sound_as_its_best_claim() -> None:
    claims = [graded("C1", grade="D2"), graded("C2", grade="B2"), graded("C3", "paper", "C2")]
    expected = [POLICY["reliability"][letter]["sound"] for letter in "BC"]
    assert source_soundness(claims, TABLE) == pytest.approx(expected)


def test_retracted_claims_are_never_true_even_when_set() -> None:
    gone = graded("C1", grade="A1", status="retracted")
    bits = _bits([gone, graded("C2")], TABLE, draws=256, fixed={"C1": True})
    assert not bits[:, 0].any()
    assert bits[:, 1].any()
    assert claim_marginals([gone], TABLE) == [0.0]


def test_setting_one_claim_leaves_the_others() -> None:
    free, fixed = _bits(MIXED, TABLE, 512), _bits(MIXED, TABLE, 512, fixed={"C2": False})
    assert not fixed[:, 2].any()
    others = [0, 1, 3, 4, 5]
    assert np.array_equal(free[:, others], fixed[:, others])


def test_one_column_of_u_p_serves_all_claims() -> None:
    u = np.random.default_rng(3).random((64, 20))
    k, s = len(MIXED), 2
    one = truth_bits(MIXED, TABLE, u[:, :1], u[:, 1 : 1 + s], u[:, 3 : 3 + k])
    same = truth_bits(MIXED, TABLE, np.repeat(u[:, :1], k, axis=1), u[:, 1 : 1 + s], u[:, 3 : 3 + k])
    assert np.array_equal(one, same)


@pytest.mark.parametrize(
    ("shapes", "value", "part"),
    [
        (((4, 2), (4, 1), (4, 3)), 0.5, "u_claim"),
        (((4, 2), (4, 2), (4, 2)), 0.5, "u_source"),
        (((4, 3), (4, 1), (4, 2)), 0.5, "u_p"),
        (((4, 2), (5, 1), (4, 2)), 0.5, "draws differ"),
        (((4, 2), (4, 1), (4, 2)), 1.0, "outside"),
    ],
)
def test_uniforms_that_do_not_fit_are_refused(shapes: tuple[tuple[int, int], ...], value: float, part: str) -> None:
    claims = [graded("C1"), graded("C2")]
    with pytest.raises(ValueError, match=part):
        truth_bits(claims, TABLE, *(np.full(shape, value) for shape in shapes))


def test_an_unknown_claim_cannot_be_set_and_an_ungraded_one_not_drawn() -> None:
    with pytest.raises(ValueError, match="C9"):
        _bits([graded("C1")], TABLE, 4, fixed={"C9": True})
    ungraded = graded("C1").model_copy(update={"reliability": None})
    with pytest.raises(ValueError, match="no grade"):
        claim_marginals([ungraded], TABLE)


letters = st.sampled_from("ABCDEF")
unit = st.floats(0, 1, exclude_max=True)


@settings(max_examples=60)
@given(
    letter=letters, better=st.integers(1, 5), worse=st.integers(1, 5), coupling=st.floats(0, 1), seed=st.integers(0, 99)
)
def test_better_credibility_never_turns_a_bit_false(
    letter: str, better: int, worse: int, coupling: float, seed: int
) -> None:
    better, worse = sorted((better, worse))
    u = np.random.default_rng(seed).random((200, 3))
    policy = _policy(coupling=coupling)
    one, two = (
        truth_bits([graded("C", grade=f"{letter}{c}")], policy, u[:, :1], u[:, 1:2], u[:, 2:]) for c in (better, worse)
    )
    assert np.all(one | ~two)


@given(u_p=unit, low=unit, high=unit, u_claim=unit, grade=st.sampled_from(["A1", "B2", "C3", "D4", "E5", "F6"]))
def test_a_sound_source_never_turns_a_bit_false(
    u_p: float, low: float, high: float, u_claim: float, grade: str
) -> None:
    low, high = sorted((low, high))
    sound, unsound = (
        truth_bits([graded("C", grade=grade)], TABLE, [[u_p]], [[value]], [[u_claim]])[0, 0] for value in (low, high)
    )
    assert sound or not unsound
