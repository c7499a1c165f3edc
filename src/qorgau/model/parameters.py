"""Parameters of the model as attribute tables: the single source for code and documentation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

__all__ = ["Parameter", "Parameters", "parameter_dtype", "parameters_from_columns"]

Parameters = Mapping[str, np.ndarray]
"""For each subsystem a structured array, shape (runs,), one float field per parameter."""


@dataclass(frozen=True)
class Parameter:
    """One uncertain number of a subsystem.

    Attributes
    ----------
    name : str
        Name inside its subsystem; the full name is ``subsystem.name``.
    unit : str
        Explicit unit; ``1`` for a pure number, rates say per what.
    doc : str
        What it does, in one line.
    low, high : float
        Bounds outside which the equation has no meaning (not the prior range, which is the case's).
    """

    name: str
    unit: str
    doc: str
    low: float = 0.0
    high: float = float("inf")


def parameter_dtype(table: tuple[Parameter, ...]) -> np.dtype:
    """Structured type with one float64 field per parameter, in the table's order."""
    return np.dtype([(p.name, np.float64) for p in table])


def parameters_from_columns(
    tables: Mapping[str, tuple[Parameter, ...]], columns: Mapping[str, np.ndarray], runs: int
) -> dict[str, np.ndarray]:
    """Structured arrays per subsystem from columns named ``subsystem.name``, each of shape (runs,).

    Raises
    ------
    KeyError
        If a column is missing; the message names it.
    """
    out: dict[str, np.ndarray] = {}
    for subsystem, table in tables.items():
        array = np.zeros(runs, dtype=parameter_dtype(table))
        for p in table:
            array[p.name] = columns[f"{subsystem}.{p.name}"]
        out[subsystem] = array
    return out
