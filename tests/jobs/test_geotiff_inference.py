import json
import threading

import numpy as np
import pytest
import rasterio
from pyproj import Transformer
from rasterio.transform import Affine, from_origin

from eoexplore.core.errors import ModelError, UploadError
from eoexplore.core.model_card import CardClass, ModelCard
from eoexplore.jobs import geotiff_inference
from eoexplore.jobs._geotiff_grid import Grid
from tests import tiffs

BANDS = ("s2/B02", "s2/B8A")
NAMES = ("B8A", "Blue B2")


def card(**more):
    classes = (CardClass(11, "low", "#112233"), CardClass(7, "high, and wet", "#a0b0c0"))
    fields = {
        "name": "A model", "task": "segmentation", "architecture": "unet", "encoder": "",
        "bands": BANDS, "input_size": 32, "resample": "nearest", "mean": (500.0, 500.0),
        "std": (400.0, 400.0), "classes": classes, "activation": "softmax",
        "gsd_m": (10.0, 10.0), "licence": "MIT", "source": "here", "sha256": "ab" * 32,
    }  # fmt: skip
    return ModelCard(**{**fields, **more})


def by_value(batch):
    """High where B02 is at least 500, surely so; no value counts as low."""
    high = (np.nan_to_num(batch[:, 0]) >= 500).astype(np.float32)
    return np.stack([0.9 - 0.8 * high, 0.1 + 0.8 * high], axis=1)


def saved(folder, pixels, **more):
    path = folder / "own.tif"
    path.write_bytes(tiffs.tif(pixels, **{"names": NAMES, **more}))
    return path


def halves(height=60, width=90, kind=np.uint16):
    """Two bands: B8A, and B02 with 100 above and 900 below."""
    pixels = np.full((2, height, width), 300, kind)
    pixels[1] = 100
    pixels[1, height // 2 :] = 900
    pixels[:, ::7, ::5] += 1
    return pixels


def predicted(path, folder, predict=by_value, asked="", progress=lambda *_: None, **more):
    with geotiff_inference.opened(path, card(**more), asked) as source:
        return geotiff_inference.run(source, predict, folder, progress)


def read(path):
    with rasterio.open(path) as file:
        return file.read(1)


def test_a_file_on_the_grid_of_the_model_keeps_every_pixel(tmp_path):
    seen = []

    def predict(batch):
        seen.append(batch)
        return by_value(batch)

    result = predicted(saved(tmp_path, halves()), tmp_path / "out", predict)
    assert result.files == ("classes.tif", "confidence.tif")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "classes.tif", "confidence.tif", "result.json",
    ]  # fmt: skip
    classes = read(tmp_path / "out" / "classes.tif")
    assert (classes == np.where(halves()[1] >= 500, 7, 11)).all()
    assert (read(tmp_path / "out" / "confidence.tif") == 90).all()
    assert np.concatenate(seen).dtype == np.float32
    assert np.concatenate(seen).shape == (result.windows, 2, 32, 32)
    # In the model's order: B02 first, though the file has it second.
    assert (np.concatenate(seen)[0, :, 1, 1] == [100, 300]).all()


def test_the_file_says_what_it_is_and_no_path(tmp_path):
    predicted(saved(tmp_path, halves()), tmp_path / "out", synthetic=True)
    with rasterio.open(tmp_path / "out" / "classes.tif") as file:
        assert (file.dtypes[0], file.nodata, file.profile["compress"]) == ("uint8", 0, "deflate")
        assert file.profile["tiled"]
        assert file.colormap(1)[7] == (0xA0, 0xB0, 0xC0, 255)
        assert file.colormap(1)[0][3] == 0
        tags = file.tags()
    assert json.loads(tags["CLASSES"]) == {"11": "low", "7": "high, and wet"}
    assert (tags["MODEL"], tags["MODEL_SHA256"], tags["MODEL_SOURCE"]) == (
        "A model", "ab" * 32, "here",
    )  # fmt: skip
    assert "made-up" in tags["SYNTHETIC"]
    for path in (tmp_path / "out").iterdir():
        assert str(tmp_path).encode() not in path.read_bytes()
        assert b"own.tif" not in path.read_bytes()


def marked(grid, size=120):
    """Pixels with a bright square of 3 x 3 around a known pixel, and where its middle lies."""
    pixels = np.full((2, size, size), 100, np.uint16)
    row, column = 31, 77
    pixels[1, row - 1 : row + 2, column - 1 : column + 2] = 900
    lon, lat = grid.degrees(np.array([column + 0.5]), np.array([row + 0.5]))
    return pixels, (row, column), (float(lon[0]), float(lat[0]))


GRIDS = {
    "degrees": ("EPSG:4326", Affine(1.3e-4, 0, 8.13, 0, -9e-5, 52.2)),
    "south-up": ("EPSG:32632", Affine(10, 0, 450_003, 0, 10, 5_780_007)),
    "turned": ("EPSG:3035", Affine(8.66, 5, 4_300_000, 5, -8.66, 3_200_000)),
    "columns run north": ("EPSG:32631", Affine(0, 10, 850_000, 10, 0, 5_790_000)),
    "northing first": ("EPSG:3006", Affine(10, 0, 500_000, 0, -10, 6_600_000)),
    "another zone": ("EPSG:32731", Affine(10, 0, 1_100_000, 0, -10, 9_000_000)),
    "finer": ("EPSG:32633", Affine(5, 0, 500_002, 0, -5, 5_300_003)),
    "coarser": ("EPSG:25832", Affine(18, 0, 500_002, 0, -18, 5_300_003)),
}


@pytest.mark.parametrize("kind", GRIDS)
def test_a_mark_lands_where_it_is_on_the_earth(kind, tmp_path):
    crs, transform = GRIDS[kind]
    own = Grid(rasterio.crs.CRS.from_string(crs), transform, 120, 120)
    pixels, (row, column), place = marked(own)
    path = saved(tmp_path, pixels, crs=crs, transform=transform)
    result = predicted(path, tmp_path / "out", resample="bilinear", std=(10.0, 10.0))
    with rasterio.open(tmp_path / "out" / "classes_utm.tif") as file:
        assert file.crs.to_epsg() == result.epsg
        assert file.res == (10, 10)
        rows, columns = np.nonzero(file.read(1) == 7)
        east, north = file.transform @ (columns.mean() + 0.5, rows.mean() + 0.5)
        wanted = Transformer.from_crs(4326, result.epsg, always_xy=True).transform(*place)
    assert np.abs(np.subtract((east, north), wanted)).max() <= 5
    with rasterio.open(tmp_path / "out" / "classes.tif") as file:
        assert (file.crs, file.shape) == (own.crs, (120, 120))
        assert file.transform.almost_equals(transform)
        rows, columns = np.nonzero(file.read(1) == 7)
    half = max(0.5, 5 / min(own.pixel_m()))
    assert abs(rows.mean() - row) <= half
    assert abs(columns.mean() - column) <= half


def test_a_scene_keeps_its_own_zone_a_little_beyond_its_border(tmp_path):
    # Zone 33 ends at 18° E.
    east = Transformer.from_crs(4326, 32633, always_xy=True).transform(18.5, 50)[0] // 10 * 10
    path = saved(tmp_path, halves(), transform=from_origin(east, 5_540_000, 10, 10))
    result = predicted(path, tmp_path / "out")
    assert (result.epsg, result.files) == (32633, ("classes.tif", "confidence.tif"))


def test_a_file_across_180_degrees_stays_in_one_piece(tmp_path):
    degrees = Affine(1e-4, 0, 179.9995, 0, -1e-4, 0.5)
    path = saved(tmp_path, halves(20, 30), crs="EPSG:4326", transform=degrees)
    with pytest.raises(UploadError, match="longitudes go past 180°"):
        predicted(path, tmp_path / "out")
    # The same place in metres of zone 60, which ends there.
    east, north = Transformer.from_crs(4326, 32660, always_xy=True).transform(179.9995, 0.5)
    path = saved(tmp_path, halves(), crs="EPSG:32660", transform=from_origin(east, north, 10, 10))
    result = predicted(path, tmp_path / "out")
    assert result.bounds == pytest.approx((179.9995, 0.4946, 180.0076, 0.5), abs=2e-4)
    assert (read(tmp_path / "out" / "classes.tif") != 0).all()


def test_files_of_more_pixels_than_are_taken_are_refused(tmp_path, monkeypatch):
    path = saved(tmp_path, halves())
    monkeypatch.setattr(geotiff_inference, "MOST_PIXELS", 60 * 90 - 1)
    with pytest.raises(UploadError, match="The file has 90 x 60 pixels; up to"):
        predicted(path, tmp_path / "out")


@pytest.mark.parametrize("kind", ["degrees", "turned", "south-up", "coarser"])
def test_areas_are_those_of_the_ground(kind, tmp_path):
    crs, transform = GRIDS[kind]
    own = Grid(rasterio.crs.CRS.from_string(crs), transform, 90, 60)
    path = saved(tmp_path, halves(), crs=crs, transform=transform)
    result = predicted(path, tmp_path / "out", std=(10.0, 10.0))
    across, down = own.pixel_m()
    whole = 90 * 60 * across * down / 10_000
    if kind != "turned":
        # Sides that meet at a right angle; a pixel in the middle stands for all.
        assert sum(result.hectares.values()) + result.missing_hectares == pytest.approx(whole, 2e-3)
    assert result.hectares["low"] == pytest.approx(whole / 2, rel=0.03)
    assert result.hectares["high, and wet"] == pytest.approx(whole / 2, rel=0.03)


def test_hectares_of_a_pixel_on_the_ellipsoid(tmp_path):
    """The scale of UTM is 0.9996 in the middle of a zone: 10 m there are 10.004 m."""
    result = predicted(saved(tmp_path, halves()), tmp_path / "out")
    assert result.hectares["low"] == pytest.approx(90 * 30 * 0.01 / 0.9996**2, rel=1e-5)
    assert result.missing_hectares == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("shape", [(1, 1), (3, 50), (31, 33)])
def test_files_smaller_than_a_window(shape, tmp_path):
    result = predicted(saved(tmp_path, halves(*shape) + 0), tmp_path / "out")
    assert (
        read(tmp_path / "out" / "classes.tif") == np.where(halves(*shape)[1] >= 500, 7, 11)
    ).all()
    assert result.windows >= 1


def test_what_cannot_be_opened_is_a_sentence(tmp_path):
    good = tiffs.tif(halves(600, 900), names=NAMES)
    for data, sentence in (
        (tiffs.vrt("/etc/hostname"), "no GeoTIFF, or damaged"),
        (b"", "no GeoTIFF, or damaged"),
        (good[: len(good) // 2], "damaged, or cut short"),
        (tiffs.tif(halves(), crs=None, names=NAMES), "has no reference system"),
        (tiffs.tif(halves(), crs="EPSG:4326", names=NAMES), "lie nowhere on the Earth"),
    ):
        (tmp_path / "bad.tif").write_bytes(data)
        with pytest.raises(UploadError, match=sentence):
            predicted(tmp_path / "bad.tif", tmp_path / "out")


def test_pixels_outside_the_range_of_a_model_are_said_or_refused():
    wide = card(gsd_m=(8.0, 20.0))
    fitting = geotiff_inference.fitting
    assert fitting(wide, (10.0, 10.0)) == (10.0, ())
    assert fitting(wide, (20.1, 20.0))[0] == 20.0
    assert fitting(card(), (10.004, 9.99)) == (10.0, ())
    size, (sentence,) = fitting(wide, (0.5, 0.5))
    # The middle of 8 and 20, as a ratio.
    assert (size, "smaller than the 8 to 20 m" in sentence) == (12.65, True)
    size, (sentence,) = fitting(card(), (20.0, 20.0))
    assert (size, "larger than the 10 m that A model is meant for" in sentence) == (10.0, True)
    with pytest.raises(UploadError, match=r"pixels are 30 m wide, and A model is meant for 10 m"):
        fitting(card(), (30.0, 30.0))


def test_values_of_another_unit_are_said(tmp_path):
    pixels = halves(kind=np.float32) / 10_000
    result = predicted(saved(tmp_path, pixels), tmp_path / "out")
    (sentence,) = result.warnings
    assert sentence.startswith("Values of s2/B02, s2/B8A are unlike those")
    assert predicted(saved(tmp_path, halves()), tmp_path / "out", std=(400.0, 10.0)).warnings != ()


def test_answers_of_another_shape_or_without_numbers_are_refused(tmp_path):
    path = saved(tmp_path, halves())
    for wrong in (
        lambda batch: by_value(batch)[:, :1],
        lambda batch: by_value(batch)[:, :, 0],
        lambda batch: by_value(batch)[:0],
        lambda batch: by_value(batch) * np.nan,
    ):
        with pytest.raises(ModelError, match="gave no usable answer: probabilities of 2 classes"):
            predicted(path, tmp_path / "out", wrong)


def test_a_model_of_patches_gives_scores_of_squares(tmp_path):
    pixels = halves(70, 90)
    pixels[:, :32, :32] = 0

    def scores(batch):
        high = np.nanmean(batch[:, 0] >= 500, axis=(1, 2))
        return np.stack([1 - high, high], axis=1).astype(np.float32)

    path = saved(tmp_path, pixels, nodata=0)
    result = predicted(path, tmp_path / "out", scores, task="multilabel", activation="sigmoid")
    assert (result.files, dict(result.hectares), result.windows) == (("scores.tif",), {}, 8)
    with rasterio.open(tmp_path / "out" / "scores.tif") as file:
        assert file.descriptions == ("low", "high, and wet")
        assert (file.res, file.shape) == ((320, 320), (3, 3))
        assert (file.bounds.left, file.bounds.top) == (500_000, 5_300_000)
        found = file.read(2)
    assert np.isnan(found[0, 0])
    # Half of 70 rows are bright, from row 35 on: 29 of the 32 rows of the second squares.
    assert found[1, 1] == pytest.approx(29 / 32)
    assert found[2].tolist() == [1, 1, 1]


def test_a_result_is_read_again_and_one_that_is_not_whole_is_none(tmp_path):
    result = predicted(saved(tmp_path, halves()), tmp_path / "out")
    again = geotiff_inference.read_result(tmp_path / "out")
    assert again == result
    (tmp_path / "out" / "classes.tif").unlink()
    assert geotiff_inference.read_result(tmp_path / "out") is None
    (tmp_path / "out" / "result.json").write_text('{"files": ["../../x"]}')
    assert geotiff_inference.read_result(tmp_path / "out") is None


def test_two_at_once_do_not_mind_each_other(tmp_path):
    path = saved(tmp_path, halves())
    threads = [
        threading.Thread(target=predicted, args=(path, tmp_path / name)) for name in ("a", "b")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = [read(tmp_path / name / "classes.tif") for name in ("a", "b")]
    assert (found[0] == found[1]).all()
