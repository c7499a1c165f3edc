from __future__ import annotations

from pathlib import Path

import pytest

from qorgau.case import check, load_case
from qorgau.case.new import new_case
from qorgau.errors import InputError


def test_a_new_case_loads_and_passes_its_check(tmp_path: Path) -> None:
    folder = new_case(tmp_path / "deep" / "mine")
    case = load_case(folder)
    assert all(finding.severity != "error" for finding in check(case))
    assert sorted(p.name for p in folder.parent.iterdir()) == ["mine"]


def test_an_empty_folder_is_filled(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    assert (new_case(tmp_path / "mine") / "case.yaml").is_file()


def test_what_is_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("keep")
    with pytest.raises(InputError, match="already"):
        new_case(tmp_path / "mine")
    assert [p.name for p in (tmp_path / "mine").iterdir()] == ["notes.txt"]
