from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from qorgau.errors import InputError
from qorgau.evidence import load_evidence
from tests.evidence.samples import BOOK, POLICY, STUDY, claim, figure, load, source, write


def _fails(folder: Path, *parts: str) -> None:
    with pytest.raises(InputError) as caught:
        load_evidence(folder)
    line = str(caught.value)
    assert "\n" not in line
    assert "Fix: " in line
    for part in parts:
        assert part in line


def test_a_small_base_loads_in_order_with_its_sources(tmp_path: Path) -> None:
    evidence = load(tmp_path, [claim("C2", "book"), claim("C1")])
    assert [item.id for item in evidence.claims] == ["C2", "C1"]
    assert evidence.claim("C1").source == "study"
    assert evidence.source_of("C2") == "book"
    assert evidence.source_of(evidence.claim("C1")) == "study"
    assert evidence.sources["book"].label == "book (2010)"
    assert evidence.claim("C2").report_time == "2010"
    assert evidence.claim("C1").report_time == "2015"
    assert all(item.grade_reason for item in evidence.claims)


def test_an_unknown_claim_is_a_key_error(tmp_path: Path) -> None:
    with pytest.raises(KeyError, match="C9"):
        load(tmp_path, [claim("C1")]).claim("C9")


BAD: list[tuple[dict[str, Any], tuple[str, ...]]] = [
    ({"statemnt": "x"}, ("claims.C1.statemnt", "unknown key")),
    ({"kind": "guess"}, ("claims.C1.kind",)),
    ({"cites": ["nowhere"]}, ("claims.C1.cites", "unknown citation 'nowhere'")),
    ({"source": "nowhere"}, ("claims.C1.source", "unknown citation")),
    ({"low": 3, "high": 2, "unit": "years"}, ("claims.C1", "range upside down", "swap")),
    ({"value": 5, "low": 6, "high": 9, "unit": "years"}, ("claims.C1", "value 5 lies outside its range")),
    ({"value": 5, "unit": None}, ("claims.C1", "value without unit")),
    ({"reliability": "G", "credibility": 2}, ("claims.C1.reliability",)),
    ({"reliability": "B", "credibility": 7}, ("claims.C1.credibility",)),
    ({"reliability": "A", "credibility": 1}, ("claims.C1.reliability", "grade A1", "rule", "B2")),
    ({"reliability": "B"}, ("claims.C1.reliability", "half a grade")),
    ({"valid_time": "soon"}, ("claims.C1.valid_time", "not a date")),
    ({"kind": "figure"}, ("claims.C1", "a figure needs")),
    ({"citation": "none"}, ("claims.C1", "citation is none")),
    ({"contradicts": ["C7"]}, ("claims.C1.contradicts", "C7")),
    ({"confirmed_by": ["book"]}, ("claims.C1.confirmed_by", "no series")),
    ({"vintage": "2015"}, ("claims.C1", "vintage_basis")),
    ({"placement": []}, ("claims.C1.placement",)),
    ({"placement": [{"as": "context", "where": "context"}]}, ("claims.C1.placement.0", "reason")),
    (
        {"grade_override": {"reliability": "A", "credibility": 1, "reason": "x", "by": "Jane Doe", "date": "2020"}},
        ("claims.C1.grade_override.by", "role"),
    ),
]


@pytest.mark.parametrize(("fields", "parts"), BAD)
def test_a_bad_claim_is_one_line_with_file_key_and_fix(
    tmp_path: Path, fields: dict[str, Any], parts: tuple[str, ...]
) -> None:
    _fails(write(tmp_path, [claim("C1", "book", **fields)]), "claims.yaml", *parts)


def test_ids_given_twice_are_refused(tmp_path: Path) -> None:
    _fails(write(tmp_path, [claim("C1"), claim("C1")]), "claims.C1.id", "twice")
    _fails(write(tmp_path, [claim("C1")], [STUDY, BOOK, BOOK]), "sources.json", "book", "twice")


def test_a_key_written_twice_is_refused(tmp_path: Path) -> None:
    folder = write(tmp_path, [claim("C1")])
    (folder / "policy.yaml").write_text("coupling: 0.5\ncoupling: 0.6\n", encoding="utf-8")
    _fails(folder, "policy.yaml", "line 2", "twice")


def test_files_that_are_missing_or_broken_are_named(tmp_path: Path) -> None:
    folder = write(tmp_path, [claim("C1")])
    (folder / "claims.yaml").write_text("claims: [", encoding="utf-8")
    _fails(folder, "claims.yaml", "line")
    (folder / "claims.yaml").unlink()
    _fails(folder, "claims.yaml", "missing")
    write(tmp_path, [claim("C1")])
    (folder / "sources.json").write_text("[{]", encoding="utf-8")
    _fails(folder, "sources.json", "line 1")
    (folder / "sources.json").write_text("{}", encoding="utf-8")
    _fails(folder, "sources.json", "list")


def test_an_object_tag_in_yaml_is_not_built(tmp_path: Path) -> None:
    folder = write(tmp_path, [claim("C1")])
    (folder / "claims.yaml").write_text("claims: !!python/object/apply:os.getcwd []\n", encoding="utf-8")
    _fails(folder, "claims.yaml", "line 1")


@pytest.mark.parametrize(
    ("custom", "part"),
    [({"kind": "rumour"}, "source_type"), ({"colour": "red"}, "custom.colour"), ({"entry_of": "nobody"}, "entry_of")],
)
def test_a_source_needs_a_known_type(tmp_path: Path, custom: dict[str, Any], part: str) -> None:
    _fails(write(tmp_path, [claim("C1")], [STUDY, source("odd", **custom)]), "sources.json", "odd", part)


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ({"coupling": 1.5}, "coupling"),
        ({"credibility": {1: 0.9, 2: 0.95, 3: 0.5, 4: 0.3, 5: 0.1}}, "must not rise"),
        ({"credibility": {1: 0.9}}, "1 to 5"),
        ({"reliability": {"A": POLICY["reliability"]["A"]}}, "A to F"),
        ({"colour": 1}, "colour"),
    ],
)
def test_a_policy_out_of_range_is_refused(tmp_path: Path, change: dict[str, Any], part: str) -> None:
    _fails(write(tmp_path, [claim("C1")], policy={**POLICY, **change}), "policy.yaml", part)


def test_another_policy_can_be_given(tmp_path: Path) -> None:
    folder = write(tmp_path, [claim("C1", "book")])
    other = tmp_path / "mine.yaml"
    other.write_text(yaml.safe_dump({**POLICY, "not_judged": 0.2}), encoding="utf-8")
    assert load_evidence(folder, other).policy.not_judged == 0.2
    assert load_evidence(folder).policy.not_judged == POLICY["not_judged"]


def test_dates_that_yaml_reads_as_dates_or_numbers_are_kept(tmp_path: Path) -> None:
    folder = write(tmp_path, [figure("C1", "book", 3, "2005")])
    text = (folder / "claims.yaml").read_text(encoding="utf-8").replace("'2005'", "2005-06-01")
    (folder / "claims.yaml").write_text(text, encoding="utf-8")
    assert load_evidence(folder).claim("C1").valid_time == "2005-06-01"


def test_what_is_loaded_is_frozen(tmp_path: Path) -> None:
    evidence = load(tmp_path, [claim("C1")])
    with pytest.raises(ValueError, match="frozen"):
        evidence.claims[0].statement = "other"  # type: ignore[misc]
