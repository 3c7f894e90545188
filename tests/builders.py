"""Small datasets in the released reBEN layout with pixels that a test can compute again."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rasterio
from rasterio.transform import from_origin

from eoexplore.core import mgrs

S2_GSD = {
    "B01": 60, "B02": 10, "B03": 10, "B04": 10, "B05": 20, "B06": 20, "B07": 20, "B08": 10,
    "B8A": 20, "B09": 60, "B11": 20, "B12": 20,
}  # fmt: skip
CODES = (112, 211, 231, 312, 313, 411, 512, 523, 142, 999)
"""Label codes that fill reference maps: eight of classes, two of none."""


@dataclass(frozen=True)
class Patch:
    """One patch to write."""

    tile: str
    x: int
    y: int
    date: str = "20170613T101031"
    split: str = "train"
    country: str = "Austria"
    labels: tuple[str, ...] = ("Arable land", "Pastures")

    @property
    def id(self) -> str:
        return f"S2A_MSIL2A_{self.date}_N9999_R022_T{self.tile}_{self.x:02d}_{self.y:02d}"

    @property
    def s1_id(self) -> str:
        return f"S1A_IW_GRDH_1SDV_{self.date}_{self.tile}_{self.x}_{self.y}"

    @property
    def corner(self) -> tuple[int, int, int]:
        """EPSG code, left easting, top northing."""
        return mgrs.patch_corner(self.tile, self.x, self.y)

    def path(self, root: Path, layer: str, band: str) -> Path:
        """Return where a band's file lies in the released tree."""
        folder, name, fields = {
            "s2": ("BigEarthNet-S2", self.id, 2),
            "s1": ("BigEarthNet-S1", self.s1_id, 3),
            "reference_map": ("Reference_Maps", self.id, 2),
        }[layer]
        product = name.rsplit("_", fields)[0]
        return root / folder / product / name / f"{name}_{band}.tif"

    def pixels(self, layer: str, band: str) -> np.ndarray:
        """Return the band's pixels: noise of this patch on waves that go on in the next one."""
        gsd = S2_GSD.get(band, 10) if layer == "s2" else 10
        side = mgrs.PATCH_M // gsd
        _, left, top = self.corner
        key = f"{self.id} {layer} {band}".encode()
        noise = np.random.default_rng(np.frombuffer(key, np.uint8)).random((side, side))
        if layer == "reference_map":
            return np.array(CODES, np.uint16)[(noise * len(CODES)).astype(int)]
        east = left + gsd * (np.arange(side) + 0.5)
        north = top - gsd * (np.arange(side)[:, None] + 0.5)
        wave = np.sin(east / 170 + len(band)) + np.cos(north / 130 + sum(map(ord, band)))
        if layer == "s1":
            return (-14 + 3 * wave + 4 * noise).astype(np.float32)
        return (900 + 250 * wave + 300 * noise).astype(np.uint16)


def block(tile: str, lon: float, lat: float, side: int = 2, **more: object) -> tuple[Patch, ...]:
    """Return side x side patches of a tile around a place."""
    epsg, left, top = mgrs.tile_origin(tile)
    east, north = mgrs.to_utm(epsg).transform(lon, lat)
    x = round((east - left) / mgrs.PATCH_M) - side // 2
    y = round((top - north) / mgrs.PATCH_M) - side // 2
    return tuple(
        Patch(tile, x + right, y + down, **more) for down in range(side) for right in range(side)
    )


def write_raster(path: Path, pixels: np.ndarray, patch: Patch, nodata: float | None) -> None:
    """Write one band as a GeoTIFF of the released kind."""
    epsg, left, top = patch.corner
    gsd = mgrs.PATCH_M / len(pixels)
    path.parent.mkdir(parents=True, exist_ok=True)
    profile = {
        "driver": "GTiff",
        "width": len(pixels),
        "height": len(pixels),
        "count": 1,
        "dtype": pixels.dtype.name,
        "nodata": nodata,
        "crs": epsg,
        "transform": from_origin(left, top, gsd, gsd),
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(pixels, 1)


def bands_of(layer: str) -> tuple[str, ...]:
    """Return the bands of a layer."""
    return {"s2": tuple(S2_GSD), "s1": ("VV", "VH"), "reference_map": ("reference_map",)}[layer]


def write_metadata(root: Path, patches: tuple[Patch, ...]) -> None:
    """Write metadata.parquet."""
    root.mkdir(parents=True, exist_ok=True)
    columns = {
        "patch_id": [patch.id for patch in patches],
        "labels": [list(patch.labels) for patch in patches],
        "split": [patch.split for patch in patches],
        "country": [patch.country for patch in patches],
        "s1_name": [patch.s1_id for patch in patches],
        "s2v1_name": [f"S2A_MSIL2A_{p.date}_{p.x}_{p.y}_{p.tile}" for p in patches],
        "contains_seasonal_snow": [False for _ in patches],
        "contains_cloud_or_shadow": [False for _ in patches],
    }
    pq.write_table(pa.table(columns), root / "metadata.parquet")


def write_tree(
    root: Path,
    patches: tuple[Patch, ...],
    layers: tuple[str, ...] = ("s2", "s1", "reference_map"),
) -> Path:
    """Write patches with all bands of some layers, and their metadata; return the folder."""
    for patch in patches:
        for layer in layers:
            nodata = None if layer == "s1" else 0
            for band in bands_of(layer):
                pixels = patch.pixels(layer, band)
                write_raster(patch.path(root, layer, band), pixels, patch, nodata)
    write_metadata(root, tuple(sorted(patches, key=lambda patch: patch.id)))
    return root


def mosaic(
    patches: tuple[Patch, ...], layer: str, bands: tuple[str, ...], empty: float
) -> tuple[np.ndarray, int, int]:
    """Put patches of one zone side by side in numpy.

    Returns:
        Pixels at 10 m, shape (band, row, column); left easting and top northing in metres.
    """
    left = min(patch.corner[1] for patch in patches)
    top = max(patch.corner[2] for patch in patches)
    width = (max(patch.corner[1] for patch in patches) - left) // 10 + 120
    height = (top - min(patch.corner[2] for patch in patches)) // 10 + 120
    first = patches[0].pixels(layer, bands[0])
    canvas = np.full((len(bands), height, width), empty, first.dtype)
    for patch in patches:
        row, column = (top - patch.corner[2]) // 10, (patch.corner[1] - left) // 10
        for plane, band in zip(canvas, bands, strict=True):
            pixels = patch.pixels(layer, band)
            times = 120 // len(pixels)
            full = np.kron(pixels, np.ones((times, times), pixels.dtype))
            plane[row : row + 120, column : column + 120] = full
    return canvas, left, top


def lacking(dataset):
    """Return how many patches lack a band, by (layer, band)."""
    found = dataset.health().missing
    return {tuple(name.split("/")): count for name, count in found.items() if "/" in name}
