"""Small random networks with two-way roads, and plain answers to hold the fast ones against."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from qorgau.analysis.placing.network import Network, make_network


def random_network(
    seed: int,
    nodes: int = 8,
    journeys: int = 6,
    watchable: int = 7,
    acyclic: bool = False,
    stopping: bool = False,
    costs: bool = False,
) -> Network:
    """Return a connected random network; `stopping` lets some watches stop all passage."""
    rng = np.random.default_rng(seed)
    arcs = {(i, i + 1) for i in range(nodes - 1)}
    while len(arcs) < 2 * nodes:
        a, b = sorted(rng.choice(nodes, 2, replace=False).tolist())
        arcs.add((a, b))
    if not acyclic:
        arcs |= {(b, a) for a, b in arcs}
    ordered = sorted(arcs)
    r = rng.uniform(0.3, 1.0, len(ordered))
    q = np.full(len(ordered), np.nan)
    watched = rng.choice(len(ordered), min(watchable, len(ordered)), replace=False)
    q[watched] = r[watched] * rng.uniform(0.05, 0.95, watched.size)
    if stopping:
        q[watched[::2]] = 0.0
    pairs = [(a, b) for a in range(nodes) for b in range(nodes) if a != b and (not acyclic or a < b)]
    chosen = [pairs[i] for i in rng.choice(len(pairs), journeys, replace=False)]
    p = rng.dirichlet(np.ones(journeys))
    return make_network(
        [str(a) for a, _ in ordered],
        [str(b) for _, b in ordered],
        r,
        q,
        [str(a) for a, _ in chosen],
        [str(b) for _, b in chosen],
        p,
        cost=rng.integers(1, 4, len(ordered)).astype(float) if costs else None,
    )


def subsets(network: Network, budget: float) -> Iterator[np.ndarray]:
    """Yield every set of watched arcs within the budget."""
    arcs = network.watchable
    for size in range(arcs.size + 1):
        for chosen in combinations(arcs.tolist(), size):
            if network.cost[list(chosen)].sum() <= budget + 1e-9:
                yield np.array(chosen, dtype=np.int64)


def passing(network: Network, chosen: np.ndarray) -> np.ndarray:
    result = network.evasion.copy()
    result[chosen] = network.evasion_watched[chosen]
    return result


def best_by_relaxation(network: Network, chosen: np.ndarray) -> float:
    """Expected reliability of the best paths by Bellman-Ford on products: no heap, no grouping."""
    factor = passing(network, chosen)
    total = 0.0
    for o, d, p in zip(network.origin, network.destination, network.probability):
        best = np.zeros(len(network.nodes))
        best[d] = 1.0
        for _ in network.nodes:
            for a in range(factor.size):
                best[network.tail[a]] = max(best[network.tail[a]], factor[a] * best[network.head[a]])
        total += p * best[o]
    return total


def walks(network: Network, origin: int, destination: int, hops: int) -> Iterator[list[int]]:
    """Yield every walk of at most `hops` arcs that ends at its first arrival at the destination."""
    stack: list[tuple[int, list[int]]] = [(origin, [])]
    while stack:
        node, taken = stack.pop()
        if node == destination:
            yield taken
        elif len(taken) < hops:
            for a in np.flatnonzero(network.tail == node):
                stack.append((int(network.head[a]), [*taken, int(a)]))
