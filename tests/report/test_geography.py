from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from qorgau.errors import InputError
from qorgau.report import geography
from qorgau.report.projection import Frame

CASE = ("AFG", "CHN", "KAZ", "KGZ", "RUS", "TJK", "TKM", "UZB")


def _km(line: np.ndarray) -> float:
    steps = np.diff(np.column_stack(geography.albers(line[:, 0], line[:, 1])), axis=0)
    return float(np.hypot(steps[:, 0], steps[:, 1]).sum())


def _area_km2(iso3: str) -> float:
    outlines = geography.load_outlines()
    total = 0.0
    for ring in outlines.rings(outlines.countries[iso3]):
        x, y = geography.albers(ring[:, 0], ring[:, 1])
        total += float(np.sum(x[1:] * y[:-1] - x[:-1] * y[1:]) / 2)
    return total


@pytest.mark.parametrize(
    ("iso3", "published_km2"),
    [("KAZ", 2_724_900), ("UZB", 447_400), ("KGZ", 199_950), ("TJK", 141_400), ("TKM", 469_930)],
)
def test_countries_have_their_published_area(iso3: str, published_km2: float) -> None:
    """Published areas, without the Garabogaz lagoon, which the map counts to the Caspian.

    A map at 1:50m is good to about three in a hundred.
    """
    assert _area_km2(iso3) == pytest.approx(published_km2, rel=0.03)


def test_rings_are_closed_and_enclaves_are_holes_of_the_country_around() -> None:
    outlines = geography.load_outlines()
    for area in outlines.countries.values():
        for ring in outlines.rings(area):
            assert np.array_equal(ring[0], ring[-1])
    # Uzbekistan's exclaves within Kyrgyzstan make holes there, and border lines that close on themselves.
    loops = [line for line in geography.border_section("KGZ", "UZB") if np.array_equal(line[0], line[-1])]
    assert len(loops) == 2
    assert len(outlines.countries["KGZ"].polygons[0]) == 1 + len(loops) + 1


@pytest.mark.parametrize(
    ("a", "b", "shortest_km", "longest_km"),
    [
        ("KAZ", "KGZ", 850, 1260),
        ("KAZ", "RUS", 5300, 7650),
        ("KAZ", "UZB", 1800, 2360),
        ("AFG", "TJK", 950, 1400),
    ],
)
def test_borders_have_a_length_near_the_published_one(
    a: str, b: str, shortest_km: float, longest_km: float
) -> None:
    """A thinned line is shorter than the surveyed border (the upper bounds) but not by more than a third."""
    lines = geography.border_section(a, b)
    assert shortest_km < sum(map(_km, lines)) < longest_km
    turned = geography.border_section(b, a)
    assert all(np.array_equal(x, y) for x, y in zip(lines, turned, strict=True))


def test_parts_of_the_russian_border_make_up_the_whole() -> None:
    whole = sum(map(_km, geography.border_section("KAZ", "RUS")))
    parts = {p: geography.border_section("RUS", "KAZ", p) for p in ("west", "north", "east")}
    assert sum(sum(map(_km, lines)) for lines in parts.values()) == pytest.approx(whole, rel=1e-4)
    middles = {p: np.concatenate(lines)[:, 0].mean() for p, lines in parts.items()}
    assert middles["west"] < middles["north"] < middles["east"]


def test_countries_that_do_not_touch_have_no_border() -> None:
    assert geography.border_section("KAZ", "TJK") == ()


def test_unknown_country_or_part_is_named_with_a_mend() -> None:
    with pytest.raises(InputError, match=r"XXX: is not a country of the map.*KAZ"):
        geography.border_section("KAZ", "XXX")
    with pytest.raises(InputError, match=r"KAZ-RUS: has no part 'middle'.*west, north, east"):
        geography.border_section("KAZ", "RUS", "middle")
    with pytest.raises(InputError, match="no parts"):
        geography.border_section("KAZ", "KGZ", "west")


def test_map_lies_in_its_picture_and_shows_the_case() -> None:
    picture = geography.project_outline(1000, Frame().height(1000), borders_between=CASE)
    assert set(CASE) <= set(picture.countries)
    assert {name for name, _ in picture.lakes} >= {
        "Lake Balkhash",
        "Issyk-Kul",
        "North Aral Sea",
        "South Aral Sea",
    }
    rings = [ring for rings in picture.countries.values() for ring in rings]
    lines = [line for lines in picture.borders.values() for line in lines]
    for points in rings + lines:
        assert np.all(points >= -1e-6) and np.all(points <= [1000 + 1e-6, picture.height + 1e-6])
    assert ("KAZ", "KGZ") in picture.borders and ("AZE", "RUS") not in picture.borders


def test_map_puts_places_where_they_are() -> None:
    picture = geography.project_outline(1000, 721)
    x, y = picture.locate(
        [76.9, 74.6, 69.2, 71.4], [43.2, 42.9, 41.3, 51.2]
    )  # Almaty, Bishkek, Tashkent, Astana
    assert x[0] > x[1] > x[2]
    assert y[3] < y[0] < y[1] < y[2]
    # Almaty to Astana is about 970 km as the crow flies.
    assert np.hypot(x[0] - x[3], y[0] - y[3]) * picture.kilometres_per_pixel == pytest.approx(970, rel=0.02)


def test_the_land_fills_the_frame_to_its_corners() -> None:
    """Only the Caspian and lakes may show water: all four corners of the default frame lie on land."""
    picture = geography.project_outline(1000, Frame().height(1000))
    rings = [ring for rings in picture.countries.values() for ring in rings]
    for corner in ([1, 1], [999, 1], [1, picture.height - 1], [999, picture.height - 1]):
        assert sum(_winds_around(ring, corner) for ring in rings) % 2 == 1


def _winds_around(ring: np.ndarray, point: list[float]) -> bool:
    odd = False
    for (x0, y0), (x1, y1) in pairwise(ring):
        if (y0 > point[1]) != (y1 > point[1]) and point[0] < x0 + (point[1] - y0) / (y1 - y0) * (x1 - x0):
            odd = not odd
    return odd


def test_features_are_plain_geojson() -> None:
    picture = geography.project_outline(400, 300)
    features = json.loads(json.dumps(picture.features()))
    assert {f["properties"]["layer"] for f in features} == {"country", "lake"}
    assert len(features) == len(picture.countries) + len(picture.lakes)


def test_no_room_is_refused() -> None:
    with pytest.raises(ValueError, match="no room"):
        geography.project_outline(0, 100)


SQUARES = {
    "type": "Topology",
    "objects": {
        "countries": {
            "type": "GeometryCollection",
            "geometries": [
                {"type": "Polygon", "id": "AAA", "properties": {"name": "A"}, "arcs": [[0, 1]]},
                {"type": "Polygon", "id": "BBB", "properties": {"name": "B"}, "arcs": [[2, -1]]},
            ],
        },
        "lakes": {"type": "GeometryCollection", "geometries": []},
    },
    "arcs": [[[0, 0], [0, 1]], [[0, 1], [-1, 1], [-1, 0], [0, 0]], [[0, 0], [1, 0], [1, 1], [0, 1]]],
}


def test_another_file_can_take_the_place(tmp_path: Path) -> None:
    file = tmp_path / "squares.json"
    file.write_text(json.dumps(SQUARES))
    outlines = geography.load_outlines(file)
    assert [line.tolist() for line in geography.border_section("AAA", "BBB", outlines=outlines)] == [
        [[0, 0], [0, 1]]
    ]
    quantised = {**SQUARES, "transform": {"scale": [0.5, 0.5], "translate": [10, 20]}}
    quantised["arcs"] = [
        [[0, 0], [0, 2]],
        [[0, 2], [-2, 0], [0, -2], [2, 0]],
        [[0, 0], [2, 0], [0, 2], [-2, 0]],
    ]
    file.write_text(json.dumps(quantised))
    moved = geography.border_section("AAA", "BBB", outlines=geography.load_outlines(file))
    assert [line.tolist() for line in moved] == [[[10, 20], [10, 21]]]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"type": "FeatureCollection"}, "not 'Topology'"),
        ({"arcs": [[[0, 0]]] * 3}, "not a line"),
        ({"arcs": SQUARES["arcs"][:2]}, "beyond the 2 given"),
        ({"objects": {"countries": SQUARES["objects"]["countries"]}}, "lakes: is missing"),
    ],
)
def test_unusable_file_is_refused_with_its_name(tmp_path: Path, change: dict, says: str) -> None:
    file = tmp_path / "bad.json"
    file.write_text(json.dumps({**SQUARES, **change}))
    with pytest.raises(InputError, match=says) as caught:
        geography.load_outlines(file)
    assert str(file) in str(caught.value)


def test_missing_or_broken_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        geography.load_outlines(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{")
    with pytest.raises(InputError, match="is not JSON"):
        geography.load_outlines(tmp_path / "bad.json")
