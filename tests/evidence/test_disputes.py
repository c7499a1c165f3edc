from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from qorgau.errors import InputError
from qorgau.evidence import claim_marginals, load_evidence, run_audits, set_grade, set_status
from tests.evidence.samples import claim, write


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write(tmp_path, [claim("C1", "book"), claim("C2", "book")])


def test_a_dispute_is_logged_applied_and_shown(folder: Path) -> None:
    entry = set_status(folder, "C1", "disputed", by="analyst", reason="Another report denies it.", date="2026-01-02")
    assert (entry.number, entry.before, entry.after) == (1, "open", "disputed")
    evidence = load_evidence(folder)
    assert evidence.claim("C1").status == "disputed"
    assert evidence.claim("C2").status == "open"
    assert evidence.log == (entry,)
    shown = [f for f in run_audits(evidence) if f.check == "contested_claim"]
    assert [f.claims for f in shown] == [("C1",)]
    assert "Another report denies it." in shown[0].message
    assert claim_marginals(evidence.claims, evidence.policy)[0] == claim_marginals(evidence.claims, evidence.policy)[1]


def test_a_retracted_claim_holds_no_more_and_can_be_reopened(folder: Path) -> None:
    set_status(folder, "C1", "retracted", by="source holder", reason="Withdrawn.", date="2026-01-02")
    evidence = load_evidence(folder)
    assert list(claim_marginals(evidence.claims, evidence.policy)) == [0.0, 0.7]
    set_status(folder, "C1", "open", by="reviewer", reason="Confirmed again.", date="2026-01-03")
    assert load_evidence(folder).claim("C1").status == "open"


def test_a_grade_set_by_hand_is_logged_with_what_the_rule_gives(folder: Path) -> None:
    set_grade(folder, "C1", "A3", by="reviewer", reason="The book was checked.", date="2026-01-02")
    set_grade(folder, "C1", "C4", by="reviewer", reason="It was not.", date="2026-01-02")
    found = load_evidence(folder).claim("C1")
    assert found.grade == "C4"
    assert "By rule: B2" in (found.grade_reason or "")
    assert [line.before for line in load_evidence(folder).log] == ["B2", "A3"]


def test_lines_are_only_ever_added(folder: Path) -> None:
    set_status(folder, "C1", "disputed", by="analyst", reason="One.", date="2026-01-02")
    first = (folder / "log.yaml").read_text(encoding="utf-8")
    set_status(folder, "C2", "disputed", by="analyst", reason="Two.", date="2026-01-02")
    assert (folder / "log.yaml").read_text(encoding="utf-8").startswith(first)
    assert sorted(path.name for path in folder.iterdir()) == ["claims.yaml", "log.yaml", "policy.yaml", "sources.json"]


@pytest.mark.parametrize("spoil", ["drop", "swap", "alter"])
def test_a_log_that_was_tampered_with_does_not_load(folder: Path, spoil: str) -> None:
    set_status(folder, "C1", "disputed", by="analyst", reason="One.", date="2026-01-02")
    set_status(folder, "C1", "retracted", by="analyst", reason="Two.", date="2026-01-02")
    set_status(folder, "C1", "open", by="analyst", reason="Three.", date="2026-01-02")
    lines = yaml.safe_load((folder / "log.yaml").read_text(encoding="utf-8"))
    if spoil == "drop":
        lines = [lines[0], {**lines[2], "number": 2}]
    elif spoil == "swap":
        lines = [lines[1], lines[0], lines[2]]
    else:
        lines[0]["to"] = "open"
    (folder / "log.yaml").write_text(yaml.safe_dump(lines), encoding="utf-8")
    with pytest.raises(InputError, match=r"log\.yaml"):
        load_evidence(folder)


@pytest.mark.parametrize(
    ("claim_id", "status", "by", "date", "part"),
    [
        ("C9", "disputed", "analyst", "2026-01-02", "unknown claim"),
        ("C1", "doubted", "analyst", "2026-01-02", "unknown status"),
        ("C1", "open", "analyst", "2026-01-02", "already open"),
        ("C1", "disputed", "Jane Doe", "2026-01-02", "role"),
        ("C1", "disputed", "analyst", "2025-01-01", "earlier"),
        ("C1", "disputed", "analyst", "soon", "not a date"),
    ],
)
def test_a_change_that_does_not_fit_leaves_the_log(
    folder: Path, claim_id: str, status: str, by: str, date: str, part: str
) -> None:
    set_status(folder, "C2", "disputed", by="analyst", reason="One.", date="2026-01-01")
    before = (folder / "log.yaml").read_bytes()
    with pytest.raises(InputError, match=part):
        set_status(folder, claim_id, status, by=by, reason="Why.", date=date)
    assert (folder / "log.yaml").read_bytes() == before


def test_a_grade_needs_letter_and_number(folder: Path) -> None:
    with pytest.raises(InputError, match="not a grade"):
        set_grade(folder, "C1", "Z9", by="analyst", reason="Why.", date="2026-01-01")
    assert not (folder / "log.yaml").exists()


def test_today_is_the_day_of_a_change_without_a_date(folder: Path) -> None:
    entry = set_status(folder, "C1", "disputed", by="analyst", reason="Why.")
    assert len(entry.date) == 10
    assert load_evidence(folder).log[0].date == entry.date
