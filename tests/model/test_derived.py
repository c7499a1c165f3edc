"""What is kept with a world belongs to its map; counts of months follow the series as they stand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from qorgau.model.derived import (
    destination_states,
    first_above,
    market_states,
    months_above,
    months_below,
    of_map,
)
from qorgau.model.world import World
from tests.model.worlds import small_world

SERIES = st.lists(st.floats(-1, 2), min_size=1, max_size=30)


def test_a_map_is_derived_once_per_world_and_anew_for_a_changed_one() -> None:
    calls = []

    @of_map
    def corridors(world: World) -> int:
        calls.append(world)
        return len(world.corridor_km)

    w = small_world(1)
    assert corridors(w) == corridors(w) == len(w.corridor_km)
    shorter = replace(w, corridor_km=w.corridor_km[:3])
    assert corridors(shorter) == 3 and corridors(w) == len(w.corridor_km)
    assert [id(c) for c in calls] == [id(w), id(shorter)]


def test_states_of_destinations_and_markets() -> None:
    w = small_world(2)
    np.testing.assert_array_equal(destination_states(w), w.place_state[w.destination_place])
    np.testing.assert_array_equal(market_states(w), w.place_state[w.market_place])
    assert destination_states(w) is destination_states(w)


@given(series=SERIES, level=st.sampled_from([0.0, 0.5, 1.0]), data=st.data())
def test_counts_of_months(series: list[float], level: float, data: st.DataObject) -> None:
    month = data.draw(st.integers(0, len(series) - 1))
    array = np.array(series)
    assert months_above(array, month, level) == sum(v > level for v in series[: month + 1])
    assert months_below(array, month, level) == sum(v < level for v in series[: month + 1])
    over = [t for t, v in enumerate(series) if v > level]
    assert first_above(array, level) == (over[0] if over else -1)
