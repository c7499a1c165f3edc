"""Running the model so that a setting costs only the years after it starts: the baseline is kept, with snapshots.

A *trunk* is a block of draws run under the baseline once, with the state of the model kept at a few Januaries. A
setting branches from the latest snapshot before it starts, with the same parameters, switches and random streams,
so every difference is paired, and the same to the bit as in an ensemble that runs both from the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from qorgau.ensemble.blocks import ALWAYS_FINITE
from qorgau.ensemble.designs import Draws
from qorgau.ensemble.inputs import Inputs
from qorgau.ensemble.policies import Plan
from qorgau.model.months import Rows
from qorgau.model.run import FIRST_YEAR, Branch, begin
from qorgau.model.state import State

__all__ = ["Engine", "Flows", "ModelEngine", "Trunk"]

_SNAPSHOT_EVERY = 144
"""Months between snapshots before the usual start: each takes about 0.4 MB a run, and saves at most 12 years."""


@dataclass(frozen=True)
class Flows:
    """Outcomes of a block under one policy.

    Attributes
    ----------
    rows : ndarray of int, shape (kept,)
        Rows of the block that ran and gave numbers; a draw that did not is left out.
    yearly : ndarray, shape (kept, years, outcomes)
    carried : ndarray of float32, shape (kept, years, corridors, trades)
        Persons or kg a year.
    """

    rows: np.ndarray
    yearly: np.ndarray
    carried: np.ndarray


@dataclass(frozen=True)
class Trunk:
    """A block under the baseline: its draws (those that ran), its outcomes in all years, states to branch from."""

    draws: Draws
    flows: Flows
    states: Mapping[int, Any] = field(default_factory=dict, repr=False)


class Engine(Protocol):
    """Runs blocks; `years` are those of the results, ascending by one."""

    years: tuple[int, ...]

    def trunk(self, draws: Draws) -> Trunk:
        """Run draws under the baseline."""
        ...

    def branch(self, trunk: Trunk, plan: Plan, first_year: int) -> Flows:
        """Run the second policy of `plan` on a trunk; outcomes from `first_year` to the last year."""
        ...


class ModelEngine:
    """The real model.

    Parameters
    ----------
    inputs : Inputs
        A case made ready for runs.
    seed : int
        Seed of the random streams.
    """

    def __init__(self, inputs: Inputs, seed: int) -> None:
        catalogue = inputs.catalogue
        self._inputs = inputs
        self._seed = seed
        self._last = catalogue.last_month
        last_year = catalogue.first_year + catalogue.last_month // 12
        self.years = tuple(range(FIRST_YEAR, last_year + 1))
        usual = catalogue.start_month - catalogue.start_month % 12
        earliest = max(0, (FIRST_YEAR - catalogue.first_year) * 12)
        self._marks = frozenset({earliest, *range(usual, earliest, -_SNAPSHOT_EVERY)})
        self._core = [i for i, name in enumerate(inputs.outcomes) if name in ALWAYS_FINITE]

    def trunk(self, draws: Draws) -> Trunk:
        """Run draws under the baseline; those that raise are left out, alone.

        Raises
        ------
        Exception
            What the last draw raised, when none could be run.
        """
        try:
            return self._trunk(draws)
        except Exception:
            # Deliberately broad: whatever one run raises, it must not end the others.
            if len(draws) == 1:
                raise
            good, error = [], None
            for row in range(len(draws)):
                try:
                    self._trunk(draws.take([row]))
                    good.append(row)
                except Exception as found:
                    error = found
            if not good:
                assert error is not None
                raise error from None
            return self._trunk(draws.take(good))

    def branch(self, trunk: Trunk, plan: Plan, first_year: int) -> Flows:
        """Run the second policy of `plan`; see `Engine.branch`."""
        world, catalogue = self._inputs.world, self._inputs.catalogue
        branch = Branch(plan.policies, plan.levers, plan.start_month, plan.ramp_months)
        acts = branch.first_month(self._last)
        split = acts - acts % 12
        mark = max((m for m in trunk.states if m <= split), default=None)
        if mark is None or split > self._last:
            return self._cut(trunk.flows, first_year)
        parameters, on, keys = self._of(trunk.draws)
        state: State = trunk.states[mark].copy()
        rows = Rows(world, state, parameters, on, keys)
        tables, traffic = [], []
        for january in range(mark, self._last + 1, 12):
            levers = np.stack([branch.at(january + month)[1:2] for month in range(12)], axis=1)
            rows.year(world.start_year + january // 12, levers)
            table, carried = rows.table()
            tables.append(table[: len(trunk.draws)])
            traffic.append(carried[: len(trunk.draws), ..., 0])
        before = mark // 12 + catalogue.first_year - FIRST_YEAR
        old = trunk.flows
        yearly = np.concatenate([old.yearly[:, :before], np.stack(tables, axis=1)], axis=1)
        flows = np.concatenate([old.carried[:, :before], np.stack(traffic, axis=1)], axis=1)
        return self._cut(self._checked(yearly, flows), first_year)

    def _trunk(self, draws: Draws) -> Trunk:
        world = self._inputs.world
        parameters, on, keys = self._of(draws)
        state = begin(world, parameters, on, keys)
        rows = Rows(world, state, parameters, on, keys)
        states: dict[int, State] = {}
        tables, traffic = [], []
        for january in range(0, self._last + 1, 12):
            if january in self._marks:
                states[january] = state.copy()
            year = world.start_year + january // 12
            rows.year(year, collect=year >= FIRST_YEAR)
            if year < FIRST_YEAR:
                continue
            table, carried = rows.table()
            tables.append(table[: len(draws)])
            traffic.append(carried[: len(draws), ..., 0])
        flows = self._checked(np.stack(tables, axis=1), np.stack(traffic, axis=1))
        if len(flows.rows) < len(draws):
            if not len(flows.rows):
                raise FloatingPointError("outcomes are not finite")
            return self._trunk(draws.take(flows.rows))
        return Trunk(draws, flows, states)

    def _of(self, draws: Draws) -> tuple[Any, np.ndarray, np.ndarray]:
        """Return parameters, switches and keys; a run alone goes beside its own copy, as in ensembles."""
        rows = draws if len(draws) > 1 else draws.take([0, 0])
        parameters = self._inputs.parameters_of(rows.columns(), len(rows))
        return parameters, np.array(rows.on), self._inputs.keys_of(self._seed, rows.streams)

    def _checked(self, yearly: np.ndarray, carried: np.ndarray) -> Flows:
        bad = np.isinf(yearly).any(axis=(1, 2)) | np.isnan(yearly[..., self._core]).any(axis=(1, 2))
        rows = np.flatnonzero(~bad)
        return Flows(rows, yearly[rows], carried[rows])

    def _cut(self, flows: Flows, first_year: int) -> Flows:
        start = first_year - self.years[0]
        return Flows(flows.rows, flows.yearly[:, start:].copy(), flows.carried[:, start:].copy())
