"""A model on demand, in front of somebody: a patch, a file of one's own, a file that is none."""

import io

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from eoexplore.store import catalog

pytestmark = pytest.mark.browser

DEMO = "reben-demo"
MODEL = "demo-landcover"
BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12", "B01")


@pytest.fixture(scope="module")
def geotiff(demo_folder, tmp_path_factory, cache):
    """One patch of the demo as a file of one's own, with names of its bands."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(cache))
        opened = catalog.open_slug(DEMO)
    samples = opened.samples
    row = int(np.flatnonzero(samples.has("s1") & samples.has("s2"))[0])
    sample = samples.frame.iloc[row]
    planes = {}
    for layer, key, names in (("s2", sample.id, BANDS), ("s1", sample.s1_id, ("VV", "VH"))):
        for name in names:
            values = opened.dataset.read(key, layer, name).astype(np.float32)
            times = 120 // len(values)
            planes[name] = values.repeat(times, 0).repeat(times, 1)
    path = tmp_path_factory.mktemp("own") / "own.tif"
    place = from_origin(int(samples.left[row]), int(samples.top[row]), 10, 10)
    profile = {"driver": "GTiff", "width": 120, "height": 120, "dtype": "float32"}
    profile |= {"count": len(planes), "crs": f"EPSG:{samples.epsg[row]}", "transform": place}
    with rasterio.open(path, "w", **profile) as file:
        for number, (name, values) in enumerate(planes.items(), 1):
            file.write(values, number)
            file.set_band_description(number, name)
    return path


def test_a_patch_and_the_next_one(open_page):
    app = open_page()
    app.open("/inference", dataset=DEMO, model=MODEL)
    app.page.get_by_text("labelled pixels have the class of the map").wait_for()
    assert app.at('[data-testid="stImage"] img').count() == 3
    app.page.get_by_role("button", name="Next").click()
    app.page.wait_for_function("new URLSearchParams(location.search).get('patch')")
    app.idle().page.get_by_text("labelled pixels have the class of the map").wait_for()
    app.page.get_by_text("patches a second").wait_for()


def test_a_file_of_ones_own_is_found_again_after_a_reload(open_page, geotiff, tmp_path):
    app = open_page()
    app.open("/inference", dataset=DEMO, model=MODEL, of="An own GeoTIFF")
    false = tmp_path / "picture.tif"
    false.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    app.at("input[type=file]").set_input_files(str(false))
    app.at('[data-testid="stAlert"]').filter(has_text="TIFF").first.wait_for()
    app.at("input[type=file]").set_input_files(str(geotiff))
    app.page.get_by_text("120 × 120 pixels of 10 × 10 m, 14 bands").wait_for()
    app.idle().page.get_by_role("button", name="Predict", exact=True).click()
    button = app.page.get_by_role("button", name="Classes, on the file's own pixels", exact=True)
    # A click that the server has not heard before the reload would be lost with the old page.
    app.page.get_by_role("button", name="Cancel", exact=True).or_(button).first.wait_for()
    app.page.reload()
    button.wait_for()
    with app.idle().page.expect_download() as download:
        button.click()
    with rasterio.open(io.BytesIO(download.value.path().read_bytes())) as found:
        assert (found.width, found.height) == (120, 120)
        assert found.crs.to_epsg() == rasterio.open(geotiff).crs.to_epsg()
        assert found.read(1).any()
