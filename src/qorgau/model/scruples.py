"""What conduct costs officials' conscience, as their conduct at the start reveals it.

Nobody has measured scruple. It is inferred, as a discrete-choice model infers what it cannot see (McFadden 1974,
Conditional logit analysis): the costs are those under which the starting shares of a draw are the best response to
reference rents and sanctions of 1989, with conformity at those shares. A draw then varies what can be thought about,
how many refused and how many looked away, instead of a constant that only acts together with the spread of scruple.
Costs of taking are never below nought: who is offered nothing has no wish to take.
"""

from __future__ import annotations

import math

from qorgau.model.compiled import inlined
from qorgau.model.parameters import Parameter

__all__ = ["RISK", "START_PARAMETERS", "TAKERS", "revealed_cost", "start_share"]

START_PARAMETERS: tuple[Parameter, ...] = (
    Parameter("start_refuse", "1", "share of officials who refused in 1989, at a reference post", 0.02, 0.9),
    Parameter("start_tolerate", "1", "share who looked away", 0.02, 0.9),
    Parameter("start_rent", "monthly wages", "trafficking rents of an exposed taker in 1989"),
)

TAKERS = (0.5, 0.3, 0.2)
"""Starting split of takers: bribes, protection, taking part."""
RISK = (0.0, 0.15, 1.0, 1.1, 1.4)
"""Weight of the expected sanction in each conduct: who takes part is hit harder than who takes a bribe."""

_EXTRACT = 0.35
"""Extractive weight of the reference post, about the mean of the places."""
_SHIELD = 0.2
"""Part of the sanction that patrons averted at the reference post."""


@inlined
def start_share(q, conduct):
    """Share of a conduct at the reference post in 1989."""
    if conduct == 0:
        return q.start_refuse
    if conduct == 1:
        return q.start_tolerate
    return TAKERS[conduct - 2] * (1.0 - q.start_refuse - q.start_tolerate)


@inlined
def revealed_cost(q, conduct):
    """Cost of a conduct against refusing, monthly wages; below nought where looking away is the easier way.

    Solves x_j / x_0 = exp{[w ln(1 + rent_j) - cost_j - risk_j S] / tau + J (pull_j - pull_0)} at the reference.
    """
    if conduct == 0:
        return 0.0
    refuse = q.start_refuse
    tolerate = q.start_tolerate
    takers = 1.0 - refuse - tolerate
    audit = q.audit * (1.0 + q.soviet_control)
    stake = q.penalty * audit / (audit + takers + 0.3 * tolerate) * (1.0 - takers - 0.5 * tolerate) * (1.0 - _SHIELD)
    legal = q.skim * _EXTRACT / (q.apparatus * q.pay_ratio) / (takers + q.skim_half)
    money = 0.0
    pull = takers
    if conduct == 1:
        pull = tolerate
    elif conduct == 2:
        money = q.start_rent * (1.0 - q.carry_part) + legal
    elif conduct == 3:
        money = 0.5 * q.start_rent + legal
    else:
        money = q.start_rent * q.carry_part * TAKERS[0] / TAKERS[2] + legal
    worth = q.rent_value * (1.0 + q.haste * math.exp(-2.0)) * math.log(1.0 + money)
    odds = math.log(start_share(q, conduct) / refuse) - q.conformity * (pull - refuse)
    cost = worth - RISK[conduct] * stake - q.temperature * odds
    return cost if conduct == 1 else max(0.0, cost)
