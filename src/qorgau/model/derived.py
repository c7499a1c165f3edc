"""What processes derive from a world: from its map once per world, from its series by compiled counts.

Done in NumPy every month, these hold Python's lock longer than all calls of compiled processes together.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

import numpy as np

from qorgau.model.compiled import brief
from qorgau.model.world import POST_KINDS, World

__all__ = ["corridor_posts", "destination_states", "first_above", "market_states", "migration_posts", "months_above",
           "months_below", "of_map"]

T = TypeVar("T")


def of_map(derive: Callable[[World], T]) -> Callable[[World], T]:
    """Keep the result of a function of a world's map with the world.

    For what depends on places, corridors, routes, posts and names only: months of the series are read as they stand.
    A world made from another by ``dataclasses.replace`` derives anew. The result is shared: nobody may change it.
    """
    key = f"{derive.__module__}.{derive.__qualname__}"

    @wraps(derive)
    def kept(world: World) -> T:
        found = vars(world).setdefault("_derived", {})
        if key not in found:
            found[key] = derive(world)
        return found[key]

    return kept


@of_map
def destination_states(world: World) -> np.ndarray:
    """State of each destination, shape (destinations,)."""
    return world.place_state[world.destination_place]


@of_map
def market_states(world: World) -> np.ndarray:
    """State of each market, shape (markets,)."""
    return world.place_state[world.market_place]


@of_map
def corridor_posts(world: World) -> tuple[np.ndarray, np.ndarray]:
    """Posts whose officials are met where each corridor begins and where it ends, each of shape (corridors,).

    Where a corridor crosses the border of a state they are the border posts, elsewhere and where a place has none the
    police. Unsigned: compiled code does not ask whether they are negative.
    """
    at_border = world.place_post.copy()
    guards = np.flatnonzero(world.post_kind == POST_KINDS.index("border"))
    at_border[world.post_place[guards]] = guards
    crosses = world.corridor_border == 1
    begins, ends = (np.where(crosses, at_border[place], world.place_post[place]).astype(np.uint32)
                    for place in (world.corridor_from, world.corridor_to))
    return begins, ends


@of_map
def migration_posts(world: World) -> np.ndarray:
    """Post of each state's migration service, -1 where there is none, shape (states,)."""
    out = np.full(world.sizes["state"], -1, dtype=np.int64)
    services = np.flatnonzero(world.post_kind == POST_KINDS.index("migration"))
    out[world.post_state[services]] = services
    return out


@brief
def months_above(series, month, level):
    """Months up to and with ``month`` in which a series is above a level."""
    count = 0
    for t in range(month + 1):
        if series[t] > level:
            count += 1
    return count


@brief
def months_below(series, month, level):
    """Months up to and with ``month`` in which a series is below a level."""
    count = 0
    for t in range(month + 1):
        if series[t] < level:
            count += 1
    return count


@brief
def first_above(series, level):
    """First month in which a series is above a level, -1 when it never is."""
    for t in range(series.shape[0]):
        if series[t] > level:
            return t
    return -1
