"""Placing watches against followers who know every watch and take their most reliable path.

    minimise   sum_w p_w theta_w
    such that  theta_w >= reliability of w's best path, given the watches,     sum_a cost_a y_a <= budget,  y binary

the maximum-reliability stochastic network interdiction problem (Pan, Charlton and Morton, A stochastic program
for interdicting smuggled nuclear material, 2003). The master holds y and theta and is solved by HiGHS; the
cuts of `levels` tie them together. First the linear relaxation is cut until no cut is violated, rounding y
after each solve; that often ends with a proof already. Otherwise the master is solved as a mixed-integer
program, cut at its solution, and solved again. Every master is a relaxation, so each gives a valid bound.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from dataclasses import dataclass

import highspy
import numpy as np

from qorgau.analysis.placing import local
from qorgau.analysis.placing.levels import Cut, separate
from qorgau.analysis.placing.network import Floats, Ints, Network
from qorgau.analysis.placing.reliability import Groups, arrange, delivered, journey_values, load, useful_arcs

RELATIVE_GAP = 1e-7
ABSOLUTE_GAP = 1e-9
# Swaps are tried before branching where the root leaves more than this, for a share of the time left.
SWAP_GAP = 1e-3
SWAP_SHARE = 0.1

_OUTPUT_LOCK = threading.Lock()


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


class _Master:
    """The master problem over y (watchable arcs) and theta (journeys), in HiGHS."""

    def __init__(self, groups: Groups, cost: Floats, budget: float, lower: Floats, upper: Floats, free: Ints) -> None:
        self.slots = groups.watchable.size
        self.free = free
        self.cuts = 0
        journeys = groups.begin.size
        most = np.zeros(self.slots)
        most[free] = 1.0
        highs = _quiet_solver()
        for option, value in (
            ("output_flag", False), ("threads", 1), ("primal_feasibility_tolerance", 1e-9),
            ("dual_feasibility_tolerance", 1e-9), ("mip_feasibility_tolerance", 1e-9),
            ("mip_rel_gap", RELATIVE_GAP / 2), ("mip_abs_gap", ABSOLUTE_GAP / 2),
        ):
            highs.setOptionValue(option, value)
        highs.addVars(self.slots + journeys, np.concatenate((np.zeros(self.slots), lower)),
                      np.concatenate((most, upper)))
        highs.changeColsCost(self.slots + journeys, np.arange(self.slots + journeys, dtype=np.int32),
                             np.concatenate((np.zeros(self.slots), groups.probability)))
        highs.addRow(-highspy.kHighsInf, budget, self.slots, np.arange(self.slots, dtype=np.int32), cost)
        self.highs = highs

    def add(self, cuts: list[Cut]) -> None:
        """Add cuts as rows."""
        sizes = np.array([1 + cut.slots.size for cut in cuts])
        index = np.concatenate([np.append(cut.slots, self.slots + cut.journey) for cut in cuts]).astype(np.int32)
        values = np.concatenate([np.append(cut.coefficients, 1.0) for cut in cuts])
        starts = np.concatenate(([0], np.cumsum(sizes)[:-1])).astype(np.int32)
        lower = np.array([cut.constant for cut in cuts])
        self.highs.addRows(len(cuts), lower, np.full(len(cuts), highspy.kHighsInf), index.size, starts, index, values)
        self.cuts += len(cuts)

    def branch(self) -> None:
        """Ask for binary y from now on."""
        kinds = np.array([highspy.HighsVarType.kInteger] * self.free.size)
        self.highs.changeColsIntegrality(self.free.size, self.free.astype(np.int32), kinds)

    def start_from(self, y: Floats, values: Floats) -> None:
        """Give HiGHS a placement to start from."""
        solution = highspy.HighsSolution()
        solution.col_value = np.concatenate((y, values)).tolist()
        self.highs.setSolution(solution)

    def solve(self, seconds: float) -> highspy.HighsModelStatus:
        """Solve within `seconds`."""
        # HiGHS counts the time of earlier runs of the same object.
        self.highs.setOptionValue("time_limit", self.highs.getRunTime() + max(seconds, 0.01))
        self.highs.run()
        return self.highs.getModelStatus()

    def point(self) -> tuple[Floats, Floats]:
        """Return y, kept between 0 and 1, and theta of the last solve."""
        point = np.array(self.highs.getSolution().col_value)
        return np.clip(point[: self.slots], 0.0, 1.0), point[self.slots :]


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


def solve(network: Network, budget: float, time_limit: float = 60.0, node_limit: int | None = None) -> Solution:
    """Choose the arcs to watch within `budget` so that adapting journeys are least likely to go undetected.

    Parameters
    ----------
    budget
        In the unit of `Network.cost`, 0 or more.
    time_limit
        Wall-clock seconds; the best placement so far and a valid bound are returned when they are over.
    node_limit
        Most nodes of branch and bound in each mixed-integer master; None: no limit.
    """
    deadline = time.perf_counter() + time_limit
    groups = arrange(network)
    cost = network.cost[groups.watchable]
    best = _Best(groups, cost, budget)
    use, matter = useful_arcs(groups)
    free = np.flatnonzero(matter.any(axis=0)[groups.watchable] & (cost <= budget + local.BUDGET_TOLERANCE))
    if free.size == 0:
        return Solution(np.zeros(0, dtype=np.int64), best.value, best.value, "optimal", 0, 0, 0, best.value)

    everything = groups.watchable
    lower = journey_values(groups, everything)
    upper = np.maximum(journey_values(groups, everything[:0]), lower)
    master = _Master(groups, cost, budget, lower, upper, free)
    if node_limit is not None:
        master.highs.setOptionValue("mip_max_nodes", int(node_limit))
    bound = float(groups.probability @ lower)
    rounds = nodes = 0
    status = "time limit"
    root_bound = bound
    branching = False
    while time.perf_counter() < deadline:
        if branching:
            y = np.zeros(groups.watchable.size)
            y[best.slots] = 1.0
            master.start_from(y, journey_values(groups, groups.watchable[best.slots]))
        outcome = master.solve(deadline - time.perf_counter())
        rounds += 1
        info = master.highs.getInfo()
        solved = outcome == highspy.HighsModelStatus.kOptimal
        if branching:
            bound = max(bound, info.mip_dual_bound)
            nodes += max(0, info.mip_node_count)
        elif solved:
            bound = max(bound, info.objective_function_value)
            root_bound = bound
        if branching and not solved:
            if np.isfinite(info.objective_function_value) and len(master.highs.getSolution().col_value):
                best.offer(np.round(master.point()[0]))
            status = "node limit" if outcome == highspy.HighsModelStatus.kSolutionLimit else "time limit"
            break
        if not solved:
            break
        y, theta = master.point()
        y = np.round(y) if branching else y
        best.offer(y)
        if _closed(best.value, bound):
            status = "optimal"
            break
        cuts = separate(groups, use, y, theta, ABSOLUTE_GAP if branching else 1e-7)
        if cuts:
            master.add(cuts)
        elif branching:
            # Nothing left to cut at a binary point: its theta is exact, so the master is the problem.
            status = "optimal"
            break
        else:
            if best.value - bound > SWAP_GAP * best.value:
                now = time.perf_counter()
                best.swap(free, now + SWAP_SHARE * max(0.0, deadline - now))
            master.branch()
            branching = True
    if _closed(best.value, bound):
        status = "optimal"
    best.prune()
    return Solution(groups.watchable[best.slots], best.value, min(bound, best.value), status, rounds, master.cuts,
                    nodes, min(root_bound, best.value))


def _quiet_solver() -> highspy.Highs:
    """Return a HiGHS object made without its banner.

    HiGHS prints its banner from the constructor, before any option can be set, straight to the process's
    standard output, where it would spoil what commands print for machines.
    """
    with _OUTPUT_LOCK:
        sys.stdout.flush()
        try:
            kept = os.dup(1)
        except OSError:  # no standard output, so nothing to spoil
            return highspy.Highs()
        sink = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(sink, 1)
            return highspy.Highs()
        finally:
            os.dup2(kept, 1)
            os.close(kept)
            os.close(sink)


def _closed(value: float, bound: float) -> bool:
    return value - bound <= max(ABSOLUTE_GAP, RELATIVE_GAP * value)
