from __future__ import annotations

import dataclasses
import math
from itertools import pairwise

import pytest
from tests.report import fakes

from qorgau.analysis.records import Observed
from qorgau.report.figures.history import Mark, history_panel, unit_for


@pytest.mark.parametrize(
    ("unit", "largest", "factor", "said"),
    [
        ("share", 0.4, 100.0, "%"),
        ("share of output", 0.5, 100.0, "% of output"),
        ("persons", 12_000.0, 1.0, "persons"),
        ("persons", 120_000.0, 1e-3, "thousand persons"),
        ("kg a year", 30_000.0, 1e-3, "tonnes a year"),
        ("USD a year", 3e6, 1e-6, "USD m a year"),
    ],
)
def test_units_are_those_that_read_best(unit: str, largest: float, factor: float, said: str) -> None:
    found = unit_for(unit, largest)
    assert (found.factor, found.unit) == (factor, said)


def sets(chart: object) -> list[list[dict[str, float]]]:
    return list(chart.to_dict(validate=False)["datasets"].values())  # type: ignore[attr-defined]


def test_small_published_counts_of_people_are_not_drawn() -> None:
    band = fakes.band("people_identified", 400.0, (Observed(2011, 7.0, "a", ""), Observed(2012, 12.0, "a", "")))
    dots = [r for rows in sets(history_panel(band)) for r in rows if "value" in r]
    assert [d["year"] for d in dots] == [2012]
    cases = dataclasses.replace(band, unit="cases a year")
    assert len([r for rows in sets(history_panel(cases)) for r in rows if "value" in r]) == 2


def test_years_that_do_not_apply_are_left_out() -> None:
    band = fakes.band("tip_tier", 2.0)
    gap = dataclasses.replace(band, median=(math.nan, *band.median[1:]))
    (rows,) = sets(history_panel(gap))
    assert [r["year"] for r in rows] == list(range(1992, 2025))


def test_event_numbers_do_not_lie_on_each_other() -> None:
    chart = history_panel(
        fakes.band("tip_tier", 2.0), [Mark(1, 2011.3), Mark(2, 2011.9), Mark(3, 2012.5), Mark(4, 1900.0)]
    )
    rows = next(rows for rows in sets(chart) if rows and "label" in rows[0])
    assert [r["number"] for r in rows] == ["1", "2", "3"]
    assert [r["at"] for r in rows] == [2011.3, 2011.9, 2012.5]
    labels = [r["label"] for r in rows]
    assert min(b - a for a, b in pairwise(labels)) > 1.0


def test_a_band_without_numbers_is_an_empty_panel() -> None:
    band = fakes.band("tip_tier", 2.0)
    none = dataclasses.replace(band, median=(math.nan,) * len(band.years))
    assert history_panel(none).to_dict(validate=True)
