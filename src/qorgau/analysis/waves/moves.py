r"""Moves that leave the prior as it is: steps from one draw to another near it.

A point of the unit cube is seen as normal deviates, :math:`z = \Phi^{-1}(u)`. For a random set of coordinates,

.. math:: z' = \sqrt{1 - \beta^2}\, z + \beta\, \xi, \qquad \xi \sim N(0, 1),

is reversible with respect to the standard normal (Papaioannou, Betz, Zwirglmaier and Straub 2015, Probabilistic
Engineering Mechanics 41: 89-103; preconditioned Crank-Nicolson, Cotter, Roberts, Stuart and White 2013), so that
accepting a step exactly when the new draw is within the threshold leaves the prior, cut off there, unchanged. Two
kernels take turns: **fresh** draws few coordinates anew (beta = 1), which turns truth bits over; **near** moves all of
them a little. Each has its size tuned to the acceptance that is wanted, and the one that goes farther is used more
often (expected squared jump: Pasarica and Gelman 2010; tuned over particles as by Fearnhead and Taylor 2013).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from qorgau.analysis.runs import Floats

__all__ = ["KERNELS", "Kernel", "Step", "normal_of", "propose", "similarity", "tuned"]

KERNELS = ("fresh", "near")
_EDGE = 1e-12
_BELOW_ONE = float(np.nextafter(1.0, 0.0))
_LEAST_USE = 0.2


@dataclass(frozen=True)
class Kernel:
    """Sizes of the two moves and how often each is used.

    Attributes
    ----------
    share : float
        Share of coordinates that `fresh` draws anew, at least one coordinate.
    scale : float
        beta of `near`, 0 to 1.
    use_fresh : float
        Probability of `fresh`.
    """

    share: float = 0.1
    scale: float = 0.2
    use_fresh: float = 0.5


@dataclass(frozen=True)
class Step:
    """Proposals, and which kernel made each (index into `KERNELS`)."""

    points: Floats
    streams: np.ndarray
    kernel: np.ndarray


def normal_of(points: Floats) -> Floats:
    """Return points of the unit cube as standard normal deviates, the far tails cut at 7 deviations."""
    return np.asarray(ndtri(np.clip(points, _EDGE, 1.0 - _EDGE)))


def propose(
    points: Floats, streams: np.ndarray, kernel: Kernel, next_stream: int, rng: np.random.Generator
) -> Step:
    """Return one proposal for each draw.

    Parameters
    ----------
    points : ndarray, shape (n, dimensions)
    streams : ndarray of int64, shape (n,)
    kernel : Kernel
    next_stream : int
        First number of n that no draw has had.
    rng : numpy.random.Generator

    Notes
    -----
    A proposal keeps its parent's stream with probability 1/2, else takes a number of its own: symmetric, since no
    number is distinguished.
    """
    n, dimensions = points.shape
    which = np.where(rng.random(n) < kernel.use_fresh, 0, 1)
    chosen = rng.random((n, dimensions)) < kernel.share
    chosen[np.arange(n), rng.integers(0, dimensions, n)] = True
    near = which == 1
    chosen[near] = True
    beta = np.where(near, kernel.scale, 1.0)[:, None]
    moved = np.sqrt(1.0 - beta**2) * normal_of(points) + beta * rng.standard_normal((n, dimensions))
    made = np.where(chosen, np.clip(ndtr(moved), 0.0, _BELOW_ONE), points)
    own = rng.random(n) < 0.5
    numbers = np.where(own, streams, next_stream + np.arange(n, dtype=np.int64))
    return Step(made, numbers, which)


def tuned(
    kernel: Kernel, which: np.ndarray, accepted: np.ndarray, jumped: Floats, wanted: tuple[float, float], sweep: int
) -> Kernel:
    """Return the kernel for the next sweep.

    Parameters
    ----------
    which, accepted : ndarray, shape (n,)
        Kernel of each proposal and whether it was taken.
    jumped : ndarray, shape (n,)
        Mean squared jump over coordinates, 0 where it was refused.
    wanted : (low, high)
        Acceptance; sizes stay as they are while it is between.
    sweep : int
        Number of this sweep within the wave, from 1; later corrections are smaller.

    Notes
    -----
    log size changes by (acceptance - middle) / sqrt(sweep), as in Papaioannou and others (2015), times 2.
    """
    middle = sum(wanted) / 2.0

    def size(now: float, kind: int, least: float) -> float:
        tried = which == kind
        if tried.sum() < 10:
            return now
        rate = float(accepted[tried].mean())
        if wanted[0] <= rate <= wanted[1]:
            return now
        return float(min(1.0, max(least, now * math.exp(2.0 * (rate - middle) / math.sqrt(sweep)))))

    far = [float(jumped[which == k].mean()) if (which == k).sum() >= 10 else math.nan for k in (0, 1)]
    use = kernel.use_fresh
    if all(math.isfinite(x) for x in far) and sum(far) > 0:
        use = min(1.0 - _LEAST_USE, max(_LEAST_USE, 0.5 * use + 0.5 * far[0] / sum(far)))
    return Kernel(size(kernel.share, 0, 1e-4), size(kernel.scale, 1, 1e-3), use)


def similarity(now: Floats, before: Floats) -> float:
    """Return how much draws still resemble what they came from: 1 the same, 0 unrelated.

    One minus half the mean squared distance of normal deviates over draws and coordinates, which for two
    standard normal deviates is their correlation. Coordinates that matching has narrowed count as more alike
    than they are, which errs on the safe side.
    """
    gap = normal_of(now) - normal_of(before)
    return float(min(1.0, max(0.0, 1.0 - 0.5 * float(np.mean(gap**2)))))
