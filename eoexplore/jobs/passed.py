"""What a product's patches were when they passed in a stream: a small file per product and layer.

The class areas and the list of unreadable files need all layers of a patch, which may come from
several archives. So each stream leaves this behind, and the part `areas` is made from it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from eoexplore.core.types import Array, Dataset, Layer
from eoexplore.store.folder import IndexFolder, atomic

_SIDE = 120


@dataclass(frozen=True)
class Passed:
    """One layer of one product."""

    keys: tuple[str, ...]
    """Names of the patches that were expected."""
    seen: npt.NDArray[np.uint32]
    """Bands that came, one bit each in the order of the layer, shape (n,)."""
    bad: npt.NDArray[np.uint32]
    """Bands that came and cannot be read."""
    counts: npt.NDArray[np.int32]
    """Pixels of each code of a label map, shape (n, code); no columns for other layers."""
    mark: str
    """Mark of the archive."""

    def write(self, folder: IndexFolder, layer: str, product: str) -> None:
        """Write it, atomically."""
        with atomic(_path(folder, layer, product)) as partial:
            np.savez(
                partial,
                keys=np.array(self.keys, np.bytes_),
                seen=self.seen,
                bad=self.bad,
                counts=self.counts,
                mark=np.array(self.mark),
            )


def read(folder: IndexFolder, layer: str, product: str) -> Passed | None:
    """Return what is known of a product's layer; none before it has passed."""
    try:
        # Opened here, since numpy leaves a damaged one open.
        with _path(folder, layer, product).open("rb") as stored, np.load(stored) as file:
            keys = tuple(key.decode() for key in file["keys"].tolist())
            arrays = file["seen"], file["bad"], file["counts"]
            return Passed(keys, *arrays, str(file["mark"]))
    except (OSError, ValueError, KeyError, BadZipFile, EOFError):
        return None


def _path(folder: IndexFolder, layer: str, product: str) -> Path:
    return folder.path / "passed" / layer / f"{product}.npz"


class Beside:
    """What all streams of a dataset say of one product, to be put beside what is read."""

    def __init__(self, folder: IndexFolder, product: str, dataset: Dataset) -> None:
        """Read it; nothing where a dataset has no streams."""
        layers = {layer.name: layer for layer in dataset.layers}
        self._codes = np.array(list(dataset.classes.codes), np.uint16)
        self._layers: list[tuple[Layer, Passed, dict[str, int]]] = []
        for stream in dataset.streams:
            found = read(folder, stream.layer, product)
            if found is not None:
                rows = {key: row for row, key in enumerate(found.keys)}
                self._layers.append((layers[stream.layer], found, rows))

    def add(
        self,
        keys: Mapping[str, str],
        values: Mapping[tuple[str, str], Array],
        unreadable: Sequence[str],
    ) -> tuple[dict[tuple[str, str], Array], list[str]]:
        """Return the bands and the unreadable files of a patch, with those of the streams.

        Of a label map only the number of pixels of each code is known: it comes as a map in which
        they stand in a row.
        """
        values, unreadable = dict(values), list(unreadable)
        for layer, found, rows in self._layers:
            row = rows.get(keys.get(layer.name, ""))
            if row is None:
                continue
            bits = int(found.bad[row])
            names = [band.name for band in layer.bands]
            unreadable += [f"{layer.name}/{n}" for i, n in enumerate(names) if bits >> i & 1]
            if layer.kind == "categorical" and found.seen[row] and not bits:
                pixels = np.zeros(_SIDE * _SIDE, np.uint16)
                known = np.repeat(self._codes, found.counts[row])
                pixels[: len(known)] = known
                values[layer.name, names[0]] = pixels.reshape(_SIDE, _SIDE)
        return values, unreadable


def there(folder: IndexFolder, layer: str, products: Sequence[str]) -> set[str]:
    """Return the names of the patches of a layer of which anything came."""
    found = (read(folder, layer, product) for product in products)
    return {
        key
        for item in found
        if item is not None
        for key, bits in zip(item.keys, item.seen.tolist(), strict=True)
        if bits
    }
