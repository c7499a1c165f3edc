"""What each mechanism carries: how far an outcome moves when the mechanism is switched off."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import altair as alt

from qorgau.analysis.records import KnockoutEffect
from qorgau.report.figures.drawing import Drawing
from qorgau.report.figures.labels import label_extent
from qorgau.report.theme import paint

__all__ = ["knockout_chart"]

_LARGEST = 3.0
"""Effects beyond so many spreads are drawn no larger."""


def knockout_chart(
    effects: Sequence[KnockoutEffect], mechanisms: Mapping[str, str], outcomes: Mapping[str, str], width: int
) -> alt.LayerChart:
    """Return the chart: a triangle up where the outcome rises without the mechanism, down where it falls.

    Parameters
    ----------
    effects
        In units of the outcome's spread over draws.
    mechanisms, outcomes
        Name to label, in the order of columns and rows.
    width
        Pixels.
    """
    rows = [
        {
            "mechanism": mechanisms[e.mechanism],
            "outcome": outcomes[e.outcome],
            "size": min(_LARGEST, abs(e.mean_absolute)),
            "shape": "up" if e.effect >= 0 else "down",
            "colour": paint("ink") if e.above_tenth else paint("rule"),
        }
        for e in effects
        if math.isfinite(e.effect)
        and math.isfinite(e.mean_absolute)
        and e.mechanism in mechanisms
        and e.outcome in outcomes
    ]
    extent = label_extent(list(outcomes.values()), 13)
    drawing = Drawing(width, max(1, len(outcomes)) * 26)
    x = alt.X(
        "mechanism:N",
        sort=list(mechanisms.values()),
        title=None,
        axis=alt.Axis(orient="top", labelAngle=-50, labelColor=paint("ink2"), labelFontSize=12.5, grid=True),
    )
    y = alt.Y(
        "outcome:N",
        sort=list(outcomes.values()),
        title=None,
        axis=alt.Axis(
            labelLimit=420, minExtent=extent, maxExtent=extent, labelColor=paint("ink"), labelFontSize=13, grid=True
        ),
    )
    drawing.add(
        drawing.over(rows)
        .mark_point(filled=True, opacity=1)
        .encode(
            x=x,
            y=y,
            size=alt.Size("size:Q", scale=alt.Scale(domain=[0, _LARGEST], range=[8, 330])),
            shape=alt.Shape("shape:N", scale=alt.Scale(domain=["up", "down"], range=["triangle-up", "triangle-down"])),
            color=alt.Color("colour:N", scale=None),
        )
    )
    return drawing.chart()
