from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.case.files import edit, row


def test_kazakhstan_passes_with_every_claim_placed(call: Any) -> None:
    result = call("check", "kazakhstan")
    assert result.exit_code == 0
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[-1] == "coverage: 152 of 152"
    for claim in ("S01", "S152"):
        assert any(line.split()[:1] == [claim] for line in lines)
    assert any(line.startswith("source_older_than_fact: ") for line in lines)
    assert all(line == line.rstrip() for line in lines)


def test_json_holds_all_of_it(call: Any) -> None:
    told = json.loads(call("check", "template", "--json").stdout)
    assert told["ok"] is True
    assert told["coverage"]["placed"] == told["coverage"]["total"] == 3
    assert {row["claim"] for row in told["coverage"]["claims"]} == {"E01", "E02", "E03"}
    assert sum(told["counts"].values()) == len(told["findings"])
    assert told["not_for"]


def test_a_claim_that_points_nowhere_fails_the_check(call: Any, template: Path) -> None:
    edit(template, "evidence/claims.yaml",
         lambda d: row(d, "E02")["placement"].append({"role": "input", "where": "place:nowhere"}))
    result = call("check", template)
    assert result.exit_code == 1
    assert result.stdout.splitlines()[-1] == "coverage: 2 of 3"
    assert "nothing there" in result.stdout
    assert json.loads(call("check", template, "--json").stdout)["ok"] is False


def test_a_terminal_without_all_letters_is_no_reason_to_fail() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "qorgau", "check", "kazakhstan"], capture_output=True, check=False,
        env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.decode("ascii").splitlines()[-1] == "coverage: 152 of 152"
