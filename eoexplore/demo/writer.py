"""Files of the synthetic dataset: the rasters of a group of patches, the tables at the end."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from eoexplore.core.mgrs import patch_corner
from eoexplore.demo import geotiff
from eoexplore.demo.nomenclature import Codes
from eoexplore.demo.parameters import VERSION, Acquisition
from eoexplore.demo.plan import Patch
from eoexplore.demo.sensors import at_resolution
from eoexplore.demo.spectra import BANDS

FACTOR = dict.fromkeys(("B02", "B03", "B04", "B08"), 1)
FACTOR |= dict.fromkeys(("B05", "B06", "B07", "B8A", "B11", "B12"), 2)
FACTOR |= dict.fromkeys(("B01", "B09"), 6)
"""How many pixels of 10 m a band's pixel is wide."""
RECOMMENDED = "metadata.parquet"
SPOILED = "metadata_for_patches_with_snow_cloud_or_shadow.parquet"
MARKER = "SYNTHETIC.txt"
"""Its presence tells a reader that the dataset is synthetic."""

_TEXT = pa.string()
_NAMES = pa.list_(pa.field("element", _TEXT))
METADATA = pa.schema(
    [
        ("patch_id", _TEXT),
        ("labels", _NAMES),
        ("split", _TEXT),
        ("country", _TEXT),
        ("s1_name", _TEXT),
        ("s2v1_name", _TEXT),
        ("contains_seasonal_snow", pa.bool_()),
        ("contains_cloud_or_shadow", pa.bool_()),
    ]
)
"""Columns of both metadata files, as released."""
TRUTH = pa.schema(
    [
        ("patch_id", _TEXT),
        ("true_labels", _NAMES),
        ("wrong", pa.bool_()),
        ("kind", _TEXT),
        ("wrong_pixels", pa.int32()),
        ("wrong_share", pa.float32()),
    ]
)
"""Columns of the table of what is true and where wrong labels were planted."""


def write_s2(root: Path, patch: Patch, date: Acquisition, bands: np.ndarray) -> None:
    """Write the 12 bands of a patch from its 10 m scene, shape (band, row, column)."""
    name = patch.s2(date)
    folder = root / "BigEarthNet-S2" / name.rsplit("_", 2)[0] / name
    folder.mkdir(parents=True)
    corner = patch_corner(patch.block.tile, patch.x, patch.y)
    for band, scene in zip(BANDS, bands, strict=True):
        pixels = at_resolution(scene, FACTOR[band])
        (folder / f"{name}_{band}.tif").write_bytes(geotiff.encode(pixels, *corner))


def write_s1(root: Path, patch: Patch, date: Acquisition, bands: np.ndarray) -> None:
    """Write VV and VH of a patch, in decibel."""
    name = patch.s1(date)
    folder = root / "BigEarthNet-S1" / name.rsplit("_", 3)[0] / name
    folder.mkdir(parents=True)
    corner = patch_corner(patch.block.tile, patch.x, patch.y)
    for band, pixels in zip(("VV", "VH"), bands, strict=True):
        (folder / f"{name}_{band}.tif").write_bytes(geotiff.encode(pixels, *corner))


def write_maps(
    root: Path, truth: Path, patch: Patch, date: Acquisition, codes: tuple[Codes, Codes]
) -> None:
    """Write the reference map into the dataset and the true map beside it."""
    name = patch.s2(date)
    folder = root / "Reference_Maps" / name.rsplit("_", 2)[0] / name
    folder.mkdir(parents=True)
    corner = patch_corner(patch.block.tile, patch.x, patch.y)
    file = f"{name}_reference_map.tif"
    geotiff.write_map(folder / file, codes[0], *corner)
    if np.array_equal(*codes):
        (truth / file).write_bytes((folder / file).read_bytes())
    else:
        geotiff.write_map(truth / file, codes[1], *corner)


def write_metadata(root: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write both metadata files: patches with snow or cloud stand in the second one."""
    flags = ("contains_seasonal_snow", "contains_cloud_or_shadow")
    spoiled = [row for row in rows if row[flags[0]] or row[flags[1]]]
    clean = [row for row in rows if not (row[flags[0]] or row[flags[1]])]
    write_table(root / RECOMMENDED, clean, METADATA)
    write_table(root / SPOILED, spoiled, METADATA)


def write_table(path: Path, rows: Sequence[dict[str, Any]], schema: pa.Schema) -> None:
    """Write rows, sorted by patch_id."""
    ordered = sorted(rows, key=lambda row: str(row["patch_id"]))
    table = pa.Table.from_pylist(ordered, schema=schema)
    pq.write_table(table, path, compression="zstd", row_group_size=122_880)


def write_marker(root: Path, seed: int) -> None:
    """Say in the dataset's folder that it is synthetic."""
    lines = (
        "eoexplore synthetic demo",
        f"seed {seed}",
        f"generator version {VERSION}",
        "Names, layout and formats are those of reBEN (BigEarthNet v2.0); the land is invented.",
    )
    (root / MARKER).write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")
