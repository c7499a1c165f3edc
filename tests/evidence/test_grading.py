from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgau.evidence.grading import grade
from qorgau.evidence.models import Claim, Source
from qorgau.evidence.policy import Policy
from tests.evidence.samples import BOOK, POLICY, STUDY, claim, figure, load, source

SOURCES = [
    STUDY,
    BOOK,
    source("paper", 2012, "news"),
    source("second", 2011),
    source("same_hand", 2009, author="book"),
    source("early", 1990),
    source("series", 2016, "official_statistics", carried_series=True),
]


def _grade(folder: Path, item: dict[str, Any], *more: dict[str, Any]) -> tuple[str, str]:
    evidence = load(folder, [item, *more], SOURCES)
    found = evidence.claim(item["id"])
    return found.grade, found.grade_reason or ""


@pytest.mark.parametrize(
    ("item", "expected", "reason"),
    [
        (claim("C", "book"), "B2", "source of weight"),
        (claim("C", "book", citation="paragraph"), "B2", "source of weight"),
        (claim("C", "paper"), "C3", "news"),
        (claim("C", "book", citation="inferred"), "C3", "inferred"),
        (claim("C", "book", hedged=True), "B3", "hedged"),
        (claim("C", "early"), "D4", "older than the fact"),
        (claim("C", "early", "book"), "B2", "book"),
        (claim("C", "paper", "second"), "B2", "independent"),
        (claim("C", "paper", corroborated_by=["second"]), "C2", "supported by second"),
        (claim("C", "book", "same_hand", hedged=True), "B3", "hedged"),
        (claim("C", "book", valid_time="2009/2014"), "B3", "after its source"),
        (claim("C"), "C6", "names no source"),
        (claim("C", hedged=True), "C6", "nothing at hand"),
        (claim("C", corroborated_by=["series"]), "C2", "supported"),
        (claim("C", "paper", confirmed_by=["series"]), "C1", "confirmed by the figures"),
        (figure("C", "book", 5, "2010"), "B2", "weight"),
        (figure("C", "paper", 5, "2012"), "C3", "news"),
        (claim("C", "book", contradicts=["R"]), "B3", "other claims contradict"),
    ],
)
def test_each_step_of_the_rule(tmp_path: Path, item: dict[str, Any], expected: str, reason: str) -> None:
    rival = claim("R", "paper")
    found, why = _grade(tmp_path, item, rival)
    assert found == expected
    assert reason in why
    assert why.endswith(".")


def test_confirmed_figures_weigh_more_than_other_claims(tmp_path: Path) -> None:
    rival = figure("R", "series", 5, "2001", confirmed_by=["series"])
    assert _grade(tmp_path, claim("C", "book", contradicts=["R"]), rival)[0] == "B4"
    assert _grade(tmp_path, claim("C", contradicts=["R"], corroborated_by=["second"]), rival)[0] == "C4"


def test_a_count_of_an_unfinished_year_is_lowered(tmp_path: Path) -> None:
    early = source("september", 2012, "news")
    early["issued"]["date-parts"] = [[2012, 9, 25]]
    evidence = load(
        tmp_path, [figure("C", "september", 70, "2012"), figure("L", "september", 82, "2011")], [STUDY, early]
    )
    assert evidence.claim("C").grade == "C4"
    assert evidence.claim("L").grade == "C3"


def test_a_later_second_date_of_a_source_counts(tmp_path: Path) -> None:
    slip = source("slip", 2010, issued_otherwise={"valid_time": "2011-12", "reason": "a slip"})
    late = claim("C", "slip", valid_time="2011-11")
    assert load(tmp_path, [late], [STUDY, slip]).claim("C").grade == "B2"
    assert load(tmp_path, [late], [STUDY, source("slip", 2010)]).claim("C").grade == "D4"


def test_an_override_stands_and_is_told(tmp_path: Path) -> None:
    override = {"reliability": "A", "credibility": 3, "reason": "Seen.", "by": "reviewer", "date": "2026-01-02"}
    evidence = load(tmp_path, [claim("C", "book", grade_override=override, reliability="A", credibility=3)])
    found = evidence.claim("C")
    assert found.grade == "A3"
    assert "reviewer" in (found.grade_reason or "")
    assert "By rule: B2" in (found.grade_reason or "")


_POLICY = Policy.model_validate(POLICY)
_BASE = {"id": "x", "title": "x", "source_type": "scholarly"}


@given(
    kind=st.sampled_from(sorted(_POLICY.grading.source_types)),
    year=st.integers(1980, 2020),
    citation=st.sampled_from(["direct", "paragraph", "inferred", "own_source"]),
    confirmed=st.booleans(),
)
def test_hedging_never_improves_a_grade(kind: str, year: int, citation: str, confirmed: bool) -> None:
    sources = {
        "study": Source.model_validate({**_BASE, "id": "study", "source_type": "secondary_study", "issued": "2015"}),
        "x": Source.model_validate({**_BASE, "source_type": kind, "issued": str(year), "carried_series": True}),
    }
    plain = claim("C", "x", citation=citation, confirmed_by=["x"] if confirmed else [])
    one, two = (Claim.model_validate({**plain, "hedged": hedged}) for hedged in (False, True))
    sure, hedged = (grade(item, {"C": item}, sources, _POLICY) for item in (one, two))
    assert sure.reliability == hedged.reliability
    assert 1 <= sure.credibility <= hedged.credibility <= 5
    assert (sure.credibility == 1) == confirmed
