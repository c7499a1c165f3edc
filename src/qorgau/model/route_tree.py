"""Routes as one tree of their common beginnings, so that what holds of a beginning is worked out once.

Routes of opiates start at few sources and fan out: the 218 candidate routes of the bundled case walk 1,265 corridors,
their tree has 329. Node 0 is the start of every route; every other node is one corridor, entered from its parent.
Parents stand before children: one pass forward carries survival or cost along all routes, one pass backward gathers
loads from their ends.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["RouteTree", "tree_of"]


@dataclass(frozen=True)
class RouteTree:
    """Common beginnings of routes.

    Attributes
    ----------
    parent : ndarray of int, shape (nodes,)
        Node before each node; 0 for the root itself.
    link : ndarray of int, shape (nodes,)
        Corridor that leads to each node; 0 for the root, unused.
    end : ndarray of int, shape (routes,)
        Last node of each route.
    """

    parent: np.ndarray
    link: np.ndarray
    end: np.ndarray


def tree_of(pointers: np.ndarray, links: np.ndarray) -> RouteTree:
    """Tree of the routes ``links[pointers[k]:pointers[k + 1]]``."""
    known: dict[tuple[int, int], int] = {}
    parent, link, end = [0], [0], []
    for k in range(len(pointers) - 1):
        node = 0
        for l in links[pointers[k]:pointers[k + 1]]:
            step = (node, int(l))
            if step not in known:
                known[step] = len(parent)
                parent.append(node)
                link.append(int(l))
            node = known[step]
        end.append(node)
    return RouteTree(*(np.array(values, dtype=np.int64) for values in (parent, link, end)))
