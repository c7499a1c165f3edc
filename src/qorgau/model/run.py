"""Runs of a block from their start to their end: the snapshot, and the policies that branch from it.

Runs of a block advance together, year by year, in the order of ``PROCESSES`` (``months``); each process is one compiled
function over rows. Policies branch from one snapshot of the baseline in the first year in which any of them acts, and
are identical to the bit to runs made in full.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from qorgau.model import (
    cases,
    corruption,
    drug_market,
    economy,
    enforcement,
    facilitators,
    human_trade,
    indicators,
    measures,
    organisations_life,
    patronage,
    people,
    routes,
)
from qorgau.model.clock import STEPS_A_YEAR
from qorgau.model.months import PROCESSES, Advance, Rows, advance_month
from qorgau.model.parameters import Parameters
from qorgau.model.state import State, allocate
from qorgau.model.world import INSTRUMENTS, World

__all__ = [
    "FIRST_YEAR", "PROCESSES", "BlockResult", "Branch", "advance_month", "baseline_only", "begin", "simulate_block",
]

FIRST_YEAR = 1991
"""First year in the tables; months before it are spin-up."""


@dataclass(frozen=True)
class Branch:
    """Policies that branch from the baseline.

    Attributes
    ----------
    policies : tuple of str
        Names; the first is the baseline.
    levers : ndarray, shape (policies, instruments)
        Intensity of each measure at full ramp, 0 to 1.
    start_month : ndarray of int, shape (policies, instruments)
        Month (0 is January of the world's start year) from which it ramps up.
    ramp_months : ndarray of int, shape (instruments,)
        Months until full intensity, 1 or more.
    """

    policies: tuple[str, ...]
    levers: np.ndarray
    start_month: np.ndarray
    ramp_months: np.ndarray

    def first_month(self, last_month: int) -> int:
        """First month in which any policy acts, or the month after the last."""
        acting = self.levers > 0.0
        return int(min(last_month + 1, self.start_month[acting].min())) if acting.any() else last_month + 1

    def at(self, month: int) -> np.ndarray:
        """Levers of a month, shape (policies, instruments)."""
        ramp = np.clip((month - self.start_month + 1) / self.ramp_months[None, :], 0.0, 1.0)
        return self.levers * ramp


def baseline_only() -> Branch:
    """A branch with the baseline alone."""
    k = len(INSTRUMENTS)
    return Branch(("baseline",), np.zeros((1, k)), np.zeros((1, k), dtype=np.int64), np.ones(k, dtype=np.int64))


@dataclass(frozen=True)
class BlockResult:
    """Tables of a block.

    Attributes
    ----------
    yearly : ndarray, shape (policies, runs, years, outcomes)
    corridors : ndarray of float32, shape (policies, runs, years, corridors, trades, 2)
        Carried and seized; zero for policies before they branch (they are the baseline's).
    branch_year : int
        First year in which policies may differ.
    touched_cap : ndarray of bool, shape (policies, runs)
        A price touched its cap in some month.
    """

    yearly: np.ndarray
    corridors: np.ndarray
    first_year: int
    branch_year: int
    touched_cap: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=bool))


def begin(world: World, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> State:
    """State of January 1989: posts and prices at rest, organisations of Soviet times, route plans made."""
    state = allocate(world.sizes, len(keys))
    args = (world, state, parameters, on, keys)
    measures.start(*args)
    patronage.start(*args)
    corruption.start(*args)
    facilitators.start(*args)
    economy.start(*args)
    state.effort[:] = enforcement.EFFORT_REFERENCE
    # the reference price of demand is the cost of supply with borders as controlled today, without campaigns
    calm = {**parameters, "enforcement": parameters["enforcement"].copy()}
    calm["enforcement"]["campaign_noise"] = 0.0
    enforcement.advance_detection(world, state, calm, on, keys, world.months - 1)
    drug_market.start(*args)
    state.corridor_noise[:] = 0.0
    enforcement.start(*args)
    routes.start(*args)
    organisations_life.start(*args)
    human_trade.start(*args)
    people.start(*args)
    cases.start(*args)
    indicators.start(*args)
    routes.advance(*args, 0, routes.geometry_of(world), everything=True)
    return state


def _tile(parameters: Parameters, times: int) -> Mapping[str, np.ndarray]:
    return {k: np.tile(a, times) for k, a in parameters.items()}


def simulate_block(
    world: World, parameters: Parameters, on: np.ndarray, keys: np.ndarray, branch: Branch, last_month: int,
    advance: Advance | None = None,
) -> BlockResult:
    """Simulate every run of a block under every policy.

    Parameters
    ----------
    world : World
    parameters : mapping of structured arrays, each of shape (runs,)
    on : ndarray, shape (runs, mechanisms)
    keys : ndarray of uint64, shape (runs,)
        From ``streams.run_keys``; the same for every policy.
    branch : Branch
    last_month : int
        Last month simulated, a December; month 0 is January of ``world.start_year``.
    advance : callable, optional
        Carries out a month in Python instead of `advance_month`, for tests and clocks; see `Rows`.

    Raises
    ------
    ValueError
        If ``last_month`` is not a December within the series.
    """
    if last_month % STEPS_A_YEAR != STEPS_A_YEAR - 1 or last_month >= world.months:
        raise ValueError(f"last_month {last_month} must be a December within the {world.months} months of the series")
    if len(keys) == 1:
        # NumPy adds up a single row in another order than several, which moves last digits: run it beside its copy
        two = simulate_block(world, _tile(parameters, 2), np.tile(on, (2, 1)), np.tile(keys, 2), branch, last_month,
                             advance)
        capped = two.touched_cap[:, :1]
        return replace(two, yearly=two.yearly[:, :1], corridors=two.corridors[:, :1], touched_cap=capped)
    runs, policies = len(keys), len(branch.policies)
    first = branch.first_month(last_month)
    last_year = world.start_year + last_month // STEPS_A_YEAR
    # a year's table is of the months since January, so the baseline is carried to the start of that year only
    split_year = world.start_year + first // STEPS_A_YEAR
    rows = Rows(world, begin(world, parameters, on, keys), parameters, on, keys, advance)
    count = 1
    yearly: np.ndarray | None = None
    years = last_year - FIRST_YEAR + 1
    corridors = np.zeros((policies, runs, years, world.sizes["corridor"], 3, 2), dtype=np.float32)
    capped = np.zeros((policies, runs), dtype=bool)
    for year in range(world.start_year, last_year + 1):
        levers: np.ndarray | None = None
        if year == split_year and policies > 1 and first <= last_month:
            # policies of a run side by side: they draw the same numbers and differ little, so that the processor's
            # guesses for one hold for the next
            spread = {name: np.repeat(table, policies) for name, table in parameters.items()}
            rows = Rows(world, rows.state.spread(policies), spread, np.repeat(on, policies, axis=0),
                        np.repeat(keys, policies), advance)
            count = policies
        if count == policies and year >= split_year:
            january = STEPS_A_YEAR * (year - world.start_year)
            by_month = [branch.at(january + month) for month in range(STEPS_A_YEAR)]
            levers = np.tile(np.stack(by_month, axis=1), (runs, 1, 1))
        rows.year(year, levers, collect=year >= FIRST_YEAR)
        if year < FIRST_YEAR:
            continue
        table, traffic = rows.table()
        if yearly is None:
            yearly = np.full((policies, runs, years, table.shape[1]), np.nan)
        y = year - FIRST_YEAR
        yearly[:count, :, y] = table.reshape(runs, count, -1).swapaxes(0, 1)
        corridors[:count, :, y] = traffic.reshape(runs, count, *traffic.shape[1:]).swapaxes(0, 1)
        capped[:count] |= rows.touched.reshape(runs, count).T
        if count == 1 and policies > 1:
            yearly[1:, :, y] = yearly[0, :, y]
            capped[1:] = capped[0]
    assert yearly is not None
    return BlockResult(yearly, corridors, FIRST_YEAR, split_year, capped)
