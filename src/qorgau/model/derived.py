"""What a process derives from the map of a world, computed once per world instead of every month."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from qorgau.model.world import World

__all__ = ["of_map"]

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
