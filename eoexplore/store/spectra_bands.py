"""Bands of the group `spectra`, and how their sampled values are stored."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from eoexplore.core.types import Layer


@dataclass(frozen=True)
class Coding:
    """How sampled values of a layer are stored."""

    dtype: type[np.integer]
    """Stored type."""
    empty: int
    """Stored value where a pixel has none."""
    scale: int
    """Stored value = scale x value in the layer's unit, rounded."""

    def encode(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.integer]:
        """Return values in the layer's unit, NaN without one, as they are stored."""
        limits = np.iinfo(self.dtype)
        low = limits.min + 1  # The least value means that there is none.
        known = np.clip(np.rint(values.astype(np.float64) * self.scale), low, limits.max)
        return np.where(np.isnan(values), self.empty, known).astype(self.dtype)

    def decode(self, stored: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
        """Return stored values in the layer's unit, NaN without one."""
        values = (stored / np.float64(self.scale)).astype(np.float32)
        return np.where(stored == self.empty, np.float32(np.nan), values)

    def noted(self) -> dict[str, str]:
        """Return what a column of stored values says of itself in its file."""
        return {"empty": str(self.empty), "scale": str(self.scale)}

    @classmethod
    def of(cls, column: pa.Field) -> "Coding":
        """Return how the values of a column are stored."""
        said = column.metadata or {}
        empty, scale = (int(said.get(name, b"0")) for name in (b"empty", b"scale"))
        return cls(column.type.to_pandas_dtype(), empty, scale or 1)


_CODINGS = {
    "optical": Coding(np.uint16, 0, 1),
    "sar": Coding(np.int16, -32768, 100),
    "picture": Coding(np.int16, -32768, 1),
}
"""Optical numbers and levels of a picture as they are, backscatter in hundredths of a decibel."""


@dataclass(frozen=True)
class Stored:
    """One band of the tables."""

    layer: Layer
    """Its layer."""
    name: str
    """Its name in the layer."""

    @property
    def key(self) -> str:
        """Name of its column: layer and band."""
        return f"{self.layer.name}/{self.name}"

    @property
    def coding(self) -> Coding:
        """How its values are stored."""
        return _CODINGS[self.layer.kind]


def bands_of(layers: Sequence[Layer]) -> list[Stored]:
    """Return the bands of which spectra are kept: all but those of label maps."""
    known = [layer for layer in layers if layer.kind in _CODINGS]
    return [Stored(layer, band.name) for layer in known for band in layer.bands]
