"""Expected value of information from the runs at hand, without running the model again.

For a decision between options d with utility U_d and something that could be known, Z,

    EVPPI(Z) = E_Z[ max_d E(U_d | Z) ] - max_d E(U_d) >= 0.

Taking the larger of estimated means errs upwards, so the rule "which option for which Z" is learned on one
half of the runs and paid out on the other (split samples), over several splits; that errs a little
downwards, since half the runs choose worse. For a truth bit the conditional means are plain group means
(exact, Strong and Oakley's single-loop estimator for a discrete parameter); for a number they are regressions
(Strong, Oakley and Brennan 2014, Medical Decision Making 34: 311-326), here natural cubic splines on
ranks; for several bits seen through a check that can err, on the noisy readings. Both are shrunk by ridge
penalties down to no effect at all where that predicts as well, so that noise is not taken for a rule.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from qorgau.analysis.runs import Floats

__all__ = [
    "Estimate", "beyond_chance", "bit_values", "halves", "known_best", "number_value", "perfect_value",
    "readings_value", "tipping_point",
]

_KNOTS = 4
_BOOTSTRAP_SPLITS = 4
_RIDGES = np.array([1e-3, 0.03, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 1e4])


@dataclass(frozen=True)
class Estimate:
    """An estimate: the value (never below 0), the raw estimate, its standard error, and without splitting."""

    value: float
    raw: float
    se: float
    plug_in: float


def halves(runs: int, splits: int, seed: int) -> np.ndarray:
    """Return balanced random halves, bool (splits, runs)."""
    rng = np.random.default_rng(seed)
    base = np.arange(runs) % 2 == 0
    return np.stack([rng.permutation(base) for _ in range(splits)])


def _sums(weights: Floats, utility: Floats, truth: Floats) -> tuple[Floats, Floats, Floats, float]:
    """Return sums of utility over all runs and over those where each bit is 1, and the weights of both."""
    weighted = utility * weights[:, None]
    return weighted.sum(axis=0), weighted.T @ truth, weights @ truth, float(weights.sum())


def _paid(learn: tuple[Floats, Floats, Floats, float], pay: tuple[Floats, Floats, Floats, float]) -> Floats:
    """Return the estimated value of each bit when choices learned on one part are paid on another.

    Shape (bits,). Groups that are empty in the part learned from keep the choice made without the bit.
    """
    total, true, counts, weight = learn
    best = int(np.argmax(total))
    when_true = np.where(counts > 0, np.argmax(true, axis=0), best)
    when_false = np.where(weight - counts > 0, np.argmax(total[:, None] - true, axis=0), best)
    paid_total, paid_true, _, paid_weight = pay
    column = np.arange(len(counts))
    gain = paid_true[when_true, column] + paid_total[when_false] - paid_true[when_false, column] - paid_total[best]
    return gain / paid_weight


def bit_values(
    utility: Floats, bits: np.ndarray, splits: int = 8, bootstrap: int = 200, seed: int = 0
) -> list[Estimate]:
    """Return the value of knowing each truth bit, with bootstrap standard errors.

    Parameters
    ----------
    utility
        Shape (runs, options).
    bits
        Truth bits, bool (runs, bits).
    splits
        Number of random halvings.
    bootstrap
        Number of resamples of the runs.
    seed
        Seed of the halvings and resamples.
    """
    runs, options = utility.shape
    truth = bits.astype(np.float64)
    if runs < 4 or options < 2 or truth.shape[1] == 0:
        return [Estimate(0.0, 0.0, math.nan, 0.0) for _ in range(truth.shape[1])]
    # A shift that all options of a run share decides nothing; taking it out keeps the sums well conditioned.
    centred = utility - utility.mean(axis=1, keepdims=True)
    half = halves(runs, splits, seed)
    one = np.ones(runs)
    raw = np.mean([_both(_Halves.of(mask, centred, truth), one) for mask in half], axis=0)
    whole = _sums(one, centred, truth)
    plug = _paid(whole, whole)
    rng = np.random.default_rng([seed, 1])
    again = np.empty((bootstrap, truth.shape[1]))
    # Cut once: with many runs, cutting for every resample would take longer than summing.
    few = [_Halves.of(mask, centred, truth) for mask in half[:_BOOTSTRAP_SPLITS]]
    for b in range(bootstrap):
        weights = np.bincount(rng.integers(0, runs, runs), minlength=runs).astype(np.float64)
        again[b] = np.mean([_both(cut, weights) for cut in few], axis=0)
    se = again.std(axis=0, ddof=1)
    return [Estimate(max(0.0, float(r)), float(r), float(s), float(p)) for r, s, p in zip(raw, se, plug)]


@dataclass(frozen=True)
class _Halves:
    """Utility and truth bits of the runs in a half and of the others."""

    mask: np.ndarray
    one: tuple[Floats, Floats]
    other: tuple[Floats, Floats]

    @classmethod
    def of(cls, mask: np.ndarray, utility: Floats, truth: Floats) -> _Halves:
        return cls(mask, (utility[mask], truth[mask]), (utility[~mask], truth[~mask]))


def _both(cut: _Halves, weights: Floats) -> Floats:
    """Return the value of each bit, learned on either half and paid on the other."""
    mine, others = weights[cut.mask], weights[~cut.mask]
    if mine.sum() == 0 or others.sum() == 0:
        return np.zeros(cut.one[1].shape[1])
    one, other = _sums(mine, *cut.one), _sums(others, *cut.other)
    return (_paid(one, other) + _paid(other, one)) / 2.0


Predict = Callable[[Floats], Floats]
Fit = Callable[[Floats, Floats], Predict]


def _rule_value(fit: Fit, features: Floats, utility: Floats, splits: int, seed: int) -> Estimate:
    """Return the value of the rule that `fit` learns on one half of the runs, paid on the other."""
    runs = len(utility)
    gains = np.zeros(runs)
    for mask in halves(runs, splits, seed):
        for learn in (mask, ~mask):
            pay = ~learn
            predict = fit(features[learn], utility[learn])
            choice = np.argmax(predict(features[pay]), axis=1)
            best = int(np.argmax(utility[learn].mean(axis=0)))
            paid = utility[pay]
            gains[pay] += (paid[np.arange(len(paid)), choice] - paid[:, best]) / splits
    smooth = fit(features, utility)(features)
    plug = float(smooth.max(axis=1).mean() - smooth.mean(axis=0).max())
    raw = float(gains.mean())
    return Estimate(max(0.0, raw), raw, float(gains.std(ddof=1) / math.sqrt(runs)), plug)


def _ranks(values: Floats) -> Floats:
    order = np.argsort(values, kind="stable")
    ranks = np.empty(len(values))
    ranks[order] = (np.arange(len(values)) + 0.5) / len(values)
    return ranks


def _spline(u: Floats) -> Floats:
    """Return the natural cubic spline basis on [0, 1] without its constant, shape (runs, knots - 1)."""
    knots = np.linspace(0.05, 0.95, _KNOTS)

    def bend(k: float) -> Floats:
        last = knots[-1]
        return (np.maximum(u - k, 0.0) ** 3 - np.maximum(u - last, 0.0) ** 3) / (last - k)

    inner = [bend(k) - bend(knots[-2]) for k in knots[:-2]]
    return np.column_stack([u, *inner])


def number_value(utility: Floats, values: Floats, splits: int = 8, seed: int = 0) -> tuple[Estimate, Floats]:
    """Return the value of knowing one number exactly, and the fitted utility at its drawn values.

    Parameters
    ----------
    utility
        Shape (runs, options).
    values
        Drawn values, shape (runs,).
    splits, seed
        Random halvings.

    Returns
    -------
    Estimate, ndarray (runs, options)
        The standard error is that of the mean of what the rule gains in each run.
    """
    runs, options = utility.shape
    if runs < 8 * _KNOTS or options < 2 or not float(np.ptp(values)) > 0:
        mean = utility.mean(axis=0) if runs else np.zeros(options)
        return Estimate(0.0, 0.0, math.nan, 0.0), np.tile(mean, (runs, 1))
    centred = utility - utility.mean(axis=1, keepdims=True)
    basis = _spline(_ranks(values))
    return _rule_value(_ridge, basis, centred, splits, seed), _ridge(basis, centred)(basis)


def _ridge(features: Floats, utility: Floats) -> Predict:
    """Fit ridge regression with the penalty of least generalised cross-validation error (Golub, Heath, Wahba 1979)."""
    centre, mean = features.mean(axis=0), utility.mean(axis=0)
    x, y = features - centre, utility - mean
    size, axes = np.linalg.eigh(x.T @ x)
    good = size > 1e-10 * max(float(size.max()), 1e-300)
    size, axes = size[good], axes[:, good]
    target = axes.T @ (x.T @ y)
    strength = (target**2).sum(axis=1) / size
    total = float((y**2).sum())
    runs = len(utility)
    # No features at all is the penalty without end: it stays when every finite one predicts worse.
    best_error, best_shrunk = total / max(1e-9, 1.0 - 1.0 / runs) ** 2, np.zeros_like(size)
    for penalty in _RIDGES:
        shrink = size / (size + penalty)
        explained = float(((2 * shrink - shrink**2) * strength).sum())
        error = (total - explained) / max(1e-9, 1.0 - (shrink.sum() + 1.0) / runs) ** 2
        if error < best_error:
            best_error, best_shrunk = error, 1.0 / (size + penalty)
    weights = axes @ (best_shrunk[:, None] * target)
    return lambda x: mean + (x - centre) @ weights


def readings_value(
    utility: Floats, bits: np.ndarray, accuracy: float, splits: int = 8, seed: int = 0
) -> Estimate:
    """Return the value of checking several claims at once, each verdict right with chance `accuracy`.

    Parameters
    ----------
    utility
        Shape (runs, options).
    bits
        Truth bits of the claims, bool (runs, claims).
    accuracy
        From 0.5 (a check that tells nothing) to 1 (perfect).
    splits, seed
        Random halvings; readings are drawn anew for each.

    Notes
    -----
    The rule learned is additive in the readings, so the value is that of using them so: a lower bound.
    """
    runs, options = utility.shape
    varying = bits[:, bits.any(axis=0) & ~bits.all(axis=0)]
    if runs < 16 or options < 2 or varying.shape[1] == 0 or accuracy <= 0.5:
        return Estimate(0.0, 0.0, 0.0 if accuracy <= 0.5 else math.nan, 0.0)
    centred = utility - utility.mean(axis=1, keepdims=True)
    rng = np.random.default_rng([seed, 2])
    found = []
    for draw in range(splits if accuracy < 1.0 else 1):
        wrong = rng.random(varying.shape) >= accuracy
        readings = (varying ^ wrong).astype(np.float64)
        found.append(_rule_value(_ridge, readings, centred, 2 if accuracy < 1.0 else splits, seed + draw))
    raw, se, plug_in = np.mean([(item.raw, item.se, item.plug_in) for item in found], axis=0)
    return Estimate(max(0.0, float(raw)), float(raw), float(se), float(plug_in))


def beyond_chance(estimates: Sequence[Estimate], rate: float) -> np.ndarray:
    """Return which estimates are above nought by more than chance explains, bool (estimates,).

    When many are looked at, some are two standard errors above nought by luck: the rule of Benjamini and
    Hochberg (1995, JRSS B 57: 289-300) keeps the expected share of such finds among all finds under `rate`.
    """
    if not estimates:
        return np.zeros(0, dtype=bool)
    raw = np.array([item.raw for item in estimates])
    se = np.array([item.se for item in estimates])
    usable = np.isfinite(se) & (se > 0)
    chance = np.where(usable, norm.sf(raw / np.where(usable, se, 1.0)), np.where(np.isfinite(se) & (raw > 0), 0.0, 1.0))
    order = np.argsort(chance, kind="stable")
    passes = np.flatnonzero(chance[order] <= rate * np.arange(1, len(raw) + 1) / len(raw))
    found = np.zeros(len(raw), dtype=bool)
    if passes.size:
        found[order[: passes[-1] + 1]] = True
    return found


def perfect_value(utility: Floats) -> tuple[float, float]:
    """Return the expected value of perfect information, E[max_d U_d] - max_d E[U_d], and its standard error."""
    if len(utility) < 2:
        return 0.0, math.nan
    best = int(np.argmax(utility.mean(axis=0)))
    gain = utility.max(axis=1) - utility[:, best]
    return float(gain.mean()), float(gain.std(ddof=1) / math.sqrt(len(gain)))


def known_best(utility: Floats) -> int:
    """Return the option of largest expected utility, the first of equals."""
    return int(np.argmax(utility.mean(axis=0))) if len(utility) else 0


def tipping_point(when_true: Floats, when_false: Floats, p: float) -> float | None:
    """Return the probability nearest to `p` at which the best option changes, or None.

    Parameters
    ----------
    when_true, when_false
        Expected utility of each option given that the claim is true, or false, shape (options,).
    p
        Present probability that the claim is true.

    Notes
    -----
    Expected utility is a straight line in the probability, and the best option is the upper envelope of those
    lines: the one that is best at p stays best on an interval around it, whose nearer end inside (0, 1) it is.
    """
    now = int(np.argmax(p * when_true + (1 - p) * when_false))
    ahead_true, ahead_false = when_true[now] - when_true, when_false[now] - when_false
    slope = ahead_true - ahead_false
    low, high = -math.inf, math.inf
    for base, tilt in zip(ahead_false, slope):
        if tilt == 0:
            continue
        crossing = -base / tilt
        if tilt < 0:
            high = min(high, crossing)
        else:
            low = max(low, crossing)
    ends = [float(x) for x in (low, high) if 0.0 < x < 1.0]
    return min(ends, key=lambda x: abs(x - p)) if ends else None
