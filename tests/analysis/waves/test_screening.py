"""Screening by an emulator, with scorers of known shape: what stays, what is said of it, going on after a stop."""

from __future__ import annotations

import numpy as np
import pytest

from qorgau.analysis.matching import ScoreRule
from qorgau.analysis.waves.scores import Scores, Stage
from qorgau.analysis.waves.screening import Screen, screen
from qorgau.analysis.waves.sift import Sieve, sift
from qorgau.errors import InputError

OWNER = np.array([0, 1])
RULE = ScoreRule(np.array([0.5, 0.5]), np.array([True, False]), 3.0)
SMALL = Screen(first=600, first_all=200, waves=1, rounds=1, candidates=20_000, learned=100, promising=400,
               tested=120, kept=40, dimensions=6, seed=7)


class Positions:
    def __call__(self, points: np.ndarray) -> np.ndarray:
        return 2.0 * points - 1.0

    def of_parameters(self, points: np.ndarray) -> np.ndarray:
        return 2.0 * points[:, :4] - 1.0


class Two:
    """Pattern one misses by the first coordinate, pattern two, on paired runs, by the second; both with some chance."""

    def __init__(self, noise: float = 0.3) -> None:
        self.noise, self.asked, self.seen = noise, [], []

    def __call__(self, points: np.ndarray, streams: np.ndarray, bound: float, stage: Stage) -> Scores:
        self.asked.append((stage, len(points)))
        self.seen.append(streams)
        chance = np.array([np.random.default_rng(int(s)).uniform(size=2) for s in streams])
        distance = 3.0 * ((1 - self.noise) * points[:, :2] + self.noise * chance)
        if stage == "single":
            distance[:, 1] = np.nan
        score = distance[:, 0] / 6 + (distance[:, 1] / 6 if stage == "all" else 0.0)
        return Scores(score, distance, np.where(np.isnan(distance), -1, distance <= 0.3).astype(np.int8), distance)


def test_it_reaches_further_than_sifting_with_the_same_number_of_runs() -> None:
    found = screen(Two(), Positions(), OWNER, SMALL, RULE)
    sifted = sift(Two(), Sieve(1000, 420, 40, 0, 6, 7), RULE)
    assert len(found.points) == 40 and found.threshold == found.score.max()
    assert found.threshold < 0.6 * sifted.threshold
    assert (found.points[:, :2].mean(axis=0) < 0.15).all()


def test_what_does_not_matter_is_left_as_the_prior_has_it() -> None:
    settings = Screen(600, 200, 1, 1, 40_000, 100, 900, 600, 400, 6, 11)
    found = screen(Two(), Positions(), OWNER, settings, RULE)
    # Means of 400 independent uniforms: standard error .0144; four coordinates, so four of them.
    assert np.abs(found.points[:, 2:].mean(axis=0) - 0.5).max() < 0.058
    assert np.abs(found.points[:, 2:].std(axis=0) - 12**-0.5).max() < 0.03


def test_no_two_draws_share_a_stream_or_a_point() -> None:
    scorer = Two()
    found = screen(scorer, Positions(), OWNER, SMALL, RULE)
    assert len(np.unique(found.numbers)) == 40 and len(np.unique(found.points[:, 5])) == 40
    later = np.concatenate([seen for (stage, _), seen in zip(scorer.asked, scorer.seen, strict=True)
                            if seen.min() >= SMALL.first])
    # 100 that taught, 400 promising, and 120 of these once more on all patterns
    assert len(later) == 620 and len(np.unique(later)) == 500


def test_shares_and_what_the_emulator_was_worth_are_told() -> None:
    found = screen(Two(), Positions(), OWNER, SMALL, RULE)
    assert [w.stage for w in found.waves] == ["prior", "screen", "screen", "single", "all"]
    assert [w.prior_share for w in found.waves] == pytest.approx([1, 100 / 20_000, 400 / 20_000, 120 / 20_000,
                                                                  40 / 20_000])
    assert found.effective.runs == 40
    assert "the emulator expected a score of" in found.reasons[0]


def test_a_second_round_learns_from_the_first_and_reaches_further() -> None:
    # Pattern two is seen on paired runs alone, so what the first round tests on all patterns is most of what is known.
    few = {**SMALL.__dict__, "first_all": 40, "waves": 0}
    one, two = (screen(Two(), Positions(), OWNER, Screen(**{**few, "rounds": n}), RULE) for n in (1, 2))
    assert two.score.mean() < one.score.mean()
    assert [w.stage for w in two.waves] == ["prior", *["screen", "single", "all"] * 2]
    assert not set(one.numbers.tolist()) & set(two.numbers.tolist()), "the set is of the last round alone"


DEEP = Screen(**{**SMALL.__dict__, "rounds": 2, "levels": 1})


def test_walking_deeper_goes_beyond_what_drawing_reaches_and_says_what_the_draws_are_worth() -> None:
    flat = screen(Two(), Positions(), OWNER, Screen(**{**DEEP.__dict__, "levels": 0}), RULE)
    deep = screen(Two(), Positions(), OWNER, DEEP, RULE)
    assert deep.points[:, :2].mean() < 0.5 * flat.points[:, :2].mean()
    assert [w.stage for w in deep.waves] == ["prior", "screen", "screen", "deeper", "single", "all", "screen",
                                             *["deeper"] * 2, "single", "all"]
    shares = [w.prior_share for w in deep.waves[-5:]]
    assert shares == pytest.approx([400 / 20_000 * x for x in (1, 0.1, 0.01, 0.003, 0.001)])
    assert all(w.prior_share_se > 0 for w in deep.waves[-4:])
    assert 1 < deep.effective.runs == min(deep.effective.families, deep.effective.ancestry, 40.0) <= 40
    assert deep.families is not None and len(deep.families) == 40
    assert len(np.unique(deep.numbers)) == 40 and not set(deep.numbers.tolist()) & set(flat.numbers.tolist())
    assert np.abs(deep.points[:, 2:].mean(axis=0) - 0.5).max() < 0.2, "what does not matter is left as it was"


@pytest.mark.parametrize("settings", [SMALL, DEEP])
def test_threads_do_not_change_the_set(settings) -> None:
    one, three = (screen(Two(), Positions(), OWNER, settings, RULE, workers=n) for n in (1, 3))
    assert np.array_equal(one.points, three.points) and np.array_equal(one.score, three.score)


def test_a_search_that_was_stopped_goes_on_and_finds_the_same(tmp_path) -> None:
    class Stops(Two):
        def __call__(self, points, streams, bound, stage):
            if len(self.asked) == 4:
                raise KeyboardInterrupt
            return super().__call__(points, streams, bound, stage)

    with pytest.raises(KeyboardInterrupt):
        screen(Stops(), Positions(), OWNER, SMALL, RULE, folder=tmp_path)
    scorer = Two()
    again = screen(scorer, Positions(), OWNER, SMALL, RULE, folder=tmp_path)
    complete = Two()
    whole = screen(complete, Positions(), OWNER, SMALL, RULE)
    assert len(scorer.asked) == len(complete.asked) - 4, "what was scored is not scored again"
    assert np.array_equal(again.numbers, whole.numbers) and np.array_equal(again.score, whole.score)


def test_without_paired_patterns_one_run_decides() -> None:
    alone = ScoreRule(np.array([1.0, 0.0]), np.array([True, False]), 3.0)
    scorer = Two()
    found = screen(scorer, Positions(), OWNER, SMALL, alone)
    assert {stage for stage, _ in scorer.asked[:1]} == {"single"} and len(found.points) == 40


@pytest.mark.parametrize("change", [{"kept": 10}, {"kept": 200}, {"promising": 100}, {"candidates": 300},
                                    {"first_all": 10}, {"waves": -1}, {"rounds": 0}, {"levels": -1}])
def test_sizes_out_of_order_are_refused(change) -> None:
    with pytest.raises(InputError, match="keep 20 or more"):
        screen(Two(), Positions(), OWNER, Screen(**{**SMALL.__dict__, **change}), RULE)
