"""Match a case: score its draws by its patterns, re-sample them in waves, keep the set."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable, Mapping
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from qorgau.analysis.matching import ScoreRule, score_rule
from qorgau.analysis.patterns import Pattern
from qorgau.analysis.runs import Floats
from qorgau.analysis.waves.emulate import terms_of
from qorgau.analysis.waves.evaluate import Bench, bench_of, narrowed, verdicts_of
from qorgau.analysis.waves.scores import Scorer, Scores, Stage
from qorgau.analysis.waves.screening import Screen, screen
from qorgau.analysis.waves.shown import Sought, shown_too, sought, spread
from qorgau.analysis.waves.sift import Sieve, Sifted, sift
from qorgau.analysis.waves.stored import MatchedSet, patterns_hash, patterns_of, read_matched, save_matched
from qorgau.analysis.waves.subset import Found, Settings, Status, search
from qorgau.case.case import Case
from qorgau.ensemble.designs import Draws, Uncertain, draws_at, sobol
from qorgau.ensemble.files import folder_lock
from qorgau.ensemble.workers import available_cores
from qorgau.errors import InputError

__all__ = ["LEAST_RUNS", "drawn_at", "left_out_counts", "match_case", "ready", "scorer_of", "screen_case", "sift_case"]

LEAST_RUNS = 20
_WORK = "work"
_REST = "work-shown"
_PRIOR_KEPT = 1000
_TESTED_FOR_EACH = 2.2
_LIBRARIES = ("numpy", "scipy", "numba", "pyarrow")


def drawn_at(uncertain: Uncertain, points: Floats, streams: np.ndarray) -> Draws:
    """Return the draws at points, parameters to the seven digits of single precision, so that a set stays small."""
    draws = draws_at(uncertain, points, streams, {"method": "points"})
    values = np.where(
        [parameter.is_fixed for parameter in uncertain.parameters], draws.values,
        draws.values.astype(np.float32).astype(np.float64),
    )
    return replace(draws, values=values)


def scorer_of(bench: Bench, rule: ScoreRule, seed: int, workers: int) -> Scorer:
    """Return the scorer of a case; `seed` is that of the random streams."""

    def score(points: Floats, streams: np.ndarray, bound: float, stage: Stage) -> Scores:
        draws = drawn_at(bench.inputs.uncertain, points, streams)
        found = verdicts_of(
            bench, draws, seed, paired=stage == "all", score=rule.partial, bound=bound, workers=workers
        )
        if stage == "single":
            total = rule.partial(found.distance)
        else:
            total = np.where(found.complete, rule.total(found.distance), np.inf)
        return Scores(total, found.distance, found.holds, found.gaps)

    return score


def left_out_counts(
    rule: ScoreRule, patterns: tuple[Pattern, ...], threshold: float, distance: Floats, holds: np.ndarray
) -> dict[str, tuple[int, int, int]]:
    """Return verdicts on each pattern over draws within the threshold of the *other* patterns.

    Parameters
    ----------
    rule : ScoreRule
    patterns : tuple of Pattern
    threshold : float
    distance, holds : ndarray, shape (draws, patterns)
        Of all draws scored to the end in the last sweeps, and of the set.

    Returns
    -------
    dict of str to (passed, tested, not testable)
        For patterns that match.

    Notes
    -----
    The draws are steps from matched draws, not a sample of all that the other patterns leave: draws far from the set
    are too few among them, so the rate lies between the matched rate and what matching anew without the pattern would
    find. It still flatters the model, though much less than the matched rate does.
    """
    within = rule.without(distance) <= threshold
    found = {}
    for i, pattern in enumerate(patterns):
        if rule.weights[i] > 0:
            seen = holds[within[:, i], i]
            found[pattern.id] = (int((seen == 1).sum()), int((seen >= 0).sum()), int((seen < 0).sum()))
    return found


def match_case(
    case: Case, out: str | Path, *, runs: int = 400, seed: int = 1, budget: float | None = None,
    prior_all: int | None = None, workers: int | None = None, progress: Callable[[Status], None] | None = None,
    command: str = "",
) -> MatchedSet:
    """Match a case in waves and keep the set in a folder.

    Parameters
    ----------
    case : Case
    out : path
        Folder of the set; an interrupted match in it goes on where it stopped.
    runs : int
        Draws of the set, 20 or more.
    seed : int
        Seed of prior draws, moves and random streams.
    budget : float, optional
        Evaluations in all, in draws tested on one run (see `Settings`); by default 300 for each draw of the set.
    prior_all : int, optional
        Prior draws tested on all patterns; by default 200, or all where there are fewer.
    workers : int, optional
        Threads; all cores by default. The set does not depend on it.
    progress : callable, optional
        See `qorgau.analysis.waves.subset.Status`.
    command : str
        For the record.

    Returns
    -------
    MatchedSet

    Raises
    ------
    InputError
        If an argument or the folder cannot be used, or the case has no patterns to match.
    """
    if runs < LEAST_RUNS:
        raise InputError("qorgau match", "--runs", f"{runs} runs", f"ask for {LEAST_RUNS} or more")
    bench, rule, identity = ready(case)
    waves = bench.view.thresholds.matching.waves
    settings = Settings(
        particles=runs, dimensions=bench.inputs.uncertain.dimensions, seed=seed,
        budget=float(budget if budget is not None else 300 * runs), rule=waves, paired=rule.paired,
        targets={"single": waves.single_target * rule.single_share, "all": waves.target},
        prior_all=min(runs, 200 if prior_all is None else prior_all), slack=float(rule.weights.max()),
    )
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    part, cores = sought(bench, rule), workers or available_cores()
    with folder_lock(folder):
        found = search(
            scorer_of(part.bench, part.rule, seed, cores), settings, folder=folder / _WORK, identity=identity,
            progress=progress,
        )
        _keep(found, bench, part, settings, identity, folder, command, cores, progress)
    return read_matched(folder, bench.inputs.uncertain)


def ready(case: Case) -> tuple[Bench, ScoreRule, dict[str, Any]]:
    """Return what matching needs of a case: its bench, its score, and what a set of it is known by."""
    bench = bench_of(case)
    patterns, table = bench.plan.patterns, bench.view.thresholds.matching
    rule = score_rule(patterns, table)
    if not rule.weights.any():
        raise InputError(bench.view.patterns_file, "", "holds no pattern to match",
                         "write patterns with use: matching, or run without matching")
    return bench, rule, {
        "case": {"name": case.id, "hash": case.hash}, "model": bench.inputs.model,
        "patterns_hash": patterns_hash(patterns, table), "tests": patterns_of(patterns),
    }


def sift_case(
    case: Case, out: str | Path, *, draws: int, runs: int = 220, seed: int = 1, prior_all: int | None = None,
    workers: int | None = None, progress: Callable[[Status], None] | None = None, command: str = "",
) -> MatchedSet:
    """Match a case by sifting independent draws, and keep the set in a folder; see `qorgau.analysis.waves.sift`.

    Parameters
    ----------
    case : Case
    out : path
        Folder of the set; an interrupted match in it goes on where it stopped.
    draws : int
        Prior draws tested on patterns of one run; the best 2.2 for each run of the set are tested on all.
    runs : int
        Draws of the set, 20 or more.
    seed, prior_all, workers, progress, command
        As for `match_case`.

    Returns
    -------
    MatchedSet

    Raises
    ------
    InputError
        If an argument or the folder cannot be used, or the case has no patterns to match.
    """
    bench, rule, identity = ready(case)
    tested = min(draws, math.ceil(_TESTED_FOR_EACH * runs)) if rule.paired else runs
    sieve = Sieve(draws, tested, runs, min(draws, 200 if prior_all is None else prior_all),
                  bench.inputs.uncertain.dimensions, seed)
    before, part = sieve.prior_all if rule.paired else draws, sought(bench, rule)

    def find(scorer: Scorer, work: Path) -> Sifted:
        return sift(scorer, sieve, part.rule, folder=work, identity=identity, progress=progress)

    return _found_independent(
        bench, part, identity, out, find, seed, sieve.identity(), before, workers, command, progress)


def screen_case(
    case: Case, out: str | Path, *, candidates: int, runs: int = 220, seed: int = 1, first: int | None = None,
    prior_all: int | None = None, waves: int = 1, rounds: int = 2, learned: int | None = None,
    promising: int | None = None, tested: int | None = None, levels: int = 0, workers: int | None = None,
    progress: Callable[[Status], None] | None = None, command: str = "",
) -> MatchedSet:
    """Match a case in waves with an emulator, and keep the set in a folder; see `qorgau.analysis.waves.screening`.

    Parameters
    ----------
    case : Case
    out : path
        Folder of the set; an interrupted match in it goes on where it stopped.
    candidates : int
        Draws of the prior that each wave screens by the emulator.
    runs : int
        Draws of the set, 20 or more.
    seed : int
    first, prior_all : int, optional
        Draws of the prior that the first emulator learns from: tested on patterns of one run (15 for each run of the
        set by default), and on all (1.4 for each).
    waves : int
        Waves that learn before the rounds.
    rounds : int
        Rounds of screening, testing on one run and testing on all; the last gives the set.
    learned : int, optional
        Draws tested on all patterns in each of them (1.8 for each run of the set by default).
    promising, tested : int, optional
        Draws tested in a round on one run (10 for each run of the set by default) and on all (3 for each).
    levels : int
        Nested sets, each the best tenth of the one before, that the promising of the first round are walked into by
        the emulator; each later round goes so many further.
    workers, progress, command
        As for `match_case`.

    Returns
    -------
    MatchedSet

    Raises
    ------
    InputError
        If an argument or the folder cannot be used, or the case has no patterns to match.
    """
    bench, rule, identity = ready(case)
    cores = workers or available_cores()
    many = first or 15 * runs
    settings = Screen(
        first=many, first_all=min(many, prior_all or round(1.4 * runs)), waves=waves, rounds=rounds,
        candidates=candidates, learned=learned or round(1.8 * runs), promising=promising or 10 * runs,
        tested=tested or 3 * runs, kept=runs, dimensions=bench.inputs.uncertain.dimensions, seed=seed, levels=levels,
    )
    before, part = settings.first_all if rule.paired else many, sought(bench, rule)
    terms = terms_of(bench.inputs.uncertain)

    def find(scorer: Scorer, work: Path) -> Sifted:
        return screen(scorer, terms, part.bench.plan.clauses, settings, part.rule,
                      paired_cost=bench.view.thresholds.matching.waves.paired_cost, workers=cores, folder=work,
                      identity=identity, progress=progress)

    return _found_independent(
        bench, part, identity, out, find, seed, settings.identity(), before, workers, command, progress)


def _found_independent(
    bench: Bench, part: Sought, identity: Mapping[str, Any], out: str | Path,
    find: Callable[[Scorer, Path], Sifted], seed: int, settings: Mapping[str, Any], prior_all: int,
    workers: int | None, command: str, progress: Callable[[Status], None] | None,
) -> MatchedSet:
    """Search for a set of independent draws and keep it."""
    folder, patterns = Path(out), bench.plan.patterns
    folder.mkdir(parents=True, exist_ok=True)
    with folder_lock(folder):
        cores = workers or available_cores()
        found = find(scorer_of(part.bench, part.rule, seed, cores), folder / _WORK)
        order = np.random.default_rng([seed, 0]).permutation(len(found.points))
        shown = min(len(found.prior.holds), _PRIOR_KEPT)
        (distance, holds), before = _all_verdicts(
            bench, part, (found.distance, found.holds, found.points, found.numbers),
            (found.prior.distance[:shown], found.prior.holds[:shown], min(shown, prior_all)), seed, cores,
            folder / _REST, {**identity, "settings": settings}, progress,
        )
        save_matched(
            folder, draws=drawn_at(bench.inputs.uncertain, found.points[order], found.numbers[order]),
            families=np.arange(len(order)) if found.families is None else found.families[order],
            score=found.score[order], distance=distance[order], holds=holds[order], prior_distance=before[0],
            prior_holds=before[1],
            patterns=[pattern.id for pattern in patterns],
            about={
                **identity, "seed": seed, "runs": len(order), "prior_runs": shown,
                "prior_all": min(shown, prior_all), "threshold": found.threshold,
                "settings": settings, "waves": found.waves, "stopped": found.reasons,
                "effective": found.effective,
                "left_out": left_out_counts(part.rule, part.bench.plan.patterns, found.threshold,
                                            found.tested.distance, found.tested.holds),
                "versions": _versions(), "command": command,
            },
        )
    return read_matched(folder, bench.inputs.uncertain)


def _all_verdicts(
    bench: Bench, part: Sought, kept: tuple[Floats, np.ndarray, Floats, np.ndarray],
    prior: tuple[Floats, np.ndarray, int], seed: int, workers: int, folder: Path, identity: Mapping[str, Any],
    progress: Callable[[Status], None] | None,
) -> tuple[tuple[Floats, np.ndarray], tuple[Floats, np.ndarray]]:
    """Return distances and verdicts on all patterns, of the draws kept and of prior draws; see `shown_too`.

    ``kept`` are distances, verdicts, points and streams; ``prior`` distances, verdicts and how many are tested on all.
    """
    total = len(bench.plan.patterns)
    mine = spread(part.columns, total, *kept[:2])
    before = spread(part.columns, total, *prior[:2])
    if not len(part.others):
        return mine, before
    rest = narrowed(bench, part.others)
    scorer = scorer_of(rest, score_rule(rest.plan.patterns, bench.view.thresholds.matching), seed, workers)
    design, n = bench.inputs.uncertain.dimensions, prior[2]
    common: dict[str, Any] = {"folder": folder, "identity": identity, "progress": progress}
    mine = shown_too(scorer, part.others, mine, kept[2], kept[3], name="kept", **common)
    before = shown_too(
        scorer, part.others, before, sobol(n, design, seed), np.arange(n, dtype=np.int64), name="before", **common)
    return mine, before


def _keep(
    found: Found, bench: Bench, part: Sought, settings: Settings, identity: Mapping[str, Any], folder: Path,
    command: str, workers: int, progress: Callable[[Status], None] | None,
) -> None:
    patterns, now, rule = bench.plan.patterns, found.population, part.rule
    # In an order that means nothing, so that the first draws of the set are as good as any.
    order = np.random.default_rng([settings.seed, 0]).permutation(len(now.points))
    draws = drawn_at(bench.inputs.uncertain, now.points[order], now.streams[order])
    tried = np.concatenate([now.distance, found.tried.distance]), np.concatenate([now.holds, found.tried.holds])
    tested = rule if settings.paired and now.stage == "all" else None
    before_all = settings.prior_all if settings.paired else settings.particles
    (distance, holds), before = _all_verdicts(
        bench, part, (now.distance, now.holds, now.points, now.streams),
        (found.prior.distance, found.prior.holds, before_all), settings.seed, workers, folder / _REST,
        {**identity, "settings": settings.identity()}, progress,
    )
    save_matched(
        folder, draws=draws, families=found.families[order], score=now.values[order], distance=distance[order],
        holds=holds[order], prior_distance=before[0], prior_holds=before[1],
        patterns=[pattern.id for pattern in patterns],
        about={
            **identity, "seed": settings.seed, "runs": len(draws), "prior_runs": settings.particles,
            "prior_all": before_all,
            "threshold": now.bound, "settings": settings.identity(), "waves": found.waves, "stopped": found.reasons,
            "effective": found.effective,
            "left_out": left_out_counts(rule, part.bench.plan.patterns, now.bound, *tried)
            if tested is not None or not rule.paired else {},
            "versions": _versions(), "command": command,
        },
    )


def _versions() -> dict[str, str]:
    from qorgau import __version__

    return {"qorgau": __version__, "python": platform.python_version(),
            **{name: metadata.version(name) for name in _LIBRARIES}}
