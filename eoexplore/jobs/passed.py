"""What a product's patches were when they passed in a stream: a small file per product and layer.

The class areas and the list of unreadable files need all layers of a patch, which may come from
several archives. So each stream leaves this behind, with its label maps, and the parts `areas` and
`components` are made from it.
"""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from eoexplore.core.types import Array, Dataset, Layer
from eoexplore.store.folder import IndexFolder, atomic

_SIDE = 120
_MAP = np.dtype("<u2")


@dataclass(frozen=True)
class Passed:
    """One layer of one product."""

    keys: tuple[str, ...]
    """Names of the patches that were expected."""
    seen: npt.NDArray[np.uint32]
    """Bands that came, one bit each in the order of the layer, shape (n,)."""
    bad: npt.NDArray[np.uint32]
    """Bands that came and cannot be read."""
    maps: tuple[bytes, ...]
    """Label map of each patch, from `packed`; empty for patches without one and other layers."""
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
                maps=np.frombuffer(b"".join(self.maps), np.uint8),
                lengths=np.array([len(own) for own in self.maps], np.int32),
                mark=np.array(self.mark),
            )


def packed(label_map: Array) -> bytes:
    """Return a label map in few bytes."""
    return zlib.compress(np.ascontiguousarray(label_map, _MAP).tobytes())


def _unpacked(stored: bytes) -> Array:
    return np.frombuffer(zlib.decompress(stored), _MAP).reshape(_SIDE, _SIDE)


def read(folder: IndexFolder, layer: str, product: str) -> Passed | None:
    """Return what is known of a product's layer; none before it has passed."""
    try:
        # Opened here, since numpy leaves a damaged one open.
        with _path(folder, layer, product).open("rb") as stored, np.load(stored) as file:
            keys = tuple(key.decode() for key in file["keys"].tolist())
            if "counts" in file:
                # Of an earlier release, which kept no label maps: those pass again, others do not.
                maps = (b"",) * len(keys)
                if file["counts"].shape[1]:
                    return None
            else:
                together, ends = file["maps"].tobytes(), np.cumsum(file["lengths"]).tolist()
                maps = tuple(together[first:end] for first, end in pairwise([0, *ends]))
            return Passed(keys, file["seen"], file["bad"], maps, str(file["mark"]))
    except (OSError, ValueError, KeyError, BadZipFile, EOFError):
        return None


def _path(folder: IndexFolder, layer: str, product: str) -> Path:
    return folder.path / "passed" / layer / f"{product}.npz"


class Beside:
    """What all streams of a dataset say of one product, to be put beside what is read."""

    def __init__(self, folder: IndexFolder, product: str, dataset: Dataset) -> None:
        """Read it; nothing where a dataset has no streams."""
        layers = {layer.name: layer for layer in dataset.layers}
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

        Of the bands of a stream only a label map is known.
        """
        values, unreadable = dict(values), list(unreadable)
        for layer, found, rows in self._layers:
            row = rows.get(keys.get(layer.name, ""))
            if row is None:
                continue
            bits = int(found.bad[row])
            names = [band.name for band in layer.bands]
            unreadable += [f"{layer.name}/{n}" for i, n in enumerate(names) if bits >> i & 1]
            if found.maps[row]:
                values[layer.name, names[0]] = _unpacked(found.maps[row])
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
