"""Disputing, retracting and re-grading a claim: each appends a line to the evidence's log."""

from __future__ import annotations

import os
import tempfile
from datetime import date as calendar_date
from pathlib import Path

import yaml

from qorgau.errors import InputError
from qorgau.evidence.load import load_evidence
from qorgau.evidence.log import LOG_FILE, check_line
from qorgau.evidence.models import LogEntry
from qorgau.evidence.reading import as_model

__all__ = ["set_grade", "set_status"]

_HEADER = "# Changes of grades and statuses. Append only: qorgau checks that each line follows from those before it.\n"


def set_status(folder: Path, claim_id: str, status: str, *, by: str, reason: str, date: str | None = None) -> LogEntry:
    """Dispute, retract or reopen a claim: append a line to the log of the evidence in `folder`.

    Parameters
    ----------
    folder
        The evidence folder of a case.
    claim_id, status
        The claim, and ``open``, ``disputed`` or ``retracted``.
    by
        Who, as one of the policy's roles; never a person's name.
    reason
        Why, in a sentence.
    date
        Day of the change; today when left out.

    Raises
    ------
    InputError
        When the claim, status or role is unknown, nothing would change, or the date goes back.
    """
    return _append(folder, claim_id, "status", status, by, reason, date)


def set_grade(folder: Path, claim_id: str, grade: str, *, by: str, reason: str, date: str | None = None) -> LogEntry:
    """Set a claim's grade by hand, such as ``B2``: append a line to the log. Otherwise as `set_status`."""
    return _append(folder, claim_id, "grade", grade, by, reason, date)


def _append(folder: Path, claim_id: str, what: str, after: str, by: str, reason: str, date: str | None) -> LogEntry:
    path = Path(folder) / LOG_FILE
    evidence = load_evidence(Path(folder))
    try:
        claim = evidence.claim(claim_id)
    except KeyError as error:
        raise InputError(path, "claim", f"unknown claim {claim_id}", "name a claim of this case") from error
    before = claim.status if what == "status" else claim.grade
    if before == after:
        raise InputError(path, claim_id, f"{what} is already {after}", "nothing to change")
    fields = {
        "number": len(evidence.log) + 1,
        "date": date or calendar_date.today().isoformat(),
        "by": by,
        "claim": claim_id,
        "what": what,
        "from": before,
        "to": after,
        "reason": reason,
    }
    entry = as_model(LogEntry, fields, path, "new line")
    previous = evidence.log[-1] if evidence.log else None
    check_line(entry, len(evidence.log), previous, path, evidence.policy)
    _write_line(path, entry)
    return entry


def _write_line(path: Path, entry: LogEntry) -> None:
    old = path.read_text(encoding="utf-8") if path.exists() else _HEADER
    data = [entry.model_dump(by_alias=True)]
    new = yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=110)
    gap = "" if not old or old.endswith("\n") else "\n"
    # Written beside and moved into place, so that an interruption never leaves half a log.
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=".log-")
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(old + gap + new)
    os.replace(name, path)
