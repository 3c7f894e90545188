"""Layers of predictions: masks beside label maps, and footprints by a column."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from eoexplore.core.errors import UnknownName
from eoexplore.core.selection import EVERYTHING
from eoexplore.store import catalog, mosaic, prediction_mosaics
from eoexplore.store.prediction_sets import folder_of
from eoexplore.tiles import scored
from eoexplore.tiles.layers import describe
from eoexplore.tiles.routes import routes
from eoexplore.tiles.tile import TileRequest, render
from tests import builders, predicting

PATCHES = builders.block("33UUP", 13.05, 48.25, side=2)
SLUG = "reben-masked"
CLEAR = (0, 0, 0, 0)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def opened(tmp_path_factory, cache):
    """A dataset with a set whose masks are its label maps, and its confidence 0.25 everywhere."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(cache))
        opened = catalog.add(builders.write_tree(tmp_path_factory.mktemp("data") / SLUG, PATCHES))
        schema = opened.dataset.classes
        classes = schema.names[::-1]
        predicting.write_set(
            opened, "same", range(4), np.full((4, len(classes)), 0.3), classes, task="segmentation",
            synthetic=True,
        )  # fmt: skip
        table = np.full(65536, prediction_mosaics.NOTHING, np.uint8)
        for item in schema.classes:
            table[list(item.codes)] = classes.index(item.name)
        groups = prediction_mosaics.groups(classes)
        cells = {
            "mask": lambda patch: table[patch.pixels("reference_map", "reference_map")][None],
            "confidence": lambda _: np.full((1, 60, 60), 25, np.uint8),
            "prob": lambda _: np.repeat(np.arange(len(classes)), 400).reshape(-1, 20, 20) * 5,
        }
        product = str(opened.samples.frame["product"].iloc[0])
        patch.setitem(mosaic._COG, "overviews", "NONE")
        for name, make in cells.items():
            path = folder_of(opened.fingerprint, "same") / prediction_mosaics.path_of(name, product)
            own = {(patch.x, patch.y): make(patch) for patch in PATCHES}
            mosaic.write(path, groups[name], "33UUP", own)
    return opened


@pytest.fixture(autouse=True)
def _same_cache(cache, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(cache))


def picture(opened, layer, z=14, **more):
    lon, lat = opened.samples.lon.mean(), opened.samples.lat.mean()
    x = int((lon + 180) / 360 * 2**z)
    y = int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * 2**z)
    answer = render(opened, TileRequest(layer, z, x, y, **more))
    assert answer.notices == ()
    return np.asarray(Image.open(io.BytesIO(answer.body)).convert("RGBA"))


@pytest.mark.parametrize("z", [13, 15])
def test_a_mask_has_the_colours_of_the_classes_at_their_places(opened, z):
    known, found = picture(opened, "reference_map", z), picture(opened, "pred:same:mask", z)
    labelled = (found[..., 3] > 0) & (known[..., 3] > 0)
    assert labelled.mean() > 0.1
    np.testing.assert_array_equal(found[labelled], known[labelled])
    safe = picture(opened, "pred:same:mask", z, palette="safe")
    assert (safe[labelled] != found[labelled]).any()


def test_confidence_and_probability_are_shades_of_one_scale(opened):
    inside = picture(opened, "pred:same:mask", 15)[..., 3] > 0
    confidence = picture(opened, "pred:same:confidence", 15)
    assert len(np.unique(confidence[inside].reshape(-1, 4), axis=0)) == 1
    classes = opened.dataset.classes.names[::-1]
    # The class in the fifth place has the same 25 %.
    fifth = picture(opened, f"pred:same:prob.{classes[5]}", 15)
    np.testing.assert_array_equal(fifth[inside], confidence[inside])
    assert (picture(opened, f"pred:same:prob.{classes[6]}", 15)[inside] != fifth[inside]).any()


def test_a_mask_like_the_map_differs_nowhere(opened):
    found = picture(opened, "pred:same:disagreement", 15)
    inside = picture(opened, "pred:same:mask", 15)[..., 3] > 0
    colours = {tuple(pixel) for pixel in found[inside]}
    assert len(colours) == 1
    assert (found[~inside] == CLEAR).all()


def test_where_a_mask_differs_is_marked(opened):
    # A set that says the first class everywhere.
    classes = opened.dataset.classes.names
    predicting.write_set(
        opened, "first", range(4), np.eye(1, len(classes)).repeat(4, 0), classes,
        task="segmentation",
    )  # fmt: skip
    path = folder_of(opened.fingerprint, "first") / prediction_mosaics.path_of(
        "mask", str(opened.samples.frame["product"].iloc[0])
    )
    own = {(patch.x, patch.y): np.zeros((1, 120, 120), np.uint8) for patch in PATCHES}
    mosaic.write(path, prediction_mosaics.groups(classes)["mask"], "33UUP", own)
    found = picture(opened, "pred:first:disagreement", 15)
    known = picture(opened, "reference_map", 15)
    first = opened.dataset.classes.classes[0]
    colour = tuple(int(first.colour[at : at + 2], 16) for at in (1, 3, 5))
    right = (known[..., :3] == colour).all(-1) & (known[..., 3] > 0)
    assert right.any()
    (same,) = {tuple(pixel) for pixel in found[right]}
    others = {tuple(pixel) for pixel in found[~right & (found[..., 3] > 0)]}
    assert len(others) == 1
    assert same not in others


def test_what_is_not_selected_is_not_drawn(opened):
    whole = picture(opened, "pred:same:mask")
    none = picture(opened, "pred:same:mask", select="country=Nowhere")
    assert (whole[..., 3] > 0).any()
    assert not none[..., 3].any()


def test_footprints_by_a_column(opened):
    found = picture(opened, "footprints", style="pred.same.errors")
    assert found[..., 3].any()
    request = TileRequest("footprints", 14, 0, 0, style="pred.none.errors")
    assert "There are: first, same" in render(opened, request).notices[0] or (
        "There are: same" in render(opened, request).notices[0]
    )


@pytest.mark.parametrize(
    "layer", ["pred:other:mask", "pred:same:map", "pred:same", "pred:same:prob.Sea"]
)
def test_layers_that_there_are_not(opened, layer):
    with pytest.raises(UnknownName):
        render(opened, TileRequest(layer, 3, 0, 0))


def test_the_map_offers_them_and_their_legends(opened):
    layers = {item["id"]: item for item in describe(opened, EVERYTHING)["layers"]}
    own = layers["pred:same"]
    assert own["visible"] is False
    assert own["url"].startswith(f"/tiles/{SLUG}/pred:same:{{style}}/{{z}}/{{x}}/{{y}}{{r}}.png?")
    assert [style["id"] for style in own["styles"]][:3] == ["mask", "confidence", "disagreement"]
    assert {style["help"] for style in own["styles"]} == {"synthetic"}
    columns = {style["id"] for style in layers["footprints"]["styles"]}
    assert {"pred.same.accuracy", "pred.same.beaches-dunes-sands"} <= columns
    # They stand in the address between colons and commas, and in the path of a tile.
    assert all(re.fullmatch(r"[\w.-]{1,160}", style["id"]) for style in own["styles"])
    assert all(re.fullmatch(r"[\w.-]{1,160}", name) for name in columns if name.startswith("pred."))
    client = TestClient(Starlette(routes=routes()), base_url="http://127.0.0.1:8501")
    classes = opened.dataset.classes.names[::-1]
    legend = client.get(f"/legend/{SLUG}/pred:same?style=mask").json()
    assert [entry["label"] for entry in legend["entries"]] == list(classes)
    assert "synthetic" in legend["note"]
    third = own["styles"][3 + 2]
    assert third["title"] == classes[2]
    for style in (f"prob.{classes[2]}", third["id"]):
        ramp = client.get(f"/legend/{SLUG}/pred:same", params={"style": style}).json()
        assert (ramp["kind"], ramp["title"]) == ("ramp", f"Probability of {classes[2]}")
    assert client.get(f"/legend/{SLUG}/pred:none?style=mask").status_code == 404
    for style in (f"prob.{classes[2]}", third["id"]):
        assert client.get(f"/tiles/{SLUG}/pred:same:{style}/3/0/0.png").status_code == 200


def test_the_card_shows_what_is_predicted_beside_the_labels(opened):
    classes = opened.dataset.classes.names
    scores = np.zeros((1, len(classes)))
    scores[0, [classes.index("Pastures"), classes.index("Marine waters")]] = 0.9, 0.6
    predicting.write_set(opened, "words", [1], scores, classes)
    client = TestClient(Starlette(routes=routes()), base_url="http://127.0.0.1:8501")
    ids = opened.samples.frame["id"]
    found = client.get(f"/patch/{SLUG}/{ids.iloc[1]}/card.json").json()["predictions"]
    (own,) = [item for item in found if item["set"] == "words"]
    told = [
        (item["name"], item["share"], item["label"], item["predicted"]) for item in own["classes"]
    ]
    # The labels of the builder's patches are Arable land and Pastures.
    assert told == [
        ("Pastures", 0.9, True, True), ("Marine waters", 0.6, False, True),
        ("Arable land", 0.0, True, False),
    ]  # fmt: skip
    other = client.get(f"/patch/{SLUG}/{ids.iloc[0]}/card.json").json()["predictions"]
    assert "words" not in {item["set"] for item in other}


def test_masks_from_elsewhere_have_no_confidence_and_differ_only_where_they_say_something(opened):
    classes = opened.dataset.classes.names
    predicting.write_set(
        opened, "half", range(4), np.eye(1, len(classes)).repeat(4, 0), classes,
        task="segmentation", layers=("mask",),
    )  # fmt: skip
    path = folder_of(opened.fingerprint, "half") / prediction_mosaics.path_of(
        "mask", str(opened.samples.frame["product"].iloc[0])
    )
    # The class that no pixel of the builder has, and nothing in the right half of each patch.
    cell = np.full((1, 120, 120), classes.index("Permanent crops"), np.uint8)
    cell[..., 60:] = prediction_mosaics.NOTHING
    own = {(patch.x, patch.y): cell for patch in PATCHES}
    mosaic.write(path, prediction_mosaics.groups(classes)["mask"], "33UUP", own)
    layers = {item["id"]: item for item in describe(opened, EVERYTHING)["layers"]}
    styles = [style["id"] for style in layers["pred:half"]["styles"]]
    assert styles == ["mask", "disagreement"]
    for layer in ("pred:half:confidence", f"pred:half:prob.{classes[0]}"):
        with pytest.raises(UnknownName, match="They have: mask, disagreement"):
            render(opened, TileRequest(layer, 3, 0, 0))
    predicted = picture(opened, "pred:half:mask", 15)[..., 3] > 0
    known = picture(opened, "reference_map", 15)[..., 3] > 0
    differs = picture(opened, "pred:half:disagreement", 15)[..., 3] > 0
    assert (known & ~predicted).any()
    assert differs.any()
    assert not (differs & ~predicted).any()


def test_steps_of_scores_begin_where_they_say(opened):
    classes = opened.dataset.classes.names
    scores = np.zeros((4, len(classes)))
    scores[:, 0] = 0.05, 0.1, 0.9, 1.0
    predicting.write_set(opened, "steps", range(4), scores, classes)
    _, entries, codes = scored.parts(opened, f"pred.steps.{classes[0]}")
    said = [entries[code][1] for code in codes[:4]]
    assert said == ["0.05 to 0.1", "0.1 to 0.25", "0.9 to 1", "0.9 to 1"]
