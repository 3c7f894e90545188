"""What a worker makes of one product: the part of each group that is asked for, in one reading."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore import datasets
from eoexplore.analysis.areas import count_codes
from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.types import Array, Dataset
from eoexplore.jobs.run import Run, Worker
from eoexplore.store import mosaic
from eoexplore.store import samples as sample_table
from eoexplore.store.folder import IndexFolder, atomic
from eoexplore.store.spectra_parts import SpectraPart
from eoexplore.store.versions import BUILT, VERSIONS

Values = Mapping[tuple[str, str], Array]
"""Bands of one patch by (layer, band)."""


@dataclass(frozen=True)
class Patch:
    """What a worker must know of a sample."""

    id: str
    """Sample id."""
    x: int
    """Column of the patch grid."""
    y: int
    """Row of the patch grid."""
    keys: dict[str, str]
    """File key by layer, only of layers that are there."""


@dataclass(frozen=True)
class Product:
    """All patches of one product, as sent to a worker."""

    path: str
    """Where the dataset lies."""
    folder: IndexFolder
    """Index folder."""
    name: str
    """Names the files of its parts."""
    tile: str
    """MGRS tile."""
    patches: tuple[Patch, ...]
    """Its patches."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups that keep something of it: no mosaic of a layer that none of its patches has."""
        layers = {layer for patch in self.patches for layer in patch.keys}
        kinds = mosaic.GROUPS
        return tuple(name for name in BUILT if name not in kinds or kinds[name].layer in layers)

    def missing(self) -> tuple[str, ...]:
        """Return the groups whose part is not there, is damaged, or is of another version."""
        return tuple(name for name in self.groups if self._version(name) != VERSIONS[name])

    def _version(self, group: str) -> int | None:
        path = self.folder.part(group, self.name)
        if group in mosaic.GROUPS:
            return mosaic.version_of(path)
        return sample_table.groups(path).get(group)


@dataclass(frozen=True)
class Work:
    """Parts that are to be made of one product."""

    product: Product
    """The product."""
    groups: tuple[str, ...]
    """What is missing of it."""


class Part(Protocol):
    """One group's part of a product while it is being made."""

    def needs(self, layer: str, band: str) -> bool:
        """Tell whether a band is to be read for it."""

    def add(self, patch: Patch, values: Values, unreadable: list[str]) -> None:
        """Take what it needs of a patch.

        Args:
            patch: the patch.
            values: its bands that were read.
            unreadable: "layer/band" of the files that cannot be read.
        """

    def write(self) -> None:
        """Write it, atomically."""


class Mosaic:
    """The packed raster of a group."""

    def __init__(self, product: Product, name: str) -> None:
        """Begin without a patch."""
        self._product, self._group = product, mosaic.GROUPS[name]
        self._patches: dict[tuple[int, int], Array] = {}

    def needs(self, layer: str, band: str) -> bool:
        """Tell whether a band is packed in it."""
        return layer == self._group.layer and band in self._group.bands

    def add(self, patch: Patch, values: Values, unreadable: list[str]) -> None:  # noqa: ARG002
        """Pack the bands that are there."""
        bands = [values.get((self._group.layer, band)) for band in self._group.bands]
        if any(band is not None for band in bands):
            self._patches[patch.x, patch.y] = mosaic.pack_all(bands, self._group)

    def write(self) -> None:
        """Write it, even without a patch: so it is known that there is none."""
        path = self._product.folder.part(self._group.name, self._product.name)
        mosaic.write(path, self._group, self._product.tile, self._patches)


class Areas:
    """The table of class areas, and of the files that cannot be read."""

    def __init__(self, product: Product, dataset: Dataset) -> None:
        """Begin without a patch."""
        self._product, self._dataset = product, dataset
        self._codes = tuple(dataset.classes.codes)
        self._rows: list[dict[str, object]] = []

    def needs(self, layer: str, band: str) -> bool:  # noqa: ARG002
        """Want every band: each is read once to know that it can be."""
        return True

    def add(self, patch: Patch, values: Values, unreadable: list[str]) -> None:
        """Count the pixels of each code, all zero where there is no map."""
        areas = np.zeros(len(self._codes), np.int32)
        share = None
        classes = self._dataset.classes
        for layer in self._dataset.layers:
            label_map = values.get((layer.name, layer.bands[0].name))
            if layer.kind == "categorical" and label_map is not None:
                areas = count_codes(label_map, self._codes)
                mapped = {code for item in classes.classes for code in item.codes}
                pairs = zip(self._codes, areas.tolist(), strict=True)
                share = 1 - sum(n for code, n in pairs if code in mapped) / label_map.size
        counts = {f"area_{code}": n for code, n in zip(self._codes, areas.tolist(), strict=True)}
        self._rows.append(
            {"id": patch.id, **counts, "unlabelled_share": share, "unreadable": unreadable}
        )

    def write(self) -> None:
        """Write the table."""
        table = pa.Table.from_pylist(self._rows, area_schema(self._codes))
        with atomic(self._product.folder.part("areas", self._product.name)) as partial:
            pq.write_table(table, partial, compression="zstd")


def area_schema(codes: tuple[int, ...]) -> pa.Schema:
    """Return the columns of the group `areas`."""
    return pa.schema(
        metadata={"eoexplore.groups": json.dumps({"areas": VERSIONS["areas"]})},
        fields=[
            ("id", pa.string()),
            *((f"area_{code}", pa.int32()) for code in codes),
            ("unlabelled_share", pa.float32()),
            ("unreadable", pa.list_(pa.string())),
        ],
    )


class Spectra:
    """The table of the spectra of each patch's classes."""

    def __init__(self, product: Product, dataset: Dataset) -> None:
        """Begin without a patch."""
        self._path = product.folder.part("spectra", product.name)
        self._part = SpectraPart(dataset)

    def needs(self, layer: str, band: str) -> bool:  # noqa: ARG002
        """Want every band."""
        return True

    def add(self, patch: Patch, values: Values, unreadable: list[str]) -> None:  # noqa: ARG002
        """Describe the classes of a patch."""
        self._part.add(patch.id, values)

    def write(self) -> None:
        """Write the table."""
        self._part.write(self._path)


def make(work: Work, run: Run | None = None) -> bool:
    """Read what the parts need of each patch, once; then write one part after the other.

    Args:
        work: the product, and what is missing of it.
        run: the build that this belongs to; with its end the work stops.

    Returns:
        Whether it is done; not when the build ended before.
    """
    worker = Worker(run, work.product.name) if run is not None else None
    dataset = datasets.open_dataset(work.product.path)
    parts = [_begin(group, work.product, dataset) for group in work.groups]
    wanted = [
        (layer.name, band.name)
        for layer in dataset.layers
        for band in layer.bands
        if any(part.needs(layer.name, band.name) for part in parts)
    ]
    for count, patch in enumerate(work.product.patches):
        if worker is not None and not worker.goes_on(count):
            return False
        values, unreadable = _read_patch(dataset, patch, wanted)
        for part in parts:
            part.add(patch, values, unreadable)
    for part in parts:
        part.write()
    return True


def _begin(group: str, product: Product, dataset: Dataset) -> Part:
    if group in mosaic.GROUPS:
        return Mosaic(product, group)
    return Areas(product, dataset) if group == "areas" else Spectra(product, dataset)


def _read_patch(
    dataset: Dataset, patch: Patch, wanted: list[tuple[str, str]]
) -> tuple[Values, list[str]]:
    """Return bands by (layer, band), and "layer/band" of the files that cannot be read."""
    values: dict[tuple[str, str], Array] = {}
    unreadable: list[str] = []
    for layer, band in wanted:
        if layer not in patch.keys:
            continue
        try:
            values[layer, band] = dataset.read(patch.keys[layer], layer, band)
        except FileUnreadable:
            unreadable.append(f"{layer}/{band}")
        except DataMissing:
            continue
    return values, unreadable
