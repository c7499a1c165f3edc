from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgau.analysis.thresholds import Likelihood
from qorgau.analysis.words import direction, label_of, likelihood, likelihood_note, phrase, rounded, shown, suppressed

TABLE = Likelihood()


@pytest.mark.parametrize(("p", "word", "colour"), [
    (1.0, "very likely fewer", "fewer"), (0.90, "very likely fewer", "fewer"), (0.89, "likely fewer", "fewer2"),
    (0.66, "likely fewer", "fewer2"), (0.65, "about as likely as not fewer", "none"),
    (0.35, "about as likely as not fewer", "none"), (0.34, "likely more", "more2"), (0.10, "very likely more", "more"),
    (math.nan, "not known", "none"),
])
def test_words_and_colours_share_their_cut_offs(p: float, word: str, colour: str) -> None:
    assert likelihood(p, TABLE) == word
    assert direction(p, TABLE) == colour


def test_the_note_names_the_cut_offs_of_the_table() -> None:
    assert "at least 90 of 100 draws. Likely: 66 to 89. About as likely as not: 33 to 65" in likelihood_note(TABLE)
    assert "at least 95 of 100 draws. Likely: 70 to 94" in likelihood_note(Likelihood(very_likely=0.95, likely=0.7))


@pytest.mark.parametrize(("value", "low", "high", "text"), [
    (-2234.0, -3840.0, -740.0, "−2,200"),
    (-2234.0, -2239.0, -2229.0, "−2,230"),
    (12437.0, 8200.0, 17100.0, "12,400"),
    (0.0, -1.0, 1.0, "0"),
    (0.31234, 0.30, 0.32, "0.312"),
    (12.0, -400.0, 420.0, "10"),
    (3.0, -400.0, 420.0, "0"),
    (2.34, 2.0, 3400.0, "2"),
    (math.nan, 0.0, 1.0, "–"),
])
def test_digits_are_those_that_the_uncertainty_supports(value: float, low: float, high: float, text: str) -> None:
    assert shown(value, low, high) == text


def test_without_an_interval_two_digits_are_kept() -> None:
    assert rounded(12437.0) == 12000.0
    assert rounded(0.01234) == 0.012


def test_people_are_whole() -> None:
    assert rounded(0.7, 0.2, 0.9, whole=True) == 1.0
    assert shown(0.2, 0.1, 0.9, whole=True) == "0"


def test_a_change_reads_as_a_sentence() -> None:
    assert phrase(-2234, -3840, -740) == "2,200 fewer (700 to 3,800 fewer)"
    assert phrase(-1860, -4220, 120) == "1,900 fewer (4,200 fewer to 100 more)"
    assert phrase(-35, -479, -0.03) == "40 fewer (0 to 480 fewer)"
    assert phrase(500, 100, 900, noun="people") == "500 more people (100 to 900 more)"


def test_small_counts_of_real_people_are_not_shown() -> None:
    assert [suppressed(n) for n in (0, 1, 10, 11, 1200)] == ["0", "under 11", "under 11", "11", "1,200"]
    assert suppressed(4, under=5) == "under 5"


def test_every_outcome_has_a_label_and_people_are_fewer_never_lower() -> None:
    assert label_of("people_retrafficked").text == "people trafficked again"
    assert label_of("people_border_KAZ_UZB").less == "fewer"
    assert label_of("opiates_stock_kg_osh").unit == "kg a year"
    assert label_of("bribes_usd").less == "lower"
    assert label_of("made_up_share").unit == "share"


@given(st.floats(-1e9, 1e9), st.floats(-1e9, 1e9), st.floats(0, 1e9))
def test_rounding_moves_a_number_by_little_and_never_turns_its_sign(
    value: float, low: float, width: float
) -> None:
    result = rounded(value, low, low + width)
    assert abs(result - value) <= max(0.0251 * width, 0.0051 * abs(value)) + 1e-9
    assert result == 0 or math.copysign(1, result) == math.copysign(1, value)


@given(st.floats(0, 1))
def test_more_is_the_mirror_of_fewer(p: float) -> None:
    mirror = {"fewer": "more", "fewer2": "more2", "none": "none", "more2": "fewer2", "more": "fewer"}
    assert direction(1.0 - p, TABLE) in (mirror[direction(p, TABLE)], mirror[direction(p + 1e-12, TABLE)],
                                         mirror[direction(p - 1e-12, TABLE)])
