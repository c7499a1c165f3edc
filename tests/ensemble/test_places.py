"""Results elsewhere than in a folder: fsspec's ``memory://``, and ``file://`` that is one."""

import json
import uuid
from typing import ClassVar

import pytest

from qorgau.ensemble import places
from qorgau.ensemble.crate import write_crate
from qorgau.ensemble.results import Results
from qorgau.ensemble.runner import simulate_inputs
from qorgau.errors import InputError
from tests.ensemble.fakes import FakeRunner, fake_inputs, same

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def address():
    made = f"memory://{uuid.uuid4().hex}/out"
    yield made
    fsspec.filesystem("memory").store.clear()


def ensemble(out, runs=12, runner=None, **kwargs):
    return simulate_inputs(fake_inputs(runner), ["outreach"], runs, out=out, block=4, **kwargs)


def test_results_are_the_same_wherever_they_are(tmp_path, address):
    here, there = ensemble(tmp_path / "a", knockouts=2), ensemble(address, knockouts=2)
    filed = ensemble((tmp_path / "b").as_uri(), knockouts=2)
    for other in (there, filed, Results(address), Results(f"{address}/results"), Results((tmp_path / "b").as_uri())):
        assert same(here.yearly(), other.yearly()) and same(here.draws(True), other.draws(True))
        assert same(here.knockouts(), other.knockouts())
        assert (here.to_numpy("people_exploited") == other.to_numpy("people_exploited")).all()
        asked = "SELECT sum(carried) AS kg FROM corridors"
        assert here.query(asked) == other.query(asked)
    assert filed.folder == tmp_path / "b" / "results"
    with pytest.raises(InputError, match="is no local folder"):
        _ = there.folder


def test_store_without_folders_will_do(tmp_path):
    """As in an object store: a folder is there once something is in it, and goes with the last thing."""
    memory = type(fsspec.filesystem("memory"))

    class Objects(memory):
        protocol = "objects"
        store: ClassVar[dict] = {}
        pseudo_dirs: ClassVar[list] = [""]
        _strip_protocol = classmethod(lambda cls, path: memory._strip_protocol(path.replace("objects://", "memory://")))

        def makedirs(self, path, exist_ok=False):
            pass

        def unstrip_protocol(self, name):
            return f"objects://{name.lstrip('/')}"

    fsspec.register_implementation("objects", Objects, clobber=True)
    there = ensemble("objects://bucket/deep/out", knockouts=2)
    here = ensemble(tmp_path, knockouts=2)
    assert same(here.yearly(), there.yearly()) and same(here.knockouts(), there.knockouts())
    (path,) = [p for p in Objects.store if p.endswith("/results/manifest.json")]
    Objects.store[path.replace("manifest.json", ".tmp-cluster-left")] = Objects.store[path]
    grown = ensemble("objects://bucket/deep/out", 14, knockouts=2)
    assert same(grown.yearly(), ensemble(tmp_path, 14, knockouts=2).yearly())
    assert not [p for p in Objects.store if ".tmp-" in p]


def test_sql_reads_that_address_and_nothing_else(address):
    results = ensemble(address)
    other = address.replace("/out", "/other")
    ensemble(other)
    for sql in (f"SELECT * FROM '{other}/results/draws.parquet'", "SELECT * FROM read_csv('/etc/hostname')"):
        with pytest.raises(InputError, match="query"):
            results.query(sql)


def test_interrupted_ensemble_goes_on(tmp_path, address):
    def stop(done, total, left):
        if done > total / 3:
            raise RuntimeError("enough")

    with pytest.raises(RuntimeError):
        ensemble(address, runner=FakeRunner(seconds=0.01), workers=1, progress=stop)
    with pytest.raises(InputError, match="not finished"):
        Results(address)
    runner = FakeRunner()
    again = ensemble(address, runner=runner)
    assert 0 < len(runner.calls) < 3 and same(again.yearly(), ensemble(tmp_path).yearly())
    assert not fsspec.filesystem("memory").ls(f"{address}/results/blocks")


def test_block_that_was_cut_is_run_again(address):
    whole = ensemble(address).yearly()
    memory = fsspec.filesystem("memory")
    path = f"{address}/results/yearly/block-000004-000008.parquet"
    data = memory.cat_file(path)
    memory.pipe_file(path, data[:100])
    said = []
    assert same(ensemble(address, say=said.append).yearly(), whole)
    assert "set aside as block-000004-000008.parquet.torn; runs 4 to 7 are run again" in said[0]
    assert memory.cat_file(path) == data


def test_different_ensemble_and_strange_content_are_refused(address):
    ensemble(address)
    with pytest.raises(InputError, match=r"holds a different ensemble.*seed was 1, now 2"):
        ensemble(address, seed=2)
    fsspec.filesystem("memory").pipe_file(f"{address}2/thesis.tex", b"")
    with pytest.raises(InputError, match=r"thesis\.tex.*no ensemble"):
        ensemble(f"{address}2")


def test_record_of_what_made_it_stands_beside(address):
    ensemble(address)
    assert write_crate(address) == f"{address}/ro-crate-metadata.json"
    graph = json.loads(fsspec.filesystem("memory").cat_file(f"{address}/ro-crate-metadata.json"))["@graph"]
    assert sum(entity["@id"].startswith("results/yearly/") for entity in graph) == 3


def test_failing_store_is_one_line(address, monkeypatch):
    memory = fsspec.filesystem("memory")

    def fail(path, data, **kwargs):
        raise ConnectionError("the network\nis gone")

    ensemble(address, runs=4)
    monkeypatch.setattr(type(memory), "pipe_file", staticmethod(fail))
    with pytest.raises(InputError, match=r"manifest\.json: cannot be written \(ConnectionError: the network is gone\)"):
        ensemble(address, runs=8)
    monkeypatch.undo()
    assert len(Results(address).runs) == 4


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("nosuch://bucket/a", "is no address that fsspec can open"),
        ("memory://", "names no folder"),
    ],
)
def test_addresses_that_cannot_be_used(address, words):
    with pytest.raises(InputError, match=words):
        ensemble(address)


def test_missing_fsspec_is_said_in_one_line(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "fsspec.core", None)
    with pytest.raises(InputError, match=r"fsspec is not installed.*qorgau\[remote\]"):
        ensemble("s3://bucket/a")


def test_folders_are_copied_both_ways(tmp_path, address):
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c.txt").write_text("deep")
    (tmp_path / "a/d.txt").write_text("flat")
    place = places.place_of(address)
    places.copy_to(tmp_path, place)
    places.copy_from(place, "a", tmp_path / "back")
    assert (tmp_path / "back/b/c.txt").read_text() == "deep" and (tmp_path / "back/d.txt").read_text() == "flat"
    assert place.read("none") is None and place.sizes("none") == {} and place.set_aside("none") is None
