"""A model of a few lines behind the page, quick and predictable; it can be made to wait or to fail."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from qorgau.case import Case
from qorgau.ensemble.designs import Draws
from qorgau.ensemble.inputs import Inputs
from qorgau.ensemble.policies import Plan
from qorgau.web.engine import Flows, Trunk

YEARS = tuple(range(1991, 2025))


@dataclass
class FakeEngine:
    """People exploited fall by a tenth for each unit of lever; draws differ by their number.

    `gate` holds back branches until it is set; `bad` are numbers of draws whose baseline raises; `nan` those that
    give no numbers under a setting.
    """

    inputs: Inputs
    gate: threading.Event = field(default_factory=threading.Event)
    bad: frozenset[int] = frozenset()
    nan: frozenset[int] = frozenset()
    trunks: list[tuple[int, ...]] = field(default_factory=list)
    branches: list[tuple[int, ...]] = field(default_factory=list)
    years: tuple[int, ...] = YEARS

    def trunk(self, draws: Draws) -> Trunk:
        numbers = tuple(int(n) for n in draws.numbers)
        self.trunks.append(numbers)
        good = [i for i, n in enumerate(numbers) if n not in self.bad]
        if not good:
            raise FloatingPointError("the price ran away")
        kept = draws.take(good)
        return Trunk(kept, self._flows(kept, 0.0, np.arange(len(kept))))

    def branch(self, trunk: Trunk, plan: Plan, first_year: int) -> Flows:
        assert self.gate.wait(20), "nobody opened the gate"
        numbers = [int(n) for n in trunk.draws.numbers]
        self.branches.append(tuple(numbers))
        rows = np.array([i for i, n in enumerate(numbers) if n not in self.nan], dtype=np.int64)
        flows = self._flows(trunk.draws.take(rows), float(plan.levers[1].sum()), rows)
        start = first_year - self.years[0]
        return Flows(rows, flows.yearly[:, start:], flows.carried[:, start:])

    def _flows(self, draws: Draws, pulled: float, rows: np.ndarray) -> Flows:
        n, outcomes = len(draws), self.inputs.outcomes
        level = 1000.0 + 10.0 * (draws.numbers % 5)
        yearly = np.zeros((n, len(self.years), len(outcomes)))
        for i, name in enumerate(outcomes):
            if name.startswith("people_"):
                yearly[..., i] = (level * (1 - 0.1 * pulled))[:, None]
            elif name == "measures_cost_usd":
                yearly[..., i] = 2e6 * pulled
        carried = np.zeros((n, len(self.years), len(self.inputs.corridors), len(self.inputs.trades)), dtype=np.float32)
        carried[..., 0, :] = (level * (1 - 0.1 * pulled))[:, None, None]
        return Flows(rows, yearly, carried)


def with_script(case: Case) -> Case:
    """Return the case with markup in a claim, a measure's title and a place, to be shown and never run."""
    script = "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 2'>"
    first, *rest = case.evidence.claims
    claims = (first.model_copy(update={"statement": f"A claim {script}"}), *rest)
    return case.model_copy(update={
        "evidence": case.evidence.model_copy(update={"claims": claims}),
        "measures": tuple(
            m.model_copy(update={"title": f"{m.title} {script}"}) if m.id == "outreach" else m for m in case.measures
        ),
        "places": tuple(
            p.model_copy(update={"title": f"{p.title} {script}"}) if p.id == "osh" else p for p in case.places
        ),
    })


def wait_for(check: Any, seconds: float = 15.0) -> Any:
    """Return what `check` gives as soon as it is true."""
    pause = threading.Event()
    for _ in range(int(seconds / 0.02)):
        if found := check():
            return found
        pause.wait(0.02)
    raise AssertionError("it did not come about in time")
