"""Stateless random numbers: a value depends on its key and counter, never on the order of calls.

Each run has a key made of the seed and the number of its draw, so that every policy of a draw shares it
(common random numbers). A value is then named by stream, month, entity and item. The mixer is SplitMix64's
finaliser (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators", OOPSLA), applied
twice so that neighbouring counters do not correlate.
"""

from __future__ import annotations

import math
from enum import IntEnum

import numpy as np
from numba import njit, uint64

from qorgau.model.compiled import inlined

__all__ = [
    "FOUNDERS", "LARGE", "MOST_MONTHS", "ONE_OVER", "SPLINTERS", "TAIL", "TERMS", "Stream", "binomial",
    "binomial_given", "central_quantile", "large_binomial", "large_poisson", "normal", "normal_quantile",
    "organisation_entity", "pair_entity", "poisson", "poisson_given", "run_keys", "uniform", "way_item",
]

FOUNDERS = 4096
"""Number in its network of the first organisation that is there at the start; later ones have the month of entry."""
MOST_MONTHS = 2048
"""Months that numbers of organisations have room for."""
SPLINTERS = (2048, 6144)
"""What is added to the month for the first and second part that breaks off in a network and month."""


TAIL = 0.02425
"""Chance below or above which the normal quantile takes another form."""
LARGE = 40.0
"""Mean of a count from which it is formed from a normal number."""
TERMS = 400
"""Terms of a distribution that are added up at most."""
ONE_OVER = np.array([0.0, *(1.0 / k for k in range(1, TERMS + 1))])
"""Reciprocals of whole numbers, so that no term waits for a division."""


class Stream(IntEnum):
    """What a random number decides; each decision has a stream of its own."""

    CORRIDOR_NOISE = 1
    ORGANISATION_EXIT = 2
    ORGANISATION_ENTRY = 3
    ORGANISATION_HOME = 4
    ORGANISATION_SPLIT = 5
    RECRUITS = 10
    RECRUITS_CHILDREN = 11
    RECRUITS_ROUTE = 12
    INTERCEPTED = 13
    EXITS = 14
    EXITS_SPLIT = 15
    RETURNED = 16
    CARE = 17
    RETRAFFICKED = 18
    RECOVERED = 19
    COURIERS = 20
    RECRUITS_THERE = 21
    CASES_OPENED = 30
    CASES_TAKEN = 31
    CASES_PROSECUTED = 32
    CASES_CONVICTED = 33
    CASES_LAPSED = 34
    TESTIMONY = 35
    FREED = 36
    ROTATION = 40
    APPOINTMENT = 41
    DISMISSAL = 42
    DELIVERY = 45
    PERCEPTION = 50
    SPARE_1 = 60
    SPARE_2 = 61
    SPARE_3 = 62
    SPARE_4 = 63


@njit(uint64(uint64), nogil=True)
def _mix(z):
    z = (z ^ (z >> uint64(30))) * uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> uint64(27))) * uint64(0x94D049BB133111EB)
    return z ^ (z >> uint64(31))


@inlined
def uniform(key, stream, month, entity, item):
    """Uniform number in (0, 1) for a run key, stream, month, entity and item (all whole numbers)."""
    counter = (
        (uint64(stream) << uint64(56))
        ^ (uint64(month) << uint64(44))
        ^ (uint64(entity) << uint64(20))
        ^ uint64(item)
    )
    z = _mix(uint64(key) + _mix(counter + uint64(0x9E3779B97F4A7C15)))
    return (float(z >> uint64(11)) + 0.5) * (1.0 / 9007199254740992.0)


def run_keys(seed: int, draws: np.ndarray) -> np.ndarray:
    """Key of each run, from the seed and the number of its draw.

    Parameters
    ----------
    seed : int
        Seed of the ensemble, 0 or more.
    draws : ndarray of int, shape (runs,)
        Number of the draw that each run belongs to.

    Returns
    -------
    ndarray of uint64, shape (runs,)
    """
    keys = np.empty(len(draws), dtype=np.uint64)
    for i, draw in enumerate(draws):
        inner = _mix(np.uint64((int(seed) * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) & 0xFFFFFFFFFFFFFFFF))
        keys[i] = _mix(np.uint64((int(inner) + int(draw) * 0xD1B54A32D192ED03) & 0xFFFFFFFFFFFFFFFF))
    return keys


@inlined
def pair_entity(place, destination):
    """Entity of a home place and a destination: the same however many of either there are (1,024 destinations)."""
    return place * 1024 + destination


@inlined
def way_item(rank, item):
    """Item of one of the ways of a pair, by its rank among them: no other pair's ways bear on it (16 ways)."""
    return rank * 65536 + item


@inlined
def organisation_entity(network, number):
    """Entity of an organisation by its number in its network: no other network's organisations bear on it."""
    return network * 8192 + number


@inlined
def central_quantile(u):
    """Standard normal quantile of a number from ``TAIL`` to 1 - ``TAIL``."""
    q = u - 0.5
    r = q * q
    return (
        (((((-3.969683028665376e01 * r + 2.209460984245205e02) * r - 2.759285104469687e02) * r
           + 1.383577518672690e02) * r - 3.066479806614716e01) * r + 2.506628277459239e00) * q
    ) / (((((-5.447609879822406e01 * r + 1.615858368580409e02) * r - 1.556989798598866e02) * r
           + 6.680131188771972e01) * r - 1.328068155288572e01) * r + 1.0)


@inlined
def normal_quantile(u):
    """Standard normal quantile, relative error under 1.2e-9 (Acklam 2003, rational approximation)."""
    if u < TAIL:
        q = math.sqrt(-2.0 * math.log(u))
        return (
            ((((-7.784894002430293e-03 * q - 3.223964580411365e-01) * q - 2.400758277161838e00) * q
              - 2.549732539343734e00) * q + 4.374664141464968e00) * q + 2.938163982698783e00
        ) / ((((7.784695709041462e-03 * q + 3.224671290700398e-01) * q + 2.445134137142996e00) * q
              + 3.754408661907416e00) * q + 1.0)
    if u > 1.0 - TAIL:
        return -normal_quantile(1.0 - u)
    return central_quantile(u)


@inlined
def normal(key, stream, month, entity, item):
    """Standard normal number for a key and counter."""
    return normal_quantile(uniform(key, stream, month, entity, item))


@inlined
def _first_poisson(u, mean, nobody):
    """By fours: whether a count is 0, 1, 2 or 3 is then no guess of the processor's."""
    k = 0
    above = 0.0
    while True:
        a = mean * ONE_OVER[k + 1]
        b = a * (mean * ONE_OVER[k + 2])
        c = b * (mean * ONE_OVER[k + 3])
        one = above + nobody
        two = above + (nobody + nobody * a)
        three = two + nobody * b
        above = two + (nobody * b + nobody * c)
        if u <= above or k >= TERMS - 4:
            break
        nobody *= c * (mean * ONE_OVER[k + 4])
        k += 4
    return k + int(u > one) + int(u > two) + int(u > three)


@inlined
def _first_binomial(u, n, odds, nobody):
    k = 0
    above = 0.0
    left = float(n)
    while True:
        a = left * odds * ONE_OVER[k + 1]
        b = a * ((left - 1.0) * odds * ONE_OVER[k + 2])
        c = b * ((left - 2.0) * odds * ONE_OVER[k + 3])
        one = above + nobody
        two = above + (nobody + nobody * a)
        three = two + nobody * b
        above = two + (nobody * b + nobody * c)
        if u <= above or k >= min(n, TERMS - 1) - 3:
            break
        nobody *= c * ((left - 3.0) * odds * ONE_OVER[k + 4])
        left -= 4.0
        k += 4
    return min(n, k + int(u > one) + int(u > two) + int(u > three))


@inlined
def large_poisson(u, mean):
    """Poisson quantile of ``u`` from a normal number, for a mean of ``LARGE`` and above."""
    z = normal_quantile(u)
    return max(0, math.floor(mean + math.sqrt(mean) * z + (z * z - 1.0) / 6.0 + 0.5))


@inlined
def large_binomial(u, n, p):
    """Binomial quantile of ``u`` from a normal number, for n p of ``LARGE`` and above."""
    mean = n * p
    z = normal_quantile(u)
    x = mean + math.sqrt(mean * (1.0 - p)) * z + (1.0 - 2.0 * p) * (z * z - 1.0) / 6.0
    return min(n, max(0, math.floor(x + 0.5)))


@inlined
def poisson(u, mean):
    """Poisson quantile of ``u``: by summing up to mean 40, above by Cornish-Fisher to second order.

    One uniform per count keeps two runs that differ a little coupled (monotone in u and in the mean).
    """
    if mean <= 0.0 or u <= 1.0 - mean:  # exp(-mean) is no less: most counts are settled without it
        return 0
    if mean < LARGE:
        return _first_poisson(u, mean, math.exp(-mean))
    return large_poisson(u, mean)


@inlined
def poisson_given(u, mean, nobody):
    """The same where the chance of 0 is known."""
    if mean < LARGE:
        return _first_poisson(u, mean, nobody)
    return large_poisson(u, mean)


@inlined
def binomial(u, n, p):
    """Binomial quantile of ``u``: by summing while n p < 40, above by Cornish-Fisher to second order."""
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    # the rarer of the two outcomes is counted
    common = p > 0.5
    if common:
        u = 1.0 - u
        p = 1.0 - p
    mean = n * p
    if u <= 1.0 - mean:  # (1 - p)^n is no less (Bernoulli's inequality)
        k = 0
    elif mean < LARGE:
        q = 1.0 - p
        k = _first_binomial(u, n, p / q, math.exp(n * math.log(q)))
    else:
        k = large_binomial(u, n, p)
    return n - k if common else k


@inlined
def binomial_given(u, n, p, nobody):
    """The same where the chance that none is of the rarer outcome is known, max(p, 1 - p)^n."""
    if n <= 0 or p <= 0.0:
        return 0
    if p >= 1.0:
        return n
    common = p > 0.5
    if common:
        u = 1.0 - u
        p = 1.0 - p
    k = _first_binomial(u, n, p / (1.0 - p), nobody) if n * p < LARGE else large_binomial(u, n, p)
    return n - k if common else k
