"""The mean of each class in each patch, from the products' tables of the group `spectra`."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from eoexplore.store import samples
from eoexplore.store.folder import IndexFolder
from eoexplore.store.versions import VERSIONS


@dataclass(frozen=True)
class ClassMeans:
    """The classes of patches; entry i of every array is one class in one patch."""

    rows: npt.NDArray[np.integer]
    """Row of the patch in the sample table, shape (n,)."""
    codes: npt.NDArray[np.uint16]
    """First code of the class; 999 unlabelled, 0 where no map tells; shape (n,)."""
    pixels: npt.NDArray[np.int32]
    """Pixels of the class in the patch, shape (n,)."""
    values: npt.NDArray[np.float32]
    """Mean of each band in the layer's unit, NaN without a value; shape (n, band)."""


def read(folder: IndexFolder, frame: pd.DataFrame, bands: Sequence[str]) -> ClassMeans | None:
    """Return the means of the classes in the patches.

    Args:
        folder: the index.
        frame: sample table, of which id and product are read.
        bands: layer and band, such as "s2/B04".

    Returns:
        None while a table is not there, is of another version or lacks a band. It is not kept:
        one of half a million patches takes 100 MB.
    """
    names, parts = [pa.array([], pa.string())], []
    for product in frame["product"].astype(str).unique().tolist():
        found = _part(folder.part("spectra", product), bands)
        if found is None:
            return None
        names.append(found[0])
        parts.append(found[1])
    if not parts:
        return None
    # Each name is looked for once, and all of them together.
    known = pa.array(frame["id"].to_numpy(object), pa.string())
    places = pc.fill_null(pc.index_in(pa.concat_arrays(names), value_set=known), -1).to_numpy()
    first = np.cumsum([0, *(len(own) for own in names[1:])])
    rows = np.concatenate(
        [part.rows + start for part, start in zip(parts, first[:-1], strict=True)]
    )
    codes, pixels, values = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("codes", "pixels", "values")
    )
    rows = places[rows].astype(np.int32)
    there = rows >= 0
    if there.all():
        return ClassMeans(rows, codes, pixels, values)
    return ClassMeans(rows[there], codes[there], pixels[there], values[there])


def _part(path: Path, bands: Sequence[str]) -> tuple[pa.Array, ClassMeans] | None:
    """Return the ids of one table, and its entries with numbers of ids for rows."""
    if samples.groups(path).get("spectra") != VERSIONS["spectra"]:
        return None
    names = [f"{band}_mean" for band in bands]
    try:
        table = pq.read_table(path, columns=["id", "code", "pixels", *names])
    except (OSError, pa.ArrowException):
        return None
    if not set(names) <= set(table.column_names):
        return None
    ids = table["id"].combine_chunks().dictionary_encode()
    values = np.empty((len(table), len(names)), np.float32)
    for column, name in enumerate(names):
        values[:, column] = table[name].to_numpy()
    return ids.dictionary, ClassMeans(
        ids.indices.to_numpy().astype(np.int64),
        table["code"].to_numpy(),
        table["pixels"].to_numpy().astype(np.int32),
        values,
    )
