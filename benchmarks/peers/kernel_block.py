"""How eight runs lie in memory: rows of eight numbers, one a run, part after part; people's ways in rows of their own.

A part is found by its number in `Rows`, `Numbers` or `Places`: compiled code is given three pieces of memory instead of
a hundred arrays, which Python would hand over one by one in every call. Ways lie by state of origin, each state's
filled up to whole rows of eight with its first way, whose copies are not `THERE`.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np

from benchmarks.peers.network import Network
from qorgau.model.lanes import LANES
from qorgau.model.route_tree import stems_of, way_trees_of

__all__ = ["Numbers", "Places", "Rows", "fixed", "places", "rows_of", "walks", "written"]

Rows = IntEnum("Rows", [  # type: ignore[misc]
    "PARAMETERS", "THERE", "NOISE", "HAZARD", "BRIBE", "CARRIED", "SEIZED", "CORRUPT", "INCOME", "ALIVE", "HOME", "AGE",
    "CAPACITY", "CAPITAL", "RETURNS", "LOSS", "TRADE", "BELIEF", "MARKET_SHARE", "ROUTE_SHARE", "PEOPLE_SHARE", "PULL",
    "KEPT", "COST", "SENT", "PEOPLE_VALUE", "TRIPS", "PRICE", "NORM", "STOCK", "USERS", "ARRIVALS", "ATTEMPTS",
    "PEOPLE_PRICE", "RECRUITS", "INTERCEPTED", "ARRIVED", "EXPLOITED", "IDENTIFIED", "OUT", "IN_CARE", "AGAIN",
    "THROUGH", "SURVIVE", "TOLL", "FAR", "REACH", "CHARGE", "PAID", "KG", "PEOPLE", "OUT_KG", "CAME",
    "REVENUE", "SPENT", "SENDS", "FLOWS", "LOAD", "ENTERING", "WORTH", "PASSES", "STEMS",
    "LEFT", "WEIGHT", "WORK", "BY_RUN", "FEW",
], start=0)
"""Rows of eight. From ``THROUGH`` on work space; ``PULL`` to ``TRIPS`` but for values is what a plan leaves behind."""

Numbers = IntEnum("Numbers", [  # type: ignore[misc]
    "KM", "WATCH", "WAGES", "ROUTE_KM", "ROUTE_SIZE", "MARKET_PEOPLE", "WAY_KM", "WAY_PEOPLE", "GOAL_PEOPLE",
    "GANG_HOME",
], start=0)
Places = IntEnum("Places", [  # type: ignore[misc]
    "MARKET_PTR", "PARENT", "LINK", "STEM", "LAST", "POSTS", "PLACE_STATE", "PLACE_POST", "WAY_ROWS", "WAY", "GOAL",
    "GOAL_STATE", "GOAL_POST", "WAY_PTR", "WAY_PARENT", "WAY_LINK", "WAY_END", "ROUTED", "MET", "UNMET", "WALKED",
    "HOME_PTR", "HOME_LINKS", "WALKS_PTR", "CHILD_PTR", "ENDS_PTR", "ENDS", "MARKET_OF",
], start=0)


def _joined(parts: list[np.ndarray], kind: type) -> tuple[np.ndarray, np.ndarray]:
    at = np.cumsum([0, *(len(p) for p in parts)]).astype(np.int64)
    return np.concatenate(parts).astype(kind), at


def _padded(net: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows by state of origin, ways in these rows, and whether each is there."""
    ptr, ways, there = [0], [], []
    for s in range(net.states):
        here = net.home_ways[net.home_ptr[s]:net.home_ptr[s + 1]].tolist()
        empty = -len(here) % LANES
        ways += here + here[:1] * empty
        there += [1.0] * len(here) + [0.0] * empty
        ptr.append(len(ways) // LANES)
    return np.array(ptr), np.array(ways, dtype=np.int64), np.array(there)


def fixed(net: Network) -> tuple[np.ndarray, np.ndarray]:
    """Numbers that do not change, and where each part begins; the corridor after the last is none: no km."""
    ways = _padded(net)[1]
    return _joined([np.append(net.corridor_km, 0.0), net.corridor_watch, 300.0 * net.post_officials, net.route_km,
                    net.route_size, net.market_people, net.way_km[ways], net.way_people[ways], net.destination_people,
                    net.gang_home.ravel()], np.float64)


def places(net: Network) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers that do not change, and where each part begins."""
    parent, link, stem, last = _families(net)
    ends = np.argsort(stem, kind="stable")
    market = np.repeat(np.arange(len(net.market_people)), np.diff(net.market_ptr))
    nodes = np.arange(len(parent) + 1)
    home = np.empty(len(net.way_km), dtype=np.int64)
    home[net.home_ways] = np.repeat(np.arange(net.states), np.diff(net.home_ptr))
    trees = way_trees_of(home, net.states, net.way_ptr, net.way_links)
    ptr, ways, _ = _padded(net)
    walked, routed = np.unique(net.way_links), np.unique(net.route_links)
    met = np.union1d(walked, routed)
    number = np.searchsorted(walked, trees.link)
    homes = [np.unique(trees.link[trees.ptr[s] + 1:trees.ptr[s + 1]]) for s in range(net.states)]
    eights = [-(-len(links) // LANES) for links in homes]
    padded = [np.append(l, np.repeat(l[:1], LANES * e - len(l))) for l, e in zip(homes, eights, strict=True)]
    return _joined([net.market_ptr, parent, link, stem, last, net.corridor_posts.ravel(),
                    net.place_state, net.place_post, ptr, ways, net.way_destination[ways], net.destination_state,
                    net.destination_post, trees.ptr, trees.parent, np.minimum(number, len(walked) - 1), trees.end[ways],
                    routed, met, np.setdiff1d(np.arange(len(net.corridor_km)), met), walked,
                    np.cumsum([0, *eights]), np.searchsorted(walked, np.concatenate(padded)),
                    np.cumsum([0, *(e * LANES * w for e, w in zip(eights, np.diff(ptr), strict=True))]),
                    1 + np.searchsorted(parent[1:], nodes), np.searchsorted(stem[ends], nodes), ends, market], np.int64)


def _families(net: Network) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Common stems of routes so that children of a node are neighbours: their loads are added up without a store."""
    stems = stems_of(net.route_ptr, net.route_links, len(net.corridor_km))
    order = [0]
    for node in order:
        order += [int(j) for j in np.flatnonzero(stems.parent == node) if j]
    number = np.argsort(order)
    return number[stems.parent[order]], stems.link[order], number[stems.stem], stems.last


def walks(net: Network, whole: tuple[np.ndarray, np.ndarray]) -> np.ndarray:
    """Bytes by state, eight of its corridors and way: which of the eight the way walks; 0 where a way is not there."""
    values, at = whole
    ptr, homes, links, walked = (values[at[p]:at[p + 1]] for p in (
        Places.WAY_ROWS, Places.HOME_PTR, Places.HOME_LINKS, Places.WALKED))
    _, ways, there = _padded(net)
    found = []
    for s in range(net.states):
        for eight in range(homes[s], homes[s + 1]):
            here = walked[links[LANES * eight:LANES * (eight + 1)]]
            for j in range(LANES * ptr[s], LANES * ptr[s + 1]):
                mine = net.way_links[net.way_ptr[ways[j]]:net.way_ptr[ways[j] + 1]]
                found.append(sum(1 << b for b, l in enumerate(here) if there[j] > 0 and l in mine))
    return np.array(found, dtype=np.uint8)


def _lengths(net: Network, width: int, rows: int, nodes: int, walked: int, way_nodes: int) -> list[int]:
    most = int(np.diff(net.market_ptr).max())
    slots, links, routes = net.slots, len(net.corridor_km), len(net.route_km)
    markets, goals, posts = len(net.market_people), len(net.destination_people), len(net.post_officials)
    by = {"links": links, "next": links + 1, "posts": posts, "slots": slots, "markets": markets, "goals": 2 * goals,
          "states": net.states, "routes": routes, "nodes": nodes, "plans": slots * markets}
    kinds = {
        "links": "NOISE HAZARD CARRIED SEIZED", "next": "BRIBE THROUGH WORTH PASSES", "posts": "CORRUPT INCOME",
        "slots": "ALIVE HOME AGE CAPACITY CAPITAL RETURNS LOSS KG PEOPLE OUT_KG CAME REVENUE SPENT",
        "plans": "MARKET_SHARE PULL KEPT COST SENT SENDS",
        "markets": "PRICE NORM STOCK USERS ARRIVALS", "goals": "PEOPLE_PRICE ARRIVED EXPLOITED",
        "states": "INTERCEPTED IDENTIFIED OUT IN_CARE AGAIN", "nodes": "SURVIVE TOLL FAR",
        "routes": "REACH CHARGE PAID FLOWS",
    }
    length = {name: by[kind] for kind, names in kinds.items() for name in names.split()}
    length |= {
        "PARAMETERS": 0, "THERE": rows, "LOAD": 2 * nodes, "ENTERING": 2 * (links + 1), "TRADE": 3 * slots,
        "BELIEF": slots * links, "ROUTE_SHARE": slots * routes,
        "PEOPLE_SHARE": slots * LANES * 2 * width, "PEOPLE_VALUE": 2 * slots, "TRIPS": 2 * slots * walked,
        "ATTEMPTS": LANES * 2 * rows, "RECRUITS": 2 * len(net.way_km), "STEMS": max(nodes, way_nodes),
        "BY_RUN": 2 * rows * LANES, "FEW": 16 + 2 * markets, "WORK": 3 * width,
        "LEFT": most, "WEIGHT": most,
    }
    return [length[name] for name in Rows.__members__]


def rows_of(net: Network, parameters: np.ndarray, begun: dict[str, np.ndarray], which: np.ndarray,
            whole: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Memory of the eight runs ``which``, and where each part begins."""
    values, at = whole
    held = {p.name: values[at[p]:at[p + 1]] for p in Places}
    ptr, _, there = _padded(net)
    lengths = _lengths(net, int(np.diff(ptr).max()), int(ptr[-1]), len(held["PARENT"]), len(held["WALKED"]),
                       len(held["WAY_PARENT"]))
    lengths[Rows.PARAMETERS] = len(parameters.dtype.names or ())
    begins = np.cumsum([0, *lengths]).astype(np.int64)
    room = np.zeros(LANES * (int(begins[-1]) + 1))
    first = -room.ctypes.data % 64 // 8
    x = room[first:first + LANES * int(begins[-1])].reshape(-1, LANES)

    def put(part: Rows, array: np.ndarray) -> None:
        given = array.reshape(len(array), -1).T
        x[begins[part]:begins[part] + len(given)] = given

    put(Rows.PARAMETERS, np.array([list(q) for q in parameters[which]]))
    x[begins[Rows.THERE]:begins[Rows.THERE + 1]] = there.reshape(-1, LANES)
    put(Rows.ALIVE, begun["active"][which])
    for name in _TOLD:
        put(Rows[name.upper()], begun[name][which])
    return x, begins


_TOLD = (
    "noise", "hazard", "bribe", "carried", "seized", "corrupt", "income", "home", "age", "capacity", "capital",
    "returns", "loss", "trade", "belief", "market_share", "people_value", "price", "norm", "stock", "users", "arrivals",
    "people_price", "recruits", "intercepted", "arrived", "exploited", "identified", "out", "in_care", "again",
)


def written(net: Network, x: np.ndarray, at: np.ndarray, ways: np.ndarray, out: dict[str, np.ndarray],
            which: np.ndarray) -> None:
    """Write eight runs into arrays by name, the run first."""
    for name in _TOLD:
        if name not in out:
            continue
        shape = out[name][which].shape
        count = int(np.prod(shape[1:]))
        begins = at[Rows[name.upper()]]
        out[name][which] = x[begins:begins + count].T[:len(which)].reshape(shape)
    out["active"][which] = x[at[Rows.ALIVE]:at[Rows.ALIVE + 1]].T[:len(which)]
    tried = x[at[Rows.ATTEMPTS]:at[Rows.ATTEMPTS + 1]].reshape(LANES, 2, -1)
    there = x[at[Rows.THERE]:at[Rows.THERE + 1]].ravel() > 0.0
    attempts = out["attempts"][which]
    attempts[:, ways[there]] = np.moveaxis(tried[:len(which)][:, :, there], 1, 2)
    out["attempts"][which] = attempts
