"""Values to grey levels, by the same line on every tile."""

import functools

import numpy as np
import numpy.typing as npt


def linear(values: npt.NDArray[np.generic], low: float, high: float) -> npt.NDArray[np.uint8]:
    """Map low..high to 0..255, clipped and rounded to the nearest level.

    All 256 levels mean a value: nodata is told by the alpha channel of the picture, not by a
    level that is kept free.

    Args:
        values: any shape; NaN becomes 0.
        low: value of level 0.
        high: value of level 255.

    Returns:
        Grey levels of the same shape.
    """
    if values.dtype == np.uint16:
        table: npt.NDArray[np.uint8] = _table(low, high)[values]
        return table
    levels = (values.astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
    clipped: npt.NDArray[np.float32] = np.clip(levels + 0.5, 0, 255)
    return np.nan_to_num(clipped, nan=0).astype(np.uint8)


@functools.lru_cache(maxsize=64)
def _table(low: float, high: float) -> npt.NDArray[np.uint8]:
    levels = (np.arange(65536, dtype=np.float64) - low) * 255 / (high - low)
    table = np.clip(levels + 0.5, 0, 255).astype(np.uint8)
    table.setflags(write=False)
    return table
