"""What a search leaves out, and its verdicts once it has ended."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from qorgau.analysis.waves.scores import Scores
from qorgau.analysis.waves.shown import shown_too, sought, spread


@pytest.fixture(scope="module")
def parts():
    from qorgau.analysis.matching import score_rule
    from qorgau.analysis.waves.evaluate import bench_of
    from qorgau.case import load_case

    bench = bench_of(load_case("kazakhstan"))
    return bench, sought(bench, score_rule(bench.plan.patterns, bench.view.thresholds.matching))


def test_a_search_makes_no_paired_run_for_what_sets_nothing_aside(parts) -> None:
    bench, part = parts
    patterns = bench.plan.patterns
    left = {patterns[i].id for i in part.others}
    assert left == {p.id for p in patterns if not p.single and p.use == "reported"} and "P55" in left
    assert [p.id for p in part.bench.plan.patterns] == [patterns[i].id for i in part.columns]
    assert len(part.bench.plan.makers) < len(bench.plan.makers)
    assert part.rule.weights.sum() == pytest.approx(1.0) and len(part.rule.weights) == len(part.columns)


def test_patterns_that_were_not_tested_have_no_verdict() -> None:
    distance, holds = spread(np.array([0, 2]), 3, np.array([[1.0, 0.0]]), np.array([[0, 1]], dtype=np.int8))
    assert holds.tolist() == [[0, -1, 1]] and holds.dtype == np.int8
    assert np.array_equal(distance, [[1.0, math.nan, 0.0]], equal_nan=True)


def test_verdicts_are_filled_in_for_the_first_draws_and_kept(tmp_path: Path) -> None:
    asked: list[int] = []

    def scorer(points, streams, _bound, stage):
        assert stage == "all"
        asked.extend(streams.tolist())
        return Scores(np.zeros(len(points)), points[:, :1].copy(), (points[:, :1] > 0.5).astype(np.int8))

    points, streams = np.array([[0.2], [0.8]]), np.array([7, 9])
    arrays = spread(np.array([0]), 2, np.zeros((3, 1)), np.ones((3, 1), dtype=np.int8))
    for _ in range(2):  # the second time from the folder
        distance, holds = shown_too(scorer, np.array([1]), arrays, points, streams, name="kept", folder=tmp_path,
                                    identity={"seed": 1})
        assert holds.tolist() == [[1, 0], [1, 1], [1, -1]]
        assert distance[:2, 1].tolist() == [0.2, 0.8] and math.isnan(distance[2, 1])
    assert asked == [7, 9] and (arrays[1][:, 1] == -1).all(), "what is given stays as it was"
