"""Pictures for whoever judges a finding: what there is, why not, the mask, the spots."""

import io
from urllib.parse import quote

import numpy as np
import pytest
import rasterio
from PIL import Image

from eoexplore.core.findings import Findings
from eoexplore.core.selection import Selection
from eoexplore.evidence import spots
from eoexplore.store import catalog, issues
from eoexplore.store.issues import Kept
from eoexplore.tiles import issue_pictures, layers
from tests import builders
from tests.tiles.conftest import ALONE, SIDE

BAD = '<img src=x onerror="alert(1)">'


def picture(client, address, status=200):
    answer = client.get(address)
    assert answer.status_code == status
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))


def slots(item):
    return {one["slot"]: one for one in item["pictures"]}


def test_pictures_of_a_patch(client, queue_page):
    item = queue_page(reason="spots")["items"][0]
    own = slots(item)
    assert list(own) == ["optical", "radar", "map", "prediction"]
    assert all(one["url"] and one["reason"] is None for one in own.values())
    for one in own.values():
        assert client.get(one["url"]).status_code == 200
    assert client.get(item["thumb"]).status_code == 200
    mask = picture(client, own["prediction"]["url"])
    assert mask.shape == (120, 120, 4)
    assert mask[10, 10].tolist() == [0xE6, 0x00, 0x4D, 255]
    assert mask[70, 10].tolist() == [0xFF, 0xFF, 0xA8, 255]
    assert mask[70, 110, 3] == 0
    safe = queue_page(reason="spots", palette="safe")["items"][0]
    assert "palette=safe" in slots(safe)["prediction"]["url"]
    assert (picture(client, slots(safe)["prediction"]["url"])[10, 10] != mask[10, 10]).any()


def test_the_outline_of_the_spot_is_told_from_the_others(client, queue_page):
    item = queue_page(reason="spots")["items"][0]
    drawn = picture(client, item["spots"])
    cell = len(drawn) // SIDE
    # Transparent inside and outside; a line just inside of the border.
    assert drawn[10 * cell, 10 * cell, 3] == 0
    assert drawn[16 * cell, 16 * cell, 3] == 0
    assert drawn[8 * cell + 1, 10 * cell].tolist() == [255, 225, 77, 255]
    assert drawn[2 * cell + 1, 3 * cell].tolist() == [255, 255, 255, 255]
    address = item["spots"].split("&at=")[0]
    for odd in ("", "&at=5,5", "&at=400,1", f"&at={quote(BAD)}"):
        assert picture(client, address + odd)[8 * cell + 1, 10 * cell].tolist() == [255] * 4


def test_pictures_are_asked_for_once(client, queue_page):
    item = queue_page(reason="spots")["items"][0]
    for address in (item["spots"], slots(item)["prediction"]["url"]):
        first = client.get(address)
        # They may change without the dataset: the browser asks each time.
        assert first.headers["cache-control"] == "no-cache"
        again = client.get(address, headers={"If-None-Match": first.headers["etag"]})
        assert again.status_code == 304


def test_pictures_that_are_not_there_are_not_found(client, doubted):
    base = f"/issues/{doubted.opened.slug}"
    for name in ("prediction", "spots"):
        own = f"{base}/{ALONE[0].id}/{name}.png"
        for query in ("", "?set=none", "?set=nothing", "?set=scores"):
            assert client.get(own + query).status_code == 404
        assert client.get(f"{base}/nobody/{name}.png?set=doubt").status_code == 404


def test_why_a_picture_is_missing(client, queue_page, doubted):
    folder = issues.folder_of(doubted.opened, "scores")
    issues.write(folder, "labels", Kept("a", Findings.of([1], [0], [-1], [0.5])))
    (item,) = queue_page(set="scores")["items"]
    assert "scores of patches" in slots(item)["prediction"]["reason"]
    assert (item["spots"], item["model"]) == (None, None)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A dataset of metadata alone, with a finding that needs no model."""
    root = tmp_path_factory.mktemp("data") / "issues-table"
    builders.write_metadata(root, builders.block("33UUP", 13.1, 48.2))
    opened = catalog.add(root)
    found = Findings.of([0, 1], [1, 2], [2, -1], [0.8, 0.1], value=0.2)
    issues.write(issues.folder_of(opened), "labels", Kept("a", found))
    return opened


def test_without_pictures_and_without_a_model(queue_page, table):
    first, second = queue_page(table.slug, set="")["items"]
    own = slots(first)
    assert {one["url"] for one in own.values()} == {None}
    assert own["optical"]["reason"] == "This patch has no Sentinel-2 image."
    assert own["prediction"]["reason"] == "No predictions are chosen above."
    assert (first["thumb"], first["spots"], first["at"]) == (None, None, None)
    assert second["suspect"] is None


def test_without_a_location(changed, queue_page, doubted):
    nowhere = dict.fromkeys(("x", "y", "epsg", "left", "top"), None)
    client = changed(lon=np.nan, lat=np.nan, tile=None, **nowhere)
    found = queue_page(using=client)
    assert found["total"] == 6
    item = found["items"][1]
    assert (item["place"], item["centre"], item["at"]) == (None, None, None)
    assert client.get(slots(item)["prediction"]["url"]).status_code == 404


def test_spots_are_a_layer_of_the_map_and_weak_ones_are_left_out(client, doubted):
    opened = doubted.opened
    described = layers.describe(opened, Selection())["layers"]
    own = next(one for one in described if one["id"] == "pred:doubt")
    assert [style["title"] for style in own["styles"] if style["id"] == "spots"] == [
        "Chance that the map is wrong"
    ]
    lon, lat = opened.samples.lon[0], opened.samples.lat[0]
    x = int((lon + 180) / 360 * 2**15)
    y = int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**15)
    drawn = picture(client, f"/tiles/{opened.slug}/pred:doubt:spots/15/{x}/{y}.png")
    share = (drawn[..., 3] > 0).mean()
    # Of a patch 36 and 4 of 400 cells are spots, both strong enough.
    assert 0 < share < 0.3
    folder = issues.folder_of(opened, "doubt")
    product = str(opened.samples.frame["product"].iloc[0])
    assert spots.chance(np.array(spots.DRAWN)) < 0.03
    with rasterio.open(issues.spots_of(folder, product)) as file:
        assert set(np.unique(file.read(1))) == {0, 25, 40, 255}


def test_a_weak_spot_is_outlined_where_it_is_chosen():
    strength = np.zeros((SIDE, SIDE))
    strength[4:8, 4:8] = spots.DRAWN / 2
    assert not issue_pictures._outlined(strength, None)[..., 3].any()
    assert issue_pictures._outlined(strength, (5, 5))[..., 3].any()
