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
def match(q, r, alone, aware, focus, place_state, d_place, first, order, pool, wage, price, attempts, singles, tried,
          most, met, singly, grouped):
    """Write by cell, pair and form, what recruiters of run ``r`` try and whom they can expect to win.

    ``singles`` are attempts of those who work alone on each way of the pair, ``tried`` those of all, ``most`` the
    people who can be won, ``met`` the recruits to be expected; attempts by form are added to ``singly`` and
    ``grouped``.
    """
    targets = d_place.shape[0]
    forms = attempts.shape[2]
    for p in range(place_state.shape[0]):
        home = place_state[p]
        v = q.winnable * (1.0 - aware * (1.0 if home == focus else q.awareness_abroad))
        for d in range(targets):
            pair = p * targets + d
            lo = first[pair]
            hi = first[pair + 1]
            for f in range(forms):
                cell = pair * forms + f
                if lo == hi:
                    tried[cell] = most[cell] = 0.0
                    continue
                part = q.sexual_pool if f == 1 else 1.0 - q.sexual_pool
                most[cell] = v * part * pool[r, p, d]
                choke = (q.choke_labour if f == 0 else q.choke_sexual) * wage[r, place_state[d_place[d]]]
                own = alone * most[cell] * min(1.0, price[r, d, f] / choke) / (hi - lo)
                total = own * (hi - lo)
                singly[f] += total
                for j in range(lo, hi):
                    total += attempts[r, order[j], f]
                    grouped[f] += attempts[r, order[j], f]
                singles[cell] = own
                tried[cell] = total
    per_power = 1.0 / q.matching
    for i in range(met.shape[0]):
        met[i] = min(tried[i], most[i]) / max(max(tried[i], most[i]), _NOBODY)
    for i in range(met.shape[0]):
        met[i] = fall(-q.matching * logarithm(max(met[i], _NOBODY)))
    for i in range(met.shape[0]):
        met[i] = fall(per_power * logarithm(1.0 + met[i]))
    for i in range(met.shape[0]):
        met[i] *= min(tried[i], most[i])
