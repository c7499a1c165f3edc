"""Small random worlds for property tests, and the checks that every world must pass."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from qorgau.model.route_arrays import opiate_route_arrays, people_route_arrays
from qorgau.model.route_sets import Graph, shortest_distances
from qorgau.model.world import (
    AGES,
    CONDUCTS,
    EVENTS,
    FORMS,
    INSTRUMENTS,
    MODES,
    POST_KINDS,
    ROADS,
    SERVICES,
    TRADES,
    World,
)

START_YEAR = 1989
LAST_YEAR = 2024
MONTHS = 12 * (LAST_YEAR - START_YEAR + 1)


def _links(rng: np.random.Generator, places: int) -> list[tuple[int, int, int, float]]:
    """A ring with chords (from, to, mode, km), one railway, one flight and one official flight."""
    order = rng.permutation(places)
    pairs = {(int(order[i]), int(order[(i + 1) % places])) for i in range(places)}
    for _ in range(places // 2 + 1):
        a, b = (int(v) for v in rng.choice(places, 2, replace=False))
        if (b, a) not in pairs:
            pairs.add((a, b))
    links = [(a, b, MODES.index("road"), float(rng.uniform(80, 900))) for a, b in sorted(pairs)]
    a, b = sorted(pairs)[int(rng.integers(len(pairs)))]
    links.append((a, b, MODES.index("rail"), float(rng.uniform(200, 1200))))
    far = (1, places - 1)
    links.append((*far, MODES.index("air"), 1500.0))
    links.append((*far, MODES.index("air_official"), 1500.0))
    return links


def small_world(
    seed: int = 0,
    places: int = 8,
    markets: int = 3,
    destinations: int = 2,
    networks: int = 4,
    groups: int = 3,
    organisations: int = 10,
) -> World:
    """Random connected world of three states and one source state, the same for the same arguments.

    Place 0 is the source, in state 3; the other places go to states 0, 1, 2 in turn and state 0 is in focus.
    """
    rng = np.random.default_rng(seed)
    states = 4
    place_state = np.array([3] + [(p - 1) % 3 for p in range(1, places)], dtype=np.int64)
    two_way = _links(rng, places)
    start = np.array([v for a, b, _, _ in two_way for v in (a, b)], dtype=np.int64)
    end = np.array([v for a, b, _, _ in two_way for v in (b, a)], dtype=np.int64)
    mode = np.repeat(np.array([m for _, _, m, _ in two_way], dtype=np.int64), 2)
    km = np.repeat(np.array([v for _, _, _, v in two_way]), 2)
    count = len(start)
    cover = np.repeat(rng.uniform(0.05, 0.9, count // 2), 2)
    monitoring = np.repeat(rng.uniform(0.1, 0.9, count // 2), 2)
    border = (place_state[start] != place_state[end]).astype(np.int64)
    sections: list[str] = []
    section = np.full(count, -1, dtype=np.int64)
    for k in range(count):
        if border[k]:
            a, b = sorted((int(place_state[start[k]]), int(place_state[end[k]])))
            name = f"S{a}_S{b}"
            if name not in sections:
                sections.append(name)
            section[k] = sections.index(name)
    fuel = np.zeros(count, dtype=np.int64)
    among_three = (place_state[start] != 3) & (place_state[end] != 3)
    focus_border = np.flatnonzero((border == 1) & (mode == 0) & among_three)
    if len(focus_border):
        first = int(focus_border[0]) // 2 * 2
        fuel[first : first + 2] = 1
    graph = Graph(places, start, end, mode, km, monitoring * (1.0 - cover))

    market_place = np.sort(rng.choice(np.arange(1, places), markets, replace=False)).astype(np.int64)
    destination_place = np.array([1, places - 1][:destinations], dtype=np.int64)
    origins = list(range(1, places))
    opiates = opiate_route_arrays(graph, [0], [int(p) for p in market_place], per_pair=4)
    people = people_route_arrays(graph, origins, [int(p) for p in destination_place])

    weights = rng.uniform(0.2, 1.0, places)
    place_share = np.array([weights[p] / weights[place_state == place_state[p]].sum() for p in range(places)])
    place_share[place_state == 2] *= 0.4  # the zones of a large state need not cover it
    years = np.arange(MONTHS) / 12.0
    gdp = np.array([9000.0, 1500.0, 4000.0, 500.0]) * np.exp(0.03 * years[:, None])
    population = np.array([15e6, 6e6, 40e6, 25e6]) * np.exp(0.012 * years[:, None])
    opium = 2500.0 + 1500.0 * (years > 13) + 800.0 * np.sin(years / 2.0)
    farm = np.exp(0.01 * (years[:, None] - 2.0)) * np.ones(states)
    events = {name: np.zeros(MONTHS) for name in EVENTS}
    events["soviet"][years < 3] = 1.0
    events["privatisation"][years >= 3] = 1.0
    events["internal_borders"] = np.clip((years - 3) / 8, 0.0, 1.0)
    events["nation_building"][(years >= 3) & (years < 11)] = 1.0
    events["law"] = np.clip((years - 10) / 6, 0.05, 1.0)
    events["court_clarification"][years >= 23] = 1.0
    events["working_group"][years >= 23] = 1.0
    events["diversion"][(years >= 22.3) & (years < 24)] = 1.0
    events["dismissal"][275] = 1.0
    events["appointment"][303] = 1.0
    events["raw_opium"] = np.clip(1.0 - (years - 6) / 7, 0.0, 1.0)
    events["russian_forces"][years < 16.5] = 1.0
    announced = np.clip((years[:, None] - np.linspace(12, 22, len(INSTRUMENTS))) / 3, 0.0, 0.8)

    home = rng.uniform(0.0, 1.0, (networks, places)) * (place_state != 3)
    home[-1] = place_state == 0
    home /= home.sum(axis=1, keepdims=True)
    cover_of = rng.uniform(0.0, 0.6, (networks, states))
    cover_of[:, 3] = 0.0
    insider = np.array([[float(home[n, place_state == s].sum() > 0) for s in range(states)] for n in range(networks)])
    insider[1] = 0.0
    soviet = np.zeros(networks, dtype=np.int64)
    soviet[0] = 1
    official = np.zeros(networks, dtype=np.int64)
    official[-1] = 1
    start_count = np.ones(networks, dtype=np.int64)
    start_count[0], start_count[-1] = 3, 0
    rng.uniform(size=networks)  # the draws that follow stay as they are
    know = np.full(networks, -1.0)
    know[0] = 0.8

    centre = [int(np.flatnonzero(place_state == 0)[0])] * 2
    post_place = np.array([*range(places), *centre], dtype=np.int64)
    kind = np.array([0] * places + [1] * len(centre), dtype=np.int64)
    group_share = rng.dirichlet(np.full(groups, 3.0), states)
    group_share[1] = np.array([0.7, 0.3] + [0.0] * (groups - 2))

    sizes = {
        "state": states,
        "place": places,
        "corridor": count,
        "market": markets,
        "destination": destinations,
        "network": networks,
        "organisation": organisations,
        "post": len(post_place),
        "group": groups,
        "line": groups,
        "drug_route": len(opiates["route_km"]),
        "people_route": len(people["people_km"]),
        "home_way": int(np.bincount(place_state[people["people_origin"]]).max()),
        "section": len(sections),
        "month": MONTHS,
        "trade": len(TRADES),
        "form": len(FORMS),
        "age": len(AGES),
        "conduct": len(CONDUCTS),
        "service": len(SERVICES),
        "instrument": len(INSTRUMENTS),
    }
    return World(
        sizes=sizes,
        start_year=START_YEAR,
        focus=0,
        state_names=("FOC", "NEI", "BIG", "SRC"),
        place_names=tuple(f"p{i}" for i in range(places)),
        corridor_names=tuple(f"C{i // 2 + 1:02d}{'ab'[i % 2]}" for i in range(count)),
        market_names=tuple(f"p{i}" for i in market_place),
        destination_names=tuple(f"p{i}" for i in destination_place),
        network_names=("old", *(f"n{i}" for i in range(1, networks - 1)), "official"),
        post_names=(*(f"post_p{i}" for i in range(places)), "fund", "government"),
        section_names=tuple(sections),
        gdp_per_head=gdp,
        population=population,
        opium=opium,
        farm_growth=farm,
        private_share=np.clip(0.05 + np.outer(years, (0.03, 0.01, 0.04, 0.0)), 0.05, 0.7),
        event=events,
        announced=announced,
        place_state=place_state,
        place_share=place_share,
        place_extractive=rng.uniform(0.0, 1.0, places),
        place_lat=rng.uniform(36, 56, places),
        place_lon=rng.uniform(50, 88, places),
        distance=shortest_distances(graph),
        corridor_from=start,
        corridor_to=end,
        corridor_mode=mode,
        corridor_km=km,
        corridor_cover=cover,
        corridor_monitoring=monitoring,
        corridor_border=border,
        corridor_internal=among_three.astype(np.int64),
        corridor_road=np.random.default_rng([seed, 1]).integers(len(ROADS), size=count // 2).repeat(2),
        corridor_fuel=fuel,
        corridor_section=section,
        corridor_reverse=np.arange(count, dtype=np.int64) ^ 1,
        **opiates,
        **people,
        market_place=market_place,
        market_weight=np.linspace(1.0, 1.5, markets),
        market_xinjiang=np.array([0] * (markets - 1) + [1], dtype=np.int64),
        destination_place=destination_place,
        network_home=home,
        network_cover=cover_of,
        network_insider=insider,
        network_soviet=soviet,
        network_official=official,
        network_start=start_count,
        network_know=know,
        post_place=post_place,
        post_state=place_state[post_place],
        post_kind=kind,
        post_officials=rng.uniform(200, 4000, len(post_place)),
        place_post=np.arange(places, dtype=np.int64),
        group_share=group_share,
        ruling_group=np.zeros(states, dtype=np.int64),
        line_share=group_share,
        line_ptr=np.tile(np.arange(groups + 1), (states, 1)),
        ruling_line=np.full(states, -1, dtype=np.int64),
        line_home=np.zeros((places, groups), dtype=np.int64),
        dismissal_post=places,
        appointment_post=places + 1,
        source_place=np.array([0], dtype=np.int64),
    )


def with_lines(world: World, seed: int = 0, homes: float = 0.4) -> World:
    """The world with one to four lines of kin in each group, of random shares and homes; the first of all rules.

    A line is at home at a place with chance ``homes``. Groups, and all else, stay as they were.
    """
    rng = np.random.default_rng([seed, 2])
    states, groups = world.group_share.shape
    many = rng.integers(1, 5, (states, groups))
    many[:, 0] = 3
    ptr = np.concatenate([np.zeros((states, 1), dtype=np.int64), np.cumsum(many, axis=1)], axis=1)
    share = np.zeros((states, int(ptr[:, -1].max())))
    for s, g in np.ndindex(states, groups):
        share[s, ptr[s, g]:ptr[s, g + 1]] = world.group_share[s, g] * rng.dirichlet(np.full(many[s, g], 3.0))
    home = (rng.uniform(size=(world.sizes["place"], share.shape[1])) < homes).astype(np.int64)
    return replace(world, line_share=share, line_ptr=ptr, ruling_line=ptr[np.arange(states), world.ruling_group],
                   line_home=home, sizes={**world.sizes, "line": share.shape[1]})


def with_services(world: World) -> World:
    """The world with a border service at every second place with a crossing, migration services in states 0 and 2."""
    crosses = world.corridor_border == 1
    border = np.unique(np.concatenate([world.corridor_from[crosses], world.corridor_to[crosses]]))[::2]
    seats = [int(np.flatnonzero(world.place_state == s)[0]) for s in (0, 2)]
    place = np.array([*border, *seats], dtype=np.int64)
    post_place = np.concatenate([world.post_place, place])
    staff = np.random.default_rng([7, len(post_place)]).uniform(50, 900, len(place))
    kinds = [POST_KINDS.index("border")] * len(border) + [POST_KINDS.index("migration")] * 2
    return replace(
        world,
        sizes={**world.sizes, "post": len(post_place)},
        post_names=(*world.post_names, *(f"border_p{p}" for p in border), "migration_0", "migration_2"),
        post_place=post_place,
        post_state=world.place_state[post_place],
        post_kind=np.concatenate([world.post_kind, kinds]),
        post_officials=np.concatenate([world.post_officials, staff]),
    )


def _check_routes(world: World, pointers: np.ndarray, links: np.ndarray, km: np.ndarray, ends: list) -> None:
    assert pointers[0] == 0 and pointers[-1] == len(links) and (np.diff(pointers) >= 0).all()
    for r, (origin, target) in enumerate(ends):
        route = links[pointers[r] : pointers[r + 1]]
        here, seen = origin, {origin}
        for link in route:
            assert world.corridor_from[link] == here
            here = int(world.corridor_to[link])
            assert here not in seen
            seen.add(here)
        assert here == target
        assert np.isclose(km[r], world.corridor_km[route].sum())


def assert_consistent(world: World) -> None:
    """Every array of a world has the shape, range and references that its documentation states."""
    n = world.sizes
    states, places, links, months = n["state"], n["place"], n["corridor"], n["month"]
    assert world.months == months
    for series in (world.gdp_per_head, world.population, world.farm_growth):
        assert series.shape == (months, states) and (series > 0).all()
    assert world.opium.shape == (months,) and (world.opium > 0).all()
    assert set(world.event) == set(EVENTS)
    for values in world.event.values():
        assert values.shape == (months,) and values.min() >= 0 and values.max() <= 1
    assert world.announced.shape == (months, n["instrument"])
    assert world.announced.min() >= 0 and world.announced.max() <= 1
    for state in range(states):
        assert 0 < world.place_share[world.place_state == state].sum() <= 1.0 + 1e-9
    assert world.distance.shape == (places, places) and np.isfinite(world.distance).all()
    assert (world.distance.diagonal() == 0).all()
    assert world.corridor_from.shape == (links,) and (world.corridor_km > 0).all()
    assert (world.corridor_from[world.corridor_reverse] == world.corridor_to).all()
    assert (world.corridor_reverse[world.corridor_reverse] == np.arange(links)).all()
    crossing = world.place_state[world.corridor_from] != world.place_state[world.corridor_to]
    assert (world.corridor_border == crossing).all()
    assert ((world.corridor_section >= 0) == crossing).all()
    for level in (
        world.corridor_cover,
        world.corridor_monitoring,
        world.place_extractive,
        world.network_cover,
    ):
        assert level.min() >= 0 and level.max() <= 1
    assert n["drug_route"] == len(world.route_km) and n["people_route"] == len(world.people_km)
    assert (np.diff(world.route_market) >= 0).all()
    assert (np.bincount(world.route_market, minlength=n["market"]) == np.diff(world.market_ptr)).all()
    assert (np.diff(world.market_ptr) > 0).all(), "a market without a route"
    assert (world.route_path_size > 0).all() and (world.route_path_size <= 1).all()
    ends = [(int(s), int(world.market_place[m])) for s, m in zip(world.route_source, world.route_market)]
    _check_routes(world, world.route_ptr, world.route_links, world.route_km, ends)
    pairs = zip(world.people_origin, world.people_destination)
    ends = [(int(o), int(world.destination_place[d])) for o, d in pairs]
    _check_routes(world, world.people_ptr, world.people_links, world.people_km, ends)
    official = world.corridor_mode == MODES.index("air_official")
    air = world.corridor_mode == MODES.index("air")
    for r in range(n["drug_route"]):
        route = world.route_links[world.route_ptr[r] : world.route_ptr[r + 1]]
        assert not air[route].any() and official[route].any() == bool(world.route_official[r])
    assert not official[world.people_links].any()
    assert np.allclose(world.network_home.sum(axis=1), 1.0) and np.allclose(world.group_share.sum(axis=1), 1.0)
    assert (world.post_state == world.place_state[world.post_place]).all()
    assert (world.post_place[world.place_post] == np.arange(places)).all()
    assert (world.post_officials > 0).all() and world.network_start.sum() <= n["organisation"]
    assert all(world.group_share[s, g] > 0 for s, g in enumerate(world.ruling_group))
    assert world.line_share.shape == (states, n["line"]) and world.line_home.shape == (places, n["line"])
    assert world.line_ptr.shape == (states, n["group"] + 1) and (np.diff(world.line_ptr, axis=1) >= 0).all()
    for s in range(states):
        own = [world.line_share[s, a:b].sum() for a, b in zip(world.line_ptr[s, :-1], world.line_ptr[s, 1:])]
        assert np.allclose(own, world.group_share[s])
        assert not world.line_share[s, world.line_ptr[s, -1]:].any()
        first, end = world.line_ptr[s, world.ruling_group[s]], world.line_ptr[s, world.ruling_group[s] + 1]
        assert world.ruling_line[s] == -1 or first <= world.ruling_line[s] < end
    assert set(np.unique(world.line_home)) <= {0, 1}
    names = (
        ("state", world.state_names),
        ("place", world.place_names),
        ("corridor", world.corridor_names),
        ("market", world.market_names),
        ("destination", world.destination_names),
        ("network", world.network_names),
        ("post", world.post_names),
        ("section", world.section_names),
    )
    for size, values in names:
        assert len(values) == n[size] == len(set(values))
