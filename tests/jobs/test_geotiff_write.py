"""What is written, what is said when it cannot be, and how soon a request to stop is heard."""

import sys

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.transform import from_origin

from eoexplore.analysis.windows import Windows
from eoexplore.core.errors import JobError, UploadError, Withdrawn
from eoexplore.core.model_card import CardClass
from eoexplore.jobs import _geotiff_batches, _geotiff_write, geotiff_inference
from eoexplore.jobs._geotiff_write import Values
from eoexplore.jobs.progress import Cancelled
from tests import tiffs
from tests.jobs.test_geotiff_inference import (
    NAMES,
    by_value,
    card,
    halves,
    predicted,
    read,
    saved,
)

LABELS = {"task": "multilabel", "activation": "sigmoid"}


def test_codes_of_classes_are_the_values_of_pixels():
    def values(*codes):
        classes = tuple(CardClass(code, str(code), "#000000") for code in codes)
        found = Values.of(card(classes=classes))
        return found.codes.dtype.name, found.missing

    assert values(1, 19) == ("uint8", 0)
    assert values(0, 19) == ("uint8", 255)
    assert values(*range(255), 255 + 256) == ("uint16", 65535)
    assert values(111, 523) == ("uint16", 0)
    # All that one byte can say: missing pixels need a value of their own.
    assert values(*range(256)) == ("uint16", 65535)
    assert values(*range(256), 65535) == ("uint16", 256)


def test_codes_above_255_keep_their_colours(tmp_path):
    classes = (CardClass(111, "low", "#112233"), CardClass(523, "high", "#a0b0c0"))
    predicted(saved(tmp_path, halves()), tmp_path / "out", classes=classes)
    with rasterio.open(tmp_path / "out" / "classes.tif") as file:
        assert set(np.unique(file.read(1))) == {111, 523}
        assert file.colormap(1)[523] == (0xA0, 0xB0, 0xC0, 255)


def test_work_that_is_stopped_leaves_the_earlier_result(tmp_path):
    path, out = saved(tmp_path, halves(200, 200)), tmp_path / "out"
    predicted(path, out)
    before = {file.name: file.read_bytes() for file in out.iterdir()}
    seen = []

    def stop():
        return len(seen) >= 2

    with geotiff_inference.opened(path, card()) as source:
        progress = seen.append
        with pytest.raises(Cancelled):
            geotiff_inference.run(
                source, by_value, out, lambda done, total, _: progress((done, total)), stop
            )
    assert seen[0] == (0, seen[0][1])
    assert len(seen) == 2
    assert {file.name: file.read_bytes() for file in out.iterdir()} == before


def test_an_answer_that_is_no_longer_wanted_stops_too(tmp_path):
    def withdrawn(_):
        raise Withdrawn("nobody waits")

    with pytest.raises(Cancelled):
        predicted(saved(tmp_path, halves()), tmp_path / "out", withdrawn)


def test_batches_grow_while_they_are_quick_and_shrink_when_they_are_not(monkeypatch, tmp_path):
    clock, sizes = [0.0], []
    monkeypatch.setattr(_geotiff_batches.time, "monotonic", lambda: clock[0])

    def slow(batch):
        sizes.append(len(batch))
        clock[0] += 0.1 * len(batch)
        return by_value(batch)

    predicted(saved(tmp_path, halves(200, 200)), tmp_path / "out", slow)
    assert sizes[:6] == [1, 2, 4, 2, 4, 2]


def scores(batch):
    return by_value(batch).mean(axis=(2, 3))


KINDS = {"pixels": (by_value, {}), "patches": (scores, LABELS)}


@pytest.mark.parametrize("kind", KINDS)
def test_a_folder_that_cannot_be_is_no_fault_of_the_file(kind, tmp_path):
    predict, more = KINDS[kind]
    path = saved(tmp_path, halves())
    with pytest.raises(JobError, match=r"The result cannot be written \(.+\)\. See that"):
        predicted(path, path / "out", predict, **more)


@pytest.mark.skipif(sys.platform == "win32", reason="the system has no such limit")
@pytest.mark.parametrize("kind", KINDS)
def test_a_full_disk_is_no_fault_of_the_file(kind, tmp_path):
    import resource

    predict, more = KINDS[kind]
    path = saved(tmp_path, halves(300, 600))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (400, before[1]))
    try:
        with pytest.raises(JobError, match=r"The result cannot be written"):
            predicted(path, tmp_path / "out", predict, **more)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list((tmp_path / "out").iterdir()) == []


def test_pixels_that_cannot_be_read_are_a_fault_of_the_file(tmp_path):
    noise = np.random.default_rng(0).integers(1, 999, (2, 600, 900)).astype(np.uint16)
    data = bytearray(tiffs.tif(noise, names=NAMES, compress="deflate"))
    data[len(data) // 2 : len(data) // 2 + 9999] = bytes(9999)
    (tmp_path / "own.tif").write_bytes(data)
    with pytest.raises(UploadError, match="not all of its pixels can be read"):
        predicted(tmp_path / "own.tif", tmp_path / "out")


def test_what_a_model_raises_stays_as_it_is(tmp_path):
    def predict(_):
        raise OSError(28, "of the model")

    with pytest.raises(OSError, match="of the model"):
        predicted(saved(tmp_path, halves()), tmp_path / "out", predict)


def test_slow_reading_keeps_batches_small_too(monkeypatch):
    clock, looks = [0.0], []
    monkeypatch.setattr(_geotiff_batches.time, "monotonic", lambda: clock[0])

    def read_slowly(top, left, side):
        # Quick at first, so that batches grow, and then suddenly slow.
        clock[0] += 0.001 if top < 200 else 0.05
        return np.ones((2, side, side), np.float32)

    said = _geotiff_batches.answers(
        card(), Windows(500, 500, 32, 16), read_slowly, by_value,
        _geotiff_batches.Answer(2), lambda *_: looks.append(clock[0]),
    )  # fmt: skip
    assert len(list(said)) == len(Windows(500, 500, 32, 16))
    assert max(np.diff(looks)) < 0.5


def test_every_smaller_version_waits_for_a_look(monkeypatch, tmp_path):
    """They take seconds of a large raster, and nothing else is asked meanwhile."""
    events = []
    monkeypatch.setattr(_geotiff_write, "BLOCK", 64)
    shrink = _geotiff_write._shrink

    def seen(path, level):
        events.append((path.name, level))
        shrink(path, level)

    monkeypatch.setattr(_geotiff_write, "_shrink", seen)
    path = saved(tmp_path, halves(300, 290), crs="EPSG:25833")

    def stopped_at(count):
        """Run until so many looks; return how many there were."""
        events.clear()
        looks = []

        def look():
            events.append("look")
            looks.append(1)
            return len(looks) == count

        with geotiff_inference.opened(path, card(input_size=96)) as source:
            geotiff_inference.run(source, by_value, tmp_path / "out", cancelled=look)
        return len(looks)

    total = stopped_at(0)
    smaller = [place for place, event in enumerate(events) if event != "look"]
    assert [events[place - 1] for place in smaller] == ["look"] * 8
    names = ["classes.tif", "confidence.tif", "classes_utm.tif", "confidence_utm.tif"]
    assert [events[place] for place in smaller] == [(n, level) for n in names for level in (0, 1)]
    for name in names:
        with rasterio.open(tmp_path / "out" / name) as file:
            assert file.overviews(1) == [2, 4]
    before = read(tmp_path / "out" / "classes.tif")
    for count in (1, 3, total - 8, total - 3, total):
        with pytest.raises(Cancelled):
            stopped_at(count)
        assert events[-1] == "look"
        assert events.count("look") == count
    assert (read(tmp_path / "out" / "classes.tif") == before).all()
    assert list((tmp_path / "out").glob("*.partial")) == []


def test_rasters_left_by_a_fault_are_not_finished(tmp_path):
    grid = _geotiff_write.Grid(CRS.from_epsg(32633), from_origin(5e5, 5.3e6, 10, 10), 700, 700)
    rows = np.full((256, 700), 7, np.uint8)

    def left():
        with _geotiff_write.Rasters(tmp_path, "", grid, card()) as rasters:
            rasters.add(rows, rows)
            rasters.add(rows[:9], rows[:9])
            raise Withdrawn

    with pytest.raises(Withdrawn):
        left()
    assert (read(tmp_path / "classes.tif") == 7).sum() == 256 * 700
