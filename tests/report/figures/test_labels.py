from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from qorgau.report.figures.labels import overlaps, place_labels

POINT = st.tuples(
    st.floats(0, 400), st.floats(0, 300), st.sampled_from(["Osh", "Almaty", "Petropavl", "Mazar-e Sharif"])
)
FRAME = (0.0, 0.0, 400.0, 300.0)


@given(st.lists(POINT, max_size=25))
def test_no_name_covers_another_or_leaves_the_frame(points: list[tuple[float, float, str]]) -> None:
    taken = [(100.0, 100.0, 160.0, 120.0)]
    placed = place_labels(points, 12, taken, FRAME)
    assert len(placed) == len(points)
    boxes = [p.box for p in placed if p]
    for i, a in enumerate(boxes):
        assert a[0] >= 0 and a[1] >= 0 and a[2] <= 400 and a[3] <= 300
        assert not any(overlaps(a, b) for b in boxes[:i] + taken)


def test_a_name_with_room_stands_to_the_right() -> None:
    (placed,) = place_labels([(50.0, 50.0, "Osh")], 12, [], FRAME)
    assert placed is not None and placed.align == "left" and placed.x > 50
