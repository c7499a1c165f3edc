from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgau.evidence.times import interval


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2005", date(2005, 1, 1), date(2005, 12, 31)),
        ("2012-02", date(2012, 2, 1), date(2012, 2, 29)),
        ("2012-09-25", date(2012, 9, 25), date(2012, 9, 25)),
        ("1991/2014-04", date(1991, 1, 1), date(2014, 4, 30)),
        ("../1991", date.min, date(1991, 12, 31)),
        ("1991/..", date(1991, 1, 1), date.max),
    ],
)
def test_a_written_date_covers_its_days(text: str, start: date, end: date) -> None:
    span = interval(text)
    assert (span.start, span.end) == (start, end)


@pytest.mark.parametrize("text", ["", "05", "2005-13", "2005-02-30", "2014/1991", "about 2005", "..", "2005/2006/2007"])
def test_what_is_no_date_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"date|span"):
        interval(text)


days = st.dates(date(1950, 1, 1), date(2050, 12, 31))


@given(days, days, days)
def test_share_before_grows_from_zero_to_one(first: date, second: date, day: date) -> None:
    start, end = sorted((first, second))
    span = interval(f"{start}/{end}")
    share = span.share_before(day)
    assert 0 <= share <= 1
    assert (share == 0) == (day < start)
    assert (share == 1) == (day >= end)


@given(days, days, days, days)
def test_overlap_is_mutual(a: date, b: date, c: date, d: date) -> None:
    one = interval("/".join(str(day) for day in sorted((a, b))))
    two = interval("/".join(str(day) for day in sorted((c, d))))
    assert one.overlaps(two) == two.overlaps(one)
    assert one.overlaps(one)


def test_middle_of_a_year() -> None:
    assert interval("2005").middle == pytest.approx(2005.5, abs=0.01)
    assert interval("2005/2006").middle == pytest.approx(2006.0, abs=0.01)
