"""What an ensemble needs of a case and of the model, gathered in one place.

Everything else in this folder works on `Inputs` alone, so that designs, blocks and the store can be tested
with a model of three lines.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from qorgau.ensemble.blocks import Runner
from qorgau.ensemble.designs import Uncertain
from qorgau.ensemble.policies import Catalogue

__all__ = ["Inputs"]


@dataclass(frozen=True)
class Inputs:
    """A case, made ready for runs.

    Attributes
    ----------
    case : mapping
        ``name``, ``title`` and ``hash`` of the case, and its ``licence`` where it has one.
    model : str
        Fingerprint of the model's code.
    uncertain : Uncertain
    catalogue : Catalogue
    world : object
        The model's static inputs.
    parameters_of, keys_of, runner : callable
        See `qorgau.ensemble.blocks.Context` and `qorgau.ensemble.blocks.Runner`.
    outcomes, corridors, trades : tuple of str
    first_year : int
        First year of results.
    subsystems : tuple of str
        Mechanisms that stand for whole subsystems: what is knocked out by default.
    """

    case: Mapping[str, str]
    model: str
    uncertain: Uncertain
    catalogue: Catalogue
    world: Any
    parameters_of: Callable[[Mapping[str, np.ndarray], int], Any]
    keys_of: Callable[[int, np.ndarray], np.ndarray]
    runner: Runner
    outcomes: tuple[str, ...]
    corridors: tuple[str, ...]
    trades: tuple[str, ...]
    first_year: int
    subsystems: tuple[str, ...]
