"""Forms a yearly table from the months of a block; knows no outcome by name (``outcomes`` declares them).

A reading is a sum over cells of the state's arrays, or a function. All sums of a month are added up in one compiled
pass over arrays flattened by run (``tally``), which takes them sorted by array.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from qorgau.model.chains import chains_of, entropy, pack
from qorgau.model.state import FIXED_SIZES, VARIABLES, State
from qorgau.model.tally import add_flows, add_readings, form_year, relabelled
from qorgau.model.world import World

__all__ = ["Reading", "Term", "YearTable", "each", "labelled", "one"]

Fill = Callable[[State, np.ndarray], None]
_VARIABLE = {v.name: v for v in VARIABLES}


@dataclass(frozen=True)
class Term:
    """Weighted sum over cells of one array of the state.

    Attributes
    ----------
    array : str
        Name of the variable.
    index : any NumPy index into the array of one run (without the axis of runs)
        The cells that are added up; by default all.
    weight : float
    """

    array: str
    index: Any = ()
    weight: float = 1.0

    def cells(self, sizes: Mapping[str, int]) -> np.ndarray:
        """Positions of the cells in the flat array of one run."""
        dims = tuple(FIXED_SIZES.get(d) or sizes[d] for d in _VARIABLE[self.array].dims)
        return np.ravel(np.arange(math.prod(dims)).reshape(dims)[self.index])


@dataclass(frozen=True)
class Reading:
    """One or more columns read from the state each month.

    Attributes
    ----------
    names, unit
    kind : str
        "flow" (summed over the year), "mean" or "end" (read in December).
    columns : tuple, one per name, of terms that are added
    over : tuple, one per name or empty, of terms whose sum (at least 1) divides the column, month by month
    fill : callable, optional
        Instead of ``columns``: writes shape (runs, names) by calling a function compiled as ``compiled`` on arrays of
        the state, and does nothing else with numbers (its call may be written down and played later, see ``script``).
    """

    names: tuple[str, ...]
    unit: str
    kind: str
    columns: tuple[tuple[Term, ...], ...] = ()
    over: tuple[tuple[Term, ...], ...] = ()
    fill: Fill | None = None


def one(name: str, unit: str, kind: str, *terms: Term, over: Term | None = None, fill: Fill | None = None) -> Reading:
    """Reading of one column: a sum of terms (over another), or a function."""
    return Reading((name,), unit, kind, (terms,) if terms else (), ((over,),) if over else (), fill)


def each(names: Iterable[str], unit: str, kind: str, array: str, indices: Iterable[Any]) -> Reading:
    """Reading of one column per index into an array."""
    return Reading(tuple(names), unit, kind, tuple((Term(array, i),) for i in indices))


def _entries(
    arrays: Sequence[str], found: Mapping[str, list[tuple[int, np.ndarray, float]]]
) -> tuple[np.ndarray, list[tuple[int, np.ndarray, float]]]:
    """Terms of the given arrays, one array after the other, those of one cell first: pointers and terms.

    Array k has the terms ptr[2 k]:ptr[2 k + 2], of which those up to ptr[2 k + 1] have one cell.
    """
    counts, terms = [0], []
    for name in arrays:
        for short in (True, False):
            part = [term for term in found[name] if (len(term[1]) == 1) == short]
            counts.append(len(part))
            terms += part
    return np.cumsum(counts), terms


def labelled(world: World) -> np.ndarray:
    """Networks that go by a label of origin, which may be put on the wrong groups: all but official rackets."""
    return np.flatnonzero(world.network_official == 0)


class _Plan:
    """Readings as flat arrays for ``add_readings``."""

    def __init__(self, world: World, items: Sequence[Reading]):
        found: dict[str, list[tuple[int, np.ndarray, float]]] = {}
        top: list[int] = []
        other: list[int] = []
        below: list[tuple[Term, ...]] = []
        self.fills: list[tuple[Fill, int]] = []
        column = 0
        for item in items:
            if item.fill is not None:
                self.fills.append((item.fill, len(item.names)))
                other += range(column, column + len(item.names))
            elif len(item.columns) != len(item.names):
                raise ValueError(f"reading {item.names}: {len(item.names)} names, {len(item.columns)} columns")
            for i, terms in enumerate(item.columns):
                for t in terms:
                    found.setdefault(t.array, []).append((column + i, t.cells(world.sizes), t.weight))
            if item.over:
                top += range(column, column + len(item.names))
                below += item.over
            column += len(item.names)
        for i, terms in enumerate(below):
            for t in terms:
                found.setdefault(t.array, []).append((column + i, t.cells(world.sizes), t.weight))
        self.reals = [name for name in found if not _VARIABLE[name].integer]
        self.wholes = [name for name in found if _VARIABLE[name].integer]
        real_ptr, real = _entries(self.reals, found)
        whole_ptr, whole = _entries(self.wholes, found)
        terms_of = real + whole
        kinds = [item.kind for item in items for _ in item.names]
        self.width = column
        self.work = column + len(below)
        self.mean = np.array([k == "mean" for k in kinds])
        self.real_ptr, self.whole_ptr = real_ptr, whole_ptr + real_ptr[-1]
        self.entries = (
            np.array([column for column, _, _ in terms_of], dtype=np.uint32),
            np.array([weight for _, _, weight in terms_of], dtype=np.float64),
            np.cumsum([0, *(len(cells) for _, cells, _ in terms_of)]),
            np.concatenate([cells for _, cells, _ in terms_of]).astype(np.uint32),
        )
        self.ratios = (np.array(top, dtype=np.int64), column + np.arange(len(below)))
        self.other = np.array(other, dtype=np.int64)
        self.last = np.array([k == "end" for k in kinds]).astype(np.int64)


class YearTable:
    """Sums the months of a year and forms its outcomes; also the yearly traffic on corridors.

    Call ``month`` after each month and ``year`` after December.

    Parameters
    ----------
    world : World
    runs : int
        Rows of the block.
    items : sequence of Reading
        First columns of the table, in order. Those formed from the year's totals follow: months exploited, corridors
        in use, effective number of organisations, shares of networks, governors' spells, and entropies of routes.
    countries : sequence of int
        States of which the entropy is told, after that of the state in focus, which is one of them.

    Raises
    ------
    KeyError, IndexError
        If a term names no array of the state, or cells outside it.
    ValueError
        If a reading has not one column per name.
    """

    def __init__(self, world: World, runs: int, items: Sequence[Reading], countries: Sequence[int]):
        self._world = world
        self._plan = _Plan(world, items)
        self._chains = [pack(world, chains_of(world, s)) for s in countries]
        self._told_first = list(countries).index(world.focus)
        self._runs = runs
        networks = world.sizes["network"]
        self._sum = np.zeros((runs, self._plan.width))
        self._other = np.zeros((runs, len(self._plan.other)))
        self._route_kg = np.zeros((runs, len(world.route_km)))
        self._by_organisation = np.zeros((runs, world.sizes["organisation"]))
        self._by_network = np.zeros((runs, networks))
        self._spells = np.zeros((runs, 5))
        self._traffic = np.zeros((runs, world.sizes["corridor"], 3, 2), dtype=np.float32)
        self._months = 0
        self._destinations = np.flatnonzero(world.place_state[world.destination_place] == world.focus)
        self._value = np.zeros((runs, self._plan.work))
        self._seen: State | None = None
        self._error = np.zeros(runs)

    def arrays(self) -> dict[str, np.ndarray]:
        """All arrays that a month writes, by name (the arrays themselves); first axis: runs."""
        return {"value": self._value, **self._totals(), "other": self._other}

    def _totals(self) -> dict[str, np.ndarray]:
        return {
            "sum": self._sum, "route_kg": self._route_kg, "by_organisation": self._by_organisation,
            "by_network": self._by_network, "spells": self._spells, "traffic": self._traffic,
        }

    def _look_at(self, state: State) -> None:
        """Keep flat views of a state: its arrays change in place from month to month."""
        self._seen = state
        self._error = state.label_error
        self._reals, self._wholes = (
            tuple(getattr(state, name).reshape(self._runs, -1) for name in names)
            for names in (self._plan.reals, self._plan.wholes)
        )
        s = state
        self._flows = (
            s.route_kg, s.purchased, s.network_kg, s.carried_kg, s.seized_kg, s.carried_people, s.escaped,
            s.outreach_exits, s.self_reported, s.ended, s.freed_by_courts, s.identified, s.intercepted, s.exploited,
            s.spells_ended, s.spell_months, s.spells_long,
        )

    def month(self, state: State) -> None:
        """Add one month."""
        if state is not self._seen:
            self._look_at(state)
        plan, at = self._plan, 0
        for fill, count in plan.fills:
            fill(state, self._other[:, at: at + count])
            at += count
        add_readings(self._reals, plan.real_ptr, self._wholes, plan.whole_ptr, *plan.entries, *plan.ratios, self._other,
                     plan.other, plan.last, self._value, self._sum)
        add_flows(self._world.focus, self._destinations, *self._flows, self._route_kg, self._by_organisation,
                  self._by_network, self._spells, self._traffic)
        self._months += 1

    def played(self, state: State, months: int) -> None:
        """Take note of months of a state that were added without calls of ``month``."""
        if state is not self._seen:
            self._look_at(state)
        self._months += months

    def year(self) -> tuple[np.ndarray, np.ndarray]:
        """Outcomes (runs, outcomes) and corridor traffic (runs, corridors, trades, 2) of the year; starts the next."""
        networks = self._by_network.shape[1]
        formed = np.empty((self._runs, 5 + networks))
        form_year(self._by_organisation, self._by_network, self._spells, self._traffic, formed)
        told = relabelled(formed[:, 5 + labelled(self._world)], self._error)
        entropies = [entropy(chains, self._route_kg) for chains in self._chains]
        self._sum /= np.where(self._plan.mean, max(1, self._months), 1)
        table = np.column_stack([
            self._sum, formed[:, :3], formed[:, 5:], told, formed[:, 3:5], entropies[self._told_first], *entropies,
        ])
        traffic = self._traffic.copy()
        for total in self._totals().values():
            total[:] = 0
        self._months = 0
        return table, traffic
