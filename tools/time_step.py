"""Run the whole model with a step of a part of a month and tell how far outcomes move: docs/verification.md.

The package is copied to a temporary folder, the number of steps is written into the copy's ``model/clock.py``, and the
copy runs the same draws of the bundled case in a Python of its own, with a cache of compiled code of its own::

    python tools/time_step.py                              # 64 draws, 3 random streams, a quarter of a month
    python tools/time_step.py --draws 8 --streams 2        # a look
    python tools/time_step.py --all                        # every outcome, not the main ones alone

Draws are of the prior of the bundled case. Random numbers are named by step, so that two steps have other chance: the
table has the difference between two random streams at the step of a month beside that between steps.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).resolve().parents[1]
FIRST, LAST = 1999, 2013
SEED = 11

WEIGHTS = frozenset({
    "organisations.trade_speed", "organisations.market_speed", "routes.route_speed", "routes.watching",
    "routes.learning", "routes.network_learning", "facilitators.speed", "corruption.speed",
    "enforcement.effort_inertia", "cases.lapse", "measures.attention_speed", "measures.law_speed",
    "indicators.reading_speed", "indicators.tier_speed",
})
"""Parameters that are the share of a gap closed in a month: steps in a row close as much. Other rates are divided."""

SPANS = frozenset({"human_trade.choke_labour", "human_trade.choke_sexual"})
"""Spans of time by meaning though not by unit: so many months' pay. Other ``monthly wages`` compare like with like."""

LEVELS = frozenset({"organisations.size_alone", "organisations.entry_size"})
"""Capacities, which stay journeys a month."""

MOST_STEPS = 4096
"""Steps since January 1989 by which random numbers can be named."""

PULSES = ("dismissal", "appointment")
"""Events that happen once, in the first step of their month."""

MAIN = (
    "people_recruited", "people_recruited_all", "people_exploited", "people_exploited_all", "months_exploited",
    "people_identified", "people_assisted", "people_retrafficked", "people_found_on_way", "people_carried_couriers",
    "cases_identified", "cases_investigated", "cases_prosecuted", "cases_convicted",
    "opiates_delivered_kg", "opiates_delivered_kg_all", "opiates_consumed_kg", "opiates_seized_kg",
    "opiates_seized_kg_all", "opiate_users", "opiate_users_all", "opiate_source_price",
    "active_organisations", "organisations_effective", "organisations_both_trades_share",
    "people_carried_share_by_opiate_first", "organisations_profit_usd", "journey_cost_usd", "active_corridors",
    "route_entropy", "bribes_usd", "rents_legal_usd", "officials_corrupt_share",
    "officials_protect_or_take_part_share", "perceived_corruption_score", "tip_tier", "governor_tenure_months",
    "governor_long_spells_share", "posts_own_group_ratio_centre", "salience", "attention", "departures_CA",
)


def months_in(unit: str) -> int:
    """Power of the month in a unit: 1 of a span or of officers' months, -1 of a rate, 0 of what has none."""
    parts = [len(re.findall(r"\bmonths?\b", part)) for part in unit.split("/")]
    return parts[0] - sum(parts[1:])


def by_step(name: str, unit: str, value: np.ndarray, steps: int) -> np.ndarray:
    """A parameter told by step, ``steps`` to a month."""
    if name in WEIGHTS:
        return 1.0 - (1.0 - value) ** (1.0 / steps)
    power = 1 if name in SPANS else 0 if name in LEVELS else months_in(unit)
    return value * float(steps) ** power


def finer_parameters(parameters: Mapping[str, np.ndarray], steps: int) -> dict[str, np.ndarray]:
    """All parameters told by step."""
    from qorgau.model.registry import PARAMETERS

    out = {subsystem: table.copy() for subsystem, table in parameters.items()}
    for subsystem, table in PARAMETERS.items():
        for p in table:
            name = f"{subsystem}.{p.name}"
            out[subsystem][p.name] = by_step(name, p.unit, out[subsystem][p.name], steps)
    return out


def finer_world(world: Any, steps: int) -> Any:
    """The world with every month of its series repeated ``steps`` times; what happens once still does."""
    events = {}
    for name, series in world.event.items():
        fine = np.repeat(series, steps)
        if name in PULSES:
            fine[np.arange(len(fine)) % steps > 0] = 0.0
        events[name] = fine
    by_month = ("gdp_per_head", "population", "opium", "farm_growth", "announced", "private_share")
    series = {name: np.repeat(getattr(world, name), steps, axis=0) for name in by_month}
    return replace(world, event=events, sizes={**world.sizes, "month": world.months * steps}, **series)


def run_here(out: Path, draws: int, streams: int, last: int, cores: int) -> None:
    """Run the package that this Python imports, at the step that its clock has, and save the yearly table."""
    from qorgau.case import load_case
    from qorgau.ensemble.designs import draw_from
    from qorgau.ensemble.translate import inputs_of
    from qorgau.model import routes
    from qorgau.model.clock import STEPS, STEPS_A_YEAR
    from qorgau.model.outcomes import Collector, outcome_names
    from qorgau.model.run import FIRST_YEAR, advance_month, begin
    from qorgau.model.streams import run_keys
    from qorgau.model.warming import warm

    inputs = inputs_of(load_case("kazakhstan"))
    world = finer_world(inputs.world, STEPS)
    chosen = draw_from(inputs.uncertain, draws, SEED, "sobol")
    parameters = finer_parameters(inputs.parameters_of(chosen.columns(), draws), STEPS)
    on = np.ascontiguousarray(np.array(chosen.on, dtype=np.float64))
    geometry = routes.geometry_of(world)
    levers = np.zeros((draws, world.sizes["instrument"]))
    warm(world, parameters, on, run_keys(0, np.arange(draws)), cores)
    tables, kg, persons = [], 0.0, 0
    for stream in range(streams):
        keys = run_keys(stream, np.arange(draws))
        state = begin(world, parameters, on, keys)
        collector = Collector(world, draws)
        years = []
        for step in range(STEPS_A_YEAR * (last - world.start_year + 1)):
            advance_month(world, state, parameters, on, keys, step, levers, geometry)
            kg = max(kg, float(np.abs(state.ledger_kg / np.maximum(1.0, state.purchased.sum(axis=1))).max()))
            persons = max(persons, int(np.abs(state.ledger_people).max()))
            if world.start_year + step // STEPS_A_YEAR < FIRST_YEAR:
                continue
            collector.month(state)
            if step % STEPS_A_YEAR == STEPS_A_YEAR - 1:
                years.append(collector.year()[0])
        tables.append(np.stack(years, axis=1))
    np.savez(out, yearly=np.stack(tables), names=np.array(outcome_names(world)), first_year=FIRST_YEAR, steps=STEPS,
             kg=kg, persons=persons)


def copy_of(package: Path, folder: Path, steps: int) -> None:
    """Copy the package into a folder, with so many steps a month."""
    shutil.copytree(package, folder / "qorgau", ignore=shutil.ignore_patterns("__pycache__"))
    clock = folder / "qorgau" / "model" / "clock.py"
    text = clock.read_text(encoding="utf-8")
    changed = re.sub(r"(?m)^STEPS = 1$", f"STEPS = {steps}", text)
    if changed == text and steps != 1:
        raise ValueError(f"{clock} has no line 'STEPS = 1'")
    clock.write_text(changed, encoding="utf-8")


def package() -> Path:
    """Folder of the package that this Python imports, whose compiled code may be on disk; else of this tree's."""
    found = importlib.util.find_spec("qorgau")
    return Path(found.origin).parent if found and found.origin else ROOT / "src" / "qorgau"


def run_at(steps: int, draws: int, streams: int, last: int, cores: int = 1) -> dict[str, np.ndarray]:
    """Run the model at a step of 1/``steps`` of a month in a Python of its own; yearly table and ledgers.

    ``cores`` is how many of them compile. ``yearly`` has the shape (streams, draws, years, outcomes); ``kg`` is the
    largest gap in the account of kg over what was bought in a step, ``persons`` the largest in that of people.
    """
    with tempfile.TemporaryDirectory(prefix="qorgau-step-") as name:
        folder = Path(name)
        environment = dict(os.environ)
        source = package().parent
        if steps != 1:
            copy_of(package(), folder / "src", steps)
            source = folder / "src"
            environment["NUMBA_CACHE_DIR"] = str(folder / "compiled")
        environment["PYTHONPATH"] = str(source)
        out = folder / "run.npz"
        command = [sys.executable, str(Path(__file__).resolve()), "--here", str(out), "--draws", str(draws),
                   "--streams", str(streams), "--last", str(last), "--cores", str(cores)]
        subprocess.run(command, check=True, env=environment)
        with np.load(out) as found:
            return dict(found)


def compare(
    month: Mapping[str, np.ndarray], fine: Mapping[str, np.ndarray], first: int, last: int
) -> dict[str, tuple[float, ...]]:
    """By outcome, from means over years: how far the finer step is from the month, beside chance.

    Returns
    -------
    dict
        Median over draws of the ratio; mean difference and its standard error, draws and streams paired; root mean
        square difference of single runs of a draw with different streams, one of either step; and the same with both
        at the step of a month. All but the first in standard deviations of the outcome over draws at a month's step.
    """
    at = slice(first - int(month["first_year"]), last - int(month["first_year"]) + 1)
    out: dict[str, tuple[float, ...]] = {}
    for i, name in enumerate(str(n) for n in month["names"]):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # years without a number in any draw
            m, q = (np.nanmean(run["yearly"][:, :, at, i], axis=2) for run in (month, fine))
        whole = np.isfinite(m).all(axis=0) & np.isfinite(q).all(axis=0)
        m, q = m[:, whole], q[:, whole]
        sd = float(m.mean(axis=0).std(ddof=1)) if m.shape[1] > 2 else 0.0
        if not sd > 1e-12 * float(np.abs(m).max(initial=0.0)):
            continue
        gap = (q.mean(axis=0) - m.mean(axis=0)) / sd
        pairs = [(a, b) for a in range(len(m)) for b in range(len(m)) if a != b]
        told_by = q.mean(axis=0)[m.mean(axis=0) != 0.0] / m.mean(axis=0)[m.mean(axis=0) != 0.0]
        apart = (np.array([(x[a] - m[b]) / sd for a, b in pairs]) for x in (q, m))
        single, chance = (float(np.sqrt((d**2).mean())) if pairs else float("nan") for d in apart)
        out[name] = (float(np.median(told_by)), float(gap.mean()), float(gap.std(ddof=1) / np.sqrt(len(gap))),
                     single, chance)
    return out


def told(found: Mapping[str, tuple[float, ...]]) -> str:
    """The table, in Markdown."""
    lines = ["| outcome | ratio | moved | two steps | two streams |", "|---|---|---|---|---|"]
    for name, (ratio, moved, error, single, chance) in found.items():
        lines.append(f"| `{name}` | {ratio:.3f} | {moved:+.2f} ± {error:.2f} | {single:.2f} | {chance:.2f} |")
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Run both steps and print the table; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--draws", type=int, default=64)
    parser.add_argument("--streams", type=int, default=3, help="random streams of each draw")
    parser.add_argument("--steps", type=int, default=4, help="steps a month of the finer run")
    parser.add_argument("--last", type=int, default=LAST, help="last year")
    parser.add_argument("--cores", type=int, default=1, help="how many of them compile the finer step")
    parser.add_argument("--all", action="store_true", help="tell every outcome")
    parser.add_argument("--keep", type=Path, help="folder to which both runs are written")
    parser.add_argument("--here", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.here:
        run_here(given.here, given.draws, given.streams, given.last, given.cores)
        return 0
    if given.steps * 12 * (given.last - 1988) > MOST_STEPS:
        parser.error(f"random numbers have names for {MOST_STEPS} steps: fewer steps a month, or an earlier last year")
    month, fine = (run_at(steps, given.draws, given.streams, given.last, given.cores) for steps in (1, given.steps))
    if given.keep:
        given.keep.mkdir(parents=True, exist_ok=True)
        np.savez(given.keep / "month.npz", **month)
        np.savez(given.keep / "fine.npz", **fine)
    found = compare(month, fine, min(FIRST, given.last), given.last)
    print(told(found if given.all else {name: found[name] for name in MAIN if name in found}))
    print(f"\nkg unaccounted for, of a step's purchases: {float(month['kg']):.1e} and {float(fine['kg']):.1e}; "
          f"people: {int(month['persons'])} and {int(fine['persons'])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
