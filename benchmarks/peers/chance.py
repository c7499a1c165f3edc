"""The model's random numbers in plain Python and in NumPy: the same value for a key and a counter as compiled code."""

from __future__ import annotations

import math

import numpy as np

_ALL = 0xFFFFFFFFFFFFFFFF
_STEP, _FIRST, _SECOND = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_TO_UNIT = 1.0 / 9007199254740992.0

_A = (-3.969683028665376e01, 2.209460984245205e02, -2.759285104469687e02, 1.383577518672690e02,
      -3.066479806614716e01, 2.506628277459239e00)
_B = (-5.447609879822406e01, 1.615858368580409e02, -1.556989798598866e02, 6.680131188771972e01,
      -1.328068155288572e01)
_C = (-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e00, -2.549732539343734e00,
      4.374664141464968e00, 2.938163982698783e00)
_D = (7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e00, 3.754408661907416e00)


def _mix(z: int) -> int:
    z = ((z ^ (z >> 30)) * _FIRST) & _ALL
    z = ((z ^ (z >> 27)) * _SECOND) & _ALL
    return z ^ (z >> 31)


def uniform(key: int, stream: int, month: int, entity: int, item: int) -> float:
    """Uniform number in (0, 1)."""
    counter = (stream << 56) ^ (month << 44) ^ (entity << 20) ^ item
    z = _mix((key + _mix((counter + _STEP) & _ALL)) & _ALL)
    return (float(z >> 11) + 0.5) * _TO_UNIT


def quantile(u: float) -> float:
    """Standard normal quantile."""
    if u < 0.02425:
        q = math.sqrt(-2.0 * math.log(u))
        top = ((((_C[0] * q + _C[1]) * q + _C[2]) * q + _C[3]) * q + _C[4]) * q + _C[5]
        return top / ((((_D[0] * q + _D[1]) * q + _D[2]) * q + _D[3]) * q + 1.0)
    if u > 1.0 - 0.02425:
        return -quantile(1.0 - u)
    q = u - 0.5
    r = q * q
    top = (((((_A[0] * r + _A[1]) * r + _A[2]) * r + _A[3]) * r + _A[4]) * r + _A[5]) * q
    return top / (((((_B[0] * r + _B[1]) * r + _B[2]) * r + _B[3]) * r + _B[4]) * r + 1.0)


def poisson(u: float, mean: float) -> int:
    """Poisson quantile."""
    if mean <= 0.0:
        return 0
    if mean < 40.0:
        p = total = math.exp(-mean)
        k = 0
        while u > total and k < 400:
            k += 1
            p *= mean / k
            total += p
        return k
    z = quantile(u)
    return max(0, math.floor(mean + math.sqrt(mean) * z + (z * z - 1.0) / 6.0 + 0.5))


def binomial(u: float, n: int, p: float) -> int:
    """Binomial quantile."""
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    if p > 0.5:
        return n - binomial(1.0 - u, n, 1.0 - p)
    mean = n * p
    q = 1.0 - p
    if mean < 40.0:
        term = total = math.exp(n * math.log(q))
        k = 0
        while u > total and k < n and k < 400:
            term *= (n - k) / (k + 1.0) * p / q
            total += term
            k += 1
        return k
    z = quantile(u)
    x = mean + math.sqrt(mean * q) * z + (1.0 - 2.0 * p) * (z * z - 1.0) / 6.0
    return min(n, max(0, math.floor(x + 0.5)))


def _mixes(z: np.ndarray) -> np.ndarray:
    z = (z ^ (z >> np.uint64(30))) * np.uint64(_FIRST)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(_SECOND)
    return z ^ (z >> np.uint64(31))


def uniforms(keys: np.ndarray, stream: int, month: int, entity: np.ndarray, item: np.ndarray | int) -> np.ndarray:
    """Uniform numbers for arrays of keys, entities and items that broadcast together."""
    counter = np.uint64((stream << 56) ^ (month << 44)) ^ (np.asarray(entity).astype(np.uint64) << np.uint64(20))
    counter = counter ^ np.asarray(item).astype(np.uint64)
    z = _mixes(keys + _mixes(counter + np.uint64(_STEP)))
    return ((z >> np.uint64(11)).astype(np.float64) + 0.5) * _TO_UNIT


def quantiles(u: np.ndarray) -> np.ndarray:
    """Standard normal quantiles."""
    low = np.minimum(u, 1.0 - u)
    q = np.sqrt(-2.0 * np.log(low))
    tail = np.polyval(_C, q) / np.polyval((*_D, 1.0), q)
    tail = np.where(u > 0.5, -tail, tail)
    q = u - 0.5
    r = q * q
    middle = np.polyval(_A, r) * q / np.polyval((*_B, 1.0), r)
    return np.where(low < 0.02425, tail, middle)


def poissons(u: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Poisson quantiles of arrays of one shape."""
    mean = np.asarray(mean, dtype=np.float64)
    out = np.zeros(mean.shape, dtype=np.int64)
    at = np.flatnonzero((mean.ravel() > 0.0) & (mean.ravel() < 40.0))
    left, below = mean.ravel()[at], u.ravel()[at]
    p = np.exp(-left)
    total, k = p.copy(), 0
    while at.size:
        on = below > total
        at, left, below, p, total = at[on], left[on], below[on], p[on], total[on]
        k += 1
        p = p * (left / k)
        total = total + p
        out.ravel()[at] = k
        if k == 400:
            break
    many = mean >= 40.0
    if many.any():
        z = quantiles(u[many])
        x = mean[many] + np.sqrt(mean[many]) * z + (z * z - 1.0) / 6.0
        out[many] = np.maximum(0, np.floor(x + 0.5)).astype(np.int64)
    return out


def binomials(u: np.ndarray, n: np.ndarray, p: np.ndarray) -> np.ndarray:
    """Binomial quantiles of arrays that broadcast to one shape."""
    u, n, p = (np.array(v) for v in np.broadcast_arrays(u, n, p))
    high = p > 0.5
    u, p = np.where(high, 1.0 - u, u), np.where(high, 1.0 - p, p)
    out = np.zeros(n.shape, dtype=np.int64)
    mean = n * p
    at = np.flatnonzero(((n > 0) & (p > 0.0) & (mean < 40.0)).ravel())
    below, size, chance = u.ravel()[at], n.ravel()[at], p.ravel()[at]
    term = np.exp(size * np.log(1.0 - chance))
    total, k = term.copy(), 0
    while at.size:
        on = (below > total) & (k < size)
        at, below, size, chance, term, total = at[on], below[on], size[on], chance[on], term[on], total[on]
        term = term * ((size - k) / (k + 1.0) * chance / (1.0 - chance))
        total = total + term
        k += 1
        out.ravel()[at] = k
        if k == 400:
            break
    many = (n > 0) & (mean >= 40.0)
    if many.any():
        z = quantiles(u[many])
        x = mean[many] + np.sqrt(mean[many] * (1.0 - p[many])) * z
        x += (1.0 - 2.0 * p[many]) * (z * z - 1.0) / 6.0
        out[many] = np.minimum(n[many], np.maximum(0, np.floor(x + 0.5))).astype(np.int64)
    return np.where(high & (n > 0), n - out, out)
