"""Cases on disk that tests may damage."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from qorgau.case import case_folder


def template_at(folder: Path) -> Path:
    """Copy of the template case, the smallest that loads."""
    return Path(shutil.copytree(case_folder("template"), folder))


def edit(folder: Path, file: str, change: Callable[[Any], None]) -> None:
    """Change what a YAML file of a case holds."""
    path = folder / file
    data = yaml.safe_load(path.read_text())
    change(data)
    path.write_text(yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def row(data: Any, name: str) -> dict[str, Any]:
    """Row of a file's list by id or place."""
    rows = next(value for value in data.values() if isinstance(value, list))
    return next(item for item in rows if name in (item.get("id"), item.get("place")))
