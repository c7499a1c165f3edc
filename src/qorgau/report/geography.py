"""The map: its projection, the outlines it is drawn from, and borders between two countries as lines.

The outlines are one replaceable TopoJSON file (``outlines/natural_earth.json``, see ``docs/data.md``): any
file with the layers ``countries`` (``id`` an ISO 3166-1 alpha-3 code, ``properties.name``) and ``lakes``
(``properties.name``) will do. A border is whatever arcs two countries share, so no border is drawn by hand.
"""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from qorgau.errors import InputError
from qorgau.report.lines import Box, Points, clip_line, clip_ring, join_lines, svg_path
from qorgau.report.projection import CENTRAL_ASIA, Conic, Frame, albers, albers_inverse

__all__ = [
    "BORDER_PARTS",
    "Area",
    "MapOutline",
    "Outlines",
    "albers",
    "albers_inverse",
    "border_section",
    "load_outlines",
    "parse_outlines",
    "project_outline",
    "svg_path",
]


@dataclass(frozen=True)
class Area:
    """A country or lake: polygons, each an outer ring and its holes, each ring a run of arc numbers.

    An arc number is an index into `Outlines.arcs`; ``~number`` is that arc run backwards.
    """

    key: str
    name: str
    polygons: tuple[tuple[tuple[int, ...], ...], ...]

    def arc_numbers(self) -> set[int]:
        """Return the numbers of all arcs in use, whichever way they run."""
        return {max(arc, ~arc) for polygon in self.polygons for ring in polygon for arc in ring}


@dataclass(frozen=True)
class Outlines:
    """Countries and lakes over shared arcs.

    Parameters
    ----------
    arcs
        Lines of shape (n, 2), longitude and latitude in degrees.
    countries
        By ISO 3166-1 alpha-3 code.
    lakes
        In the order of the file; names may be empty.
    source, disclaimer
        To be printed under every map.
    """

    arcs: tuple[Points, ...]
    countries: Mapping[str, Area]
    lakes: tuple[Area, ...]
    source: str
    disclaimer: str

    def ring(self, numbers: Sequence[int]) -> Points:
        """Return the closed line that a run of arc numbers makes, shape (n, 2) in degrees."""
        return np.concatenate([self._arc(number)[(i > 0) :] for i, number in enumerate(numbers)])

    def rings(self, area: Area) -> tuple[Points, ...]:
        """Return every ring of an area, holes too; to be filled by the even-odd rule."""
        return tuple(self.ring(ring) for polygon in area.polygons for ring in polygon)

    def _arc(self, number: int) -> Points:
        return self.arcs[number] if number >= 0 else self.arcs[~number][::-1]


def parse_outlines(topology: Mapping[str, Any], file: str) -> Outlines:
    """Read a TopoJSON topology into `Outlines`.

    Parameters
    ----------
    topology
        The decoded file, with or without a quantising ``transform``.
    file
        Its name, for messages.

    Raises
    ------
    InputError
        If a layer, an id or an arc is missing or not of the kind expected.
    """
    fix = "give a TopoJSON file with the layers countries and lakes, as docs/data.md describes"
    if topology.get("type") != "Topology":
        raise InputError(file, "type", f"is {topology.get('type')!r}, not 'Topology'", fix)
    try:
        arcs = tuple(_decode(line, topology.get("transform")) for line in topology["arcs"])
        layers = {name: topology["objects"][name]["geometries"] for name in ("countries", "lakes")}
        countries = {str(g["id"]): _area(str(g["id"]), g) for g in layers["countries"]}
        lakes = tuple(_area(str(i), g) for i, g in enumerate(layers["lakes"]))
    except KeyError as error:
        raise InputError(file, str(error.args[0]), "is missing", fix) from error
    except (TypeError, ValueError) as error:
        raise InputError(file, "arcs", f"cannot be read ({error})", fix) from error
    for area in (*countries.values(), *lakes):
        if max(area.arc_numbers(), default=-1) >= len(arcs):
            raise InputError(file, area.name or area.key, f"names an arc beyond the {len(arcs)} given", fix)
    about = topology.get("about", {})
    return Outlines(
        arcs=arcs,
        countries=MappingProxyType(countries),
        lakes=lakes,
        source=about.get("source", ""),
        disclaimer=about.get("disclaimer", "Boundaries and names shown imply no endorsement of any of them."),
    )


def _decode(line: Any, transform: Any) -> Points:
    points = np.array(line, dtype=np.float64)
    if points.ndim != 2 or points.shape[0] < 2 or points.shape[1] != 2:
        raise ValueError(f"an arc of shape {points.shape} is not a line of longitude and latitude")
    if transform is not None:
        points = np.cumsum(points, axis=0) * transform["scale"] + transform["translate"]
    points.setflags(write=False)
    return points


def _area(key: str, geometry: Mapping[str, Any]) -> Area:
    kind = geometry["type"]
    if kind not in ("Polygon", "MultiPolygon"):
        raise ValueError(f"{key} is a {kind}, not a Polygon or MultiPolygon")
    polygons = geometry["arcs"] if kind == "MultiPolygon" else [geometry["arcs"]]
    frozen = tuple(tuple(tuple(int(arc) for arc in ring) for ring in polygon) for polygon in polygons)
    return Area(key, str(geometry.get("properties", {}).get("name", "")), frozen)


def load_outlines(path: str | os.PathLike[str] | None = None) -> Outlines:
    """Return the outlines in `path`, or those that come with the package.

    Raises
    ------
    InputError
        If the file cannot be read, is not JSON, or lacks what a map needs.
    """
    if path is None:
        return _bundled_outlines()
    fix = "give a TopoJSON file with the layers countries and lakes, as docs/data.md describes"
    try:
        with open(path, encoding="utf-8") as stream:
            topology = json.load(stream)
    except OSError as error:
        raise InputError(path, "", f"cannot be read ({error.strerror})", fix) from error
    except ValueError as error:
        raise InputError(path, "", f"is not JSON ({error})", fix) from error
    if not isinstance(topology, dict):
        raise InputError(path, "", "is not a JSON object", fix)
    return parse_outlines(topology, os.fspath(path))


@functools.cache
def _bundled_outlines() -> Outlines:
    name = "outlines/natural_earth.json"
    text = (files("qorgau.report") / "outlines" / "natural_earth.json").read_text(encoding="utf-8")
    return parse_outlines(json.loads(text), name)


BORDER_PARTS: Mapping[tuple[str, str, str], Box] = MappingProxyType(
    {
        ("KAZ", "RUS", "west"): (-180.0, -90.0, 74.5, 53.0),
        ("KAZ", "RUS", "north"): (-180.0, 53.0, 74.5, 90.0),
        ("KAZ", "RUS", "east"): (74.5, -90.0, 180.0, 90.0),
    }
)
"""Long borders that are spoken of in parts: west, south, east and north of each part, in degrees.

The Kazakh-Russian border is cut at 53N, south of Kostanay (crossings to Orenburg and Samara lie below,
those to Chelyabinsk and Yekaterinburg above), and at 74.5E, east of Omsk (beyond lie those to Novosibirsk).
"""


def border_section(
    iso3_a: str, iso3_b: str, part: str | None = None, outlines: Outlines | None = None
) -> tuple[Points, ...]:
    """Return the border between two countries as lines, shape (n, 2) each, in degrees.

    Parameters
    ----------
    iso3_a, iso3_b
        ISO 3166-1 alpha-3 codes, in either order.
    part
        A part named in `BORDER_PARTS`, or None for the whole border.
    outlines
        The outlines; those of the package when None.

    Returns
    -------
    tuple of arrays
        Empty when the two do not touch.

    Raises
    ------
    InputError
        If a country is not in the outlines or the border has no part of that name.
    """
    outlines = load_outlines() if outlines is None else outlines
    for iso3 in (iso3_a, iso3_b):
        if iso3 not in outlines.countries:
            known = ", ".join(sorted(outlines.countries))
            raise InputError("map outlines", iso3, "is not a country of the map", f"use one of {known}")
    shared = outlines.countries[iso3_a].arc_numbers() & outlines.countries[iso3_b].arc_numbers()
    lines = join_lines([outlines.arcs[number] for number in sorted(shared)])
    if part is None:
        return lines
    first, second = sorted((iso3_a, iso3_b))
    if (first, second, part) not in BORDER_PARTS:
        known = ", ".join(name for a, b, name in BORDER_PARTS if (a, b) == (first, second)) or "no parts"
        raise InputError("map outlines", f"{first}-{second}", f"has no part {part!r}", f"it has {known}")
    box = BORDER_PARTS[first, second, part]
    return tuple(piece for line in lines for piece in clip_line(line, box))


@dataclass(frozen=True)
class MapOutline:
    """Outlines in the pixels of one picture, cut to the frame; x to the right, y downwards.

    Parameters
    ----------
    width, height
        Of the picture, in pixels.
    countries
        By code, closed rings of shape (n, 2), holes included: fill by the even-odd rule, do not stroke (a
        ring also runs along the frame).
    lakes
        Name (may be empty) and rings of each lake in the picture.
    borders
        Lines of shape (n, 2) by pair of codes in the order of the alphabet.
    kilometres_per_pixel
        The scale at the standard parallels.
    source, disclaimer
        To be printed under the map.
    frame, conic
        What the picture shows and how it is projected.
    """

    width: float
    height: float
    countries: Mapping[str, tuple[Points, ...]]
    lakes: tuple[tuple[str, tuple[Points, ...]], ...]
    borders: Mapping[tuple[str, str], tuple[Points, ...]]
    kilometres_per_pixel: float
    source: str
    disclaimer: str
    frame: Frame
    conic: Conic

    def locate(self, longitude: ArrayLike, latitude: ArrayLike) -> tuple[Points, Points]:
        """Return x and y in pixels of points in degrees; they may lie outside the picture."""
        x_km, y_km = albers(longitude, latitude, self.conic)
        return self.frame.pixels(x_km, y_km, self.width, self.height)

    def place(self, line: Points) -> tuple[Points, ...]:
        """Return a line of degrees as pixels, cut to the frame; more lines when it leaves and comes back."""
        placed = np.column_stack(self.locate(line[:, 0], line[:, 1]))
        return clip_line(placed, self.frame.box(self.width, self.height))

    def features(self) -> list[dict[str, Any]]:
        """Return countries and lakes as GeoJSON features in pixels, for Vega-Lite's ``identity`` projection.

        Properties are ``layer`` (``country`` or ``lake``) and ``key`` (a country's code, a lake's name).
        """
        shapes = [("country", iso3, rings) for iso3, rings in self.countries.items()]
        shapes += [("lake", name, rings) for name, rings in self.lakes]
        return [
            {
                "type": "Feature",
                "properties": {"layer": layer, "key": key},
                # Holes run the other way round than outer rings, so that either fill rule leaves them open.
                "geometry": {"type": "Polygon", "coordinates": [np.round(r, 1).tolist() for r in rings]},
            }
            for layer, key, rings in shapes
        ]


def project_outline(
    width: float,
    height: float,
    *,
    borders_between: Collection[str] | None = None,
    outlines: Outlines | None = None,
    frame: Frame | None = None,
    conic: Conic = CENTRAL_ASIA,
) -> MapOutline:
    """Return the outlines as they are drawn in a picture of `width` by `height` pixels.

    Parameters
    ----------
    width, height
        Pixels. The frame is fitted in with one scale and centred; `Frame.height` gives the height at which
        there is no margin.
    borders_between
        Codes of the countries whose common borders are wanted: a map draws those of its case. All when None.
    outlines, frame, conic
        Other outlines, another part of the plane, another projection.

    Raises
    ------
    ValueError
        If a side is not positive.
    """
    if width <= 0 or height <= 0:
        raise ValueError(f"a map of {width} by {height} pixels has no room")
    outlines = load_outlines() if outlines is None else outlines
    frame = Frame() if frame is None else frame
    box = frame.box(width, height)

    def pixels(line: Points) -> Points:
        x_km, y_km = albers(line[:, 0], line[:, 1], conic)
        return np.column_stack(frame.pixels(x_km, y_km, width, height))

    def fill(area: Area) -> tuple[Points, ...]:
        cut = (clip_ring(pixels(ring), box) for ring in outlines.rings(area))
        return tuple(ring for ring in cut if len(ring))

    chosen = outlines.countries if borders_between is None else borders_between
    wanted = sorted(set(outlines.countries) & set(chosen))
    borders = {}
    for i, a in enumerate(wanted):
        for b in wanted[i + 1 :]:
            lines = border_section(a, b, outlines=outlines)
            pieces = tuple(piece for line in lines for piece in clip_line(pixels(line), box))
            if pieces:
                borders[a, b] = pieces
    countries = {iso3: fill(area) for iso3, area in outlines.countries.items()}
    lakes = [(area.name, fill(area)) for area in outlines.lakes]
    return MapOutline(
        width=width,
        height=height,
        countries=MappingProxyType({iso3: rings for iso3, rings in countries.items() if rings}),
        lakes=tuple((name, rings) for name, rings in lakes if rings),
        borders=MappingProxyType(borders),
        kilometres_per_pixel=1 / frame.scale(width, height),
        source=outlines.source,
        disclaimer=outlines.disclaimer,
        frame=frame,
        conic=conic,
    )
