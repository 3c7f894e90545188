"""Where the pixels of a GeoTIFF lie, whatever its reference system, and the grid of a model there.

For `uploads`' own process and for `geotiff_inference`.
"""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from pyproj import Geod, Transformer
from pyproj.exceptions import ProjError
from rasterio.crs import CRS
from rasterio.transform import Affine

from eoexplore.analysis.pixel_area import pixel_m2
from eoexplore.core.errors import UploadError

EARTH = Geod(ellps="WGS84")
_LATTICE = 65
_ALONG = 21
"""Points of each side that a box is taken from: sides bend between reference systems."""
_NEAR_ZONE = 4.5
"""Degrees from its middle to which a file's own UTM zone is kept; the zone itself ends at 3."""
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Grid:
    """The pixels of a raster."""

    crs: CRS
    """Reference system, of metres or degrees; the transform gives easting or longitude first."""
    transform: Affine
    """Pixel (column, row) to coordinates; may be turned or south-up."""
    width: int
    """Columns."""
    height: int
    """Rows."""

    def degrees(self, columns: Floats, rows: Floats) -> tuple[Floats, Floats]:
        """Return longitude and latitude of places in pixels.

        Raises:
            UploadError: they are nowhere on the Earth.
        """
        a, b, c, d, e, f = self.transform[:6]
        try:
            to_degrees = Transformer.from_crs(self.crs.to_wkt(), 4326, always_xy=True)
            lon, lat = to_degrees.transform(
                a * columns + b * rows + c, d * columns + e * rows + f, errcheck=True
            )
        except ProjError:
            lon = lat = np.array([np.inf])
        if not (np.isfinite(lon).all() and np.isfinite(lat).all() and np.abs(lat).max() <= 90.001):
            raise UploadError(
                "The file's coordinates do not fit its reference system (CRS): they lie nowhere on "
                "the Earth. Give it the CRS that its coordinates are in."
            )
        return lon, lat

    def middle(self) -> tuple[float, float]:
        """Return longitude and latitude of the middle."""
        lon, lat = self.degrees(np.array([self.width / 2]), np.array([self.height / 2]))
        return float(lon[0]), float(lat[0])

    def pixel_m(self) -> tuple[float, float]:
        """Return the sides of a pixel in the middle along columns and rows, on the ground in m."""
        x, y = self.width / 2, self.height / 2
        lon, lat = self.degrees(np.array([x, x + 1, x]), np.array([y, y, y + 1]))
        _, _, sides = EARTH.inv(lon[[0, 0]], lat[[0, 0]], lon[1:], lat[1:])
        return float(sides[0]), float(sides[1])

    def outline(self) -> tuple[Floats, Floats]:
        """Return columns and rows of points along the four sides."""
        along, last = np.linspace(0, 1, _ALONG), np.ones(_ALONG)
        columns = np.concatenate([along, last, along[::-1], 0 * last]) * self.width
        rows = np.concatenate([0 * last, along, last, along[::-1]]) * self.height
        return columns, rows

    def bounds_degrees(self) -> tuple[float, float, float, float]:
        """Return west, south, east and north in degrees; east is above 180 where it lies there."""
        lon, lat = self.degrees(*self.outline())
        if np.ptp(lon) > 180:
            lon = np.where(lon < 0, lon + 360, lon)
        return float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max())

    def hectares(self) -> float:
        """Return the area on the ellipsoid (Karney 2013, doi:10.1007/s00190-012-0578-z)."""
        area, _ = EARTH.polygon_area_perimeter(*self.degrees(*self.outline()))
        return float(abs(area)) / 10_000

    def hectares_of(self, top: int, codes: npt.NDArray[np.intp], count: int) -> Floats:
        """Return the area of each code in some rows of a grid that is plain, on the ellipsoid.

        A pixel of UTM changes by 0.2 % over a zone, and hardly between two points of the lattice.

        Args:
            top: the first of the rows.
            codes: whole numbers from 0 on, shape (row, column).
            count: how many codes there are.
        """
        a, _, left, _, e, first = self.transform[:6]
        columns = np.linspace(0, self.width - 1, min(self.width, _LATTICE))
        upper = np.full(len(columns), first + e * (top + len(codes) / 2))
        area = pixel_m2(int(self.crs.to_epsg()), left + a * columns, upper, a, -e)
        each = np.interp(np.arange(self.width), columns, area) / 10_000
        weights = np.broadcast_to(each, codes.shape).ravel()
        return np.bincount(codes.ravel(), weights, count).astype(np.float64)

    @property
    def goes_round(self) -> bool:
        """Whether its coordinates are longitudes beyond 180°, which a warp would not find."""
        a, b, c = self.transform[:3]
        columns, rows = self.outline()
        return bool(self.crs.is_geographic and (np.abs(a * columns + b * rows + c) > 180).any())

    @property
    def is_plain(self) -> bool:
        """Whether pixels are squares, north-up and in metres of a UTM zone of WGS 84."""
        a, b, _, d, e, _ = self.transform[:6]
        return b == d == 0 and a > 0 and abs(a + e) < 1e-9 * a and _zone(self.crs) is not None


def model_grid(grid: Grid, pixel_m: float) -> Grid:
    """Return the north-up grid of a UTM zone that covers a raster.

    The zone is that of the raster's middle, or the raster's own, if its middle is not far beyond
    it: scenes of Sentinel-2 keep their pixels, where the size is the same.

    Args:
        grid: of the raster.
        pixel_m: side of a pixel.

    Raises:
        UploadError: it lies beyond the zones of UTM, or its longitudes beyond 180°, or nowhere.
    """
    if grid.goes_round:
        raise UploadError(
            "The file's longitudes go past 180°, where they begin anew at -180°. "
            "Save it in a projected reference system, such as the UTM zone."
        )
    lon, lat = grid.middle()
    if not -80 <= lat <= 84:
        raise UploadError("The file lies beyond 80° S or 84° N, where there is no UTM zone.")
    own = _zone(grid.crs)
    if own is not None and abs((lon - (own % 100 * 6 - 183) + 180) % 360 - 180) <= _NEAR_ZONE:
        epsg = own
    else:
        epsg = (32600 if lat >= 0 else 32700) + int((lon + 180) // 6) % 60 + 1
    if epsg == own and grid.is_plain and math.isclose(grid.transform.a, pixel_m, rel_tol=1e-6):
        return grid
    to_zone = Transformer.from_crs(4326, epsg, always_xy=True)
    east, north = to_zone.transform(*grid.degrees(*grid.outline()))
    left, top = math.floor(min(east) / pixel_m), math.ceil(max(north) / pixel_m)
    width = max(1, math.ceil(max(east) / pixel_m - 1e-6) - left)
    height = max(1, top - math.floor(min(north) / pixel_m + 1e-6))
    transform = Affine(pixel_m, 0, left * pixel_m, 0, -pixel_m, top * pixel_m)
    return Grid(CRS.from_epsg(epsg), transform, width, height)


def _zone(crs: CRS) -> int | None:
    """Return the EPSG code if it is a UTM zone of WGS 84."""
    code = crs.to_epsg()
    return code if code and code // 100 in (326, 327) and 1 <= code % 100 <= 60 else None
