"""A parsed test, its tolerances and its verdict on each run."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from qorgau.analysis import expressions as ex
from qorgau.errors import InputError

__all__ = ["Test", "Verdict", "parse_tolerance"]


@dataclass(frozen=True)
class Verdict:
    """Outcome of a test in each run.

    Attributes
    ----------
    holds
        Shape (runs,): 1 holds, 0 fails, -1 not testable.
    distance
        Shape (runs,): distance from holding in units of the tolerance, NaN where not testable.
    """

    holds: np.ndarray
    distance: np.ndarray


@dataclass(frozen=True)
class Test:
    """A parsed test.

    `outcomes` are the names it reads, `paired` the labels of the paired runs it needs (none for a test on
    one run), `last_year` the last year it looks at.
    """

    text: str
    condition: ex.Condition
    outcomes: tuple[str, ...]
    paired: tuple[str, ...]
    last_year: int

    def evaluate(self, context: ex.Context, runs: int) -> Verdict:
        """Return the verdict in each of `runs` runs."""
        truth = self.condition.truth(context)
        holds = np.broadcast_to(np.where(np.isnan(truth.holds), -1, truth.holds), (runs,)).astype(np.int8)
        distance = np.broadcast_to(truth.distance, (runs,)).astype(np.float64)
        return Verdict(holds, np.where(holds == 1, 0.0, distance))

    def gaps(self, context: ex.Context, runs: int) -> np.ndarray:
        """Return how far each clause is from holding, shape (clauses, runs); see `Condition.gaps`."""
        return np.stack([np.broadcast_to(gap, (runs,)) for gap in self.condition.gaps(context)])


def parse_tolerance(value: object, file: str, key: str) -> tuple[ex.Tolerance, ...]:
    """Return tolerances from ``0.05``, ``"10%"`` or a list of either.

    A percentage is of the larger of the two sides compared.

    Raises
    ------
    InputError
        When a tolerance is not a positive number or percentage.
    """
    found = []
    for item in value if isinstance(value, (list, tuple)) else [value]:
        text = str(item).strip()
        relative = text.endswith("%")
        try:
            amount = float(text.rstrip("%")) / (100.0 if relative else 1.0)
        except ValueError:
            amount = 0.0
        if isinstance(item, bool) or not 0.0 < amount < float("inf"):
            raise InputError(file, key, f"{item!r} is not a tolerance", 'write a number above 0, or "10%"')
        found.append(ex.Tolerance(amount, relative))
    return tuple(found)
