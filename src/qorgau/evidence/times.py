"""Dates as sources write them: a year, a month, a day, or a span between two of them.

The notation is the part of ISO 8601 and EDTF that evidence needs: ``2005``, ``2012-09``, ``2012-09-25``,
``1991/2014``, and ``..`` for an open end (``../1991``, ``1991/..``).
"""

from __future__ import annotations

import re
from calendar import monthrange
from dataclasses import dataclass
from datetime import date

__all__ = ["Interval", "interval"]

_PART = re.compile(r"^(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?$")


@dataclass(frozen=True)
class Interval:
    """First and last day of a span, both included."""

    start: date
    end: date

    @property
    def days(self) -> int:
        """Length in days, at least 1."""
        return (self.end - self.start).days + 1

    @property
    def middle(self) -> float:
        """Middle of the span as a decimal year."""
        return (_decimal(self.start) + _decimal(self.end)) / 2

    def overlaps(self, other: Interval) -> bool:
        """Whether the two spans share a day."""
        return self.start <= other.end and other.start <= self.end

    def share_before(self, day: date) -> float:
        """Share of this span, in [0, 1], that lies on or before `day`."""
        passed = (min(day, self.end) - self.start).days + 1
        return max(0.0, passed / self.days)


def _decimal(day: date) -> float:
    first = date(day.year, 1, 1)
    return day.year + (day - first).days / (date(day.year, 12, 31) - first).days


def _part(text: str) -> Interval:
    match = _PART.match(text)
    if not match:
        raise ValueError(f"not a date: {text!r}; write 2005, 2012-09, 2012-09-25, or a span such as 1991/2014")
    year = int(match[1])
    month, day = (int(group) if group else None for group in match.groups()[1:])
    try:
        first = date(year, month or 1, day or 1)
    except ValueError as error:
        raise ValueError(f"no such date: {text!r} ({error})") from error
    if day:
        return Interval(first, first)
    last_month = month or 12
    return Interval(first, date(year, last_month, monthrange(year, last_month)[1]))


def interval(text: str) -> Interval:
    """Return the span of days that a written date covers.

    Parameters
    ----------
    text
        A date or span in the notation above.

    Raises
    ------
    ValueError
        When the text is not such a date, or the span ends before it starts.
    """
    first, slash, last = text.partition("/")
    start = date.min if first == ".." and slash else _part(first).start
    end = (date.max if last == ".." else _part(last).end) if slash else _part(first).end
    if end < start:
        raise ValueError(f"span ends before it starts: {text!r}; swap its ends")
    return Interval(start, end)
