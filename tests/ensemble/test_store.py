import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from qorgau.ensemble import files
from qorgau.ensemble.places import place_of
from qorgau.ensemble.results import Results
from qorgau.ensemble.runner import simulate_inputs
from qorgau.ensemble.store import read_manifest
from qorgau.errors import InputError
from tests.ensemble.fakes import FakeRunner, fake_inputs, same


def ensemble(out, runs=24, runner=None, policies=("outreach",), **kwargs):
    inputs = fake_inputs(runner or FakeRunner(), kwargs.pop("case_hash", "abc"))
    return simulate_inputs(inputs, policies, runs, out=out, block=8, workers=2, **kwargs)


def blocks(out):
    return {p.name: p.read_bytes() for p in sorted((out / "results" / "yearly").glob("*.parquet"))}


def test_layout_and_manifest(tmp_path):
    results = ensemble(tmp_path / "out", knockouts=4)
    manifest = json.loads((tmp_path / "out/results/manifest.json").read_text())
    names = sorted(name for block in manifest["blocks"] for name in block["files"])
    assert names[:3] == [f"corridors/block-{a:06d}-{a + 8:06d}.parquet" for a in (0, 8, 16)]
    assert names[3] == "knockouts/block-000000-000004.parquet"
    for block in manifest["blocks"]:
        for name, made in block["files"].items():
            assert files.checksum(tmp_path / "out/results" / name) == {k: made[k] for k in ("bytes", "sha256")}
    assert manifest["identity"]["case"] == {"name": "toy", "hash": "abc"}
    assert manifest["identity"]["design"]["seed"] == 1 and manifest["versions"]["qorgau"]
    assert len(results.runs) == 24


def test_finished_ensemble_is_not_run_again(tmp_path):
    ensemble(tmp_path)
    runner = FakeRunner()
    ensemble(tmp_path, runner=runner)
    assert runner.calls == []


def test_more_runs_add_to_the_folder(tmp_path):
    ensemble(tmp_path / "a", runs=12)
    before = blocks(tmp_path / "a")
    runner = FakeRunner()
    grown = ensemble(tmp_path / "a", runs=20, runner=runner)
    assert sum(runner.calls) == 8 and blocks(tmp_path / "a").items() >= before.items()
    whole = ensemble(tmp_path / "b", runs=20)
    assert same(grown.yearly(), whole.yearly()) and same(grown.draws(), whole.draws())


def test_knockouts_can_be_added(tmp_path):
    ensemble(tmp_path)
    runner = FakeRunner()
    grown = ensemble(tmp_path, runner=runner, knockouts=3)
    assert runner.calls == [6] and set(grown.knockouts()["run"].to_pylist()) == {0, 1, 2}


@pytest.mark.parametrize("folder", ["yearly", "corridors"])
@pytest.mark.parametrize("how", ["cut", "flipped", "gone"])
def test_torn_block_is_set_aside_and_run_again(tmp_path, folder, how):
    whole = ensemble(tmp_path).yearly()
    path = tmp_path / "results" / folder / "block-000008-000016.parquet"
    data = path.read_bytes()
    if how == "gone":
        path.unlink()
    else:
        path.write_bytes(data[: len(data) // 2] if how == "cut" else data[:40] + bytes([data[40] ^ 1]) + data[41:])
    runner, said = FakeRunner(), []
    again = ensemble(tmp_path, runner=runner, say=said.append)
    assert runner.calls == [8] and "runs 8 to 15 are run again" in said[0]
    assert path.with_name(path.name + ".torn").exists() == (how != "gone")
    assert path.read_bytes() == data and same(again.yearly(), whole)
    assert len(Results(tmp_path).runs) == 24


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"seed": 2}, "the design of draws.*seed was 1, now 2"),
        ({"design": "latin_hypercube"}, "method was sobol, now latin_hypercube"),
        ({"case_hash": "xyz"}, "the case.*hash was abc, now xyz"),
        ({"policies": ("awareness",)}, "the policies.*without outreach; now also awareness"),
        ({"policies": ("outreach=0.5",)}, "the policies"),
        ({"runs": 16}, "24 runs, more than the 16 asked for"),
        ({"knockout_mechanisms": ("scope",)}, "the mechanisms knocked out"),
    ],
)
def test_different_ensemble_in_the_folder_is_refused_and_left_as_it_is(tmp_path, change, words):
    ensemble(tmp_path)
    before = (tmp_path / "results/manifest.json").read_bytes()
    with pytest.raises(InputError, match=words) as caught:
        ensemble(tmp_path, **change)
    assert "choose another --out" in str(caught.value) and "\n" not in str(caught.value)
    assert (tmp_path / "results/manifest.json").read_bytes() == before


def test_folder_that_holds_something_else_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("do not touch")
    with pytest.raises(InputError, match=r"thesis\.tex.*no ensemble"):
        ensemble(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_results_folder_of_someone_else_is_refused(tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "survey.csv").write_text("a,b")
    with pytest.raises(InputError, match=r"results/survey\.csv"):
        ensemble(tmp_path)


def test_file_as_output_folder_is_refused(tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(InputError, match="is a file, not a folder"):
        ensemble(tmp_path / "out")


def test_report_beside_results_is_no_hindrance(tmp_path):
    ensemble(tmp_path)
    (tmp_path / "report.html").write_text("<p>")
    (tmp_path / "notes.txt").write_text("mine")
    ensemble(tmp_path)


def test_broken_manifest_is_refused(tmp_path):
    ensemble(tmp_path)
    (tmp_path / "results/manifest.json").write_text("{")
    with pytest.raises(InputError, match="cannot be read"):
        ensemble(tmp_path)


def test_full_disk_is_one_line_and_finished_blocks_stay(tmp_path, monkeypatch):
    real, count = os.fsync, [0]

    def filling(handle):
        count[0] += 1
        if count[0] > 20:
            raise OSError(errno.ENOSPC, "No space left on device")
        real(handle)

    monkeypatch.setattr(files.os, "fsync", filling)
    with pytest.raises(InputError, match="the disk is full; what was finished before is intact"):
        ensemble(tmp_path, runs=80)
    monkeypatch.undo()
    manifest = read_manifest(place_of(tmp_path / "results"))
    assert 0 < len(manifest["blocks"]) < 10
    runner = FakeRunner()
    again = ensemble(tmp_path, runs=80, runner=runner)
    assert len(runner.calls) == 10 - len(manifest["blocks"]) and len(again.runs) == 80


def test_file_that_may_not_grow_is_one_line_and_finished_blocks_stay(tmp_path):
    """A real limit of the system, in a process of its own: files of ten runs fit, those of forty do not."""
    script = (
        "import resource, sys\n"
        "from tests.ensemble.test_store import FakeRunner, fake_inputs, simulate_inputs\n"
        "limit = int(sys.argv[2])\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))\n"
        "simulate_inputs(fake_inputs(), ['outreach'], 80, out=sys.argv[1], block=40)\n"
    )
    ensemble(tmp_path, runs=16)
    limit = max(p.stat().st_size for p in (tmp_path / "results").rglob("*.parquet")) + 2000
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), str(root / "src")])}
    made = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path), str(limit)], env=environment, capture_output=True, text=True
    )
    assert made.returncode == 1 and "a file would be larger than this process may write" in made.stderr
    manifest = read_manifest(place_of(tmp_path / "results"))
    assert [(b["start"], b["stop"]) for b in manifest["blocks"]] == [(0, 8), (8, 16)]
    assert len(ensemble(tmp_path, runs=80).runs) == 80


def test_read_only_folder_is_one_line(tmp_path, monkeypatch):
    def refuse(self, *args, **kwargs):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("pathlib.Path.mkdir", refuse)
    with pytest.raises(InputError, match=r"the disk is read-only.*choose another output folder"):
        ensemble(tmp_path / "out")


def test_failed_runs_are_recorded_in_the_store(tmp_path):
    from qorgau.ensemble.designs import draw_from

    bad = float(draw_from(fake_inputs().uncertain, 24, 1).values[9, 0])
    results = ensemble(tmp_path, runner=FakeRunner(raises=frozenset({bad})))
    assert results.failed().to_pylist() == [
        {"kind": "main", "run": 9, "policy": None, "message": "FloatingPointError: the price ran away"}
    ]
    assert 9 not in results.runs and len(results.runs) == 23
    assert results.to_numpy("people_exploited").shape == (2, 23, 34)
    assert results.draws()["run"].to_pylist() == results.runs.tolist()


def test_record_that_is_torn_or_of_another_ensemble_is_none(tmp_path):
    ensemble(tmp_path, runs=8)
    records = tmp_path / "results/blocks"
    (records / "main-000008-000016.json").write_text('{"of": "abc", "kind": "ma')
    (records / "main-000016-000024.json").write_text('{"of": "abc", "kind": "main", "start": 16, "stop": 24}')
    runner = FakeRunner()
    assert len(ensemble(tmp_path, runner=runner).runs) == 24 and sum(runner.calls) == 16
    assert not list(records.iterdir())


def test_record_whose_block_is_torn_is_run_again(tmp_path):
    """What a power cut leaves: the record is on disk, the last bytes of the block are not."""
    def stop(done, total, left):
        if done:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError):
        ensemble(tmp_path, progress=stop)
    record = next((tmp_path / "results/blocks").iterdir())
    name = next(iter(json.loads(record.read_bytes())["files"]))
    path = tmp_path / "results" / name
    data = path.read_bytes()
    path.write_bytes(data[:-100] + bytes(100))
    said = []
    again = ensemble(tmp_path, say=said.append)
    assert "damaged or cut short" in said[0] and path.read_bytes() == data and len(again.runs) == 24


def test_a_record_costs_the_same_in_a_large_ensemble(tmp_path, monkeypatch):
    written = []
    real = files.write_atomically

    def watched(path, data):
        written.append((path.name, len(data)))
        return real(path, data)

    monkeypatch.setattr("qorgau.ensemble.places.write_atomically", watched)
    ensemble(tmp_path, runs=80)
    manifests = [size for name, size in written if name == "manifest.json"]
    records = [size for name, size in written if name.startswith("main-")]
    assert len(manifests) == 2 and len(records) == 10 and max(records) < 1.1 * min(records)
