"""Whatever is written into a case's files, loading gives a case or one line, never another error."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.case import case_folder, load_case, to_world
from qorgau.errors import InputError
from tests.case.files import template_at

FILES = sorted(str(p.relative_to(case_folder("template"))) for p in case_folder("template").rglob("*.yaml"))
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3000),
    st.floats(allow_nan=True, allow_infinity=True),
    st.text(max_size=5),
    st.sampled_from(["KAZ", "osh", "2001-01", "low", "E01", "law"]),
    st.just([]),
    st.just({}),
    st.lists(st.integers(0, 3), max_size=2),
    st.dictionaries(st.text(max_size=3), st.integers(0, 3), max_size=2),
)


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every key path in what a file holds."""
    if isinstance(value, dict):
        steps = list(value.items())
    elif isinstance(value, list):
        steps = list(enumerate(value))
    else:
        return [path]
    return [path, *(p for key, item in steps for p in _places(item, (*path, key)))]


@settings(max_examples=25)
@given(st.data(), st.sampled_from(FILES), ODD)
def test_damaged_files_give_a_case_or_one_line(data: st.DataObject, file: str, odd: Any) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        folder = template_at(Path(scratch) / "case")
        content = yaml.safe_load((folder / file).read_text())
        path = data.draw(st.sampled_from(_places(content)))
        if path:
            inside = content
            for step in path[:-1]:
                inside = inside[step]
            inside[path[-1]] = odd
        else:
            content = odd
        (folder / file).write_text(yaml.safe_dump(content, allow_unicode=True))
        try:
            to_world(load_case(folder))
        except InputError as error:
            assert "\n" not in str(error)
