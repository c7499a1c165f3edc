"""The bibliography as CSL-JSON, so that reference managers read and write it.

What the grade rule needs beyond CSL stands under each item's ``custom`` key: ``source_type`` (required),
``entry_of`` and ``entry`` (whose bibliography lists it, under which number), ``carried_series`` and
``issued_otherwise`` (a second date with its reason).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from qorgau.errors import InputError
from qorgau.evidence.models import Source
from qorgau.evidence.policy import Policy
from qorgau.evidence.reading import as_model, read_json

__all__ = ["load_sources"]

_CUSTOM = {"source_type", "entry_of", "entry", "carried_series", "issued_otherwise"}


def _creator(person: Mapping[str, str]) -> str:
    return person.get("literal") or " ".join(part for part in (person.get("given"), person.get("family")) if part)


def _issued(item: Mapping[str, Any]) -> str | None:
    parts = (item.get("issued") or {}).get("date-parts") or []
    if not parts:
        return None
    year, *rest = parts[0]
    return "-".join([f"{int(year):04d}", *(f"{int(part):02d}" for part in rest)])


def _source(item: Any, file: Path, place: str, policy: Policy) -> Source:
    if not isinstance(item, Mapping):
        raise InputError(file, place, "not a CSL item", "write each entry as a JSON object with id, type and title")
    for key in ("id", "type", "title"):
        if not isinstance(item.get(key), str) or not item[key]:
            raise InputError(file, f"{place}.{key}", "missing", "give every entry an id, a CSL type and a title")
    custom = item.get("custom", {})
    for key in sorted(set(custom) - _CUSTOM):
        raise InputError(file, f"{item['id']}.custom.{key}", "unknown key", f"use one of {', '.join(sorted(_CUSTOM))}")
    types = policy.grading.source_types
    if custom.get("source_type") not in types:
        raise InputError(
            file,
            f"{item['id']}.custom.source_type",
            f"unknown type of source {custom.get('source_type')!r}",
            f"use one of {', '.join(types)}, or add the type to the policy's grading.source_types",
        )
    fields = {
        "id": item["id"],
        "title": item["title"],
        "creators": tuple(_creator(person) for person in item.get("author", ())),
        "issued": _issued(item),
        "note": item.get("note"),
        "url": item.get("URL"),
        "csl": dict(item),
        **custom,
    }
    return as_model(Source, fields, file, item["id"])


def load_sources(path: Path, policy: Policy) -> dict[str, Source]:
    """Read a CSL-JSON bibliography.

    Returns
    -------
    dict
        Source by id, in file order.

    Raises
    ------
    InputError
        When the file is no list of CSL items, an id is given twice, a type of source is not in the policy,
        or a bibliography is named (`entry_of`) that is not itself an entry.
    """
    items = read_json(path)
    if not isinstance(items, list):
        raise InputError(path, "", "not a CSL-JSON list", "write the bibliography as a list of entries")
    sources: dict[str, Source] = {}
    for number, item in enumerate(items):
        source = _source(item, path, f"[{number}]", policy)
        if source.id in sources:
            raise InputError(path, source.id, "id given twice", "give every entry an id of its own")
        sources[source.id] = source
    for source in sources.values():
        if source.entry_of is not None and source.entry_of not in sources:
            raise InputError(
                path, f"{source.id}.custom.entry_of", f"unknown entry {source.entry_of!r}", "name an entry"
            )
    return sources
