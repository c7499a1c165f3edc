"""Paired runs: the same draws and the same chance, with one thing changed from a January on.

The baseline is run once. At the January in which an alternative begins, its runs take a copy of the baseline's state
and go on by themselves, with a changed world (series, events, corridors), switches, parameters, levers or dials. What
came before is the baseline's, to the bit. Dials are relative changes that no process writes: officers added on a
corridor, a raised hazard, a changed irregular share of arrivals, a changed load of organisations, posts whose officials
are all honest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from qorgau.model.clock import STEPS_A_YEAR
from qorgau.model.months import Rows
from qorgau.model.parameters import Parameters
from qorgau.model.run import FIRST_YEAR, begin
from qorgau.model.state import State
from qorgau.model.world import World

__all__ = ["Alternative", "AlternativeResult", "Dial", "simulate_alternatives"]


@dataclass(frozen=True)
class Dial:
    """A dial of the state and where it is set.

    Attributes
    ----------
    name : str
        ``effort_added``, ``hazard_raised``, ``irregular_changed``, ``carrying_changed`` or ``honest``.
    value : float
        In the variable's unit.
    index : tuple of int
        Corridors, states or posts that it is set on; unused for ``carrying_changed``.
    busiest_year : int or None
        Set it, run by run, only on the corridor of ``index`` that carried most opiates in that year of the baseline,
        both ways counted together, and on its way back.
    """

    name: str
    value: float
    index: tuple[int, ...] = ()
    busiest_year: int | None = None


@dataclass(frozen=True)
class Alternative:
    """What is different in one paired run.

    Attributes
    ----------
    first_year, last_year : int
        It begins in January of the first and ends with December of the last.
    world : World or None
        Static inputs in place of the baseline's.
    switches : mapping of int to float
        Mechanisms set on or off.
    factors : mapping of (subsystem, parameter) to float
        Parameters multiplied.
    levers : ndarray, shape (instruments,) or (runs, instruments)
        Added levers at full ramp, 0 to 1; an empty array for none.
    ramp_months : ndarray of int, shape (instruments,)
    dials : tuple of Dial
    """

    first_year: int
    last_year: int
    world: World | None = None
    switches: Mapping[int, float] = field(default_factory=dict)
    factors: Mapping[tuple[str, str], float] = field(default_factory=dict)
    levers: np.ndarray = field(default_factory=lambda: np.zeros(0))
    ramp_months: np.ndarray = field(default_factory=lambda: np.ones(0, dtype=np.int64))
    dials: tuple[Dial, ...] = ()


@dataclass(frozen=True)
class AlternativeResult:
    """Tables of a block of paired runs.

    Attributes
    ----------
    yearly : ndarray, shape (1 + alternatives, runs, years, outcomes)
        The baseline first. Years before an alternative begins are the baseline's; years after it ends are NaN.
    opiates : ndarray of float32, shape (1 + alternatives, runs, years, corridors)
        Opiates carried, kg/year.
    """

    yearly: np.ndarray
    opiates: np.ndarray


def _busiest(world: World, carried: np.ndarray, index: Sequence[int]) -> np.ndarray:
    """Of some corridors, the one that carried most with its way back, by run; ties go to the first."""
    both = carried + carried[:, world.corridor_reverse]
    chosen = np.asarray(index, dtype=np.int64)
    return chosen[np.argmax(both[:, chosen], axis=1)]


def _set_dials(world: World, state: State, dials: Sequence[Dial], carried_by_year: Mapping[int, np.ndarray]) -> None:
    for dial in dials:
        array = getattr(state, dial.name)
        if array.ndim == 1:
            array[:] = dial.value
        elif dial.busiest_year is None:
            array[:, list(dial.index)] = dial.value
        else:
            where = _busiest(world, carried_by_year[dial.busiest_year], dial.index)
            rows = np.arange(len(where))
            array[rows, where] = dial.value
            array[rows, world.corridor_reverse[where]] = dial.value


def _changed(parameters: Parameters, factors: Mapping[tuple[str, str], float]) -> dict[str, np.ndarray]:
    out = {name: array.copy() if any(s == name for s, _ in factors) else array for name, array in parameters.items()}
    for (subsystem, name), factor in factors.items():
        out[subsystem][name] *= factor
    return out


def _run_on(
    alternative: Alternative, world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray,
    carried_by_year: Mapping[int, np.ndarray], yearly: np.ndarray, opiates: np.ndarray,
) -> None:
    """Run one alternative to its end from a snapshot, into its rows ``yearly`` and ``opiates``."""
    its = alternative.world or world
    state = state.copy()
    _set_dials(its, state, alternative.dials, carried_by_year)
    if alternative.switches:
        on = on.copy()
        for mechanism, value in alternative.switches.items():
            on[:, mechanism] = value
    if alternative.factors:
        parameters = _changed(parameters, alternative.factors)
    rows = Rows(its, state, parameters, on, keys)
    full = len(keys), its.sizes["instrument"]
    for year in range(alternative.first_year, alternative.last_year + 1):
        levers: np.ndarray | None = None
        if alternative.levers.size:
            passed = STEPS_A_YEAR * (year - alternative.first_year) + np.arange(1, STEPS_A_YEAR + 1)
            ramp = np.clip(passed[:, None] / alternative.ramp_months, 0.0, 1.0)
            levers = np.broadcast_to(alternative.levers, full)[:, None, :] * ramp
        rows.year(year, levers)
        table, traffic = rows.table()
        yearly[:, year - FIRST_YEAR] = table
        opiates[:, year - FIRST_YEAR] = traffic[:, :, 0, 0]


def simulate_alternatives(
    world: World, parameters: Parameters, on: np.ndarray, keys: np.ndarray, alternatives: Sequence[Alternative],
    last_year: int,
) -> AlternativeResult:
    """Run the baseline to the end of a year, and every alternative from its snapshot.

    Parameters
    ----------
    world : World
    parameters : mapping of structured arrays, each of shape (runs,)
    on : ndarray, shape (runs, mechanisms)
    keys : ndarray of uint64, shape (runs,)
    alternatives : sequence of Alternative
    last_year : int
        Last year of the baseline; alternatives must not go beyond it.

    Raises
    ------
    ValueError
        If an alternative begins before the first year of results, ends beyond ``last_year``, reads the busiest
        corridor of a year that is not over when it begins, or there is a single run (a lone row adds up in another
        order than several).
    """
    if len(keys) < 2:
        raise ValueError("paired runs need two draws or more in a block")
    for a in alternatives:
        if not FIRST_YEAR <= a.first_year <= a.last_year <= last_year:
            raise ValueError(f"a paired run of {a.first_year} to {a.last_year} is outside {FIRST_YEAR} to {last_year}")
        if any(d.busiest_year is not None and not FIRST_YEAR <= d.busiest_year < a.first_year for d in a.dials):
            raise ValueError("the busiest corridor must be that of a year that is over when the paired run begins")
    runs, years = len(keys), last_year - FIRST_YEAR + 1
    state = begin(world, parameters, on, keys)
    rows = Rows(world, state, parameters, on, keys)
    yearly: np.ndarray | None = None
    opiates = np.zeros((1 + len(alternatives), runs, years, world.sizes["corridor"]), dtype=np.float32)
    carried: dict[int, np.ndarray] = {}
    waiting: dict[int, list[int]] = {}
    for i, a in enumerate(alternatives):
        waiting.setdefault(a.first_year, []).append(i)
    later: list[tuple[int, State]] = []
    for year in range(world.start_year, last_year + 1):
        for i in waiting.get(year, ()):
            if yearly is None:  # the width of the table is known after the first year only
                later.append((i, state.copy()))
            else:
                _run_on(alternatives[i], world, state, parameters, on, keys, carried, yearly[1 + i], opiates[1 + i])
        rows.year(year, collect=year >= FIRST_YEAR)
        if year < FIRST_YEAR:
            continue
        table, traffic = rows.table()
        y = year - FIRST_YEAR
        carried[year] = traffic[:, :, 0, 0]
        if yearly is None:
            yearly = np.full((1 + len(alternatives), runs, years, table.shape[1]), np.nan)
            for i, snapshot in later:
                _run_on(alternatives[i], world, snapshot, parameters, on, keys, carried, yearly[1 + i],
                        opiates[1 + i])
        yearly[0, :, y] = table
        opiates[0, :, y] = traffic[:, :, 0, 0]
        for i, a in enumerate(alternatives):
            if year < a.first_year:
                yearly[1 + i, :, y] = table
                opiates[1 + i, :, y] = traffic[:, :, 0, 0]
    assert yearly is not None
    return AlternativeResult(yearly, opiates)
