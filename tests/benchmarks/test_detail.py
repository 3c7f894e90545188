"""The rule of the source pixel: what is drawn from too coarse pixels is told from its detail."""

import io

import numpy as np
import pytest
from PIL import Image

from benchmarks import detail, floor
from benchmarks.area import Data, Square
from benchmarks.land import Land
from eoexplore.render.composites import styles_of
from eoexplore.render.warp import View

STRETCH = tuple((item.low, item.high) for item in styles_of("s2")[0].channels)
Z, X, Y = 12, 2225, 1419


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> Data:
    """Return land around one tile, without files."""
    land = Land(9)
    square = Square((), (), 9, "33UWP", 1, 2)
    rgb = np.stack([land.optical(band) for band in ("B04", "B03", "B02")])
    return Data(tmp_path_factory.mktemp("land"), square, rgb, land.labels())


@pytest.fixture(scope="module")
def view(data) -> View:
    """Return a tile of zoom 12 in the middle of the square."""
    from benchmarks.tiles import tile_at
    from eoexplore.core import mgrs

    epsg, left, top = data.square.corner
    lon, lat = mgrs.to_lonlat(epsg).transform(left + 5400, top - 5400)
    return View(Z, *tile_at(Z, lon, lat))


@pytest.mark.parametrize(("metres", "share"), [(20, 0.8), (40, 1.6), (80, 3.1)])
def test_the_source_pixel_is_found_in_the_picture(data, view, metres, share):
    picture = floor.Ready(data, view, metres).picture(STRETCH)

    found = detail.source_pixel(data, view, picture, STRETCH)

    assert found == pytest.approx(metres / view.ground_m, rel=0.15)
    assert found == pytest.approx(share, rel=0.2)


def test_a_blurred_source_breaks_the_rule(data, view):
    sharp = floor.Ready(data, view, 20).picture(STRETCH)
    blurred = np.asarray(Image.fromarray(sharp).resize((96, 96)).resize((256, 256)))

    assert detail.source_pixel(data, view, sharp, STRETCH) <= detail.allowed(view.ground_m)
    assert detail.source_pixel(data, view, blurred, STRETCH) > detail.allowed(view.ground_m)


def test_an_empty_tile_differs_from_the_floor(data, view):
    picture = floor.Ready(data, view).picture(STRETCH)
    opaque = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    half = opaque.copy()
    half[128:, :, 3] = 0

    assert detail.difference(opaque, picture) == 0
    assert detail.difference(half, picture) == pytest.approx(127.5)


def test_near_tiles_may_have_native_pixels():
    assert detail.allowed(20.0) == 1.5
    assert detail.allowed(3.2) == pytest.approx(3.19, abs=0.01)


def test_detail_is_read_between_two_sizes():
    assert detail.estimate(5.0, [10, 20], [6.0, 4.0]) == 15
    assert detail.estimate(9.0, [10, 20], [6.0, 4.0]) == 10
    assert detail.estimate(1.0, [10, 20], [6.0, 4.0]) == 20


def test_a_picture_is_decoded_with_its_transparency():
    image = Image.new("RGBA", (2, 1), (10, 20, 30, 0))
    body = io.BytesIO()
    image.save(body, "PNG")

    assert detail.decoded(body.getvalue()).tolist() == [[[10, 20, 30, 0]] * 2]
