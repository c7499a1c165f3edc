"""The time line: events of the outside world and measures announced, as levels by month."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from pydantic import Field, model_validator

from qorgau.case.models import Identifier, Instrument, Share, Sourced, Text, YearMonth
from qorgau.model.world import EVENTS, INSTRUMENTS

__all__ = ["TimelineEntry", "announced_levels", "dates", "event_levels", "month_index"]


class TimelineEntry(Sourced):
    """One dated change.

    An entry moves one event of the model, or the announced level of one measure, from where it stands to
    `level`, over `ramp_months` from its date; `until` takes it back the same way, `pulse` sets it for one month
    only. An entry with neither is a record. The date may be given, or follow from other entries (`after`, with
    `delay_months`).
    """

    id: Identifier
    title: Text
    kind: Literal["event", "measure"]
    event: Literal[EVENTS] | None = None  # type: ignore[valid-type]
    instrument: Instrument | None = None
    date: YearMonth | None = None
    after: tuple[Identifier, ...] = ()
    delay_months: int = Field(0, ge=0)
    level: Share | None = None
    ramp_months: int = Field(0, ge=0)
    until: YearMonth | None = None
    pulse: bool = False

    @model_validator(mode="after")
    def _consistent(self) -> TimelineEntry:
        if self.date is None and not self.after:
            raise ValueError("give a date, or after with the entries that it follows")
        if self.event is not None and self.instrument is not None:
            raise ValueError("an entry moves an event or an instrument, not both")
        if self.kind == "event" and self.instrument is not None:
            raise ValueError("an event moves no instrument: use kind measure")
        moves = self.event is not None or self.instrument is not None
        if moves != (self.level is not None):
            raise ValueError("level goes together with event or instrument")
        if self.pulse and (self.until is not None or self.ramp_months):
            raise ValueError("a pulse lasts one month: it has neither until nor ramp_months")
        if self.date is not None and self.until is not None and self.until <= self.date:
            raise ValueError(f"range upside down: until {self.until} is not after date {self.date}")
        return self


def month_index(date: str, start_year: int) -> int:
    """Months from January of `start_year` to a date ``YYYY-MM``; negative before it."""
    return 12 * (int(date[:4]) - start_year) + int(date[5:7]) - 1


def _written(index: int) -> str:
    return f"{index // 12:04d}-{index % 12 + 1:02d}"


def dates(entries: Sequence[TimelineEntry]) -> dict[str, str]:
    """Date of every entry, those that follow others included.

    Raises
    ------
    ValueError
        When entries follow each other in a circle, or a given date is before what it follows; the message
        names them.
    KeyError
        When an entry follows one that does not exist.
    """
    by_id = {entry.id: entry for entry in entries}
    known: dict[str, str] = {}

    def visit(name: str, path: tuple[str, ...]) -> str:
        if name in known:
            return known[name]
        if name in path:
            raise ValueError("cycle in dates: " + " after ".join([*path[path.index(name) :], name]))
        if name not in by_id:
            raise KeyError(name)
        entry = by_id[name]
        before = [visit(other, (*path, name)) for other in entry.after]
        earliest = _written(max(month_index(d, 0) for d in before) + entry.delay_months) if before else None
        if entry.date is not None and earliest is not None and entry.date < earliest:
            raise ValueError(f"{name} is dated {entry.date}, before what it follows ({earliest})")
        known[name] = entry.date or str(earliest)
        return known[name]

    for entry in entries:
        visit(entry.id, ())
    return known


def _profile(entries: list[tuple[int, TimelineEntry]], start_year: int, months: int) -> np.ndarray:
    values = np.zeros(months)
    after = np.arange(months, dtype=float)
    for index, entry in sorted(entries, key=lambda pair: pair[0]):
        level = float(entry.level or 0.0)
        first = max(index, 0)
        if first >= months:
            continue
        if entry.pulse:
            if index >= 0:
                values[first] = level
            continue
        before = float(values[first - 1]) if first > 0 else 0.0
        ramp = max(entry.ramp_months, 1)
        rise = np.clip((after - index + 1.0) / ramp, 0.0, 1.0)
        values[first:] = before + (level - before) * rise[first:]
        if entry.until is not None:
            end = month_index(entry.until, start_year)
            if 0 <= end < months:
                top = float(values[end - 1]) if end > 0 else level
                fall = np.clip((after - end + 1.0) / ramp, 0.0, 1.0)
                values[end:] = top + (before - top) * fall[end:]
    return values


def event_levels(entries: Sequence[TimelineEntry], start_year: int, months: int) -> dict[str, np.ndarray]:
    """Level of each event of the model by month, each of shape (months,), 0 where nothing is said."""
    when = dates(entries)
    out = {}
    for name in EVENTS:
        own = [(month_index(when[e.id], start_year), e) for e in entries if e.event == name]
        out[name] = _profile(own, start_year, months)
    return out


def announced_levels(entries: Sequence[TimelineEntry], start_year: int, months: int) -> np.ndarray:
    """Announced level of each measure by month, shape (months, instruments)."""
    when = dates(entries)
    out = np.zeros((months, len(INSTRUMENTS)))
    for k, name in enumerate(INSTRUMENTS):
        own = [(month_index(when[e.id], start_year), e) for e in entries if e.instrument == name]
        out[:, k] = _profile(own, start_year, months)
    return out
