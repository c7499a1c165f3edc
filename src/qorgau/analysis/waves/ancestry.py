r"""Ancestry of re-sampled draws: how uncertain a share is, and how many independent runs a set is worth.

Draws that come from one ancestor resemble each other, so N of them tell less than N independent ones. Three
readings are taken and the least is reported:

* **distinct** draws;
* **families**: N over the mean design effect of the pattern verdicts, in the generation where it is largest. The design
  effect of a column is the variance of its mean with families as clusters, over that of as many independent draws (Kish
  1965, *Survey Sampling*);
* **ancestry**: with :math:`r_g` the similarity of a draw to its ancestor of wave g, two draws whose last common
  ancestor is of wave g are correlated by about :math:`r_g^2` (a reversible chain run twice from the same place), so
  that a coordinate that no pattern speaks of is known as from

  .. math:: N \Big/ \Big(1 + \frac1N \sum_{i \ne k} r_{g(i,k)}^2\Big)

  draws. Truth bits, which are steps of a coordinate, are less alike than the coordinate (arcsine law), so this errs on
  the safe side for them.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from qorgau.analysis.runs import Floats

__all__ = ["ancestors", "design_effect", "effective_by_ancestry", "largest_effect"]

_LEAST_FAMILIES = 10


def ancestors(parents: Sequence[np.ndarray], particles: int) -> list[np.ndarray]:
    """Return, for each wave from 0 on, the row there of every present draw's ancestor.

    Parameters
    ----------
    parents : sequence of ndarray of int, each shape (particles,)
        For each wave from 1 on, the row in the wave before that a draw came from.
    particles : int
        Number of present draws.
    """
    row = np.arange(particles)
    back = []
    for parent in reversed(parents):
        row = parent[row]
        back.append(row)
    return back[::-1]


def design_effect(column: Floats, family: np.ndarray) -> float:
    """Return the variance of a column's mean, families as clusters, over that of independent draws; at least 1.

    Parameters
    ----------
    column : ndarray, shape (n,)
        NaN is left out.
    family : ndarray of int, shape (n,)
    """
    known = np.isfinite(column)
    values, labels = np.asarray(column, dtype=np.float64)[known], family[known]
    n = len(values)
    if n < 2:
        return 1.0
    gap = values - values.mean()
    alone = float((gap**2).sum())
    if alone <= 0.0:
        return 1.0
    _, place = np.unique(labels, return_inverse=True)
    count = int(place.max()) + 1
    if count < 2:
        return float(n)
    together = float((np.bincount(place, weights=gap) ** 2).sum()) * count / (count - 1)
    return float(min(n, max(1.0, together / alone)))


def largest_effect(columns: Floats, generations: Sequence[np.ndarray], least_spread: float = 0.0) -> float:
    """Return the mean design effect over columns, in the generation of families where it is largest.

    Generations with fewer than ten families are passed over: clusters so few tell nothing of their own spread.

    Parameters
    ----------
    columns : ndarray, shape (n, columns)
        NaN is left out.
    generations : sequence of ndarray of int, each shape (n,)
        Family of each draw, by generation.
    least_spread : float
        Columns with a smaller standard deviation are passed over.
    """
    known = [c for c in columns.T if np.isfinite(c).sum() > 1 and float(np.nanstd(c)) > least_spread]
    found = 1.0
    for family in generations:
        if known and len(np.unique(family)) >= _LEAST_FAMILIES:
            found = max(found, float(np.mean([design_effect(column, family) for column in known])))
    return found


def effective_by_ancestry(generations: Sequence[np.ndarray], similarity: Sequence[float]) -> float:
    """Return the number of independent draws that a set is worth by who descends from whom.

    Parameters
    ----------
    generations : sequence of ndarray of int, each shape (n,)
        Row of each draw's ancestor, the oldest generation first.
    similarity : sequence of float
        Similarity of draws to those ancestors.
    """
    if not generations:
        return float("nan")
    n = len(generations[0])
    pairs = [0.0, *(float((np.bincount(family) ** 2).sum() - n) for family in generations), 0.0]
    alike = 0.0
    for g, r in enumerate(similarity, start=1):
        # Ordered pairs whose last common ancestor is of this generation share it but not the next.
        later = pairs[g + 1] if g < len(generations) else 0.0
        alike += (pairs[g] - later) * r**2
    return n / (1.0 + alike / n)
