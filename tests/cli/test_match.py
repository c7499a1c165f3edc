from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from qorgau.analysis.case_view import case_view
from qorgau.analysis.waves.stored import patterns_hash, read_matched
from qorgau.case import Case, load_case
from tests.analysis.waves import sets
from tests.ensemble.fakes import FakeRunner, uncertain


def matched(case: Case, folder: Path, **about: Any) -> Path:
    """Write a set of 30 draws for a case that the toy model stands in for."""
    view = case_view(case)
    names = [p.id for p in view.patterns]
    rng = np.random.default_rng(1)
    return sets.save(
        folder, uncertain(), sets.matched_draws(uncertain(), 30), rng.integers(0, 2, (30, len(names))),
        rng.integers(0, 2, (100, len(names))), names,
        **{"case": {"name": case.id, "hash": case.hash},
           "patterns_hash": patterns_hash(view.patterns, view.thresholds.matching), **about},
    )


def told(call: Any, *words: Any) -> dict[str, Any]:
    result = call("simulate", *words, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_a_current_set_is_drawn_from_and_the_prior_when_asked(
    call: Any, toy: FakeRunner, template: Path, tmp_path: Path
) -> None:
    matched(load_case(template), template / "matched")
    made = told(call, template, "--out", tmp_path / "a")
    assert made["drawn"]["draws"] == "matched" and (made["runs"], made["seed"]) == (30, 5)
    draws = pq.read_table(tmp_path / "a" / "results" / "draws.parquet")
    assert np.array_equal(draws["stream"].to_numpy(), sets.matched_draws(uncertain(), 30).streams)
    assert (tmp_path / "a" / "case" / "matched" / "matched.parquet").is_file()
    prior = told(call, template, "--prior", "--runs", 4, "--seed", 9, "--out", tmp_path / "b")
    assert (prior["drawn"]["draws"], prior["runs"], prior["seed"]) == ("prior", 4, 9)
    assert not (tmp_path / "b" / "case" / "matched").exists()
    assert "30 of the 30 of the matched set" in " ".join(
        call("simulate", template, "--out", tmp_path / "c").stdout.split()
    )


def test_more_runs_than_the_set_holds_are_refused_in_one_line(
    call: Any, toy: FakeRunner, template: Path, tmp_path: Path
) -> None:
    matched(load_case(template), template / "matched")
    assert told(call, template, "--runs", 8, "--out", tmp_path / "a")["runs"] == 8
    assert told(call, template, "--runs", 12, "--out", tmp_path / "a")["runs"] == 12, "more are added"
    result = call("simulate", template, "--runs", 31, "--out", tmp_path / "b")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "holds 30" in line and "--prior" in line


def test_a_set_that_is_not_current_is_passed_over_with_the_reason_or_refused_when_named(
    call: Any, toy: FakeRunner, template: Path, tmp_path: Path
) -> None:
    matched(load_case(template), template / "matched", model="m0")
    made = told(call, template, "--runs", 4, "--out", tmp_path / "a")
    assert made["drawn"]["draws"] == "prior" and "another state of the model" in made["notes"][0]
    result = call("simulate", template, "--matched", template / "matched", "--out", tmp_path / "b")
    assert result.exit_code == 2 and "another state of the model" in result.stderr
    result = call("simulate", template, "--matched", template / "matched", "--prior", "--out", tmp_path / "c")
    assert result.exit_code == 2 and "--prior" in result.stderr


@pytest.fixture
def done(monkeypatch: pytest.MonkeyPatch, toy: FakeRunner) -> dict[str, Any]:
    """Put a set made by hand in the place of the search."""
    asked: dict[str, Any] = {}

    def match_case(case: Case, out: Path, **options: Any) -> Any:
        asked.update(options, out=out)
        return read_matched(matched(case, Path(out)), uncertain())

    monkeypatch.setattr("qorgau.analysis.waves.match.match_case", match_case)
    return asked


def test_match_tells_waves_verdicts_and_how_to_use_the_set(
    call: Any, done: dict[str, Any], template: Path, tmp_path: Path
) -> None:
    result = call("match", template, "--runs", 30, "--seed", 5, "--budget", 900, "--out", tmp_path / "set")
    assert result.exit_code == 0, result.output
    text = " ".join(result.stdout.split())
    assert "Waves" in text and "the target 0.2 is reached" in text and "worth 80 independent runs" in text
    assert f"--matched {tmp_path / 'set'}" in text and "Not for" in text
    assert (done["runs"], done["seed"], done["budget"]) == (30, 5, 900)
    summary = json.loads(call("match", template, "--seed", 5, "--out", tmp_path / "two", "--json").stdout)
    assert len(summary["waves"]) == 3 and summary["effective"]["runs"] == 80.0
    assert {"patterns", "odds", "excluding", "stopped", "set", "not_for"} <= set(summary)


def test_an_interrupted_match_says_how_to_go_on(
    call: Any, toy: FakeRunner, template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stopped(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("qorgau.analysis.waves.match.match_case", stopped)
    result = call("match", template, "--out", tmp_path / "set")
    assert result.exit_code == 130
    assert "the same command goes on from there" in result.stderr


@pytest.mark.parametrize("option", ["--deeper", "--first", "--learned", "--promising", "--tested"])
def test_sizes_of_the_emulators_steps_without_the_emulator_are_refused(call: Any, option: str) -> None:
    result = call("match", "kazakhstan", option, "20")
    assert result.exit_code == 2
    assert option in result.stderr and "--screen" in result.stderr
