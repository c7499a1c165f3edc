"""The map: border sections coloured by how likely more or fewer people are carried across, cities, no ways.

Nothing on it is finer than a city or a border section, and no figure is given for a corridor. Persons and kilograms
never share a map: it takes one kind of mark.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import altair as alt
import numpy as np

from qorgau.report.figures.drawing import Drawing
from qorgau.report.figures.geometry import edge_point, inside_rings, spaced
from qorgau.report.figures.labels import Box, place_labels, text_width
from qorgau.report.geography import BORDER_PARTS, MapOutline, Outlines, border_section, project_outline
from qorgau.report.projection import Frame
from qorgau.report.theme import on, paint

__all__ = ["City", "Section", "SectionMark", "section_map", "section_of"]

_ROOM = 46.0
"""Pixels from a badge to the next city, badge or edge that are enough."""

_STRENGTH = {"none": 0, "fewer2": 1, "more2": 1, "fewer": 2, "more": 2}


@dataclass(frozen=True)
class Section:
    """A border section: two states, a part of their border or all of it, on the ground or by air."""

    first: str
    second: str
    part: str | None = None
    air: bool = False


def section_of(place: str, outlines: Outlines) -> Section | None:
    """Return the section that a name such as ``KAZ_KGZ``, ``KAZ_RUS_west`` or ``air_RUS_TJK`` means, or None."""
    words = re.split(r"[_\W]+", place)
    states = sorted(w.upper() for w in words if len(w) == 3 and w.upper() in outlines.countries and w.lower() != "air")
    if len(states) != 2:
        return None
    part = next((w for w in words if (*states, w) in BORDER_PARTS), None)
    return Section(states[0], states[1], part, "air" in words)


@dataclass(frozen=True)
class SectionMark:
    """What the map says of one section: a badge and how likely more are carried across."""

    place: str
    badge: str
    direction: str


@dataclass(frozen=True)
class City:
    """A city of the case; `weight` says which names go first where room is short."""

    name: str
    longitude: float
    latitude: float
    weight: float


def section_map(
    marks: Sequence[SectionMark],
    cities: Sequence[City],
    states: Mapping[str, str],
    focus: str,
    outlines: Outlines,
    width: int,
) -> alt.LayerChart:
    """Return the map.

    Parameters
    ----------
    marks
        Sections with their badges.
    cities
        Those outside the frame become arrows at its edge.
    states
        Code to name, of the case's states.
    focus
        Code of the state in focus.
    outlines
        Of countries and lakes.
    width
        Pixels.
    """
    height = round(Frame().height(width))
    picture = project_outline(width, height, borders_between=list(states), outlines=outlines)
    small = width < 600
    size = 12 if not small else 11
    lines, badges = _sections(marks, picture, outlines, small, _inside(cities, picture))
    taken: list[Box] = [tuple(b["box"]) for b in badges]  # type: ignore[misc]
    at, names, arrows = _cities(cities, picture, size, taken)
    taken += [n["box"] for n in names]
    countries = _country_names(
        picture,
        states,
        outlines,
        11,
        taken + [(c["x"] - 6, c["y"] - 6, c["x"] + 6, c["y"] + 6) for c in at],
    )
    drawing = Drawing(width, height)
    x, y = _scales(width, height)

    def points(rows: list[dict[str, Any]]) -> alt.Chart:
        return drawing.over([{k: v for k, v in r.items() if k != "box"} for r in rows]).encode(x=x, y=y)

    _ground(drawing, picture, states, focus)
    drawing.add(
        points(lines)
        .mark_line(
            strokeWidth=4.2 if not small else 3,
            strokeDash=[0.1, 6.4 if not small else 4.6],
            strokeCap="round",
            strokeJoin="round",
        )
        .encode(detail="piece:N", order="step:Q", stroke=alt.Stroke("colour:N", scale=None)),
        points(countries)
        .mark_text(fontSize=11, fontWeight=600, color=paint("ink3"))
        .encode(text="text:N"),
        points(at).mark_circle(size=34, stroke=paint("ink"), strokeWidth=1.5, fill=paint("bg"), opacity=1),
        points(arrows)
        .mark_point(shape="M0,-1L0.6,0.7L0,0.35L-0.6,0.7Z", filled=True, size=170, color=paint("ink2"), opacity=1)
        .encode(angle=alt.Angle("angle:Q", scale=None)),
    )
    for align in ("left", "right", "center"):
        rows = [n for n in names if n["align"] == align]
        if rows:
            halo = points(rows).mark_text(
                align=align,
                baseline="middle",
                fontSize=size,
                color=paint("focus"),
                stroke=paint("focus"),
                strokeWidth=3.5,
                strokeJoin="round",
            )
            plain = points(rows).mark_text(align=align, baseline="middle", fontSize=size)
            drawing.add(halo.encode(text="text:N"), plain.encode(text="text:N"))
    drawing.add(
        points(badges)
        .mark_rect(cornerRadius=3, stroke=paint("bg"), strokeWidth=1.5, opacity=1)
        .encode(x2="x2:Q", y2="y2:Q", fill=alt.Fill("colour:N", scale=None)),
        points([{**b, "x": (b["x"] + b["x2"]) / 2, "y": (b["y"] + b["y2"]) / 2} for b in badges])
        .mark_text(fontSize=size, fontWeight=700, baseline="middle")
        .encode(text="text:N", color=alt.Color("on:N", scale=None)),
    )
    return drawing.chart().configure_view(stroke=None, fill=paint("water"), cornerRadius=2, clip=True)


def _scales(width: int, height: int) -> tuple[alt.X, alt.Y]:
    def scale(last: int, flip: bool) -> alt.Scale:
        return alt.Scale(domain=[last, 0] if flip else [0, last], nice=False, zero=False)

    return (
        alt.X("x:Q", scale=scale(width, False), axis=None),
        alt.Y("y:Q", scale=scale(height, True), axis=None),
    )


def _ground(drawing: Drawing, picture: MapOutline, states: Mapping[str, str], focus: str) -> None:
    """Draw water, land and the common borders of the case's states."""

    def shade(feature: Mapping[str, Any]) -> str:
        if feature["properties"]["layer"] == "lake":
            return "water"
        key = feature["properties"]["key"]
        return "focus" if key == focus else "land2" if key in states else "land"

    by_shade: dict[str, list[Any]] = {"land": [], "land2": [], "focus": [], "water": []}
    for feature in picture.features():
        by_shade[shade(feature)].append(feature)
    for token, features in by_shade.items():
        if features:
            outline: dict[str, Any] = {"stroke": paint("ink2"), "strokeWidth": 1.2} if token == "focus" else {}
            drawing.add(
                drawing.over(features)
                .mark_geoshape(fill=paint(token), **outline)
                .project(type="identity", scale=1, translate=[0, 0])
            )
    borders = [
        {"x": round(float(px), 1), "y": round(float(py), 1), "piece": f"{a}{b}{k}", "step": i}
        for (a, b), pieces in picture.borders.items()
        for k, piece in enumerate(pieces)
        for i, (px, py) in enumerate(spaced(piece, 1.5))
    ]
    if borders:
        x, y = _scales(drawing.width, drawing.height)
        drawing.add(
            drawing.over(borders)
            .mark_line(stroke=paint("border"), strokeWidth=1)
            .encode(x=x, y=y, detail="piece:N", order="step:Q")
        )


def _inside(cities: Sequence[City], picture: MapOutline) -> list[tuple[float, float]]:
    placed = [picture.locate(c.longitude, c.latitude) for c in cities]
    return [(float(x), float(y)) for x, y in placed if 0 <= x <= picture.width and 0 <= y <= picture.height]


def _sections(
    marks: Sequence[SectionMark],
    picture: MapOutline,
    outlines: Outlines,
    small: bool,
    cities: list[tuple[float, float]],
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Return dotted lines, and badges that keep away from cities and from each other."""
    lines: list[dict[str, Any]] = []
    badges: list[dict[str, Any]] = []
    ordered = sorted(marks, key=lambda m: _STRENGTH[m.direction])
    shapes = {}
    for mark in ordered:
        section = section_of(mark.place, outlines)
        if section is None or section.air:
            continue
        pieces = [
            spaced(piece, 1.2)
            for line in border_section(section.first, section.second, section.part, outlines)
            for piece in picture.place(line)
        ]
        if not pieces:
            continue
        shapes[mark.place] = np.concatenate(pieces)
        lines += [
            {
                "x": round(float(x), 1),
                "y": round(float(y), 1),
                "piece": f"{mark.place}{k}",
                "step": i,
                "colour": paint(mark.direction),
            }
            for k, piece in enumerate(pieces)
            for i, (x, y) in enumerate(piece)
        ]
    high = 19 if not small else 15
    for mark in sorted(marks, key=lambda m: -len(m.badge)):
        if mark.place not in shapes:
            continue
        text = mark.badge.split(" ")[0] if small else mark.badge
        half = (text_width(text, 12 if not small else 11) + 11) / 2
        points = shapes[mark.place]
        edge = np.minimum.reduce(
            [
                points[:, 0] - half,
                picture.width - points[:, 0] - half,
                points[:, 1] - high,
                picture.height - points[:, 1] - high,
            ]
        )
        others = np.array([*cities, *(((b["x"] + b["x2"]) / 2, (b["y"] + b["y2"]) / 2) for b in badges)])
        room = (
            edge
            if not len(others)
            else np.minimum(edge, np.hypot(*(points[:, None, :] - others[None, :, :]).transpose(2, 0, 1)).min(axis=1))
        )
        # Roomy enough is enough: among such places the one nearest the middle of the section says most.
        far = np.abs(np.arange(len(points)) - len(points) / 2)
        best = int(np.where(room >= _ROOM, far, np.inf).argmin()) if (room >= _ROOM).any() else int(room.argmax())
        x, y = (float(v) for v in points[best])
        box = (x - half, y - high / 2, x + half, y + high / 2)
        badges.append(
            {
                "x": round(box[0], 1),
                "y": round(box[1], 1),
                "x2": round(box[2], 1),
                "y2": round(box[3], 1),
                "text": text,
                "colour": paint(mark.direction),
                "on": on(mark.direction),
                "box": box,
            }
        )
    return lines, badges


def _cities(
    cities: Sequence[City], picture: MapOutline, size: float, taken: list[Box]
) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
    """Return city dots, names with room, and arrows to those outside the picture."""
    frame: Box = (2.0, 2.0, picture.width - 2, picture.height - 2)
    at: list[dict[str, Any]] = []
    arrows: list[dict[str, Any]] = []
    wanted: list[tuple[float, float, str]] = []
    for city in sorted(cities, key=lambda c: -c.weight):
        x, y = (float(v) for v in picture.locate(city.longitude, city.latitude))
        if not (0 <= x <= picture.width and 0 <= y <= picture.height):
            x, y, angle = edge_point((x, y), picture.width, picture.height, 12, [(a["x"], a["y"]) for a in arrows])
            arrows.append({"x": round(x, 1), "y": round(y, 1), "angle": round(angle, 1)})
        else:
            at.append({"x": round(x, 1), "y": round(y, 1)})
        wanted.append((x, y, city.name))
    placed = place_labels(wanted, size, taken, frame)
    names = [
        {"x": round(p.x, 1), "y": round(p.y, 1), "text": p.text, "align": p.align, "box": p.box} for p in placed if p
    ]
    return at, names, arrows


def _country_names(
    picture: MapOutline, states: Mapping[str, str], outlines: Outlines, size: float, taken: list[Box]
) -> list[dict[str, Any]]:
    """Return names of countries at the roomiest place inside each that no other name needs."""
    found: list[dict[str, Any]] = []
    wanted = [iso for iso in picture.countries if iso in states] + [
        iso for iso in picture.countries if iso not in states
    ]
    for iso in wanted:
        text = "\u2009".join(outlines.countries[iso].name.upper())
        half, high = text_width(text, size) / 2 + 4, size * 0.7
        beside = np.array([half * 0.8, 0.0])
        rings = picture.countries[iso]
        xs, ys = np.meshgrid(np.arange(half, picture.width - half, 12), np.arange(high, picture.height - high, 12))
        grid = np.column_stack([xs.ravel(), ys.ravel()])
        grid = (
            grid[inside_rings(grid, rings) & inside_rings(grid - beside, rings) & inside_rings(grid + beside, rings)]
            if len(grid)
            else grid
        )
        if not len(grid):
            continue
        edge = np.concatenate(rings)
        room = np.hypot(*(grid[:, None, :] - edge[None, ::3, :]).transpose(2, 0, 1)).min(axis=1)
        for k in np.argsort(-room):
            x, y = (float(v) for v in grid[k])
            box = (x - half, y - high, x + half, y + high)
            if not any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in taken):
                found.append({"x": round(x, 1), "y": round(y, 1), "text": text})
                taken = [*taken, box]
                break
    return found
