"""Invented cases of any size, for tests and for measuring cost: nothing in them says anything about the world.

Every place, state, network, figure and claim is made up and labelled so. A case is the same to the byte for the same
`Scale`. It is written as files like any other case, loads and simulates; priors are those of a bundled case, taken
over as assumptions, so that processes work at the strength that they were built for.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from qorgau.case.case import Case
from qorgau.case.load import case_folder, load_case
from qorgau.case.new import into_new_folder
from qorgau.case.synthetic_map import Map, draw_map, names
from qorgau.errors import InputError
from qorgau.model.world import ROADS, SERVICES, TRADES

__all__ = ["Scale", "synthetic_case", "write_synthetic"]

_MADE_UP = "invented: drawn at random, for tests and measurements of cost"
_MOST_STATES = 60
_HOMES = 8
_COPIED = ("thresholds.yaml", "evidence/policy.yaml")


@dataclass(frozen=True)
class Scale:
    """How large an invented case is. Trades are always the three that the model knows.

    Attributes
    ----------
    places, corridors : int
        Corridors are open both ways, so the model has twice as many links. At least ``places - 1`` are needed.
    organisations : int
        Most organisations alive at once; four in ten are there at the start.
    networks : int, optional
        By default one for every eight organisations, at least four.
    states : int
        The last one holds the sources.
    sources, markets, destinations : int
        Places where opiates leave, are sold, and where people are exploited.
    origins : int, optional
        Places whose inhabitants are recruited; by default two thirds of all places.
    opiate_routes, people_routes : int
        Most candidate routes of a source and market, and of a home and destination.
    last_year : int
        Last year of the case.
    seed : int
    """

    places: int = 25
    corridors: int = 45
    organisations: int = 40
    networks: int | None = None
    states: int = 8
    sources: int = 2
    markets: int = 12
    destinations: int = 6
    origins: int | None = None
    opiate_routes: int = 5
    people_routes: int = 2
    last_year: int = 2024
    seed: int = 1

    def __post_init__(self) -> None:
        for key, least, most in (
            ("places", 8, 16_000), ("corridors", self.places - 1, 100_000), ("organisations", 8, 5_000),
            ("states", 4, min(_MOST_STATES, self.places // 2)), ("sources", 1, self.places // 4),
            ("markets", 2, self.places // 2), ("destinations", 1, self.places // 4),
            ("opiate_routes", 1, 20), ("people_routes", 1, 20), ("last_year", 2016, 2100), ("seed", 0, 2**32 - 1),
        ):
            _within(key, getattr(self, key), least, most)
        if self.networks is not None:
            _within("networks", self.networks, 3, self.organisations)
        if self.origins is not None:
            _within("origins", self.origins, 1, self.places - self.sources)


def _within(key: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise InputError("synthetic", key, f"{value} is out of range", f"give a number from {least} to {most}")


def _code(number: int) -> str:
    """Code of an invented state, from those that the standard of country codes leaves to its users (XAA to XZZ)."""
    return f"X{chr(65 + number // 26)}{chr(65 + number % 26)}"


def _round(value: float, digits: int = 3) -> float:
    return float(f"{value:.{digits}g}")


@dataclass(frozen=True)
class _Roles:
    sources: list[int]
    markets: list[int]
    destinations: list[int]
    origins: set[int]


def _roles(scale: Scale, land: Map) -> _Roles:
    """Sources are in the last state; markets and destinations are the largest places of the others."""
    far = scale.states - 1
    inside = [int(p) for p in np.argsort(-land.population, kind="stable") if land.state[p] != far]
    beyond = [int(p) for p in np.argsort(-land.population, kind="stable") if land.state[p] == far]
    sources = (beyond + inside[::-1])[: scale.sources]
    towns = [p for p in inside if p not in sources]
    origins = scale.origins if scale.origins is not None else max(1, 2 * scale.places // 3)
    homes = [*towns, *[p for p in beyond if p not in sources]]
    return _Roles(sources, towns[: scale.markets], towns[: scale.destinations], set(homes[:origins]))


def _places(scale: Scale, land: Map, roles: _Roles, called: Sequence[str], random: np.random.Generator) -> list[dict]:
    extractive = random.uniform(0.0, 0.6, scale.places)
    tags = (
        ("source", set(roles.sources)), ("origin", roles.origins), ("market", set(roles.markets)),
        ("destination", set(roles.destinations)),
    )
    return [
        {
            "id": called[p], "title": called[p].capitalize(), "state": _code(int(land.state[p])),
            "lat": float(land.lat[p]), "lon": float(land.lon[p]), "population": float(land.population[p]),
            "extractive": _round(extractive[p], 2), "zone": "invented",
            "roles": [role for role, holders in tags if p in holders] + ["transit"],
        }
        for p in range(scale.places)
    ]


def _corridors(land: Map, called: Sequence[str], random: np.random.Generator) -> list[dict]:
    cover = random.uniform(0.05, 0.9, len(land.links))
    watched = random.uniform(0.05, 0.9, len(land.links))
    fuel = random.uniform(size=len(land.links)) < 0.02
    road = random.spawn(1)[0].integers(len(ROADS), size=len(land.links))  # numbers of their own
    return [
        {
            "id": f"C{n + 1:02d}", "from": called[a], "to": called[b], "mode": mode, "length_km": km,
            "cover": _round(cover[n], 2), "monitoring": _round(watched[n], 2),
            "watched_by": sorted({_code(int(land.state[a])), _code(int(land.state[b]))}),
            "road": ROADS[road[n]] if mode == "road" else "fair",
            "fuel_smuggling": bool(fuel[n]) and mode == "road",
        }
        for n, (a, b, mode, km) in enumerate(land.links)
    ]


def _networks(scale: Scale, land: Map, called: Sequence[str], random: np.random.Generator) -> list[dict]:
    """One protected of old, one of officials, the others at home in up to eight places of a state."""
    count = scale.networks if scale.networks is not None else max(4, scale.organisations // 8)
    started = max(count, round(0.4 * scale.organisations))
    out = []
    for n in range(count):
        state = n % (scale.states - 1)
        here = np.flatnonzero(land.state == state)
        homes = random.choice(here, min(_HOMES, len(here)), replace=False).tolist()
        abroad = int(random.integers(scale.states - 1))
        row: dict[str, Any] = {
            "id": f"network_{n}", "title": f"Invented network {n}",
            "homes": {called[p]: _round(random.uniform(0.5, 2.0), 2) for p in homes},
            "diaspora": {_code(abroad): _round(random.uniform(0.1, 0.7), 2)},
            # spread so that the parts sum to all of them
            "organisations_at_start": started * (n + 1) // count - started * n // count,
            **({"know_how_at_start": 0.7} if n == 0 else {}),
        }
        if n == 0:
            row["soviet_protection"] = True
        if n == count - 1:
            row |= {"official": True, "homes": {called[p]: 1.0 for p in homes}}
        out.append(row)
    return out


def _posts(scale: Scale, land: Map, called: Sequence[str]) -> list[dict]:
    local = [
        {"id": f"post_{called[p]}", "title": f"Invented post {p}", "place": called[p], "kind": "province",
         "officials": max(20.0, _round(land.population[p] / 700.0))}
        for p in range(scale.places)
    ]
    capital = called[int(np.argmax(np.where(land.state == 0, land.population, 0.0)))]
    centre = [
        {"id": f"centre_{flag}", "title": f"Invented post at the centre, {flag.replace('_', ' ')}", "place": capital,
         "kind": "centre", "officials": 400.0, flag: True}
        for flag in ("state_assets", "government")
    ]
    return [*local, *centre]


def _series(scale: Scale, land: Map, random: np.random.Generator) -> list[dict]:
    gdp, people, farm = {}, {}, {}
    for s in range(scale.states):
        head = _round(random.uniform(500.0, 3000.0))
        rise = random.uniform(3.0, 9.0)
        steps = {1990: 1.0, 1998: 0.6, 2008: 0.7 * rise, 2023: rise}
        gdp[_code(s)] = {year: _round(step * head) for year, step in steps.items()}
        heads = float(land.population[land.state == s].sum())
        people[_code(s)] = {1990: _round(0.9 * heads), 2010: _round(1.02 * heads), 2024: _round(1.15 * heads)}
        low, high = random.uniform(55.0, 90.0), random.uniform(110.0, 180.0)
        farm[_code(s)] = {1991: 100.0, 1998: _round(low), 2024: _round(high)}
    opium = {_code(scale.states - 1): {1990: 1600.0, 2000: 3300.0, 2010: 4000.0, 2024: 4000.0}}
    given = (
        ("gdp", "Product per head", "current US$ per person and year", "gdp_per_head", gdp, "log_linear"),
        ("population", "Population", "persons", "population", people, "log_linear"),
        ("opium", "Opium production at the source", "tonnes/year", "opium", opium, "linear"),
        ("farm", "Farm output", "index", "farm_growth", farm, "linear"),
    )
    return [
        {"id": name, "title": title, "unit": unit, "feeds": feeds, "between": between,
         "vintages": [{"vintage": "invented", "source": "nobody: invented", "values": values}]}
        for name, title, unit, feeds, values, between in given
    ]


def _claims() -> list[dict]:
    common = {"source": "invented", "page": "1", "cites": [], "citation": "none", "valid_time": "1991/2014"}
    return [
        {"id": "E01", "statement": "An invented claim, that broken ground hides what passes.", "kind": "structure",
         "subsystem": "routes", **common, "placement": [{"as": "mechanism", "where": "mechanism:terrain_cover"}]},
        {"id": "E02", "statement": "An invented claim, that known routes stay in use for a while.",
         "kind": "mechanism", "subsystem": "routes", **common,
         "placement": [{"as": "mechanism", "where": "mechanism:habit"}, {"as": "pattern", "where": "pattern:P01"}]},
    ]


def _settings(scale: Scale) -> dict[str, Any]:
    return {
        "id": "synthetic",
        "title": f"Invented case of {scale.places} places and {scale.corridors} corridors, seed {scale.seed}",
        "study": "none: every place, figure and claim of this case is invented",
        "purpose": "to test the software and to measure its cost",
        "not_for": "any conclusion about the world: nothing in this case is real",
        "focus": _code(0), "start_year": 1989, "first_year": 1991, "last_year": scale.last_year,
        "policy_start": "2015-01", "population_year": 2010, "organisation_slots": scale.organisations,
        "levels": {"low": 0.2, "medium": 0.5, "high": 0.8},
        "routes": {"opiates_per_source_and_market": scale.opiate_routes,
                   "people_per_home_and_destination": scale.people_routes},
        "priors_from": "kazakhstan", "assumption": _MADE_UP,
    }


def _rows(scale: Scale) -> tuple[dict[str, list[dict]], str]:
    """Rows of every file that the size decides, and the name of the largest market."""
    random = np.random.default_rng(scale.seed)
    try:
        land = draw_map(scale.places, scale.corridors, scale.states, random)
    except ValueError as error:
        raise InputError("synthetic", "corridors", str(error), "give a number in between") from error
    called = names(scale.places)
    roles = _roles(scale, land)
    states = [
        {"id": _code(s), "title": f"Invented state {s}", "former_soviet": s < scale.states - 1}
        for s in range(scale.states)
    ]
    groups = [
        {"id": f"group_{s}_{g}", "title": f"Invented group {g} of state {s}", "state": _code(s),
         "share": 0.4 if g == 0 else 0.6, "ruling": g == 0}
        for s in range(scale.states) for g in range(2)
    ]
    units = ("kg", "persons", "persons")
    rows = {
        "states": states,
        "places": _places(scale, land, roles, called, random),
        "corridors": _corridors(land, called, random),
        "trades": [{"id": t, "title": t.capitalize(), "unit": u} for t, u in zip(TRADES, units, strict=True)],
        "markets": [{"place": called[p]} for p in roles.markets],
        "destinations": [{"place": called[p], "sectors": "invented"} for p in roles.destinations],
        "networks": _networks(scale, land, called, random),
        "patron_groups": groups,
        "posts": _posts(scale, land, called),
        "services": [{"id": s, "title": s.replace("_", " ").capitalize(), "providers": "invented"} for s in SERVICES],
        "institutions": [{"id": "police", "title": "Invented police", "works_through": ["police_training"]},
                         {"id": "helpers", "title": "Invented helpers", "works_through": ["outreach"]}],
        "series": _series(scale, land, random),
        "timeline": _TIMELINE,
        "measures": _MEASURES,
    }
    return rows, called[roles.markets[0]]


_TIMELINE: list[dict] = [
    {"id": "union", "title": "An invented union stands", "kind": "event", "event": "soviet", "date": "1989-01",
     "level": 1},
    {"id": "end", "title": "It ends", "kind": "event", "event": "soviet", "after": ["union"], "date": "1992-01",
     "level": 0},
    {"id": "privatisation", "title": "Privatisation", "kind": "event", "event": "privatisation", "after": ["end"],
     "level": 1},
    {"id": "borders", "title": "Border control appears", "kind": "event", "event": "internal_borders",
     "after": ["end"], "level": 1, "ramp_months": 96},
    {"id": "law", "title": "A law against trafficking", "kind": "event", "event": "law", "date": "2000-01", "level": 1,
     "ramp_months": 72},
]

_MEASURES: list[dict] = [
    {"id": name, "title": title, "levers": levers, "moves": moves, "path_to_people": "invented",
     "side_effects": "invented", "ramp_months": 24 if levers else 0, "cost_low_usd_per_year": low,
     "cost_high_usd_per_year": 5 * low}
    for name, title, levers, moves, low in (
        ("baseline", "No further measure", {}, "nothing", 0),
        ("training", "Police training", {"police_training": 1.0}, "skill of the police", 500_000),
        ("outreach", "Outreach", {"outreach": 1.0}, "contacts with people exploited", 500_000),
    )
]


def _as_yaml(key: str, rows: Iterable[Mapping[str, Any]]) -> str:
    """A file of rows, one row a line; JSON is YAML and is written and read many times faster."""
    lines = "\n".join(f"- {json.dumps(row)}" for row in rows)
    return f"# Invented; see case.yaml.\nassumption: {_MADE_UP.replace(': ', ', ')}\n{key}:\n{lines}\n"


def _write(folder: Path, scale: Scale) -> None:
    rows, market = _rows(scale)
    template = case_folder("template")
    (folder / "evidence").mkdir(parents=True)
    for name in _COPIED:
        shutil.copyfile(template / name, folder / name)
    texts = {f"{name}.yaml": _as_yaml(name, items) for name, items in rows.items()}
    texts["case.yaml"] = (
        "# Every place, state, network, figure and claim of this case is invented, drawn at random by\n"
        "# `qorgau new DIR --synthetic`: for tests and for measuring cost, not for any conclusion.\n"
        + yaml.safe_dump(_settings(scale), sort_keys=False, width=110)
    )
    texts["patterns.yaml"] = "# Invented.\n" + yaml.safe_dump({"P01": {
        "claims": ["E02"], "statement": "Opiates reach the largest market in every year of the 2000s.",
        "kind": "value", "test": f"years(opiates_stock_kg_{market} > 0, 2000:2009) >= 10", "tolerance": 1,
        "basis": "assumption: one year may be off", "strength": "weak", "use": "reported", "why": "Invented.",
    }}, sort_keys=False)
    texts["evidence/claims.yaml"] = "# Invented.\n" + yaml.safe_dump({"claims": _claims()}, sort_keys=False)
    texts["evidence/names.yaml"] = "# No claim names anybody.\nallowed: []\npublic_office: []\n"
    texts["evidence/sources.json"] = json.dumps([{
        "id": "invented", "type": "report", "title": "No source: invented", "author": [{"literal": "nobody"}],
        "issued": {"date-parts": [[2015]]}, "custom": {"source_type": "secondary_study"},
    }], indent=1)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def write_synthetic(folder: str | os.PathLike[str], scale: Scale) -> Path:
    """Write an invented case into a folder that is not there yet or is empty, whole or not at all.

    Parameters
    ----------
    folder
        Where the case goes.
    scale : Scale

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    InputError
        If something is there already, it cannot be written, or the corridors are too few or too many for the places.
    """
    return into_new_folder(folder, partial(_write, scale=scale))


def synthetic_case(scale: Scale) -> Case:
    """An invented case, written to a folder for the time being, loaded and checked like any other.

    Raises
    ------
    InputError
        As `write_synthetic`.
    """
    with tempfile.TemporaryDirectory(prefix="qorgau-synthetic-") as scratch:
        return load_case(write_synthetic(Path(scratch) / "case", scale))
