"""Scenes for the tests of routes, organisations, opiates and enforcement: small worlds with traffic under way.

The processes that carry traffic run for some months in the order of the model's loop; what other processes own
(conduct of officials, services, rotations, prices of people) is random but legal, so that every branch is met.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import cache

import numpy as np

from qorgau.model import drug_market, enforcement, organisations, organisations_life, routes
from qorgau.model.mechanisms import Mechanism
from qorgau.model.run import begin
from qorgau.model.world import World
from tests.model.busy import random_switches
from tests.model.draws import all_on, draw_parameters, keys
from tests.model.people_scene import Scene
from tests.model.worlds import small_world, with_services

NAMES = (("FOC", "NEI", "BIG", "SRC"), ("KAZ", "KGZ", "CHN", "AFG"), ("KAZ", "CHN", "EUU", "AFG"))
"""Names of the states: without and with a border to China and a far market."""


def named_world(seed: int, **sizes: int) -> World:
    """Small world whose states are named by the seed; of seeds 1, 9, ... with border and migration services."""
    world = replace(small_world(seed, **sizes), state_names=NAMES[seed % len(NAMES)])
    return with_services(world) if seed % 8 == 1 else world


def detection(x: Scene) -> None:
    enforcement.advance_detection(x.world, x.state, x.parameters, x.on, x.keys, x.month)


def allocation(x: Scene) -> None:
    enforcement.advance_allocation(x.world, x.state, x.parameters, x.on, x.keys, x.month)


def plan(x: Scene, everything: bool = False) -> None:
    routes.advance(x.world, x.state, x.parameters, x.on, x.keys, x.month, routes.geometry_of(x.world), everything)


def carry(x: Scene) -> None:
    organisations.advance(x.world, x.state, x.parameters, x.on, x.keys, x.month, routes.geometry_of(x.world))


def live(x: Scene) -> None:
    organisations_life.advance(x.world, x.state, x.parameters, x.on, x.keys, x.month)


def clearing(x: Scene) -> None:
    drug_market.advance(x.world, x.state, x.parameters, x.on, x.keys, x.month)


ORDER = (detection, plan, carry, live, clearing, allocation)


def stir(x: Scene, rng: np.random.Generator) -> None:
    """New values of what other processes own, in their ranges."""
    s = x.state
    s.conduct[:] = rng.dirichlet(np.full(s.conduct.shape[-1], 0.8), s.conduct.shape[:2])
    s.corrupt[:] = s.conduct[..., 2:].sum(-1) + 0.5 * s.conduct[..., 1]
    s.rotated[:] = rng.random(s.rotated.shape) < 0.1
    for name in ("service", "instrument", "effectiveness"):
        array = getattr(s, name)
        array[:] = rng.uniform(0, 1, array.shape)
    # a generator of its own: what the others get stays as it was
    s.pool_there[:] = np.random.default_rng(x.month).uniform(0, 1, s.pool_there.shape)
    s.service_fee[:] = rng.uniform(0.2, 5, s.service_fee.shape)
    s.people_price[:] = rng.uniform(100, 6000, s.people_price.shape)
    s.conviction_cost[:] = rng.uniform(0, 2000, s.conviction_cost.shape)


def follow(x: Scene, months: int, processes: Iterable = ORDER, rng: np.random.Generator | None = None) -> Scene:
    """Advance in place by months; ``rng`` stirs before each."""
    for _ in range(months):
        if rng is not None:
            stir(x, rng)
        for process in processes:
            process(x)
        x.month += 1
    return x


@cache
def _traffic(seed: int, runs: int, months: int, mixed: bool) -> Scene:
    world = named_world(seed)
    rng = np.random.default_rng(seed)
    on = random_switches(rng, runs) if mixed else all_on(runs)
    if mixed:
        on[0] = 1.0
    parameters, k = draw_parameters(runs, seed), keys(runs, seed)
    x = Scene(world, begin(world, parameters, on, k), parameters, on, k, 0)
    follow(x, months, rng=rng)
    stir(x, rng)
    return x


def traffic(seed: int = 0, runs: int = 3, months: int = 60, mixed: bool = False) -> Scene:
    """Scene after ``months`` months; ``mixed`` switches about one mechanism in six off in all runs but the first."""
    return _traffic(seed, runs, months, mixed).copy()


def after(x: Scene, *processes, everything: bool = False) -> Scene:
    """Copy of a scene after one month of the processes; the month stays."""
    out = x.copy()
    for process in processes:
        if process is plan:
            plan(out, everything)
        else:
            process(out)
    return out


def having(x: Scene, **parameters: float) -> Scene:
    """Copy with parameters, named ``subsystem__name``, set in every run."""
    out = x.copy()
    for key, value in parameters.items():
        subsystem, name = key.split("__")
        out.parameters[subsystem][name] = value
    return out


def knocked(x: Scene, *mechanisms: Mechanism) -> tuple[Scene, Scene]:
    """Two copies: the mechanisms on, and off."""
    a, b = x.copy(), x.copy()
    a.on[:, [int(m) for m in mechanisms]] = 1.0
    b.on[:, [int(m) for m in mechanisms]] = 0.0
    return a, b
