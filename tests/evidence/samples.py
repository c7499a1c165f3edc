"""A small, made-up evidence folder that tests write, spoil and load."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import yaml

from qorgau.evidence import Claim, EvidenceBase, load_evidence

CASE = Path(__file__).resolve().parents[2] / "src" / "qorgau" / "cases" / "kazakhstan" / "evidence"
POLICY_TEXT = (CASE / "policy.yaml").read_text(encoding="utf-8")
POLICY: dict[str, Any] = yaml.safe_load(POLICY_TEXT)


def source(name: str, year: int | None = 2010, kind: str = "scholarly", **custom: Any) -> dict[str, Any]:
    """Return a CSL item of one author, named like its id unless `author` says otherwise."""
    author = custom.pop("author", name)
    item: dict[str, Any] = {"id": name, "type": "report", "title": f"About {name}", "author": [{"literal": author}]}
    if year is not None:
        item["issued"] = {"date-parts": [[year]]}
    item["custom"] = {"source_type": kind, **custom}
    return item


def claim(name: str, *cites: str, **fields: Any) -> dict[str, Any]:
    """Return a claim of the study that rests on `cites`, directly."""
    return {
        "id": name,
        "statement": "Something is so.",
        "kind": "mechanism",
        "subsystem": "economy",
        "source": "study",
        "page": "1",
        "cites": list(cites),
        "citation": "direct" if cites else "none",
        "valid_time": "2000/2005",
        "placement": [{"as": "mechanism", "where": "mechanism:wage_gap"}],
        **fields,
    }


def figure(name: str, cite: str, value: float, year: str, **fields: Any) -> dict[str, Any]:
    """Return a figure of a statistic."""
    return claim(
        name,
        cite,
        **{"kind": "figure", "value": value, "unit": "cases", "valid_time": year, "quantity": "cases", **fields},
    )


STUDY = source("study", 2015, "secondary_study")
BOOK = source("book", 2010, entry_of="study", entry=1)


def write(
    folder: Path, claims: list[dict[str, Any]], sources: list[dict[str, Any]] | None = None, policy: Any = None
) -> Path:
    """Write an evidence folder and return it; the study and one book are there by default."""
    items = sources if sources is not None else [STUDY, BOOK]
    (folder / "claims.yaml").write_text(yaml.safe_dump({"claims": claims}), encoding="utf-8")
    (folder / "sources.json").write_text(json.dumps(items), encoding="utf-8")
    (folder / "policy.yaml").write_text(yaml.safe_dump(policy or POLICY), encoding="utf-8")
    return folder


def load(
    folder: Path, claims: list[dict[str, Any]], sources: list[dict[str, Any]] | None = None, policy: Any = None
) -> EvidenceBase:
    """Write and load an evidence folder."""
    return load_evidence(write(folder, claims, sources, policy))


def graded(name: str, cite: str = "book", grade: str = "B2", **fields: Any) -> Claim:
    """Return a claim with a grade, without a folder."""
    return Claim.model_validate(claim(name, cite, reliability=grade[0], credibility=int(grade[1]), **fields))
