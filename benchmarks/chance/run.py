"""Measure what common random numbers save: the variance of a measure's effect with the same and with other chance.

Every draw is run under the baseline and under a measure: once with the same run key, as ensembles do, and once with a
key of its own for the measure. Both have the same parameters, so all that differs is chance. The ratio of the two
variances is how many times more draws independent chance would need for the same error of the mean effect.

python benchmarks/chance/run.py              # bundled case, 96 draws, under two minutes
python benchmarks/chance/run.py --quick      # 24 draws
"""

from __future__ import annotations

import argparse
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
sys.path[:0] = [str(ROOT / "src"), str(ROOT)]

from benchmarks.record import BUSY, Figures, record, write  # noqa: E402 - needs the path above

SEED, OTHER = 1, 2
FIRST, LAST = 2015, 2024
MEASURES = ("police_training", "outreach", "border_monitoring")
OUTCOMES = (
    "people_recruited", "people_exploited", "people_exploited_all", "people_identified", "people_assisted",
    "people_retrafficked", "cases_prosecuted", "cases_convicted", "opiates_delivered_kg", "opiates_seized_kg",
    "opiate_users", "bribes_usd", "officials_corrupt_share", "active_organisations", "route_entropy",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=96)
    parser.add_argument("--quick", action="store_true", help="24 draws")
    parser.add_argument("--out", type=Path, help="JSON to write; by default a dated file in benchmarks/chance/results")
    given = parser.parse_args()
    begun, load = datetime.now(UTC), os.getloadavg()[0]
    draws = 24 if given.quick else given.draws
    found = ratios(draws)
    figures: Figures = {}
    for m, measure in enumerate(MEASURES):
        for o, outcome in enumerate(OUTCOMES):
            if np.isfinite(found[0, m, o]):
                figures[f"{measure}/{outcome}"] = {
                    "value": round(float(found[0, m, o]), 3), "unit": "times",
                    "low": round(float(found[1, m, o]), 3), "high": round(float(found[2, m, o]), 3)}
    middle = np.nanmedian(found[0])
    figures["median"] = {"value": round(float(middle), 3), "unit": "times", "target": 1.0}
    entry = record(figures, begun, max(load, os.getloadavg()[0]), draws=draws)
    out = given.out or HERE / "results" / f"{begun:%Y-%m-%dT%H%M}.json"
    write(out, entry)
    show(found, draws)
    if entry["load"] > BUSY:  # type: ignore[operator]
        print("Other programs were running; the ratios do not depend on that.")
    print(f"in {out}")


def ratios(draws: int) -> np.ndarray:
    """Variance of effects with other chance over that with the same; middle, low, high; (3, measures, outcomes)."""
    from tests.model.draws import all_on, draw_parameters

    from qorgau.case import load_case, to_world
    from qorgau.model.outcomes import outcome_names
    from qorgau.model.run import FIRST_YEAR, Branch, simulate_block
    from qorgau.model.streams import run_keys
    from qorgau.model.world import INSTRUMENTS

    world = to_world(load_case("kazakhstan"))
    names = outcome_names(world)
    columns = [names.index(o) for o in OUTCOMES]
    levers = np.zeros((1 + len(MEASURES), len(INSTRUMENTS)))
    for m, measure in enumerate(MEASURES):
        levers[1 + m, INSTRUMENTS.index(measure)] = 1.0
    start = np.full(levers.shape, 12 * (FIRST - world.start_year), dtype=np.int64)
    branch = Branch(("baseline", *MEASURES), levers, start, np.full(len(INSTRUMENTS), 24))
    parameters = draw_parameters(draws, SEED)

    def means(seed: int) -> np.ndarray:
        keys = run_keys(seed, np.arange(draws))
        yearly = simulate_block(world, parameters, all_on(draws), keys, branch, world.months - 1).yearly
        return yearly[:, :, FIRST - FIRST_YEAR: LAST - FIRST_YEAR + 1][..., columns].mean(axis=2)

    same, other = means(SEED), means(OTHER)
    common, apart = same[1:] - same[0], other[1:] - same[0]
    # draws without a number in the window are left out of both
    common, apart = (np.where(np.isfinite(common + apart), effect, np.nan) for effect in (common, apart))
    rng = np.random.default_rng(0)
    again = [ratio(common[:, i], apart[:, i]) for i in (rng.integers(draws, size=draws) for _ in range(400))]
    return np.stack([ratio(common, apart), *np.nanquantile(again, (0.05, 0.95), axis=0)])


def ratio(common: np.ndarray, apart: np.ndarray) -> np.ndarray:
    """Variance over draws of one over the other; NaN where the measure changes nothing at all."""
    with np.errstate(divide="ignore", invalid="ignore"):
        below = np.nanvar(common, axis=1)
        return np.where(below > 0.0, np.nanvar(apart, axis=1) / below, np.nan)


def show(found: np.ndarray, draws: int) -> None:
    """Print the table."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title="Variance of a measure's effect: other chance over the same chance", title_justify="left",
                  caption=f"{draws} draws, means of {FIRST} to {LAST}; in brackets 5 and 95 % of bootstrap samples",
                  caption_justify="left")
    table.add_column("outcome")
    for measure in MEASURES:
        table.add_column(measure, justify="right")
    for o, outcome in enumerate(OUTCOMES):
        cells = []
        for m in range(len(MEASURES)):
            middle, low, high = found[:, m, o]
            cells.append(f"{middle:,.2f} [{low:,.2f}, {high:,.2f}]" if np.isfinite(middle) else "no effect")
        table.add_row(outcome, *(cell.replace("[", "(").replace("]", ")") for cell in cells))
    Console(width=None if sys.stdout.isatty() else 130).print(table)


if __name__ == "__main__":
    main()
