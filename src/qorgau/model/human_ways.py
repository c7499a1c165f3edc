"""Ways of people as lists: by pair of place and destination, by corridor, and by the states that they pass."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from qorgau.model.derived import of_map
from qorgau.model.route_tree import way_trees_of
from qorgau.model.streams import pair_entity
from qorgau.model.world import FORMS, World

__all__ = ["Ways", "ways_of"]

_Array = np.ndarray


class Ways(NamedTuple):
    """Lists of a world's ways of people.

    A cell is a form of exploitation of a pair of place and destination between which there is a way; pairs without one
    are left out. Lists of places to read are unsigned: compiled code does not ask whether they are negative.

    Attributes
    ----------
    form, place, target, home, goal : ndarray, shape (cells,)
        Form, place of recruitment, destination, and the states of both.
    entity : ndarray of int64, shape (cells,)
        By which chance names the pair.
    pair, spot : ndarray, shape (cells,)
        Position of the pair among all pairs, and of the cell among all pairs and forms.
    first, last : ndarray of int64, shape (cells,)
        The pair's ways are ``order[first : last + 1]``.
    order : ndarray, shape (ways,)
        Ways sorted by pair.
    cell : ndarray, shape (ways,)
        First cell of each way's pair.
    share : ndarray, shape (cells,)
        One over the number of ways of the pair.
    parent, link : ndarray, shape (nodes,)
        The tree of common ends of all ways (module ``route_tree``).
    end : ndarray, shape (ways,)
        Node of each way's first corridor.
    passed_way, passed_state : ndarray
        Each state that a way leaves on its way, other than its home and its goal.
    """

    form: _Array
    place: _Array
    target: _Array
    home: _Array
    goal: _Array
    entity: _Array
    pair: _Array
    spot: _Array
    first: _Array
    last: _Array
    order: _Array
    cell: _Array
    share: _Array
    parent: _Array
    link: _Array
    end: _Array
    passed_way: _Array
    passed_state: _Array


def _apart(key: np.ndarray) -> np.ndarray:
    """Order in which equal keys stand far apart."""
    seen: dict[int, int] = {}
    rank = np.zeros(len(key), dtype=np.int64)
    for i, k in enumerate(key):
        rank[i] = seen.get(int(k), 0)
        seen[int(k)] = int(rank[i]) + 1
    return np.lexsort((key, rank))


def _places(values: np.ndarray) -> np.ndarray:
    return values.astype(np.uint32)


@of_map
def ways_of(world: World) -> Ways:
    """Lists of the ways of a world's map."""
    targets, forms = len(world.destination_place), len(FORMS)
    pair_of = world.people_origin * targets + world.people_destination
    order = np.argsort(pair_of, kind="stable")
    pairs, first, count = np.unique(pair_of[order], return_index=True, return_counts=True)
    cell = np.repeat(np.arange(len(pairs)), forms)
    form = np.tile(np.arange(forms), len(pairs))
    pair = pairs[cell]
    place, target = pair // targets, pair % targets
    home_of = world.place_state[world.people_origin]
    goal_of = world.place_state[world.destination_place[world.people_destination]]
    way = np.repeat(np.arange(len(home_of)), np.diff(world.people_ptr))
    link = world.people_links[world.people_ptr[0]: world.people_ptr[-1]]
    left = world.place_state[world.corridor_from[link]]
    between = (left != home_of[way]) & (left != goal_of[way])
    passed = np.unique(np.column_stack([way[between], left[between]]), axis=0).reshape(-1, 2)
    apart = _apart(passed[:, 1])
    entity = np.array([pair_entity(int(p), int(d)) for p, d in zip(place, target, strict=True)], dtype=np.int64)
    tree = way_trees_of(np.zeros(len(home_of), dtype=np.int64), 1, world.people_ptr, world.people_links)
    return Ways(
        form, _places(place), _places(target), _places(world.place_state[place]),
        _places(world.place_state[world.destination_place[target]]), entity,
        _places(pair), _places(pair * forms + form), first[cell], (first + count - 1)[cell], _places(order),
        _places(forms * np.searchsorted(pairs, pair_of)),
        1.0 / count[cell], tree.parent, tree.link, tree.end, _places(passed[apart, 0]), _places(passed[apart, 1]),
    )
