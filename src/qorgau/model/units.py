"""Units of capacity that several modules share."""

from __future__ import annotations

__all__ = ["KG_PER_JOURNEY", "PERSONS_PER_JOURNEY"]

KG_PER_JOURNEY = 5.0
"""Opiates carried in one journey, kg: a unit of capacity (assumption: what a car hides)."""

PERSONS_PER_JOURNEY = 8.0
"""People approached for one journey, persons: a unit of capacity (assumption: the seats of two cars or a small bus)."""
