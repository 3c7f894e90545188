"""What has no value: in one band or in all, in a file or in a square."""

from dataclasses import replace

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from eoexplore.core.errors import UploadError
from eoexplore.jobs import geotiff_inference
from tests.jobs.test_geotiff_inference import by_value, card, halves, predicted, read, saved

HOLE = np.s_[10:20, 30:45]


@pytest.mark.parametrize("value", ["nodata", "nan", "mask"])
def test_missing_pixels_get_no_class(value, tmp_path):
    pixels = halves(kind=np.uint16 if value != "nan" else np.float32)
    more = {}
    if value == "nan":
        pixels[:, *HOLE] = np.nan
    elif value == "nodata":
        pixels[:, *HOLE] = 0
        more = {"nodata": 0}
    path = saved(tmp_path, pixels, **more)
    if value == "mask":
        mask = np.full((60, 90), 255, np.uint8)
        mask[HOLE] = 0
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as file:
            file.write_mask(mask)
    result = predicted(path, tmp_path / "out")
    classes, confidence = (read(tmp_path / "out" / f"{n}.tif") for n in ("classes", "confidence"))
    assert (classes[HOLE] == 0).all()
    assert (confidence[HOLE] == 255).all()
    assert (classes == 0).sum() == (confidence == 255).sum() == 150
    assert result.missing_hectares == pytest.approx(1.5, rel=2e-3)


@pytest.mark.parametrize("resample", ["nearest", "bilinear"])
@pytest.mark.parametrize("nodata", [-9999, None])
@pytest.mark.parametrize("shift", [0, 3])
def test_a_band_that_is_missing_alone_is_missing_to_the_model(nodata, resample, shift, tmp_path):
    pixels = halves(kind=np.int16 if nodata else np.float32)
    pixels[0][HOLE] = nodata or np.nan
    lies = from_origin(500_000 + shift, 5_300_000 + shift, 10, 10)
    seen = []

    def predict(batch):
        seen.append(batch)
        return by_value(batch)

    # One window for all: what the model gets is the file, 3 m aside where it does not fit the grid.
    path = saved(tmp_path, pixels, transform=lies, nodata=nodata)
    size = {"input_size": 96, "gsd_m": (10.0, 10.0), "resample": resample}
    with geotiff_inference.opened(path, card(**size)) as source:
        aside = replace(source.grid, transform=from_origin(500_000, 5_300_000, 10, 10))
        geotiff_inference.run(replace(source, grid=aside), predict, tmp_path / "out")
    # The model's order: B02 first. A pixel is lost around the hole, and at the sides, at most.
    b02, b8a = seen[0][0, :, 1:58, 1:88]
    hole = np.zeros((60, 90), bool)
    hole[HOLE] = True
    assert np.isfinite(b02).all()
    assert (b02.min(), b02.max() <= 901) == (100, True)
    assert (b8a[np.isfinite(b8a)] >= 300).all()
    assert np.isnan(b8a[hole[1:58, 1:88]]).mean() > (0.99 if not shift else 0.75)
    assert np.isfinite(b8a[:8]).all()
    if not shift:
        assert (np.isnan(b8a) == hole[1:58, 1:88]).all()
    assert (read(tmp_path / "out" / "classes.tif")[1:59, 1:89] != 0).all()


def test_all_missing_is_a_sentence_and_leaves_nothing(tmp_path):
    path = saved(tmp_path, np.zeros((2, 60, 90), np.uint16), nodata=0)
    with pytest.raises(UploadError, match="All pixels of the file are missing"):
        predicted(path, tmp_path / "out")
    assert list((tmp_path / "out").iterdir()) == []


def thinned(squares):
    """Four squares of 32 x 32, of which some have a value in every third column only."""
    pixels = halves(64, 64)
    gaps = np.arange(32) % 3 > 0
    for row, column in squares:
        pixels[:, 32 * row : 32 * row + 32, 32 * column : 32 * column + 32][..., gaps] = 0
    return pixels


def halved(batch):
    return np.full((len(batch), 2), 0.5, np.float32)


LABELS = {"task": "multilabel", "activation": "sigmoid"}


def test_squares_without_a_score_are_said(tmp_path):
    path = saved(tmp_path, thinned([(0, 1), (1, 0)]), nodata=0)
    result = predicted(path, tmp_path / "out", halved, **LABELS)
    assert result.warnings[-1].startswith("2 of 4 squares have no score")
    scores = read(tmp_path / "out" / "scores.tif")
    assert np.isnan(scores).tolist() == [[False, True], [True, False]]


def test_scores_of_no_square_at_all_are_a_sentence(tmp_path):
    path = saved(tmp_path, thinned([(0, 0), (0, 1), (1, 0), (1, 1)]), nodata=0)
    with pytest.raises(UploadError, match=r"No square of 32 x 32 pixels .* with some: 4\)"):
        predicted(path, tmp_path / "out", halved, **LABELS)
    assert list((tmp_path / "out").iterdir()) == []
