"""The answer in plain words, built from results: no finding is written here, only the forms of sentences."""

from __future__ import annotations

import math
from collections.abc import Sequence

from qorgau.analysis.decision import PEOPLE
from qorgau.analysis.records import Answer, Comparison, Displacement, Effect, Knockouts, Matching, MeasureResult, Trace
from qorgau.analysis.thresholds import Thresholds
from qorgau.analysis.words import likelihood_note, phrase, shown

__all__ = ["NOT_FOR", "answer"]

NOT_FOR: tuple[str, ...] = (
    "Operational targeting of persons, vehicles, crossings or communities.",
    "Estimating how many people are trafficked in a given place or year.",
    "Judging a person by origin, kin or patron group.",
    "Finding routes: displacement is shown as harm to prepare for.",
)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:] if text[1:2].islower() else text


def _people(measure: MeasureResult) -> Effect | None:
    return measure.effect(PEOPLE)


def _helps(measure: MeasureResult) -> bool:
    found = _people(measure)
    return found is not None and found.direction in ("fewer", "fewer2")


def _change(found: Effect) -> str:
    item = found.difference
    return phrase(item.median, item.low90, item.high90, noun="people")


def _range(found: Effect) -> str:
    item = found.baseline
    middle, low, high = (
        shown(x, item.low90, item.high90, whole=True) for x in (item.median, item.low90, item.high90)
    )
    return f"{middle} ({low} to {high})"


def _percent(item: Displacement) -> str:
    p = item.percent
    middle, low, high = (shown(x, p.low90, p.high90) for x in (p.median, p.low90, p.high90))
    return f"{middle} % ({low} to {high})"


def leaders(comparison: Comparison) -> list[MeasureResult]:
    """Return the measures that help, those most often near the best first."""
    found = [measure for measure in comparison.measures if _helps(measure)]
    return sorted(found, key=lambda m: (-_number(m.near_best_in), m.rank or 0))


def worst_shift(comparison: Comparison) -> Displacement | None:
    """Return the likely rise of people carried at a border section, or exploited elsewhere, of most people.

    Only measures that are compared and ranked count, and only rises that are at least likely.
    """
    ranked = {measure.policy for measure in comparison.measures}
    rises = [
        row for row in comparison.displacement
        if row.what == "people" and row.policy in ranked and row.direction in ("more", "more2")
        and _number(row.difference.median) > 0
    ]
    return max(rises, key=lambda row: row.difference.median, default=None)


def _number(value: float) -> float:
    return value if math.isfinite(value) else 0.0


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _headline(
    first: list[MeasureResult], shift: Displacement | None, comparison: Comparison, matching: Matching
) -> str:
    if matching.advice == "none":
        return "No advice: too few independent runs agree with what the sources say comes out."
    if not comparison.measures:
        return "No counter-measure was compared."
    if not first:
        return "Not settled: no counter-measure likely lowers the number of people exploited."
    best = first[0]
    effect = _people(best)
    word = "very likely" if effect is not None and effect.direction == "fewer" else "likely"
    near = [m for m in first[1:3] if _number(m.near_best_in) >= 0.5 * _number(best.near_best_in)]
    names = _listed([best.label, *(_lower(m.label) for m in near)])
    if near:
        said = f"{names} spare the most people"
    else:
        said = f"{names} {word} spares people exploitation, more often the most than any other measure"
    if shift is not None:
        measure = comparison.measure(shift.policy)
        if measure is not None and not _helps(measure):
            said += f". {measure.label} moves harm without lowering it"
    return f"{said}."


def _lead(first: list[MeasureResult], comparison: Comparison, matching: Matching, focus: str) -> str:
    if matching.advice == "none":
        return matching.reason
    said = []
    first_year, last_year = comparison.window
    for i, measure in enumerate(first[:2]):
        effect = _people(measure)
        if effect is None:
            continue
        subject = measure.label if i else f"Had {_lower(measure.label)} started in {comparison.had_it_started}, about"
        if i == 0:
            said.append(
                f"{subject} {_change(effect)} would have been exploited in {focus} on average over "
                f"{first_year}–{last_year}, against a baseline of {_range(effect)}; 90 % of draws in brackets."
            )
        else:
            said.append(f"{subject}: {_change(effect)}, {effect.word}.")
    open_ones = [m for m in comparison.measures if (e := _people(m)) is not None and not e.settled]
    harmful = [m for m in comparison.measures if (e := _people(m)) is not None and e.direction in ("more", "more2")]
    if open_ones:
        said.append(
            f"For {len(open_ones)} of {len(comparison.measures)} measures even the direction is not settled: "
            f"{', '.join(_lower(m.label) for m in open_ones)}."
        )
    if harmful:
        said.append(f"More people are exploited, in most draws, under: {', '.join(_lower(m.label) for m in harmful)}.")
    return " ".join(said)


def _helps_most(first: list[MeasureResult], comparison: Comparison) -> str:
    if not first:
        return "None of the measures is at least likely to lower the number of people exploited."
    best = first[0]
    near = shown(comparison.near)
    return (
        f"{best.label}. Best in {_share(best.best_in)} of draws, best or within {near} {comparison.utility_unit} of "
        f"best in {_share(best.near_best_in)}."
    )


def _share(value: float) -> str:
    return f"{100 * value:.0f} %" if math.isfinite(value) else "–"


def _moves_harm(shift: Displacement | None, comparison: Comparison) -> str:
    if shift is None:
        return "No measure is at least likely to raise the number of people carried across any border section."
    measure = comparison.measure(shift.policy)
    name = measure.label if measure is not None else shift.policy
    if shift.kind == "section":
        return f"{name}. People carried across {shift.label}: {shift.word}, {_percent(shift)}."
    return f"{name}. People exploited {shift.label}: {shift.word}, {_percent(shift)}."


def _could_change(trace: Trace) -> tuple[str, tuple[str, ...]]:
    hinges = [item for item in trace.claims if item.hinge]
    said = []
    if hinges:
        names = ", ".join(item.claim for item in hinges[:5])
        one = len(hinges) == 1
        said.append(
            f"{len(hinges)} claim{'' if one else 's'} would change the advice: {names}"
            f"{' and others' if len(hinges) > 5 else ''}."
        )
        top = hinges[0]
        if top.tips_at is not None:
            said.append(
                f"{top.claim} holds with probability {top.p:.2f}; the advice tips at {top.tips_at:.2f}."
            )
    else:
        said.append("No single claim changes the advice by more than chance explains.")
    source = next((item for item in trace.sources if item.settled), None)
    if source is not None:
        said.append(f"Research next: {source.source}, worth {shown(source.evii)} {trace.utility_unit}.")
    else:
        said.append("No source stands out as the one to research next.")
    return " ".join(said), tuple(item.claim for item in hinges[:5])


def _hangs_together(matching: Matching, knockouts: Knockouts) -> str:
    by_word: dict[str, list[str]] = {}
    for pattern in matching.patterns:
        by_word.setdefault(pattern.verdict, []).append(pattern.id)
    if not matching.patterns:
        return "The case states no patterns."
    when = "after matching" if matching.advice == "matched" else "without matching"
    said = [f"Of {len(matching.patterns)} patterns, {len(by_word.get('holds', ()))} hold {when}"]
    for word, form in (("weak", "are weak"), ("fails", "fail"), ("not testable", "are not testable")):
        ids = by_word.get(word, [])
        if ids:
            said.append(f"{len(ids)} {form} ({_some(ids)})")
    text = ", ".join(said) + "."
    if knockouts.mechanisms:
        text += (
            f" {len(knockouts.idle)} of {len(knockouts.mechanisms)} processes switched off make no difference that "
            f"counts: {_some(knockouts.idle)}." if knockouts.idle
            else f" Each of the {len(knockouts.mechanisms)} processes that were switched off makes a difference."
        )
    return text


def _some(ids: Sequence[str], most: int = 8) -> str:
    return ", ".join(ids[:most]) + (" and others" if len(ids) > most else "")


def answer(
    comparison: Comparison, trace: Trace, matching: Matching, knockouts: Knockouts, table: Thresholds, *,
    focus: str, title: str, not_for: Sequence[str] = (),
) -> Answer:
    """Return the answer in plain words.

    Parameters
    ----------
    comparison, trace, matching, knockouts
        The results that it is made of.
    table
        The case's cut-offs, for the words.
    focus, title
        Names of the country in focus and of the case.
    not_for
        What the case says that it is not for; added to what holds for every case.
    """
    none = matching.advice == "none"
    first = [] if none else leaders(comparison)
    shift = None if none else worst_shift(comparison)
    could, claims = ("No advice is given, so nothing can change it.", ()) if none else _could_change(trace)
    return Answer(
        settled=bool(first), title=title, headline=_headline(first, shift, comparison, matching),
        lead=_lead(first, comparison, matching, focus),
        helps_most="No advice is given." if none else _helps_most(first, comparison),
        helps_most_policy=first[0].policy if first else None,
        moves_harm="No advice is given." if none else _moves_harm(shift, comparison),
        moves_harm_policy=shift.policy if shift else None, could_change=could, could_change_claims=claims,
        hangs_together=_hangs_together(matching, knockouts), likelihood=likelihood_note(table.likelihood),
        not_for=tuple(dict.fromkeys((*not_for, *NOT_FOR))),
    )
