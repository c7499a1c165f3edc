"""What people spared cost: each measure by its cost and its effect on people exploited, numbered as in the table."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import altair as alt

from qorgau.report.figures.drawing import Drawing
from qorgau.report.figures.figure import Scale, nice_scale
from qorgau.report.theme import on, paint

__all__ = ["CostPoint", "cost_chart"]


@dataclass(frozen=True)
class CostPoint:
    """One measure: cost in millions of US dollars a year; change in persons, median and 90 % interval."""

    badge: str
    cost: float
    change: float
    low: float
    high: float
    direction: str


def _decades(low: float, high: float) -> Scale:
    """Return a scale in logs with ticks at 1, 3 and 10 times powers of ten."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    ticks = [round(f * 10.0**k, 10) for k in range(first, last + 1) for f in (1, 3)]
    start = max(t for t in ticks if t <= low)
    end = min(t for t in ticks if t >= high)
    return Scale(start, end, tuple(t for t in ticks if start <= t <= end))


def cost_chart(points: Sequence[CostPoint], width: int) -> alt.LayerChart:
    """Return the chart; measures without a finite cost or effect are left out."""
    held = [p for p in points if all(math.isfinite(v) for v in (p.cost, p.change, p.low, p.high))]
    rows = [
        {
            "badge": p.badge,
            "x": p.cost,
            "y": p.change,
            "low": p.low,
            "high": p.high,
            "colour": paint(p.direction),
            "on": on(p.direction),
        }
        for p in held
    ]
    costs = [p.cost for p in held]
    # Costs differ by a factor of ten and more: on a linear axis the cheap ones lie on each other.
    wide = bool(costs) and min(costs) > 0 and max(costs) > 10 * min(costs)
    across = _decades(min(costs), max(costs)) if wide else nice_scale(costs, most=6 if width > 500 else 3)
    down = nice_scale([v for p in held for v in (p.low, p.high)], most=6)
    x = alt.X(
        "x:Q",
        title="Cost, million USD a year",
        scale=alt.Scale(type="log" if wide else "linear", domain=[across.low, across.high], nice=False, padding=14),
        axis=alt.Axis(values=list(across.ticks), format=",.6~f"),
    )
    scale = alt.Scale(domain=[down.low, down.high], nice=False)
    y = alt.Y(
        "y:Q",
        title=None,
        scale=scale,
        axis=alt.Axis(
            values=list(down.ticks),
            labelExpr="(datum.value < 0 ? '−' : datum.value > 0 ? '+' : '') + format(abs(datum.value), ',.6~f')",
        ),
    )
    colour = alt.Color("colour:N", scale=None)
    drawing = Drawing(width, 300 if width > 500 else 320)
    base = drawing.over(rows).encode(x=x)
    zero = drawing.over([{"y": 0}])
    drawing.add(
        zero.mark_rule(color=paint("ink"), strokeWidth=1.2).encode(y=y),
        base.mark_rule(strokeWidth=2).encode(y=alt.Y("low:Q", scale=scale), y2="high:Q", color=colour),
        base.mark_circle(size=300, opacity=1, stroke=paint("bg"), strokeWidth=1.6).encode(
            y=y, fill=alt.Fill("colour:N", scale=None)
        ),
        base.mark_text(fontSize=11, fontWeight=700).encode(y=y, text="badge:N", color=alt.Color("on:N", scale=None)),
    )
    return drawing.chart()
