"""Which mechanism each pattern needs, kept beside the matched set that it was found on.

    matched.mechanisms.json    the set's checksum, how many of its draws were run again, and a row per mechanism and
                               pattern (`qorgau.analysis.waves.breaks.Break`)

Rows are written as each mechanism ends, so that work that was stopped goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from qorgau.analysis.needs_records import Break, Needs, idle
from qorgau.analysis.record import plain
from qorgau.analysis.waves.breaks import breaks_of
from qorgau.analysis.waves.evaluate import Bench, Verdicts
from qorgau.analysis.waves.stored import MatchedSet
from qorgau.ensemble.files import write_json
from qorgau.errors import InputError

__all__ = ["FILE", "find_needs", "read_needs"]

FILE = "matched.mechanisms.json"
_FIELDS = ("mechanism", "pattern", "runs", "before", "after", "p", "word", "forced", "own")


def _made(found: Sequence[Break], runs: int, mechanisms: Sequence[str]) -> Needs:
    tried = {row.mechanism for row in found}
    return Needs(runs, tuple(found), idle(found), tuple(m for m in mechanisms if m not in tried))


def read_needs(folder: str | Path, stored: MatchedSet) -> Needs | None:
    """Return what is kept beside a matched set, or None when there is nothing or it is of another set."""
    path = Path(folder) / FILE
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(data, dict) or data.get("set") != stored.hash:
            return None
        rows = [
            Break(str(r["mechanism"]), str(r["pattern"]), int(r["runs"]), _number(r["before"]), _number(r["after"]),
                  _number(r["p"]), str(r["word"]), int(r.get("forced", 0)), bool(r.get("own", False)))
            for r in data["rows"]
        ]
        return _made(rows, int(data["runs"]), stored.draws.mechanisms)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(path, "", f"cannot be read ({error})", "remove it, and run qorgau mechanisms again") from error


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def find_needs(
    bench: Bench, stored: MatchedSet, folder: str | Path, *, runs: int = 64, mechanisms: Sequence[str] | None = None,
    workers: int = 1, progress: Callable[[str, int, int], None] | None = None,
) -> Needs:
    """Run matched draws again without each mechanism, and keep what breaks beside the set.

    Parameters
    ----------
    bench : Bench
    stored : MatchedSet
        Of the bench's case.
    folder : path
        Where the set lies.
    runs : int
        Matched draws that each mechanism is compared on, the first of the set that have it; see `breaks_of`.
    mechanisms : sequence of str, optional
        All of them by default.
    workers : int
    progress : callable, optional
        Told mechanism, number and total as each begins.

    Returns
    -------
    Needs

    Raises
    ------
    InputError
        If a mechanism is unknown, the set holds fewer draws, or the file of an earlier search cannot be read.
    """
    draws = stored.first(len(stored.holds))
    stored.first(runs)
    asked = tuple(mechanisms) if mechanisms is not None else draws.mechanisms
    unknown = [m for m in asked if m not in draws.mechanisms]
    if unknown:
        raise InputError("qorgau mechanisms", unknown[0], "no such mechanism", "see the tables of the model for names")
    known = Verdicts(stored.holds, stored.distance, np.ones(len(stored.holds), dtype=bool))
    before = read_needs(folder, stored)
    rows = list(before.rows) if before is not None and before.runs == runs else []
    tried = {row.mechanism for row in rows}
    left = [m for m in asked if m not in tried]
    for number, mechanism in enumerate(left, start=1):
        if progress is not None:
            progress(mechanism, number, len(left))
        rows += breaks_of(bench, draws, int(stored.about["seed"]), known, [mechanism], workers=workers,
                          streams=draws.streams, runs=runs)
        write_json(Path(folder) / FILE, plain({
            "set": stored.hash, "runs": runs, "rows": [{f: getattr(row, f) for f in _FIELDS} for row in rows],
        }))
    return _made(rows, runs, draws.mechanisms)
