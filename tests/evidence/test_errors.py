from __future__ import annotations

import copy
from pathlib import Path

from qorgau.errors import InputError, QorgauError


def test_an_input_error_is_one_line_with_its_four_parts() -> None:
    error = InputError(Path("a/claims.yaml"), "claims.S01", "two\nlines  here.", "join\nthem.")
    assert str(error) == "a/claims.yaml: claims.S01: two lines here. Fix: join them."
    assert isinstance(error, ValueError)
    assert isinstance(error, QorgauError)


def test_without_a_key_the_file_alone_is_named() -> None:
    assert str(InputError("x.yaml", "", "missing", "add it")) == "x.yaml: missing. Fix: add it."


def test_an_error_survives_being_handed_between_processes() -> None:
    error = InputError("f", "k", "p", "x")
    again = copy.copy(error)
    assert str(again) == str(error)
    assert (again.file, again.key, again.problem, again.fix) == ("f", "k", "p", "x")
