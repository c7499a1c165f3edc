"""The cluster's path with a scheduler of three lines; Dask itself is used where it is installed."""

import pytest

from qorgau.ensemble import cluster
from qorgau.ensemble.runner import simulate_inputs
from qorgau.errors import InputError
from tests.ensemble.fakes import fake_inputs, same


class Job:
    def __init__(self, value):
        self.value = value

    def result(self):
        return self.value

    def release(self):
        self.value = None


class Client:
    closed = False

    def scatter(self, value, broadcast):
        return value

    def submit(self, function, *args, pure):
        return Job(function(*args))

    def close(self):
        Client.closed = True


def test_blocks_computed_elsewhere_are_stored_here(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_connect", lambda address: Client())
    monkeypatch.setattr(cluster, "_completed", lambda jobs: reversed(jobs))
    there = simulate_inputs(
        fake_inputs(), None, 10, out=tmp_path / "a", block=4, knockouts=2, cluster="tcp://there:8786"
    )
    here = simulate_inputs(fake_inputs(), None, 10, out=tmp_path / "b", block=4, knockouts=2)
    assert Client.closed and same(there.yearly(), here.yearly()) and same(there.knockouts(), here.knockouts())


def test_missing_dask_is_said_in_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "distributed", None)
    with pytest.raises(InputError, match=r"Dask is not installed.*pip install 'qorgau\[cluster\]'"):
        simulate_inputs(fake_inputs(), None, 2, out=tmp_path, cluster="tcp://there:8786")
