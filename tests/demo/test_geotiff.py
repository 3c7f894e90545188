import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from eoexplore.demo import geotiff


@pytest.mark.parametrize(
    ("side", "dtype"), [(120, "uint16"), (60, "uint16"), (20, "uint16"), (120, "float32")]
)
def test_encoded_file_is_what_rasterio_writes(tmp_path, side, dtype):
    rng = np.random.default_rng(1)
    pixels = (rng.normal(1000, 200, (side, side)) - (5000 if dtype == "float32" else 0)).astype(
        dtype
    )
    size = 1200 / side
    profile = {"driver": "GTiff", "count": 1, "width": side, "height": side, "dtype": dtype}
    profile |= {"crs": "EPSG:32633", "transform": from_origin(384_000, 5_342_400, size, size)}
    if dtype == "uint16":
        profile["nodata"] = 0
    with rasterio.open(tmp_path / "a.tif", "w", **profile) as file:
        file.write(pixels, 1)
    assert geotiff.encode(pixels, 32633, 384_000, 5_342_400) == (tmp_path / "a.tif").read_bytes()


def test_zone_and_corner_of_each_call_are_its_own():
    pixels = np.ones((20, 20), np.uint16)
    first = geotiff.encode(pixels, 32629, 508_380, 4_256_820)
    second = geotiff.encode(pixels, 32633, 378_000, 5_352_000)
    for data, epsg, left, top in (
        (first, 32629, 508_380, 4_256_820),
        (second, 32633, 378_000, 5_352_000),
    ):
        with rasterio.MemoryFile(data) as memory, memory.open() as file:
            assert file.crs.to_epsg() == epsg
            assert (file.bounds.left, file.bounds.top) == (left, top)


def test_genuine_optical_files_have_the_same_bytes(real_data):
    folder = real_data / "reben" / "ben_v2_tiffs" / "BigEarthNet-S2"
    paths = sorted(folder.rglob("*.tif"))
    assert len(paths) == 12
    for path in paths:
        with rasterio.open(path) as file:
            pixels, corner = file.read(1), (round(file.bounds.left), round(file.bounds.top))
            epsg = file.crs.to_epsg()
        assert geotiff.encode(pixels, epsg, *corner) == path.read_bytes()
