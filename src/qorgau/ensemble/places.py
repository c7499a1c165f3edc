"""Where results are kept: a local folder, or any address that fsspec knows (``s3://``, ``gs://``, ``memory://`` ...).

A file is whole or not there in both. In a folder it is written beside, flushed and renamed; an object store takes a
whole object or none. Everything that the store asks of a place stands in `Place`, so that blocks can be written by
whoever computes them, on whatever machine.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import url2pathname

from qorgau.ensemble.files import (
    checksum,
    folder_lock,
    is_ours,
    is_temporary,
    remove_temporary,
    set_aside,
    unwritable,
    write_atomically,
)
from qorgau.errors import InputError

__all__ = ["Address", "LocalPlace", "Place", "RemotePlace", "is_remote", "place_of"]

Address = str | Path


class Place(Protocol):
    """A folder of files, here or elsewhere. Names are relative, with ``/`` between their parts."""

    address: str
    filesystem: Any
    """fsspec's file system, None for a local folder."""

    def at(self, name: str) -> str:
        """Return the full address of a file."""
        ...

    def url(self, name: str) -> str:
        """Return the address of a file as DuckDB and the file system know it."""
        ...

    def prepare(self, folders: Iterable[str]) -> None:
        """Make folders, and remove what a killed process left half-written in them."""
        ...

    def write(self, name: str, data: bytes) -> dict[str, Any]:
        """Write a file whole or not at all; return its ``bytes`` and ``sha256``."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return what a file holds, None when it is not there."""
        ...

    def sizes(self, folder: str = "") -> dict[str, int]:
        """Return names and bytes of the files in a folder, folders as -1; empty when it is not there."""
        ...

    def whole(self, name: str, made: dict[str, Any], size: int | None) -> bool:
        """Whether a file of this size (None: not there) is what was written."""
        ...

    def set_aside(self, name: str) -> str | None:
        """Rename a file to ``NAME.torn``; return its new name without folders, None when it is not there."""
        ...

    def remove(self, names: Iterable[str]) -> None:
        """Remove files."""
        ...

    def source(self, name: str) -> Any:
        """Return what Arrow opens a file by: a path, or an open file."""
        ...

    def hold(self) -> contextlib.AbstractContextManager[None]:
        """Keep other writers of this machine out while it is held."""
        ...


class LocalPlace:
    """A local folder, which need not be there yet."""

    filesystem: Any = None

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.address = str(folder)

    def at(self, name: str) -> str:
        """Return the path of a file."""
        return str(self.folder / name)

    def url(self, name: str) -> str:
        """Return the path of a file."""
        return self.at(name)

    def prepare(self, folders: Iterable[str]) -> None:
        """Make folders, and remove what a killed process left half-written in them."""
        try:
            for name in folders:
                (self.folder / name).mkdir(parents=True, exist_ok=True)
                remove_temporary(self.folder / name)
        except OSError as error:
            raise unwritable(self.folder, error) from error

    def write(self, name: str, data: bytes) -> dict[str, Any]:
        """Write a file atomically; its folder must be there."""
        return write_atomically(self.folder / name, data)

    def read(self, name: str) -> bytes | None:
        """Return what a file holds, None when it is not there."""
        try:
            return (self.folder / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise InputError(self.at(name), "", f"cannot be read ({error.strerror})", "mend its permissions") from error

    def sizes(self, folder: str = "") -> dict[str, int]:
        """Return names and bytes of the files in a folder, folders as -1; not those that the engine hides."""
        try:
            with os.scandir(self.folder / folder) as entries:
                return {
                    e.name: -1 if e.is_dir() else e.stat().st_size for e in entries if not is_ours(Path(e.name))
                }
        except FileNotFoundError:
            return {}
        except NotADirectoryError as error:
            raise InputError(self.at(folder), "", "is a file, not a folder", "give a folder as --out") from error

    def whole(self, name: str, made: dict[str, Any], size: int | None) -> bool:
        """Whether a file has the size and the SHA-256 that were recorded."""
        return size == made["bytes"] and (checksum(self.folder / name) or {}).get("sha256") == made["sha256"]

    def set_aside(self, name: str) -> str | None:
        """Rename a file to ``NAME.torn``."""
        aside = set_aside(self.folder / name)
        return aside.name if aside else None

    def remove(self, names: Iterable[str]) -> None:
        """Remove files; one that cannot be removed does no harm."""
        for name in names:
            with contextlib.suppress(OSError):
                (self.folder / name).unlink()

    def source(self, name: str) -> Any:
        """Return the path of a file."""
        return str(self.folder / name)

    def hold(self) -> contextlib.AbstractContextManager[None]:
        """Hold a lock that goes when the process does."""
        return folder_lock(self.folder)


class RemotePlace:
    """A folder in a file system of fsspec.

    Objects are written whole, so that a reader sees the old one, the new one or none. There is no lock: two
    writers of the same ensemble write the same bytes, but would do the work twice.
    """

    def __init__(self, address: str, filesystem: Any, root: str) -> None:
        self.address = address.rstrip("/")
        self.filesystem = filesystem
        self._root = root.rstrip("/")

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}".rstrip("/")

    @contextlib.contextmanager
    def _one_line(self, name: str, doing: str) -> Iterator[None]:
        try:
            yield
        except InputError:
            raise
        except Exception as error:
            # Deliberately broad: every store brings errors of its own, and all mean the same to the user.
            words = " ".join(f"{type(error).__name__}: {error}".split())[:200]
            raise InputError(
                self.at(name), "", f"cannot be {doing} ({words}); what was finished before is intact",
                "check address, credentials and network, then give the same command",
            ) from error

    def at(self, name: str) -> str:
        """Return the address of a file."""
        return f"{self.address}/{name}".rstrip("/")

    def url(self, name: str) -> str:
        """Return the address of a file with its protocol, as the file system writes it."""
        return str(self.filesystem.unstrip_protocol(self._path(name)))

    def prepare(self, folders: Iterable[str]) -> None:
        """Make folders where the file system has such things, and remove what a killed run left of its own."""
        with self._one_line("", "written"):
            for name in folders:
                self.filesystem.makedirs(self._path(name), exist_ok=True)
            # In an object store a folder is there only once something is in it.
            with contextlib.suppress(FileNotFoundError):
                self.filesystem.invalidate_cache()
                left = [entry for entry in self.filesystem.ls(self._root, detail=False) if is_temporary(entry)]
                if left:
                    self.filesystem.rm(left)

    def write(self, name: str, data: bytes) -> dict[str, Any]:
        """Write a whole object."""
        with self._one_line(name, "written"):
            self.filesystem.pipe_file(self._path(name), data)
        return {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}

    def read(self, name: str) -> bytes | None:
        """Return what an object holds, None when it is not there."""
        with self._one_line(name, "read"):
            try:
                return bytes(self.filesystem.cat_file(self._path(name)))
            except FileNotFoundError:
                return None

    def sizes(self, folder: str = "") -> dict[str, int]:
        """Return names and bytes of the objects in a folder, folders as -1, by one listing."""
        with self._one_line(folder, "read"):
            self.filesystem.invalidate_cache()
            try:
                found = self.filesystem.ls(self._path(folder), detail=True)
            except FileNotFoundError:
                return {}
        plain = {entry["name"].rstrip("/").rpartition("/")[2]: entry for entry in found}
        return {
            name: -1 if entry["type"] == "directory" else int(entry["size"])
            for name, entry in plain.items()
            if name and not is_ours(Path(name))
        }

    def whole(self, name: str, made: dict[str, Any], size: int | None) -> bool:
        """Whether an object has the size that was recorded: stores keep checksums of their own."""
        return size == made["bytes"]

    def set_aside(self, name: str) -> str | None:
        """Rename an object to ``NAME.torn``."""
        with self._one_line(name, "written"):
            try:
                self.filesystem.mv(self._path(name), self._path(name) + ".torn")
            except FileNotFoundError:
                return None
        return name.rpartition("/")[2] + ".torn"

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects."""
        paths = [self._path(name) for name in names]
        if paths:
            with self._one_line("", "written"):
                self.filesystem.rm(paths)

    def source(self, name: str) -> Any:
        """Return the object, opened for reading."""
        with self._one_line(name, "read"):
            return self.filesystem.open(self._path(name), "rb")

    @contextlib.contextmanager
    def hold(self) -> Iterator[None]:
        """Do nothing: object stores know no locks that go with their holder."""
        yield


def is_remote(address: Address) -> bool:
    """Whether an address is not a folder of this machine's file system."""
    return isinstance(address, str) and "://" in address and not address.startswith("file://")


def place_of(address: Address) -> Place:
    """Return the place that an address stands for: a path, ``file://...``, or any address of fsspec.

    Raises
    ------
    InputError
        If fsspec or what it needs for the address is not installed, or it knows no such address.
    """
    if not is_remote(address):
        text = str(address)
        return LocalPlace(Path(url2pathname(urlsplit(text).path) if text.startswith("file://") else text))
    text = str(address)
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise InputError(
            text, "", "fsspec is not installed", "pip install 'qorgau[remote]', or give a local folder"
        ) from error
    try:
        filesystem, root = url_to_fs(text)
    except ImportError as error:
        raise InputError(text, "", f"needs another package ({error})", "install it, or give a local folder") from error
    except Exception as error:
        # Deliberately broad: what a file system of fsspec raises for a bad address is its own affair.
        words = " ".join(str(error).split())[:200]
        raise InputError(text, "", f"is no address that fsspec can open ({words})", "give a folder, or such as "
                         "s3://bucket/folder") from error
    if not root.strip("/"):
        raise InputError(text, "", "names no folder", f"give a folder in it, such as {text.rstrip('/')}/ensemble")
    return RemotePlace(text, filesystem, root)


def copy_to(folder: Path, place: Place) -> None:
    """Write every file of a local folder to a place, under the same names."""
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        name = path.relative_to(folder).as_posix()
        place.prepare([name.rpartition("/")[0]])
        place.write(name, path.read_bytes())


def copy_from(place: Place, name: str, folder: Path) -> None:
    """Copy the files below a folder of a place to a local one, which is made anew."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for entry, size in place.sizes(name).items():
        if size < 0:
            copy_from(place, f"{name}/{entry}", folder / entry)
        elif (data := place.read(f"{name}/{entry}")) is not None:
            (folder / entry).write_bytes(data)
