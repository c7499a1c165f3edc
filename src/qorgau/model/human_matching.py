"""How many people recruiters win: attempts meet people who can be won, for all pairs and forms of a run at once.

The matching function is that of ``human_trade``, A S / (A^l + S^l)^(1/l), written as the short side over
(1 + (short/long)^l)^(1/l). Its powers are formed as rows of exponentials of logarithms.
"""

from __future__ import annotations

from qorgau.model.compiled import inlined
from qorgau.model.exponentials import fall, logarithm

__all__ = ["match"]

_NOBODY = 1e-300
"""Number of people, and share of one side in the other, below which it counts as 0: logarithms stay finite."""


@inlined
def match(q, alone, aware, focus, ways, d_state, pool, wage, price, attempts, dear, singles, tried, most, met, singly,
          grouped):
    """Write by cell of ``ways`` what recruiters of a run try and whom they can expect to win.

    ``singles`` are attempts of those who work alone on each way of the pair, ``tried`` those of all, ``most`` the
    people who can be won, ``met`` the recruits to be expected; attempts by form are added to ``singly`` and
    ``grouped``. ``dear`` is work space: the price over the choke price, by destination and form.
    """
    for d in range(dear.shape[0]):
        dear[d, 0] = min(1.0, price[d, 0] / (q.choke_labour * wage[d_state[d]]))
        dear[d, 1] = min(1.0, price[d, 1] / (q.choke_sexual * wage[d_state[d]]))
    here = q.winnable * (1.0 - aware)
    abroad = q.winnable * (1.0 - aware * q.awareness_abroad)
    for i in range(met.shape[0]):
        f = ways.form[i]
        v = here if ways.home[i] == focus else abroad
        most[i] = v * (q.sexual_pool if f == 1 else 1.0 - q.sexual_pool) * pool[ways.pair[i]]
        total = alone * most[i] * dear[ways.target[i], f]
        singles[i] = total * ways.share[i]
        singly[f] += total
        by_groups = 0.0
        for j in range(ways.first[i], ways.last[i] + 1):
            by_groups += attempts[ways.order[j], f]
        grouped[f] += by_groups
        tried[i] = total + by_groups
    per_power = 1.0 / q.matching
    for i in range(met.shape[0]):
        ratio = min(tried[i], most[i]) / max(max(tried[i], most[i]), _NOBODY)
        met[i] = fall(-q.matching * logarithm(max(ratio, _NOBODY)))
    for i in range(met.shape[0]):
        met[i] = fall(per_power * logarithm(1.0 + met[i])) * min(tried[i], most[i])
