"""What one block does: a part of the draws in, tables out. Blocks know nothing of each other.

A block is a pure function of its inputs, so it gives the same rows in any thread, process or machine.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import numpy as np
import pyarrow as pa

from qorgau.ensemble.designs import Draws
from qorgau.ensemble.policies import Plan
from qorgau.ensemble.tables import coded, columns_of, corridor_table, parts_of, yearly_table

__all__ = ["ALWAYS_FINITE", "BlockTables", "Context", "Runner", "compute_block", "compute_knockouts"]

_log = logging.getLogger(__name__)

ALWAYS_FINITE: tuple[str, ...] = (
    "people_recruited",
    "people_exploited",
    "people_identified",
    "opiates_delivered_kg",
    "opiates_seized_kg",
    "opiate_users",
    "cases_identified",
    "bribes_usd",
    "officials_corrupt_share",
    "active_organisations",
)
"""Outcomes that exist in every year; elsewhere NaN says "not applicable in that year"."""


class Result(Protocol):
    """What a run of the model gives: see `qorgau.model.run.BlockResult`."""

    yearly: np.ndarray
    corridors: np.ndarray
    touched_cap: np.ndarray


class Runner(Protocol):
    """Runs the model for a block: policies of `plan` for each row of `on` and `keys`, up to `last_month`."""

    def __call__(
        self, world: Any, parameters: Any, on: np.ndarray, keys: np.ndarray, plan: Plan, last_month: int
    ) -> Result:
        """Run the block."""
        ...


@dataclass(frozen=True)
class Context:
    """What all blocks of an ensemble share.

    Attributes
    ----------
    world : object
        The model's static inputs.
    parameters_of : callable
        From columns by full name and a number of runs to the model's parameters.
    keys_of : callable
        From seed and numbers of random streams to their keys.
    plan : Plan
    outcomes, corridors, trades : tuple of str
        Names along the axes of results.
    first_year : int
        First year of results.
    shared_before : int
        Years before it are the same under every policy.
    last_month, knockout_last_month : int
    seed : int
    """

    world: Any
    parameters_of: Callable[[Mapping[str, np.ndarray], int], Any]
    keys_of: Callable[[int, np.ndarray], np.ndarray]
    plan: Plan
    outcomes: tuple[str, ...]
    corridors: tuple[str, ...]
    trades: tuple[str, ...]
    first_year: int
    shared_before: int
    last_month: int
    knockout_last_month: int
    seed: int


@dataclass(frozen=True)
class BlockTables:
    """Tables of one block by the folder they go to, and what is to be known of its runs.

    Attributes
    ----------
    tables : mapping of str to pyarrow.Table
    failed : tuple of dict
        ``run``, ``policy`` and ``message`` of each run that failed.
    price_cap : mapping of str to list of int
        Runs, by policy, in which a price touched its cap in some month.
    seconds : float
        Time that the block took.
    """

    tables: Mapping[str, pa.Table]
    failed: tuple[dict[str, Any], ...] = ()
    price_cap: Mapping[str, list[int]] = field(default_factory=dict)
    seconds: float = 0.0


def compute_block(context: Context, draws: Draws, runner: Runner) -> BlockTables:
    """Run some draws under every policy.

    A run that raises or gives numbers that are not finite is left out of the tables, under every policy (an
    unpaired draw is of no use), and recorded; the others go on.

    Returns
    -------
    BlockTables
        ``yearly`` and ``corridors``; rows of shared years stand once, under the baseline.
    """
    began = time.perf_counter()
    kept, yearly, corridors, capped, failed = _run_rows(context, draws, context.plan, context.last_month, runner)
    if kept:
        good, more = _check(context, yearly, corridors, [int(draws.numbers[i]) for i in kept], context.plan.policies)
        failed += more
        kept = [i for i, fine in zip(kept, good) if fine]
        if not good.all():
            yearly, corridors, capped = yearly[:, good], corridors[:, good], capped[:, good]
    numbers = draws.numbers[np.asarray(kept, dtype=np.int64)]
    tables = {
        "yearly": yearly_table(context, numbers, yearly),
        "corridors": corridor_table(context, numbers, corridors),
    }
    price_cap = {p: numbers[capped[i]].tolist() for i, p in enumerate(context.plan.policies) if capped[i].any()}
    return BlockTables(tables, _without_row(failed), price_cap, time.perf_counter() - began)


def compute_knockouts(context: Context, draws: Draws, mechanisms: tuple[str, ...], runner: Runner) -> BlockTables:
    """Run some draws, baseline only, once with each of the mechanisms off from the start.

    Returns
    -------
    BlockTables
        ``knockouts``: mechanism, run, year and the outcomes, up to ``context.knockout_last_month``.
    """
    began = time.perf_counter()
    runs = len(draws)
    many = draws.take(np.tile(np.arange(runs), len(mechanisms)))
    on = many.on.copy()
    for i, mechanism in enumerate(mechanisms):
        on[i * runs : (i + 1) * runs, draws.mechanisms.index(mechanism)] = 0.0
    many = replace(many, on=on)
    plan = context.plan.baseline_only()
    kept, yearly, corridors, _, failed = _run_rows(context, many, plan, context.knockout_last_month, runner)
    labels = [f"without {m}" for m in mechanisms for _ in range(runs)]
    for record in failed:
        record["policy"] = labels[record.pop("row")]
    if kept:
        good, more = _check(
            context, yearly, corridors, [int(many.numbers[i]) for i in kept], plan.policies, core_only=False
        )
        for record in more:
            record["policy"] = labels[kept[record.pop("row")]]
        failed += more
        kept = [i for i, fine in zip(kept, good) if fine]
        yearly = yearly[:, good]
    rows = np.asarray(kept, dtype=np.int64)
    years = yearly.shape[2]
    columns: dict[str, pa.Array] = {
        "mechanism": coded(np.repeat(rows // max(runs, 1), years), mechanisms),
        "run": pa.array(np.repeat(many.numbers[rows], years).astype(np.int32)),
        "year": pa.array(np.tile(context.first_year + np.arange(years), len(rows)).astype(np.int16)),
    }
    columns.update(columns_of(np.ascontiguousarray(yearly[0].reshape(-1, len(context.outcomes)).T), context.outcomes))
    return BlockTables({"knockouts": pa.table(columns)}, _without_row(failed), {}, time.perf_counter() - began)


def _without_row(failed: list[dict[str, Any]]) -> tuple[dict[str, Any], ...]:
    return tuple({k: v for k, v in record.items() if k != "row"} for record in failed)


def _run_rows(
    context: Context, draws: Draws, plan: Plan, last_month: int, runner: Runner
) -> tuple[list[int], np.ndarray, np.ndarray, np.ndarray, list[dict[str, Any]]]:
    """Run rows together; where that raises, in halves, until the rows at fault stand alone."""
    none = (len(plan.policies), 0, 0)
    flows = (*none, len(context.corridors), len(context.trades), 2)
    empty = np.empty((*none, len(context.outcomes))), np.empty(flows), np.empty(none[:2], dtype=bool)

    def attempt(rows: list[int]) -> tuple[list[int], list[Result], list[dict[str, Any]]]:
        part = draws.take(rows)
        try:
            parameters = context.parameters_of(part.columns(), len(part))
            keys = context.keys_of(context.seed, part.streams)
            result = runner(context.world, parameters, np.array(part.on), keys, plan, last_month)
            return rows, [result], []
        except Exception as error:
            # Deliberately broad: whatever one run raises, it must not end the others.
            if len(rows) == 1:
                _log.debug("run %d failed", part.numbers[0], exc_info=True)
                words = " ".join(f"{type(error).__name__}: {error}".split())
                return [], [], [{"run": int(part.numbers[0]), "policy": None, "message": words, "row": rows[0]}]
            half = len(rows) // 2
            first, second = attempt(rows[:half]), attempt(rows[half:])
            return first[0] + second[0], first[1] + second[1], first[2] + second[2]

    kept, results, failed = attempt(list(range(len(draws))))
    if not results:
        return [], *empty, failed
    parts = zip(*((r.yearly, r.corridors, r.touched_cap) for r in results))
    yearly, corridors, capped = (p[0] if len(p) == 1 else np.concatenate(p, axis=1) for p in parts)
    return kept, yearly, corridors, capped, failed


def _check(
    context: Context,
    yearly: np.ndarray,
    corridors: np.ndarray,
    numbers: list[int],
    policies: tuple[str, ...],
    core_only: bool = True,
) -> tuple[np.ndarray, list[dict[str, Any]]]:
    """Mark runs with infinite numbers, or NaN where a number must exist; return the good ones and records."""
    if _fine(context, yearly, corridors, core_only):
        return np.ones(len(numbers), dtype=bool), []
    bad = np.isinf(yearly)
    if core_only:
        core = _core(context)
        bad[..., core] |= np.isnan(yearly[..., core])
    flow_bad = ~np.isfinite(corridors).all(axis=(0, 2, 3, 4, 5))
    good = ~(bad.any(axis=(0, 2, 3)) | flow_bad)
    failed = []
    for row in np.flatnonzero(~good):
        where = np.argwhere(bad[:, row])
        if len(where):
            p, y, o = where[0]
            message = f"{context.outcomes[o]} is not finite in {context.first_year + y}"
            policy = policies[p]
        else:
            message, policy = "a corridor's flow is not finite", None
        failed.append({"run": numbers[row], "policy": policy, "message": message, "row": int(row)})
    return good, failed


def _core(context: Context) -> list[int]:
    return [i for i, name in enumerate(context.outcomes) if name in ALWAYS_FINITE]


def _fine(context: Context, yearly: np.ndarray, corridors: np.ndarray, core_only: bool) -> bool:
    """Whether nothing that is stored is at fault: nearly always so, and quick to see."""
    core = _core(context) if core_only else []
    return all(
        not np.isinf(part).any() and not np.isnan(part[..., core]).any() for _, _, part in parts_of(context, yearly)
    ) and all(np.isfinite(part).all() for _, _, part in parts_of(context, corridors))
