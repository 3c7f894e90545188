"""Genuine patches: a click gives the numbers in the files, in two UTM zones."""

import numpy as np
import pytest
import rasterio
from starlette.applications import Starlette
from starlette.testclient import TestClient

from eoexplore.core import mgrs
from eoexplore.store import catalog
from eoexplore.tiles.routes import routes

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def mini(real_data):
    root = real_data / "reben_mini"
    if not root.is_dir():
        pytest.skip("reben_mini is not among the real files")
    return catalog.add(root)


@pytest.mark.parametrize(("row", "column"), [(0, 0), (0, 119), (119, 0), (119, 119), (60, 61)])
@pytest.mark.parametrize("epsg", [32633, 32635])
def test_points_of_real_patches(mini, epsg, row, column):
    client = TestClient(Starlette(routes=routes()), base_url="http://127.0.0.1")
    samples = mini.samples
    for index in np.flatnonzero(samples.epsg == epsg):
        east = samples.left[index] + 10 * (column + 0.5)
        north = samples.top[index] - 10 * (row + 0.5)
        lon, lat = mgrs.to_lonlat(epsg).transform(east, north)
        answer = client.get(f"/point/{mini.slug}/{lon:.9f}/{lat:.9f}").json()
        assert (answer["pixel"]["row"], answer["pixel"]["column"]) == (row, column)
        name = answer["id"]
        folder = mini.dataset.path / "BigEarthNet-S2" / name.rsplit("_", 2)[0] / name
        for band, value in answer["values"]["s2"].items():
            with rasterio.open(folder / f"{name}_{band}.tif") as file:
                assert value == file.read(1)[file.index(east, north)]
