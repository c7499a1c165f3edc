from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qorgau.analysis.case_view import case_view
from qorgau.analysis.patterns import load_patterns, parse_patterns, test_patterns
from qorgau.analysis.runs import CORRIDOR_OVERLAP, CORRIDOR_PREFIX
from qorgau.case import load_case
from qorgau.case.translate import to_world
from qorgau.errors import InputError
from qorgau.model.outcomes import outcome_names
from tests.analysis.synthetic import YEARS, ensemble, pattern

BUNDLED = Path(__file__).parents[2] / "src/qorgau/cases/kazakhstan"


def test_every_bundled_pattern_reads_against_the_models_own_outcomes() -> None:
    case = load_case("kazakhstan")
    view = case_view(case)
    corridors = {f"{CORRIDOR_PREFIX}{a}_{b}" for a, b in view.corridor_ends.values()}
    outcomes = (*outcome_names(to_world(case)), *corridors, CORRIDOR_OVERLAP)
    tests = parse_patterns(view.patterns, outcomes, YEARS, view.patterns_file)
    assert len(tests) == len(view.patterns)
    assert sum(item.single for item in view.patterns) == 40
    assert all(tests[item.id].last_year <= 2014 for item in view.patterns), "the study ends in 2014"


def test_bundled_patterns_rest_on_claims_that_exist_and_cover_the_list() -> None:
    case = load_case("kazakhstan")
    claims = {claim.id for claim in case.evidence.claims}
    patterns = load_patterns(BUNDLED / "patterns.yaml")
    assert {claim for item in patterns for claim in item.claims} <= claims
    assert {item.id[:3] for item in patterns} == {f"P{i:02d}" for i in range(1, 100)}
    for item in patterns:
        assert item.basis.startswith("assumption:") or any(c.isdigit() for c in item.basis) or "step" in item.basis


def test_a_pattern_is_tested_on_the_baseline_of_each_run() -> None:
    runs = ensemble()
    change = {"B": {"says": "x", "from": 1995, "without": ["scope"]}}
    paired = pattern("P02", needs="paired run", change=change, test="d(people_exploited, 2000:2001) < 0")
    judged = test_patterns([pattern(), paired], runs)
    assert [item.id for item in judged.patterns] == ["P01"], "patterns on paired runs are not counted"
    assert (judged.holds[0] == (runs.parameters["people.scale"] >= 1.0)).all()
    short = np.maximum(0, 1000 - 1000 * runs.parameters["people.scale"]) / 100
    assert judged.distance[0] == pytest.approx(short, abs=1e-9)


@pytest.mark.parametrize(("text", "key", "problem"), [
    ("", "", "holds no patterns"),
    ("P01: 3\n", "P01", "is not a pattern"),
    ("P01: {claims: [S1]}\n", "P01.statement", "Field required"),
    ("P01: [\n", "", "is not YAML"),
])
def test_a_bad_file_is_refused_with_its_key(tmp_path: Path, text: str, key: str, problem: str) -> None:
    file = tmp_path / "patterns.yaml"
    file.write_text(text)
    with pytest.raises(InputError) as caught:
        load_patterns(file)
    assert (caught.value.file, caught.value.key) == (str(file), key)
    assert problem in caught.value.problem and "\n" not in str(caught.value)


def test_a_missing_file_and_an_unknown_key_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_patterns(tmp_path / "none.yaml")
    text = (BUNDLED / "patterns.yaml").read_text(encoding="utf-8").replace("strength:", "strenght:", 1)
    (tmp_path / "patterns.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"P01\.str"):
        load_patterns(tmp_path / "patterns.yaml")


def test_needs_must_agree_with_the_test() -> None:
    with pytest.raises(InputError, match=r"P01\.needs.*does not agree"):
        parse_patterns([pattern(needs="paired run")], ["people_exploited"], YEARS)


def test_a_counterfactual_without_its_change_is_refused_and_a_change_without_a_counterfactual() -> None:
    outcomes, years = ("people_exploited",), range(1991, 2015)
    d = "d(people_exploited, 2000:2001) < 0"
    change = {"B": {"says": "x", "from": 1995, "without": ["scope"]}}
    for wrong in (pattern(kind="counterfactual", test=d, needs="paired run"), pattern(change=change)):
        with pytest.raises(InputError) as caught:
            parse_patterns((wrong,), outcomes, years)
        assert "P01.change" in str(caught.value) and "says" in str(caught.value)
    fine = pattern(kind="counterfactual", test=d, needs="paired run", change=change)
    assert parse_patterns((fine,), outcomes, years)["P01"].paired == ("B",)
    late = pattern(test="people_exploited[2031] > 0")
    with pytest.raises(InputError, match="2031 is outside"):
        parse_patterns((late,), outcomes, years)
