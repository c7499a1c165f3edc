from __future__ import annotations

import numpy as np
import pytest

from qorgau.analysis.placing import worst_case
from qorgau.analysis.placing.network import Network, make_network
from qorgau.analysis.placing.reliability import arrange, delivered

from .networks import best_by_relaxation, random_network, subsets


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("kind", ["plain", "stopping", "costs"])
def test_equals_brute_force(seed: int, kind: str) -> None:
    network = random_network(seed, stopping=kind == "stopping", costs=kind == "costs")
    budget = 1.0 + seed % 4
    best = min(best_by_relaxation(network, chosen) for chosen in subsets(network, budget))
    found = worst_case.solve(network, budget)
    assert found.status == "optimal"
    assert found.value == pytest.approx(best, abs=2e-9, rel=2e-7)
    assert found.bound <= best + 2e-9
    assert network.cost[found.chosen].sum() <= budget + 1e-9
    assert best_by_relaxation(network, found.chosen) == pytest.approx(found.value, rel=1e-12)


@pytest.mark.parametrize("budget", [3.0, 4.0])
def test_both_ways_to_branch_prove_the_same(budget: float) -> None:
    """Watches that all but stop passage on a dense grid leave a gap at the root, which branching must close."""
    network = grid(4, 4, seed=5)
    found = [worst_case.solve(network, budget, branching=how) for how in ("cuts", "compact", "auto")]
    for one in found:
        assert one.status == "optimal"
        assert one.root_bound < one.value * 0.99  # else nothing was branched on
        assert one.value - one.bound <= 1e-7 * one.value + 1e-9
        assert one.value == pytest.approx(found[0].value, rel=1e-6)
    # No single swap does better: a necessary condition on a network too large to list.
    best = found[0]
    outside = [a for a in network.watchable.tolist() if a not in best.chosen]
    for old in best.chosen.tolist():
        for new in outside:
            trial = np.array([new, *[a for a in best.chosen.tolist() if a != old]])
            assert delivered(arrange(network), trial) >= best.value - 1e-8


def test_time_and_node_limits_leave_a_valid_bound() -> None:
    network = grid(6, 6, seed=5)
    short = worst_case.solve(network, 6.0, time_limit=0.02)
    few = worst_case.solve(network, 6.0, time_limit=5.0, node_limit=1, branching="cuts")
    assert short.status == "time limit"
    assert few.status in ("time limit", "node limit", "optimal")
    for one in (short, few):
        assert one.bound <= min(short.value, few.value)
        assert delivered(arrange(network), one.chosen) == pytest.approx(one.value, rel=1e-12)
        assert network.cost[one.chosen].sum() <= 6.0


def test_turning_the_network_round_changes_nothing() -> None:
    network = random_network(3)
    names = network.nodes
    turned = make_network(
        [names[i] for i in network.head],
        [names[i] for i in network.tail],
        network.evasion,
        network.evasion_watched,
        [names[i] for i in network.destination],
        [names[i] for i in network.origin],
        network.probability,
    )
    one, other = worst_case.solve(network, 3.0), worst_case.solve(turned, 3.0)
    assert one.value == pytest.approx(other.value, rel=1e-9)


def test_useless_watches_are_not_bought() -> None:
    network = make_network(["a", "b", "c"], ["b", "c", "d"], [0.9, 0.8, 0.7], [0.1, 0.8, np.nan], ["a"], ["d"], [1.0])
    found = worst_case.solve(network, 5.0)
    assert found.chosen.tolist() == [0]
    assert found.value == pytest.approx(0.1 * 0.8 * 0.7)


def test_nothing_to_gain() -> None:
    network = make_network(["a"], ["b"], [0.9], [0.9], ["a"], ["b"], [1.0])
    found = worst_case.solve(network, 1.0)
    assert found.status == "optimal" and found.chosen.size == 0 and found.value == found.bound == 0.9


def test_solver_prints_nothing(capfd: pytest.CaptureFixture[str]) -> None:
    worst_case.solve(random_network(1), 2.0)
    assert capfd.readouterr().out == ""


def grid(rows: int, columns: int, seed: int) -> Network:
    """A grid of two-way roads, all watchable, crossed from the left side to the right."""
    rng = np.random.default_rng(seed)
    tail, head = [], []
    for i in range(rows):
        for j in range(columns):
            for k, m in ((i, j + 1), (i + 1, j)):
                if k < rows and m < columns:
                    tail += [f"{i}.{j}", f"{k}.{m}"]
                    head += [f"{k}.{m}", f"{i}.{j}"]
    r = rng.uniform(0.6, 0.95, len(tail))
    q = r * rng.uniform(0.0, 0.2, len(tail))
    origins = [f"{i}.0" for i in range(0, rows, 2)]
    destinations = [f"{i}.{columns - 1}" for i in range(0, rows, 2)]
    pairs = [(o, d) for o in origins for d in destinations]
    p = rng.dirichlet(np.ones(len(pairs)))
    return make_network(tail, head, r, q, [o for o, _ in pairs], [d for _, d in pairs], p)
