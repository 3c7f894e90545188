"""The names by which the samples of a dataset are known, where a user brings a list of them."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from eoexplore.core.types import Renamed
from eoexplore.store.catalog import Opened

Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Key:
    """One kind of names."""

    title: str
    """What a user reads."""
    names: pa.Array
    """The names."""
    rows: Rows
    """Row of the sample that each of them names."""

    def hits(self, values: pa.Array) -> int:
        """Return how many samples some values name; quick for few values."""
        return int(pc.is_in(self.names, value_set=values).true_count)

    def rows_of(self, values: pa.Array) -> Rows:
        """Return the row of the sample that each value names, -1 for those that name none."""
        return np.append(self.rows, -1)[_places(values, self.names)]


class Names:
    """The kinds of names of a dataset; those for which files have to be read come last."""

    def __init__(self, opened: Opened) -> None:
        """Read nothing yet."""
        self._known: list[Key] = []
        self._more = _keys(opened)

    def __iter__(self) -> Iterator[Key]:
        """Yield them; each is made once."""
        yield from self._known
        for key in self._more:
            self._known.append(key)
            yield key


def _keys(opened: Opened) -> Iterator[Key]:
    frame = opened.samples.frame
    own = _texts(frame["id"])
    yield Key("patch id", own, np.arange(len(own)))
    if "s1_id" in frame.columns:
        radar = _texts(frame["s1_id"])
        rows = np.flatnonzero(pc.not_equal(radar, "").to_numpy(zero_copy_only=False))
        yield Key("Sentinel-1 name", radar.take(pa.array(rows)), rows)
    if isinstance(opened.dataset, Renamed):
        for title, table in opened.dataset.other_names().items():
            rows = _places(_texts(table["id"]), own)
            names = _texts(table["name"]).filter(pa.array(rows >= 0))
            yield Key(title, names, rows[rows >= 0])


def _texts(column: "pd.Series[str]") -> pa.Array:
    found = pa.array(column, pa.string())
    return found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found


def _places(values: pa.Array, among: pa.Array) -> Rows:
    """Return where values stand in an array, -1 for those that do not."""
    found = pc.fill_null(pc.index_in(values, value_set=among), -1)
    return np.asarray(found.to_numpy(zero_copy_only=False), np.intp)
