"""What ``run``, ``patterns``, ``compare`` and ``trace`` print of an analysis: text, and JSON of the same."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING, Any

from qorgau.cli.matching import show_disbelieved, show_waves
from qorgau.cli.mechanisms import show_needs
from qorgau.cli.screen import Screen

if TYPE_CHECKING:
    from qorgau.analysis.records import Analysis, Effect, Interval

__all__ = [
    "compare_summary", "patterns_summary", "show_answer", "show_compare", "show_patterns", "show_trace",
    "trace_summary",
]

_SIDE = ("people_recruited", "people_retrafficked", "people_identified", "people_assisted", "opiates_delivered_kg")
_MOST = 12
_RISES = re.compile(r": (very )?likely more\b")


def _share(value: float) -> str:
    return f"{100 * value:.0f} %" if math.isfinite(value) else "–"


def _number(value: float) -> str:
    from qorgau.analysis.words import shown

    return shown(value)


def _span(item: Interval) -> str:
    """Median with its 90 % interval, each with the digits that the interval supports."""
    from qorgau.analysis.words import shown

    if not math.isfinite(item.median):
        return "–"
    middle, low, high = (shown(x, item.low90, item.high90) for x in (item.median, item.low90, item.high90))
    return f"{middle} ({low} to {high})"


def _million(item: Interval) -> str:
    return _number(item.median / 1e6) if math.isfinite(item.median) else "–"


# -------------------------------------------------------------------------------------------------- answer


def show_answer(screen: Screen, analysis: Analysis) -> None:
    """Print the answer in plain words."""
    said = analysis.answer
    screen.heading(said.headline)
    screen.say(said.lead)
    for title, text in (
        ("Helps most", said.helps_most),
        ("Moves harm", said.moves_harm),
        ("Could change the advice", said.could_change),
        ("Hangs together", said.hangs_together),
        ("Words", said.likelihood),
    ):
        screen.say(f"{title}: {text}")


# ------------------------------------------------------------------------------------------------ patterns


def patterns_summary(analysis: Analysis) -> list[dict[str, Any]]:
    """Return one row per pattern, with the knock-outs under which it fails or is weakened."""
    from qorgau.analysis.summary import pattern_rows

    rows = pattern_rows(analysis)
    for row in rows:
        row["knockouts"] = [
            item.to_json() for item in analysis.knockouts.patterns if item.pattern == row["id"]
        ]
        row["needs"] = list(analysis.needs.of_pattern(row["id"])) if analysis.needs is not None else None
    return rows


def show_patterns(screen: Screen, analysis: Analysis) -> None:
    """Print pass rates before and after matching, and what each mechanism is needed for."""
    matching = analysis.matching
    over = "those" if matching.advice == "matched" else "them all the same" if matching.waves else "all runs"
    screen.say(
        f"{matching.kept_runs} of {matching.drawn} runs are not ruled out; figures are given over {over}. "
        f"{matching.reason}".rstrip()
    )
    show_waves(screen, matching)
    screen.heading("Patterns")
    screen.table(
        ("pattern", "verdict", "before", "matched", "alone", "strength", "claims", "statement"),
        [
            (p.id, p.verdict, _share(p.prior.rate), _share(p.matched.rate), _share(p.left_out.rate), p.strength,
             " ".join(p.claims), p.statement)
            for p in matching.patterns
        ],
        right=("before", "matched", "alone"),
    )
    screen.say("  alone: among the runs that the other patterns keep")
    show_disbelieved(screen, matching)
    if matching.waves:
        show_needs(screen, analysis.needs)
    _show_knockouts(screen, analysis)
    if analysis.matching.narrowed:
        moved = [item for item in matching.narrowed if item.moved][:_MOST]
        if moved:
            screen.heading("What matching taught")
            screen.table(
                ("quantity", "before", "after", "shift in sd"),
                [(i.name, _number(i.prior_mean), _number(i.matched_mean), _number(i.shift)) for i in moved],
                right=("before", "after", "shift in sd"),
            )


def _show_knockouts(screen: Screen, analysis: Analysis) -> None:
    knocked = analysis.knockouts
    if not knocked.mechanisms:
        screen.heading("Knock-outs")
        screen.say("  none were run; simulate with --knockouts N to see which mechanism each pattern needs")
        return
    screen.heading(f"Knock-outs: what fails without each mechanism ({knocked.runs} runs each)")
    rows = []
    for mechanism in knocked.mechanisms:
        lost = [p for p in knocked.patterns if p.mechanism == mechanism]
        fails = [p.pattern for p in lost if p.verdict == "fails"]
        weak = [p.pattern for p in lost if p.verdict == "weakened"]
        rows.append((mechanism, " ".join(fails) or "–", " ".join(weak) or "–",
                     "makes no difference that counts" if mechanism in knocked.idle else ""))
    screen.table(("without", "fails", "weakened", ""), rows)
    if all(p.verdict == "not testable" for p in knocked.patterns):
        screen.say("  too few runs to judge any pattern by; give more --knockouts")
    if knocked.note:
        screen.say(f"  {knocked.note}")


# ------------------------------------------------------------------------------------------------- compare


def compare_summary(analysis: Analysis) -> dict[str, Any]:
    """Return the comparison as JSON, with what the headline says of it."""
    said = analysis.answer
    return {
        "case": analysis.case,
        "advice_over": analysis.matching.advice,
        "headline": said.headline,
        "helps_most": said.helps_most,
        "moves_harm": said.moves_harm,
        **analysis.comparison.to_json(),
    }


def show_compare(screen: Screen, analysis: Analysis) -> None:
    """Print each measure's effect on people first, then what else changes, where harm moves, regret and cost."""
    made = analysis.comparison
    first, last = made.window
    screen.say(
        f"Had it started in {made.had_it_started}: yearly means over {first} to {last} against the baseline, "
        f"over {made.runs} runs ({analysis.matching.advice}); median and 90 % interval."
    )
    base = next((e for e in made.baselines if e.outcome == "people_exploited"), None)
    if base is not None:
        screen.say(f"People exploited in {analysis.focus} in the baseline: {_span(base.baseline)}.")
    measures = (*made.measures, *made.unranked)
    effects = [(m, m.effect("people_exploited")) for m in measures]
    screen.heading("People exploited")
    screen.table(
        ("measure", "change", "per cent", "in words", "best in", "near best", "regret", "USD m a year"),
        [
            (m.label, _span(e.difference) if e else "–", _span(e.percent) if e else "–", e.word if e else "–",
             _share(m.best_in), _share(m.near_best_in), _number(m.regret), _million(m.cost_usd_year))
            for m, e in effects
        ],
        right=("best in", "near best", "regret", "USD m a year"),
    )
    screen.say(f"  regret in {made.utility_unit}; best in, near best: shares of runs")
    screen.heading("What else changes, in per cent")
    shown = [name for name in _SIDE if any(m.effect(name) for m in measures)]
    screen.table(
        ("measure", *(_label(name) for name in shown)),
        [(m.label, *(_percent(m.effect(name)) for name in shown)) for m in measures],
    )
    screen.heading("Harm to people that at least likely rises")
    harm = [(m.label, text) for m in measures for text in m.harm if _RISES.search(text)]
    screen.table((), harm or [("none", "")])
    _show_displacement(screen, analysis)


def _label(outcome: str) -> str:
    from qorgau.analysis.words import label_of

    return label_of(outcome).text


def _percent(effect: Effect | None) -> str:
    return _span(effect.percent) if effect is not None else "–"


def _show_displacement(screen: Screen, analysis: Analysis) -> None:
    rises = [
        row for row in analysis.comparison.displacement
        if row.direction in ("more", "more2") and math.isfinite(row.difference.median) and row.difference.median > 0
    ]
    titles = {m.policy: m.label for m in (*analysis.comparison.measures, *analysis.comparison.unranked)}
    screen.heading("Where harm moves: to prepare for")
    if not rises:
        screen.say("  no rise at a border section, country or market is at least likely")
        return
    for what, unit in (("people", "persons a year"), ("opiates", "kg a year")):
        found = [row for row in rises if row.what == what]
        if not found:
            continue
        screen.say(f"  {what}, {unit}" + (f"; the first {_MOST} of {len(found)}" if len(found) > _MOST else ""))
        screen.table(
            ("under", "where", "change", "in words"),
            [(titles.get(r.policy, r.policy), r.label, _span(r.difference), r.word) for r in found[:_MOST]],
        )


# --------------------------------------------------------------------------------------------------- trace


def trace_summary(analysis: Analysis) -> list[dict[str, Any]]:
    """Return one row per claim; each also carries what researching its source again is worth."""
    from qorgau.analysis.summary import trace_rows

    worth = {item.source: (rank, item) for rank, item in enumerate(analysis.trace.sources, 1)}
    rows = trace_rows(analysis)
    for row in rows:
        rank, item = worth.get(row["source"], (None, None))
        row["source_rank"] = rank
        row["source_evii"] = item.to_json()["evii"] if item is not None else None
    return rows


def show_trace(screen: Screen, analysis: Analysis) -> None:
    """Print the claims and figures that the advice hangs on, and the sources to research next."""
    made = analysis.trace
    best = "No advice is given." if analysis.matching.advice == "none" else f"Now advised: {made.best_now}."
    screen.say(
        f"{best} Knowing everything would be worth {_number(made.evpi)} "
        f"(standard error {_number(made.evpi_se)}) {made.utility_unit}, over {made.runs} runs."
    )
    screen.say(analysis.answer.could_change)
    screen.heading(f"Claims: what knowing each is worth, {made.utility_unit}")
    top = sorted(made.claims, key=lambda c: (not c.hinge, -_finite(c.evppi)))[:_MOST]
    screen.table(
        ("claim", "source", "p", "worth", "se", "hinge", "tips at", "if true", "if false"),
        [
            (c.claim, c.source, f"{c.p:.2f}", _number(c.evppi), _number(c.se), "yes" if c.hinge else "no",
             f"{c.tips_at:.2f}" if c.tips_at is not None else "–", c.best_if_true, c.best_if_false)
            for c in top
        ],
        right=("p", "worth", "se", "tips at"),
    )
    figures = [f for f in made.figures if f.hinge or _finite(f.evppi) > 2 * _finite(f.se)][:_MOST]
    if figures:
        screen.heading("Figures: what knowing each exactly is worth")
        screen.table(
            ("parameter", "claims", "worth", "se", "hinge", "if low", "if high"),
            [
                (f.parameter, " ".join(f.claims) or "assumption", _number(f.evppi), _number(f.se),
                 "yes" if f.hinge else "no", f.best_low, f.best_high)
                for f in figures
            ],
            right=("worth", "se"),
        )
    screen.heading("Sources to research next")
    screen.table(
        ("source", "worth", "se", "claims"),
        [(s.source, _number(s.evii), _number(s.se), " ".join(s.claims[:_MOST])) for s in made.sources[:6]],
        right=("worth", "se"),
    )
    if made.note:
        screen.say(f"  {made.note}")


def _finite(value: float) -> float:
    return value if math.isfinite(value) else 0.0
