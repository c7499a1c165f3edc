"""Followers of bounded rationality: recursive logit on a hop-expanded network.

A journey to d at node i with h hops left takes arc a = (i, j) with probability

    P_h(a | i) = exp(-c_a / tau + V_{h-1}(j) - V_h(i)),
    V_h(i) = log sum_{a out of i} exp(-c_a / tau + V_{h-1}(j)),

V_h(d) = 0, V_0 = -inf elsewhere; c_a = -log(evasion_a) is the generalised cost and tau the temperature:
near 0 all take the most reliable path, the larger the more the choice spreads. That is the recursive logit
of Fosgerau, Frejinger and Karlstrom (A link based network route choice model with unrestricted choice set,
Transportation Research B 56, 2013), over walks of at most `hops` arcs so that it has a solution whatever
the costs (Oyama and Hato, Prism-based path set restriction for solving Markovian traffic assignment
problem, Transportation Research B 122, 2019). It equals the multinomial logit over those walks.

With Z_beta(y) = sum over walks of exp(-beta x cost of the walk, given watches y), the share of journeys
that goes undetected is D = Z_{beta+1} / Z_beta at beta = 1 / tau, since a walk of cost C is taken with
probability exp(-beta C) / Z_beta and passed with probability exp(-C). Its gradient needs one pass back and
one forward for each of the two: dD/dc_a = D [beta n_beta(a) - (beta + 1) n_{beta+1}(a)], n(a) the expected
number of passes of a.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit

from qorgau.analysis.placing.network import Floats, Ints, Network
from qorgau.analysis.placing.reliability import arrange, best_products

# A watched arc is taken to let pass at least this share: keeps the costs of fractional watches finite.
LEAST_EVASION = 1e-6
DEFAULT_TEMPERATURE = 0.2
HOP_ALLOWANCE = 1.5


@dataclass(frozen=True, eq=False)
class LogitModel:
    """Arrays of the logit follower; make one with `logit_model`.

    Attributes
    ----------
    tail, head, out, out_start
        Arcs that can be passed at all, and the same sorted by tail, shapes (arcs,), (arcs,), (arcs,),
        (nodes + 1,).
    base, rise
        -log evasion unwatched, and what a whole watch adds, shape (arcs,).
    arcs
        Position in the network of each arc kept, shape (arcs,).
    watch
        Among the arcs kept, those that can be watched, shape (watchable,).
    budget_cost
        Cost of a watch on each, shape (watchable,).
    ends, group, begin, probability
        Distinct destinations, and each journey's group, origin and chance.
    temperature
        tau, in units of -log evasion.
    hops
        Most arcs on a walk.
    """

    tail: Ints
    head: Ints
    out: Ints
    out_start: Ints
    base: Floats
    rise: Floats
    arcs: Ints
    watch: Ints
    budget_cost: Floats
    ends: Ints
    group: Ints
    begin: Ints
    probability: Floats
    temperature: float
    hops: int

    @property
    def beta(self) -> float:
        """Inverse of the temperature."""
        return 1.0 / self.temperature

    def costs(self, y: Floats) -> Floats:
        """Return -log evasion of each arc under watches y in [0, 1], shape (watchable,) to (arcs,)."""
        costs = self.base.copy()
        costs[self.watch] += y * self.rise[self.watch]
        return costs

    def whole(self, slots: Ints) -> Floats:
        """Return y with whole watches on `slots`."""
        y = np.zeros(self.watch.size)
        y[slots] = 1.0
        return y


def logit_model(network: Network, temperature: float = DEFAULT_TEMPERATURE, hops: int | None = None) -> LogitModel:
    """Prepare the logit follower of a network.

    Parameters
    ----------
    temperature
        Above 0, in units of -log evasion: 0.2 means that a path 18 % less reliable is taken 1/e as often.
    hops
        Most arcs on a walk; by default the longest path where the network has no cycle, else half as many
        again as the longest of the journeys' most reliable paths, all watched or none.

    Raises
    ------
    ValueError
        For a temperature that is not above 0, or so few hops that a journey has no walk.
    """
    if not temperature > 0.0:
        raise ValueError(f"temperature must be above 0, not {temperature:g}")
    arcs = np.flatnonzero(network.evasion > 0.0).astype(np.int64)
    tail, head = network.tail[arcs], network.head[arcs]
    out_start = np.zeros(len(network.nodes) + 1, dtype=np.int64)
    np.add.at(out_start, tail + 1, 1)
    base = -np.log(network.evasion[arcs])
    watched = np.maximum(np.nan_to_num(network.evasion_watched[arcs], nan=1.0), LEAST_EVASION)
    watch = np.flatnonzero(~np.isnan(network.evasion_watched[arcs])).astype(np.int64)
    rise = np.zeros(arcs.size)
    rise[watch] = np.maximum(0.0, -np.log(watched[watch]) - base[watch])
    ends, group = np.unique(network.destination, return_inverse=True)
    model = LogitModel(
        tail=tail,
        head=head,
        out=np.argsort(tail, kind="stable").astype(np.int64),
        out_start=np.cumsum(out_start),
        base=base,
        rise=rise,
        arcs=arcs,
        watch=watch,
        budget_cost=network.cost[arcs][watch],
        ends=ends.astype(np.int64),
        group=group.astype(np.int64),
        begin=network.origin,
        probability=network.probability,
        temperature=float(temperature),
        hops=int(hops) if hops is not None else _default_hops(network),
    )
    if not np.all(np.isfinite(log_sums(model, model.base, model.beta))):
        raise ValueError(f"a journey has no walk of at most {model.hops} arcs; allow more hops")
    return model


@njit(cache=True)
def _values(out, out_start, head, scaled, end, hops):
    """Return V, shape (hops + 1, nodes), for arc costs already divided by the temperature."""
    nodes = out_start.size - 1
    values = np.full((hops + 1, nodes), -np.inf)
    values[:, end] = 0.0
    for h in range(1, hops + 1):
        before = values[h - 1]
        for i in range(nodes):
            if i == end:
                continue
            top = -np.inf
            for k in range(out_start[i], out_start[i + 1]):
                u = before[head[out[k]]] - scaled[out[k]]
                if u > top:
                    top = u
            if top == -np.inf:
                continue
            total = 0.0
            for k in range(out_start[i], out_start[i + 1]):
                total += np.exp(before[head[out[k]]] - scaled[out[k]] - top)
            values[h, i] = top + np.log(total)
    return values


@njit(cache=True)
def _passes(out, out_start, head, scaled, end, hops, values, mass):
    """Return the expected passes of each arc by `mass` (nodes,) of journeys that have all hops left."""
    nodes = out_start.size - 1
    flow = np.zeros(head.size)
    here = mass.copy()
    for h in range(hops, 0, -1):
        ahead = np.zeros(nodes)
        for i in range(nodes):
            if here[i] == 0.0 or i == end or values[h, i] == -np.inf:
                continue
            for k in range(out_start[i], out_start[i + 1]):
                j = head[out[k]]
                moved = here[i] * np.exp(values[h - 1, j] - scaled[out[k]] - values[h, i])
                flow[out[k]] += moved
                ahead[j] += moved
        here = ahead
    return flow


@njit(cache=True)
def _log_sums(out, out_start, head, costs, beta, ends, group, begin, hops):
    result = np.zeros(begin.size)
    scaled = costs * beta
    for g in range(ends.size):
        values = _values(out, out_start, head, scaled, ends[g], hops)
        for j in range(begin.size):
            if group[j] == g:
                result[j] = values[hops, begin[j]]
    return result


@njit(cache=True)
def _weighted_passes(out, out_start, head, costs, beta, ends, group, begin, hops, weight):
    """Return the expected passes of each arc by journeys of the weights given, and the log sums."""
    flow = np.zeros(head.size)
    sums = np.zeros(begin.size)
    scaled = costs * beta
    for g in range(ends.size):
        values = _values(out, out_start, head, scaled, ends[g], hops)
        mass = np.zeros(out_start.size - 1)
        for j in range(begin.size):
            if group[j] == g:
                mass[begin[j]] += weight[j]
                sums[j] = values[hops, begin[j]]
        flow += _passes(out, out_start, head, scaled, ends[g], hops, values, mass)
    return flow, sums


def log_sums(model: LogitModel, costs: Floats, beta: float) -> Floats:
    """Return log Z_beta of each journey for the arc costs given, shape (journeys,)."""
    return _log_sums(
        model.out, model.out_start, model.head, costs, beta, model.ends, model.group, model.begin, model.hops
    )


def passes(model: LogitModel, costs: Floats, beta: float, weight: Floats) -> Floats:
    """Return the expected passes of each arc by journeys of the weights given, shape (arcs,)."""
    return _weighted_passes(
        model.out,
        model.out_start,
        model.head,
        costs,
        beta,
        model.ends,
        model.group,
        model.begin,
        model.hops,
        weight,
    )[0]


def journey_values(model: LogitModel, y: Floats) -> Floats:
    """Return each journey's probability of going undetected under watches y, shape (journeys,)."""
    costs = model.costs(y)
    return np.exp(log_sums(model, costs, model.beta + 1.0) - log_sums(model, costs, model.beta))


def delivered(model: LogitModel, y: Floats) -> float:
    """Return the expected probability of going undetected under watches y in [0, 1], shape (watchable,)."""
    return float(model.probability @ journey_values(model, y))


def delivered_and_gradient(model: LogitModel, y: Floats) -> tuple[float, Floats]:
    """Return `delivered` and its gradient in y, shape (watchable,), by the adjoint (forward) passes."""
    costs = model.costs(y)
    shares = np.exp(log_sums(model, costs, model.beta + 1.0) - log_sums(model, costs, model.beta))
    weight = model.probability * shares
    slope = model.beta * passes(model, costs, model.beta, weight)
    slope -= (model.beta + 1.0) * passes(model, costs, model.beta + 1.0, weight)
    return float(weight.sum()), (slope * model.rise)[model.watch]


def load(model: LogitModel, y: Floats) -> Floats:
    """Return the expected passes of each watchable arc by a journey, shape (watchable,)."""
    return passes(model, model.costs(y), model.beta, model.probability)[model.watch]


def _default_hops(network: Network) -> int:
    longest = _longest_path(network)
    if longest is not None:
        return longest
    groups = arrange(network)
    most = 1
    for g, end in enumerate(groups.ends):
        for probability in (groups.evasion, groups.watched):
            # Where watches stop all passage there is no path to count, and the unwatched one stands.
            _, first = best_products(groups.into, groups.into_start, groups.tail, probability, end)
            for node in groups.begin[groups.group == g].tolist():
                count = 0
                while node != end and first[node] >= 0:
                    node = int(groups.head[first[node]])
                    count += 1
                most = max(most, count)
    return int(np.ceil(HOP_ALLOWANCE * most))


def _longest_path(network: Network) -> int | None:
    """Return the number of arcs on the longest path of a network without cycles, None where it has one."""
    nodes = len(network.nodes)
    ahead: list[list[int]] = [[] for _ in range(nodes)]
    waiting = np.zeros(nodes, dtype=np.int64)
    for t, h in zip(network.tail.tolist(), network.head.tolist()):
        ahead[t].append(h)
        waiting[h] += 1
    longest = [0] * nodes
    ready = [i for i in range(nodes) if waiting[i] == 0]
    seen = 0
    while ready:
        node = ready.pop()
        seen += 1
        for h in ahead[node]:
            longest[h] = max(longest[h], longest[node] + 1)
            waiting[h] -= 1
            if waiting[h] == 0:
                ready.append(h)
    return max(longest) if seen == nodes else None
