"""Paired runs: equal to the baseline until they begin, identical where nothing is changed, different where it is."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from qorgau.model.alternatives import Alternative, Dial, simulate_alternatives
from qorgau.model.mechanisms import Mechanism
from qorgau.model.outcomes import outcome_names
from qorgau.model.run import baseline_only, simulate_block
from qorgau.model.world import INSTRUMENTS
from tests.model.draws import all_on, draw_parameters, keys
from tests.model.worlds import small_world

RUNS = 4
WORLD = small_world(3)
LAST_YEAR = 1999
NAMES = outcome_names(WORLD)


def _go(*alternatives: Alternative, world=WORLD):
    p = draw_parameters(RUNS, 5)
    return simulate_alternatives(world, p, all_on(RUNS), keys(RUNS, 5), alternatives, LAST_YEAR)


def _same(a: np.ndarray, b: np.ndarray) -> bool:
    return np.array_equal(a, b, equal_nan=True)


def test_a_change_of_nothing_is_the_baseline_to_the_bit_and_the_baseline_is_that_of_a_plain_run() -> None:
    result = _go(Alternative(1991, LAST_YEAR), Alternative(1995, LAST_YEAR))
    assert _same(result.yearly[1], result.yearly[0]) and _same(result.yearly[2], result.yearly[0])
    assert _same(result.opiates[1], result.opiates[0])
    plain = simulate_block(WORLD, draw_parameters(RUNS, 5), all_on(RUNS), keys(RUNS, 5), baseline_only(),
                           12 * (LAST_YEAR - WORLD.start_year + 1) - 1)
    assert _same(plain.yearly[0], result.yearly[0])
    assert _same(plain.corridors[0, :, :, :, 0, 0], result.opiates[0])


@pytest.mark.parametrize("change", [
    {"switches": {int(Mechanism.ROUTES): 0.0}},
    {"factors": {("economy", "leave_rate"): 0.5}},
    {"world": dataclasses.replace(WORLD, opium=WORLD.opium * 3.0)},
    {"dials": (Dial("hazard_raised", 2.0, tuple(range(len(WORLD.corridor_km)))),)},
    {"dials": (Dial("effort_added", 50.0, tuple(range(len(WORLD.corridor_km)))),)},
    {"dials": (Dial("irregular_changed", -0.5, (0, 1, 2)),)},
    {"dials": (Dial("carrying_changed", -0.5),)},
    {"dials": (Dial("honest", 1.0, (0, 1, 2)),)},
    {"levers": np.ones(len(INSTRUMENTS)), "ramp_months": np.full(len(INSTRUMENTS), 6)},
])
def test_a_change_shows_from_its_year_and_never_before(change) -> None:
    result = _go(Alternative(1995, 1998, **change))
    before, after = slice(0, 4), slice(4, 8)
    assert _same(result.yearly[1][:, before], result.yearly[0][:, before])
    assert _same(result.opiates[1][:, before], result.opiates[0][:, before])
    assert not _same(result.yearly[1][:, after], result.yearly[0][:, after])
    assert np.isnan(result.yearly[1][:, 8:]).all(), "nothing is told of years after the end"


def test_levers_may_differ_by_run() -> None:
    levers = np.zeros((RUNS, len(INSTRUMENTS)))
    levers[1] = 1.0
    result = _go(Alternative(1995, 1998, levers=levers, ramp_months=np.ones(len(INSTRUMENTS), dtype=np.int64)))
    cost = result.yearly[1][:, :, NAMES.index("measures_cost_usd")]
    assert (cost[1, 4:8] > 0).all() and (cost[[0, 2, 3]][:, :8] == 0).all()
    assert _same(result.yearly[1][0, :8], result.yearly[0][0, :8])


def test_the_busiest_corridor_is_chosen_run_by_run_with_its_way_back() -> None:
    every = tuple(range(len(WORLD.corridor_km)))
    all_of_them = _go(Alternative(1996, 1997, dials=(Dial("hazard_raised", 5.0, every, 1995),)))
    carried = all_of_them.opiates[0][:, 4]
    both = carried + carried[:, WORLD.corridor_reverse]
    busiest = both.argmax(axis=1)
    for run in range(RUNS):
        pair = (int(busiest[run]), int(WORLD.corridor_reverse[busiest[run]]))
        one = _go(Alternative(1996, 1997, dials=(Dial("hazard_raised", 5.0, pair),)))
        assert _same(one.yearly[1][run], all_of_them.yearly[1][run])


@pytest.mark.parametrize(("alternative", "problem"), [
    (Alternative(1985, 1999), "outside"),
    (Alternative(1995, 2005), "outside"),
    (Alternative(1996, 1995), "outside"),
    (Alternative(1995, 1999, dials=(Dial("hazard_raised", 1.0, (0,), 1995),)), "busiest"),
])
def test_years_that_cannot_be_are_refused(alternative: Alternative, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        _go(alternative)


def test_a_lone_run_is_refused() -> None:
    with pytest.raises(ValueError, match="two draws"):
        simulate_alternatives(WORLD, draw_parameters(1, 5), all_on(1), keys(1, 5), (), LAST_YEAR)
