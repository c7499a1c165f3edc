"""Placing watches against followers who know every watch and take their most reliable path.

    minimise   sum_w p_w theta_w
    such that  theta_w >= reliability of w's best path, given the watches,
               sum_a cost_a y_a <= budget,  y binary

the maximum-reliability stochastic network interdiction problem (Pan, Charlton and Morton, A stochastic
program for interdicting smuggled nuclear material, 2003). The master holds y and theta and is solved by
HiGHS; the cuts of `levels` tie them together. First the linear relaxation is cut until no cut is violated,
rounding y after each solve; that often ends with a proof already. Otherwise, if the gap is small, the master
is solved as a mixed-integer program, cut at its solution, and solved again; if it is large (dense networks
where a watch all but stops passage) many such rounds would follow, and a master with the compact description
of `Master.add_compact` is solved once. Every master is a relaxation, so each gives a valid bound.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import highspy
import numpy as np

from qorgau.analysis.placing import local
from qorgau.analysis.placing.levels import separate
from qorgau.analysis.placing.master import ABSOLUTE_GAP, RELATIVE_GAP, Master
from qorgau.analysis.placing.network import Floats, Ints, Network
from qorgau.analysis.placing.reliability import Bools, Groups, arrange, delivered, journey_values, load, useful_arcs

Branching = Literal["auto", "cuts", "compact"]

# Cuts that raise a journey's value by less than this are not worth a row at the root.
ROOT_TOLERANCE = 1e-7
# A root gap above this share asks for the compact description: measured, many rounds lie ahead otherwise.
COMPACT_GAP = 0.05
# Swaps are tried before branching where the root leaves more than this, for a share of the time left, and
# at most some seconds.
SWAP_GAP = 1e-3
SWAP_SHARE = 0.1
SWAP_SECONDS = 2.0


@dataclass(frozen=True, eq=False)
class Solution:
    """The best placement found and what is proved about it.

    Attributes
    ----------
    chosen
        Positions of the arcs to watch, in the network, rising.
    value, bound
        Expected probability of going undetected, and the least that any placement can reach.
    status
        "optimal", "time limit" or "node limit".
    rounds, cuts, nodes
        Masters solved, cuts added, nodes of branch and bound: what it took.
    root_bound
        The bound before any branching.
    """

    chosen: Ints
    value: float
    bound: float
    status: str
    rounds: int
    cuts: int
    nodes: int
    root_bound: float


class _Best:
    """The best placement seen, in slots of watchable arcs."""

    def __init__(self, groups: Groups, cost: Floats, budget: float) -> None:
        self.groups, self.cost, self.budget = groups, cost, budget
        self.slots = np.zeros(0, dtype=np.int64)
        self.value = delivered(groups, self.slots)

    def evaluate(self, slots: Ints) -> float:
        return delivered(self.groups, self.groups.watchable[slots])

    def offer(self, y: Floats) -> None:
        """Round y to a placement within the budget and keep it if it is better."""
        slots = local.fill(np.where(y > 1e-6, y, 0.0), self.cost, self.budget)
        value = self.evaluate(slots)
        if value < self.value:
            self.slots, self.value = slots, value

    def swap(self, free: Ints, deadline: float) -> None:
        """Improve by adding and swapping, trying first the arcs that most journeys now use."""
        allowed = np.zeros(self.groups.watchable.size, dtype=bool)
        allowed[free] = True

        def additions(slots: Ints) -> list[int]:
            used = load(self.groups, self.groups.watchable[slots])[self.groups.watchable]
            return [int(i) for i in np.argsort(-used, kind="stable") if used[i] > 0.0 and allowed[i]]

        def removals(slots: Ints) -> list[int]:
            used = load(self.groups, self.groups.watchable[slots])[self.groups.watchable]
            return [int(i) for i in slots[np.argsort(used[slots], kind="stable")]]

        self.slots, self.value = local.improve(
            self.evaluate, self.slots, self.value, self.cost, self.budget, additions, removals, deadline
        )

    def prune(self) -> None:
        """Take away watches that change nothing."""
        for slot in self.slots.tolist():
            fewer = self.slots[self.slots != slot]
            if self.evaluate(fewer) <= self.value * (1.0 + 1e-12):
                self.slots = fewer


def solve(
    network: Network,
    budget: float,
    time_limit: float = 60.0,
    node_limit: int | None = None,
    branching: Branching = "auto",
) -> Solution:
    """Choose the arcs to watch so that adapting journeys are least likely to go undetected.

    Parameters
    ----------
    budget
        In the unit of `Network.cost`, 0 or more.
    time_limit
        Wall-clock seconds; the best placement so far and a valid bound are returned when they are over.
    node_limit
        Most nodes of branch and bound in each mixed-integer master; None: no limit.
    branching
        What is branched on where the root leaves a gap: "cuts", "compact", or by the size of the gap.
    """
    deadline = time.perf_counter() + time_limit
    groups = arrange(network)
    cost = network.cost[groups.watchable]
    best = _Best(groups, cost, budget)
    use, matter = useful_arcs(groups)
    can_matter = np.asarray(matter.any(axis=0))[groups.watchable]
    free = np.flatnonzero(can_matter & (cost <= budget + local.BUDGET_TOLERANCE))
    if free.size == 0:
        return Solution(np.zeros(0, dtype=np.int64), best.value, best.value, "optimal", 0, 0, 0, best.value)

    lower = journey_values(groups, groups.watchable)
    upper = np.maximum(journey_values(groups, groups.watchable[:0]), lower)
    run = _Run(groups, use, best, free, deadline, node_limit, bound=float(groups.probability @ lower))

    def master() -> Master:
        made = Master(groups, cost, budget, lower, upper, free)
        if node_limit is not None:
            made.highs.setOptionValue("mip_max_nodes", int(node_limit))
        return made

    relaxed = master()
    converged = run.root(relaxed)
    root_bound = run.bound
    if converged and not run.closed():
        gap = best.value - run.bound
        if gap > SWAP_GAP * best.value:
            now = time.perf_counter()
            best.swap(free, now + min(SWAP_SECONDS, SWAP_SHARE * max(0.0, deadline - now)))
        if branching == "cuts" or (branching == "auto" and gap <= COMPACT_GAP * best.value):
            run.branch_on_cuts(relaxed)
        else:
            run.branch_on_compact(master())
    best.prune()
    return Solution(
        groups.watchable[best.slots],
        best.value,
        min(run.bound, best.value),
        "optimal" if run.closed() else run.status,
        run.rounds,
        relaxed.cuts,
        run.nodes,
        min(root_bound, best.value),
    )


@dataclass
class _Run:
    """One search: what it works on, and how far it has come."""

    groups: Groups
    use: Bools
    best: _Best
    free: Ints
    deadline: float
    node_limit: int | None
    bound: float
    status: str = "time limit"
    rounds: int = 0
    nodes: int = 0

    def closed(self) -> bool:
        """Tell whether the best placement is proved best within the tolerances."""
        return self.best.value - self.bound <= max(ABSOLUTE_GAP, RELATIVE_GAP * self.best.value)

    def left(self) -> float:
        """Return the seconds left."""
        return self.deadline - time.perf_counter()

    def root(self, master: Master) -> bool:
        """Cut the linear relaxation until no cut is violated; return False if time or the solver stopped it."""
        while self.left() > 0.0:
            if master.solve(self.left()) != highspy.HighsModelStatus.kOptimal:
                return False
            self.rounds += 1
            self.bound = max(self.bound, master.highs.getInfo().objective_function_value)
            y, theta = master.point()
            self.best.offer(y)
            if self.closed():
                return True
            cuts = separate(self.groups, self.use, y, theta, ROOT_TOLERANCE)
            if not cuts:
                return True
            master.add(cuts)
        return False

    def branch_on_cuts(self, master: Master) -> None:
        """Solve the master whole, cut at its solution, and again."""
        master.branch()
        while self.left() > 0.0 and self._solve_whole(master):
            y, theta = master.point()
            cuts = separate(self.groups, self.use, np.round(y), theta, ABSOLUTE_GAP)
            # Without a cut theta is exact at this placement: the master is the problem.
            if self.closed() or not cuts:
                break
            master.add(cuts)

    def branch_on_compact(self, master: Master) -> None:
        """Solve the complete description, once."""
        master.add_compact(self.groups, self.use)
        master.branch()
        if self.left() > 0.0:
            self._solve_whole(master)

    def _solve_whole(self, master: Master) -> bool:
        """Solve a mixed-integer master; keep its bound and its placement; return whether it was solved."""
        y = np.zeros(self.groups.watchable.size)
        y[self.best.slots] = 1.0
        master.start_from(y)
        outcome = master.solve(self.left())
        info = master.highs.getInfo()
        self.rounds += 1
        self.nodes += max(0, info.mip_node_count)
        self.bound = max(self.bound, info.mip_dual_bound)
        if np.isfinite(info.objective_function_value) and len(master.highs.getSolution().col_value):
            self.best.offer(np.round(master.point()[0]))
        if outcome == highspy.HighsModelStatus.kSolutionLimit:
            self.status = "node limit"
        return outcome == highspy.HighsModelStatus.kOptimal
