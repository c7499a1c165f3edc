"""The runs at hand, as arrays: a thin view that the analysis reads, over any store of results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qorgau.errors import InputError

__all__ = ["CORRIDOR_OVERLAP", "CORRIDOR_PREFIX", "Runs", "corridor_outcomes", "from_results"]

Floats = NDArray[np.float64]

_BATCH = 16
_BATCH_BYTES = 1 << 27

CORRIDOR_PREFIX = "corridor_opiates_kg_"
CORRIDOR_OVERLAP = "corridor_overlap"


@dataclass(frozen=True)
class Runs:
    """Arrays by policy, run and year, and what was drawn for each run.

    Parameters
    ----------
    policies
        The baseline first.
    years
        Ascending by one.
    outcomes
        Names that `fetch` and `fetch_baseline` know.
    count
        Number of runs; the order of runs is the same everywhere.
    fetch
        Gives {outcome: (policies, runs, years)} for names.
    fetch_baseline
        Gives {outcome: (runs, years)} of the baseline for names.
    parameters
        Drawn values by parameter, each (runs,).
    claims
        Truth bits by claim, each bool (runs,).
    knockouts
        By mechanism: numbers of the runs, shape (k,), and a function as `fetch_baseline` for those runs with
        the mechanism off.
    switches
        By mechanism: in which runs it was on, bool (runs,).
    fetch_window
        As `fetch`, for a window of years alone: what a large store reads instead of all years.
    """

    policies: tuple[str, ...]
    years: tuple[int, ...]
    outcomes: tuple[str, ...]
    count: int
    fetch: Callable[[Sequence[str]], Mapping[str, Floats]]
    fetch_baseline: Callable[[Sequence[str]], Mapping[str, Floats]]
    parameters: Mapping[str, Floats]
    claims: Mapping[str, NDArray[np.bool_]]
    knockouts: Mapping[str, tuple[NDArray[np.int64], Callable[[Sequence[str]], Mapping[str, Floats]]]] = field(
        default_factory=dict
    )
    switches: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    fetch_window: Callable[[Sequence[str], tuple[int, int]], Mapping[str, Floats]] | None = None

    @property
    def baseline(self) -> str:
        """Name of the policy that all others are compared with."""
        return self.policies[0]

    def windows(self, outcomes: Sequence[str], years: tuple[int, int]) -> dict[str, Floats]:
        """Return outcomes' means over a window of years, each (policies, runs).

        Read in batches and reduced at once, so that yearly values of many outcomes are never all in memory.
        """
        columns, made = self.columns(years), {}
        size = 8 * len(self.policies) * max(1, self.count) * (columns.stop - columns.start)
        batch = int(np.clip(_BATCH_BYTES // size, 1, _BATCH))
        for start in range(0, len(outcomes), batch):
            names = outcomes[start : start + batch]
            if self.fetch_window is not None:
                found = self.fetch_window(names, years)
            else:
                found = {name: values[..., columns] for name, values in self.fetch(names).items()}
            made.update({name: values.mean(axis=-1) for name, values in found.items()})
        return made

    def columns(self, years: tuple[int, int]) -> slice:
        """Return the columns of a window of years.

        Raises
        ------
        InputError
            When the window is not within the results.
        """
        first, last = years
        if not self.years[0] <= first <= last <= self.years[-1]:
            raise InputError("thresholds.yaml", "comparison.years", f"{first} to {last} is not within the results",
                             f"use years from {self.years[0]} to {self.years[-1]}")
        return slice(first - self.years[0], last - self.years[0] + 1)

    def names(self, prefix: str) -> tuple[str, ...]:
        """Return the outcomes whose name begins with `prefix`."""
        return tuple(name for name in self.outcomes if name.startswith(prefix))

    @classmethod
    def of_arrays(
        cls,
        policies: Sequence[str],
        years: Iterable[int],
        arrays: Mapping[str, Any],
        parameters: Mapping[str, Any] | None = None,
        claims: Mapping[str, Any] | None = None,
        knockouts: Mapping[str, Mapping[str, Any]] | None = None,
        switches: Mapping[str, Any] | None = None,
    ) -> Runs:
        """Make runs of arrays in memory, each (policies, runs, years); knock-outs each (runs, years)."""
        kept = {name: np.asarray(value, dtype=np.float64) for name, value in arrays.items()}
        shapes = {value.shape for value in kept.values()}
        if len(shapes) != 1:
            raise ValueError(f"arrays of different shapes: {sorted(shapes)}")
        count = next(iter(shapes))[1]

        def lookup(table: Mapping[str, Floats]) -> Callable[[Sequence[str]], Mapping[str, Floats]]:
            return lambda names: {name: table[name] for name in names}

        off = {
            mechanism: (np.arange(count), lookup({k: np.asarray(v, dtype=np.float64) for k, v in table.items()}))
            for mechanism, table in (knockouts or {}).items()
        }
        return cls(
            policies=tuple(policies), years=tuple(int(year) for year in years), outcomes=tuple(kept), count=count,
            fetch=lookup(kept), fetch_baseline=lookup({name: value[0] for name, value in kept.items()}),
            parameters={k: np.asarray(v, dtype=np.float64) for k, v in (parameters or {}).items()},
            claims={k: np.asarray(v, dtype=bool) for k, v in (claims or {}).items()},
            knockouts=off,
            switches={k: np.asarray(v, dtype=bool) for k, v in (switches or {}).items()},
        )


def _remember(load: Callable[[list[str]], Mapping[str, Floats]]) -> Callable[[Sequence[str]], Mapping[str, Floats]]:
    """Return `load` with what it loaded kept, so that each outcome is read once."""
    kept: dict[str, Floats] = {}

    def fetch(names: Sequence[str]) -> Mapping[str, Floats]:
        missing = [name for name in dict.fromkeys(names) if name not in kept]
        if missing:
            kept.update(load(missing))
        return {name: kept[name] for name in names}

    return fetch


def corridor_outcomes(
    ends: Sequence[tuple[str, str]], flows: Floats, runs: int, years: int
) -> dict[str, Floats]:
    """Return opiates carried between pairs of places, and the overlap of corridor shares from year to year.

    Parameters
    ----------
    ends
        Places that each directed corridor joins.
    flows
        Shape (corridors, runs, years), kg a year.
    runs, years
        Sizes of the result when there are no corridors.

    Notes
    -----
    Overlap of year t is 1 - sum_c |s_c(t) - s_c(t-1)| / 2 with s the shares of kg carried: 1 when nothing
    moved, 0 when all did. The first year is not applicable.
    """
    made: dict[str, Floats] = {}
    for (start, end), flow in zip(ends, flows):
        name = f"{CORRIDOR_PREFIX}{start}_{end}"
        made[name] = made[name] + flow if name in made else flow.copy()
    overlap = np.full((runs, years), np.nan)
    if len(flows):
        total = flows.sum(axis=0)
        shares = flows / np.where(total > 0, total, np.nan)
        overlap[:, 1:] = 1.0 - 0.5 * np.abs(np.diff(shares, axis=-1)).sum(axis=0)
    made[CORRIDOR_OVERLAP] = overlap
    return made


def from_results(results: Any, corridor_ends: Mapping[str, tuple[str, str]] | None = None) -> Runs:
    """Return the runs of a store of results (`qorgau.ensemble.results.Results`).

    Parameters
    ----------
    results
        The results.
    corridor_ends
        From and to place of each corridor; without it, patterns on corridors are not testable.
    """
    years = tuple(int(year) for year in results.years)
    count = len(results.runs)
    shape = (count, len(years))
    ends = dict(corridor_ends or {})
    derived = {f"{CORRIDOR_PREFIX}{a}_{b}" for a, b in ends.values()} | {CORRIDOR_OVERLAP}
    outcomes = (*results.outcomes, *sorted(derived))

    def load(names: Sequence[str]) -> Mapping[str, Floats]:
        return dict(zip(names, results.arrays(names)))

    def load_window(names: Sequence[str], window: tuple[int, int]) -> Mapping[str, Floats]:
        return dict(zip(names, results.arrays(names, years=window)))

    def load_baseline(names: list[str]) -> Mapping[str, Floats]:
        plain = [name for name in names if name not in derived]
        made: dict[str, Floats] = {}
        for start in range(0, len(plain), _BATCH):
            part = plain[start : start + _BATCH]
            values = results.arrays(part, [results.policies[0]])
            made.update({name: np.ascontiguousarray(values[i, 0]) for i, name in enumerate(part)})
        if len(plain) < len(names):
            made.update(_corridors(results, ends, shape, [name for name in names if name in derived]))
        return {name: made[name] for name in names}

    runs = Runs(
        policies=tuple(results.policies), years=years, outcomes=outcomes, count=count,
        fetch=load, fetch_baseline=_remember(load_baseline), fetch_window=load_window,
        parameters=dict(zip(results.parameters, np.asarray(results.values(), dtype=np.float64).T)),
        claims=dict(zip(results.claims, np.asarray(results.truth(), dtype=bool).T)),
        switches=dict(zip(results.mechanisms, np.asarray(results.switches(), dtype=bool).T)),
    )
    return replace(runs, knockouts=_knockouts(results))


def _corridors(
    results: Any, ends: Mapping[str, tuple[str, str]], shape: tuple[int, int], names: Sequence[str]
) -> dict[str, Floats]:
    """Return the outcomes of `corridor_outcomes` that are wanted, (runs, years), a block of runs at a time."""
    corridors = [name for name in results.corridor_names if name in ends]
    column = {name: i for i, name in enumerate(corridors)}
    row_of = np.array([column.get(name, -1) for name in results.corridor_names], dtype=np.int64)
    place = {int(run): i for i, run in enumerate(results.runs)}
    joined = [ends[name] for name in corridors]
    made = {name: np.zeros(shape) for name in names}
    for runs, row, year, corridor, carried in results.carried_blocks(results.policies[0], results.trades[0]):
        if not len(runs):
            continue
        flows = np.zeros((len(corridors), len(runs), shape[1]))
        good = row_of[corridor] >= 0
        flows[row_of[corridor[good]], row[good], year[good]] = carried[good]
        found = corridor_outcomes(joined, flows, len(runs), shape[1])
        rows = [place[int(run)] for run in runs]
        for name in names:
            made[name][rows] = found[name]
    return made


def _knockouts(
    results: Any,
) -> dict[str, tuple[NDArray[np.int64], Callable[[Sequence[str]], Mapping[str, Floats]]]]:
    """Return the knock-out runs by mechanism, matched to the rows of the main runs."""
    table = results.knockouts()
    if table.num_rows == 0:
        return {}
    row = np.full(int(max(results.runs.max(), np.max(table["run"].to_numpy()))) + 1, -1, dtype=np.int64)
    row[results.runs] = np.arange(len(results.runs))
    mechanisms = np.asarray(table["mechanism"].to_pylist())
    run, year = table["run"].to_numpy(), table["year"].to_numpy() - int(results.years[0])
    made = {}
    for mechanism in dict.fromkeys(mechanisms.tolist()):
        rows = np.flatnonzero((mechanisms == mechanism) & (row[run] >= 0))
        numbers, place = np.unique(row[run[rows]], return_inverse=True)

        def load(
            names: list[str], rows: Any = rows, place: Any = place, size: int = len(numbers)
        ) -> Mapping[str, Floats]:
            filled: dict[str, Floats] = {}
            for name in names:
                values = np.full((size, len(results.years)), np.nan)
                if name in table.column_names:
                    values[place, year[rows]] = table[name].to_numpy()[rows]
                filled[name] = values
            return filled

        made[str(mechanism)] = (numbers, _remember(load))
    return made
