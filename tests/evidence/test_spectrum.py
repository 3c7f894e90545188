"""Spectra unlike their class, out of an index."""

import numpy as np
import pytest

from eoexplore.evidence import spectrum
from eoexplore.evidence.kind import Asked, CannotTell
from tests.charts.conftest import Row, grid, opened_of
from tests.evidence.model_free import FOREST, WATER, asked_of, image, said

WRONG, FLAGGED, SMALL = 3, 5, 7


def made(folder, mapped=True, labels=(FOREST, WATER)):
    rows = [Row(x=n % 9, y=n // 9, labels=labels) for n in range(45)]
    images = [image(311, 512, seed=n) for n in range(45)]
    images[WRONG] = image(311, 512, as_code=512, seed=WRONG)
    rows[FLAGGED] = Row(x=5, y=0, labels=labels, flags=("snow",))
    images[FLAGGED] = image(311, 512, as_code=331, seed=FLAGGED)
    images[SMALL] = image(311, 512, as_code=331, seed=SMALL, pixels=200)
    return asked_of(folder, rows, images, mapped)


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    return made(tmp_path_factory.mktemp("index"))


def test_the_class_that_looks_like_another_is_found_and_the_other_named(asked):
    found = spectrum.find(asked)
    names = asked.opened.dataset.classes.names
    best = int(found.scores.argmax())
    assert (found.rows[best], names[found.labels[best]]) == (WRONG, FOREST)
    assert names[found.suspects[best]] == WATER
    assert found.facts["share"][best] == 0.5
    assert found.facts["distance"][best] > found.facts["expected"][best]
    assert found.scores[best] > 0.3


def test_flagged_patches_and_small_areas_are_left_out(asked):
    # 200 pixels are 2 ha.
    assert not {FLAGGED, SMALL} & set(spectrum.find(asked).rows.tolist())


def test_a_finding_is_a_sentence(asked):
    found = spectrum.find(asked)
    sentence = said(asked, spectrum.KIND, int(found.scores.argmax()))
    assert sentence.startswith(f"Where the map says {FOREST} (50% of the patch)")
    assert f"nearer to {WATER}" in sentence
    assert "97.5%" in sentence


def test_the_chance_grows_with_both():
    one, far, near = spectrum.chance(np.array([1.0, 9.0, 1.0]), np.array([0.0, 0.0, 5.0]))
    assert one < far
    assert one < near
    # Without another class it is small.
    assert spectrum.chance(np.array([1.0]), np.array([-np.inf])) < 0.01


def test_without_maps_a_patch_with_one_label_stands_for_its_class(tmp_path):
    rows = [Row(x=n % 9, y=n // 9, labels=(FOREST,)) for n in range(45)]
    images = [image(311, seed=n) for n in range(45)]
    images[WRONG] = image(331, seed=WRONG)
    found = spectrum.find(asked_of(tmp_path, rows, images, mapped=False))
    assert found.rows[found.scores.argmax()] == WRONG
    assert found.facts["share"].tolist() == [1.0] * len(found)


def test_without_maps_and_with_several_labels_it_cannot_be_told(tmp_path):
    with pytest.raises(CannotTell, match="No label map"):
        spectrum.find(made(tmp_path, mapped=False))


def test_few_patches_are_too_few(tmp_path):
    rows = grid(3, labels=(FOREST, WATER))
    with pytest.raises(CannotTell, match="No class has 36 patches"):
        spectrum.find(asked_of(tmp_path, rows, [image(311, 512, seed=n) for n in range(9)]))


def test_without_images_or_an_index_it_cannot_be_told(asked):
    with pytest.raises(CannotTell, match="no images"):
        spectrum.find(Asked(opened_of(grid(3))))
    opened = opened_of(grid(3))
    opened.samples.frame["has_s2"] = True
    with pytest.raises(CannotTell, match="Build the index"):
        spectrum.find(Asked(opened))
    opened.dataset.streams = ("a stream",)
    with pytest.raises(CannotTell, match="extract the archives"):
        spectrum.find(Asked(opened))
