"""A part of a reBEN copy in one of its own layouts: the released tree, or a rico-hdl LMDB."""

import shutil
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import lmdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import rasterio
import safetensors.numpy
from rasterio.transform import from_origin

from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.types import Array, Layer
from eoexplore.datasets._reben_facts import LAYERS
from eoexplore.datasets._reben_files import EXTENSIONS, FOLDERS, MAP_SUFFIX, Files, Tree, product

KINDS = MappingProxyType(
    {"tree": "released tree of GeoTIFFs", "lmdb": "LMDB with the keys of rico-hdl"}
)
"""Layouts that a part can be written in, and what a user reads."""
Read = Callable[[str, str, str], Array]
Report = Callable[[int, int, str], None]
_BLOCK = 512
"""Pieces between two reports and two commits, as rico-hdl commits."""
_WEIGHED = 300
_PAGE = 4096
"""Bytes in which file systems, and LMDB, give out room."""
_HEADER = 1_200
_WRITERS = 4


@dataclass(frozen=True)
class Piece:
    """Everything stored for one sample in one layer."""

    layer: Layer
    """Which layer."""
    key: str
    """Patch or Sentinel-1 name."""
    corner: tuple[int, int, int]
    """EPSG code, left easting and top northing in metres."""


class Part:
    """Some samples of one copy."""

    def __init__(
        self,
        files: Files | None,
        read: Read,
        root: Path,
        frame: pd.DataFrame,
        closed: Mapping[str, str],
    ) -> None:
        """Keep what to write.

        Args:
            files: where the rasters are; none for a copy of metadata alone.
            read: gives one checked band by key, layer and band.
            root: folder of the metadata tables.
            frame: rows of the sample table, with places.
            closed: why a layer cannot be written, by its name.
        """
        self._files, self._read, self._root = files, read, root
        self._ids = frame["id"].tolist()
        self._pieces = _Pieces(frame.assign(**{f"has_{name}": False for name in closed}))
        self._closed = tuple(closed.values())

    def size(self, kind: str) -> int:
        """Return the bytes that a disk will give for it, estimated from some of the pieces."""
        step = max(1, len(self._pieces) // _WEIGHED)
        weighed = [
            self._weight(piece, kind) for piece in self._pieces.some(slice(None, None, step))
        ]
        tables = sum(path.stat().st_size for path in self._tables())
        return sum(weighed) * len(self._pieces) // max(1, len(weighed)) + tables

    def write(self, kind: str, folder: Path, report: Report) -> tuple[str, ...]:
        """Write it.

        Args:
            kind: key of KINDS.
            folder: an empty folder.
            report: told how far it is; may raise to stop.

        Returns:
            One sentence per piece that could not be read and is left out.
        """
        for path in self._tables():
            _write_table(path, folder / path.name, self._ids)
        marker = self._root / "SYNTHETIC.txt"
        if marker.is_file():
            shutil.copyfile(marker, folder / marker.name)
        write = self._write_lmdb if kind == "lmdb" else self._write_tree
        return (*self._closed, *write(folder, report))

    def _tables(self) -> list[Path]:
        names = ("metadata.parquet", "metadata_for_patches_with_snow_cloud_or_shadow.parquet")
        return [self._root / name for name in names if (self._root / name).is_file()]

    def _weight(self, piece: Piece, kind: str) -> int:
        if kind == "tree" and isinstance(self._files, Tree):
            sizes = [path.stat().st_size for path in self._files.paths(piece.key, piece.layer.name)]
        else:
            itemsize = 4 if piece.layer.kind == "sar" else 2
            sizes = [itemsize * round(1200 / band.gsd_m) ** 2 for band in piece.layer.bands]
            sizes = [sum(sizes) + _HEADER] if kind == "lmdb" else [size + 400 for size in sizes]
        return sum(-(-size // _PAGE) * _PAGE for size in sizes)

    def _write_tree(self, folder: Path, report: Report) -> tuple[str, ...]:
        copy = isinstance(self._files, Tree)
        work = self._copy if copy else self._write_geotiffs
        left_out: list[str] = []
        with ThreadPoolExecutor(_WRITERS) as pool:
            for start in range(0, len(self._pieces), _BLOCK):
                block = self._pieces.some(slice(start, start + _BLOCK))
                results = pool.map(lambda piece: work(piece, folder), block)
                left_out += [sentence for sentence in results if sentence]
                report(start + len(block), len(self._pieces), "Copying" if copy else "Writing")
        return tuple(left_out)

    def _copy(self, piece: Piece, folder: Path) -> str:
        assert isinstance(self._files, Tree)
        target = _folder(folder, piece)
        target.mkdir(parents=True)
        for path in self._files.paths(piece.key, piece.layer.name):
            # Not linked: who edits the part must not change the dataset.
            shutil.copyfile(path, target / path.name)
        return ""

    def _write_geotiffs(self, piece: Piece, folder: Path) -> str:
        bands, sentence = self._bands(piece)
        target = _folder(folder, piece)
        if bands:
            target.mkdir(parents=True)
        for name, values in bands.items():
            _write_geotiff(target / f"{piece.key}_{name}{EXTENSIONS[0]}", values, piece)
        return sentence

    def _write_lmdb(self, folder: Path, report: Report) -> tuple[str, ...]:
        # One process writes and nobody reads yet, so neither a lock nor a sync per commit is due.
        room = self.size("lmdb") * 5 // 4 + 64 * 2**20
        database = lmdb.open(str(folder), map_size=room, lock=False, sync=False, metasync=False)
        left_out: list[str] = []
        with database, ThreadPoolExecutor(_WRITERS) as pool:
            for start in range(0, len(self._pieces), _BLOCK):
                block = self._pieces.some(slice(start, start + _BLOCK))
                with database.begin(write=True) as transaction:
                    for piece, (blob, sentence) in zip(
                        block, pool.map(self._blob, block), strict=True
                    ):
                        if blob:
                            transaction.put(_entry(piece).encode(), blob)
                        left_out += [sentence] if sentence else []
                report(start + len(block), len(self._pieces), "Packing")
            database.sync(True)
        return tuple(left_out)

    def _blob(self, piece: Piece) -> tuple[bytes, str]:
        bands, sentence = self._bands(piece)
        if not bands:
            return b"", sentence
        # A map has one tensor, which rico-hdl calls Data.
        unnamed = piece.layer.kind == "categorical"
        tensors = {
            "Data" if unnamed else name: np.ascontiguousarray(v) for name, v in bands.items()
        }
        return safetensors.numpy.save(tensors), sentence

    def _bands(self, piece: Piece) -> tuple[dict[str, Array], str]:
        """Return the stored bands of a piece; none, and why, if one cannot be read."""
        assert self._files is not None
        found = {}
        try:
            ((_, there),) = self._files.bands(piece.layer.name, [piece.key])
            for band in piece.layer.bands:
                if band.name in there:
                    found[band.name] = self._read(piece.key, piece.layer.name, band.name)
        except (DataMissing, FileUnreadable) as error:
            return {}, str(error)
        return found, "" if found else f"{piece.key} has no readable {piece.layer.title} band."


class _Pieces:
    """The pieces of some samples; each is made when it is asked for, since there are millions."""

    def __init__(self, frame: pd.DataFrame) -> None:
        there = [np.flatnonzero(frame[f"has_{layer.name}"].to_numpy(bool)) for layer in LAYERS]
        self._rows = np.concatenate(there)
        self._layers = np.repeat(np.arange(len(LAYERS)), [len(rows) for rows in there])
        self._keys = {layer.name: frame[layer.key].to_numpy(object) for layer in LAYERS}
        self._places = frame[["epsg", "left", "top"]].to_numpy(np.int32)

    def __len__(self) -> int:
        return len(self._rows)

    def some(self, part: slice) -> list[Piece]:
        found = []
        for row, number in zip(self._rows[part], self._layers[part], strict=True):
            epsg, left, top = self._places[row].tolist()
            layer = LAYERS[number]
            found.append(Piece(layer, self._keys[layer.name][row], (epsg, left, top)))
        return found


def _folder(root: Path, piece: Piece) -> Path:
    name = piece.layer.name
    return root / FOLDERS[name] / product(name, piece.key) / piece.key


def _entry(piece: Piece) -> str:
    return piece.key + (MAP_SUFFIX if piece.layer.kind == "categorical" else "")


def _write_geotiff(path: Path, values: Array, piece: Piece) -> None:
    """Write one band as the released files are: not compressed, but for the map."""
    epsg, left, top = piece.corner
    side = 1200 / len(values)
    packing = {"compress": "deflate", "predictor": 2} if piece.layer.kind == "categorical" else {}
    profile = {
        "driver": "GTiff",
        "width": len(values),
        "height": len(values),
        "count": 1,
        "dtype": values.dtype.name,
        "nodata": piece.layer.nodata,
        "crs": f"EPSG:{epsg}",
        "transform": from_origin(left, top, side, side),
        **packing,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(values, 1)


def _write_table(source: Path, target: Path, ids: list[str]) -> None:
    """Write the rows of some patches with all columns that the table has."""
    wanted = pa.array(ids, pa.string())
    with pq.ParquetFile(source) as file:
        schema = file.schema_arrow.remove_metadata()
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            for number in range(file.num_row_groups):
                rows = file.read_row_group(number)
                keys = rows["patch_id"].cast(pa.string())
                kept = rows.filter(pc.is_in(keys, value_set=wanted))
                writer.write_table(kept.cast(schema))
