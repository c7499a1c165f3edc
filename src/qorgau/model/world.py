"""What is the same in every run of a case: geography, networks, posts, series, time line, as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

__all__ = [
    "AGES", "CONDUCTS", "EVENTS", "FORMS", "INSTRUMENTS", "MODES", "MOST", "POST_KINDS", "ROADS", "SERVICES", "TRADES",
    "World",
]

TRADES: tuple[str, ...] = ("opiates", "labour", "sexual")
"""Trades: opiates in kg; people exploited in labour and people exploited sexually, in persons."""

FORMS: tuple[str, ...] = ("labour", "sexual")
"""Forms of exploitation of people."""

AGES: tuple[str, ...] = ("adult", "child")
CONDUCTS: tuple[str, ...] = ("refuse", "tolerate", "bribe", "protect", "take_part")
SERVICES: tuple[str, ...] = ("documents", "safe_houses", "laundering")
MODES: tuple[str, ...] = ("road", "rail", "air", "air_official")
ROADS: tuple[str, ...] = ("good", "fair", "poor")
"""State of a road; says nothing of a corridor by rail or air."""

POST_KINDS: tuple[str, ...] = ("province", "centre", "border", "migration")
"""Bodies of officials: police and administration of a place, bodies at the centre, border service, migration service.

A case may leave out the last two: the first then does their work.
"""

MOST: Mapping[str, int] = {"states": 62, "places": 16_384, "destinations": 1_024, "networks": 2_048}
"""Most rows of a case: states passed on the way are bits of one number, and random numbers are named by the others."""

INSTRUMENTS: tuple[str, ...] = (
    "border_monitoring", "anti_corruption", "police_training", "special_units", "rehabilitation_centres",
    "awareness", "schooling", "regional_coordination", "victim_non_prosecution", "penalties",
    "governor_rotation", "outreach", "regular_migration",
)
"""Measures of the state (and of those who help); each has a delivered level from 0 to 1.

What is drawn for a measure is named by its place here: new ones go to the end."""

EVENTS: tuple[str, ...] = (
    "soviet",               # 1 while the USSR stands, then down to 0 as its arrangements wear off
    "privatisation",        # 1 from the start of privatisation
    "internal_borders",     # 0 (open between republics) rising to 1 as border controls appear, 1992-2000
    "nation_building",      # 1 while elites build on group identity (1990s)
    "law",                  # upper bound of how far a law against trafficking exists, 0 to 1 (acts with attention)
    "court_clarification",  # 1 from the supreme court's ruling of 2012
    "working_group",        # 1 from the inter-agency working group of 2012
    "diversion",            # 0 to 1: police diverted by the attacks of 2011-2012
    "dismissal",            # pulse: holder of the state-asset post dismissed, 2011
    "appointment",          # pulse: government post filled across group lines, April 2014
    "raw_opium",            # share of what leaves the source as opium, by heroin equivalent; the rest is refined there
    "russian_forces",       # 1 while Russian border troops stand on the Tajik-Afghan border (until 2005)
)


@dataclass(frozen=True)
class World:
    """Static inputs. Index 0 of months is January 1989 (two years of spin-up before January 1991).

    Shapes use the names of ``sizes``: S states, P places, L directed corridors, M markets, D destinations,
    N networks, I posts, G patron groups, J lines of kin (most of one state), T months, K instruments.
    """

    sizes: Mapping[str, int]
    start_year: int
    focus: int
    state_names: tuple[str, ...]
    place_names: tuple[str, ...]
    corridor_names: tuple[str, ...]
    market_names: tuple[str, ...]
    destination_names: tuple[str, ...]
    network_names: tuple[str, ...]
    post_names: tuple[str, ...]
    section_names: tuple[str, ...]

    # series, by month (T, S) unless said
    gdp_per_head: np.ndarray          # USD/year, current
    population: np.ndarray            # persons
    opium: np.ndarray                 # (T,) tonnes/year of Afghan opium
    farm_growth: np.ndarray           # (T, S) farm output over its level of 1991
    event: Mapping[str, np.ndarray]   # each (T,), see EVENTS
    announced: np.ndarray             # (T, K) announced level of each measure on the time line, 0 to 1

    # places
    place_state: np.ndarray           # (P,) int
    place_share: np.ndarray           # (P,) share of its state's population
    place_extractive: np.ndarray      # (P,) 0 to 1, weight of energy and construction rents
    place_lat: np.ndarray             # (P,) degrees
    place_lon: np.ndarray             # (P,) degrees
    distance: np.ndarray              # (P, P) km, shortest over corridors open to people

    # corridors (directed)
    corridor_from: np.ndarray         # (L,) int place
    corridor_to: np.ndarray           # (L,) int place
    corridor_mode: np.ndarray         # (L,) int, index in MODES
    corridor_km: np.ndarray           # (L,)
    corridor_cover: np.ndarray        # (L,) 0 to 1
    corridor_monitoring: np.ndarray   # (L,) 0 to 1
    corridor_border: np.ndarray       # (L,) int 1 when it crosses a border
    corridor_internal: np.ndarray     # (L,) int 1 when both ends are in former Soviet republics
    corridor_road: np.ndarray         # (L,) int, index in ROADS; without effect but by road
    corridor_fuel: np.ndarray         # (L,) int 1 on the Kyrgyz-Kazakh section with fuel smuggling
    corridor_section: np.ndarray      # (L,) int border section or -1
    corridor_reverse: np.ndarray      # (L,) int index of the opposite direction

    # routes of opiates: source to market, links in order
    route_market: np.ndarray          # (R,) int
    route_source: np.ndarray          # (R,) int place
    route_ptr: np.ndarray             # (R+1,) int into route_links
    route_links: np.ndarray           # (.,) int corridor
    route_km: np.ndarray              # (R,)
    route_path_size: np.ndarray       # (R,) path-size factor in (0, 1]
    route_official: np.ndarray        # (R,) int 1 when only official rackets can use it
    market_ptr: np.ndarray            # (M+1,) routes of market m are market_ptr[m]:market_ptr[m+1]

    # routes of people: place to destination
    people_origin: np.ndarray         # (H,) int place
    people_destination: np.ndarray    # (H,) int destination
    people_ptr: np.ndarray            # (H+1,) into people_links
    people_links: np.ndarray
    people_km: np.ndarray             # (H,)

    market_place: np.ndarray          # (M,) int
    market_weight: np.ndarray         # (M,) use of opiates relative to other places of its size
    market_xinjiang: np.ndarray       # (M,) int 1 in Xinjiang
    destination_place: np.ndarray     # (D,) int

    # networks
    network_home: np.ndarray          # (N, P) weights that sum to one: where its organisations live
    network_cover: np.ndarray         # (N, S) 0 to 1, cover by a settled diaspora
    network_insider: np.ndarray       # (N, S) 1: its organisations are insiders to the officials of a state, else 0
    network_soviet: np.ndarray        # (N,) int 1: protected in Soviet times (Russia-based)
    network_official: np.ndarray      # (N,) int 1: official rackets
    network_start: np.ndarray         # (N,) int number of organisations in January 1989
    network_know: np.ndarray          # (N,) starting know-how, 0 to 1; -1: drawn

    # posts of officials and patron groups
    post_place: np.ndarray            # (I,) int place (centre posts: capital)
    post_state: np.ndarray            # (I,) int
    post_kind: np.ndarray             # (I,) int, index in POST_KINDS
    post_officials: np.ndarray        # (I,) number of officials
    place_post: np.ndarray            # (P,) int: post of the police and administration of the place
    group_share: np.ndarray           # (S, G) population shares of patron groups (zero where unused)
    ruling_group: np.ndarray          # (S,) int
    line_share: np.ndarray            # (S, J) of lines of kin, by group; a group without lines is one line of its own
    line_ptr: np.ndarray              # (S, G+1) int: lines of group g of state s are line_ptr[s, g]:line_ptr[s, g+1]
    ruling_line: np.ndarray           # (S,) int, or -1
    line_home: np.ndarray             # (P, J) int 1: a line of the place's state is at home there
    dismissal_post: int               # index of the post that the 2011 dismissal concerns
    appointment_post: int             # index of the post that the 2014 appointment concerns

    source_place: np.ndarray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    # (T, S) share of output that is private, 0 to 1; empty: nothing is taken to be run by the state
    private_share: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    # scores of perceived corruption of other countries in one edition, ascending; empty: no place is told
    score_table: np.ndarray = field(default_factory=lambda: np.zeros(0))

    @property
    def months(self) -> int:
        """Number of months in the series."""
        return len(self.opium)
