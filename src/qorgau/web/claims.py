"""Claims as the page lists and opens them: statement, source, grade, how likely it holds, where the model uses it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from qorgau.analysis.record import plain
from qorgau.analysis.records import Analysis
from qorgau.case import Case
from qorgau.evidence import Claim, Source, claim_marginals, source_of_truth

__all__ = ["Evidence"]

_ROLES = {
    "input": "an input", "mechanism": "a mechanism", "structure": "a structure", "event": "an event",
    "measure": "a counter-measure", "pattern": "a pattern to be reproduced", "context": "context, not used in runs",
}


class Evidence:
    """The evidence of a case, and what the advice hangs on where results are at hand."""

    def __init__(self, case: Case, analysis: Analysis | None = None) -> None:
        base = case.evidence
        marginals = claim_marginals(base.claims, base.policy)
        self._case = case
        self._claims: Mapping[str, Claim] = {claim.id: claim for claim in base.claims}
        self._holds = {claim.id: float(p) for claim, p in zip(base.claims, marginals)}
        self._values = {item.claim: item.to_json() for item in analysis.trace.claims} if analysis else {}

    def __contains__(self, claim: str) -> bool:
        return claim in self._claims

    def rows(self) -> list[dict[str, Any]]:
        """Return all claims in short, in file order."""
        return [self._row(claim) for claim in self._claims.values()]

    def one(self, claim_id: str) -> dict[str, Any]:
        """Return one claim with all that is known of it; KeyError when there is none."""
        claim = self._claims[claim_id]
        base = self._case.evidence
        value = self._values.get(claim.id)
        return plain({
            **self._row(claim),
            "grade_reason": claim.grade_reason or "", "valid_time": claim.valid_time, "vintage": claim.vintage,
            "number": _number(claim), "hedged": claim.hedged, "note": claim.note or "",
            "contradicts": list(claim.contradicts), "confirmed_by": list(claim.confirmed_by),
            "cites": [_source(base.sources[name]) for name in claim.cites if name in base.sources],
            "told_by": _source(base.sources[claim.source]),
            "used": [
                {"as": _ROLES[p.role], "where": p.where, "reason": p.reason or ""} for p in claim.placement
            ],
            "log": [
                {"date": e.date, "by": e.by, "what": e.what, "before": e.before, "after": e.after, "reason": e.reason}
                for e in base.log if e.claim == claim.id
            ],
            "trace": value,
        })

    def rests_on(self, outcome: str, measures: Sequence[Sequence[str]]) -> list[str]:
        """Return the claims behind a number: those of the measures that act, then those placed at the outcome."""
        named = [c.id for c in self._claims.values() if any(p.where == f"outcome:{outcome}" for p in c.placement)]
        found = dict.fromkeys([claim for claims in measures for claim in claims] + named)
        return [claim for claim in found if claim in self._claims]

    def _row(self, claim: Claim) -> dict[str, Any]:
        base = self._case.evidence
        behind = base.sources.get(source_of_truth(claim)) or base.sources[claim.source]
        value = self._values.get(claim.id, {})
        return plain({
            "id": claim.id, "statement": claim.statement, "kind": claim.kind,
            "subsystem": claim.subsystem.replace("_", " "), "source": behind.label, "page": claim.page,
            "grade": claim.grade, "status": claim.status, "p": self._holds[claim.id],
            "hinge": bool(value.get("hinge", False)), "evppi": value.get("evppi"), "tips_at": value.get("tips_at"),
        })


def _source(source: Source) -> dict[str, Any]:
    return {"id": source.id, "label": source.label, "title": source.title, "kind": source.source_type.replace("_", " ")}


def _number(claim: Claim) -> str:
    if not claim.has_number:
        return ""
    middle = "" if claim.value is None else f"{claim.value:,g}"
    if claim.low is not None and claim.high is not None:
        middle = f"{middle} ({claim.low:,g} to {claim.high:,g})" if middle else f"{claim.low:,g} to {claim.high:,g}"
    elif not middle:
        middle = f"at least {claim.low:,g}" if claim.low is not None else f"at most {claim.high:,g}"
    return f"{middle} {claim.unit or ''}".strip()
