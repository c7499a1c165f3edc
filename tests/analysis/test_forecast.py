"""The forecast over runs with known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qorgau.analysis.forecast import forecast, forecast_table
from qorgau.analysis.records import Observed
from qorgau.analysis.runs import Runs
from qorgau.analysis.validation import Validation

YEARS = tuple(range(2010, 2017))
SCORE = "perceived_corruption_score"


def runs(count: int = 101) -> Runs:
    """Run k has k people identified each year, and a score of 30 between a worse and, in half of the runs, a better."""
    k = np.arange(count, dtype=float)[None, :, None] + np.zeros((1, 1, len(YEARS)))
    better = np.where(k < count / 2, 40.0, 20.0)
    arrays = {
        "people_identified": k, "tip_tier": k * 0 + 2.0, "opiate_users": k * 0,
        SCORE: k * 0 + 30.0, f"{SCORE}_CHN": better, f"{SCORE}_TKM": k * 0 + 10.0,
    }
    return Runs.of_arrays(("baseline",), YEARS, arrays)


def table(**changes: object) -> Validation:
    whole = {
        "last_fitted": 2013, "forecast": (2014, 2024),
        "width": {"low": 0.05, "high": 1.5, "assumption": "for the test"},
        "indicators": [
            {"outcome": "people_identified", "validated": [2014, 2016], "differs": "x"},
            {"outcome": "tip_tier", "differs": "x"},
            {"outcome": "opiate_users", "differs": "x"},
            {"outcome": "perceived_corruption_rank", "among": ["CHN", "TKM"], "differs": "x"},
            {"outcome": "not_in_the_results", "differs": "x"},
        ],
    }
    return Validation.model_validate({**whole, **changes})


SEEN = {"people_identified": (
    Observed(2012, 50.0, "a", ""), Observed(2014, 50.0, "a", "v"), Observed(2015, 90.0, "a", "v"),
    Observed(2016, 200.0, "a", "v"), Observed(2030, 1.0, "a", ""),
)}


def test_intervals_and_coverage_are_those_of_the_runs() -> None:
    made = forecast(runs(), np.ones(101, dtype=bool), table(), SEEN)
    assert made.years == (2014, 2015, 2016), "only years that results hold"
    item = made.indicator("people_identified")
    assert item is not None
    assert (item.matched.median[0], item.matched.low50[0], item.matched.high90[0]) == (50.0, 25.0, 95.0)
    assert [(p.inside50, p.inside90) for p in item.points] == [(True, True), (False, True), (False, False)]
    assert (made.points, made.inside50, made.inside90) == (3, pytest.approx(1 / 3), pytest.approx(2 / 3))
    assert [(c.year, c.points, c.inside90) for c in made.coverage] == [(2014, 1, 1.0), (2015, 1, 1.0), (2016, 1, 0.0)]
    assert item.naive_crps == pytest.approx((0 + 40 + 150) / 3), "the last reading, without a spread"
    assert item.skill == pytest.approx(1 - item.crps / item.naive_crps)
    assert made.indicator("not_in_the_results") is None


def test_widths_are_judged_and_compared_with_those_before_matching() -> None:
    every = forecast(runs(), np.ones(101, dtype=bool), table(), SEEN).indicator("people_identified")
    used = np.zeros(101, dtype=bool)
    used[40:61] = True
    kept = forecast(runs(), used, table(), SEEN).indicator("people_identified")
    assert every is not None and kept is not None
    assert (every.relative_width, every.width) == (1.8, "too wide")
    assert np.isnan(every.narrowed), "with all runs in use there is nothing wider to compare with"
    assert (kept.relative_width, kept.width) == (pytest.approx(0.36), "within bounds")
    assert kept.narrowed == pytest.approx(18 / 90)
    assert kept.prior == every.matched
    whole = forecast(runs(), used, table(), SEEN)
    assert (whole.inside90, whole.prior_inside90) == (pytest.approx(1 / 3), pytest.approx(2 / 3))


def test_runs_that_all_agree_and_medians_of_nought_are_said_to_be_so() -> None:
    made = forecast(runs(), np.ones(101, dtype=bool), table(), {})
    tier, users = made.indicator("tip_tier"), made.indicator("opiate_users")
    assert tier is not None and users is not None
    assert (tier.width, tier.relative_width) == ("all agree", 0.0)
    assert users.width == "not known"
    assert math.isnan(made.inside90) and made.compared == 0


def test_the_place_among_states_counts_those_above() -> None:
    used = np.arange(101) < 50
    made = forecast(runs(), used, table(), {}).indicator("perceived_corruption_rank")
    assert made is not None
    assert set(made.matched.median) == {2.0}
    other = forecast(runs(), ~used & (np.arange(101) > 50), table(), {}).indicator("perceived_corruption_rank")
    assert other is not None and set(other.matched.median) == {1.0}


def test_the_table_withholds_small_counts_of_people() -> None:
    seen = {"people_identified": (Observed(2014, 7.0, "a", ""), Observed(2015, 12.0, "a", ""))}
    held = forecast_table(forecast(runs(), np.ones(101, dtype=bool), table(), seen), under=11).to_pylist()
    rows = {r["year"]: r for r in held if r["outcome"] == "people_identified"}
    assert (rows[2014]["published"], rows[2015]["published"], rows[2016]["published"]) == (None, 12.0, None)
    assert rows[2014]["median"] == 50.0 and rows[2014]["prior_high90"] == 95.0
    assert len(held) == 4 * 3
