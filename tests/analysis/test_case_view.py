from __future__ import annotations

from qorgau.analysis.case_view import case_view
from qorgau.case import load_case
from qorgau.case.translate import corridor_names

CASE = load_case("kazakhstan")
VIEW = case_view(CASE)


def test_the_bundled_case_gives_all_that_the_analysis_reads() -> None:
    assert (VIEW.name, VIEW.focus) == (CASE.id, "Kazakhstan")
    assert set(VIEW.titles) == set(CASE.policies)
    assert set(VIEW.source_of) == {claim.id for claim in CASE.evidence.claims}
    assert VIEW.started == int(CASE.settings.policy_start[:4])
    assert VIEW.thresholds.comparison.years[0] >= VIEW.started


def test_both_ways_of_every_corridor_have_their_ends() -> None:
    assert set(VIEW.corridor_ends) == set(corridor_names(CASE))
    first = CASE.corridors[0]
    assert VIEW.corridor_ends[f"{first.id}a"] == (first.start, first.end)
    assert VIEW.corridor_ends[f"{first.id}b"] == (first.end, first.start)


def test_border_sections_are_named_by_their_states() -> None:
    assert VIEW.place_labels["KAZ_KGZ"] == "the section Kazakhstan–Kyrgyzstan"
    assert VIEW.place_labels["air_RUS_TJK"].startswith("the air ways Russia")


def test_published_figures_stand_beside_the_outcome_they_measure() -> None:
    cases = {point.year: point.value for point in VIEW.observed["cases_prosecuted"]}
    assert (cases[2011], cases[2012]) == (82.0, 70.0)
    scores = {point.year: point.value for point in VIEW.observed["perceived_corruption_score"]}
    assert (scores[2013], scores[2024]) == (26.0, 40.0)
    assert min(scores.values()) > 1, "ranks over countries ranked are another quantity"
    shares = [(point.value, point.source) for point in VIEW.observed["remittances_share_TJK"] if point.year == 2012]
    assert sorted(shares) == [(0.4222, "WB2026"), (0.5, "EN05")], "a claim and a later vintage stand side by side"
    assert all(point.source for points in VIEW.observed.values() for point in points)


def test_measures_carry_the_claims_that_state_them() -> None:
    assert "S147" in VIEW.measure_claims["outreach"]
    assert VIEW.measure_claims["baseline"] == ()
