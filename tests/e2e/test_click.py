"""Numbers on the card against rasterio on the file itself."""

import json
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pyproj
import pytest
import rasterio

BANDS = (
    *(f"B{number:02d}" for number in range(1, 9)),
    *("B8A", "B09", "B11", "B12"),
)
CORNERS = {
    "upper left": (0, 0),
    "upper right": (0, 119),
    "lower left": (119, 0),
    "lower right": (119, 119),
}


@dataclass(frozen=True)
class Pixel:
    """A pixel of 10 m of one patch, by what the files themselves say of it."""

    patch: str
    row: int
    column: int
    lon: float
    lat: float
    epsg: int
    s2: dict[str, int]
    s1: dict[str, float]
    code: int


def read(folder: Path, name: str, row: int, column: int) -> Pixel:
    """Read one pixel of all files of a patch with rasterio, through the place of its centre."""
    (first,) = folder.glob(f"BigEarthNet-S2/*/{name}/{name}_B02.tif*")
    with rasterio.open(first) as file:
        east, north = file.xy(row, column)
        crs = file.crs
    values = {}
    for band in BANDS:
        (path,) = folder.glob(f"BigEarthNet-S2/*/{name}/{name}_{band}.tif*")
        values[band] = int(at(path, east, north))
    (code_file,) = folder.glob(f"Reference_Maps/*/{name}/{name}_reference_map.tif*")
    radar = radar_of(folder, name)
    back = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    lon, lat = back.transform(east, north)
    return Pixel(
        name, row, column, lon, lat, crs.to_epsg(), values,
        {band: float(at(path, east, north)) for band, path in radar.items()},
        int(at(code_file, east, north)),
    )  # fmt: skip


def at(path: Path, east: float, north: float) -> np.generic:
    with rasterio.open(path) as file:
        return file.read(1)[file.index(east, north)]


def radar_of(folder: Path, name: str) -> dict[str, Path]:
    """Return the radar files that the metadata gives a patch."""
    tables = [pq.read_table(path).to_pylist() for path in folder.glob("metadata*.parquet")]
    (radar,) = [row["s1_name"] for rows in tables for row in rows if row["patch_id"] == name]
    found = {}
    for band in ("VV", "VH"):
        (found[band],) = folder.glob(f"BigEarthNet-S1/*/{radar}/{radar}_{band}.tif*")
    return found


@pytest.fixture(scope="module")
def patches(demo_folder):
    """Two patches seen once, so that nothing lies on top of them: one in each zone."""
    names = sorted(path.name for path in demo_folder.glob("BigEarthNet-S2/*/*"))
    places = [name.split("_T")[1] for name in names]
    once = [name for name, place in zip(names, places, strict=True) if places.count(place) == 1]
    return [next(name for name in once if f"_T{tile}_" in name) for tile in ("29SNC", "33UUP")]


@pytest.fixture(scope="module")
def pixels(demo_folder, patches):
    return [read(demo_folder, name, *corner) for name in patches for corner in CORNERS.values()]


def test_point_route_gives_the_numbers_of_the_file(server, pixels):
    assert {pixel.epsg for pixel in pixels} == {32629, 32633}
    for pixel in pixels:
        url = f"{server.address}/point/reben-demo/{pixel.lon:.7f}/{pixel.lat:.7f}"
        with urllib.request.urlopen(url, timeout=60) as answer:
            found = json.load(answer)
        assert found["id"] == pixel.patch
        place = found["pixel"]
        assert (place["row"], place["column"], place["epsg"]) == (
            pixel.row,
            pixel.column,
            pixel.epsg,
        )
        assert found["values"]["s2"] == pixel.s2
        assert found["values"]["s1"] == pytest.approx(pixel.s1, abs=1e-5)
        assert found["values"]["reference_map"]["code"] == pixel.code


@pytest.mark.browser
def test_click_shows_the_numbers_of_the_file(open_page, pixels):
    page = open_page()
    # The upper left pixel of one patch, the lower right one of the other: edges of both kinds.
    for pixel in (pixels[0], pixels[7]):
        page.open_map(dataset="reben-demo", v=f"{pixel.lat:.7f},{pixel.lon:.7f},16")
        # At the middle of the map lies the pixel's centre, within the half of a screen pixel.
        box = page.at(".eo-map").bounding_box()
        page.at(".eo-map").click(position={"x": box["width"] / 2, "y": box["height"] / 2})
        at = f'.eo-pixel[data-at="{pixel.row},{pixel.column}"]:not([aria-busy])'
        page.at(f'.eo-card[data-id="{pixel.patch}"] {at}').wait_for()
        text = page.at(".eo-card").inner_text()
        assert f"(row {pixel.row}, column {pixel.column})" in text
        shown = {}
        for line in page.at(".eo-values tr").all():
            shown[line.locator("th").inner_text()] = line.locator("td").inner_text()
        for band, value in pixel.s2.items():
            assert shown[band] == f"{value:,}"
        for band, value in pixel.s1.items():
            assert float(shown[band].replace("−", "-")) == pytest.approx(value, abs=0.06)
        assert page.at(".eo-code").get_attribute("data-code") == str(pixel.code)


def test_points_of_the_real_mini_give_the_numbers_of_the_file(server, real_data):
    folder = real_data / "reben_mini"
    (mapped,) = [path.name for path in folder.glob("Reference_Maps/*/*")]
    for corner in CORNERS.values():
        pixel = read(folder, mapped, *corner)
        select = urllib.parse.quote(f"ids={pixel.patch}", safe="")
        url = f"{server.address}/point/reben-mini/{pixel.lon:.7f}/{pixel.lat:.7f}?select={select}"
        with urllib.request.urlopen(url, timeout=60) as answer:
            found = json.load(answer)
        assert found["id"] == pixel.patch
        assert (found["pixel"]["row"], found["pixel"]["column"]) == (pixel.row, pixel.column)
        assert found["values"]["s2"] == pixel.s2
        assert found["values"]["s1"] == pytest.approx(pixel.s1, abs=1e-5)
        assert found["values"]["reference_map"]["code"] == pixel.code
