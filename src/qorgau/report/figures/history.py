"""How an outcome developed: median line, 50 % and 90 % bands, published figures as hollow dots, numbered events."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from qorgau.analysis.forecast_records import IndicatorForecast
from qorgau.analysis.records import Band
from qorgau.report.figures.drawing import Drawing
from qorgau.report.figures.figure import nice_scale
from qorgau.report.theme import paint

__all__ = ["Mark", "Shown", "forecast_panel", "history_panel", "shown_band", "shown_forecast", "unit_for"]


@dataclass(frozen=True)
class Mark:
    """An event of the time line: its number in the key, and when (year with the month as a fraction)."""

    number: int
    at: float


@dataclass(frozen=True)
class Shown:
    """A unit to show numbers in: values are multiplied by `factor`."""

    factor: float
    unit: str


def unit_for(unit: str, largest: float) -> Shown:
    """Return the unit in which numbers of up to `largest` are read best: shares in per cent, kg in tonnes."""
    if unit.startswith("share"):
        return Shown(100.0, unit.replace("share", "%", 1))
    if unit.startswith("kg") and largest >= 10_000:
        return Shown(1e-3, unit.replace("kg", "tonnes", 1))
    if unit.startswith("USD") and largest >= 1e6:
        return Shown(1e-6, unit.replace("USD", "USD m", 1))
    if largest >= 1e6:
        return Shown(1e-6, f"million {unit}")
    if largest >= 20_000:
        return Shown(1e-3, f"thousand {unit}")
    return Shown(1.0, unit)


def shown_band(band: Band) -> Shown:
    """Return the unit in which a band is shown."""
    held = [abs(v) for v in (*band.high90, *(p.value for p in band.observed)) if math.isfinite(v)]
    return unit_for(band.unit, max(held, default=0.0))


def history_panel(
    band: Band,
    marks: Sequence[Mark] = (),
    *,
    under: int = 11,
    top: float | None = None,
    width: int = 268,
    height: int = 116,
) -> alt.LayerChart:
    """Return one outcome by the year.

    Parameters
    ----------
    band
        The outcome.
    marks
        Events.
    under
        Published counts of people from 1 to below this are not drawn.
    top
        Upper end of the axis in the unit of the band, where panels share it.
    width, height
        Of the plotting area in pixels.
    """
    factor = shown_band(band).factor if top is None else unit_for(band.unit, top).factor
    rows = [
        {"year": y, "m": m * factor, "a": a * factor, "b": b * factor, "c": c * factor, "d": d * factor}
        for y, m, a, b, c, d in zip(band.years, band.median, band.low90, band.low50, band.high50, band.high90)
        if all(math.isfinite(v) for v in (m, a, b, c, d))
    ]
    dots = [
        {"year": p.year, "value": p.value * factor}
        for p in band.observed
        if math.isfinite(p.value) and not (band.unit.startswith("persons") and 0 < p.value < under)
    ]
    first, last = (band.years[0], band.years[-1]) if band.years else (0, 1)
    held = [top * factor] if top is not None else [row["d"] for row in rows] + [dot["value"] for dot in dots]
    scale = nice_scale([*held, *(row["a"] for row in rows if row["a"] < 0)], most=3)
    x = alt.X(
        "year:Q",
        title=None,
        scale=alt.Scale(domain=[first, last + 0.5], nice=False, zero=False),
        axis=alt.Axis(
            values=[first, (first + last) // 2, last],
            format="d",
            grid=False,
            labelFlush=True,
            domain=True,
            domainColor=paint("rule"),
        ),
    )
    domain = alt.Scale(domain=[scale.low, scale.high], nice=False)
    # A fixed width for the labels keeps the panels of a figure in line.
    axis = alt.Axis(values=list(scale.ticks), format=",.6~f", minExtent=46, maxExtent=46)

    def y(name: str) -> alt.Y:
        return alt.Y(f"{name}:Q", title=None, scale=domain, axis=axis)

    drawing = Drawing(width, height)
    base = drawing.over(rows).encode(x=x)
    drawing.add(
        base.mark_area(color=paint("ink2"), opacity=0.15).encode(y=y("a"), y2="d:Q"),
        base.mark_area(color=paint("ink2"), opacity=0.24).encode(y=y("b"), y2="c:Q"),
    )
    inside: list[dict[str, float | str]] = [
        {"at": m.at, "number": str(m.number)} for m in marks if first <= m.at <= last + 0.5
    ]
    if inside:
        at = drawing.over(_spread(inside, (last + 0.5 - first) / width * 11)).encode(
            x=alt.X("at:Q", scale=alt.Scale(domain=[first, last + 0.5]))
        )
        drawing.add(
            at.mark_rule(stroke=paint("ink3"), strokeDash=[2, 3], strokeWidth=1),
            at.mark_text(fontSize=11, fontWeight=700, color=paint("ink2"), baseline="bottom").encode(
                x=alt.X("label:Q"), y=alt.value(-3), text="number:N"
            ),
        )
    drawing.add(base.mark_line(color=paint("ink"), strokeWidth=1.9).encode(y=y("m")))
    if dots:
        drawing.add(
            drawing.over(dots)
            .mark_point(size=26, fill=paint("bg"), stroke=paint("ink"), strokeWidth=1.3, opacity=1)
            .encode(x=x, y=y("value"))
        )
    return drawing.chart()


def shown_forecast(item: IndicatorForecast) -> Shown:
    """Return the unit in which a forecast is shown."""
    held = [abs(v) for v in (*item.matched.high90, *(p.value for p in item.points)) if math.isfinite(v)]
    return unit_for(item.unit, max(held, default=0.0))


def forecast_panel(
    item: IndicatorForecast, *, under: int = 11, width: int = 268, height: int = 116
) -> alt.LayerChart:
    """Return one indicator in the years that nothing was fitted to.

    Parameters
    ----------
    item
        The forecast. Bands and line are over the runs in use, dashed lines the 90 % interval over all runs.
    under
        Published counts of people from 1 to below this are not drawn.
    width, height
        Of the plotting area in pixels.
    """
    factor = shown_forecast(item).factor
    spread, before = item.matched, item.prior
    rows = [
        {"year": y, "m": m * factor, "a": a * factor, "b": b * factor, "c": c * factor, "d": d * factor,
         "e": e * factor, "f": f * factor}
        for y, m, a, b, c, d, e, f in zip(item.years, spread.median, spread.low90, spread.low50, spread.high50,
                                          spread.high90, before.low90, before.high90)
        if all(math.isfinite(v) for v in (m, a, b, c, d, e, f))
    ]
    dots = [
        {"year": p.year, "value": p.value * factor, "inside": p.inside90}
        for p in item.points
        if not (item.unit.startswith("persons") and 0 < p.value < under)
    ]
    first, last = (item.years[0], item.years[-1]) if item.years else (0, 1)
    held = [row[key] for row in rows for key in ("d", "f")] + [dot["value"] for dot in dots]
    scale = nice_scale(held, most=3)
    x = alt.X(
        "year:Q",
        title=None,
        scale=alt.Scale(domain=[first - 0.3, last + 0.5], nice=False, zero=False),
        axis=alt.Axis(values=[first, (first + last) // 2, last], format="d", grid=False, labelFlush=True, domain=True,
                      domainColor=paint("rule")),
    )
    domain = alt.Scale(domain=[scale.low, scale.high], nice=False)
    axis = alt.Axis(values=list(scale.ticks), format=",.6~f", minExtent=46, maxExtent=46)

    def y(name: str) -> alt.Y:
        return alt.Y(f"{name}:Q", title=None, scale=domain, axis=axis)

    drawing = Drawing(width, height)
    base = drawing.over(rows).encode(x=x)
    drawing.add(
        base.mark_area(color=paint("ink2"), opacity=0.15).encode(y=y("a"), y2="d:Q"),
        base.mark_area(color=paint("ink2"), opacity=0.24).encode(y=y("b"), y2="c:Q"),
        base.mark_line(color=paint("ink3"), strokeDash=[2, 3], strokeWidth=1).encode(y=y("e")),
        base.mark_line(color=paint("ink3"), strokeDash=[2, 3], strokeWidth=1).encode(y=y("f")),
        base.mark_line(color=paint("ink"), strokeWidth=1.9).encode(y=y("m")),
    )
    for inside, fill in ((True, "bg"), (False, "more")):
        some = [dot for dot in dots if dot["inside"] == inside]
        if some:
            drawing.add(
                drawing.over(some)
                .mark_point(size=26, fill=paint(fill), stroke=paint("ink"), strokeWidth=1.3, opacity=1)
                .encode(x=x, y=y("value"))
            )
    return drawing.chart()


def _spread(rows: list[dict[str, float | str]], least: float) -> list[dict[str, float | str]]:
    """Return rows with places of their numbers, at least so far apart that they can be read."""
    made, before = [], -math.inf
    for row in sorted(rows, key=lambda r: float(r["at"])):
        label = max(float(row["at"]), before + least)
        made.append({**row, "label": label})
        before = label
    return made
