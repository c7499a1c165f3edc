"""What ``qorgau check`` prints: findings by check, and where every claim went."""

from __future__ import annotations

from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any

from qorgau.cli.screen import Screen

if TYPE_CHECKING:
    from qorgau.case import Case, Finding

__all__ = ["NOT_FOR", "check_summary", "counted", "show_check", "show_errors"]

NOT_FOR = ("Judging any person: a check is about claims, sources and numbers.",)


def counted(findings: tuple[Finding, ...]) -> dict[str, int]:
    """Return how many errors, warnings and findings for information there are."""
    count = Counter(finding.severity for finding in findings)
    return {name: count.get(name, 0) for name in ("error", "warning", "info")}


def check_summary(case: Case, findings: tuple[Finding, ...]) -> dict[str, Any]:
    """Return all that the check found, as JSON."""
    from qorgau.case import coverage

    covered = coverage(case)
    return {
        "case": case.id,
        "title": case.title,
        "hash": case.hash,
        "ok": not counted(findings)["error"],
        "counts": counted(findings),
        "findings": [
            {"check": f.check, "severity": f.severity, "claims": list(f.claims), "sources": list(f.sources),
             "message": f.message}
            for f in findings
        ],
        "coverage": {
            "placed": covered.placed,
            "total": covered.total,
            "claims": [
                {"claim": row.claim, "role": row.role, "where": row.where, "found": row.found} for row in covered.rows
            ],
        },
        "patterns": len(case.pattern_ids),
        "parameters": len(case.parameters),
        "policies": list(case.policies),
    }


def show_check(screen: Screen, case: Case, findings: tuple[Finding, ...]) -> None:
    """Print placements, findings by check, and ``coverage: 152 of 152``."""
    from qorgau.case import coverage

    covered = coverage(case)
    screen.say(f"{case.title} ({case.id})", "bold")
    screen.heading("Where each claim went")
    rows = []
    for claim, placed in groupby(covered.rows, key=lambda row: row.claim):
        places = list(placed)
        rows.append((
            claim,
            ", ".join(dict.fromkeys(row.role for row in places)),
            ", ".join(row.where + ("" if row.found else " (nothing there)") for row in places),
        ))
    screen.table(("claim", "role", "where"), rows)
    _by_check(screen, findings)
    count = counted(findings)
    screen.say()
    screen.say(
        f"{count['error']} errors, {count['warning']} warnings, {count['info']} for information; "
        f"{len(case.parameters)} parameters, {len(case.pattern_ids)} patterns, {len(case.policies)} policies"
    )
    screen.say(str(covered), "bold")


def show_errors(screen: Screen, findings: tuple[Finding, ...]) -> None:
    """Print the errors alone."""
    _by_check(screen, tuple(finding for finding in findings if finding.severity == "error"))


def _by_check(screen: Screen, findings: tuple[Finding, ...]) -> None:
    # Findings come worst first, so checks keep the order in which their worst finding stands.
    checks = dict.fromkeys(finding.check for finding in findings)
    for check in checks:
        found = [finding for finding in findings if finding.check == check]
        count = Counter(finding.severity for finding in found)
        words = ", ".join(f"{number} {severity}" for severity, number in count.items())
        screen.heading(f"{check}: {words}")
        screen.table((), [(finding.severity, finding.message) for finding in found])
