"""The peer: rio-tiler's `mosaic_reader` over the released single-band files.

Set up as its documentation recommends: a `MultiBandReader` for a dataset with one file per band,
its bounds given so that no file is opened to find them out; `mosaic_reader` with its default
selection and threads, over the patches that touch the tile alone. Its own stretch and encoder are
left out: both sides use ours.

It runs in a process of its own, since it needs GDAL's VRT driver, which the app switches off.
"""

import contextlib
import multiprocessing
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.pool import Pool
from pathlib import Path

import attr
import numpy as np
from rasterio.crs import CRS
from rasterio.warp import transform_bounds
from rio_tiler.io import Reader
from rio_tiler.io.base import MultiBandReader
from rio_tiler.models import ImageData
from rio_tiler.mosaic import mosaic_reader

from benchmarks import floor
from benchmarks.figures import Seconds, Watch
from eoexplore.core import mercator, mgrs

_TURN_M = 100
"""By how much the box around a patch may be larger than it, in EPSG:3857 metres."""


@dataclass(frozen=True)
class Patch:
    """One patch of the dataset, as an asset of a mosaic."""

    folder: Path
    """Folder of its files."""
    key: str
    """Begin of their names."""
    epsg: int
    """UTM code."""
    left: int
    """Left easting in metres."""
    top: int
    """Top northing in metres."""

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, bottom, right, top in metres."""
        return self.left, self.top - mgrs.PATCH_M, self.left + mgrs.PATCH_M, self.top

    def mercator(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north in EPSG:3857 metres."""
        bounds = transform_bounds(CRS.from_epsg(self.epsg), CRS.from_epsg(3857), *self.bounds)
        return tuple(bounds)


@attr.s
class PatchReader(MultiBandReader):
    """Reads the bands of one patch, each from a file of its own."""

    reader = attr.ib(init=False, default=Reader)

    def __attrs_post_init__(self) -> None:
        """Say where the patch lies and which bands it has."""
        self.crs = CRS.from_epsg(self.input.epsg)
        self.bounds = self.input.bounds
        self.bands = ("B02", "B03", "B04", "B08", "reference_map")
        self.minzoom, self.maxzoom = 8, 15

    def _get_band_url(self, band: str) -> str:
        return str(self.input.folder / f"{self.input.key}_{band}.tif")


def _read(asset: Patch, *args: int, **options: object) -> ImageData:
    with PatchReader(asset) as reader:
        return reader.tile(*args, **options)


class Mosaic:
    """Patches, and which of them touch a tile."""

    def __init__(self, patches: Sequence[Patch]) -> None:
        """Work out where the patches of a square lie, row by row, as an index of a mosaic does."""
        self.patches = np.array(patches, object)
        self._bounds = np.array([patch.mercator() for patch in patches])
        self._side = round(len(patches) ** 0.5)

    def touching(self, z: int, x: int, y: int) -> list[Patch]:
        """Return the patches that touch a tile."""
        west, south, east, north = mercator.tile_bounds(z, x, y)
        found = self._bounds
        near = (found[:, 0] < east) & (found[:, 2] > west)
        near &= (found[:, 1] < north) & (found[:, 3] > south)
        return list(self.patches[near])

    def tiles(self, z: int) -> list[tuple[int, int]]:
        """Return column and row of the tiles around all patches."""
        side = 2 * mercator.HALF_WORLD / 2**z
        west, south = self._bounds[:, :2].min(axis=0) + mercator.HALF_WORLD
        east, north = self._bounds[:, 2:].max(axis=0) + mercator.HALF_WORLD
        columns = range(int(west / side), int(east / side) + 1)
        rows = range(
            int((2 * mercator.HALF_WORLD - north) / side),
            int((2 * mercator.HALF_WORLD - south) / side) + 1,
        )
        return [(x, y) for y in rows for x in columns]

    def covers(self, z: int, x: int, y: int) -> bool:
        """Tell whether a tile lies wholly inside the box around the patches."""
        west, south, east, north = mercator.tile_bounds(z, x, y)
        # A grid of UTM is turned against the map: its corners bound what is inside of it.
        corners = self._bounds[[0, self._side - 1, -self._side, -1]]
        (_, _, _, top_a), (_, _, _, top_b), low_a, low_b = corners
        inside = west > max(corners[0, 0], corners[2, 0]) + _TURN_M
        inside &= east < min(corners[1, 2], corners[3, 2]) - _TURN_M
        inside &= north < min(top_a, top_b) - _TURN_M
        return bool(inside & (south > max(low_a[1], low_b[1]) + _TURN_M))


@dataclass(frozen=True)
class Task:
    """A tile to be drawn."""

    patches: tuple[Patch, ...]
    """Those that touch it."""
    tile: tuple[int, int, int]
    """z, x, y."""
    bands: tuple[str, ...]
    """Three bands for a picture, or the one of labels."""
    stretch: floor.Stretch
    """Low and high of each band; empty for labels."""


def draw(task: Task) -> bytes:
    """Draw and encode a tile."""
    z, x, y = task.tile
    image, _ = mosaic_reader(
        task.patches,
        _read,
        x,
        y,
        z,
        bands=task.bands,
        resampling_method="bilinear" if task.stretch else "nearest",
    )
    if not task.stretch:
        return floor.label_png(image.data[0])
    return floor.jpeg(floor.painted(image.data, task.stretch))


def times(task: Task, clock: str, repeats: int) -> Seconds:
    """Return the milliseconds of drawing a tile some times.

    Before several, once without counting: what a library prepares at its first call is no part of
    a tile. A single one is counted as it is; the first tile of all must not be one.
    """
    if repeats > 1:
        draw(task)
    return Watch(clock).several(lambda: draw(task), repeats)


@contextlib.contextmanager
def process() -> Iterator[Pool]:
    """Yield a pool of one process that has GDAL's VRT driver."""
    before = os.environ.get("GDAL_SKIP")
    # Empty, not absent: EOExplore fills it in where it is absent.
    os.environ["GDAL_SKIP"] = ""
    try:
        with multiprocessing.get_context("spawn").Pool(1) as pool:
            pool.apply(abs, (0,))
            yield pool
    finally:
        if before is None:
            del os.environ["GDAL_SKIP"]
        else:
            os.environ["GDAL_SKIP"] = before
