from __future__ import annotations

import numpy as np
import pytest

from qorgau.case import Case, mechanism_claims, parameter_table, to_world
from qorgau.model.mechanisms import Mechanism
from qorgau.model.registry import PARAMETERS
from qorgau.model.world import ROADS, World
from tests.model.worlds import assert_consistent


@pytest.fixture(scope="module")
def world(kazakhstan: Case) -> World:
    return to_world(kazakhstan)


def test_worlds_of_both_bundled_cases_are_consistent(world: World, template: Case) -> None:
    assert_consistent(world)
    assert_consistent(to_world(template))


def test_sizes_stay_within_what_the_model_is_quick_for(world: World) -> None:
    assert world.sizes["drug_route"] <= 340 and world.sizes["people_route"] <= 260
    assert world.months == 432 and world.sizes["corridor"] == 128


def test_two_directed_corridors_of_each(kazakhstan: Case, world: World) -> None:
    first = kazakhstan.corridors[0]
    assert world.corridor_names[:2] == ("C01a", "C01b")
    assert world.place_names[world.corridor_from[0]] == first.start == world.place_names[world.corridor_to[1]]


def test_kyrgyz_section_is_the_least_watched_with_most_cover(world: World) -> None:
    """The study's comparison of Kazakhstan's land borders."""
    by_section = {}
    for name in ("KAZ_KGZ", "KAZ_UZB", "KAZ_RUS", "CHN_KAZ"):
        on = world.corridor_section == world.section_names.index(name)
        by_section[name] = (world.corridor_cover[on].min(), world.corridor_monitoring[on].max())
    cover, watched = by_section.pop("KAZ_KGZ")
    assert all(cover > c for c, _ in by_section.values()) and all(watched < m for _, m in by_section.values())


def test_the_best_road_from_kyrgyzstan_joins_bishkek_and_almaty(world: World) -> None:
    on = (world.corridor_section == world.section_names.index("KAZ_KGZ")) & (world.corridor_mode == 0)
    names = [{world.place_names[a], world.place_names[b]} for a, b in zip(world.corridor_from, world.corridor_to)]
    good = [k for k in np.flatnonzero(on) if names[k] == {"bishkek", "almaty"}]
    assert len(good) == 2 and set(world.corridor_road[good]) == {ROADS.index("good")}
    assert all(world.corridor_road[k] > ROADS.index("good") for k in np.flatnonzero(on) if k not in good)


def test_all_ways_from_osh_to_bishkek_share_one_road(world: World) -> None:
    osh, bishkek = world.place_names.index("osh"), world.place_names.index("bishkek")
    assert ((world.corridor_from == osh) & (world.corridor_to == bishkek)).sum() == 1


def test_shares_of_large_states_are_of_the_whole_state(world: World) -> None:
    by_state = np.bincount(world.place_state, world.place_share)
    share = dict(zip(world.state_names, by_state))
    assert share["CHN"] < 0.03 and 0.2 < share["RUS"] < 0.6 and share["KAZ"] > 0.95


def test_farm_output_is_one_in_1991_and_money_has_its_size(world: World) -> None:
    assert world.farm_growth[30] == pytest.approx(1.0, abs=0.01)
    kaz = world.state_names.index("KAZ")
    assert world.gdp_per_head[12 * (2013 - 1989) + 5, kaz] == pytest.approx(13611.5, rel=0.01)
    assert world.population[12 * (2013 - 1989) + 5, kaz] == pytest.approx(17.6e6, rel=0.01)


def test_official_flight_is_for_official_rackets_only(world: World) -> None:
    flown = world.route_official == 1
    markets = {world.market_names[m] for m in world.route_market[flown]}
    assert "moscow" in markets and "almaty" not in markets
    official = world.corridor_mode == 3
    assert not np.isin(world.people_links, np.flatnonzero(official)).any()


def test_posts_of_the_centre(world: World) -> None:
    assert (world.post_kind == 1).sum() == 6
    assert world.post_names[world.dismissal_post] == "kaz_state_assets"
    assert world.post_names[world.appointment_post] == "kaz_government"


def test_lines_of_kin_lie_side_by_side_in_their_groups_and_are_at_home_where_those_are(
    kazakhstan: Case, world: World, template: Case
) -> None:
    kaz = world.state_names.index("KAZ")
    assert np.diff(world.line_ptr[kaz]).tolist() == [11, 6, 3, 1]
    assert world.ruling_line[kaz] == 0 and (np.delete(world.ruling_line, kaz) == -1).all()
    others = np.delete(np.arange(len(world.state_names)), kaz)
    np.testing.assert_array_equal(world.line_share[others, :4], world.group_share[others])
    groups = {group.id: group for group in kazakhstan.patron_groups}
    for p, place in enumerate(world.place_names):
        by_group = [world.line_home[p, a:b] for a, b in zip(world.line_ptr[kaz], world.line_ptr[kaz, 1:])]
        at_home = [place in groups[f"kaz_{name}"].places for name in ("great", "middle", "little", "other")]
        assert [set(lines.tolist()) for lines in by_group] == [{int(home)} for home in at_home]
    plain = to_world(template)
    np.testing.assert_array_equal(plain.line_share, plain.group_share)
    assert not plain.line_home.any() and (plain.ruling_line == -1).all()


def test_parameter_table_is_that_of_the_model(kazakhstan: Case) -> None:
    rows = parameter_table(kazakhstan)
    assert {r.name: r.unit for r in rows} == {f"{s}.{p.name}": p.unit for s, t in PARAMETERS.items() for p in t}


def test_mechanisms_rest_on_the_claims_placed_there(kazakhstan: Case, template: Case) -> None:
    claims = mechanism_claims(kazakhstan)
    assert set(claims) == set(Mechanism)
    assert claims[Mechanism.DRUG_CAPITAL] == ("S27",) and set(claims[Mechanism.SCOPE]) == {"S28", "S29"}
    assert claims[Mechanism.CONFORMITY] == ()
    assert mechanism_claims(template)[Mechanism.HABIT] == ("E02",)


def test_translation_is_the_same_every_time(kazakhstan: Case, world: World) -> None:
    again = to_world(kazakhstan)
    assert np.array_equal(world.route_links, again.route_links) and np.array_equal(world.distance, again.distance)
