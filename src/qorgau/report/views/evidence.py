"""The evidence itself: every claim with its grade, source, page and place; what the audits found; bibliography."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

from qorgau.evidence import Claim, Source, run_audits
from qorgau.report.views.context import Context
from qorgau.report.views.patterns import subsystem_title

__all__ = ["evidence_view"]

_CREDIBILITY = {
    1: "confirmed",
    2: "probably true",
    3: "possibly true",
    4: "doubtful",
    5: "improbable",
    6: "cannot judge",
}
_RELIABILITY = {
    "A": "reliable",
    "B": "usually reliable",
    "C": "fairly reliable",
    "D": "not usually",
    "E": "unreliable",
    "F": "cannot judge",
}
_SAFE_URL = re.compile(r"^https?://[^\s\"'<>]+$")


def _source(context: Context, name: str) -> Source | None:
    return context.case.evidence.sources.get(name)


def _placed(claim: Claim) -> list[dict[str, str]]:
    """Return where a claim is used, one line for each role."""
    roles: dict[str, list[str]] = {}
    for p in claim.placement:
        name = p.where.partition(":")[2].replace("_", " ") or p.where
        roles.setdefault(p.role, []).append(f"{name}: {p.reason}" if p.reason else name)
    return [{"role": role, "where": ", ".join(dict.fromkeys(names))} for role, names in roles.items()]


def _statement(context: Context, claim: Claim) -> str:
    """Return the statement; what is said of holders of office stays an allegation of its source."""
    if not claim.names_public_office:
        return claim.statement
    told = _source(context, claim.cites[0] if claim.cites else claim.source)
    return f"Alleged by {told.label if told else claim.source}, graded {claim.grade}: {claim.statement}"


def _claim_row(context: Context, claim: Claim, flagged: dict[str, list[str]]) -> dict[str, Any]:
    cites = [(name, s.label if (s := _source(context, name)) else name) for name in claim.cites]
    told = _source(context, claim.source)
    return {
        "id": claim.id,
        "statement": _statement(context, claim),
        "page": claim.page.strip("[]"),
        "grade": claim.grade,
        "p": context.marginals[claim.id],
        "cites": cites,
        "told": told.label if told else claim.source,
        "told_id": claim.source,
        "placed": _placed(claim),
        "status": claim.status,
        "kind": claim.kind,
        "subsystem": subsystem_title(claim.subsystem),
        "flags": flagged.get(claim.id, []),
        "note": claim.note or "",
        "reason": claim.grade_reason or "",
        "override": claim.grade_override is not None,
    }


def _bibliography(context: Context) -> list[dict[str, Any]]:
    uses: Counter[str] = Counter()
    for claim in context.case.evidence.claims:
        uses.update(claim.cites or (claim.source,))
    rows = []
    for name, source in context.case.evidence.sources.items():
        csl = source.csl
        published = csl.get("container-title") or csl.get("publisher") or ""
        rows.append(
            {
                "id": name,
                "who": ", ".join(source.creators) or "",
                "year": source.issued[:4] if source.issued else "no date",
                "title": source.title,
                "published": published,
                "uses": uses[name],
                "entry": source.entry,
                "url": source.url if source.url and _SAFE_URL.match(source.url) else None,
                "note": source.note or "",
            }
        )
    return sorted(rows, key=lambda row: (row["who"].split(" ")[-1] if row["who"] else row["title"], row["year"]))


def evidence_view(context: Context) -> dict[str, Any]:
    """Return the section on the evidence."""
    evidence = context.case.evidence
    findings = run_audits(evidence)
    flagged: dict[str, list[str]] = {}
    for finding in findings:
        if len(finding.claims) <= 4:
            for name in finding.claims:
                if (words := finding.check.replace("_", " ")) not in flagged.setdefault(name, []):
                    flagged[name].append(words)
    grades: Counter[tuple[str, int]] = Counter((c.reliability or "F", c.credibility or 6) for c in evidence.claims)
    most = max(grades.values(), default=1)
    by_check: dict[str, list[Any]] = {}
    for finding in findings:
        by_check.setdefault(finding.check, []).append(finding)
    placed = sum(bool(c.placement) for c in evidence.claims)
    kinds = Counter(p.role for c in evidence.claims for p in c.placement)
    told = sorted({c.source for c in evidence.claims})
    total = len(evidence.claims)
    return {
        "total": total,
        "placed": placed,
        "studies": len(told),
        "contested": sum(c.status != "open" for c in evidence.claims),
        "kinds": kinds.most_common(),
        "sources": len(evidence.sources),
        "claims": [_claim_row(context, c, flagged) for c in evidence.claims],
        "grades": [
            {
                "letter": letter,
                "word": word,
                "cells": [
                    {"count": grades[letter, digit], "weight": grades[letter, digit] / most} for digit in _CREDIBILITY
                ],
            }
            for letter, word in _RELIABILITY.items()
        ],
        "digits": list(_CREDIBILITY.items()),
        "audits": [
            {
                "check": check.replace("_", " "),
                "count": len(found),
                "warnings": sum(f.severity == "warning" for f in found),
                "items": [{"message": f.message, "claims": f.claims, "severity": f.severity} for f in found],
            }
            for check, found in by_check.items()
        ],
        "bibliography": _bibliography(context),
        "findings": len(findings),
        "log": [
            {
                "date": e.date,
                "by": e.by,
                "claim": e.claim,
                "what": e.what,
                "before": e.before,
                "after": e.after,
                "reason": e.reason,
            }
            for e in evidence.log
        ],
    }
