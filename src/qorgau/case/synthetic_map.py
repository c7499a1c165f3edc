"""The map of an invented case: places in an empty sea, joined into one network by roads, railways and flights.

Places stand where there is no land, so that nobody takes them for real ones. Some are hubs; every other place is joined
to the hub nearest to it by a tree of short and shallow branches, and the hubs to one another by a shortest tree. What
corridors are left are trunk roads between hubs, railways beside trunk roads, flights between the largest hubs and short
roads between neighbours. Journeys so have some ten to twenty corridors however many places there are, as on real
networks, where they would have hundreds on a plain grid.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Link", "Map", "draw_map", "names"]

_SOUTH, _NORTH, _WEST, _EAST = -58.0, -26.0, -150.0, -100.0
_EARTH_KM = 6371.0
_DETOUR = 1.25
_TRUNK, _RAIL, _AIR = 0.15, 0.10, 0.05
_SYLLABLES = (
    "zor", "vex", "quil", "mip", "dro", "fex", "nub", "wim", "jax", "plo", "gry", "snu", "tev", "olb", "hux", "ruk",
    "yent", "bal", "kiv", "ums",
)

Link = tuple[int, int, str, float]
"""Two places, mode, length in km."""


@dataclass(frozen=True)
class Map:
    """Places and the corridors between them.

    Attributes
    ----------
    lat, lon : ndarray, shape (P,)
        Degrees.
    state : ndarray of int, shape (P,)
    population : ndarray, shape (P,)
        Persons; hubs have most.
    links : tuple of Link
    """

    lat: np.ndarray
    lon: np.ndarray
    state: np.ndarray
    population: np.ndarray
    links: tuple[Link, ...]


def names(count: int) -> tuple[str, ...]:
    """Made-up names, each its own, the same for every seed."""
    base = len(_SYLLABLES)
    length = 2
    while base**length < count:
        length += 1
    out = []
    for n in range(count):
        # a step prime to the number of names puts neighbours in the list far apart in the alphabet
        code = (n * 7919 + 3) % base**length
        parts = []
        for _ in range(length):
            code, at = divmod(code, base)
            parts.append(_SYLLABLES[at])
        out.append("".join(parts))
    return tuple(out)


def _km(lat: np.ndarray, lon: np.ndarray, a: np.ndarray | int, b: np.ndarray | int) -> np.ndarray:
    """Great-circle distance, km."""
    p, q = np.radians(lat[a]), np.radians(lat[b])
    half = np.sin((p - q) / 2.0) ** 2 + np.cos(p) * np.cos(q) * np.sin(np.radians(lon[a] - lon[b]) / 2.0) ** 2
    return 2.0 * _EARTH_KM * np.arcsin(np.sqrt(half))


def _spread(lat: np.ndarray, lon: np.ndarray, count: int) -> np.ndarray:
    """Places far from one another: each next is the one farthest from all before."""
    everything = np.arange(len(lat))
    chosen = [int(np.argmin(lat + lon))]
    far = _km(lat, lon, everything, chosen[0])
    while len(chosen) < count:
        chosen.append(int(np.argmax(far)))
        far = np.minimum(far, _km(lat, lon, everything, chosen[-1]))
    return np.array(chosen)


def _nearest(lat: np.ndarray, lon: np.ndarray, to: np.ndarray) -> np.ndarray:
    """Which of the places ``to`` is nearest to each place, as an index in ``to``."""
    everything = np.arange(len(lat))
    return np.argmin(np.stack([_km(lat, lon, everything, int(t)) for t in to]), axis=0)


def _tree(lat: np.ndarray, lon: np.ndarray, root: int, others: np.ndarray) -> list[tuple[int, int]]:
    """Join places to a root: each to the place already joined from which the way to the root is short."""
    joined = [root]
    depth = [0.0]
    out = []
    for place in others[np.argsort(_km(lat, lon, others, root), kind="stable")]:
        step = _km(lat, lon, np.array(joined), int(place))
        at = int(np.argmin(step + 0.5 * np.array(depth)))
        out.append((joined[at], int(place)))
        depth.append(depth[at] + float(step[at]))
        joined.append(int(place))
    return out


def _neighbours(lat: np.ndarray, lon: np.ndarray, among: np.ndarray, each: int) -> list[tuple[int, int]]:
    """Pairs of a place and its nearest, the shortest first."""
    found: dict[tuple[int, int], float] = {}
    for a in among:
        km = _km(lat, lon, among, int(a))
        near = np.argpartition(km, min(each, len(among) - 1))[: each + 1]
        for b, length in zip(among[near], km[near], strict=True):
            if a != b:
                found[(min(int(a), int(b)), max(int(a), int(b)))] = float(length)
    return sorted(found, key=lambda pair: (found[pair], pair))


def draw_map(places: int, corridors: int, states: int, random: np.random.Generator) -> Map:
    """Draw places, states and corridors.

    Parameters
    ----------
    places, corridors, states : int
        At least one place for every state, and ``places - 1`` corridors.
    random : numpy.random.Generator

    Raises
    ------
    ValueError
        If there are too few corridors to join all places, or more than the map has room for.
    """
    if corridors < places - 1:
        raise ValueError(f"{corridors} corridors cannot join {places} places")
    lat = np.round(random.uniform(_SOUTH, _NORTH, places), 4)
    lon = np.round(random.uniform(_WEST, _EAST, places), 4)
    hubs = _spread(lat, lon, max(states, round(np.sqrt(places))))
    hub_state = _nearest(lat[hubs], lon[hubs], np.arange(states))
    of_hub = _nearest(lat, lon, hubs)
    population = np.round(random.lognormal(np.log(4.0e5), 0.7, places), -3) + 1000.0
    population[hubs] *= 5.0
    made: dict[tuple[int, int, str], float] = {}

    def join(a: int, b: int, mode: str) -> bool:
        key = (min(a, b), max(a, b), mode)
        if key in made or len(made) >= corridors:
            return False
        made[key] = round(max(5.0, float(_km(lat, lon, a, b)) * (1.0 if mode == "air" else _DETOUR)), 1)
        return True

    for a, b in _tree(lat, lon, int(hubs[0]), hubs[1:]):
        join(a, b, "road")
    for h, hub in enumerate(hubs):
        members = np.flatnonzero(of_hub == h)
        for a, b in _tree(lat, lon, int(hub), members[members != hub]):
            join(a, b, "road")
    free = corridors - len(made)
    trunks = _neighbours(lat, lon, hubs, 10)
    largest = [int(h) for h in hubs[: max(2, states)]]
    flights = [(a, b) for i, a in enumerate(largest) for b in largest[i + 1:]]
    for mode, share, pairs in (("air", _AIR, flights), ("road", _TRUNK, trunks), ("rail", _RAIL, trunks)):
        quota = round(share * free)
        for a, b in pairs:
            quota -= int(quota > 0 and join(a, b, mode))
    for each in (4, 8, 16, 32):
        for a, b in _neighbours(lat, lon, np.arange(places), each):
            join(a, b, "road")
        if len(made) == corridors:
            break
    for a, b in trunks:
        join(a, b, "rail")
    if len(made) < corridors:
        raise ValueError(f"there is room for {len(made)} corridors between {places} places, not for {corridors}")
    links = tuple((a, b, mode, km) for (a, b, mode), km in made.items())
    return Map(lat, lon, hub_state[of_hub], population, links)
