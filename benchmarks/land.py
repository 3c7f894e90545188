"""Invented land for the benchmark: quick to make, and as hard to compress and to draw as real land.

Parcels of classes with sharp edges, slow changes of brightness, and noise in every pixel: a
picture that was drawn from coarser pixels than it should be is told from its missing detail.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

PATCH_PX = 120
"""Pixels of 10 m along a side of a patch."""
CODES = (112, 211, 231, 242, 311, 312, 313, 324, 411, 512)
"""CORINE codes of the parcels."""
_LEVELS = {"B02": 420, "B03": 640, "B04": 560, "B08": 2900}
_LEVELS |= {"B05": 1000, "B06": 2200, "B07": 2700, "B8A": 3000, "B11": 1800, "B12": 1000}
_LEVELS |= {"B01": 300, "B09": 3100}
"""Mean digital numbers of the bands."""
_NOISE = 0.06
"""Standard deviation of a pixel around its parcel, as a share of its value."""
Plane = npt.NDArray[np.generic]


class Land:
    """A square of land, seen by every band."""

    def __init__(self, patches: int, seed: int = 4) -> None:
        """Draw parcels for a square of so many patches along a side."""
        self.side = patches * PATCH_PX
        self._random = np.random.default_rng(seed)
        relief = sum(self._field(cells) / 2**power for power, cells in enumerate((4, 16, 60)))
        self._relief = np.asarray(relief, np.float32)
        parcels = self._field(max(4, self.side // 40)) + self._field(max(4, self.side // 150))
        edges = np.quantile(parcels[::7, ::7], np.linspace(0, 1, len(CODES) + 1)[1:-1])
        self._parcel = np.searchsorted(edges, parcels).astype(np.uint8)
        self._grain = self._random.normal(0, _NOISE, self._relief.shape).astype(np.float32)

    def labels(self) -> npt.NDArray[np.uint16]:
        """Return the class code of each pixel of 10 m."""
        return np.array(CODES, np.uint16)[self._parcel]

    def optical(self, band: str, factor: int = 1) -> npt.NDArray[np.uint16]:
        """Return a band in digital numbers, its pixels `factor` times 10 m wide."""
        shift = sum(band.encode()) % 97
        tints = np.random.default_rng(sum(band.encode())).uniform(0.6, 1.5, len(CODES))
        # Of a coarser band every so many pixels: the mean would be slower, and smoother than life.
        parcel, relief = self._parcel[::factor, ::factor], self._relief[::factor, ::factor]
        grain = np.roll(self._grain[::factor, ::factor], (shift, 3 * shift), (0, 1))
        values = tints.astype(np.float32)[parcel] * (1 + np.float32(0.15) * relief) * (1 + grain)
        return np.clip(values * np.float32(_LEVELS[band]) + 0.5, 1, 10_000).astype(np.uint16)

    def radar(self, band: str) -> npt.NDArray[np.float32]:
        """Return VV or VH in decibel."""
        level = -10.0 if band == "VV" else -17.0
        grain = self._grain if band == "VV" else self._grain[::-1, ::-1]
        slope = self._parcel.astype(np.float32) * np.float32(0.4)
        return (level + slope + 2 * self._relief + 25 * grain).astype(np.float32)

    def _field(self, cells: int) -> npt.NDArray[np.float32]:
        """Return a smooth field between -1 and 1 with so many knots along a side."""
        knots = self._random.uniform(-1, 1, (cells, cells)).astype(np.float32)
        size = (self.side, self.side)
        return np.asarray(Image.fromarray(knots).resize(size, Image.Resampling.BICUBIC))


def coarser(plane: npt.NDArray[np.float32], factor: int) -> npt.NDArray[np.float32]:
    """Return the means of squares of pixels; what does not fill a square is cut off."""
    if factor == 1:
        return plane
    rows, columns = (length // factor for length in plane.shape)
    cut = plane[: rows * factor, : columns * factor]
    means = cut.reshape(rows, factor, columns, factor).mean(axis=(1, 3), dtype=np.float32)
    return np.asarray(means, np.float32)
