"""The loop: the printed order of processes, the snapshot, and the policies that branch from it.

Runs of a block advance together, process by process; each process is one compiled function over all runs of the
block. The order is ``PROCESSES``; everything in a month reads last month's values of what later processes own.
Policies branch from one snapshot of the baseline at the first month in which any of them acts, and are identical to
the bit to runs made in full.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
    organisations,
    organisations_life,
    patronage,
    people,
    routes,
)
from qorgau.model.clock import STEPS_A_YEAR
from qorgau.model.outcomes import Collector
from qorgau.model.parameters import Parameters
from qorgau.model.state import State, allocate
from qorgau.model.units import PRICE_CAP
from qorgau.model.world import INSTRUMENTS, World

__all__ = [
    "FIRST_YEAR", "PROCESSES", "BlockResult", "Branch", "advance_month", "baseline_only", "begin", "simulate_block",
]

FIRST_YEAR = 1991
"""First year in the tables; months before it are spin-up."""

PROCESSES: tuple[tuple[str, str], ...] = (
    ("economy", "wages, departures, migrants, remittances, the pool open to recruiters"),
    ("enforcement: detection", "hazards of corridors and bribe rates"),
    ("facilitators", "services of the legitimate world"),
    ("routes", "route plans of the organisations whose turn it is"),
    ("organisations", "anticipated prices, choice of trade, carrying, money, ties, learning"),
    ("organisations: life", "exit and entry"),
    ("drug market", "clearing, stocks, users, price at the source"),
    ("human trade", "recruitment, interception, arrival, price of exploitation"),
    ("people", "exits, care, trafficked again"),
    ("cases", "identified, investigated, prosecuted, convicted"),
    ("corruption", "conduct of officials, protection of firms, shielding"),
    ("patronage", "appointments, ties, rotation, salience"),
    ("enforcement: allocation", "officers follow success"),
    ("measures", "attention, law, delivered measures, cost"),
    ("indicators", "what the world sees"),
)
"""The printed order of processes in a month."""


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


def advance_month(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
    levers: np.ndarray, geometry: routes.Geometry, watch: Callable[[str, State], None] | None = None,
) -> None:
    """One month of every run, in the order of ``PROCESSES``; ``watch`` is called after each process."""
    args = (world, state, parameters, on, keys, month)
    steps: tuple[Callable[[], None], ...] = (
        lambda: economy.advance(*args, levers),
        lambda: enforcement.advance_detection(*args),
        lambda: facilitators.advance(*args, levers),
        lambda: routes.advance(*args, geometry),
        lambda: organisations.advance(*args, geometry),
        lambda: organisations_life.advance(*args),
        lambda: drug_market.advance(*args),
        lambda: human_trade.advance(*args, levers),
        lambda: people.advance(*args, levers),
        lambda: cases.advance(*args, levers),
        lambda: corruption.advance(*args, levers),
        lambda: patronage.advance(*args, levers),
        lambda: enforcement.advance_allocation(*args),
        lambda: measures.advance(*args, levers),
        lambda: indicators.advance(*args, levers),
    )
    for (name, _), step in zip(PROCESSES, steps, strict=True):
        step()
        if watch is not None:
            watch(name, state)


def _tile(parameters: Parameters, times: int) -> Mapping[str, np.ndarray]:
    return {k: np.tile(a, times) for k, a in parameters.items()}


def simulate_block(
    world: World, parameters: Parameters, on: np.ndarray, keys: np.ndarray, branch: Branch, last_month: int
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

    Raises
    ------
    ValueError
        If ``last_month`` is not a December within the series.
    """
    if last_month % STEPS_A_YEAR != STEPS_A_YEAR - 1 or last_month >= world.months:
        raise ValueError(f"last_month {last_month} must be a December within the {world.months} months of the series")
    if len(keys) == 1:
        # NumPy adds up a single row in another order than several, which moves last digits: run it beside its copy
        two = simulate_block(world, _tile(parameters, 2), np.tile(on, (2, 1)), np.tile(keys, 2), branch, last_month)
        capped = two.touched_cap[:, :1]
        return replace(two, yearly=two.yearly[:, :1], corridors=two.corridors[:, :1], touched_cap=capped)
    runs, policies = len(keys), len(branch.policies)
    first = branch.first_month(last_month)
    years = world.start_year + last_month // STEPS_A_YEAR - FIRST_YEAR + 1
    geometry = routes.geometry_of(world)
    state = begin(world, parameters, on, keys)
    collector = Collector(world, runs)
    yearly: np.ndarray | None = None
    corridors = np.zeros((policies, runs, years, world.sizes["corridor"], 3, 2), dtype=np.float32)
    capped = np.zeros((policies, runs), dtype=bool)
    rows = 1
    levers = np.zeros((runs, world.sizes["instrument"]))
    # the collector restarts at the branch, so the baseline is carried to the start of that year only
    split = first - first % STEPS_A_YEAR
    for month in range(last_month + 1):
        if month == split and policies > 1 and first <= last_month:
            state = state.repeat(policies)
            parameters, on, keys = _tile(parameters, policies), np.tile(on, (policies, 1)), np.tile(keys, policies)
            on = np.ascontiguousarray(on)
            collector = Collector(world, runs * policies)
            rows = policies
            levers = np.zeros((runs * policies, world.sizes["instrument"]))
        if rows == policies and month >= first:
            levers = np.repeat(branch.at(month), runs, axis=0)
        advance_month(world, state, parameters, on, keys, month, levers, geometry)
        year = world.start_year + month // STEPS_A_YEAR
        if year < FIRST_YEAR:
            continue
        collector.month(state)
        touched = (state.price >= PRICE_CAP).any(axis=1).reshape(rows, runs)
        capped[:rows] |= touched
        if month % STEPS_A_YEAR == STEPS_A_YEAR - 1:
            table, traffic = collector.year()
            if yearly is None:
                yearly = np.full((policies, runs, years, table.shape[1]), np.nan)
            y = year - FIRST_YEAR
            yearly[:rows, :, y] = table.reshape(rows, runs, -1)
            corridors[:rows, :, y] = traffic.reshape(rows, runs, *traffic.shape[1:])
            if rows == 1 and policies > 1:
                yearly[1:, :, y] = yearly[0, :, y]
        if rows == 1:
            capped[1:] = capped[0]
    assert yearly is not None
    return BlockResult(yearly, corridors, FIRST_YEAR, world.start_year + split // STEPS_A_YEAR, capped)
