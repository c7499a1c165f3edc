"""Scenes for verification: whole small worlds at rest, whose drivers stand still unless a test moves them.

A test sets parameters by name and calls the public ``start`` and ``advance`` of one process; what it compares with is
the published or derived formula, written here or in the test without reading the code of the process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cache

import numpy as np

from qorgau.model.run import begin
from qorgau.model.streams import run_keys
from qorgau.model.world import EVENTS, INSTRUMENTS, World
from tests.model.draws import all_on, draw_parameters
from tests.model.people_scene import Scene
from tests.model.worlds import small_world

MONTH = 200
"""A month well inside the series: every event of the time line that lasts has begun."""

NO_LEVERS = len(INSTRUMENTS)


def levers(x: Scene) -> np.ndarray:
    """No policy: zero intensity of every instrument."""
    return np.zeros((len(x.keys), NO_LEVERS))


def still(world: World, month: int = MONTH, **events: float) -> World:
    """The world with all its series held at a month's value; events named are set, the others are 0."""
    hold = {name: np.repeat(getattr(world, name)[month:month + 1], world.months, axis=0)
            for name in ("gdp_per_head", "population", "opium", "farm_growth", "private_share")}
    event = {name: np.full(world.months, float(events.get(name, 0.0))) for name in EVENTS}
    return replace(world, **hold, event=event, announced=np.zeros_like(world.announced))


@cache
def _scene(seed: int, runs: int, places: int) -> Scene:
    world = still(small_world(seed, places=places), privatisation=1.0, internal_borders=1.0, law=1.0)
    parameters, on, keys = draw_parameters(runs, seed, middle=True), all_on(runs), run_keys(seed, np.arange(runs))
    return Scene(world, begin(world, parameters, on, keys), parameters, on, keys, MONTH)


def scene(seed: int = 0, runs: int = 2, places: int = 9) -> Scene:
    """A small world at its start, drivers held still, priors at their medians, every mechanism on."""
    return _scene(seed, runs, places).copy()


def set_to(x: Scene, subsystem: str, **values: float | np.ndarray) -> Scene:
    """Set parameters of a subsystem in place, in every run; unknown names fail."""
    for name, value in values.items():
        x.parameters[subsystem][name] = value
    return x


def switch(x: Scene, level: float, *mechanisms: int) -> Scene:
    """Set mechanisms in place."""
    for m in mechanisms:
        x.on[:, int(m)] = level
    return x


def step(x: Scene, module, months: int = 1, process: str = "advance") -> Scene:
    """Advance one process in place, month by month."""
    call = getattr(module, process)
    for _ in range(months):
        more = () if module.__name__.rsplit(".", 1)[-1] in ("drug_market", "enforcement", "organisations_life") else (
            levers(x),)
        call(x.world, x.state, x.parameters, x.on, x.keys, x.month, *more)
        x.month += 1
    return x


def held(x: Scene, module, months: int, process: str = "advance") -> Scene:
    """Advance one process in place ``months`` times at the same month of the series."""
    for _ in range(months):
        step(x, module, process=process)
        x.month -= 1
    return x


def values(x: Scene, subsystem: str, run: int = 0) -> Mapping[str, float]:
    """Parameters of a run by name."""
    a = x.parameters[subsystem]
    return {name: float(a[name][run]) for name in a.dtype.names}
