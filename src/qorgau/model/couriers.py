"""Opiates that people are made to carry: by the ways on which people go, with them and at their hazard.

Where an organisation works in opiates, a part of those whom it is likely to win for a place abroad is made to carry
(S30). What they carry is handed to them where they start, meets on every corridor the hazard that people meet
(``human_trade.transit_hazard``) and is sold where they are to be exploited. Persons are drawn later in the month as
whole numbers; kilograms go by expected persons, as all opiates go by expected shares.
"""

from __future__ import annotations

import numpy as np

from qorgau.model.compiled import inlined
from qorgau.model.derived import of_map
from qorgau.model.exponentials import fall
from qorgau.model.human_trade import needs, transit_hazard
from qorgau.model.mechanisms import Mechanism
from qorgau.model.world import CONDUCTS, World

__all__ = ["hand_over", "market_of_place", "pass_with_people", "worth_of_ways"]

_CARRY = int(Mechanism.OFFICIALS_CARRY)
_TAKE_PART = CONDUCTS.index("take_part")


@of_map
def market_of_place(world: World) -> np.ndarray:
    """Market for opiates at each place, -1 where there is none, shape (places,)."""
    market = np.full(world.sizes["place"], -1, dtype=np.int64)
    market[world.market_place] = np.arange(len(world.market_place))
    return market


@inlined
def pass_with_people(q, on, r, service, conduct, from_post, to_post, to_state, hazard, need, through):
    """Write the share of what people carry that passes each corridor, exp(-hazard of people), shape (corridors,)."""
    needs(q, on, r, service, need)
    carry = q.officials_carry * on[r, _CARRY]
    for l in range(from_post.shape[0]):
        take_part = 0.5 * (conduct[r, from_post[l], _TAKE_PART] + conduct[r, to_post[l], _TAKE_PART])
        through[l] = transit_hazard(hazard[r, l], q.transit_risk, need[to_state[l]], carry, take_part)
    for l in range(from_post.shape[0]):
        through[l] = fall(through[l])


@inlined
def worth_of_ways(ptr, parent, link, market_on, price, through, value):
    """Write by node of the trees of ways what a kilogram handed over there brings at their ends, USD."""
    for c in range(ptr.shape[0] - 1):
        root = ptr[c]
        for i in range(root + 1, ptr[c + 1]):
            l = link[i]
            if parent[i] == root:
                m = market_on[l]
                value[i] = through[l] * price[m] if m >= 0 else 0.0
            else:
                value[i] = through[l] * value[parent[i]]


@inlined
def hand_over(given, loads, ptr, first, up, link, more, more_at, market_on, through, kg, flow, carried, seized,
              arrivals):
    """Move what ``given`` persons by way and form carry, ``loads`` kg each, to the ends of the ways.

    Nodes of each state's tree stand from the last to the root (``organisations_people.ways_by_home``). ``kg`` and
    ``flow`` are work space by way, and one more, and by node. Returns the kg handed over, and those seized and arrived.
    """
    ways = loads.shape[0] // 2
    for i in range(ways):
        kg[i] = given[2 * i] * loads[2 * i] + given[2 * i + 1] * loads[2 * i + 1]
    kg[ways] = 0.0
    handed = gone = 0.0
    for i in range(ways):
        handed += kg[i]
    for i in range(first.shape[0]):
        flow[i] = kg[first[i]]
    for k in range(more.shape[0]):
        flow[more_at[k]] += kg[more[k]]
    for c in range(ptr.shape[0] - 1):
        here, above, by = flow[ptr[c]:ptr[c + 1]], up[ptr[c]:ptr[c + 1]], link[ptr[c]:ptr[c + 1]]
        root = here.shape[0] - 1
        for i in range(root):
            if here[i] > 0.0:
                l = by[i]
                left = here[i] * through[l]
                carried[l] += here[i]
                seized[l] += here[i] - left
                gone += here[i] - left
                if above[i] == root:
                    arrivals[market_on[l]] += left
                    gone += left
                else:
                    here[above[i]] += left
    return handed, gone
