"""From a case to what the model and the ensemble take: arrays, rows of parameters, claims behind mechanisms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from qorgau.case.case import Case
from qorgau.case.models import Corridor, Level
from qorgau.case.priors import Prior
from qorgau.case.timeline import announced_levels, event_levels, month_index
from qorgau.model.mechanisms import Mechanism
from qorgau.model.route_arrays import opiate_route_arrays, people_route_arrays
from qorgau.model.route_sets import (
    Graph,
    shortest_distances,
    watched_exposure,
)
from qorgau.model.world import (
    AGES,
    CONDUCTS,
    FORMS,
    INSTRUMENTS,
    MODES,
    POST_KINDS,
    ROADS,
    SERVICES,
    TRADES,
    World,
)

__all__ = [
    "ParameterRow",
    "corridor_names",
    "mechanism_claims",
    "parameter_table",
    "to_world",
]


@dataclass(frozen=True)
class ParameterRow:
    """One uncertain number: its full name, unit, what is believed of it and on what that rests."""

    name: str
    unit: str
    prior: Prior
    claims: tuple[str, ...]
    assumption: str | None
    vague: Prior | None


def parameter_table(case: Case) -> tuple[ParameterRow, ...]:
    """Rows of all parameters, sorted by name; those that `with_values` fixed have a fixed prior and no claims."""
    rows = []
    for name in sorted(case.parameters):
        given = case.parameters[name]
        if name in case.fixed:
            fixed = case.prior(name)
            rows.append(ParameterRow(name, given.unit, fixed, (), "fixed by the user", None))
        else:
            rows.append(ParameterRow(name, given.unit, given.prior, given.claims, given.assumption, given.vague))
    return tuple(rows)


def mechanism_claims(case: Case) -> dict[Mechanism, tuple[str, ...]]:
    """Claims that each mechanism rests on, by the placements ``mechanism:<name>`` of the evidence.

    A mechanism without claims is always on. Retracted claims stay in the list: they are false in every draw, so a
    mechanism that rests on retracted claims only is off.
    """
    out: dict[Mechanism, tuple[str, ...]] = {}
    for mechanism in Mechanism:
        where = f"mechanism:{mechanism.name.lower()}"
        out[mechanism] = tuple(
            claim.id
            for claim in case.evidence.claims
            if any(p.where == where for p in claim.placement)
        )
    return out


def corridor_names(case: Case) -> tuple[str, ...]:
    """Names of the directed corridors: ``C01a`` as the file writes it, ``C01b`` the way back."""
    return tuple(f"{corridor.id}{way}" for corridor in case.corridors for way in "ab")


def _level(case: Case, value: Level | float) -> float:
    return float(getattr(case.settings.levels, value)) if isinstance(value, str) else float(value)


def _section(case: Case, corridor: Corridor, state_of: dict[str, str]) -> str | None:
    """Border section that a corridor crosses: the two states in order of the alphabet, flights apart."""
    ends = sorted({state_of[corridor.start], state_of[corridor.end]})
    if len(ends) < 2:
        return None
    pair = "_".join(ends)
    return f"air_{pair}" if corridor.mode.startswith("air") else pair


def _series(case: Case, feeds: str, months: int) -> np.ndarray:
    series = next(s for s in case.series if s.feeds == feeds)
    start = case.settings.start_year
    if feeds == "opium":
        return series.monthly(series.entities[0], start, months)
    return np.column_stack([series.monthly(state.id, start, months) for state in case.states])


def _private_share(case: Case, months: int) -> np.ndarray:
    """Private share of output by month and state; empty if the case has no such series."""
    if not any(series.feeds == "private_share" for series in case.series):
        return np.zeros((0, 0))
    return np.clip(_series(case, "private_share", months) / 100.0, 0.0, 1.0)


def _score_table(case: Case) -> np.ndarray:
    """Scores of all countries but the one in focus, lowest first; empty if the case has no such table."""
    table = next((s for s in case.series if s.feeds == "score_table"), None)
    if table is None:
        return np.zeros(0)
    others = (entity for entity in table.entities if entity != case.settings.focus)
    return np.sort([next(iter(table.chained(entity).values())) for entity in others])


def _geography(case: Case) -> dict[str, Any]:
    places = {place.id: n for n, place in enumerate(case.places)}
    state_of = {place.id: place.state for place in case.places}
    soviet = {state.id for state in case.states if state.former_soviet}
    links = [(c, a, b) for c in case.corridors for a, b in ((c.start, c.end), (c.end, c.start))]
    sections: dict[str, int] = {}
    section = []
    for corridor, _, _ in links:
        name = _section(case, corridor, state_of)
        section.append(-1 if name is None else sections.setdefault(name, len(sections)))
    count = len(links)
    return {
        "corridor_names": corridor_names(case),
        "section_names": tuple(sections),
        "corridor_from": np.array([places[a] for _, a, _ in links], dtype=np.int64),
        "corridor_to": np.array([places[b] for _, _, b in links], dtype=np.int64),
        "corridor_mode": np.array([MODES.index(c.mode) for c, _, _ in links], dtype=np.int64),
        "corridor_km": np.array([c.length_km for c, _, _ in links], dtype=float),
        "corridor_cover": np.array([_level(case, c.cover) for c, _, _ in links]),
        "corridor_monitoring": np.array([_level(case, c.monitoring) for c, _, _ in links]),
        "corridor_border": np.array([state_of[a] != state_of[b] for _, a, b in links], dtype=np.int64),
        "corridor_internal": np.array([{state_of[a], state_of[b]} <= soviet for _, a, b in links], dtype=np.int64),
        "corridor_road": np.array([ROADS.index(c.road) for c, _, _ in links], dtype=np.int64),
        "corridor_fuel": np.array([c.fuel_smuggling for c, _, _ in links], dtype=np.int64),
        "corridor_section": np.array(section, dtype=np.int64),
        "corridor_reverse": np.arange(count, dtype=np.int64) ^ 1,
    }


def _networks(case: Case) -> dict[str, Any]:
    places = [place.id for place in case.places]
    state_of = {place.id: place.state for place in case.places}
    states = [state.id for state in case.states]
    home = np.array([[network.homes.get(place, 0.0) for place in places] for network in case.networks])
    return {
        "network_home": home / home.sum(axis=1, keepdims=True),
        "network_cover": np.array([[n.diaspora.get(state, 0.0) for state in states] for n in case.networks]),
        "network_insider": np.array([
            [float(state in ({state_of[p] for p in n.homes} if n.insider is None else n.insider)) for state in states]
            for n in case.networks
        ]),
        "network_soviet": np.array([n.soviet_protection for n in case.networks], dtype=np.int64),
        "network_official": np.array([n.official for n in case.networks], dtype=np.int64),
        "network_start": np.array([n.organisations_at_start for n in case.networks], dtype=np.int64),
        "network_know": np.array([-1.0 if n.know_how_at_start is None else n.know_how_at_start for n in case.networks]),
    }


def _posts_and_groups(case: Case, place_state: np.ndarray) -> dict[str, Any]:
    number = {place.id: n for n, place in enumerate(case.places)}
    post_place = np.array([number[post.place] for post in case.posts], dtype=np.int64)
    local = {post.place: n for n, post in enumerate(case.posts) if post.kind == "province"}
    return {
        "post_place": post_place,
        "post_state": place_state[post_place],
        "post_kind": np.array([POST_KINDS.index(post.kind) for post in case.posts], dtype=np.int64),
        "post_officials": np.array([post.officials for post in case.posts], dtype=float),
        "place_post": np.array([local[place] for place in number], dtype=np.int64),
        **_groups(case),
        "dismissal_post": next(n for n, post in enumerate(case.posts) if post.state_assets),
        "appointment_post": next(n for n, post in enumerate(case.posts) if post.government),
    }


def _groups(case: Case) -> dict[str, Any]:
    """Patron groups and the lines of kin in them, side by side; a group without lines is one line of its own."""
    number = {place.id: n for n, place in enumerate(case.places)}
    top = [[g for g in case.patron_groups if g.state == state.id and g.within is None] for state in case.states]
    members = [[[m for m in case.patron_groups if m.within == g.id] or [g] for g in groups] for groups in top]
    lines = [[(line, g) for g, own in zip(groups, of, strict=True) for line in own]
             for groups, of in zip(top, members, strict=True)]
    share = np.zeros((len(top), max(map(len, top))))
    ptr = np.zeros((len(top), share.shape[1] + 1), dtype=np.int64)
    line_share = np.zeros((len(top), max(map(len, lines))))
    ruling_line = np.full(len(top), -1, dtype=np.int64)
    home = np.zeros((len(case.places), line_share.shape[1]), dtype=np.int64)
    for s, groups in enumerate(top):
        share[s, : len(groups)] = [group.share for group in groups]
        ptr[s, 1:] = len(lines[s])
        ptr[s, 1 : len(groups) + 1] = np.cumsum([len(own) for own in members[s]])
        line_share[s, : len(lines[s])] = [line.share for line, _ in lines[s]]
        for j, (line, group) in enumerate(lines[s]):
            if line.ruling and line is not group:
                ruling_line[s] = j
            home[[number[place] for place in line.places or group.places], j] = 1
    return {
        "group_share": share,
        "ruling_group": np.array([[g.ruling for g in groups].index(True) for groups in top], dtype=np.int64),
        "line_share": line_share,
        "line_ptr": ptr,
        "ruling_line": ruling_line,
        "line_home": home,
    }


def to_world(case: Case) -> World:
    """Translate a case into the static arrays of the model.

    Series become months by filling between the middles of years; GDP per head is that of the first vintage to
    its end, then goes on by the growth of the next. A place's share of its state is its population over the
    state's in the case's population year, so the places of a state need not make up the whole of it. Routes are
    drawn up here, once.

    Returns
    -------
    World
    """
    settings = case.settings
    start_year = settings.start_year
    months = 12 * (settings.last_year - start_year + 1)
    places = [place.id for place in case.places]
    states = [state.id for state in case.states]
    place_state = np.array([states.index(place.state) for place in case.places], dtype=np.int64)
    population = _series(case, "population", months)
    in_year = population[month_index(f"{settings.population_year}-07", start_year)]
    share = np.array([place.population for place in case.places]) / in_year[place_state]
    # Zones rounded up may come to a little more than their state.
    share /= np.maximum(1.0, np.bincount(place_state, share, len(states)))[place_state]
    farm = _series(case, "farm_growth", months)
    farm_1991 = farm[month_index("1991-07", start_year)] if start_year <= 1991 else farm[0]
    geography = _geography(case)
    graph = Graph(
        places=len(places),
        start=geography["corridor_from"],
        end=geography["corridor_to"],
        mode=geography["corridor_mode"],
        km=geography["corridor_km"],
        exposure=watched_exposure(
            geography["corridor_km"], geography["corridor_border"], geography["corridor_monitoring"],
            geography["corridor_cover"],
        ),
    )
    sources = [n for n, place in enumerate(case.places) if "source" in place.roles]
    origins = [n for n, place in enumerate(case.places) if "origin" in place.roles]
    markets = [places.index(market.place) for market in case.markets]
    destinations = [places.index(destination.place) for destination in case.destinations]
    opiates: dict[str, Any] = opiate_route_arrays(
        graph, sources, markets, settings.routes.opiates_per_source_and_market,
        geography["corridor_section"], settings.routes.opiates_round_a_crossing,
    )
    people: dict[str, Any] = people_route_arrays(
        graph, origins, destinations, settings.routes.people_per_home_and_destination
    )
    posts = _posts_and_groups(case, place_state)
    sizes = {
        "state": len(states),
        "place": len(places),
        "corridor": len(geography["corridor_km"]),
        "market": len(markets),
        "destination": len(destinations),
        "network": len(case.networks),
        "organisation": settings.organisation_slots,
        "post": len(case.posts),
        "group": posts["group_share"].shape[1],
        "line": posts["line_share"].shape[1],
        "drug_route": len(opiates["route_km"]),
        "people_route": len(people["people_km"]),
        "home_way": int(np.bincount(place_state[people["people_origin"]]).max()),
        "section": len(geography["section_names"]),
        "month": months,
        "trade": len(TRADES),
        "form": len(FORMS),
        "age": len(AGES),
        "conduct": len(CONDUCTS),
        "service": len(SERVICES),
        "instrument": len(INSTRUMENTS),
    }
    return World(
        sizes=sizes,
        start_year=start_year,
        focus=states.index(settings.focus),
        state_names=tuple(states),
        place_names=tuple(places),
        market_names=tuple(market.place for market in case.markets),
        destination_names=tuple(destination.place for destination in case.destinations),
        network_names=tuple(network.id for network in case.networks),
        post_names=tuple(post.id for post in case.posts),
        gdp_per_head=_series(case, "gdp_per_head", months),
        population=population,
        opium=_series(case, "opium", months),
        farm_growth=farm / farm_1991,
        event=event_levels(case.timeline, start_year, months),
        announced=announced_levels(case.timeline, start_year, months),
        place_state=place_state,
        place_share=share,
        place_extractive=np.array([place.extractive for place in case.places]),
        place_lat=np.array([place.lat for place in case.places]),
        place_lon=np.array([place.lon for place in case.places]),
        distance=shortest_distances(graph),
        market_place=np.array(markets, dtype=np.int64),
        market_weight=np.array([market.weight for market in case.markets]),
        market_xinjiang=np.array([market.xinjiang for market in case.markets], dtype=np.int64),
        destination_place=np.array(destinations, dtype=np.int64),
        source_place=np.array(sources, dtype=np.int64),
        private_share=_private_share(case, months),
        score_table=_score_table(case),
        **geography,
        **opiates,
        **people,
        **_networks(case),
        **posts,
    )
