"""What a person brings on each way, but for the hazard that an organisation believes in; equations as in ``routes``."""

from __future__ import annotations

import numpy as np

from qorgau.model.compiled import inlined
from qorgau.model.units import PERSONS_PER_JOURNEY

__all__ = ["weigh_ways"]

_PERSONS = PERSONS_PER_JOURNEY


@inlined
def weigh_ways(q, hp, lists, bribe, price, effectiveness, pool_there, conviction_cost, law, by_pair, stopped, gain,
               burden):
    """What a person brings is gain * passing - burden, by way in the order of the home states."""
    for s in range(law.shape[0]):
        law[s] = conviction_cost[s] / _PERSONS
    # by pair: who goes, what a person brings in both forms, what those there already do not bring, effectiveness
    for j in range(lists.pair.shape[0]):
        i = lists.pair[j]
        d = lists.target[j]
        stays = pool_there[i]
        labour = effectiveness[i, 0] * price[d, 0]
        sexual = effectiveness[i, 1] * price[d, 1]
        by_pair[j, 0] = 1.0 - stays
        by_pair[j, 1] = labour
        by_pair[j, 2] = sexual
        by_pair[j, 3] = stays * labour
        by_pair[j, 4] = stays * sexual
        by_pair[j, 5] = effectiveness[i, 0]
        by_pair[j, 6] = effectiveness[i, 1]
        by_pair[j, 7] = law[lists.goal[j]]
    for s in range(lists.trunk.shape[0] - 1):
        stopped[lists.trunk[s]] = 0.0
        for i in range(lists.trunk[s] + np.uint64(1), lists.trunk[s + 1]):
            stopped[i] = stopped[lists.way_parent[i]] + bribe[lists.way_link[i]]
    for i in range(lists.way_end.shape[0]):
        j = lists.way_pair[i]
        prepare = q.journey_fixed + q.journey_cost * lists.way_km[i]
        paid = hp * stopped[lists.way_end[i]]
        goes = by_pair[j, 0]
        gain[2 * i] = goes * by_pair[j, 1]
        gain[2 * i + 1] = goes * by_pair[j, 2]
        burden[2 * i] = (goes * (by_pair[j, 1] * paid + by_pair[j, 5] * prepare) - by_pair[j, 3]) + by_pair[j, 7]
        burden[2 * i + 1] = (goes * (by_pair[j, 2] * paid + by_pair[j, 6] * prepare) - by_pair[j, 4]) + by_pair[j, 7]
