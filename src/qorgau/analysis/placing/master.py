"""The master problem of the worst-case placing, in HiGHS: watches y, journeys' values, and what ties them."""

from __future__ import annotations

import os
import sys
import threading

import highspy
import numpy as np

from qorgau.analysis.placing.levels import Cut
from qorgau.analysis.placing.network import Floats, Ints
from qorgau.analysis.placing.reliability import Bools, Groups, best_products

RELATIVE_GAP = 1e-7
ABSOLUTE_GAP = 1e-9

_OUTPUT_LOCK = threading.Lock()


class Master:
    """The master problem over y (watchable arcs) and theta (journeys), in HiGHS.

    Parameters
    ----------
    cost, budget
        Cost of a watch, shape (watchable,), and what all may cost together.
    lower, upper
        Bounds of each journey's value, shape (journeys,).
    free
        Slots of the watchable arcs that may be watched; the others are fixed at no watch.
    """

    def __init__(self, groups: Groups, cost: Floats, budget: float, lower: Floats, upper: Floats, free: Ints) -> None:
        self.slots = groups.watchable.size
        self.free = free
        self.cuts = 0
        journeys = self.journeys = groups.begin.size
        most = np.zeros(self.slots)
        most[free] = 1.0
        highs = quiet_solver()
        for option, value in (
            ("output_flag", False),
            ("threads", 1),
            ("primal_feasibility_tolerance", 1e-9),
            ("dual_feasibility_tolerance", 1e-9),
            ("mip_feasibility_tolerance", 1e-9),
            ("mip_rel_gap", RELATIVE_GAP / 2),
            ("mip_abs_gap", ABSOLUTE_GAP / 2),
        ):
            highs.setOptionValue(option, value)
        highs.addVars(
            self.slots + journeys,
            np.concatenate((np.zeros(self.slots), lower)),
            np.concatenate((most, upper)),
        )
        highs.changeColsCost(
            self.slots + journeys,
            np.arange(self.slots + journeys, dtype=np.int32),
            np.concatenate((np.zeros(self.slots), groups.probability)),
        )
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

    def add_compact(self, groups: Groups, use: Bools) -> None:
        """Add rows that describe every journey's value completely, without cuts.

        A value pi_n for each node n and end: pi_tail >= q pi_head, and pi_tail >= r pi_head - (r - q) u_head y
        with u the value with no watch (Pan and Morton 2008; one set of values for all journeys of an end as in
        Towle and Luedtke, New solution approaches for the maximum-reliability stochastic network interdiction
        problem, Computational Management Science 15, 2018), over the arcs of `use` only.
        """
        width = self.slots + groups.begin.size
        lower: list[float] = []
        upper: list[float] = []
        constant: list[float] = []
        starts: list[int] = []
        index: list[int] = []
        values: list[float] = []

        def row(bound: float, *terms: tuple[int, float]) -> None:
            constant.append(bound)
            starts.append(len(index))
            index.extend(column for column, _ in terms)
            values.extend(value for _, value in terms)

        for g, end in enumerate(groups.ends):
            most, _ = best_products(groups.into, groups.into_start, groups.tail, groups.evasion, end)
            least, _ = best_products(groups.into, groups.into_start, groups.tail, groups.watched, end)
            arcs = np.flatnonzero(use[g] & (groups.tail != end))
            column: dict[int, int] = {}
            for node in np.unique(np.concatenate((groups.tail[arcs], groups.head[arcs]))).tolist():
                column[node] = width + len(lower)
                lower.append(1.0 if node == end else least[node])
                upper.append(1.0 if node == end else max(most[node], least[node]))
            for a in arcs.tolist():
                tail, head = column[int(groups.tail[a])], column[int(groups.head[a])]
                r, q, slot = groups.evasion[a], groups.watched[a], int(groups.slot[a])
                if slot >= 0:
                    row(0.0, (tail, 1.0), (head, -q))
                    row(0.0, (tail, 1.0), (head, -r), (slot, (r - q) * most[groups.head[a]]))
                else:
                    row(0.0, (tail, 1.0), (head, -r))
            for j in np.flatnonzero(groups.group == g).tolist():
                if int(groups.begin[j]) in column:
                    row(0.0, (self.slots + j, 1.0), (column[int(groups.begin[j])], -1.0))
        self.highs.addVars(len(lower), np.array(lower), np.array(upper))
        self.highs.addRows(
            len(constant),
            np.array(constant),
            np.full(len(constant), highspy.kHighsInf),
            len(index),
            np.array(starts, dtype=np.int32),
            np.array(index, dtype=np.int32),
            np.array(values),
        )

    def branch(self) -> None:
        """Ask for binary y from now on."""
        kinds = np.array([highspy.HighsVarType.kInteger] * self.free.size)
        self.highs.changeColsIntegrality(self.free.size, self.free.astype(np.int32), kinds)

    def start_from(self, y: Floats) -> None:
        """Give HiGHS a placement to start from; it works out the rest."""
        self.highs.setSolution(self.slots, np.arange(self.slots, dtype=np.int32), y)

    def solve(self, seconds: float) -> highspy.HighsModelStatus:
        """Solve within `seconds`."""
        self.highs.setOptionValue("time_limit", max(seconds, 0.01))  # of this run: HiGHS counts each anew
        self.highs.run()
        return self.highs.getModelStatus()

    def point(self) -> tuple[Floats, Floats]:
        """Return y, kept between 0 and 1, and theta of the last solve."""
        point = np.array(self.highs.getSolution().col_value)
        return np.clip(point[: self.slots], 0.0, 1.0), point[self.slots : self.slots + self.journeys]


def quiet_solver() -> highspy.Highs:
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
