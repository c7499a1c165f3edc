"""Matched sets made by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from qorgau.analysis.records import Effective, WaveResult
from qorgau.analysis.waves.stored import save_matched
from qorgau.ensemble.designs import Draws, Uncertain, draw_from

NAN, INF = float("nan"), float("inf")
WAVES = (
    WaveResult(0, "prior", INF, 1.0, 1.0, 0.0, 100, 40, 0, NAN, NAN, 0.4),
    WaveResult(1, "single", 0.2, 0.25, 0.25, 0.04, 400, 0, 4, 0.3, 0.5, 0.15),
    WaveResult(2, "rest", 0.2, 1.0, 0.25, 0.04, 400, 30, 4, 0.3, 0.5, 0.15),
)


def save(
    folder: Path, uncertain: Uncertain, draws: Draws, holds: np.ndarray, prior_holds: np.ndarray, names: list[str],
    effective: float = 80.0, **about: Any,
) -> Path:
    """Write a set with these verdicts; distances are 1 where a pattern fails."""

    def distance(verdicts: np.ndarray) -> np.ndarray:
        return np.where(verdicts < 0, NAN, np.where(verdicts == 1, 0.0, 1.0))

    return save_matched(
        folder, draws=draws, families=np.arange(len(draws)) // 2, score=np.linspace(0, 0.2, len(draws)),
        distance=distance(holds), holds=holds, prior_distance=distance(prior_holds), prior_holds=prior_holds,
        patterns=names,
        about={
            "case": {"name": "toy", "hash": "abc"}, "model": "m1", "patterns_hash": "p", "seed": 5,
            "prior_runs": len(prior_holds), "prior_all": len(prior_holds), "threshold": 0.2, "waves": WAVES,
            "stopped": ("single: the target 0.2 is reached",), "effective": Effective(effective, 100, 90.0, effective),
            "left_out": {}, **about,
        },
    )


def matched_draws(uncertain: Uncertain, runs: int = 60) -> Draws:
    """Return draws with streams of their own."""
    made = draw_from(uncertain, runs, 9)
    return Draws(made.numbers, made.names, made.values, made.claims, made.truth, made.mechanisms, made.on, made.design,
                 np.arange(runs) * 1000 + 7)
