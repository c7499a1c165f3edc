from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from qorgau.case import case_folder


def test_a_new_case_passes_its_check(call: Any, tmp_path: Path) -> None:
    result = call("new", tmp_path / "mine", "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 0
    assert "case.yaml" in told["files"]
    assert (tmp_path / "mine" / "case.yaml").read_text().startswith("#")
    assert call("check", tmp_path / "mine").exit_code == 0


def test_schemas_hold_for_the_bundled_case(call: Any, tmp_path: Path) -> None:
    printed = json.loads(call("schema").stdout)
    told = json.loads(call("schema", "--out", tmp_path / "schemas", "--json").stdout)
    assert len(told["files"]) == len(printed)
    for name in ("case.yaml", "corridors.yaml", "patterns.yaml", "thresholds.yaml"):
        written = json.loads((tmp_path / "schemas" / name.replace(".yaml", ".schema.json")).read_text())
        assert written == printed[name]
        jsonschema.Draft202012Validator.check_schema(written)
        content = yaml.safe_load((case_folder("kazakhstan") / name).read_text())
        jsonschema.validate(json.loads(json.dumps(content, default=str)), written)


def test_an_invented_case_passes_its_check_and_a_size_alone_is_refused(call: Any, tmp_path: Path) -> None:
    sizes = ("--places", "30", "--corridors", "60", "--organisations", "16")
    told = json.loads(call("new", tmp_path / "made", "--synthetic", *sizes, "--json").stdout)
    assert "corridors.yaml" in told["files"]
    assert call("check", tmp_path / "made").exit_code == 0
    refused = call("new", tmp_path / "other", *sizes)
    assert refused.exit_code != 0 and not (tmp_path / "other").exists()
