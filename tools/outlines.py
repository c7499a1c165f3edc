"""Make the map outlines of the report from Natural Earth's shapefiles.

Input are two of the files that Natural Earth publishes at 1:50m (public domain), unpacked:
``ne_50m_admin_0_countries`` and ``ne_50m_lakes``, each a ``.shp`` with its ``.dbf``. Output is one TopoJSON
file whose borders are shared arcs, so that the border between two countries is a line of its own::

    python tools/outlines.py ne_50m_admin_0_countries.shp ne_50m_lakes.shp natural_earth.json

The steps: read both files; cut every ring to the window; split the rings where they part or meet, so that a
line that two countries share is stored once; thin each line (Douglas and Peucker 1973) with its ends kept;
leave out what is too small to be seen; write plain degrees. Only the standard library is needed.
"""

from __future__ import annotations

import argparse
import json
import math
import struct
from collections.abc import Iterable, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

Point = tuple[float, float]
Ring = list[Point]

WINDOW = (37.0, 31.0, 101.0, 61.0)
"""West, south, east, north in degrees: more than the drawn frame, whose corners reach far to the sides."""
THIN_DEGREES = 0.008
"""Largest sideways shift by thinning, under 1 km: a quarter of a pixel on a map 1,000 pixels wide."""
SMALLEST_KM2 = {"countries": 60.0, "lakes": 300.0}
"""Islands and lakes below this area are left out; no country as a whole is."""
DIGITS = 3
EARTH_KM = 6371.0072


def read_shapes(path: Path) -> list[tuple[dict[str, str], list[Ring]]]:
    """Return the attributes and closed rings (outer ones clockwise) of each record of a polygon shapefile.

    Raises
    ------
    ValueError
        If the file is not a shapefile of polygons, or its ``.dbf`` has another number of records.
    """
    raw = path.read_bytes()
    if struct.unpack(">i", raw[:4])[0] != 9994 or struct.unpack("<i", raw[32:36])[0] != 5:
        raise ValueError(f"{path}: not a shapefile of polygons")
    shapes: list[list[Ring]] = []
    at = 100
    while at < len(raw):
        length = struct.unpack(">i", raw[at + 4 : at + 8])[0] * 2
        body = raw[at + 8 : at + 8 + length]
        at += 8 + length
        if struct.unpack("<i", body[:4])[0] == 0:
            shapes.append([])
            continue
        parts, points = struct.unpack("<ii", body[36:44])
        starts = [*struct.unpack(f"<{parts}i", body[44 : 44 + 4 * parts]), points]
        flat = struct.unpack(f"<{2 * points}d", body[44 + 4 * parts : 44 + 4 * parts + 16 * points])
        pairs = list(zip(flat[0::2], flat[1::2], strict=True))
        shapes.append([pairs[a:b] for a, b in pairwise(starts)])
    rows = _read_table(path.with_suffix(".dbf"))
    if len(rows) != len(shapes):
        raise ValueError(f"{path}: {len(shapes)} shapes but {len(rows)} rows in the table")
    return list(zip(rows, shapes, strict=True))


def _read_table(path: Path) -> list[dict[str, str]]:
    raw = path.read_bytes()
    count, header, width = struct.unpack("<IHH", raw[4:12])
    fields: list[tuple[str, int]] = []
    at = 32
    while raw[at] != 0x0D:
        fields.append((raw[at : at + 11].split(b"\0")[0].decode("ascii"), raw[at + 16]))
        at += 32
    rows = []
    for i in range(count):
        at = header + i * width + 1
        row = {}
        for name, size in fields:
            row[name] = raw[at : at + size].decode("utf-8", "replace").strip(" \0")
            at += size
        rows.append(row)
    return rows


def clip(ring: Ring, window: tuple[float, float, float, float] = WINDOW) -> Ring:
    """Cut a closed ring to the window (Sutherland and Hodgman 1974); empty when nothing is left."""
    west, south, east, north = window
    points = ring[:-1]
    for axis, limit, sign in ((0, west, 1), (0, east, -1), (1, south, 1), (1, north, -1)):
        kept: Ring = []
        for a, b in zip(points[-1:] + points[:-1], points, strict=True):
            a_in, b_in = sign * (a[axis] - limit) >= 0, sign * (b[axis] - limit) >= 0
            if a_in != b_in:
                # The same order of ends for both neighbours gives the same cut point to the last bit.
                p, q = sorted((a, b))
                other = p[1 - axis] + (limit - p[axis]) / (q[axis] - p[axis]) * (q[1 - axis] - p[1 - axis])
                kept.append((limit, other) if axis == 0 else (other, limit))
            if b_in:
                kept.append(b)
        points = [p for i, p in enumerate(kept) if p != kept[i - 1]]
        if len(points) < 3:
            return []
    return [*points, points[0]]


def area_km2(ring: Sequence[Point]) -> float:
    """Return the signed area of a closed ring of degrees on the sphere, positive when it runs clockwise."""
    total = 0.0
    for (x0, y0), (x1, y1) in pairwise(ring):
        total += math.radians(x1 - x0) * (math.sin(math.radians(y0)) + math.sin(math.radians(y1)))
    return total * EARTH_KM**2 / 2


def thin(line: Sequence[Point], tolerance: float = THIN_DEGREES) -> Ring:
    """Drop points nearer than `tolerance` degrees to the line kept; longitudes are shortened by latitude."""
    scale = math.cos(math.radians(line[0][1]))
    flat = [(x * scale, y) for x, y in line]
    keep = {0, len(line) - 1}
    if line[0] == line[-1]:
        keep.add(max(range(len(flat)), key=lambda i: math.dist(flat[i], flat[0])))
    order = sorted(keep)
    todo = list(pairwise(order))
    while todo:
        a, b = todo.pop()
        far, at = tolerance, 0
        (ax, ay), (bx, by) = flat[a], flat[b]
        run = math.hypot(bx - ax, by - ay)
        for i in range(a + 1, b):
            px, py = flat[i][0] - ax, flat[i][1] - ay
            if run == 0:
                away = math.hypot(px, py)
            else:
                along = min(1.0, max(0.0, (px * (bx - ax) + py * (by - ay)) / run**2))
                away = math.hypot(px - along * (bx - ax), py - along * (by - ay))
            if away > far:
                far, at = away, i
        if at:
            keep.add(at)
            todo += [(a, at), (at, b)]
    return [line[i] for i in sorted(keep)]


class Arcs:
    """Lines stored once, each with a number; ``~number`` is the line run backwards, as TopoJSON has it."""

    def __init__(self, rings: Iterable[Ring]) -> None:
        ways: dict[Point, set[frozenset[Point]]] = {}
        for ring in rings:
            points = ring[:-1]
            for i, point in enumerate(points):
                around = frozenset((points[i - 1], points[(i + 1) % len(points)]))
                ways.setdefault(point, set()).add(around)
        self._forks = {point for point, around in ways.items() if len(around) > 1}
        self._number: dict[tuple[Point, ...], int] = {}
        self.lines: list[Ring] = []

    def of(self, ring: Ring) -> list[int]:
        """Return the numbers of the arcs that a closed ring is made of, storing those that are new."""
        points = ring[:-1]
        forks = [i for i, point in enumerate(points) if point in self._forks]
        if not forks:
            first = points.index(min(points))
            forks = [first]
        turned = points[forks[0] :] + points[: forks[0]]
        cuts = [i - forks[0] for i in forks] + [len(points)]
        turned.append(turned[0])
        return [self._store(turned[a : b + 1]) for a, b in pairwise(cuts)]

    def _store(self, line: Ring) -> int:
        key, back = tuple(line), tuple(reversed(line))
        if key in self._number:
            return self._number[key]
        if back in self._number:
            return ~self._number[back]
        self._number[key] = len(self.lines)
        self.lines.append(line)
        return self._number[key]


def _inside(point: Point, ring: Ring) -> bool:
    x, y = point
    odd = False
    for (x0, y0), (x1, y1) in pairwise(ring):
        if (y0 > y) != (y1 > y) and x < x0 + (y - y0) / (y1 - y0) * (x1 - x0):
            odd = not odd
    return odd


def polygons(rings: list[Ring]) -> list[list[Ring]]:
    """Group rings into polygons: each outer ring (clockwise) with the holes that lie in it."""
    outer = [[ring] for ring in rings if area_km2(ring) > 0]
    for hole in (ring for ring in rings if area_km2(ring) <= 0):
        home = next((polygon for polygon in outer if _inside(hole[0], polygon[0])), None)
        if home is not None:
            home.append(hole)
    return outer


def build(countries: Path, lakes: Path) -> dict[str, Any]:
    """Return the TopoJSON topology of the countries and lakes in the window."""
    layers: dict[str, list[tuple[dict[str, str], list[list[Ring]]]]] = {}
    for layer, path in (("countries", countries), ("lakes", lakes)):
        kept = []
        for row, rings in read_shapes(path):
            # Holes stay whatever their size: an enclave's hole is the other country's outline.
            cut = [ring for ring in (clip(ring) for ring in rings) if ring]
            large = [r for r in cut if area_km2(r) <= 0 or area_km2(r) >= SMALLEST_KM2[layer]]
            if any(area_km2(ring) > 0 for ring in large):
                kept.append((row, polygons(large)))
        layers[layer] = kept
    shapes = [shape for kept in layers.values() for _, shape in kept]
    arcs = Arcs(ring for shape in shapes for polygon in shape for ring in polygon)
    objects = {}
    for layer, kept in layers.items():
        geometries = []
        for row, shape in sorted(kept, key=lambda item: item[0].get("ADM0_A3") or item[0]["name"]):
            geometry: dict[str, object] = {"type": "MultiPolygon"}
            if layer == "countries":
                geometry["id"] = row["ADM0_A3"]
            geometry["properties"] = {"name": row["NAME" if layer == "countries" else "name"]}
            geometry["arcs"] = [[arcs.of(ring) for ring in polygon] for polygon in shape]
            geometries.append(geometry)
        objects[layer] = {"type": "GeometryCollection", "geometries": geometries}
    lines = [[[round(x, DIGITS), round(y, DIGITS)] for x, y in thin(line)] for line in arcs.lines]
    return {
        "type": "Topology",
        "about": {
            "source": "Natural Earth, 1:50m Admin 0 countries and Lakes",
            "licence": "public domain",
            "disclaimer": "Boundaries and names shown imply no endorsement of any of them.",
            "made_by": "tools/outlines.py",
            "thinned_degrees": THIN_DEGREES,
        },
        "bbox": list(WINDOW),
        "objects": objects,
        "arcs": lines,
    }


def serialise(topology: dict[str, Any]) -> str:
    """Return the topology as JSON with one arc a line: a change of one border is a change of one line."""

    def pack(value: object) -> str:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"))

    head = pack({key: value for key, value in topology.items() if key != "arcs"})
    arcs = ",\n".join(pack(line) for line in topology["arcs"])
    return f'{head[:-1]},\n"arcs":[\n{arcs}\n]}}\n'


def main() -> None:
    """Read the command line, build the topology and write it."""
    parser = argparse.ArgumentParser(description="Make the map outlines from Natural Earth's shapefiles.")
    parser.add_argument("countries", type=Path, help="ne_50m_admin_0_countries.shp, its .dbf beside it")
    parser.add_argument("lakes", type=Path, help="ne_50m_lakes.shp, its .dbf beside it")
    parser.add_argument("out", type=Path, help="the TopoJSON file to write")
    given = parser.parse_args()
    topology = build(given.countries, given.lakes)
    text = serialise(topology)
    given.out.write_text(text, encoding="utf-8")
    print(f"{given.out}: {given.out.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
