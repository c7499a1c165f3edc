"""Where the placements of claims point to: the machine keys of ``evidence/claims.yaml`` looked up in a case."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from qorgau.case.case import Case
from qorgau.case.models import Sourced
from qorgau.case.schema import ROW_FILES
from qorgau.model.mechanisms import Mechanism
from qorgau.model.world import INSTRUMENTS

__all__ = ["PLACEMENT_KEYS", "target"]

PLACEMENT_KEYS = (
    "context",
    "conduct",
    "rule:grade",
    "mechanism:<name>",
    "pattern:<id>",
    "parameter:<subsystem.name>",
    "series:<id or input>",
    "event:<event or entry of the time line>",
    "measure:<counter-measure>",
    "network:<id>",
    "corridor:<id or from-to>",
    "place:<id>",
    "trade:<id>",
    "post:<id>",
    "group:<id>",
    "outcome:<name>",
    "<file>",
    "<file>:<row, field or kind>",
)
"""Forms that ``where`` of a placement may take."""

Found = tuple[Sourced, ...] | None
"""Rows that a placement points to, empty where it points to the model itself; None where nothing is there."""


def _some(rows: Iterable[Sourced]) -> Found:
    found = tuple(rows)
    return found or None


def _mechanism(case: Case, name: str) -> Found:
    return () if name.upper() in Mechanism.__members__ else None


def _pattern(case: Case, name: str) -> Found:
    return () if name in case.pattern_ids else None


def _parameter(case: Case, name: str) -> Found:
    return _some(row for full, row in case.parameters.items() if name in (full, full.split(".", 1)[0]))


def _series(case: Case, name: str) -> Found:
    return _some(row for row in case.series if name in (row.id, row.feeds))


def _event(case: Case, name: str) -> Found:
    moving = [row for row in case.timeline if name in (row.id, row.event)]
    if not moving:
        return None
    # An entry that is dated by such a change, or that it is dated by, tells of the same event.
    ids, before = {row.id for row in moving}, {other for row in moving for other in row.after}
    return tuple(row for row in case.timeline if row in moving or row.id in before or ids & set(row.after))


def _measure(case: Case, name: str) -> Found:
    rows = [row for row in case.measures if row.id == name]
    entries = [row for row in case.timeline if row.instrument == name]
    return _some([*rows, *entries]) if name in INSTRUMENTS or rows else None


def _corridor(case: Case, name: str) -> Found:
    def named(start: str, end: str) -> bool:
        return name in (f"{start}-{end}", f"{end}-{start}")

    return _some(row for row in case.corridors if name == row.id or named(row.start, row.end))


def _outcome(case: Case, name: str) -> Found:
    from qorgau.case.translate import to_world
    from qorgau.model.outcomes import outcome_names

    return () if name in outcome_names(to_world(case)) else None


def _by_id(file: str) -> Callable[[Case, str], Found]:
    return lambda case, name: _some(row for row in getattr(case, file) if getattr(row, "id", None) == name)


_LOOK_UPS: dict[str, Callable[[Case, str], Found]] = {
    "mechanism": _mechanism,
    "pattern": _pattern,
    "parameter": _parameter,
    "series": _series,
    "event": _event,
    "measure": _measure,
    "network": _by_id("networks"),
    "corridor": _corridor,
    "place": _by_id("places"),
    "trade": _by_id("trades"),
    "post": _by_id("posts"),
    "group": _by_id("patron_groups"),
    "outcome": _outcome,
}


def _in_file(case: Case, file: str, part: str) -> Found:
    rows: tuple[Sourced, ...] = getattr(case, file)
    if not part or part in ROW_FILES[file].model_fields:
        return rows
    if file == "places":
        if part in ("markets", "destinations"):
            return getattr(case, part)
        return _some(row for row in case.places if part.removesuffix("s") in row.roles)
    if file == "posts":
        flags = {"dismissal": "state_assets", "appointment": "government"}
        if part in flags:
            return _some(row for row in case.posts if getattr(row, flags[part]))
        by_kind = _some(row for row in case.posts if row.kind == part)
        if by_kind is not None:
            return by_kind
    return _some(row for row in rows if getattr(row, "id", None) == part)


def target(case: Case, where: str) -> Found:
    """Rows of the case that a placement points to.

    Returns
    -------
    tuple of rows, or None
        Empty where it points to the model or the evidence rules themselves; None where nothing is there.
    """
    if where in ("context", "conduct", "rule:grade"):
        return ()
    head, _, rest = where.partition(":")
    if head in ROW_FILES and head not in _LOOK_UPS:
        return _in_file(case, head, rest)
    if head in _LOOK_UPS and rest:
        return _LOOK_UPS[head](case, rest)
    return None
