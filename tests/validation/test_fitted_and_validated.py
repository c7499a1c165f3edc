"""Nothing after 2013, and no reading kept for validation, is used by a pattern, a prior, an anchor or an input."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from qorgau.analysis.case_view import CaseView, case_view
from qorgau.analysis.matching import match
from qorgau.analysis.patterns import test_patterns as tested_patterns
from qorgau.analysis.records import Observed
from qorgau.analysis.runs import Runs, from_results
from qorgau.analysis.summary import analyse_runs
from qorgau.analysis.validation import Validation, leaks
from qorgau.case import Case, load_case
from qorgau.ensemble.results import Results
from qorgau.ensemble.runner import simulate


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case("kazakhstan")


@pytest.fixture(scope="module")
def view(case: Case) -> CaseView:
    return case_view(case)


@pytest.fixture(scope="module")
def table(view: CaseView) -> Validation:
    assert view.validation is not None
    return view.validation


@pytest.fixture(scope="module")
def runs(case: Case, view: CaseView, tmp_path_factory: pytest.TempPathFactory) -> Runs:
    results: Results = simulate(case, policies=["baseline"], runs=24, seed=5, workers=2,
                                out=tmp_path_factory.mktemp("validated"))
    return from_results(results, view.corridor_ends)


def test_the_case_keeps_fitted_and_validated_apart(case: Case, view: CaseView, table: Validation) -> None:
    assert leaks(table, view.patterns, case, view.observed) == ()


def test_no_year_of_an_indicator_is_both(table: Validation) -> None:
    for item in table.indicators:
        fitted = set(range(item.fitted.years[0], item.fitted.years[1] + 1)) if item.fitted else set()
        kept = set(range(item.validated[0], item.validated[1] + 1)) if item.validated else set()
        assert not fitted & kept, item.outcome
        assert not kept or min(kept) > table.last_fitted, item.outcome


def test_each_published_reading_after_the_last_fitted_year_has_source_and_vintage(
    case: Case, view: CaseView, table: Validation
) -> None:
    readings = [p for item in table.indicators for p in view.observed.get(item.outcome, ())
                if item.use(p.year) == "validated"]
    assert len(readings) >= 100
    assert all(p.source in case.evidence.sources and p.note for p in readings)


def test_a_pattern_that_looks_past_the_last_fitted_year_is_found(
    case: Case, view: CaseView, table: Validation
) -> None:
    spoilt = tuple(
        p.model_copy(update={"test": p.test.replace("[2013]", "[2016]")}) if p.id == "P48" else p for p in view.patterns
    )
    found = leaks(table, spoilt, case, view.observed)
    assert any("P48 looks at 2016" in line for line in found)


def test_a_new_pattern_on_an_indicator_is_found(case: Case, view: CaseView, table: Validation) -> None:
    another = view.patterns[0].model_copy(update={"id": "P99", "test": "people_identified[2013] >= 100"})
    found = leaks(table, (*view.patterns, another), case, view.observed)
    assert any("people_identified" in line and "P99" in line for line in found)


def test_a_prior_on_a_later_figure_is_found(case: Case, view: CaseView, table: Validation) -> None:
    claims = {c.id: c for c in case.evidence.claims}
    used = next(c for row in case.parameters.values() for c in row.claims
                if claims[c].kind == "figure" and claims[c].value is not None)
    early = table.model_copy(update={"last_fitted": claims[used].valid.start.year - 1})
    assert any(f"rests on {used}" in line for line in leaks(early, (), case, {}))


def test_a_series_that_feeds_the_model_is_no_series_to_check_against(
    case: Case, view: CaseView, table: Validation
) -> None:
    item = table.indicators[0].model_copy(update={"series": ("afghan_opium", "nowhere")})
    spoilt = table.model_copy(update={"indicators": (item, *table.indicators[1:])})
    found = "\n".join(leaks(spoilt, view.patterns, case, view.observed))
    assert "feeds the model" in found
    assert "nowhere" in found


def test_a_reading_that_the_table_does_not_name_is_found(case: Case, view: CaseView, table: Validation) -> None:
    extra = {**view.observed, "opiate_users": (Observed(2018, 1.0, "TI2024", "x"),)}
    assert any("opiate_users has readings" in line for line in leaks(table, view.patterns, case, extra))


def test_published_readings_set_no_run_aside(runs: Runs, view: CaseView) -> None:
    """Matching is the same with other readings, and so are all intervals; only what is said of the readings moves."""
    other = {
        name: tuple(dataclasses.replace(p, value=3 * p.value + 7) for p in points)
        for name, points in view.observed.items()
    }
    first = analyse_runs(view, runs)
    second = analyse_runs(dataclasses.replace(view, observed=other), runs)
    assert np.array_equal(first.matching.kept, second.matching.kept)
    assert first.forecast is not None and second.forecast is not None
    assert [i.matched for i in first.forecast.indicators] == [i.matched for i in second.forecast.indicators]
    assert first.forecast.inside90 != second.forecast.inside90


def test_the_forecast_is_neither_empty_nor_all_embracing(runs: Runs, view: CaseView) -> None:
    """What is wider or narrower than the case's bounds says so, and most indicators lie within."""
    matching = match(tested_patterns(view.patterns, runs, view.patterns_file), runs, view.thresholds)
    made = analyse_runs(view, runs).forecast
    assert made is not None
    assert made.runs == int(matching.used.sum())
    assert {i.outcome for i in made.indicators} == {i.outcome for i in view.validation.indicators}
    for item in made.indicators:
        inside = made.width_low <= item.relative_width <= made.width_high
        assert (item.width == "within bounds") == inside, item.outcome
        assert all(low <= middle <= high for low, middle, high in
                   zip(item.matched.low90, item.matched.median, item.matched.high90))
    assert sum(i.width == "within bounds" for i in made.indicators) > len(made.indicators) / 2
