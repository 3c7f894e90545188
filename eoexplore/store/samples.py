"""The sample table: GeoParquet on disk, arrays in memory."""

import bisect
import functools
import hashlib
import json
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, TypeVar, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eoexplore import __version__
from eoexplore.analysis import selection
from eoexplore.analysis.labels import names_of
from eoexplore.core import mgrs
from eoexplore.core.errors import UnknownName
from eoexplore.core.types import Classes, Dataset, Layer
from eoexplore.store.base import located
from eoexplore.store.folder import atomic
from eoexplore.store.versions import VERSIONS

T = TypeVar("T")
_CATEGORIES = ("split", "country", "season", "tile", "product")
_LISTS = ("labels", "flags", "unreadable")
_GRID = 1 << 20
"""More columns, or rows, than a tile has."""
_NUMBERS = ("x", "y", "epsg", "left", "top")
"""Columns of whole numbers that are null where a sample has no place."""
_REACH_DEGREES = 0.03
"""More than the diagonal of a patch, in degrees of latitude."""


class Samples:
    """The sample table of one dataset in memory; row i of every array is sample i."""

    def __init__(self, frame: pd.DataFrame) -> None:
        """Keep a table with the contract's columns, sorted by id."""
        self.frame = frame
        self.lon, self.lat = (_degrees(frame[column]) for column in ("lon", "lat"))
        self.located = ~np.isnan(self.lon)
        """Which samples have a place; the others have NaN, 0 or, in the grid, -1 for it."""
        self.all_located = bool(self.located.all())
        self.epsg, self.left, self.top = (
            _whole(frame[column], 0) for column in ("epsg", "left", "top")
        )
        self.x, self.y = (_whole(frame[column], -1) for column in ("x", "y"))
        self.areas = any(str(column).startswith("area_") for column in frame.columns)
        self.looked_through = "unreadable" in frame.columns
        """Whether the index has read every file; `areas` asks for label maps as well."""
        self._tables: dict[tuple[str, ...], selection.Table] = {}
        self.predicted: selection.Columns | None = None
        """Gives columns of prediction sets; whoever opens the dataset sets it."""
        self._kept: dict[str, object] = {}
        self._making = threading.RLock()

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.frame)

    @property
    def nbytes(self) -> int:
        """Bytes that the table takes; with what is kept beside it, up to four times as much."""
        return int(self.frame.memory_usage(index=False).sum())

    def keep(self, name: str, make: Callable[[], T]) -> T:
        """Return what follows from this table: made when first asked for, gone with the table.

        Args:
            name: under which it is kept; of one type.
            make: makes it; others who ask meanwhile wait.
        """
        with self._making:
            if name not in self._kept:
                self._kept[name] = make()
            return cast(T, self._kept[name])

    def table(self, classes: Classes) -> selection.Table:
        """Return the table as it is prepared for selections; always the same one."""
        if classes.names not in self._tables:
            made = selection.Table(self.frame, classes, self.predicted)
            return self._tables.setdefault(classes.names, made)
        return self._tables[classes.names]

    def row(self, sample: str) -> int:
        """Return the row of an id.

        Raises:
            UnknownName: no sample has it.
        """
        # Sorted by id: a look-up table of half a million names would take 90 MB.
        names = self.frame["id"].array
        row = bisect.bisect_left(names, sample)
        if row == len(names) or names[row] != sample:
            raise UnknownName("There is no patch of this id in the dataset.")
        return row

    def keys(self, layer: Layer) -> npt.NDArray[np.object_]:
        """Return the file keys of a layer, shape (n,); an empty text where a sample lacks it."""
        keys = self.frame[layer.key].to_numpy(object)
        return np.where(self.has(layer.name), keys, "")

    def has(self, layer: str) -> npt.NDArray[np.bool_]:
        """Tell which samples have a layer, shape (n,)."""
        return self.frame[f"has_{layer}"].to_numpy(bool)

    def unreadable(self, layer: str, bands: tuple[str, ...]) -> npt.NDArray[np.bool_]:
        """Tell which samples have an unreadable file among some bands of a layer, shape (n,)."""
        result = np.zeros(len(self), bool)
        wanted = {f"{layer}/{band}" for band in bands}
        for row, files in self._unreadable.items():
            result[row] = not wanted.isdisjoint(files)
        return result

    @functools.cached_property
    def _unreadable(self) -> dict[int, list[str]]:
        if "unreadable" not in self.frame.columns:
            return {}
        files = enumerate(self.frame["unreadable"].tolist())
        return {row: list(names) for row, names in files if len(names)}

    @property
    def placed(self) -> slice | npt.NDArray[np.intp]:
        """The rows that have a place; a slice where all have one, so that nothing is copied."""
        return slice(None) if self.all_located else np.flatnonzero(self.located)

    @functools.cached_property
    def tiles(self) -> tuple[npt.NDArray[np.int32], list[str]]:
        """Number of each sample's MGRS tile, -1 for none, and the names of the tiles."""
        tile = self.frame["tile"].astype("category").cat
        codes: npt.NDArray[np.int32] = tile.codes.to_numpy().astype(np.int32)
        names = [str(name) for name in tile.categories]
        if self.all_located:
            return codes, names
        used = np.zeros(len(names) + 1, bool)
        used[codes[self.located]] = True
        numbers = np.where(used, np.cumsum(used) - 1, -1).astype(np.int32)
        found = np.where(self.located, numbers[codes], np.int32(-1))
        return found, [name for name, there in zip(names, used, strict=False) if there]

    @functools.cached_property
    def places(self) -> npt.NDArray[np.int64]:
        """Number that stands for each sample's place, the same at all dates, shape (n,).

        Samples without a place have a number each, below 0.
        """
        cell = self.y.astype(np.int64) * _GRID + self.x
        found = self.tiles[0].astype(np.int64) * _GRID**2 + cell
        return np.where(self.located, found, -1 - np.arange(len(self)))

    @property
    def outlines(self) -> npt.NDArray[np.float64]:
        """Outlines of all in (lon, lat) degrees, shape (n, 4, 2); worked out each time."""
        return self.outlines_of(np.arange(len(self)))

    def outlines_of(self, rows: npt.NDArray[np.integer]) -> npt.NDArray[np.float64]:
        """Return the outlines of some rows in (lon, lat) degrees: ul, ur, lr, ll.

        Args:
            rows: shape (m,).

        Returns:
            Shape (m, 4, 2); NaN for samples without a place.
        """
        if self.all_located:
            return mgrs.outlines(self.epsg[rows], self.left[rows], self.top[rows])
        there = self.located[rows]
        own = rows[there]
        found = np.full((len(rows), 4, 2), np.nan)
        found[there] = mgrs.outlines(self.epsg[own], self.left[own], self.top[own])
        return found

    def bounds_of(self, rows: npt.NDArray[np.integer]) -> tuple[float, float, float, float]:
        """Return west, south, east, north in degrees of some rows; the world when there are none.

        Only patches that may reach farthest are looked at closely: to project the corners of half
        a million takes longer than all the rest of opening a dataset.
        """
        if not self.all_located:
            rows = rows[self.located[rows]]
        if not len(rows):
            return -180.0, -60.0, 180.0, 75.0
        lon, lat = self.lon[rows], self.lat[rows]
        reach = _REACH_DEGREES / np.cos(np.radians(np.abs(lat).max()))
        near = (lon < lon.min() + reach) | (lon > lon.max() - reach)
        near |= lat < lat.min() + _REACH_DEGREES
        near |= lat > lat.max() - _REACH_DEGREES
        corners = self.outlines_of(rows[near]).reshape(-1, 2)
        (west, south), (east, north) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
        return west, south, east, north

    @functools.cached_property
    def bounds(self) -> tuple[float, float, float, float]:
        """West, south, east, north of all samples in degrees; the world when there are none."""
        return self.bounds_of(np.arange(len(self)))


def _degrees(column: "pd.Series[float]") -> npt.NDArray[np.float64]:
    degrees = column.to_numpy(float, na_value=np.nan) if column.hasnans else column.to_numpy(float)
    return np.asarray(degrees, np.float64)


def _whole(column: "pd.Series[int]", none: int) -> npt.NDArray[np.int32]:
    """Return a column as whole numbers, with a number of its own where it is null."""
    known = column.fillna(none) if column.hasnans else column
    return np.asarray(known.to_numpy(np.int32), np.int32)


def with_places(frame: pd.DataFrame) -> pd.DataFrame:
    """Add EPSG code, upper-left corner (m) and centre (degrees), which follow from the names.

    All of them are null for samples without a place.
    """
    there = located(frame)
    found = _places(frame if there.all() else frame[there])
    if there.all():
        return frame.assign(**found)
    columns: dict[str, Any] = {}
    for name, values in found.items():
        whole = pd.array([pd.NA] * len(frame), "Int32" if name in _NUMBERS else "Float64")
        whole[there] = values
        columns[name] = whole
    return frame.assign(**columns)


def _places(frame: pd.DataFrame) -> dict[str, npt.NDArray[np.generic]]:
    x, y = (frame[name].to_numpy(np.int32) for name in ("x", "y"))
    epsg, left, top = mgrs.patch_corners(frame["tile"].astype(object).to_numpy(), x, y)
    half = mgrs.PATCH_M / 2
    lon, lat = np.empty(len(frame)), np.empty(len(frame))
    for code in np.unique(epsg):
        rows = epsg == code
        lon[rows], lat[rows] = mgrs.to_lonlat(int(code)).transform(
            left[rows] + half, top[rows] - half
        )
    return {"epsg": epsg, "left": left, "top": top, "lon": lon, "lat": lat}


def fingerprint(dataset: Dataset, frame: pd.DataFrame) -> str:
    """Return 16 hex digits that stand for the content: names, labels, splits, layers there."""
    digest = hashlib.sha256(f"{dataset.name} {dataset.synthetic}\n".encode())
    digest.update("\n".join(frame["id"]).encode())
    digest.update("\n".join(frame["split"].astype(object)).encode())
    digest.update("\n".join(frame["country"].astype(object)).encode())
    if "s1_id" in frame.columns:
        digest.update("\n".join(frame["s1_id"]).encode())
    digest.update("\n".join(",".join(flags) for flags in frame["flags"]).encode())
    digest.update(frame["label_mask"].to_numpy(np.uint64).tobytes())
    streams = {stream.layer for stream in dataset.streams}
    for layer in dataset.layers:
        # What is in a stream is known only once it has been read, and the dataset stays the same.
        there = frame[f"has_{layer.name}"].to_numpy(bool).tobytes()
        digest.update(b"stream" if layer.name in streams else there)
    return digest.hexdigest()[:16]


def write(path: Path, frame: pd.DataFrame, classes: Classes, mark: str) -> None:
    """Write the sample table as GeoParquet 1.1 (WKB polygons, OGC:CRS84), atomically.

    Args:
        path: target.
        frame: sample table with places.
        classes: label schema; its names and order go into the file's metadata.
        mark: the dataset's fingerprint.
    """
    frame = frame.assign(
        **{name: frame[name].astype("Int32") for name in _NUMBERS if frame[name].dtype.kind == "f"}
    )
    there = located(frame)
    rings = np.full((len(frame), 4, 2), np.nan)
    own = (frame.loc[there, column].to_numpy(np.int32) for column in ("epsg", "left", "top"))
    rings[there] = mgrs.outlines(*own)
    lists = [name for name in _LISTS if name in frame.columns]
    table = pa.Table.from_pandas(frame.drop(columns=lists), preserve_index=False)
    for name in lists:
        table = table.append_column(name, list_column(frame[name]))
    table = table.append_column("geometry", wkb(rings))
    groups = {"base": VERSIONS["base"]}
    if any(str(column).startswith("area_") for column in frame.columns):
        groups["areas"] = VERSIONS["areas"]
    table = table.replace_schema_metadata(
        {
            **(table.schema.metadata or {}),
            b"geo": json.dumps(geo_metadata(bounds_in(rings))).encode(),
            b"eoexplore.version": __version__.encode(),
            b"eoexplore.fingerprint": mark.encode(),
            b"eoexplore.groups": json.dumps(groups).encode(),
            b"eoexplore.label_mask": json.dumps(list(classes.names)).encode(),
        }
    )
    with atomic(path) as partial:
        pq.write_table(
            table,
            partial,
            # Read in three quarters of the time of zstd, and a third larger.
            compression="lz4",
            # One group: its columns come into memory as they are, without another copy.
            row_group_size=1 << 20,
            use_dictionary=_with_dictionary(table.schema),
        )


def _with_dictionary(schema: pa.Schema) -> list[str]:
    """Return the columns of few distinct values; areas are many, and are read in half the time."""
    lists = {name: f"{name}.list.element" for name in _LISTS}
    return [lists.get(name, name) for name in schema.names if not name.startswith("area_")]


def list_column(lists: Iterable[list[str]]) -> pa.Array:
    """Return lists of strings, of which few are distinct, as an Arrow column."""
    places: dict[tuple[str, ...], int] = {}
    codes = [places.setdefault(tuple(names), len(places)) for names in lists]
    distinct = pa.array([list(names) for names in places], pa.list_(pa.string()))
    return distinct.take(pa.array(codes, pa.int32()))


def wkb(rings: npt.NDArray[np.float64]) -> pa.Array:
    """Return rings of four corners as WKB polygons: all have one length, so one array will do.

    Those of NaN are null.
    """
    layout = [("order", "u1"), ("type", "<u4"), ("rings", "<u4"), ("points", "<u4")]
    shapes = np.zeros(len(rings), [*layout, ("xy", "<f8", (5, 2))])
    shapes["order"], shapes["type"], shapes["rings"], shapes["points"] = 1, 3, 1, 5
    # Counter-clockwise and closed, as GeoParquet and GeoJSON want exterior rings.
    shapes["xy"] = rings[:, [3, 2, 1, 0, 3]]
    size = pa.binary(shapes.itemsize)
    fixed = pa.FixedSizeBinaryArray.from_buffers(size, len(rings), [None, pa.py_buffer(shapes)])
    found = fixed.cast(pa.binary())
    nowhere = np.isnan(rings[:, 0, 0])
    return pc.if_else(pa.array(nowhere), None, found) if nowhere.any() else found


def bounds_in(rings: npt.NDArray[np.float64]) -> list[float]:
    """Return west, south, east, north of rings; the world where none has a place."""
    there = rings[~np.isnan(rings[:, 0, 0])]
    if not len(there):
        return [-180.0, -90.0, 180.0, 90.0]
    return [float(value) for value in (*there.min((0, 1)), *there.max((0, 1)))]


def geo_metadata(bounds: list[float]) -> dict[str, object]:
    """Return the "geo" entry of a GeoParquet file whose column "geometry" holds WKB polygons."""
    # No "crs" entry means OGC:CRS84 (GeoParquet 1.1, column metadata).
    column = {"encoding": "WKB", "geometry_types": ["Polygon"], "bbox": bounds}
    return {"version": "1.1.0", "primary_column": "geometry", "columns": {"geometry": column}}


def groups(path: Path) -> dict[str, int]:
    """Return the groups of columns in a stored table and their versions; empty if unreadable."""
    try:
        stored = pq.read_schema(path).metadata or {}
        found: dict[str, int] = json.loads(stored.get(b"eoexplore.groups", b"{}"))
    except (OSError, pa.ArrowException, ValueError):
        return {}
    return found


def read(path: Path, classes: Classes) -> Samples:
    """Read a stored sample table into memory."""
    with pq.ParquetFile(path) as file:
        table = file.read([n for n in file.schema_arrow.names if n not in ("geometry", "labels")])
    lists = [name for name in _LISTS if name in table.column_names]
    # Without putting columns of one type side by side in memory: that takes ten times as long.
    frame = table.drop_columns(lists).to_pandas(split_blocks=True)
    # Much faster than reading them, and rows of the same labels share one list.
    frame["labels"] = names_of(frame["label_mask"].to_numpy(np.uint64), classes)
    for name in lists:
        frame[name] = _lists(table[name])
    for column in _CATEGORIES:
        frame[column] = frame[column].astype("category")
    # Arrow keeps what reading has used: 80 MB for half a million samples.
    del table
    pa.default_memory_pool().release_unused()
    return Samples(frame)


def _lists(column: pa.ChunkedArray) -> npt.NDArray[np.object_]:
    """Return a list column of few distinct lists; rows of equal lists share one."""
    # Null and empty are both an empty text, which no list of names gives.
    joined = pc.fill_null(pc.binary_join(column, "\n"), "").combine_chunks().dictionary_encode()
    lists = np.empty(len(joined.dictionary), object)
    for place, text in enumerate(joined.dictionary.to_pylist()):
        lists[place] = text.split("\n") if text else []
    rows: npt.NDArray[np.int32] = joined.indices.to_numpy()
    return lists[rows]
