"""Titles are findings: with other numbers they say other things."""

from __future__ import annotations

import dataclasses

import pytest
from tests.report import fakes

from qorgau.report.views import displacement, history, measures, patterns, trace
from qorgau.report.views.context import Context, context_of


def made(**changes: object) -> Context:
    return context_of(fakes.analysis(**changes), fakes.case(), None)


def test_the_ranking_counts_what_is_settled() -> None:
    assert measures.measures_view(made())["title"].startswith("9 of 13 measures are likely to lower")
    unsettled = measures.measures_view(made(comparison=fakes.comparison(False)))["title"]
    assert unsettled == "None of 13 measures is likely to lower the number of people exploited, 13 are not settled"


def test_history_says_which_lines_rise_and_which_fall() -> None:
    up = fakes.band("people_exploited", 100.0)
    down = dataclasses.replace(up, outcome="tip_tier", label="tier in the report", median=up.median[::-1])
    (figure,) = history.history_figures(made(history=fakes.History(1, (up, down))))
    assert figure.title == "People exploited rise; tier in the report falls"


def test_displacement_names_the_sections_that_change_most() -> None:
    context = made()
    figure = displacement.map_figure(context, "border_monitoring")
    assert figure is not None
    assert figure.title.startswith("Border monitoring: more people carried across ")
    assert "fewer people carried across Kazakhstan–Kyrgyzstan" in figure.title
    assert [row[0][:1] for row in figure.table.rows if "Kazakhstan–Kyrgyzstan" in row[0]] == ["A"]
    assert displacement.map_figure(context, "penalties") is None


def test_too_few_people_make_no_change_in_per_cent() -> None:
    view = displacement.displacement_view(made())
    few = next(r for r in view["people"]["rows"] if r["label"] == "Kazakhstan–Turkmenistan")
    assert few["baseline"] == "under 11" and few["item"] is None
    assert {cell["text"] for cell in few["cells"]} == {"–"}
    opiates = next(r for r in view["opiates"]["rows"] if r["label"] == "Kazakhstan–Turkmenistan")
    assert opiates["baseline"] == "4", "kilograms are no persons"


@pytest.mark.parametrize(
    ("kept", "drawn", "said"),
    [(412, 1000, "7 of 11 patterns hold after matching, 0 did before"), (14, 40, "7 of 11 patterns hold")],
)
def test_patterns_after_matching_or_over_all_draws(kept: int, drawn: int, said: str) -> None:
    view = patterns.patterns_view(made(matching=fakes.matching(kept, drawn)))
    assert view["title"] == said
    row = view["groups"][0]["rows"][0]
    assert row["rate"] == ("98 %" if kept > 50 else "78 %")


def test_the_matrix_is_left_out_when_no_pattern_could_be_tested_without_a_mechanism() -> None:
    found = fakes.knockouts()
    none = tuple(dataclasses.replace(k, verdict="not testable") for k in found.patterns)
    view = patterns.patterns_view(made(knockouts=dataclasses.replace(found, patterns=none)))
    assert view["mechanisms"] == [] and view["few"]
    assert len(patterns.patterns_view(made())["mechanisms"]) == 10


def test_hinges_are_told_with_what_they_rest_on() -> None:
    view = trace.trace_view(made())
    assert view["title"] == "3 claims would change the advice"
    assert "S152 rests on sources that are at best fairly reliable" in view["intro"]
    assert "S152 lies close to where the advice tips" in view["intro"]
    first = view["rows"][0]
    assert first["id"] == "S141" and first["false"].startswith("Anti-corruption with real punishment instead of")
    none = dataclasses.replace(
        fakes.trace(), claims=tuple(dataclasses.replace(c, hinge=False) for c in fakes.trace().claims)
    )
    assert trace.trace_view(made(trace=none))["title"].startswith("No single claim changes the advice")


def test_a_value_of_information_is_never_shown_below_zero() -> None:
    item = trace.normal_interval(5.0, 10.0)
    assert (item.low90, item.low50, item.median) == (0.0, 0.0, 5.0) and item.high90 > 20
