"""The same place and the same picture in two parts of a split."""

from pathlib import Path

import numpy as np
import pytest

from eoexplore.evidence import near_duplicates
from eoexplore.evidence.kind import Asked, CannotTell
from eoexplore.store import mosaic
from tests.charts.conftest import Row, grid, opened_of
from tests.evidence.model_free import asked_of, image, said


def test_two_dates_of_a_place_in_two_parts_are_found_in_the_smaller_one():
    rows = [*grid(3), Row(x=1, y=1, date="2018-01-10", split="test")]
    asked = Asked(opened_of(rows))
    found = near_duplicates.find(asked)
    assert found.rows.tolist() == [9]
    assert found.facts["other"].tolist() == [4]
    assert found.facts["distance_m"].tolist() == [0]
    assert found.scores.tolist() == [1]
    assert "the same place" in said(asked, near_duplicates.KIND)


def test_overlapping_tiles_in_two_parts_are_found_with_the_ground_they_share():
    rows = [Row(x=84, y=40), Row(x=85, y=40), Row(x=0, y=40, tile="33UVP", split="test")]
    asked = Asked(opened_of(rows))
    found = near_duplicates.find(asked)
    assert found.rows.tolist() == [2]
    share = found.scores[0]
    assert 0.1 < share < 1
    # Squares of 1.2 km that are shifted along one side.
    assert found.facts["distance_m"][0] == pytest.approx(1200 * (1 - share), rel=0.01)
    assert f"{share:.0%} of the same ground" in said(asked, near_duplicates.KIND)


def test_parts_without_ground_in_common_have_nothing():
    rows = [*grid(3), Row(x=40, y=40, split="test")]
    assert len(near_duplicates.find(Asked(opened_of(rows)))) == 0


def pictured(folder: Path, same: bool) -> Asked:
    """Two patches of calm sea with the same means in two parts, and one of land."""
    rows = [Row(x=0), Row(x=40, split="test"), Row(x=80)]
    asked = asked_of(folder, rows, [image(512), image(512), image(311)])
    group = mosaic.GROUPS["optical"]
    random = np.random.default_rng(5)
    first, second, third = random.integers(100, 400, (3, 4, group.patch_px, group.patch_px))
    second = first if same else second
    pictures = {(0, 0): first, (40, 0): second, (80, 0): third}
    pictures = {place: values.astype(group.dtype) for place, values in pictures.items()}
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(mosaic._COG, "overviews", "NONE")
        mosaic.write(asked.opened.folder.mosaic_path(group.name, "a"), group, "33UUP", pictures)
    return asked


def test_the_same_picture_elsewhere_is_found(tmp_path):
    asked = pictured(tmp_path, same=True)
    found = near_duplicates.find(asked)
    assert found.rows.tolist() == [1]
    assert found.facts["other"].tolist() == [0]
    assert found.facts["similarity"] == pytest.approx([1])
    assert found.facts["distance_m"][0] == pytest.approx(48_000, rel=0.01)
    assert "the same picture, 48" in said(asked, near_duplicates.KIND)


def test_the_same_means_alone_are_not_the_same_picture(tmp_path):
    assert len(near_duplicates.find(pictured(tmp_path, same=False))) == 0


def test_without_mosaics_pictures_are_not_compared(tmp_path):
    rows = [Row(x=0), Row(x=40, split="test")]
    assert len(near_duplicates.find(asked_of(tmp_path, rows, [image(512), image(512)]))) == 0


@pytest.mark.parametrize("rows", [grid(2), grid(2, split="")])
def test_without_parts_it_cannot_be_told(rows):
    with pytest.raises(CannotTell, match="not split into parts"):
        near_duplicates.find(Asked(opened_of(rows)))


def test_without_places_it_needs_pictures():
    rows = [Row(tile=""), Row(tile="", split="test")]
    with pytest.raises(CannotTell, match="no images"):
        near_duplicates.find(Asked(opened_of(rows)))
