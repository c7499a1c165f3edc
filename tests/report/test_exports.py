from __future__ import annotations

import csv
import dataclasses
from pathlib import Path
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
from tests.report import fakes

from qorgau.errors import InputError
from qorgau.report import build_report, export_figures, export_tables
from qorgau.report.exports import tables_of


def test_tables_in_both_forms_hold_the_same_rows(tmp_path: Path) -> None:
    written = export_tables(fakes.analysis(), fakes.case(), tmp_path)
    names = {p.stem for p in written}
    assert {
        "measures",
        "effects",
        "displacement",
        "patterns",
        "claims_value",
        "sources_value",
        "history",
        "evidence",
    } <= names
    for name in names:
        with open(tmp_path / f"{name}.csv", encoding="utf-8", newline="") as stream:
            rows = list(csv.DictReader(stream))
        table = pq.read_table(tmp_path / f"{name}.parquet")
        assert len(rows) == table.num_rows > 0
        assert list(rows[0]) == table.column_names


def test_small_published_counts_are_left_out() -> None:
    rows = tables_of(fakes.analysis(), fakes.case())["history_published"]
    assert [r["value"] for r in rows if r["outcome"] == "people_identified"] == [160.0]
    assert any(r["outcome"] == "cases_prosecuted" for r in rows)


def test_a_cell_is_no_formula(tmp_path: Path) -> None:
    whole = fakes.analysis()
    measures = tuple(dataclasses.replace(m, label="=HYPERLINK(1)") for m in whole.comparison.measures)
    whole = dataclasses.replace(whole, comparison=dataclasses.replace(whole.comparison, measures=measures))
    export_tables(whole, fakes.case(), tmp_path, formats=("csv",))
    with open(tmp_path / "measures.csv", encoding="utf-8", newline="") as stream:
        assert next(csv.DictReader(stream))["label"] == "'=HYPERLINK(1)"


def test_an_unknown_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="xlsx"):
        export_tables(fakes.analysis(), fakes.case(), tmp_path, formats=("xlsx",))


def test_empty_tables_are_left_out(tmp_path: Path) -> None:
    assert {p.stem for p in export_tables(fakes.empty(), fakes.case(), tmp_path)} == {"evidence"}


def test_figures_are_documents_of_their_own(tmp_path: Path) -> None:
    one = dataclasses.replace(fakes.analysis(), history=fakes.History(1, fakes.history().bands[:1]))
    written = export_figures(one, fakes.case(), tmp_path)
    assert {"map", "cost", "knockouts", "learned", "h-people_exploited"} == {p.stem for p in written}
    for path in written:
        svg = path.read_text(encoding="utf-8")
        assert ElementTree.fromstring(svg).tag == "{http://www.w3.org/2000/svg}svg"
        assert "var(--" not in svg


def test_they_are_made_beside_the_report_on_request(tmp_path: Path) -> None:
    build_report(fakes.empty(), fakes.case(), None, tmp_path, tables=True)
    assert (tmp_path / "tables" / "evidence.csv").is_file()
    assert not (tmp_path / "figures").exists()
