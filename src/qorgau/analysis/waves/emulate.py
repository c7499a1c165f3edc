"""A cheap stand-in for the score of a draw, fitted on draws that were run.

Each clause of each pattern's test has a gap: how far it is from holding, below 0 where it holds with room to spare.
Gaps are fitted on where a draw's parameters stand in their priors (first and second Legendre polynomial) and on its
switches of mechanisms; terms whose correlation with the gap is within chance are left out, the others are fitted by
ridge regression with the penalty that generalised cross-validation chooses (Golub, Heath and Wahba 1979, Technometrics
21: 215-223). Products of the strongest terms come in where what is left over shows them beyond chance. What is left
over then is taken as normal and independent between clauses, which gives a pattern's expected part of the score (see
`Emulator.parts`). Emulators of active variables and their low-order terms are what history matching begins with
(Vernon, Goldstein and Bower 2010, Bayesian Analysis 5: 619-670). Gaps teach more than distances do, which are 0 in all
runs that hold and stop at the cap in all that miss by far.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import svd
from scipy.special import ndtr

from qorgau.analysis.runs import Floats
from qorgau.ensemble.designs import Uncertain, switches

__all__ = ["Emulator", "Terms", "fit_emulator", "ridge", "terms_of"]

_LEAST_T = 3.0
_PAIRED = 20
"""Strongest terms whose products are looked at."""
_LEAST_T_OF_PAIR = 3.5
_PENALTIES = np.logspace(-1.0, 4.0, 16)
_ROOM = 3.0
_LEAST_SEEN = 20
_LEAST_SPREAD = 0.05
_NODES, _SHARES = (0.5 * a + b for a, b in zip(np.polynomial.legendre.leggauss(4), (0.5, 0.0), strict=True))


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
    intercept : ndarray, shape (clauses,)
    slope : ndarray, shape (terms, clauses)
    spread : ndarray, shape (clauses,)
        Standard deviation of what the terms leave over; above 0.
    owner : ndarray of int, shape (clauses,)
        Pattern that each clause belongs to, ascending.
    weights : ndarray, shape (patterns,)
        Most that each pattern adds to the score.
    cap : float
        Gap, in units of tolerance, from which a pattern adds its whole weight.
    mean : ndarray, shape (terms,)
        Of the terms that it was fitted on.
    pairs : ndarray of int, shape (pairs, 2)
        Terms whose products count, the lower first.
    pair_slope : ndarray, shape (pairs, clauses)
    """

    intercept: Floats
    slope: Floats
    spread: Floats
    owner: np.ndarray
    weights: Floats
    cap: float
    mean: Floats
    pairs: np.ndarray
    pair_slope: Floats

    def gaps(self, terms: Floats) -> Floats:
        """Return the expected gap of each clause, shape (n, clauses)."""
        made = self.intercept + terms @ self.slope
        if len(self.pairs):
            made += (terms[:, self.pairs[:, 0]] * terms[:, self.pairs[:, 1]]) @ self.pair_slope
        return np.asarray(made)

    def parts(self, terms: Floats) -> Floats:
        """Return what each pattern is expected to add to the score, shape (n, patterns).

        Notes
        -----
        With gaps g_k independent and normal, E min(max(max_k g_k, 0), c) / c = integral over t from 0 to 1 of
        1 - prod_k Phi((c t - mu_k) / sd_k), by Gauss-Legendre quadrature.
        """
        return self._parts(self.gaps(terms))

    def _parts(self, gaps: Floats) -> Floats:
        made = np.zeros((len(gaps), len(self.weights)))
        if not len(self.owner):
            return made
        starts = np.flatnonzero(np.diff(self.owner, prepend=-1))
        for node, weight in zip(_NODES, _SHARES, strict=True):
            within = ndtr((self.cap * node - gaps) / self.spread)
            made[:, self.owner[starts]] += weight * (1.0 - np.multiply.reduceat(within, starts, axis=1))
        return made * self.weights

    def score(self, terms: Floats) -> Floats:
        """Return the expected score, shape (n,)."""
        return np.asarray(self.parts(terms).sum(axis=1))

    def score_of_first(self, terms: Floats) -> Floats:
        """Return the score expected of the first few terms, the others at their mean, shape (n,)."""
        known = terms.shape[1]
        base, slope = self.intercept + self.mean[known:] @ self.slope[known:], self.slope[:known].copy()
        first, second = self.pairs.T
        inside = second < known
        outside = first >= known
        base = base + (self.mean[first[outside]] * self.mean[second[outside]]) @ self.pair_slope[outside]
        mixed = ~inside & ~outside
        np.add.at(slope, first[mixed], self.mean[second[mixed], None] * self.pair_slope[mixed])
        gaps = base + terms @ slope + (terms[:, first[inside]] * terms[:, second[inside]]) @ self.pair_slope[inside]
        return np.asarray(self._parts(gaps).sum(axis=1))


def ridge(x: Floats, y: Floats) -> tuple[Floats, float]:
    """Return ridge coefficients, with the penalty that generalised cross-validation chooses, and what is left over.

    Parameters
    ----------
    x : ndarray, shape (n, terms)
        Centred columns.
    y : ndarray, shape (n,)
        Centred.

    Returns
    -------
    coefficients : ndarray, shape (terms,)
    left_over : float
        Standard deviation of new observations about the fit: the square root of GCV.

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
    return np.asarray(vt.T @ (s / (s * s + chosen) * rotated)), float(np.sqrt(best / len(y)))


def fit_emulator(terms: Floats, gaps: Floats, owner: np.ndarray, weights: Floats, cap: float) -> Emulator:
    """Fit an emulator.

    Parameters
    ----------
    terms : ndarray, shape (n, terms)
    gaps : ndarray, shape (n, clauses)
        In units of tolerance; NaN where not known: paired runs are made of some draws only.
    owner : ndarray of int, shape (clauses,)
        Pattern that each clause belongs to, ascending.
    weights : ndarray, shape (patterns,)
        Most that each pattern adds to the score; patterns with 0 are left out.
    cap : float
        Gap from which a pattern adds its whole weight.

    Returns
    -------
    Emulator

    Notes
    -----
    Gaps are cut at the cap and `_ROOM` on either side of it before they are fitted, so that a few wild runs do not tilt
    the fit. A clause that was seen in fewer than `_LEAST_SEEN` draws is expected to be as likely to hold as not.
    """
    used = np.flatnonzero(weights[owner] > 0)
    slope, intercept = np.zeros((terms.shape[1], len(used))), np.zeros(len(used))
    spread = np.full(len(used), max(cap, 1.0))
    products: dict[tuple[int, int], dict[int, float]] = {}
    for at, clause in enumerate(used):
        rows = np.isfinite(gaps[:, clause])
        y = np.clip(gaps[rows, clause], -_ROOM, cap + _ROOM)
        if len(y) < _LEAST_SEEN:
            continue
        mean, sd = float(y.mean()), float(y.std())
        intercept[at], spread[at] = mean, max(sd, _LEAST_SPREAD)
        if sd < 1e-9:
            continue
        x = terms[rows]
        t = _t_values(x, y - mean)
        active = np.flatnonzero(t > _LEAST_T)
        if not len(active):
            continue
        chosen, left = x[:, active], math.inf
        found = np.zeros(len(active))
        pairs: list[tuple[int, int]] = []
        for turn in range(2):
            centre, width = chosen.mean(axis=0), chosen.std(axis=0)
            coefficients, left = ridge((chosen - centre) / width, y - mean)
            found = coefficients / width
            if turn == 1:
                break
            strongest = np.sort(active[np.argsort(-t[active], kind="stable")[:_PAIRED]])
            every = [(i, j) for k, i in enumerate(strongest) for j in strongest[k + 1 :]]
            if not every:
                break
            both = x[:, [i for i, _ in every]] * x[:, [j for _, j in every]]
            rest = y - mean - (chosen - centre) @ found
            pairs = [every[k] for k in np.flatnonzero(_t_values(both, rest) > _LEAST_T_OF_PAIR)]
            if not pairs:
                break
            chosen = np.column_stack([chosen, x[:, [i for i, _ in pairs]] * x[:, [j for _, j in pairs]]])
        slope[active, at] = found[: len(active)]
        for pair, value in zip(pairs, found[len(active) :], strict=True):
            products.setdefault(pair, {})[at] = float(value)
        intercept[at] = mean - float(chosen.mean(axis=0) @ found)
        spread[at] = max(left, _LEAST_SPREAD)
    order = sorted(products)
    pair_slope = np.zeros((len(order), len(used)))
    for k, pair in enumerate(order):
        for at, value in products[pair].items():
            pair_slope[k, at] = value
    return Emulator(intercept, slope, spread, owner[used], np.asarray(weights, dtype=np.float64), cap,
                    terms.mean(axis=0), np.array(order, dtype=np.int64).reshape(-1, 2), pair_slope)


def _t_values(x: Floats, y: Floats) -> Floats:
    """Return |correlation| sqrt(n) of each column with what is centred in y; 0 for a column that does not vary."""
    z = x - x.mean(axis=0)
    width = z.std(axis=0)
    sd = float(y.std())
    varies = width > 1e-9
    made = np.zeros(x.shape[1])
    if sd > 0.0:
        made[varies] = np.abs(z[:, varies].T @ y) / (width[varies] * sd * np.sqrt(len(y)))
    return made
