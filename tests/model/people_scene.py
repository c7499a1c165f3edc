"""Scenes for the tests of economy, trade in people, people and cases: small worlds in a random, legal state."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import yaml

import qorgau
from qorgau.model import cases, economy, human_trade, people
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import parameter_dtype
from qorgau.model.state import State, allocate
from qorgau.model.streams import run_keys
from qorgau.model.world import INSTRUMENTS, World
from tests.model.worlds import small_world, with_services

MODULES = {"economy": economy, "human_trade": human_trade, "people": people, "cases": cases}
_PRIORS = Path(qorgau.__file__).parent / "cases" / "kazakhstan" / "parameters"


@dataclass
class Scene:
    world: World
    state: State
    parameters: dict[str, np.ndarray]
    on: np.ndarray
    keys: np.ndarray
    month: int

    def copy(self) -> Scene:
        return replace(self, state=self.state.copy(), on=self.on.copy(),
                       parameters={k: a.copy() for k, a in self.parameters.items()})

    def advance(self, *names: str, months: int = 1) -> Scene:
        for _ in range(months):
            for name in names or MODULES:
                MODULES[name].advance(self.world, self.state, self.parameters, self.on, self.keys, self.month,
                                      np.zeros((len(self.keys), len(INSTRUMENTS))))
            self.month += 1
        return self

    def off(self, *mechanisms: Mechanism) -> Scene:
        other = self.copy()
        other.on[:, [int(m) for m in mechanisms]] = 0.0
        return other

    def instrument(self, name: str, level: float) -> Scene:
        other = self.copy()
        other.state.instrument[:, INSTRUMENTS.index(name)] = level
        return other


def priors(name: str) -> dict[str, dict]:
    return yaml.safe_load((_PRIORS / f"{name}.yaml").read_text(encoding="utf-8"))


def draw(name: str, runs: int, rng: np.random.Generator) -> np.ndarray:
    """Parameters of a subsystem drawn from its priors (uniform or log-uniform), independent."""
    table, out = priors(name), np.zeros(runs, parameter_dtype(MODULES[name].PARAMETERS))
    for field in out.dtype.names:
        ((kind, (low, high)),) = table[field]["prior"].items()
        u = rng.uniform(size=runs)
        out[field] = low + u * (high - low) if kind == "uniform" else low * (high / low) ** u
    return out


def scene(seed: int = 0, runs: int = 3, month: int = 270, **sizes: int) -> Scene:
    """A small world in a random legal state at a month, all mechanisms on."""
    rng = np.random.default_rng(1000 + seed)
    world = small_world(seed, **sizes)
    if seed % 2:
        world = with_services(replace(world, state_names=("FOC", "TKM", "BIG", "SRC")))
    n = world.sizes
    state = allocate(n, runs)
    parameters = {name: draw(name, runs, rng) for name in MODULES}
    on = np.ones((runs, len(Mechanism)))
    keys = run_keys(seed, np.arange(runs))
    for name in MODULES:
        MODULES[name].start(world, state, parameters, on, keys)
    share = rng.uniform(0, 0.06, (runs, n["state"], n["state"])) * (1 - np.eye(n["state"]))
    state.migrants[:] = share * world.population[month][None, :, None] * (state.migrants > 0)
    state.conduct[:] = rng.dirichlet(np.ones(n["conduct"]), (runs, n["post"]))
    for name in ("service", "abuse", "shield", "law", "attempts_drug_first", "attempts_opiates", "recruits_drug_first",
                 "recruits_by_groups", "instrument"):
        array = getattr(state, name)
        array[:] = rng.uniform(0, 1, array.shape)
    state.shield_bribed[:] = 0.3 * state.shield
    state.hazard[:] = rng.uniform(0, 0.6, state.hazard.shape)
    state.price[:] = rng.uniform(1000, 40000, state.price.shape)
    shape = state.attempts_route.shape
    state.attempts_route[:] = rng.uniform(0, 60, shape) * rng.integers(0, 2, shape)
    state.exploited[:] = rng.integers(0, 3000, state.exploited.shape)
    for name in ("waiting", "in_care", "cases_backlog"):
        array = getattr(state, name)
        array[:] = rng.integers(0, 300, array.shape)
    state.waiting_outreach[:] = state.waiting // 3
    state.cases_prosecuted[:] = rng.integers(0, 12, state.cases_prosecuted.shape)
    state.trafficking_officers[:] = rng.uniform(0, 400, state.trafficking_officers.shape)
    state.desk[:] = rng.uniform(0, 1, state.desk.shape)
    state.desk_rent[:] = rng.uniform(0, 3, state.desk.shape)
    state.deals_usd[:] = rng.uniform(0, 2e5, state.desk.shape)
    state.deal_risk[:] = rng.uniform(0, 2000, state.desk.shape)
    return Scene(world, state, parameters, on, keys, month)


def one_run(scene: Scene, run: int) -> dict[str, np.ndarray]:
    """Copies of every array of one run, for a twin."""
    return {name: array[run].copy() for name, array in scene.state.arrays().items()}


def assert_twin(before: Scene, after: Scene, twin, names: tuple[str, ...]) -> None:
    """The compiled month equals the twin's in every run: whole numbers exactly, others to 1e-9."""
    for r in range(len(before.keys)):
        q = {k: {f: float(a[f][r]) for f in a.dtype.names} for k, a in before.parameters.items()}
        on = {m.name: bool(before.on[r, m]) for m in Mechanism}
        got = twin(before.world, one_run(before, r), q, on, before.keys[r], before.month)
        for name in names:
            array = getattr(after.state, name)[r]
            if array.dtype == np.int64:
                np.testing.assert_array_equal(array, got[name], err_msg=name)
            else:
                np.testing.assert_allclose(array, got[name], rtol=1e-9, atol=1e-12, err_msg=name)
