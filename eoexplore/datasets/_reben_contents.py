"""What an archive of one layer of reBEN holds: which bands of which patches, and where they lie.

A complete archive has up to 6.6 million members, so the list is kept in arrays, in the cache
folder, and mapped into memory: opening it again costs nothing.
"""

import functools
import hashlib
import json
import os
import re
import shutil
import uuid
from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eoexplore.core import settings
from eoexplore.core.types import Layer
from eoexplore.datasets._reben_metadata import PATCH_ID, S1_NAME
from eoexplore.datasets._tar import Damage, Member

_HUGE = 16_000_000
"""Bytes beyond which a member is no band; one has 58,000 at most."""
_NAME = 56
"""Longest patch name, in bytes, and a few more."""
_EXAMPLES = 5
_VERSION = 1


@dataclass(frozen=True)
class Contents:
    """The members of an archive that are bands of patches, and what the others are."""

    names: npt.NDArray[np.bytes_]
    """Names of the patches, sorted, shape (n,)."""
    offsets: npt.NDArray[np.int64]
    """Where each band begins in the unpacked archive, -1 where there is none, shape (n, band)."""
    sizes: npt.NDArray[np.int32]
    """Bytes of each band, shape (n, band)."""
    notes: Mapping[str, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    """Members that are left out: how many and some names, by what they are."""
    damage: Damage = field(default_factory=Damage)
    """What is wrong with the archive itself."""

    def row(self, key: str) -> int | None:
        """Return the row of a patch, or none."""
        wanted = key.encode()
        if not 0 < len(wanted) <= self.names.itemsize:
            return None
        row = int(np.searchsorted(self.names, np.bytes_(wanted)))
        return row if row < len(self.names) and self.names[row] == wanted else None

    @property
    def keys(self) -> list[str]:
        """The names as text: 60 MB for half a million, so that they are not kept."""
        return [str(name) for name in self.names.astype(str)]


class Collector:
    """Sorts the members of an archive into patches and bands, while they pass."""

    def __init__(self, layer: Layer, folder: str) -> None:
        """Say what is expected.

        Args:
            layer: the one layer that the archive holds.
            folder: name of the layer's folder in the released layout.
        """
        self.key = ""
        self._folder = folder.encode()
        self._pattern = re.compile((S1_NAME if layer.key == "s1_id" else PATCH_ID).encode())
        self._fields = 3 if layer.key == "s1_id" else 2
        self._width = len(layer.bands)
        self._files = {
            f"{band.name}{extension}".encode(): number
            for number, band in enumerate(layer.bands)
            for extension in (".tif", ".tiff")
        }
        self._prefix = b"\0"  # of the patch at hand; no name begins like this
        self._runs = bytearray()
        self._rows, self._bands = array("i"), array("B")
        self._offsets, self._sizes = array("q"), array("i")
        self._notes: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.damage = Damage()

    def add(self, member: Member) -> int | None:
        """Return the number of the band that a member is; `key` then names its patch."""
        name = member.name
        if not name.startswith(self._prefix) and not self._begins(member):
            return None
        band = self._files.get(name[len(self._prefix) :])
        if band is None or member.kind != "file" or member.size > _HUGE:
            self._note(member, "huge" if band is not None and member.kind == "file" else "")
            return None
        self._rows.append(len(self._runs) // _NAME - 1)
        self._bands.append(band)
        self._offsets.append(member.offset)
        self._sizes.append(member.size)
        return band

    def _begins(self, member: Member) -> bool:
        """Tell whether a member belongs to a patch, and make that the patch at hand."""
        name = member.name
        parts = name.removeprefix(b"./").split(b"/")
        unsafe = name.startswith(b"/") or b".." in parts
        if unsafe or len(parts) < 4 or parts[-4] != self._folder:
            self._note(member, "unsafe" if unsafe else "")
            return False
        _, product, patch, file = parts[-4:]
        mine = self._pattern.match(patch) and patch.rsplit(b"_", self._fields)[0] == product
        if not mine or not file.startswith(patch + b"_"):
            self._note(member, "")
            return False
        self._prefix = name[: len(name) - len(file)] + patch + b"_"
        self.key = patch.decode()
        self._runs += patch.ljust(_NAME, b"\0")
        return True

    def _note(self, member: Member, kind: str) -> None:
        kind = kind or (member.kind if member.kind in ("link", "special") else "outside")
        if member.kind == "folder" and kind == "outside":
            return
        self.note(kind, member.name.decode("ascii", "backslashreplace")[:80])

    def note(self, kind: str, name: str) -> None:
        """Count something that is left out."""
        count, examples = self._notes.get(kind, (0, ()))
        self._notes[kind] = count + 1, (*examples, name)[:_EXAMPLES]

    def contents(self) -> Contents:
        """Return everything that has passed; of a band that stands twice, the last one."""
        runs = np.frombuffer(bytes(self._runs), f"S{_NAME}")
        names, place = np.unique(runs, return_inverse=True)
        rows = place[np.frombuffer(self._rows, np.int32)]
        bands = np.frombuffer(self._bands, np.uint8)
        offsets = np.full((len(names), self._width), -1, np.int64)
        sizes = np.zeros((len(names), self._width), np.int32)
        # Of equal places the last stays, as when an archive is unpacked.
        offsets[rows, bands] = np.frombuffer(self._offsets, np.int64)
        sizes[rows, bands] = np.frombuffer(self._sizes, np.int32)
        notes = dict(self._notes)
        if twice := len(rows) - int((offsets >= 0).sum()):
            notes["twice"] = twice, ()
        there = (offsets >= 0).any(axis=1)
        return Contents(names[there], offsets[there], sizes[there], notes, self.damage)


def remember(archive: Path, contents: Contents) -> None:
    """Keep the list in the cache folder; without room there it is made again the next time."""
    folder = _folder(archive)
    partial = folder.with_name(f"{folder.name}.{uuid.uuid4().hex[:8]}.partial")
    about = {
        "notes": contents.notes,
        "damage": [contents.damage.cut, contents.damage.headers, contents.damage.broken],
    }
    try:
        partial.mkdir(parents=True)
        for name in ("names", "offsets", "sizes"):
            np.save(partial / f"{name}.npy", getattr(contents, name))
        (partial / "about.json").write_text(json.dumps(about), encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        partial.rename(folder)
        for old in folder.parent.iterdir():
            if old.name != folder.name:
                shutil.rmtree(old, ignore_errors=True)
    except OSError:
        # Another process was quicker, or the disk is full.
        shutil.rmtree(partial, ignore_errors=True)


def recall(archive: Path) -> Contents | None:
    """Return the list of an archive as it is now, if it was kept."""
    try:
        return _recall(_folder(archive))
    except (OSError, ValueError, TypeError, KeyError, EOFError):
        return None


@functools.lru_cache(maxsize=8)
def _recall(folder: Path) -> Contents:
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    arrays = [np.load(folder / f"{n}.npy", mmap_mode="r") for n in ("names", "offsets", "sizes")]
    names, offsets, sizes = map(np.asarray, arrays)
    if names.dtype.kind != "S" or not len(names) == len(offsets) == len(sizes):
        raise ValueError(folder)
    notes = {kind: (int(count), tuple(some)) for kind, (count, some) in about["notes"].items()}
    return Contents(names, offsets, sizes, notes, Damage(*about["damage"]))


def mark(archive: Path) -> str:
    """Return a short text that changes when an archive is replaced."""
    status = archive.stat()
    return f"{status.st_size:x}-{status.st_mtime_ns:x}-{_VERSION}"


def _folder(archive: Path) -> Path:
    place = hashlib.sha256(os.fspath(archive.resolve()).encode()).hexdigest()[:16]
    return settings.cache_folder() / "archives" / place / mark(archive)
