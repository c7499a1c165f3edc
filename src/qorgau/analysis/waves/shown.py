"""Patterns that are shown and set no draw aside: what a search leaves out, and their verdicts once it has ended.

A search tests thousands of draws; paired runs for patterns without weight in its score would be most of its cost and
could change nothing in it. They are made of the draws that are kept and of the prior draws that pass rates before
matching come from.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qorgau.analysis.matching import ScoreRule, score_rule
from qorgau.analysis.runs import Floats
from qorgau.analysis.waves.evaluate import Bench, narrowed
from qorgau.analysis.waves.keeping import Keeper
from qorgau.analysis.waves.scores import Scorer
from qorgau.analysis.waves.sift import scored
from qorgau.analysis.waves.subset import Status

__all__ = ["Sought", "shown_too", "sought", "spread"]


@dataclass(frozen=True)
class Sought:
    """What a search tests.

    Attributes
    ----------
    bench : Bench
        For the patterns that match or need one run only.
    rule : ScoreRule
        Of these patterns.
    columns : ndarray of int
        Their places among all patterns.
    others : ndarray of int
        Places of the patterns that are tested when the search has ended.
    """

    bench: Bench
    rule: ScoreRule
    columns: np.ndarray
    others: np.ndarray


def sought(bench: Bench, rule: ScoreRule) -> Sought:
    """Return what a search needs of a bench whose patterns have this score."""
    needed = (rule.weights > 0) | bench.plan.single
    columns, others = np.flatnonzero(needed), np.flatnonzero(~needed)
    if not len(others):
        return Sought(bench, rule, columns, others)
    part = narrowed(bench, columns)
    return Sought(part, score_rule(part.plan.patterns, bench.view.thresholds.matching), columns, others)


def spread(columns: np.ndarray, patterns: int, distance: Floats, holds: np.ndarray) -> tuple[Floats, np.ndarray]:
    """Return distances and verdicts with a column for every pattern: NaN and -1 where one was not tested."""
    far = np.full((len(distance), patterns), math.nan)
    verdicts = np.full((len(holds), patterns), -1, dtype=holds.dtype)
    far[:, columns], verdicts[:, columns] = distance, holds
    return far, verdicts


def shown_too(
    scorer: Scorer, others: np.ndarray, arrays: tuple[Floats, np.ndarray], points: Floats, streams: np.ndarray,
    *, name: str, folder: Path, identity: Mapping[str, Any], progress: Callable[[Status], None] | None = None,
) -> tuple[Floats, np.ndarray]:
    """Fill in the verdicts on the patterns that the search left out.

    Parameters
    ----------
    scorer : Scorer
        Of a bench for these patterns alone.
    others : ndarray of int
        Their places among all patterns.
    arrays : distance and holds, shape (draws, patterns)
        As `spread` returns them.
    points, streams : ndarray, shape (n, dimensions) and (n,)
        Of the first n draws in `arrays`.
    name : str
        Of the parts that are kept in the folder.
    folder : Path
        Where an interrupted search goes on from.
    identity : mapping
        What a search in the folder must agree in.
    progress : callable, optional

    Returns
    -------
    distance, holds : ndarray, shape (draws, patterns)
    """
    distance, holds = arrays[0].copy(), arrays[1].copy()

    def tell(done: int) -> None:
        if progress is not None:
            progress(Status(0, name, 1, done, len(points), math.inf, float(done), float(len(points))))

    found = scored(scorer, Keeper(folder, identity), name, points, streams, "all", tell)
    rows = np.arange(len(points))
    distance[np.ix_(rows, others)], holds[np.ix_(rows, others)] = found.distance, found.holds
    return distance, holds
