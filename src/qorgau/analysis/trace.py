"""What the advice hangs on: which claim, were it known, would change the choice, and which source to research next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from qorgau.analysis.decision import Decision
from qorgau.analysis.information import (
    Estimate,
    bit_values,
    known_best,
    number_value,
    perfect_value,
    readings_value,
    tipping_point,
)
from qorgau.analysis.records import ClaimValue, FigureValue, SourceValue, Trace
from qorgau.analysis.runs import Floats, Runs
from qorgau.analysis.thresholds import Thresholds

__all__ = ["trace"]

_SURE = 2.0
"""Standard errors beyond which a value of information counts as more than chance."""


def _claim(
    claim: str,
    source: str,
    bits: np.ndarray,
    found: Estimate,
    choice: Decision,
    perfect: tuple[float, float],
    least: int,
) -> ClaimValue:
    utility, names = choice.utility, choice.options
    true, false = int(bits.sum()), int((~bits).sum())
    p = true / max(1, true + false)
    now = known_best(utility)
    if min(true, false) < least:
        note = f"true in {true} and false in {false} draws: too few to judge"
        return ClaimValue(
            claim, source, p, 0.0, math.nan, found.plug_in, False, None, names[now], names[now], names[now],
            0.0, 0.0, true, false, True, note,
        )
    when_true, when_false = utility[bits].mean(axis=0), utility[~bits].mean(axis=0)
    best_true, best_false = int(np.argmax(when_true)), int(np.argmax(when_false))
    differs = best_true != best_false
    hinge = bool(differs and found.value > _SURE * found.se)
    # Knowing more cannot be worth less than nothing, nor more than knowing everything.
    room = _SURE * math.hypot(found.se, perfect[1])
    monotone = bool(found.raw >= -_SURE * found.se and found.value <= perfect[0] + room)
    note = ""
    if differs and not hinge:
        note = "the best measure differs between draws where it is true and false, by no more than chance explains"
    if not monotone:
        note = "the estimate breaks a bound that holds for certain: take more draws"
    return ClaimValue(
        claim=claim, source=source, p=p, evppi=found.value, se=found.se, plug_in=found.plug_in, hinge=hinge,
        tips_at=tipping_point(when_true, when_false, p) if hinge else None, best_now=names[now],
        best_if_true=names[best_true], best_if_false=names[best_false],
        gain_if_true=float(when_true[best_true] - when_true[now]),
        gain_if_false=float(when_false[best_false] - when_false[now]),
        draws_true=true, draws_false=false, monotone=monotone, note=note,
    )


def _figure(
    name: str, claims: Sequence[str], values: Floats, choice: Decision, table: Thresholds, evpi: float, seed: int
) -> FigureValue:
    found, fitted = number_value(choice.utility, values, table.trace.splits, seed)
    order = np.argsort(values, kind="stable")
    best = np.argmax(fitted[order], axis=1) if len(fitted) else np.zeros(1, dtype=int)
    fifth = max(1, len(best) // 5)
    low, high = _most(best[:fifth]), _most(best[-fifth:])
    hinge = bool(low != high and found.value > _SURE * found.se)
    turns = np.flatnonzero(best != best[0])
    monotone = bool(not np.isfinite(found.se) or -_SURE * found.se <= found.raw <= evpi + _SURE * found.se)
    return FigureValue(
        parameter=name, claims=tuple(claims), evppi=found.value, se=found.se, hinge=hinge,
        best_low=choice.options[low], best_high=choice.options[high],
        turns_at=float(values[order][turns[0]]) if low != high and len(turns) else None, monotone=monotone,
        note="" if np.isfinite(found.se) else "too few draws, or a fixed value: not judged",
    )


def _most(choices: np.ndarray) -> int:
    return int(np.bincount(choices).argmax())


def trace(
    runs: Runs,
    used: np.ndarray,
    choice: Decision,
    table: Thresholds,
    *,
    source_of: Mapping[str, str] | None = None,
    figure_claims: Mapping[str, Sequence[str]] | None = None,
    seed: int = 0,
) -> Trace:
    """Return what the choice among the options hangs on.

    Parameters
    ----------
    runs, used
        The runs and the mask of those in use.
    choice
        The decision; its utility's rows are the runs in use.
    table
        The case's cut-offs.
    source_of
        Source whose research would tell about each claim.
    figure_claims
        Claims that each parameter rests on.
    seed
        Seed of split samples and resamples.
    """
    rule, sources = table.trace, dict(source_of or {})
    evpi, evpi_se = perfect_value(choice.utility)
    names = tuple(runs.claims)
    bits = np.zeros((int(used.sum()), len(names)), dtype=bool)
    for i, name in enumerate(names):
        bits[:, i] = runs.claims[name][used]
    found = bit_values(choice.utility, bits, rule.splits, rule.bootstrap, seed)
    claims = [
        _claim(name, sources.get(name, ""), bits[:, i], found[i], choice, (evpi, evpi_se), rule.least_draws)
        for i, name in enumerate(names)
    ]
    figures = [
        _figure(name, (figure_claims or {}).get(name, ()), values[used], choice, table, evpi, seed)
        for name, values in runs.parameters.items() if len(values) and float(np.ptp(values)) > 0
    ]
    hinges = {item.claim for item in claims if item.hinge}
    by_source: dict[str, list[int]] = {}
    for i, name in enumerate(names):
        by_source.setdefault(sources.get(name, ""), []).append(i)
    values = {item.claim: item for item in claims}
    researched = []
    for source, rows in by_source.items():
        checked = readings_value(choice.utility, bits[:, rows], rule.check_accuracy, rule.splits, seed)
        known = readings_value(choice.utility, bits[:, rows], 1.0, rule.splits, seed)
        single = max((values[names[i]] for i in rows), key=lambda item: item.evppi)
        note = ""
        if known.value + _SURE * _number(known.se) < single.evppi - _SURE * _number(single.se):
            note = f"below the value of {single.claim} alone: readings act together, not one by one"
        researched.append(SourceValue(
            source=source, claims=tuple(names[i] for i in rows), evii=checked.value, se=checked.se, evppi=known.value,
            accuracy=rule.check_accuracy, hinges=tuple(names[i] for i in rows if names[i] in hinges), note=note,
        ))
    return Trace(
        best_now=choice.options[known_best(choice.utility)], utility=choice.text, utility_unit=choice.unit,
        runs=int(used.sum()), evpi=evpi, evpi_se=evpi_se,
        claims=tuple(sorted(claims, key=lambda item: (-item.evppi, not item.hinge, item.claim))),
        figures=tuple(sorted(figures, key=lambda item: (-item.evppi, item.parameter))),
        sources=tuple(sorted(researched, key=lambda item: (-item.evii, item.source))),
        note=(
            f"Value of choosing better, in {choice.unit}. Split samples ({rule.splits} halvings); standard errors from "
            f"{rule.bootstrap} resamples. Checking a source gives the right verdict on a claim "
            f"{rule.check_accuracy:.0%} of the time (assumption)."
        ),
    )


def _number(value: float) -> float:
    return value if np.isfinite(value) else 0.0
