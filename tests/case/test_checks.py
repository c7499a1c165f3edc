from __future__ import annotations

from pathlib import Path

import pytest

from qorgau.case import Case, check, coverage, load_case
from tests.case.files import edit, row, template_at


def test_all_claims_of_the_study_are_placed(kazakhstan: Case) -> None:
    covered = coverage(kazakhstan)
    assert (covered.placed, covered.total) == (152, 152)
    assert str(covered) == "coverage: 152 of 152"
    assert {r.claim for r in covered.rows} == {f"S{n:02d}" for n in range(1, 153)}


def test_bundled_cases_have_no_error(kazakhstan: Case, template: Case) -> None:
    for case in (kazakhstan, template):
        assert [str(f) for f in check(case) if f.severity == "error"] == []


def test_audits_of_the_evidence_are_among_the_findings(kazakhstan: Case) -> None:
    named = {finding.check for finding in check(kazakhstan)}
    assert {"source_older_than_fact", "common_cause", "contested_label", "mechanism_without_claim"} <= named


@pytest.mark.parametrize(
    "where",
    ["mechanism:teleport", "pattern:P99", "parameter:routes.nothing", "series:rainfall", "event:flood",
     "measure:prayer", "network:none", "corridor:osh-moscow", "place:atlantis", "trade:arms", "post:none",
     "group:none", "outcome:none", "places:colour", "nowhere", "places:sources:more"],
)  # fmt: skip
def test_placement_where_nothing_is_fails_the_check(tmp_path: Path, where: str) -> None:
    folder = template_at(tmp_path / "case")
    edit(folder, "evidence/claims.yaml", lambda d: row(d, "E02")["placement"][0].update(where=where))
    case = load_case(folder)
    covered = coverage(case)
    assert (covered.placed, covered.total) == (2, 3)
    errors = [f for f in check(case) if f.severity == "error"]
    assert [f.check for f in errors] == ["dangling_placement"]
    assert errors[0].claims == ("E02",) and where in errors[0].message
    assert check(case)[0] == errors[0]


@pytest.mark.parametrize(
    "where",
    ["mechanism:routes", "parameter:routes", "parameter:routes.network_learning", "series:gdp_per_head",
     "series:gdp_per_capita", "event:law", "event:borders", "measure:outreach", "network:old", "corridor:C01",
     "corridor:almaty-bishkek", "place:osh", "trade:labour", "post:fund", "group:kaz_first",
     "outcome:people_exploited", "places", "places:origins", "places:destinations", "corridors:cover",
     "posts:centre", "posts:dismissal", "networks:local", "rule:grade", "conduct"],
)  # fmt: skip
def test_placement_where_something_is_counts(tmp_path: Path, where: str) -> None:
    folder = template_at(tmp_path / "case")
    edit(folder, "evidence/claims.yaml", lambda d: row(d, "E02")["placement"][0].update(where=where))
    assert coverage(load_case(folder)).placed == 3


def test_figure_behind_a_parameter_wants_a_vague_distribution(tmp_path: Path) -> None:
    folder = template_at(tmp_path / "case")
    edit(folder, "parameters/routes.yaml", lambda d: d["network_learning"].pop("vague"))
    edit(folder, "evidence/claims.yaml", lambda d: row(d, "E02").update(kind="figure", value=0.2, unit="1"))
    found = [f for f in check(load_case(folder)) if f.check == "figure_without_vague"]
    assert len(found) == 1 and "routes.network_learning" in found[0].message


def test_row_that_does_not_name_the_claim_placed_there_is_shown(tmp_path: Path) -> None:
    folder = template_at(tmp_path / "case")
    edit(folder, "corridors.yaml", lambda d: row(d, "C03").pop("claims"))
    found = [f for f in check(load_case(folder)) if f.check == "placement_not_named_back"]
    assert [f.claims for f in found] == [("E01",)]


def test_patterns_and_placements_name_each_other(tmp_path: Path, kazakhstan: Case) -> None:
    assert not [str(f) for f in check(kazakhstan) if f.check == "placement_not_named_back"]
    folder = template_at(tmp_path / "case")

    def turn(d: dict) -> None:
        d["P01"]["claims"] = ["E01"]

    edit(folder, "patterns.yaml", turn)
    found = [f.message for f in check(load_case(folder)) if f.check == "placement_not_named_back"]
    assert found == ["E02 is placed at pattern:P01, but that pattern does not name it under claims",
                     "pattern:P01 names E01, but no placement of E01 points to it"]
