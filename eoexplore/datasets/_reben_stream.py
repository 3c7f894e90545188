"""The archives of reBEN as they are released, `.tar.zst`: each can be read front to back only."""

import itertools
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import zstandard

from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.memory import ByteCache
from eoexplore.core.types import Array, Layer, Passing, Problem, Source
from eoexplore.datasets import _geotiff
from eoexplore.datasets import _reben_contents as kept
from eoexplore.datasets._reben_archive import problems_of
from eoexplore.datasets._reben_contents import Collector, Contents
from eoexplore.datasets._reben_files import FOLDERS, check_pixels
from eoexplore.datasets._tar import StreamBlocks, members

_WINDOW = 1 << 27
"""Largest window of a stream that is read, in bytes: the limit of the zstd program without options.
The released archives use 2 MB."""
_CHUNK = 1 << 20
_TAIL = 1 << 26
"""Bytes behind the mark that ends an archive that are looked at."""
_PATCH_M = 1200
_SENTENCE = (
    "{title} lies in {name}, of which single files cannot be read: the map shows packed pictures, "
    "not finer than the index, and no values. Extract the archives for full resolution."
)


Names = npt.NDArray[np.bytes_]
_names: ByteCache[Names] = ByteCache(128_000_000)
"""Of all open datasets; two lists of half a million take 60 MB."""
_count = itertools.count()
_COLUMNS = {"id": "patch_id", "s1_id": "s1_name"}


class Listed:
    """The names that the metadata tables list, read when they are asked for."""

    def __init__(self, read: Callable[[], pd.DataFrame]) -> None:
        """Keep how to read the tables."""
        self._read = read
        self._number = next(_count)

    def keep(self, frame: pd.DataFrame) -> dict[str, Names]:
        """Take the names from tables that have been read anyway, and return them by key."""
        found: dict[str, Names] = {}
        for key, column in _COLUMNS.items():
            found[key] = np.unique(np.array(frame[column].tolist(), np.bytes_))
            _names.put((self._number, key), found[key], found[key].nbytes)
        return found

    def names(self, key: str) -> Names:
        """Return the sorted names by key column of the sample table."""
        found = _names.get((self._number, key))
        return self.keep(self._read())[key] if found is None else found


class Zst:
    """One layer; until it has been read once, every patch that the metadata lists is expected."""

    layout = "released archives (.tar.zst)"

    def __init__(self, root: Path, layer: Layer, listed: "Listed") -> None:
        """Keep the folder, the layer whose archive lies in it, and the listed patches."""
        self.layer = layer.name
        self.name = f"{FOLDERS[layer.name]}.tar.zst"
        self.path = root.resolve() / self.name
        self.sentence = _SENTENCE.format(title=layer.title, name=self.name)
        self.listed = listed
        self._layer = layer

    @property
    def known(self) -> bool:
        """Whether it has been read to its end."""
        return self._contents is not None

    @property
    def _contents(self) -> Contents | None:
        return kept.recall(self.path)

    @property
    def _listed(self) -> npt.NDArray[np.bytes_]:
        return self.listed.names(self._layer.key)

    def expects(self, keys: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
        """Tell which keys the metadata list; others in the archive are left out."""
        return np.isin(np.array(keys.tolist(), np.bytes_), self._listed)

    def keys(self, layer: str) -> list[str]:
        """Return the sorted names of the listed patches that are in it, or expected."""
        if layer != self.layer:
            return []
        contents = self._contents
        if contents is None:
            return [str(key) for key in self._listed.astype(str)]
        there = np.isin(contents.names, self._listed)
        return [str(key) for key in contents.names[there].astype(str)]

    def bands(self, layer: str, keys: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield each name with the bands that are there, or expected."""
        names = [band.name for band in self._layer.bands]
        contents = self._contents
        for key in keys:
            if layer != self.layer or contents is None:
                yield key, frozenset(names if layer == self.layer else ())
                continue
            row = contents.row(key)
            there = () if row is None else (contents.offsets[row] >= 0).tolist()
            yield key, frozenset(n for n, own in zip(names, there, strict=False) if own)

    def read(self, key: str, layer: str, band: str) -> Array:  # noqa: ARG002
        """Say that there is no reading of single bands."""
        raise DataMissing(self.sentence)

    def source(self, key: str, layer: str, band: str) -> Source:  # noqa: ARG002
        """Say that there is no reading of single bands."""
        raise DataMissing(self.sentence)

    def place(self, key: str, layer: str) -> None:  # noqa: ARG002
        """Return nothing: no file can be looked at."""
        return

    def signature(self, key: str, layer: str) -> str:  # noqa: ARG002
        """Return the mark of the archive: what is in it is known only by reading all of it."""
        return self.mark()

    def edition(self) -> str:
        """Return the mark of the archive."""
        return self.mark()

    def stamp(self) -> list[str]:
        """Return size and time of the archive."""
        return [f"{self.name} {self.mark()}"]

    def size(self) -> int:
        """Return the bytes of the archive."""
        return self.path.stat().st_size

    def mark(self) -> str:
        """Return a short text that changes when the archive is replaced."""
        return kept.mark(self.path)

    def problems(self) -> list[Problem]:
        """Return what a health report says of it."""
        found = [Problem("packed_only", 1, self.sentence)]
        contents = self._contents
        if contents is None:
            sentence = f"{self.name} has not been read yet: what is in it shows once the index is."
            return [*found, Problem("not_read", 1, sentence)]
        strange = contents.names[~np.isin(contents.names, self._listed)]
        if len(strange):
            examples = tuple(str(key) for key in strange[:5].astype(str))
            sentence = (
                f"{len(strange):,} patches in {self.name} stand in no metadata table and are left "
                "out."
            )
            found.append(Problem("not_listed", len(strange), sentence, examples))
        return [*found, *problems_of(self.name, contents)]

    def passing(self, wanted: Callable[[str], bool]) -> Generator[Passing]:
        """Yield the bands of wanted patches as they come; then it is known what is in it."""
        collector = Collector(self._layer, FOLDERS[self.layer])
        names = [band.name for band in self._layer.bands]
        damage, at = collector.damage, 0
        try:
            with self.path.open("rb") as file:
                unpacker = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
                stream = unpacker.stream_reader(file, _CHUNK, read_across_frames=True)

                def read(count: int) -> bytes:
                    nonlocal at
                    try:
                        found: bytes = stream.read(count)
                    except zstandard.ZstdError as error:
                        damage.broken = _broken(str(error), at)
                        return b""
                    at = file.tell()
                    return found

                blocks = StreamBlocks(read)
                for member in members(blocks, damage):
                    band = collector.add(member)
                    if band is not None and wanted(collector.key):
                        data = blocks.take(member.size)
                        yield Passing(collector.key, names[band], data, at)
                # The checksum of the whole stands behind the last padding.
                blocks.skip(_TAIL)
        except OSError as error:
            raise FileUnreadable(
                f"{self.name} cannot be read ({error.strerror or error}). See that it is there and "
                "that its disk is well, then start again: finished parts are kept."
            ) from error
        kept.remember(self.path, collector.contents())

    def decode(self, passing: Passing) -> Array:
        """Return the pixels of a band."""
        name = f"{passing.key}_{passing.band}.tif in {self.name}"
        side = int(_PATCH_M / self._layer.band(passing.band).gsd_m)
        return check_pixels(_geotiff.decode(passing.data, name), side, name)


def _broken(error: str, at: int) -> str:
    if "memory" in error:
        return (
            "was packed with a window of more than 128 MB, which is not read: unpack it, or pack "
            "it anew without --long"
        )
    return f"cannot be unpacked after {at / 1e6:,.1f} MB: it is damaged or no zstd archive"
