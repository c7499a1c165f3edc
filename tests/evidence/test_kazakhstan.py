"""The evidence of the bundled case: complete, placed, graded by rule, and naming no private person."""

from __future__ import annotations

import re
from collections import Counter

import pytest
import yaml

from qorgau.evidence import EvidenceBase, Finding, claim_marginals, load_evidence, run_audits, truth_sources
from qorgau.model.mechanisms import SUBSYSTEMS, Mechanism
from qorgau.model.world import EVENTS, INSTRUMENTS
from tests.evidence.samples import CASE

IDS = [f"S{number:02d}" for number in range(1, 153)]


@pytest.fixture(scope="module")
def evidence() -> EvidenceBase:
    return load_evidence(CASE)


@pytest.fixture(scope="module")
def findings(evidence: EvidenceBase) -> tuple[Finding, ...]:
    return run_audits(evidence)


def _of(findings: tuple[Finding, ...], check: str, claim: str | None = None) -> list[Finding]:
    return [f for f in findings if f.check == check and (claim is None or claim in f.claims)]


def test_all_claims_are_there_in_order_and_placed(evidence: EvidenceBase) -> None:
    assert [claim.id for claim in evidence.claims] == IDS
    for claim in evidence.claims:
        roles = [placement.role for placement in claim.placement]
        assert roles, claim.id
        assert "context" not in roles or len(roles) == 1, claim.id
    assert [c.id for c in evidence.claims if c.placement[0].role == "context"] == ["S69", "S94"]


def test_placements_name_what_the_model_knows(evidence: EvidenceBase) -> None:
    known = {
        "mechanism": {m.name.lower() for m in Mechanism} - {m.name.lower() for m in SUBSYSTEMS},
        "event": set(EVENTS),
        "measure": set(INSTRUMENTS),
        "pattern": set(yaml.safe_load((CASE.parent / "patterns.yaml").read_text(encoding="utf-8"))),
    }
    used: dict[str, set[str]] = {prefix: set() for prefix in known}
    for claim in evidence.claims:
        for placement in claim.placement:
            prefix, _, name = placement.where.partition(":")
            if prefix in known:
                assert name in known[prefix], (claim.id, placement.where)
                used[prefix].add(name)
    assert used["pattern"] == known["pattern"]
    # Conformity among officials is an assumption of the model; every other single effect rests on a claim.
    assert known["mechanism"] - used["mechanism"] == {"conformity"}


def test_every_claim_states_a_grade_that_the_rule_gives() -> None:
    written = yaml.safe_load((CASE / "claims.yaml").read_text(encoding="utf-8"))["claims"]
    assert all("reliability" in item and "credibility" in item for item in written)
    overrides = {item["id"] for item in written if "grade_override" in item}
    assert overrides == {"S59", "S69"}


def test_claims_that_public_series_confirm_have_credibility_one(evidence: EvidenceBase) -> None:
    confirmed = {claim.id for claim in evidence.claims if claim.credibility == 1}
    table = {f"S{number}" for number in range(16, 26)}
    assert confirmed == table | {"S62", "S76", "S77", "S78", "S79", "S80", "S81", "S113"}


def test_table_one_is_as_printed(evidence: EvidenceBase) -> None:
    printed = {
        ("KAZ", "2005"): 3771, ("KAZ", "2013"): 13609, ("KGZ", "2005"): 476, ("KGZ", "2013"): 1263,
        ("TJK", "2005"): 339, ("TJK", "2013"): 1036, ("TKM", "2005"): 1707, ("TKM", "2013"): 7986,
        ("UZB", "2005"): 546, ("UZB", "2013"): 1878,
    }  # fmt: skip
    found = {(c.entity, c.valid_time): c.value for c in evidence.claims if c.quantity == "gdp_per_capita"}
    assert found == printed


def test_the_bibliography_has_the_studys_entries(evidence: EvidenceBase) -> None:
    entries = [source for source in evidence.sources.values() if source.entry_of == "study"]
    assert [source.id for source in entries] == [f"EN{number:02d}" for number in range(1, 23)]
    assert [source.entry for source in entries] == list(range(1, 23))
    for extra in ("study", "WB2015", "WB2026", "TI", "TIP", "UNODC_OPIUM", "UNODC_WDR", "NATURAL_EARTH", "IOM"):
        assert evidence.sources[extra].csl["title"]


def test_one_report_of_2002_stands_behind_twenty_six_claims(
    evidence: EvidenceBase, findings: tuple[Finding, ...]
) -> None:
    resting = [claim.id for claim in evidence.claims if "EN03" in claim.cites]
    assert resting == [*IDS[47:58], *IDS[59:64], *IDS[64:68], *IDS[82:88]]
    first = _of(findings, "common_cause")[0]
    assert (len(first.claims), first.sources, first.severity) == (26, ("EN03",), "warning")


def test_entries_never_cited(findings: tuple[Finding, ...]) -> None:
    assert [f.sources[0] for f in _of(findings, "entry_never_cited")] == ["EN07", "EN11", "EN12", "EN17", "EN21"]


def test_the_reference_that_fits_two_entries(findings: tuple[Finding, ...]) -> None:
    (found,) = _of(findings, "ambiguous_citation")
    assert found.sources == ("EN05", "EN06")
    assert found.claims == ("S13", "S14", "S122", "S123", "S145", "S146", "S147")


@pytest.mark.parametrize("claim", ["S63", "S64", "S110", "S124"])
def test_facts_that_their_source_cannot_know(findings: tuple[Finding, ...], claim: str) -> None:
    (found,) = _of(findings, "source_older_than_fact", claim)
    assert found.severity == "warning"


def test_the_count_of_2012_is_a_part_of_a_year(findings: tuple[Finding, ...]) -> None:
    (part,) = _of(findings, "part_year_figure")
    assert part.claims == ("S135",)
    assert "about 95" in part.message
    assert _of(findings, "source_older_than_fact", "S135")
    assert _of(findings, "trend_contradicted_by_figures", "S136")[0].severity == "info"


@pytest.mark.parametrize(
    ("claim", "words"),
    [("S82", "0.72, 0.68, 0.59, 0.79"), ("S08", "5 of 5"), ("S01", "TKM 4.68 times against 3.61 times")],
)
def test_trends_that_the_figures_contradict(findings: tuple[Finding, ...], claim: str, words: str) -> None:
    (found,) = [f for f in _of(findings, "trend_contradicted_by_figures") if f.claims[0] == claim]
    assert words in found.message
    assert found.severity == "warning"


def test_the_highest_income_is_not_contradicted(findings: tuple[Finding, ...]) -> None:
    assert not [f for f in _of(findings, "trend_contradicted_by_figures") if f.claims[0] == "S09"]


def test_dates_that_conflict(findings: tuple[Finding, ...]) -> None:
    assert {f.sources for f in _of(findings, "date_conflict")} == {("EN04",)}
    assert len(_of(findings, "date_conflict", "S109")) == 2


def test_disputed_claims_are_in_the_log(evidence: EvidenceBase) -> None:
    disputed = [claim.id for claim in evidence.claims if claim.status == "disputed"]
    assert disputed == [line.claim for line in evidence.log] == ["S01", "S08", "S82", "S124", "S135"]


def test_no_private_person_is_named(evidence: EvidenceBase, findings: tuple[Finding, ...]) -> None:
    assert not _of(findings, "possible_person_name")
    authors = {
        person.get("family", "") for source in evidence.sources.values() for person in source.csl.get("author", ())
    }
    persons = {"Nazarbaev", "Nazarbayev", "Kulibayev", "Massimov", "Masimov"} | authors
    for claim in evidence.claims:
        text = claim.statement + " " + (claim.note or "")
        assert not set(re.findall(r"[^\W\d_]{3,}", text)) & persons, claim.id


def test_holders_of_public_office_are_marked(evidence: EvidenceBase) -> None:
    marked = [claim.id for claim in evidence.claims if claim.names_public_office]
    assert marked == ["S104", "S108", "S109", "S110", "S111", "S124"]


def test_marginals_cover_the_scale(evidence: EvidenceBase) -> None:
    means = claim_marginals(evidence.claims, evidence.policy)
    assert means.shape == (152,)
    assert Counter(claim.grade for claim in evidence.claims).most_common(1)[0][0] == "B2"
    assert means.min() == pytest.approx(0.1)
    assert means.max() == pytest.approx(0.9)
    assert truth_sources(evidence.claims)[0] == "study"
