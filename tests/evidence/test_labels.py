"""Labels of patches that a model does not support."""

import numpy as np
import pytest

from eoexplore.analysis import confident
from eoexplore.evidence import labels
from eoexplore.evidence.kind import Asked, CannotTell, Finding
from eoexplore.store import catalog
from tests import builders, predicting
from tests.halving import PATCHES, write_masks

PASTURES = "Pastures"


def names(opened, numbers):
    return [opened.dataset.classes.names[number] for number in numbers]


def test_of_masks_a_label_is_judged_by_all_of_its_cells(halves):
    """The model sees something else on the whole of no patch, so every margin is small."""
    assert len(labels.find(halves.asked())) == 0


def test_of_masks_a_class_that_is_seen_nowhere_is_found(halves):
    west = min(one.x for one in PATCHES)
    wrong = max((one for one in PATCHES if one.x == west), key=lambda one: one.y)

    def of(patch):
        seen = np.full((20, 20), 0 if patch.x == west and patch.y != wrong.y else 1)
        return np.where(np.arange(3)[:, None, None] == seen, 90, 5).astype(np.uint8)

    land = write_masks(halves.opened, "wrong", of, trained_on_split="none")
    own = labels.find(Asked(halves.opened, land))
    assert names(halves.opened, own.labels) == ["Arable land"]
    assert names(halves.opened, own.suspects) == [PASTURES]
    assert halves.opened.samples.frame["id"].iloc[own.rows[0]] == wrong.id
    assert own.facts["area_ha"].tolist() == pytest.approx([144.0])


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    """A hundred and twenty patches, half of which have pastures; one of them scores low."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(tmp_path_factory.mktemp("cache")))
        patches = tuple(
            builders.Patch("33UUP", x, y, labels=("Arable land", *([PASTURES] if x % 2 else [])))
            for x in range(12)
            for y in range(10)
        )
        path = tmp_path_factory.mktemp("data") / "scored"
        builders.write_metadata(path, patches)
        opened = catalog.add(path)
        has = np.array([PASTURES in own for own in opened.samples.frame["labels"]])
        scores = np.where(has, 0.9, 0.1)
        low, high = np.flatnonzero(has)[7], np.flatnonzero(~has)[5]
        scores[low], scores[high] = 0.02, 0.97
        found = predicting.write_set(
            opened, "scores", range(120), np.stack([np.full(120, 0.9), scores], 1),
            ("Arable land", PASTURES), trained_on_split="none",
        )  # fmt: skip
        yield opened, found, int(low), int(high)


def test_of_scores_the_low_label_and_the_high_stranger_are_found(scored):
    opened, found, low, high = scored
    own = labels.find(Asked(opened, found))
    by_row = {row: place for place, row in enumerate(own.rows.tolist())}
    assert set(by_row) == {low, high}
    assert names(opened, own.labels[[by_row[low]]]) == [PASTURES]
    assert own.suspects[by_row[low]] == -1
    assert own.labels[by_row[high]] == -1
    assert names(opened, own.suspects[[by_row[high]]]) == [PASTURES]
    # A class that all have cannot be judged: nobody knows the scores of those without.
    assert "Arable land" not in names(opened, own.labels[own.labels >= 0])
    # Labels that are right are more common among classes without a label.
    assert own.scores[by_row[low]] > own.scores[by_row[high]]


def test_only_scores_of_a_model_that_has_not_seen_them_count(scored):
    opened, found, low, high = scored
    honest = np.ones(len(opened.samples), bool)
    honest[[low, high]] = False
    assert len(labels.find(Asked(opened, found, honest=honest))) == 0
    with pytest.raises(CannotTell, match="predict-folds"):
        labels.find(Asked(opened, found, honest=np.zeros(len(opened.samples), bool)))


def test_a_class_of_three_samples_is_not_judged(scored):
    opened, found, *_ = scored
    honest = np.arange(len(opened.samples)) < confident.LEAST
    with pytest.raises(CannotTell, match=f"{confident.LEAST} samples"):
        labels.find(Asked(opened, found, honest=honest))


def test_without_predictions_nothing_can_be_told(scored):
    with pytest.raises(CannotTell, match="takes predictions"):
        labels.find(Asked(scored[0]))


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (Finding("", PASTURES, 0.1, {"margin": 2.0}), "not among the labels"),
        (Finding(PASTURES, "Arable land", 0.2, {"area_ha": 5.0}), "5.0 ha on the map: there"),
        (Finding(PASTURES, "", 0.2, {"value": 0.03}), "score is only 0.03"),
    ],
)
def test_sentences_name_what_is_known(found, said):
    assert said in labels.sentence(found)
