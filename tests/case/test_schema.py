from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from qorgau.case import case_folder, json_schemas

SCHEMAS = json_schemas()


def files(name: str) -> list[tuple[str, Path]]:
    folder = case_folder(name)
    listed = [(file, folder / file) for file in SCHEMAS if "*" not in file]
    return [*listed, *(("parameters/*.yaml", path) for path in sorted((folder / "parameters").glob("*.yaml")))]


def as_json(path: Path) -> Any:
    return json.loads(json.dumps(yaml.safe_load(path.read_text()), default=str))


@pytest.mark.parametrize("name", ["kazakhstan", "template"])
def test_bundled_files_fit_their_schema(name: str) -> None:
    for file, path in files(name):
        jsonschema.Draft202012Validator(SCHEMAS[file]).validate(as_json(path))


def test_schemas_are_schemas_and_refuse_unknown_keys() -> None:
    for file, schema in SCHEMAS.items():
        jsonschema.Draft202012Validator.check_schema(schema)
        if file != "case.yaml" and "*" not in file:
            data = as_json(case_folder("template") / file)
            rows = next(value for value in data.values() if isinstance(value, list))
            rows[0]["unknown"] = 1
            assert not jsonschema.Draft202012Validator(schema).is_valid(data), file
