"""Whether speed was bought with blur or emptiness: the detail of a tile, and its likeness.

The detail of a picture is the strength of the differences between its neighbouring pixels. The
same ground drawn from coarser and coarser pixels has less and less of it, so that the detail of a
tile tells how large the pixels were that it was drawn from. Nothing has to be believed of the code.
"""

import io
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from PIL import Image

from benchmarks import floor
from benchmarks.area import Data
from benchmarks.floor import Picture, Stretch
from eoexplore.render.warp import View

RULE = 1.5
"""Largest source pixel behind a tile, in pixels of the tile on the ground."""
NATIVE_M = 10
"""Finest pixel there is: a tile nearer than that cannot have finer ones."""
_STEPS = 12


def decoded(body: bytes) -> Picture:
    """Return an encoded picture as RGBA."""
    return np.asarray(Image.open(io.BytesIO(body)).convert("RGBA"))


def detail(picture: Picture) -> float:
    """Return the root mean square of the differences between neighbouring pixels."""
    levels = picture[..., :3].astype(np.float32)
    steps = [np.diff(levels, axis=axis) for axis in (0, 1)]
    return float(np.sqrt(np.mean([np.mean(step**2) for step in steps])))


def source_pixel(data: Data, view: View, picture: Picture, stretch: Stretch) -> float:
    """Return the source pixel that a tile seems to be drawn from, in pixels of the tile.

    Args:
        data: what the tile shows.
        view: the tile; it lies wholly on patches with pixels.
        picture: how it was drawn, without loss.
        stretch: of its bands.
    """
    sizes = candidates(view.ground_m)
    details = [detail(floor.Ready(data, view, size).picture(stretch)) for size in sizes]
    return estimate(detail(picture), sizes, details) / view.ground_m


def candidates(ground_m: float) -> list[float]:
    """Return source pixels from the finest there is to four times a tile's, in metres."""
    last = max(4 * ground_m, 4 * NATIVE_M)
    step = NATIVE_M * max(1, round(last / NATIVE_M / _STEPS))
    return [float(size) for size in np.arange(NATIVE_M, last + step, step)]


def estimate(found: float, sizes: Sequence[float], details: Sequence[float]) -> float:
    """Return the size at which the detail is what was found, between the first and the last.

    Args:
        found: detail of a picture.
        sizes: growing.
        details: detail at each of them; where it rises between two, the larger counts for both.
    """
    falling = np.maximum.accumulate(np.asarray(details)[::-1])[::-1]
    return float(np.interp(-found, -falling, sizes))


def allowed(ground_m: float) -> float:
    """Return the largest source pixel that the rule allows, in pixels of the tile."""
    return max(RULE, 1.02 * NATIVE_M / ground_m)


def difference(one: Picture, other: Picture) -> float:
    """Return the mean difference of two pictures in grey levels; a missing pixel counts fully."""
    there = one[..., 3] > 0 if one.shape[-1] == 4 else np.ones(one.shape[:2], bool)
    apart = np.abs(one[..., :3].astype(float) - other[..., :3])
    return float(np.where(there[..., None], apart, 255).mean())


def agreement(one: npt.NDArray[np.generic], other: npt.NDArray[np.generic]) -> float:
    """Return the share of equal pixels of two pictures of classes."""
    return float((one[..., :3] == other[..., :3]).all(axis=-1).mean())
