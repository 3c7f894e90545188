"""`train-baseline`: from an index to a model that is offered and predicts."""

import numpy as np
import pytest

from eoexplore import models
from eoexplore.core.model_card import ModelCard
from eoexplore.models import pixel


def test_without_spectra_it_says_what_to_do(tree, said):
    status, out, err = said("train-baseline", tree)
    assert (status, out) == (1, "")
    assert "Build the index" in err


def test_a_kind_that_there_is_not(tree, said):
    status, _, err = said("train-baseline", tree, "--kind", "forest")
    assert status == 2
    assert "pixel_linear" in err


@pytest.mark.parametrize("kind", pixel.TITLES)
def test_what_was_trained_is_offered_and_answers(tree, said, document, kind):
    assert said("index", tree, "--workers", 1)[0] == 0
    found = document("train-baseline", "reben-small", "--kind", kind)
    assert set(found) == {"path", "name", "scores"}
    assert 0 < found["scores"]["accuracy"] <= 1
    # A second training takes the place of the first.
    assert said("train-baseline", "reben-small", "--kind", kind)[0] == 0
    offers = {offer.name: offer for offer in models.available()}
    offer = offers[found["name"]]
    assert (offer.origin, offer.card.architecture) == ("trained", kind)
    assert offer.card.scores == found["scores"]
    batch = np.full((1, len(offer.card.bands), 120, 120), 1000, np.float32)
    answer = models.load(offer.name).predict(batch)
    assert answer.shape == (1, len(offer.card.classes), 120, 120)
    assert np.allclose(answer.sum(1), 1, atol=1e-5)


def test_it_is_written_where_one_says(tree, said, tmp_path):
    assert said("index", tree, "--workers", 1)[0] == 0
    out = tmp_path / "own" / "plain"
    status, text, _ = said("train-baseline", tree, "--out", out)
    assert status == 0
    assert "mean iou" in text
    card: ModelCard = models.open_folder(out).card
    assert card.architecture == "pixel_linear"
    assert not models.trained_folder().exists()
