"""Loading the evidence of a case from its folder.

The folder holds ``claims.yaml``, ``sources.json`` (CSL-JSON), ``policy.yaml``, and, where they exist,
``log.yaml`` (changes of grades and statuses) and ``names.yaml`` (proper names that statements may use).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qorgau.errors import InputError
from qorgau.evidence.bibliography import load_sources
from qorgau.evidence.grading import Grade, grade, with_grade
from qorgau.evidence.log import LOG_FILE, apply_log, load_log
from qorgau.evidence.models import Claim, EvidenceBase, Names, Source
from qorgau.evidence.policy import Policy
from qorgau.evidence.reading import as_model, read_yaml

__all__ = ["load_evidence", "load_policy"]


def load_policy(path: Path) -> Policy:
    """Read a policy table; `InputError` names the key that is missing, unknown or out of range."""
    return as_model(Policy, read_yaml(path), path, "")


def load_evidence(folder: Path, policy: Path | None = None) -> EvidenceBase:
    """Load, check and grade the evidence of a case.

    Parameters
    ----------
    folder
        The evidence folder.
    policy
        Another policy table than the folder's own, if given.

    Raises
    ------
    InputError
        One line that names the file, the key, what is wrong and how to mend it: an unknown key, an id given
        twice, an unknown citation, a range upside down, a value without a unit, a grade that the rule does
        not give, a log that does not follow.
    """
    folder = Path(folder)
    table = load_policy(Path(policy) if policy is not None else folder / "policy.yaml")
    sources = load_sources(folder / "sources.json", table)
    file = folder / "claims.yaml"
    written = _read_claims(file)
    _check_references(written, sources, file)
    by_id = {claim.id: claim for claim in written}
    rules = {claim.id: grade(claim, by_id, sources, table) for claim in written}
    for claim in written:
        _check_grade(claim, rules[claim.id], table, file)
    log_file = folder / LOG_FILE
    log = load_log(log_file, table)
    current = apply_log(written, log, log_file, rules)
    claims = tuple(_dated(with_grade(claim, rules[claim.id]), sources) for claim in current)
    names_file = folder / "names.yaml"
    names = as_model(Names, read_yaml(names_file), names_file, "") if names_file.exists() else Names()
    return EvidenceBase(claims=claims, sources=sources, policy=table, log=log, names=names)


def _read_claims(file: Path) -> tuple[Claim, ...]:
    data: Any = read_yaml(file)
    items = data.get("claims") if isinstance(data, Mapping) else None
    if not isinstance(items, list) or not items:
        raise InputError(file, "claims", "no list of claims", "write the claims as a list under the key claims")
    for key in sorted(set(data) - {"claims"}):
        raise InputError(file, str(key), "unknown key", "keep only the key claims at the top")
    claims: list[Claim] = []
    seen: set[str] = set()
    for number, item in enumerate(items):
        name = item.get("id", f"[{number}]") if isinstance(item, Mapping) else f"[{number}]"
        claim = as_model(Claim, item, file, f"claims.{name}")
        if claim.id in seen:
            raise InputError(file, f"claims.{claim.id}.id", "id given twice", "give every claim an id of its own")
        seen.add(claim.id)
        claims.append(claim)
    return tuple(claims)


def _check_references(claims: tuple[Claim, ...], sources: Mapping[str, Source], file: Path) -> None:
    ids = {claim.id for claim in claims}
    for claim in claims:
        named = {
            "source": (claim.source,),
            "cites": claim.cites,
            "confirmed_by": claim.confirmed_by,
            "corroborated_by": claim.corroborated_by,
        }
        for key, entries in named.items():
            for entry in entries:
                if entry not in sources:
                    fix = "name an entry of sources.json, or add one there"
                    raise InputError(file, f"claims.{claim.id}.{key}", f"unknown citation {entry!r}", fix)
        for entry in claim.confirmed_by:
            if not sources[entry].carried_series:
                fix = "confirm only by a source whose series the case carries (custom.carried_series)"
                raise InputError(file, f"claims.{claim.id}.confirmed_by", f"{entry} has no series here", fix)
        for rival in claim.contradicts:
            if rival not in ids or rival == claim.id:
                fix = "name another claim of this file"
                raise InputError(file, f"claims.{claim.id}.contradicts", f"unknown claim {rival!r}", fix)


def _check_grade(claim: Claim, rule: Grade, policy: Policy, file: Path) -> None:
    key = f"claims.{claim.id}"
    override = claim.grade_override
    if override is not None:
        if override.by not in policy.roles:
            fix = f"use a role, never a name: {', '.join(policy.roles)}"
            raise InputError(file, f"{key}.grade_override.by", f"unknown role {override.by!r}", fix)
        expected = f"{override.reliability}{override.credibility}"
    else:
        expected = str(rule)
    if (claim.reliability is None) != (claim.credibility is None):
        raise InputError(file, f"{key}.reliability", "half a grade", "give reliability and credibility, or neither")
    if claim.reliability is not None and claim.grade != expected:
        fix = f"write {expected}, or leave both out to have them filled in, or add a grade_override with its reason"
        raise InputError(
            file, f"{key}.reliability", f"grade {claim.grade} is not what the rule gives ({rule.reason})", fix
        )


def _dated(claim: Claim, sources: Mapping[str, Source]) -> Claim:
    """Fill in when the claim was reported: the date of the source behind it, else of the source itself."""
    if claim.report_time is not None:
        return claim
    behind = sources[claim.cites[0]] if claim.cites else sources[claim.source]
    return claim.model_copy(update={"report_time": behind.issued or sources[claim.source].issued})
