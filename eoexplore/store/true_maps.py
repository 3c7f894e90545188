"""True label maps beside a truth table: where a dataset's own maps are wrong, pixel by pixel."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio.errors import RasterioError

from eoexplore.core import mgrs
from eoexplore.core.errors import DataMissing, EOExploreError, FileUnreadable
from eoexplore.core.types import Layer
from eoexplore.store.catalog import Opened


@dataclass(frozen=True)
class Wrong:
    """Where the label maps of a dataset are of another class than the true ones."""

    known: npt.NDArray[np.bool_]
    """Of which samples both maps are there, shape (n,)."""
    pixels: dict[int, npt.NDArray[np.bool_]]
    """Wrong pixels by the row of the sample, (row, column); samples without any are left out."""

    def any(self) -> npt.NDArray[np.bool_]:
        """Tell which samples have a wrong pixel, shape (n,)."""
        found = np.zeros(len(self.known), bool)
        found[list(self.pixels)] = True
        return found

    def at(self, opened: Opened, row: int, lon: float, lat: float, around_m: float) -> bool:
        """Tell whether most pixels around a point are wrong.

        Args:
            opened: the dataset.
            row: sample that the point lies in.
            lon: longitude in degrees.
            lat: latitude in degrees.
            around_m: side of the square that is looked at, in metres.
        """
        wrong = self.pixels.get(row)
        if wrong is None:
            return False
        samples = opened.samples
        x, y = mgrs.to_utm(int(samples.epsg[row])).transform(lon, lat)
        pixel = mgrs.PATCH_M / len(wrong)
        across, down = (x - samples.left[row]) / pixel, (samples.top[row] - y) / pixel
        half = around_m / pixel / 2
        rows = slice(max(round(down - half), 0), round(down + half))
        columns = slice(max(round(across - half), 0), round(across + half))
        part = wrong[rows, columns]
        return bool(part.size and part.mean() >= 0.5)


def folder_of(truth: Path) -> Path:
    """Return the folder of true maps that belongs to a truth table: its name without the ending."""
    return truth.with_suffix("")


def read(opened: Opened, folder: Path) -> Wrong | None:
    """Compare the label maps of a dataset with true ones.

    Args:
        opened: the dataset.
        folder: `<id>_<layer>.tif` for each sample, with the codes of the label maps.

    Returns:
        None where there is no such folder, or the dataset has no label maps.
    """
    maps = next((item for item in opened.dataset.layers if item.kind == "categorical"), None)
    if maps is None or not folder.is_dir():
        return None
    keys, ids = opened.samples.keys(maps), opened.samples.frame["id"].to_numpy(object)
    known, pixels = np.zeros(len(ids), bool), {}
    for row in np.flatnonzero(opened.samples.has(maps.name)).tolist():
        wrong = _wrong(opened, maps, str(keys[row]), folder / f"{ids[row]}_{maps.name}.tif")
        if wrong is not None:
            known[row] = True
            if wrong.any():
                pixels[row] = wrong
    return Wrong(known, pixels)


def _wrong(opened: Opened, maps: Layer, key: str, path: Path) -> npt.NDArray[np.bool_] | None:
    """Return the pixels whose class differs; none where a map is missing or damaged."""
    try:
        with rasterio.open(path, driver="GTiff") as file:
            true = file.read(1)
        stored = opened.dataset.read(key, maps.name, maps.bands[0].name)
    except (RasterioError, OSError, DataMissing, FileUnreadable):
        return None
    if true.shape != stored.shape:
        raise EOExploreError(
            f"The true map {path.name} has {true.shape[0]} x {true.shape[1]} pixels, and the label "
            f"map {stored.shape[0]} x {stored.shape[1]}. Give true maps on the same grid."
        )
    table = np.full(65536, -1, np.int16)
    for number, item in enumerate(opened.dataset.classes.classes):
        table[list(item.codes)] = number
    return np.asarray(table[true] != table[stored])
