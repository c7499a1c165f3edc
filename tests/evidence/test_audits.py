from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from qorgau.evidence import AUDITS, EvidenceBase, Finding, Policy, run_audits
from qorgau.evidence.models import Names
from tests.evidence.samples import BOOK, POLICY, STUDY, claim, figure, load, source

NAMES = Names(allowed=frozenset({"Almaty"}), public_office=frozenset({"president"}))


def _found(evidence: EvidenceBase, check: str) -> list[Finding]:
    return list(AUDITS[check](evidence))


def _dated(name: str, *parts: int, **custom: Any) -> dict[str, Any]:
    item = source(name, **custom)
    item["issued"]["date-parts"] = [list(parts)]
    return item


def test_audits_run_in_the_order_of_the_registry(tmp_path: Path) -> None:
    order = list(AUDITS)
    assert all(audit.__name__ == name and audit.__doc__ for name, audit in AUDITS.items())
    evidence = load(tmp_path, [claim("C1", "book", valid_time="2012"), claim("C2", statement="Met with Jane.")])
    findings = run_audits(evidence)
    assert len(findings) > 2
    assert [order.index(f.check) for f in findings] == sorted(order.index(f.check) for f in findings)
    assert {f.severity for f in findings} <= {"info", "warning"}
    with pytest.raises(AttributeError):
        findings[0].message = "other"  # type: ignore[misc]


def test_sources_too_old_to_know(tmp_path: Path) -> None:
    claims = [
        claim("C1", "book", valid_time="2011"),
        claim("C2", "book", valid_time="2008/2014"),
        figure("C3", "sept", 70, "2012"),
        claim("C4", "book", valid_time="2000/2010"),
        claim("C5", "undated", valid_time="2014"),
    ]
    evidence = load(tmp_path, claims, [STUDY, BOOK, _dated("sept", 2012, 9, 25), source("undated", None)])
    found = {f.claims[0]: f.severity for f in _found(evidence, "source_older_than_fact")}
    assert found == {"C1": "warning", "C2": "info", "C3": "info"}


def test_citations_and_entries_that_miss_each_other(tmp_path: Path) -> None:
    unlisted, idle = source("unlisted"), source("idle", entry_of="study", entry=2)
    evidence = load(
        tmp_path, [claim("C1", "book"), claim("C2", "unlisted"), claim("C3")], [STUDY, BOOK, unlisted, idle]
    )
    assert [(f.claims, f.sources) for f in _found(evidence, "citation_without_entry")] == [(("C2",), ("unlisted",))]
    assert [f.sources for f in _found(evidence, "entry_never_cited")] == [("idle",)]
    assert [f.claims for f in _found(evidence, "claim_without_citation")] == [("C3",)]


def test_entries_that_one_reference_fits(tmp_path: Path) -> None:
    twin = source("twin", 2010, author="book", entry_of="study", entry=2)
    (found,) = _found(load(tmp_path, [claim("C1", "book")], [STUDY, BOOK, twin]), "ambiguous_citation")
    assert (found.claims, found.sources) == (("C1",), ("book", "twin"))
    older = source("twin", 2009, author="book", entry_of="study", entry=2)
    assert not _found(load(tmp_path, [claim("C1", "book")], [STUDY, BOOK, older]), "ambiguous_citation")


def _trend(shape: str, entity: str | None = None, per_out_of: bool = False) -> dict[str, Any]:
    assertion = {"shape": shape, "quantity": "cases", "entity": entity, "per_out_of": per_out_of}
    return claim("T", "book", asserts=[assertion], valid_time="2000/2010")


def _series(entity: str, values: Sequence[float], first: int = 2000, **fields: Any) -> list[dict[str, Any]]:
    return [
        figure(f"{entity}{first + i}", "book", value, str(first + i), entity=entity, **fields)
        for i, value in enumerate(values)
    ]


@pytest.mark.parametrize(
    ("assertion", "series", "contradicted"),
    [
        (_trend("rises"), {"x": [1, 2, 3]}, False),
        (_trend("rises"), {"x": [1, 3, 2]}, True),
        (_trend("falls"), {"x": [3, 2, 1]}, False),
        (_trend("falls"), {"x": [3, 2, 1], "y": [1, 2, 3]}, True),
        (_trend("falls", "x"), {"x": [3, 2, 1], "y": [1, 2, 3]}, False),
        (_trend("rises"), {"x": [2]}, False),
        (_trend("highest", "x"), {"x": [1, 5], "y": [4, 4]}, False),
        (_trend("highest", "x"), {"x": [1, 3], "y": [4, 4]}, True),
        (_trend("grows_most", "x"), {"x": [1, 3], "y": [4, 4]}, False),
        (_trend("grows_most", "x"), {"x": [1, 3], "y": [1, 4]}, True),
        (_trend("grows_most", "x"), {"x": [1, 3], "y": [1, 4, 1]}, False),
        (_trend("highest", "z"), {"x": [1, 3]}, False),
    ],
)
def test_figures_are_asked_whether_they_agree(
    tmp_path: Path, assertion: dict[str, Any], series: dict[str, list[float]], contradicted: bool
) -> None:
    figures = [item for entity, values in series.items() for item in _series(entity, values)]
    found = _found(load(tmp_path, [assertion, *figures]), "trend_contradicted_by_figures")
    assert bool(found) == contradicted
    for finding in found:
        assert finding.claims[0] == "T"
        assert set(finding.claims[1:]) <= {item["id"] for item in figures}


def test_ranks_are_compared_as_shares_of_those_ranked(tmp_path: Path) -> None:
    ranks = [
        figure(f"R{year}", "book", rank, str(year), entity="x", out_of=of)
        for year, rank, of in ((2000, 65, 90), (2005, 107, 158), (2009, 140, 177))
    ]
    plain = load(tmp_path, [_trend("rises", "x"), *ranks])
    shares = load(tmp_path, [_trend("rises", "x", per_out_of=True), *ranks])
    assert not _found(plain, "trend_contradicted_by_figures")
    (found,) = _found(shares, "trend_contradicted_by_figures")
    assert "0.72, 0.68, 0.79" in found.message


def test_figures_outside_the_period_and_retracted_ones_do_not_count(tmp_path: Path) -> None:
    outside = _series("x", [3, 2], first=2011)
    gone = _series("y", [3, 2], status="retracted")
    assert not _found(load(tmp_path, [_trend("rises"), *outside, *gone]), "trend_contradicted_by_figures")


def test_a_fall_that_is_none_as_a_yearly_rate(tmp_path: Path) -> None:
    sept = _dated("sept", 2012, 9, 25)
    trend = claim("T", "sept", asserts=[{"shape": "falls", "quantity": "cases"}], valid_time="2011/2012")
    counts = [figure("A", "sept", 82, "2011"), figure("B", "sept", 70, "2012")]
    evidence = load(tmp_path, [trend, *counts], [STUDY, sept])
    (found,) = _found(evidence, "trend_contradicted_by_figures")
    assert found.severity == "info"
    (part,) = _found(evidence, "part_year_figure")
    assert part.claims == ("B",)
    assert "about 95" in part.message
    steep = load(tmp_path, [trend, counts[0], figure("B", "sept", 50, "2012")], [STUDY, sept])
    assert not _found(steep, "trend_contradicted_by_figures")


def test_statistics_say_their_vintage(tmp_path: Path) -> None:
    claims = [
        figure("C1", "book", 1, "2001"),
        figure("C2", "book", 1, "2001", vintage="2010", vintage_basis="edition"),
        figure("C3", "book", 1, "2001", vintage="2010", vintage_basis="matched"),
        figure("C4", "book", 1, "2001", statistic=False),
        claim("C5", "book"),
    ]
    found = {f.claims: f.severity for f in _found(load(tmp_path, claims), "statistic_without_vintage")}
    assert found == {("C1",): "warning", ("C3",): "info"}


def test_common_cause_counts_claims_and_those_on_it_alone(tmp_path: Path) -> None:
    claims = [claim(f"C{i}", "book") for i in range(4)] + [claim("C4", "book", "other"), claim("C5", "other")]
    (found,) = _found(load(tmp_path, claims, [STUDY, BOOK, source("other")]), "common_cause")
    assert found.claims == ("C0", "C1", "C2", "C3", "C4")
    assert found.message.startswith("5 claims rest on book (2010), 4 of them on it alone")
    assert found.severity == "warning"
    lenient = {**POLICY, "audits": {"common_cause_claims": 6, "common_cause_share": 0.1}}
    assert not _found(load(tmp_path, claims, [STUDY, BOOK, source("other")], lenient), "common_cause")


def test_dates_that_cannot_both_be_right(tmp_path: Path) -> None:
    slip = source("slip", 2010, issued_otherwise={"valid_time": "2011", "reason": "a slip"})
    apart = claim("C1", "book", valid_time="2005", other_dates=[{"valid_time": "2007", "reason": "elsewhere"}])
    before = claim("C2", "book", valid_time="2011", other_dates=[{"valid_time": "2011-03", "reason": "press"}])
    agree = claim("C3", "book", valid_time="2005", other_dates=[{"valid_time": "2005-03", "reason": "press"}])
    found = _found(load(tmp_path, [apart, before, agree], [STUDY, BOOK, slip]), "date_conflict")
    assert [(f.claims, f.sources) for f in found] == [((), ("slip",)), (("C1",), ("book",)), (("C2",), ("book",))]


@pytest.mark.parametrize(
    ("fields", "count"),
    [
        ({"statement": "Traders meet near Almaty."}, 0),
        ({"statement": "A trader, Jane Doe, lives near Almaty."}, 1),
        ({"statement": "Traders meet.", "note": "Told by Jane."}, 1),
        ({"statement": "Traders meet. Others do not."}, 0),
        ({"statement": "See claim S59 there."}, 0),
        ({"statement": "Then the president left."}, 1),
        ({"statement": "Then the president left.", "names_public_office": True}, 0),
    ],
)
def test_names_of_persons_are_reported(tmp_path: Path, fields: dict[str, Any], count: int) -> None:
    evidence = load(tmp_path, [claim("C1", **fields)]).model_copy(update={"names": NAMES})
    assert len(_found(evidence, "possible_person_name")) == count


def test_policy_of_the_samples_is_whole() -> None:
    assert Policy.model_validate(POLICY).audits.common_cause_claims >= 2
