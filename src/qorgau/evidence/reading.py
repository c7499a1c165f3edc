"""Reading YAML and JSON safely, with every fault turned into a one-line `InputError`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from qorgau.errors import InputError

__all__ = ["as_model", "read_json", "read_yaml"]

Model = TypeVar("Model", bound=BaseModel)
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _UniqueKeys(_Base):
    """Safe loader that refuses a key written twice, which YAML readers otherwise pass over in silence."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"key {key!r} written twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise InputError(path, "", "the file is missing", "add it, or name the folder that holds it") from error
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(path, "", f"cannot be read ({error})", "save it as UTF-8 text that you may read") from error


def read_yaml(path: Path) -> Any:
    """Return what a YAML file holds.

    Raises
    ------
    InputError
        When the file is missing, is no YAML, or writes a key twice.
    """
    try:
        return yaml.load(_text(path), Loader=_UniqueKeys)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f"line {mark.line + 1}" if mark is not None else ""
        problem = getattr(error, "problem", None) or "not valid YAML"
        raise InputError(path, where, str(problem), "mend the YAML at that line") from error


def read_json(path: Path) -> Any:
    """Return what a JSON file holds; `InputError` when it is missing or no JSON."""
    try:
        return json.loads(_text(path))
    except json.JSONDecodeError as error:
        raise InputError(path, f"line {error.lineno}", error.msg, "mend the JSON at that line") from error


_FIXES = {
    "extra_forbidden": "remove it, or correct its spelling",
    "missing": "add the key",
    "literal_error": "use one of the values listed",
    "string_pattern_mismatch": "use one of the values allowed",
}


def as_model(model: type[Model], data: Any, file: Path, key: str) -> Model:
    """Validate `data` as `model`; the first fault becomes an `InputError` that names its key.

    Parameters
    ----------
    model
        The frozen model that the data must fit.
    data
        What was read.
    file, key
        Where it was read, for the message; `key` is the path down to `data`.
    """
    try:
        return model.model_validate(data)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join([part for part in [key, *(str(step) for step in first["loc"])] if part])
        message = first["msg"].removeprefix("Value error, ")
        kind = first["type"]
        if kind == "extra_forbidden":
            known = ", ".join(sorted(field.alias or name for name, field in model.model_fields.items()))
            message = "unknown key"
            fix = f"remove it, or correct its spelling; known keys: {known}" if len(first["loc"]) == 1 else _FIXES[kind]
        else:
            fix = _FIXES.get(kind, "correct the value")
        raise InputError(file, place, message, fix) from error
