"""Where reBEN keeps its rasters: the released folder tree, or a rico-hdl LMDB."""

import functools
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Protocol

import lmdb
import rasterio
import safetensors.numpy
from rasterio.errors import RasterioError
from safetensors import SafetensorError

from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.types import Array

FOLDERS = {"s2": "BigEarthNet-S2", "s1": "BigEarthNet-S1", "reference_map": "Reference_Maps"}
EXTENSIONS = (".tif", ".tiff")
MAP_SUFFIX = "_reference_map"
_WEIGHED = 300


class Files(Protocol):
    """One way to keep the rasters."""

    layout: str

    def keys(self, layer: str) -> list[str]:
        """Return the sorted names that have anything stored in a layer."""

    def bands(self, layer: str, keys: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield each name with the bands stored for it."""

    def read(self, key: str, layer: str, band: str) -> Array:
        """Return one band as stored, shape (row, column)."""

    def stamp(self) -> list[str]:
        """Return lines that change when files are added or replaced, cheap to compute."""

    def size(self) -> int:
        """Return the bytes of all rasters, estimated from some where there are many."""


def product(layer: str, key: str) -> str:
    """Return the product folder of a patch: its name less column, row and, for S1, tile."""
    return key.rsplit("_", 3 if layer == "s1" else 2)[0]


class Tree:
    """The released tree: folder of a layer / product / patch / one GeoTIFF per band."""

    layout = "released tree"

    def __init__(self, root: Path) -> None:
        """Keep the folder that holds one or more of the three layer folders."""
        self.root = root

    def keys(self, layer: str) -> list[str]:
        """Return the sorted names of the patch folders of a layer."""
        top = self.root / FOLDERS[layer]
        if not top.is_dir():
            return []
        products = [entry.path for entry in os.scandir(top) if entry.is_dir()]
        # Listing is bound by the file system's latency, so several folders are asked at once.
        with ThreadPoolExecutor(8) as pool:
            found = pool.map(_folder_names, products)
            return sorted(name for names in found for name in names)

    def bands(self, layer: str, keys: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield each patch with the bands whose files are there."""
        for key in keys:
            stems = (Path(name) for name in _names(self._folder(layer, key)))
            present = (stem.stem for stem in stems if stem.suffix.lower() in EXTENSIONS)
            yield key, frozenset(stem.removeprefix(f"{key}_") for stem in present)

    def read(self, key: str, layer: str, band: str) -> Array:
        """Return one band of one patch."""
        folder = self._folder(layer, key)
        for extension in EXTENSIONS:
            path = folder / f"{key}_{band}{extension}"
            if path.exists():
                return _read_geotiff(path)
        raise DataMissing(f"{key} has no file for {band}.")

    def stamp(self) -> list[str]:
        """Return names and times of the product folders."""
        lines = []
        for folder in FOLDERS.values():
            top = self.root / folder
            if top.is_dir():
                for entry in sorted(os.scandir(top), key=lambda item: item.name):
                    lines.append(f"{folder}/{entry.name} {entry.stat().st_mtime_ns}")
        return lines

    def size(self) -> int:
        """Return the bytes of all rasters, from an even sample of the patches."""
        total = 0
        for layer in FOLDERS:
            keys = self.keys(layer)
            step = max(1, len(keys) // _WEIGHED)
            weighed = [self._bytes(layer, key) for key in keys[::step]]
            total += sum(weighed) * len(keys) // max(1, len(weighed))
        return total

    def _bytes(self, layer: str, key: str) -> int:
        with os.scandir(self._folder(layer, key)) as entries:
            return sum(entry.stat().st_size for entry in entries)

    def path(self, key: str, layer: str, band: str) -> Path:
        """Return where a band lies (or would lie) in the tree."""
        folder = self._folder(layer, key)
        paths = [folder / f"{key}_{band}{extension}" for extension in EXTENSIONS]
        return next((path for path in paths if path.exists()), paths[0])

    def _folder(self, layer: str, key: str) -> Path:
        return self.root / FOLDERS[layer] / product(layer, key) / key


def _names(folder: Path) -> list[str]:
    try:
        return [entry.name for entry in os.scandir(folder)]
    except OSError:
        return []


def _folder_names(folder: str) -> list[str]:
    with os.scandir(folder) as entries:
        return [entry.name for entry in entries if entry.is_dir()]


def _read_geotiff(path: Path) -> Array:
    try:
        with rasterio.open(path, driver="GTiff") as file:
            values: Array = file.read(1)
    except (RasterioError, OSError) as error:
        raise FileUnreadable(f"{path.name} cannot be read; it is damaged or cut short.") from error
    return values


class Lmdb:
    """A rico-hdl database: one safetensors blob per S2 patch, S1 patch and reference map."""

    layout = "rico-hdl LMDB"

    def __init__(self, folder: Path) -> None:
        """Keep the folder that holds data.mdb."""
        self.folder = folder

    def keys(self, layer: str) -> list[str]:
        """Return the sorted names stored for a layer."""
        names = _lmdb_keys(self.folder, self._time())
        if layer == "reference_map":
            return [name.removesuffix(MAP_SUFFIX) for name in names if name.endswith(MAP_SUFFIX)]
        start = "S1" if layer == "s1" else "S2"
        return [name for name in names if name.startswith(start) and not name.endswith(MAP_SUFFIX)]

    def bands(self, layer: str, keys: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield each name with the tensors stored for it."""
        for key in keys:
            try:
                yield key, frozenset(self._load(key, layer))
            except (DataMissing, FileUnreadable):
                yield key, frozenset()

    def read(self, key: str, layer: str, band: str) -> Array:
        """Return one tensor of one entry."""
        tensors = self._load(key, layer)
        if band not in tensors:
            raise DataMissing(f"{key} has no band {band}.")
        return tensors[band]

    def stamp(self) -> list[str]:
        """Return size and time of the database file."""
        status = (self.folder / "data.mdb").stat()
        return [f"data.mdb {status.st_size} {status.st_mtime_ns}"]

    def size(self) -> int:
        """Return the bytes of the database."""
        return (self.folder / "data.mdb").stat().st_size

    def _time(self) -> int:
        return (self.folder / "data.mdb").stat().st_mtime_ns

    def _load(self, key: str, layer: str) -> dict[str, Array]:
        name = key + (MAP_SUFFIX if layer == "reference_map" else "")
        with _environment(self.folder).begin(buffers=False) as transaction:
            blob = transaction.get(name.encode())
        if blob is None:
            raise DataMissing(f"{key} has no entry for this layer in the database.")
        try:
            tensors: dict[str, Array] = safetensors.numpy.load(blob)
        except (SafetensorError, ValueError, KeyError) as error:
            raise FileUnreadable(f"The entry {name} of the database is damaged.") from error
        # A map has one unnamed tensor; everywhere else it is a band like any other.
        return {"reference_map" if name == "Data" else name: tensors[name] for name in tensors}


@functools.lru_cache(maxsize=8)
def _environment(folder: Path) -> lmdb.Environment:
    # One environment per process: LMDB forbids opening the same file twice.
    return lmdb.open(str(folder), readonly=True, lock=False, readahead=False, max_readers=256)


@functools.lru_cache(maxsize=2)
def _lmdb_keys(folder: Path, _time: int) -> tuple[str, ...]:
    with _environment(folder).begin() as transaction:
        keys = transaction.cursor().iternext(keys=True, values=False)
        return tuple(bytes(key).decode() for key in keys)


def check_shape(values: Array, side: int, name: str) -> Array:
    """Return the values if they are square of the expected side (pixels).

    Raises:
        FileUnreadable: another shape, so that a place in it would mean another place on the ground.
    """
    if values.shape != (side, side):
        raise FileUnreadable(
            f"{name} has {values.shape[0]} x {values.shape[1]} pixels where {side} x {side} belong."
        )
    return values
