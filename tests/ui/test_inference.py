"""The inference page with models that need no network: what they say is known."""

import functools
from dataclasses import dataclass, replace

import numpy as np
import pytest
import streamlit as st

from eoexplore import models
from eoexplore.core.errors import Busy, ModelError
from eoexplore.core.model_card import CardClass
from eoexplore.jobs.progress import Job
from eoexplore.models import Offer
from eoexplore.store import catalog
from eoexplore.ui.inference import choosing, server
from tests import builders
from tests.jobs.test_inputs import CARD
from tests.visits import said

CLASSES = (
    CardClass(211, "Arable land", "#ffffa8"),
    CardClass(231, "Pastures", "#e6e64d"),
    CardClass(523, "Marine waters", "#e6f2ff"),
)
LABELS = replace(CARD, name="labels", classes=CLASSES, sha256="1" * 64, synthetic=True)
MASKS = replace(LABELS, name="masks", task="segmentation", activation="softmax", sha256="2" * 64)
OTHER = replace(
    MASKS,
    name="other",
    classes=(CLASSES[2], CardClass(112, "Urban fabric", "#ff0000"), CLASSES[0]),
    input_size=60,
    sha256="4" * 64,
)
ALIEN = replace(LABELS, name="alien", bands=("aerial/red", "s2/B02", "s1/VV"), sha256="3" * 64)


@dataclass
class Known:
    """A model that is never loaded."""

    card: object


class Server:
    """Answers at once: 0.9, 0.4, 0.1 for the classes, in every pixel of a mask."""

    def __init__(self):
        self.asked = []
        self.error = None
        self.forgotten = []

    def load(self, name):
        return Known({card.name: card for card in (LABELS, MASKS, OTHER)}[name])

    def forget(self, name):
        self.forgotten.append(name)

    def predict(self, name, batch):
        if self.error is not None:
            raise self.error
        self.asked.append((name, len(batch)))
        scores = np.tile(np.array([0.9, 0.4, 0.1], np.float32), (len(batch), 1))
        if name == "labels":
            return scores
        side = batch.shape[-1]
        return np.broadcast_to(scores[:, :, None, None], (*scores.shape, side, side)).copy()


@pytest.fixture
def served(own_folders, started, monkeypatch):
    offers = tuple(Offer(card.name, "own", Known(card)) for card in (LABELS, MASKS, OTHER, ALIEN))
    monkeypatch.setattr(models, "available", lambda: offers)
    monkeypatch.setattr(models, "refused", lambda: {"broken": "It has no card."})
    fake = Server()
    monkeypatch.setattr(server, "server", lambda: fake)
    monkeypatch.setattr(server, "_answers", server.ByteCache(1_000_000))
    monkeypatch.setattr(server, "_versions", {})
    patches = builders.block("33UUP", 13.1, 48.2)
    folder = builders.write_tree(own_folders / "reben-tiny", patches[:3])
    catalog.add(folder)
    return fake


@pytest.fixture
def run(visit):
    return functools.partial(visit, "Inference")


def test_scores_of_a_patch_beside_its_labels(run, served):
    test = run()
    table = test.dataframe[0].value
    assert table["Class"].tolist() == ["Arable land", "Pastures", "Marine waters"]
    assert table["labels"].tolist() == pytest.approx([0.9, 0.4, 0.1])
    labels = set(catalog.open_slug("reben-tiny").samples.frame["labels"].iloc[0])
    assert table["label"].tolist() == [name in labels for name in table["Class"]]
    assert served.asked == [("labels", 1)]
    assert "broken" in said(test)


def test_what_was_asked_is_not_asked_again(run, served):
    run()
    run(threshold="0.3")
    assert served.asked == [("labels", 1)]


def test_a_model_that_has_changed_is_loaded_anew(run, served, monkeypatch):
    run()
    assert served.forgotten == []
    # Neither card nor name tell of it: only the files are others.
    offers = tuple(replace(offer, version="later") for offer in models.available())
    monkeypatch.setattr(models, "available", lambda: offers)
    st.cache_resource.clear()
    run()
    assert served.forgotten == ["labels"]
    assert served.asked == [("labels", 1), ("labels", 1)]


def test_a_mask_beside_the_label_map(run, served):
    test = run(model="masks")
    table = test.dataframe[0].value.set_index("Class")
    assert table.loc["Arable land", "masks: share"] == 1
    assert "Reference map: share" in table.columns
    assert "labelled pixels have the class of the map" in said(test)


def test_two_models_are_compared_by_the_names_of_their_classes(run, served):
    test = run(model="masks", beside="other")
    text = said(test)
    assert "other alone knows" in text
    assert "Urban fabric" in text
    assert "other does not know" in text
    table = test.dataframe[0].value.set_index("Class")
    # The first class of the one is the third of the other, whose first is the third of the one.
    assert table["masks: share"].to_dict()["Arable land"] == 1
    assert table["other: share"].to_dict()["Marine waters"] == 1


def test_a_model_that_does_not_fit_is_refused_and_the_page_goes_on(run, served):
    test = run(model="alien")
    assert "aerial/red" in said(test)
    assert not served.asked


def test_a_patch_that_does_not_exist(run, served):
    assert "no patch of this id" in said(run(patch="../../etc/passwd"))
    assert not served.asked


def test_an_error_of_the_model_is_a_sentence(run, served):
    for error in (ModelError("It ran out of memory."), Busy("64 requests wait.")):
        served.error = error
        assert str(error) in said(run())


def test_the_selection_is_predicted_together(run, served):
    test = run(of="The selection")
    next(button for button in test.button if button.key == "area_go").click().run()
    assert not test.exception
    table = test.dataframe[0].value.set_index("Class")
    assert table["predicted"].to_dict() == {"Arable land": 3, "Pastures": 0, "Marine waters": 0}
    assert served.asked == [("labels", 3)]


def test_a_selection_without_any_patch_says_so(run, served):
    assert "Drop a condition" in said(run(select="country=Nowhere"))


def test_the_card_says_what_the_model_is(run, served):
    text = said(run(of="Model card"))
    assert "labels of a patch" in text
    assert "s2/B12, s1/VV, s2/B02" in text


def test_a_baseline_is_trained_by_a_job_and_offered_when_it_ends(run, served, monkeypatch):
    started, state = [], "running"

    def start(kind, title, args, dataset):
        if kind != "index":
            started.append((kind, args, dataset))

    def jobs():
        name = "reben-tiny-nearest-spectrum"
        job = Job("1", "train-baseline", "Training", name, state=state, done=1, total=2)
        return [job] if started else []

    monkeypatch.setattr("eoexplore.jobs.background.start", start)
    monkeypatch.setattr("eoexplore.jobs.background.jobs", jobs)
    test = run(of="Model card")
    test.selectbox(key="baseline").select("nearest_spectrum")
    test.button(key="baseline_go").click().run()
    args = ["train-baseline", "reben-tiny", "--kind=nearest_spectrum"]
    assert started == [("train-baseline", args, "reben-tiny-nearest-spectrum")]
    assert "choose it above" not in said(test)
    state = "done"
    assert "choose it above" in said(test.run())


def test_why_a_baseline_was_not_trained(run, served, monkeypatch):
    failed = Job(
        "1", "train-baseline", "Training", "reben-tiny-pixel-linear", state="failed",
        error="No spectra yet.",
    )  # fmt: skip
    monkeypatch.setattr("eoexplore.jobs.background.jobs", lambda: [failed])
    test = run(of="Model card")
    # Of somebody else, or of yesterday.
    assert "No spectra yet." not in said(test)
    test.button(key="baseline_go").click().run()
    assert "No spectra yet." in said(test)


def test_without_models_the_page_says_how_to_get_one(run, served, monkeypatch):
    monkeypatch.setattr(models, "available", tuple)
    monkeypatch.setattr(models, "refused", dict)
    st.cache_resource.clear()
    assert "train-demo" in said(run())


def test_a_file_that_is_gone(run, served):
    assert "no longer here" in said(run(of="An own GeoTIFF", upload="0" * 32))


def test_scores_of_a_card_are_flat_and_say_synthetic():
    card = replace(LABELS, scores={"truth": {"f1_macro": 0.5, "mean_iou": 0.2}, "labels": 1250})
    said = "synthetic, labels 1,250; truth: f1 macro 0.500, mean IoU 0.200"
    assert choosing._scores(card) == said
    assert choosing._scores(card, 1) == "synthetic, labels 1,250"
    assert choosing._scores(replace(card, scores={})) == "none stated"
