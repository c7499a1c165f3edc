"""What re-sampling asks of a scorer, and what it gets back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

from qorgau.analysis.runs import Floats

__all__ = ["Scorer", "Scores", "Stage"]

Stage = Literal["single", "all"]
"""Patterns that count: those tested on one run, or also those on paired runs (dearer)."""


@dataclass(frozen=True)
class Scores:
    """How far some draws are from what the sources report.

    Attributes
    ----------
    score : ndarray, shape (n,)
        0 when every pattern holds, 1 when all miss by the cap or more; inf where a part of the score passed the
        bound already, so that the rest was not computed.
    distance : ndarray, shape (n, patterns)
        In units of tolerance; NaN where not testable or not computed.
    holds : ndarray of int8, shape (n, patterns)
        1 holds, 0 fails, -1 not testable or not computed.
    gaps : ndarray, shape (n, clauses), optional
        How far each clause of each pattern is from holding, below 0 where it holds; what emulators are fitted on.
    """

    score: Floats
    distance: Floats
    holds: np.ndarray
    gaps: Floats | None = None


class Scorer(Protocol):
    """Scores draws. A pure function of each point and its stream: not of its neighbours, nor of threads."""

    def __call__(self, points: Floats, streams: np.ndarray, bound: float, stage: Stage) -> Scores:
        """Score points of the unit cube, shape (n, dimensions), with their random streams, int64 (n,).

        The score of stage "single" must never be above that of stage "all".
        """
        ...
