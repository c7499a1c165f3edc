from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qorgau.case import load_case
from qorgau.errors import InputError
from tests.case.files import edit, row, template_at

Change = Callable[[Any], None]


def setting(name: str, **values: Any) -> Change:
    return lambda data: row(data, name).update(values)


def adding(*rows: dict[str, Any]) -> Change:
    return lambda data: next(value for value in data.values() if isinstance(value, list)).extend(map(dict, rows))


LINES = [{"id": f"kaz_first_{n}", "title": f"Line {n}", "state": "KAZ", "within": "kaz_first", "share": share}
         for n, share in ((1, 0.3), (2, 0.1))]
"""Lines of kin that make up the first group of the template."""


def top(**values: Any) -> Change:
    return lambda data: data.update(values)


def _series(data: Any) -> dict[str, Any]:
    return data["series"][0]["vintages"][0]["values"]


BAD: list[tuple[str, str, Change, str, str]] = [
    ("unknown key", "places.yaml", setting("osh", hight=3), "places.osh.hight", "unknown key"),
    ("unknown top key", "places.yaml", top(more=[]), "more", "unknown key"),
    ("unknown key of the case", "case.yaml", top(colour="red"), "colour", "unknown key"),
    ("missing key", "places.yaml", lambda d: row(d, "osh").pop("lat"), "places.osh.lat", "required"),
    ("missing claim", "places.yaml", lambda d: d.pop("assumption"), "places.kunduz", "missing claim"),
    ("missing claim of a parameter", "parameters/routes.yaml",
     lambda d: [d["network_learning"].pop(k) for k in ("claims", "assumption")], "network_learning", "missing claim"),
    ("claim that does not exist", "corridors.yaml", setting("C03", claims=["E77"]), "corridors.C03.claims", "E77"),
    ("unit that does not fit", "parameters/routes.yaml", lambda d: d["network_learning"].update(unit="km"),
     "network_learning.unit", "does not fit"),
    ("prior outside the bounds", "parameters/routes.yaml",
     lambda d: d["network_learning"].update(prior={"uniform": [-1, 2]}), "network_learning.prior", "bounds"),
    ("parameter unknown to the model", "parameters/routes.yaml",
     lambda d: d.update(speed=dict(d["network_learning"])), "speed", "no parameter"),
    ("place that does not exist", "corridors.yaml", setting("C02", to="bishkec"), "corridors.C02.to", "bishkek"),
    ("state that does not exist", "places.yaml", setting("osh", state="KGS"), "places.osh.state", "KGZ"),
    ("state of a road that does not exist", "corridors.yaml", setting("C02", road="bad"), "corridors.C02.road", "poor"),
    ("state of a road where there is none", "corridors.yaml", setting("C06", road="poor"), "corridors.C06",
     "goes by rail"),
    ("corridor with one end", "corridors.yaml", setting("C02", to="osh"), "corridors.C02", "same place"),
    ("focus that does not exist", "case.yaml", top(focus="XXX"), "focus", "XXX"),
    ("range upside down in a prior", "parameters/routes.yaml",
     lambda d: d["network_learning"].update(prior={"uniform": [2, 1]}), "network_learning.prior", "upside down"),
    ("range upside down in costs", "measures.yaml", setting("outreach", cost_low_usd_per_year=9e9),
     "measures.outreach", "upside down"),
    ("range upside down in years", "case.yaml", top(last_year=1990), "", "upside down"),
    ("two distributions", "parameters/routes.yaml",
     lambda d: d["network_learning"].update(prior={"uniform": [0, 1], "fixed": 1}), "network_learning.prior",
     "exactly one"),
    ("cycle in the dates", "timeline.yaml", lambda d: (row(d, "law").pop("date"),
     row(d, "law").update(after=["training"])), "timeline.after", "cycle"),
    ("date before what it follows", "timeline.yaml", setting("end_of_ussr", date="1988-01"), "timeline.after",
     "before"),
    ("entry that does not exist", "timeline.yaml", setting("law", after=["soviet"]), "timeline.law.after", "soviet"),
    ("neither date nor after", "timeline.yaml", lambda d: row(d, "law").pop("date"), "timeline.law", "date"),
    ("date after the last year", "timeline.yaml", setting("law", date="2031-01"), "timeline.law.date", "last year"),
    ("market that no source reaches", "corridors.yaml", lambda d: d["corridors"].remove(row(d, "C06")),
     "markets.moscow", "no way"),
    ("place that nothing joins", "corridors.yaml",
     lambda d: [d["corridors"].remove(row(d, c)) for c in ("C02", "C03")], "places.bishkek", "no corridor"),
    ("no source", "places.yaml", setting("kunduz", roles=["transit"]), "places.roles", "source"),
    ("id given twice", "corridors.yaml", lambda d: d["corridors"].append(dict(row(d, "C01"))), "corridors.C01",
     "twice"),
    ("number that is not finite", "corridors.yaml", setting("C01", length_km=float("inf")),
     "corridors.C01.length_km", "finite"),
    ("number that is not one", "corridors.yaml", setting("C01", length_km="far"), "corridors.C01.length_km",
     "number"),
    ("level outside 0 to 1", "places.yaml", setting("osh", extractive=1.2), "places.osh.extractive", "1"),
    ("series of nan", "series.yaml", lambda d: _series(d)["KAZ"].update({1990: float("nan")}),
     "series.gdp_per_capita", "finite"),
    ("series without a state", "series.yaml", lambda d: _series(d).pop("KGZ"), "series.gdp_per_capita", "KGZ"),
    ("series that feeds nothing", "series.yaml", lambda d: d["series"][0].pop("feeds"), "series", "gdp_per_head"),
    ("people counted in kg", "trades.yaml", setting("labour", unit="kg"), "trades.labour", "persons"),
    ("trade left out", "trades.yaml", lambda d: d["trades"].pop(), "trades", "sexual"),
    ("shares of groups", "patron_groups.yaml", setting("kaz_first", share=0.5), "patron_groups.KAZ", "sum to 1.1"),
    ("two ruling groups", "patron_groups.yaml", setting("kaz_second", ruling=True), "patron_groups.KAZ", "2 ruling"),
    ("lines that do not make up their group", "patron_groups.yaml", adding(LINES[0]), "patron_groups.kaz_first",
     "sum to 0.3"),
    ("line of no group", "patron_groups.yaml", adding({**LINES[0], "within": "kaz_frist"}),
     "patron_groups.kaz_first_1.within", "no patron group 'kaz_frist'"),
    ("line within a line", "patron_groups.yaml", adding(*LINES, {**LINES[1], "id": "third", "within": "kaz_first_1"}),
     "patron_groups.third.within", "itself a line"),
    ("line of another state", "patron_groups.yaml", adding({**LINES[0], "state": "KGZ"}),
     "patron_groups.kaz_first_1.within", "of KGZ"),
    ("two ruling lines", "patron_groups.yaml", adding(*({**line, "ruling": True} for line in LINES)),
     "patron_groups.kaz_first", "2 ruling lines"),
    ("ruling line outside the ruling group", "patron_groups.yaml",
     adding({**LINES[0], "within": "kaz_second", "ruling": True}), "patron_groups.kaz_first_1.ruling",
     "not the ruling group"),
    ("line at home in another state", "patron_groups.yaml", adding({**LINES[0], "places": ["osh"]}, LINES[1]),
     "patron_groups.kaz_first_1.places", "no place of KAZ 'osh'"),
    ("place without a post", "posts.yaml", lambda d: d["posts"].remove(row(d, "post_osh")), "posts", "osh"),
    ("two heads of government", "posts.yaml", setting("fund", government=True), "government", "2 posts"),
    ("two border posts at a place", "posts.yaml", setting("border_almaty", place="osh"), "posts.border_almaty.kind",
     "osh has a border post already, border_osh"),
    ("two migration services", "posts.yaml", setting("migration_kaz", place="bishkek"), "posts.migration_kaz.kind",
     "KGZ has a migration post already, migration_kgz"),
    ("migration service at no place", "posts.yaml", setting("migration_kgz", place="oshh"),
     "posts.migration_kgz.place", "oshh"),
    ("government at a border", "posts.yaml", lambda d: (row(d, "border_osh").update(government=True),
     row(d, "government").pop("government")), "government", "1 posts"),
    ("post of no known body", "posts.yaml", setting("post_osh", kind="customs"), "posts.post_osh.kind", "border"),
    ("more organisations than slots", "networks.yaml", setting("old", organisations_at_start=99), "networks", "101"),
    ("priors of no case", "case.yaml", top(priors_from="elsewhere"), "priors_from", "elsewhere"),
    ("lever that does not exist", "measures.yaml", setting("outreach", levers={"outrech": 1}),
     "measures.outreach.levers", "outreach"),
]  # fmt: skip

NAMED_INSTEAD = {"market that no source reaches": "markets.yaml", "place that nothing joins": "places.yaml"}
"""Faults made in one file that are told of the row in another file that suffers from them."""


@pytest.mark.parametrize(("kind", "file", "change", "key", "problem"), BAD, ids=[bad[0] for bad in BAD])
def test_bad_input_is_refused_in_one_line(
    tmp_path: Path, kind: str, file: str, change: Change, key: str, problem: str
) -> None:
    folder = template_at(tmp_path / "case")
    edit(folder, file, change)
    with pytest.raises(InputError) as caught:
        load_case(folder)
    error, line = caught.value, str(caught.value)
    assert "\n" not in line
    assert Path(error.file).name == NAMED_INSTEAD.get(kind, Path(file).name)
    assert error.key.startswith(key)
    assert problem in line
    assert error.fix


def test_a_border_post_needs_a_crossing(tmp_path: Path) -> None:
    folder = template_at(tmp_path / "case")
    edit(folder, "corridors.yaml", setting("C06", **{"from": "almaty"}))
    edit(folder, "posts.yaml", setting("border_almaty", place="astana"))
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert Path(caught.value.file).name == "posts.yaml" and caught.value.key == "posts.border_almaty.kind"
    assert "no corridor at astana crosses a border" in str(caught.value) and "province post" in caught.value.fix


def test_bad_yaml_names_its_line(tmp_path: Path) -> None:
    folder = template_at(tmp_path / "case")
    (folder / "states.yaml").write_text("states:\n- {id: KAZ, title: [}\n")
    with pytest.raises(InputError, match="line 2"):
        load_case(folder)


def test_key_written_twice_names_its_line(tmp_path: Path) -> None:
    folder = template_at(tmp_path / "case")
    text = (folder / "case.yaml").read_text()
    (folder / "case.yaml").write_text(text + "focus: KGZ\n")
    with pytest.raises(InputError, match=r"line \d+.*twice"):
        load_case(folder)


@pytest.mark.parametrize("file", ["states.yaml", "corridors.yaml", "evidence/claims.yaml"])
def test_missing_file_is_named(tmp_path: Path, file: str) -> None:
    folder = template_at(tmp_path / "case")
    (folder / file).unlink()
    with pytest.raises(InputError) as caught:
        load_case(folder)
    assert caught.value.file.endswith(file)


def test_missing_prior_names_parameter_and_unit(tmp_path: Path) -> None:
    folder = template_at(tmp_path / "case")
    edit(folder, "case.yaml", lambda data: data.pop("priors_from"))
    with pytest.raises(InputError, match=r"has no prior.*with unit"):
        load_case(folder)


def test_folder_without_case_and_unknown_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no case\.yaml.*qorgau new"):
        load_case(tmp_path)
    with pytest.raises(InputError, match="kazakhstan"):
        load_case("kasachstan")


def test_loading_changes_no_file(tmp_path: Path) -> None:
    folder = template_at(tmp_path / "case")
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    load_case(folder)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before


def test_importing_the_case_does_not_bring_the_compiler() -> None:
    code = "import sys, qorgau.case, qorgau.model.route_sets; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
