"""A state with something going on everywhere, for tests of one process at a time."""

from __future__ import annotations

import numpy as np

from qorgau.model import corruption, facilitators, indicators, measures, patronage
from qorgau.model.mechanisms import Mechanism
from qorgau.model.state import State, allocate
from qorgau.model.world import World
from tests.model import draws
from tests.model.worlds import small_world, with_lines, with_services

STARTS = (measures, patronage, corruption, facilitators, indicators)


def busy_state(world: World, runs: int, seed: int, bribes: float = 3e4) -> State:
    """State of ``runs`` runs whose organisations, people and cases are random but plausible."""
    rng = np.random.default_rng(seed)
    state = allocate(world.sizes, runs)
    n = world.sizes
    state.wage[:] = world.gdp_per_head[0] / 12.0 * rng.uniform(0.5, 1.5, (runs, n["state"]))
    state.irregular_wage[:] = 0.8 * state.wage
    state.active[:] = rng.integers(0, 2, state.active.shape)
    state.network[:] = rng.integers(0, n["network"], state.network.shape)
    state.home[:] = rng.integers(0, n["place"], state.home.shape)
    state.capacity[:] = rng.uniform(0.5, 20.0, state.capacity.shape)
    for name in ("bribes_post", "fees_post", "racket_profit_post"):
        array = getattr(state, name)
        array[:] = bribes * np.exp(rng.normal(0.0, 1.0, array.shape)) * (rng.uniform(size=array.shape) > 0.2)
    state.profit_total[:] = rng.uniform(-1e5, 3e6, runs)
    state.exploited[:] = rng.integers(0, 800, state.exploited.shape)
    state.users[:] = rng.uniform(1e2, 6e4, state.users.shape)
    for name in ("origin_flow", "transit_flow", "arrival_flow", "cases_prosecuted", "assisted"):
        array = getattr(state, name)
        array[:] = rng.integers(0, 25, array.shape)
    return state


def begun(
    seed: int, runs: int = 3, off: tuple[Mechanism, ...] = (), middle: bool = False, bribes: float = 3e4,
    lines: bool = False, services: bool = False,
) -> tuple[World, State, dict[str, np.ndarray], np.ndarray, np.ndarray]:
    """World, state after the starts of the five processes of government, parameters, switches and keys.

    With ``services`` some places have a border service and some states a migration service, with ``lines`` groups have
    lines of kin.
    """
    world = with_services(small_world(seed)) if services else small_world(seed)
    world = with_lines(world, seed) if lines else world
    parameters = draws.draw_parameters(runs, seed, middle)
    on, keys = draws.all_on(runs, *off), draws.keys(runs, seed + 1)
    state = busy_state(world, runs, seed, bribes)
    for process in STARTS:
        process.start(world, state, parameters, on, keys)
    return world, state, parameters, on, keys


def random_switches(rng: np.random.Generator, runs: int) -> np.ndarray:
    """Switches of which about one in six is off, subsystems included."""
    return (rng.uniform(size=(runs, len(Mechanism))) > 0.17).astype(np.float64)


def assert_same(state: State, expected: dict[str, list], tolerance: float = 1e-9) -> None:
    """Every array that a twin returns equals the state's."""
    for name, values in expected.items():
        np.testing.assert_allclose(getattr(state, name), np.array(values), rtol=tolerance, atol=tolerance, err_msg=name)
