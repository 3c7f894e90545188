"""reBEN (BigEarthNet v2.0): 549,488 pairs of Sentinel-1 and Sentinel-2 patches with CORINE maps."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import lmdb
import numpy as np
import pandas as pd

from eoexplore.core.errors import DataMissing, DatasetNotRecognised
from eoexplore.core.types import Array, Classes, Health, Layer, Problem
from eoexplore.datasets import REGISTRY
from eoexplore.datasets import _reben_metadata as metadata
from eoexplore.datasets._reben_facts import LAYERS, classes
from eoexplore.datasets._reben_files import FOLDERS, Files, Lmdb, Tree, check_shape, product

_LAYER = {layer.name: layer for layer in LAYERS}
_PATCH_M = 1200
_ALL_LISTED = 20_000
_SAMPLED = 500
_FLAGS = (("contains_seasonal_snow", "snow"), ("contains_cloud_or_shadow", "cloud_or_shadow"))


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
        self._table: tuple[pd.DataFrame, list[Problem]] | None = None

    @classmethod
    def open(cls, path: Path) -> "Reben":
        """Open a folder, a metadata table or a data.mdb.

        Raises:
            DatasetNotRecognised: none of the layouts is there; says which folder to choose.
        """
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
        """Return one row per patch with the base columns of the index, sorted by id."""
        return self._read()[0]

    def read(self, key: str, layer: str, band: str) -> Array:
        """Return one band of one patch as stored, shape (row, column); S1 keys are S1 names."""
        if self._files is None:
            raise DataMissing(f"This copy has metadata only, so {layer} has no pixels.")
        values = self._files.read(key, layer, band)
        side = int(_PATCH_M / _LAYER[layer].band(band).gsd_m)
        return check_shape(values, side, f"{key}, band {band},")

    def health(self) -> Health:
        """Return what is there, what is missing and what contradicts the metadata."""
        frame, problems = self._read()
        counts = {layer.name: int(frame[f"has_{layer.name}"].sum()) for layer in LAYERS}
        missing = {
            layer: len(frame) - count for layer, count in counts.items() if count < len(frame)
        }
        missing |= {name: 1 for name in _METADATA_FILES if not (self._root / name).is_file()}
        bands, checked = self._missing_bands(frame)
        return Health(
            samples=len(frame),
            layers=counts,
            missing=missing | {f"{layer}/{band}": n for (layer, band), n in bands.items()},
            problems=(*problems, *self._gaps(counts, len(frame)), *_band_problems(bands, counts)),
            checked=checked,
        )

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
        """Return how many samples with a layer lack one of its bands, by (layer, band)."""
        return self._missing_bands(self.samples())[0]

    def _missing_bands(self, frame: pd.DataFrame) -> tuple[dict[tuple[str, str], int], str]:
        lacking: Counter[tuple[str, str]] = Counter()
        everything = True
        for layer in LAYERS:
            keys = frame.loc[frame[f"has_{layer.name}"], layer.key].tolist()
            if self._files is None or not keys:
                continue
            if len(keys) > _ALL_LISTED:
                # Millions of files: an even sample tells what a copy lacks throughout.
                keys, everything = keys[:: max(1, len(keys) // _SAMPLED)], False
            wanted = {band.name for band in layer.bands}
            for _, present in self._files.bands(layer.name, keys):
                lacking.update((layer.name, band) for band in wanted - present)
        checked = "all file names" if everything else f"file names of {_SAMPLED} patches per layer"
        return dict(lacking), checked

    def _read(self) -> tuple[pd.DataFrame, list[Problem]]:
        if self._table is None:
            self._table = self._build()
        return self._table

    def _build(self) -> tuple[pd.DataFrame, list[Problem]]:
        meta = metadata.read(self._root, self.classes)
        stored = {name: self._files.keys(name) if self._files else [] for name in FOLDERS}
        frame = meta.frame.rename(columns={"patch_id": "id", "s1_name": "s1_id"})
        extra, problems = _without_metadata(frame, stored, bool(meta.files))
        frame = pd.concat([frame, extra], ignore_index=True) if len(extra) else frame
        frame = _complete(frame.sort_values("id", ignore_index=True), stored, self.classes)
        return frame, [*meta.problems, *problems]


_METADATA_FILES = (metadata.RECOMMENDED, metadata.EXCLUDED)
_TABLE_TELLS = {
    metadata.RECOMMENDED: "labels and splits of the recommended patches are unknown.",
    metadata.EXCLUDED: "patches with snow, cloud or shadow cannot be told.",
}


def _lacking(layer: Layer, count: int, total: int) -> str:
    noun = "reference map" if layer.kind == "categorical" else f"{layer.title} image"
    if count == total:
        return f"No patch has a {noun}."
    return f"1 patch has no {noun}." if count == 1 else f"{count:,} patches have no {noun}."


def _find_files(root: Path) -> Files | None:
    if any((root / folder).is_dir() for folder in FOLDERS.values()):
        return Tree(root)
    for folder in (root, *sorted(child for child in root.iterdir() if child.is_dir())):
        if (folder / "data.mdb").is_file():
            database = Lmdb(folder.resolve())
            try:
                database.keys("s2")
            except (lmdb.Error, UnicodeDecodeError):
                continue
            return database
    return None


def _not_recognised(path: Path) -> str:
    if path.name in FOLDERS.values() or path.parent.name in FOLDERS.values():
        return (
            f"reBEN folder not recognised: {path.name} is a part of a dataset. "
            "Choose the folder that contains it."
        )
    return (
        "reBEN folder not recognised: neither metadata.parquet, nor a folder BigEarthNet-S2, "
        "BigEarthNet-S1 or Reference_Maps, nor a readable LMDB (data.mdb) was found in it. "
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
    known, partners = set(frame["id"]), set(frame["s1_id"])
    patches = sorted({*stored["s2"], *stored["reference_map"]} - known)
    radar = sorted(set(stored["s1"]) - partners)
    patches, strange = _well_formed(patches, metadata.PATCH_ID)
    radar, strange_radar = _well_formed(radar, metadata.S1_NAME)
    problems = _strangers([*strange, *strange_radar], [*patches, *radar] if has_metadata else [])
    pairs = _pair(patches, radar)
    lonely = sorted(set(radar) - set(pairs.values()))
    rows = pd.DataFrame(
        {
            "id": [*patches, *lonely],
            "s1_id": [*(pairs.get(patch, "") for patch in patches), *lonely],
            "split": "",
            "country": "",
            "label_mask": np.uint64(0),
            "contains_seasonal_snow": False,
            "contains_cloud_or_shadow": False,
        }
    )
    rows["labels"] = [[] for _ in range(len(rows))]
    return rows, problems


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


def _well_formed(names: Iterable[str], pattern: str) -> tuple[list[str], list[str]]:
    listed = list(names)
    good = metadata.from_names(pd.Series(listed, dtype=object), pattern)["tile"].notna()
    return (
        [name for name, ok in zip(listed, good, strict=True) if ok],
        [name for name, ok in zip(listed, good, strict=True) if not ok],
    )


def _pair(patches: list[str], radar: list[str]) -> dict[str, str]:
    """Match S1 and S2 names of one place: of all reBEN pairs, none is more than 6 days apart."""
    if not patches or not radar:
        return {}
    left = metadata.from_names(pd.Series(patches, dtype=object), metadata.PATCH_ID)
    right = metadata.from_names(pd.Series(radar, dtype=object), metadata.S1_NAME)
    joined = left.assign(id=patches).merge(right.assign(s1=radar), on=["tile", "x", "y"])
    joined["days"] = (joined["date_x"] - joined["date_y"]).abs()
    joined = joined[joined["days"] <= pd.Timedelta(days=6)].sort_values("days")
    joined = joined.drop_duplicates("id").drop_duplicates("s1")
    return dict(zip(joined["id"], joined["s1"], strict=True))


def _complete(frame: pd.DataFrame, stored: dict[str, list[str]], schema: Classes) -> pd.DataFrame:
    """Add what follows from the names and from the list of stored files."""
    names = metadata.from_names(frame["id"], metadata.PATCH_ID)
    radar = metadata.from_names(frame["s1_id"], metadata.S1_NAME)
    lonely = names["tile"].isna()
    names = names.where(~lonely, radar)
    flags = [frame[column].to_numpy(bool) for column, _ in _FLAGS]
    table = pd.DataFrame(
        {
            "id": frame["id"].astype(object),
            "split": frame["split"].astype("category"),
            "country": frame["country"].fillna("").astype("category"),
            "date": names["date"],
            "season": pd.Categorical(metadata.seasons(names["date"])),
            "tile": names["tile"].astype("category"),
            "x": names["x"].astype("int16"),
            "y": names["y"].astype("int16"),
            "labels": _label_names(frame["label_mask"].to_numpy(np.uint64), schema),
            "label_mask": frame["label_mask"].to_numpy(np.uint64),
            "s1_id": frame["s1_id"].astype(object),
            "s1_date": radar["date"],
            "product": _products(frame["id"], lonely, names["tile"]).astype("category"),
            "flags": _flag_names(flags),
        }
    )
    for layer in LAYERS:
        table[f"has_{layer.name}"] = frame["id" if layer.key == "id" else layer.key].isin(
            stored[layer.name]
        )
    return table


def _products(ids: pd.Series, lonely: pd.Series, tiles: pd.Series) -> pd.Series:
    # A Sentinel-1 patch without its partner belongs to no Sentinel-2 product.
    radar = ids[lonely].map(lambda key: product("s1", key)) + "_T" + tiles[lonely]
    return ids.str.rsplit("_", n=2).str[0].where(~lonely, radar)


def _label_names(masks: np.ndarray, schema: Classes) -> list[list[str]]:
    """Return sorted label lists; the few distinct sets are shared between rows."""
    sets, inverse = np.unique(masks, return_inverse=True)
    lists = [
        sorted(name for bit, name in enumerate(schema.names) if int(bits) >> bit & 1)
        for bits in sets
    ]
    return [lists[i] for i in inverse]


def _flag_names(flags: list[np.ndarray]) -> list[list[str]]:
    code = sum(flag.astype(int) << bit for bit, flag in enumerate(flags))
    lists = [
        [name for bit, (_, name) in enumerate(_FLAGS) if value >> bit & 1]
        for value in range(2 ** len(_FLAGS))
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
