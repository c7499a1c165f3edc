from __future__ import annotations

import json

import numpy as np
import pytest

from qorgau.analysis.history import history
from qorgau.analysis.knockouts import knockouts
from qorgau.analysis.records import Observed
from qorgau.analysis.summary import analyse_runs, pattern_rows, trace_rows
from qorgau.analysis.thresholds import Thresholds, Utility
from tests.analysis.synthetic import ensemble, pattern, view

RUNS = ensemble()
VIEW = view((pattern(tolerance=50), pattern("P02", test="m(people_exploited, 2000:2010) <= 5000")))
FOUND = analyse_runs(VIEW, RUNS)


def test_the_whole_is_plain_json_without_numbers_that_json_lacks() -> None:
    text = json.dumps(FOUND.to_json(), allow_nan=False)
    assert json.loads(text)["comparison"]["measures"][0]["rank"] == 1


def test_the_same_runs_give_the_same_analysis() -> None:
    assert analyse_runs(VIEW, ensemble()).to_json() == FOUND.to_json()


def test_the_claim_that_the_choice_turns_on_is_the_hinge() -> None:
    rows = trace_rows(FOUND)
    top = rows[0]
    assert (top["claim"], top["source"], top["hinge"]) == ("S36", "EN03", True)
    # Best now: watching, 120. Known: 300 or 100. So 0.5 * 300 + 0.5 * 100 - 120.
    assert top["evppi"] == pytest.approx(80, abs=6)
    # 300 p - 60 (1 - p) = 100 where p = 160 / 360
    assert top["tips_at"] == pytest.approx(160 / 360)
    assert (top["best_if_true"], top["best_if_false"]) == ("border_monitoring", "outreach")
    other = next(row for row in rows if row["claim"] == "S99")
    assert not other["hinge"] and other["evppi"] <= 2 * other["se"] + 1e-9
    assert {"claim", "source", "evppi", "se", "hinge", "tips_at", "p"} <= set(top)


def test_the_source_of_the_hinge_is_the_one_to_research() -> None:
    source = FOUND.trace.sources[0]
    assert source.source == "EN03" and source.hinges == ("S36",)
    # A verdict right four times in five: 0.5 * max(0.8*300 - 0.2*60, 100) + 0.5 * 100 - 120
    assert source.evii == pytest.approx(0.5 * 228 + 50 - 120, abs=12)
    assert source.evii <= source.evppi


def test_nothing_is_monotone_by_luck() -> None:
    assert all(item.monotone for item in FOUND.trace.claims)
    assert FOUND.trace.evpi == pytest.approx(80, abs=1e-6)
    assert all(0 <= item.evppi <= FOUND.trace.evpi + 1e-6 for item in FOUND.trace.claims)


def test_the_answer_is_made_of_the_results() -> None:
    said = FOUND.answer
    assert said.settled and said.helps_most_policy == "outreach"
    assert "Outreach by NGOs very likely spares people" in said.headline
    assert "Had outreach by NGOs started in 2015, about 100 fewer people (100 to 100 fewer)" in said.lead
    assert "border monitoring" in said.lead and "not settled" in said.lead
    assert said.moves_harm_policy == "border_monitoring"
    assert "the section Kazakhstan–Uzbekistan: very likely more, 10 % (10 to 10)" in said.moves_harm
    assert said.could_change_claims == ("S36",) and "Research next: EN03" in said.could_change
    assert "Of 2 patterns" in said.hangs_together
    assert "Anything else than a test." in said.not_for and any("Finding routes" in line for line in said.not_for)


def test_when_nothing_helps_the_answer_says_so() -> None:
    still = np.ones((4, RUNS.count, 34)) * 1000
    runs = ensemble()
    arrays = {name: np.asarray(runs.fetch([name])[name]) for name in runs.outcomes}
    arrays |= {"people_exploited": still, "people_exploited_all": still * 2,
               "people_border_KAZ_UZB": np.repeat(arrays["people_border_KAZ_UZB"][:1], 4, axis=0)}
    found = analyse_runs(VIEW, runs.of_arrays(runs.policies, runs.years, arrays, runs.parameters, runs.claims))
    assert not found.answer.settled and found.answer.headline.startswith("Not settled")
    assert found.answer.helps_most_policy is None
    assert "No measure is at least likely to raise" in found.answer.moves_harm
    assert "No single claim changes the advice" in found.answer.could_change


def test_too_few_runs_are_said_in_the_answer_and_in_the_limits() -> None:
    impossible = (pattern(test="m(people_exploited, 2000:2010) <= 10", tolerance=1),)
    found = analyse_runs(view(impossible), RUNS)
    table = Thresholds.model_validate({"matching": {"passed_over": 0}})
    assert found.matching.advice == "matched", "one statement may be missed"
    found = analyse_runs(view(impossible, thresholds=table), RUNS)
    assert found.matching.advice == "none"
    assert found.answer.headline.startswith("No advice: too few")
    assert found.answer.helps_most_policy is None and found.answer.moves_harm_policy is None
    assert {found.answer.helps_most, found.answer.moves_harm} == {"No advice is given."}
    assert found.answer.could_change_claims == () and "outreach" not in found.answer.headline.lower()
    assert found.answer.lead.startswith("Only 0 of 400 runs are not ruled out")
    assert found.limits[-1].startswith("Too few independent runs agree")
    assert found.comparison.runs == 400


def test_weights_of_the_user_change_units_and_choice() -> None:
    found = analyse_runs(VIEW, RUNS, utility=Utility(people_exploited=1.0, cost_usd=2e-5))
    assert found.trace.utility_unit == "people-equivalents a year"
    assert found.trace.best_now == "outreach"


def test_rows_of_patterns_have_the_fields_that_commands_promise() -> None:
    strict = Thresholds.model_validate({"matching": {"passed_over": 0}})
    row = pattern_rows(analyse_runs(view((pattern(tolerance=50),), thresholds=strict), RUNS))[0]
    assert {"id", "claim", "kind", "statement", "prior", "matched"} <= set(row)
    assert 0 < row["prior"] < row["matched"] < 1


def test_a_parameter_that_decides_nothing_is_worth_nothing() -> None:
    assert {item.parameter for item in FOUND.trace.figures} == {"people.scale", "people.idle"}
    for item in FOUND.trace.figures:
        assert item.evppi <= 3 * item.se + 1e-9 and not item.hinge


def test_knock_outs_count_in_spreads_and_only_where_the_mechanism_was_on() -> None:
    found = knockouts(RUNS, VIEW.patterns, Thresholds())
    on = RUNS.switches["outreach"]
    people = next(item for item in found.effects if item.outcome == "people_exploited")
    level = 1000 * RUNS.parameters["people.scale"][on]
    assert people.effect == pytest.approx(np.median(level / level.std()))
    assert people.above_tenth and found.runs == int(on.sum())
    by_id = {item.pattern: item for item in found.patterns}
    assert by_id["P01"].verdict == "no effect" and by_id["P01"].without_rate == 1.0
    assert found.idle == ()


def test_a_pattern_that_does_not_come_out_without_a_mechanism_fails() -> None:
    found = knockouts(RUNS, (pattern(test="m(people_exploited, 2000:2010) <= 1500"),), Thresholds())
    row = found.patterns[0]
    assert (row.verdict, row.with_rate, row.without_rate) == ("fails", 1.0, 0.0)


def test_without_knock_out_runs_the_table_is_empty_and_says_so() -> None:
    runs = RUNS.of_arrays(RUNS.policies, RUNS.years, RUNS.fetch(RUNS.outcomes))
    assert knockouts(runs, VIEW.patterns, Thresholds()).note == "no knock-out runs were made"


def test_bands_hold_the_draws_and_published_figures_stand_beside() -> None:
    seen = {"people_exploited": [Observed(2010, 1100.0, "a report", ""), Observed(2011, 9999.0, "a report", "")],
            "not_an_outcome": [Observed(2010, 1.0, "", "")]}
    found = history(RUNS, np.ones(RUNS.count, dtype=bool), seen)
    band = found.band("people_exploited")
    assert band is not None and band.median[0] == pytest.approx(1000 * np.median(RUNS.parameters["people.scale"]))
    assert band.low90[5] < band.low50[5] < band.median[5] < band.high50[5] < band.high90[5]
    assert band.observed_inside == 0.5
    assert found.band("not_an_outcome") is None


@pytest.mark.parametrize("count", [2, 4, 10, 40])
def test_an_ensemble_that_has_just_begun_is_analysed_without_numbers_that_mislead(count: int) -> None:
    found = analyse_runs(VIEW, ensemble(count))
    json.dumps(found.to_json(), allow_nan=False)
    assert found.matching.advice == "none"
    assert all(not item.hinge for item in found.trace.claims if min(item.draws_true, item.draws_false) < 20)
    assert all(row.verdict == "not testable" for row in found.matching.patterns) == (count < 20)
