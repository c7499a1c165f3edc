"""The tool that makes the map's outlines, on two square countries, an enclave and a lake."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from qorgau.report import geography
from tools import outlines

Ring = list[tuple[float, float]]

WEST: Ring = [(60, 40), (60, 45), (65, 45), (65, 40), (60, 40)]
EAST: Ring = [(65, 40), (65, 45), (70, 45), (70, 40), (65, 40)]
ENCLAVE: Ring = [(61, 41), (61, 42), (62, 42), (62, 41), (61, 41)]
FAR: Ring = [(0, 0), (0, 5), (5, 5), (5, 0), (0, 0)]
LAKE: Ring = [(66, 41), (66, 43), (68, 43), (68, 41), (66, 41)]
POND: Ring = [(69, 41), (69, 41.05), (69.05, 41.05), (69.05, 41), (69, 41)]


def _write(path: Path, field: str, rows: list[tuple[str, str, list[Ring]]]) -> Path:
    """Write a polygon shapefile and its table with a code (in `field`) and a name."""
    body = b""
    for number, (_, _, rings) in enumerate(rows, 1):
        points = [point for ring in rings for point in ring]
        starts = [sum(len(r) for r in rings[:i]) for i in range(len(rings))]
        record = struct.pack("<i4d2i", 5, 0, 0, 0, 0, len(rings), len(points))
        record += struct.pack(f"<{len(starts)}i", *starts)
        record += b"".join(struct.pack("<2d", *point) for point in points)
        body += struct.pack(">2i", number, len(record) // 2) + record
    head = struct.pack(">7i", 9994, 0, 0, 0, 0, 0, (100 + len(body)) // 2) + struct.pack(
        "<2i8d", 1000, 5, *[0.0] * 8
    )
    path.write_bytes(head + body)
    names = [(field, 10), ("NAME" if field == "ADM0_A3" else "name", 20)]
    fields = b"".join(struct.pack("<11sc4xB15x", n.encode(), b"C", size) for n, size in names)
    table = b"".join(b" " + code.encode().ljust(10) + name.encode().ljust(20) for code, name, _ in rows)
    start = struct.pack("<4B I 2H 20x", 3, 126, 1, 1, len(rows), 32 + len(fields) + 1, 31)
    path.with_suffix(".dbf").write_bytes(start + fields + b"\r" + table)
    return path


@pytest.fixture
def topology(tmp_path: Path) -> dict:
    countries = [
        ("AAA", "West", [WEST, ENCLAVE[::-1]]),
        ("BBB", "East", [EAST, ENCLAVE]),
        ("CCC", "Far", [FAR]),
    ]
    made = outlines.build(
        _write(tmp_path / "countries.shp", "ADM0_A3", countries),
        _write(tmp_path / "lakes.shp", "code", [("1", "Köl", [LAKE]), ("2", "Pond", [POND])]),
    )
    return json.loads(outlines.serialise(made))


def test_what_is_written_is_what_the_map_reads(topology: dict) -> None:
    read = geography.parse_outlines(topology, "made.json")
    assert list(read.countries) == ["AAA", "BBB"]  # the far one lies outside the window
    assert [lake.name for lake in read.lakes] == ["Köl"]  # the pond is too small to see
    assert "Natural Earth" in read.source and "endorsement" in read.disclaimer


def test_shared_lines_are_stored_once(topology: dict) -> None:
    read = geography.parse_outlines(topology, "made.json")
    border = {
        tuple(map(tuple, sorted(line.tolist())))
        for line in geography.border_section("AAA", "BBB", outlines=read)
    }
    assert ((65.0, 40.0), (65.0, 45.0)) in border
    assert len(border) == 2  # the line between the two, and the enclave's loop
    assert sum(len(line) for line in topology["arcs"]) == 2 + 4 + 4 + 5 + 5


def test_an_enclave_is_a_hole_of_the_country_around(topology: dict) -> None:
    read = geography.parse_outlines(topology, "made.json")
    assert [len(polygon) for polygon in read.countries["AAA"].polygons] == [2]
    assert [len(polygon) for polygon in read.countries["BBB"].polygons] == [1, 1]


def test_a_ring_is_cut_to_the_window_with_its_direction_kept() -> None:
    cut = outlines.clip(WEST, (62.0, 30.0, 100.0, 44.0))
    assert {point for point in cut} == {(62.0, 40), (62.0, 44.0), (65, 44.0), (65, 40)}
    assert outlines.area_km2(cut) > 0
    assert outlines.area_km2(outlines.clip(WEST[::-1], (62.0, 30.0, 100.0, 44.0))) < 0
    assert outlines.clip(FAR) == []


def test_area_of_a_degree_square_at_the_equator() -> None:
    """On the sphere a degree is 111.195 km both ways there."""
    assert outlines.area_km2([(0, -0.5), (0, 0.5), (1, 0.5), (1, -0.5), (0, -0.5)]) == pytest.approx(
        12364, rel=1e-3
    )


def test_thinning_keeps_ends_and_corners() -> None:
    line = [(60.0, 40.0), (61.0, 40.001), (62.0, 40.0), (62.0, 41.0)]
    assert outlines.thin(line) == [(60.0, 40.0), (62.0, 40.0), (62.0, 41.0)]
    assert outlines.thin(line, tolerance=0.0) == line


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "lines.shp").write_bytes(b"\0" * 100)
    with pytest.raises(ValueError, match="not a shapefile of polygons"):
        outlines.read_shapes(tmp_path / "lines.shp")
