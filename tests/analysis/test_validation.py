"""The table of fitted and validated readings, and the guard on it."""

from __future__ import annotations

from pathlib import Path

import pytest

from qorgau.analysis.validation import Validation, load_validation, looked_at
from qorgau.errors import InputError
from tests.analysis.synthetic import pattern

WIDTH = "width: {low: 0.1, high: 2, assumption: so}\n"
HEAD = f"last_fitted: 2013\nforecast: [2014, 2024]\n{WIDTH}"


def write(folder: Path, text: str) -> Path:
    path = folder / "validation.yaml"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("last_fitted: [", "YAML"),
        (HEAD.replace("2014", "2013") + "indicators: [{outcome: a, differs: b}]", "begin after"),
        (HEAD + "indicators: []", "indicators"),
        (HEAD + "indicators: [{outcome: a, differs: b}, {outcome: a, differs: b}]", "twice"),
        (HEAD + "indicators: [{outcome: a, differs: b, validated: [2016, 2015]}]", "first and a last"),
        (HEAD + "indicators: [{outcome: a}]", "differs"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(tmp_path: Path, text: str, key: str) -> None:
    with pytest.raises(InputError) as caught:
        load_validation(write(tmp_path, text))
    assert key in str(caught.value)
    assert "validation.yaml" in str(caught.value)


def test_each_year_has_one_use() -> None:
    made = Validation.model_validate({
        "last_fitted": 2013, "forecast": (2014, 2024), "width": {"low": 0.1, "high": 2, "assumption": "so"},
        "indicators": [{
            "outcome": "a", "differs": "b", "fitted": {"years": (2010, 2012), "by": ["P01"]}, "validated": [2014, 2016],
        }],
    })
    (item,) = made.indicators
    assert [item.use(y) for y in (2009, 2010, 2012, 2013, 2014, 2016, 2017)] == [
        "neither", "fitted", "fitted", "neither", "validated", "validated", "neither"]


@pytest.mark.parametrize(
    ("test", "found", "years"),
    [
        ("m(share_TJK, 2011:2013) <= 0.55", {"share_TJK"}, (2011, 2013)),
        ("years(argmax(share_*) == TJK, 2008:2013) >= 5", {"share_TJK", "share_UZB"}, (2008, 2013)),
        ("score_KAZ[2013] > 1999.5 * 0.5 and score_KAZ[2010] > 20", {"score"}, (2010, 2013)),
        ("ratio(other[2012], 1900, 5) < 1", set(), (1900, 2012)),
    ],
)
def test_what_a_pattern_looks_at(test: str, found: set[str], years: tuple[int, int]) -> None:
    names = ("share_TJK", "share_UZB", "score")
    assert looked_at(pattern(test=test), names, "KAZ") == (found, years)
