"""A GeoTIFF on the grid of a model, window by window; what is wrong with it becomes a sentence."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio._err import CPLE_BaseError
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from eoexplore.analysis.windows import fitted
from eoexplore.core.errors import UploadError
from eoexplore.jobs._geotiff_grid import Grid

Read = Callable[[int, int, int], npt.NDArray[np.float32]]
_UNKNOWN = (
    "The file cannot be read: it is no GeoTIFF, or damaged, or cut short. "
    "Save the imagery anew as GeoTIFF."
)
_DAMAGED = "The file is damaged or cut short: not all of its pixels can be read. Save it anew."


@contextmanager
def opening() -> Iterator[None]:
    """Have faults of what is opened inside be an `UploadError`."""
    with _said(_UNKNOWN):
        yield


@contextmanager
def on_grid(file: Any, grid: Grid, numbers: Sequence[int | None], resample: str) -> Iterator[Read]:  # noqa: ANN401 (of rasterio)
    """Yield what reads a window of a grid: row, column and side to bands, NaN where missing.

    Args:
        file: dataset of rasterio.
        grid: pixels of the model.
        numbers: bands of the file, from 1, in the order of the model.
        resample: "nearest" or "bilinear".

    Raises:
        UploadError: the file is damaged; so does what is yielded.
    """
    is_float = all("float" in file.dtypes[number - 1] for number in numbers if number)
    with _said(_DAMAGED):
        warped = WarpedVRT(
            file,
            crs=grid.crs,
            transform=grid.transform,
            width=grid.width,
            height=grid.height,
            resampling=Resampling[resample],
            src_nodata=file.nodata if file.nodata is not None else np.nan if is_float else None,
            nodata=np.nan,
            dtype="float32",
            tolerance=0.01,
            # Else a pixel counts as missing only where all bands lack it.
            UNIFIED_SRC_NODATA="NO",
        )
    with warped:

        def read(top: int, left: int, side: int) -> npt.NDArray[np.float32]:
            high, wide = min(side, grid.height - top), min(side, grid.width - left)
            with _said(_DAMAGED):
                found = warped.read(numbers, window=Window(left, top, wide, high))
            return fitted(found, side)  # type: ignore[return-value]

        yield read


@contextmanager
def _said(sentence: str) -> Iterator[None]:
    try:
        yield
    except (RasterioError, CPLE_BaseError, OSError) as error:
        raise UploadError(sentence) from error
