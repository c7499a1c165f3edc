"""Does it hang together: each pattern's verdict and pass rates, and what fails without which mechanism."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from qorgau.analysis.records import Matching, PatternResult
from qorgau.report.figures.figure import Figure, Panel, Scale, Table
from qorgau.report.figures.knockouts import knockout_chart
from qorgau.report.figures.learned import learned_chart
from qorgau.report.text import lower_first, share, signed
from qorgau.report.views.context import Context

__all__ = ["knockout_figure", "learned_figure", "patterns_view", "subsystem_title"]

_TITLES: Mapping[str, str] = {
    "economy": "Economy and migration",
    "drug_market": "Drug market",
    "human_trade": "Trade in people",
    "organisations": "Organisations",
    "routes": "Routes",
    "facilitators": "Facilitators",
    "corruption": "Corruption and protection",
    "patronage": "Patronage",
    "enforcement": "Enforcement",
    "people": "People",
    "measures": "The state's answer",
    "indicators": "Indicators",
}
_GLYPHS = {"fails": "●", "weakened": "◐", "no effect": "·", "not testable": "–"}
_MOST_LEARNED = 24
_MOST_DISBELIEVED = 20


def subsystem_title(name: str) -> str:
    """Return how a subsystem is called."""
    return _TITLES.get(name, name.replace("_", " ").capitalize())


def _mechanism(name: str) -> str:
    return {"measures": "State's answer", "markets": "Markets"}.get(
        name.lower(), name.lower().replace("_", " ").capitalize()
    )


def _why(pattern: PatternResult, context: Context) -> str:
    """Return what is to be said of a pattern that does not hold."""
    if pattern.verdict == "holds":
        return ""
    said = []
    if pattern.verdict == "not testable":
        said.append(f"Only {pattern.matched.tested} draws can be tested.")
    elif math.isfinite(pattern.implausibility) and pattern.implausibility > 0:
        said.append(
            f"Half of all draws miss it by more than {signed(pattern.implausibility).lstrip('+')} times the "
            f"tolerance ({pattern.tolerance.split(' (')[0]})."
        )
    if pattern.id in context.analysis.matching.conflicts:
        said.append("It is among the patterns that " + (
            "hold in the fewest matched draws." if context.analysis.matching.waves else "rule most draws out."
        ))
    said += [text for text in (pattern.note,) if text]
    return " ".join(said)


def _needed(context: Context, pattern: str) -> str:
    """Return the mechanisms without which a pattern no longer comes out, as a reader says them."""
    found = context.analysis.needs
    if found is None:
        return ""
    return ", ".join(_mechanism(m).lower() for m in found.of_pattern(pattern))


def _idle(context: Context) -> dict[str, Any] | None:
    """Return what is known of mechanisms that no pattern needs, or None where nobody looked."""
    found = context.analysis.needs
    if found is None:
        return None
    tried = len(dict.fromkeys(row.mechanism for row in found.rows))
    return {"tried": tried, "runs": found.runs, "idle": [_mechanism(m).lower() for m in found.idle],
            "own": [_mechanism(m).lower() for m in found.own_only]}


def _tested(context: Context) -> tuple[str, ...]:
    """Return the mechanisms of the matrix: none when too few draws were run again to test any pattern."""
    found = context.analysis.knockouts
    return found.mechanisms if any(k.verdict != "not testable" for k in found.patterns) else ()


def _row(context: Context, pattern: PatternResult, by: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    # Where too few draws are kept, verdict and rate are over all draws.
    now = pattern.matched if context.analysis.matching.advice == "matched" else pattern.prior
    cells = []
    for mechanism in _tested(context):
        found = by.get((mechanism, pattern.id))
        word = found.verdict if found else "not testable"
        cells.append(
            {
                "glyph": _GLYPHS.get(word, "–"),
                "word": word,
                "rates": f"{share(found.with_rate)} with, {share(found.without_rate)} without" if found else "",
            }
        )
    return {
        "id": pattern.id,
        "statement": pattern.statement,
        "claims": pattern.claims,
        "verdict": pattern.verdict,
        "prior": pattern.prior,
        "matched": pattern.matched,
        "left_out": pattern.left_out,
        "now": now,
        "rate": share(now.rate),
        "before": share(pattern.prior.rate),
        "cells": cells,
        "why": _why(pattern, context),
        "needs": _needed(context, pattern.id),
        "use": pattern.use,
        "test": pattern.test,
    }


def _groups(context: Context) -> list[dict[str, Any]]:
    by = {(k.mechanism, k.pattern): k for k in context.analysis.knockouts.patterns}
    groups: dict[str, list[dict[str, Any]]] = {}
    for pattern in context.analysis.matching.patterns:
        first = next((context.claims[c] for c in pattern.claims if c in context.claims), None)
        title = subsystem_title(first.subsystem) if first is not None else "Other"
        groups.setdefault(title, []).append(_row(context, pattern, by))
    order = [*_TITLES.values(), "Other"]
    return [
        {"title": title, "rows": groups[title]}
        for title in sorted(groups, key=lambda t: order.index(t) if t in order else len(order))
    ]


def knockout_figure(context: Context) -> Figure | None:
    """Return how far outcomes move without each mechanism, or None when no knock-out runs were made."""
    found = context.analysis.knockouts
    effects = [e for e in found.effects if math.isfinite(e.effect)]
    if not effects:
        return None
    mechanisms = {m: _mechanism(m) for m in found.mechanisms}
    outcomes = {o: context.outcome(o) for o in found.outcomes}
    idle = len(found.idle)
    most = max(effects, key=lambda e: abs(e.mean_absolute) if math.isfinite(e.mean_absolute) else 0.0)
    title = (
        f"Most hangs on {_mechanism(most.mechanism).lower()}: switched off, {lower_first(outcomes[most.outcome])} "
        f"{'rise' if most.effect > 0 else 'fall'} by {abs(most.effect):.1f} times the spread over draws"
    )
    table = {(e.mechanism, e.outcome): e for e in effects}
    rows = tuple(
        (outcomes[o], *(signed(e.effect) if (e := table.get((m, o))) else "–" for m in mechanisms)) for o in outcomes
    )
    wide = knockout_chart(effects, mechanisms, outcomes, 700)
    narrow = knockout_chart(
        effects, mechanisms, {o: t if len(t) < 18 else t[:16] + "…" for o, t in outcomes.items()}, 210
    )
    return Figure(
        "knockouts",
        title,
        "Change of each outcome when one mechanism is off, in units of the outcome's spread over draws. Triangle up: "
        "the outcome rises without the mechanism. Grey: below a tenth.",
        (
            Panel(
                "knockouts",
                wide,
                narrow,
                description="Rows are outcomes, columns mechanisms; a larger triangle is a larger effect.",
            ),
        ),
        Table(("Outcome", *mechanisms.values()), rows),
        context.source(
            draws=f"{found.runs:,} draws run again without each of {len(found.mechanisms)} mechanisms",
            note=(f"{idle} idle. " if idle else "None is idle. ") + found.note,
        ),
    )


def learned_figure(context: Context) -> Figure | None:
    """Return what matching taught about claims, or None when it taught nothing."""
    matching = context.analysis.matching
    moved = [n for n in matching.narrowed if n.kind == "claim" and n.moved and math.isfinite(n.matched_mean)]
    moved = sorted(moved, key=lambda n: -abs(n.matched_mean - n.prior_mean))[:_MOST_LEARNED]
    if not moved:
        return None

    def label(name: str) -> str:
        claim = context.claims.get(name)
        words = claim.statement if claim is not None else ""
        return f"{name}  {words if len(words) <= 52 else words[:50].rsplit(' ', 1)[0] + ' …'}"

    up = sum(n.matched_mean > n.prior_mean for n in moved)
    return Figure(
        "learned",
        f"Matching makes {up} of {len(moved)} claims more likely and {len(moved) - up} less",
        "Probability that the claim holds: hollow before matching, full after. Only moves beyond chance.",
        (
            Panel(
                "learned",
                learned_chart(moved, [label(n.name) for n in moved], 600),
                learned_chart(moved, [n.name for n in moved], 270),
                description="One row per claim: hollow dot before, full dot after matching.",
            ),
        ),
        Table(
            ("Claim", "Before", "After"), tuple((n.name, f"{n.prior_mean:.2f}", f"{n.matched_mean:.2f}") for n in moved)
        ),
        context.source(*(n.name for n in moved)),
    )


def _waves(matching: Matching) -> list[dict[str, str]]:
    """Return the waves of re-sampling as rows of text."""
    words = {"prior": "prior", "single": "one run", "all": "all", "rest": "all, last sweeps",
             "screen": "by the emulator", "deeper": "by the emulator, walked"}
    return [
        {
            "number": str(w.number), "stage": words.get(w.stage, w.stage),
            "threshold": f"{w.threshold:.3f}" if math.isfinite(w.threshold) else "–",
            "share": f"{100 * w.prior_share:.2g} %", "se": f"{100 * w.prior_share_se:.1g}",
            "scored": f"{w.evaluations_single:,}", "whole": f"{w.evaluations_all:,}",
            "taken": f"{100 * w.acceptance:.0f} %" if math.isfinite(w.acceptance) else "–",
            "median": f"{w.median_score:.3f}" if math.isfinite(w.median_score) else "–",
        }
        for w in matching.waves
    ]


def patterns_view(context: Context) -> dict[str, Any]:
    """Return the section on whether it hangs together."""
    matching = context.analysis.matching
    cut = context.thresholds.verdicts
    counts = {
        word: sum(p.verdict == word for p in matching.patterns) for word in ("holds", "weak", "fails", "not testable")
    }
    before = sum(p.verdict_prior == "holds" for p in matching.patterns)
    knockouts = context.analysis.knockouts
    settled = [p for p in matching.patterns if p.verdict != "not testable"]
    title = (
        f"{counts['holds']} of {len(settled)} patterns hold"
        + (f" after matching, {before} did before" if matching.advice == "matched" else "")
        if matching.patterns
        else "The case states no patterns"
    )
    parameters = [n for n in matching.narrowed if n.kind == "parameter" and n.moved]
    return {
        "intro": context.analysis.answer.hangs_together,
        "title": title,
        "counts": counts,
        "groups": _groups(context),
        "mechanisms": [_mechanism(m) for m in _tested(context)],
        "few": bool(knockouts.mechanisms) and not _tested(context),
        "holds": cut.holds,
        "fails": cut.fails,
        "scale": Scale(0.0, 1.0, (0.0, cut.fails, cut.holds, 1.0)),
        "knockouts": knockout_figure(context),
        "learned": learned_figure(context),
        "matching": matching,
        "waves": _waves(matching),
        "stopped": matching.stopped,
        "disbelieved": [
            {"claim": o.claim, "before": f"{o.prior:.2f}", "after": f"{o.matched:.2f}", "factor": f"{o.factor:.2g}",
             "low": f"{o.factor * math.exp(-2 * o.log_se):.2g}", "high": f"{o.factor * math.exp(2 * o.log_se):.2g}"}
            for o in matching.disbelieved[:_MOST_DISBELIEVED]
        ],
        "excluding": [
            {"first": p.first, "second": p.second, "both": share(p.both), "expected": share(p.expected)}
            for p in matching.excluding
        ],
        "note": knockouts.note,
        "needs": _idle(context),
        "idle": [_mechanism(m) for m in knockouts.idle],
        "narrowed": parameters,
        "most": len(matching.patterns),
        "source": context.source(
            draws=f"{matching.drawn:,} draws before and {matching.kept_runs:,} after matching"
            + (
                f"; {knockouts.runs:,} draws without each of {len(knockouts.mechanisms)} mechanisms"
                if knockouts.mechanisms
                else "; no knock-out runs"
            ),
            note="Rests on the claims in each row.",
        ),
    }
