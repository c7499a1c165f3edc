"""Small helpers of the plane for the map: thinning, points in rings, arrows at the edge. Pixels, y downwards."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["edge_point", "inside_rings", "spaced"]

Points = NDArray[np.float64]


def spaced(line: Points, least: float) -> Points:
    """Return the line without points nearer than `least` to the one kept before; both ends stay."""
    kept = [0]
    for i in range(1, len(line) - 1):
        if math.hypot(*(line[i] - line[kept[-1]])) >= least:
            kept.append(i)
    return line[[*kept, len(line) - 1]]


def inside_rings(points: Points, rings: Sequence[Points]) -> NDArray[np.bool_]:
    """Tell which points, shape (n, 2), lie inside closed rings by the even-odd rule."""
    odd = np.zeros(len(points), dtype=bool)
    for ring in rings:
        near = np.flatnonzero(((points >= ring.min(axis=0)) & (points <= ring.max(axis=0))).all(axis=1))
        x, y = points[near, 0][:, None], points[near, 1][:, None]
        a, b = ring[:-1], ring[1:]
        crosses = (a[:, 1] > y) != (b[:, 1] > y)
        rise = np.where(b[:, 1] == a[:, 1], 1.0, b[:, 1] - a[:, 1])
        at = a[:, 0] + (y - a[:, 1]) / rise * (b[:, 0] - a[:, 0])
        odd[near] ^= (crosses & (x < at)).sum(axis=1) % 2 == 1
    return odd


def edge_point(
    target: tuple[float, float], width: float, height: float, margin: float, others: Sequence[tuple[float, float]]
) -> tuple[float, float, float]:
    """Return x, y and bearing (degrees, clockwise from up) of an arrow at the edge towards a point outside.

    Arrows that would lie on each other are set apart along the edge.
    """
    cx, cy = width / 2, height / 2
    dx, dy = target[0] - cx, target[1] - cy
    reach = min(
        (cx - margin) / abs(dx) if dx else math.inf,
        (cy - margin) / abs(dy) if dy else math.inf,
    )
    x, y = cx + reach * dx, cy + reach * dy
    bearing = math.degrees(math.atan2(dx, -dy))
    along = (0.0, 24.0) if abs(x - cx) >= cx - margin - 0.5 else (60.0, 0.0)
    while any(math.hypot(x - ox, y - oy) < 22 for ox, oy in others):
        x, y = x + along[0], y + along[1]
    return x, y, bearing
