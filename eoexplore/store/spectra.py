"""The index's group `spectra`: per sample and class, per class, and a sample of pixels of all.

All files are Parquet. `spectra/<product>.parquet` has one row per sample and class: id, code,
pixels, and per band count, mean, standard deviation and the sampled pixels. Out of them come

- `spectra_summary.parquet`, per class and band;
- `spectra_pixels.parquet`: pixels that each stand for the same area;
- `spectra_classes.parquet`: as many pixels of each class in each season, with their sample;
- `spectra_samples.parquet`: the mean of each band over each sample.

A row of pixels is one pixel in all bands.
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore.core.memory import ByteCache
from eoexplore.store import samples as sample_table
from eoexplore.store.folder import FileStamp, IndexFolder, file_stamp
from eoexplore.store.spectra_bands import Coding
from eoexplore.store.versions import VERSIONS

T = TypeVar("T")
Pixels = dict[str, npt.NDArray[np.float32]]
_kept: ByteCache[Any] = ByteCache(100_000_000)
"""Of all open datasets; one of half a million patches takes up to 35 MB."""


@dataclass(frozen=True)
class Summary:
    """Spectra of the classes; row i is `codes[i]`, column j is `bands[j]`."""

    codes: tuple[int, ...]
    """First code of each class that is there; 999 for the unlabelled, 0 where no map tells."""
    bands: tuple[str, ...]
    """Layer and band, such as "s2/B04"."""
    pixels: npt.NDArray[np.int64]
    """Pixels of 10 m with a value, shape (class, band)."""
    mean: npt.NDArray[np.float64]
    """Mean in the layer's unit, NaN without any pixel; shape (class, band)."""
    p10: npt.NDArray[np.float64]
    """A tenth of the pixels have this value or less; shape (class, band)."""
    p90: npt.NDArray[np.float64]
    """Nine tenths have it or less; shape (class, band)."""


@dataclass(frozen=True)
class ClassPixels:
    """Pixels of each class in each season, drawn with equal chances; arrays are read-only."""

    codes: npt.NDArray[np.uint16]
    """First code of the class of each pixel; 999 unlabelled, 0 where no map tells; shape (n,)."""
    samples: npt.NDArray[np.int32]
    """Row of its sample in the sample table, shape (n,)."""
    stands_for: npt.NDArray[np.float32]
    """Pixels of its class and season that it stands for, shape (n,)."""
    stored: Mapping[str, npt.NDArray[np.integer]]
    """Values of each band, such as "s2/B04", as they are stored; shape (n,) each."""
    codings: Mapping[str, Coding]
    """How the values of each band are stored."""

    @property
    def nbytes(self) -> int:
        """Bytes that they take."""
        return _bytes([self.codes, self.samples, self.stands_for, *self.stored.values()])

    def values(self, band: str, chosen: npt.NDArray[np.intp]) -> npt.NDArray[np.float32]:
        """Return a band of some pixels in the layer's unit, NaN without a value."""
        return self.codings[band].decode(self.stored[band][chosen])


def summary(folder: IndexFolder) -> Summary | None:
    """Return the spectra of the classes, or none while they are not computed."""
    return _summary(folder.spectra_summary, file_stamp(folder.spectra_summary))


def pixels(folder: IndexFolder) -> Pixels | None:
    """Return a sample of a dataset's pixels, or none while it is not computed.

    Returns:
        One array per band, such as "s2/B04", in the layer's unit, NaN without a value. All have
        one length: row i is the same pixel in all of them. Each stands for the same area. The
        arrays are shared and cannot be written to.
    """
    path = folder.spectra_pixels
    return _keep(path, "", lambda: _pixels(path), lambda found: _bytes(found.values())) or None


def class_pixels(folder: IndexFolder) -> ClassPixels | None:
    """Return pixels of each class in each season, or none while they are not computed."""
    path = folder.spectra_classes
    return _keep(path, "", lambda: _class_pixels(path), lambda found: found.nbytes)


def means(folder: IndexFolder, band: str) -> npt.NDArray[np.float32] | None:
    """Return the mean of a band over each sample, or none while it is not computed.

    Args:
        folder: the index.
        band: layer and band, such as "s2/B04".

    Returns:
        In the layer's unit and in the order of the sample table, NaN without a value; read-only.
    """
    path = folder.spectra_samples
    return _keep(path, band, lambda: _means(path, band), lambda found: found.nbytes)


def _keep(
    path: Path, part: str, make: Callable[[], T | None], size: Callable[[T], int]
) -> T | None:
    """Return what follows from a file, made when first asked for.

    Args:
        path: the file.
        part: what of it.
        make: makes it, or none while the file is not there.
        size: bytes that it takes.
    """
    key = (str(path), file_stamp(path), part)
    found: T | None = _kept.get(key)
    if found is None:
        found = make()
        if found is not None:
            _kept.put(key, found, size(found))
    return found


def _bytes(arrays: Iterable[npt.NDArray[Any]]) -> int:
    return sum(values.nbytes for values in arrays)


def _is_current(path: Path) -> bool:
    return sample_table.groups(path).get("spectra") == VERSIONS["spectra"]


@functools.lru_cache(maxsize=8)
def _summary(path: Path, _stamp: FileStamp) -> Summary | None:
    if not _is_current(path):
        return None
    try:
        frame = pq.read_table(path).to_pandas()
    except (OSError, pa.ArrowException):
        return None
    codes, bands = tuple(frame["code"].unique().tolist()), tuple(frame["band"].unique().tolist())
    shape = len(codes), len(bands)
    columns = {
        name: frame[name].to_numpy().reshape(shape) for name in ("pixels", "mean", "p10", "p90")
    }
    return Summary(codes, bands, **columns)


def _pixels(path: Path) -> Pixels:
    if not _is_current(path):
        return {}
    try:
        table = pq.read_table(path)
    except (OSError, pa.ArrowException):
        return {}
    found: Pixels = {}
    for name in table.column_names:
        if "/" in name:
            values = np.ascontiguousarray(table[name].to_numpy(), np.float32)
            values.setflags(write=False)
            found[name] = values
    return found


def _class_pixels(path: Path) -> ClassPixels | None:
    table = _table(path)
    if table is None:
        return None
    arrays = {name: _fixed(table[name]) for name in table.column_names}
    bands = [name for name in arrays if "/" in name]
    return ClassPixels(
        arrays["code"],
        arrays["sample"],
        arrays["stands_for"],
        {name: arrays[name] for name in bands},
        {name: Coding.of(table.schema.field(name)) for name in bands},
    )


def _means(path: Path, band: str) -> npt.NDArray[np.float32] | None:
    table = _table(path, [band])
    return None if table is None or band not in table.column_names else _fixed(table[band])


def _table(path: Path, columns: list[str] | None = None) -> pa.Table | None:
    if not _is_current(path):
        return None
    try:
        return pq.read_table(path, columns=columns)
    except (OSError, pa.ArrowException):
        return None


def _fixed(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    values = np.ascontiguousarray(column.to_numpy())
    values.setflags(write=False)
    return values
