"""Predictive intervals of what the outside world sees, in years that nothing was fitted to, and how they did.

The runs go on past the last fitted year without being told of it. Each indicator gets a median and 50 % and 90 %
intervals by the year over the runs in use and, to compare, over all runs; published readings of those years are laid
beside them and scored against the last reading carried forward.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from qorgau.analysis.forecast_records import Forecast, IndicatorForecast, ScoredPoint, Spread, YearCoverage
from qorgau.analysis.records import Observed
from qorgau.analysis.runs import Floats, Runs
from qorgau.analysis.scores import Naive, crps, interval_score, naive_of
from qorgau.analysis.validation import Indicator, Validation, Width
from qorgau.analysis.words import label_of

__all__ = ["forecast", "forecast_table"]

_LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
_SCORE = "perceived_corruption_score"

NOTES: tuple[str, ...] = (
    "Income, population and opium output are given to the model to the last year: the forecast is one given those.",
    "Priors and patterns were written by people who live after these years; no reading of them was used, but nobody "
    "is blind to them.",
    "Readings and outcomes differ in kind, as said for each: what is detected is not how often it happens.",
    "Published numbers carry errors of their own that the intervals do not hold, save for perceived corruption.",
)


def forecast(
    runs: Runs,
    used: np.ndarray,
    validation: Validation,
    observed: Mapping[str, Sequence[Observed]],
    advice: str = "matched",
) -> Forecast:
    """Return the forecast of every indicator that the runs hold.

    Parameters
    ----------
    runs, used
        The runs and the mask of those in use.
    validation
        Which readings were fitted and which are kept for this.
    observed
        Published readings by outcome.
    advice
        "matched", or "none" when too few runs agree with the patterns.
    """
    first, last = max(validation.forecast[0], runs.years[0]), min(validation.forecast[1], runs.years[-1])
    years = tuple(range(first, last + 1))
    made = []
    for item in validation.indicators:
        values = _values(runs, item)
        if values is not None and years:
            at = values[:, runs.columns((first, last))]
            made.append(_indicator(item, validation, years, at, used, observed.get(item.outcome, ())))
    points = [point for item in made for point in item.points]
    skills = [item.skill for item in made if math.isfinite(item.skill)]
    return Forecast(
        runs=int(used.sum()), drawn=runs.count, advice=advice, last_fitted=validation.last_fitted, years=years,
        width_low=validation.width.low, width_high=validation.width.high, indicators=tuple(made),
        coverage=tuple(_coverage(year, [p for p in points if p.year == year]) for year in years),
        points=len(points), inside50=_share([p.inside50 for p in points]),
        inside90=_share([p.inside90 for p in points]), prior_inside50=_inside(made, "low50", "high50"),
        prior_inside90=_inside(made, "low90", "high90"), better=sum(skill > 0 for skill in skills),
        compared=len(skills), notes=NOTES,
    )


def _values(runs: Runs, item: Indicator) -> Floats | None:
    """Return an indicator by run and year, the place among states formed of their scores; None when not there."""
    held = set(runs.outcomes)
    if not item.among:
        return runs.fetch_baseline([item.outcome])[item.outcome] if item.outcome in held else None
    names = [f"{_SCORE}_{state}" for state in item.among]
    if not {_SCORE, *names} <= held:
        return None
    scores = runs.fetch_baseline([_SCORE, *names])
    above: Floats = np.stack([scores[name] > scores[_SCORE] for name in names]).sum(axis=0, dtype=np.float64)
    return above + 1.0


def _indicator(
    item: Indicator, validation: Validation, years: tuple[int, ...], values: Floats, used: np.ndarray,
    observed: Sequence[Observed],
) -> IndicatorForecast:
    matched, prior = _spread(values[used]), _spread(values)
    naive = naive_of([(p.year, p.value) for p in observed], validation.last_fitted)
    points = tuple(
        _scored(p, values[used][:, p.year - years[0]], matched, p.year - years[0], naive)
        for p in observed
        if item.use(p.year) == "validated" and years[0] <= p.year <= years[-1]
    )
    relative = _relative(matched)
    score, against = _mean([p.crps for p in points]), _mean([p.naive_crps for p in points])
    label = label_of(item.outcome)
    return IndicatorForecast(
        outcome=item.outcome, label=label.text, unit=label.unit,
        fitted=item.fitted.years if item.fitted else (), fitted_by=item.fitted.by if item.fitted else (),
        validated=item.validated, differs=item.differs, missing=item.missing, years=years, matched=matched, prior=prior,
        relative_width=relative, width=_width(matched, relative, validation.width),
        # all runs in use: they were matched before they were made, and nothing wider is at hand to compare with
        narrowed=math.nan if used.all() else _mean(
            [m / p for m, p in zip(matched.width90, prior.width90) if p > 0]
        ),
        points=points, inside50=_share([p.inside50 for p in points]), inside90=_share([p.inside90 for p in points]),
        crps=score, score50=_mean([p.score50 for p in points]), score90=_mean([p.score90 for p in points]),
        naive=naive.basis if naive else "no reading to carry forward", naive_crps=against,
        naive_score50=_mean([p.naive_score50 for p in points]),
        naive_score90=_mean([p.naive_score90 for p in points]),
        skill=1.0 - score / against if against > 0 else math.nan,
    )


def _spread(values: Floats) -> Spread:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # years that do not apply stay NaN
        low90, low50, median, high50, high90 = np.nanquantile(values, _LEVELS, axis=0)
    return Spread(*(tuple(part.tolist()) for part in (median, low50, high50, low90, high90)))


def _scored(point: Observed, draws: Floats, spread: Spread, at: int, naive: Naive | None) -> ScoredPoint:
    half, most = (spread.low50[at], spread.high50[at]), (spread.low90[at], spread.high90[at])
    nan = math.nan
    return ScoredPoint(
        year=point.year, value=point.value, source=point.source, note=point.note,
        inside50=half[0] <= point.value <= half[1], inside90=most[0] <= point.value <= most[1],
        crps=crps(draws, point.value), score50=interval_score(*half, point.value, 0.5),
        score90=interval_score(*most, point.value, 0.9),
        naive_crps=naive.crps(point.year, point.value) if naive else nan,
        naive_score50=naive.score(point.year, point.value, 0.5) if naive else nan,
        naive_score90=naive.score(point.year, point.value, 0.9) if naive else nan,
    )


def _relative(spread: Spread) -> float:
    ratios = [w / abs(m) for w, m in zip(spread.width90, spread.median) if math.isfinite(w) and m]
    return float(np.median(ratios)) if ratios else math.nan


def _width(spread: Spread, relative: float, bounds: Width) -> str:
    if not math.isfinite(relative):
        return "not known"
    if max(w for w in spread.width90 if math.isfinite(w)) == 0:
        return "all agree"
    if relative < bounds.low:
        return "too narrow"
    return "too wide" if relative > bounds.high else "within bounds"


def _inside(made: Sequence[IndicatorForecast], low: str, high: str) -> float:
    """Return the share of all points inside an interval over all runs."""
    return _share([
        getattr(item.prior, low)[at] <= p.value <= getattr(item.prior, high)[at]
        for item in made for p in item.points for at in (item.years.index(p.year),)
    ])


def _share(flags: Sequence[bool]) -> float:
    return float(np.mean(flags)) if flags else math.nan


def _mean(values: Sequence[float]) -> float:
    finite = [value for value in values if math.isfinite(value)]
    return float(np.mean(finite)) if finite else math.nan


def _coverage(year: int, points: Sequence[ScoredPoint]) -> YearCoverage:
    return YearCoverage(
        year, len(points), _share([p.inside50 for p in points]), _share([p.inside90 for p in points])
    )


def forecast_table(made: Forecast, under: int = 11) -> pa.Table:
    """Return the forecast as a table, a row per indicator and year.

    Parameters
    ----------
    made
        The forecast.
    under
        Published counts of people from 1 to below this are left empty.
    """
    rows = []
    for item in made.indicators:
        points = {p.year: p for p in item.points}
        for i, year in enumerate(item.years):
            point = points.get(year)
            people = item.unit.startswith("persons")
            shown = point is not None and not (people and 0 < point.value < under)
            row = {"outcome": item.outcome, "unit": item.unit, "year": year}
            for prefix, spread in (("", item.matched), ("prior_", item.prior)):
                for name in ("median", "low50", "high50", "low90", "high90"):
                    value = getattr(spread, name)[i]
                    row[prefix + name] = value if math.isfinite(value) else None
            row["published"] = point.value if point is not None and shown else None
            row["source"] = point.source if point is not None else None
            row["inside50"] = point.inside50 if point is not None else None
            row["inside90"] = point.inside90 if point is not None else None
            rows.append(row)
    numbers = [
        (f"{prefix}{name}", pa.float64())
        for prefix in ("", "prior_") for name in ("median", "low50", "high50", "low90", "high90")
    ]
    schema = pa.schema([
        ("outcome", pa.string()), ("unit", pa.string()), ("year", pa.int32()), *numbers, ("published", pa.float64()),
        ("source", pa.string()), ("inside50", pa.bool_()), ("inside90", pa.bool_()),
    ])
    return pa.Table.from_pylist(rows, schema=schema)
