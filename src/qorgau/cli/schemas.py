"""``qorgau schema``: JSON Schemas of all files of a case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

__all__ = ["all_schemas", "write_schemas"]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def all_schemas() -> dict[str, dict[str, Any]]:
    """Return the JSON Schema (2020-12) of each file of a case, by file name."""
    from qorgau.analysis.patterns import Pattern
    from qorgau.analysis.thresholds import Thresholds
    from qorgau.case import json_schemas

    pattern = Pattern.model_json_schema()
    definitions = {**pattern.pop("$defs", {}), "Pattern": pattern}
    # In the file one tolerance may stand without brackets, and the id of a pattern is its key.
    one = pattern["properties"]["tolerance"]["items"]
    pattern["properties"]["tolerance"] = {"anyOf": [*one["anyOf"], {"type": "array", "items": one, "minItems": 1}]}
    pattern["properties"].pop("id")
    pattern["required"] = [name for name in pattern["required"] if name != "id"]
    return {
        **json_schemas(),
        "patterns.yaml": {
            "$schema": _DIALECT, "title": "patterns.yaml", "type": "object",
            "additionalProperties": {"$ref": "#/$defs/Pattern"}, "$defs": definitions,
        },
        "thresholds.yaml": {"$schema": _DIALECT, **Thresholds.model_json_schema()},
    }


def write_schemas(out: Path) -> list[str]:
    """Write each schema to a file of its own in `out`, and return the names of the files.

    Raises
    ------
    InputError
        If the folder cannot be written.
    """
    from qorgau.ensemble.files import write_json

    out.mkdir(parents=True, exist_ok=True)
    names = []
    for file, content in all_schemas().items():
        name = file.removesuffix(".yaml").replace("/*", "") + ".schema.json"
        write_json(out / name, content)
        names.append(name)
    return names
