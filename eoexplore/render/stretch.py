"""Values to grey levels, by the same line or curve on every tile."""

import functools

import numpy as np
import numpy.typing as npt

Levels = npt.NDArray[np.uint8]


def linear(
    values: npt.NDArray[np.generic],
    low: float,
    high: float,
    gamma: float = 1.0,
    inverse: bool = False,
) -> Levels:
    """Map low..high to 0..255, clipped and rounded to the nearest level.

    All 256 levels mean a value: nodata is told by the alpha channel of the picture, not by a
    level that is kept free.

    Args:
        values: any shape; NaN becomes 0.
        low: value of level 0.
        high: value of level 255.
        gamma: the share of the way from low to high is raised to 1 / gamma, so that more than 1
            brightens.
        inverse: whether low is shown as 255 and high as 0.

    Returns:
        Grey levels of the same shape.
    """
    if values.dtype == np.uint16:
        table: Levels = _table(low, high, gamma, inverse)[values]
        return table
    levels = (values.astype(np.float32) - np.float32(low)) * np.float32(255 / (high - low))
    if gamma == 1:
        clipped: npt.NDArray[np.float32] = np.clip(levels + 0.5, 0, 255)
        found = np.nan_to_num(clipped, nan=0).astype(np.uint8)
    else:
        # To 16 bits and through a table: a power of each pixel would take five times as long.
        fine = np.nan_to_num(np.clip(levels * np.float32(257) + 0.5, 0, 65535), nan=0)
        found = _table(0, 65535, gamma, False)[fine.astype(np.uint16)]
    return np.uint8(255) - found if inverse else found


@functools.lru_cache(maxsize=64)
def _table(low: float, high: float, gamma: float, inverse: bool) -> Levels:
    levels = (np.arange(65536, dtype=np.float64) - low) * 255 / (high - low)
    if gamma != 1:
        levels = (np.clip(levels, 0, 255) / 255) ** (1 / gamma) * 255
    table = np.clip(levels + 0.5, 0, 255).astype(np.uint8)
    if inverse:
        table = np.uint8(255) - table
    table.setflags(write=False)
    return table
