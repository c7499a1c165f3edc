from __future__ import annotations

import pytest

from qorgau.case import Case, load_case
from qorgau.report.figures.labels import overlaps, text_width
from qorgau.web.atlas import city_name, map_of


def test_a_city_is_named_without_its_region() -> None:
    assert city_name("North Afghanistan (Mazar-e Sharif)") == "Mazar-e Sharif"
    assert city_name("Osh") == "Osh" and city_name("half (open") == "half (open"


@pytest.mark.parametrize("width", [390, 736])
def test_everything_lies_in_the_picture(template: Case, width: int) -> None:
    drawn = map_of(template, width, ["KAZ_KGZ", "air_KAZ_RUS", "none"])
    for city in drawn["cities"]:
        assert 0 <= city["x"] <= width and 0 <= city["y"] <= drawn["height"]
    assert {city["id"] for city in drawn["cities"]} == {place.id for place in template.places}
    assert {city["id"] for city in drawn["cities"] if city["angle"] is not None} == {"moscow"}
    assert sum(country["kind"] == "focus" for country in drawn["countries"]) == 1
    assert set(drawn["sections"]) == {"KAZ_KGZ"}
    assert drawn["disclaimer"] and drawn["source"]


def test_no_name_covers_another() -> None:
    drawn = map_of(load_case("kazakhstan"), 736, [])
    boxes = []
    for city in drawn["cities"]:
        if label := city["label"]:
            wide = text_width(city["name"], 12)
            left = label["x"] - {"left": 0, "right": wide, "center": wide / 2}[label["align"]]
            boxes.append((left, label["y"] - 6, left + wide, label["y"] + 6))
    assert len(boxes) > 20
    assert not [1 for i, a in enumerate(boxes) for b in boxes[:i] if overlaps(a, b)]
