from __future__ import annotations

import numpy as np
import pytest

from qorgau.analysis.thresholds import Thresholds
from qorgau.analysis.waves.judging import excluding_pairs, match_set
from qorgau.analysis.waves.stored import MatchedSet, read_matched
from qorgau.ensemble.designs import Draws, draw_from
from qorgau.errors import InputError
from tests.analysis.synthetic import pattern
from tests.analysis.waves import sets
from tests.ensemble.fakes import uncertain

PATTERNS = (pattern("P1"), pattern("P2"), pattern("P3", use="reported"))
TABLE = Thresholds()


def stored(folder, effective: float = 80.0, bits: np.ndarray | None = None, **about) -> MatchedSet:
    draws = sets.matched_draws(uncertain(), 100)
    if bits is not None:
        truth = draws.truth.copy()
        truth[:, 0] = bits
        values = draws.values.copy()
        values[:, 0] = 1.9
        draws = Draws(draws.numbers, draws.names, values, draws.claims, truth, draws.mechanisms, draws.on, draws.design,
                      draws.streams)
    row = np.arange(100)
    holds = np.stack([row < 90, row >= 80, row % 2 == 0], axis=1).astype(np.int8)
    prior = np.stack([np.arange(200) < 60, np.arange(200) < 20, np.arange(200) < 100], axis=1).astype(np.int8)
    names = [p.id for p in PATTERNS]
    return read_matched(
        sets.save(folder, uncertain(), draws, holds, prior, names, effective, left_out={"P1": (30, 60, 2)}, **about),
        uncertain(),
    )


def judged(found: MatchedSet, rows=range(40)):
    return match_set(found, draw_from(uncertain(), 200, 5), PATTERNS, np.array(rows), TABLE)


def test_rates_are_of_the_set_and_of_its_prior_draws_and_all_runs_are_kept(tmp_path) -> None:
    made = judged(stored(tmp_path))
    first, second, third = made.patterns
    assert (first.prior.rate, first.matched.rate, first.left_out.rate) == (0.3, 0.9, 0.5)
    assert (first.verdict_prior, first.verdict) == ("fails", "holds")
    assert (second.matched.rate, second.verdict) == (0.2, "fails")
    assert third.left_out == third.matched, "what is only reported was never matched"
    assert made.kept.tolist() == [True] * 40 and made.used.sum() == 40
    assert (made.kept_runs, made.drawn, made.advice) == (100, 900, "matched")
    assert made.effective_runs == 80.0 and made.conflicts == ("P2",)
    assert made.waves[1].prior_share == 0.25 and "25 % of the prior" in made.reason
    assert made.to_json()["waves"][0]["threshold"] is None


def test_intervals_are_those_of_the_effective_runs(tmp_path) -> None:
    wide, narrow = judged(stored(tmp_path / "a", 50.0)), judged(stored(tmp_path / "b", 100.0))
    for a, b in zip(wide.patterns, narrow.patterns):
        assert a.matched.high - a.matched.low > b.matched.high - b.matched.low
        assert a.matched.low <= a.matched.rate <= a.matched.high


def test_paired_patterns_are_judged_over_the_prior_draws_that_were_tested(tmp_path) -> None:
    paired = pattern("P2", kind="counterfactual", needs="paired run", test="d(people_exploited, 2005:2010) > 0",
                     change={"B": {"says": "x", "from": 1998, "without": ["scope"]}})
    found = stored(tmp_path, prior_all=40)
    made = match_set(found, draw_from(uncertain(), 200, 5), (PATTERNS[0], paired, PATTERNS[2]), np.arange(5), TABLE)
    assert [p.prior.tested for p in made.patterns] == [200, 40, 200]


def test_too_few_effective_runs_give_no_advice_and_name_what_is_in_the_way(tmp_path) -> None:
    made = judged(stored(tmp_path, 49.0))
    assert made.advice == "none" and "no advice is given" in made.reason
    assert "P2" in made.reason and "P1 with P2" in made.reason
    assert made.patterns[0].verdict == "fails", "the verdict is that before matching"
    assert judged(stored(tmp_path / "more", 50.0)).advice == "matched"


def test_a_claim_that_the_set_has_lost_is_disbelieved_with_its_bayes_factor(tmp_path) -> None:
    made = judged(stored(tmp_path, bits=np.arange(100) < 4))
    (fallen,) = made.disbelieved
    prior = draw_from(uncertain(), 200, 5).truth[:, 0].mean()
    assert fallen.claim == "S1" and fallen.matched == pytest.approx(0.04)
    assert fallen.factor == pytest.approx((0.04 / 0.96) / (prior / (1 - prior)), rel=0.2)
    n, p = 80.0, 0.04
    assert fallen.log_se == pytest.approx(np.sqrt(1 / (n * p + 0.5) + 1 / (n * (1 - p) + 0.5) + 1 / (200 * prior)
                                                  + 1 / (200 * (1 - prior))), rel=0.05)
    assert made.odds[0].claim == "S1"
    moved = {item.name for item in made.narrowed if item.moved}
    assert {"S1", "economy.a"} <= moved
    assert not judged(stored(tmp_path / "same")).disbelieved


def test_other_patterns_than_those_matched_are_refused(tmp_path) -> None:
    with pytest.raises(InputError, match="other patterns"):
        match_set(stored(tmp_path), draw_from(uncertain(), 200, 5), PATTERNS[:2], np.arange(5), TABLE)


def test_pairs_that_exclude_each_other_are_found_and_independent_ones_are_not() -> None:
    rng = np.random.default_rng(3)
    a = rng.random(400) < 0.5
    holds = np.stack([a, ~a | (rng.random(400) < 0.1), rng.random(400) < 0.5], axis=1).astype(np.int8)
    (pair,) = excluding_pairs(["A", "B", "C"], holds, 400.0)
    assert (pair.first, pair.second) == ("A", "B") and pair.phi < -0.8 and pair.both < pair.expected
    assert excluding_pairs(["A", "B", "C"], holds, 4.0) == (), "four runs tell nothing"
