"""What is different in a paired run, as a domain expert writes it, and its translation into the model's terms.

A pattern on what one change does says it under ``change``, run by run::

    change:
      B:
        says: the two trades no longer share journeys
        from: 1998
        without: [scope]

Everything else in the paired run - draw, chance, earlier years - is the baseline's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from qorgau.case.case import Case, suggestion
from qorgau.case.models import Frozen, Identifier, Iso3, Positive, Share, Text, Year
from qorgau.errors import InputError
from qorgau.model.alternatives import Alternative, Dial
from qorgau.model.mechanisms import Mechanism
from qorgau.model.registry import PARAMETERS
from qorgau.model.run import FIRST_YEAR
from qorgau.model.world import EVENTS, INSTRUMENTS, POST_KINDS, World

__all__ = ["Change", "CorridorChange", "alternative_of"]

_FEEDS = ("gdp_per_head", "population", "opium", "farm_growth", "private_share")
Factor = Annotated[float, Field(ge=0.0, le=100.0, allow_inf_nan=False)]


class CorridorChange(Frozen):
    """Some corridors, and what is different on them.

    They are chosen by exactly one of `into` (those that enter these places), `between_states`, `inside` (both ends in
    one state) or `joining` (two places); both ways count, and `modes` narrows them. `busiest_in` keeps, run by run,
    only the one that carried most opiates in that year of the baseline.
    """

    into: tuple[Identifier, ...] = ()
    between_states: tuple[Iso3, ...] = Field((), max_length=2)
    inside: Iso3 | None = None
    joining: tuple[Identifier, ...] = Field((), max_length=2)
    modes: tuple[Literal["road", "rail", "air"], ...] = ("road", "rail", "air")
    busiest_in: Year | None = None
    length_times: Positive | None = Field(None, description="length, and with it the cost of transport")
    like_between_states: tuple[Iso3, ...] = Field(
        (), max_length=2, description="take cover and monitoring of the corridors between these two states: their mean"
    )
    officer_months_a_year: float | None = Field(None, ge=0.0, description="added on each way")
    hazard_times: Factor | None = Field(None, description="hazard of detection")

    @model_validator(mode="after")
    def _one_choice_one_change(self) -> CorridorChange:
        chosen = [bool(self.into), bool(self.between_states), self.inside is not None, bool(self.joining)]
        if sum(chosen) != 1:
            raise ValueError("choose corridors by exactly one of into, between_states, inside, joining")
        if any(len(pair) not in (0, 2) for pair in (self.between_states, self.joining, self.like_between_states)):
            raise ValueError("between_states, joining and like_between_states take two names")
        static = self.length_times is not None or bool(self.like_between_states)
        dials = self.officer_months_a_year is not None or self.hazard_times is not None
        if not static and not dials:
            raise ValueError("say what is different: length_times, like_between_states, officer_months_a_year or "
                             "hazard_times")
        if static and self.busiest_in is not None:
            raise ValueError("busiest_in goes with officer_months_a_year or hazard_times only")
        return self


class Change(Frozen):
    """What is different in a paired run, from January of `from` on."""

    says: Text = Field(description="the change in words")
    begins: Year = Field(alias="from", description="from January of this year")
    measures: dict[Identifier, Share] = Field({}, description="measure of the case: intensity, 0 to 1")
    with_the_budget_of: Identifier | None = Field(
        None, description="as much of each measure as the yearly cost of this one at full strength buys, at most all"
    )
    without: tuple[str, ...] = Field((), description="mechanisms switched off")
    parameters: dict[str, Factor] = Field({}, description="parameter, subsystem.name: factor")
    hold_series: dict[Literal[_FEEDS], tuple[Year, Year]] = Field(  # type: ignore[valid-type]
        {}, description="series held at its mean over these years"
    )
    hold_ratios: dict[Literal[_FEEDS], Year] = Field(  # type: ignore[valid-type]
        {}, description="ratios between states held as in this year; the level of all goes on"
    )
    hold_events: tuple[Literal[EVENTS], ...] = Field(  # type: ignore[valid-type]
        (), description="events of the time line held as they stood in December before"
    )
    corridors: tuple[CorridorChange, ...] = ()
    irregular_arrivals: dict[Iso3, Factor] = Field({}, description="state: factor on the irregular share of arrivals")
    carrying_capacity: Factor | None = Field(None, description="factor on what every organisation carries")
    honest_officials: tuple[Literal[POST_KINDS], ...] = Field(  # type: ignore[valid-type]
        (), description="kinds of posts, of all states, whose officials all refuse"
    )

    @model_validator(mode="after")
    def _something(self) -> Change:
        given = (self.measures, self.without, self.parameters, self.hold_series, self.hold_ratios, self.hold_events,
                 self.corridors, self.irregular_arrivals, self.carrying_capacity is not None, self.honest_officials)
        if not any(given):
            raise ValueError("nothing is different: give measures, without, parameters, hold_series, hold_ratios, "
                             "hold_events, corridors, irregular_arrivals, carrying_capacity or honest_officials")
        if self.with_the_budget_of and not self.measures:
            raise ValueError("with_the_budget_of goes with measures")
        return self


class _Reader:
    """Names of a case and its world, with errors that say where an unknown one stands."""

    def __init__(self, case: Case, world: World, file: str | Path, key: str):
        self.case, self.world, self.file, self.key = case, world, file, key

    def known(self, name: str, names: Mapping[str, Any] | tuple[str, ...], what: str, key: str) -> str:
        if name not in names:
            raise InputError(self.file, f"{self.key}.{key}", f"no {what} {name!r}", suggestion(name, list(names)))
        return name

    def place(self, name: str, key: str) -> int:
        return self.world.place_names.index(self.known(name, self.world.place_names, "place", key))

    def state(self, name: str, key: str) -> int:
        return self.world.state_names.index(self.known(name, self.world.state_names, "state", key))

    def posts(self, kinds: tuple[str, ...], key: str) -> tuple[int, ...]:
        found: list[int] = []
        for kind in kinds:
            here = np.flatnonzero(self.world.post_kind == POST_KINDS.index(kind))
            if not len(here):
                raise InputError(self.file, f"{self.key}.{key}", f"the case has no post of kind {kind}",
                                 "give it one in posts.yaml, or leave this kind out")
            found += here.tolist()
        return tuple(found)

    def corridors(self, change: CorridorChange, key: str) -> np.ndarray:
        w = self.world
        start, end = w.place_state[w.corridor_from], w.place_state[w.corridor_to]
        kinds = [i for i, mode in enumerate(("road", "rail", "air", "air")) if mode in change.modes]
        fits = np.isin(w.corridor_mode, kinds)
        if change.into:
            places = np.array([self.place(p, f"{key}.into") for p in change.into])
            fits &= np.isin(w.corridor_to, places) | np.isin(w.corridor_from, places)
        elif change.joining:
            a, b = (self.place(p, f"{key}.joining") for p in change.joining)
            fits &= ((w.corridor_from == a) & (w.corridor_to == b)) | ((w.corridor_from == b) & (w.corridor_to == a))
        elif change.between_states:
            fits &= self._between(change.between_states, f"{key}.between_states")
        else:
            s = self.state(str(change.inside), f"{key}.inside")
            fits &= (start == s) & (end == s)
        found = np.flatnonzero(fits)
        if not len(found):
            raise InputError(self.file, f"{self.key}.{key}", "no corridor of the case fits",
                             "check places, states and modes against corridors.yaml")
        return found

    def _between(self, pair: tuple[str, ...], key: str) -> np.ndarray:
        w = self.world
        a, b = (self.state(s, key) for s in pair)
        start, end = w.place_state[w.corridor_from], w.place_state[w.corridor_to]
        return ((start == a) & (end == b)) | ((start == b) & (end == a))

    def like(self, change: CorridorChange, key: str) -> np.ndarray:
        kinds = [i for i, mode in enumerate(("road", "rail", "air", "air")) if mode in change.modes]
        found = np.flatnonzero(self._between(change.like_between_states, f"{key}.like_between_states")
                               & np.isin(self.world.corridor_mode, kinds))
        if not len(found):
            raise InputError(self.file, f"{self.key}.{key}.like_between_states", "no corridor joins these states",
                             "name two states with corridors between them")
        return found


def _series(world: World, change: Change, start: int, reader: _Reader) -> dict[str, np.ndarray]:
    out: dict[str, np.ndarray] = {}
    for name, (a, b) in change.hold_series.items():
        first, last = 12 * (a - world.start_year), 12 * (b - world.start_year + 1)
        if not 0 <= first < last <= world.months:
            raise InputError(reader.file, f"{reader.key}.hold_series.{name}",
                             f"the years {a} to {b} are not in the run",
                             f"use years from {world.start_year} to {world.start_year + world.months // 12 - 1}")
        values = np.array(getattr(world, name))
        values[start:] = values[first:last].mean(axis=0)
        out[name] = values
    for name, year in change.hold_ratios.items():
        at = 12 * (year - world.start_year)
        values = np.array(getattr(world, name))
        if values.ndim == 1 or not 0 <= at <= start:
            raise InputError(reader.file, f"{reader.key}.hold_ratios.{name}",
                             "needs a series by state and a year before the change begins",
                             "for example gdp_per_head: 1995")
        base = values[at:at + 12].mean(axis=0)
        people = world.population[start:]
        # the level of all states together goes on as it did, only the ratios between them stand still
        growth = (values[start:] * people).sum(axis=1) / (base * people).sum(axis=1)
        values[start:] = base * growth[:, None]
        out[name] = values
    return out


def _roads(world: World, change: Change, reader: _Reader) -> tuple[dict[str, np.ndarray], list[Dial]]:
    arrays: dict[str, np.ndarray] = {}
    dials: list[Dial] = []

    def own(name: str) -> np.ndarray:
        return arrays.setdefault(name, np.array(getattr(world, name), dtype=np.float64))

    for i, one in enumerate(change.corridors):
        key = f"corridors.{i}"
        which = reader.corridors(one, key)
        if one.length_times is not None:
            own("corridor_km")[which] *= one.length_times
        if one.like_between_states:
            model = reader.like(one, key)
            for name in ("corridor_cover", "corridor_monitoring"):
                own(name)[which] = getattr(world, name)[model].mean()
        if one.officer_months_a_year is not None:
            dials.append(Dial("effort_added", one.officer_months_a_year / 12.0, tuple(which.tolist()), one.busiest_in))
        if one.hazard_times is not None:
            dials.append(Dial("hazard_raised", one.hazard_times - 1.0, tuple(which.tolist()), one.busiest_in))
        if one.busiest_in is not None and not FIRST_YEAR <= one.busiest_in < change.begins:
            raise InputError(reader.file, f"{reader.key}.{key}.busiest_in",
                             f"{one.busiest_in} is not over when the change begins",
                             f"use a year from {FIRST_YEAR} to {change.begins - 1}")
    if "corridor_km" in arrays:
        km = arrays["corridor_km"]
        arrays["route_km"] = np.array([km[world.route_links[a:b]].sum()
                                       for a, b in zip(world.route_ptr, world.route_ptr[1:])])
        arrays["people_km"] = np.array([km[world.people_links[a:b]].sum()
                                        for a, b in zip(world.people_ptr, world.people_ptr[1:])])
    return arrays, dials


def _levers(
    case: Case, change: Change, reader: _Reader
) -> Callable[[Mapping[str, np.ndarray], int], tuple[np.ndarray, np.ndarray]]:
    rows = {row.id: row for row in case.measures}
    for name in change.measures:
        reader.known(name, rows, "measure", "measures")
    if change.with_the_budget_of is not None:
        reader.known(change.with_the_budget_of, rows, "measure", "with_the_budget_of")
    pulled = np.zeros(len(INSTRUMENTS))
    ramp = np.ones(len(INSTRUMENTS), dtype=np.int64)
    for name, intensity in change.measures.items():
        for lever, share in rows[name].levers.items():
            k = INSTRUMENTS.index(lever)
            pulled[k] = max(pulled[k], share * intensity)
            ramp[k] = max(1, rows[name].ramp_months)

    def cost(columns: Mapping[str, np.ndarray], name: str) -> np.ndarray:
        return sum((share * columns[f"measures.cost_{lever}"] for lever, share in rows[name].levers.items()),
                   start=np.zeros_like(columns["measures.delivered_share"]))

    def levers(columns: Mapping[str, np.ndarray], runs: int) -> tuple[np.ndarray, np.ndarray]:
        out = np.tile(pulled, (runs, 1))
        if change.with_the_budget_of is not None:
            budget = cost(columns, change.with_the_budget_of)
            for name in change.measures:
                part = np.minimum(1.0, budget / np.maximum(cost(columns, name), 1e-9))
                for lever in rows[name].levers:
                    out[:, INSTRUMENTS.index(lever)] *= part
        return out, ramp

    return levers


def alternative_of(
    case: Case, world: World, change: Change, last_year: int, file: str | Path = "patterns.yaml", key: str = "change"
) -> Callable[[Mapping[str, np.ndarray], int], Alternative]:
    """Return what makes the model's alternative for some draws.

    Parameters
    ----------
    case : Case
    world : World
        Of that case.
    change : Change
    last_year : int
        Last year that is needed of the paired run.
    file, key
        Named in errors.

    Returns
    -------
    callable
        From columns of drawn parameters by full name, each (runs,), and the number of runs to an ``Alternative``
        (levers within a budget depend on drawn costs; all else is the same in every run).

    Raises
    ------
    InputError
        If the change names what the case does not have, or a year out of range.
    """
    reader = _Reader(case, world, file, key)
    if not FIRST_YEAR <= change.begins <= last_year:
        raise InputError(file, f"{key}.from", f"{change.begins} is not a year of the paired run",
                         f"use a year from {FIRST_YEAR} to {last_year}, the last that the test reads")
    mechanisms = tuple(m.name.lower() for m in Mechanism)
    switches = {mechanisms.index(reader.known(m, mechanisms, "mechanism", "without")): 0.0 for m in change.without}
    names = tuple(f"{s}.{p.name}" for s, table in PARAMETERS.items() for p in table)
    factors = {}
    for name, factor in change.parameters.items():
        subsystem, _, short = reader.known(name, names, "parameter", "parameters").partition(".")
        factors[subsystem, short] = factor
    start = 12 * (change.begins - world.start_year)
    roads, dials = _roads(world, change, reader)
    arrays: dict[str, Any] = dict(roads)
    arrays.update(_series(world, change, start, reader))
    for iso, factor in change.irregular_arrivals.items():
        dials.append(Dial("irregular_changed", factor - 1.0, (reader.state(iso, "irregular_arrivals"),)))
    if change.carrying_capacity is not None:
        dials.append(Dial("carrying_changed", change.carrying_capacity - 1.0))
    if change.honest_officials:
        dials.append(Dial("honest", 1.0, reader.posts(change.honest_officials, "honest_officials")))
    events: dict[str, np.ndarray] = dict(world.event)
    for name in change.hold_events:
        events[name] = np.array(world.event[name])
        events[name][start:] = events[name][start - 1]
    changed = replace(world, **arrays, event=events) if arrays or change.hold_events else None
    levers = _levers(case, change, reader)

    def make(columns: Mapping[str, np.ndarray], runs: int) -> Alternative:
        pulled, ramp = levers(columns, runs) if change.measures else (np.zeros(0), np.ones(0, dtype=np.int64))
        return Alternative(change.begins, last_year, changed, switches, factors, pulled, ramp, tuple(dials))

    return make
