"""The tables of the model's description: up to date, complete, and able to be found out of date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from qorgau.case import load_case
from qorgau.case.case import Case
from qorgau.case.document import mechanism_readers, model_tables, prior_in_words
from qorgau.case.priors import Prior
from qorgau.model.mechanisms import Mechanism
from qorgau.model.outcomes import outcome_names
from qorgau.model.registry import PARAMETERS
from qorgau.model.state import VARIABLES
from tools import model_tables as tool


@pytest.fixture(scope="module")
def case() -> Case:
    return load_case("kazakhstan")


@pytest.fixture(scope="module")
def text(case: Case) -> str:
    return model_tables(case)


def test_the_committed_tables_are_up_to_date(text: str) -> None:
    assert tool.TABLES.read_text(encoding="utf-8") == text, "run python tools/model_tables.py"


def test_the_check_finds_what_is_out_of_date(
    tmp_path: Path, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "model" / "tables.md"
    assert tool.main(["--check"], path) == 1
    assert not path.exists()
    assert tool.main([], path) == 0
    assert path.read_text(encoding="utf-8") == text
    assert tool.main(["--check"], path) == 0
    path.write_text(text.replace("log-uniform", "uniform", 1), encoding="utf-8")
    assert tool.main(["--check"], path) == 1
    assert "out of date" in capsys.readouterr().err


def test_every_parameter_variable_and_mechanism_has_a_row(text: str) -> None:
    rows = re.findall(r"^\| `([^`]+)`", text, re.MULTILINE)
    wanted = [p.name for table in PARAMETERS.values() for p in table]
    wanted += [v.name for v in VARIABLES]
    wanted += [m.name.lower() for m in Mechanism]
    assert not [name for name in set(wanted) if rows.count(name) < wanted.count(name)]


def test_every_row_has_as_many_cells_as_its_head(text: str) -> None:
    width = 0
    for line in text.splitlines():
        if not line.startswith("|"):
            width = 0
            continue
        cells = len(re.split(r"(?<!\\)\|", line))
        width = width or cells
        assert cells == width, line


def test_every_outcome_is_told_by_itself_or_in_its_family(case: Case, text: str) -> None:
    from qorgau.case.translate import to_world

    tail = text.split("## Outcomes")[1]
    alone = set(re.findall(r"^\| `([^`.]+)`", tail, re.MULTILINE))
    family = {
        f"{prefix}{end.strip()}"
        for prefix, ends in re.findall(r"^\| `([^`.]+)\.\.\.` \|[^|]*\|[^|]*\|([^|]*)\|", tail, re.MULTILINE)
        for end in ends.split(",")
    }
    assert alone | family == set(outcome_names(to_world(case)))
    assert not alone & family


def test_claims_in_the_tables_are_claims_of_the_case(case: Case, text: str) -> None:
    known = {claim.id for claim in case.evidence.claims}
    named = set(re.findall(r"\bS\d{2,3}\b", text))
    assert named
    assert named <= known


def test_every_switch_is_read_by_some_process() -> None:
    assert not [m.name for m, names in mechanism_readers().items() if not names]


@pytest.mark.parametrize(
    ("prior", "words"),
    [
        (Prior(uniform=(0.2, 1)), "uniform 0.2 to 1"),
        (Prior(log_uniform=(2000, 300000)), "log-uniform 2000 to 300 000"),
        (Prior(normal=(30, 2.5, 20, 40)), "normal, mean 30, sd 2.5, within 20 to 40"),
        (Prior(beta=(2, 3)), "beta (2, 3)"),
        (Prior(fixed=0.0001), "fixed at 0.0001"),
    ],
)
def test_priors_are_written_as_they_are_said(prior: Prior, words: str) -> None:
    assert prior_in_words(prior) == words
