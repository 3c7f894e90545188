"""Plain baselines: known answers, the two files, and files that are not taken."""

import dataclasses
import io
import json
import pickle  # noqa: TID251 - made here to be refused
import zipfile

import numpy as np
import pytest
import skops.io

from eoexplore import models
from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import CardClass
from eoexplore.models import pixel

WATER, FIELD, TOWN = range(3)
SPECTRA = np.array([[400, 100], [500, 4000], [1500, 1600]], np.float32)
SUBJECT = pixel.Subject(
    dataset="Made",
    bands=("s2/B04", "s2/B08"),
    classes=(
        CardClass(523, "Water", "#0000ff"),
        CardClass(211, "Field", "#00ff00"),
        CardClass(111, "Town", "#ff0000"),
    ),
    gsd_m=10.0,
    indices=("NDVI",),
    synthetic=True,
)


def pixels(seed, per_class=200, spread=60.0):
    draw = np.random.default_rng(seed)
    classes = np.repeat(np.arange(len(SPECTRA)), per_class)
    values = SPECTRA[classes] + draw.normal(0, spread, (len(classes), 2)).astype(np.float32)
    return pixel.Pixels(values, classes, np.ones(len(classes), np.float32))


@pytest.fixture(params=pixel.TITLES)
def model(request):
    return pixel.train(request.param, SUBJECT, pixels(1), pixels(2, 50))


def test_known_spectra_get_their_class(model):
    batch = np.zeros((2, 2, 2, 3), np.float32)
    batch[0, :, 0] = SPECTRA.T
    batch[1, :, 1] = SPECTRA[::-1].T
    found = model.predict(batch)
    assert found.shape == (2, 3, 2, 3)
    assert found.dtype == np.float32
    assert found.argmax(1)[0, 0].tolist() == [WATER, FIELD, TOWN]
    assert found.argmax(1)[1, 1].tolist() == [TOWN, FIELD, WATER]
    assert found.sum(1) == pytest.approx(np.ones((2, 2, 3)), abs=1e-5)
    assert found[0, :, 0].max(0).min() > 0.6


def test_a_pixel_with_one_band_is_told_by_that_one_and_one_without_is_no_error(model):
    found = model.of_pixels(np.array([[np.nan, 4000], [np.nan, np.nan]], np.float32))
    assert found[0].argmax() == FIELD
    assert np.isfinite(found).all()
    assert found[1].sum() == pytest.approx(1, abs=1e-5)


def test_nearest_is_the_mean_by_area_in_deviations():
    classes = np.array([0, 0, 1, 1])
    learn = pixel.Pixels(
        np.array([[0, 0], [4, 0], [10, 0], [10, 0]], np.float32),
        classes,
        np.array([3, 1, 1, 1], np.float32),
    )
    subject = dataclasses.replace(SUBJECT, classes=SUBJECT.classes[:2], indices=())
    model = pixel.train("nearest_spectrum", subject, learn, learn)
    assert model.card.mean == (6.0, 0.0)
    assert model.card.std == (pytest.approx(np.sqrt(18)), 1.0)
    # (0 · 3 + 4 · 1) / 4 = 1, not 2: half-way to 10 is 5.5.
    assert model.state["spectra"][:, 0] * np.sqrt(18) + 6 == pytest.approx([1, 10])
    found = model.of_pixels(np.array([[5.4, 0], [5.5, 0], [5.6, 0]], np.float32))
    assert found.argmax(1)[[0, 2]].tolist() == [0, 1]
    assert found[1] == pytest.approx([0.5, 0.5], abs=1e-4)


def test_features_are_deviations_and_indices():
    card = pixel.train("pixel_linear", SUBJECT, pixels(1), pixels(2)).card
    card = dataclasses.replace(card, mean=(1000.0, 2000.0), std=(500.0, 1000.0))
    found = pixel.features(card, np.array([[1000, 3000], [np.nan, 2000], [0, 0]], np.float32))
    # NDVI = (3000 - 1000) / (3000 + 1000).
    assert found == pytest.approx(np.array([[0, 1, 0.5], [0, 0, 0], [-2, -2, 0]]))


def test_scores_are_those_of_the_validation_pixels_by_what_they_stand_for():
    check = pixel.Pixels(
        SPECTRA[[WATER, WATER, FIELD]], np.array([WATER, FIELD, FIELD]), np.array([3.0, 1.0, 4.0])
    )
    card = pixel.train("nearest_spectrum", SUBJECT, pixels(1), check).card
    # Water: 3 right of 3, 4 answered; field: 4 right of 5; town: not in the truth.
    assert card.scores["accuracy"] == pytest.approx(7 / 8)
    assert card.scores["mean_iou"] == pytest.approx((3 / 4 + 4 / 5) / 2)
    assert card.scores["validation_pixels"] == 3
    assert "synthetic" in card.name
    assert card.synthetic
    assert card.trained_on == {"dataset": "Made", "split": "train", "pixels": 600}


def test_without_validation_pixels_there_are_no_scores():
    none = pixel.Pixels(np.empty((0, 2), np.float32), np.empty(0, np.intp), np.empty(0))
    assert pixel.train("nearest_spectrum", SUBJECT, pixels(1), none).card.scores == {}


def test_two_classes_are_told_apart_too():
    learn = pixels(1)
    two = pixel.Pixels(learn.values[:400], learn.classes[:400], learn.stands_for[:400])
    subject = dataclasses.replace(SUBJECT, classes=SUBJECT.classes[:2])
    model = pixel.train("pixel_linear", subject, two, two)
    assert model.of_pixels(SPECTRA[:2]).argmax(1).tolist() == [WATER, FIELD]
    assert model.state["coefficients"].shape == (2, 3)


@pytest.mark.parametrize("rows", [slice(0, 0), slice(0, 400)])
def test_a_class_without_pixels_is_refused(rows):
    learn = pixels(1)
    part = pixel.Pixels(learn.values[rows], learn.classes[rows], learn.stands_for[rows])
    with pytest.raises(ModelError, match="two classes or more in the training split"):
        pixel.train("pixel_linear", SUBJECT, part, part)


def test_an_unknown_kind_and_a_batch_of_other_bands_are_sentences(model):
    with pytest.raises(ModelError, match=r"no baseline 'forest'.*pixel_linear"):
        pixel.train("forest", SUBJECT, pixels(1), pixels(2))
    with pytest.raises(ModelError, match="patches of 2 bands"):
        model.predict(np.zeros((1, 3, 8, 8), np.float32))


def test_saved_and_opened_it_answers_the_same(model, tmp_path):
    card = pixel.save(model, tmp_path / "mine")
    opened = models.open_folder(tmp_path / "mine")
    assert opened.card == card
    loaded = opened.load("cpu")
    values = pixels(5).values
    assert (loaded.of_pixels(values) == model.of_pixels(values)).all()
    assert loaded.bytes == model.bytes > 0
    assert dict(loaded.card.scores) == model.card.scores
    assert sorted(path.name for path in (tmp_path / "mine").iterdir()) == [
        "card.json",
        "model.skops",
    ]


class Payload:
    """Would leave a file behind if it were ever built."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


def inflated(size):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("schema.json", "{}")
        archive.writestr("a.npy", bytes(size))
    return buffer.getvalue()


def claiming(module, name, loader):
    """Return a file whose first node is of another kind."""
    buffer = io.BytesIO()
    node = {"__module__": module, "__class__": name, "__loader__": loader, "content": {}}
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("schema.json", json.dumps(node))
    return buffer.getvalue()


@pytest.fixture
def saved(tmp_path):
    """A saved baseline whose card states no hash, so that only the file's content is judged."""
    model = pixel.train("nearest_spectrum", SUBJECT, pixels(1), pixels(2, 50))
    folder = tmp_path / "mine"
    card = dataclasses.replace(pixel.save(model, folder), sha256="")
    (folder / "card.json").write_text(card.to_json(), encoding="utf-8")
    return folder


def refused(folder, data):
    (folder / "model.skops").write_bytes(data)
    with pytest.raises(ModelError) as caught:
        models.open_folder(folder).load("cpu")
    return str(caught.value)


def test_a_changed_file_is_refused_by_its_hash(model, tmp_path):
    pixel.save(model, tmp_path)
    other = skops.io.dumps({name: array + 1 for name, array in model.state.items()})
    assert "not the file that the card is of" in refused(tmp_path, other)


def test_a_pickle_is_refused_and_not_run(saved, tmp_path):
    trap = tmp_path / "trap"
    assert "no skops file" in refused(saved, pickle.dumps(Payload(trap)))
    assert not trap.exists()


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (("os", "system", "FunctionNode"), "os.system"),
        (("builtins", "eval", "TypeNode"), "builtins.eval"),
        (("sklearn.tree._tree", "Tree", "TreeNode"), "sklearn.tree._tree.Tree"),
        (("numpy", "ndarray", "ReduceNode"), "numpy.ndarray"),
    ],
)
def test_anything_but_arrays_is_refused_before_it_is_built(saved, kind, said):
    sentence = refused(saved, claiming(*kind))
    assert said in sentence
    assert "Nothing was loaded" in sentence


def test_an_estimator_is_refused_though_skops_trusts_it(saved):
    from sklearn.linear_model import LogisticRegression

    assert "only arrays of numbers" in refused(saved, skops.io.dumps(LogisticRegression()))


def test_a_truncated_and_an_inflating_file_are_refused(saved):
    data = (saved / "model.skops").read_bytes()
    for cut in (0, 10, len(data) // 2, len(data) - 3):
        assert "damaged or no skops file" in refused(saved, data[:cut])
    assert "It was not opened" in refused(saved, inflated(60_000_000))
    (saved / "model.skops").unlink()
    with pytest.raises(ModelError, match=r"belongs beside the card\.json"):
        models.open_folder(saved).load("cpu")


@pytest.mark.parametrize(
    "arrays",
    [
        {"spectra": np.zeros((3, 2))},
        {"spectra": np.zeros((3, 3)), "spread": np.ones(1)},
        {"spectra": np.full((3, 2), np.nan), "spread": np.ones(1)},
        {"spectra": np.zeros((3, 2), np.int64), "spread": np.ones(1)},
        {"spectra": np.zeros((3, 2)), "spread": np.ones(1), "more": np.ones(1)},
    ],
)
def test_arrays_that_do_not_follow_from_the_card_are_refused(saved, arrays):
    assert "anew" in refused(saved, skops.io.dumps(arrays))


@pytest.mark.parametrize("names", ["NDVI", ["EVI"], ["NDWI"], [1]])
def test_indices_of_a_card_are_known_ones_that_its_bands_suffice_for(saved, names):
    card = models.open_folder(saved).card
    other = dataclasses.replace(card, options={"indices": names})
    with pytest.raises(ModelError, match="'indices'"):
        pixel.Pixel.open(saved, other)
