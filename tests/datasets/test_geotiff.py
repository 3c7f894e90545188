"""Small GeoTIFFs from their bytes: the pixels that GDAL reads, or nothing at all."""

import numpy as np
import pytest
import rasterio

from eoexplore.core.errors import FileUnreadable
from eoexplore.datasets import _geotiff

CODES = np.random.default_rng(1).choice([0, 112, 312, 523, 65535], (120, 120)).astype(np.uint16)
DECIBELS = np.random.default_rng(2).normal(-14, 4, (60, 60)).astype(np.float32)


def written(path, pixels, **options):
    height, width = pixels.shape
    profile = {"height": height, "width": width, "count": 1, "dtype": pixels.dtype.name}
    with rasterio.open(path, "w", driver="GTiff", **profile, **options) as file:
        file.write(pixels, 1)
    return path.read_bytes()


@pytest.mark.parametrize("pixels", [CODES, DECIBELS], ids=["codes", "decibels"])
@pytest.mark.parametrize(
    ("options", "plain"),
    [
        ({}, True),
        ({"compress": "deflate"}, True),
        ({"compress": "deflate", "predictor": 2}, True),
        ({"compress": "deflate", "blockysize": 7}, True),
        ({"compress": "deflate", "tiled": True, "blockxsize": 64, "blockysize": 64}, False),
        ({"compress": "lzw"}, False),
        ({"ENDIANNESS": "BIG"}, False),
    ],
)
def test_pixels_are_those_that_gdal_reads(tmp_path, pixels, options, plain):
    data = written(tmp_path / "a.tif", pixels, **options)
    found = _geotiff.plain(data)
    # Of real numbers a predictor takes bits apart: that is left to GDAL.
    if plain and not (pixels.dtype.kind == "f" and "predictor" in options):
        assert found is not None
        assert found.dtype == pixels.dtype
        assert (found == pixels).all()
    else:
        assert found is None
    assert (_geotiff.decode(data, "a.tif") == pixels).all()


@pytest.mark.parametrize("compress", ["deflate", None])
def test_what_is_cut_short_is_unreadable(tmp_path, compress):
    data = written(tmp_path / "a.tif", CODES, compress=compress)
    for length in (0, 7, 100, len(data) // 2, len(data) - 40):
        assert _geotiff.plain(data[:length]) is None
        with pytest.raises(FileUnreadable, match="damaged"):
            _geotiff.decode(data[:length], "a.tif")
