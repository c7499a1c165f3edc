"""A cheap stand-in for the score of a draw, fitted on draws that were run.

Each pattern's part of the score is fitted on where a draw's parameters stand in their priors (first and second
Legendre polynomial) and on its switches of mechanisms; terms whose correlation with the part is within chance are
left out, the others are fitted by ridge regression with the penalty that generalised cross-validation chooses (Golub,
Heath and Wahba 1979, Technometrics 21: 215-223). Emulators of this additive kind are what history matching begins
with (Vernon, Goldstein and Bower 2010, Bayesian Analysis 5: 619-670); the residual they leave is not modelled, since
every draw that is kept is run.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import svd

from qorgau.analysis.runs import Floats
from qorgau.ensemble.designs import Uncertain, switches

__all__ = ["Emulator", "Terms", "fit_emulator", "ridge", "terms_of"]

_LEAST_T = 3.0
_PENALTIES = np.logspace(-1.0, 4.0, 16)


@dataclass(frozen=True)
class Terms:
    """What an emulator looks at in a draw.

    Attributes
    ----------
    uncertain : Uncertain
    free : tuple of int
        Parameters that are not fixed.
    vague : tuple of (int, tuple of int)
        Places in `free` of parameters that have a wider prior when all their claims are false, with those claims.
    """

    uncertain: Uncertain
    free: tuple[int, ...]
    vague: tuple[tuple[int, tuple[int, ...]], ...]

    def __call__(self, points: Floats) -> Floats:
        """Return the terms of points of the unit cube.

        Parameters
        ----------
        points : ndarray, shape (n, uncertain.dimensions)

        Returns
        -------
        ndarray, shape (n, terms)
            For each free parameter 2u - 1 and the second Legendre polynomial of it; switches; and 2u - 1 again where
            the wider prior applies.
        """
        known = self.uncertain
        cuts = np.cumsum([len(known.parameters), len(known.claims), len(known.sources)])
        u_value, u_p, u_source, u_claim = np.split(points, cuts, axis=1)
        truth = np.asarray(known.truth_bits(u_p, u_source, u_claim), dtype=bool).reshape(len(points), len(known.claims))
        x = 2.0 * u_value[:, self.free] - 1.0
        wider = [x[:, place] * ~truth[:, claims].any(axis=1) for place, claims in self.vague]
        return np.column_stack([x, 1.5 * x * x - 0.5, switches(known, truth), *wider])

    def of_parameters(self, points: Floats) -> Floats:
        """Return the first of these terms, those of parameters alone, at a tenth of the cost.

        Parameters
        ----------
        points : ndarray, shape (n, parameters or more)

        Returns
        -------
        ndarray, shape (n, 2 free)
        """
        x = 2.0 * points[:, self.free] - 1.0
        return np.concatenate([x, 1.5 * x * x - 0.5], axis=1)


def terms_of(uncertain: Uncertain) -> Terms:
    """Return what an emulator looks at in the draws of a case."""
    free = tuple(i for i, parameter in enumerate(uncertain.parameters) if not parameter.is_fixed)
    place = {claim: i for i, claim in enumerate(uncertain.claims)}
    vague = tuple(
        (at, tuple(place[claim] for claim in uncertain.parameters[i].claims))
        for at, i in enumerate(free)
        if uncertain.parameters[i].vague is not None and uncertain.parameters[i].claims
    )
    return Terms(uncertain, free, vague)


@dataclass(frozen=True)
class Emulator:
    """A fitted emulator.

    Attributes
    ----------
    intercept : ndarray, shape (patterns,)
    slope : ndarray, shape (terms, patterns)
    ceiling : ndarray, shape (patterns,)
        A pattern's part of the score lies between 0 and this.
    mean : ndarray, shape (terms,)
        Of the terms that it was fitted on.
    """

    intercept: Floats
    slope: Floats
    ceiling: Floats
    mean: Floats

    def parts(self, terms: Floats) -> Floats:
        """Return what each pattern is expected to add to the score, shape (n, patterns)."""
        return np.asarray(np.clip(self.intercept + terms @ self.slope, 0.0, self.ceiling))

    def score(self, terms: Floats) -> Floats:
        """Return the expected score, shape (n,)."""
        return np.asarray(self.parts(terms).sum(axis=1))

    def score_of_first(self, terms: Floats) -> Floats:
        """Return the score expected of the first few terms, the others at their mean, shape (n,)."""
        known = terms.shape[1]
        base = self.intercept + self.mean[known:] @ self.slope[known:]
        return np.asarray(np.clip(base + terms @ self.slope[:known], 0.0, self.ceiling).sum(axis=1))


def ridge(x: Floats, y: Floats) -> Floats:
    """Return ridge coefficients, with the penalty that generalised cross-validation chooses.

    Parameters
    ----------
    x : ndarray, shape (n, terms)
        Centred columns.
    y : ndarray, shape (n,)
        Centred.

    Returns
    -------
    ndarray, shape (terms,)

    Notes
    -----
    GCV(l) = (|y - A y|^2 / n) / (1 - tr A / n)^2 with A = X (X'X + l)^-1 X' (Golub, Heath and Wahba 1979); the
    intercept counts as one degree of freedom.
    """
    u, s, vt = svd(x, full_matrices=False)
    rotated = u.T @ y
    outside = float(y @ y - rotated @ rotated)
    best, chosen = np.inf, _PENALTIES[-1]
    for penalty in _PENALTIES:
        shrink = s * s / (s * s + penalty)
        left = 1.0 - (shrink.sum() + 1.0) / len(y)
        if left <= 0.0:
            continue
        error = (outside + float((((1.0 - shrink) * rotated) ** 2).sum())) / left**2
        if error < best:
            best, chosen = error, penalty
    return np.asarray(vt.T @ (s / (s * s + chosen) * rotated))


def fit_emulator(terms: Floats, parts: Floats, seen: np.ndarray, ceiling: Floats) -> Emulator:
    """Fit an emulator.

    Parameters
    ----------
    terms : ndarray, shape (n, terms)
    parts : ndarray, shape (n, patterns)
        What each pattern adds to the score of each draw.
    seen : ndarray of bool, shape (n, patterns)
        Where it is known: paired runs are made of some draws only.
    ceiling : ndarray, shape (patterns,)
        Most that each pattern can add; patterns with 0 are left out.

    Returns
    -------
    Emulator
    """
    slope, intercept = np.zeros((terms.shape[1], parts.shape[1])), np.zeros(parts.shape[1])
    for pattern in np.flatnonzero(ceiling > 0):
        rows = seen[:, pattern]
        y = parts[rows, pattern]
        if not len(y):
            intercept[pattern] = 0.5 * ceiling[pattern]
            continue
        mean = float(y.mean())
        intercept[pattern] = mean
        x = terms[rows]
        centre, spread = x.mean(axis=0), x.std(axis=0)
        if not y.std() > 0 or len(y) < 3:
            continue
        varies = np.flatnonzero(spread > 1e-9)
        z = (x[:, varies] - centre[varies]) / spread[varies]
        t = np.abs(z.T @ (y - mean)) / (y.std() * np.sqrt(len(y)))
        active = varies[t > _LEAST_T]
        if not len(active):
            continue
        z = (x[:, active] - centre[active]) / spread[active]
        found = ridge(z, y - mean) / spread[active]
        slope[active, pattern] = found
        intercept[pattern] = mean - float(centre[active] @ found)
    return Emulator(intercept, slope, np.asarray(ceiling, dtype=np.float64), terms.mean(axis=0))
