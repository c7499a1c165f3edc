r"""Deeper into the prior than drawing reaches: subset simulation on the emulator.

Of ten million draws of the prior the best by an emulator are as good as one in some thousands; where fifty statements
are to hold at once, draws that hold most are rarer by orders of magnitude. They are approached as in `subset`, through
nested sets, each the draws whose expected score is within a threshold that the best share of the set before attains (Au
and Beck 2001, Probabilistic Engineering Mechanics 16: 263-277); for emulators in history matching Williamson and Vernon
(2013, arXiv 1309.3520) and Gong, DiazDelaO, Hristov and Beer (2021, International Journal for Uncertainty
Quantification 11). The emulator costs microseconds, so chains are as long as it takes to forget where they began: what
makes re-sampled draws of the model itself worth little, few ancestors, is walked off here, and how far is reported.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from qorgau.analysis.runs import Floats
from qorgau.analysis.waves.ancestry import ancestors, effective_by_ancestry, largest_effect
from qorgau.analysis.waves.moves import Kernel, normal_of, propose, similarity, tuned

__all__ = ["Deeper", "Level", "deepen"]

_CHAINS = 256
"""Chains that share their random numbers and the sizes of their steps."""
_ACCEPTANCE = (0.2, 0.4)


@dataclass(frozen=True)
class Level:
    """One of the nested sets.

    Attributes
    ----------
    threshold : float
        Expected score within which its draws are.
    share : float
        Of the set before.
    variance : float
        Squared coefficient of variation of that share (Au and Beck 2001).
    acceptance : float
        Share of steps taken.
    similarity : float
        Of draws at the end to where they began, 1 the same, 0 unrelated.
    """

    threshold: float
    share: float
    variance: float
    acceptance: float
    similarity: float


@dataclass(frozen=True)
class Deeper:
    """Draws of the last of the nested sets.

    Attributes
    ----------
    points : ndarray, shape (n, dimensions)
    expected : ndarray, shape (n,)
        Score that the emulator expects of them.
    generations : tuple of ndarray of int, each shape (n,)
        For each level, the row of each draw's ancestor at its start.
    alike : tuple of float
        Similarity of the draws to those ancestors.
    levels : tuple of Level
    """

    points: Floats
    expected: Floats
    generations: tuple[np.ndarray, ...]
    alike: tuple[float, ...]
    levels: tuple[Level, ...]

    @property
    def families(self) -> np.ndarray:
        """Row of each draw's ancestor among the draws at the beginning, shape (n,)."""
        return self.generations[0] if self.generations else np.arange(len(self.points))

    def worth(self, rows: np.ndarray) -> float:
        """Return how many independent draws those in some rows are worth by ancestry."""
        if not self.generations:
            return float(len(rows))
        return effective_by_ancestry([family[rows] for family in self.generations], self.alike)


def deepen(
    points: Floats, expected: Floats, score: Callable[[Floats], Floats], *, levels: int, share: float, sweeps: int,
    seed: Sequence[int], workers: int = 1, say: Callable[[int], None] | None = None,
) -> Deeper:
    """Move draws into nested sets of ever lower expected score.

    Parameters
    ----------
    points : ndarray, shape (n, dimensions)
        Independent draws of the unit cube.
    expected : ndarray, shape (n,)
        Their expected scores.
    score : callable
        Expected scores of points, a pure function of each.
    levels : int
        Nested sets; 0 leaves the draws as they are.
    share : float
        Best share of a set that makes the next, above 0 and below 1.
    sweeps : int
        Steps of each chain at each level.
    seed : sequence of int
    workers : int
        Threads; the draws do not depend on it.
    say : callable, optional
        Told levels done.

    Returns
    -------
    Deeper

    Raises
    ------
    ValueError
        If a size is out of range.
    """
    if levels < 0 or sweeps < 1 or not 0.0 < share < 1.0 or len(points) * share < 1.0:
        raise ValueError(f"{levels} levels of {sweeps} sweeps that keep {share:g} of {len(points)} draws")
    parents: list[np.ndarray] = []
    starts: list[Floats] = []
    made: list[Level] = []
    for level in range(1, levels + 1):
        rng = np.random.default_rng([*seed, level])
        threshold = float(np.sort(expected)[math.ceil(share * len(points)) - 1])
        inside = expected <= threshold
        got = float(inside.mean())
        effect = largest_effect(inside[:, None].astype(np.float64), ancestors(parents, len(points)))
        # Every draw inside goes on once before any goes on again.
        order = rng.permutation(np.flatnonzero(inside))
        parent = order[np.arange(len(points)) % len(order)]
        start = points[parent]
        cuts = [slice(at, at + _CHAINS) for at in range(0, len(points), _CHAINS)]

        def walk(
            cut: slice, start: Floats = start, before: Floats = expected[parent], bound: float = threshold,
            level: int = level,
        ) -> tuple[Floats, Floats, float]:
            return _walk(start[cut], before[cut], score, bound, sweeps, [*seed, level, cut.start])

        with ThreadPoolExecutor(max(1, workers)) as pool:
            parts = list(pool.map(walk, cuts))
        points, expected = np.concatenate([p[0] for p in parts]), np.concatenate([p[1] for p in parts])
        parents.append(parent)
        starts.append(start.astype(np.float32))
        made.append(Level(threshold, got, (1.0 - got) / (got * len(points)) * effect,
                          float(np.mean([p[2] for p in parts])), similarity(points, start)))
        if say is not None:
            say(level)
    rows = ancestors(parents, len(points))
    # A generation is the draws as they stood at the start of its level: those of the level before, re-sampled.
    began = [np.arange(len(points)), *rows[::-1]][:-1][::-1]
    alike = tuple(similarity(points, start[row].astype(np.float64)) for start, row in zip(starts, began, strict=True))
    return Deeper(points, expected, tuple(rows), alike, tuple(made))


def _walk(
    points: Floats, expected: Floats, score: Callable[[Floats], Floats], bound: float, sweeps: int, seed: list[int],
) -> tuple[Floats, Floats, float]:
    """Walk chains within the bound, and return where they end, their scores and the share of steps taken."""
    rng = np.random.default_rng(seed)
    points, expected = points.copy(), expected.copy()
    streams, kernel, taken_of_all = np.zeros(len(points), dtype=np.int64), Kernel(share=0.05), 0
    for sweep in range(1, sweeps + 1):
        step = propose(points, streams, kernel, 0, rng)
        found = score(step.points)
        taken = found <= bound
        jumped = np.zeros(len(points))
        if taken.any():
            gap = normal_of(step.points[taken]) - normal_of(points[taken])
            jumped[taken] = np.mean(gap * gap, axis=1)
        points[taken], expected[taken] = step.points[taken], found[taken]
        kernel = tuned(kernel, step.kernel, taken, jumped, _ACCEPTANCE, sweep)
        taken_of_all += int(taken.sum())
    return points, expected, taken_of_all / (sweeps * len(points))
