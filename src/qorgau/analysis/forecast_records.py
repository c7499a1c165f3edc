"""Records of the forecast: intervals by the year, published points beside them, and how good it was."""

from __future__ import annotations

from dataclasses import dataclass

from qorgau.analysis.record import Record

__all__ = ["Forecast", "IndicatorForecast", "ScoredPoint", "Spread", "YearCoverage"]


@dataclass(frozen=True)
class Spread(Record):
    """Median, 50 % and 90 % interval by the year."""

    median: tuple[float, ...]
    low50: tuple[float, ...]
    high50: tuple[float, ...]
    low90: tuple[float, ...]
    high90: tuple[float, ...]

    @property
    def width90(self) -> tuple[float, ...]:
        """Width of the 90 % interval by the year."""
        return tuple(high - low for low, high in zip(self.low90, self.high90))


@dataclass(frozen=True)
class ScoredPoint(Record):
    """One published reading that nothing was fitted to, and how the forecast and the naive one did.

    Scores are negatively oriented: lower is better, in the unit of the reading. `score50` and `score90` are
    interval scores. What the naive forecast has no spread for is NaN.
    """

    year: int
    value: float
    source: str
    note: str
    inside50: bool
    inside90: bool
    crps: float
    score50: float
    score90: float
    naive_crps: float
    naive_score50: float
    naive_score90: float


@dataclass(frozen=True)
class IndicatorForecast(Record):
    """The forecast of one outcome that the outside world sees.

    `fitted` and `validated` hold first and last year, or nothing. `relative_width` is the median over the years of the
    90 % width over the median; `width` is "within bounds", "too narrow", "too wide", "all agree" or "not known".
    `narrowed` is the width over that before matching, mean over the years. `skill` is 1 - CRPS / naive CRPS: above 0
    better than the naive forecast, NaN where there is none.
    """

    outcome: str
    label: str
    unit: str
    fitted: tuple[int, ...]
    fitted_by: tuple[str, ...]
    validated: tuple[int, ...]
    differs: str
    missing: str
    years: tuple[int, ...]
    matched: Spread
    prior: Spread
    relative_width: float
    width: str
    narrowed: float
    points: tuple[ScoredPoint, ...]
    inside50: float
    inside90: float
    crps: float
    score50: float
    score90: float
    naive: str
    naive_crps: float
    naive_score50: float
    naive_score90: float
    skill: float


@dataclass(frozen=True)
class YearCoverage(Record):
    """Share of a year's published points inside the intervals."""

    year: int
    points: int
    inside50: float
    inside90: float


@dataclass(frozen=True)
class Forecast(Record):
    """Predictive intervals of what the outside world sees, over the runs in use and over all runs.

    `coverage` is by the year; `inside50` and `inside90` over all points, `prior_inside50` and `prior_inside90` the same
    for the intervals over all runs. `better` of `compared` indicators have a
    smaller CRPS than the naive forecast.
    """

    runs: int
    drawn: int
    advice: str
    last_fitted: int
    years: tuple[int, ...]
    width_low: float
    width_high: float
    indicators: tuple[IndicatorForecast, ...]
    coverage: tuple[YearCoverage, ...]
    points: int
    inside50: float
    inside90: float
    prior_inside50: float
    prior_inside90: float
    better: int
    compared: int
    notes: tuple[str, ...]

    def indicator(self, outcome: str) -> IndicatorForecast | None:
        """Return the forecast of `outcome`, or None."""
        return next((item for item in self.indicators if item.outcome == outcome), None)
