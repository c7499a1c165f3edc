"""Pattern by mechanism: which statement no longer comes out of the model without which mechanism.

Matched runs are run again with one mechanism off. Patterns on one run are tested first. Where none breaks, those on
paired runs follow: first the ones whose change switches the mechanism off or that rest on a claim it rests on, and all
of them where these do not break either. A mechanism is compared on draws in which it is on. Where too few of a set
have it, since its claims are hardly believed, it is switched on in others first, so that what it would do is asked all
the same. A mechanism breaks a pattern when, over the same draws with the mechanism on, the pass rate falls from one
half or more to under one half, or by a quarter or more, and the fall is beyond chance (exact McNemar test on the pairs
of verdicts, one-sided, 1 percent).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from scipy.stats import binomtest

from qorgau.analysis.needs_records import Break
from qorgau.analysis.waves.evaluate import Bench, Verdicts, narrowed, verdicts_of
from qorgau.ensemble.designs import Draws

__all__ = ["LEAST_FALL", "LEVEL", "breaks_of", "compare_verdicts"]

LEAST_FALL = 0.25
"""Fall of the pass rate that counts as broken when it stays on its side of one half."""

LEVEL = 0.01
"""Level of the test of each fall."""


def compare_verdicts(mechanism: str, pattern: str, with_it: np.ndarray, without: np.ndarray) -> Break:
    """Compare verdicts (1, 0, -1) on the same draws with and without a mechanism, each (runs,)."""
    tested = with_it >= 0
    n = int(tested.sum())
    if n == 0:
        return Break(mechanism, pattern, 0, float("nan"), float("nan"), float("nan"), "not tested")
    was, now = with_it[tested] == 1, without[tested] == 1
    before, after = float(was.mean()), float(now.mean())
    lost, gained = int((was & ~now).sum()), int((~was & now).sum())
    changed = lost + gained
    p = float(binomtest(lost, changed, 0.5, alternative="greater").pvalue) if changed else 1.0
    word = "no effect"
    if p < LEVEL:
        word = "breaks" if (before >= 0.5 > after) or before - after >= LEAST_FALL else "weakens"
    elif changed and float(binomtest(gained, changed, 0.5, alternative="greater").pvalue) < LEVEL:
        word = "helps"
    return Break(mechanism, pattern, n, before, after, p, word)


def _broken(found: Sequence[Break]) -> bool:
    return any(item.word == "breaks" for item in found)


def _asks_of(bench: Bench, pattern: int, mechanism: str) -> bool:
    """Whether a pattern's own change switches a mechanism off."""
    return any(mechanism in change.without for change in bench.plan.patterns[pattern].change.values())


def _related(bench: Bench, mechanism: str) -> np.ndarray:
    """Patterns on paired runs whose change switches the mechanism off, or that share a claim with it."""
    claims = set(bench.inputs.uncertain.mechanism_claims.get(mechanism, ()))
    return np.array([
        i for i, pattern in enumerate(bench.plan.patterns) if not pattern.single and (
            claims & set(pattern.claims) or _asks_of(bench, i, mechanism)
        )
    ], dtype=np.int64)


def _rows(has_it: np.ndarray, runs: int | None) -> tuple[np.ndarray, int]:
    """Return the draws to compare on, those that have the mechanism first, and how many of them do not have it."""
    rows, others = np.flatnonzero(has_it), np.flatnonzero(~has_it)
    if runs is None:
        return rows, 0
    rows = rows[:runs]
    forced = min(runs - len(rows), len(others))
    return np.concatenate([rows, others[:forced]]), forced


def breaks_of(
    bench: Bench, draws: Draws, seed: int, known: Verdicts, mechanisms: Sequence[str], *, workers: int = 1,
    streams: np.ndarray | None = None, progress: Callable[[str], None] | None = None, runs: int | None = None,
) -> list[Break]:
    """Switch mechanisms off one by one and compare the verdicts on every pattern.

    Parameters
    ----------
    bench : Bench
    draws : Draws
        Runs not ruled out.
    seed : int
    known : Verdicts
        Verdicts on these draws with nothing switched off, paired runs included.
    mechanisms : sequence of str
    workers : int
    streams : ndarray of int, shape (runs,), optional
    progress : callable, optional
        Told each mechanism as it begins.
    runs : int, optional
        Draws that each mechanism is compared on, the first that have it; all that have it by default. Where fewer have
        it, it is switched on in the first of the others.

    Returns
    -------
    list of Break
        By mechanism, then by pattern; patterns that were not needed to find a break are left out.

    Raises
    ------
    ValueError
        If a mechanism is unknown.
    """
    single = bench.plan.single
    found: list[Break] = []
    for mechanism in mechanisms:
        if mechanism not in draws.mechanisms:
            raise ValueError(f"no mechanism {mechanism!r}")
        if progress is not None:
            progress(mechanism)
        column = draws.mechanisms.index(mechanism)
        rows, forced = _rows(draws.on[:, column] > 0, runs)
        if len(rows) == 0:
            found += [Break(mechanism, p.id, 0, float("nan"), float("nan"), float("nan"), "not tested")
                      for p in bench.plan.patterns]
            continue
        part = draws.take(rows)
        chance = draws.numbers[rows] if streams is None else streams[rows]
        off, with_it = np.array(part.on), np.array(part.on)
        off[:, column], with_it[:, column] = 0.0, 1.0
        put_on = slice(len(rows) - forced, None)

        def test(part_bench: Bench, paired: bool, which: np.ndarray, part: Draws = part, off: np.ndarray = off,
                 with_it: np.ndarray = with_it, chance: np.ndarray = chance, rows: np.ndarray = rows,
                 mechanism: str = mechanism, put_on: slice = put_on, forced: int = forced) -> list[Break]:
            own = {pattern.id: k for k, pattern in enumerate(part_bench.plan.patterns)}
            columns = [own[bench.plan.patterns[i].id] for i in which]
            without = verdicts_of(part_bench, part, seed, paired=paired, on=off, workers=workers, streams=chance)
            before = known.holds[np.ix_(rows, which)].copy()
            if forced:
                again = verdicts_of(part_bench, part.take(np.arange(len(rows))[put_on]), seed, paired=paired,
                                    on=with_it[put_on], workers=workers, streams=chance[put_on])
                before[put_on] = again.holds[:, columns]
            return [replace(compare_verdicts(mechanism, bench.plan.patterns[i].id, before[:, k],
                                             without.holds[:, column]),
                            forced=forced, own=_asks_of(bench, i, mechanism))
                    for k, (i, column) in enumerate(zip(which, columns))]

        own = test(bench, False, np.flatnonzero(single))
        near = _related(bench, mechanism)
        if not _broken(own) and len(near):
            own += test(narrowed(bench, near), True, near)
        far = np.setdiff1d(np.flatnonzero(~single), near)
        if not _broken(own) and len(far):
            own += test(narrowed(bench, far), True, far)
        order = {p.id: i for i, p in enumerate(bench.plan.patterns)}
        found += sorted(own, key=lambda item: order[item.pattern])
    return found
