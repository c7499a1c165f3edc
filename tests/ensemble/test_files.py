import errno
import hashlib
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from qorgau.ensemble import files
from qorgau.errors import InputError


def test_written_file_has_the_checksum_that_is_returned(tmp_path):
    made = files.write_atomically(tmp_path / "a.bin", b"abc")
    assert made == {"bytes": 3, "sha256": hashlib.sha256(b"abc").hexdigest()} == files.checksum(tmp_path / "a.bin")
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_checksum_of_a_missing_file(tmp_path):
    assert files.checksum(tmp_path / "none") is None and files.set_aside(tmp_path / "none") is None


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "the disk is full"),
        (errno.EROFS, "read-only"),
        (errno.EACCES, "not permitted"),
        (errno.EIO, "cannot write"),
    ],
)
def test_disk_that_cannot_be_written_is_one_line_and_leaves_the_old_file(tmp_path, monkeypatch, number, words):
    path = tmp_path / "a.bin"
    files.write_atomically(path, b"old")

    def fail(handle):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(files.os, "fsync", fail)
    with pytest.raises(InputError, match=words) as caught:
        files.write_atomically(path, b"new")
    assert "\n" not in str(caught.value) and path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_parquet_round_trip_keeps_bits(tmp_path):
    table = pa.table({"x": [0.1, float("nan"), 1e300], "n": pa.array([1, 2, 3], pa.int16()), "s": ["a", "b", "a"]})
    path = tmp_path / "t.parquet"
    files.write_atomically(path, files.parquet_bytes(table))
    read = pq.read_table(path)
    assert read["x"].to_numpy().tobytes() == table["x"].to_numpy().tobytes() and read["s"].to_pylist() == [
        "a",
        "b",
        "a",
    ]


def test_folder_is_held_by_one_writer(tmp_path):
    with (
        files.folder_lock(tmp_path),
        pytest.raises(InputError, match="another run is writing"),
        files.folder_lock(tmp_path),
    ):
        pass
    with files.folder_lock(tmp_path):
        pass


def test_leftovers_of_a_killed_process_are_removed(tmp_path):
    (tmp_path / ".tmp-1-2-block.parquet").write_bytes(b"half")
    (tmp_path / "block.parquet").write_bytes(b"whole")
    files.remove_temporary(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["block.parquet"]
