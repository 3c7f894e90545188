"""The floor: one warp of a ready array of the same ground, the stretch, and the encoder.

The array is as fine as the source of a tile should be, and no finer: pixels of 10 m, or of the
largest power of two of it that is not coarser than the tile's.
"""

import functools

import imagecodecs
import numpy as np
import numpy.typing as npt
from rasterio.crs import CRS
from rasterio.transform import Affine
from rasterio.warp import Resampling, reproject

from benchmarks.area import Data
from benchmarks.land import coarser
from eoexplore.core import mercator, mgrs
from eoexplore.datasets._reben_facts import classes
from eoexplore.render.colours import Palette, label_palette
from eoexplore.render.encode import JPEG_QUALITY, encode_palette
from eoexplore.render.stretch import linear
from eoexplore.render.warp import View

_MARGIN = 4
Picture = npt.NDArray[np.uint8]
Stretch = tuple[tuple[float, float], ...]
"""Low and high of each band."""


class Ready:
    """The ground of one tile, ready to be warped."""

    def __init__(self, data: Data, view: View, pixel_m: float | None = None) -> None:
        """Cut the ground of a tile out of the square.

        Args:
            data: the dataset.
            view: the tile.
            pixel_m: source pixel in metres, a multiple of 10; by the rule of this module when none.
        """
        self.view = view
        self.pixel_m = pixel_m or _pixel(view.ground_m)
        factor = round(self.pixel_m / 10)
        self.epsg, left, top = data.square.corner
        row, column, height, width = _window(data, view, self.pixel_m)
        self.transform = Affine(
            self.pixel_m,
            0,
            left + column * self.pixel_m,
            0,
            -self.pixel_m,
            top - row * self.pixel_m,
        )
        planes = [_cut(plane, factor, row, column, height, width) for plane in data.rgb]
        self.bands = np.stack(planes)
        # Where a pixel of labels is coarser, any of its classes would do: one costs like another.
        thinned = data.labels[factor // 2 :: factor, factor // 2 :: factor]
        self.labels = _cut(thinned, 1, row, column, height, width)

    def imagery(self, stretch: Stretch) -> bytes:
        """Return the tile in true colour as JPEG."""
        return jpeg(self.picture(stretch))

    def picture(self, stretch: Stretch) -> Picture:
        """Return the tile in true colour, shape (row, column, 3)."""
        return painted(self._warp(self.bands, Resampling.bilinear), stretch)

    def classes(self) -> bytes:
        """Return the tile of labels as palette PNG."""
        colours = _palette()
        return encode_palette(colours.index[self.codes()], colours.rgba, "png")

    def codes(self) -> npt.NDArray[np.uint16]:
        """Return the class code of each pixel of the tile."""
        return self._warp(self.labels[None], Resampling.nearest)[0]

    def _warp(
        self, source: npt.NDArray[np.uint16], resampling: Resampling
    ) -> npt.NDArray[np.uint16]:
        result = np.zeros((len(source), self.view.size, self.view.size), np.uint16)
        reproject(
            source,
            result,
            src_transform=self.transform,
            src_crs=_crs(self.epsg),
            dst_transform=self.view.transform,
            dst_crs=_crs(3857),
            resampling=resampling,
        )
        return result


def painted(bands: npt.NDArray[np.generic], stretch: Stretch) -> Picture:
    """Return three bands as a picture, stretched as the app does it."""
    pairs = zip(bands, stretch, strict=True)
    planes = [linear(band.astype(np.uint16, copy=False), *limits) for band, limits in pairs]
    return np.stack(planes, axis=-1)


def jpeg(picture: Picture) -> bytes:
    """Encode a picture without transparency, by the encoder of the app."""
    return bytes(imagecodecs.jpeg8_encode(picture, level=JPEG_QUALITY))


def label_png(codes: npt.NDArray[np.generic]) -> bytes:
    """Encode class codes as the app does it."""
    colours = _palette()
    return encode_palette(colours.index[codes.astype(np.uint16)], colours.rgba, "png")


def _pixel(ground_m: float) -> float:
    return 10.0 * 2 ** max(0, int(np.floor(np.log2(ground_m * 1.02 / 10))))


def _window(data: Data, view: View, pixel_m: float) -> tuple[int, int, int, int]:
    """Return first row and column, height and width of a tile's ground in source pixels."""
    epsg, left, top = data.square.corner
    west, south, east, north = view.bounds
    lon, lat = mercator.to_degrees([west, east, west, east], [south, south, north, north])
    easting, northing = mgrs.to_utm(epsg).transform(lon, lat)
    column = int((min(easting) - left) // pixel_m) - _MARGIN
    row = int((top - max(northing)) // pixel_m) - _MARGIN
    width = int((max(easting) - min(easting)) // pixel_m) + 2 * _MARGIN + 1
    height = int((max(northing) - min(northing)) // pixel_m) + 2 * _MARGIN + 1
    return row, column, height, width


def _cut(
    plane: npt.NDArray[np.uint16], factor: int, row: int, column: int, height: int, width: int
) -> npt.NDArray[np.uint16]:
    """Return a window of the means of a plane; a window that reaches out of it begins anew."""
    size = len(plane) // factor
    inside = min(row, column) >= 0 and max(row + height, column + width) <= size
    if inside:
        first, left = row * factor, column * factor
        plane = plane[first : first + height * factor, left : left + width * factor]
    means = plane if factor == 1 else coarser(plane.astype(np.float32), factor)
    if not inside:
        rows, columns = (
            np.arange(at, at + side) % size for at, side in ((row, height), (column, width))
        )
        means = means[np.ix_(rows, columns)]
    return np.ascontiguousarray(means.round().astype(np.uint16))


@functools.lru_cache(maxsize=8)
def _crs(epsg: int) -> CRS:
    return CRS.from_epsg(epsg)


@functools.lru_cache(maxsize=1)
def _palette() -> Palette:
    return label_palette(classes(), 0)
