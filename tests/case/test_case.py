from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel, ValidationError

from qorgau.case import Case, load_case, parameter_table
from qorgau.case.models import Sourced
from qorgau.errors import InputError
from qorgau.model.world import INSTRUMENTS
from tests.case.files import edit, row, template_at


def test_the_bundled_case_has_the_agreed_size_and_measures(kazakhstan: Case) -> None:
    assert kazakhstan.id == "kazakhstan"
    assert (len(kazakhstan.places), len(kazakhstan.corridors), len(kazakhstan.states)) == (30, 64, 9)
    assert set(kazakhstan.policies) == {"baseline", "all_measures", *INSTRUMENTS}
    assert kazakhstan.measure("baseline").levers == {}
    assert set(kazakhstan.measure("all_measures").levers) == set(INSTRUMENTS)


def test_lone_measures_cost_more_together_than_the_dearest_alone(kazakhstan: Case) -> None:
    alone = [kazakhstan.measure(name).cost_high_usd_per_year for name in INSTRUMENTS]
    together = kazakhstan.measure("all_measures").cost_high_usd_per_year
    assert max(alone) < together <= sum(alone)


def test_the_dismissal_and_the_appointment_are_of_posts(kazakhstan: Case) -> None:
    for entry in ("dismissal_state_fund_2011", "prime_minister_2014"):
        text = " ".join(str(v) for e in kazakhstan.timeline if e.id == entry for v in (e.title, e.note))
        assert "post" in text


def _walk(value: Any, basis: bool, path: str) -> list[str]:
    """Paths of numbers that no claim and no assumption above them covers."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return []
    if isinstance(value, (int, float)):
        return [] if basis else [path]
    if isinstance(value, BaseModel):
        covered = basis or (isinstance(value, Sourced) and value.has_basis)
        return [p for name in type(value).model_fields for p in _walk(getattr(value, name), covered, f"{path}.{name}")]
    if isinstance(value, dict):
        return [p for key, item in value.items() for p in _walk(item, basis, f"{path}.{key}")]
    return [p for n, item in enumerate(value) for p in _walk(item, basis, f"{path}[{n}]")]


@pytest.mark.parametrize("name", ["kazakhstan", "template"])
def test_every_number_of_a_case_rests_on_claims_or_an_assumption(name: str) -> None:
    case = load_case(name)
    bare = [
        path
        for field in Case.model_fields
        if field not in ("evidence", "fixed", "folder", "pattern_claims", "off")
        for path in _walk(dict(getattr(case, field)) if field == "parameters" else getattr(case, field), False, field)
    ]
    assert bare == []


def test_the_walk_sees_a_bare_number(kazakhstan: Case) -> None:
    bare = kazakhstan.places[0].model_copy(update={"claims": (), "assumption": None})
    assert "places.lat" in _walk(bare, False, "places")


def test_a_case_cannot_be_changed_in_place(template: Case) -> None:
    with pytest.raises(ValidationError):
        template.off = ("routes",)  # type: ignore[misc]


def test_with_values_fixes_a_copy(template: Case) -> None:
    copy = template.with_values({"corruption.conformity": 0})
    assert (template.fixed, copy.fixed) == ({}, {"corruption.conformity": 0.0})
    assert copy.prior("corruption.conformity").kind == "fixed"
    assert copy.prior("corruption.conformity").numbers == (0.0,)
    fixed = next(r for r in parameter_table(copy) if r.name == "corruption.conformity")
    assert fixed.claims == () and fixed.vague is None
    again = copy.with_values({"routes.network_learning": 0.5})
    assert set(again.fixed) == {"corruption.conformity", "routes.network_learning"}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), "much", None])
def test_with_values_refuses_what_is_no_finite_number(template: Case, value: Any) -> None:
    with pytest.raises(InputError, match=r"corruption\.conformity"):
        template.with_values({"corruption.conformity": value})


def test_unknown_names_are_answered_with_what_exists(template: Case) -> None:
    with pytest.raises(InputError, match=r"corruption\.conformity"):
        template.with_values({"corruption.conformty": 0})
    with pytest.raises(InputError, match="patronage"):
        template.without("patronges")
    with pytest.raises(InputError, match="outreach"):
        template.measure("outrich")


def test_without_switches_off_in_a_copy(template: Case) -> None:
    copy = template.without("patronage").without("routes", "patronage")
    assert template.off == () and copy.off == ("routes", "patronage")


def test_hash_is_of_the_content_alone(tmp_path: Path, template: Case) -> None:
    assert load_case(template_at(tmp_path / "elsewhere")).hash == template.hash
    folder = template_at(tmp_path / "commented")
    (folder / "places.yaml").write_text("# another comment\n" + (folder / "places.yaml").read_text())
    assert load_case(folder).hash == template.hash
    assert len(template.hash) == 64 and int(template.hash, 16) >= 0


@pytest.mark.parametrize(
    ("file", "change"),
    [
        ("corridors.yaml", lambda d: row(d, "C01").update(length_km=901)),
        ("case.yaml", lambda d: d["levels"].update(low=0.21)),
        ("series.yaml", lambda d: d["series"][2]["vintages"][0]["values"]["AFG"].update({2000: 3301})),
        ("timeline.yaml", lambda d: row(d, "law").update(level=0.9)),
        ("parameters/routes.yaml", lambda d: d["network_learning"].update(prior={"uniform": [0.05, 0.31]})),
        ("evidence/claims.yaml", lambda d: row(d, "E02").update(hedged=True)),
        ("evidence/policy.yaml", lambda d: d.update(not_judged=0.4)),
    ],
)
def test_hash_changes_with_every_file_that_bears_on_results(
    tmp_path: Path, template: Case, file: str, change: Any
) -> None:
    folder = template_at(tmp_path / "case")
    edit(folder, file, change)
    assert load_case(folder).hash != template.hash


def test_hash_changes_with_copies(template: Case) -> None:
    others = [template.with_values({"corruption.conformity": 0}), template.without("routes")]
    assert len({template.hash, *(case.hash for case in others)}) == 3


def test_rows_survive_a_round_trip_through_plain_data(kazakhstan: Case) -> None:
    for name in ("settings", "places", "corridors", "networks", "series", "timeline", "measures"):
        rows = getattr(kazakhstan, name)
        for one in rows if isinstance(rows, tuple) else (rows,):
            assert type(one).model_validate(one.model_dump(mode="json", by_alias=True)) == one
