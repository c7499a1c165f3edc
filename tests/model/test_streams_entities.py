"""What a case gains leaves the chance of everything else as it was: random numbers are named by entity."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from qorgau.case import Case, Scale, synthetic_case, to_world
from qorgau.model import enforcement, human_trade, organisations_life
from qorgau.model.mechanisms import Mechanism
from qorgau.model.state import State, allocate
from qorgau.model.world import World
from tests.model.draws import all_on, draw_parameters, keys

RUNS = 6
MONTH = 100
SIZE = Scale(places=24, corridors=40, organisations=40, last_year=2016)


@pytest.fixture(scope="module")
def case() -> Case:
    return synthetic_case(SIZE)


@pytest.fixture(scope="module")
def world(case: Case) -> World:
    return to_world(case)


@pytest.fixture(scope="module")
def wider(case: Case, world: World) -> World:
    """The world with a railway beside its busiest road, a little longer: more ways, the same distances."""
    uses = np.bincount(world.people_links // 2, minlength=SIZE.corridors)
    road = next(case.corridors[k] for k in np.argsort(-uses) if case.corridors[k].mode == "road")
    beside = road.model_copy(update={"id": "C999", "mode": "rail", "length_km": 1.05 * road.length_km})
    return to_world(case.model_copy(update={"corridors": (*case.corridors, beside)}))


def _recruitment(world: World, lengths: np.ndarray) -> State:
    """A month of recruiters without a group, in front of a pool that is a fixed function of place and destination."""
    state = allocate(world.sizes, RUNS)
    human_trade.start(world, state, draw_parameters(RUNS), all_on(RUNS), keys(RUNS))
    place = np.arange(world.sizes["place"])[:, None]
    destination = np.arange(world.sizes["destination"])[None, :]
    state.pool[:] = 300.0 + 50.0 * place + 500.0 * destination
    state.pool_children[:] = 0.2
    state.wage[:] = 100.0
    state.irregular_wage[:] = 100.0
    state.irregular_arrivals[:] = 1000.0
    state.hazard[:] = lengths / 2.0e4
    human_trade.advance(world, state, draw_parameters(RUNS), all_on(RUNS), keys(RUNS), MONTH, np.zeros((RUNS, 13)))
    return state


def _ways(world: World) -> dict[tuple[int, int], list[tuple[int, tuple[int, ...]]]]:
    out: dict[tuple[int, int], list[tuple[int, tuple[int, ...]]]] = {}
    for h, pair in enumerate(zip(world.people_origin.tolist(), world.people_destination.tolist(), strict=True)):
        links = tuple(world.people_links[world.people_ptr[h]: world.people_ptr[h + 1]].tolist())
        out.setdefault(pair, []).append((h, links))
    return out


def test_an_added_corridor_leaves_the_chance_of_other_corridors_and_pairs_unchanged(
    world: World, wider: World
) -> None:
    assert wider.sizes["corridor"] == world.sizes["corridor"] + 2
    assert not np.array_equal(wider.people_ptr, world.people_ptr)
    np.testing.assert_array_equal(wider.distance, world.distance)
    noise = []
    for w in (world, wider):
        state = allocate(w.sizes, RUNS)
        for month in range(MONTH, MONTH + 3):
            enforcement.advance_detection(w, state, draw_parameters(RUNS), all_on(RUNS), keys(RUNS), month)
        noise.append(state.corridor_noise)
    np.testing.assert_array_equal(noise[1][:, : world.sizes["corridor"]], noise[0])

    before, after = (_recruitment(w, w.corridor_km) for w in (world, wider))
    assert before.recruits.sum() > 1000
    np.testing.assert_array_equal(after.recruits, before.recruits)
    np.testing.assert_array_equal(after.recruits_children, before.recruits_children)
    old, new = _ways(world), _ways(wider)
    same = [pair for pair in old if [w for _, w in old[pair]] == [w for _, w in new[pair]]]
    moved = [(a, b) for pair in same for (a, _), (b, _) in zip(old[pair], new[pair], strict=True) if a != b]
    assert len(moved) > 10
    a, b = (list(index) for index in zip(*moved, strict=True))
    assert before.recruits_route[:, a].sum() > 100
    np.testing.assert_array_equal(after.recruits_route[:, b], before.recruits_route[:, a])


def _survivors(world: World) -> list[set[tuple[int, int]]]:
    """Networks and numbers of the organisations that are alive after two years of chance alone, run by run."""
    p, on, k = draw_parameters(RUNS, seed=4), all_on(RUNS, Mechanism.OUTSIDE_TRADE), keys(RUNS)
    p["organisations"]["attrition"] = 0.03
    p["organisations"]["entry_rate"] = 0.0
    p["organisations"]["violence"] = 0.0  # what rivals do to one another is no matter of chance alone
    state = allocate(world.sizes, RUNS)
    state.users[:] = 1000.0
    state.users_start[:] = state.users.sum(axis=1)
    state.load[:] = 5.0
    state.source_price[:] = 500.0
    state.price[:] = 3000.0
    organisations_life.start(world, state, p, on, k)
    state.capacity[:] = 2.0
    state.capital[:] = 1e9
    for month in range(MONTH, MONTH + 24):
        organisations_life.advance(world, state, p, on, k, month)
    return [
        {(int(state.network[r, o]), int(state.number[r, o])) for o in np.flatnonzero(state.active[r])}
        for r in range(RUNS)
    ]


def test_an_added_organisation_leaves_the_chance_of_other_organisations_unchanged(world: World) -> None:
    more = world.network_start.copy()
    more[0] += 1
    larger = dataclasses.replace(world, network_start=more)
    added = (0, 4096 + int(world.network_start[0]))
    before, after = _survivors(world), _survivors(larger)
    everyone = int(world.network_start.sum())
    assert all(2 < len(alive) < everyone for alive in before)
    assert [alive - {added} for alive in after] == before
