"""Lines and rings in the plane: cut to a box, joined, written as SVG path data. No geography here."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

Points = NDArray[np.float64]

Box = tuple[float, float, float, float]
"""Least x, least y, greatest x, greatest y."""


def clip_ring(ring: Points, box: Box) -> Points:
    """Cut a closed ring to a box (Sutherland and Hodgman 1974).

    Where the ring leaves the box it runs along its edge, so the result is for filling, not for stroking.

    Parameters
    ----------
    ring
        Shape (n, 2), first and last point the same.
    box
        The box.

    Returns
    -------
    array
        A closed ring of shape (m, 2); of shape (0, 2) when nothing lies in the box.
    """
    points = ring[:-1]
    for axis, limit, sign in ((0, box[0], 1), (1, box[1], 1), (0, box[2], -1), (1, box[3], -1)):
        if len(points) == 0:
            break
        before = np.roll(points, 1, axis=0)
        ends_in = sign * (points[:, axis] - limit) >= 0
        starts_in = np.roll(ends_in, 1)
        crosses = ends_in != starts_in
        span = np.where(crosses, points[:, axis] - before[:, axis], 1.0)
        cut = before + ((limit - before[:, axis]) / span)[:, None] * (points - before)
        cut[:, axis] = limit
        # Each edge gives its crossing, then its end when that is inside.
        both = np.stack([cut, points], axis=1)
        points = both[np.stack([crosses, ends_in], axis=1)]
    return np.concatenate([points, points[:1]]) if len(points) > 2 else np.empty((0, 2))


def clip_line(line: Points, box: Box) -> tuple[Points, ...]:
    """Cut a line to a box (Liang and Barsky 1984); one piece for each stay in it.

    Parameters
    ----------
    line
        Shape (n, 2), n at least 2.
    box
        The box.

    Returns
    -------
    tuple of arrays
        Pieces of shape (m, 2), m at least 2, in the order of the line.
    """
    start, step = line[:-1], np.diff(line, axis=0)
    enter, leave = np.zeros(len(step)), np.ones(len(step))
    inside = np.ones(len(step), dtype=bool)
    low, high = np.array(box[:2]), np.array(box[2:])
    for axis in (0, 1):
        still = step[:, axis] == 0
        inside &= ~still | ((start[:, axis] >= low[axis]) & (start[:, axis] <= high[axis]))
        span = np.where(still, 1.0, step[:, axis])
        bounds = np.stack([(low[axis] - start[:, axis]) / span, (high[axis] - start[:, axis]) / span])
        enter = np.where(still, enter, np.maximum(enter, bounds.min(axis=0)))
        leave = np.where(still, leave, np.minimum(leave, bounds.max(axis=0)))
    inside &= enter < leave
    pieces: list[list[Points]] = []
    goes_on = False
    for i in np.flatnonzero(inside):
        if not (goes_on and enter[i] == 0 and inside[i - 1]):
            pieces.append([start[i] + enter[i] * step[i]])
        goes_on = leave[i] == 1
        pieces[-1].append(line[i + 1] if goes_on else start[i] + leave[i] * step[i])
    return tuple(np.array(piece) for piece in pieces)


def join_lines(lines: Sequence[Points]) -> tuple[Points, ...]:
    """Join lines that end where another begins, so that a border is as few lines as can be."""
    joined: list[Points] = []
    for line in lines:
        again = True
        while again:
            again = False
            for i, other in enumerate(joined):
                for a in (line, line[::-1]):
                    for b in (other, other[::-1]):
                        if not again and np.array_equal(b[-1], a[0]):
                            line, again = np.concatenate([b, a[1:]]), True
                if again:
                    del joined[i]
                    break
        joined.append(line)
    return tuple(joined)


def svg_path(lines: Iterable[Points], *, closed: bool, digits: int = 1) -> str:
    """Return SVG path data of lines or rings in pixels, rounded to `digits` places.

    Parameters
    ----------
    lines
        Arrays of shape (n, 2).
    closed
        Whether each is a ring, to be filled with ``fill-rule="evenodd"``.
    digits
        Decimal places; a tenth of a pixel by default.
    """
    parts = []
    for line in lines:
        points = np.round(line[:-1] if closed else line, digits)
        moved = np.concatenate([[True], np.any(np.diff(points, axis=0) != 0, axis=1)])
        text = "L".join(f"{x:.{digits}f},{y:.{digits}f}" for x, y in points[moved])
        parts.append(f"M{text}{'Z' if closed else ''}")
    return "".join(parts)
