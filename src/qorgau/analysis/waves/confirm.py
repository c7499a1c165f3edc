"""Confirm that a matched set is still what it was, under changed code, texts or patterns that are only shown.

Two kinds of change leave a set what it is. One means to change nothing in a run: a module parted in two, a faster
kernel, a text of the case. The other adds, changes or drops a pattern that no draw was set aside by. Either is
confirmed by running the draws again: whatever was tested before must come out the same. Patterns that are new or have
another test are then tested on the draws of the set and on the prior draws that pass rates before matching come from.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from qorgau.analysis.matching import ScoreRule
from qorgau.analysis.waves.evaluate import Bench, narrowed, verdicts_of
from qorgau.analysis.waves.match import drawn_at, ready
from qorgau.analysis.waves.stored import MatchedSet, patterns_of, read_matched, restamp, save_matched
from qorgau.case.case import Case
from qorgau.ensemble.designs import Draws, sobol
from qorgau.ensemble.workers import available_cores
from qorgau.errors import InputError

__all__ = ["confirm_set"]

_SHOWN = 48
"""Draws of the set on which patterns only shown, with paired runs, are run again when case or patterns changed."""

_AGAIN = "match again with qorgau match"


@dataclass(frozen=True)
class _Columns:
    """Places of patterns: ``now`` among those of the case, ``then`` among those of the set, ``fresh`` to be tested."""

    now: np.ndarray
    then: np.ndarray
    fresh: np.ndarray


def confirm_set(
    case: Case, folder: str | Path, *, workers: int | None = None, progress: Callable[[int, int], None] | None = None
) -> MatchedSet:
    """Run a set again and write that it belongs to the case and the model at hand, if it does.

    Parameters
    ----------
    case : Case
    folder : path
        Of the set. Patterns that match must be those that it was matched on; others may have changed.
    workers : int, optional
    progress : callable, optional
        Told draws done and draws in all.

    Returns
    -------
    MatchedSet

    Raises
    ------
    InputError
        If the set was matched on other patterns, or any draw comes out otherwise. The set stays as it was.
    """
    folder = Path(folder)
    bench, rule, identity = ready(case)
    stored = read_matched(folder, bench.inputs.uncertain)
    same = stored.about["case"]["hash"] == case.hash and stored.about["patterns_hash"] == identity["patterns_hash"]
    columns = _columns(folder, bench, rule, stored, same)
    cores, seed = workers or available_cores(), int(stored.about["seed"])
    before = 0 if same else stored.prior_all
    work = len(stored) + before + (len(stored) + stored.prior_all if len(columns.fresh) else 0)
    done = 0

    def tell(more: int) -> None:
        nonlocal done
        done += more
        if progress is not None:
            progress(done, work)

    cheap = (rule.weights > 0) | bench.plan.single
    whole = np.ones(len(columns.now), dtype=bool) if same else cheap[columns.now]
    for start in range(0, len(stored), 96):
        cut = slice(start, min(len(stored), start + 96))
        _compare(folder, bench, stored, columns, whole, stored.draws, cut, cores, seed)
        tell(cut.stop - cut.start)
    if not same:
        _compare(folder, bench, stored, columns, ~whole, stored.draws, slice(0, min(_SHOWN, len(stored))), cores, seed)
        prior = _prior(bench, before, seed)
        _compare(folder, bench, stored, columns, bench.plan.single[columns.now], prior, slice(0, before), cores, seed)
        tell(before)
        if not np.allclose(rule.total(_spread(stored.distance, columns, len(rule.weights))), stored.score, atol=1e-6):
            raise InputError(folder, "", "was matched with other strengths or weights of patterns", _AGAIN)
    if same:
        restamp(folder, bench.inputs.model)
        return read_matched(folder, bench.inputs.uncertain)
    distance, holds, far, verdicts = (
        _spread(stored.distance, columns, len(rule.weights)), _spread(stored.holds, columns, len(rule.weights), -1),
        _spread(stored.prior_distance, columns, len(rule.weights)),
        _spread(stored.prior_holds, columns, len(rule.weights), -1),
    )
    if len(columns.fresh):
        rest = narrowed(bench, columns.fresh)
        found = verdicts_of(rest, stored.draws, seed, workers=cores, streams=stored.draws.streams)
        tell(len(stored))
        distance[:, columns.fresh], holds[:, columns.fresh] = found.distance, found.holds
        n = stored.prior_all
        found = verdicts_of(rest, _prior(bench, n, seed), seed, workers=cores)
        tell(n)
        far[:n, columns.fresh], verdicts[:n, columns.fresh] = found.distance, found.holds
    save_matched(
        folder, draws=stored.draws, families=stored.families, score=stored.score, distance=distance, holds=holds,
        prior_distance=far, prior_holds=verdicts, patterns=[pattern.id for pattern in bench.plan.patterns],
        about={**stored.about, **identity, "confirmed": [*stored.about.get("confirmed", []), stored.about["model"]]},
    )
    return read_matched(folder, bench.inputs.uncertain)


def _prior(bench: Bench, runs: int, seed: int) -> Draws:
    """Return the first draws of the prior that a search began with."""
    uncertain = bench.inputs.uncertain
    return drawn_at(uncertain, sobol(runs, uncertain.dimensions, seed), np.arange(runs, dtype=np.int64))


def _columns(folder: Path, bench: Bench, rule: ScoreRule, stored: MatchedSet, same: bool) -> _Columns:
    """Return which patterns are as they were, and which are to be tested."""
    ids = [pattern.id for pattern in bench.plan.patterns]
    if same:
        everyone = np.arange(len(ids))
        return _Columns(everyone, np.array([stored.patterns.index(name) for name in ids]), everyone[:0])
    then, now = stored.about.get("tests"), patterns_of(bench.plan.patterns)
    if then is None:
        raise InputError(folder, "", "is of another case or other patterns, and does not say which", _AGAIN)
    match = {name for name, weight in zip(ids, rule.weights) if weight > 0}
    other = sorted({*(match ^ set(stored.left_out)), *(name for name in match if then.get(name) != now[name])})
    if other:
        raise InputError(folder, "", f"was matched on other patterns ({', '.join(other[:5])})", _AGAIN)
    kept = [i for i, name in enumerate(ids) if then.get(name) == now[name]]
    return _Columns(
        np.array(kept, dtype=np.int64), np.array([stored.patterns.index(ids[i]) for i in kept], dtype=np.int64),
        np.array([i for i in range(len(ids)) if i not in set(kept)], dtype=np.int64),
    )


def _compare(
    folder: Path, bench: Bench, stored: MatchedSet, columns: _Columns, which: np.ndarray, draws: Draws, cut: slice,
    workers: int, seed: int,
) -> None:
    """Raise if any of some draws comes out otherwise on any of some patterns; draws of the set or of the prior."""
    now, then = columns.now[which], columns.then[which]
    if not len(now) or cut.stop <= cut.start:
        return
    ours = draws is stored.draws
    part = draws.part(cut.start, cut.stop)
    found = verdicts_of(narrowed(bench, now), part, seed, workers=workers,
                        streams=draws.streams[cut] if ours else None)
    holds = (stored.holds if ours else stored.prior_holds)[cut][:, then]
    distance = (stored.distance if ours else stored.prior_distance)[cut][:, then]
    differs = ~np.isclose(found.distance, distance, rtol=1e-5, atol=1e-6, equal_nan=True) | (found.holds != holds)
    if differs.any():
        run, pattern = np.argwhere(differs)[0]
        raise InputError(
            folder, "",
            f"{'draw' if ours else 'prior draw'} {cut.start + run} comes out otherwise under this model, first on "
            f"{bench.plan.patterns[now[pattern]].id}",
            _AGAIN,
        )


def _spread(values: np.ndarray, columns: _Columns, patterns: int, missing: float = math.nan) -> np.ndarray:
    """Return verdicts or distances of the set in the order of the case's patterns; ``missing`` for what is fresh."""
    out = np.full((len(values), patterns), missing, dtype=values.dtype)
    out[:, columns.now] = values[:, columns.then]
    return out
