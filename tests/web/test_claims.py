from __future__ import annotations

import pytest

from qorgau.case import load_case
from qorgau.web.claims import Evidence


@pytest.fixture(scope="module")
def evidence() -> Evidence:
    return Evidence(load_case("kazakhstan"))


def test_every_claim_is_listed_with_source_and_grade(evidence: Evidence) -> None:
    rows = evidence.rows()
    assert len(rows) == 152
    assert all(row["statement"] and row["source"] and len(row["grade"]) == 2 and 0 <= row["p"] <= 1 for row in rows)


def test_every_claim_opens_with_where_it_is_used(evidence: Evidence) -> None:
    for row in evidence.rows():
        one = evidence.one(row["id"])
        assert one["used"] and one["told_by"]["title"] and one["trace"] is None
        assert not one["number"] or any(letter.isdigit() for letter in one["number"])


def test_a_number_rests_on_the_measures_that_act_then_on_claims_at_the_outcome(evidence: Evidence) -> None:
    claims = evidence.rests_on("people_exploited", [("S36", "nothing"), ("S147", "S36")])
    assert claims[:2] == ["S36", "S147"] and len(claims) == len(set(claims)) and "nothing" not in claims


def test_what_is_not_there_is_a_key_error(evidence: Evidence) -> None:
    assert "S1000" not in evidence
    with pytest.raises(KeyError):
        evidence.one("S1000")
