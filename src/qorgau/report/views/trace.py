"""What the advice hangs on: claims, figures and sources by what knowing more of them is worth."""

from __future__ import annotations

import math
from typing import Any

from qorgau.analysis.record import Interval
from qorgau.analysis.records import ClaimValue
from qorgau.report.figures.figure import nice_scale
from qorgau.report.text import joined, value
from qorgau.report.views.context import Context

__all__ = ["normal_interval", "trace_view"]

_MOST_CLAIMS = 14
_MOST_FIGURES = 10
_MOST_SOURCES = 8


def normal_interval(mean: float, se: float) -> Interval:
    """Return the interval of an estimate with a standard error, held at zero below: a value is not negative."""
    if not (math.isfinite(mean) and math.isfinite(se)):
        return Interval(mean, mean, mean, mean, mean, mean, 0)
    low90, low50, high50, high90 = (max(0.0, mean + z * se) for z in (-1.645, -0.674, 0.674, 1.645))
    middle = max(0.0, mean)
    return Interval(middle, low50, high50, low90, high90, middle, 0)


def _if_false(context: Context, item: ClaimValue) -> str:
    if item.note and (not item.best_if_false or not math.isfinite(item.evppi)):
        return item.note
    if item.best_if_false == item.best_if_true:
        return "No change in the advice"
    gain = f", sparing {value(item.gain_if_false)} more" if item.gain_if_false > 0 else ""
    if item.best_if_false != item.best_now:
        return f"{context.policy(item.best_if_false)} instead of {context.lower(item.best_now)}{gain}"
    return f"{context.policy(item.best_now)} stays; were it true, {context.lower(item.best_if_true)}"


def _claim_row(context: Context, item: ClaimValue) -> dict[str, Any]:
    claim = context.claims.get(item.claim)
    interval = normal_interval(item.evppi, item.se)
    return {
        "id": item.claim,
        "statement": claim.statement if claim else "",
        "grade": claim.grade if claim else "",
        "hinge": item.hinge,
        "item": interval if math.isfinite(item.evppi) else None,
        "value": value(interval.median, interval),
        "span": _span(interval),
        "p": item.p,
        "tips": item.tips_at,
        "false": _if_false(context, item),
        "monotone": item.monotone,
    }


def _span(item: Interval) -> str:
    if not math.isfinite(item.low90):
        return "–"
    return f"{value(item.low90, item)} to {value(item.high90, item)}"


def trace_view(context: Context) -> dict[str, Any]:
    """Return the section on what the advice hangs on."""
    trace = context.analysis.trace
    ordered = sorted(trace.claims, key=lambda c: (not c.hinge, -c.evppi if math.isfinite(c.evppi) else math.inf))
    felt = [c for c in ordered if c.hinge or (math.isfinite(c.evppi) and c.evppi > 0)]
    rows = [_claim_row(context, c) for c in felt[:_MOST_CLAIMS]]
    figures = sorted(
        (f for f in trace.figures if math.isfinite(f.evppi) and (f.hinge or f.evppi > 0)),
        key=lambda f: (not f.hinge, -f.evppi),
    )[:_MOST_FIGURES]
    sources = sorted((s for s in trace.sources if math.isfinite(s.evii) and s.evii > 0), key=lambda s: -s.evii)[
        :_MOST_SOURCES
    ]
    hinges = [c for c in trace.claims if c.hinge]
    advised = context.analysis.matching.advice != "none"
    ends = [r["item"].high90 for r in rows if r["item"]] + [0.0]
    return {
        "title": (
            _title(len(hinges), len(trace.claims)) if advised or not trace.claims
            else "No advice is given that a claim could change"
        ),
        "intro": _intro(context, hinges),
        "rows": rows,
        "scale": nice_scale(ends, most=4),
        "left": len(trace.claims) - len(rows),
        "unit": trace.utility_unit,
        "utility": trace.utility,
        "note": trace.note,
        "figures": [
            {
                "name": f.parameter,
                "claims": f.claims,
                "hinge": f.hinge,
                "item": normal_interval(f.evppi, f.se),
                "value": value(f.evppi),
                "span": _span(normal_interval(f.evppi, f.se)),
                "turns": value(f.turns_at) if f.turns_at is not None else "–",
                "low": context.policy(f.best_low),
                "high": context.policy(f.best_high),
                "note": f.note,
            }
            for f in figures
        ],
        "figure_scale": nice_scale([normal_interval(f.evppi, f.se).high90 for f in figures], most=4),
        "sources": [_source_row(context, s) for s in sources],
        "source_scale": nice_scale([normal_interval(s.evii, s.se).high90 for s in sources], most=4),
        "accuracy": next((s.accuracy for s in sources), context.thresholds.trace.check_accuracy),
        "evpi": value(trace.evpi),
        "source": context.source(
            *(r["id"] for r in rows),
            note=f"Value: expected value of partial perfect information, 90 % interval. {trace.note}".strip(),
        ),
        "source_source": context.source(
            *(c for s in sources for c in s.claims[:3]), note="Expected value of imperfect information."
        ),
        "all": [_claim_row(context, c) for c in ordered[_MOST_CLAIMS:]] if len(ordered) > _MOST_CLAIMS else [],
    }


def _source_row(context: Context, item: Any) -> dict[str, Any]:
    held = context.case.evidence.sources.get(item.source)
    interval = normal_interval(item.evii, item.se)
    return {
        "id": item.source,
        "label": held.label if held else item.source,
        "title": held.title if held else "",
        "claims": item.claims,
        "hinges": item.hinges,
        "item": interval,
        "value": value(interval.median, interval),
        "span": _span(interval),
        "note": item.note,
    }


def _title(hinges: int, judged: int) -> str:
    if judged == 0:
        return "No claim could be judged"
    if hinges == 0:
        return "No single claim changes the advice by more than chance explains"
    return f"{hinges} claim{'s' if hinges > 1 else ''} would change the advice"


def _intro(context: Context, hinges: list[ClaimValue]) -> str:
    trace = context.analysis.trace
    if context.analysis.matching.advice == "none":
        return "Too few draws agree with the sources for advice. Shown is what knowing more is worth over all."
    best = f"Over all draws at hand the best choice is {context.lower(trace.best_now)}. " if trace.best_now else ""
    if not trace.claims:
        return "What the advice hangs on can be said once counter-measures are compared over enough draws."
    if not hinges:
        return (
            f"{best}Whichever single claim is taken as false, no other choice does better by more than chance "
            "explains; what is still open lies in sizes and in several claims at once."
        )
    weak = [
        c.claim for c in hinges if (k := context.claims.get(c.claim)) is not None and (k.reliability or "F") in "CDEF"
    ]
    near = [c.claim for c in hinges if c.tips_at is not None and abs(c.p - c.tips_at) < 0.15]
    said = (
        f"{best}{len(hinges)} claim{'s are hinges' if len(hinges) > 1 else ' is a hinge'}: were it known whether "
        f"{'each holds' if len(hinges) > 1 else 'it holds'}, the choice could differ."
    )
    if weak:
        said += f" {joined(weak)} rest{'s' if len(weak) == 1 else ''} on sources that are at best fairly reliable."
    if near:
        said += f" {joined(near)} lie{'s' if len(near) == 1 else ''} close to where the advice tips."
    return said
