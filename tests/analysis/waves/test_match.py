"""A small match of the bundled case, from the search to the analysis of results drawn from the set."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from shutil import copytree, ignore_patterns
from typing import Any

import numpy as np
import pytest
import yaml

from qorgau.analysis.case_view import case_view
from qorgau.analysis.matching import score_rule
from qorgau.analysis.patterns import test_patterns
from qorgau.analysis.runs import from_results
from qorgau.analysis.summary import analyse
from qorgau.analysis.waves import confirm
from qorgau.analysis.waves.confirm import confirm_set
from qorgau.analysis.waves.evaluate import bench_of, verdicts_of
from qorgau.analysis.waves.match import left_out_counts, match_case, scorer_of
from qorgau.analysis.waves.stored import MatchedSet, load_matched, read_matched, restamp
from qorgau.case import Case, load_case
from qorgau.ensemble.designs import sobol
from qorgau.ensemble.runner import simulate_inputs
from qorgau.ensemble.translate import inputs_of
from qorgau.errors import InputError
from tests.analysis.synthetic import pattern

RUNS = 20
SHOWN = "P55"
"""A pattern on a paired run that sets nothing aside."""
WAVES = {"moves": 2, "rest_moves": 1, "target": 0.0, "single_target": 0.0, "single_share": 0.12}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Case:
    """The bundled case with a few patterns, one of them on a paired run and one that is only shown, and short waves."""
    bundled = load_case("kazakhstan")
    folder = Path(copytree(bundled.folder, tmp_path_factory.mktemp("m") / "case", ignore=ignore_patterns("matched")))
    patterns = yaml.safe_load((folder / "patterns.yaml").read_text())
    single = [name for name, p in patterns.items() if not p.get("needs") and p["use"] == "matching"][:6]
    paired = [name for name, p in patterns.items() if p.get("needs") and p["use"] == "matching"][:1]
    few = {name: patterns[name] for name in (*single, SHOWN, *paired)}
    (folder / "patterns.yaml").write_text(yaml.safe_dump(few, sort_keys=False, allow_unicode=True))
    thresholds = yaml.safe_load((folder / "thresholds.yaml").read_text())
    thresholds["matching"] |= {"waves": WAVES, "least_kept": 2}
    thresholds["verdicts"] |= {"least_tested": 2}
    (folder / "thresholds.yaml").write_text(yaml.safe_dump(thresholds))
    return load_case(folder)


@pytest.fixture(scope="module")
def found(case: Case) -> MatchedSet:
    return match_case(case, Path(case.folder) / "matched", runs=RUNS, seed=3, budget=1300, prior_all=4, workers=2)


def test_the_search_goes_through_both_stages_and_lowers_the_score(found: MatchedSet) -> None:
    assert {"prior", "single", "all", "rest"} == {wave.stage for wave in found.waves}
    assert found.waves[-1].prior_share < 0.5 and (found.score <= found.threshold).all()
    assert len(found) == RUNS and found.prior_holds.shape[0] == RUNS
    assert set(found.left_out) == set(found.patterns) - {SHOWN}
    assert all(passed <= tested for passed, tested, _ in found.left_out.values())


def test_what_is_only_shown_is_tested_on_the_set_and_on_the_first_draws_of_the_prior(found: MatchedSet) -> None:
    column = found.patterns.index(SHOWN)
    assert (found.holds[:, column] >= 0).all() and np.isfinite(found.distance[:, column]).all()
    assert (found.prior_holds[:4, column] >= 0).all() and (found.prior_holds[4:, column] == -1).all()


def test_draws_of_the_set_run_again_give_the_same_verdicts(case: Case, found: MatchedSet) -> None:
    bench = bench_of(case)
    again = verdicts_of(bench, found.draws, 3, streams=found.draws.streams)
    assert np.array_equal(again.holds, found.holds)
    assert np.allclose(again.distance, found.distance, rtol=1e-6, equal_nan=True)
    rule = score_rule(bench.plan.patterns, bench.view.thresholds.matching)
    assert rule.total(again.distance) == pytest.approx(found.score, abs=1e-9)


def test_a_set_is_stamped_anew_only_if_every_draw_comes_out_the_same(
    case: Case, found: MatchedSet, tmp_path: Path
) -> None:
    folder = Path(copytree(Path(case.folder) / "matched", tmp_path / "set", ignore=ignore_patterns("work*")))
    restamp(folder, "the model of before")
    told: list[int] = []
    made = confirm_set(case, folder, workers=2, progress=lambda done, _of: told.append(done))
    assert made.about["model"] == found.about["model"] and told == [RUNS]
    other = replace(found, holds=1 - found.holds)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(confirm, "read_matched", lambda *_: other)
        with pytest.raises(InputError, match="draw 0 comes out otherwise under this model, first on P01"):
            confirm_set(case, folder)


def _altered(case: Case, folder: Path, change: Callable[[dict[str, Any]], None]) -> Case:
    """A copy of the case, with its set, whose patterns and a text of whose measures are changed."""
    copytree(Path(case.folder), folder, ignore=ignore_patterns("work*"))
    patterns = yaml.safe_load((folder / "patterns.yaml").read_text())
    change(patterns)
    (folder / "patterns.yaml").write_text(yaml.safe_dump(patterns, sort_keys=False, allow_unicode=True))
    measures = folder / "measures.yaml"
    measures.write_text(measures.read_text().replace("title: Awareness campaigns", "title: Campaigns"))
    return load_case(folder)


def test_a_set_is_kept_when_texts_and_patterns_that_are_only_shown_change(
    case: Case, found: MatchedSet, tmp_path: Path
) -> None:
    def change(patterns: dict[str, Any]) -> None:
        patterns["P99"] = {**patterns[SHOWN], "test": "d(people_recruited_all, 2000:2003) <= 0"}
        patterns[SHOWN]["test"] = "d(people_recruited_all, 2001:2004) <= 0"

    other = _altered(case, tmp_path / "case", change)
    assert other.hash != case.hash
    told: list[tuple[int, int]] = []
    made = confirm_set(other, tmp_path / "case" / "matched", workers=2, progress=lambda *now: told.append(now))
    assert told[-1][0] == told[-1][1] and load_matched(other).hash == made.hash != found.hash
    kept = [made.patterns.index(name) for name in found.patterns if name != SHOWN]
    before = [found.patterns.index(name) for name in found.patterns if name != SHOWN]
    assert np.array_equal(made.holds[:, kept], found.holds[:, before])
    assert np.array_equal(made.prior_holds[:, kept], found.prior_holds[:, before])
    fresh = [made.patterns.index(name) for name in (SHOWN, "P99")]
    again = verdicts_of(bench_of(other), made.draws, 3, streams=made.draws.streams)
    assert np.array_equal(made.holds[:, fresh], again.holds[:, fresh])
    assert (made.prior_holds[:4, fresh] >= 0).all() and (made.prior_holds[4:, fresh] == -1).all()
    assert str(made.waves) == str(found.waves) and np.array_equal(made.score, found.score)


def test_a_set_is_refused_for_other_patterns_that_match(case: Case, found: MatchedSet, tmp_path: Path) -> None:
    first = found.patterns[0]

    def looser(patterns: dict[str, Any]) -> None:
        patterns[first]["tolerance"] = 2.0 * patterns[first]["tolerance"] if isinstance(
            patterns[first]["tolerance"], float) else 9.0

    other = _altered(case, tmp_path / "case", looser)
    with pytest.raises(InputError, match=rf"was matched on other patterns \({first}\)"):
        confirm_set(other, tmp_path / "case" / "matched")
    assert read_matched(tmp_path / "case" / "matched", inputs_of(case).uncertain).hash == found.hash


def test_an_ensemble_of_the_set_runs_the_same_draws_and_its_analysis_speaks_of_the_set(
    case: Case, found: MatchedSet, tmp_path: Path
) -> None:
    results = simulate_inputs(inputs_of(case), ["baseline"], 6, out=tmp_path / "out", draws=found.first(6))
    design = results.manifest["identity"]["design"]
    assert (design["method"], design["set"], design["seed"]) == ("matched", found.hash, 3)
    view = case_view(case)
    tested = test_patterns(view.patterns, from_results(results, view.corridor_ends))
    column = [found.patterns.index(p.id) for p in tested.patterns]
    assert np.array_equal(tested.holds.T, found.holds[:6][:, column])
    made = analyse(case, results).matching
    assert made.kept_runs == RUNS and made.used.tolist() == [True] * 6
    assert made.waves == found.waves or str(made.waves) == str(found.waves)
    assert [p.matched.tested + p.matched.not_testable for p in made.patterns] == [RUNS] * len(made.patterns)


def test_the_scorer_rejects_early_only_what_it_may(case: Case) -> None:
    bench = bench_of(case)
    rule = score_rule(bench.plan.patterns, bench.view.thresholds.matching)
    points, streams = sobol(6, bench.inputs.uncertain.dimensions, 1), np.arange(6)
    score = scorer_of(bench, rule, 1, 1)
    single, whole = score(points, streams, np.inf, "single"), score(points, streams, np.inf, "all")
    bound = float(np.median(single.score))
    some = score(points, streams, bound, "all")
    assert (single.score <= whole.score).all()
    assert np.array_equal(np.isinf(some.score), single.score > bound)
    kept = np.isfinite(some.score)
    assert np.array_equal(some.score[kept], whole.score[kept])


def test_bad_arguments_and_other_searches_are_refused(case: Case, found: MatchedSet, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="20 or more"):
        match_case(case, tmp_path, runs=5)
    with pytest.raises(InputError, match="holds another match, which differs in: seed"):
        match_case(case, Path(case.folder) / "matched", runs=RUNS, seed=4, budget=1300, prior_all=4)


def test_rates_without_a_pattern_are_over_draws_that_the_others_leave() -> None:
    rule = score_rule((pattern("P1"), pattern("P2"), pattern("P3", use="reported")), _table())
    assert rule.weights.tolist() == [0.5, 0.5, 0.0] and not rule.paired and rule.single_share == 1.0
    # Of four draws the other pattern leaves the first and third for P1, and the first and second for P2.
    distance = np.array([[0.0, 0.0, 9.0], [0.0, 9.0, 9.0], [9.0, 0.0, 9.0], [9.0, 9.0, 9.0]])
    # The patterns' ids give the columns; P1 fails in the third and fourth draw, P2 in the second and fourth.
    holds = (distance == 0).astype(np.int8)
    counts = left_out_counts(rule, (pattern("P1"), pattern("P2"), pattern("P3", use="reported")), 0.4, distance, holds)
    assert counts == {"P1": (1, 2, 0), "P2": (1, 2, 0)}
    assert rule.total(distance).tolist() == [0.0, 0.5, 0.5, 1.0]
    assert rule.total(np.array([[np.nan, 0.0, 0.0]]))[0] == pytest.approx(1 / 6), "not testable is never a pass"


def _table():
    from qorgau.analysis.thresholds import MatchingRule

    return MatchingRule()
