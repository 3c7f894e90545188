"""reBEN (BigEarthNet v2.0): 549,488 pairs of Sentinel-1 and Sentinel-2 patches with CORINE maps."""

import functools
import hashlib
import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import lmdb
import numpy as np
import pandas as pd

from eoexplore.analysis.labels import names_of
from eoexplore.core import mgrs
from eoexplore.core.errors import DataMissing, DatasetNotRecognised
from eoexplore.core.types import Array, Classes, Health, Layer, Problem, Source
from eoexplore.datasets import REGISTRY
from eoexplore.datasets import _reben_metadata as metadata
from eoexplore.datasets._reben_facts import LAYERS, classes
from eoexplore.datasets._reben_files import FOLDERS, Files, Lmdb, Tree, check_pixels, product
from eoexplore.datasets._reben_write import KINDS, Part

_LAYER = {layer.name: layer for layer in LAYERS}
_PATCH_M = 1200
_ALL_LISTED = 20_000
_PLACED = 50
_SAMPLED = 500


@REGISTRY.register("reben")
class Reben:
    """A copy of reBEN: complete, partial, packed in an LMDB, or its metadata alone."""

    name = "reben"
    title = "reBEN (BigEarthNet v2.0)"
    layouts = (
        "released tree of GeoTIFFs (BigEarthNet-S2, BigEarthNet-S1, Reference_Maps)",
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
        has_metadata = any((root / name).is_file() for name in _METADATA_FILES)
        parts = [files.layout] if files else []
        self.layout = " + ".join([*parts, "metadata"] if has_metadata else parts)
        self.synthetic = _is_synthetic(root)
        if self.synthetic:
            self.title = "reBEN layout, synthetic demo"
        self._tables: _Tables | None = None

    @classmethod
    def open(cls, path: Path) -> "Reben":
        """Open a folder, a metadata table or a data.mdb.

        Raises:
            DatasetNotRecognised: none of the layouts is there; says which folder to choose.
        """
        if path.is_file() and path.name not in (*_METADATA_FILES, "data.mdb"):
            raise DatasetNotRecognised(
                f"reBEN file not recognised: {path.name[:80]} is neither {metadata.RECOMMENDED} "
                "nor data.mdb. Choose the folder that contains the dataset."
            )
        root = path if path.is_dir() else path.parent
        files = _find_files(root)
        if files is None and not any((root / name).is_file() for name in _METADATA_FILES):
            raise DatasetNotRecognised(_not_recognised(path))
        return cls(path, root, files)

    def stamp(self) -> str:
        """Return a short text that changes when files are added or replaced; cheap to compute."""
        lines = self._files.stamp() if self._files else []
        for name in _METADATA_FILES:
            file = self._root / name
            if file.is_file():
                lines.append(f"{name} {file.stat().st_size} {file.stat().st_mtime_ns}")
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    def size(self) -> int:
        """Return the bytes of the copy, estimated from some patches where there are many."""
        tables = [self._root / name for name in _METADATA_FILES]
        total = sum(file.stat().st_size for file in tables if file.is_file())
        return total + (self._files.size() if self._files else 0)

    def samples(self) -> pd.DataFrame:
        """Return one row per patch with the base columns of the index, sorted by id; reads anew."""
        meta = metadata.read(self._root, self.classes)
        stored = {name: self._files.keys(name) if self._files else [] for name in FOLDERS}
        frame = meta.frame.rename(columns={"patch_id": "id", "s1_name": "s1_id"})
        extra, problems = _without_metadata(frame, stored, bool(meta.files))
        frame = pd.concat([frame, extra], ignore_index=True) if len(extra) else frame
        frame = _complete(frame.sort_values("id", ignore_index=True), stored, self.classes)
        counts = {layer.name: int(frame[f"has_{layer.name}"].sum()) for layer in LAYERS}
        self._tables = _Tables(len(frame), counts, (*meta.problems, *problems))
        return frame

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
        return Part(self._files, self.read, self._root, frame)

    def health(self) -> Health:
        """Return what is there, what is missing and what contradicts the metadata."""
        if self._tables is None:
            self.samples()
        assert self._tables is not None
        total, counts = self._tables.samples, self._tables.layers
        missing = {layer: total - count for layer, count in counts.items() if count < total}
        missing |= {name: 1 for name in _METADATA_FILES if not (self._root / name).is_file()}
        bands, checked = self._missing_bands
        return Health(
            samples=total,
            layers=counts,
            missing=missing | {f"{layer}/{band}": n for (layer, band), n in bands.items()},
            problems=(
                *self._damage(),
                *self._tables.problems,
                *self._misplaced,
                *self._gaps(counts, total),
                *_band_problems(bands, counts),
            ),
            checked=checked,
        )

    def _damage(self) -> tuple[Problem, ...]:
        if self._files is not None or not (names := _databases(self._root)):
            return ()
        return (Problem("unreadable_database", 1, _DAMAGED.format(names[0].name)),)

    def _gaps(self, counts: dict[str, int], total: int) -> tuple[Problem, ...]:
        """Say which table and which layers this copy lacks, in part or altogether."""
        tables = [name for name in _METADATA_FILES if not (self._root / name).is_file()]
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
            return self._missing_bands[0]
        except (OSError, lmdb.Error):
            return {}

    @functools.cached_property
    def _missing_bands(self) -> tuple[dict[tuple[str, str], int], str]:
        """Count by layer and band, and how far the check went."""
        lacking: dict[tuple[str, str], int] = {}
        checked = "all file names"
        files = self._files
        if files is None:
            return lacking, checked
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


_METADATA_FILES = (metadata.RECOMMENDED, metadata.EXCLUDED)
_DAMAGED = (
    "{} is a database that cannot be read; it is damaged, cut short or no LMDB. Copy it again."
)
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


def _find_files(root: Path) -> Files | None:
    if any((root / folder).is_dir() for folder in FOLDERS.values()):
        return Tree(root)
    for file in _databases(root):
        database = Lmdb(file.parent.resolve(), file.relative_to(root).as_posix())
        try:
            database.keys("s2")
        except (lmdb.Error, UnicodeDecodeError):
            continue
        return database
    return None


def _databases(root: Path) -> list[Path]:
    """Return the LMDB files in a folder and in the folders in it."""
    folders = [root, *sorted(Path(entry.path) for entry in os.scandir(root) if entry.is_dir())]
    files = (folder / "data.mdb" for folder in folders)
    # os.path, not Path: a folder that belongs to somebody else is an answer, not an error.
    return [file for file in files if os.path.isfile(file)]  # noqa: PTH113


def _not_recognised(path: Path) -> str:
    if path.name in FOLDERS.values() or path.parent.name in FOLDERS.values():
        return (
            f"reBEN folder not recognised: {path.name} is a part of a dataset. "
            "Choose the folder that contains it."
        )
    if names := _databases(path if path.is_dir() else path.parent):
        return f"reBEN folder not recognised: {_DAMAGED.format(names[0].name)}"
    return (
        "reBEN folder not recognised: neither metadata.parquet, nor a folder BigEarthNet-S2, "
        "BigEarthNet-S1 or Reference_Maps, nor an LMDB (data.mdb) was found in it. "
        "Choose the folder that contains one of them."
    )


def _is_synthetic(root: Path) -> bool:
    marker = root / "SYNTHETIC.txt"
    if not marker.is_file():
        return False
    with marker.open(encoding="utf-8", errors="replace") as file:
        return file.readline().strip() == "eoexplore synthetic demo"


def _without_metadata(
    frame: pd.DataFrame, stored: dict[str, list[str]], has_metadata: bool
) -> tuple[pd.DataFrame, list[Problem]]:
    """Return rows for stored patches that no metadata row speaks of, and what that means."""
    patches = sorted({*stored["s2"], *stored["reference_map"]}.difference(frame["id"]))
    radar = sorted(set(stored["s1"]).difference(frame["s1_id"]))
    patches, strange = metadata.well_formed(patches, metadata.PATCH_ID)
    radar, strange_radar = metadata.well_formed(radar, metadata.S1_NAME)
    problems = _strangers([*strange, *strange_radar], [*patches, *radar] if has_metadata else [])
    pairs = metadata.pair(patches, radar)
    lonely = sorted(set(radar) - set(pairs.values()))
    rows = metadata.rows_from_names(
        [*patches, *lonely], [*(pairs.get(patch, "") for patch in patches), *lonely]
    )
    for field in ("date", "tile", "x", "y"):
        rows[field] = rows[field].where(rows["patch_id"].isin(patches), rows[f"s1_{field}"])
    rows["split"] = rows["country"] = ""
    rows["label_mask"] = np.uint64(0)
    rows[[*metadata.FLAGS]] = False
    return rows.rename(columns={"patch_id": "id", "s1_name": "s1_id"}), problems


def _strangers(malformed: list[str], unlisted: list[str]) -> list[Problem]:
    problems = []
    if malformed:
        sentence = f"{len(malformed):,} stored names are not reBEN patch names and are left out."
        examples = tuple(name[:80] for name in malformed[:5])
        problems.append(Problem("malformed_name", len(malformed), sentence, examples))
    if unlisted:
        sentence = (
            f"{len(unlisted):,} stored patches stand in no metadata table; "
            "their labels and split are unknown."
        )
        problems.append(Problem("not_in_metadata", len(unlisted), sentence, tuple(unlisted[:5])))
    return problems


def _complete(frame: pd.DataFrame, stored: dict[str, list[str]], schema: Classes) -> pd.DataFrame:
    """Return the columns of the index, with what follows from the list of stored files."""
    table = frame[["id", "s1_id", "date", "x", "y", "s1_date", "label_mask"]].copy()
    for column in ("split", "country", "tile"):
        table[column] = frame[column].astype("category")
    table["season"] = pd.Categorical(metadata.seasons(frame["date"]))
    places = zip(frame["id"], frame["tile"].to_numpy(object), strict=True)
    table["product"] = pd.Categorical([_product(key, tile) for key, tile in places])
    table["labels"] = names_of(frame["label_mask"].to_numpy(np.uint64), schema)
    table["flags"] = _flag_names(frame)
    for layer in LAYERS:
        there = set(stored[layer.name])
        table[f"has_{layer.name}"] = [key in there for key in frame[layer.key]] if there else False
    return table


def _product(key: str, tile: str) -> str:
    # A Sentinel-1 patch without its partner belongs to no Sentinel-2 product.
    # All others end in _xx_yy; cutting that off is much faster than looking for it.
    return f"{product('s1', key)}_T{tile}" if key.startswith("S1") else key[:-6]


def _flag_names(frame: pd.DataFrame) -> list[list[str]]:
    names = list(metadata.FLAGS.values())
    code = sum(frame[column].to_numpy(int) << bit for bit, column in enumerate(metadata.FLAGS))
    lists = [
        [name for bit, name in enumerate(names) if value >> bit & 1]
        for value in range(2 ** len(names))
    ]
    return [lists[i] for i in np.asarray(code)]


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
