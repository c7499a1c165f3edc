"""``qorgau history``: the forecast of the years that nothing was fitted to, and how it did."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from qorgau.cli.screen import Screen
from qorgau.errors import InputError

if TYPE_CHECKING:
    from qorgau.analysis.forecast_records import Forecast, IndicatorForecast
    from qorgau.analysis.records import Analysis

__all__ = ["FORECAST", "FORECAST_TABLE", "history", "history_summary", "show_history", "write_forecast"]

FORECAST = "forecast.json"
FORECAST_TABLE = "forecast.parquet"


def history(
    out: Annotated[str, typer.Argument(metavar="OUT", help="Folder or address that run or simulate wrote.")],
    case: Annotated[
        str | None, typer.Option("--case", help="The case of the results; by default the copy kept with them.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print a summary for machines, and nothing else.")] = False,
) -> None:
    """Show what was forecast for the years that nothing was fitted to, beside what was published."""
    from qorgau.cli.outputs import open_output
    from qorgau.cli.pipeline import analysed
    from qorgau.cli.screen import Stages

    screen = Screen(as_json)
    results, loaded, _ = open_output(out, case)
    with Stages(Screen(True)) as stages:
        analysis = analysed(loaded, results, stages)
    if analysis.forecast is None:
        raise InputError(
            str(loaded.folder), "validation.yaml", "the case does not say which published readings are kept for "
            "validation", "write the file; the bundled case kazakhstan has one to start from",
        )
    show_history(screen, analysis.forecast)
    screen.not_for(analysis.answer.not_for)
    screen.finish(history_summary(analysis), analysis.answer.not_for)


def history_summary(analysis: Analysis) -> dict[str, Any]:
    """Return the forecast as JSON."""
    return {"case": analysis.case, **(analysis.forecast.to_json() if analysis.forecast is not None else {})}


def write_forecast(out: Path, analysis: Analysis, under: int) -> dict[str, str]:
    """Write the forecast of an analysis as JSON and as a table; return what was written, with what it is.

    Parameters
    ----------
    out
        The output folder.
    analysis
        Without a forecast nothing is written.
    under
        Published counts of people from 1 to below this are left out of the table.
    """
    from qorgau.analysis.forecast import forecast_table
    from qorgau.ensemble.files import parquet_bytes, write_atomically, write_json

    if analysis.forecast is None:
        return {}
    write_json(out / FORECAST, history_summary(analysis))
    write_atomically(out / FORECAST_TABLE, parquet_bytes(forecast_table(analysis.forecast, under)))
    return {
        FORECAST: "Forecast of what the outside world sees, its coverage and scores",
        FORECAST_TABLE: "The same by indicator and year: intervals over matched and over all draws, published readings",
    }


def show_history(screen: Screen, made: Forecast) -> None:
    """Print intervals, widths, coverage and scores."""
    over = "not ruled out" if made.advice == "matched" else "none set aside"
    screen.say(
        f"Nothing is fitted after {made.last_fitted}. Forecast of {made.years[0]} to {made.years[-1]} over {made.runs} "
        f"of {made.drawn} runs, {over}." if made.years else "The results hold no year after the last fitted one."
    )
    if made.points:
        screen.say(
            f"Of {made.points} published readings {_share(made.inside50)} lie inside the 50 % interval and "
            f"{_share(made.inside90)} inside the 90 % interval"
            + (f" ({_share(made.prior_inside50)} and {_share(made.prior_inside90)} of the intervals over all runs)"
               if made.runs < made.drawn else "")
            + f". {made.better} of {made.compared} indicators are forecast better than by their last reading carried "
            "forward."
        )
    screen.heading("What was forecast: median and 90 % interval")
    ends = sorted({made.years[0], made.years[len(made.years) // 2], made.years[-1]}) if made.years else []
    screen.table(
        ("indicator", *(str(year) for year in ends), "width", "", "of before"),
        [
            (f"{item.label}, {_unit(item)[1]}", *(_span(item, year) for year in ends), _two(item.relative_width),
             item.width, _share(item.narrowed))
            for item in made.indicators
        ],
        right=("width", "of before"),
    )
    screen.say(
        f"  width: 90 % interval in medians, to lie within {made.width_low:g} and {made.width_high:g}; "
        "of before: over its width before matching"
    )
    _show_scores(screen, made)
    screen.heading("Published readings inside, by year")
    screen.table(
        ("year", "readings", "50 %", "90 %"),
        [(str(c.year), str(c.points), _share(c.inside50), _share(c.inside90)) for c in made.coverage],
        right=("readings", "50 %", "90 %"),
    )
    screen.heading("To be read with it")
    for note in made.notes:
        screen.say(f"  {note}")
    for item in made.indicators:
        screen.say(f"  {item.label}: {item.differs}" + (f"; not found: {item.missing}" if item.missing else ""))


def _show_scores(screen: Screen, made: Forecast) -> None:
    screen.heading("How it did against the last reading carried forward (lower is better)")
    screen.table(
        ("indicator", "readings", "50 %", "90 %", "CRPS", "naive", "skill", "90 % score", "naive "),
        [
            (i.label, str(len(i.points)), _share(i.inside50), _share(i.inside90), _number(i.crps * _unit(i)[0]),
             _number(i.naive_crps * _unit(i)[0]), _two(i.skill), _number(i.score90 * _unit(i)[0]),
             _number(i.naive_score90 * _unit(i)[0]))
            for i in made.indicators if i.points
        ],
        right=("readings", "50 %", "90 %", "CRPS", "naive", "skill", "90 % score", "naive "),
    )
    screen.say("  skill: 1 less the CRPS over that of the naive forecast; above 0 is better than naive")


def _unit(item: IndicatorForecast) -> tuple[float, str]:
    """Factor and unit in which an indicator is read best: shares in per cent."""
    return (100.0, item.unit.replace("share", "%", 1)) if item.unit.startswith("share") else (1.0, item.unit)


def _share(value: float) -> str:
    return f"{100 * value:.0f} %" if math.isfinite(value) else "–"


def _two(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "–"


def _number(value: float) -> str:
    if not math.isfinite(value):
        return "–"
    return f"{float(f'{value:.2g}'):,.0f}" if abs(value) >= 100 else f"{value:.2g}"


def _span(item: IndicatorForecast, year: int) -> str:
    i = item.years.index(year)
    factor = _unit(item)[0]
    low, middle, high = (factor * x[i] for x in (item.matched.low90, item.matched.median, item.matched.high90))
    if not math.isfinite(middle):
        return "–"
    return f"{_number(middle)} ({_number(low)} to {_number(high)})"
