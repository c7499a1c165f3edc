"""The state's measures: what is delivered of what was announced, attention, law, and what levers cost.

A measure of the time line is delivered in part: base = announced x its delivered part,

    logit(part) = logit(delivered_share) + delivery_spread z,   z a standard normal number of the measure's own,

since measures pass through different hands, and many (Pressman and Wildavsky 1973). Neither number knows of corruption
(which weakens a measure through officials, or not at all). A lever adds to it: level = base + lever (1 - base).
Attention to trafficking follows the harm that is seen, slowly; the law comes with attention and never later than the
time line allows. Measures, attention and levers are those of the state in focus; other states have the law of the time
line with a delay.
"""

from __future__ import annotations

import math

import numpy as np

from qorgau.model.clock import STEPS_A_YEAR
from qorgau.model.compiled import compiled, inlined
from qorgau.model.derived import months_below
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter, Parameters
from qorgau.model.state import State
from qorgau.model.streams import Stream, normal
from qorgau.model.world import INSTRUMENTS, World

__all__ = ["PARAMETERS", "advance", "attention_pull", "delivered_part", "start"]

PARAMETERS: tuple[Parameter, ...] = (
    Parameter("delivered_share", "1", "part of an announced measure that is delivered, median of measures", 0.0, 1.0),
    Parameter("delivery_spread", "logit", "standard deviation of what is delivered between measures", 0.0, 10.0),
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
_S_DELIVERY = int(Stream.DELIVERY)
_COSTS = np.array([[p.name for p in PARAMETERS].index(f"cost_{name}") for name in INSTRUMENTS])


@inlined
def delivered_part(share, spread, z):
    """Part of a measure that is delivered; its logit is that of ``share`` and ``spread`` times ``z``.

    As odds: shares of 0 and 1 stay, and without a spread the part is the share to the last digit.
    """
    odds = math.exp(spread * z)
    return share * odds / ((1.0 - share) + share * odds)


@inlined
def attention_pull(harm, half):
    """Attention that visible harm earns in the long run: little before it is plain, then most (cubic Hill)."""
    if harm <= 0.0:
        return 0.0
    cube = harm * harm * harm
    return cube / (cube + half * half * half)


@compiled
def _start(par, on, keys, announced, delivery, told, instrument):
    runs, kinds = instrument.shape
    for r in range(runs):
        q = par[r]
        for k in range(kinds):
            delivery[r, k] = normal(keys[r], _S_DELIVERY, 0, k, 0)
            part = 1.0
            if on[r, _GAP] > 0.5:
                part = delivered_part(q.delivered_share, q.delivery_spread, delivery[r, k])
            told[r, k] = announced[k]
            instrument[r, k] = on[r, _MEASURES] * (announced[k] * part)


@compiled
def _advance(par, every, costs, on, announced, law_bound, law_series, month, independent, focus, levers, visible_harm,
             delivery, told, instrument, attention, law, measure_cost):
    runs, kinds = instrument.shape
    states = law.shape[1]
    for r in range(runs):
        q = par[r]
        works = on[r, _MEASURES]
        spent = 0.0
        for k in range(kinds):
            told[r, k] = announced[k]
            part = 1.0
            if on[r, _GAP] > 0.5:
                part = delivered_part(q.delivered_share, q.delivery_spread, delivery[r, k])
            base = announced[k] * part
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
    """Draw how well each measure is delivered; no attention and no law in the state in focus, elsewhere the bound."""
    state.attention[:] = 0.0
    state.law[:] = world.event["law"][0]
    state.law[:, world.focus] = 0.0
    _start(parameters["measures"], on, keys, world.announced[0], state.delivery, state.announced, state.instrument)


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
             world.focus, levers, state.visible_harm, state.delivery, state.announced, state.instrument,
             state.attention, state.law, state.measure_cost)
