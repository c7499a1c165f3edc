"""The base of all that the analysis hands on: frozen records that turn themselves into plain JSON."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Interval", "Record", "interval", "plain"]


def plain(value: Any) -> Any:
    """Return `value` as what JSON can hold: lists, dicts, numbers, text, None (for NaN and infinities)."""
    if isinstance(value, Record):
        return value.to_json()
    if isinstance(value, np.ndarray):
        return [plain(item) for item in value.tolist()]
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


@dataclass(frozen=True)
class Record:
    """Base of all records: fields become JSON keys of the same name."""

    def to_json(self) -> dict[str, Any]:
        """Return the record as a dictionary that `json.dumps` accepts."""
        return {item.name: plain(getattr(self, item.name)) for item in dataclasses.fields(self) if item.repr}


@dataclass(frozen=True)
class Interval(Record):
    """Median, 50 % and 90 % interval and mean over `n` draws."""

    median: float
    low50: float
    high50: float
    low90: float
    high90: float
    mean: float
    n: int


def interval(values: np.ndarray) -> Interval:
    """Return median, 50 % and 90 % interval and mean of the finite `values`; NaN when there are none."""
    finite = np.asarray(values, dtype=np.float64)
    finite = finite[np.isfinite(finite)]
    if finite.size == 0:
        nan = math.nan
        return Interval(nan, nan, nan, nan, nan, nan, 0)
    low90, low50, median, high50, high90 = np.quantile(finite, [0.05, 0.25, 0.5, 0.75, 0.95])
    return Interval(
        float(median), float(low50), float(high50), float(low90), float(high90), float(finite.mean()), finite.size
    )
