"""Where harm moves: people carried across border sections and, apart from them, opiates."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from qorgau.analysis.decision import PEOPLE
from qorgau.analysis.record import Interval
from qorgau.analysis.records import Displacement
from qorgau.report.figures.figure import Figure, Panel, Table, nice_scale
from qorgau.report.figures.section_map import City, SectionMark, section_map, section_of
from qorgau.report.text import joined, lower_first, percent, percent_range, percent_span, value
from qorgau.report.views.context import Context

__all__ = ["displacement_view", "letters", "map_figure", "moving_policy"]

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_COLUMNS = 3


def _finite(number: float, otherwise: float = 0.0) -> float:
    return number if math.isfinite(number) else otherwise


def moving_policy(context: Context) -> str | None:
    """Return the measure shown on the map: the one that moves harm, else the one with the likeliest rise anywhere."""
    compared = context.analysis.comparison
    if context.analysis.answer.moves_harm_policy:
        return context.analysis.answer.moves_harm_policy
    ranked = [m.policy for m in compared.measures]
    rows = [r for r in compared.displacement if r.what == "people" and r.kind == "section" and r.policy in ranked]
    worst = max(rows, key=lambda r: (_finite(r.p_more), _finite(r.difference.median)), default=None)
    return worst.policy if worst else (ranked[0] if ranked else None)


def _rows(context: Context, policy: str, what: str) -> list[Displacement]:
    return [r for r in context.analysis.comparison.displacement if r.policy == policy and r.what == what]


def _few(context: Context, row: Displacement) -> bool:
    """Tell whether too few people cross for a change in per cent to mean anything."""
    return row.what == "people" and not row.baseline.median >= context.thresholds.suppression.under


def letters(context: Context) -> dict[str, str]:
    """Return the letter of each border section, A where most people cross in the baseline."""
    most: dict[str, float] = {}
    for row in context.analysis.comparison.displacement:
        if row.kind == "section":
            weight = _finite(row.baseline.median) * (1e9 if row.what == "people" else 1.0)
            most[row.place] = max(most.get(row.place, 0.0), weight)
    ordered = sorted(most, key=lambda place: (-most[place], place))
    return {p: _LETTERS[i] if i < 26 else f"{_LETTERS[i // 26 - 1]}{_LETTERS[i % 26]}" for i, p in enumerate(ordered)}


def place_name(context: Context, row: Displacement) -> str:
    """Return the name of a section, country or market as the table writes it, the focus first."""
    titles = {state.id: state.title.split(" (")[0].split(",")[0] for state in context.case.states}
    words = row.place.split("_")
    focus = context.case.settings.focus
    states = sorted((w for w in words if w in titles), key=lambda iso: (iso != focus, iso))
    if row.kind != "section" or len(states) != 2:
        return row.label[:1].upper() + row.label[1:]
    part = "".join(f", {w}" for w in words if w not in titles and w != "air")
    return f"{titles[states[0]]}–{titles[states[1]]}{part}{' (by air)' if 'air' in words else ''}"


def _city(title: str) -> str:
    """Return the city of a place named after its region, such as the one in brackets."""
    return title[title.index("(") + 1 : title.index(")")] if "(" in title and ")" in title else title


def map_figure(context: Context, policy: str) -> Figure | None:
    """Return the map of people carried across border sections under one measure, or None without sections."""
    rows = [r for r in _rows(context, policy, "people") if r.kind == "section" and not _few(context, r)]
    badge = letters(context)
    drawn = [r for r in rows if (s := section_of(r.place, context.outlines)) is not None and not s.air]
    if not drawn:
        return None
    marks = [
        SectionMark(
            r.place,
            badge[r.place]
            + (
                f" {percent(r.percent)} %"
                if r.direction in ("fewer", "more") and math.isfinite(r.percent.median)
                else ""
            ),
            r.direction,
        )
        for r in drawn
    ]
    cities = [City(_city(p.title), p.lon, p.lat, p.population) for p in context.case.places]
    states = {state.id: state.title for state in context.case.states}
    focus = context.case.settings.focus
    wide, narrow = (section_map(marks, cities, states, focus, context.outlines, width) for width in (1000, 358))
    compared = context.analysis.comparison
    return Figure(
        "map",
        _map_title(context, policy, rows),
        f"People carried across each border section, change against the baseline, mean of {compared.window[0]}–"
        f"{compared.window[1]}, had it started in {compared.had_it_started}.",
        (
            Panel(
                "map",
                wide,
                narrow,
                description="Border sections as dotted lines, coloured by how likely more or fewer "
                "people are carried across; letters lead to the table below. Arrows at the edge: places beyond it.",
            ),
        ),
        Table(
            ("Section", "Change, %", "90 %", "How likely"),
            tuple(
                (f"{badge[r.place]} {place_name(context, r)}", percent(r.percent), percent_range(r.percent), r.word)
                for r in rows
            ),
        ),
        context.source(
            *_claims(context, policy),
            data=(f"Borders: {context.outlines.source}",),
            note=f"{context.outlines.disclaimer} Sections that under {context.thresholds.suppression.under} people a "
            "year cross are not drawn.",
        ),
        key="sections",
    )


def _map_title(context: Context, policy: str, rows: Sequence[Displacement]) -> str:
    up = [r for r in rows if r.direction in ("more", "more2")]
    down = [r for r in rows if r.direction in ("fewer", "fewer2")]
    name = context.policy(policy)

    def said(found: list[Displacement], word: str, rising: bool) -> str:
        worst = sorted(found, key=lambda r: -abs(_finite(r.difference.median)))[:2]
        return f"{word} people carried across {joined([place_name(context, r) for r in worst])}"

    if up and down:
        return f"{name}: {said(up, 'more', True)}, {said(down, 'fewer', False)}"
    if up:
        return f"{name}: {said(up, 'more', True)}"
    if down:
        return f"{name}: {said(down, 'fewer', False)}, more across none"
    return f"{name}: no border section is settled to see more or fewer people carried across"


def _claims(context: Context, policy: str) -> tuple[str, ...]:
    measure = context.analysis.comparison.measure(policy)
    placed = tuple(
        c.id
        for c in context.case.evidence.claims
        if any(p.where in ("mechanism:learning", "mechanism:habit", "mechanism:terrain_cover") for p in c.placement)
    )
    return tuple(dict.fromkeys((*(measure.claims if measure else ()), *placed)))


def _cell(context: Context, row: Displacement | None) -> dict[str, Any]:
    if row is None or not math.isfinite(row.percent.median):
        return {"text": "–", "span": "", "direction": "none", "strong": False, "word": "not known"}
    if _few(context, row):
        return {"text": "–", "span": "too few", "direction": "none", "strong": False, "word": "too few people"}
    item = row.percent
    return {
        "text": percent(item),
        "span": percent_range(item),
        "direction": row.direction,
        "strong": row.direction in ("fewer", "more"),
        "word": row.word,
    }


def _baseline(context: Context, row: Displacement) -> str:
    number, under = row.baseline.median, context.thresholds.suppression.under
    if row.what == "people" and math.isfinite(number) and number < under:
        return f"under {under}"
    return value(number, row.baseline)


def _table(context: Context, policies: Sequence[str], what: str) -> dict[str, Any] | None:
    """Return the table of sections (then countries and markets) for people or for opiates."""
    by = {p: {(r.kind, r.place): r for r in _rows(context, p, what)} for p in policies}
    first = list(by[policies[0]].values()) if policies else []
    if not first:
        return None
    badge = letters(context)
    order = {"section": 0, "country": 1, "market": 2}
    first.sort(key=lambda r: (order[r.kind], -_finite(r.p_more, -1.0), r.place))
    shown = [r for r in first if not _few(context, r) and math.isfinite(r.percent.median)]
    scale = nice_scale([v for r in shown for v in (r.percent.low90, r.percent.high90)], most=4)
    rows = []
    for r in first:
        if r.kind == "section" and _few(context, r) and not r.baseline.high90 > 0:
            continue
        cells = [_cell(context, by[p].get((r.kind, r.place))) for p in policies]
        rows.append(
            {
                "badge": badge.get(r.place, "") if r.kind == "section" else "",
                "kind": r.kind,
                "label": place_name(context, r),
                "baseline": _baseline(context, r),
                "cells": cells,
                "item": r.percent if r in shown else None,
                "direction": r.direction,
                "word": r.word,
            }
        )
    total = None
    if what == "people":
        effects = [m.effect(PEOPLE) if (m := context.analysis.comparison.measure(p)) else None for p in policies]
        lead = effects[0]
        if lead is not None:
            total = {
                "label": f"People exploited in {context.analysis.focus}",
                "baseline": value(lead.baseline.median, lead.baseline),
                "item": lead.percent if _is(lead.percent) else None,
                "direction": lead.direction,
                "word": lead.word,
                "cells": [
                    {
                        "text": percent(e.percent),
                        "span": percent_range(e.percent),
                        "direction": e.direction,
                        "strong": e.direction in ("fewer", "more"),
                        "word": e.word,
                    }
                    if e is not None
                    else _cell(context, None)
                    for e in effects
                ],
            }
    beside = [r for r in rows if r["kind"] != "section"] if what == "opiates" else []
    return {
        "rows": [r for r in rows if r not in beside],
        "beside": beside,
        "scale": scale,
        "policies": [context.policy(p) for p in policies],
        "total": total,
        "unit": first[0].unit,
        "what": what,
        "title": _table_title(context, policies[0], what, first),
    }


def _is(item: Interval) -> bool:
    return math.isfinite(item.median)


def _table_title(context: Context, policy: str, what: str, rows: Sequence[Displacement]) -> str:
    sections = [r for r in rows if r.kind == "section" and not _few(context, r)]
    rise = sum(r.direction in ("more", "more2") for r in sections)
    fall = sum(r.direction in ("fewer", "fewer2") for r in sections)
    name = context.policy(policy)
    noun = "people carried" if what == "people" else "opiates carried"
    return (
        f"{name}: of {len(sections)} border sections, {rise} likely see more {noun} and {fall} "
        f"{'fewer' if what == 'people' else 'less'}"
    )


def displacement_view(context: Context) -> dict[str, Any]:
    """Return the section on where harm moves."""
    compared = context.analysis.comparison
    policy = moving_policy(context)
    ranked = [m.policy for m in compared.measures]
    best = context.analysis.answer.helps_most_policy
    wanted = [p for p in (policy, best, *ranked) if p]
    held = {r.policy for r in compared.displacement}
    policies = [p for p in dict.fromkeys(wanted) if p in held][:_COLUMNS]
    measure = compared.measure(policy) if policy else None
    effect = measure.effect(PEOPLE) if measure else None
    intro = "No measure was compared, so nothing can be said about where harm moves."
    if measure is not None and effect is not None:
        intro = (
            f"{measure.label}: {lower_first(effect.word)} people exploited in {context.analysis.focus}, "
            f"{percent_span(effect.percent)}. Where watching or risk changes, journeys change their way, and people "
            "need help in other places. Use this to place shelters, outreach and consular help, not to find ways."
        )
    claims = tuple(dict.fromkeys(c for p in policies for c in _claims(context, p)))
    return {
        "intro": intro,
        "map": map_figure(context, policy) if policy else None,
        "people": _table(context, policies, "people"),
        "opiates": _table(context, policies, "opiates"),
        "source": context.source(
            *claims,
            note=f"Bold: very likely, at least {round(100 * context.thresholds.likelihood.very_likely)} of 100 "
            "draws. Sorted by where harm rises most.",
        ),
    }
