"""From paired runs to what the page shows: effects with intervals and words, border sections, what is carried where.

Numbers come from `qorgau.analysis` and are written by `qorgau.report.text`, as in the report, so that page and report
can never say the same thing in two ways. Each number is sent as it is, for drawing, and as text, for reading.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from qorgau.analysis.case_view import CaseView
from qorgau.analysis.comparison import HARM, compare, probability_fewer
from qorgau.analysis.record import plain
from qorgau.analysis.records import Comparison, Displacement, Effect, MeasureResult
from qorgau.analysis.runs import Runs
from qorgau.analysis.thresholds import Likelihood
from qorgau.analysis.words import direction, rounded, shown
from qorgau.report.text import lower_first, money, percent, percent_range, share, signed
from qorgau.web.engine import Flows

__all__ = [
    "SETTING", "compare_row", "compared", "effect_row", "places_of", "section_rows", "traffic", "traffic_by_year",
]

SETTING = "setting"

_PERSONS = ("persons", "persons a year")
_TOWARDS_HARM = ("opiates_delivered_kg", "opiate_users", "officials_corrupt_share", "bribes_usd")
"""Outcomes besides `HARM` whose rise is harm: they take the colours of a direction, all others are ink."""


def compared(
    view: CaseView, outcomes: Sequence[str], years: Sequence[int], base: Flows, changed: Flows, label: str
) -> Comparison:
    """Compare a setting with the baseline over the same draws.

    Parameters
    ----------
    view
        What the analysis reads of the case.
    outcomes, years
        Names along the axes of `base` and `changed`; the years cover the window of the comparison.
    base, changed
        Row by row the same draws.
    label
        The setting in words.
    """
    both = np.stack([base.yearly, changed.yearly])
    runs = Runs.of_arrays(("baseline", SETTING), years, {name: both[..., i] for i, name in enumerate(outcomes)})
    return compare(
        runs, np.ones(len(base.rows), dtype=bool), view.thresholds, focus=view.focus, titles={SETTING: label},
        place_labels=view.place_labels, started=view.started,
    )


def _text(number: float, low: float, high: float, whole: bool) -> str:
    """Return a change with its sign, in as many digits as the interval from `low` to `high` supports."""
    if not math.isfinite(number):
        return "–"
    return ("+" if rounded(number, low, high, whole) > 0 else "") + shown(number, low, high, whole)


def _range(low: float, high: float, whole: bool) -> str:
    """Return an interval whose ends have the same last digit, so that one near nought is not told to the millionth."""
    half = abs(high - low) / 2.0
    return f"{_text(low, -half, half, whole)} to {_text(high, -half, half, whole)}"


def effect_row(item: Effect) -> dict[str, Any]:
    """Return one effect for the page; shares are in percentage points there, money in millions."""
    scale, unit = 1.0, item.unit
    if item.unit.startswith("share"):
        scale, unit = 100.0, "percentage points"
    elif item.unit == "USD a year":
        scale, unit = 1e-6, "USD m a year"
    whole = item.unit in _PERSONS
    parts = {name: getattr(item.difference, name) * scale for name in ("median", "low50", "high50", "low90", "high90")}
    change, before, level = item.difference, item.baseline, item.level
    return plain({
        "outcome": item.outcome, "label": item.label[:1].upper() + item.label[1:], "unit": unit, **parts,
        "text": _text(scale * change.median, scale * change.low90, scale * change.high90, whole),
        "range": _range(scale * change.low90, scale * change.high90, whole),
        "percent": None if not math.isfinite(item.percent.median) else percent(item.percent),
        "percent_range": percent_range(item.percent),
        "percent_interval": {
            name: getattr(item.percent, name) for name in ("median", "low50", "high50", "low90", "high90")
        },
        "baseline": shown(scale * before.median, scale * before.low90, scale * before.high90, whole),
        "level": shown(scale * level.median, scale * level.low90, scale * level.high90, whole),
        "p_fewer": item.p_fewer, "word": item.word, "direction": item.direction, "moved": item.moved,
        "harm": item.outcome in HARM, "coloured": item.outcome in HARM or item.outcome in _TOWARDS_HARM,
        "detected": item.outcome in ("people_identified", "people_assisted", "cases_prosecuted", "cases_convicted"),
    })


def places_of(view: CaseView, name: str, states: Mapping[str, str], focus: str) -> str:
    """Return a border section as the table writes it, the state in focus first."""
    words = name.split("_")
    pair = sorted((w for w in words if w in states), key=lambda iso: (iso != focus, iso))
    if len(pair) != 2:
        text = view.place_labels.get(name, name.replace("_", " "))
        return text[:1].upper() + text[1:]
    first, second = (states[iso].split(" (")[0].split(",")[0] for iso in pair)
    part = "".join(f", {w}" for w in words if w not in states and w != "air")
    return f"{first}–{second}{part}{' (by air)' if 'air' in words else ''}"


def section_rows(
    rows: Sequence[Displacement], what: str, names: Mapping[str, str], few: int
) -> list[dict[str, Any]]:
    """Return border sections, those where more are likeliest first; those that almost nobody crosses last."""
    made = []
    for row in rows:
        if row.kind != "section" or row.what != what:
            continue
        scarce = what == "people" and not row.baseline.median >= few
        item = row.percent
        made.append(plain({
            "place": row.place, "label": names.get(row.place, row.place), "few": scarce,
            "baseline": f"under {few}" if scarce else shown(
                row.baseline.median, row.baseline.low90, row.baseline.high90, what == "people"),
            "text": "–" if scarce or not math.isfinite(item.median) else f"{percent(item)} %",
            "range": "too few people" if scarce else percent_range(item),
            "difference": signed(row.difference.median, row.difference.low90, row.difference.high90),
            **{name: getattr(item, name) for name in ("median", "low50", "high50", "low90", "high90")},
            "p_more": row.p_more, "word": row.word, "direction": row.direction,
        }))
    return sorted(made, key=lambda r: (r["few"], -(r["median"] if r["median"] is not None else -math.inf)))


def compare_row(measure: MeasureResult, sections: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what the table of settings says of one."""
    people = measure.effect("people_exploited")
    risen = [s for s in sections if not s["few"] and s["direction"] in ("more", "more2")]
    worst = max(risen, key=lambda s: s["median"] if s["median"] is not None else 0.0, default=None)
    return {
        "label": measure.label, "people": effect_row(people) if people else None,
        "helps": share(people.p_fewer) if people and people.moved else "–",
        "risen": worst["label"] if worst else "none", "cost": money(measure.cost_usd_year.median),
        "harm": [lower_first(text) for text in measure.harm],
    }


def traffic(
    base: np.ndarray, changed: np.ndarray, ends: Sequence[tuple[str, str]], table: Likelihood, least: float
) -> list[dict[str, Any]]:
    """Return what is carried between places under a setting: how much, and whether there is less or more of it.

    Parameters
    ----------
    base, changed
        Mean over the window, shape (runs, corridors), persons or kg a year.
    ends
        From and to place of each corridor; those between the same two places are one.
    table
        Cut-offs of the likelihoods.
    least
        Pairs with less than this under both are left out.
    """
    found = []
    for pair, columns in _joined(ends).items():
        before, after = base[:, columns].sum(axis=1), changed[:, columns].sum(axis=1)
        width = max(float(np.median(before)), float(np.median(after)))
        if width >= least:
            # Drawn, never told: two digits are enough for a line's width.
            found.append({
                "from": pair[0], "to": pair[1], "weight": float(f"{width:.2g}"),
                "direction": direction(probability_fewer(after - before), table),
            })
    return sorted(found, key=lambda row: (row["from"], row["to"]))


def traffic_by_year(
    carried: np.ndarray, ends: Sequence[tuple[str, str]], years: Sequence[int], least: float
) -> list[dict[str, Any]]:
    """Return the baseline's medians by the year, as `traffic`; `carried` is (runs, years, corridors)."""
    found = []
    for pair, columns in _joined(ends).items():
        weights = np.median(carried[:, :, columns].sum(axis=2), axis=0)
        if (weights >= least).any():
            found.append({
                "from": pair[0], "to": pair[1],
                "weights": [float(f"{w:.2g}") if w >= least else 0.0 for w in weights[: len(years)]],
            })
    return sorted(found, key=lambda row: (row["from"], row["to"]))


def _joined(ends: Sequence[tuple[str, str]]) -> dict[tuple[str, str], list[int]]:
    made: dict[tuple[str, str], list[int]] = {}
    for i, pair in enumerate(ends):
        made.setdefault(pair, []).append(i)
    return made
