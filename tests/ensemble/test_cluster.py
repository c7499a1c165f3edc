"""Blocks on a Dask cluster: skipped where Dask is not installed, save for what is said then."""

import os
import pickle
import signal

import pytest

from qorgau.ensemble import cluster
from qorgau.ensemble.runner import simulate_inputs
from qorgau.errors import InputError, QorgauError
from tests.ensemble.fakes import FakeRunner, fake_inputs, same


def ensemble(out, where=None, runner=None, runs=20, block=2, **kwargs):
    return simulate_inputs(fake_inputs(runner), ["outreach"], runs, out=out, block=block, cluster=where, **kwargs)


def files(out):
    return {p.relative_to(out): p.read_bytes() for p in out.rglob("*.parquet")}


@pytest.fixture(scope="module")
def local():
    """A scheduler and two worker processes of one thread each."""
    distributed = pytest.importorskip("distributed")
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as made:
        yield made


@pytest.fixture(scope="module")
def scheduler(local):
    return local.scheduler_address


class Watched:
    """A client that counts what is under way and weighs what comes back."""

    def __init__(self, client):
        self.client, self.jobs, self.most, self.largest = client, set(), 0, 0

    def __getattr__(self, name):
        return getattr(self.client, name)

    def submit(self, *args, **kwargs):
        job = self.client.submit(*args, **kwargs)
        self.jobs.add(job)
        self.most = max(self.most, sum(not j.done() for j in self.jobs))
        job.add_done_callback(lambda j: self._weigh(j))
        return job

    def _weigh(self, job):
        self.largest = max(self.largest, len(pickle.dumps(job.result())))


def test_one_process_two_processes_and_a_cluster_leave_the_same_files(tmp_path, scheduler):
    made = {}
    for name, where in (("one", None), ("two", "local:2"), ("cluster", scheduler)):
        ensemble(tmp_path / name, where, knockouts=3)
        made[name] = files(tmp_path / name)
    assert len(made["one"]) == 1 + 2 * 10 + 1
    assert made["one"] == made["two"] == made["cluster"]
    assert not [p for p in tmp_path.rglob(".tmp-*")] and not list((tmp_path / "two/results/blocks").iterdir())


def test_few_blocks_are_under_way_and_no_results_come_back(tmp_path, scheduler, monkeypatch):
    seen, connect = [], cluster._connect
    monkeypatch.setattr(cluster, "_connect", lambda address: seen.append(Watched(connect(address))) or seen[-1])
    ensemble(tmp_path, scheduler, FakeRunner(seconds=0.01), runs=60)
    (watched,) = seen
    block = min(p.stat().st_size for p in (tmp_path / "results/yearly").iterdir())
    assert len(watched.jobs) == 30 and watched.most <= 4
    assert 0 < watched.largest < 1500 < block


def test_worker_killed_under_a_block_loses_nothing(tmp_path, scheduler):
    from distributed import Client

    with Client(scheduler) as client:
        workers = client.run(os.getpid)
    killed = []

    def kill(done, total, left):
        if done > total / 4 and not killed:
            killed.append(next(iter(workers.values())))
            os.kill(killed[0], signal.SIGKILL)

    there = ensemble(tmp_path / "a", scheduler, FakeRunner(seconds=0.1), progress=kill)
    here = ensemble(tmp_path / "b")
    assert killed and len(there.runs) == 20 and files(tmp_path / "a") == files(tmp_path / "b")
    assert same(there.yearly(), here.yearly())


def test_half_a_file_of_a_killed_worker_is_removed_at_the_end(tmp_path, scheduler):
    halves = [tmp_path / "results" / name / ".tmp-1-2-block-000000-000001.parquet" for name in ("yearly", "blocks")]

    def leave(done, total, left):
        for half in halves:
            half.write_bytes(b"PAR1")

    ensemble(tmp_path, scheduler, progress=leave)
    assert not [p for p in tmp_path.rglob(".tmp-*")] and len(files(tmp_path)) == 1 + 2 * 10


def test_results_at_an_address_are_the_same_and_nothing_is_left_beside_them(tmp_path, scheduler):
    pytest.importorskip("fsspec")
    ensemble(f"local://{tmp_path}/far", scheduler)
    ensemble(tmp_path / "near")
    assert files(tmp_path / "far") == files(tmp_path / "near") and not [*(tmp_path / "far").rglob(".tmp-*")]


def test_cluster_goes_on_with_what_threads_began_and_the_other_way_round(tmp_path, scheduler):
    ensemble(tmp_path, runs=8)
    ensemble(tmp_path, scheduler, runs=14)
    grown = ensemble(tmp_path, runs=20)
    assert same(grown.yearly(), ensemble(tmp_path / "whole").yearly())


def test_workers_that_do_not_see_the_folder_say_so(scheduler):
    with pytest.raises(InputError, match=r"memory://far/results: the worker .* does not see this folder.*s3://"):
        ensemble("memory://far", scheduler)


def test_workers_with_another_model_are_refused(tmp_path, scheduler, monkeypatch):
    monkeypatch.setattr(cluster, "_installed", lambda: "0.0.0 another model")
    with pytest.raises(InputError, match=r"has another version of Qorgau.*install the same on every worker"):
        ensemble(tmp_path, scheduler)


def test_block_that_kills_its_workers_ends_with_one_line(tmp_path, local, scheduler, monkeypatch):
    monkeypatch.setattr(local.scheduler, "allowed_failures", 0)
    with pytest.raises(QorgauError, match=r"runs 0 to 1 took down every worker.*the same command goes on"):
        ensemble(tmp_path, scheduler, Deadly(), runs=2)


class Deadly(FakeRunner):
    """Takes down the process that it runs in."""

    def __call__(self, *args):
        os.kill(os.getpid(), signal.SIGKILL)


def test_failure_on_a_worker_is_that_of_the_disk(tmp_path, scheduler):
    def close(done, total, left):
        if done > total / 3 and (tmp_path / "results/corridors").is_dir():
            for path in (tmp_path / "results/corridors").iterdir():
                path.unlink()
            (tmp_path / "results/corridors").rmdir()
            (tmp_path / "results/corridors").write_text("")

    with pytest.raises(InputError, match="cannot write"):
        ensemble(tmp_path, scheduler, FakeRunner(seconds=0.05), progress=close)


@pytest.mark.parametrize(
    ("where", "words"),
    [("local:none", "names no number of processes"), ("tcp://127.0.0.1:1", "no Dask scheduler answers at tcp")],
)
def test_addresses_that_cannot_be_used(tmp_path, where, words, monkeypatch):
    pytest.importorskip("distributed")
    monkeypatch.setattr(cluster, "_ANSWER", "1s")
    with pytest.raises(InputError, match=words):
        ensemble(tmp_path, where)


def test_missing_dask_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(InputError, match=r"Dask is not installed.*pip install 'qorgau[cluster]'".replace("[", r"\[")):
        ensemble(tmp_path, "tcp://there:8786")
