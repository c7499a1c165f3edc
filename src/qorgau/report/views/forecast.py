"""What was forecast for the years that nothing was fitted to, beside what was published then."""

from __future__ import annotations

import math
from typing import Any

from qorgau.analysis.forecast_records import Forecast, IndicatorForecast
from qorgau.analysis.words import shown
from qorgau.report.figures.figure import Figure, Panel, Table
from qorgau.report.figures.history import forecast_panel, shown_forecast
from qorgau.report.text import count_of_people
from qorgau.report.views.context import Context

__all__ = ["forecast_figures", "forecast_view"]


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return shown(value) if abs(value) < 100 else shown(value, 0.0, abs(value))


def _share(value: float) -> str:
    return f"{100 * value:.0f} %" if math.isfinite(value) else "–"


def _span(years: tuple[int, ...]) -> str:
    if not years:
        return ""
    return str(years[0]) if years[0] == years[-1] else f"{years[0]}–{years[-1]}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]


def _unit(unit: str) -> str:
    return "%" if unit == "share" else unit


def _finding(made: Forecast) -> str:
    if not made.points:
        return "No published reading of these years is at hand to check the forecast against"
    return (
        f"{_share(made.inside90)} of {made.points} published readings lie inside the 90 % interval, "
        f"{_share(made.inside50)} inside the 50 % interval"
    )


def _row(context: Context, item: IndicatorForecast, years: tuple[int, ...]) -> tuple[str, ...]:
    unit = shown_forecast(item)
    cells = []
    for year in years:
        i = item.years.index(year)
        low, middle, high = (unit.factor * x[i] for x in (item.matched.low90, item.matched.median, item.matched.high90))
        cells.append(f"{_number(middle)} ({_number(low)} to {_number(high)})" if math.isfinite(middle) else "–")
    width = f"{item.relative_width:.2f}" if math.isfinite(item.relative_width) else "–"
    return (
        f"{context.outcome(item.outcome, item.label)}, {_unit(unit.unit)}".rstrip(", "), *cells,
        width if item.width in ("within bounds", "not known") else f"{width}, {item.width}",
        _share(item.narrowed), _share(item.inside50), _share(item.inside90),
        _against(item.crps * unit.factor, item.naive_crps * unit.factor),
        _against(item.score90 * unit.factor, item.naive_score90 * unit.factor),
    )


def _against(score: float, naive: float) -> str:
    return f"{_number(score)} ({_number(naive)})" if math.isfinite(score) else "–"


def _readings(context: Context, item: IndicatorForecast) -> str:
    """Return the published readings of the years forecast; small counts of people are withheld."""
    factor, people = shown_forecast(item).factor, item.unit.startswith("persons")
    under = context.thresholds.suppression.under
    return "; ".join(
        f"{p.year}: {count_of_people(p.value, True, under) if people else _number(p.value * factor)}"
        for p in item.points
    )


def _table(context: Context, made: Forecast) -> Table:
    years = tuple(sorted({made.years[0], made.years[-1]}))
    rows = [_row(context, item, years) for item in made.indicators]
    head = (
        "Median (90 %)", *(str(y) for y in years), "90 % width in medians", "Of width before", "In 50 %", "In 90 %",
        "CRPS (naive)", "90 % score (naive)",
    )
    return Table(head, tuple(rows))


def forecast_figures(context: Context) -> tuple[Figure, ...]:
    """Return the figure of the forecast; none where the case names no readings kept for validation."""
    made = context.analysis.forecast
    if made is None or not made.years or not made.indicators:
        return ()
    under = context.thresholds.suppression.under
    panels = []
    for item in sorted(made.indicators, key=lambda i: not i.points):
        if not any(math.isfinite(v) for v in item.matched.median):
            continue
        if item.points:
            told = f"{sum(p.inside90 for p in item.points)} of {len(item.points)} readings inside"
        else:
            told = "no reading found"
        panels.append(Panel(
            f"f-{item.outcome}", forecast_panel(item, under=under), title=context.outcome(item.outcome, item.label),
            subtitle=f"{_upper(_unit(shown_forecast(item).unit))}; {told}",
            description="Line: median. Bands: 50 % and 90 % of draws. Dashed lines: 90 % of all draws. Hollow dots: "
            "published readings inside the 90 % interval. Full dots: outside.",
        ))
    sources: dict[str, set[str]] = {}
    for item in made.indicators:
        for p in item.points:
            held = context.case.evidence.sources.get(p.source)
            sources.setdefault(held.label if held is not None else p.source, set()).add(p.note)
    return (
        Figure(
            "forecast", _finding(made),
            f"Forecast of {made.years[0]} to {made.years[-1]}, baseline; nothing is fitted after {made.last_fitted}. "
            "Line: median; bands: 50 % and 90 % of draws; "
            + ("dashed: 90 % before draws were set aside; " if made.runs < made.drawn else "")
            + "dots: published readings, full where outside the 90 % interval.",
            tuple(panels), _table(context, made),
            context.source(
                data=[f"{name} (vintage {', '.join(sorted(notes))})" for name, notes in sorted(sources.items())],
                note="Detected is not prevalence.",
            ),
            columns=3,
        ),
    )


def forecast_view(context: Context) -> dict[str, Any] | None:
    """Return the part on the forecast, with the table of what was fitted and what is validated; None without one."""
    made, figures = context.analysis.forecast, forecast_figures(context)
    if made is None or not figures:
        return None
    wide = [item for item in made.indicators if item.width == "too wide"]
    narrow = [item for item in made.indicators if item.width in ("too narrow", "all agree")]
    said = [
        f"The runs go on to {made.years[-1]} without being told of anything after {made.last_fitted} but income, "
        "population and the opium harvest.",
        f"{made.better} of {made.compared} indicators with a reading to start from are forecast better than by "
        "carrying the last reading forward (continuous ranked probability score)." if made.compared else "",
        f"Intervals should span between {made.width_low:g} and {made.width_high:g} medians to say something without "
        f"claiming too much: {len(wide)} of {len(made.indicators)} are wider, {len(narrow)} narrower.",
    ]
    return {
        "intro": " ".join(text for text in said if text),
        "figure": figures[0],
        "notes": made.notes,
        "rows": [
            {
                "label": context.outcome(item.outcome, item.label),
                "fitted": f"{_span(item.fitted)} by {', '.join(item.fitted_by)}" if item.fitted else "–",
                "validated": _readings(context, item) or "–",
                "unit": _unit(shown_forecast(item).unit),
                "differs": _upper(item.differs),
                "missing": _upper(item.missing),
                "naive": _upper(item.naive),
            }
            for item in made.indicators
        ],
    }
