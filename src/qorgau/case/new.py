"""A new case from the commented template."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from qorgau.case.load import case_folder
from qorgau.errors import InputError

__all__ = ["into_new_folder", "new_case"]

TEMPLATE = "template"


def new_case(folder: str | os.PathLike[str]) -> Path:
    """Write the commented template as a new case, whole or not at all.

    Parameters
    ----------
    folder
        Where the case goes: a path at which there is nothing yet, or an empty folder.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        If something is there already, or it cannot be written.
    """
    return into_new_folder(
        folder,
        lambda made: shutil.copytree(case_folder(TEMPLATE), made, ignore=shutil.ignore_patterns("__pycache__")),
    )


def into_new_folder(folder: str | os.PathLike[str], write: Callable[[Path], object]) -> Path:
    """Let ``write`` make a folder, and put it in its place only when it is whole; raises as `new_case`."""
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(target, "", "something is there already", "name a folder that does not exist or is empty")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".new-") as scratch:
            written = Path(scratch) / "case"
            write(written)
            if target.exists():
                target.rmdir()
            written.rename(target)
    except OSError as error:
        raise InputError(
            target, "", f"cannot be written ({error.strerror})", "choose a place you may write to"
        ) from error
    return target
