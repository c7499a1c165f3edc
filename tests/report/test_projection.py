from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from qorgau.report.projection import CENTRAL_ASIA, EARTH_RADIUS_KM, Conic, Frame, albers, albers_inverse

longitudes = st.floats(20.0, 110.0)
latitudes = st.floats(25.0, 65.0)


def test_worked_example_of_snyder() -> None:
    """Snyder (1987), p. 291: sphere of radius 1, parallels 29.5 and 45.5, origin 23N 96W, point 35N 75W."""
    x, y = albers(-75.0, 35.0, Conic(-96.0, 23.0, (29.5, 45.5), 1.0))
    assert x == pytest.approx(0.2952720, abs=5e-8)
    assert y == pytest.approx(0.2416774, abs=5e-8)


def test_centre_is_the_origin_and_north_is_up() -> None:
    assert np.allclose(albers(68.0, 45.0), 0.0, atol=1e-9)
    x, y = albers([68.0, 69.0], [46.0, 45.0])
    assert x[0] == pytest.approx(0.0, abs=1e-9) and y[0] > 0
    assert x[1] > 0


@given(longitudes, latitudes)
def test_inverse_gives_back_the_point(longitude: float, latitude: float) -> None:
    back = albers_inverse(*albers(longitude, latitude))
    assert np.allclose(back, (longitude, latitude), atol=1e-9)


@given(longitudes, latitudes)
def test_areas_are_kept(longitude: float, latitude: float) -> None:
    """The area factor, by central differences, is the cosine of the latitude times the radius squared."""
    step = 1e-3
    x, y = albers(longitude + np.array([step, -step, 0, 0]), latitude + np.array([0, 0, step, -step]))
    d = np.radians(2 * step)
    factor = ((x[0] - x[1]) * (y[2] - y[3]) - (x[2] - x[3]) * (y[0] - y[1])) / d**2
    assert factor == pytest.approx(EARTH_RADIUS_KM**2 * np.cos(np.radians(latitude)), rel=1e-6)


@pytest.mark.parametrize("latitude", CENTRAL_ASIA.parallels)
def test_standard_parallels_keep_their_length(latitude: float) -> None:
    x, y = albers([67.95, 68.05], [latitude, latitude])
    true = EARTH_RADIUS_KM * np.cos(np.radians(latitude)) * np.radians(0.1)
    assert np.hypot(x[1] - x[0], y[1] - y[0]) == pytest.approx(true, rel=1e-6)


@given(st.floats(100, 3000), st.floats(100, 3000))
def test_frame_fits_any_picture_with_one_scale(width: float, height: float) -> None:
    frame = Frame()
    left, top, right, bottom = frame.box(width, height)
    assert left >= -1e-9 and top >= -1e-9 and right <= width + 1e-9 and bottom <= height + 1e-9
    assert min(left, top) == pytest.approx(0.0, abs=1e-9)
    corners = frame.pixels(
        np.array([frame.west, frame.east]), np.array([frame.north, frame.south]), width, height
    )
    assert np.allclose(corners, [[left, right], [top, bottom]])


def test_frame_height_leaves_no_margin() -> None:
    frame = Frame()
    assert np.allclose(frame.box(900, frame.height(900)), (0, 0, 900, frame.height(900)))
