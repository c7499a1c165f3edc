"""The log of changes to grades and statuses: append-only, loaded with the evidence and applied in order.

Each line states what it changes *from*, and loading checks that this is what held before; so a line that is
dropped, altered or moved makes the log fail to load instead of passing unseen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from qorgau.errors import InputError
from qorgau.evidence.grading import Grade
from qorgau.evidence.models import Claim, GradeOverride, LogEntry
from qorgau.evidence.policy import Policy
from qorgau.evidence.reading import as_model, read_yaml
from qorgau.evidence.times import interval

__all__ = ["LOG_FILE", "apply_log", "check_line", "load_log"]

LOG_FILE = "log.yaml"
_STATUSES = ("open", "disputed", "retracted")


def load_log(path: Path, policy: Policy) -> tuple[LogEntry, ...]:
    """Read the log; a missing file is an empty log.

    Raises
    ------
    InputError
        When a line does not fit, numbers do not run 1, 2, 3, ..., dates go back, or the role is not in
        the policy.
    """
    if not path.exists():
        return ()
    data = read_yaml(path) or []
    if not isinstance(data, list):
        raise InputError(path, "", "not a list", "write the log as a list of lines")
    entries = tuple(as_model(LogEntry, item, path, f"[{i}]") for i, item in enumerate(data))
    for position, entry in enumerate(entries):
        check_line(entry, position, entries[position - 1] if position else None, path, policy)
    return entries


def check_line(entry: LogEntry, position: int, previous: LogEntry | None, path: Path, policy: Policy) -> None:
    """Raise `InputError` unless `entry` may stand at `position` of the log, after `previous`."""
    key = f"[{position}]"
    if entry.number != position + 1:
        raise InputError(path, f"{key}.number", f"is {entry.number}, not {position + 1}", "restore the lines in order")
    if previous is not None and interval(entry.date).start < interval(previous.date).start:
        raise InputError(path, f"{key}.date", "is earlier than the line before", "append lines, never insert them")
    if entry.by not in policy.roles:
        raise InputError(path, f"{key}.by", f"unknown role {entry.by!r}", f"use a role: {', '.join(policy.roles)}")
    if entry.what == "status" and entry.after not in _STATUSES:
        raise InputError(path, f"{key}.to", f"unknown status {entry.after!r}", f"use one of {', '.join(_STATUSES)}")
    if entry.what == "grade" and not _is_grade(entry.after):
        raise InputError(path, f"{key}.to", f"not a grade: {entry.after!r}", "write A to F and 1 to 6, such as B2")


def _is_grade(text: str) -> bool:
    return len(text) == 2 and text[0] in "ABCDEF" and text[1] in "123456"


def apply_log(
    claims: Sequence[Claim], entries: Sequence[LogEntry], path: Path, rules: Mapping[str, Grade]
) -> tuple[Claim, ...]:
    """Return the claims as they stand after every line of the log.

    Parameters
    ----------
    claims
        Claims as written in their file.
    entries
        Lines of the log, in order.
    path
        The log's file, for messages.
    rules
        Grade by rule of each claim, which holds while no override is set.
    """
    state = {claim.id: claim for claim in claims}
    for position, entry in enumerate(entries):
        claim = state.get(entry.claim)
        if claim is None:
            raise InputError(path, f"[{position}].claim", f"unknown claim {entry.claim}", "name a claim of this case")
        before = claim.status if entry.what == "status" else _standing(claim, rules[claim.id])
        if entry.before != before:
            raise InputError(
                path,
                f"[{position}].from",
                f"says {entry.before}, but {claim.id} was {before}",
                "restore the missing lines",
            )
        state[claim.id] = _changed(claim, entry)
    return tuple(state[claim.id] for claim in claims)


def _standing(claim: Claim, rule: Grade) -> str:
    override = claim.grade_override
    return f"{override.reliability}{override.credibility}" if override else str(rule)


def _changed(claim: Claim, entry: LogEntry) -> Claim:
    if entry.what == "status":
        return claim.model_copy(update={"status": entry.after})
    override = GradeOverride(
        reliability=entry.after[0], credibility=int(entry.after[1]), reason=entry.reason, by=entry.by, date=entry.date
    )
    return claim.model_copy(update={"grade_override": override, "reliability": None, "credibility": None})
