"""The clock: how many steps the model takes in a month.

A month is a step. A finer step serves one purpose: to verify how much hangs on the month (docs/verification.md). That
verification copies the package, writes another number into the copy and tells it parameters and series by step.
Whatever flows is told by step, and whatever spans time is counted in steps; capacities of organisations are levels and
stay journeys a month.
"""

from __future__ import annotations

__all__ = ["STEPS", "STEPS_A_YEAR", "kept", "memory"]

STEPS = 1
"""Steps a month: whole, and 1 in every result."""

STEPS_A_YEAR = 12 * STEPS


def memory(weight: float) -> float:
    """Weight of a step of which ``STEPS`` in a row move as far as a month of this weight does under a steady target."""
    return weight if STEPS == 1 else 1.0 - (1.0 - weight) ** (1.0 / STEPS)


def kept(share: float) -> float:
    """Share that stays over a step where ``share`` stays over a month."""
    return float(share ** (1.0 / STEPS))
