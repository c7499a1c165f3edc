"""Bad input: exit 2, one line on standard error, nothing written."""

from __future__ import annotations

import errno
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qorgau.cli.errors import one_line
from qorgau.ensemble.files import Interrupted
from qorgau.errors import InputError, QorgauError
from tests.case.files import edit, row


def refused(result: Any) -> str:
    """Check that a command was refused in one line, and return the line."""
    assert result.exit_code == 2, result.output
    # At most the stages that were finished before.
    assert {said.split()[0] for said in result.stdout.splitlines()} <= {"check", "compile", "simulate", "draws"}
    (line,) = result.stderr.splitlines()
    assert ". Fix: " in line
    return line


Change = Callable[[Any], None]

BAD: list[tuple[str, str, Change, str]] = [
    ("unknown key", "places.yaml", lambda d: row(d, "osh").update(hight=3), "places.osh.hight"),
    ("missing claim", "places.yaml", lambda d: d.pop("assumption"), "places.kunduz"),
    ("unit that does not fit", "parameters/routes.yaml", lambda d: d["network_learning"].update(unit="km"),
     "network_learning.unit"),
    ("place that does not exist", "corridors.yaml", lambda d: row(d, "C02").update(to="bishkec"), "corridors.C02.to"),
    ("corridor that does not exist", "patterns.yaml",
     lambda d: d["P01"].update(test="m(corridor_opiates_kg_osh_moscow, 2000:2005) > 0"), "P01.test"),
    ("range upside down", "parameters/routes.yaml",
     lambda d: d["network_learning"].update(prior={"uniform": [2, 1]}), "network_learning.prior"),
    ("cycle in the dates", "timeline.yaml",
     lambda d: (row(d, "law").pop("date"), row(d, "law").update(after=["training"])), "timeline.after"),
    ("disconnected market", "corridors.yaml", lambda d: d["corridors"].remove(row(d, "C06")), "markets.moscow"),
    ("pattern on no outcome", "patterns.yaml",
     lambda d: d["P01"].update(test="m(people_exploitet, 2000:2005) > 0"), "P01.test"),
    ("cut-off upside down", "thresholds.yaml", lambda d: d["verdicts"].update(holds=0.1, fails=0.9), "verdicts"),
]


@pytest.mark.parametrize(("kind", "file", "change", "key"), BAD, ids=[bad[0] for bad in BAD])
@pytest.mark.parametrize("command", ["check", "simulate", "run"])
def test_a_bad_case_is_one_line(
    call: Any, template: Path, tmp_path: Path, command: str, kind: str, file: str, change: Change, key: str
) -> None:
    edit(template, file, change)
    out = tmp_path / "out"
    words = [command, template] + (["--out", out, "--runs", "2"] if command != "check" else [])
    result = call(*words)
    line = refused(result)
    assert key in line
    assert out.exists() is False


def test_a_claim_that_points_nowhere_stops_a_run(call: Any, template: Path, tmp_path: Path) -> None:
    edit(template, "evidence/claims.yaml",
         lambda d: row(d, "E01")["placement"].append({"role": "input", "where": "corridor:osh-nowhere"}))
    result = call("run", template, "--out", tmp_path / "out")
    assert result.exit_code == 1
    assert "osh-nowhere" in result.stdout
    assert result.stderr == ""
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "--runs", "many"], "--runs"),
        (["run", "--runs", "0"], "--runs"),
        (["run", "--unknown"], "--unknown"),
        (["simulate"], "CASE"),
        (["rum"], "rum"),
        (["check", "kasachstan"], "kazakhstan"),
        (["patterns", "nowhere"], "no results"),
        (["compare", "nowhere"], "no results"),
        (["trace", "nowhere"], "no results"),
        (["report", "nowhere"], "no results"),
        (["serve", "nowhere"], "no such case"),
        (["place", "--budget", "2"], "case or a network"),
        (["place", "template"], "--budget"),
        (["place", "--arcs", "a.csv", "--budget", "2"], "--journeys"),
        (["place", "--arcs", "a.csv", "--journeys", "b.csv", "--budget", "2"], "a.csv"),
        (["place", "template", "--budget", "2", "--follower", "logit"], "--follower"),
    ],
)
@pytest.mark.parametrize("json", [False, True])
def test_bad_words_are_one_line(call: Any, words: list[str], said: str, json: bool) -> None:
    assert said in refused(call(*words, *(["--json"] if json else [])))


@pytest.mark.parametrize(
    ("policies", "said"),
    [("outreech", "outreach"), ("outreach=2", "outside 0 to 1"), (",", "names no policy"),
     ("outreach@1800", "not a month"), ("outreach,outreach", "twice")],
)
def test_bad_policies_are_one_line(call: Any, toy: Any, tmp_path: Path, policies: str, said: str) -> None:
    result = call("simulate", "template", "--runs", 2, "--policies", policies, "--out", tmp_path / "out")
    assert said in refused(result)
    assert not (tmp_path / "out").exists()


def test_a_folder_that_holds_something_else_is_refused(call: Any, toy: Any, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    for command in ("run", "simulate"):
        line = refused(call(command, "template", "--runs", 2, "--out", tmp_path))
        assert "letter.txt" in line
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]
    assert toy.calls == []


def test_a_file_in_the_place_of_the_folder_is_refused(call: Any, toy: Any, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("mine")
    assert "not a folder" in refused(call("simulate", "template", "--runs", 2, "--out", tmp_path / "out"))
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize(
    ("number", "said"), [(errno.ENOSPC, "disk is full"), (errno.EROFS, "read-only"), (errno.EACCES, "not permitted")]
)
def test_a_disk_that_cannot_be_written_is_one_line(
    call: Any, toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, said: str
) -> None:
    def no(*_: Any, **__: Any) -> None:
        raise OSError(number, "no", "somewhere")

    monkeypatch.setattr("qorgau.ensemble.files.os.replace", no)
    assert said in refused(call("simulate", "template", "--runs", 2, "--out", tmp_path / "out"))
    left = [path for path in (tmp_path / "out").rglob("*") if path.is_file() and path.name != ".lock"]
    assert left == []


def test_a_disk_that_fills_where_nobody_looks_is_one_line_too(
    call: Any, toy: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device", str(self))

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    out = tmp_path / "out"
    result = call("simulate", "template", "--runs", 2, "--out", out, "--json")
    assert "disk is full" in refused(result)
    assert not (out / "case").exists()


def test_a_new_case_goes_nowhere_that_is_taken(call: Any, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    assert "already" in refused(call("new", tmp_path))
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_what_each_error_becomes() -> None:
    assert one_line(InputError("a.yaml", "b", "is wrong", "mend it")) == (2, "a.yaml: b: is wrong. Fix: mend it.")
    assert one_line(QorgauError("every run\nfailed")) == (1, "every run failed")
    assert one_line(Interrupted("stopped: 1 of 2"))[0] == 130
    assert one_line(KeyboardInterrupt()) == (
        130, "stopped: what was finished is kept; the same command goes on from there"
    )
    assert one_line(OSError(errno.ENOENT, "No such file", "x"))[1].startswith("x: No such file. Fix: ")
    assert one_line(MemoryError())[0] == 2
    with pytest.raises(ZeroDivisionError):
        one_line(ZeroDivisionError())


def test_help_and_version_are_quick_and_bring_no_compiler() -> None:
    code = (
        "import sys\nfrom typer.testing import CliRunner\nfrom qorgau.cli import app\n"
        "r = CliRunner()\n"
        "assert 'simulate' in r.invoke(app, []).stdout\n"
        "assert '--runs' in r.invoke(app, ['run', '--help']).stdout\n"
        "assert r.invoke(app, ['--version']).stdout.count('.') == 2\n"
        "print(sorted({'numba', 'altair', 'scipy', 'pyarrow', 'duckdb', 'fastapi'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_a_real_process_ends_with_the_code_and_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "qorgau", "check", str(tmp_path)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert "case.yaml" in done.stderr
