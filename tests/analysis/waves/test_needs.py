"""What each mechanism breaks, kept beside the set, and gone on with."""

from __future__ import annotations

import json
import math
from types import SimpleNamespace

import numpy as np
import pytest

from qorgau.analysis.needs_records import Break
from qorgau.analysis.waves import needs
from qorgau.errors import InputError

MECHANISMS = ("scope", "habit", "learning")


def _stored(runs: int = 30) -> SimpleNamespace:
    draws = SimpleNamespace(mechanisms=MECHANISMS, streams=np.arange(runs), numbers=np.arange(runs))
    return SimpleNamespace(
        hash="abc", draws=draws, holds=np.ones((runs, 1), dtype=np.int8), distance=np.zeros((runs, 1)),
        about={"seed": 1}, first=lambda n: draws,
    )


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    seen: list[str] = []

    def breaks_of(_bench, _draws, _seed, _known, mechanisms, **_more):
        if "stop" in seen:
            raise KeyboardInterrupt
        seen.extend(mechanisms)
        word = "breaks" if mechanisms[0] == "scope" else "no effect"
        return [Break(mechanisms[0], "P01", 30, 1.0, 0.2 if word == "breaks" else 1.0, math.nan, word)]

    monkeypatch.setattr(needs, "breaks_of", breaks_of)
    return seen


def test_rows_are_kept_and_read_again(tmp_path, tried) -> None:
    found = needs.find_needs(None, _stored(), tmp_path, runs=30)
    assert tried == list(MECHANISMS) and found.missing == ()
    assert found.of_pattern("P01") == ("scope",) and found.of_mechanism("scope") == ("P01",)
    assert found.idle == ("habit", "learning")
    again = needs.read_needs(tmp_path, _stored())
    assert again.to_json() == found.to_json()
    assert json.loads((tmp_path / needs.FILE).read_text())["rows"][0]["p"] is None, "NaN is not JSON"


def test_work_that_was_stopped_goes_on_with_what_is_left(tmp_path, tried) -> None:
    needs.find_needs(None, _stored(), tmp_path, runs=30, mechanisms=["habit"])
    part = needs.read_needs(tmp_path, _stored())
    assert part.missing == ("scope", "learning")
    needs.find_needs(None, _stored(), tmp_path, runs=30)
    assert tried == ["habit", "scope", "learning"], "nothing is run twice"
    needs.find_needs(None, _stored(40), tmp_path, runs=40)
    assert tried[3:] == list(MECHANISMS), "another number of runs begins anew"


def test_what_belongs_to_another_set_is_passed_over_and_damage_is_named(tmp_path, tried) -> None:
    assert needs.read_needs(tmp_path, _stored()) is None
    needs.find_needs(None, _stored(), tmp_path, runs=30)
    other = _stored()
    other.hash = "def"
    assert needs.read_needs(tmp_path, other) is None
    (tmp_path / needs.FILE).write_text("{")
    with pytest.raises(InputError, match=r"matched\.mechanisms\.json"):
        needs.read_needs(tmp_path, _stored())
    with pytest.raises(InputError, match="no such mechanism"):
        needs.find_needs(None, _stored(), tmp_path, runs=30, mechanisms=["nothing"])
