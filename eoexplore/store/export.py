"""The samples of a selection as one file: GeoParquet 1.1, GeoJSON (RFC 7946) or CSV.

Rows are written in blocks, so that half a million samples need no more memory than a block.
"""

import json
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from eoexplore import __version__, datasets
from eoexplore.core.errors import SelectionError
from eoexplore.core.types import Classes, Layer
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import atomic
from eoexplore.store.samples import Samples, bounds_in, geo_metadata, list_column, wkb

Rows = npt.NDArray[np.intp]
_BLOCK = 65_536
_DIGITS = 7
"""Decimals of longitudes and latitudes: a centimetre on the ground."""
_FIRST = (
    *("id", "s1_id", "date", "s1_date", "season", "split", "country", "tile", "x", "y"),
    *("lon", "lat", "epsg", "left", "top"),
)
_OF_A_PLACE = frozenset({"tile", "x", "y", "lon", "lat", "epsg", "left", "top"})
"""Columns that are left out where no sample of a dataset has a place."""
_INTERNAL = frozenset({"label_mask", "product", "unreadable", "labels", "flags"})
"""Columns that serve the index, or that are written in another form or place."""


@dataclass(frozen=True)
class About:
    """What goes along with every export, so that a file found later explains itself."""

    dataset: str
    """What a user reads."""
    synthetic: bool
    """Whether the pixels are made up."""
    fingerprint: str
    """Stands for the content of the dataset."""
    selection: str
    """The selection as text; empty for all samples."""
    samples: int
    """How many samples were exported."""
    of: int
    """How many the dataset has."""
    licence: str
    """Licence of the dataset."""
    citation: str
    """How its authors want it to be cited."""
    url: str
    """Where it comes from."""
    eoexplore: str = __version__
    """Version of EOExplore that wrote the file."""

    def document(self) -> dict[str, object]:
        """Return it as JSON data."""
        return asdict(self)


def about(opened: Opened, selection: str, samples: int) -> About:
    """Return what goes along with an export.

    Args:
        opened: the dataset.
        selection: canonical text of the selection.
        samples: how many samples it selects.
    """
    dataset = opened.dataset
    reader = datasets.REGISTRY[dataset.name]
    made_up = "Made up by EOExplore in the layout of reBEN; not to be cited as Earth observation."
    return About(
        dataset=dataset.title,
        synthetic=dataset.synthetic,
        fingerprint=opened.fingerprint,
        selection=selection,
        samples=samples,
        of=len(opened.samples),
        licence="MIT, as EOExplore" if dataset.synthetic else reader.licence,
        citation=made_up if dataset.synthetic else reader.citation,
        url="" if dataset.synthetic else reader.url,
    )


MEDIA_TYPES: Mapping[str, str] = MappingProxyType(
    {
        "parquet": "application/vnd.apache.parquet",
        "geojson": "application/geo+json",
        "csv": "text/csv; charset=utf-8",
    }
)


NOWHERE = (
    "These samples have no place on a map, so there is no GeoJSON of them: take CSV or Parquet."
)


def kinds_of(opened: Opened) -> tuple[str, ...]:
    """Return the formats that a dataset can be written in; GeoJSON only where there are places."""
    placed = opened.samples.located.any()
    return tuple(kind for kind in MEDIA_TYPES if placed or kind != "geojson")


def write(
    path: Path, opened: Opened, mask: npt.NDArray[np.bool_], selection: str, kind: str = ""
) -> About:
    """Write some samples as a file.

    Args:
        path: target; it appears when it is whole.
        opened: the dataset.
        mask: which samples, shape (n,).
        selection: the text that the mask came from.
        kind: key of MEDIA_TYPES; the ending of the path when empty.

    Raises:
        SelectionError: GeoJSON of samples without a place.
    """
    kind = kind or path.suffix.removeprefix(".").lower()
    if kind not in kinds_of(opened):
        raise SelectionError(NOWHERE)
    said = about(opened, selection, int(mask.sum()))
    table = _Table(opened.samples, np.flatnonzero(mask), opened.dataset.classes, _maps(opened))
    with atomic(path) as partial, partial.open("wb") as stream:
        _WRITERS[kind](stream, table, said)
    return said


def _maps(opened: Opened) -> Layer | None:
    return next((item for item in opened.dataset.layers if item.kind == "categorical"), None)


class _Table:
    """The exported columns of some samples, block by block."""

    def __init__(
        self, samples: Samples, rows: Rows, classes: Classes, label_map: Layer | None
    ) -> None:
        self.samples, self.rows = samples, rows
        frame = samples.frame
        self.placed = bool(samples.located.any())
        unknown = frozenset() if self.placed else _OF_A_PLACE
        self.plain = [name for name in _FIRST if name in frame.columns and name not in unknown]
        self.rest = [
            str(name)
            for name in frame.columns
            if name not in (*_FIRST, *_INTERNAL) and not str(name).startswith("area_")
        ]
        # 10 m pixels are a hundredth of a hectare.
        self._hectares = label_map.bands[0].gsd_m ** 2 / 10_000 if label_map else 0.0
        self._there = samples.has(label_map.name) if label_map else np.zeros(len(frame), bool)
        self.classes = (*classes.classes, classes.unlabelled) if samples.areas else ()

    @property
    def any_placed(self) -> bool:
        """Whether any of the rows has a place."""
        return bool(self.samples.located[self.rows].any())

    @property
    def bounds(self) -> list[float]:
        """West, south, east, north of the rows in degrees; the world when there are none."""
        return bounds_in(self.samples.outlines_of(self.rows))

    def blocks(self) -> Iterator[tuple[pa.Table, npt.NDArray[np.float64]]]:
        """Yield tables with their outlines, shape (n, 4, 2); a single one when there is no row."""
        for start in range(0, max(1, len(self.rows)), _BLOCK):
            rows = self.rows[start : start + _BLOCK]
            yield self._block(rows), self.samples.outlines_of(rows)

    def _block(self, rows: Rows) -> pa.Table:
        frame = self.samples.frame
        names = [*self.plain, *self.rest]
        columns = {name: _plain(frame[name].iloc[rows]) for name in names}
        lists = {name: list_column(frame[name].iloc[rows]) for name in ("labels", "flags")}
        areas = {f"{item.name} (ha)": self._area(item.codes, rows) for item in self.classes}
        return pa.table({**columns, **lists, **areas})

    def _area(self, codes: tuple[int, ...], rows: Rows) -> pa.Array:
        frame = self.samples.frame
        names = [f"area_{code}" for code in codes if f"area_{code}" in frame.columns]
        pixels = frame[names].iloc[rows].to_numpy(float).sum(axis=1)
        return pa.array(np.round(pixels * self._hectares, 4), mask=~self._there[rows])


def _plain(column: "pd.Series[Any]") -> pa.Array:
    """Return a column without the index's ways to save space; an empty text means unknown."""
    array = pa.array(column, from_pandas=True)
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    if pa.types.is_timestamp(array.type):
        return array.cast(pa.date32())
    if pa.types.is_string(array.type) or pa.types.is_large_string(array.type):
        text = array.cast(pa.string())
        return pc.if_else(pc.equal(text, ""), pa.scalar(None, pa.string()), text)
    return pc.round(array, _DIGITS) if pa.types.is_floating(array.type) else array


def _parquet(stream: BinaryIO, table: _Table, said: About) -> None:
    writer = None
    for block, outlines in table.blocks():
        full = block.append_column("geometry", wkb(outlines)) if table.placed else block
        if writer is None:
            footer = {b"eoexplore": json.dumps(said.document(), ensure_ascii=False).encode()}
            if table.placed:
                footer[b"geo"] = json.dumps(geo_metadata(table.bounds)).encode()
            schema = full.schema.with_metadata(footer)
            writer = pq.ParquetWriter(stream, schema, compression="zstd")
        writer.write_table(full.cast(writer.schema))
    assert writer is not None  # there is at least one block
    writer.close()


def _geojson(stream: BinaryIO, table: _Table, said: About) -> None:
    # No "crs" member: RFC 7946 knows WGS 84 only. Other members than its own it allows.
    head = {
        "type": "FeatureCollection",
        "name": said.dataset,
        "eoexplore": said.document(),
        **({"bbox": [round(v, _DIGITS) for v in table.bounds]} if table.any_placed else {}),
    }
    stream.write(json.dumps(head, ensure_ascii=False)[:-1].encode() + b', "features": [\n')
    separator = b""
    for block, outlines in table.blocks():
        for feature in _features(block, outlines):
            stream.write(separator + feature)
            separator = b",\n"
    stream.write(b"\n]}\n")


def _features(block: pa.Table, outlines: npt.NDArray[np.float64]) -> Iterator[bytes]:
    texts = [name for name in block.column_names if pa.types.is_date(block.schema.field(name).type)]
    for name in texts:
        place = block.schema.get_field_index(name)
        block = block.set_column(place, name, block[name].cast(pa.string()))
    encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode
    rings = _rings(outlines)
    place = 0
    for batch in block.to_batches(max_chunksize=2_000):
        for record in batch.to_pylist():
            ring = rings[place].tolist()
            # RFC 7946 has a feature without a location: its geometry is null.
            here = not math.isnan(ring[0][0])
            geometry = {"type": "Polygon", "coordinates": [ring]} if here else None
            feature = {"type": "Feature", "geometry": geometry, "properties": record}
            yield encode(feature).encode()
            place += 1


def _rings(outlines: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return closed rings, counter-clockwise as both formats want exterior rings."""
    return np.round(outlines[:, [3, 2, 1, 0, 3]], _DIGITS)


def _csv(stream: BinaryIO, table: _Table, _: About) -> None:
    writer = None
    for block, outlines in table.blocks():
        full = _for_cells(block)
        if table.placed:
            full = full.append_column("footprint", pa.array(_wkt(outlines), pa.string()))
        if writer is None:
            writer = arrow_csv.CSVWriter(stream, full.schema)
        writer.write_table(full)
    assert writer is not None  # there is at least one block
    writer.close()


def _wkt(outlines: npt.NDArray[np.float64]) -> list[str | None]:
    corners = ", ".join(["%.7f %.7f"] * 5)
    rings = _rings(outlines).reshape(-1, 10).tolist()
    return [
        None if math.isnan(ring[0]) else f"POLYGON (({corners % tuple(ring)}))" for ring in rings
    ]


def _for_cells(block: pa.Table) -> pa.Table:
    """Return a table of plain cells; lists become texts with | between the items."""
    columns = {}
    for name in block.column_names:
        column = block[name].combine_chunks()
        if pa.types.is_list(column.type):
            column = pc.binary_join(column, "|")
        columns[harmless(name)] = (
            harmless_cells(column) if pa.types.is_string(column.type) else column
        )
    return pa.table(columns)


_FORMULA = r"^([=+\-@\t\r])"


def harmless_cells(column: pa.Array) -> pa.Array:
    """Put an apostrophe before texts that a spreadsheet would take for a formula."""
    return pc.replace_substring_regex(column, pattern=_FORMULA, replacement=r"'\1")


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula; numbers are never texts."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


_WRITERS: Mapping[str, Callable[[BinaryIO, _Table, About], None]] = MappingProxyType(
    {"parquet": _parquet, "geojson": _geojson, "csv": _csv}
)
