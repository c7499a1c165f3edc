"""Matching by sifting: many independent draws of the prior, tested on one run, then the best of them on paired runs.

Re-sampling (``subset``) reaches further into the prior, but its draws descend from few ancestors. Sifting keeps draws
that are independent of each other, each worth a whole run, at the price of a larger share of the prior: implausibility
in two waves (Vernon, Goldstein and Bower 2010), with the cheap tests first.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qorgau.analysis.matching import ScoreRule
from qorgau.analysis.records import Effective, WaveResult
from qorgau.analysis.runs import Floats
from qorgau.analysis.waves.keeping import Keeper
from qorgau.analysis.waves.scores import Scorer, Scores, Stage
from qorgau.analysis.waves.subset import Status
from qorgau.ensemble.designs import sobol
from qorgau.errors import InputError

__all__ = ["Sieve", "Sifted", "scored", "sift", "wave_of"]

_CHUNK: Mapping[Stage, int] = {"single": 480, "all": 96}


@dataclass(frozen=True)
class Sieve:
    """How fine the sieve is.

    Attributes
    ----------
    draws : int
        Of the prior, a Sobol design, all tested on patterns of one run.
    tested : int
        The best of them, tested on all patterns.
    kept : int
        The best of these, which are the set.
    prior_all : int
        The first so many draws of the design are tested on all patterns as well, for pass rates before matching.
    dimensions, seed : int
    """

    draws: int
    tested: int
    kept: int
    prior_all: int
    dimensions: int
    seed: int

    def identity(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return {"method": "sift", "draws": self.draws, "tested": self.tested, "kept": self.kept,
                "prior_all": self.prior_all, "dimensions": self.dimensions, "seed": self.seed}


@dataclass(frozen=True)
class Sifted:
    """What stays in the sieve.

    Attributes
    ----------
    points : ndarray, shape (kept, dimensions)
    numbers : ndarray of int, shape (kept,)
        Of the draws in the design, which are also the numbers of their random streams.
    score : ndarray, shape (kept,)
    distance, holds : ndarray, shape (kept, patterns)
    prior : Scores
        Of all draws of the design on patterns of one run, and of the first `prior_all` on all.
    tested : Scores
        Of the draws tested on all patterns.
    waves : tuple of WaveResult
    reasons : tuple of str
    effective : Effective
    threshold : float
    families : ndarray of int, shape (kept,), optional
        Draw of the prior that each descends from; not given where every draw is its own.
    """

    points: Floats
    numbers: np.ndarray
    score: Floats
    distance: Floats
    holds: np.ndarray
    prior: Scores
    tested: Scores
    waves: tuple[WaveResult, ...]
    reasons: tuple[str, ...]
    effective: Effective
    threshold: float
    families: np.ndarray | None = None


def scored(
    scorer: Scorer, keeper: Keeper, name: str, points: Floats, streams: np.ndarray, stage: Stage,
    say: Callable[[int], None],
) -> Scores:
    """Score points part by part, and take from the folder what is scored already."""
    made = []
    for start in range(0, len(points), _CHUNK[stage]):
        cut = slice(start, start + _CHUNK[stage])
        part = keeper.part(f"{name}-{start:06d}", points[cut], streams[cut], math.inf, stage)
        scores = part.load()
        if scores is None:
            scores = scorer(points[cut], streams[cut], math.inf, stage)
            part.save(scores)
        made.append(scores)
        say(min(start + _CHUNK[stage], len(points)))
    known = [s.gaps for s in made if s.gaps is not None]
    return Scores(np.concatenate([s.score for s in made]), np.concatenate([s.distance for s in made]),
                  np.concatenate([s.holds for s in made]), np.concatenate(known) if len(known) == len(made) else None)


def wave_of(
    number: int, stage: str, threshold: float, share: float, prior_share: float, n: int, single: int, whole: int,
    median: float,
) -> WaveResult:
    """Return the record of a wave of independent draws, with the binomial standard error of its share of the prior."""
    se = math.sqrt(prior_share * (1.0 - prior_share) / n) if 0.0 < prior_share < 1.0 else 0.0
    return WaveResult(
        number=number, stage=stage, threshold=threshold, share=share, prior_share=prior_share, prior_share_se=se,
        evaluations_single=single, evaluations_all=whole, sweeps=0, acceptance=math.nan, similarity=math.nan,
        median_score=median,
    )


def sift(
    scorer: Scorer, sieve: Sieve, rule: ScoreRule, *, folder: Path | None = None,
    identity: Mapping[str, Any] | None = None, progress: Callable[[Status], None] | None = None,
) -> Sifted:
    """Sift draws of the prior through the patterns, those of one run first.

    Parameters
    ----------
    scorer : Scorer
    sieve : Sieve
    rule : ScoreRule
    folder : Path, optional
        Keeps parts that are scored; a search that was stopped goes on from there and finds the same.
    identity : mapping, optional
        Further things that a search in the same folder must agree in; JSON values.
    progress : callable, optional

    Returns
    -------
    Sifted

    Raises
    ------
    InputError
        If the sizes are out of order, or the folder holds another search.

    Notes
    -----
    The standard error of the prior share is that of a binomial share of independent draws; a Sobol design does a
    little better. Where no pattern needs a paired run, the second wave tests nothing new.
    """
    if not 20 <= sieve.kept <= sieve.tested <= sieve.draws or not 0 <= sieve.prior_all <= sieve.draws:
        raise InputError(
            "qorgau match", "--sift", f"{sieve.draws} draws, {sieve.tested} tested on all and {sieve.kept} kept",
            "keep 20 or more, test at least as many, and draw at least as many again",
        )
    keeper = Keeper(folder, {**sieve.identity(), **(identity or {})})
    points = sobol(sieve.draws, sieve.dimensions, sieve.seed)
    streams = np.arange(sieve.draws, dtype=np.int64)
    total = float(sieve.draws)

    def say(wave: int, stage: str, of: int) -> Callable[[int], None]:
        def tell(done: int) -> None:
            if progress is not None:
                progress(Status(wave, stage, 1, done, of, math.inf, done if wave == 1 else total, total))
        return tell

    single = scored(scorer, keeper, "single", points, streams, "single", say(1, "single", sieve.draws))
    first = single.score
    # NaN or inf would mean a draw that cannot be scored; such draws go last
    order = np.argsort(np.where(np.isfinite(first), first, np.inf), kind="stable")
    chosen = np.sort(order[: sieve.tested])
    bound = float(first[chosen].max())
    distance, holds = single.distance.copy(), single.holds.copy()
    if rule.paired:
        if sieve.prior_all:
            before = np.arange(sieve.prior_all)
            tell = say(2, "all", sieve.prior_all)
            whole = scored(scorer, keeper, "prior", points[before], streams[before], "all", tell)
            distance[before], holds[before] = whole.distance, whole.holds
        tested = scored(scorer, keeper, "best", points[chosen], streams[chosen], "all", say(2, "all", sieve.tested))
    else:
        tested = Scores(first[chosen], single.distance[chosen], single.holds[chosen])
    best = np.sort(np.argsort(tested.score, kind="stable")[: sieve.kept])
    threshold = float(tested.score[best].max())
    n, kept = sieve.draws, len(best)
    waves = (
        wave_of(0, "prior", math.inf, 1.0, 1.0, n, 0, sieve.prior_all if rule.paired else 0, float(np.median(first))),
        wave_of(1, "single", bound, len(chosen) / n, len(chosen) / n, n, n, 0, float(np.median(first[chosen]))),
        wave_of(2, "all", threshold, kept / len(chosen), kept / n, n, 0, len(chosen) if rule.paired else 0,
              float(np.median(tested.score[best]))),
    )
    reasons = (
        f"single: the best {len(chosen)} of {n} draws go on",
        f"all: the best {kept} of these are kept",
    )
    return Sifted(
        points[chosen[best]], chosen[best], tested.score[best], tested.distance[best], tested.holds[best],
        Scores(first, distance, holds), tested, waves, reasons, Effective(float(kept), kept, float(kept), float(kept)),
        threshold,
    )
