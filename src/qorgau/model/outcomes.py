"""Yearly outcomes of a run: what every result table has, with units and how a year is formed from its months.

A monthly reading is summed over the year ("flow"), averaged ("mean") or read in December ("end"). Most are sums over
cells of the state's arrays, declared as such and added up by one compiled pass a month; a few need a function. Some
outcomes are formed from the year's totals: shares, effective numbers, spells and the entropy of routes (``chains``).

A new outcome is one ``Reading`` in ``readings``: ``one`` for a column, ``each`` for a column per index. Its twin, if it
is more than a plain sum, goes to the plain tables of the tests.
"""

from __future__ import annotations

import numpy as np

from qorgau.model.chains import Chains, chains_of, route_entropy
from qorgau.model.collector import Reading, Term, YearTable, each, labelled, one
from qorgau.model.organisations import FLOWS
from qorgau.model.tally import (
    active_by_network,
    labelled_active,
    logistic,
    mixed_share,
    of_people,
    per_journey,
    share_above,
    share_equal,
)
from qorgau.model.world import POST_KINDS, World

__all__ = ["Chains", "Collector", "Reading", "chains_of", "outcome_names", "outcome_units", "readings", "route_entropy"]

ALL = slice(None)
CENTRAL_ASIA = ("KAZ", "KGZ", "TJK", "TKM", "UZB")
_UPKEEP = np.array([FLOWS.index("fixed")])
"""Flows of money that papers and safe houses make dearer or cheaper."""


def _of_states(world: World, names: tuple[str, ...]) -> np.ndarray:
    return np.isin(np.array(world.state_names), names)


def readings(world: World) -> tuple[Reading, ...]:
    """Readings of a world, in the order of the table."""
    f = world.focus
    iso = world.state_names[f]
    states = range(len(world.state_names))
    state_of_market = world.place_state[world.market_place]
    state_of_destination = world.place_state[world.destination_place]
    km = np.flatnonzero(state_of_market == f)
    kd = np.flatnonzero(state_of_destination == f)
    kc = np.flatnonzero(world.place_state[world.corridor_to] == f)
    kp = np.flatnonzero(world.post_state == f)
    origin_focus = np.flatnonzero(world.place_state == f)
    western = np.flatnonzero(_of_states(world, ("RUS", "EUU"))[state_of_market])
    homes = [s for s, n in enumerate(world.state_names) if n not in ("RUS", "CHN", "EUU", "AFG")]
    central = [s for s, n in enumerate(world.state_names) if n in CENTRAL_ASIA] or homes
    capital_kind = POST_KINDS.index("centre")
    border = (world.corridor_border == 1) & (world.place_state[world.corridor_to] == f)
    border &= world.corridor_mode <= 1
    from_state = world.place_state[world.corridor_from]
    neighbours = sorted({int(s) for s in from_state[border]})
    of_section = [np.flatnonzero(world.corridor_section == k) for k in range(len(world.section_names))]
    journeys = [(h, d) for h in homes for d in states if d != h]
    ruling = int(world.ruling_group[f])
    base = max(1e-9, float(world.group_share[f, ruling]))
    centre_posts = kp[world.post_kind[kp] == capital_kind]
    province_posts = kp[world.post_kind[kp] == POST_KINDS.index("province")]
    # by body, where a case tells them apart
    bodies = {name: kp[world.post_kind[kp] == POST_KINDS.index(kind)]
              for name, kind in (("border", "border"), ("police", "province"), ("migration", "migration"))}
    told_apart = (world.post_kind > capital_kind).any()
    told = np.flatnonzero(world.announced.max(axis=0) > 0.0)
    networks = len(world.network_names)
    labels = labelled(world)
    names_of_labels = [world.network_names[n] for n in labels]

    def officials(name: str, least: int, posts: np.ndarray) -> Reading:
        return one(name, "1", "mean", Term("conduct", (posts, slice(least, None)), 1.0 / max(1, len(posts))))

    def paid_share(s: int) -> Reading:
        # only the places of the model pay: their part of the state's people
        heads = float(world.population[:, s].mean() * world.place_share[world.place_state == s].sum())
        return one(f"protection_paid_to_officials_share_{world.state_names[s]}", "1", "mean",
                   Term("legal_protection", np.flatnonzero(world.post_state == s)), over=Term("wage", s, heads))

    items: list[Reading] = [
        one("people_recruited", "persons/year", "flow", Term("origin_flow", f)),
        one("people_recruited_all", "persons/year", "flow", Term("recruits")),
        one("people_exploited", "persons", "mean", Term("exploited", kd)),
        one("people_exploited_all", "persons", "mean", Term("exploited")),
        one("people_exploited_children", "persons", "mean", Term("exploited", (kd, ALL, 1))),
        one("exploitation_demand", "persons", "mean", Term("demand_people", kd)),
        one("people_identified", "persons/year", "flow", Term("identified", f)),
        one("people_assisted", "persons/year", "flow", Term("assisted", f)),
        one("people_assisted_by_outreach", "persons/year", "flow", Term("assisted_outreach", f)),
        one("people_retrafficked", "persons/year", "flow", Term("retrafficked", f)),
        one("people_returned_by_officials", "persons/year", "flow", Term("returned_by_officials", f)),
        one(f"people_origin_{iso}", "persons/year", "flow", Term("origin_flow", f)),
        one(f"people_transit_{iso}", "persons/year", "flow", Term("transit_flow", f)),
        one(f"people_destination_{iso}", "persons/year", "flow", Term("arrival_flow", f)),
        one("people_carried_couriers", "persons/year", "flow", Term("couriers")),
        one("opiates_couriers_kg", "kg/year", "flow", Term("couriers_kg")),
        one("opiates_delivered_kg", "kg/year", "flow", Term("arrivals", km)),
        one("opiates_delivered_kg_all", "kg/year", "flow", Term("arrivals")),
        one("opiates_delivered_kg_xinjiang", "kg/year", "flow", Term("arrivals", world.market_xinjiang == 1)),
        one("opiates_delivered_kg_west", "kg/year", "flow", Term("arrivals", western)),
        one("opiates_consumed_kg", "kg/year", "flow", Term("consumed", km)),
        one("opiates_seized_kg", "kg/year", "flow", Term("seized_kg", kc)),
        one("opiates_seized_kg_all", "kg/year", "flow", Term("seized_kg")),
        one("opiate_users", "persons", "mean", Term("users", km)),
        one("opiate_users_all", "persons", "mean", Term("users")),
        one("opiate_source_price", "USD/kg", "mean", Term("source_price")),
        one("cases_identified", "cases/year", "flow", Term("cases_identified", f)),
        one("cases_investigated", "cases/year", "flow", Term("cases_investigated", f)),
        one("cases_prosecuted", "cases/year", "flow", Term("cases_prosecuted", f)),
        one("cases_convicted", "cases/year", "flow", Term("cases_convicted", f)),
        one("bribes_usd", "USD/year", "flow", Term("bribes_post", kp), Term("fees_post", kp),
            Term("deals_usd", f)),
        one("rents_legal_usd", "USD/year", "flow", Term("legal_rents", kp), Term("legal_protection", kp)),
        officials("officials_corrupt_share", 2, kp),
        officials("officials_corrupt_share_centre", 2, centre_posts),
        officials("officials_protect_or_take_part_share", 3, kp),
        one("perceived_corruption_score", "score 0-100", "mean", Term("perceived_corruption", f)),
        each((f"perceived_corruption_score_{n}" for n in world.state_names), "score 0-100", "mean",
             "perceived_corruption", states),
        one("tip_tier", "tier", "end", Term("tier", f)),
        one("active_organisations", "organisations", "mean", Term("active")),
        Reading(tuple(f"organisations_active_{n}" for n in world.network_names), "organisations", "mean",
                fill=lambda s, out: active_by_network(s.active, s.network, out)),
        Reading(tuple(f"organisations_labelled_active_{n}" for n in names_of_labels), "organisations", "mean",
                fill=lambda s, out: labelled_active(s.active, s.network, networks, labels, s.label_error, out)),
        one("organisations_both_trades_share", "1", "mean",
            fill=lambda s, out: mixed_share(s.trade, s.active, 0.15, out)),
        one("people_carried_share_by_opiate_first", "1", "mean",
            fill=lambda s, out: of_people(s.recruits_drug_first, s.recruits, out)),
        each((f"remittances_share_{world.state_names[h]}" for h in homes), "1", "mean", "remittances_share", homes),
        each((f"opiate_price_{n}" for n in world.market_names), "USD/kg", "mean", "price",
             range(len(world.market_names))),
        each((f"opiate_retail_price_{n}" for n in world.market_names), "USD/kg", "mean", "price_retail",
             range(len(world.market_names))),
        each((f"opiates_stock_kg_{n}" for n in world.market_names), "kg", "mean", "stock",
             range(len(world.market_names))),
        each((f"opiates_delivered_kg_{n}" for n in world.market_names), "kg/year", "flow", "arrivals",
             range(len(world.market_names))),
        each((f"opiates_border_kg_{world.state_names[s]}" for s in neighbours), "kg/year", "flow", "carried_kg",
             (border & (from_state == s) for s in neighbours)),
        each((f"opiates_section_kg_{n}" for n in world.section_names), "kg/year", "flow", "carried_kg", of_section),
        each((f"people_border_{n}" for n in world.section_names), "persons/year", "flow", "carried_people",
             of_section),
        each((f"departures_{world.state_names[h]}_{world.state_names[d]}" for h, d in journeys), "persons/year",
             "flow", "departures", journeys),
        one("departures_CA", "persons/year", "flow", Term("departures", central)),
        one(f"protection_share_official_{iso}", "1", "mean", fill=lambda s, out: logistic(s.guarantor, f, out)),
        paid_share(f),
        one("posts_own_group_ratio_centre", "1", "mean",
            fill=lambda s, out: share_equal(s.group, centre_posts, ruling, base, out)),
        one("posts_own_group_ratio_provinces", "1", "mean",
            fill=lambda s, out: share_equal(s.group, province_posts, ruling, base, out)),
        one("salience", "1", "mean", Term("salience", f)),
        one("attention", "1", "mean", Term("attention")),
        one("measures_cost_usd", "USD/year", "flow", Term("measure_cost")),
        one("measures_announced_mean", "1", "mean", Term("announced", told, 1.0 / max(1, len(told)))),
        one("measures_delivered_mean", "1", "mean", Term("instrument", told, 1.0 / max(1, len(told)))),
        one("organisations_profit_usd", "USD/year", "flow", Term("profit_total")),
        one("people_recruited_from_abroad", "persons/year", "flow", Term("recruits", (ALL, kd)),
            Term("recruits", np.ix_(origin_focus, kd), -1.0)),
        each((f"people_origin_{world.state_names[h]}" for h in homes if h != f), "persons/year", "flow", "origin_flow",
             (h for h in homes if h != f)),
        one("people_recruited_working_abroad", "persons/year", "flow", Term("recruits_there")),
        one("people_carried_abroad", "persons/year", "flow", Term("arrival_flow"), Term("recruits_there", ALL, -1.0)),
        one("people_found_on_way", "persons/year", "flow", Term("intercepted")),
        one("journey_cost_usd", "USD/journey", "mean",
            fill=lambda s, out: per_journey(s.money, _UPKEEP, s.active, s.capacity, s.in_use, out)),
    ]
    if told_apart:
        for name, posts in bodies.items():
            if len(posts):
                items.append(officials(f"officials_corrupt_share_{name}", 2, posts))
                settled = (Term("deals_usd", f),) if name == "police" else ()
                items.append(one(f"bribes_usd_{name}", "USD/year", "flow", Term("bribes_post", posts),
                                 Term("fees_post", posts), *settled))
    if len(world.score_table):
        table = world.score_table
        items.append(one("perceived_corruption_rank_share", "1", "mean",
                         fill=lambda s, out: share_above(s.perceived_corruption, f, table, out)))
    line = int(world.ruling_line[f])
    if line >= 0:
        of_line = max(1e-9, float(world.line_share[f, line]))
        items.append(one("posts_ruling_line_ratio_centre", "1", "mean",
                         fill=lambda s, out: share_equal(s.line, centre_posts, line, of_line, out)))
    if world.line_home[origin_focus].any():
        items += [
            one("governors_left", "spells/year", "flow", Term("spells_ended", f)),
            one("governors_left_at_home", "spells/year", "flow", Term("spells_home", f)),
            one("governors_at_home_share", "1", "mean",
                Term("at_home", province_posts, 1.0 / max(1, len(province_posts)))),
        ]
    if "RUS" in world.state_names:
        items.append(paid_share(world.state_names.index("RUS")))
    return tuple(items)


def _countries(world: World) -> tuple[int, ...]:
    """States of which the entropy of routes is told."""
    return tuple(s for s, n in enumerate(world.state_names) if n in CENTRAL_ASIA or s == world.focus)


def _formed_names(world: World) -> tuple[tuple[str, str], ...]:
    return (
        ("months_exploited", "month"),
        ("active_corridors", "corridors"),
        ("organisations_effective", "organisations"),
        *((f"organisations_share_{n}", "1") for n in world.network_names),
        *((f"organisations_labelled_share_{world.network_names[n]}", "1") for n in labelled(world)),
        ("governor_tenure_months", "month"),
        ("governor_long_spells_share", "1"),
        ("route_entropy", "nat"),
        *((f"route_entropy_{world.state_names[s]}", "nat") for s in _countries(world)),
    )


def outcome_names(world: World) -> tuple[str, ...]:
    """Names of all outcomes, in the order of the last axis of the yearly table."""
    names = [n for r in readings(world) for n in r.names]
    return tuple(names + [n for n, _ in _formed_names(world)])


def outcome_units(world: World) -> dict[str, str]:
    """Unit of every outcome by name."""
    units = {n: r.unit for r in readings(world) for n in r.names}
    units.update(dict(_formed_names(world)))
    return units


class Collector(YearTable):
    """The yearly table of these outcomes, for ``runs`` rows; see `YearTable`."""

    def __init__(self, world: World, runs: int):
        super().__init__(world, runs, readings(world), _countries(world))
