"""Scorers whose sets have known shares of the unit cube."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtri

from qorgau.analysis.thresholds import WaveRule
from qorgau.analysis.waves.scores import Scores
from qorgau.analysis.waves.subset import Settings


@dataclass
class Corner:
    """Score: the largest of the first `axes` coordinates, so that the share within b is b ** axes."""

    axes: int = 4
    calls: int = 0

    def __call__(self, points, streams, bound, stage):
        self.calls += len(points)
        first = points[:, : self.axes]
        distance = np.maximum(0.0, first - 0.1) * 10
        return Scores(first.max(axis=1), distance, (distance == 0).astype(np.int8))


class Plane:
    """Score that falls along the diagonal of normal space: within 0.1 is what lies beyond 4 deviations."""

    def __call__(self, points, streams, bound, stage):
        z = ndtri(np.clip(points, 1e-12, 1 - 1e-12)).sum(axis=1) / math.sqrt(points.shape[1])
        score = np.maximum(0.0, 5.0 - z) / 10.0
        return Scores(score, score[:, None], (score[:, None] <= 0.1).astype(np.int8))


@dataclass
class Staged:
    """Two patterns: one cheap (first coordinate), one on paired runs (second); rejects early as it may.

    The share within b is the area x / 2 + y / 2 <= b with x / 2 <= the last threshold of the cheap stage.
    """

    asked: list[tuple[str, int, float]] = field(default_factory=list)
    whole: int = 0
    stop_after: int = -1

    def __call__(self, points, streams, bound, stage):
        if len(self.asked) == self.stop_after:
            raise KeyboardInterrupt
        self.asked.append((stage, len(points), bound))
        x, y = points[:, 0], points[:, 1]
        distance = np.full((len(points), 2), np.nan)
        distance[:, 0] = 3 * x
        score = x / 2
        if stage == "all":
            go = score <= bound
            self.whole += int(go.sum())
            distance[go, 1] = 3 * y[go]
            score = np.where(go, score + y / 2, np.inf)
        holds = np.where(np.isnan(distance), -1, distance < 0.5).astype(np.int8)
        return Scores(score, distance, holds)


def settings(particles: int = 400, dimensions: int = 30, seed: int = 1, **changes) -> Settings:
    rule = changes.pop("rule", {})
    fields = {"budget": 1e9, "rule": WaveRule(**rule), "targets": {"single": 0.15, "all": 0.15}, "paired": False}
    return Settings(particles, dimensions, seed, **{**fields, **changes})
