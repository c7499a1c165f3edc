from __future__ import annotations

import numpy as np
import pytest

from qorgau.report.figures.geometry import edge_point, inside_rings, spaced
from qorgau.report.figures.section_map import City, Section, SectionMark, section_map, section_of
from qorgau.report.geography import load_outlines
from qorgau.report.theme import paint


@pytest.mark.parametrize(
    ("place", "found"),
    [
        ("KAZ_KGZ", Section("KAZ", "KGZ")),
        ("UZB-KAZ", Section("KAZ", "UZB")),
        ("KAZ_RUS_west", Section("KAZ", "RUS", "west")),
        ("air_RUS_TJK", Section("RUS", "TJK", air=True)),
        ("EUU_RUS", None),
        ("elsewhere", None),
    ],
)
def test_sections_are_read_from_their_names(place: str, found: Section | None) -> None:
    assert section_of(place, load_outlines()) == found


def rows(direction: str, badge: str, width: int = 1000) -> dict[str, list[dict[str, object]]]:
    cities = [City("Almaty", 76.89, 43.24, 3e6), City("Moscow", 37.62, 55.76, 2e7), City("Europe", 21.01, 52.23, 5e8)]
    chart = section_map(
        [SectionMark("KAZ_KGZ", badge, direction), SectionMark("air_RUS_TJK", "Z", "more")],
        cities,
        {"KAZ": "Kazakhstan", "KGZ": "Kyrgyzstan"},
        "KAZ",
        load_outlines(),
        width,
    )
    return chart.to_dict(validate=False)["datasets"]


def test_a_section_is_a_dotted_line_in_the_colour_of_its_likelihood_with_its_badge() -> None:
    data = [row for values in rows("fewer2", "A").values() for row in values]
    lines = [r for r in data if str(r.get("piece", "")).startswith("KAZ_KGZ")]
    assert len(lines) > 50 and {r["colour"] for r in lines} == {paint("fewer2")}
    badges = {r["text"] for r in data if "x2" in r}
    assert badges == {"A"}, "air ways have no line on the ground and no badge"


def test_places_beyond_the_frame_are_arrows_at_its_edge() -> None:
    arrows = [r for values in rows("more", "A").values() for r in values if "angle" in r]
    assert len(arrows) == 2
    (x1, y1), (x2, y2) = ((float(a["x"]), float(a["y"])) for a in arrows)  # type: ignore[arg-type]
    assert np.hypot(x1 - x2, y1 - y2) >= 22
    assert all(float(a["angle"]) < 0 for a in arrows), "both lie to the west"  # type: ignore[arg-type]


def test_only_badges_are_cut_short_on_a_phone() -> None:
    data = [row for values in rows("more", "A +14 %", 358).values() for row in values]
    assert {r["text"] for r in data if "x2" in r} == {"A"}


def test_only_borders_of_the_case_are_drawn() -> None:
    data = [row for values in rows("none", "A").values() for row in values]
    assert {str(r["piece"])[:6] for r in data if "piece" in r and "colour" not in r} == {"KAZKGZ"}


def test_points_in_rings_and_thinned_lines() -> None:
    square = np.array([[0, 0], [4, 0], [4, 4], [0, 4], [0, 0]], dtype=float)
    hole = 0.25 * square + 1
    found = inside_rings(np.array([[0.5, 0.5], [1.5, 1.5], [5.0, 1.0]]), (square, hole))
    assert found.tolist() == [True, False, False]
    line = np.column_stack([np.arange(10.0), np.zeros(10)])
    assert spaced(line, 3.0)[:, 0].tolist() == [0, 3, 6, 9]


def test_an_arrow_points_away_from_the_middle() -> None:
    x, y, bearing = edge_point((2000.0, 300.0), 1000, 600, 10, [])
    assert (x, y) == (990.0, 300.0) and bearing == pytest.approx(90.0)
