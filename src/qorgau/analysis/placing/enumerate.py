"""Small networks: every placement within the budget, and the best few dozen for a closer look."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from qorgau.analysis.placing.local import BUDGET_TOLERANCE
from qorgau.analysis.placing.network import Floats, Ints, Network

SHORTLIST = 36


@dataclass(frozen=True, eq=False)
class Ranked:
    """A placement (positions of arcs, rising) and its value in the network."""

    chosen: Ints
    value: float


def count_placements(cost: Floats, budget: float, most: int) -> int:
    """Return how many sets of items fit the budget, the empty one included; stop counting past `most`."""
    count = 0
    for _ in placements(cost, budget):
        count += 1
        if count > most:
            break
    return count


def placements(cost: Floats, budget: float) -> Iterator[tuple[int, ...]]:
    """Yield every set of items within the budget, by depth first, items rising."""
    stack: list[tuple[tuple[int, ...], float]] = [((), budget + BUDGET_TOLERANCE)]
    while stack:
        chosen, left = stack.pop()
        yield chosen
        for i in range(cost.size - 1, chosen[-1] if chosen else -1, -1):
            if cost[i] <= left:
                stack.append(((*chosen, i), left - cost[i]))


def shortlist(
    network: Network,
    budget: float,
    value_of: Callable[[Ints], float],
    candidates: Ints | None = None,
    monotone: bool = False,
    size: int = SHORTLIST,
) -> list[Ranked]:
    """Return the `size` placements of least value, best first, among all within the budget.

    Parameters
    ----------
    value_of
        Value of watches on the arcs at given positions; lower is better.
    candidates
        Positions of the arcs to consider; all watchable ones by default.
    monotone
        True where a further watch never raises the value: branches that cannot reach the shortlist even
        with every arc still open watched are then cut off, and sets with room for another watch are left
        out, since adding it is never worse.
    """
    arcs = network.watchable if candidates is None else candidates
    cost = network.cost[arcs]
    heap: list[tuple[float, tuple[int, ...]]] = []  # worst first: (-value, items)

    def offer(items: tuple[int, ...]) -> None:
        value = value_of(arcs[list(items)])
        entry = (-value, tuple(-i for i in items))
        if len(heap) < size:
            heapq.heappush(heap, entry)
        elif entry > heap[0]:
            heapq.heapreplace(heap, entry)

    if not monotone:
        for items in placements(cost, budget):
            offer(items)
    else:
        _branch(
            cost,
            budget,
            offer,
            lambda items: value_of(arcs[list(items)]),
            lambda: -heap[0][0] if len(heap) == size else np.inf,
        )
    found = sorted(heap, reverse=True)
    return [Ranked(arcs[[-i for i in items]].astype(np.int64), -negative) for negative, items in found]


def _branch(
    cost: Floats,
    budget: float,
    offer: Callable[[tuple[int, ...]], None],
    value: Callable[[tuple[int, ...]], float],
    worst: Callable[[], float],
) -> None:
    """Offer every maximal set within the budget except those that a bound shows to be no use."""
    cheapest_from = np.append(np.minimum.accumulate(cost[::-1])[::-1], np.inf)

    def descend(chosen: tuple[int, ...], skipped: float, start: int, left: float) -> None:
        """`skipped`: cost of the cheapest item passed over, which a maximal set has no room for."""
        if cheapest_from[start] > left:
            if skipped > left:
                offer(chosen)
            return
        # Value with everything still open watched is as good as this branch can get.
        if value((*chosen, *range(start, cost.size))) > worst():
            return
        if cost[start] <= left:
            descend((*chosen, start), skipped, start + 1, left - cost[start])
        descend(chosen, min(skipped, float(cost[start])), start + 1, left)

    descend((), np.inf, 0, budget + BUDGET_TOLERANCE)


def rerank(ranked: list[Ranked], evaluate: Callable[[Ints], float]) -> tuple[Ranked, float]:
    """Return the placement that the caller's own evaluation finds best, and its score; ties keep order."""
    scores = [float(evaluate(item.chosen)) for item in ranked]
    best = int(np.argmin(scores))
    return ranked[best], scores[best]
