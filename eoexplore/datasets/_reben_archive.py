"""The archives of reBEN, unpacked by one step: a plain `.tar` for each layer."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from eoexplore.core import waiting
from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.types import Array, Layer, Problem, Source
from eoexplore.datasets import _geotiff
from eoexplore.datasets import _reben_contents as kept
from eoexplore.datasets._reben_contents import Collector, Contents
from eoexplore.datasets._reben_files import FOLDERS, TREE_LINES, Files, place_of, taken
from eoexplore.datasets._tar import FileBlocks, members

_BUFFER = 8192
"""Bytes read at once while jumping from header to header."""
_TOLD = 20_000
"""Members between two reports."""
T = TypeVar("T")
_SENTENCES = {
    "unsafe": "{count} with an absolute path or with '..' in it",
    "link": "{count} that are links",
    "special": "{count} that are devices, sparse files or the like",
    "huge": "{count} far larger than a band",
    "outside": "{count} outside the released layout",
    "twice": "{count} that stand in it twice",
}


def problems_of(name: str, contents: Contents) -> list[Problem]:
    """Return what a health report says of an archive."""
    damage, found = contents.damage, []
    if damage.cut or damage.broken:
        what = damage.broken or "ends too early, so it was not copied or downloaded completely"
        sentence = f"{name} {what}; what lies behind is missing. Get it again."
        found.append(Problem("archive_cut", 1, sentence))
    if damage.headers:
        places = "1 place" if damage.headers == 1 else f"{damage.headers:,} places"
        sentence = f"{name} is damaged at {places}; files there are missing. Get it again."
        found.append(Problem("archive_damaged", damage.headers, sentence))
    if contents.notes:
        kinds = [k for k in _SENTENCES if k in contents.notes]
        counts = {kind: contents.notes[kind][0] for kind in kinds}
        listed = ", ".join(_SENTENCES[k].format(count=f"{counts[k]:,}") for k in kinds)
        examples = [name for kind in kinds for name in contents.notes[kind][1]]
        last = " Of those that stand twice the last one counts." if "twice" in kinds else ""
        sentence = f"{name} has members that are left out: {listed}.{last}"
        problem = Problem("archive_members", sum(counts.values()), sentence, tuple(examples[:5]))
        found.append(problem)
    return found


class Tar:
    """One layer in a plain tar: the headers are read once, then each band is a jump away."""

    layout = "released archives (.tar)"

    def __init__(self, root: Path, layer: Layer) -> None:
        """Keep the folder and the layer whose archive lies in it."""
        self.layer = layer
        self.name = f"{FOLDERS[layer.name]}.tar"
        self.path = root.resolve() / self.name
        self._mark = kept.mark(self.path)
        self._contents: Contents | None = None

    @property
    def contents(self) -> Contents:
        """What is in it; looked through at the first time."""
        if self._contents is None:
            found = kept.recall(self.path)
            if found is None:
                found = self._scan()
                kept.remember(self.path, found)
                # As a file the list is mapped: 110 MB that the system may take back.
                found = kept.recall(self.path) or found
            self._contents = found
        return self._contents

    def _scan(self) -> Contents:
        size = self.path.stat().st_size
        collector = Collector(self.layer, FOLDERS[self.layer.name])
        what = f"looking through {self.name}, in MB"
        with self.path.open("rb", _BUFFER) as file:
            blocks = FileBlocks(file, size)
            for number, member in enumerate(members(blocks, collector.damage)):
                collector.add(member)
                if number % _TOLD == 0:
                    waiting.tell(blocks.at // 1_000_000, size // 1_000_000, what)
        return collector.contents()

    def keys(self, layer: str) -> list[str]:
        """Return the sorted names of its patches."""
        return self.contents.keys if layer == self.layer.name else []

    def bands(self, layer: str, keys: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield each patch with the bands that are there."""
        names = [band.name for band in self.layer.bands]
        for key in keys:
            row = self.contents.row(key) if layer == self.layer.name else None
            there = () if row is None else (self.contents.offsets[row] >= 0).tolist()
            yield key, frozenset(n for n, own in zip(names, there, strict=False) if own)

    def read(self, key: str, layer: str, band: str) -> Array:
        """Return one band of one patch."""
        offset, size = self._at(key, layer, band)
        name = f"{key}_{band}.tif in {self.name}"
        try:
            if kept.mark(self.path) != self._mark:
                # Another archive has other things at these places.
                raise FileUnreadable(f"{self.name} was replaced; open the dataset again.")
            with self.path.open("rb", 0) as file:
                file.seek(offset)
                data = file.read(size)
        except OSError as error:
            raise FileUnreadable(f"{self.name} cannot be read.") from error
        return _geotiff.decode(data, name)

    def source(self, key: str, layer: str, band: str) -> Source:
        """Return the archive, and the lines that read a band in it with rasterio."""
        offset, size = self._at(key, layer, band)
        place = f"/vsisubfile/{offset}_{size},{self.name}"
        return Source(self.name, TREE_LINES, (repr(place),), taken(key))

    def place(self, key: str, layer: str) -> tuple[int, int, int] | None:
        """Return where the first file of a patch says that it lies."""
        row = self.contents.row(key) if layer == self.layer.name else None
        if row is None:
            return None
        band = int((self.contents.offsets[row] >= 0).argmax())
        offset, size = self.contents.offsets[row, band], self.contents.sizes[row, band]
        return place_of(f"/vsisubfile/{offset}_{size},{self.path}")

    def signature(self, key: str, layer: str) -> str:
        """Return a digest of the bytes of a patch: they may lie elsewhere in another archive."""
        row = self.contents.row(key) if layer == self.layer.name else None
        digest = hashlib.blake2b(digest_size=8)
        try:
            with self.path.open("rb", 0) as file:
                for band, offset in enumerate([] if row is None else self.contents.offsets[row]):
                    if offset >= 0:
                        file.seek(offset)
                        size = int(self.contents.sizes[row, band])
                        digest.update(b"%d " % band + file.read(size))
        except OSError:
            return ""
        return digest.hexdigest()

    def edition(self) -> str:
        """Return size and time of the archive."""
        return " ".join(self.stamp())

    def stamp(self) -> list[str]:
        """Return size and time of the archive."""
        return [f"{self.name} {kept.mark(self.path)}"]

    def size(self) -> int:
        """Return the bytes of the archive."""
        return self.path.stat().st_size

    def problems(self) -> list[Problem]:
        """Return what a health report says of it."""
        return problems_of(self.name, self.contents)

    def _at(self, key: str, layer: str, band: str) -> tuple[int, int]:
        row = self.contents.row(key) if layer == self.layer.name else None
        names = [item.name for item in self.layer.bands]
        if row is not None and band in names:
            place = names.index(band)
            offset = int(self.contents.offsets[row, place])
            if offset >= 0:
                return offset, int(self.contents.sizes[row, place])
        raise DataMissing(f"{key} has no file for {band}.")


class Several:
    """Layers that are kept in different ways, or a layer of which a part is kept otherwise."""

    def __init__(self, by_layer: Mapping[str, Sequence[Files]]) -> None:
        """Take, for each layer that is there, where to look first, and then."""
        self._by_layer = by_layer
        self.all = [*dict.fromkeys(files for own in by_layer.values() for files in own)]
        self.layout = " + ".join(dict.fromkeys(files.layout for files in self.all))

    def keys(self, layer: str) -> list[str]:
        """Return the sorted names that any of them has."""
        found = [files.keys(layer) for files in self._by_layer.get(layer, ())]
        return found[0] if len(found) == 1 else sorted({key for keys in found for key in keys})

    def bands(self, layer: str, keys: Iterable[str]) -> Iterator[tuple[str, frozenset[str]]]:
        """Yield each name with the bands that any of them has."""
        wanted = list(keys)
        found = [files.bands(layer, wanted) for files in self._by_layer.get(layer, ())]
        for key, *own in zip(wanted, *found, strict=True):
            yield key, frozenset().union(*(bands for _, bands in own))

    def read(self, key: str, layer: str, band: str) -> Array:
        """Return one band from the first that has it."""
        return self._first(key, layer, band, lambda files: files.read(key, layer, band))

    def source(self, key: str, layer: str, band: str) -> Source:
        """Return where the first that has it keeps one band, and the lines that read it."""
        return self._first(key, layer, band, lambda files: files.source(key, layer, band))

    def _first(self, key: str, layer: str, band: str, ask: Callable[[Files], T]) -> T:
        missing = DataMissing(f"{key} has no file for {band}.")
        for files in self._by_layer.get(layer, ()):
            try:
                return ask(files)
            except DataMissing as error:
                missing = error
        raise missing

    def place(self, key: str, layer: str) -> tuple[int, int, int] | None:
        """Return where a file of a patch says that it lies."""
        places = (files.place(key, layer) for files in self._by_layer.get(layer, ()))
        return next((place for place in places if place is not None), None)

    def signature(self, key: str, layer: str) -> str:
        """Return those of all that keep the layer."""
        return " ".join(files.signature(key, layer) for files in self._by_layer.get(layer, ()))

    def edition(self) -> str:
        """Return those of all, if each has one."""
        found = [files.edition() for files in self.all]
        return " ".join(found) if all(found) else ""

    def stamp(self) -> list[str]:
        """Return the lines of all."""
        return [line for files in self.all for line in files.stamp()]

    def size(self) -> int:
        """Return the bytes of all."""
        return sum(files.size() for files in self.all)
