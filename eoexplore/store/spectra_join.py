"""What is put together from the tables of all products of the group `spectra`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eoexplore.analysis import spectra
from eoexplore.core.types import Array, Dataset
from eoexplore.store.folder import IndexFolder
from eoexplore.store.samples import groups
from eoexplore.store.spectra_bands import Coding, bands_of
from eoexplore.store.spectra_parts import write_table
from eoexplore.store.versions import VERSIONS

PIXELS = 200_000
"""Pixels that are drawn from the whole dataset at most."""
PER_STRATUM = 4_000
"""Pixels that are drawn of each class in each season at most."""


def is_joined(folder: IndexFolder) -> bool:
    """Tell whether all files of the whole dataset are there, of this version."""
    return all(groups(file).get("spectra") == VERSIONS["spectra"] for file in folder.spectra)


def join(
    folder: IndexFolder, dataset: Dataset, products: Sequence[str], frame: pd.DataFrame
) -> None:
    """Write what is known of classes, samples and drawn pixels, from the products' tables.

    Args:
        folder: where the index lies.
        dataset: tells bands and classes.
        products: names of the tables.
        frame: sample table, of which id and season are read.
    """
    codes = spectra.Legend(dataset.classes).codes
    rows = _Rows.read([folder.part("spectra", name) for name in products], codes, frame["id"])
    alike = spectra.draw(rows.pixels, rows.sampled, PIXELS)
    strata = _strata(rows, frame["season"], len(codes))
    drawn, stand_for = spectra.draw_each(strata, rows.pixels, rows.sampled, PER_STRATUM)
    columns: dict[str, Array] = {"code": codes[rows.places[alike.rows]]}
    balanced: dict[str, Array] = {
        "code": codes[rows.places[drawn.rows]],
        "sample": rows.samples[drawn.rows],
        "stands_for": stand_for.astype(np.float32),
    }
    means: dict[str, Array] = {}
    there = np.unique(rows.places)
    figures: dict[str, dict[str, npt.NDArray[np.generic]]] = {}
    for band in bands_of(dataset.layers):
        one = _OneBand(band.key, band.coding, len(codes), rows)
        values, balanced[band.key] = one.read(alike, drawn)
        columns[band.key] = band.coding.decode(values)
        figures[band.key] = {name: column[there] for name, column in one.figures().items()}
        means[band.key] = one.means(len(frame))
    write_table(folder.spectra_pixels, pa.table(columns))
    write_table(folder.spectra_classes, _coded(balanced, dataset))
    write_table(folder.spectra_samples, pa.table(means))
    write_table(folder.spectra_summary, _lines(codes[there], figures))


def _coded(columns: Mapping[str, Array], dataset: Dataset) -> pa.Table:
    """Return columns of stored values, of which each says how it is stored."""
    table = pa.table(dict(columns))
    codings = {band.key: band.coding.noted() for band in bands_of(dataset.layers)}
    fields = [field.with_metadata(codings.get(field.name, {})) for field in table.schema]
    return table.cast(pa.schema(fields))


@dataclass(frozen=True)
class _Rows:
    """What the rows of all products' tables stand for; a row is a class in a sample."""

    spans: tuple[tuple[Path, int, int], ...]
    """Table of each product, its first row, and the row after its last."""
    places: npt.NDArray[np.intp]
    """Place of the class in the legend's codes, shape (row,)."""
    pixels: npt.NDArray[np.int64]
    """Pixels of the class, shape (row,)."""
    samples: npt.NDArray[np.int32]
    """Row of the sample in the sample table, -1 for none; shape (row,)."""

    @classmethod
    def read(
        cls, paths: Sequence[Path], codes: npt.NDArray[np.uint16], ids: "pd.Series[str]"
    ) -> "_Rows":
        """Read them from the tables."""
        tables = [pq.read_table(path, columns=["code", "pixels"]) for path in paths]
        ends = np.cumsum([0, *(len(table) for table in tables)]).tolist()
        found = _together([table["code"].to_numpy() for table in tables])
        order = np.argsort(codes)
        places = order[np.searchsorted(codes[order], found)]
        pixels = _together([table["pixels"].to_numpy() for table in tables])
        spans = tuple(zip(paths, ends[:-1], ends[1:], strict=True))
        return cls(spans, places, pixels, _rows_of(paths, ids))

    @property
    def sampled(self) -> npt.NDArray[np.int64]:
        """How many pixels were sampled, shape (row,)."""
        return np.minimum(self.pixels, spectra.SAMPLED)


def _together(arrays: Sequence[Array]) -> npt.NDArray[np.int64]:
    return np.concatenate([np.zeros(0, np.int64), *arrays]).astype(np.int64)


def _rows_of(paths: Sequence[Path], ids: "pd.Series[str]") -> npt.NDArray[np.int32]:
    """Return the row of each id in the products' tables; each name is looked for once."""
    names, codes, first = [pa.array([], pa.string())], [], 0
    for path in paths:
        column = pq.read_table(path, columns=["id"])["id"].combine_chunks().dictionary_encode()
        codes.append(column.indices.to_numpy() + first)
        names.append(column.dictionary)
        first += len(column.dictionary)
    known = pa.array(ids.to_numpy(object), pa.string())
    rows = pc.fill_null(pc.index_in(pa.concat_arrays(names), value_set=known), -1)
    found: npt.NDArray[np.int32] = rows.to_numpy()[_together(codes)].astype(np.int32)
    return found


def _strata(rows: _Rows, season: "pd.Series[str]", classes: int) -> npt.NDArray[np.intp]:
    """Return a number for the class and the season of each row, -1 for strange samples."""
    # Season -1 is none.
    seasons = season.astype("category").cat.codes.to_numpy().astype(np.intp) + 1
    if not len(seasons):
        return np.full(len(rows.places), -1, np.intp)
    return np.where(rows.samples < 0, -1, seasons[rows.samples] * classes + rows.places)


class _OneBand:
    """The figures of one band while the tables are read one after the other."""

    def __init__(self, key: str, coding: Coding, classes: int, rows: _Rows) -> None:
        self._key, self._coding, self._rows, self._classes = key, coding, rows, classes
        self._histograms = spectra.Histograms(classes)
        self._count = np.zeros(len(rows.places))
        self._total = np.zeros(len(rows.places))

    def read(self, *draws: spectra.Draw) -> list[npt.NDArray[np.integer]]:
        """Read all tables; return, for each draw, its values as they are stored."""
        found = [np.zeros(len(draw.rows), self._coding.dtype) for draw in draws]
        sampled = self._rows.sampled
        for path, first, last in self._rows.spans:
            stored = self._add(path, first, last, sampled[first:last])
            starts = np.cumsum(sampled[first:last]) - sampled[first:last]
            for values, draw in zip(found, draws, strict=True):
                own = slice(*np.searchsorted(draw.rows, [first, last]))
                values[own] = stored[starts[draw.rows[own] - first] + draw.positions[own]]
        return found

    def _add(
        self, path: Path, first: int, last: int, sampled: npt.NDArray[np.int64]
    ) -> npt.NDArray[np.integer]:
        """Add the rows of one table; return its sampled values as they are stored."""
        key = self._key
        table = pq.read_table(path, columns=[key, f"{key}_count", f"{key}_mean"])
        stored: npt.NDArray[np.integer] = table[key].combine_chunks().flatten().to_numpy()
        known = stored != self._coding.empty
        places = np.repeat(self._rows.places[first:last], sampled)[known]
        # A sampled pixel counts for all pixels that it stands for.
        each = self._rows.pixels[first:last] / np.maximum(sampled, 1)
        weights = np.repeat(each, sampled)[known]
        self._histograms.add(places, stored[known].astype(np.int64), weights)
        count = table[f"{key}_count"].to_numpy().astype(float)
        self._count[first:last] = count
        self._total[first:last] = np.nan_to_num(table[f"{key}_mean"].to_numpy()) * count
        return stored

    def figures(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return pixels, mean and percentiles per class."""
        count, mean = _means(self._rows.places, self._count, self._total, self._classes)
        scale = self._coding.scale
        return {
            "pixels": count.astype(np.int64),
            "mean": mean,
            "p10": self._histograms.quantile(0.1) / scale,
            "p90": self._histograms.quantile(0.9) / scale,
        }

    def means(self, samples: int) -> npt.NDArray[np.float32]:
        """Return the mean over each whole patch, NaN without a value; shape (samples,)."""
        there = self._rows.samples >= 0
        own = self._rows.samples[there]
        return _means(own, self._count[there], self._total[there], samples)[1].astype(np.float32)


def _means(
    places: npt.NDArray[np.integer],
    count: npt.NDArray[np.float64],
    total: npt.NDArray[np.float64],
    most: int,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return how many values each place has, and their mean, NaN without any."""
    counts: npt.NDArray[np.float64] = np.bincount(places, count, most).astype(float)
    totals = np.bincount(places, total, most)
    return counts, totals / np.maximum(counts, 1) + np.where(counts > 0, 0.0, np.nan)


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
