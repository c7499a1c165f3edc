from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qorgau.analysis.comparison import best_shares, compare, dominators, effect, probability_fewer, regret
from qorgau.analysis.decision import decision
from qorgau.analysis.thresholds import Thresholds, Utility
from tests.analysis.synthetic import ensemble

RUNS = ensemble()
ALL = np.ones(RUNS.count, dtype=bool)
TABLE = Thresholds()
FOUND = compare(RUNS, ALL, TABLE, focus="Kazakhstan", titles={"outreach": "Outreach"})


def test_people_come_first_and_the_difference_is_paired() -> None:
    outreach = FOUND.measure("outreach")
    assert outreach is not None
    people = outreach.effects[0]
    assert people.outcome == "people_exploited"
    spread = people.difference
    assert [spread.low90, spread.median, spread.high90] == pytest.approx([-100, -100, -100])
    assert (people.p_fewer, people.word, people.direction) == (1.0, "very likely fewer", "fewer")
    level = np.median(1000 * RUNS.parameters["people.scale"])
    assert people.percent.median == pytest.approx(100 * -100 / level, rel=0.02)


def test_what_goes_either_way_is_not_settled() -> None:
    border = FOUND.measure("border_monitoring")
    assert border is not None
    people = border.effect("people_exploited")
    assert people is not None and people.p_fewer == 0.5
    assert people.word == "about as likely as not fewer" and not people.settled


def test_measures_are_ranked_by_what_they_spare_and_all_at_once_is_not_ranked() -> None:
    assert [m.rank for m in FOUND.measures] == [1, 2]
    assert [m.policy for m in FOUND.unranked] == ["all_measures"]
    assert FOUND.unranked[0].rank is None


def test_regret_and_best_in_by_hand() -> None:
    # In the half where S36 holds watching spares 300 and outreach 100, else outreach is best.
    outreach, border = FOUND.measure("outreach"), FOUND.measure("border_monitoring")
    assert outreach is not None and border is not None
    assert outreach.regret == pytest.approx(100.0)
    assert border.regret == pytest.approx(80.0)
    assert (outreach.best_in, border.best_in) == (0.5, 0.5)
    assert (outreach.expected_utility, border.expected_utility) == (pytest.approx(100), pytest.approx(120))


def test_every_measure_reports_harm_to_victims_and_migrants() -> None:
    for measure in (*FOUND.measures, *FOUND.unranked):
        said = " ".join(measure.harm)
        assert "people exploited:" in said and "people trafficked again:" in said and "outside the country" in said


def test_displacement_is_by_section_and_persons_never_share_a_row_with_kg() -> None:
    rows = [row for row in FOUND.displacement if row.policy == "border_monitoring"]
    section = next(row for row in rows if row.kind == "section")
    assert (section.place, section.what, section.unit) == ("KAZ_UZB", "people", "persons a year")
    assert section.percent.median == pytest.approx(10.0)
    assert (section.word, section.direction) == ("very likely more", "more")
    assert rows[0].what == "people", "people first"
    assert all((row.unit == "kg a year") == (row.what == "opiates") for row in rows)
    assert not any("corridor" in json.dumps(row.to_json()) for row in rows)


def test_only_the_runs_in_use_count() -> None:
    found = compare(RUNS, RUNS.claims["S36"], TABLE).measure("border_monitoring")
    assert found is not None and found.effects[0].difference.median == pytest.approx(-300)
    assert found.best_in == 1.0


def test_weights_on_cost_change_the_decision() -> None:
    dear = Thresholds().model_copy(update={"trace": TABLE.trace.model_copy(
        update={"utility": Utility(people_exploited=1.0, cost_usd=5e-5)})})
    plain, weighed = decision(RUNS, TABLE, ALL, "Kazakhstan"), decision(RUNS, dear, ALL, "Kazakhstan")
    assert plain.options == ("baseline", "outreach", "border_monitoring")
    gain = weighed.utility - weighed.utility[:, :1]
    assert gain[:, 1].mean() == pytest.approx(100 - 50)
    assert gain[:, 2].mean() == pytest.approx(120 - 250)
    assert "US dollar" in weighed.text and weighed.unit == "people-equivalents a year"


def test_a_measure_that_is_better_and_no_dearer_dominates() -> None:
    utility = np.array([[0.0, 5.0, 3.0], [0.0, 6.0, 2.0]])
    assert dominators(utility, np.array([0.0, 1.0, 2.0]), 0.9) == [[], [], [1]]
    assert dominators(utility, np.array([0.0, 3.0, 2.0]), 0.9) == [[], [], []]


def test_ties_count_half_and_nothing_gives_no_number() -> None:
    assert probability_fewer(np.array([-1.0, 0.0, 0.0, 1.0])) == 0.5
    assert np.isnan(probability_fewer(np.array([np.nan])))
    same = effect("people_exploited", np.ones(5), np.ones(5), TABLE.likelihood)
    assert (same.word, same.moved, same.settled) == ("no change", False, False)


def test_a_change_from_nothing_has_no_percentage() -> None:
    item = effect("people_exploited", np.array([0.0, 0.0]), np.array([5.0, 7.0]), TABLE.likelihood)
    assert item.percent.n == 0 and item.difference.median == 6.0
    assert item.to_json()["percent"]["median"] is None


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 40), st.integers(1, 6), st.integers(0, 2**32 - 1), st.floats(0, 5))
def test_regret_is_never_negative_and_someone_is_best(runs: int, options: int, seed: int, near: float) -> None:
    utility = np.random.default_rng(seed).normal(0, 3, (runs, options)).round(1)
    short = regret(utility)
    assert (short >= 0).all() and (short.min(axis=1) == 0).all()
    best, close = best_shares(utility, near)
    assert best.sum() == pytest.approx(1.0)
    assert (close >= best - 1e-12).all()
