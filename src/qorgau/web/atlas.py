"""The map as geometry: outlines, borders, cities and names in the pixels of one picture, for the page to draw.

Nothing is finer than a city, a province or a border section; what is carried is drawn by the page as curves between
cities, never along roads.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from qorgau.case import Case
from qorgau.report.figures.geometry import edge_point, inside_rings
from qorgau.report.figures.labels import Box, overlaps, place_labels, text_width
from qorgau.report.figures.section_map import section_of
from qorgau.report.geography import MapOutline, Outlines, border_section, load_outlines, project_outline, svg_path
from qorgau.report.projection import Frame

__all__ = ["city_name", "map_of"]

_MARGIN = 12.0


def city_name(title: str) -> str:
    """Return the city of a place named after its region, such as the one in brackets."""
    return title[title.index("(") + 1 : title.index(")")] if "(" in title and ")" in title else title


def map_of(case: Case, width: int, sections: Sequence[str]) -> dict[str, Any]:
    """Return the map of a case, `width` pixels wide.

    Parameters
    ----------
    case
        Places, states and the focus are taken from it.
    width
        Pixels; names are set in sizes that fit it, so a narrow picture is another one than a wide one.
    sections
        Names of border sections, such as ``KAZ_KGZ``; those by air have no line.
    """
    outlines = load_outlines()
    frame = Frame()
    height = round(frame.height(width))
    states = [state.id for state in case.states]
    picture = project_outline(width, height, borders_between=states, outlines=outlines)
    small = width < 600
    size = 11.0 if small else 12.0
    focus = case.settings.focus
    cities, boxes = _cities(case, picture, size)
    names = _country_names(picture, states, outlines, 10.0 if small else 11.0, boxes)
    return {
        "width": width, "height": height, "size": size,
        "countries": [
            {"kind": "focus" if iso == focus else "near" if iso in states else "far",
             "path": svg_path(rings, closed=True)}
            for iso, rings in picture.countries.items()
        ],
        "lakes": [svg_path(rings, closed=True) for _, rings in picture.lakes],
        "borders": [svg_path(lines, closed=False) for lines in picture.borders.values()],
        "sections": _sections(sections, picture, outlines),
        "names": names, "cities": cities,
        "source": outlines.source, "disclaimer": outlines.disclaimer,
    }


def _sections(sections: Sequence[str], picture: MapOutline, outlines: Outlines) -> dict[str, str]:
    made = {}
    for name in sections:
        found = section_of(name, outlines)
        if found is not None and not found.air:
            lines = border_section(found.first, found.second, found.part, outlines)
            path = svg_path((piece for line in lines for piece in picture.place(line)), closed=False)
            if path:
                made[name] = path
    return made


def _cities(case: Case, picture: MapOutline, size: float) -> tuple[list[dict[str, Any]], list[Box]]:
    """Return cities with their names where there is room; those outside the picture as arrows at its edge."""
    rows: list[dict[str, Any]] = []
    arrows: list[tuple[float, float]] = []
    for place in sorted(case.places, key=lambda p: -p.population):
        x, y = (float(v) for v in picture.locate(place.lon, place.lat))
        angle = None
        if not (0 <= x <= picture.width and 0 <= y <= picture.height):
            x, y, angle = edge_point((x, y), picture.width, picture.height, _MARGIN, arrows)
            arrows.append((x, y))
        rows.append({"id": place.id, "name": city_name(place.title), "x": x, "y": y, "angle": angle})
    edge: Box = (2.0, 2.0, picture.width - 2.0, picture.height - 2.0)
    placed = place_labels([(r["x"], r["y"], r["name"]) for r in rows], size, [], edge)
    boxes: list[Box] = [(r["x"] - 6, r["y"] - 6, r["x"] + 6, r["y"] + 6) for r in rows]
    for row, label in zip(rows, placed):
        row.update(x=round(row["x"], 1), y=round(row["y"], 1))
        row["label"] = None
        if label is not None:
            row["label"] = {"x": round(label.x, 1), "y": round(label.y, 1), "align": label.align}
            boxes.append(label.box)
    return rows, boxes


def _country_names(
    picture: MapOutline, states: Sequence[str], outlines: Outlines, size: float, taken: Sequence[Box]
) -> list[dict[str, Any]]:
    """Return names of the case's states at the roomiest place inside each that no other name needs."""
    found: list[dict[str, Any]] = []
    boxes = list(taken)
    for iso in states:
        rings = picture.countries.get(iso, ())
        if iso not in outlines.countries or not rings:
            continue
        text = outlines.countries[iso].name
        half, high = text_width(text.upper(), size) * 0.62 + 4, size * 0.7
        xs, ys = np.arange(half, picture.width - half, 10), np.arange(high, picture.height - high, 10)
        grid = np.array(list(itertools.product(xs, ys))).reshape(-1, 2)
        inside = np.ones(len(grid), dtype=bool)
        for shift in (-0.8 * half, 0.0, 0.8 * half):
            inside &= inside_rings(grid + np.array([shift, 0.0]), rings)
        grid = grid[inside]
        if not len(grid):
            continue
        outline = np.concatenate(rings)[::3]
        room = np.hypot(*(grid[:, None, :] - outline[None, :, :]).transpose(2, 0, 1)).min(axis=1)
        for k in np.argsort(-room):
            x, y = (float(v) for v in grid[k])
            box = (x - half, y - high, x + half, y + high)
            if not any(overlaps(box, other) for other in boxes):
                found.append({"text": text, "x": round(x, 1), "y": round(y, 1), "size": size})
                boxes.append(box)
                break
    return found
