"""The section on patterns after matching in waves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from tests.analysis.waves import sets
from tests.report import fakes
from tests.report.pages import Page

from qorgau.analysis.records import ClaimOdds, Effective, Excluding
from qorgau.report import build_report


def page(folder: Path, **changes: object) -> Page:
    made = fakes.analysis()
    matching = replace(
        made.matching, waves=sets.WAVES, stopped=("single: the target 0.2 is reached",), effective_runs=80.0,
        effective=Effective(80.0, 100, 90.0, 80.0),
        odds=(ClaimOdds("S01", 0.7, 0.1, 0.05, 0.4, True), ClaimOdds("S02", 0.7, 0.6, 0.6, 0.4, False)),
        excluding=(Excluding("P06", "P13", 0.1, 0.3, -0.4),), **changes,
    )
    path = build_report(replace(made, matching=matching), fakes.case(), fakes.MANIFEST, folder / "r.html")
    return Page(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    made = page(tmp_path_factory.mktemp("waves"))
    assert not made.mismatched
    return " ".join(" ".join(made.text).split())


def test_waves_are_told_with_why_they_ended(shown: str) -> None:
    assert "2 waves of re-sampling, worth 80 independent runs" in shown
    assert "the target 0.2 is reached" in shown
    assert "are left, which stand for" in shown


def test_what_the_evidence_disbelieves_is_told_beyond_chance_only(shown: str) -> None:
    said = shown[shown.index("What the evidence disbelieves"):]
    assert "0.05" in said[:900] and "0.022 to 0.11" in said[:900]
    assert "0.60" not in said[:900], "a fall within chance is not told"
    assert "P06 with P13" in said.replace(" with", " with")


def test_without_enough_runs_the_reason_stands_in_front(tmp_path: Path) -> None:
    made = page(tmp_path, advice="none", reason="Only few are left: P06 with P13.")
    assert "Only few are left" in " ".join(" ".join(made.text).split())
