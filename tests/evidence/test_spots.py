"""Spots of a label map in which masks are sure of another class."""

import dataclasses

import numpy as np
import pytest
import rasterio

from eoexplore.core.errors import PredictionError
from eoexplore.evidence import spots
from eoexplore.evidence.kind import Asked, CannotTell, Finding
from eoexplore.store import issues, prediction_mosaics
from tests.halving import CLASSES, PATCHES, SIDE, masks_of, write_masks

PER_PATCH = 144.0


def names(halves, numbers):
    return [halves.opened.dataset.classes.names[number] for number in numbers]


@pytest.fixture(scope="module")
def found(halves, tmp_path_factory):
    folder = tmp_path_factory.mktemp("found")
    return spots.find(halves.asked(folder=folder)), folder


def test_the_two_places_are_found_and_one_lies_in_two_patches(halves, found):
    own, _ = found
    assert len(own) == 3
    assert len(np.unique(own.facts["spot"])) == 2
    large = own.take(own.facts["area_ha"] > 40)
    assert names(halves, large.labels) == ["Pastures"] * 2
    assert names(halves, large.suspects) == ["Arable land"] * 2
    assert large.facts["area_ha"].tolist() == pytest.approx([43.2, 43.2])
    assert large.facts["inside_ha"].tolist() == pytest.approx([21.6, 21.6])
    assert large.facts["decidable"].tolist() == [1, 1]
    small = own.take(own.facts["area_ha"] < 40)
    assert names(halves, [*small.labels, *small.suspects]) == ["Arable land", "Pastures"]
    # Sixteen cells of 0.36 ha: below the map's unit of 25 ha.
    assert small.facts["area_ha"].tolist() == pytest.approx([5.76])
    assert small.facts["decidable"].tolist() == [0]
    assert own.scores[own.facts["area_ha"] > 40].min() > small.scores[0]


def test_findings_lie_in_their_patches(halves, found):
    own, _ = found
    samples = halves.opened.samples
    ring = samples.outlines_of(own.rows)
    lon, lat = own.facts["lon"], own.facts["lat"]
    assert ((ring[..., 0].min(1) < lon) & (lon < ring[..., 0].max(1))).all()
    assert ((ring[..., 1].min(1) < lat) & (lat < ring[..., 1].max(1))).all()


def test_mosaics_hold_the_strength_of_each_spot(halves, found):
    own, folder = found
    product = str(halves.opened.samples.frame["product"].iloc[0])
    with rasterio.open(issues.spots_of(folder, product)) as file:
        stored = file.read(1)
    assert (stored[stored != prediction_mosaics.NOTHING] > 0).sum() == 10 * 12 + 16
    assert (stored == 0).sum() == SIDE**2 * 400 - 10 * 12 - 16
    strong = stored[stored != prediction_mosaics.NOTHING].max() / 10
    assert spots.chance(np.array(strong)) == pytest.approx(own.scores.max(), abs=0.02)


def test_what_was_looked_at_is_kept(found):
    looked = issues.read_looked(found[1])
    assert looked.ground_ha.sum() == pytest.approx(SIDE**2 * PER_PATCH)
    # Two columns of cells on each side of the one border.
    assert looked.ground_ha[:, 1].sum() == pytest.approx(4 * SIDE * 20 * 0.36)
    assert np.isfinite(looked.thresholds).sum() == 2


def test_samples_that_a_model_has_learnt_are_not_looked_at(halves):
    frame = halves.opened.samples.frame
    honest = np.array([PATCHES[0].id != one for one in frame["id"]])
    honest &= halves.opened.samples.y != min(one.y for one in PATCHES)
    own = spots.find(halves.asked(honest=honest))
    assert own.facts["area_ha"].tolist() == pytest.approx([5.76])
    with pytest.raises(CannotTell, match="has not seen"):
        spots.find(halves.asked(honest=np.zeros(len(frame), bool)))


def test_a_class_that_no_label_has_is_never_suspected(halves):
    """Nobody knows how sure the model is of it where it is right."""
    land = write_masks(
        halves.opened, "water", lambda patch: masks_of(patch, other=2), trained_on_split="none"
    )
    own = spots.find(Asked(halves.opened, land))
    assert own.facts["area_ha"].tolist() == pytest.approx([5.76])


def test_a_model_may_lack_a_class_and_know_others(halves):
    def of(patch):
        return masks_of(patch)[[1, 0]]

    land = write_masks(halves.opened, "few", of, CLASSES[1::-1], trained_on_split="none")
    own, whole = (spots.find(Asked(halves.opened, one)) for one in (land, halves.land))
    np.testing.assert_array_equal(own.suspects, whole.suspects)
    np.testing.assert_allclose(own.scores, whole.scores, atol=0.02)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"task": "multilabel"}, "a class for each pixel"),
        ({"layers": ("mask",)}, "without probabilities"),
    ],
)
def test_predictions_that_do_not_suffice_are_told_so(halves, change, why):
    about = dataclasses.replace(halves.land.about, **change)
    land = dataclasses.replace(halves.land, about=about)
    with pytest.raises(CannotTell, match=why):
        spots.find(Asked(halves.opened, land))
    with pytest.raises(CannotTell):
        spots.find(Asked(halves.opened))


def test_a_damaged_mosaic_is_an_error_with_a_way_out(halves):
    land = write_masks(halves.opened, "damaged", trained_on_split="none")
    product = str(halves.opened.samples.frame["product"].iloc[0])
    (land.folder / "prob" / f"{product}.tif").write_bytes(b"no TIFF")
    with pytest.raises(PredictionError, match="damaged or has gone"):
        spots.find(Asked(halves.opened, land))


def test_a_sentence_says_area_classes_and_resolution():
    facts = {"area_ha": 5.8, "margin": 3.0, "dates": 2.0, "decidable": 0.0}
    said = spots.sentence(Finding("Pastures", "Arable land", 0.3, facts))
    assert "On 6 ha that the map calls Pastures, the model sees Arable land: 20 times" in said
    assert "over 2 dates" in said
    assert "not decidable" in said
    assert "not decidable" not in spots.sentence(
        Finding("Pastures", "Arable land", 0.3, {"area_ha": 50.0, "margin": 3.0, "dates": 1.0})
    )
