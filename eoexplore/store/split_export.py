"""A split as a file: CSV, Parquet, or the dataset's released tables with this split in them.

Every file says how the split was made, when, and of what: CSV in lines at its top that begin with
#, Parquet in the metadata of its schema, under "eoexplore".
"""

import datetime as dt
import io
import json
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq

from eoexplore.core.errors import SplitError
from eoexplore.core.split import NONE, SPLITS, Split
from eoexplore.core.types import Splittable
from eoexplore.store import export
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import atomic

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Kind:
    """One format."""

    title: str
    """What a user reads."""
    ending: str
    """Of the file's name."""
    media_type: str
    """What browsers are told."""


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "csv": Kind("CSV", ".csv", "text/csv; charset=utf-8"),
        "parquet": Kind("Parquet", ".parquet", "application/vnd.apache.parquet"),
        "metadata": Kind("Released tables with this split", ".zip", "application/zip"),
    }
)
"""Formats by name."""


def kinds_of(opened: Opened) -> dict[str, str]:
    """Return why a dataset cannot be written in a format, by its name; empty where it can."""
    why = (
        ""
        if isinstance(opened.dataset, Splittable) and "metadata" in opened.dataset.layout
        else f"This copy of {opened.dataset.title} has no table with a split that could be written "
        "anew: take CSV or Parquet, which have ids and parts."
    )
    return {name: why if name == "metadata" else "" for name in KINDS}


def write(
    path: Path, opened: Opened, split: Split, mask: Mask, selection: str, kind: str = ""
) -> None:
    """Write the samples of a selection that are in a part of a split.

    Args:
        path: target; it appears when it is whole.
        opened: the dataset.
        split: the split.
        mask: samples of the selection, shape (n,).
        selection: canonical text of the selection.
        kind: key of KINDS; by the ending of the path when empty.

    Raises:
        SplitError: an unknown format or one that the dataset has not, or no sample is in a part.
    """
    kind = kind or next(
        (name for name, item in KINDS.items() if path.suffix.lower() == item.ending), path.suffix
    )
    content = data(opened, split, mask, selection, kind)
    with atomic(path) as partial:
        partial.write_bytes(content)


def data(opened: Opened, split: Split, mask: Mask, selection: str, kind: str) -> bytes:
    """Return what `write` writes."""
    if kind not in KINDS:
        known = ", ".join(item.ending for item in KINDS.values())
        raise SplitError(f"A split is not written as {kind[:40]!r}. Endings: {known}.")
    if why := kinds_of(opened)[kind]:
        raise SplitError(why)
    rows = np.flatnonzero(mask & (split.parts != NONE))
    if not len(rows):
        raise SplitError("No patch of the selection is in a part of the split: nothing to write.")
    names = np.array(SPLITS, object)[split.parts[rows]]
    table = pd.DataFrame({"id": opened.samples.frame["id"].to_numpy(object)[rows], "split": names})
    stream = io.BytesIO()
    _WRITERS[kind](stream, opened, table, _about(opened, split, selection, len(rows)))
    return stream.getvalue()


def name_of(opened: Opened, split: Split, kind: str) -> str:
    """Return a name for the file, of plain letters."""
    rule = "".join(letter if letter.isalnum() else "-" for letter in split.rule)
    return f"{opened.slug}-{rule[:60]}{KINDS[kind].ending}"


def _about(opened: Opened, split: Split, selection: str, count: int) -> dict[str, object]:
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    return {
        "split": split.rule,
        "made": split.made,
        "written": now,
        **asdict(export.about(opened, selection, count)),
    }


def _csv(stream: BinaryIO, _: Opened, table: pd.DataFrame, about: Mapping[str, object]) -> None:
    for name, value in about.items():
        # One line each, whatever a file's name or a title holds.
        stream.write(f"# {name}: {' '.join(str(value).split())}\n".encode())
    cells = {name: export.harmless_cells(_texts(table[name])) for name in table.columns}
    arrow_csv.write_csv(pa.table(cells), stream)


def _parquet(stream: BinaryIO, _: Opened, table: pd.DataFrame, about: Mapping[str, object]) -> None:
    columns = {name: _texts(table[name]) for name in table.columns}
    said = json.dumps(about, ensure_ascii=False)
    found = pa.table(columns).replace_schema_metadata({"eoexplore": said})
    pq.write_table(found, stream, compression="zstd")


def _metadata(
    stream: BinaryIO, opened: Opened, table: pd.DataFrame, about: Mapping[str, object]
) -> None:
    assert isinstance(opened.dataset, Splittable)
    said = json.dumps(about, ensure_ascii=False, indent=1)
    files = opened.dataset.with_split(table, said)
    # The tables are packed already.
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
        packed.writestr("split.json", said)


def _texts(column: "pd.Series[str]") -> pa.Array:
    return pa.array(column.to_numpy(object), pa.string())


_WRITERS: Mapping[str, Callable[[BinaryIO, Opened, pd.DataFrame, Mapping[str, object]], None]] = (
    MappingProxyType({"csv": _csv, "parquet": _parquet, "metadata": _metadata})
)
