"""The dataset of the benchmark: a full table, and a square of it with pixels in released files."""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from benchmarks import fulltable
from benchmarks.land import PATCH_PX, Land, Plane
from eoexplore.core import mgrs
from eoexplore.core.errors import JobError
from eoexplore.core.types import Layer
from eoexplore.datasets._reben_facts import LAYERS
from eoexplore.datasets._reben_files import FOLDERS, product
from eoexplore.demo import geotiff
from eoexplore.jobs import index
from eoexplore.store import catalog
from eoexplore.store.catalog import Opened

SIDE = 30
"""Patches along a side of the square with pixels."""
_LATITUDE = 48.0
"""Where the budgets' ground pixels were worked out."""
_TABLES = (fulltable.RECOMMENDED, fulltable.SPOILED)
_WRITERS = 4
RGB = ("B04", "B03", "B02")


@dataclass(frozen=True)
class Square:
    """A block of patches of one product, all of which the table lists."""

    ids: tuple[str, ...]
    """Patches, row by row."""
    radar: tuple[str, ...]
    """Their Sentinel-1 names."""
    side: int
    """Patches along a side."""
    tile: str
    """Tile of the grid."""
    x: int
    """First column of patches."""
    y: int
    """First row of patches."""

    @property
    def corner(self) -> tuple[int, int, int]:
        """EPSG code, left easting and top northing in metres."""
        return mgrs.patch_corner(self.tile, self.x, self.y)

    def places(self) -> Iterator[tuple[str, str, int, int]]:
        """Yield id, radar name, and row and column in the square of each patch."""
        for place, (key, radar) in enumerate(zip(self.ids, self.radar, strict=True)):
            yield key, radar, place // self.side, place % self.side


@dataclass
class Data:
    """What the figures are measured on."""

    root: Path
    """Folder of the dataset."""
    square: Square
    """The patches with pixels."""
    rgb: npt.NDArray[np.uint16]
    """The whole square in true colour at 10 m, shape (3, row, column)."""
    labels: npt.NDArray[np.uint16]
    """Its class codes, shape (row, column)."""
    seconds: dict[str, float] = field(default_factory=dict)
    """What making it took, by step."""

    @property
    def released(self) -> Path:
        """The table of metadata as released."""
        return self.root / fulltable.RECOMMENDED

    def open(self) -> Opened:
        """Open it, its index too."""
        return catalog.open_slug(
            next(i.slug for i in catalog.entries() if i.path == str(self.root))
        )


@contextlib.contextmanager
def temporary_cache() -> Iterator[Path]:
    """Yield a folder that is removed at the end, with the app's cache in it meanwhile."""
    before = os.environ.get("EOEXPLORE_CACHE")
    with tempfile.TemporaryDirectory(prefix="eoexplore-bench-") as name:
        folder = Path(name).resolve()
        os.environ["EOEXPLORE_CACHE"] = str(folder / "cache")
        try:
            yield folder
        finally:
            if before is None:
                del os.environ["EOEXPLORE_CACHE"]
            else:
                os.environ["EOEXPLORE_CACHE"] = before


def make(
    root: Path,
    metadata: Path | None = None,
    rows: int = fulltable.ROWS,
    side: int = SIDE,
    layers: tuple[str, ...] = tuple(layer.name for layer in LAYERS),
) -> Data:
    """Write the dataset: tables of all patches, files of those in the square.

    Args:
        root: a new folder.
        metadata: folder of the released tables; invented ones when none.
        rows: patches of the invented tables, or how many of the released ones are kept.
        side: patches along a side of the square.
        layers: which have files.
    """
    root.mkdir(parents=True)
    if metadata is None:
        fulltable.write(root, rows, side)
    else:
        for name in _TABLES:
            shutil.copyfile(metadata / name, root / name)
    square = find_square(root, side)
    if metadata is not None and rows < fulltable.ROWS:
        _thin(root, square, rows)
    land = Land(side)
    data = Data(root, square, np.stack([land.optical(band) for band in RGB]), land.labels())
    for layer in LAYERS:
        if layer.name in layers:
            _write_layer(data, land, layer)
    return data


def build(data: Data, workers: int | None = None) -> Opened:
    """Open the dataset for the first time and build its index."""
    return index.build(catalog.add(data.root).slug, workers=workers)


def find_square(root: Path, side: int) -> Square:
    """Return the whole block of patches of one product that lies nearest to 48 degrees north.

    Raises:
        JobError: no product has one.
    """
    columns = ["patch_id", "s1_name"]
    frame = pd.concat([pq.read_table(root / name, columns=columns).to_pandas() for name in _TABLES])
    names = frame["patch_id"]
    frame = frame.assign(product=names.str[:-6], x=names.str[-5:-3].astype(int))
    frame["y"] = names.str[-2:].astype(int)
    found = []
    for name, part in frame.groupby("product"):
        corner = _block(part["x"].to_numpy(), part["y"].to_numpy(), side)
        if corner is not None:
            tile = str(name)[-5:]
            epsg, left, top = mgrs.patch_corner(tile, *corner)
            lat = mgrs.to_lonlat(epsg).transform(left, top)[1]
            found.append((abs(lat - _LATITUDE), str(name), tile, corner))
    if not found:
        raise JobError(f"No product of these tables has {side} x {side} patches side by side.")
    _, name, tile, (x, y) = min(found)
    part = frame[frame["product"] == name].set_index(["y", "x"]).sort_index()
    block = [(y + down, x + right) for down in range(side) for right in range(side)]
    chosen = part.loc[block]
    return Square(tuple(chosen["patch_id"]), tuple(chosen["s1_name"]), side, tile, x, y)


def _block(x: npt.NDArray[np.int64], y: npt.NDArray[np.int64], side: int) -> tuple[int, int] | None:
    """Return the first column and row of the whole block nearest to the middle of a product."""
    there = np.zeros((91, 91), int)
    there[y, x] = 1
    sums = np.pad(there.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    inside = sums[side:, side:] - sums[:-side, side:] - sums[side:, :-side] + sums[:-side, :-side]
    rows, columns = np.nonzero(inside == side * side)
    if not len(rows):
        return None
    middle = (91 - side) / 2
    nearest = int(np.argmin((rows - middle) ** 2 + (columns - middle) ** 2))
    return int(columns[nearest]), int(rows[nearest])


def _thin(root: Path, square: Square, rows: int) -> None:
    """Keep so many rows of released tables, spread evenly, those of the square among them."""
    tables = {name: pq.read_table(root / name) for name in _TABLES}
    total = sum(table.num_rows for table in tables.values())
    for name, table in tables.items():
        ids = table["patch_id"].to_pandas()
        inside = ids.isin(square.ids).to_numpy()
        others = np.flatnonzero(~inside)
        count = max(0, (rows - len(square.ids)) * table.num_rows // total)
        keep = inside.copy()
        keep[others[np.linspace(0, len(others) - 1, count).astype(int)]] = True
        pq.write_table(table.filter(keep), root / name, compression="zstd")


def _write_layer(data: Data, land: Land, layer: Layer) -> None:
    epsg, left, top = data.square.corner
    folders = _folders(data, layer)
    for band in layer.bands:
        factor = round(band.gsd_m / 10)
        plane = _plane(data, land, layer, band.name, factor)
        size = PATCH_PX // factor

        def write(
            place: tuple[str, str, int, int],
            plane: Plane = plane,
            size: int = size,
            band: str = band.name,
        ) -> None:
            key = place[1] if layer.name == "s1" else place[0]
            row, column = place[2:]
            pixels = plane[row * size : (row + 1) * size, column * size : (column + 1) * size]
            at = epsg, left + mgrs.PATCH_M * column, top - mgrs.PATCH_M * row
            path = folders[key] / f"{key}_{band}.tif"
            if layer.kind == "categorical":
                geotiff.write_map(path, pixels.astype(np.uint16), *at)
            else:
                path.write_bytes(geotiff.encode(pixels, *at))

        with ThreadPoolExecutor(_WRITERS) as pool:
            list(pool.map(write, data.square.places()))


def _folders(data: Data, layer: Layer) -> dict[str, Path]:
    keys = data.square.radar if layer.name == "s1" else data.square.ids
    top = data.root / FOLDERS[layer.name]
    found = {key: top / product(layer.name, key) / key for key in keys}
    for folder in found.values():
        folder.mkdir(parents=True)
    return found


def _plane(data: Data, land: Land, layer: Layer, band: str, factor: int) -> Plane:
    if layer.kind == "categorical":
        return data.labels
    if layer.kind == "sar":
        return land.radar(band)
    return data.rgb[RGB.index(band)] if band in RGB else land.optical(band, factor)
