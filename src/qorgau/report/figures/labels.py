"""Where names go beside points so that none covers another; pixels, y downwards."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

__all__ = ["Box", "Placed", "label_extent", "overlaps", "place_labels", "text_width"]

Box = tuple[float, float, float, float]


@dataclass(frozen=True)
class Placed:
    """A name at x, y with an anchor (left, right or center)."""

    text: str
    x: float
    y: float
    align: str
    box: Box


def text_width(text: str, size: float) -> float:
    """Return about how wide a text is in pixels."""
    narrow = sum(letter in "iljtfrI.,:' " for letter in text)
    return size * (0.57 * (len(text) - narrow) + 0.31 * narrow)


def label_extent(labels: Sequence[str], size: float) -> int:
    """Return the room that labels before an axis need: the reader's letters may be wider than the drawing's."""
    return round(max((text_width(text, size) for text in labels), default=0.0) * 1.06) + 8


def overlaps(a: Box, b: Box) -> bool:
    """Tell whether two boxes share a point."""
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def place_labels(
    points: Sequence[tuple[float, float, str]], size: float, taken: Iterable[Box], frame: Box, gap: float = 7.0
) -> list[Placed | None]:
    """Place names beside points, the first point first; None where there is no room.

    Parameters
    ----------
    points
        x, y and name, the most important first.
    size
        Of the letters.
    taken
        Boxes that names must not cover.
    frame
        In which they must stay.
    gap
        Between point and name.
    """
    boxes = list(taken) + [(x - 4, y - 4, x + 4, y + 4) for x, y, _ in points]
    placed: list[Placed | None] = []
    for x, y, text in points:
        w, h = text_width(text, size), size * 1.15
        options = (
            (x + gap, y, "left"),
            (x - gap, y, "right"),
            (x, y - gap - h / 2, "center"),
            (x, y + gap + h / 2, "center"),
            (x + gap * 0.8, y - h * 0.7, "left"),
            (x + gap * 0.8, y + h * 0.7, "left"),
            (x - gap * 0.8, y - h * 0.7, "right"),
            (x - gap * 0.8, y + h * 0.7, "right"),
        )
        found = None
        for at, level, align in options:
            left = at if align == "left" else at - w if align == "right" else at - w / 2
            box = (left - 1, level - h / 2, left + w + 1, level + h / 2)
            inside = box[0] >= frame[0] and box[1] >= frame[1] and box[2] <= frame[2] and box[3] <= frame[3]
            if inside and not any(overlaps(box, other) for other in boxes):
                found = Placed(text, at, level, align, box)
                break
        if found:
            boxes.append(found.box)
        placed.append(found)
    return placed
