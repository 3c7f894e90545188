"""Where reBEN keeps its rasters: the released folder tree, or a rico-hdl LMDB."""

import functools
import hashlib
import itertools
import json
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path
from typing import Protocol

import lmdb
import rasterio
import safetensors.numpy
from rasterio.errors import RasterioError
from safetensors import SafetensorError

from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.memory import ByteCache
from eoexplore.core.types import Array, Source
from eoexplore.datasets import _geotiff

FOLDERS = {"s2": "BigEarthNet-S2", "s1": "BigEarthNet-S1", "reference_map": "Reference_Maps"}
EXTENSIONS = (".tif", ".tiff")
MAP_SUFFIX = "_reference_map"
_WEIGHED = 300
_STAMPED = 60_000
"""Patch folders whose times are part of the stamp: all of a copy that is read within minutes."""
_WHOLE = 1 << 20
"""Bytes up to which a file is read whole; a band has 58,000 at most."""

_TIME = re.compile(r"_(\d{8}T\d{6})_")
TREE_LINES = (
    "import rasterio",
    "from rasterio.windows import Window",
    "",
    "def read(path, row, column):",
    "    with rasterio.open(path) as file:",
    "        return file.read(1, window=Window(column, row, 1, 1))[0, 0]",
)
_LMDB_LINES = (
    "import lmdb",
    "import safetensors.numpy",
    "",
    "database = lmdb.open({folder}, readonly=True, lock=False)",
    "",
    "def read(entry, tensor, row, column):",
    "    with database.begin() as transaction:",
    "        return safetensors.numpy.load(transaction.get(entry.encode()))[tensor][row, column]",
)


class Files(Protocol):
    """One way to keep the rasters."""

    layout: str

    def keys(self, layer: str) -> list[str]:
        """Return the sorted names that have anything stored in a layer."""

    def bands(self, layer: str, keys: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield each name with the bands stored for it."""

    def read(self, key: str, layer: str, band: str) -> Array:
        """Return one band as stored, shape (row, column)."""

    def source(self, key: str, layer: str, band: str) -> Source:
        """Return where one band is stored, and the lines that read it."""

    def place(self, key: str, layer: str) -> tuple[int, int, int] | None:
        """Return EPSG code, left and top (m) that a patch's file states; none where it has none."""

    def signature(self, key: str, layer: str) -> str:
        """Return a text that changes when a file of a patch is added, replaced or removed."""

    def edition(self) -> str:
        """Return a text that changes with any file, if one look tells; else an empty one."""

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
        products = [entry.path for entry in _entries(self.root / FOLDERS[layer]) if entry.is_dir()]
        # Listing is bound by the file system's latency, so several folders are asked at once.
        with ThreadPoolExecutor(8) as pool:
            found = pool.map(_folder_names, products)
            return sorted(name for names in found for name in names)

    def bands(self, layer: str, keys: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield each patch with the bands whose files are there."""
        for key in keys:
            files = (entry.name.rpartition(".") for entry in _entries(self._folder(layer, key)))
            stems = (stem for stem, _, extension in files if f".{extension}" in EXTENSIONS)
            yield key, frozenset(stem.removeprefix(f"{key}_") for stem in stems)

    def read(self, key: str, layer: str, band: str) -> Array:
        """Return one band of one patch."""
        return _read_geotiff(self._path(key, layer, band))

    def source(self, key: str, layer: str, band: str) -> Source:
        """Return the file of one band, and the lines that read it with rasterio."""
        file = self._path(key, layer, band).relative_to(self.root).as_posix()
        return Source(file, TREE_LINES, (repr(file),), taken(key))

    def place(self, key: str, layer: str) -> tuple[int, int, int] | None:
        """Return where the first file of a patch says that it lies."""
        for entry in _entries(self._folder(layer, key)):
            if Path(entry.name).suffix in EXTENSIONS:
                return place_of(entry.path)
        return None

    def signature(self, key: str, layer: str) -> str:
        """Return names, sizes and times of the files of a patch."""
        found = ((entry.name, entry.stat()) for entry in _entries(self._folder(layer, key)))
        return " ".join(f"{name} {own.st_size} {own.st_mtime_ns}" for name, own in found)

    def edition(self) -> str:
        """Return nothing: files change one by one."""
        return ""

    def stamp(self) -> list[str]:
        """Return names and times of the product folders, and of so many patch folders."""
        tops = [self.root / folder for folder in FOLDERS.values()]
        products = [entry for top in tops for entry in _entries(top)]
        patches = itertools.chain.from_iterable(_entries(product.path) for product in products)
        both = [*products, *itertools.islice(patches, _STAMPED)]
        root = str(self.root)
        return [f"{item.path.removeprefix(root)} {item.stat().st_mtime_ns}" for item in both]

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
        return sum(entry.stat().st_size for entry in _entries(self._folder(layer, key)))

    def paths(self, key: str, layer: str) -> list[Path]:
        """Return the rasters of one patch, whatever their bands."""
        found = (Path(entry.path) for entry in _entries(self._folder(layer, key)))
        mine = (path for path in found if path.suffix in EXTENSIONS and path.is_file())
        return [path for path in mine if path.name.startswith(f"{key}_")]

    def _path(self, key: str, layer: str, band: str) -> Path:
        folder = self._folder(layer, key)
        paths = (folder / f"{key}_{band}{extension}" for extension in EXTENSIONS)
        path = next((path for path in paths if path.exists()), None)
        if path is None:
            raise DataMissing(f"{key} has no file for {band}.")
        return path

    def _folder(self, layer: str, key: str) -> Path:
        return self.root / FOLDERS[layer] / product(layer, key) / key


def _entries(folder: Path | str) -> list[os.DirEntry[str]]:
    """Return what lies in a folder, by name; nothing where it is not there or not ours to list."""
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _folder_names(folder: str) -> list[str]:
    return [entry.name for entry in _entries(folder) if entry.is_dir()]


def _read_geotiff(path: Path) -> Array:
    try:
        # One file of a few kilobytes: reading it whole is one call, and GDAL is not needed.
        with path.open("rb") as file:
            data = file.read(_WHOLE)
    except OSError as error:
        raise FileUnreadable(f"{path.name} cannot be read; it is damaged or cut short.") from error
    if len(data) == _WHOLE:
        return _geotiff.read(str(path), path.name)
    return _geotiff.decode(data, path.name)


def place_of(path: str) -> tuple[int, int, int] | None:
    """Return EPSG code, left and top (m) that a file states; none where it has none."""
    try:
        with rasterio.open(path, driver="GTiff") as file:
            code = file.crs.to_epsg() if file.crs else None
            left, top = file.transform.c, file.transform.f
    except (RasterioError, OSError):
        return None
    return (code, round(left), round(top)) if code else None


class Lmdb:
    """A rico-hdl database: one safetensors blob per S2 patch, S1 patch and reference map."""

    layout = "rico-hdl LMDB"

    def __init__(self, folder: Path, name: str = "data.mdb") -> None:
        """Keep the folder that holds data.mdb, and the file's path inside the dataset's folder."""
        self.folder = folder
        self.name = name
        self._last: tuple[tuple[str, str, int], dict[str, Array]] | None = None

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
                yield key, self._stored(key, layer)
            except (DataMissing, FileUnreadable):
                yield key, frozenset()

    def read(self, key: str, layer: str, band: str) -> Array:
        """Return one tensor of one entry."""
        tensors = self._load(key, layer)
        if band not in tensors:
            raise DataMissing(f"{key} has no band {band}.")
        return tensors[band]

    def source(self, key: str, layer: str, band: str) -> Source:
        """Return the database, and the lines that read a tensor with lmdb and safetensors."""
        if band not in self._stored(key, layer):
            raise DataMissing(f"{key} has no band {band}.")
        tensor = "Data" if layer == "reference_map" else band
        setup = tuple(line.format(folder=repr(_parent(self.name))) for line in _LMDB_LINES)
        arguments = (repr(_entry_name(key, layer)), repr(tensor))
        return Source(self.name, setup, arguments, taken(key))

    def place(self, key: str, layer: str) -> None:  # noqa: ARG002
        """Return nothing: tensors have no geography."""
        return

    def signature(self, key: str, layer: str) -> str:
        """Return a digest of an entry: it has no time of its own."""
        try:
            return hashlib.blake2b(self._blob(key, layer), digest_size=8).hexdigest()
        except (DataMissing, FileUnreadable) as error:
            return type(error).__name__

    def edition(self) -> str:
        """Return size and time of the database file."""
        return " ".join(self.stamp())

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
        """Return the tensors of an entry; the last one is kept, for its other bands come next."""
        mark, last = (key, layer, self._time()), self._last
        if last is not None and last[0] == mark:
            return last[1]
        try:
            tensors: dict[str, Array] = safetensors.numpy.load(self._blob(key, layer))
        except (SafetensorError, ValueError, KeyError) as error:
            raise FileUnreadable(f"The entry {key} of the database is damaged.") from error
        found = {_band_name(name): values for name, values in tensors.items()}
        for values in found.values():
            # Others may get the same ones.
            values.setflags(write=False)
        self._last = mark, found
        return found

    def _stored(self, key: str, layer: str) -> frozenset[str]:
        try:
            header = json.loads(self._blob(key, layer, header=True))
        except ValueError as error:
            raise FileUnreadable(f"The entry {key} of the database is damaged.") from error
        return frozenset(map(_band_name, header))

    def _blob(self, key: str, layer: str, *, header: bool = False) -> bytes:
        """Return an entry, or only the JSON at its beginning that lists its tensors."""
        name = _entry_name(key, layer)
        try:
            with _environment(self.folder).begin(buffers=True) as transaction:
                view = transaction.get(name.encode())
                if view is None:
                    raise DataMissing(f"{key} has no entry for this layer in the database.")
                end = 8 + int.from_bytes(view[:8], "little") if header else len(view)
                return bytes(view[8 if header else 0 : end])
        except lmdb.Error as error:
            raise FileUnreadable(f"The entry {name} of the database is damaged.") from error


def _entry_name(key: str, layer: str) -> str:
    return key + (MAP_SUFFIX if layer == "reference_map" else "")


def _parent(name: str) -> str:
    return name.rpartition("/")[0] or "."


def taken(key: str) -> datetime | None:
    """Return the time that a patch's name tells: when the recording of its product began."""
    found = _TIME.search(key)
    if found is None:
        return None
    try:
        return datetime.strptime(f"{found[1]}+0000", "%Y%m%dT%H%M%S%z")
    except ValueError:
        return None


def _band_name(tensor: str) -> str:
    # A map has one unnamed tensor; everywhere else it is a band like any other.
    return "reference_map" if tensor == "Data" else tensor


@functools.lru_cache(maxsize=8)
def _environment(folder: Path) -> lmdb.Environment:
    # One environment per process: LMDB forbids opening the same file twice.
    found = lmdb.open(str(folder), readonly=True, lock=False, readahead=False, max_readers=256)
    needed = (found.info()["last_pgno"] + 1) * found.stat()["psize"]
    if (folder / "data.mdb").stat().st_size < needed:
        # LMDB maps the file into memory: reading beyond its end would end the whole process.
        found.close()
        raise lmdb.CorruptedError("the file is shorter than its own page count says")
    return found


_keys: ByteCache[bytes] = ByteCache(128_000_000)
"""Names in databases, a line each: 90 MB for a complete copy."""


def _lmdb_keys(folder: Path, time: int) -> list[str]:
    found = _keys.get((str(folder), time))
    if found is None:
        with _environment(folder).begin() as transaction:
            keys = transaction.cursor().iternext(keys=True, values=False)
            found = b"\n".join(bytes(key) for key in keys)
        _keys.put((str(folder), time), found, len(found))
    return found.decode().split("\n") if found else []


def check_pixels(values: Array, side: int, name: str) -> Array:
    """Return the values if they are real numbers in a square of the expected side (pixels).

    Raises:
        FileUnreadable: another shape, so that a place in it would mean another place on the ground.
    """
    if values.shape != (side, side):
        found = " x ".join(map(str, values.shape))
        raise FileUnreadable(f"{name} has {found} pixels where {side} x {side} belong.")
    if values.dtype.kind not in "uif":
        raise FileUnreadable(f"{name} holds {values.dtype} where numbers belong.")
    return values
