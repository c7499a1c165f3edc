"""`qorgau run` on the bundled case, small but real, and the commands that read what it leaves."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from qorgau.cli import app

pytestmark = pytest.mark.slow

POLICIES = "outreach,police_training"


def called(*words: Any) -> Any:
    result = CliRunner().invoke(app, [str(word) for word in words], prog_name="qorgau")
    assert result.exit_code == 0, result.output
    return result


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("run") / "out"


@pytest.fixture(scope="module")
def text(out: Path) -> str:
    """What the run prints, with a folder of results as its effect."""
    result = called("run", "kazakhstan", "--runs", 8, "--policies", POLICIES, "--knockouts", 2, "--out", out)
    assert result.stderr == ""
    return result.stdout


@pytest.fixture(scope="module")
def in_json(text: str, out: Path) -> Callable[[str], Any]:
    """What commands that only read say in JSON, each called once."""
    return cache(lambda command: called(command, out, "--json"))


def test_it_leaves_report_results_record_and_summary(text: str, out: Path) -> None:
    assert (out / "report.html").read_text().lower().startswith("<!doctype html>")
    assert list((out / "results" / "yearly").glob("*.parquet"))
    crate = json.loads((out / "ro-crate-metadata.json").read_text())
    names = {item["@id"] for item in crate["@graph"]}
    assert {"report.html", "summary.json", "results/draws.parquet", "case/case.yaml"} <= names
    assert {"forecast.json", "forecast.parquet"} <= names
    summary = json.loads((out / "summary.json").read_text())
    assert summary["runs"] == 8
    assert summary["policies"] == ["baseline", *POLICIES.split(",")]
    strange = [path for path in out.rglob("*") if ".tmp-" in path.name or path.name.startswith(".case-")]
    assert strange == []


def test_it_says_what_it_does_and_ends_with_the_answer(text: str, out: Path) -> None:
    first_words = [line.split()[0] for line in text.splitlines() if line.strip()]
    stages = [w for w in first_words if w in ("check", "simulate", "knock-outs", "match", "compare", "trace", "report")]
    assert list(dict.fromkeys(stages)) == ["check", "simulate", "knock-outs", "match", "compare", "trace", "report"]
    summary = json.loads((out / "summary.json").read_text())
    assert " ".join(summary["answer"]["headline"].split()) in " ".join(text.split())
    assert str(out / "report.html") in text
    assert "Not for" in text


def test_again_it_simulates_nothing_and_comes_to_the_same(text: str, out: Path) -> None:
    before = json.loads((out / "summary.json").read_text())
    words = ("run", "kazakhstan", "--runs", 8, "--policies", POLICIES, "--knockouts", 2, "--out", out, "--json")
    told = json.loads(called(*words).stdout)
    assert "simulate" not in told["seconds"]
    assert any("nothing is run again" in note for note in told["notes"])
    assert told["coverage"] == {"placed": 152, "total": 152}
    assert told["not_for"]
    assert json.loads((out / "summary.json").read_text()) == before


def test_patterns_are_rows_with_what_each_needs(in_json: Callable[[str], Any]) -> None:
    rows = json.loads(in_json("patterns").stdout)
    assert len(rows) > 20
    for row in rows:
        assert {"id", "claim", "kind", "statement", "prior", "matched", "knockouts"} <= set(row)
        assert row["prior"] is None or 0 <= row["prior"] <= 1


def test_compare_puts_people_first(text: str, out: Path) -> None:
    told = json.loads(called("compare", out, "--json").stdout)
    assert {m["policy"] for m in (*told["measures"], *told["unranked"])} == set(POLICIES.split(","))
    for measure in told["measures"]:
        assert measure["effects"][0]["outcome"] == "people_exploited"
        assert measure["harm"]
    assert told["not_for"]


def test_trace_says_what_the_advice_hangs_on(in_json: Callable[[str], Any]) -> None:
    rows = json.loads(in_json("trace").stdout)
    assert len(rows) == 152
    for row in rows:
        assert {"claim", "source", "evppi", "se", "hinge", "tips_at"} <= set(row)


@pytest.mark.parametrize("command", ["patterns", "compare", "trace", "history", "report"])
def test_every_output_says_what_it_is_not_for_and_lists_no_route(text: str, out: Path, command: str) -> None:
    result = called(command, out)
    assert result.stderr == ""
    said = result.stdout
    assert said.rstrip().split("\nNot for\n")[-1].count("\n") >= 2
    assert "targeting" in said.split("\nNot for\n")[-1]
    # No corridor by its id, and no chain of places.
    assert not re.search(r"\bC\d\d[ab]?\b|→|->", said)


def test_lists_in_json_say_what_they_are_not_for_beside_it(in_json: Callable[[str], Any]) -> None:
    for command in ("patterns", "trace"):
        assert in_json(command).stderr.startswith("Not for: ")


def test_another_case_is_not_taken_for_it(text: str, out: Path) -> None:
    result = CliRunner().invoke(app, ["compare", str(out), "--case", "template"], prog_name="qorgau")
    assert result.exit_code == 2
    assert "another case" in result.stderr


def test_the_report_is_made_again_with_tables(text: str, out: Path) -> None:
    (out / "report.html").unlink()
    told = json.loads(called("report", out, "--tables", "--json").stdout)
    assert Path(told["report"]).is_file()
    assert list((out / "tables").iterdir())
