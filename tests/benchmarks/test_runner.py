"""One command over all benchmarks: figures gathered, compared with the history, targets judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmarks.record import number, record
from rich.console import Console

from benchmarks import __main__ as runner


def part(folder: Path, name: str, body: str) -> None:
    (folder / name).mkdir()
    (folder / name / "run.py").write_text(
        "import argparse, json, pathlib\np = argparse.ArgumentParser()\np.add_argument('--out', type=pathlib.Path)\n"
        f"p.add_argument('--quick', action='store_true')\ng = p.parse_args()\n{body}\n", encoding="utf-8")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(runner, "HERE", tmp_path)
    value = "1 if g.quick else 2"
    part(tmp_path, "good", "g.out.write_text(json.dumps({'figures': {'speed': {'value': " + value
         + ", 'unit': 'm/s', 'target': 3}}}))")
    part(tmp_path, "bad", "raise SystemExit(3)")
    return tmp_path


def run(here: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> None:
    monkeypatch.setattr("sys.argv", ["benchmarks", "--history", str(here / "h.jsonl"), *words])
    runner.main()


def test_every_folder_with_a_run_is_a_part() -> None:
    assert {"model", "peers", "placing"} <= set(runner.parts())


def test_figures_go_into_table_file_and_history(here, monkeypatch, capsys) -> None:
    for quick in ((), (), ("--quick",)):
        run(here, monkeypatch, "--parts", "good", "--out", str(here / "all.json"), *quick)
    text = capsys.readouterr().out
    assert "missed" in text and "+0%" in text
    entries = [json.loads(line) for line in (here / "h.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [e["figures"]["good/speed"]["value"] for e in entries] == [2, 2, 1]
    assert [e["quick"] for e in entries] == [False, False, True]
    assert entries[0]["versions"]["numba"] and entries[0]["machine"]["cores"]
    assert json.loads((here / "all.json").read_text(encoding="utf-8"))["figures"] == entries[2]["figures"]
    run(here, monkeypatch, "--trend", "speed")
    assert "good/speed" in capsys.readouterr().out


def test_a_part_that_fails_fails_the_command_and_spares_the_others(here, monkeypatch) -> None:
    with pytest.raises(SystemExit, match="failed: bad"):
        run(here, monkeypatch)
    assert "good/speed" in (here / "h.jsonl").read_text(encoding="utf-8")


def test_entries_are_compared_in_the_same_sizes_on_the_same_machine() -> None:
    def entry(quick: bool, cores: int, key: str = "a") -> dict:
        return {"machine": {"cores": cores}, "quick": quick, "figures": {key: {"value": 1}}}

    old = [entry(False, 2), entry(True, 2), entry(False, 4), entry(False, 2, "b")]
    assert runner.earlier(old, entry(False, 2)) is old[0]
    assert runner.earlier(old, entry(True, 4)) is None


@pytest.mark.parametrize(("figure", "word"), [
    ({"value": 3.0, "target": 3}, "met"), ({"value": 2.0, "target": 3}, "missed"),
    ({"value": 2.0, "target": 3, "least": False}, "met"), ({"value": 2.0}, ""),
])
def test_targets_are_judged(figure: dict, word: str) -> None:
    assert word in runner.verdict(figure)
    assert bool(runner.verdict(figure)) == bool(word)


def test_a_record_says_where_it_was_made() -> None:
    from datetime import UTC, datetime

    made = record({"a": {"value": 1.0, "unit": "s"}}, datetime.now(UTC), 0.5)
    assert {"date", "machine", "versions", "load", "figures"} <= made.keys()
    assert {"python", "numpy", "commit", "Mesa"} <= made["versions"].keys()
    Console(file=None, quiet=True).print(runner.table({**made, "quick": False}, None))


@pytest.mark.parametrize(("value", "text"), [(0.0, "0.000"), (2e-12, "2e-12"), (0.25, "0.250"), (12345.6, "12,346")])
def test_numbers_have_three_figures(value: float, text: str) -> None:
    assert number(value) == text
