"""Audits of the evidence: named checks whose findings are shown to the analyst.

Each audit is a function of the evidence alone, works on any case, and returns `Finding`s. `AUDITS` lists
them in the order in which they run and print.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from qorgau.evidence.findings import Finding, Severity
from qorgau.evidence.grading import could_know, is_late, is_part_year
from qorgau.evidence.models import Claim, EvidenceBase, Source
from qorgau.evidence.times import interval
from qorgau.evidence.trends import annual_rate, disagreements

__all__ = ["AUDITS", "Finding", "run_audits"]

Audit = Callable[[EvidenceBase], Iterator[Finding]]


def _cited(evidence: EvidenceBase) -> Iterator[tuple[Claim, Source]]:
    for claim in evidence.claims:
        for entry in claim.cites:
            yield claim, evidence.sources[entry]


def source_older_than_fact(evidence: EvidenceBase) -> Iterator[Finding]:
    """A cited source that is dated before the fact, or before most of the fact's period or count."""
    check = "source_older_than_fact"
    share = evidence.policy.grading.late_share
    for claim, source in _cited(evidence):
        if not could_know(claim, source):
            why = f"cannot know what it is cited for, which starts in {claim.valid.start.year}"
            yield Finding(check, "warning", (claim.id,), (source.id,), f"{claim.id}: {source.label} {why}")
        elif is_late(claim, source, share):
            why = f"was written when most of {claim.valid_time} was still to come"
            yield Finding(check, "info", (claim.id,), (source.id,), f"{claim.id}: {source.label} {why}")
        elif is_part_year(claim, source):
            why = f"was written on {source.issued}, before {claim.valid_time} was over"
            yield Finding(check, "info", (claim.id,), (source.id,), f"{claim.id}: {source.label} {why}")


def citation_without_entry(evidence: EvidenceBase) -> Iterator[Finding]:
    """A source cited by a study whose own bibliography does not list it."""
    lists = {source.entry_of for source in evidence.sources.values() if source.entry_of}
    missing: dict[tuple[str, str], list[str]] = defaultdict(list)
    for claim, source in _cited(evidence):
        if claim.source in lists and source.entry_of != claim.source:
            missing[claim.source, source.id].append(claim.id)
    for (study, entry), claims in missing.items():
        label, teller = evidence.sources[entry].label, evidence.sources[study].label
        message = f"{label} is cited by {teller} for {_listed(claims)} but has no entry in its bibliography"
        yield Finding("citation_without_entry", "warning", tuple(claims), (entry,), message)


def claim_without_citation(evidence: EvidenceBase) -> Iterator[Finding]:
    """Claims for which their source names no source."""
    bare: dict[str, list[str]] = defaultdict(list)
    for claim in evidence.claims:
        if not claim.cites:
            bare[claim.source].append(claim.id)
    for source, claims in bare.items():
        message = f"{evidence.sources[source].label} names no source for {len(claims)} claims: {_listed(claims)}"
        yield Finding("claim_without_citation", "info", tuple(claims), (source,), message)


def entry_never_cited(evidence: EvidenceBase) -> Iterator[Finding]:
    """Entries of a study's bibliography that none of its claims cites."""
    used = {entry for claim in evidence.claims for entry in claim.cites}
    for source in evidence.sources.values():
        if source.entry_of and source.id not in used:
            message = f"{source.label}, entry {source.entry or source.id}, is listed but never cited"
            yield Finding("entry_never_cited", "info", (), (source.id,), message)


def ambiguous_citation(evidence: EvidenceBase) -> Iterator[Finding]:
    """Entries of one bibliography that share author and year, so that a reference by these fits each."""
    groups: dict[tuple[str, str], list[Source]] = defaultdict(list)
    for source in evidence.sources.values():
        if source.entry_of:
            groups[source.entry_of, source.label].append(source)
    for (_, label), group in groups.items():
        if len(group) < 2:
            continue
        ids = tuple(source.id for source in group)
        claims = tuple(claim.id for claim in evidence.claims if set(claim.cites) & set(ids))
        if claims:
            message = f"a reference to {label} fits {' and '.join(ids)}; it is used for {_listed(claims)}"
            yield Finding("ambiguous_citation", "warning", claims, ids, message)


def trend_contradicted_by_figures(evidence: EvidenceBase) -> Iterator[Finding]:
    """A claim about a trend or a first place that the figures at hand contradict."""
    for claim in evidence.claims:
        for found in disagreements(evidence, claim):
            sources = tuple(dict.fromkeys(evidence.source_of(figure) for figure in found.claims))
            severity: Severity = "info" if found.only_as_rate else "warning"
            message = f"{claim.id} {found.message}"
            yield Finding("trend_contradicted_by_figures", severity, (claim.id, *found.claims), sources, message)


def statistic_without_vintage(evidence: EvidenceBase) -> Iterator[Finding]:
    """A statistic that does not say as of when it was published, or whose vintage was found by comparison."""
    check = "statistic_without_vintage"
    matched: dict[tuple[str, str], list[str]] = defaultdict(list)
    for claim in evidence.claims:
        if not claim.is_statistic:
            continue
        source = evidence.source_of(claim)
        if claim.vintage is None:
            message = f"{claim.id} ({claim.unit}) does not say from which publication of the figure it is"
            yield Finding(check, "warning", (claim.id,), (source,), message)
        elif claim.vintage_basis == "matched":
            matched[source, claim.vintage].append(claim.id)
    for (source, vintage), claims in matched.items():
        label = evidence.sources[source].label
        message = f"{_listed(claims)} state no vintage; {vintage} was found by comparing with {label}"
        yield Finding(check, "info", tuple(claims), (source,), message)


def common_cause(evidence: EvidenceBase) -> Iterator[Finding]:
    """Several claims that rest on one source, so that they stand or fall together."""
    resting: dict[str, list[Claim]] = defaultdict(list)
    for claim, source in _cited(evidence):
        resting[source.id].append(claim)
    limits = evidence.policy.audits
    for entry, claims in sorted(resting.items(), key=lambda item: -len(item[1])):
        if len(claims) < limits.common_cause_claims:
            continue
        heavy = len(claims) >= limits.common_cause_share * len(evidence.claims)
        alone = sum(len(claim.cites) == 1 for claim in claims)
        ids = tuple(claim.id for claim in claims)
        message = (
            f"{len(claims)} claims rest on {evidence.sources[entry].label}, {alone} of them on it alone: {_listed(ids)}"
        )
        yield Finding("common_cause", "warning" if heavy else "info", ids, (entry,), message)


def part_year_figure(evidence: EvidenceBase) -> Iterator[Finding]:
    """A year's count cited to a source written within that year, with what it would be for a whole year."""
    for claim, source in _cited(evidence):
        rate = annual_rate(claim, source)
        if rate is None:
            continue
        message = (
            f"{claim.id}: {claim.value:g} {claim.unit} for {claim.valid_time}, by a source of {source.issued}; "
            f"if it counts the year to date, a whole year has about {rate:.0f}"
        )
        yield Finding("part_year_figure", "warning", (claim.id,), (source.id,), message)


def date_conflict(evidence: EvidenceBase) -> Iterator[Finding]:
    """Dates that cannot all be right: of a source, of a fact, or of both."""
    check = "date_conflict"
    for source in evidence.sources.values():
        other = source.issued_otherwise
        if source.issued and other and not interval(source.issued).overlaps(interval(other.valid_time)):
            claims = tuple(claim.id for claim in evidence.claims if source.id in claim.cites)
            message = f"{source.label}: dated {source.issued}, but also {other.valid_time}. {other.reason}"
            yield Finding(check, "warning", claims, (source.id,), message)
    for claim in evidence.claims:
        for other in claim.other_dates:
            span = interval(other.valid_time)
            if not claim.valid.overlaps(span):
                message = f"{claim.id}: dated {claim.valid_time}, but {other.valid_time} elsewhere ({other.reason})"
                yield Finding(check, "warning", (claim.id,), claim.cites, message)
            for entry in claim.cites:
                issued = evidence.sources[entry].issued
                if issued and interval(issued).end < span.start:
                    message = f"{claim.id}: its source is dated {issued}, before the fact ({other.reason})"
                    yield Finding(check, "warning", (claim.id,), (entry,), message)


def contested_claim(evidence: EvidenceBase) -> Iterator[Finding]:
    """Claims that are disputed or retracted, with the last reason in the log."""
    last = {line.claim: line for line in evidence.log if line.what == "status"}
    for claim in evidence.claims:
        if claim.status == "open":
            continue
        line = last.get(claim.id)
        why = f" ({line.by}, {line.date}): {line.reason}" if line else ""
        message = f"{claim.id} is {claim.status}{why}"
        yield Finding("contested_claim", "info", (claim.id,), (evidence.source_of(claim),), message)


_WORD = re.compile(r"[^\W\d_][\w'’-]*")


def possible_person_name(evidence: EvidenceBase) -> Iterator[Finding]:
    """Capitalised words in a statement or note that are no listed proper name: no private person may be named."""
    for claim in evidence.claims:
        words = set(_capitalised(f"{claim.statement} {claim.note or ''}"))
        unknown = sorted(words - evidence.names.allowed)
        if unknown:
            message = f"{claim.id}: {', '.join(unknown)} may name a person; reword, or list the name in names.yaml"
            yield Finding("possible_person_name", "warning", (claim.id,), (claim.source,), message)
        office = sorted(word for word in evidence.names.public_office if word.lower() in claim.statement.lower())
        if office and not claim.names_public_office:
            message = f"{claim.id}: speaks of a public office ({', '.join(office)}); mark it names_public_office: true"
            yield Finding("possible_person_name", "warning", (claim.id,), (claim.source,), message)


def _capitalised(statement: str) -> Iterator[str]:
    starts = {0} | {match.end() for match in re.finditer(r"[.!?:;]\s+", statement)}
    for match in _WORD.finditer(statement):
        word = match.group().removesuffix("'s").removesuffix("’s")
        # Words with digits are labels (of claims, editions), no names.
        if word[0].isupper() and match.start() not in starts and not any(sign.isdigit() for sign in word):
            yield word


def _listed(ids: list[str] | tuple[str, ...], most: int = 8) -> str:
    shown = ", ".join(ids[:most])
    return shown if len(ids) <= most else f"{shown} and {len(ids) - most} more"


AUDITS: Mapping[str, Audit] = MappingProxyType(
    {
        audit.__name__: audit
        for audit in (
            source_older_than_fact,
            citation_without_entry,
            claim_without_citation,
            entry_never_cited,
            ambiguous_citation,
            trend_contradicted_by_figures,
            statistic_without_vintage,
            common_cause,
            part_year_figure,
            date_conflict,
            contested_claim,
            possible_person_name,
        )
    }
)


def run_audits(evidence: EvidenceBase) -> tuple[Finding, ...]:
    """Run every audit in the order of `AUDITS` and return all findings."""
    return tuple(finding for audit in AUDITS.values() for finding in audit(evidence))
