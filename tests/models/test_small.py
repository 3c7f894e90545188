"""The small networks: what their cards may say, what they give, and the two that come with us."""

import dataclasses

import numpy as np
import pytest

from eoexplore import models
from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import CardClass, ModelCard
from eoexplore.models import small

CARD = ModelCard(
    name="Small",
    task="segmentation",
    architecture="small_unet",
    encoder="",
    bands=("s2/B02", "s2/B03", "s1/VV"),
    input_size=24,
    resample="nearest",
    mean=(400.0, 600.0, -12.0),
    std=(600.0, 600.0, 5.0),
    classes=(CardClass(1, "One", "#000000"), CardClass(2, "Two", "#ffffff")),
    activation="softmax",
    gsd_m=(8.0, 12.5),
    licence="MIT",
    source="test",
    options={"widths": [4, 6, 8]},
)
CONTEXT = dataclasses.replace(CARD, architecture="small_context", options={"widths": [6, 4]})
LABELS = dataclasses.replace(
    CARD, task="multilabel", architecture="small_labels", activation="sigmoid"
)


@pytest.mark.parametrize("card", [CARD, CONTEXT, LABELS])
def test_a_card_is_recognised_by_architecture_and_task(card, tmp_path):
    assert small.Small.open(tmp_path, card).card == card
    other = "small_unet" if card is LABELS else "small_labels"
    assert small.Small.open(tmp_path, dataclasses.replace(card, architecture=other)) is None
    assert small.Small.open(tmp_path, None) is None


@pytest.mark.parametrize("widths", [[4, 6], [4, 6, 0], [4, 6, 5000], [4, 6, True], "468", 7])
def test_widths_that_cannot_be_are_refused_in_a_sentence(widths, tmp_path):
    with pytest.raises(ModelError, match="'widths': three whole numbers"):
        small.Small.open(tmp_path, dataclasses.replace(CARD, options={"widths": widths}))


def test_an_input_that_cannot_be_halved_three_times_is_refused(tmp_path):
    with pytest.raises(ModelError, match="multiples of 8"):
        small.Small.open(tmp_path, dataclasses.replace(CARD, input_size=100))


def test_shapes_of_what_they_give():
    torch = pytest.importorskip("torch")
    bands = torch.zeros(2, 3, 24, 24)
    with torch.inference_mode():
        assert small.build(CARD).eval()(bands).shape == (2, 2, 24, 24)
        assert small.build(CONTEXT).eval()(bands).shape == (2, 2, 24, 24)
        assert small.build(LABELS).eval()(bands).shape == (2, 2)


def test_units_of_two_layers_and_any_size_suit_a_model_of_surroundings(tmp_path):
    assert small.Small.open(tmp_path, dataclasses.replace(CONTEXT, input_size=101)) is not None
    assert small.build(dataclasses.replace(CONTEXT, options={})).head[1].out_features == 128
    with pytest.raises(ModelError, match="'widths': two whole numbers"):
        small.Small.open(tmp_path, dataclasses.replace(CONTEXT, options={"widths": [4, 6, 8]}))


def test_surroundings_are_means_and_deviations_of_windows_inside_the_patch():
    torch = pytest.importorskip("torch")
    from eoexplore.models import _context_network

    values = np.random.default_rng(0).normal(size=(1, 2, 40, 40)).astype(np.float32)
    found = _context_network.features(torch.from_numpy(values))[0].numpy()
    assert found.shape == (7 * 2, 40, 40)
    for row, column in ((0, 0), (20, 20), (39, 5)):

        def around(side, band, row=row, column=column):
            half = side // 2
            rows, columns = (slice(max(0, at - half), at + half + 1) for at in (row, column))
            return values[0, band, rows, columns]

        for band in range(2):
            expected = [values[0, band, row, column]]
            expected += [around(side, band).mean() for side in (3, 7, 15, 31)]
            expected += [around(side, band).std() for side in (7, 31)]
            assert found[band::2, row, column] == pytest.approx(expected, abs=2e-3)


def test_surroundings_of_a_bright_place_are_cut_at_five_deviations():
    torch = pytest.importorskip("torch")
    from eoexplore.models import _context_network

    values = torch.zeros(1, 1, 9, 9)
    values[0, 0, 4, 4] = 1000.0
    found = _context_network.features(values)[0, :, 4, 4]
    assert found[:2].tolist() == pytest.approx([5.0, 5 / 9])


def test_a_label_follows_what_a_corner_of_the_patch_shows():
    """A class of a few pixels is a label of the patch: the strongest place counts."""
    torch = pytest.importorskip("torch")
    network = small.build(LABELS).eval()
    pixels, deep = torch.zeros(1, 2, 12, 12), torch.zeros(1, 8, 3, 3)
    pixels[0, 1, :4, :4] = 9.0
    with torch.inference_mode():
        plain = network.labels(torch.zeros_like(pixels), deep)
        one, two = (network.labels(pixels, deep) - plain)[0].tolist()
    assert (one, two) == pytest.approx((0.0, 9.0))


@pytest.fixture(scope="module", params=["demo-labels", "demo-landcover"])
def ours(request):
    return models.load(request.param)


def test_ours_load_and_give_probabilities(ours):
    rng = np.random.default_rng(0)
    mean, std = np.array(ours.card.mean), np.array(ours.card.std)
    batch = (mean[:, None, None] + std[:, None, None] * rng.normal(size=(2, 14, 120, 120))).astype(
        np.float32
    )
    batch[1, 3] = np.nan
    found = ours.predict(batch)
    assert found.shape[:2] == (2, 19)
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() <= 1
    if ours.card.task == "segmentation":
        assert found.sum(1) == pytest.approx(np.ones((2, 120, 120)), abs=1e-5)


def test_ours_say_that_they_are_synthetic_and_what_they_are_worth(ours):
    card = ours.card
    assert card.synthetic
    assert "synthetic" in card.name
    assert (card.licence, card.trained_on["split"]) == ("MIT", "train")
    assert not set(card.trained_on["seeds"]) & {1, 43, 44}
    assert any("synthetic" in about for about in card.scores)
    assert len(card.bands) == 14


def test_ours_are_small():
    folder = models.settings.assets_folder() / "models"
    sizes = [path.stat().st_size for path in folder.glob("demo-*/*")]
    assert len(sizes) == 4
    assert sum(sizes) < 3_000_000
