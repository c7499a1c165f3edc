"""What conduct costs officials' conscience, as their conduct at the start reveals it.

Nobody has measured scruple. It is inferred, as a discrete-choice model infers what it cannot see (McFadden 1974,
Conditional logit analysis): the costs are those under which the starting shares of a draw are the best response to
reference rents, sanctions and patrons' dues of 1989, with conformity at those shares. A draw then varies what can be
thought about, how many took and how many refused, instead of a constant that only acts together with the spread of
scruple. A cost is scruple less all gain from conduct that the model does not hold (payments by ordinary people
above all), so it may be below nought. What claims put in doubt is weighed as the draw has it: 1989 was what it was in
either world. What only knock-outs switch is taken as on, so that they change what officials do and not who they are.

Central posts have a starting share of their own, and so costs of their own: the same reference, but for who punishes,
who sits at the centre, and for colleagues, half of whom are those of their own body and half those of the state. The
posts of places under a centre have costs of their own for the same reason: they took as often as elsewhere, under those
who punish there and with colleagues some of whom sit there. Else a corrupt centre would change at once how many took.
Border and migration services have no hold on firms, so their reference has no rents from firms: the sources tell no
body from another, so all took as often in 1989, and what the services take in other ways is in their cost.
"""

from __future__ import annotations

import math

from qorgau.model.compiled import compiled, inlined
from qorgau.model.mechanisms import Mechanism
from qorgau.model.parameters import Parameter

__all__ = ["RISK", "START_PARAMETERS", "TAKERS", "reveal", "revealed_cost", "start_share"]

_LEGAL = int(Mechanism.LEGAL_RENTS)
_SHARED = int(Mechanism.SHARED_SANCTION)
_SHIELD = int(Mechanism.PATRONAGE_SHIELD)
_SPOILS = int(Mechanism.SPOILS)

START_PARAMETERS: tuple[Parameter, ...] = (
    Parameter("start_take", "1", "share of officials who took in some way in 1989, at a reference post", 0.005, 0.9),
    Parameter("start_take_centre", "1", "the same of officials at central posts", 0.005, 0.9),
    Parameter("start_refuse", "1", "part of the others who refused; the rest looked away", 0.02, 0.98),
    Parameter("start_rent", "monthly wages", "trafficking rents of an exposed taker in 1989"),
)

TAKERS = (0.5, 0.3, 0.2)
"""Starting split of takers: bribes, protection, taking part."""
RISK = (0.0, 0.15, 1.0, 1.1, 1.4)
"""Weight of the expected sanction in each conduct: who takes part is hit harder than who takes a bribe."""

_EXTRACT = 0.35
"""Extractive weight of the reference post, about the mean of the places."""
_REACH = 1.0 / 3.0
"""Reach of patrons at the reference post: holders a year in post, group lines not yet sharp."""
_COVER = 1.0 / 6.0
"""Part of the sanction that patrons averted there: that reach at half of full cover."""


@inlined
def start_share(q, takers, conduct):
    """Share of a conduct in 1989 where ``takers`` of the officials took: `start_take` or `start_take_centre`."""
    if conduct == 0:
        return (1.0 - takers) * q.start_refuse
    if conduct == 1:
        return (1.0 - takers) * (1.0 - q.start_refuse)
    return TAKERS[conduct - 2] * takers


@inlined
def revealed_cost(q, on, takers, above, part, extract, conduct):
    """Cost of a conduct against refusing, monthly wages, with mechanisms ``on``; below nought where it is easier.

    ``takers`` is the starting share of the posts in question, as for `start_share`, ``above`` that of the posts that
    punish them, ``part`` the part of all officials of the state who sit there, and ``extract`` the extractive weight
    of what they have a hold on, 0 without any.

    Solves x_j / x_0 = exp{[w ln(1 + rent_j) + dues_j - cost_j - risk_j S] / tau + J (pull_j - pull_0)} at the
    reference.
    """
    if conduct == 0:
        return 0.0
    refuse = start_share(q, takers, 0)
    tolerate = start_share(q, takers, 1)
    audit = q.audit * (1.0 + q.soviet_control)
    hold = above + 0.5 * start_share(q, above, 1)
    stake = q.penalty * audit / (audit + takers + 0.3 * tolerate) * (1.0 - on[_SHARED] * hold)
    stake *= 1.0 - on[_SHIELD] * _COVER
    legal = on[_LEGAL] * q.skim * extract / (q.apparatus * q.pay_ratio) / (takers + q.skim_half)
    money = 0.0
    pull = 0.5 * (takers + (1.0 - part) * q.start_take + part * above)
    dues = on[_SPOILS] * q.patron_dues * _REACH
    if conduct == 1:
        pull = 0.5 * (tolerate + (1.0 - part) * start_share(q, q.start_take, 1) + part * start_share(q, above, 1))
        dues = 0.0
    elif conduct == 2:
        money = q.start_rent * (1.0 - q.carry_part) + legal
    elif conduct == 3:
        money = 0.5 * q.start_rent + legal
    else:
        money = q.start_rent * q.carry_part * TAKERS[0] / TAKERS[2] + legal
    worth = q.rent_value * (1.0 + q.haste * math.exp(-2.0)) * math.log(1.0 + money)
    pull -= 0.5 * (refuse + (1.0 - part) * start_share(q, q.start_take, 0) + part * start_share(q, above, 0))
    odds = math.log(start_share(q, takers, conduct) / refuse) - q.conformity * pull
    return worth + dues - RISK[conduct] * stake - q.temperature * odds


@compiled
def reveal(par, on, part, scruple, under, centre, service, service_under):
    """Fill the revealed costs of every run, each (runs, conducts).

    ``part`` is the part of the officials of states with central posts who sit there; ``scruple`` gets the costs of
    places in states without central posts, ``under`` of places in states with them, ``centre`` of central posts,
    ``service`` and ``service_under`` of border and migration services, as for places.
    """
    for r in range(len(scruple)):
        for j in range(scruple.shape[1]):
            place, top = par[r].start_take, par[r].start_take_centre
            scruple[r, j] = revealed_cost(par[r], on[r], place, place, 0.0, _EXTRACT, j)
            under[r, j] = revealed_cost(par[r], on[r], place, top, part, _EXTRACT, j)
            centre[r, j] = revealed_cost(par[r], on[r], top, top, part, _EXTRACT, j)
            service[r, j] = revealed_cost(par[r], on[r], place, place, 0.0, 0.0, j)
            service_under[r, j] = revealed_cost(par[r], on[r], place, top, part, 0.0, j)
