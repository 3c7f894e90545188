"""The inference page with networks that are loaded and asked: why they say so, masks, own files."""

import dataclasses
import functools

import numpy as np
import pytest
import streamlit as st
from PIL import Image

from eoexplore import models
from eoexplore.core.model_card import CardClass, ModelCard
from eoexplore.jobs import inputs, uploads
from eoexplore.models import engine, small
from eoexplore.render.colours import rgb
from eoexplore.store import catalog
from eoexplore.ui.inference import server
from tests import builders, tiffs
from tests.visits import said, sound

MASKS = ModelCard(
    name="Masks", task="segmentation", architecture="small_unet", encoder="",
    bands=("s2/B02", "s2/B03"), input_size=24, resample="bilinear",
    mean=(900.0, 900.0), std=(300.0, 300.0),
    classes=(
        CardClass(211, "Arable land", "#ffffa8"), CardClass(231, "Pastures", "#e6e64d"),
        CardClass(523, "Marine waters", "#e6f2ff"),
    ),
    activation="softmax", gsd_m=(8.0, 60.0), licence="MIT", source="a test",
    options={"widths": [4, 6, 8]},
)  # fmt: skip
LABELS = dataclasses.replace(
    MASKS, name="Labels", task="multilabel", architecture="small_labels", activation="sigmoid"
)


@pytest.fixture
def asked(own_folders, started, tmp_path, monkeypatch):
    """Two networks of random weights and a dataset of three patches."""
    torch = pytest.importorskip("torch")
    from safetensors.torch import save_file

    for name, card in {"masks": MASKS, "labels": LABELS}.items():
        torch.manual_seed(0)
        folder = tmp_path / "models" / name
        folder.mkdir(parents=True)
        folder.joinpath("card.json").write_text(card.to_json(), encoding="utf-8")
        save_file(small.build(card).state_dict(), folder / "model.safetensors")
    monkeypatch.setenv("EOEXPLORE_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("EOEXPLORE_DEVICE", "cpu")
    monkeypatch.setattr(engine, "_shared", None)
    monkeypatch.setattr(server, "_answers", server.ByteCache(1_000_000))
    patches = builders.block("33UUP", 13.1, 48.2)[:3]
    catalog.add(builders.write_tree(own_folders / "reben-tiny", patches))
    yield tmp_path
    if engine.running() is not None:
        engine.running().close()
    st.cache_resource.clear()


@pytest.fixture
def run(visit):
    return functools.partial(visit, "Inference")


@pytest.mark.parametrize("model", ["labels", "masks"])
def test_why_and_how_sure(run, asked, model):
    test = run(model=model)
    sound(test.toggle(key="explain").set_value(True).run())
    text = said(test)
    assert not test.error
    assert "matters most for" in text
    assert "Turned and mirrored in eight ways" in text
    assert "occlusion" in text
    sound(test.segmented_control(key="bands_by").set_value("Gradient").run())
    assert "captum" in said(test)


def test_where_a_model_has_no_gradients_the_rest_is_told(run, asked, monkeypatch):
    def none(*_):
        raise engine.ModelError("It is no network.")

    monkeypatch.setattr("eoexplore.models.attribution.heat", none)
    test = run(model="labels")
    sound(test.toggle(key="explain").set_value(True).run())
    assert [error.value for error in test.error] == ["It is no network\\."]
    assert "matters most for" in said(test)
    assert "Turned and mirrored" in said(test)


def test_masks_of_the_selection_are_put_together(run, asked, monkeypatch):
    shown = []
    monkeypatch.setattr(st, "image", lambda image, **more: shown.append((image, more["caption"])))
    test = run(model="masks", of="The selection")
    sound(test.button(key="area_go").click().run())
    assert "3 patches" in said(test)
    table = test.dataframe[0].value.set_index("Class")
    assert set(table.index) == {"Arable land", "Pastures", "Marine waters"}
    assert table["labels"].to_dict()["Pastures"] == 3
    mosaic, caption = shown[-1]
    assert "3 places" in caption
    # Enlarged, each pixel to a square; as it was again:
    assert mosaic.size == (576, 576)
    every = np.asarray(mosaic)
    mosaic = mosaic.resize((48, 48), Image.Resampling.NEAREST)
    assert (every == np.asarray(mosaic).repeat(12, 0).repeat(12, 1)).all()
    # Two places above, one below on the left, and nothing beside it.
    alpha = np.asarray(mosaic)[..., 3]
    assert alpha[:24].all()
    assert alpha[24:, :24].all()
    assert not alpha[24:, 24:].any()
    one = models.load("masks").predict(
        inputs.read(catalog.open_slug("reben-tiny"), [0], MASKS).batch
    )
    colours = [rgb(item.colour) for item in MASKS.classes]
    assert (np.asarray(mosaic)[:24, :24, :3] == np.array(colours)[one[0].argmax(0)]).all()


def test_the_reference_map_has_no_codes_between_codes(run, asked):
    """A model that takes its bands bilinearly is compared with the nearest code all the same."""
    test = run(model="masks")
    opened = catalog.open_slug("reben-tiny")
    codes = opened.dataset.read(
        str(opened.samples.keys(opened.dataset.layers[-1])[0]), "reference_map", "reference_map"
    )
    nearest = codes[2::5, 2::5]
    known = np.isin(nearest, (211, 231, 523)).sum()
    assert f"of the {known:,} labelled pixels" in said(test)


def test_bands_without_names_are_not_guessed(run, asked, monkeypatch):
    started = []
    monkeypatch.setattr(uploads, "predict", lambda *args: started.append(args))
    monkeypatch.setattr(uploads, "find", lambda _: upload)
    pixels = tiffs.picture(2, 24, 24)
    path = asked / "scene.tif"
    path.write_bytes(tiffs.tif(pixels))
    with path.open("rb") as file:
        upload = uploads.receive("me", "scene.tif", file)
    test = run(model="masks", of="An own GeoTIFF", upload=upload.id)
    assert test.button(key="upload_go").disabled
    assert "Say which band of the file is s2/B02, s2/B03" in said(test)
    keys = [f"band_{upload.id}_masks_{band}" for band in MASKS.bands]
    for key in keys:
        test.selectbox(key=key).select(2)
    sound(test.run())
    assert "chosen for two" in said(test)
    assert test.button(key="upload_go").disabled
    sound(test.selectbox(key=keys[0]).select(1).run())
    test.button(key="upload_go").click().run()
    assert started == [(upload, "masks", "s2/B02=1,s2/B03=2")]
    sound(test.checkbox(key=f"in_order_{upload.id}_masks").check().run())
    assert not test.button(key="upload_go").disabled


def test_a_file_is_removed_when_asked(run, asked):
    path = asked / "scene.tif"
    path.write_bytes(tiffs.tif(tiffs.picture(2, 24, 24)))
    with path.open("rb") as file:
        upload = uploads.receive("me", "scene.tif", file)
    test = run(model="masks", of="An own GeoTIFF", upload=upload.id)
    assert upload.path.exists()
    sound(test.button(key="upload_remove").click().run())
    assert not upload.path.exists()
    assert not any(button.key == "upload_go" for button in test.button)
    assert "scene.tif" not in said(test)
