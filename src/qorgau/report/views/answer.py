"""The answer, as the analysis gives it, with the three call-outs beside it."""

from __future__ import annotations

import math
from typing import Any

from qorgau.analysis.decision import PEOPLE
from qorgau.analysis.record import Interval
from qorgau.report.figures.figure import nice_scale
from qorgau.report.text import asides
from qorgau.report.views.context import Context

__all__ = ["answer_view"]


def _glyph(item: Interval | None, direction: str) -> dict[str, Any] | None:
    if item is None or not math.isfinite(item.median):
        return None
    return {"item": item, "direction": direction, "scale": nice_scale([item.low90, item.high90])}


def answer_view(context: Context) -> dict[str, Any]:
    """Return the section of the answer."""
    found = context.analysis.answer
    compared = context.analysis.comparison

    linked = context.linked
    best = compared.measure(found.helps_most_policy) if found.helps_most_policy else None
    people = best.effect(PEOPLE) if best else None
    shifts = [
        row
        for row in compared.displacement
        if row.policy == found.moves_harm_policy
        and row.what == "people"
        and row.direction in ("more", "more2")
        and math.isfinite(row.difference.median)
    ]
    worst = max(shifts, key=lambda row: row.difference.median, default=None)
    ranked = len(compared.measures)
    callouts = [
        {
            "title": "Helps most",
            "text": linked(found.helps_most),
            "claims": (),
            "glyph": _glyph(people.percent, people.direction) if people else None,
            "link": ("helps", f"All {ranked} measures" if ranked > 1 else "What helps most"),
        },
        {
            "title": "Moves the harm",
            "text": linked(found.moves_harm),
            "claims": (),
            "glyph": _glyph(worst.percent, worst.direction) if worst else None,
            "link": ("moves", "Where it goes"),
        },
        {
            "title": "Could change the advice",
            "text": linked(found.could_change),
            "claims": found.could_change_claims,
            "glyph": None,
            "link": ("hangs", "What it hangs on"),
        },
    ]
    return {
        "title": found.title or context.case.title,
        "headline": linked(found.headline),
        "lead": asides(linked(found.lead)),
        "callouts": callouts,
        "likelihood": found.likelihood,
        "settled": found.settled,
    }
