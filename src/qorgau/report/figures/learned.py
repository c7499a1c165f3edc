"""What matching taught: probability that a claim holds, before (hollow) and after (full)."""

from __future__ import annotations

from collections.abc import Sequence

import altair as alt

from qorgau.analysis.records import Narrowed
from qorgau.report.figures.drawing import Drawing
from qorgau.report.figures.labels import label_extent
from qorgau.report.theme import paint

__all__ = ["learned_chart"]


def learned_chart(items: Sequence[Narrowed], labels: Sequence[str], width: int) -> alt.LayerChart:
    """Return the chart, one row per claim.

    Parameters
    ----------
    items
        Of kind "claim".
    labels
        What stands before each row.
    width
        Pixels.
    """
    rows = [
        {"name": label, "before": item.prior_mean, "after": item.matched_mean} for item, label in zip(items, labels)
    ]
    drawing = Drawing(width, max(1, len(rows)) * 24)
    extent = label_extent(labels, 13)
    y = alt.Y(
        "name:N",
        sort=None,
        title=None,
        axis=alt.Axis(labelLimit=420, minExtent=extent, maxExtent=extent, labelColor=paint("ink"), labelFontSize=13),
    )
    scale = alt.Scale(domain=[0, 1], nice=False)
    x = alt.X(
        "before:Q", scale=scale, title=None, axis=alt.Axis(values=[0, 0.25, 0.5, 0.75, 1], format=".2~f", orient="top")
    )
    base = drawing.over(rows).encode(y=y)
    drawing.add(
        base.mark_rule(color=paint("src"), strokeWidth=2).encode(x=x, x2="after:Q"),
        base.mark_point(size=55, fill=paint("bg"), stroke=paint("src"), strokeWidth=1.6, opacity=1).encode(x=x),
        base.mark_circle(size=62, color=paint("src"), opacity=1).encode(x=alt.X("after:Q", scale=scale)),
    )
    return drawing.chart()
