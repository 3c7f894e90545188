"""reBEN (BigEarthNet v2.0): 549,488 pairs of Sentinel-1 and Sentinel-2 patches with CORINE maps."""

import functools
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import lmdb
import pandas as pd

from eoexplore.core import mgrs
from eoexplore.core.errors import DataMissing, DatasetNotRecognised
from eoexplore.core.types import Array, Health, Layer, Problem, Source
from eoexplore.datasets import REGISTRY
from eoexplore.datasets import _reben_find as find
from eoexplore.datasets import _reben_metadata as metadata
from eoexplore.datasets._reben_facts import LAYERS, classes
from eoexplore.datasets._reben_files import FOLDERS, Files, check_pixels
from eoexplore.datasets._reben_stream import Zst
from eoexplore.datasets._reben_table import complete, without_metadata
from eoexplore.datasets._reben_write import KINDS, Part

_LAYER = {layer.name: layer for layer in LAYERS}
_PATCH_M = 1200
_ALL_LISTED = 20_000
_PLACED = 50
_SAMPLED = 500


@REGISTRY.register("reben")
class Reben:
    """A copy of reBEN: complete, partial, in archives or an LMDB, or its metadata alone."""

    name = "reben"
    title = "reBEN (BigEarthNet v2.0)"
    layouts = (
        "released tree of GeoTIFFs (BigEarthNet-S2, BigEarthNet-S1, Reference_Maps)",
        "the archives of these folders (.tar, or .tar.zst as released with metadata.parquet)",
        "rico-hdl LMDB (data.mdb)",
        "metadata.parquet alone",
    )
    licence = "CDLA-Permissive-1.0"
    citation = (
        "Clasen et al., reBEN: Refined BigEarthNet Dataset for Remote Sensing Image Analysis, "
        "IGARSS 2025, arXiv:2407.03653"
    )
    url = "https://bigearth.net"
    layers = LAYERS
    kinds = KINDS

    def __init__(self, path: Path, root: Path, files: Files | None) -> None:
        """Keep where the copy lies; `open` finds that out."""
        self.path = path
        self._root = root
        self._files = files
        self.classes = classes()
        parts = [files.layout] if files else []
        self.layout = " + ".join([*parts, "metadata"] if find.has_metadata(root) else parts)
        self.synthetic, self.seed = _made_up(root)
        if self.synthetic:
            self.title = "reBEN layout, synthetic demo"
        self._tables: _Tables | None = None
        self._lacking: dict[tuple[bool, ...], tuple[dict[tuple[str, str], int], str]] = {}

    @classmethod
    def open(cls, path: Path) -> "Reben":
        """Open a folder, or a file that stands for it: a metadata table, an archive, a data.mdb.

        Raises:
            DatasetNotRecognised: none of the layouts is there; says which folder to choose.
        """
        if path.is_file() and path.name not in (*find.METADATA_FILES, *find.ARCHIVES, "data.mdb"):
            raise DatasetNotRecognised(
                f"reBEN file not recognised: {path.name[:80]} is neither {metadata.RECOMMENDED} "
                "nor data.mdb nor a released archive. Choose the folder that contains the dataset."
            )
        root = path if path.is_dir() else path.parent
        files = find.find_files(root)
        if files is None and not find.has_metadata(root):
            raise DatasetNotRecognised(find.not_recognised(path))
        return cls(path, root, files)

    @property
    def streams(self) -> tuple[Zst, ...]:
        """Layers that can only be read as a whole."""
        return tuple(files for files in find.each(self._files) if isinstance(files, Zst))

    def stamp(self) -> str:
        """Return a short text that changes when files are added or replaced; cheap to compute."""
        lines = self._files.stamp() if self._files else []
        for name in find.METADATA_FILES:
            file = self._root / name
            if file.is_file():
                lines.append(f"{name} {file.stat().st_size} {file.stat().st_mtime_ns}")
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    def signature(self, keys: Mapping[str, str]) -> str:
        """Return a short text that changes when a file of a sample is added, replaced, removed."""
        if self._files is None:
            return ""
        own = (f"{layer} {key} {self._files.signature(key, layer)}" for layer, key in keys.items())
        return hashlib.sha256("\n".join(sorted(own)).encode()).hexdigest()[:16]

    def edition(self) -> str:
        """Return a text that changes with any raster, if one look tells; else an empty one."""
        return self._files.edition() if self._files else ""

    def size(self) -> int:
        """Return the bytes of the copy, estimated from some patches where there are many."""
        tables = [self._root / name for name in find.METADATA_FILES]
        total = sum(file.stat().st_size for file in tables if file.is_file())
        return total + (self._files.size() if self._files else 0)

    def samples(self) -> pd.DataFrame:
        """Return one row per patch with the base columns of the index, sorted by id; reads anew."""
        meta = metadata.read(self._root, self.classes)
        for stream in self.streams[:1]:
            stream.listed.keep(meta.frame)
        stored = {name: self._files.keys(name) if self._files else [] for name in FOLDERS}
        frame = meta.frame.rename(columns={"patch_id": "id", "s1_name": "s1_id"})
        extra, problems = without_metadata(frame, stored, bool(meta.files))
        frame = pd.concat([frame, extra], ignore_index=True) if len(extra) else frame
        frame = complete(frame.sort_values("id", ignore_index=True), stored, self.classes)
        counts = {layer.name: int(frame[f"has_{layer.name}"].sum()) for layer in LAYERS}
        self._tables = _Tables(len(frame), counts, (*meta.problems, *problems))
        return frame

    def other_names(self) -> dict[str, pd.DataFrame]:
        """Return the names of the patches in BigEarthNet v1, read from the metadata each time."""
        found = metadata.other_names(self._root)
        return {"BigEarthNet v1 name": found} if len(found) else {}

    def with_split(self, parts: pd.DataFrame, about: str) -> dict[str, bytes]:
        """Return the metadata tables of some patches with another split, by the files' names."""
        return metadata.with_split(self._root, parts, about)

    def read(self, key: str, layer: str, band: str) -> Array:
        """Return one band of one patch as stored, shape (row, column); S1 keys are S1 names."""
        if self._files is None:
            raise DataMissing(f"This copy has metadata only, so {layer} has no pixels.")
        values = self._files.read(key, layer, band)
        side = int(_PATCH_M / _LAYER[layer].band(band).gsd_m)
        return check_pixels(values, side, f"{key}, band {band},")

    def source(self, key: str, layer: str, band: str) -> Source:
        """Return where one band of one patch is stored, and the lines that read it."""
        if self._files is None:
            raise DataMissing(f"This copy has metadata only, so {layer} has no pixels.")
        return self._files.source(key, layer, band)

    def part(self, frame: pd.DataFrame) -> Part:
        """Return some samples, rows of the index, that can be written as a copy of their own."""
        closed = {stream.layer: stream.sentence for stream in self.streams}
        return Part(self._files, self.read, self._root, frame, closed)

    def health(self) -> Health:
        """Return what is there, what is missing and what contradicts the metadata."""
        # What is in a stream is known once it has been read, perhaps by another process.
        if self._tables is None or self.streams:
            self.samples()
        assert self._tables is not None
        total, counts = self._tables.samples, self._tables.layers
        missing = {layer: total - count for layer, count in counts.items() if count < total}
        missing |= {name: 1 for name in find.METADATA_FILES if not (self._root / name).is_file()}
        bands, checked = self._missing_bands()
        return Health(
            samples=total,
            layers=counts,
            missing=missing | {f"{layer}/{band}": n for (layer, band), n in bands.items()},
            problems=(
                *self._damage(),
                *find.archive_problems(self._files, self._root),
                *self._tables.problems,
                *self._misplaced,
                *self._gaps(counts, total),
                *_band_problems(bands, counts),
            ),
            checked=checked,
        )

    def _damage(self) -> tuple[Problem, ...]:
        if self._files is not None or not (names := find.databases(self._root)):
            return ()
        return (Problem("unreadable_database", 1, find.DAMAGED.format(names[0].name)),)

    def _gaps(self, counts: dict[str, int], total: int) -> tuple[Problem, ...]:
        """Say which table and which layers this copy lacks, in part or altogether."""
        tables = [name for name in find.METADATA_FILES if not (self._root / name).is_file()]
        gaps = [
            Problem("missing_table", 1, f"{name} is not there; {_TABLE_TELLS[name]}")
            for name in tables
        ]
        for layer in LAYERS:
            lacking = total - counts[layer.name]
            if lacking:
                gaps.append(
                    Problem(f"missing_{layer.name}", lacking, _lacking(layer, lacking, total))
                )
        return tuple(gaps)

    def missing_bands(self) -> dict[tuple[str, str], int]:
        """Return how many samples with a layer lack one of its bands, by (layer, band).

        None are known where the database has gone since the copy was opened.
        """
        try:
            return self._missing_bands()[0]
        except (OSError, lmdb.Error):
            return {}

    def bands_found(self, layer: str, keys: Iterable[str]) -> frozenset[str]:
        """Return which bands of a layer any of some samples has; looks no further than needed."""
        wanted = frozenset(band.name for band in _LAYER[layer].bands)
        found = frozenset[str]()
        try:
            for _, present in self._files.bands(layer, keys) if self._files else ():
                found |= wanted & present
                if found == wanted:
                    break
        except (OSError, lmdb.Error):
            # The database has gone since the copy was opened: nothing is known to be missing.
            return wanted
        return found

    def _missing_bands(self) -> tuple[dict[tuple[str, str], int], str]:
        """Count by layer and band, and how far the check went; once, and anew for what is read."""
        known = tuple(stream.known for stream in self.streams)
        if known not in self._lacking:
            self._lacking[known] = self._count_missing()
        return self._lacking[known]

    def _count_missing(self) -> tuple[dict[tuple[str, str], int], str]:
        """Count by layer and band, and how far the check went."""
        lacking: dict[tuple[str, str], int] = {}
        checked = "all file names"
        files = self._files
        if files is None:
            return lacking, checked
        if not all(stream.known for stream in self.streams):
            checked = "names, but not of archives that have not been read yet"
        for layer in LAYERS:
            pattern = metadata.S1_NAME if layer.key == "s1_id" else metadata.PATCH_ID
            keys, _ = metadata.well_formed(files.keys(layer.name), pattern)
            # Millions of files: an even sample tells what a copy lacks throughout.
            step = 1 if len(keys) <= _ALL_LISTED else len(keys) // _SAMPLED
            if step > 1:
                checked = f"file names of about {_SAMPLED} patches per layer"
            wanted = {band.name for band in layer.bands}
            found = Counter[str]()
            for _, present in files.bands(layer.name, keys[::step]):
                found.update(wanted - present)
            looked_at = len(keys[::step])
            for band, count in found.items():
                lacking[layer.name, band] = len(keys) * count // looked_at
        return lacking, checked

    @functools.cached_property
    def _misplaced(self) -> tuple[Problem, ...]:
        """Compare the place in some files with the place in their names."""
        problems = []
        for layer in LAYERS if self._files else ():
            assert self._files is not None
            pattern = metadata.S1_NAME if layer.key == "s1_id" else metadata.PATCH_ID
            keys, _ = metadata.well_formed(self._files.keys(layer.name), pattern)
            keys = keys[:: max(1, len(keys) // _PLACED)]
            names = metadata.from_names(keys, pattern)
            places = [self._files.place(key, layer.name) for key in keys]
            wanted = map(mgrs.patch_corner, names["tile"], names["x"], names["y"])
            rows = zip(keys, places, wanted, strict=True)
            wrong = [key for key, place, corner in rows if place not in (None, corner)]
            if wrong:
                problems.append(_misplaced(layer, wrong, len(keys)))
        return tuple(problems)


@dataclass(frozen=True)
class _Tables:
    """What the health report keeps of the sample table."""

    samples: int
    layers: dict[str, int]
    problems: tuple[Problem, ...]


_TABLE_TELLS = {
    metadata.RECOMMENDED: "labels and splits of the recommended patches are unknown.",
    metadata.EXCLUDED: "patches with snow, cloud or shadow cannot be told.",
}


def _misplaced(layer: Layer, wrong: list[str], looked_at: int) -> Problem:
    sentence = (
        f"{len(wrong):,} of {looked_at:,} {layer.title} files looked at say another place than "
        "their name; the map follows the name."
    )
    return Problem("misplaced", len(wrong), sentence, tuple(wrong[:5]))


def _lacking(layer: Layer, count: int, total: int) -> str:
    noun = "reference map" if layer.kind == "categorical" else f"{layer.title} image"
    if count == total:
        return f"No patch has a {noun}."
    return f"1 patch has no {noun}." if count == 1 else f"{count:,} patches have no {noun}."


def _made_up(root: Path) -> tuple[bool, int | None]:
    """Tell whether a folder is a synthetic demo, and its seed where that is stated."""
    marker = root / "SYNTHETIC.txt"
    if not marker.is_file():
        return False, None
    with marker.open(encoding="utf-8", errors="replace") as file:
        synthetic = file.readline().strip() == "eoexplore synthetic demo"
        seed = file.readline().strip().removeprefix("seed ")
    return synthetic, int(seed) if seed.isdecimal() and len(seed) < 19 else None


def _band_problems(
    bands: dict[tuple[str, str], int], counts: dict[str, int]
) -> tuple[Problem, ...]:
    return tuple(
        Problem(
            "missing_band",
            count,
            f"{count:,} of {counts[layer]:,} patches with {_LAYER[layer].title} lack band {band}.",
        )
        for (layer, band), count in sorted(bands.items())
    )
