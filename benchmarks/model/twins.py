"""Each compiled process beside its plain-Python twin, on the same state of the same world in the same minute."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np
from tests.model.twins import cases as cases_twin
from tests.model.twins import corruption as corruption_twin
from tests.model.twins import drug_market as drug_market_twin
from tests.model.twins import economy as economy_twin
from tests.model.twins import enforcement as enforcement_twin
from tests.model.twins import facilitators as facilitators_twin
from tests.model.twins import human_trade as human_trade_twin
from tests.model.twins import indicators as indicators_twin
from tests.model.twins import measures as measures_twin
from tests.model.twins import organisations as organisations_twin
from tests.model.twins import organisations_life as organisations_life_twin
from tests.model.twins import patronage as patronage_twin
from tests.model.twins import people as people_twin
from tests.model.twins import routes as routes_twin

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
from qorgau.model.mechanisms import Mechanism
from qorgau.model.run import PROCESSES, advance_month, begin
from qorgau.model.state import State, allocate
from qorgau.model.world import INSTRUMENTS, World

MONTH = 240
"""January 2009: everything has begun and nothing is switched by an event."""
CALLS = 25
AGREE = 1e-8


@dataclass(frozen=True)
class Block:
    """What a process is given."""

    world: World
    parameters: dict[str, np.ndarray]
    on: np.ndarray
    keys: np.ndarray
    geometry: Any

    @property
    def levers(self) -> np.ndarray:
        return np.zeros((len(self.keys), len(INSTRUMENTS)))

    def first(self) -> Block:
        """The first run alone."""
        parameters = {name: table[:1] for name, table in self.parameters.items()}
        return Block(self.world, parameters, self.on[:1], self.keys[:1], self.geometry)


Process = Callable[..., None]
# name: the compiled process, what it takes after the month, its twin, whether the twin takes whole states
TABLE: dict[str, tuple[Process, tuple[str, ...], Callable[..., dict], bool]] = {
    "economy": (economy.advance, ("levers",), economy_twin.advance, False),
    "enforcement: detection": (enforcement.advance_detection, (), enforcement_twin.detection, False),
    "facilitators": (facilitators.advance, ("levers",), facilitators_twin.advance, True),
    "routes": (routes.advance, ("geometry",), routes_twin.plan, False),
    "organisations": (organisations.advance, ("geometry",), organisations_twin.advance, False),
    "organisations: life": (organisations_life.advance, (), organisations_life_twin.advance, False),
    "drug market": (drug_market.advance, (), drug_market_twin.advance, False),
    "human trade": (human_trade.advance, ("levers",), human_trade_twin.advance, False),
    "people": (people.advance, ("levers",), people_twin.advance, False),
    "cases": (cases.advance, ("levers",), cases_twin.advance, False),
    "corruption": (corruption.advance, ("levers",), corruption_twin.advance, True),
    "patronage": (patronage.advance, ("levers",), patronage_twin.advance, True),
    "enforcement: allocation": (enforcement.advance_allocation, (), enforcement_twin.allocation, False),
    "measures": (measures.advance, ("levers",), measures_twin.advance, True),
    "indicators": (indicators.advance, ("levers",), indicators_twin.advance, True),
}
TAKES_LEVERS = {"measures"}


def states_before(block: Block, month: int = MONTH) -> dict[str, State]:
    """The state that each process finds in a month."""
    b = block
    state = begin(b.world, b.parameters, b.on, b.keys)
    for earlier in range(month):
        advance_month(b.world, state, b.parameters, b.on, b.keys, earlier, b.levers, b.geometry)
    found = {PROCESSES[0][0]: state.copy()}
    following = {a: b for (a, _), (b, _) in pairwise(PROCESSES)}

    def watch(name: str, now: State) -> None:
        if name in following:
            found[following[name]] = now.copy()

    advance_month(b.world, state, b.parameters, b.on, b.keys, month, b.levers, b.geometry, watch)
    return found


def compare(block: Block, repeats: int) -> dict[str, dict[str, float]]:
    """Microseconds per run and month of each process and of its twin, and how far apart their results are.

    ``apart`` is the largest difference in an array over its largest value (over one where all are zero).
    """
    states = states_before(block)
    out = {}
    for name, (process, extra, twin, whole) in TABLE.items():
        before = states[name]
        more = [getattr(block, e) for e in extra]
        times, after = [], before
        for _ in range(CALLS):
            after = before.copy()
            begun = time.process_time()
            process(block.world, after, block.parameters, block.on, block.keys, MONTH, *more)
            times.append(time.process_time() - begun)
        call = _whole(block, before, twin, name) if whole else _one_run(block, before, twin)
        slow, result = [], call()  # once before: the random numbers that both use compile at their first call
        for _ in range(repeats):
            begun = time.process_time()
            result = call()
            slow.append(time.process_time() - begun)
        apart = max(_apart(getattr(after, k)[0], v[0] if whole else v) for k, v in result.items())
        if apart > AGREE:
            raise SystemExit(f"{name}: process and twin differ by {apart:.0e} of the largest value: not the same work")
        out[name] = {"compiled": 1e6 * median(times) / len(block.keys), "plain": 1e6 * median(slow), "apart": apart}
    return out


def _one_run(block: Block, state: State, twin: Callable[..., dict]) -> Callable[[], dict]:
    values = {name: array[0].copy() for name, array in state.arrays().items()}
    q = {k: {f: float(a[f][0]) for f in a.dtype.names or ()} for k, a in block.parameters.items()}
    on = {m.name: bool(block.on[0, m]) for m in Mechanism}
    return lambda: twin(block.world, values, q, on, block.keys[0], MONTH)


def _whole(block: Block, state: State, twin: Callable[..., dict], name: str) -> Callable[[], dict]:
    one, alone = block.first(), allocate(block.world.sizes, 1)
    for key, array in state.arrays().items():
        alone.arrays()[key][:] = array[:1]
    more = (one.levers,) if name in TAKES_LEVERS else ()
    return lambda: twin(one.world, alone, one.parameters, one.on, one.keys, MONTH, *more)


def _apart(a: np.ndarray, b: Any) -> float:
    first, second = np.asarray(a, dtype=np.float64), np.asarray(b, dtype=np.float64)
    largest = float(np.abs(second).max(initial=0.0))
    return float(np.abs(first - second).max(initial=0.0)) / (largest or 1.0)
