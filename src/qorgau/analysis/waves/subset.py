r"""Re-sampling in waves: subset simulation of the draws that the sources do not rule out.

Few draws of the prior agree with many patterns at once. So they are approached through nested sets
:math:`F_1 \supset F_2 \supset \dots`, each the draws whose score is within a threshold that the best share p0 of the
set before attains: those are re-sampled and moved by steps that leave the prior, cut off at the threshold, unchanged
(Au and Beck 2001, Probabilistic Engineering Mechanics 16: 263-277; for history matching Gong, DiazDelaO, Hristov and
Beer 2021, International Journal for Uncertainty Quantification 11; as adaptive sequential Monte Carlo with a distance
Del Moral, Doucet and Jasra 2012, Statistics and Computing 22: 1009-1020). A particle is a point of the unit cube and
the number of a random stream, since the run's own chance is part of what is matched.

The share of the prior that is left is the product of the conditional shares. Its coefficient of variation is that of
Au and Beck, :math:`\delta^2 = \sum_l \frac{1 - P_l}{P_l N} (1 + \gamma_l)`, where :math:`1 + \gamma_l` is the design
effect of the indicator over families, the largest over generations.

The cheap patterns (stage "single") are gone through first. Their last threshold stays in force while the score over all
patterns is lowered, so that the sets stay nested.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from qorgau.analysis.records import Effective, WaveResult
from qorgau.analysis.runs import Floats
from qorgau.analysis.thresholds import WaveRule
from qorgau.analysis.waves.ancestry import ancestors, effective_by_ancestry, largest_effect
from qorgau.analysis.waves.keeping import Keeper
from qorgau.analysis.waves.moves import propose, similarity, tuned
from qorgau.analysis.waves.population import Population
from qorgau.analysis.waves.scores import Scorer, Scores, Stage
from qorgau.ensemble.designs import sobol

__all__ = ["Found", "Settings", "Status", "search"]

_CHUNK: Mapping[str, int] = {"single": 480, "all": 96}
_SPREAD = 0.1


@dataclass(frozen=True)
class Settings:
    """What makes a search what it is.

    Attributes
    ----------
    particles : int
        Size of the set, 20 or more.
    dimensions : int
    seed : int
    budget : float
        Evaluations in all, in draws tested on one run; a draw tested on all patterns costs `rule.paired_cost` of them.
    rule : WaveRule
    targets : mapping of stage to float
        Scores at which a stage ends.
    paired : bool
        Whether there are patterns on paired runs, hence a stage "all".
    prior_all : int
        The first so many prior draws are scored on all patterns, for the pass rates before matching.
    slack : float
        In the last sweeps, draws whose score is above the threshold by at most this are scored whole all the same: they
        are what a pattern is judged by that is left out of the score.
    """

    particles: int
    dimensions: int
    seed: int
    budget: float
    rule: WaveRule
    targets: Mapping[Stage, float]
    paired: bool = True
    prior_all: int = 0
    slack: float = 0.0

    def identity(self) -> dict[str, Any]:
        """Return the settings as plain data."""
        return {
            "particles": self.particles, "dimensions": self.dimensions, "seed": self.seed, "budget": self.budget,
            "rule": self.rule.model_dump(mode="json", exclude={"assumption"}), "targets": dict(self.targets),
            "paired": self.paired, "prior_all": self.prior_all, "slack": self.slack,
        }


@dataclass(frozen=True)
class Status:
    """How far a search is."""

    wave: int
    stage: str
    sweep: int
    done: int
    total: int
    threshold: float
    spent: float
    budget: float


@dataclass(frozen=True)
class Found:
    """The draws that are left, and how they were come by.

    Attributes
    ----------
    population : Population
        The particles.
    families : ndarray of int, shape (particles,)
        Prior draw that each descends from.
    waves : tuple of WaveResult
    reasons : tuple of str
        Why each stage ended.
    effective : Effective
    prior : Scores
        Of the prior draws, in the order of the design; on patterns of one run, and of the first `prior_all` on all.
    tried : Scores
        Of draws scored in the last sweeps, taken or not.
    """

    population: Population
    families: np.ndarray
    waves: tuple[WaveResult, ...]
    reasons: tuple[str, ...]
    effective: Effective
    prior: Scores
    tried: Scores


def search(
    scorer: Scorer, settings: Settings, *, folder: Path | None = None, identity: Mapping[str, Any] | None = None,
    progress: Callable[[Status], None] | None = None,
) -> Found:
    """Re-sample draws in waves until the target, a standstill or the end of the budget.

    Parameters
    ----------
    scorer : Scorer
    settings : Settings
    folder : Path, optional
        Keeps the state; a search that was stopped goes on from there and finds the same.
    identity : mapping, optional
        Further things that a search in the same folder must agree in; JSON values.
    progress : callable, optional
        Called as parts are scored; what it raises ends the search.

    Returns
    -------
    Found

    Raises
    ------
    InputError
        If the folder holds another search.
    ValueError
        If there are fewer than 20 particles or no dimension.
    """
    if settings.particles < 20 or settings.dimensions < 1:
        raise ValueError(f"{settings.particles} particles of {settings.dimensions} dimensions; 20 of 1 are the least")
    keeper = Keeper(folder, {**settings.identity(), **(identity or {})})
    return _Search(scorer, settings, keeper, progress).run()


class _Search:
    def __init__(
        self, scorer: Scorer, settings: Settings, keeper: Keeper, progress: Callable[[Status], None] | None
    ) -> None:
        self.scorer, self.set, self.rule, self.keeper = scorer, settings, settings.rule, keeper
        self.progress = progress
        stored = keeper.load()
        self.now = Population.of_arrays(stored) if stored is not None else None

    def run(self) -> Found:
        now = self.now = self.now if self.now is not None else self._prior()
        self.keeper.save(now.arrays())
        while not now.finished:
            if not now.moving:
                self._begin(now)
            if now.moving:
                self._sweep(now)
                self._perhaps_end(now)
            self.keeper.save(now.arrays())
        return self._found(now)

    # ------------------------------------------------------------------------------------------- scoring

    def _score(self, name: str, points: Floats, streams: np.ndarray, bound: float, stage: Stage) -> Scores:
        """Score in parts, each kept as soon as it is there."""
        n, size, made = len(points), _CHUNK[stage], []
        for start in range(0, n, size):
            cut = slice(start, start + size)
            part = self.keeper.part(f"{name}-{stage}-{start:06d}", points[cut], streams[cut], bound, stage)
            scores = part.load()
            if scores is None:
                scores = self.scorer(points[cut], streams[cut], bound, stage)
                part.save(scores)
            made.append(scores)
            if self.progress is not None:
                now = self.now
                self.progress(Status(
                    now.wave if now else 0, "rest" if now and now.resting else stage, now.sweep + 1 if now else 0,
                    min(start + size, n), n, now.bound if now else math.inf, now.spent(self.rule) if now else 0.0,
                    self.set.budget,
                ))
        return Scores(
            np.concatenate([s.score for s in made]), np.concatenate([s.distance for s in made]),
            np.concatenate([s.holds for s in made]),
        )

    def _prior(self) -> Population:
        n, many = self.set.particles, min(self.set.prior_all, self.set.particles) if self.set.paired else 0
        points, streams = sobol(n, self.set.dimensions, self.set.seed), np.arange(n, dtype=np.int64)
        single = self._score("prior", points, streams, math.inf, "single")
        now = Population.begin(points, streams, single)
        now.scored["single"] += n
        if many:
            whole = self._score("prior", points[:many], streams[:many], math.inf, "all")
            now.scored["all"] += many
            now.distance[:many], now.holds[:many], now.total[:many] = whole.distance, whole.holds, whole.score
        now.prior = Scores(now.single.copy(), now.distance.copy(), now.holds.copy())
        now.record(WaveResult(
            number=0, stage="prior", threshold=math.inf, share=1.0, prior_share=1.0, prior_share_se=0.0,
            evaluations_single=n, evaluations_all=many, sweeps=0, acceptance=math.nan, similarity=math.nan,
            median_score=float(np.median(single.score)),
        ))
        return now

    # -------------------------------------------------------------------------------------------- waves

    def _sweep_cost(self, now: Population) -> float:
        """Return what a sweep costs at most, to the extent that the last one tells."""
        n = self.set.particles
        if now.stage == "single":
            return float(n)
        whole = now.last_whole if now.last_whole >= 0 else n / 2
        return n + self.rule.paired_cost * min(n, 1.25 * whole)

    def _affords(self, now: Population, sweeps: float) -> bool:
        cheap = now.stage == "single" and self.set.paired and not now.resting
        limit = self.set.budget * (self.rule.single_share if cheap else 1.0)
        return now.spent(self.rule) + sweeps * self._sweep_cost(now) <= limit

    def _begin(self, now: Population) -> None:
        """Lower the threshold and re-sample, or end the stage."""
        stage = now.stage
        if now.ending:
            self._end_stage(now)
            return
        # The last sweeps are spared for, but not before a stage has lowered the score at all.
        if not self._affords(now, 1 + (self.rule.rest_moves if math.isfinite(now.bound) else 0)):
            now.ending = "the budget is used up, or this stage's share of it"
            self._end_stage(now)
            return
        values, before = now.values, now.bound
        place = math.ceil(self.rule.keep_share * len(values)) - 1
        threshold = max(float(np.sort(values)[place]), self.set.targets[stage])
        threshold = min(threshold, before)
        inside = values <= threshold
        share = float(inside.mean())
        if not inside.any() or not math.isfinite(threshold):
            now.ending = "no draw can be scored"
            self._end_stage(now)
            return
        gain = (before - threshold) / before if math.isfinite(before) and before > 0 else math.inf
        now.idle = now.idle + 1 if gain < self.rule.least_gain else 0
        families = ancestors(now.parents, len(values))
        effect = largest_effect(inside[:, None].astype(np.float64), families)
        now.lower(threshold, share, (1.0 - share) / (share * len(values)) * effect)
        self.keeper.keep_points(len(now.parents), now.points)
        now.resample(np.flatnonzero(inside), np.random.default_rng([self.set.seed, now.wave, 0]))

    def _end_stage(self, now: Population) -> None:
        """Go over to all patterns, to the last sweeps, or end."""
        now.reasons.append(f"{now.stage}: {now.ending}")
        now.ending, now.idle = "", 0
        if now.stage == "single" and self.set.paired:
            if now.spent(self.rule) + self.rule.paired_cost * self.set.particles <= self.set.budget:
                self._turn(now)
                return
            now.reasons.append("all: not begun, since the budget does not allow it")
        if self.rule.rest_moves and math.isfinite(now.bound) and self._affords(now, 1):
            now.rest()
        else:
            now.finished = True

    def _turn(self, now: Population) -> None:
        whole = self._score(f"turn-{now.wave}", now.points, now.streams, math.inf, "all")
        now.scored["all"] += len(now.points)
        now.turn(whole)

    def _sweep(self, now: Population) -> None:
        rng = np.random.default_rng([self.set.seed, now.wave, now.sweep + 1])
        step = propose(now.points, now.streams, now.kernel, now.next_stream, rng)
        n = len(step.points)
        slack = self.set.slack if now.resting else 0.0
        name = f"{now.wave:03d}-{now.sweep:03d}"
        bounds = {"single": now.bound if now.stage == "single" else min(now.single_bound, now.bound), "all": now.bound}
        first = self._score(name, step.points, step.streams, bounds["single"] + slack, "single")
        now.scored["single"] += n
        single = np.where(np.isnan(first.score), np.inf, first.score)
        total, distance, holds = np.full(n, np.inf), first.distance, first.holds
        if now.stage == "single":
            taken = single <= now.bound
            now.note_tried(first, np.isfinite(single))
        else:
            rows = np.flatnonzero(single <= bounds["single"] + slack)
            now.last_whole = len(rows)
            if len(rows):
                whole = self._score(name, step.points[rows], step.streams[rows], now.bound + slack, "all")
                now.scored["all"] += len(rows)
                total[rows] = np.where(np.isnan(whole.score), np.inf, whole.score)
                distance, holds = distance.copy(), holds.copy()
                distance[rows], holds[rows] = whole.distance, whole.holds
            taken = (total <= now.bound) & (single <= now.single_bound)
            now.note_tried(Scores(total, distance, holds), np.isfinite(total))
        jumped = now.take(step, taken, single, total, distance, holds)
        now.kernel = tuned(now.kernel, step.kernel, taken, jumped, self.rule.acceptance, now.sweep)

    def _perhaps_end(self, now: Population) -> None:
        """End the wave when its draws have moved far enough, or as far as they may."""
        alike = similarity(now.points, now.started)
        most = self.rule.rest_moves if now.resting else self.rule.moves
        far = now.sweep >= 2 and alike <= self.rule.alike and not now.resting
        short = not self._affords(now, 1 + (0 if now.resting else self.rule.rest_moves))
        if not (now.sweep >= most or far or short):
            return
        self._record(now, alike)
        if now.resting:
            now.finished = True
        elif now.bound <= self.set.targets[now.stage]:
            now.ending = f"the target {self.set.targets[now.stage]:g} is reached"
        elif now.idle >= 2:
            now.ending = f"two waves in a row gained less than {100 * self.rule.least_gain:g} %"
        elif now.acceptance < self.rule.least_acceptance:
            now.ending = f"fewer than {100 * self.rule.least_acceptance:g} % of steps are taken"

    def _record(self, now: Population, alike: float) -> None:
        done = {stage: now.scored[stage] - sum(getattr(w, f"evaluations_{stage}") for w in now.waves)
                for stage in ("single", "all")}
        now.record(WaveResult(
            number=now.wave, stage="rest" if now.resting else now.stage, threshold=now.bound,
            share=1.0 if now.resting else now.share, prior_share=now.prior_share,
            prior_share_se=now.prior_share * math.sqrt(now.variance), evaluations_single=done["single"],
            evaluations_all=done["all"], sweeps=now.sweep, acceptance=now.acceptance, similarity=alike,
            median_score=float(np.median(now.values)),
        ))

    def _found(self, now: Population) -> Found:
        n = len(now.points)
        generations = ancestors(now.parents, n)
        alike = []
        for number, rows in enumerate(generations):
            stood = self.keeper.points_of(number)
            alike.append(1.0 if stood is None else similarity(now.points, stood[rows].astype(np.float64)))
        verdicts = np.where(now.holds >= 0, now.holds, np.nan).astype(np.float64)
        distinct = len(np.unique(np.column_stack([now.points, now.streams]), axis=0))
        families = n / largest_effect(verdicts, generations, _SPREAD)
        ancestry = effective_by_ancestry(generations, alike) if generations else float(n)
        return Found(
            now, generations[0] if generations else np.arange(n), tuple(now.waves), tuple(now.reasons),
            Effective(min(float(distinct), families, ancestry), distinct, families, ancestry), now.prior, now.tried(),
        )
