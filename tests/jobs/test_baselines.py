"""Baselines from the index: what they learn from, and what they do not."""

import numpy as np
import pytest

from eoexplore.core.errors import ModelError
from eoexplore.jobs import baselines
from eoexplore.models import pixel
from tests.charts.conftest import Row
from tests.charts.made_spectra import with_spectra

FOREST, WATER = 311, 523
SPLITS = ("train", "validation", "test")


def image(forest, water):
    """Return values of two bands by class."""
    return {
        code: {"s2/B04": red, "s2/B08": near, "s1/VV": vv}
        for code, (red, near, vv) in ((FOREST, forest), (WATER, water))
    }


TRUE = image((300, 3000, -9.0), (500, 100, -20.0))
SWAPPED = image((500, 100, -20.0), (300, 3000, -9.0))


def opened_with(folder, images):
    rows = [Row(x=x, split=split) for x, split in enumerate(SPLITS)]
    return with_spectra(folder, rows, images)


@pytest.mark.parametrize("kind", pixel.TITLES)
def test_the_train_split_alone_is_learnt_and_the_validation_split_measured(kind, tmp_path):
    model = baselines.train(opened_with(tmp_path / "a", [TRUE, TRUE, SWAPPED]), kind)
    assert model.card.scores["accuracy"] == 1
    assert model.card.class_names == ("Broad-leaved forest", "Marine waters")
    assert [item.code for item in model.card.classes] == [FOREST, WATER]
    assert model.card.bands == ("s2/B04", "s2/B08", "s1/VV")
    assert tuple(model.card.options["indices"]) == ("NDVI",)
    assert model.card.gsd_m == (8.0, 12.5)
    pixels = np.array([[300, 3000, -9], [500, 100, -20]], np.float32)
    assert model.of_pixels(pixels).argmax(1).tolist() == [0, 1]
    swapped = baselines.train(opened_with(tmp_path / "b", [TRUE, SWAPPED, TRUE]), kind)
    assert swapped.card.scores["accuracy"] == 0


def test_the_test_split_changes_nothing(tmp_path):
    odd = image((9000, 9000, 5.0), (1, 1, -40.0))
    one, other = (
        baselines.train(opened_with(tmp_path / name, [TRUE, TRUE, last]), "pixel_linear")
        for name, last in (("a", TRUE), ("b", odd))
    )
    assert one.card == other.card
    for name, array in one.state.items():
        assert np.array_equal(array, other.state[name])


def test_a_rare_class_is_left_out(tmp_path):
    rare = {**TRUE, 231: {"s2/B04": 900, "s2/B08": 2000, "s1/VV": -12.0, "pixels": 19}}
    model = baselines.train(opened_with(tmp_path, [rare, TRUE, TRUE]), "nearest_spectrum")
    assert model.card.class_names == ("Broad-leaved forest", "Marine waters")


@pytest.mark.parametrize("images", [[None, TRUE, TRUE], [{FOREST: TRUE[FOREST]}, TRUE, TRUE]])
def test_too_little_to_learn_from_is_a_sentence(images, tmp_path):
    with pytest.raises(ModelError, match="fewer than two classes with 20 pixels"):
        baselines.train(opened_with(tmp_path, images), "pixel_linear")


def test_without_spectra_the_index_is_asked_for(tmp_path):
    opened = opened_with(tmp_path, [TRUE, TRUE, TRUE])
    opened.folder.spectra_classes.unlink()
    with pytest.raises(ModelError, match="Build the index"):
        baselines.train(opened, "pixel_linear")
