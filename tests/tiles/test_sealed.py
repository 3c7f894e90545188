"""Archives that cannot be read file by file: pictures from the index, a sentence for the rest."""

import io

import numpy as np
import pytest
from PIL import Image

from eoexplore.core.errors import UnknownName
from eoexplore.core.selection import EVERYTHING
from eoexplore.render.colours import UNREADABLE
from eoexplore.store import catalog
from eoexplore.tiles import layers
from eoexplore.tiles.geotiff import geotiff
from tests import indexing
from tests.archives import FOLDERS, pack
from tests.tiles.conftest import ALONE, EASTERN, PATCHES, built

SENTENCE = "Extract the archives for full resolution."


@pytest.fixture(scope="module")
def streamed(data, tmp_path_factory):
    root = pack(data.root, tmp_path_factory.mktemp("zst"), dict.fromkeys(FOLDERS, ".tar.zst"))
    opened = catalog.add(root)
    indexing.build(opened.slug, overviews=True)
    return built(catalog.open_slug(opened.slug), root)


def _tile(z, lon, lat):
    x = (lon + 180) / 360 * 2**z
    y = (1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**z
    return int(x), int(y)


def picture(client, data, layer, z, patch, more=""):
    x, y = _tile(z, *centre(data, patch))
    answer = client.get(f"{data.tiles}/{layer}/{z}/{x}/{y}.png?{more}")
    assert answer.status_code == 200
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA")), answer


def centre(data, patch):
    row = data.opened.samples.row(patch.id)
    return float(data.opened.samples.lon[row]), float(data.opened.samples.lat[row])


@pytest.mark.parametrize("layer", FOLDERS)
def test_far_tiles_are_those_of_the_tree(client, data, streamed, layer):
    for z in (9, 12):
        mine, answer = picture(client, streamed, layer, z, ALONE[0])
        np.testing.assert_array_equal(mine, picture(client, data, layer, z, ALONE[0])[0])
        assert "X-EOExplore-Notice" not in answer.headers


@pytest.mark.parametrize("layer", FOLDERS)
@pytest.mark.parametrize("z", [13, 16])
def test_near_tiles_are_drawn_from_the_index_and_say_so(client, data, streamed, layer, z):
    mine, answer = picture(client, streamed, layer, z, EASTERN[3])
    theirs, _ = picture(client, data, layer, z, EASTERN[3])
    assert "full%20resolution" in answer.headers["X-EOExplore-Notice"].replace(" ", "%20")
    there = theirs[..., 3] > 0
    assert (mine[..., 3] > 0)[there].mean() > 0.95
    assert not (mine[there] == UNREADABLE).all(axis=-1).any()
    if layer == "s2":
        # The same ground, smoothed over 20 m.
        difference = mine[there].astype(float) - theirs[there].astype(float)
        assert np.abs(difference.mean()) < 6


def test_the_map_says_it_at_the_layer_and_not_elsewhere(data, streamed):
    described = layers.describe(streamed.opened, EVERYTHING)
    found = {item["id"]: item for item in described["layers"]}
    for layer in FOLDERS:
        assert "extract the archives" in found[layer]["note"]
        assert found[layer]["note_zoom"] == 13
    assert described["whole_zoom"] is None
    other = layers.describe(data.opened, EVERYTHING)
    assert [item["note"] for item in other["layers"] if "note" in item] == [None] * 3


def test_a_patch_has_its_picture_and_a_sentence_for_its_values(client, data, streamed):
    slug, patch = streamed.opened.slug, ALONE[1]
    card = client.get(f"/patch/{slug}/{patch.id}/card.json").json()
    other = client.get(f"/patch/{data.opened.slug}/{patch.id}/card.json").json()
    assert card["pixel_classes"] == other["pixel_classes"]
    for link in card["pictures"]:
        mine = Image.open(io.BytesIO(client.get(link["url"]).content))
        assert mine.size == (120, 120)
        assert (np.asarray(mine.convert("RGBA"))[..., 3] == 255).mean() > 0.9
        assert len(mine.convert("RGB").getcolors(20_000)) > 3
    lon, lat = centre(streamed, patch)
    values = client.get(f"/point/{slug}/{lon}/{lat}").json()["values"]
    assert values == {key: {"error": "Extract the archives for values."} for key in FOLDERS}
    assert client.get(f"/patch/{slug}/{patch.id}/s2.tif").status_code == 404
    with pytest.raises(UnknownName, match=SENTENCE):
        geotiff(streamed.scene, streamed.opened.samples.row(patch.id), "s2")


def test_spectra_say_what_they_need(client, streamed):
    body = client.get(f"/spectra/{streamed.opened.slug}").json()
    assert (body["available"], "extract the archives" in body["sentence"]) == (False, True)


def test_the_same_patches_are_there(streamed):
    assert len(streamed.opened.samples) == len(PATCHES)
