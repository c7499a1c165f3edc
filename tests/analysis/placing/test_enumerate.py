from __future__ import annotations

import numpy as np
import pytest

from qorgau.analysis.placing import enumerate as enumerating
from qorgau.analysis.placing.reliability import arrange, delivered

from .networks import random_network, subsets


def test_placements_are_all_sets_within_the_budget() -> None:
    cost = np.array([1.0, 2.0, 1.0, 3.0])
    sets = list(enumerating.placements(cost, 3.0))
    assert len(sets) == len(set(sets)) == enumerating.count_placements(cost, 3.0, 1000)
    assert set(sets) == {(), (0,), (1,), (2,), (3,), (0, 1), (0, 2), (1, 2)}
    assert enumerating.count_placements(cost, 3.0, 4) == 5


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("costs", [False, True])
def test_branching_keeps_what_plain_listing_keeps(seed: int, costs: bool) -> None:
    network = random_network(seed, costs=costs)
    groups = arrange(network)
    budget = 4.0

    def value(chosen: np.ndarray) -> float:
        return delivered(groups, chosen)

    room = {tuple(s.tolist()): budget - network.cost[s].sum() for s in subsets(network, budget)}
    maximal = [
        np.array(s, dtype=np.int64)
        for s, left in room.items()
        if all(a in s or network.cost[a] > left + 1e-9 for a in network.watchable.tolist())
    ]
    listed = sorted(value(s) for s in maximal)[:5]
    branched = enumerating.shortlist(network, budget, value, monotone=True, size=5)
    assert [item.value for item in branched] == pytest.approx(listed, rel=1e-12)
    plain = enumerating.shortlist(network, budget, value, size=5)
    assert plain[0].value == pytest.approx(branched[0].value, rel=1e-12)
    assert [i.value for i in plain] == sorted(i.value for i in plain)


def test_rerank_takes_the_callers_word() -> None:
    ranked = [enumerating.Ranked(np.array([i]), 0.1 * i) for i in range(3)]
    best, score = enumerating.rerank(ranked, lambda arcs: -float(arcs[0]))
    assert best is ranked[2] and score == -2.0
    assert enumerating.rerank(ranked, lambda arcs: 1.0)[0] is ranked[0]
