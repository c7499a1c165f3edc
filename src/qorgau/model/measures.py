"""The state's measures: what is delivered of what was announced, attention, law, and what levers cost.

A measure of the time line is delivered in part: base = announced x delivered share, the share being a drawn number
that knows nothing of corruption (corruption weakens a measure through officials, or not at all). A lever adds to
it: level = base + lever (1 - base). Attention to trafficking follows the harm that is seen, slowly; the law comes
with attention and never later than the time line allows. Measures, attention and levers are those of the state in
focus; other states have the law of the time line with a delay.
"""

from __future__ import annotations

import numpy as np

from qorgau.model.clock import STEPS_A_YEAR
from qorgau.model.compiled import compiled, inlined
from qorgau.model.derived import months_below
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.state import State
from qorgau.model.world import INSTRUMENTS, World

__all__ = ["PARAMETERS", "advance", "attention_pull", "start"]

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("delivered_share", "1", "part of an announced measure that is delivered", 0.0, 1.0),
    Parameter("attention_speed", "1/month", "how fast attention follows visible harm", 1e-4, 1.0),
    Parameter("attention_half", "1", "visible harm at which attention is half of its full", 1e-3),
    Parameter("ramp_years", "year", "attention without the mechanism: years from independence to full", 1.0),
    Parameter("law_attention", "1", "attention at which the law is complete", 0.01, 1.0),
    Parameter("law_speed", "1/month", "how fast law is made and put in force", 1e-4, 1.0),
    Parameter("law_delay", "month", "delay of the law in other states"),
    *(Parameter(f"cost_{name}", "USD/year", f"{name}: cost of the lever at full") for name in INSTRUMENTS),
)

_MEASURES = int(Mechanism.MEASURES)
_GAP = int(Mechanism.DELIVERY_GAP)
_ATTENTION = int(Mechanism.ATTENTION)
_COSTS = np.array([[p.name for p in PARAMETERS].index(f"cost_{name}") for name in INSTRUMENTS])


@inlined
def attention_pull(harm, half):
    """Attention that visible harm earns in the long run: little before it is plain, then most (cubic Hill)."""
    if harm <= 0.0:
        return 0.0
    cube = harm * harm * harm
    return cube / (cube + half * half * half)


@compiled
def _advance(par, every, costs, on, announced, law_bound, law_series, month, independent, focus, levers, visible_harm,
             instrument, attention, law, measure_cost):
    runs, kinds = instrument.shape
    states = law.shape[1]
    for r in range(runs):
        q = par[r]
        works = on[r, _MEASURES]
        share = q.delivered_share if on[r, _GAP] > 0.5 else 1.0
        spent = 0.0
        for k in range(kinds):
            base = announced[k] * share
            instrument[r, k] = works * (base + levers[r, k] * (1.0 - base))
            spent += works * levers[r, k] * every[r, costs[k]]
        measure_cost[r] = spent / STEPS_A_YEAR
        if on[r, _ATTENTION] > 0.5:
            attention[r] += q.attention_speed * (attention_pull(visible_harm[r], q.attention_half) - attention[r])
        else:
            attention[r] = min(1.0, independent / (STEPS_A_YEAR * q.ramp_years))
        late = max(0, month - int(q.law_delay))
        for s in range(states):
            if s == focus:
                due = works * min(law_bound, attention[r] / q.law_attention)
                law[r, s] += q.law_speed * max(0.0, due - law[r, s])
            else:
                law[r, s] = law_series[late]


def _as_table(q: np.ndarray) -> np.ndarray:
    """Parameters as numbers, shape (runs, parameters)."""
    return np.ascontiguousarray(q).view(np.float64).reshape(len(q), -1)


def start(world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray) -> None:
    """No attention and no law against trafficking yet in the state in focus; the time line's level elsewhere."""
    state.attention[:] = 0.0
    state.law[:] = world.event["law"][0]
    state.law[:, world.focus] = 0.0
    q = parameters["measures"]
    share = np.where(on[:, _GAP] > 0.5, q["delivered_share"], 1.0) * on[:, _MEASURES]
    state.instrument[:] = share[:, None] * world.announced[0]


def advance(
    world: World, state: State, parameters: Parameters, on: np.ndarray, keys: np.ndarray, month: int,
    levers: np.ndarray,
) -> None:
    """Deliver measures and levers, move attention and law, and book the cost of levers (see module docstring).

    ``levers`` is the intensity of each lever this month in [0, 1], shape (runs, instruments).
    """
    q = parameters["measures"]
    independent = float(months_below(world.event["soviet"], month, 1.0))
    law = world.event["law"]
    _advance(q, _as_table(q), _COSTS, on, world.announced[month], float(law[month]), law, month, independent,
             world.focus, levers, state.visible_harm, state.instrument, state.attention, state.law, state.measure_cost)
