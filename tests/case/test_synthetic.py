from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from qorgau.case import Scale, check, load_case, synthetic_case, to_world, write_synthetic
from qorgau.case.synthetic_map import draw_map, names
from qorgau.errors import InputError
from qorgau.model.world import MODES, ROADS

SMALL = Scale(places=30, corridors=70, organisations=20, last_year=2016)


def _bytes(folder: Path) -> dict[str, bytes]:
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_an_invented_case_loads_passes_its_check_and_says_what_it_is(tmp_path: Path) -> None:
    folder = write_synthetic(tmp_path / "made", SMALL)
    case = load_case(folder)
    assert [f for f in check(case) if f.severity != "info"] == []
    assert (len(case.places), len(case.corridors), case.settings.organisation_slots) == (30, 70, 20)
    assert "Invented" in case.title and "invented" in case.settings.study
    assert all("invented" in (row.assumption or "") for row in (*case.places, *case.corridors, *case.networks))
    assert all("invented" in claim.statement for claim in case.evidence.claims)
    for path in folder.rglob("*.yaml"):
        if path.name not in ("thresholds.yaml", "policy.yaml"):
            assert "nvented" in path.read_text() or path.name == "names.yaml"


def test_the_same_scale_gives_the_same_files_and_another_seed_others(tmp_path: Path) -> None:
    one, two = (_bytes(write_synthetic(tmp_path / name, SMALL)) for name in ("one", "two"))
    other = _bytes(write_synthetic(tmp_path / "other", dataclasses.replace(SMALL, seed=2)))
    assert one == two
    assert one.keys() == other.keys() and one["places.yaml"] != other["places.yaml"]


@pytest.mark.parametrize(("places", "corridors", "seed"), [(8, 7, 1), (25, 45, 2), (60, 59, 3), (80, 400, 4)])
def test_worlds_of_many_shapes_are_whole(places: int, corridors: int, seed: int) -> None:
    scale = Scale(places=places, corridors=corridors, states=4, markets=2, destinations=1, last_year=2016, seed=seed)
    world = to_world(synthetic_case(scale))
    assert world.sizes["corridor"] == 2 * corridors
    assert np.isfinite(world.distance).all()
    assert (np.diff(world.market_ptr) > 0).all()
    assert set(world.people_origin[world.people_destination == 0]) == set(world.people_origin)
    assert world.network_start.sum() <= world.sizes["organisation"]


def test_roads_are_in_all_states_and_only_roads() -> None:
    world = to_world(synthetic_case(SMALL))
    by_road = world.corridor_mode == MODES.index("road")
    assert set(world.corridor_road[by_road]) == set(range(len(ROADS)))
    assert set(world.corridor_road[~by_road]) == {ROADS.index("fair")}
    np.testing.assert_array_equal(world.corridor_road, world.corridor_road[world.corridor_reverse])


def test_journeys_stay_short_as_the_map_grows() -> None:
    links = []
    for places, corridors in ((50, 120), (800, 2_400)):
        scale = Scale(places=places, corridors=corridors, origins=20, last_year=2016)
        links.append(np.diff(to_world(synthetic_case(scale)).people_ptr).mean())
    assert links[1] < 3.0 * links[0]


def test_what_does_not_fit_is_said_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="places: 3 is out of range"):
        Scale(places=3)
    with pytest.raises(InputError, match=r"corridors: 20 is out of range.* from 29 to"):
        Scale(places=30, corridors=20)
    with pytest.raises(InputError, match="there is room for"):
        write_synthetic(tmp_path / "full", Scale(places=10, corridors=5_000, states=4, markets=2, destinations=1))
    assert not (tmp_path / "full").exists()


def test_names_are_each_their_own() -> None:
    for count in (1, 400, 401, 16_000):
        made = names(count)
        assert len(set(made)) == count and all(name.isalpha() and name.islower() for name in made)


def test_the_map_lies_in_the_open_sea() -> None:
    land = draw_map(200, 500, 6, np.random.default_rng(1))
    assert land.lat.min() > -60 and land.lat.max() < -25 and land.lon.min() > -151 and land.lon.max() < -99
    assert sorted(set(land.state.tolist())) == list(range(6))
