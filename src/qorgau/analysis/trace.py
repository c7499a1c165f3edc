"""What the advice hangs on: which claim, were it known, would change the choice, and which source to research next."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from qorgau.analysis.decision import Decision
from qorgau.analysis.information import (
    Estimate,
    beyond_chance,
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
"""Standard errors beyond which an estimate breaks a bound."""


def _claim(
    claim: str,
    source: str,
    bits: np.ndarray,
    found: Estimate,
    choice: Decision,
    sure: bool,
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
    hinge = bool(differs and sure)
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


def _figures(
    drawn: Mapping[str, Floats], claims: Mapping[str, Sequence[str]], choice: Decision, table: Thresholds,
    perfect: tuple[float, float], seed: int,
) -> list[FigureValue]:
    """Return the value of knowing each drawn number; those that do not vary are left out."""
    varying = {name: values for name, values in drawn.items() if len(values) and float(np.ptp(values)) > 0}
    fits = {name: number_value(choice.utility, values, table.trace.splits, seed) for name, values in varying.items()}
    sure = beyond_chance([found for found, _ in fits.values()], table.trace.false_finds)
    made = []
    for (name, (found, fitted)), certain in zip(fits.items(), sure):
        order = np.argsort(varying[name], kind="stable")
        best = np.argmax(fitted[order], axis=1)
        fifth = max(1, len(best) // 5)
        low, high = _most(best[:fifth]), _most(best[-fifth:])
        hinge = bool(low != high and certain)
        turns = np.flatnonzero(best != best[0])
        judged = bool(np.isfinite(found.se))
        room = _SURE * math.hypot(_number(found.se), _number(perfect[1]))
        made.append(FigureValue(
            parameter=name, claims=tuple(claims.get(name, ())), evppi=found.value, se=found.se, hinge=hinge,
            best_low=choice.options[low], best_high=choice.options[high],
            turns_at=float(varying[name][order][turns[0]]) if hinge and len(turns) else None,
            monotone=not judged or -room <= found.raw <= perfect[0] + room,
            note="" if judged else "too few draws: not judged",
        ))
    return sorted(made, key=lambda item: (-item.evppi, item.parameter))


def _sources(
    bits: np.ndarray, claims: Sequence[ClaimValue], choice: Decision, table: Thresholds, seed: int
) -> list[SourceValue]:
    """Return the value of checking each source; `claims` are the columns of `bits`."""
    rule = table.trace
    by_source: dict[str, list[int]] = {}
    for i, claim in enumerate(claims):
        by_source.setdefault(claim.source, []).append(i)
    checks = [readings_value(choice.utility, bits[:, rows], rule.check_accuracy, rule.splits, seed)
              for rows in by_source.values()]
    knows = [readings_value(choice.utility, bits[:, rows], 1.0, rule.splits, seed) for rows in by_source.values()]
    sure = beyond_chance(checks, rule.false_finds)
    made = []
    for (source, rows), checked, known, certain in zip(by_source.items(), checks, knows, sure):
        # A check that can err cannot be worth more than one that cannot, nor all claims less than one of them.
        within = checked.raw <= known.value + _SURE * _number(known.se)
        single = max((claims[i] for i in rows), key=lambda item: item.evppi)
        note = "" if within else "the estimate breaks a bound that holds for certain: take more draws"
        if known.value + _SURE * _number(known.se) < single.evppi - _SURE * _number(single.se):
            note = f"below the value of {single.claim} alone: its claims act together, not one by one"
        made.append(SourceValue(
            source=source, claims=tuple(claims[i].claim for i in rows), evii=checked.value, se=checked.se,
            evppi=known.value, accuracy=rule.check_accuracy, note=note,
            hinges=tuple(claims[i].claim for i in rows if claims[i].hinge),
            settled=bool(certain and within), monotone=bool(within),
        ))
    return sorted(made, key=lambda item: (not item.settled, -item.evii, item.source))


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
    perfect = perfect_value(choice.utility)
    names = tuple(runs.claims)
    bits = np.zeros((int(used.sum()), len(names)), dtype=bool)
    for i, name in enumerate(names):
        bits[:, i] = runs.claims[name][used]
    found = bit_values(choice.utility, bits, rule.splits, rule.bootstrap, seed)
    sure = beyond_chance(found, rule.false_finds)
    claims = [
        _claim(name, sources.get(name, ""), bits[:, i], found[i], choice, bool(sure[i]), perfect, rule.least_draws)
        for i, name in enumerate(names)
    ]
    drawn = {name: values[used] for name, values in runs.parameters.items()}
    return Trace(
        best_now=choice.options[known_best(choice.utility)], utility=choice.text, utility_unit=choice.unit,
        runs=int(used.sum()), evpi=perfect[0], evpi_se=perfect[1],
        claims=tuple(sorted(claims, key=lambda item: (not item.hinge, -item.evppi, item.claim))),
        figures=tuple(_figures(drawn, figure_claims or {}, choice, table, perfect, seed)),
        sources=tuple(_sources(bits, claims, choice, table, seed)),
        note=(
            f"Value of choosing better, in {choice.unit}. Split samples ({rule.splits} halvings); standard errors from "
            f"{rule.bootstrap} resamples. Checking a source gives the right verdict on a claim "
            f"{rule.check_accuracy:.0%} of the time (assumption). Of what is called a hinge or worth researching, "
            f"at most {rule.false_finds:.0%} is expected to be luck."
        ),
    )


def _number(value: float) -> float:
    return value if np.isfinite(value) else 0.0
