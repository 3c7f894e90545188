"""How the group `spectra` is written: a table per product, and what is put together from them."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore.analysis import spectra
from eoexplore.core import mgrs
from eoexplore.core.types import Array, Dataset, Layer
from eoexplore.store.contents import marked
from eoexplore.store.folder import IndexFolder, atomic
from eoexplore.store.samples import groups
from eoexplore.store.versions import VERSIONS

PIXELS = 200_000
"""Pixels that are drawn from the whole dataset at most."""
_SIDE = mgrs.PATCH_M // 10
_MOST = 250
"""Pixels along a side of other samples: more are thinned out, so that 16 bits can count them."""


@dataclass(frozen=True)
class _Coding:
    """How sampled values of a layer are stored."""

    dtype: type[np.integer]
    """Stored type."""
    empty: int
    """Stored value where a pixel has none."""
    scale: int
    """Stored value = scale x value in the layer's unit, rounded."""

    def encode(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.integer]:
        limits = np.iinfo(self.dtype)
        low = limits.min + 1  # The least value means that there is none.
        known = np.clip(np.rint(values.astype(np.float64) * self.scale), low, limits.max)
        return np.where(np.isnan(values), self.empty, known).astype(self.dtype)

    def decode(self, stored: npt.NDArray[np.integer]) -> npt.NDArray[np.float32]:
        values = (stored / np.float64(self.scale)).astype(np.float32)
        return np.where(stored == self.empty, np.float32(np.nan), values)


_CODINGS = {
    "optical": _Coding(np.uint16, 0, 1),
    "sar": _Coding(np.int16, -32768, 100),
    "picture": _Coding(np.int16, -32768, 1),
}
"""Optical numbers and levels of a picture as they are, backscatter in hundredths of a decibel."""


@dataclass(frozen=True)
class _Band:
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
    def coding(self) -> _Coding:
        """How its values are stored."""
        return _CODINGS[self.layer.kind]


def _bands(layers: Sequence[Layer]) -> list[_Band]:
    known = [layer for layer in layers if layer.kind in _CODINGS]
    return [_Band(layer, band.name) for layer in known for band in layer.bands]


class SpectraPart:
    """The table of one product while it is being made."""

    def __init__(self, dataset: Dataset) -> None:
        """Begin without a patch."""
        self._bands = _bands(dataset.layers)
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
        _write(path, pa.table(columns), made_from)


class _Earlier:
    """A table as it was written, by sample."""

    def __init__(self, path: Path, bands: Sequence[_Band], codes: npt.NDArray[np.uint16]) -> None:
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


def _write(path: Path, table: pa.Table, made_from: str = "") -> None:
    mark = json.dumps({"spectra": VERSIONS["spectra"]}).encode()
    table = table.replace_schema_metadata(marked({b"eoexplore.groups": mark}, made_from))
    with atomic(path) as partial:
        pq.write_table(table, partial, compression="zstd")


def join(folder: IndexFolder, dataset: Dataset, products: Sequence[str]) -> None:
    """Write the summary of the classes and the sample of pixels, from the products' tables."""
    paths = [folder.part("spectra", name) for name in products]
    codes = spectra.Legend(dataset.classes).codes
    rows = _Rows.read(paths, codes)
    drawn = spectra.draw(rows.pixels, rows.sampled, PIXELS)
    columns: dict[str, Array] = {"code": codes[rows.places[drawn.rows]]}
    there = np.unique(rows.places)
    figures: dict[str, dict[str, npt.NDArray[np.generic]]] = {}
    for band in _bands(dataset.layers):
        sums = _Sums(band.coding, len(codes))
        columns[band.key] = np.full(len(drawn.rows), np.nan, np.float32)
        for path, first, last in rows.spans:
            part = rows.cut(first, last)
            stored = sums.add(path, band.key, part)
            chosen = slice(*np.searchsorted(drawn.rows, [first, last]))
            at = part.starts[drawn.rows[chosen] - first] + drawn.positions[chosen]
            columns[band.key][chosen] = band.coding.decode(stored[at])
        figures[band.key] = {name: column[there] for name, column in sums.figures().items()}
    _write(folder.spectra_pixels, pa.table(columns))
    _write(folder.spectra_summary, _lines(codes[there], figures))


@dataclass(frozen=True)
class _Rows:
    """What the rows of all products' tables stand for; a row is a class in a sample."""

    spans: tuple[tuple[Path, int, int], ...]
    """Table of each product, its first row, and the row after its last."""
    places: npt.NDArray[np.intp]
    """Place of the class in the legend's codes, shape (row,)."""
    pixels: npt.NDArray[np.int64]
    """Pixels of the class, shape (row,)."""

    @classmethod
    def read(cls, paths: Sequence[Path], codes: npt.NDArray[np.uint16]) -> "_Rows":
        """Read them from the tables."""
        tables = [pq.read_table(path, columns=["code", "pixels"]) for path in paths]
        ends = np.cumsum([0, *(len(table) for table in tables)]).tolist()
        found = _joined([table["code"].to_numpy() for table in tables], np.int64)
        order = np.argsort(codes)
        places = order[np.searchsorted(codes[order], found)]
        pixels = _joined([table["pixels"].to_numpy() for table in tables], np.int64).astype(int)
        return cls(tuple(zip(paths, ends[:-1], ends[1:], strict=True)), places, pixels)

    def cut(self, first: int, last: int) -> "_Rows":
        """Return some of the rows."""
        return _Rows((), self.places[first:last], self.pixels[first:last])

    @property
    def sampled(self) -> npt.NDArray[np.int64]:
        """How many pixels were sampled, shape (row,)."""
        return np.minimum(self.pixels, spectra.SAMPLED)

    @property
    def starts(self) -> npt.NDArray[np.int64]:
        """Where the sampled pixels of each row begin, shape (row,)."""
        return np.cumsum(self.sampled) - self.sampled


class _Sums:
    """The figures of one band, per class, while the tables are read."""

    def __init__(self, coding: _Coding, classes: int) -> None:
        self._coding, self._classes = coding, classes
        self._histograms = spectra.Histograms(classes)
        self._count = np.zeros(classes)
        self._total = np.zeros(classes)

    def add(self, path: Path, key: str, rows: _Rows) -> npt.NDArray[np.integer]:
        """Add the rows of one table; return the sampled values as they are stored."""
        table = pq.read_table(path, columns=[key, f"{key}_count", f"{key}_mean"])
        stored: npt.NDArray[np.integer] = table[key].combine_chunks().flatten().to_numpy()
        known = stored != self._coding.empty
        sampled = rows.sampled
        places = np.repeat(rows.places, sampled)[known]
        # A sampled pixel counts for all pixels that it stands for.
        weights = np.repeat(rows.pixels / np.maximum(sampled, 1), sampled)[known]
        self._histograms.add(places, stored[known].astype(np.int64), weights)
        count = table[f"{key}_count"].to_numpy().astype(float)
        total = np.nan_to_num(table[f"{key}_mean"].to_numpy().astype(float)) * count
        self._count += np.bincount(rows.places, count, self._classes)
        self._total += np.bincount(rows.places, total, self._classes)
        return stored

    def figures(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return pixels, mean and percentiles per class."""
        empty = np.where(self._count > 0, 0.0, np.nan)
        scale = self._coding.scale
        return {
            "pixels": self._count.astype(np.int64),
            "mean": self._total / np.maximum(self._count, 1) + empty,
            "p10": self._histograms.quantile(0.1) / scale,
            "p90": self._histograms.quantile(0.9) / scale,
        }


def _lines(
    codes: npt.NDArray[np.uint16], figures: Mapping[str, Mapping[str, npt.NDArray[np.generic]]]
) -> pa.Table:
    """Return one line per class and band: all bands of the first class, then of the second."""
    columns: dict[str, Array] = {
        "code": np.repeat(codes, len(figures)),
        "band": np.array(list(figures) * len(codes), object),
    }
    for name in ("pixels", "mean", "p10", "p90"):
        columns[name] = np.stack([own[name] for own in figures.values()], axis=1).ravel()
    return pa.table(columns)


def is_joined(folder: IndexFolder) -> bool:
    """Tell whether both files of the whole dataset are there, of this version."""
    files = folder.spectra_summary, folder.spectra_pixels
    return all(groups(file).get("spectra") == VERSIONS["spectra"] for file in files)
