from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qorgau.analysis.placing import Network
from qorgau.case import load_case
from qorgau.cli.placing import network_of


@pytest.fixture(scope="module")
def network() -> Network:
    return network_of(load_case("template"))


def test_corridors_of_the_focus_and_its_borders_can_be_watched(network: Network) -> None:
    labels = network.names(network.watchable)
    # Of the template's seven corridors two have no end in Kazakhstan.
    assert len(labels) == 5
    assert "border section Kyrgyzstan–Kazakhstan: between Bishkek and Almaty, road" in labels
    assert "between Almaty and Astana, road" in labels
    assert all(0 < q < p < 1 for p, q in zip(
        network.evasion[network.watchable], network.evasion_watched[network.watchable]
    ))
    assert np.isclose(network.probability.sum(), 1.0)


def test_better_watched_and_longer_corridors_are_harder_to_pass(network: Network) -> None:
    evasion = dict(zip(network.labels, network.evasion))
    steppe = evasion["between Almaty and Astana, road"]
    mountains = evasion["border section Kyrgyzstan–Kazakhstan: between Bishkek and Almaty, road"]
    assert steppe < mountains


def test_a_case_is_placed_on(call: Any) -> None:
    told = json.loads(call("place", "template", "--budget", 2, "--json").stdout)
    assert {"value", "bound", "gap", "chosen", "unwatched", "seconds"} <= set(told)
    assert len(told["chosen"]) <= 2
    assert told["bound"] <= told["value"] <= told["naive"] <= told["unwatched"] + 1e-12
    assert told["gap"] == 0
    assert told["not_for"]


def test_text_names_sections_and_no_route(call: Any) -> None:
    text = call("place", "template", "--budget", 2).stdout
    assert "Not for" in text
    assert not re.search(r"route [0-9]|C0[0-9]|->|→", text)


def test_any_network_is_placed_on(call: Any, tmp_path: Path) -> None:
    (tmp_path / "arcs.csv").write_text(
        "tail,head,evasion,evasion_watched\na,b,0.9,0.2\nb,c,0.9,\na,c,0.7,0.1\n"
    )
    (tmp_path / "journeys.csv").write_text("origin,destination,probability\na,c,1\n")
    words = ("place", "--arcs", tmp_path / "arcs.csv", "--journeys", tmp_path / "journeys.csv", "--json")
    one = json.loads(call(*words, "--budget", 1).stdout)
    assert one["chosen"] == ["a to b"]
    assert one["value"] == pytest.approx(0.7)
    assert one["unwatched"] == pytest.approx(0.81)
    two = json.loads(call(*words, "--budget", 2).stdout)
    assert two["value"] == pytest.approx(0.18)


def test_a_bad_cell_is_named(call: Any, tmp_path: Path) -> None:
    (tmp_path / "arcs.csv").write_text("tail,head,evasion,evasion_watched\na,b,often,0.2\n")
    (tmp_path / "journeys.csv").write_text("origin,destination,probability\na,b,1\n")
    result = call("place", "--arcs", tmp_path / "arcs.csv", "--journeys", tmp_path / "journeys.csv", "--budget", 1)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "row 1, evasion" in line
