from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from qorgau.report.lines import clip_line, clip_ring, join_lines, svg_path

BOX = (0.0, 0.0, 10.0, 10.0)
coordinate = st.floats(-20, 30).map(lambda v: round(v, 3))
lines = st.integers(2, 12).flatmap(lambda n: arrays(np.float64, (n, 2), elements=coordinate))


def _area(ring: np.ndarray) -> float:
    x, y = ring[:, 0], ring[:, 1]
    return float(np.sum(x[:-1] * y[1:] - x[1:] * y[:-1]) / 2)


def _length(line: np.ndarray) -> float:
    return float(np.hypot(*np.diff(line, axis=0).T).sum())


def test_ring_of_known_area_is_cut_to_the_box() -> None:
    square = np.array([[5, 5], [15, 5], [15, 15], [5, 15], [5, 5]], dtype=float)
    cut = clip_ring(square, BOX)
    assert _area(cut) == 25.0
    assert np.array_equal(cut[0], cut[-1])
    assert clip_ring(square + 100, BOX).shape == (0, 2)
    assert (
        _area(clip_ring(np.array([[-5, -5], [20, -5], [20, 20], [-5, 20], [-5, -5]], dtype=float), BOX))
        == 100.0
    )


@given(lines)
def test_cut_ring_is_in_the_box_and_cutting_again_changes_nothing(line: np.ndarray) -> None:
    ring = np.concatenate([line, line[:1]])
    cut = clip_ring(ring, BOX)
    assert np.all((cut >= -1e-9) & (cut <= 10 + 1e-9))
    if len(cut):
        assert np.isclose(_area(clip_ring(cut, BOX)), _area(cut))


def test_line_that_leaves_and_comes_back_is_two_pieces() -> None:
    line = np.array([[5, 5], [15, 5], [15, 8], [5, 8]], dtype=float)
    pieces = clip_line(line, BOX)
    assert [piece.tolist() for piece in pieces] == [[[5, 5], [10, 5]], [[10, 8], [5, 8]]]


@given(lines)
def test_pieces_of_a_line_add_up(line: np.ndarray) -> None:
    """What lies in the box and in the eight boxes around it is the whole line."""
    edges = [-1000.0, 0.0, 10.0, 1000.0]
    total = 0.0
    for i in range(3):
        for j in range(3):
            for piece in clip_line(line, (edges[i], edges[j], edges[i + 1], edges[j + 1])):
                assert len(piece) >= 2
                total += _length(piece)
    # A stretch along an edge belongs to both boxes that share it.
    on_edge = np.isin(line[:-1], edges) & (np.diff(line, axis=0) == 0)
    if not on_edge.any():
        assert np.isclose(total, _length(line))


def test_join_makes_one_line_of_shuffled_parts() -> None:
    whole = np.arange(20, dtype=float).reshape(10, 2)
    parts = [whole[6:], whole[:4][::-1], whole[3:7]]
    (joined,) = join_lines(parts)
    assert np.array_equal(joined, whole) or np.array_equal(joined, whole[::-1])
    assert len(join_lines([whole, whole + 1000])) == 2


def test_svg_path_of_a_ring_closes_and_drops_repeats() -> None:
    ring = np.array([[0, 0], [10, 0], [10.01, 0], [0, 5], [0, 0]])
    assert svg_path([ring], closed=True) == "M0.0,0.0L10.0,0.0L0.0,5.0Z"
    assert svg_path([ring[:2]], closed=False) == "M0.0,0.0L10.0,0.0"
