"""Files that are either whole or not there: atomic writes, checksums, and a lock on a folder."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from qorgau.errors import InputError

__all__ = [
    "Interrupted", "block_bytes", "checksum", "folder_lock", "parquet_bytes", "set_aside", "write_atomically",
    "write_json",
]

_TEMPORARY = ".tmp-"
_ONE_PAGE = 1 << 30
_REASONS = {
    errno.ENOSPC: ("the disk is full", "make room or choose another output folder"),
    errno.EFBIG: ("a file would be larger than this process may write", "raise the limit (ulimit -f)"),
    errno.EDQUOT: ("the disk quota is used up", "make room or choose another output folder"),
    errno.EROFS: ("the disk is read-only", "choose another output folder"),
    errno.EACCES: ("writing is not permitted", "choose another output folder or mend its permissions"),
    errno.EPERM: ("writing is not permitted", "choose another output folder or mend its permissions"),
}


class Interrupted(KeyboardInterrupt):
    """The user stopped an ensemble; the message says what is kept and how to go on.

    A kind of KeyboardInterrupt, so that code that catches Exception does not swallow it.
    """


def unwritable(path: Path, error: OSError) -> InputError:
    """Return the one line for a disk that cannot be written: full, read-only or not permitted."""
    reason, fix = _REASONS.get(
        error.errno or 0, (f"cannot write ({error.strerror or error})", "choose another output folder")
    )
    return InputError(path, "", f"{reason}; what was finished before is intact", f"{fix}, then give the same command")


def write_atomically(path: Path, data: bytes) -> dict[str, Any]:
    """Write a file so that it is either whole or not there: temporary file, flush to disk, rename.

    Parameters
    ----------
    path : Path
        Folder must exist.
    data : bytes

    Returns
    -------
    dict
        ``bytes`` and ``sha256`` of what was written.

    Raises
    ------
    InputError
        If the disk is full or cannot be written; the temporary file is removed.
    """
    temporary = path.with_name(f"{_TEMPORARY}{os.getpid()}-{threading.get_ident()}-{path.name}")
    try:
        with open(temporary, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
        _flush_folder(path.parent)
    except OSError as error:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise unwritable(path, error) from error
    return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def _flush_folder(folder: Path) -> None:
    # A rename is only durable once the folder itself is on disk; not every system lets a folder be opened.
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_json(path: Path, content: Any) -> None:
    """Write JSON atomically, keys in the order given."""
    write_atomically(path, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())


def parquet_bytes(table: pa.Table) -> bytes:
    """Return a table as the bytes of one Parquet file that any reader of Parquet opens (zstd)."""
    sink = pa.BufferOutputStream()
    pq.write_table(
        table,
        sink,
        row_group_size=max(1, table.num_rows),
        compression="zstd",
        compression_level=1,
        use_dictionary=[f.name for f in table.schema if not pa.types.is_floating(f.type)],
    )
    return sink.getvalue().to_pybytes()


def block_bytes(table: pa.Table, first: int = 0) -> bytes:
    """Return a table of an ensemble as the bytes of one Parquet file, small and quick to form.

    Floats are stored byte by byte, all first bytes, all second bytes and so on, which packs into less. Columns of
    outcomes are many and short, so they take lz4, which costs little to begin; the long ones take zstd. Runs and years
    come in long stretches, which pack as they are and need no dictionary. Smallest and largest values are kept of these
    two alone. A column of a row group is one page.

    Parameters
    ----------
    table : pyarrow.Table
    first : int
        Rows of the first row group, which can then be read alone; all in one by default.
    """
    doubles = {f.name for f in table.schema if pa.types.is_float64(f.type)}
    floats = [f.name for f in table.schema if pa.types.is_floating(f.type)]
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression={name: "lz4" if name in doubles else "zstd" for name in table.column_names},
        compression_level={name: 1 for name in table.column_names if name not in doubles},
        use_dictionary=[f.name for f in table.schema if pa.types.is_dictionary(f.type)],
        use_byte_stream_split=floats,
        write_statistics=[name for name in ("run", "year") if name in table.column_names],
        data_page_size=_ONE_PAGE,
        max_rows_per_page=_ONE_PAGE,
    ) as writer:
        for part in (table.slice(0, first), table.slice(first)) if 0 < first < table.num_rows else (table,):
            writer.write_table(part, row_group_size=max(1, part.num_rows))
    return sink.getvalue().to_pybytes()


def checksum(path: Path) -> dict[str, Any] | None:
    """Return ``bytes`` and ``sha256`` of a file, or None when it is not there."""
    try:
        with open(path, "rb") as file:
            return {"bytes": os.fstat(file.fileno()).st_size, "sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    except FileNotFoundError:
        return None


def set_aside(path: Path) -> Path | None:
    """Rename a file that is not what was written to ``NAME.torn`` and return its new path, None if not there."""
    aside = path.with_name(path.name + ".torn")
    try:
        os.replace(path, aside)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise unwritable(path, error) from error
    return aside


def remove_temporary(folder: Path) -> None:
    """Remove temporary files that a killed process left in a folder."""
    for path in folder.glob(f"{_TEMPORARY}*"):
        with contextlib.suppress(OSError):
            path.unlink()


def temporary_name(name: str) -> str:
    """Return the name of a temporary file: hidden, and removed when the ensemble is gone on with."""
    return f"{_TEMPORARY}{name}"


def is_temporary(name: str) -> bool:
    """Whether a file, by its path or address, is temporary."""
    return name.rstrip("/").rpartition("/")[2].startswith(_TEMPORARY)


def is_ours(path: Path) -> bool:
    """Whether a file is one of the temporary or lock files that this module makes."""
    return path.name.startswith(_TEMPORARY) or path.name == ".lock"


@contextlib.contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Hold a folder for writing; a killed process lets go of it by itself.

    Raises
    ------
    InputError
        If another process holds the folder, or the disk cannot be written.
    """
    try:
        import fcntl
    except ImportError:  # not on Windows, where two writers are then the user's care
        yield
        return
    try:
        file = open(folder / ".lock", "w")  # noqa: SIM115  (closing it is what lets go)
    except OSError as error:
        raise unwritable(folder, error) from error
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise InputError(
                folder, "", "another run is writing to this folder", "wait until it has ended or choose another --out"
            ) from error
        yield
