"""Statistical tests of the random numbers as processes use them: neighbouring months, entities, items, streams, runs.

The level is that of the whole file: p-values of one test over several samples are held against ``LEVEL`` over the
number of all tests (Bonferroni), so that a sound generator would fail once in ten thousand choices of the seed. The
seed is fixed, so the outcome is the same every time. `test_weak_mixers_are_found` shows that the tests can fail.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numba import njit
from scipy import stats

from qorgau.model.streams import Stream, organisation_entity, pair_entity, run_keys, uniform, way_item

LEVEL = 1e-4
TESTS = 80
"""No fewer than there are p-values in this file (counted in the last test)."""
SEED = 20_26
USED: list[float] = []


@njit
def _fill(keys, streams, months, entities, items):
    out = np.empty(keys.shape[0])
    for i in range(keys.shape[0]):
        out[i] = uniform(keys[i], streams[i], months[i], entities[i], items[i])
    return out


def draws(keys: np.ndarray, stream: object, month: object, entity: object, item: object) -> np.ndarray:
    """Numbers of all combinations, the last argument running fastest."""
    axes = [np.atleast_1d(np.asarray(a, dtype=np.int64)) for a in (stream, month, entity, item)]
    grid = np.meshgrid(np.arange(len(keys)), *axes, indexing="ij")
    where, *rest = (g.ravel() for g in grid)
    return _fill(keys[where], *rest)


KEYS = run_keys(SEED, np.arange(3000))
SAMPLES: dict[str, Callable[[], np.ndarray]] = {
    "noise of corridors": lambda: draws(KEYS[:2], Stream.CORRIDOR_NOISE, range(240), range(120), 0),
    "corridors of a large world": lambda: draws(KEYS[:1], Stream.CORRIDOR_NOISE, range(2), range(30_000), 0),
    "ends of organisations": lambda: draws(
        KEYS[:4], Stream.ORGANISATION_EXIT, range(120),
        [organisation_entity(n, j) for n in range(5) for j in (3, 4, 4096, 4097)], range(1, 7)),
    "recruits of pairs": lambda: draws(
        KEYS[:20], Stream.RECRUITS, range(60), [pair_entity(p, d) for p in range(12) for d in range(2)], range(2)),
    "ways of pairs": lambda: draws(
        KEYS[:20], Stream.RECRUITS_ROUTE, range(60), [pair_entity(p, d) for p in range(12) for d in range(2)],
        [way_item(rank, f) for rank in range(2) for f in range(2)]),
    "cases of states": lambda: draws(KEYS[:40], Stream.CASES_OPENED, range(432), range(3), 0),
    "one number of many runs": lambda: draws(KEYS, Stream.RECRUITS, range(200, 220), 7, 0),
    "all streams": lambda: draws(KEYS[:100], list(Stream), range(20), 1, range(3)),
    "months alone": lambda: draws(KEYS[:120], Stream.ROTATION, range(432), 0, 0),
}
NEIGHBOURS: dict[str, tuple[dict, dict]] = {
    "next month": ({"month": range(400)}, {"month": range(1, 401)}),
    "next year": ({"month": range(400)}, {"month": range(12, 412)}),
    "next entity": ({"entity": range(400)}, {"entity": range(1, 401)}),
    "next item": ({"item": range(400)}, {"item": range(1, 401)}),
    "next stream": ({"stream": range(1, 60), "month": range(8)}, {"stream": range(2, 61), "month": range(8)}),
    "entity for month": ({"entity": range(1, 400)}, {"month": range(1, 400)}),
    "item for entity": ({"item": range(1, 400)}, {"entity": range(1, 400)}),
    "one bit of the entity": ({"entity": range(400)}, {"entity": range(1 << 19, (1 << 19) + 400)}),
}


def judge(p: float) -> None:
    """Fail where a p-value is too small for the level of the file."""
    USED.append(p)
    assert p > LEVEL / TESTS


def test_numbers_are_strictly_inside_and_few_repeat() -> None:
    for make in SAMPLES.values():
        u = make()
        assert u.min() > 0.0 and u.max() < 1.0
        assert len(u) - len(np.unique(u)) <= 1  # 53 bits: a repeat among 60,000 has a chance of 2e-7


@pytest.mark.parametrize("name", SAMPLES)
def test_uniform_by_chi_square_and_by_kolmogorov_and_smirnov(name: str) -> None:
    u = SAMPLES[name]()
    judge(stats.chisquare(np.bincount((u * 256).astype(int), minlength=256)).pvalue)
    judge(stats.kstest(u, "uniform").pvalue)


@pytest.mark.parametrize("name", SAMPLES)
def test_neighbours_in_a_table_fill_the_square_evenly(name: str) -> None:
    """Serial test (Knuth, The Art of Computer Programming 2, 3.3.2): pairs that follow each other, apart."""
    u = (SAMPLES[name]() * 16).astype(int)
    pairs = 16 * u[0::2][: len(u) // 2] + u[1::2][: len(u) // 2]
    judge(stats.chisquare(np.bincount(pairs, minlength=256)).pvalue)


@pytest.mark.parametrize("name", NEIGHBOURS)
def test_neighbouring_counters_do_not_correlate(name: str) -> None:
    """Rank correlation, and correlation of distances from the middle, which sees what is tied at both ends."""
    usual = {"stream": Stream.RECRUITS, "month": 60, "entity": 5, "item": 1}
    a, b = (draws(KEYS[:100], *{**usual, **part}.values()) for part in NEIGHBOURS[name])
    assert len(a) == len(b) > 30_000
    for x, y in ((a, b), (abs(a - 0.5), abs(b - 0.5))):
        judge(2.0 * stats.norm.sf(abs(np.corrcoef(stats.rankdata(x), stats.rankdata(y))[0, 1]) * np.sqrt(len(x))))


def test_neighbouring_draws_and_seeds_do_not_correlate() -> None:
    for other in (run_keys(SEED, np.arange(1, 3001)), run_keys(SEED + 1, np.arange(3000))):
        a, b = (draws(k, Stream.RECRUITS, range(12), 3, 0) for k in (KEYS, other))
        if other[0] == KEYS[1]:  # the same runs one further on: pair each with its neighbour
            a, b = a[:-12], b[:-12]
        judge(2.0 * stats.norm.sf(abs(np.corrcoef(a, b)[0, 1]) * np.sqrt(len(a))))


def test_bits_are_balanced() -> None:
    """Each of the first 32 bits is one in half of all numbers; one test of all by Fisher's sum would need
    independence across bits, so the largest deviation is held against the bound for 32."""
    u = SAMPLES["ends of organisations"]()
    bits = (u[:, None] * 2.0 ** np.arange(1, 33)).astype(np.int64) & 1
    z = np.abs(bits.mean(axis=0) - 0.5) * 2.0 * np.sqrt(len(u))
    judge(min(1.0, 32 * 2.0 * stats.norm.sf(z.max())))


def test_one_bit_of_a_counter_changes_half_of_the_result() -> None:
    """Avalanche: flipping any low bit of month, entity or item flips each of 32 bits in half of all cases."""
    keys = KEYS[:400]
    usual = {"stream": int(Stream.RECRUITS), "month": 77, "entity": 1234, "item": 5}
    before = (draws(keys, *usual.values()) * 2.0**32).astype(np.int64)
    for part, bits in (("month", 10), ("entity", 24), ("item", 20)):
        flipped = []
        for bit in range(bits):
            after = (draws(keys, *{**usual, part: usual[part] ^ (1 << bit)}.values()) * 2.0**32).astype(np.int64)
            flipped.append(((before ^ after)[:, None] >> np.arange(32)) & 1)
        rate = np.mean(flipped, axis=1)  # by bit of the counter and of the result, over runs
        z = np.abs(rate - 0.5).max() * 2.0 * np.sqrt(len(keys))
        judge(min(1.0, rate.size * 2.0 * stats.norm.sf(z)))


@pytest.mark.parametrize("name", ["noise of corridors", "one number of many runs", "months alone"])
def test_spacings_of_birthdays_repeat_as_often_as_by_chance(name: str) -> None:
    """Birthday spacings (Marsaglia 1985): 256 birthdays in 2^22 days, repeats of spacings Poisson of mean 1 each."""
    u = SAMPLES[name]()
    days = np.sort((u[: len(u) // 256 * 256] * 2**22).astype(np.int64).reshape(-1, 256), axis=1)
    spacings = np.sort(np.diff(days, axis=1), axis=1)
    repeats = int((np.diff(spacings, axis=1) == 0).sum())
    mean = 256**3 / (4 * 2**22) * len(days)
    low, high = stats.poisson.cdf(repeats, mean), stats.poisson.sf(repeats - 1, mean)
    judge(min(1.0, 2.0 * min(low, high)))


def test_runs_of_a_table_are_as_long_as_by_chance() -> None:
    """Runs above and below the middle (Wald and Wolfowitz 1940)."""
    for name in ("months alone", "ends of organisations", "all streams"):
        above = SAMPLES[name]() > 0.5
        n, m = int(above.sum()), int((~above).sum())
        runs = 1 + int((above[1:] != above[:-1]).sum())
        mean = 2.0 * n * m / (n + m) + 1.0
        sd = np.sqrt((mean - 1.0) * (mean - 2.0) / (n + m - 1.0))
        judge(2.0 * stats.norm.sf(abs(runs - mean) / sd))


def test_weak_mixers_are_found() -> None:
    """What the tests are for: a counter mixed once by a multiplication alone passes as uniform, not as independent."""
    month, entity = (g.ravel() for g in np.meshgrid(np.arange(200), np.arange(200), indexing="ij"))
    weak = ((month * 4096 + entity).astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) >> np.uint64(11)) / 2.0**53
    assert stats.kstest(weak, "uniform").pvalue > LEVEL / TESTS
    pairs = 16 * (weak[0::2] * 16).astype(int) + (weak[1::2] * 16).astype(int)
    assert stats.chisquare(np.bincount(pairs, minlength=256)).pvalue < LEVEL / TESTS


def test_no_more_tests_than_the_level_allows_for() -> None:
    assert len(USED) <= TESTS
