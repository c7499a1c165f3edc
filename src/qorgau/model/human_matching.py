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
    tried[:] = 0.0
    # sums that stay in a register: one in memory waits for its last value to be written
    of_labour = of_sexual = 0.0
    alone_labour = alone_sexual = 0.0
    for h in range(attempts.shape[0]):
        i = ways.cell[h]
        tried[i] += attempts[h, 0]
        tried[i + 1] += attempts[h, 1]
        of_labour += attempts[h, 0]
        of_sexual += attempts[h, 1]
    grouped[0] += of_labour
    grouped[1] += of_sexual
    # the two forms of a pair stand side by side
    for i in range(0, tried.shape[0], 2):
        d = ways.target[i]
        open_to = (here if ways.home[i] == focus else abroad) * pool[ways.pair[i]]
        most[i] = (1.0 - q.sexual_pool) * open_to
        most[i + 1] = q.sexual_pool * open_to
        labour = alone * most[i] * dear[d, 0]
        sexual = alone * most[i + 1] * dear[d, 1]
        singles[i] = labour * ways.share[i]
        singles[i + 1] = sexual * ways.share[i]
        alone_labour += labour
        alone_sexual += sexual
        tried[i] += labour
        tried[i + 1] += sexual
    singly[0] += alone_labour
    singly[1] += alone_sexual
    per_power = 1.0 / q.matching
    for i in range(tried.shape[0]):
        ratio = min(tried[i], most[i]) / max(max(tried[i], most[i]), _NOBODY)
        met[i] = fall(-q.matching * logarithm(max(ratio, _NOBODY)))
    for i in range(tried.shape[0]):
        met[i] = fall(per_power * logarithm(1.0 + met[i])) * min(tried[i], most[i])
