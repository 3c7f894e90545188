"""Masks that were made elsewhere: which file is about which sample, and what is in one.

A file is read whole into memory, weighed by its header, and only then decoded: files beside it
(sidecars, or a VRT under the name of a TIFF) have no say.
"""

import os
import warnings
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from rasterio.crs import CRS
from rasterio.errors import CRSError, NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader, MemoryFile

from eoexplore.core import mgrs
from eoexplore.core.errors import FileUnreadable, PredictionError
from eoexplore.core.types import Layer
from eoexplore.store.catalog import Opened

SUFFIXES = (".tif", ".tiff")
DAMAGED = "Damaged, cut short, or no GeoTIFF"
FRACTIONS = "Values that are no whole numbers, so they are no classes"
SHIFTED = "Elsewhere than its patch, or with pixels of another size"
_MOST_BYTES = 50_000_000
"""Of a file: a mask of 120 x 120 pixels takes 115 kB at most, and its overviews a third more."""
_LARGEST_BLOCK = 4096
"""Rows or columns of a block: a few bytes can claim one that fills the memory."""
_EXAMPLES = 3
_SEPARATORS = "_-"


@dataclass(frozen=True)
class Grid:
    """The pixels of masks."""

    side: int
    """Rows and columns."""
    gsd_m: float
    """Side of a pixel on the ground, in metres."""


@dataclass(frozen=True)
class Place:
    """Where a sample lies."""

    epsg: int
    """Its UTM zone."""
    left: float
    """Easting of its left edge, in metres."""
    top: float
    """Northing of its upper edge, in metres."""


@dataclass(frozen=True)
class Files:
    """Files of a folder that are about samples."""

    folder: Path
    """The folder."""
    paths: Mapping[int, Path]
    """File by row of the sample table, ascending."""
    strangers: int
    """Files that are named after no sample."""
    examples: tuple[str, ...]
    """Names of some of them."""


@dataclass(frozen=True)
class Mask:
    """What is in a file."""

    values: npt.NDArray[np.int64]
    """As they are stored, shape (row, column)."""
    there: npt.NDArray[np.bool_]
    """Where there is a value: not the nodata that the file declares; shape (row, column)."""
    placed: bool
    """Whether the file says where it lies."""


def grid_of(opened: Opened) -> Grid:
    """Return the grid of the label maps of a dataset; of its finest band where it has none."""
    layers = opened.dataset.layers
    own: tuple[Layer, ...] = tuple(item for item in layers if item.kind == "categorical")[:1]
    gsd_m = min(band.gsd_m for layer in own or layers for band in layer.bands)
    return Grid(round(mgrs.PATCH_M / gsd_m), gsd_m)


def place_of(opened: Opened, row: int) -> Place | None:
    """Return where a sample lies; none where nobody knows."""
    samples = opened.samples
    if not samples.located[row]:
        return None
    return Place(int(samples.epsg[row]), float(samples.left[row]), float(samples.top[row]))


def find(opened: Opened, folder: Path) -> Files:
    """Return which file of a folder, and of those in it, is about which sample.

    A file has the id of a sample as its name, or the id and more after `_` or `-`; where several
    ids fit, the longest.

    Raises:
        PredictionError: there is no such folder, no file fits, or two are about one sample.
    """
    if not folder.is_dir():
        raise PredictionError(f"There is no folder {folder.name[:80]!r}. Check its path.")
    rows = {str(sample): row for row, sample in enumerate(opened.samples.frame["id"])}
    found: dict[int, Path] = {}
    doubled: list[str] = []
    strangers: list[str] = []
    count = 0
    for path in _rasters(folder):
        row = _row(path.name.rpartition(".")[0], rows)
        if row is None:
            count += 1
            strangers += [path.name[:120]] if count <= _EXAMPLES else []
        elif row in found:
            doubled.append(f"{_short(found[row], folder)} and {_short(path, folder)}")
            if len(doubled) == _EXAMPLES:
                break
        else:
            found[row] = path
    if doubled:
        raise PredictionError(
            f"{folder.name} has two files for one sample: {'; '.join(doubled)}. Keep one for each."
        )
    if not found:
        raise PredictionError(_nothing(folder, strangers, opened))
    return Files(folder, dict(sorted(found.items())), count, tuple(strangers))


def _nothing(folder: Path, strangers: list[str], opened: Opened) -> str:
    sample = str(opened.samples.frame["id"].iloc[0])
    there = f"such as {strangers[0]}" if strangers else "for it has no .tif at all"
    return (
        f"No file of {folder.name} is named after a sample of this dataset, {there}. A mask is "
        f"called {sample}.tif, or {sample}_mask.tif."
    )


def _rasters(folder: Path) -> Iterator[Path]:
    """Yield the GeoTIFFs in a folder and in those below, by name."""
    for parent, folders, names in os.walk(folder):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            # A pipe of that name would never end.
            if name.lower().endswith(SUFFIXES) and path.is_file():
                yield path


def _row(stem: str, rows: Mapping[str, int]) -> int | None:
    if stem in rows:
        return rows[stem]
    cuts = [at for at, letter in enumerate(stem) if letter in _SEPARATORS]
    return next((rows[stem[:at]] for at in reversed(cuts) if stem[:at] in rows), None)


def _short(path: Path, folder: Path) -> str:
    return path.relative_to(folder).as_posix()[:200]


def read_bytes(path: Path) -> bytes:
    """Return a file as it is stored.

    Raises:
        FileUnreadable: it cannot be read, or is far larger than a mask.
        PredictionError: it has gone.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        raise PredictionError(
            f"{path.name} has gone since the folder was looked at. Put it back and start again."
        ) from None
    except OSError:
        raise FileUnreadable(DAMAGED) from None
    if not data or len(data) > _MOST_BYTES:
        raise FileUnreadable(DAMAGED)
    return data


def read(path: Path, grid: Grid, place: Place | None) -> Mask:
    """Read a mask.

    Args:
        path: of the file.
        grid: pixels that it must have.
        place: where its sample lies; none where nobody knows.

    Raises:
        FileUnreadable: it is left out: damaged, no classes, or elsewhere than its sample.
        PredictionError: it has other pixels or bands, as all of them may have, or has gone.
    """
    data = read_bytes(path)
    try:
        with warnings.catch_warnings(), MemoryFile(data) as memory:
            # Many tools write masks without a place; it is said to the user.
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with memory.open(driver="GTiff") as file:
                _check_pixels(path, file, grid)
                placed = _is_placed(file, grid, place)
                values, there = file.read(1), file.read_masks(1) > 0
    except (RasterioError, CRSError, OSError):
        raise FileUnreadable(DAMAGED) from None
    return Mask(_whole(values, there), there, placed)


def _check_pixels(path: Path, file: DatasetReader, grid: Grid) -> None:
    if file.count != 1:
        raise PredictionError(
            f"{path.name} has {file.count} bands. A mask has one, with the class of each pixel: "
            "save the class that is most probable, or take the file out of the folder."
        )
    if file.shape != (grid.side, grid.side):
        rows, columns = file.shape
        raise PredictionError(
            f"{path.name} has {rows:,} x {columns:,} pixels. Masks of this dataset have "
            f"{grid.side} x {grid.side}, of {grid.gsd_m:g} m. Bring it to that grid by nearest "
            "neighbour, or take it out of the folder."
        )
    if max(file.block_shapes[0]) > _LARGEST_BLOCK:
        raise FileUnreadable(DAMAGED)


def _is_placed(file: DatasetReader, grid: Grid, place: Place | None) -> bool:
    """Tell whether a file says where it lies.

    Raises:
        FileUnreadable: it says that it lies elsewhere than its sample.
    """
    if file.crs is None or file.transform.is_identity:
        return False
    if place is None:
        return True
    if file.crs.to_epsg() != place.epsg and file.crs != CRS.from_epsg(place.epsg):
        own = file.crs.to_epsg()
        named = f"EPSG:{own}" if own else "another reference system"
        raise FileUnreadable(f"In {named}, where its patch is in EPSG:{place.epsg}")
    a, b, left, d, e, top = file.transform[:6]
    for column, row in ((0, 0), (grid.side, 0), (0, grid.side)):
        east = a * column + b * row + left - (place.left + grid.gsd_m * column)
        north = d * column + e * row + top - (place.top - grid.gsd_m * row)
        # Written so that a corner that is no number is elsewhere too.
        if not (abs(east) <= grid.gsd_m / 2 and abs(north) <= grid.gsd_m / 2):
            raise FileUnreadable(SHIFTED)
    return True


def _whole(values: npt.NDArray[np.generic], there: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    if values.dtype.kind in "iu":
        # Beyond 2^63 a number becomes a negative one, which is no code either.
        return values.astype(np.int64)
    if values.dtype.kind != "f":
        raise FileUnreadable(FRACTIONS)
    known = np.where(there, values, 0)
    if not (np.isfinite(known) & (np.abs(known) < 2**31) & (known == np.rint(known))).all():
        raise FileUnreadable(FRACTIONS)
    return known.astype(np.int64)
