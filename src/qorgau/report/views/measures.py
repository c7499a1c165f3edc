"""What helps most: counter-measures by their effect on people, and what else each does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from qorgau.analysis.comparison import HARM
from qorgau.analysis.decision import PEOPLE
from qorgau.analysis.records import Effect, MeasureResult
from qorgau.report.figures.cost import CostPoint, cost_chart
from qorgau.report.figures.figure import Figure, Panel, Table, nice_scale
from qorgau.report.text import (
    joined,
    lower_first,
    money,
    percent,
    percent_range,
    percent_span,
    share,
    signed,
    span,
    value,
)
from qorgau.report.views.context import Context

__all__ = ["cost_figure", "measures_view"]


def _people(measure: MeasureResult) -> Effect | None:
    return measure.effect(PEOPLE)


def _row(context: Context, measure: MeasureResult) -> dict[str, Any]:
    effect = _people(measure)
    described = next((m for m in context.case.measures if m.id == measure.policy), None)
    better = [context.lower(name) for name in measure.dominated_by]
    item = effect.difference if effect else None
    return {
        "rank": measure.rank,
        "label": measure.label,
        "claims": measure.claims,
        "policy": measure.policy,
        "what": described.moves if described else "",
        "side": described.side_effects if described and described.side_effects != "none" else "",
        "effect": effect,
        "direction": effect.direction if effect else "none",
        "word": effect.word if effect else "not known",
        "people": signed(item.median, item.low90, item.high90) if item else "–",
        "percent": percent_span(effect.percent) if effect else "–",
        "helps": share(effect.p_fewer) if effect else "–",
        "cost": money(measure.cost_usd_year.median),
        "regret": value(measure.regret) if measure.ranked else "–",
        "best": share(measure.best_in) if measure.ranked else "–",
        "near": share(measure.near_best_in) if measure.ranked else "–",
        "better": joined(better[:2]) if better else "",
    }


def _title(measures: Sequence[MeasureResult]) -> str:
    """Return the finding of the ranking."""
    effects = [(m, e) for m in measures if (e := _people(m)) is not None]
    if not effects:
        return "No counter-measure was compared"
    by = {word: [m for m, e in effects if e.direction == word] for word in ("fewer", "fewer2", "none", "more2", "more")}
    help_, open_, harm = by["fewer"] + by["fewer2"], by["none"], by["more2"] + by["more"]
    said = (
        [f"{len(help_)} of {len(effects)} measures are likely to lower the number of people exploited"]
        if help_
        else [f"None of {len(effects)} measures is likely to lower the number of people exploited"]
    )
    if open_:
        said.append(f"{len(open_)} {'is' if len(open_) == 1 else 'are'} not settled")
    if harm:
        said.append(f"{len(harm)} {'is' if len(harm) == 1 else 'are'} likely to raise it")
    return ", ".join(said)


def _intro(context: Context, measures: Sequence[MeasureResult]) -> str:
    compared = context.analysis.comparison
    lead = [m.label for m in measures if (e := _people(m)) is not None and e.direction in ("fewer", "fewer2")][:3]
    said = []
    if lead:
        verb = "lead" if len(lead) > 1 else "leads"
        said.append(f"{joined([lead[0], *(lower_first(name) for name in lead[1:])])} {verb}.")
    said.append(
        f"Each measure is taken as if it had started in {compared.had_it_started}, and is compared with the same draw "
        "without it, so what the draws share cancels out."
    )
    return " ".join(said)


def _cell(effect: Effect | None, harm: bool, under: int) -> dict[str, Any]:
    if effect is None:
        return {"text": "–", "span": "", "direction": "none", "strong": False, "harm": harm, "word": "not modelled"}
    if not effect.moved:
        return {"text": "0", "span": "", "direction": "none", "strong": False, "harm": harm, "word": "no change"}
    few = effect.unit.startswith("persons") and not effect.baseline.median >= under
    known = math.isfinite(effect.percent.median) and not few
    item = effect.difference
    return {
        "text": f"{percent(effect.percent)} %" if known else signed(item.median, item.low90, item.high90),
        "span": percent_range(effect.percent) if known else span(item),
        "direction": effect.direction,
        "strong": effect.direction in ("fewer", "more"),
        "harm": harm,
        "word": effect.word,
    }


def _effects(context: Context, harm: bool) -> dict[str, Any]:
    """Return a table of effects in per cent, rows measures, columns outcomes."""
    compared = context.analysis.comparison
    held = list(
        dict.fromkeys(
            e.outcome
            for m in (*compared.measures, *compared.unranked)
            for e in m.effects
            if (e.outcome in HARM) == harm and e.outcome not in (PEOPLE, "measures_cost_usd")
        )
    )
    named = {e.outcome: e.label for m in (*compared.measures, *compared.unranked) for e in m.effects}
    baselines = {e.outcome: e for e in compared.baselines}
    under = context.thresholds.suppression.under

    def base(outcome: str) -> str:
        e = baselines.get(outcome)
        if e is None or not math.isfinite(e.baseline.median):
            return "–"
        if e.unit.startswith("persons") and e.baseline.median < under:
            return f"under {under} {e.unit}"
        if e.unit.startswith("share"):
            return share(e.baseline.median)
        return f"{value(e.baseline.median, e.baseline)} {e.unit}".strip()

    return {
        "columns": [{"label": named[o], "baseline": base(o)} for o in held],
        "rows": [
            {
                "rank": m.rank,
                "label": m.label,
                "ranked": m.ranked,
                "cells": [_cell(m.effect(o), harm, under) for o in held],
            }
            for m in (*compared.measures, *compared.unranked)
        ],
    }


def cost_figure(context: Context) -> Figure | None:
    """Return people spared against cost, or None when nothing was compared."""
    compared = context.analysis.comparison
    measures = [m for m in compared.measures if _people(m) is not None]
    points = [
        CostPoint(
            str(m.rank or ""),
            m.cost_usd_year.median / 1e6,
            e.difference.median,
            e.difference.low90,
            e.difference.high90,
            e.direction,
        )
        for m in measures
        if (e := _people(m)) is not None
    ]
    finite = [p for p in points if math.isfinite(p.cost) and math.isfinite(p.change)]
    if not finite:
        return None
    free = [m for m in measures if not m.dominated_by]
    names = joined([m.label if i == 0 else lower_first(m.label) for i, m in enumerate(free[:4])])
    if not free:
        title = "For every measure another does more for people and costs no more"
    elif len(free) <= 4:
        title = f"No other measure clearly does more for people at no more cost than {lower_first(names)}"
    else:
        title = f"{len(free)} of {len(measures)} measures are outdone by none that costs no more"
    rows = tuple(
        (
            f"{m.rank} {m.label}",
            money(m.cost_usd_year.median),
            signed(e.difference.median, e.difference.low90, e.difference.high90),
            span(e.difference),
        )
        for m in measures
        if (e := _people(m)) is not None
    )
    return Figure(
        "cost",
        title,
        f"Change in people exploited (persons, median and 90 % of draws) by cost, mean of {compared.window[0]}–"
        f"{compared.window[1]}. Numbers are the ranks of the table above.",
        (
            Panel(
                "cost",
                cost_chart(points, 900),
                cost_chart(points, 300),
                description="Each measure is a numbered dot: across its cost, down the people spared, with a line for "
                "90 % of draws.",
            ),
        ),
        Table(("Measure", "Cost, USD m a year", "People", "90 %"), rows),
        context.source(*(c for m in measures for c in m.claims), note="Costs are assumptions of the case."),
    )


def measures_view(context: Context) -> dict[str, Any]:
    """Return the section on what helps most."""
    compared = context.analysis.comparison
    shown = (*compared.measures, *compared.unranked)
    percents = [
        v
        for m in shown
        if (e := _people(m)) is not None
        for v in (e.percent.low90, e.percent.high90)
        if math.isfinite(v)
    ]
    base = next((e for e in compared.baselines if e.outcome == PEOPLE), None)
    first, last = compared.window
    return {
        "title": _title(compared.measures),
        "intro": _intro(context, compared.measures),
        "subtitle": (
            f"People exploited in {context.analysis.focus}, change against the baseline. Paired difference, mean of "
            f"{first}–{last}, had it started in {compared.had_it_started}. Ranked by median."
            + (
                f" Baseline {value(base.baseline.median, base.baseline)} people ({span(base.baseline, False)})."
                if base
                else ""
            )
        ),
        "rows": [_row(context, m) for m in compared.measures],
        "reference": [_row(context, m) for m in compared.unranked],
        "scale": nice_scale(percents, most=3),
        "near": value(compared.near),
        "unit": compared.utility_unit,
        "harm": _effects(context, True),
        "other": _effects(context, False),
        "cost": cost_figure(context),
        "source": context.source(
            *(c for m in shown for c in m.claims),
            note=f"Regret: {compared.utility_unit} that the best measure of the same draw would have spared beyond it.",
        ),
        "harm_source": context.source(*(c for m in shown for c in m.claims)),
    }
