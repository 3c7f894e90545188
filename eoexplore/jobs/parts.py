"""What a worker makes of one product: the part of each group that is asked for, in one reading."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore import datasets
from eoexplore.analysis.areas import count_codes
from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.types import Array, Dataset
from eoexplore.jobs.passed import Beside
from eoexplore.jobs.run import Run, Worker
from eoexplore.store import contents, mosaic
from eoexplore.store.components_parts import ComponentsPart
from eoexplore.store.contents import Contents
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
    """Column of the patch grid; -1 for a sample without a place."""
    y: int
    """Row of the patch grid; -1 for a sample without a place."""
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
    """MGRS tile; empty for samples without a place, of which there are no mosaics."""
    patches: tuple[Patch, ...]
    """Its patches."""
    left_out: tuple[str, ...] = ()
    """Groups that cannot be made of it."""

    @property
    def groups(self) -> tuple[str, ...]:
        """Groups that keep something of it: no mosaic of a layer that none of its patches has."""
        layers = {layer for patch in self.patches for layer in patch.keys}
        kinds = mosaic.GROUPS
        packed = {name for name in kinds if self.tile and kinds[name].layer in layers}
        own = (name for name in BUILT if name not in kinds or name in packed)
        return tuple(name for name in own if name not in self.left_out)

    def missing(self) -> tuple[str, ...]:
        """Return the groups whose part is not there, is damaged, or is of another version."""
        found = ((name, contents.stored(self.folder, name, self.name)) for name in self.groups)
        return tuple(name for name, part in found if part.version != VERSIONS[name])


@dataclass(frozen=True)
class Work:
    """Parts that are to be made of one product."""

    product: Product
    """The product."""
    groups: tuple[str, ...]
    """What is missing of it, or was made from other files."""
    changed: int | None = None
    """Patches of which files are to be read; all of them when none."""

    @property
    def count(self) -> int:
        """How many patches have to be read, as far as is known before."""
        return len(self.product.patches) if self.changed is None else self.changed


class Part(Protocol):
    """One group's part of a product while it is being made."""

    def needs(self, layer: str, band: str) -> bool:
        """Tell whether a band is to be read for it."""

    def recall(self, patches: Sequence[Patch]) -> None:
        """Read from the part that is there what it has of patches that have not changed.

        Raises:
            OSError, ArrowException, KeyError: it is damaged.
        """

    def keep(self, patch: Patch) -> None:
        """Take what was recalled of a patch; patches come in one order, kept or added."""

    def add(self, patch: Patch, values: Values, unreadable: list[str]) -> None:
        """Take what it needs of a patch.

        Args:
            patch: the patch.
            values: its bands that were read.
            unreadable: "layer/band" of the files that cannot be read.
        """

    def write(self, made_from: str = "") -> None:
        """Write it, atomically, with the mark of the files that it was made from."""


class Mosaic:
    """The packed raster of a group."""

    def __init__(self, product: Product, name: str) -> None:
        """Begin without a patch."""
        self._product, self._group = product, mosaic.GROUPS[name]
        self._patches: dict[tuple[int, int], Array] = {}
        self._path = product.folder.part(name, product.name)

    def needs(self, layer: str, band: str) -> bool:
        """Tell whether a band is packed in it."""
        return layer == self._group.layer and band in self._group.bands

    def recall(self, patches: Sequence[Patch]) -> None:
        """Read their cells."""
        places = [(patch.x, patch.y) for patch in patches]
        self._patches.update(mosaic.cells(self._path, self._group, places))

    def keep(self, patch: Patch) -> None:
        """Do nothing: cells have places of their own, in whatever order they come."""

    def add(self, patch: Patch, values: Values, unreadable: list[str]) -> None:  # noqa: ARG002
        """Pack the bands that are there."""
        bands = [values.get((self._group.layer, band)) for band in self._group.bands]
        if any(band is not None for band in bands):
            self.put(patch, mosaic.pack_all(bands, self._group))

    def put(self, patch: Patch, packed: Array) -> None:
        """Take a patch that is packed already."""
        self._patches[patch.x, patch.y] = packed

    def write(self, made_from: str = "") -> None:
        """Write it, even without a patch: so it is known that there is none."""
        mosaic.write(self._path, self._group, self._product.tile, self._patches, made_from)


class Areas:
    """The table of class areas, and of the files that cannot be read."""

    def __init__(self, product: Product, dataset: Dataset) -> None:
        """Begin without a patch."""
        self._product, self._dataset = product, dataset
        self._codes = tuple(dataset.classes.codes)
        self._rows: list[dict[str, object]] = []
        self._earlier: dict[str, dict[str, object]] = {}
        self._path = product.folder.part("areas", product.name)

    def needs(self, layer: str, band: str) -> bool:  # noqa: ARG002
        """Want every band: each is read once to know that it can be."""
        return True

    def recall(self, patches: Sequence[Patch]) -> None:  # noqa: ARG002
        """Read the rows of the part."""
        table = pq.read_table(self._path, schema=area_schema(self._codes))
        self._earlier = {row["id"]: row for row in table.to_pylist()}

    def keep(self, patch: Patch) -> None:
        """Take the row of a patch."""
        self._rows.append(self._earlier[patch.id])

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

    def write(self, made_from: str = "") -> None:
        """Write the table."""
        schema = area_schema(self._codes)
        marked = schema.with_metadata(contents.marked(schema.metadata, made_from))
        table = pa.Table.from_pylist(self._rows, marked)
        with atomic(self._path) as partial:
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
        self._tile = product.tile

    def needs(self, layer: str, band: str) -> bool:  # noqa: ARG002
        """Want every band."""
        return True

    def recall(self, patches: Sequence[Patch]) -> None:  # noqa: ARG002
        """Read the rows of the part."""
        self._part.recall(self._path)

    def keep(self, patch: Patch) -> None:
        """Take the rows of a patch."""
        self._part.keep(patch.id)

    def add(self, patch: Patch, values: Values, unreadable: list[str]) -> None:  # noqa: ARG002
        """Describe the classes of a patch."""
        self._part.add(patch.id, values, fixed=bool(self._tile))

    def write(self, made_from: str = "") -> None:
        """Write the table."""
        self._part.write(self._path, made_from)


class Components:
    """The table of the connected spots of each patch's label map."""

    def __init__(self, product: Product, dataset: Dataset) -> None:
        """Begin without a patch."""
        self._path = product.folder.part("components", product.name)
        self._part = ComponentsPart(dataset)

    def needs(self, layer: str, band: str) -> bool:
        """Want the label map."""
        return (layer, band) == self._part.key

    def recall(self, patches: Sequence[Patch]) -> None:  # noqa: ARG002
        """Read the rows of the part."""
        self._part.recall(self._path)

    def keep(self, patch: Patch) -> None:
        """Take the rows of a patch."""
        self._part.keep(patch.id)

    def add(self, patch: Patch, values: Values, unreadable: list[str]) -> None:  # noqa: ARG002
        """Find the components of a patch, if it has a map."""
        if self._part.key is not None and self._part.key in values:
            self._part.add(patch.id, values[self._part.key])

    def write(self, made_from: str = "") -> None:
        """Write the table."""
        self._part.write(self._path, made_from)


def contents_of(dataset: Dataset, product: Product, known: Contents | None = None) -> Contents:
    """Return the signatures of a product's patches, without reading pixels.

    Args:
        dataset: where they lie.
        product: its patches.
        known: an earlier answer, which still holds where one look at the dataset says so.
    """
    edition = dataset.edition()
    if edition:
        # Which files belong to a patch stands in the metadata, not in the files.
        keys = "".join(f"\n{patch.id} {sorted(patch.keys.items())}" for patch in product.patches)
        edition = hashlib.sha256(f"{edition}{keys}".encode()).hexdigest()[:16]
        if known is not None and known.edition == edition:
            return known
    found = {patch.id: dataset.signature(patch.keys) for patch in product.patches}
    return Contents(found, edition)


def make(work: Work, run: Run | None = None) -> bool:
    """Read what the parts need of each patch, once; then write one part after the other.

    What is known of patches whose files have not changed is taken from the parts that are there.

    Args:
        work: the product, and what is missing of it.
        run: the build that this belongs to; with its end the work stops.

    Returns:
        Whether it is done; not when the build ended before.
    """
    product = work.product
    worker = Worker(run, product.name) if run is not None else None
    dataset = datasets.open_dataset(product.path)
    # Before anything is read: what changes from now on shows the next time.
    now = contents_of(dataset, product)
    contents.write(product.folder, product.name, now)
    begun = [_begin_from(group, product, dataset, now) for group in work.groups]
    beside = Beside(product.folder, product.name, dataset)
    count = 0
    for patch in product.patches:
        if worker is not None and not worker.goes_on(count):
            return False
        fresh = [part for part, kept in begun if patch.id not in kept]
        for part, kept in begun:
            if patch.id in kept:
                part.keep(patch)
        if fresh:
            count += 1
            found = _read_patch(dataset, patch, _wanted(dataset, fresh))
            values, unreadable = beside.add(patch.keys, *found)
            for part in fresh:
                part.add(patch, values, unreadable)
    for part, _ in begun:
        part.write(now.mark)
    contents.tidy(product.folder, product.name, product.groups)
    return True


def begin(group: str, product: Product, dataset: Dataset) -> Part:
    """Return a group's part of a product, without a patch."""
    if group in mosaic.GROUPS:
        return Mosaic(product, group)
    return _TABLES[group](product, dataset)


_TABLES: Mapping[str, Callable[[Product, Dataset], Part]] = {
    "areas": Areas,
    "spectra": Spectra,
    "components": Components,
}


def _begin_from(
    group: str, product: Product, dataset: Dataset, now: Contents
) -> tuple[Part, set[str]]:
    """Return a part that has recalled the patches that have not changed, and which these are."""
    there = contents.stored(product.folder, group, product.name)
    part = begin(group, product, dataset)
    if there.version != VERSIONS[group]:
        return part, set()
    known = contents.read(product.folder, product.name, there.mark)
    kept = now.same(known) if known is not None else set[str]()
    if not kept:
        return part, kept
    try:
        part.recall([patch for patch in product.patches if patch.id in kept])
    except (OSError, pa.ArrowException, KeyError):
        # Damaged in its middle: everything is read again.
        return begin(group, product, dataset), set()
    return part, kept


def _wanted(dataset: Dataset, parts: Sequence[Part]) -> list[tuple[str, str]]:
    """Return the bands that any of some parts needs."""
    return [
        (layer.name, band.name)
        for layer in dataset.layers
        for band in layer.bands
        if any(part.needs(layer.name, band.name) for part in parts)
    ]


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
