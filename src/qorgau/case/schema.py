"""The files of a case and their JSON Schemas, for editors that complete and check YAML."""

from __future__ import annotations

from typing import Any

from pydantic import TypeAdapter

from qorgau.case.models import (
    Corridor,
    Destination,
    Institution,
    Market,
    Measure,
    Network,
    PatronGroup,
    Place,
    Post,
    Service,
    Settings,
    Sourced,
    State,
    Trade,
)
from qorgau.case.priors import ParameterPrior
from qorgau.case.series import Series
from qorgau.case.timeline import TimelineEntry

__all__ = ["ROW_FILES", "SETTINGS_FILE", "json_schemas"]

SETTINGS_FILE = "case.yaml"

ROW_FILES: dict[str, type[Sourced]] = {
    "states": State,
    "places": Place,
    "corridors": Corridor,
    "trades": Trade,
    "markets": Market,
    "destinations": Destination,
    "networks": Network,
    "patron_groups": PatronGroup,
    "posts": Post,
    "services": Service,
    "institutions": Institution,
    "series": Series,
    "timeline": TimelineEntry,
    "measures": Measure,
}
"""Row of each file ``<name>.yaml``, whose rows stand in a list under the key of the same name."""

_DIALECT = "https://json-schema.org/draft/2020-12/schema"


def _file_schema(name: str, row: type[Sourced]) -> dict[str, Any]:
    body = TypeAdapter(list[row]).json_schema(by_alias=True)  # type: ignore[valid-type]
    definitions = body.pop("$defs", {})
    return {
        "$schema": _DIALECT,
        "title": f"{name}.yaml",
        "type": "object",
        "additionalProperties": False,
        "required": [name],
        "properties": {
            "assumption": {
                "type": "string",
                "description": "assumption of every row that names neither claims nor an assumption itself",
            },
            name: {**body, "minItems": 1},
        },
        "$defs": definitions,
    }


def json_schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema (2020-12) of each file of a case, by file name.

    Returns
    -------
    dict
        ``case.yaml``, one entry for each list of rows, and ``parameters/*.yaml``.
    """
    out: dict[str, dict[str, Any]] = {SETTINGS_FILE: {"$schema": _DIALECT, **Settings.model_json_schema(by_alias=True)}}
    for name, row in ROW_FILES.items():
        out[f"{name}.yaml"] = _file_schema(name, row)
    prior = ParameterPrior.model_json_schema(by_alias=True)
    definitions = {**prior.pop("$defs", {}), "ParameterPrior": prior}
    out["parameters/*.yaml"] = {
        "$schema": _DIALECT,
        "title": "parameters of one subsystem",
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/ParameterPrior"},
        "$defs": definitions,
    }
    return out
