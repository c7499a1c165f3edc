"""A month of a block of runs: the printed order of processes, and rows that go through it year by year.

Everything in a month reads last month's values of what later processes own. Rows are taken a few at a time through all
months of a year, since the state of a few runs stays in the cache; so that calls from Python do not then outweigh the
work, months are played from a script of their world (``script``). What is played is what ``advance_month`` does, to the
bit; without a compiler, or where another order is asked for, it is done in Python for all rows at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

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
from qorgau.model.compiled import compiled
from qorgau.model.outcomes import Collector
from qorgau.model.parameters import Parameters
from qorgau.model.script import Cast, Script, can_play, scripts_of
from qorgau.model.state import State, allocate
from qorgau.model.units import PRICE_CAP
from qorgau.model.world import World

__all__ = ["PROCESSES", "Advance", "Rows", "advance_month"]

TILE_BYTES = 4_000_000
"""Bytes of state and work space of the rows that go through a year together (measured: docs/decisions/0120)."""

MOST_ROWS = 64
"""Rows of a tile at most: with more, little of what is done once a call is left to save."""

class Advance(Protocol):
    """Carries out a month of every row, as `advance_month` does."""

    def __call__(
        self, world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
        levers: np.ndarray, geometry: routes.Geometry,
    ) -> None:
        """Carry out a month."""


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


@compiled
def _take_levers(ahead, month, levers):
    """Take the levers of a month of the year."""
    for r in range(levers.shape[0]):
        for k in range(levers.shape[1]):
            levers[r, k] = ahead[r, month, k]


@compiled
def _note_cap(price, cap, touched):
    """Note in which rows a price has touched its cap."""
    for r in range(price.shape[0]):
        for m in range(price.shape[1]):
            if price[r, m] >= cap:
                touched[r] = True


class Rows:
    """Rows of a block on their way through the years.

    Parameters
    ----------
    world : World
    state : State
        Changed in place.
    parameters : mapping of structured arrays, each of shape (rows,)
    on : ndarray, shape (rows, mechanisms)
    keys : ndarray of uint64, shape (rows,)
    advance : callable, optional
        Carries out a month instead of `advance_month`, for tests and clocks; then nothing is played.

    Attributes
    ----------
    touched : ndarray of bool, shape (rows,)
        A price touched its cap in a month that was collected.
    """

    def __init__(
        self, world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray,
        advance: Advance | None = None,
    ):
        rows, kinds = len(keys), world.sizes["instrument"]
        self.state = state
        self.touched = np.zeros(rows, dtype=np.bool_)
        self._world, self._keys, self._on = world, np.ascontiguousarray(keys), np.ascontiguousarray(on)
        self._parameters = {name: np.require(table, requirements="C") for name, table in parameters.items()}
        self._geometry = routes.geometry_of(world)
        self._advance = advance
        self._collector = Collector(world, rows)
        self._levers = np.zeros((rows, kinds))
        self._ahead = np.zeros((rows, STEPS_A_YEAR, kinds))
        self._cast: Cast | None = None

    def year(self, year: int, levers: np.ndarray | None = None, collect: bool = True) -> None:
        """Carry out the months of a year.

        Parameters
        ----------
        year : int
            Calendar year.
        levers : ndarray, shape (rows, months, instruments), optional
            Intensity of each lever in [0, 1]; none by default.
        collect : bool
            Add the months to the year's table.
        """
        self._ahead[:] = 0.0 if levers is None else levers
        begin = STEPS_A_YEAR * (year - self._world.start_year)
        self.go(range(begin, begin + STEPS_A_YEAR), collect)

    def go(self, months: range, collect: bool = True) -> None:
        """Carry out some months, with the levers of the last ``year``; month 0 is January of the world's first year."""
        if self._advance is not None or not can_play():
            for month in months:
                self._alone(month)
                if collect:
                    self._collect(month)
            return
        if self._cast is None:
            self._cast = Cast.of(self._arrays())
            self._script = scripts_of(self._world).of(self._cast.arrays, self._new_script)
            self._tile = max(1, min(MOST_ROWS, TILE_BYTES // max(1, int(self._cast.stride.sum()))))
        self._script.play(self._cast, months, 2 if collect else 1, self._tile)
        if collect:
            self._collector.played(self.state, len(months))

    def table(self) -> tuple[np.ndarray, np.ndarray]:
        """Outcomes (rows, outcomes) and corridor traffic (rows, corridors, trades, 2) of what was collected since."""
        return self._collector.year()

    def _alone(self, month: int) -> None:
        _take_levers(self._ahead, month % STEPS_A_YEAR, self._levers)
        advance = self._advance or advance_month
        advance(self._world, self.state, self._parameters, self._on, self._keys, month, self._levers, self._geometry)

    def _collect(self, month: int) -> None:
        self._collector.month(self.state)
        _note_cap(self.state.price, PRICE_CAP, self.touched)

    def _arrays(self) -> dict[str, np.ndarray]:
        return {
            **self.state.arrays(),
            **{f"parameters.{name}": table for name, table in self._parameters.items()},
            **{f"collector.{name}": array for name, array in self._collector.arrays().items()},
            "on": self._on, "keys": self._keys, "levers": self._levers, "ahead": self._ahead, "touched": self.touched,
        }

    def _new_script(self) -> Script:
        own: Mapping[str, Any] = {name: np.tile(table[:1], 2) for name, table in self._parameters.items()}
        state = allocate(self._world.sizes, 2)
        two = Rows(self._world, state, own, np.tile(self._on[:1], (2, 1)), np.tile(self._keys[:1], 2))
        return Script(two._arrays(), (two._alone, two._collect))
