"""What `qorgau check` finds in a case that loads: audits of its evidence, and where its claims went."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, NamedTuple

from qorgau.case.case import Case
from qorgau.case.models import Sourced
from qorgau.case.placements import PLACEMENT_KEYS, target
from qorgau.case.schema import ROW_FILES
from qorgau.case.translate import mechanism_claims
from qorgau.evidence import run_audits

__all__ = ["Coverage", "CoverageRow", "Finding", "check", "coverage"]


@dataclass(frozen=True)
class Finding:
    """One finding: an error fails the check, warnings and information are shown to the analyst."""

    check: str
    severity: Literal["info", "warning", "error"]
    claims: tuple[str, ...]
    sources: tuple[str, ...]
    message: str

    def __str__(self) -> str:
        return f"{self.severity}: {self.check}: {self.message}"


@dataclass(frozen=True)
class CoverageRow:
    """One placement of one claim, and whether there is something at that place."""

    claim: str
    role: str
    where: str
    found: bool


class Coverage(NamedTuple):
    """How many claims are placed where something is, of how many, and every placement."""

    placed: int
    total: int
    rows: tuple[CoverageRow, ...]

    def __str__(self) -> str:
        return f"coverage: {self.placed} of {self.total}"


def coverage(case: Case) -> Coverage:
    """Placements of every claim; a claim is placed when all of its placements point to something."""
    rows = tuple(
        CoverageRow(claim.id, placement.role, placement.where, target(case, placement.where) is not None)
        for claim in case.evidence.claims
        for placement in claim.placement
    )
    lost = {row.claim for row in rows if not row.found}
    total = len(case.evidence.claims)
    return Coverage(total - len(lost), total, rows)


def check(case: Case) -> tuple[Finding, ...]:
    """Return all findings on a case, errors first.

    What makes a case unusable (a wrong unit, a missing claim, a place that does not exist) is refused when it
    is loaded; what is found here leaves it usable, except for errors, which say that a claim points nowhere.
    """
    audits = (
        Finding(f.check, f.severity, tuple(f.claims), tuple(f.sources), f.message) for f in run_audits(case.evidence)
    )
    found = [
        *_dangling(case),
        *audits,
        *_not_named_back(case),
        *_figures_without_vague(case),
        *_mechanisms_without_claim(case),
        *_contested_labels(case),
        *_resting_on_assumption(case),
    ]
    order = {"error": 0, "warning": 1, "info": 2}
    return tuple(sorted(found, key=lambda finding: order[finding.severity]))


def _dangling(case: Case) -> Iterator[Finding]:
    for row in coverage(case).rows:
        if not row.found:
            message = (
                f"{row.claim} is placed as {row.role} at {row.where!r}, where nothing is; "
                f"forms: {', '.join(PLACEMENT_KEYS)}"
            )
            yield Finding("dangling_placement", "error", (row.claim,), (), message)


def _not_named_back(case: Case) -> Iterator[Finding]:
    """Claims placed at rows that do not say that they rest on them; a whole file need not name one."""
    for claim in case.evidence.claims:
        for placement in claim.placement:
            rows = None if placement.where in ROW_FILES else target(case, placement.where)
            if rows and not any(claim.id in (*row.claims, *getattr(row, "label_caveat", ())) for row in rows):
                message = f"{claim.id} is placed at {placement.where}, but no row there names it under claims"
                yield Finding("placement_not_named_back", "warning", (claim.id,), (), message)
    yield from _patterns_not_named_back(case)


def _patterns_not_named_back(case: Case) -> Iterator[Finding]:
    """Claims placed at patterns that do not name them, and claims of patterns that are not placed there."""
    patterns = {f"pattern:{name}": claims for name, claims in case.pattern_claims.items()}
    named = {(where, claim) for where, claims in patterns.items() for claim in claims}
    placed = {(p.where, c.id) for c in case.evidence.claims for p in c.placement if p.where in patterns}
    for where, claim in sorted(placed - named):
        message = f"{claim} is placed at {where}, but that pattern does not name it under claims"
        yield Finding("placement_not_named_back", "warning", (claim,), (), message)
    for where, claim in sorted(named - placed):
        message = f"{where} names {claim}, but no placement of {claim} points to it"
        yield Finding("placement_not_named_back", "warning", (claim,), (), message)


def _figures_without_vague(case: Case) -> Iterator[Finding]:
    """Parameters fed by a figure that have nothing to be drawn from when the figure is false."""
    figures = {claim.id for claim in case.evidence.claims if claim.kind == "figure"}
    for name, row in case.parameters.items():
        fed = tuple(claim for claim in row.claims if claim in figures)
        if fed and row.vague is None:
            message = f"{name} is fed by {', '.join(fed)} but states no vague distribution for when that is false"
            yield Finding("figure_without_vague", "warning", fed, (), message)


def _mechanisms_without_claim(case: Case) -> Iterator[Finding]:
    bare = [m.name.lower() for m, claims in mechanism_claims(case).items() if not claims]
    if bare:
        message = f"no claim names these mechanisms, so they are always on: {', '.join(bare)}"
        yield Finding("mechanism_without_claim", "info", (), (), message)


def _contested_labels(case: Case) -> Iterator[Finding]:
    for network in case.networks:
        if network.label_caveat:
            message = f"the label of network {network.id} is doubted by {', '.join(network.label_caveat)}"
            yield Finding("contested_label", "info", network.label_caveat, (), message)


def _resting_on_assumption(case: Case) -> Iterator[Finding]:
    """How much of each file rests on no claim at all."""
    files: dict[str, list[Sourced]] = {f"{name}.yaml": list(getattr(case, name)) for name in ROW_FILES}
    for full, row in case.parameters.items():
        files.setdefault(f"parameters/{full.split('.', 1)[0]}.yaml", []).append(row)
    alone = {file: sum(not row.claims for row in rows) for file, rows in files.items()}
    total = sum(len(rows) for rows in files.values())
    if any(alone.values()):
        parts = ", ".join(f"{file} {count} of {len(files[file])}" for file, count in alone.items() if count)
        message = f"{sum(alone.values())} of {total} rows rest on assumptions alone: {parts}"
        yield Finding("rests_on_assumption", "info", (), (), message)
