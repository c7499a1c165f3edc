from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgau.analysis.record import Interval
from qorgau.report import text

FINITE = st.floats(-1e9, 1e9, allow_nan=False)


def made(low: float, middle: float, high: float) -> Interval:
    return Interval(middle, low, high, low, high, middle, 9)


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (made(-31, -18.2, -6), "−18 % (−31 to −6)"),
        (made(-0.44, -0.2, 0.31), "−0.2 % (−0.4 to +0.3)"),
        (made(-0.01, 0.001, 0.01), "0 % (0 to 0)"),
        (made(math.nan, math.nan, math.nan), "–"),
    ],
)
def test_changes_in_per_cent(item: Interval, said: str) -> None:
    assert text.percent_span(item) == said


def test_signs() -> None:
    assert text.signed(110.0, -20.0, 240.0) == "+110"
    assert text.signed(-2230.0, -3840.0, -740.0) == "−2,200"
    assert text.signed(0.0) == "0"
    assert text.signed(math.nan) == "–"


@given(FINITE, FINITE, FINITE)
def test_no_number_is_written_with_a_hyphen_or_as_nan(a: float, b: float, c: float) -> None:
    low, middle, high = sorted((a, b, c))
    item = made(low, middle, high)
    for said in (text.percent_span(item), text.signed(middle, low, high), text.span(item), text.money(middle)):
        assert "-" not in said and "nan" not in said and "±" not in said
        assert "+0 " not in f"{said} " and "−0 " not in f"{said} "


@pytest.mark.parametrize(("p", "said"), [(0.995, "> 98 %"), (0.004, "< 2 %"), (0.717, "72 %"), (math.nan, "–")])
def test_shares_of_draws(p: float, said: str) -> None:
    assert text.share(p) == said


@pytest.mark.parametrize(
    ("n", "published", "said"),
    [(7, True, "under 11"), (0, True, "0"), (11, True, "11"), (7.4, False, "7.4"), (12_345.0, False, "12,000")],
)
def test_counts_of_people(n: float, published: bool, said: str) -> None:
    assert text.count_of_people(n, published, 11) == said


def test_claims_in_text_are_links_and_the_rest_is_escaped() -> None:
    said = str(text.with_links("S35 <b>& S350, P01", {"S35"}, {"P01"}))
    assert said == '<a class="c" href="#S35">S35</a> &lt;b&gt;&amp; S350, <a href="#P01">P01</a>'
    assert str(text.claim_links(["S35", "<x>"], {"S35"})) == '<a class="c" href="#S35">S35</a> &lt;x&gt;'


def test_lists_in_sentences() -> None:
    assert text.joined([]) == ""
    assert text.joined(["a"]) == "a"
    assert text.joined(["a", "b", "c"]) == "a, b and c"
    assert text.lower_first("Outreach") == "outreach"
    assert text.lower_first("TIP tier") == "TIP tier"
