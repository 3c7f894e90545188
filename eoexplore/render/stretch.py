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
        return _table(low, high, gamma, inverse).take(values.astype(np.uint16, copy=False))
    if gamma == 1:
        found = _steps(values, low, high, 255).astype(np.uint8)
    else:
        # To 16 bits and through a table: a power of each pixel would take five times as long.
        fine = _steps(values, low, high, 65535).astype(np.uint16)
        found = _table(0, 65535, gamma, False).take(fine)
    return np.uint8(255) - found if inverse else found


def _steps(
    values: npt.NDArray[np.generic], low: float, high: float, most: int
) -> npt.NDArray[np.float32]:
    """Return where values lie between low and high in steps of 0 to most, half a step up."""
    steps = values.astype(np.float32)
    steps -= np.float32(low)
    steps *= np.float32(most / (high - low))
    steps += np.float32(0.5)
    # fmax gives the other number for NaN.
    np.fmax(steps, 0, out=steps)
    return np.minimum(steps, most, out=steps)


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
