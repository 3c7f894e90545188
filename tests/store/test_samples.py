import json

import geopandas
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from eoexplore import __version__, datasets
from eoexplore.core.errors import UnknownName
from eoexplore.store import samples as sample_table
from eoexplore.store.samples import Samples
from tests.builders import Patch, write_metadata, write_tree

PATCHES = (
    Patch("33UUP", 26, 57),
    Patch("33UUP", 27, 57, date="20171112T101031", split="test", labels=("Mixed forest",)),
    Patch("32TMT", 0, 90, split="validation", country="Switzerland"),
    Patch("29SNC", 45, 45, country="Portugal"),
)


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    root = tmp_path_factory.mktemp("reben")
    write_tree(root, PATCHES[:1])
    write_metadata(root, PATCHES)
    return datasets.open_dataset(root)


@pytest.fixture
def frame(dataset):
    return sample_table.with_places(dataset.samples())


@pytest.fixture
def stored(dataset, frame, tmp_path):
    path = tmp_path / "samples.parquet"
    sample_table.write(path, frame, dataset.classes, "0123456789abcdef")
    return path


def test_the_table_comes_back_as_it_was(dataset, frame, stored):
    found = sample_table.read(stored, dataset.classes).frame
    assert set(found.columns) == set(frame.columns)
    pd.testing.assert_frame_equal(found[frame.columns], frame, check_dtype=False)
    for column in ("split", "country", "season", "tile", "product"):
        assert isinstance(found[column].dtype, pd.CategoricalDtype)
    assert found["label_mask"].dtype == np.uint64


def test_geopandas_reads_the_footprints(frame, stored):
    table = geopandas.read_parquet(stored)
    assert table.crs.to_string() == "OGC:CRS84"
    assert len(table) == 4
    assert table.geometry.is_valid.all()
    for row, shape in zip(frame.itertuples(), table.geometry, strict=True):
        assert shape.exterior.is_ccw
        assert len(shape.exterior.coords) == 5
        utm = geopandas.GeoSeries([shape], crs="OGC:CRS84").to_crs(row.epsg)
        left, bottom, right, top = utm.total_bounds
        assert (left, top) == pytest.approx((row.left, row.top), abs=0.01)
        assert (right, bottom) == pytest.approx((row.left + 1200, row.top - 1200), abs=0.01)
        assert shape.contains(geopandas.points_from_xy([row.lon], [row.lat])[0])
    assert [list(labels) for labels in table["labels"]] == frame["labels"].tolist()


def test_the_columns_of_the_contract_are_there_with_their_types(stored):
    schema = pq.read_schema(stored)
    types = {name: str(schema.field(name).type) for name in schema.names}
    for name in ("id", "split", "country", "season", "tile"):
        assert "string" in types[name], name
    assert types["labels"] in ("list<element: string>", "list<item: string>")
    assert types["label_mask"] == "uint64"
    assert {types[name] for name in ("has_s2", "has_s1", "has_reference_map")} == {"bool"}
    assert {"date", "x", "y", "epsg", "flags", "geometry"} <= set(types)
    assert types["geometry"] == "binary"


def test_the_footer_says_what_wrote_it_and_of_what(dataset, stored):
    footer = pq.read_schema(stored).metadata
    assert footer[b"eoexplore.version"].decode() == __version__
    assert footer[b"eoexplore.fingerprint"] == b"0123456789abcdef"
    assert json.loads(footer[b"eoexplore.label_mask"]) == list(dataset.classes.names)
    geo = json.loads(footer[b"geo"])
    assert geo["version"] == "1.1.0"
    assert geo["primary_column"] == "geometry"
    west, south, east, north = geo["columns"]["geometry"]["bbox"]
    assert -10 < west < east < 16
    assert 36 < south < north < 50
    assert sample_table.groups(stored) == {"base": 1}


def test_areas_are_a_group_of_their_own(dataset, frame, tmp_path):
    path = tmp_path / "samples.parquet"
    sample_table.write(path, frame.assign(area_111=np.int32(5)), dataset.classes, "x")
    assert sample_table.groups(path) == {"base": 1, "areas": 1}
    assert sample_table.read(path, dataset.classes).areas


@pytest.mark.parametrize("content", [None, b"", b"nonsense"])
def test_a_table_that_cannot_be_read_has_no_groups(tmp_path, content):
    path = tmp_path / "samples.parquet"
    if content is not None:
        path.write_bytes(content)
    assert sample_table.groups(path) == {}


def test_a_write_that_fails_leaves_the_old_table(dataset, frame, stored, monkeypatch):
    before = stored.read_bytes()

    def fail(table, path, **_):
        path.write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(sample_table.pq, "write_table", fail)
    with pytest.raises(OSError, match="No space left"):
        sample_table.write(stored, frame, dataset.classes, "other")
    assert stored.read_bytes() == before
    assert [item.name for item in stored.parent.iterdir()] == ["samples.parquet"]


def test_a_table_of_no_samples_is_written_and_read(dataset, frame, tmp_path):
    path = tmp_path / "samples.parquet"
    sample_table.write(path, frame.iloc[:0], dataset.classes, "x")
    none = sample_table.read(path, dataset.classes)
    assert len(none) == 0
    assert none.bounds == (-180.0, -60.0, 180.0, 75.0)
    assert len(geopandas.read_parquet(path)) == 0


def test_lists_of_files_that_cannot_be_read_come_back(dataset, frame, tmp_path):
    lists = [[], ["s2/B02", "s1/VV"], [], ["reference_map/reference_map"]]
    path = tmp_path / "samples.parquet"
    sample_table.write(path, frame.assign(unreadable=lists), dataset.classes, "x")
    found = sample_table.read(path, dataset.classes)
    assert found.frame["unreadable"].tolist() == lists
    assert found.unreadable("s2", ("B02", "B03")).tolist() == [False, True, False, False]
    assert found.unreadable("s2", ("B03",)).tolist() == [False] * 4
    assert found.unreadable("s1", ("VV", "VH")).tolist() == [False, True, False, False]


def change(frame, column, value):
    """Return a copy with one value changed."""
    values = frame[column].astype(object).tolist()
    values[0] = value
    kind = frame[column].dtype
    series = pd.Series(values, dtype=object)
    if not isinstance(kind, pd.CategoricalDtype):
        return frame.assign(**{column: series.astype(kind)})
    return frame.assign(**{column: series.astype("category")})


@pytest.mark.parametrize(
    ("column", "value"),
    [("id", "other"), ("split", "other"), ("country", "other"), ("label_mask", 1), ("s1_id", "x"),
     ("flags", ["snow"]), ("has_s2", True), ("has_s1", True), ("has_reference_map", True)],
)  # fmt: skip
def test_the_fingerprint_changes_with_the_content(dataset, column, value):
    frame = dataset.samples()
    assert frame[column][0] != value
    before = sample_table.fingerprint(dataset, frame)
    assert sample_table.fingerprint(dataset, change(frame, column, value)) != before


def test_the_fingerprint_is_the_same_for_a_copy_elsewhere(dataset, tmp_path):
    write_tree(tmp_path / "elsewhere", PATCHES[:1])
    write_metadata(tmp_path / "elsewhere", PATCHES)
    copy = datasets.open_dataset(tmp_path / "elsewhere")
    marks = [sample_table.fingerprint(item, item.samples()) for item in (dataset, copy)]
    assert marks[0] == marks[1]
    assert len(marks[0]) == 16
    assert int(marks[0], 16) >= 0


def test_a_synthetic_copy_is_another_dataset(dataset, tmp_path):
    write_tree(tmp_path, PATCHES[:1])
    write_metadata(tmp_path, PATCHES)
    (tmp_path / "SYNTHETIC.txt").write_text("eoexplore synthetic demo\n")
    copy = datasets.open_dataset(tmp_path)
    marks = [sample_table.fingerprint(item, item.samples()) for item in (dataset, copy)]
    assert marks[0] != marks[1]


def test_rows_are_found_by_id(dataset, stored):
    found = sample_table.read(stored, dataset.classes)
    for row, sample in enumerate(sorted(patch.id for patch in PATCHES)):
        assert found.row(sample) == row


@pytest.mark.parametrize("text", ["", "x", "../etc", "a\0b", "x" * 10_000, "{{7*7}}", "<img>"])
def test_an_unknown_id_gets_a_fixed_sentence(dataset, stored, text):
    with pytest.raises(UnknownName) as caught:
        sample_table.read(stored, dataset.classes).row(text)
    assert str(caught.value) == "There is no patch of this id in the dataset."


def test_keys_are_empty_where_a_layer_is_absent(dataset, stored):
    found = sample_table.read(stored, dataset.classes)
    layers = {layer.name: layer for layer in dataset.layers}
    row = found.row(PATCHES[0].id)
    others = [n for n in range(4) if n != row]
    assert found.keys(layers["s2"])[row] == PATCHES[0].id
    assert found.keys(layers["s1"])[row] == PATCHES[0].s1_id
    assert set(found.keys(layers["s1"])[others]) == {""}


def table_of(places):
    """Return samples by (tile, x, y, date)."""
    rows = [
        {"id": f"{n:04d}", "tile": tile, "x": x, "y": y, "date": pd.Timestamp(date)}
        for n, (tile, x, y, date) in enumerate(places)
    ]
    frame = pd.DataFrame(rows, columns=["id", "tile", "x", "y", "date"])
    frame["tile"] = frame["tile"].astype("category")
    frame["date"] = pd.to_datetime(frame["date"])
    return Samples(sample_table.with_places(frame))


def test_bounds_hold_every_corner():
    samples = table_of([("33UUP", 0, 0, None), ("33UUP", 90, 90, None)])
    west, south, east, north = samples.bounds
    assert (west, north) == pytest.approx((12.27, 48.73), abs=0.05)
    assert (east, south) == pytest.approx((13.8, 47.76), abs=0.1)


def test_what_follows_from_a_table_is_made_once_and_goes_with_it(dataset, stored):
    found = sample_table.read(stored, dataset.classes)
    made = []
    assert [found.keep("it", lambda: made.append(1) or "kept") for _ in range(2)] == ["kept"] * 2
    assert made == [1]
    assert sample_table.read(stored, dataset.classes).keep("it", lambda: "anew") == "anew"
    assert found.nbytes > 0


def test_bounds_are_those_of_the_outlines(dataset, stored):
    found = sample_table.read(stored, dataset.classes)
    for rows in (np.arange(4), np.array([0, 2]), np.array([3])):
        corners = found.outlines[rows]
        assert found.bounds_of(rows) == (*corners.min((0, 1)), *corners.max((0, 1)))
    assert found.bounds_of(np.array([], int)) == (-180.0, -60.0, 180.0, 75.0)
