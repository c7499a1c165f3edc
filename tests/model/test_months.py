"""Months that are played are those that Python carries out, to the bit: in all tiles, worlds, blocks and threads."""

from __future__ import annotations

import os
import pickle
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest

from qorgau.model import months, run, script
from qorgau.model.months import PROCESSES, Rows, advance_month
from qorgau.model.run import Branch, baseline_only, begin, simulate_block
from qorgau.model.script import Cast, can_play, scripts_of
from qorgau.model.world import INSTRUMENTS, World
from tests.model.draws import all_on, draw_parameters, keys
from tests.model.worlds import small_world, with_lines, with_services

K = len(INSTRUMENTS)
RUNS = 5
LAST = 12 * 6 - 1


def _branch() -> Branch:
    levers = np.zeros((3, K))
    levers[1, 1], levers[2, [0, 11]] = 1.0, 0.5
    return Branch(("baseline", "a", "b"), levers, np.full((3, K), 12 * 3 + 4), np.full(K, 6))


def _block(world: World, **given: object) -> run.BlockResult:
    return simulate_block(world, draw_parameters(RUNS, 2), all_on(RUNS), keys(RUNS, 2), _branch(), LAST,
                          **given)  # type: ignore[arg-type]


def _same(a: run.BlockResult, b: run.BlockResult) -> None:
    assert a.yearly.tobytes() == b.yearly.tobytes()
    assert a.corridors.tobytes() == b.corridors.tobytes()
    np.testing.assert_array_equal(a.touched_cap, b.touched_cap)


@pytest.mark.parametrize("world", [
    small_world(1), with_services(with_lines(small_world(2))), small_world(3, places=6, markets=1, destinations=1),
], ids=["plain", "services", "small"])
def test_played_is_the_same_as_carried_out_in_python(world: World) -> None:
    played, plain = _block(world), _block(world, advance=advance_month)
    _same(played, plain)
    assert np.nanmax(played.yearly) > 0.0 and played.corridors.any()
    assert (played.yearly[1] != played.yearly[0]).any(), "a policy acts"


@pytest.mark.parametrize("rows", [1, 2, 7, 64])
def test_tiles_change_nothing(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    world = small_world(4)
    whole = _block(world, advance=advance_month)
    monkeypatch.setattr(months, "MOST_ROWS", rows)
    monkeypatch.setattr(months, "TILE_BYTES", 10**9)
    _same(_block(world), whole)


def test_the_numba_that_is_here_was_tried() -> None:
    """With another, months are carried out in Python: try it with these tests and tests/model/test_replay.py."""
    assert can_play() != bool(os.environ.get("NUMBA_DISABLE_JIT"))


def test_without_a_numba_that_was_tried_months_are_carried_out_in_python(monkeypatch: pytest.MonkeyPatch) -> None:
    world = small_world(13)
    monkeypatch.setattr(script, "TRIED", ("0.1.",))
    unplayed = _block(world)
    assert not scripts_of(world)._scripts
    monkeypatch.undo()
    _same(_block(world), unplayed)
    assert scripts_of(world)._scripts


def test_every_array_of_the_state_is_the_same_year_by_year() -> None:
    world = small_world(5)
    given = draw_parameters(RUNS, 3), all_on(RUNS), keys(RUNS, 3)
    ways = [Rows(world, begin(world, *given), *given, advance=how) for how in (None, advance_month)]
    for year in range(1989, 1993):
        for rows in ways:
            rows.year(year)
        for name, array in ways[0].state.arrays().items():
            assert array.tobytes() == getattr(ways[1].state, name).tobytes(), f"{name} in {year}"
        for a, b in zip(ways[0].table(), ways[1].table(), strict=True):
            assert a.tobytes() == b.tobytes()


def test_blocks_of_other_sizes_and_later_years_go_by_the_same_script() -> None:
    world = small_world(6)
    short = simulate_block(world, draw_parameters(3, 1), all_on(3), keys(3, 1), baseline_only(), 12 * 3 - 1)
    long = simulate_block(world, draw_parameters(9, 1), all_on(9), keys(9, 1), baseline_only(), LAST)
    again = simulate_block(world, draw_parameters(9, 1), all_on(9), keys(9, 1), baseline_only(), LAST,
                           advance=advance_month)
    _same(long, again)
    assert short.yearly.shape[2] == 1
    assert len(scripts_of(world)._scripts) == 1


def test_threads_play_the_same_world_side_by_side() -> None:
    world = small_world(7)
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(lambda _: _block(world), range(4)))
    for result in results:
        _same(result, _block(world, advance=advance_month))


def test_a_changed_world_has_a_script_of_its_own() -> None:
    world = small_world(8)
    _block(world)
    richer = replace(world, gdp_per_head=2.0 * world.gdp_per_head)
    _same(_block(richer), _block(richer, advance=advance_month))
    assert (_block(richer).yearly != _block(world).yearly).any()


def test_a_world_leaves_its_scripts_behind_when_it_is_sent_away() -> None:
    world = small_world(9)
    result = _block(world)
    sent = pickle.loads(pickle.dumps(world))
    assert not scripts_of(sent)._scripts
    _same(_block(sent), result)


def test_writing_down_touches_no_number_of_the_rows() -> None:
    """What Python did to them while writing would be missing from every month that is played."""
    world = with_services(small_world(10))
    given = draw_parameters(2, 4), all_on(2), keys(2, 4)
    rows = Rows(world, begin(world, *given), *given)
    own = rows._new_script()
    before = {name: array.tobytes() for name, array in own._arrays.items()}
    for month in (0, 30):
        own._write(month)
    for name, array in own._arrays.items():
        assert array.tobytes() == before[name], f"{name} was changed between calls of compiled functions"
    assert own._calls is not None and len(own._calls.functions) > len(PROCESSES)


def test_what_is_not_told_by_row_is_refused() -> None:
    world = small_world(11)
    given = draw_parameters(2, 4), all_on(2), keys(2, 4)
    rows = Rows(world, begin(world, *given), *given)
    own = rows._new_script()
    price = own._arrays["price"]
    find = own._places.find
    assert find(price) is not None and find(price[:, 1:]) is not None and find(world.gdp_per_head) is None
    for part in (price[:1], price.T, price.reshape(-1)):
        with pytest.raises(ValueError, match="not told by row"):
            find(part)
    with pytest.raises(ValueError, match="price of the block must be contiguous"):
        Cast.of({"price": np.zeros((4, 6))[:, ::2]})


def test_a_month_that_calls_otherwise_is_refused() -> None:
    world = small_world(12)
    given = draw_parameters(2, 4), all_on(2), keys(2, 4)
    own = Rows(world, begin(world, *given), *given)._new_script()
    own._write(0)
    both = own._parts
    own._parts = both[:1]
    with pytest.raises(ValueError, match="month 1 calls other functions"):
        own._write(1)
    other = Rows(world, begin(world, *given), *given)
    own._parts = (other._alone, other._collect)
    with pytest.raises(ValueError, match="takes other rows in month 1"):
        own._write(1)
