"""Masks from elsewhere: what their values mean, what is kept, and what is not kept twice."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from eoexplore.core.errors import JobError, PredictionError, UnknownName
from eoexplore.jobs import mask_files, mask_import
from eoexplore.jobs.progress import Cancelled
from eoexplore.store import mosaic, prediction_columns, prediction_sets
from tests import builders, masking
from tests.masking import IDS, ONE, PATCHES, bare, counted, everywhere, full, kept, number, said


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A dataset of label maps alone; nothing is written to it."""
    folder = tmp_path_factory.mktemp("masked") / "reben-tiny"
    return builders.write_tree(folder, PATCHES, layers=("reference_map",))


@pytest.fixture
def opened(made, tmp_path, monkeypatch):
    return masking.open_small(made, tmp_path, monkeypatch)


@pytest.fixture
def masks(tmp_path):
    folder = tmp_path / "masks"
    folder.mkdir()
    return folder


def test_label_maps_as_masks_are_right_everywhere(made, opened):
    look = mask_import.look(opened, made / "Reference_Maps")
    assert (look.kind, look.certain) == ("codes", True)
    text = " ".join(look.sentences)
    assert "4 of the 4 samples of the dataset have a mask in Reference_Maps, of 120 x 120" in text
    assert "do not say where they lie" not in text
    assert "8 of the 19 classes occur; all 19 are judged." in text
    about = mask_import.keep(opened, look, "mine", "train")
    assert (about.task, about.trained_on_split, about.layers) == (
        "segmentation",
        "train",
        ("mask",),
    )
    assert (about.left_out, about.codes[:3]) == ({}, (111, 121, 211))
    assert about.unjudged_share == 0
    found = prediction_sets.read(opened, "mine")
    assert found.rows.tolist() == [0, 1, 2, 3]
    classes = opened.dataset.classes.classes
    for row, sample in enumerate(IDS):
        patch = next(patch for patch in PATCHES if patch.id == sample)
        codes = patch.pixels("reference_map", "reference_map")
        pixels = np.array([np.isin(codes, item.codes).sum() for item in classes])
        # What no class has, nobody predicts: it is in no share and in no comparison.
        assert (codes == 999).any()
        np.testing.assert_array_equal(counted(found)[row], np.diag(pixels))
        np.testing.assert_allclose(found.scores[row], pixels / pixels.sum(), atol=1e-6)
    np.testing.assert_array_equal(prediction_columns.accuracy_of(found), 1)


def test_the_mosaic_has_the_classes_at_their_places(made, opened):
    kept(opened, made / "Reference_Maps")
    folder = prediction_sets.folder_of(opened.fingerprint, "mine")
    product = str(opened.samples.frame["product"].iloc[0])
    with rasterio.open(folder / "mask" / f"{product}.tif") as file:
        mask = file.read(1)
        assert (file.nodata, file.crs.to_epsg()) == (255, 32633)
    expected = np.full_like(mask, 255)
    for patch in PATCHES:
        codes = patch.pixels("reference_map", "reference_map")
        cell = expected[patch.y * 120 :, patch.x * 120 :][:120, :120]
        for place, item in enumerate(opened.dataset.classes.classes):
            cell[np.isin(codes, item.codes)] = place
    np.testing.assert_array_equal(mask, expected)
    assert [path.name for path in sorted(folder.iterdir()) if path.is_dir()] == ["mask"]


def test_a_confusion_that_was_counted_by_hand(tmp_path, monkeypatch, masks):
    root = tmp_path / "reben-hand"
    builders.write_metadata(root, (ONE,))
    # Left half arable land, right half marine waters, and a corner of 10 rows, 20 columns without
    # a label.
    truth = full(211)
    truth[:, 60:] = 523
    truth[:10, :20] = 999
    path = ONE.path(root, "reference_map", "reference_map")
    builders.write_raster(path, truth, ONE, 0)
    opened = masking.open_small(root, tmp_path, monkeypatch)
    # The upper third is marine waters, of which the last 30 columns are not predicted.
    mask = full(212)
    mask[:40] = 523
    mask[:40, 90:] = 0
    builders.write_raster(masks / f"{ONE.id}_mask.tif", mask, ONE, 0)
    found = kept(opened, masks)
    land, sea = number(opened, "Arable land"), number(opened, "Marine waters")
    expected = np.zeros((19, 19), int)
    expected[land, sea] = 40 * 60 - 10 * 20
    expected[land, land] = 80 * 60
    expected[sea, sea] = 40 * 30
    expected[sea, land] = 80 * 60
    np.testing.assert_array_equal(counted(found)[0], expected)
    # 80 of 120 rows, and 90 of 120 columns of the others, are predicted.
    assert found.scores[0, land] == pytest.approx(9600 / 13200)
    assert found.scores[0, sea] == pytest.approx(3600 / 13200)
    right = (4800 + 1200) / (2200 + 4800 + 1200 + 4800)
    assert prediction_columns.accuracy_of(found)[0] == pytest.approx(right)


@pytest.mark.parametrize(
    ("values", "order", "value", "name"),
    [
        ("numbers", "dataset", 2, "Arable land"), ("numbers-from-1", "dataset", 3, "Arable land"),
        # Agro-forestry areas, Arable land, Beaches, Broad-leaved forest.
        ("numbers", "alphabet", 1, "Arable land"),
        ("numbers-from-1", "alphabet", 4, "Broad-leaved forest"),
    ],
)  # fmt: skip
def test_numbers_of_classes_are_asked_for(opened, masks, values, order, value, name):
    everywhere(masks, value)
    look = mask_import.look(opened, masks)
    assert not look.certain
    assert "whether they are numbers or numbers-from-1" in look.sentences[-1]
    assert "the order of the classes, alphabet or dataset" in look.sentences[-1]
    with pytest.raises(PredictionError, match="say whether they are"):
        mask_import.keep(opened, look, "mine")
    half = mask_import.look(opened, masks, values)
    assert (half.certain, "whether" in half.sentences[-1]) == (False, False)
    assert prediction_sets.available(opened.fingerprint) == ()
    found = kept(opened, masks, values=values, order=order)
    assert found.scores[:, number(opened, name)].tolist() == [1] * 4
    assert f"{value} is {name} (100.0%)" in said(opened, masks, values=values, order=order)


def test_what_values_cannot_be_is_said(opened, masks):
    everywhere(masks, 19)
    with pytest.raises(PredictionError, match=r"no numbers of its classes, 0 to 18: 19 \(100.0%\)"):
        mask_import.look(opened, masks, "numbers")
    # 19 can be the last of 19 classes, but not without a word.
    assert "whether they are numbers-from-1" in said(opened, masks)
    with pytest.raises(PredictionError, match="no codes of BigEarthNet"):
        mask_import.look(opened, masks, "codes")
    with pytest.raises(PredictionError, match="Masks have no 'percent'"):
        mask_import.look(opened, masks, "percent")


def test_unknown_codes_are_refused_with_their_share(opened, masks):
    values = full(211)
    values[:12] = 777
    values[12] = 0
    bare(masks / f"{ONE.id}.tif", values)
    with pytest.raises(PredictionError, match="2 values of the masks are neither") as error:
        mask_import.look(opened, masks)
    assert "777 (10.0%), 0 (0.8%) of the pixels, 10.8% together" in str(error.value)
    assert "declare it as their nodata" in str(error.value)


def test_what_a_file_calls_nodata_is_not_predicted_and_a_plain_0_is_a_value(opened, masks):
    values = full(523)
    values[:30] = 0
    bare(masks / f"{ONE.id}.tif", values, nodata=0)
    text = said(opened, masks)
    assert "25.0% of the pixels are the nodata of their file: nothing is predicted there" in text
    found = kept(opened, masks)
    assert found.scores[0, number(opened, "Marine waters")] == 1
    assert found.confusion.pixels.sum() < 90 * 120
    bare(masks / f"{ONE.id}.tif", np.minimum(values, 18))
    # Now 0 is a class, if these are numbers.
    found = kept(opened, masks, "other", "numbers", "dataset")
    assert found.scores[0, number(opened, "Urban fabric")] == 0.25
    assert found.scores[0, number(opened, "Marine waters")] == 0.75


def test_codes_of_no_class_are_no_prediction(opened, masks):
    values = full(999)
    values[:, :60] = 142
    values[0] = 231
    bare(masks / f"{ONE.id}.tif", values)
    bare(masks / f"{PATCHES[1].id}.tif", full(999))
    text = said(opened, masks)
    assert "99.6% of the values are codes of no class (142, 999): no prediction either." in text
    found = kept(opened, masks)
    assert found.rows.tolist() == [IDS.index(ONE.id)]
    assert found.scores[0, number(opened, "Pastures")] == 1
    (reason,) = found.about.left_out.items()
    assert reason == (f"Nothing is predicted in the whole mask, {PATCHES[1].id}.tif.", 1)
    # Of the one that is kept, one row of 120 is predicted.
    truth = ~np.isin(ONE.pixels("reference_map", "reference_map"), (142, 999))
    assert found.about.unjudged_share == pytest.approx(truth[1:].sum() / truth.sum())


def test_numbers_stored_as_fractions_are_numbers(opened, masks):
    values = full(211, np.float32)
    values[0] = np.nan
    bare(masks / f"{ONE.id}.tif", values, nodata=np.nan)
    bare(masks / f"{PATCHES[1].id}.tif", values + np.float32(0.5), nodata=np.nan)
    bare(masks / f"{PATCHES[2].id}.tif", values)
    text = said(opened, masks)
    assert "2 are left out: Values that are no whole numbers" in text
    assert "the nodata of their file" in text
    assert kept(opened, masks).rows.tolist() == [IDS.index(ONE.id)]


def test_all_left_out_is_no_set(opened, masks):
    bare(masks / f"{ONE.id}.tif", full(211), crs=32634, transform=from_origin(0, 0, 10, 10))
    with pytest.raises(PredictionError, match=r"No mask in masks can be used. 1: In EPSG:32634"):
        mask_import.look(opened, masks)
    bare(masks / f"{ONE.id}.tif", full(999))
    with pytest.raises(PredictionError, match=r"All 1 samples were left out. Nothing is predicted"):
        kept(opened, masks)
    assert prediction_sets.available(opened.fingerprint) == ()


def test_of_many_files_some_are_read_before_and_all_are_checked_when_kept(
    opened, masks, monkeypatch
):
    monkeypatch.setattr(mask_import, "PREVIEW", 2)
    everywhere(masks, 211)
    look = mask_import.look(opened, masks)
    assert "2 of them were read for this; all are when they are kept." in look.sentences
    bare(masks / f"{IDS[1]}.tif", full(777))
    with pytest.raises(PredictionError, match=r"no codes of .*: 777 \(25.0%\)"):
        mask_import.keep(opened, look, "mine")
    bare(masks / f"{IDS[1]}.tif", np.full((2, 120, 120), 211, np.uint16))
    with pytest.raises(PredictionError, match="has 2 bands"):
        mask_import.keep(opened, look, "mine")
    (masks / f"{IDS[1]}.tif").unlink()
    with pytest.raises(PredictionError, match="has gone since the folder was looked at"):
        mask_import.keep(opened, look, "mine")
    assert prediction_sets.available(opened.fingerprint) == ()
    folder = prediction_sets.folder_of(opened.fingerprint, "mine")
    assert [path.name for path in folder.iterdir()] in ([], ["build.lock"])


def test_a_name_that_is_taken_keeps_what_it_has(opened, masks):
    everywhere(masks, 211)
    first = kept(opened, masks).about
    # The same again is the same; another file, or another meaning, is not.
    assert kept(opened, masks).about == first
    bare(masks / f"{ONE.id}.tif", full(231))
    with pytest.raises(PredictionError, match="Choose another name"):
        kept(opened, masks)
    assert prediction_sets.read(opened, "mine").about == first
    with pytest.raises(UnknownName, match="cannot be the name"):
        kept(opened, masks, "../mine")


def test_what_was_cancelled_goes_on(opened, masks, monkeypatch):
    monkeypatch.setattr(mask_import, "CHUNK", 2)
    everywhere(masks, 211)
    look = mask_import.look(opened, masks)
    looks = []

    def cancelled():
        looks.append(1)
        # Four files are read for their hash, and then three to be kept.
        return len(looks) == 8

    with pytest.raises(Cancelled):
        mask_import.keep(opened, look, "mine", cancelled=cancelled)
    assert prediction_sets.available(opened.fingerprint) == ()
    read = mask_files.read
    again = []
    monkeypatch.setattr(mask_files, "read", lambda *own: (again.append(own[0].name), read(*own))[1])
    reports = []
    mask_import.keep(opened, look, "mine", progress=lambda *own: reports.append(own))
    assert len(again) == 2
    assert reports[0] == (0, 4, "reading the masks")
    assert reports[-1] == (4, 4, "keeping the masks")
    found = prediction_sets.read(opened, "mine")
    assert found.scores[:, number(opened, "Arable land")].tolist() == [1] * 4
    assert not [*found.folder.glob("parts-*")]


def test_what_was_refused_once_is_refused_again_after_a_kill(opened, masks, monkeypatch):
    monkeypatch.setattr(mask_import, "CHUNK", 1)
    monkeypatch.setattr(mask_import, "PREVIEW", 1)
    everywhere(masks, 211)
    look = mask_import.look(opened, masks)
    # The chunk of the second file is made, and then the work ends.
    bare(masks / f"{IDS[1]}.tif", full(777))
    looks = []

    def cancelled():
        looks.append(1)
        return len(looks) == 7

    with pytest.raises(Cancelled):
        mask_import.keep(opened, look, "mine", cancelled=cancelled)
    with pytest.raises(PredictionError, match="777"):
        mask_import.keep(opened, look, "mine")


def test_two_at_once_are_one(opened, masks):
    everywhere(masks, 211)
    look = mask_import.look(opened, masks)

    def meanwhile(*_):
        with pytest.raises(JobError, match="Another process"):
            mask_import.keep(opened, look, "mine")

    mask_import.keep(opened, look, "mine", progress=meanwhile)


def test_a_dataset_that_goes_away_meanwhile_is_a_sentence(made, tmp_path, monkeypatch, masks):
    copied = Path(shutil.copytree(made, tmp_path / "reben-going"))
    opened = masking.open_small(copied, tmp_path, monkeypatch)
    everywhere(masks, 211)
    look = mask_import.look(opened, masks)
    shutil.rmtree(copied / "Reference_Maps")
    with pytest.raises(JobError, match="have gone or changed"):
        mask_import.keep(opened, look, "mine")
    assert prediction_sets.available(opened.fingerprint) == ()


def test_without_label_maps_nothing_is_compared(tmp_path, monkeypatch, masks):
    root = tmp_path / "reben-names"
    builders.write_metadata(root, PATCHES)
    opened = masking.open_small(root, tmp_path, monkeypatch)
    everywhere(masks, 211)
    found = kept(opened, masks)
    assert found.confusion is None
    assert found.scores[:, number(opened, "Arable land")].tolist() == [1] * 4


@pytest.mark.real_data
def test_real_label_maps_are_right_everywhere(real_data, tmp_path, monkeypatch):
    opened = masking.open_small(real_data / "reben_mini", tmp_path, monkeypatch)
    monkeypatch.setattr(mosaic, "GRID", 91)
    folder = real_data / "reben_mini" / "Reference_Maps"
    found = kept(opened, folder)
    # The one real patch of the copy that has a label map.
    assert opened.samples.frame["id"].iloc[found.rows[0]].endswith("T33UUP_26_57")
    assert found.confusion.pixels.sum() == 14400
    assert np.nanmean(prediction_columns.accuracy_of(found)) == 1
    # 7075 + 1154 + 4131 + 2040 pixels, as counted in tests/datasets/test_reben_real.py.
    shares = {name: round(float(share) * 14400) for name, share in
              zip(found.about.classes, found.scores[0], strict=True) if share}  # fmt: skip
    assert shares == {
        "Arable land": 7075, "Pastures": 1154, "Broad-leaved forest": 4131, "Mixed forest": 2040,
    }  # fmt: skip
