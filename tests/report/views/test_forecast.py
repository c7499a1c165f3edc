"""The forecast in the report: drawn, told apart from what was fitted, and absent where a case has none."""

from __future__ import annotations

import dataclasses

import numpy as np
from tests.analysis.test_forecast import SEEN, runs, table
from tests.report import fakes

from qorgau.analysis.forecast import forecast
from qorgau.analysis.records import Observed
from qorgau.report.figures.history import forecast_panel
from qorgau.report.views.context import Context, context_of
from qorgau.report.views.forecast import forecast_figures, forecast_view
from qorgau.report.views.history import history_figures


def made(seen: dict[str, tuple[Observed, ...]] = SEEN) -> Context:
    held = forecast(runs(), np.ones(101, dtype=bool), table(), seen)
    return context_of(dataclasses.replace(fakes.analysis(), forecast=held), fakes.case(), None)


def sets(chart: object) -> list[list[dict[str, object]]]:
    return list(chart.to_dict(validate=False)["datasets"].values())  # type: ignore[attr-defined]


def test_the_title_is_the_coverage() -> None:
    (figure,) = forecast_figures(made())
    assert figure.title == "67 % of 3 published readings lie inside the 90 % interval, 33 % inside the 50 % interval"
    assert figure.panels[0].name == "f-people_identified", "those with readings come first"
    assert "3 readings inside" in figure.panels[0].subtitle
    (bare,) = forecast_figures(made({}))
    assert bare.title.startswith("No published reading")


def test_readings_outside_are_drawn_apart_and_small_counts_not_at_all() -> None:
    held = made({"people_identified": (
        Observed(2014, 7.0, "a", ""), Observed(2015, 50.0, "a", ""), Observed(2016, 200.0, "a", ""))})
    forecast_made = held.analysis.forecast
    assert forecast_made is not None
    dots = [rows for rows in sets(forecast_panel(forecast_made.indicators[0])) if rows and "inside" in rows[0]]
    assert [[(d["year"], d["inside"]) for d in rows] for rows in dots] == [[(2015, True)], [(2016, False)]]
    told = forecast_view(held)
    assert told is not None
    assert "2014: under 11" in told["rows"][0]["validated"]


def test_kinds_uses_and_widths_are_said() -> None:
    told = forecast_view(made())
    assert told is not None
    assert told["rows"][0]["differs"] == "X"
    assert "1 of 4 are wider" in told["intro"]
    assert any("detected" in note for note in told["notes"])


def test_a_case_without_the_table_has_no_forecast() -> None:
    bare = context_of(fakes.analysis(), fakes.case(), None)
    assert forecast_figures(bare) == ()
    assert forecast_view(bare) is None


def test_shares_of_networks_stand_on_one_axis_with_the_labels_caveat() -> None:
    names = [n.id for n in fakes.case().networks][:2]
    bands = tuple(
        dataclasses.replace(fakes.band(f"organisations_share_{name}", 0.2 * (k + 1)), unit="share")
        for k, name in enumerate(names)
    )
    held = context_of(fakes.analysis(history=fakes.History(1, bands)), fakes.case(), None)
    (figure,) = history_figures(held)
    assert figure.name == "history-shares"
    assert "predict no person's conduct" in figure.source.note
    drawn = [panel.wide.to_dict(validate=False)["layer"][0]["encoding"]["y"] for panel in figure.panels]
    assert len({str(y["scale"]["domain"]) for y in drawn}) == 1
