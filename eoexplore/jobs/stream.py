"""Building parts from archives that can only be read from their beginning to their end.

Patches come in any order, and a product is complete when all its patches have passed. Until then
their packed pixels lie in a file of fixed slots in the index folder, so memory stays bounded. Such
files do not outlive a build: the next one reads the archive again, and skips what is finished.
"""

import contextlib
import threading
from collections import deque
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import groupby
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import FileUnreadable
from eoexplore.core.types import Dataset, Layer, Passing, Stream
from eoexplore.jobs import passed
from eoexplore.jobs.parts import Mosaic, Patch, Product, Work, contents_of
from eoexplore.jobs.passed import Passed
from eoexplore.jobs.progress import Cancelled, Report
from eoexplore.store import contents, mosaic
from eoexplore.store.catalog import Opened
from eoexplore.store.contents import Contents
from eoexplore.store.mosaic import Group

LEFT_OUT = ("spectra",)
"""Groups that need all layers of a patch at once, which streams do not give."""
_WAITING = 16
"""Patches that are being packed while the next ones are read."""
_WRITING = 2
"""Complete products that may wait to be written before reading waits for them."""
_NAME = 64
_NOWHERE = (-1, -1)


@dataclass(frozen=True)
class Finished:
    """A product of which all mosaics of one layer are there."""

    product: Product
    """The product."""
    groups: tuple[str, ...]
    """What was made of it."""


def keys(opened: Opened) -> dict[str, npt.NDArray[np.object_]]:
    """Return the file keys of each layer, shape (n,); an empty text where a sample lacks it.

    Of a stream those that are expected, whether or not they came when it was read.
    """
    found = {layer.name: opened.samples.keys(layer) for layer in opened.dataset.layers}
    columns = {layer.name: layer.key for layer in opened.dataset.layers}
    for stream in opened.dataset.streams:
        names = opened.samples.frame[columns[stream.layer]].to_numpy(object)
        found[stream.layer] = np.where(stream.expects(names), names, "")
    return found


def remaining(dataset: Dataset, todo: Sequence[Work]) -> list[Work]:
    """Return the work that is left when the streams have passed."""
    streamed = {group for stream in dataset.streams for group in _groups(stream.layer)}
    left = (replace(w, groups=tuple(g for g in w.groups if g not in streamed)) for w in todo)
    return [work for work in left if work.groups]


def _groups(layer: str) -> tuple[str, ...]:
    return tuple(name for name, group in mosaic.GROUPS.items() if group.layer == layer)


def room(dataset: Dataset, todo: Sequence[Work]) -> int:
    """Return the bytes of disk that unfinished products take in passing, if patches are in order.

    Archives are ordered by product and patch of their own layer, so those of Sentinel-1 complete
    many Sentinel-2 products at a time.
    """
    products = [work.product for work in todo]
    return max((_most_open(stream.layer, products) for stream in dataset.streams), default=0)


def _most_open(layer: str, products: Sequence[Product]) -> int:
    slot = sum(_slot(mosaic.GROUPS[name]) for name in _groups(layer))
    rows = sorted(
        (patch.keys[layer], number)
        for number, product in enumerate(products)
        for patch in product.patches
        if layer in patch.keys
    )
    numbers = np.array([number for _, number in rows], np.int64)
    if not len(numbers):
        return 0
    names, first = np.unique(numbers, return_index=True)
    last = len(numbers) - 1 - np.unique(numbers[::-1], return_index=True)[1]
    size = np.bincount(numbers)[names] * slot
    change = np.zeros(len(numbers) + 1, np.int64)
    np.add.at(change, first, size)
    np.subtract.at(change, last + 1, size)
    return int(np.cumsum(change).max())


def _slot(group: Group) -> int:
    return len(group.bands) * group.patch_px**2 * np.dtype(group.dtype).itemsize


def build(
    dataset: Dataset,
    todo: Sequence[Work],
    workers: int,
    report: Report,
    cancelled: Callable[[], bool],
) -> Generator[Finished]:
    """Read each archive once and yield the products as they are finished.

    Args:
        dataset: has the streams.
        todo: what is missing of products; the rest of it is left to `remaining`.
        workers: threads that pack patches.
        report: told (MB read, MB in all, what).
        cancelled: asked between patches.

    Raises:
        Cancelled: `cancelled` said so; what is finished stays.
    """
    for stream in dataset.streams:
        layer = next(item for item in dataset.layers if item.name == stream.layer)
        yield from _Pass(dataset, stream, layer, todo).run(workers, report, cancelled)


@dataclass
class _Open:
    """A product while its patches come; arrays have one row for each patch that has the layer."""

    number: int
    product: Product
    groups: tuple[str, ...]
    patches: list[Patch]
    made_from: Contents
    seen: npt.NDArray[np.uint32]
    packed: npt.NDArray[np.uint32]
    bad: npt.NDArray[np.uint32]
    maps: list[bytes]
    left: int
    lock: threading.Lock = field(default_factory=threading.Lock)

    def claim(self, slot: int, bit: int) -> bool:
        """Tell whether a band comes for the first time."""
        with self.lock:
            first = not self.seen[slot] & bit
            self.seen[slot] |= bit
            return bool(first)

    def settle(self, slot: int, bits: int, bad: int, whole: int) -> bool:
        """Note which bands of a patch are packed now; tell whether the product is complete."""
        with self.lock:
            before = int(self.packed[slot])
            self.packed[slot] |= bits
            self.bad[slot] |= bad
            if before == whole or before | bits != whole:
                return False
            self.left -= 1
            return self.left == 0


class _Pass:
    """One stream, read once."""

    def __init__(
        self, dataset: Dataset, stream: Stream, layer: Layer, todo: Sequence[Work]
    ) -> None:
        self._dataset, self._stream, self._layer = dataset, stream, layer
        self._places = {band.name: place for place, band in enumerate(layer.bands)}
        self._whole = (1 << len(layer.bands)) - 1
        self._mark = stream.mark()
        self._todo = {number: work for number, work in enumerate(todo) if self._wants(work)}
        self._index = _Index(self._todo, layer.name)
        self._open: dict[int, _Open] = {}
        self._packing: deque[Future[_Open | None]] = deque()
        self._writing: deque[Future[Finished]] = deque()

    def _wants(self, work: Work) -> bool:
        """Tell whether anything of this layer is to be made of a product."""
        if not any(self._layer.name in patch.keys for patch in work.product.patches):
            return False
        if set(_groups(self._layer.name)).intersection(work.groups):
            return True
        found = passed.read(work.product.folder, self._layer.name, work.product.name)
        beside = {"areas", "components"}.intersection(work.groups)
        return bool(beside) and (found is None or found.mark != self._mark)

    def run(
        self, workers: int, report: Report, cancelled: Callable[[], bool]
    ) -> Generator[Finished]:
        """Read it, unless all products are there and it is known what is in it."""
        if not self._todo and self._stream.known:
            return
        with ThreadPoolExecutor(workers) as packers, ThreadPoolExecutor(1) as writer:
            try:
                yield from self._read(packers, writer, report, cancelled)
                # What has not come until now does not come: it is written without.
                for number in sorted(self._todo):
                    self._close(self._opened(number), writer)
                    yield from self._written(0)
                yield from self._written(0)
            finally:
                for future in self._packing:
                    future.cancel()
                for waiting in self._writing:
                    waiting.cancel()

    def _read(
        self,
        packers: ThreadPoolExecutor,
        writer: ThreadPoolExecutor,
        report: Report,
        cancelled: Callable[[], bool],
    ) -> Generator[Finished]:
        """Read to the end, and yield what is written meanwhile."""
        total, what = self._stream.size() // 1_000_000, f"reading {self._stream.name}, in MB"
        report(0, total, what)
        for number, slot, items in self._patches():
            if cancelled():
                raise Cancelled
            report(items[-1].at // 1_000_000, total, what)
            product = self._opened(number)
            self._packing.append(packers.submit(self._take, product, slot, items))
            while len(self._packing) > _WAITING or (self._packing and self._packing[0].done()):
                self._close(self._packing.popleft().result(), writer)
            yield from self._written(_WRITING)
        while self._packing:
            self._close(self._packing.popleft().result(), writer)
        report(total, total, what)

    def _written(self, waiting: int) -> Iterator[Finished]:
        """Yield what is written, until at most so many products wait for it."""
        while len(self._writing) > waiting or (self._writing and self._writing[0].done()):
            yield self._writing.popleft().result()

    def _patches(self) -> Iterator[tuple[int, int, list[Passing]]]:
        """Yield number of the product, place in it and bands of what comes in a row."""

        def wanted(key: str) -> bool:
            return self._index.place(key)[0] in self._todo

        with contextlib.closing(self._stream.passing(wanted)) as passing:
            for key, items in groupby(passing, lambda item: item.key):
                number, slot = self._index.place(key)
                found = list(items)
                # Meanwhile it may have been completed: then these stand twice in the archive.
                if number in self._todo:
                    yield number, slot, found

    def _opened(self, number: int) -> _Open:
        if number not in self._open:
            work, layer = self._todo[number], self._layer.name
            product = work.product
            patches = [patch for patch in product.patches if layer in patch.keys]
            count = len(patches)
            groups = tuple(name for name in _groups(layer) if name in work.groups)
            made_from = contents_of(self._dataset, product)
            seen, packed, bad = np.zeros((3, count), np.uint32)
            maps = [b""] * count
            self._open[number] = _Open(
                number, product, groups, patches, made_from, seen, packed, bad, maps, count
            )
            for name in groups:
                path = _spool(product, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    file.truncate(count * _slot(mosaic.GROUPS[name]))
        return self._open[number]

    def _take(self, product: _Open, slot: int, items: list[Passing]) -> _Open | None:
        """Pack the bands of a patch into its slot; return the product when that completes it."""
        bits, bad = 0, 0
        for item in items:
            bit = 1 << self._places[item.band]
            if not product.claim(slot, bit):
                continue
            bits |= bit
            try:
                values = self._stream.decode(item)
            except FileUnreadable:
                bad |= bit
                continue
            if self._layer.kind == "categorical":
                product.maps[slot] = passed.packed(values)
            for name in product.groups:
                group = mosaic.GROUPS[name]
                if item.band in group.bands:
                    plane = mosaic.pack(values, group)
                    offset = slot * _slot(group) + group.bands.index(item.band) * plane.nbytes
                    _put(_spool(product.product, name), offset, plane.tobytes())
        return product if product.settle(slot, bits, bad, self._whole) else None

    def _close(self, product: _Open | None, writer: ThreadPoolExecutor) -> None:
        """Let a product be written."""
        if product is not None and self._todo.pop(product.number, None) is not None:
            del self._open[product.number]
            self._writing.append(writer.submit(self._write, product))

    def _write(self, product: _Open) -> Finished:
        good = product.packed & ~product.bad
        contents.write(product.product.folder, product.product.name, product.made_from)
        for name in product.groups:
            group = mosaic.GROUPS[name]
            part = Mosaic(product.product, name)
            bits = [np.uint32(1 << self._places[band]) for band in group.bands]
            there = np.stack([good & bit != 0 for bit in bits], axis=1)
            slots = _slots(_spool(product.product, name), group)
            for row in np.flatnonzero(there.any(axis=1)).tolist():
                slots[row][~there[row]] = group.nodata
                part.put(product.patches[row], slots[row])
            part.write(product.made_from.mark)
            del slots, part
            _spool(product.product, name).unlink(missing_ok=True)
        keys = tuple(patch.keys[self._layer.name] for patch in product.patches)
        maps = tuple(product.maps)
        found = Passed(keys, product.packed, product.bad, maps, self._mark)
        found.write(product.product.folder, self._layer.name, product.product.name)
        return Finished(product.product, product.groups)


class _Index:
    """In which product, and at which place in it, the patches of a layer lie."""

    def __init__(self, todo: Mapping[int, Work], layer: str) -> None:
        rows = [
            (patch.keys[layer].encode(), number, slot)
            for number, work in todo.items()
            for slot, patch in enumerate(p for p in work.product.patches if layer in p.keys)
        ]
        # Arrays, since there may be half a million.
        found = np.array(rows, [("name", f"S{_NAME}"), ("number", np.int32), ("slot", np.int32)])
        found.sort(order="name")
        self._names, self._rows = found["name"].copy(), found
        self._last: tuple[str, tuple[int, int]] = "", _NOWHERE

    def place(self, key: str) -> tuple[int, int]:
        """Return number of the product and place in it; -1 for a patch that is not wanted."""
        if key != self._last[0]:
            name = key.encode()
            row = int(np.searchsorted(self._names, np.bytes_(name)))
            there = row < len(self._names) and self._names[row] == name
            found = self._rows[row] if there else None
            place = (int(found["number"]), int(found["slot"])) if found is not None else _NOWHERE
            self._last = key, place
        return self._last[1]


def _spool(product: Product, group: str) -> Path:
    # Named so that the next build sweeps it away.
    return product.folder.path / "passing" / f"{product.name}.{group}.partial"


def _put(path: Path, offset: int, data: bytes) -> None:
    # Opened each time: hundreds of products may be unfinished. Not mapped: where a full disk is an
    # error here, it would end the process there.
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def _slots(path: Path, group: Group) -> npt.NDArray[np.generic]:
    """Return the packed patches of a product, shape (patch, band, row, column).

    Mapped, so that memory holds what is needed at the time; changes stay in memory.
    """
    shape = (-1, len(group.bands), group.patch_px, group.patch_px)
    return np.memmap(path, group.dtype, "c").reshape(shape)
