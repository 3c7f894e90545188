"""A prediction as GeoTIFF: colours, names and source in the file, and no path of this machine."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import rasterio
from rasterio._err import CPLE_BaseError
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

import eoexplore
from eoexplore.core.errors import JobError
from eoexplore.core.model_card import ModelCard
from eoexplore.core.types import Array
from eoexplore.jobs._geotiff_grid import Grid

BLOCK = 256
"""Side of a tile; rows are written in whole tiles."""
UTM = "_utm"
"""What names of rasters on the model's grid end in, where that is not the file's."""
SCORES = "scores.tif"
"""Result of a model of patches."""
NAMES = ("classes.tif", "confidence.tif", f"classes{UTM}.tif", f"confidence{UTM}.tif", SCORES)
"""All that a result may have."""
NO_CONFIDENCE = 255
"""Value of the confidence where there is no prediction; else it is percent."""


@dataclass(frozen=True)
class Values:
    """Which pixel value stands for which class."""

    codes: npt.NDArray[np.generic]
    """Value of each class in the order of the model, shape (class,)."""
    missing: int
    """Value of pixels without a prediction."""

    @classmethod
    def of(cls, card: ModelCard) -> "Values":
        """Take the model's own codes, in the smallest type that holds them and one value more."""
        codes = {item.code for item in card.classes}
        kind = np.uint8 if max(codes) <= 255 and len(codes) <= 255 else np.uint16
        largest = int(np.iinfo(kind).max)
        free = next(code for code in (0, largest, *range(largest)) if code not in codes)
        return cls(np.array([item.code for item in card.classes], kind), free)


@contextmanager
def writing() -> Iterator[None]:
    """Have faults of the disk be a `JobError`; nothing else may happen inside."""
    try:
        yield
    except (RasterioError, CPLE_BaseError, OSError) as error:
        reason = getattr(error, "strerror", None) or "the disk or the system refused"
        raise JobError(
            f"The result cannot be written ({reason}). See that its folder can be written to and "
            "that the disk has room."
        ) from error


def about(card: ModelCard) -> dict[str, str]:
    """Return what every result says of its model."""
    said = {
        "TIFFTAG_SOFTWARE": f"EOExplore {eoexplore.__version__}",
        "MODEL": card.name,
        "MODEL_ARCHITECTURE": " ".join(filter(None, (card.architecture, card.encoder))),
        "MODEL_SHA256": card.sha256,
        "MODEL_SOURCE": card.source,
        "MODEL_LICENCE": card.licence,
        "CLASSES": json.dumps({item.code: item.name for item in card.classes}, ensure_ascii=False),
    }
    return said | (
        {"SYNTHETIC": "The model was trained on made-up pixels."} if card.synthetic else {}
    )


def profile(grid: Grid, count: int, dtype: str, nodata: float) -> dict[str, Any]:
    """Return how a result is stored."""
    return {
        "driver": "GTiff",
        "dtype": dtype,
        "count": count,
        "width": grid.width,
        "height": grid.height,
        "crs": grid.crs,
        "transform": grid.transform,
        "nodata": nodata,
        "compress": "deflate",
        "tiled": True,
        "blockxsize": BLOCK,
        "blockysize": BLOCK,
        "bigtiff": "IF_SAFER",
    }


class Rasters:
    """The raster of classes and that of confidence, while rows come in from the top."""

    @writing()
    def __init__(self, folder: Path, ending: str, grid: Grid, card: ModelCard) -> None:
        """Make both files.

        Args:
            folder: where they go.
            ending: what their names end in.
            grid: their pixels.
            card: the model.

        Raises:
            JobError: they cannot be written; so does all else here.
        """
        values = Values.of(card)
        self._at = 0
        self._waiting: list[tuple[Array, Array]] = []
        self._classes = rasterio.open(
            folder / f"classes{ending}.tif",
            "w",
            **profile(grid, 1, values.codes.dtype.name, values.missing),
        )
        self._classes.write_colormap(1, _colours(card, values))
        self._classes.colorinterp = [ColorInterp.palette]
        self._classes.set_band_description(1, "class")
        self._confidence = rasterio.open(
            folder / f"confidence{ending}.tif", "w", **profile(grid, 1, "uint8", NO_CONFIDENCE)
        )
        self._confidence.scales = (0.01,)
        self._confidence.set_band_description(1, "confidence")
        for file in (self._classes, self._confidence):
            file.update_tags(**about(card))

    def __enter__(self) -> "Rasters":
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Close both files; what is left is written only where all went well."""
        try:
            if kind is None:
                self._flush(True)
        finally:
            for file in (self._classes, self._confidence):
                file.close()

    def add(self, classes: Array, confidence: Array) -> None:
        """Add the next rows, shape (row, column) each."""
        self._waiting.append((classes, confidence))
        self._flush(False)

    @writing()
    def _flush(self, last: bool) -> None:
        rows = sum(len(classes) for classes, _ in self._waiting)
        ready = rows if last else rows // BLOCK * BLOCK
        if not ready:
            return
        both = [np.concatenate(part) for part in zip(*self._waiting, strict=True)]
        for file, values in zip((self._classes, self._confidence), both, strict=True):
            file.write(values[:ready], 1, window=Window(0, self._at, values.shape[1], ready))
        self._waiting = [(both[0][ready:], both[1][ready:])]
        self._at += ready


@writing()
def scores(folder: Path, values: npt.NDArray[np.float32], grid: Grid, card: ModelCard) -> None:
    """Write scores of squares, shape (class, row, column), NaN where there are none.

    Raises:
        JobError: they cannot be written.
    """
    stored = profile(grid, len(values), "float32", float("nan"))
    with rasterio.open(folder / SCORES, "w", **stored) as file:
        file.write(values)
        file.update_tags(**about(card))
        file.descriptions = card.class_names


def add_smaller(paths: Sequence[Path], step: Callable[[], None]) -> None:
    """Add smaller versions to rasters, for maps and programs that show them from afar.

    Args:
        paths: the rasters.
        step: called before each of the versions, which takes a second or two of a large raster;
            may end it.

    Raises:
        JobError: they cannot be written, or what was written of a raster is not all there.
    """
    for path in paths:
        with writing(), rasterio.open(path, driver="GTiff") as file:
            largest = max(file.shape)
        for level in (level for level in range(11) if largest > 2 * BLOCK * 2**level):
            step()
            with writing():
                _shrink(path, level)


def _shrink(path: Path, level: int) -> None:
    with rasterio.open(path, "r+", driver="GTiff") as file:
        file.build_overviews([2 ** (level + 1)], Resampling.nearest)
    # GDAL does not say that it could not write the last of it; who reads it would be told.
    with rasterio.open(path, driver="GTiff", overview_level=level) as file:
        file.checksum(1)


def bring_back(
    folder: Path, ending: str, grid: Grid, card: ModelCard, step: Callable[[float], None]
) -> None:
    """Write both rasters once more on another grid, each pixel from the one it lies in.

    Args:
        folder: where they lie.
        ending: what their names end in; the new ones have no ending.
        grid: the other grid.
        card: the model.
        step: told the share that is done; may end it.

    Raises:
        JobError: they cannot be written.
    """
    names = [folder / f"{name}{ending}.tif" for name in ("classes", "confidence")]
    with Rasters(folder, "", grid, card) as rasters:
        rows = zip(*(_warped(name, grid) for name in names), strict=True)
        for done, (classes, confidence) in enumerate(rows, start=1):
            rasters.add(classes, confidence)
            step(min(1.0, done * BLOCK / grid.height))


def _warped(path: Path, grid: Grid) -> Iterator[Array]:
    with (
        writing(),
        rasterio.open(path, driver="GTiff") as file,
        WarpedVRT(
            file,
            crs=grid.crs,
            transform=grid.transform,
            width=grid.width,
            height=grid.height,
            resampling=Resampling.nearest,
            tolerance=0.01,
        ) as warped,
    ):
        for top in range(0, grid.height, BLOCK):
            rows = min(BLOCK, grid.height - top)
            yield warped.read(1, window=Window(0, top, grid.width, rows))


def _colours(card: ModelCard, values: Values) -> Mapping[int, tuple[int, int, int, int]]:
    colours = {
        item.code: (*(int(item.colour[place : place + 2], 16) for place in (1, 3, 5)), 255)
        for item in card.classes
    }
    return colours | {values.missing: (0, 0, 0, 0)}  # type: ignore[return-value]
