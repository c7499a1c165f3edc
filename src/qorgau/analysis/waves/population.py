"""The particles of a search between two steps, with all that is needed to go on from there."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from qorgau.analysis.records import WaveResult
from qorgau.analysis.runs import Floats
from qorgau.analysis.thresholds import WaveRule
from qorgau.analysis.waves.moves import Kernel, Step, normal_of
from qorgau.analysis.waves.scores import Scores, Stage

__all__ = ["Population"]

_ARRAYS = ("points", "streams", "single", "total", "distance", "holds", "started")
_NUMBERS = (
    "stage", "wave", "sweep", "moving", "resting", "finished", "ending", "single_bound", "bound", "share",
    "prior_share", "variance", "next_stream", "idle", "steps", "steps_taken", "last_whole",
)


@dataclass
class Population:
    """Particles and bookkeeping; changed in place as the search goes on.

    Attributes
    ----------
    points : ndarray, shape (n, dimensions)
    streams : ndarray of int64, shape (n,)
    single, total : ndarray, shape (n,)
        Score over patterns of one run, and over all (inf while not computed).
    distance, holds : ndarray, shape (n, patterns)
    started : ndarray, shape (n, dimensions)
        Points at the start of the wave.
    single_bound, bound : float
        Last threshold of stage "single", once it is over, and threshold now in force.
    variance : float
        Squared coefficient of variation of `prior_share`.
    """

    points: Floats
    streams: np.ndarray
    single: Floats
    total: Floats
    distance: Floats
    holds: np.ndarray
    started: Floats
    prior: Scores
    stage: Stage = "single"
    wave: int = 0
    sweep: int = 0
    moving: bool = False
    resting: bool = False
    finished: bool = False
    ending: str = ""
    single_bound: float = math.inf
    bound: float = math.inf
    share: float = 1.0
    prior_share: float = 1.0
    variance: float = 0.0
    next_stream: int = 0
    idle: int = 0
    steps: int = 0
    steps_taken: int = 0
    last_whole: int = -1
    kernel: Kernel = field(default_factory=Kernel)
    scored: dict[str, int] = field(default_factory=lambda: {"single": 0, "all": 0})
    parents: list[np.ndarray] = field(default_factory=list)
    waves: list[WaveResult] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    noted: list[Scores] = field(default_factory=list)

    @classmethod
    def begin(cls, points: Floats, streams: np.ndarray, single: Scores) -> Population:
        """Return the prior draws, scored on patterns of one run."""
        score = np.where(np.isnan(single.score), np.inf, single.score)
        return cls(
            points, streams, score, np.full(len(points), np.inf), single.distance.astype(np.float64),
            single.holds.astype(np.int8), points, single, next_stream=len(points),
        )

    @property
    def values(self) -> Floats:
        """Scores of the stage, shape (n,)."""
        return self.single if self.stage == "single" else self.total

    @property
    def acceptance(self) -> float:
        """Share of this wave's steps that were taken."""
        return self.steps_taken / self.steps if self.steps else math.nan

    def spent(self, rule: WaveRule) -> float:
        """Return the evaluations so far, in draws tested on one run."""
        return self.scored["single"] + rule.paired_cost * self.scored["all"]

    def lower(self, threshold: float, share: float, variance: float) -> None:
        """Begin a wave with a lower threshold that this share is within."""
        self.wave += 1
        self.bound, self.share = threshold, share
        self.prior_share *= share
        self.variance += variance
        self.sweep, self.steps, self.steps_taken, self.moving = 0, 0, 0, True

    def resample(self, rows: np.ndarray, rng: np.random.Generator) -> None:
        """Fill up with copies of the draws at `rows`, each as often as any other to within one."""
        n = len(self.points)
        extra = np.sort(rng.permutation(len(rows))[: n % len(rows)])
        parent = np.sort(np.concatenate([np.repeat(rows, n // len(rows)), rows[extra]]))
        for name in ("points", "streams", "single", "total", "distance", "holds"):
            setattr(self, name, getattr(self, name)[parent].copy())
        self.started = self.points
        self.parents.append(parent)

    def turn(self, whole: Scores) -> None:
        """Go over to all patterns, with the scores of the present draws on them."""
        self.stage, self.single_bound, self.bound = "all", self.bound, math.inf
        self.total = np.where(np.isnan(whole.score), np.inf, whole.score)
        self.distance, self.holds = whole.distance.astype(np.float64), whole.holds.astype(np.int8)

    def rest(self) -> None:
        """Begin the last sweeps, under the threshold that stands."""
        self.wave += 1
        self.resting, self.moving, self.started = True, True, self.points
        self.sweep, self.steps, self.steps_taken = 0, 0, 0
        self.noted = []

    def take(
        self, step: Step, taken: np.ndarray, single: Floats, total: Floats, distance: Floats, holds: np.ndarray
    ) -> Floats:
        """Take the steps that are within the threshold; return each draw's mean squared jump, shape (n,)."""
        jumped = np.where(taken, ((normal_of(step.points) - normal_of(self.points)) ** 2).mean(axis=1), 0.0)
        self.points = np.where(taken[:, None], step.points, self.points)
        self.distance = np.where(taken[:, None], distance, self.distance)
        self.holds = np.where(taken[:, None], holds, self.holds).astype(np.int8)
        self.streams = np.where(taken, step.streams, self.streams)
        self.single = np.where(taken, single, self.single)
        self.total = np.where(taken, total, self.total)
        self.next_stream += len(taken)
        self.sweep += 1
        self.steps += len(taken)
        self.steps_taken += int(taken.sum())
        return jumped

    def note_tried(self, scores: Scores, whole: np.ndarray) -> None:
        """Remember draws of the last sweeps that were scored to the end."""
        if self.resting:
            self.noted.append(Scores(scores.score[whole], scores.distance[whole], scores.holds[whole]))

    def tried(self) -> Scores:
        """Return what `note_tried` remembers, as one."""
        columns = self.distance.shape[1]
        parts = self.noted or [Scores(np.empty(0), np.empty((0, columns)), np.empty((0, columns), dtype=np.int8))]
        return Scores(*(np.concatenate([getattr(p, name) for p in parts]) for name in ("score", "distance", "holds")))

    def record(self, wave: WaveResult) -> None:
        """Add what a wave came to, and stand still."""
        self.waves.append(wave)
        self.moving = False

    # ---------------------------------------------------------------------------------------------- storing

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all of it as arrays, for a file without pickled objects."""
        tried, n = self.tried(), len(self.points)
        plain = {
            **{name: getattr(self, name) for name in _NUMBERS}, "kernel": asdict(self.kernel), "scored": self.scored,
            "waves": [asdict(wave) for wave in self.waves], "reasons": self.reasons,
        }
        return {
            **{name: getattr(self, name) for name in _ARRAYS},
            "parents": np.stack(self.parents) if self.parents else np.empty((0, n), dtype=np.int64),
            **{f"prior_{k}": getattr(self.prior, k) for k in ("score", "distance", "holds")},
            **{f"tried_{k}": getattr(tried, k) for k in ("score", "distance", "holds")},
            "plain": np.array(json.dumps(plain)),
        }

    @classmethod
    def of_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Population:
        """Return the population that `arrays` were made of."""
        plain = json.loads(str(arrays["plain"]))
        tried = Scores(arrays["tried_score"], arrays["tried_distance"], arrays["tried_holds"])
        held: dict[str, Any] = {name: arrays[name] for name in _ARRAYS}
        return cls(
            **held,
            prior=Scores(arrays["prior_score"], arrays["prior_distance"], arrays["prior_holds"]),
            **{name: plain[name] for name in _NUMBERS},
            kernel=Kernel(**plain["kernel"]), scored=plain["scored"], parents=list(arrays["parents"]),
            waves=[WaveResult(**wave) for wave in plain["waves"]], reasons=plain["reasons"],
            noted=[tried] if len(tried.score) else [],
        )
