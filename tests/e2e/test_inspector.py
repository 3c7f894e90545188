"""The inspector on the demo and on real files: its numbers, its lines and its GeoTIFF."""

import io
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import rasterio
from PIL import Image

from tests.e2e.test_click import BANDS, read

pytestmark = pytest.mark.browser

PRINT = "\nprint(*(values[band] for band in values), *rgb)"


def mapped(folder: Path) -> str:
    """Return a patch that has all three layers."""
    names = sorted(path.name for path in folder.glob("Reference_Maps/*/*"))
    return names[len(names) // 2]


def shown(page, row, column):
    page.at(f'.eo-pixel[data-at="{row},{column}"]:not([aria-busy])').wait_for()
    values = {}
    for line in page.at(".eo-values tr").all():
        text = line.locator("td").inner_text().replace(",", "").replace("−", "-")
        values[line.locator("th").inner_text()] = float(text)
    values["code"] = int(page.at(".eo-code").get_attribute("data-code"))
    return values


def check(page, folder, name):
    """Compare the pixel that is shown with the files, read by rasterio."""
    row, column = map(int, page.at(".eo-pixel").get_attribute("data-at").split(","))
    wanted, found = read(folder, name, row, column), shown(page, row, column)
    assert {band: found[band] for band in BANDS} == wanted.s2
    for band, value in wanted.s1.items():
        assert found[band] == pytest.approx(value, abs=0.001)
    assert found["code"] == wanted.code
    place = page.at(".eo-place").inner_text()
    assert f"{wanted.lat:.5f} N" in place
    assert f"{abs(wanted.lon):.5f} {'E' if wanted.lon > 0 else 'W'}" in place
    return wanted


@pytest.mark.parametrize("kind", ["demo", "real"])
def test_the_inspector_tells_what_the_files_hold(open_page, demo_folder, request, kind):
    folder, slug = demo_folder, "reben-demo"
    if kind == "real":
        folder, slug = request.getfixturevalue("real_data") / "reben_mini", "reben-mini"
    name = mapped(folder)
    page = open_page()
    page.open_map(dataset=slug, i=f"{name}~31~118")
    shown(page, 31, 118)
    check(page, folder, name)
    created = page.counters()["created"]
    # The cursor in the viewer, then the keys: the numbers follow.
    canvas = page.at("figure[data-picture=s2] canvas")
    canvas.hover(position={"x": 60.5, "y": 90.5})
    shown(page, 90, 60)
    check(page, folder, name)
    canvas.click(position={"x": 17.5, "y": 44.5})
    page.page.keyboard.press("ArrowDown")
    page.page.mouse.move(400, 700)
    shown(page, 45, 17)
    wanted = check(page, folder, name)
    page.settle()
    assert page.parameter("i") == f"{name}~45~17"
    run_the_lines(page, folder, wanted)
    take_away(page, folder, name)
    assert page.counters()["created"] == created


def run_the_lines(page, folder, wanted):
    """Run what stands under Provenance; its colour is that of the picture on the screen."""
    page.page.get_by_text("Provenance: Python").click()
    code = page.at(".eo-script[data-of=s2] code").inner_text()
    assert str(folder) not in code
    done = subprocess.run(
        [sys.executable, "-I", "-c", code + PRINT],
        cwd=folder, capture_output=True, text=True, check=True,
    )  # fmt: skip
    numbers = [int(word) for word in done.stdout.split()]
    assert numbers[:12] == [wanted.s2[band] for band in BANDS]
    url = page.at("figure[data-picture=s2]").get_attribute("data-shown")
    body = page.page.request.get(f"{page.server.address}{url}").body()
    picture = np.asarray(Image.open(io.BytesIO(body)).convert("RGB"))
    assert numbers[12:] == picture[wanted.row, wanted.column].tolist()


def take_away(page, folder, name):
    with page.page.expect_download() as waiting:
        page.page.get_by_role("link", name="Sentinel-2, 12 bands").click()
    download = waiting.value
    assert download.suggested_filename == f"{name}_s2.tif"
    with rasterio.open(download.path()) as taken:
        assert taken.descriptions == BANDS
        for number, band in enumerate(BANDS, start=1):
            (path,) = folder.glob(f"BigEarthNet-S2/*/{name}/{name}_{band}.tif*")
            with rasterio.open(path) as file:
                pixels = file.read(1)
                assert (taken.crs, taken.bounds) == (file.crs, file.bounds)
            step = 120 // len(pixels)
            whole = np.kron(pixels, np.ones((step, step), pixels.dtype))
            np.testing.assert_array_equal(taken.read(number), whole)
