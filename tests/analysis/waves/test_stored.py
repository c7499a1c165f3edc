from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from qorgau.analysis.case_view import case_view
from qorgau.analysis.thresholds import MatchingRule
from qorgau.analysis.waves.match import drawn_at
from qorgau.analysis.waves.stored import (
    FILES,
    current_matched,
    load_matched,
    patterns_hash,
    read_matched,
    save_matched,
)
from qorgau.case import load_case
from qorgau.ensemble.designs import sobol
from qorgau.ensemble.translate import inputs_of
from qorgau.errors import InputError
from tests.analysis.synthetic import pattern
from tests.analysis.waves import sets
from tests.ensemble.fakes import uncertain

NAMES = ["P1", "P2"]


def saved(folder: Path, **about) -> Path:
    rng = np.random.default_rng(1)
    return sets.save(folder, uncertain(), sets.matched_draws(uncertain()), rng.integers(-1, 2, (60, 2)),
                     rng.integers(-1, 2, (100, 2)), NAMES, **about)


def test_a_set_comes_back_as_it_was_written(tmp_path) -> None:
    saved(tmp_path, left_out={"P1": (3, 5, 1)})
    found, draws = read_matched(tmp_path, uncertain()), sets.matched_draws(uncertain())
    for name in ("values", "truth", "on", "streams"):
        assert np.array_equal(getattr(found.draws, name), getattr(draws, name))
    assert found.draws.design["method"] == "matched" and found.draws.design["seed"] == 5
    assert found.draws.design["set"] == found.hash
    assert found.waves == sets.WAVES or str(found.waves) == str(sets.WAVES), "NaN is unlike itself"
    assert found.holds.shape == (60, 2) and found.prior_holds.shape == (100, 2)
    assert (np.isnan(found.distance) == (found.holds < 0)).all()
    assert (found.left_out, found.threshold, len(found)) == ({"P1": (3, 5, 1)}, 0.2, 60)


def test_more_draws_than_the_set_holds_are_refused_with_the_way_out(tmp_path) -> None:
    found = read_matched(saved(tmp_path), uncertain())
    assert len(found.first(10)) == 10 and found.first(10).streams[3] == 3007
    with pytest.raises(InputError, match=r"61 runs.*holds 60.*--runs 61.*--prior"):
        found.first(61)


def test_a_damaged_or_missing_set_is_refused(tmp_path) -> None:
    saved(tmp_path)
    with pytest.raises(InputError, match="no matched set here"):
        read_matched(tmp_path / "elsewhere", uncertain())
    path = tmp_path / FILES[0]
    whole = path.read_bytes()
    path.write_bytes(whole[:-10] + b"0123456789")
    with pytest.raises(InputError, match="is not the file"):
        read_matched(tmp_path, uncertain())
    path.unlink()
    with pytest.raises(InputError, match="is missing"):
        read_matched(tmp_path, uncertain())
    path.write_bytes(whole)
    about = json.loads((tmp_path / FILES[1]).read_text())
    for change, words in (({"claims": ["S1"]}, "other parameters"), ({"format": 0}, "another version")):
        (tmp_path / FILES[1]).write_text(json.dumps({**about, **change}))
        with pytest.raises(InputError, match=words):
            read_matched(tmp_path, uncertain())


def test_the_hash_of_patterns_is_of_what_tests_and_score_depend_on() -> None:
    base, rule = [pattern("P1"), pattern("P2")], MatchingRule()
    made = patterns_hash(base, rule)
    assert patterns_hash([pattern("P1", note="Said anew.", statement="Other words."), base[1]], rule) == made
    assert patterns_hash(base, rule.model_copy(update={"cutoff": 2.0})) == made
    for other in ([pattern("P1", tolerance=50), base[1]], base[:1], [pattern("P1", use="reported"), base[1]]):
        assert patterns_hash(other, rule) != made
    assert patterns_hash(base, rule.model_copy(update={"cap": 2.0})) != made


@pytest.fixture(scope="module")
def bundled():
    case = load_case("kazakhstan")
    return case, inputs_of(case)


def of_case(folder: Path, of, inputs, runs: int = 30, **about) -> Path:
    view = case_view(of)
    names = [p.id for p in view.patterns]
    draws = drawn_at(inputs.uncertain, sobol(runs, inputs.uncertain.dimensions, 3), np.arange(runs) + 10**12)
    holds = np.random.default_rng(1).integers(0, 2, (runs, len(names))).astype(np.int8)
    rng = np.random.default_rng(2)
    fields = {
        "case": {"name": of.id, "hash": of.hash}, "model": inputs.model,
        "patterns_hash": patterns_hash(view.patterns, view.thresholds.matching), "seed": 3, "prior_runs": runs,
        "prior_all": runs, "threshold": 0.2, "waves": sets.WAVES, "stopped": [], "left_out": {},
        "effective": sets.Effective(10.0, 10, 10.0, 10.0),
    }
    return save_matched(
        folder, draws=draws, families=np.arange(runs), score=rng.random(runs), distance=rng.random(holds.shape) * 3,
        holds=holds, prior_distance=rng.random(holds.shape) * 3, prior_holds=holds, patterns=names,
        about={**fields, **about},
    )


def test_a_set_of_another_case_model_or_patterns_is_refused_by_name(tmp_path, bundled) -> None:
    case, inputs = bundled
    assert len(load_matched(case, of_case(tmp_path / "right", case, inputs), inputs)) == 30
    for change, words in (
        ({"case": {"name": case.id, "hash": "0"}}, "the case"), ({"model": "0"}, "the model"),
        ({"patterns_hash": "0"}, "the patterns"),
    ):
        folder = of_case(tmp_path / words.split()[1], case, inputs, **change)
        with pytest.raises(InputError, match=f"another state of {words}"):
            load_matched(case, folder, inputs)


def test_the_sets_folder_is_found_and_leaves_the_hash_of_the_case_alone(tmp_path, bundled) -> None:
    from shutil import copytree, ignore_patterns

    case, inputs = bundled
    own = load_case(copytree(case.folder, tmp_path / "case", ignore=ignore_patterns("matched")))
    assert current_matched(own, inputs) == (None, "the case has no matched set")
    of_case(tmp_path / "case" / "matched", case, inputs)
    again = load_case(tmp_path / "case")
    assert again.hash == case.hash
    found, why = current_matched(again, inputs)
    assert found is not None and why == ""
    of_case(tmp_path / "case" / "matched", case, inputs, model="0")
    found, why = current_matched(again, inputs)
    assert found is None and "another state of the model" in why


def test_a_thousand_draws_of_the_bundled_case_take_under_three_megabytes(tmp_path, bundled) -> None:
    folder = of_case(tmp_path, *bundled, runs=1000)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 3e6
