"""Plain-Python oracle of the process `measures`."""

from __future__ import annotations

from math import exp, log

from qorgau.model.mechanisms import Mechanism
from qorgau.model.world import INSTRUMENTS


def delivered(q, z):
    """Part of a measure that is delivered, by its logit; no logit of 0 and 1, which stay."""
    share = q["delivered_share"]
    if share in (0.0, 1.0):
        return share
    return 1 / (1 + exp(-(log(share / (1 - share)) + q["delivery_spread"] * z)))


def advance(world, state, parameters, on, keys, month, levers):
    """New values of all that the process owns, as a dict of nested lists (the state is left alone)."""
    out = {k: getattr(state, k).tolist() for k in ("announced", "instrument", "attention", "law", "measure_cost")}
    free = sum(1 for v in world.event["soviet"][: month + 1] if v < 1)
    for r in range(len(keys)):
        q = parameters["measures"][r]
        works = on[r, Mechanism.MEASURES] > 0
        gap = on[r, Mechanism.DELIVERY_GAP] > 0
        cost = 0.0
        for k, name in enumerate(INSTRUMENTS):
            out["announced"][r][k] = world.announced[month][k]
            base = world.announced[month][k] * (delivered(q, state.delivery[r][k]) if gap else 1.0)
            out["instrument"][r][k] = 1 - (1 - base) * (1 - levers[r][k]) if works else 0.0
            cost += levers[r][k] * q[f"cost_{name}"] / 12 if works else 0.0
        out["measure_cost"][r] = cost
        if on[r, Mechanism.ATTENTION] > 0:
            harm = state.visible_harm[r]
            earned = 0.0 if harm <= 0 else 1 / (1 + (q["attention_half"] / harm) ** 3)
            out["attention"][r] += q["attention_speed"] * (earned - out["attention"][r])
        else:
            out["attention"][r] = min(1.0, free / (12 * q["ramp_years"]))
        for s in range(world.sizes["state"]):
            if s != world.focus:
                out["law"][r][s] = world.event["law"][max(0, month - int(q["law_delay"]))]
            elif works:
                due = min(world.event["law"][month], out["attention"][r] / q["law_attention"])
                out["law"][r][s] += q["law_speed"] * max(0.0, due - out["law"][r][s])
            else:
                # law once made stays, but none is made
                out["law"][r][s] += 0.0
    return out
