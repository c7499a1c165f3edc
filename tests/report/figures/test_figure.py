from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from qorgau.report.figures.figure import nice_scale

NUMBERS = st.lists(st.floats(-1e7, 1e7, allow_nan=False), min_size=1, max_size=8)


@given(NUMBERS, st.integers(2, 8))
def test_a_scale_holds_its_numbers_and_zero(numbers: list[float], most: int) -> None:
    scale = nice_scale(numbers, most)
    slack = 1e-8 * (scale.high - scale.low)
    assert scale.low <= min(0.0, *numbers) + slack and scale.high >= max(0.0, *numbers) - slack
    assert scale.low < scale.high
    assert scale.ticks[0] == scale.low and scale.ticks[-1] == scale.high
    assert 2 <= len(scale.ticks) <= most + 3
    assert all(0 <= scale.at(n) <= 100 for n in (*numbers, -1e12, 1e12))


@given(NUMBERS)
def test_places_keep_the_order(numbers: list[float]) -> None:
    scale = nice_scale(numbers)
    places = [scale.at(n) for n in sorted(numbers)]
    assert places == sorted(places)


def test_nothing_known_still_makes_a_scale() -> None:
    for numbers in ([], [math.nan], [0.0, 0.0]):
        scale = nice_scale(numbers)
        assert scale.low < scale.high and math.isfinite(scale.at(0.5))
