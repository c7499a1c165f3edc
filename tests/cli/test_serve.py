from __future__ import annotations

import importlib.util
import json
from pathlib import Path
from typing import Any

import pytest

from tests.ensemble.fakes import FakeRunner


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """Record what would be served; then the user stops it."""
    calls: list[dict[str, Any]] = []

    def serve(case: Any, folder: Any, **more: Any) -> None:
        calls.append({"case": case.id, "folder": folder, **more})
        print("a line of the page's own")
        raise KeyboardInterrupt

    monkeypatch.setattr("qorgau.web.serve", serve, raising=False)
    return calls


def test_a_case_is_served_until_it_is_stopped(call: Any, served: list[dict[str, Any]]) -> None:
    result = call("serve", "template", "--port", 0, "--no-browser", "--workers", 1)
    assert result.exit_code == 0
    assert served == [
        {"case": "template", "folder": None, "port": 0, "browser": False, "runs": 64, "workers": 1}
    ]


def test_results_are_served_with_their_case(
    call: Any, toy: FakeRunner, served: list[dict[str, Any]], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    assert call("simulate", "template", "--runs", 2, "--out", out).exit_code == 0
    assert call("serve", out, "--no-browser").exit_code == 0
    assert (served[0]["case"], served[0]["folder"]) == ("template", out)


def test_json_names_the_address_and_nothing_else(call: Any, served: list[dict[str, Any]]) -> None:
    result = call("serve", "template", "--port", 0, "--no-browser", "--json")
    told = json.loads(result.stdout)
    assert told["url"] == f"http://127.0.0.1:{served[0]['port']}/"
    assert told["not_for"]


def test_without_the_web_libraries_the_line_says_what_to_install(call: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    real = importlib.util.find_spec
    monkeypatch.setattr(
        "qorgau.cli.serving.find_spec", lambda name: None if name == "fastapi" else real(name)
    )
    result = call("serve", "template")
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert "fastapi is not installed" in line
    assert "pip install 'qorgau[web]'" in line
