import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from pyproj import Transformer

from eoexplore.core import mercator
from eoexplore.core.model_card import CardClass, ModelCard
from eoexplore.jobs import _upload_look, _upload_process, geotiff_inference, uploads
from eoexplore.tiles import own
from eoexplore.tiles.legend import legend
from eoexplore.tiles.queries import Asked, all_queries
from tests import tiffs

CARD = ModelCard(
    name="A model", task="segmentation", architecture="unet", encoder="", bands=("s2/B02",),
    input_size=32, resample="nearest", mean=(500.0,), std=(400.0,),
    classes=(CardClass(3, "dark", "#102030"), CardClass(9, "bright", "#f0e0d0")),
    activation="softmax", gsd_m=(10.0, 10.0), licence="MIT", source="here",
)  # fmt: skip
EAST, NORTH = 500_000, 5_300_000


@pytest.fixture
def upload(tmp_path, monkeypatch):
    """Return a file with its prediction: bright where its western half is."""
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(_upload_look, "look", lambda path: _upload_process.look(str(path)))
    pixels = np.full((1, 600, 600), 100, np.uint16)
    pixels[:, :, :300] = 900
    pixels[:, :50] = 0
    data = tiffs.tif(pixels, names=("B02",), nodata=0, compress="deflate")
    made = uploads.receive("me", "scene.tif", io.BytesIO(data))
    predict(made, CARD)
    return made


def predict(made, card):
    def by_value(batch):
        bright = (np.nan_to_num(batch[:, 0]) > 500).astype(np.float32)
        return np.stack([1 - bright, bright], axis=1)

    with geotiff_inference.opened(made.path, card) as source:
        geotiff_inference.run(source, by_value, made.result)


def ask(address):
    (query,) = (query for query in all_queries() if query.prefix == own.ID)
    match = query.pattern.fullmatch(address)
    return query.answer(Asked(None, match.groupdict(), {})) if match else None


def tile_at(column, row, z=14):
    """Return the tile in which a pixel of the file lies, and where in it."""
    to_web = Transformer.from_crs(32633, 3857, always_xy=True)
    east, north = to_web.transform(EAST + 10 * column + 5, NORTH - 10 * row - 5)
    across = (east + mercator.HALF_WORLD) / (2 * mercator.HALF_WORLD) * (1 << z)
    down = (mercator.HALF_WORLD - north) / (2 * mercator.HALF_WORLD) * (1 << z)
    return f"{z}/{int(across)}/{int(down)}.png", int(down % 1 * 256), int(across % 1 * 256)


def test_tiles_show_each_class_where_it_is(upload):
    for column, row, z, colour in (
        (100, 300, 14, (0xF0, 0xE0, 0xD0, 255)),
        (298, 300, 14, (0xF0, 0xE0, 0xD0, 255)),
        (302, 300, 14, (0x10, 0x20, 0x30, 255)),
        (100, 300, 10, (0xF0, 0xE0, 0xD0, 255)),
        (100, 20, 14, (0, 0, 0, 0)),
        (-20, 300, 14, (0, 0, 0, 0)),
    ):
        address, down, across = tile_at(column, row, z)
        answer = ask(f"{upload.id}/{address}")
        picture = Image.open(io.BytesIO(answer.body)).convert("RGBA")
        assert picture.size == (256, 256)
        found = picture.getpixel((across, down))
        assert found == colour or (colour[3] == found[3] == 0)


def test_a_class_of_code_0_ends_where_the_file_does(upload):
    classes = (CardClass(0, "dark", "#102030"), CardClass(9, "bright", "#f0e0d0"))
    predict(upload, replace(CARD, classes=classes))
    for column, row, alpha in ((400, 300, 255), (620, 300, 0), (400, -20, 0), (400, 20, 0)):
        address, down, across = tile_at(column, row)
        picture = Image.open(io.BytesIO(ask(f"{upload.id}/{address}").body)).convert("RGBA")
        assert picture.getpixel((across, down))[3] == alpha


def test_the_layer_says_where_it_lies(upload):
    layer, bounds = own.layer_of("a set", upload.id)
    address, _, version = layer["url"].partition("?v=")
    assert address == f"/own/a%20set/{upload.id}/{{z}}/{{x}}/{{y}}.png"
    # A browser keeps tiles: another prediction has another address.
    (upload.result / "result.json").touch()
    assert own.layer_of("a set", upload.id)[0]["url"].partition("?v=")[2] != version
    assert bounds == pytest.approx([15.0, 47.799, 15.081, 47.854], abs=2e-3)
    assert "scene" not in str(layer)


def test_the_legend_names_the_classes_that_were_found(upload):
    layer, _ = own.layer_of("a set", upload.id)
    said = legend(Asked(None, {"layer": own.ID}, {"style": layer["style"]})).data
    found = {item["label"]: (item["colour"], item["help"]) for item in said["entries"]}
    # 550 x 300 pixels each, of 10 m in a grid with the scale 0.9996.
    assert found == {"dark": ("#102030", "1,651.3 ha"), "bright": ("#f0e0d0", "1,651.3 ha")}
    assert legend(Asked(None, {"layer": own.ID}, {"style": "classes"})) is None


def test_what_is_not_there_is_not_found(upload):
    assert ask(f"{'0' * 32}/3/1/1.png") is None
    assert ask(f"{upload.id}/3/9/1.png") is None
    assert ask(f"{upload.id}/30/9/1.png") is None
    assert ask(f"../{upload.id}/3/1/1.png") is None
    assert own.layer_of("a", "../..") is None
    assert own.layer_of("a", "") is None
    (upload.result / "classes.tif").unlink()
    assert own.layer_of("a", upload.id) is None
    assert ask(f"{upload.id}/3/1/1.png") is None


def test_a_raster_that_is_damaged_meanwhile_is_not_found(upload):
    (upload.result / "classes.tif").write_bytes(b"II*\0")
    assert ask(f"{upload.id}/3/1/1.png") is None
