"""How the group `spectra` is written: a table per product."""

import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore.analysis import spectra
from eoexplore.core import mgrs
from eoexplore.core.types import Array, Dataset
from eoexplore.store.contents import marked
from eoexplore.store.folder import atomic
from eoexplore.store.spectra_bands import Stored, bands_of
from eoexplore.store.versions import VERSIONS

_SIDE = mgrs.PATCH_M // 10
_MOST = 250
"""Pixels along a side of other samples: more are thinned out, so that 16 bits can count them."""


class SpectraPart:
    """The table of one product while it is being made."""

    def __init__(self, dataset: Dataset) -> None:
        """Begin without a patch."""
        self._bands = bands_of(dataset.layers)
        self._legend = spectra.Legend(dataset.classes)
        self._maps = [
            (layer.name, layer.bands[0].name)
            for layer in dataset.layers
            if layer.kind == "categorical"
        ]
        self._ids: list[str] = []
        self._found: list[spectra.Spectra] = []
        self._samples: dict[str, list[npt.NDArray[np.integer]]] = {b.key: [] for b in self._bands}
        self._earlier: _Earlier | None = None

    def add(self, sample: str, values: Mapping[tuple[str, str], Array], fixed: bool = True) -> None:
        """Describe the classes of a patch; one without any image has none.

        Args:
            sample: id of the sample; it decides which pixels are kept.
            values: its bands, and its label map, by (layer, band).
            fixed: whether it is a patch of 1200 m; else its finest band decides on the pixels.
        """
        height, width = (_SIDE, _SIDE) if fixed else _shape(values)
        planes = np.full((len(self._bands), height, width), np.nan, np.float32)
        for plane, band in zip(planes, self._bands, strict=True):
            pixels = values.get((band.layer.name, band.name))
            if pixels is not None:
                _spread(pixels, band.layer.nodata, plane)
        stack = planes.reshape(len(self._bands), -1)
        if np.isnan(stack).all():
            return
        places = np.zeros(height * width, np.uint8)
        for key in self._maps:
            if key in values:
                places = _nearest(self._legend.places(values[key]), (height, width)).ravel()
        found = spectra.of_patch(stack, places, spectra.seed_of(sample))
        for column, band in zip(found.sample, self._bands, strict=True):
            self._samples[band.key].append(band.coding.encode(column))
        self._ids += [sample] * len(found.places)
        self._found.append(found)

    def recall(self, path: Path) -> None:
        """Read an earlier table of this version, so that `keep` can take patches from it.

        Raises:
            OSError, ArrowException, KeyError: it is damaged.
        """
        self._earlier = _Earlier(path, self._bands, self._legend.codes)

    def keep(self, sample: str) -> None:
        """Take what the earlier table says of a patch; nothing where it had no image."""
        assert self._earlier is not None
        found = self._earlier.of(sample)
        if found is not None:
            for band, pixels in self._earlier.pixels(sample).items():
                self._samples[band].append(pixels)
            self._ids += [sample] * len(found.places)
            self._found.append(found)

    def write(self, path: Path, made_from: str = "") -> None:
        """Write the table, atomically, with the mark of what it was made from."""
        codes = [self._legend.codes[found.places] for found in self._found]
        columns: dict[str, pa.Array] = {
            "id": pa.array(self._ids, pa.string()),
            "code": pa.array(_joined(codes, np.uint16)),
            "pixels": pa.array(_joined([f.pixels for f in self._found], np.uint16)),
        }
        offsets = np.cumsum([0, *_joined([f.sampled for f in self._found], np.int32)])
        for number, band in enumerate(self._bands):
            sample = _joined(self._samples[band.key], band.coding.dtype)
            columns[band.key] = pa.ListArray.from_arrays(
                pa.array(offsets, pa.int32()), pa.array(sample)
            )
            for name, dtype in _FIGURES.items():
                figures = [getattr(found, name)[:, number] for found in self._found]
                columns[f"{band.key}_{name}"] = pa.array(_joined(figures, dtype))
        write_table(path, pa.table(columns), made_from)


class _Earlier:
    """A table as it was written, by sample."""

    def __init__(self, path: Path, bands: Sequence[Stored], codes: npt.NDArray[np.uint16]) -> None:
        table = pq.read_table(path)
        rows = len(table)
        order = np.argsort(codes)
        self._places = order[np.searchsorted(codes[order], table["code"].to_numpy())]
        self._pixels = table["pixels"].to_numpy().astype(np.int32)
        self._sampled = np.minimum(self._pixels, spectra.SAMPLED)
        self._starts = np.cumsum([0, *self._sampled])
        self._figures: dict[str, npt.NDArray[Any]] = {
            name: np.zeros((rows, len(bands)), dtype) for name, dtype in _FIGURES.items()
        }
        for name, figures in self._figures.items():
            for number, band in enumerate(bands):
                figures[:, number] = table[f"{band.key}_{name}"].to_numpy()
        self._stored: dict[str, npt.NDArray[np.integer]] = {
            band.key: table[band.key].combine_chunks().flatten().to_numpy() for band in bands
        }
        ids = table["id"].to_pylist()
        # Rows of one sample lie together.
        edges = [row for row in range(rows) if not row or ids[row] != ids[row - 1]] + [rows]
        self._spans = {ids[first]: slice(first, last) for first, last in itertools.pairwise(edges)}

    def of(self, sample: str) -> spectra.Spectra | None:
        """Return what it says of a sample, less the sampled pixels."""
        span = self._spans.get(sample)
        if span is None:
            return None
        count, mean, std = (self._figures[name][span] for name in _FIGURES)
        return spectra.Spectra(
            self._places[span].astype(np.uint8),
            self._pixels[span],
            count,
            mean,
            std,
            self._sampled[span],
            np.zeros((0, 0), np.float32),
        )

    def pixels(self, sample: str) -> dict[str, npt.NDArray[np.integer]]:
        """Return the sampled pixels of a sample as they are stored, by band."""
        span = self._spans[sample]
        chosen = slice(self._starts[span.start], self._starts[span.stop])
        return {band: values[chosen] for band, values in self._stored.items()}


_FIGURES: dict[str, type[np.generic]] = {
    "count": np.uint16,
    "mean": np.float32,
    "std": np.float32,
}


def _spread(pixels: Array, nodata: float | None, plane: npt.NDArray[np.float32]) -> None:
    """Write a band of any resolution into a plane, NaN where it has no value."""
    values = pixels.astype(np.float32)
    if nodata is not None:
        values[pixels == nodata] = np.nan
    values[np.isinf(values)] = np.nan
    plane[:] = _nearest(values, plane.shape)


def _nearest(pixels: npt.NDArray[Any], shape: tuple[int, ...]) -> npt.NDArray[Any]:
    """Return the pixel under the middle of each of as many as are wanted."""
    if pixels.shape == shape:
        return pixels
    rows, columns = (
        ((np.arange(wanted) + 0.5) * count / wanted).astype(np.intp)
        for wanted, count in zip(shape, pixels.shape, strict=True)
    )
    return pixels[np.ix_(rows, columns)]


def _shape(values: Mapping[tuple[str, str], Array]) -> tuple[int, int]:
    """Return the pixels down and across of the finest band, but not more than can be counted."""
    sides = (max((pixels.shape[axis] for pixels in values.values()), default=1) for axis in (0, 1))
    height, width = (min(side, _MOST) for side in sides)
    return height, width


def _joined(arrays: Sequence[Array], dtype: type[np.generic]) -> Array:
    if not arrays:
        return np.zeros(0, dtype)
    return np.concatenate(arrays).astype(dtype)


def write_table(path: Path, table: pa.Table, made_from: str = "") -> None:
    """Write a table of the group with its version, atomically."""
    mark = json.dumps({"spectra": VERSIONS["spectra"]}).encode()
    table = table.replace_schema_metadata(marked({b"eoexplore.groups": mark}, made_from))
    with atomic(path) as partial:
        pq.write_table(table, partial, compression="zstd")
