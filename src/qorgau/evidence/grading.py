"""The Admiralty grade of a claim, by rule.

Reliability (A to F) is that of the source *behind* the claim: the type of the first cited entry that could
know the fact, else of the source that makes the statement. Credibility (1 to 6) starts from how the claim
is supported and moves by stated steps: hedging, a source too early to know, a count of an unfinished year,
contradiction by the source's own figures, a second independent source. A claim that a public series carried
by the case confirms has credibility 1. Every grade comes with a sentence that says why.

The scale is the Admiralty code of NATO's AJP-2.1 (source reliability A-F, information credibility 1-6);
the steps are those of `GradingPolicy`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from qorgau.evidence.models import Claim, Source
from qorgau.evidence.policy import RELIABILITIES, Policy

__all__ = ["Grade", "could_know", "grade", "is_late", "is_part_year", "with_grade"]

_JUDGED_WORST = 5
_CONFIRMED, _NOT_JUDGED = 1, 6


@dataclass(frozen=True)
class Grade:
    """Reliability A-F, credibility 1-6, and a sentence that says why."""

    reliability: str
    credibility: int
    reason: str

    def __str__(self) -> str:
        return f"{self.reliability}{self.credibility}"


def could_know(claim: Claim, source: Source) -> bool:
    """Whether `source` is dated late enough to have known the start of what `claim` states (undated: yes)."""
    known = source.known_until
    return known is None or known.end >= claim.valid.start


def is_late(claim: Claim, source: Source, late_share: float) -> bool:
    """Whether `source` knew the start, but less than `late_share` of the period had passed at its date."""
    known = source.known_until
    if known is None or not could_know(claim, source):
        return False
    return claim.valid.share_before(known.end) < late_share


def is_part_year(claim: Claim, source: Source) -> bool:
    """Whether `claim` is a count of a period of at most a year that was not over at the date of `source`."""
    known = source.known_until
    if known is None or claim.kind != "figure" or not claim.has_number or claim.valid.days > 366:
        return False
    return claim.valid.start <= known.end < claim.valid.end


def _lower(letter: str, steps: int) -> str:
    # F (cannot be judged) is no step on the scale: it stays F.
    if letter == "F":
        return letter
    return RELIABILITIES[min(RELIABILITIES.index(letter) + steps, RELIABILITIES.index("E"))]


def _able(claim: Claim, sources: Mapping[str, Source]) -> list[Source]:
    return [sources[entry] for entry in claim.cites if could_know(claim, sources[entry])]


def _reliability(claim: Claim, sources: Mapping[str, Source], policy: Policy) -> tuple[str, list[str]]:
    steps = policy.grading
    able = _able(claim, sources)
    if not claim.cites:
        source = sources[claim.source]
        return steps.source_types[source.source_type], [f"{source.label} names no source for it"]
    if not able:
        cited = sources[claim.cites[0]]
        teller = sources[claim.source]
        letter = _lower(steps.source_types[teller.source_type], steps.cannot_know)
        return letter, [f"cited to {cited.label}, which is older than the fact, so it rests on {teller.label} alone"]
    best = min(able, key=lambda source: steps.source_types[source.source_type])
    letter = steps.source_types[best.source_type]
    reasons = [f"rests on {best.label}, {best.source_type.replace('_', ' ')}"]
    if claim.citation == "inferred" and not claim.confirmed_by:
        letter = _lower(letter, steps.inferred)
        reasons.append("the entry behind it is inferred from the text")
    return letter, reasons


def _start(claim: Claim, letter: str, able: list[Source], policy: Policy) -> tuple[int, list[str]]:
    """Credibility before the steps; a claim without support of any kind is not judged."""
    bears = claim.confirmed_by or claim.corroborated_by or claim.contradicts
    if not claim.cites and not bears:
        return _NOT_JUDGED, ["nothing at hand tells for or against it"]
    strong = bool(able) and letter in policy.grading.strong and claim.citation != "inferred"
    return (2, ["cited from a source of weight"]) if strong else (3, [])


def _independent(claim: Claim, able: list[Source], sources: Mapping[str, Source]) -> int:
    """Number of hands (authors, publishers) in support: two works by the same hands count once."""
    support = [*able, *(sources[entry] for entry in claim.corroborated_by)]
    return len({source.creators or (source.title,) for source in support})


def _steps(
    claim: Claim, others: Mapping[str, Claim], able: list[Source], sources: Mapping[str, Source], policy: Policy
) -> tuple[int, list[str]]:
    table = policy.grading
    moved, reasons = 0, []
    if claim.hedged:
        moved += table.hedged
        reasons.append("hedged in the source")
    if claim.cites and not able:
        moved += table.cannot_know
    if able and all(is_late(claim, source, table.late_share) for source in able):
        moved += table.late
        reasons.append("most of its period came after its source was written")
    if able and all(is_part_year(claim, source) for source in able):
        moved += table.part_year
        reasons.append("its source was written before the year was over")
    rivals = [others[rival] for rival in claim.contradicts]
    if any(rival.confirmed_by for rival in rivals):
        moved += table.contradicted_by_confirmed
        reasons.append("confirmed figures contradict it")
    elif rivals:
        moved += table.contradicted
        reasons.append("other claims contradict it")
    support = _independent(claim, able, sources)
    if support > 1 or (not claim.cites and claim.corroborated_by):
        moved -= table.corroborated
        names = [sources[entry].label for entry in claim.corroborated_by]
        reasons.append(f"supported by {' and '.join(names)}" if names else "supported by independent sources")
    return moved, reasons


def grade(claim: Claim, others: Mapping[str, Claim], sources: Mapping[str, Source], policy: Policy) -> Grade:
    """Grade a claim by rule.

    Parameters
    ----------
    claim
        The claim to be graded; its own grade fields are ignored.
    others
        All claims by id, for contradictions.
    sources
        The bibliography by id.
    policy
        The policy table, whose `grading` part holds the steps.
    """
    letter, reasons = _reliability(claim, sources, policy)
    able = _able(claim, sources)
    if claim.confirmed_by and not claim.contradicts:
        names = " and ".join(sources[entry].label for entry in claim.confirmed_by)
        return Grade(letter, _CONFIRMED, _sentence([*reasons, f"confirmed by the figures of {names}"]))
    start, why = _start(claim, letter, able, policy)
    if start == _NOT_JUDGED:
        return Grade(letter, start, _sentence([*reasons, *why]))
    moved, steps = _steps(claim, others, able, sources, policy)
    credibility = max(_CONFIRMED + 1, min(_JUDGED_WORST, start + moved))
    return Grade(letter, credibility, _sentence([*reasons, *why, *steps]))


def _sentence(parts: Iterable[str]) -> str:
    text = "; ".join(parts)
    return text[:1].upper() + text[1:] + "."


def with_grade(claim: Claim, rule: Grade) -> Claim:
    """Return the claim with the grade that holds for it: its override if it carries one, else the rule's."""
    override = claim.grade_override
    if override is None:
        update = {"reliability": rule.reliability, "credibility": rule.credibility, "grade_reason": rule.reason}
    else:
        update = {
            "reliability": override.reliability,
            "credibility": override.credibility,
            "grade_reason": f"Set by hand ({override.by}, {override.date}): {override.reason} By rule: {rule}.",
        }
    return claim.model_copy(update=update)
