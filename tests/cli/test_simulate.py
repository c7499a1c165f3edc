from __future__ import annotations

import _thread
import json
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from qorgau.cli.outputs import local_copy, open_output
from qorgau.ensemble.results import Results
from qorgau.errors import InputError
from tests.ensemble.fakes import FakeRunner, fake_inputs, same


def simulate(call: Any, out: Path, *more: Any) -> dict[str, Any]:
    result = call("simulate", "template", "--runs", 8, "--out", out, "--json", *more)
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    return json.loads(result.stdout)


def test_the_summary_and_what_is_left(call: Any, toy: FakeRunner, tmp_path: Path) -> None:
    out = tmp_path / "out"
    told = simulate(call, out, "--policies", "outreach", "--knockouts", 2, "--workers", 2)
    assert told["runs"] == 8
    assert told["policies"] == ["baseline", "outreach"]
    assert told["knockouts"] == 2
    assert told["not_for"]
    assert {"check", "compile", "simulate"} <= set(told["seconds"])
    assert (out / "ro-crate-metadata.json").is_file()
    assert list((out / "results" / "yearly").glob("*.parquet"))
    results, case, folder = open_output(out)
    assert (case.id, folder, len(results.runs)) == ("template", out, 8)


def test_a_finished_folder_is_used_again(call: Any, toy: FakeRunner, tmp_path: Path) -> None:
    simulate(call, tmp_path / "out")
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.parquet")}
    toy.calls.clear()
    told = simulate(call, tmp_path / "out")
    assert toy.calls == []
    assert "nothing is run again" in told["notes"][0]
    after = {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.parquet")}
    assert {p: t for p, t in after.items() if p.name != "draws.parquet"} == {
        p: t for p, t in before.items() if p.name != "draws.parquet"
    }


def test_more_runs_are_added(call: Any, toy: FakeRunner, tmp_path: Path) -> None:
    simulate(call, tmp_path / "out")
    told = call("simulate", "template", "--runs", 12, "--out", tmp_path / "out", "--json")
    assert json.loads(told.stdout)["runs"] == 12


def test_another_design_is_refused(call: Any, toy: FakeRunner, tmp_path: Path) -> None:
    simulate(call, tmp_path / "out")
    toy.calls.clear()
    result = call("simulate", "template", "--runs", 8, "--seed", 2, "--out", tmp_path / "out")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "different ensemble" in line
    assert toy.calls == []


def test_a_block_cut_short_is_set_aside_and_run_again(call: Any, toy: FakeRunner, tmp_path: Path) -> None:
    out = tmp_path / "out"
    simulate(call, out)
    block = sorted((out / "results" / "yearly").glob("*.parquet"))[0]
    whole = block.read_bytes()
    block.write_bytes(whole[: len(whole) // 2])
    told = simulate(call, out)
    assert "damaged or cut short" in told["notes"][0]
    assert block.read_bytes() == whole
    assert block.with_name(block.name + ".torn").is_file()


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C, which a shell has what it runs in the background ignore."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_a_stop_keeps_what_is_finished_and_the_same_command_goes_on(
    call: Any, toy: FakeRunner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stopping(FakeRunner):
        def __call__(self, *words: Any) -> Any:
            if len(self.calls) == 3:
                _thread.interrupt_main()
                self.seconds = 5.0
            return super().__call__(*words)

    with monkeypatch.context() as patch:
        patch.setattr("qorgau.cli.pipeline.examined", lambda case: fake_inputs(Stopping(), case.hash))
        result = call("simulate", "template", "--runs", 32, "--workers", 1, "--out", tmp_path / "out")
    assert result.exit_code == 130
    (line,) = result.stderr.splitlines()
    assert "the same command goes on" in line
    kept = int(line.split("stopped: ")[1].split(" of 4 blocks")[0])
    assert 1 <= kept < 4
    again = call("simulate", "template", "--runs", 32, "--workers", 1, "--out", tmp_path / "out", "--json")
    assert again.exit_code == 0, again.output
    assert json.loads(again.stdout)["runs"] == 32
    assert len(toy.calls) == 1 + 4 - kept  # one to compile, and the blocks that were missing


def test_every_run_failing_is_said_in_one_line(call: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> Any:
        raise FloatingPointError("the price ran away")

    monkeypatch.setattr("qorgau.cli.pipeline.examined", lambda case: fake_inputs(broken, case.hash))
    result = call("simulate", "template", "--runs", 2, "--out", tmp_path / "out")
    assert result.exit_code == 1
    (line,) = result.stderr.splitlines()
    assert "the price ran away" in line


def test_the_case_is_kept_and_its_change_is_noticed(call: Any, toy: FakeRunner, tmp_path: Path, template: Path) -> None:
    out = tmp_path / "out"
    assert call("simulate", template, "--runs", 4, "--out", out).exit_code == 0
    text = (template / "case.yaml").read_text()
    (template / "case.yaml").write_text(text.replace("organisation_slots: 20", "organisation_slots: 21"))
    assert open_output(out)[1].settings.organisation_slots == 20
    with pytest.raises(InputError, match="before it was changed"):
        open_output(out, str(template))
    (out / "case" / "case.yaml").unlink()
    with pytest.raises(InputError, match="--case"):
        open_output(out)


def test_text_says_how_far_it_is_and_what_came(call: Any, toy: FakeRunner, tmp_path: Path) -> None:
    result = call("simulate", "template", "--runs", 4, "--knockouts", 2, "--out", tmp_path / "out")
    assert result.stderr == ""
    lines = [line.split()[0] for line in result.stdout.splitlines() if line.strip()]
    assert lines == ["check", "draws", "compile", "compile", "simulate", "knock-outs", "4"]


def test_it_grows_as_it_was_begun(call: Any, toy: FakeRunner, tmp_path: Path) -> None:
    simulate(call, tmp_path / "a", "--seed", 5, "--policies", "outreach=0.5", "--knockouts", 2)
    toy.calls.clear()
    told = json.loads(call("simulate", "template", "--append", 4, "--out", tmp_path / "a", "--json").stdout)
    assert (told["runs"], told["seed"], told["policies"]) == (12, 5, ["baseline", "outreach=0.5"])
    assert told["knockouts"] == 2 and told["drawn"]["grown_from"] == 8 and sum(toy.calls) == 4 + 1  # one to compile
    call("simulate", "template", "--runs", 12, "--seed", 5, "--policies", "outreach=0.5", "--knockouts", 2, "--out",
         tmp_path / "b")
    grown, whole = Results(tmp_path / "a"), Results(tmp_path / "b")
    assert same(grown.yearly(), whole.yearly()) and same(grown.knockouts(), whole.knockouts())


@pytest.mark.parametrize("more", [("--runs", 20), ("--policies", "outreach"), ("--prior",)])
def test_what_does_not_go_with_append(call: Any, toy: FakeRunner, tmp_path: Path, more: tuple[Any, ...]) -> None:
    simulate(call, tmp_path / "out")
    result = call("simulate", "template", "--append", 4, "--out", tmp_path / "out", *more)
    (line,) = result.stderr.splitlines()
    assert result.exit_code == 2 and "an ensemble grows as it was begun" in line


def test_append_needs_an_ensemble(call: Any, toy: FakeRunner, tmp_path: Path) -> None:
    result = call("simulate", "template", "--append", 4, "--out", tmp_path / "out")
    (line,) = result.stderr.splitlines()
    assert result.exit_code == 2 and "no results here" in line


def test_a_list_of_draws_does_not_grow(call: Any, toy: FakeRunner, tmp_path: Path) -> None:
    simulate(call, tmp_path / "out")
    path = tmp_path / "out/results/manifest.json"
    manifest = json.loads(path.read_text())
    manifest["identity"]["design"]["method"] = "matched"
    path.write_text(json.dumps(manifest))
    result = call("simulate", "template", "--append", 4, "--out", tmp_path / "out")
    (line,) = result.stderr.splitlines()
    assert result.exit_code == 2 and "a list that does not go on: it cannot be extended" in line


def test_results_may_be_at_any_address(call: Any, toy: FakeRunner, tmp_path: Path) -> None:
    memory = pytest.importorskip("fsspec").filesystem("memory")
    address = f"memory://{tmp_path.name}/out"
    told = simulate(call, address, "--policies", "outreach")  # type: ignore[arg-type]
    assert (told["out"], told["results"]) == (address, f"{address}/results")
    results, case, folder = open_output(address)
    assert (case.id, folder, len(results.runs)) == ("template", address, 8)
    assert memory.exists(f"{address}/case/case.yaml") and memory.exists(f"{address}/ro-crate-metadata.json")
    with local_copy(address) as written:
        (written / "report.html").write_text("<p>")
    assert memory.cat_file(f"{address}/report.html") == b"<p>"
    again = simulate(call, address, "--policies", "outreach")  # type: ignore[arg-type]
    assert "nothing is run again" in again["notes"][0]
