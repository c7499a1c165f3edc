"""The map's projection, and the part of the projected plane that a picture shows.

Lengths are kilometres on a sphere of the Earth's area, angles degrees, pictures pixels with y downwards.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Points = NDArray[np.float64]

EARTH_RADIUS_KM = 6371.0072
"""Radius of the sphere with the area of the WGS 84 ellipsoid (Snyder 1987, p. 16)."""


@dataclass(frozen=True)
class Conic:
    """An Albers equal-area conic projection: centre and two standard parallels in degrees, radius in km."""

    longitude: float = 68.0
    latitude: float = 45.0
    parallels: tuple[float, float] = (38.0, 52.0)
    radius_km: float = EARTH_RADIUS_KM

    def _constants(self) -> tuple[float, float, float]:
        """Return n, C and rho0 of Snyder (1987), equations 14-3, 14-5 and 14-6, with rho0 in radii."""
        first, second = np.radians(self.parallels)
        n = (np.sin(first) + np.sin(second)) / 2
        c = np.cos(first) ** 2 + 2 * n * np.sin(first)
        return float(n), float(c), float(np.sqrt(c - 2 * n * np.sin(np.radians(self.latitude))) / n)


CENTRAL_ASIA = Conic()
"""Centre 68E 45N, parallels 38 and 52: little distortion from Kabul to Omsk."""


def albers(longitude: ArrayLike, latitude: ArrayLike, conic: Conic = CENTRAL_ASIA) -> tuple[Points, Points]:
    """Project degrees to kilometres east and north of the centre.

    Equal areas stay equal. Source: Snyder, *Map Projections: A Working Manual* (USGS 1395, 1987), p. 100.

    Parameters
    ----------
    longitude, latitude
        Degrees, of any one shape.
    conic
        The projection.

    Returns
    -------
    tuple of arrays
        x and y in kilometres, shaped like the input.
    """
    n, c, rho0 = conic._constants()
    rho = np.sqrt(c - 2 * n * np.sin(np.radians(latitude))) / n
    theta = n * np.radians(np.asarray(longitude, dtype=np.float64) - conic.longitude)
    return conic.radius_km * rho * np.sin(theta), conic.radius_km * (rho0 - rho * np.cos(theta))


def albers_inverse(x_km: ArrayLike, y_km: ArrayLike, conic: Conic = CENTRAL_ASIA) -> tuple[Points, Points]:
    """Return longitude and latitude in degrees of points given in kilometres: the inverse of `albers`."""
    n, c, rho0 = conic._constants()
    x = np.asarray(x_km, dtype=np.float64) / conic.radius_km
    down = rho0 - np.asarray(y_km, dtype=np.float64) / conic.radius_km
    rho = np.hypot(x, down)
    latitude = np.degrees(np.arcsin((c - (rho * n) ** 2) / (2 * n)))
    return conic.longitude + np.degrees(np.arctan2(x, down) / n), latitude


@dataclass(frozen=True)
class Frame:
    """The part of the projected plane that a map shows, in kilometres from the projection's centre."""

    west: float = -1740.0
    south: float = -1080.0
    east: float = 1740.0
    north: float = 1430.0

    def height(self, width: float) -> float:
        """Return the height in pixels at which a map `width` pixels wide has no margin."""
        return width * (self.north - self.south) / (self.east - self.west)

    def scale(self, width: float, height: float) -> float:
        """Return pixels per kilometre when the whole frame is fitted into a picture."""
        return min(width / (self.east - self.west), height / (self.north - self.south))

    def box(self, width: float, height: float) -> tuple[float, float, float, float]:
        """Return left, top, right and bottom of the frame in the pixels of a picture, centred."""
        across = self.scale(width, height) * (self.east - self.west) / 2
        down = self.scale(width, height) * (self.north - self.south) / 2
        return width / 2 - across, height / 2 - down, width / 2 + across, height / 2 + down

    def pixels(self, x_km: Points, y_km: Points, width: float, height: float) -> tuple[Points, Points]:
        """Return pixels of points in kilometres; they may lie outside the picture."""
        scale = self.scale(width, height)
        across = width / 2 + scale * (x_km - (self.west + self.east) / 2)
        return across, height / 2 - scale * (y_km - (self.south + self.north) / 2)
