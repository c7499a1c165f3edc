"""What the model does without each mechanism: effects on outcomes, and patterns that fail."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from qorgau.analysis.matching import verdict
from qorgau.analysis.patterns import Pattern, evaluate, parse_patterns, pass_rate
from qorgau.analysis.records import KnockoutEffect, KnockoutPattern, Knockouts
from qorgau.analysis.runs import Runs
from qorgau.analysis.thresholds import Thresholds

__all__ = ["FELT", "knockouts"]

FELT: tuple[str, ...] = (
    "people_exploited", "people_recruited", "people_retrafficked", "people_identified", "people_assisted",
    "opiates_delivered_kg", "opiates_delivered_kg_all", "opiate_users", "opiate_price_almaty", "opiate_price_urumqi",
    "cases_prosecuted", "cases_convicted", "bribes_usd", "officials_corrupt_share", "active_organisations",
    "organisations_effective", "organisations_both_trades_share", "route_entropy", "remittances_share_TJK",
    "perceived_corruption_score",
)
"""Outcomes that effects are shown for; those that results do not hold are left out."""


def knockouts(
    runs: Runs, patterns: Sequence[Pattern], table: Thresholds, file: str | Path = "patterns.yaml"
) -> Knockouts:
    """Return effects and pattern verdicts for every mechanism that was switched off.

    Parameters
    ----------
    runs
        Runs with knock-outs; the same draws with everything on are their comparison.
    patterns
        Patterns; those on paired runs are left out.
    table
        The case's cut-offs; effects are means over its `knockouts.years`.
    file
        Named in errors.

    Notes
    -----
    The unit of an effect is the spread (standard deviation) of the outcome over the same draws with everything on.
    The median says which way the outcome goes; the mean absolute effect counts mechanisms that act both ways.
    """
    if not runs.knockouts:
        return Knockouts(0, (), (), (), (), (), "no knock-out runs were made")
    held = set(runs.outcomes)
    outcomes = tuple(name for name in FELT if name in held)
    single = tuple(pattern for pattern in patterns if pattern.single)
    tests = parse_patterns(single, runs.outcomes, runs.years, file)
    # Corridor outcomes are made from tables that knock-outs do not keep.
    stored = {name for name in held if not name.startswith("corridor_")}
    single = tuple(pattern for pattern in single if set(tests[pattern.id].outcomes) <= stored)
    needed = list(dict.fromkeys([*outcomes, *(name for p in single for name in tests[p.id].outcomes)]))
    on = runs.fetch_baseline(needed)
    columns = runs.columns(table.knockouts.years)
    effects: list[KnockoutEffect] = []
    verdicts: list[KnockoutPattern] = []
    idle = []
    most = 0
    for mechanism, (rows, fetch) in runs.knockouts.items():
        rows, off = _where_on(runs, mechanism, rows, fetch(needed))
        most = max(most, len(rows))
        before = {name: on[name][rows] for name in needed}
        own = [
            _effect(mechanism, name, before[name][:, columns], off[name][:, columns], table.knockouts.tenth)
            for name in outcomes
        ]
        with_it = evaluate(single, tests, before, runs.years, len(rows))
        without = evaluate(single, tests, off, runs.years, len(rows))
        hurt = [
            _pattern(mechanism, pattern.id, with_it.holds[i], without.holds[i], table)
            for i, pattern in enumerate(single)
        ]
        effects += own
        verdicts += hurt
        if not any(item.above_tenth for item in own) and not any(
            item.verdict in ("fails", "weakened") for item in hurt
        ):
            idle.append(mechanism)
    note = (
        "Unit: standard deviation over draws, everything on. Draws in which the mechanism is off anyway are left out."
    )
    return Knockouts(most, tuple(runs.knockouts), outcomes, tuple(effects), tuple(verdicts), tuple(idle), note)


def _where_on(
    runs: Runs, mechanism: str, rows: np.ndarray, off: object
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    values = dict(off)  # type: ignore[call-overload]
    switch = runs.switches.get(mechanism)
    if switch is None:
        return rows, values
    on = switch[rows]
    return rows[on], {name: value[on] for name, value in values.items()}


def _effect(mechanism: str, outcome: str, on: np.ndarray, off: np.ndarray, tenth: float) -> KnockoutEffect:
    with np.errstate(invalid="ignore", divide="ignore"):
        before, after = _mean(on), _mean(off)
        good = np.isfinite(before) & np.isfinite(after)
        spread = float(before[good].std()) if good.any() else 0.0
        if good.sum() < 2 or not spread > 0:
            return KnockoutEffect(mechanism, outcome, math.nan, math.nan, math.nan, False)
        change = (after - before)[good] / spread
    size = float(np.abs(change).mean())
    se = float(np.abs(change).std(ddof=1) / math.sqrt(len(change)))
    return KnockoutEffect(mechanism, outcome, float(np.median(change)), size, se, bool(size > tenth))


def _mean(values: np.ndarray) -> np.ndarray:
    applies = np.isfinite(values)
    count = applies.sum(axis=1)
    return np.where(count > 0, np.where(applies, values, 0.0).sum(axis=1) / np.maximum(count, 1), np.nan)


def _pattern(
    mechanism: str, pattern: str, with_it: np.ndarray, without: np.ndarray, table: Thresholds
) -> KnockoutPattern:
    before, after = pass_rate(with_it), pass_rate(without)
    word = "no effect"
    if "not testable" in (verdict(before.rate, before.tested, table.verdicts),):
        word = "not testable"
    elif after.tested < table.verdicts.least_tested:
        # Nothing left to test the statement on: without the mechanism it does not come out.
        word = "fails"
    elif before.rate >= table.verdicts.fails > after.rate:
        word = "fails"
    elif before.rate - after.rate > table.knockouts.weakened:
        word = "weakened"
    return KnockoutPattern(mechanism, pattern, word, before.rate, after.rate)
