from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qorgau.analysis.case_view import case_view
from qorgau.analysis.comparison import effect
from qorgau.analysis.thresholds import Likelihood
from qorgau.web.summaries import effect_row, places_of, traffic, traffic_by_year

TABLE = Likelihood()


def test_shares_are_told_in_percentage_points_and_money_in_millions() -> None:
    base, level = np.full(20, 0.30), np.full(20, 0.25) + np.linspace(-0.01, 0.01, 20)
    row = effect_row(effect("officials_corrupt_share", base, level, TABLE))
    assert row["unit"] == "percentage points" and row["text"].startswith("−5") and row["direction"] == "fewer"
    row = effect_row(effect("bribes_usd", np.full(20, 5e6), np.full(20, 4e6), TABLE))
    assert row["unit"] == "USD m a year" and row["text"] == "−1"


def test_people_are_told_in_whole_numbers() -> None:
    level = 100 + np.linspace(-0.4, 3.3, 40)
    row = effect_row(effect("people_exploited", np.full(40, 100.0), level, TABLE))
    assert "." not in row["text"] and "." not in row["range"] and row["text"].startswith("+")


def test_what_the_state_finds_has_no_colour_and_is_marked_as_detected() -> None:
    row = effect_row(effect("people_identified", np.full(9, 10.0), np.full(9, 20.0), TABLE))
    assert row["detected"] and not row["coloured"] and not row["harm"]


def test_a_change_from_nought_has_no_per_cent() -> None:
    row = effect_row(effect("people_recruited", np.zeros(5), np.ones(5), TABLE))
    assert row["percent"] is None and row["percent_interval"]["median"] is None and row["text"] == "+1"


def test_sections_are_named_with_the_focus_first(template) -> None:
    view, states = case_view(template), {s.id: s.title for s in template.states}
    assert places_of(view, "AFG_KAZ", states, "KAZ") == "Kazakhstan–Afghanistan"
    assert places_of(view, "KAZ_RUS_west", states, "KAZ") == "Kazakhstan–Russia, west"
    assert places_of(view, "air_KAZ_RUS", states, "KAZ") == "Kazakhstan–Russia (by air)"


@given(st.integers(1, 6), st.integers(0, 2**31))
def test_corridors_between_the_same_places_are_one_and_nothing_small_is_drawn(count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    ends = [("ab"[i % 2], "c") for i in range(count)]
    base = rng.gamma(1.0, 20.0, size=(9, count))
    rows = traffic(base, 0.5 * base, ends, TABLE, 11.0)
    sums = {a: np.median(base[:, [i for i, e in enumerate(ends) if e[0] == a]].sum(axis=1)) for a, _ in set(ends)}
    assert {r["from"] for r in rows} == {a for a, value in sums.items() if value >= 11.0}
    assert all(r["direction"] == "fewer" and abs(r["weight"] / sums[r["from"]] - 1) < 0.051 for r in rows)
    by_year = traffic_by_year(np.stack([base, 0 * base], axis=1), ends, [1991, 1992], 11.0)
    assert {r["from"] for r in by_year} == {r["from"] for r in rows}
    assert all(r["weights"][1] == 0 for r in by_year)


def test_an_end_of_an_interval_near_nought_is_not_told_to_the_millionth() -> None:
    level = 0.3 - np.linspace(2e-7, 0.32, 41)
    row = effect_row(effect("officials_corrupt_share", np.full(41, 0.3), np.sort(level), TABLE))
    assert row["range"] == "−30 to −2"
