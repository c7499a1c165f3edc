"""Units that several modules share."""

from __future__ import annotations

__all__ = ["ABUNDANCE_REFERENCE", "PERSONS_PER_JOURNEY", "PRICE_CAP"]

ABUNDANCE_REFERENCE = 0.02
"""Irregular arrivals a year and inhabitant in which plenty of labour is measured: a unit, not a finding."""

PERSONS_PER_JOURNEY = 8.0
"""People approached for one journey, persons: a unit of capacity (assumption: the seats of two cars or a small bus)."""

PRICE_CAP = 5.0e5
"""Guard on the price of opiates, USD/kg, for arithmetic alone (assumption: well above any wholesale price of heroin
that the authors know of; no source was looked up). Runs that touch it are counted, and should be rare."""
