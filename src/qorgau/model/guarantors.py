"""Who protects legal firms: officials or gangs.

Firms that pay for protection go to the better protector, with inertia. The balance of custom is kept as a logit;
it moves with the difference of quality and falls back slowly (contracts end, owners change):
z' = z + k private [b (q_officials + h takers - q_gangs) - d z]. Officials' quality grows with the share that sells
protection, gangs' with their number up to a point and then falls, since many gangs cannot keep rivals off (Varese
2001, The Russian Mafia, ch. 3; Volkov 2002, Violent Entrepreneurs, ch. 5 and 6). Firms also pay in order not to be
harassed, and from harassment by officials only officials can spare them (Shleifer and Vishny 1993; Frye and
Zhuravskaya 2000). Nothing is dated except privatisation.
"""

from __future__ import annotations

import math

from qorgau.model.clock import STEPS_A_YEAR
from qorgau.model.compiled import compiled, inlined
from qorgau.model.parameters import Parameter
from qorgau.model.streams import Stream, normal

__all__ = ["CUSTOM_PARAMETERS", "custom_pull", "gang_quality", "private_share", "start_custom"]

_STATE_EFFECT = int(Stream.SPARE_1)

CUSTOM_PARAMETERS: tuple[Parameter, ...] = (
    Parameter("protection_rate", "1", "part of private output that firms pay for protection", 0.0, 1.0),
    Parameter("private_years", "year", "years from the start of privatisation until firms are private", 0.5),
    Parameter("custom_start", "logit", "mean starting balance of custom, officials against gangs", -6.0, 6.0),
    Parameter("custom_spread", "logit", "its sd between states"),
    Parameter("custom_speed", "1/month", "how fast custom moves", 0.0, 1.0),
    Parameter("custom_sense", "1", "how strongly custom follows quality"),
    Parameter("custom_decay", "1", "pull back to an even split"),
    Parameter("official_half", "1", "share of officials selling protection at half of their best quality", 1e-3),
    Parameter("harassment", "1", "worth of being spared by officials, were all of them to take"),
    Parameter("gang_best", "1", "best quality of gangs' protection over that of officials"),
    Parameter("gang_number", "organisations", "number of gangs at a home state at which their quality peaks", 0.1),
)


@inlined
def private_share(months, years):
    """Share of firms that are private, ``months`` after the start of privatisation (linear over ``years``)."""
    return min(1.0, months / (STEPS_A_YEAR * years))


@inlined
def gang_quality(q, gangs):
    """Quality of protection by gangs: hump in their number n, best (n/n0) exp(1 - n/n0), held at 1/3 of best."""
    if gangs <= 0.0:
        return 0.0
    crowd = gangs / q.gang_number
    quality = crowd * math.exp(1.0 - crowd)
    if crowd > 1.0:
        quality = max(quality, 1.0 / 3.0)
    return q.gang_best * quality


@inlined
def custom_pull(q, private, sell, taking, gangs, balance):
    """Change of the balance of custom (logit) in a month; ``sell``, ``taking`` are shares of officials."""
    officials = sell / (sell + q.official_half) + q.harassment * taking
    return q.custom_speed * private * (q.custom_sense * (officials - gangs) - q.custom_decay * balance)


@compiled
def start_custom(par, keys, guarantor):
    """Draw the balance of custom at the start, by state from one distribution."""
    for r in range(guarantor.shape[0]):
        for s in range(guarantor.shape[1]):
            guarantor[r, s] = par[r].custom_start + par[r].custom_spread * normal(keys[r], _STATE_EFFECT, 0, s, 1)
