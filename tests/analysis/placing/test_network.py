from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from qorgau.analysis.placing.network import make_network, read_network
from qorgau.errors import InputError

ARCS = "tail,head,evasion,evasion_watched\nOsh,Sary-Tash,0.9,0.5\nSary-Tash,Almaty,0.8,\n"
JOURNEYS = "origin,destination,probability\nOsh,Almaty,1\n"


def write(folder: Path, arcs: str = ARCS, journeys: str = JOURNEYS) -> tuple[Path, Path]:
    (folder / "arcs.csv").write_text(arcs, encoding="utf-8")
    (folder / "journeys.csv").write_text(journeys, encoding="utf-8")
    return folder / "arcs.csv", folder / "journeys.csv"


def test_reads_arcs_journeys_and_defaults(tmp_path: Path) -> None:
    network = read_network(*write(tmp_path))
    assert network.nodes == ("Almaty", "Osh", "Sary-Tash")
    assert network.labels == ("Osh to Sary-Tash", "Sary-Tash to Almaty")
    assert network.watchable.tolist() == [0]
    assert network.cost.tolist() == [1.0, 1.0]
    assert network.nodes[network.origin[0]] == "Osh"


def test_reads_cost_and_label(tmp_path: Path) -> None:
    arcs = "label,cost,tail,head,evasion,evasion_watched\nAlay section,2.5,a,b,0.9,0.5\n,,b,c,0.9,0.1\n"
    network = read_network(*write(tmp_path, arcs, "origin,destination,probability\na,c,1\n"))
    assert network.labels == ("Alay section", "b to c")
    assert network.cost.tolist() == [2.5, 1.0]


def test_parallel_arcs_keep_labels_apart() -> None:
    network = make_network(["a", "a"], ["b", "b"], [0.5, 0.6], [0.1, 0.2], ["a"], ["b"], [1.0])
    assert network.labels == ("a to b", "a to b (2)")


def test_arrays_are_read_only(tmp_path: Path) -> None:
    network = read_network(*write(tmp_path))
    with pytest.raises(ValueError, match="read-only"):
        network.evasion[0] = 0.1


def test_whole_numbers_sort_by_size() -> None:
    network = make_network(["2", "10"], ["10", "9"], [0.5, 0.6], [0.1, np.nan], ["2"], ["9"], [1.0])
    assert network.nodes == ("2", "9", "10")


@pytest.mark.parametrize(
    ("old", "new", "file", "words"),
    [
        ("evasion_watched\n", "watched\n", "arcs", ["evasion_watched", "column is missing"]),
        ("0.9,0.5", "1.2,0.5", "arcs", ["row 1, evasion", "not a probability"]),
        ("0.9,0.5", "0.9,-0.5", "arcs", ["row 1, evasion_watched", "not a probability"]),
        ("0.9,0.5", "0.4,0.5", "arcs", ["row 1, evasion_watched", "above the evasion unwatched"]),
        ("0.9,0.5", "high,0.5", "arcs", ["row 1, evasion", "not a number"]),
        ("0.9,0.5", ",0.5", "arcs", ["row 1, evasion", "not a number"]),
        ("0.9,0.5", "nan,0.5", "arcs", ["row 1, evasion", "not a number"]),
        ("0.9,0.5", "0.9", "arcs", ["row 1", "number of cells"]),
        ("Osh,Sary-Tash", ",Sary-Tash", "arcs", ["row 1, tail", "is empty"]),
        ("Osh,Sary-Tash", "Osh,Osh", "arcs", ["row 1, head", "to itself"]),
        ("Osh,Almaty,1", "Osh,Omsk,1", "journeys", ["row 1, destination", "'Omsk'"]),
        ("Osh,Almaty,1", "Almaty,Osh,1", "journeys", ["row 1", "no path"]),
        ("Osh,Almaty,1", "Osh,Osh,1", "journeys", ["row 1", "own origin"]),
        ("Osh,Almaty,1", "Osh,Almaty,0.5", "journeys", ["sums to 0.5", "divide each by 0.5"]),
        ("Osh,Almaty,1", "Osh,Almaty,2", "journeys", ["row 1, probability", "not a probability"]),
        ("origin,", "from,", "journeys", ["origin", "column is missing"]),
        ("Osh,Almaty,1\n", "", "journeys", ["no rows"]),
    ],
)
def test_bad_input_is_named(tmp_path: Path, old: str, new: str, file: str, words: list[str]) -> None:
    arcs = ARCS.replace(old, new) if file == "arcs" else ARCS
    journeys = JOURNEYS.replace(old, new) if file == "journeys" else JOURNEYS
    with pytest.raises(InputError) as caught:
        read_network(*write(tmp_path, arcs, journeys))
    text = str(caught.value)
    assert f"{file}.csv" in text and "Fix:" in text and "\n" not in text
    for word in words:
        assert word in text


def test_bad_cost_missing_file_and_bytes(tmp_path: Path) -> None:
    arcs = ARCS.replace("watched\n", "watched,cost\n").replace("0.5\n", "0.5,0\n").replace("0.8,\n", "0.8,,1\n")
    with pytest.raises(InputError, match="cost"):
        read_network(*write(tmp_path, arcs))
    with pytest.raises(InputError, match="cannot be read"):
        read_network(tmp_path / "none.csv", tmp_path / "journeys.csv")
    (tmp_path / "arcs.csv").write_bytes(b"tail,head\xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_network(tmp_path / "arcs.csv", tmp_path / "journeys.csv")


def test_impassable_arcs_are_no_path() -> None:
    with pytest.raises(InputError, match="no path"):
        make_network(["a"], ["b"], [0.0], [0.0], ["a"], ["b"], [1.0])


def test_lengths_must_agree() -> None:
    with pytest.raises(InputError, match="evasion"):
        make_network(["a", "b"], ["b", "c"], [0.5], [0.1], ["a"], ["b"], [1.0])
