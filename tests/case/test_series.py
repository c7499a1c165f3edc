from __future__ import annotations

import numpy as np
import pytest

from qorgau.case import Case
from qorgau.case.series import Series

CHAIN = Series.model_validate(
    {
        "id": "x",
        "title": "X",
        "unit": "1",
        "assumption": "for the test",
        "vintages": [
            {"vintage": "old", "source": "s", "values": {"KAZ": {2000: 100.0, 2002: 120.0}}},
            {"vintage": "new", "source": "s", "values": {"KAZ": {1999: 40.0, 2000: 50.0, 2002: 80.0, 2003: 160.0}}},
        ],
    }
)


def test_first_vintage_counts_and_the_next_goes_on_by_growth() -> None:
    assert CHAIN.chained("KAZ") == pytest.approx({1999: 80.0, 2000: 100.0, 2002: 120.0, 2003: 240.0})


def test_months_meet_the_year_at_its_middle_and_hold_the_ends() -> None:
    values = CHAIN.monthly("KAZ", 1998, 12 * 7)
    assert values[:17] == pytest.approx(80.0)  # before the middle of 1999
    assert np.mean(values[[29, 30]]) == pytest.approx(100.0, rel=0.02)  # around the middle of 2000
    assert values[-1] == pytest.approx(240.0)
    between = values[30:54]
    assert (np.diff(between) > 0).all()


def test_logarithms_fill_by_growth() -> None:
    data = {"vintage": "v", "source": "s", "values": {"KAZ": {2000: 100.0, 2002: 400.0}}}
    series = CHAIN.model_copy(update={"between": "log_linear", "vintages": (type(CHAIN.vintages[0])(**data),)})
    assert series.monthly("KAZ", 2000, 36)[[17, 18]].mean() == pytest.approx(200.0, rel=0.01)


def test_unknown_entity_is_named() -> None:
    with pytest.raises(KeyError, match="UZB"):
        CHAIN.chained("UZB")


def test_study_table_agrees_with_the_vintage_that_counts(kazakhstan: Case) -> None:
    """The ten figures that the study prints (rounded there) against the series of the case."""
    series = next(s for s in kazakhstan.series if s.feeds == "gdp_per_head")
    claims = {c.id: c for c in kazakhstan.evidence.claims}
    for number, (iso, year) in zip(
        range(16, 26), [(s, y) for s in ("KAZ", "KGZ", "TJK", "TKM", "UZB") for y in (2005, 2013)]
    ):
        claim = claims[f"S{number}"]
        assert series.chained(iso)[year] == pytest.approx(claim.value, rel=0.02)


def test_afghan_output_falls_in_2001_and_rises_after(kazakhstan: Case) -> None:
    series = next(s for s in kazakhstan.series if s.feeds == "opium")
    values = series.chained("AFG")
    assert sorted(values) == list(range(1989, 2025))
    assert values[2001] < 0.1 * values[2000] and values[2007] > 2 * values[2000]
