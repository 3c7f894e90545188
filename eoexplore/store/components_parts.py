"""How the group `components` is written: a table per product, and the one joined from them."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore.analysis import components
from eoexplore.core import mgrs
from eoexplore.core.types import Array, Dataset
from eoexplore.store import samples as sample_table
from eoexplore.store.contents import marked
from eoexplore.store.folder import IndexFolder, atomic
from eoexplore.store.samples import Samples
from eoexplore.store.versions import VERSIONS

FINGERPRINT = b"eoexplore.fingerprint"
_SCHEMA = pa.schema(
    [
        ("id", pa.string()),
        ("code", pa.uint16()),
        ("pixels", pa.uint32()),
        ("width_m", pa.float32()),
        # Where its runs of border pixels begin (`analysis.components.Found.starts`).
        ("starts", pa.list_(pa.uint16())),
    ]
)
_JOINED = pa.schema(
    [
        ("row", pa.int32()),
        ("code", pa.uint16()),
        ("pixels", pa.uint32()),
        ("width_m", pa.float32()),
        ("whole", pa.int32()),
        ("cut", pa.bool_()),
    ]
)
_RISING = {"row": "DELTA_BINARY_PACKED", "whole": "DELTA_BINARY_PACKED"}
"""Columns of which the next value is near the one before."""


def label_map_of(dataset: Dataset) -> tuple[str, str] | None:
    """Return layer and band whose components are kept: none where no unit of it is stated."""
    if dataset.classes.mapping_unit_m2 is None or dataset.classes.least_width_m is None:
        return None
    maps = (layer for layer in dataset.layers if layer.kind == "categorical")
    return next(((layer.name, layer.bands[0].name) for layer in maps), None)


def pixel_m(dataset: Dataset) -> float:
    """Return the side of a pixel of the label map, in metres."""
    maps = (layer for layer in dataset.layers if layer.kind == "categorical")
    return next(layer.bands[0].gsd_m for layer in maps)


class ComponentsPart:
    """The table of one product while it is being made."""

    def __init__(self, dataset: Dataset) -> None:
        """Begin without a patch."""
        self.key = label_map_of(dataset)
        self._dataset = dataset
        self._tables: list[pa.Table] = []
        self._earlier = _SCHEMA.empty_table()
        self._spans: dict[str, tuple[int, int]] = {}

    def add(self, sample: str, label_map: Array) -> None:
        """Find the components of a patch."""
        found = components.of_map(label_map, pixel_m(self._dataset))
        order = np.argsort(found.owners, kind="stable")
        runs = np.bincount(found.owners, minlength=len(found.codes))
        offsets = pa.array(np.cumsum([0, *runs]), pa.int32())
        columns = [
            pa.array([sample] * len(found.codes), pa.string()),
            pa.array(found.codes.astype(np.uint16)),
            pa.array(found.pixels.astype(np.uint32)),
            pa.array(found.width_m.astype(np.float32)),
            pa.ListArray.from_arrays(offsets, pa.array(found.starts[order].astype(np.uint16))),
        ]
        self._tables.append(pa.table(columns, schema=_SCHEMA))

    def recall(self, path: Path) -> None:
        """Read an earlier table of this version, so that `keep` can take patches from it.

        Raises:
            OSError, ArrowException, KeyError: it is damaged.
        """
        self._earlier = pq.read_table(path, schema=_SCHEMA)
        names, firsts = _patches(self._earlier)
        ends = [*firsts[1:].tolist(), len(self._earlier)]
        self._spans = dict(zip(names, zip(firsts.tolist(), ends, strict=True), strict=True))

    def keep(self, sample: str) -> None:
        """Take what the earlier table says of a patch; nothing where it had no map."""
        if sample in self._spans:
            first, end = self._spans[sample]
            self._tables.append(self._earlier.slice(first, end - first))

    def write(self, path: Path, made_from: str = "") -> None:
        """Write the table, atomically, with the mark of what it was made from."""
        found = pa.concat_tables(self._tables) if self._tables else _SCHEMA.empty_table()
        found = found.replace_schema_metadata(marked(_mark(), made_from))
        with atomic(path) as partial:
            pq.write_table(found.combine_chunks(), partial, compression="zstd")


def _mark() -> dict[bytes, bytes]:
    return {b"eoexplore.groups": json.dumps({"components": VERSIONS["components"]}).encode()}


def _patches(table: pa.Table) -> tuple[list[str], npt.NDArray[np.int64]]:
    """Return the patches of a table, and the first row of each: rows of one lie together."""
    codes = table["id"].combine_chunks().dictionary_encode()
    numbers = codes.indices.to_numpy()
    return codes.dictionary.to_pylist(), np.flatnonzero(np.diff(numbers, prepend=-1))


def join(
    folder: IndexFolder,
    dataset: Dataset,
    samples: Samples,
    fingerprint: str,
    products: Sequence[str],
) -> None:
    """Write the components of the whole dataset, joined where patches of a product touch.

    Args:
        folder: of the index.
        dataset: what was read.
        samples: its table: rows are named by their number in it.
        fingerprint: stands for that table.
        products: names of the parts.
    """
    ids = samples.frame["id"].to_numpy(object)
    side = round(mgrs.PATCH_M / pixel_m(dataset)) if label_map_of(dataset) else 0
    tables, wholes = [_JOINED.empty_table()], 0
    for name in products:
        part = pq.read_table(folder.part("components", name), schema=_SCHEMA)
        if len(part):
            names, firsts = _patches(part)
            rows = np.searchsorted(ids, np.array(names, object))
            found, cut = _wholes(part, firsts, (samples.x[rows], samples.y[rows]), side)
            columns = {
                "row": pa.array(np.repeat(rows, np.diff([*firsts, len(part)])), pa.int32()),
                **{column: part[column] for column in ("code", "pixels", "width_m")},
                "whole": pa.array(found + wholes, pa.int32()),
                "cut": pa.array(cut[found]),
            }
            tables.append(pa.table(columns, _JOINED))
            wholes += len(cut)
    table = pa.concat_tables(tables).combine_chunks()
    table = table.replace_schema_metadata({**_mark(), FINGERPRINT: fingerprint.encode()})
    with atomic(folder.components) as partial:
        pq.write_table(
            table,
            partial,
            compression="zstd",
            use_dictionary=[name for name in _JOINED.names if name not in _RISING],
            column_encoding=_RISING,
        )


def _wholes(
    part: pa.Table,
    firsts: npt.NDArray[np.int64],
    places: tuple[npt.NDArray[np.int32], npt.NDArray[np.int32]],
    side: int,
) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
    """Join the components of one product; return the whole of each, and which wholes are cut."""
    codes = part["code"].to_numpy()
    lists = part["starts"].combine_chunks()
    owners = np.repeat(np.arange(len(part)), lists.value_lengths().to_numpy())
    starts = lists.flatten().to_numpy()
    patches = np.searchsorted(firsts, owners, side="right") - 1
    # Only patches of the grid are of one size, and have neighbours.
    own = places[0][patches] >= 0
    ring = components.rings(patches[own], starts[own], owners[own], len(firsts), side)
    found, cut = components.join(codes, ring, *places)
    cut[found[owners[~own]]] = True
    return found, cut


def is_joined(folder: IndexFolder, fingerprint: str) -> bool:
    """Tell whether the joined table is there, of this version and of a sample table."""
    if sample_table.groups(folder.components).get("components") != VERSIONS["components"]:
        return False
    stored = pq.read_schema(folder.components).metadata
    return bool(stored.get(FINGERPRINT) == fingerprint.encode())
