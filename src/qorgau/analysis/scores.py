"""Proper scores of forecasts, and the naive forecast that any other must beat.

All scores are negatively oriented and in the unit of what is forecast: lower is better (Gneiting and Raftery 2007,
Journal of the American Statistical Association 102: 359-378).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

__all__ = ["Naive", "crps", "crps_normal", "interval_score", "naive_of"]

_LEAST = 4
"""Readings needed before a spread of their changes is spoken of."""


def crps(draws: np.ndarray, value: float) -> float:
    """Return the continuous ranked probability score of equally likely draws.

    Parameters
    ----------
    draws
        Shape (n,); those that are not finite are left out.
    value
        What came out.

    Notes
    -----
    E|X - y| - E|X - X'| / 2 over the draws (Gneiting and Raftery 2007, eq. 21), the second part by sorting:
    E|X - X'| = 2/n^2 sum_i (2 i - n - 1) x_(i).
    """
    x = np.sort(np.asarray(draws, dtype=np.float64)[np.isfinite(draws)])
    n = x.size
    if n == 0 or not math.isfinite(value):
        return math.nan
    inner = float((2.0 * np.arange(1, n + 1) - n - 1.0) @ x) / n**2
    return float(np.abs(x - value).mean()) - inner


def crps_normal(mean: float, sd: float, value: float) -> float:
    """Return the score of a normal forecast; with no spread, the absolute error.

    Notes
    -----
    sd [ z (2 Phi(z) - 1) + 2 phi(z) - 1/sqrt(pi) ], z = (y - mean)/sd.
    """
    if sd <= 0:
        return abs(value - mean)
    z = (value - mean) / sd
    density = math.exp(-0.5 * z * z) / math.sqrt(2.0 * math.pi)
    return sd * (z * (2.0 * float(ndtr(z)) - 1.0) + 2.0 * density - 1.0 / math.sqrt(math.pi))


def interval_score(low: float, high: float, value: float, level: float) -> float:
    """Return the score of a central interval that should hold `level` of what comes out.

    Notes
    -----
    (u - l) + 2/a (l - y)+ + 2/a (y - u)+ with a = 1 - level (Gneiting and Raftery 2007, eq. 43).
    """
    if not (math.isfinite(low) and math.isfinite(high) and math.isfinite(value)):
        return math.nan
    return (high - low) + 2.0 / (1.0 - level) * (max(0.0, low - value) + max(0.0, value - high))


@dataclass(frozen=True)
class Naive:
    """Last reading carried forward: a random walk whose yearly step has the spread of the readings' own changes.

    `step` is NaN where too few readings tell a spread; the forecast is then one number. `basis` says which.
    """

    value: float
    year: int
    step: float
    basis: str

    def interval(self, year: int, level: float) -> tuple[float, float]:
        """Return the central interval for a year; NaN without a spread."""
        reach = float(ndtri(0.5 + level / 2.0)) * self.step * math.sqrt(max(0, year - self.year))
        return self.value - reach, self.value + reach

    def crps(self, year: int, value: float) -> float:
        """Return the score for a year; the absolute error without a spread."""
        sd = self.step * math.sqrt(max(0, year - self.year)) if math.isfinite(self.step) else 0.0
        return crps_normal(self.value, sd, value)

    def score(self, year: int, value: float, level: float) -> float:
        """Return the interval score for a year; NaN without a spread."""
        return interval_score(*self.interval(year, level), value, level)


def naive_of(readings: Sequence[tuple[int, float]], last: int) -> Naive | None:
    """Return the naive forecast from readings up to a year; None when there are none.

    Parameters
    ----------
    readings
        Year and value; several of one year count as their mean.
    last
        Later readings are left out.
    """
    by_year: dict[int, list[float]] = {}
    for year, value in readings:
        if year <= last and math.isfinite(value):
            by_year.setdefault(year, []).append(value)
    if not by_year:
        return None
    years = sorted(by_year)
    values = [float(np.mean(by_year[year])) for year in years]
    if len(years) < _LEAST:
        return Naive(values[-1], years[-1], math.nan, f"the reading of {years[-1]}, no spread known")
    steps = [(b - a) / math.sqrt(t - s) for a, b, s, t in zip(values, values[1:], years, years[1:])]
    step = float(np.sqrt(np.mean(np.square(steps))))
    return Naive(values[-1], years[-1], step, f"the reading of {years[-1]}, spread of {len(steps)} changes before it")
