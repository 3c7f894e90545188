"""A selection as a file: reopened with GeoPandas and pandas, the values are those of the table."""

import json

import geopandas
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import shapely

from eoexplore.store import catalog, export
from tests import builders, indexing

HOSTILE = '=HYPERLINK("http://x")'
PATCHES = (
    *builders.block("29SNC", -8.30, 38.35, split="test", country="-Portugal"),
    *builders.block("33UTP", 12.003, 48.20, country=HOSTILE, labels=("Pastures",)),
)


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    root = builders.write_tree(tmp_path_factory.mktemp("data") / "tables", PATCHES)
    built = catalog.add(root)
    indexing.build(built.slug)
    return catalog.open_slug(built.slug)


@pytest.fixture(scope="module")
def files(opened, tmp_path_factory):
    folder = tmp_path_factory.mktemp("exports")
    mask = opened.samples.frame["split"].to_numpy(object) == "test"
    found = {ending: folder / f"some.{ending}" for ending in export.MEDIA_TYPES}
    for path in found.values():
        export.write(path, opened, mask, "split=test")
    return found


def read(path):
    return geopandas.read_parquet(path) if path.suffix == ".parquet" else geopandas.read_file(path)


def expected(opened):
    frame = opened.samples.frame
    return frame[frame["split"] == "test"].reset_index(drop=True)


@pytest.mark.parametrize("ending", ["parquet", "geojson"])
def test_geopandas_reopens_it_with_the_same_values(files, opened, ending):
    found, frame = read(files[ending]), expected(opened)
    assert found.crs.to_epsg() == 4326 or found.crs.to_string() == "OGC:CRS84"
    assert found["id"].tolist() == frame["id"].tolist()
    assert pd.to_datetime(found["date"]).tolist() == frame["date"].tolist()
    assert found["epsg"].tolist() == frame["epsg"].tolist()
    labels = [list(names) if isinstance(names, np.ndarray) else names for names in found["labels"]]
    assert [sorted(names) for names in labels] == frame["labels"].tolist()
    rings = [shapely.get_coordinates(shape)[:4][::-1] for shape in found.geometry]
    outlines = opened.samples.outlines[opened.samples.frame["split"] == "test"]
    # The file's ring begins at the lower left corner.
    np.testing.assert_allclose(np.array(rings), outlines, atol=1e-7)
    assert all(shape.exterior.is_ccw for shape in found.geometry)


@pytest.mark.parametrize("ending", ["parquet", "geojson", "csv"])
def test_class_areas_stand_under_their_names_in_hectares(files, ending):
    found = pd.read_csv(files[ending]) if ending == "csv" else read(files[ending])
    for place, name in enumerate(found["id"]):
        patch = next(patch for patch in PATCHES if patch.id == name)
        codes = patch.pixels("reference_map", "reference_map")
        areas = {
            "Urban fabric (ha)": (codes == 112).sum() / 100,
            "Inland wetlands (ha)": (codes == 411).sum() / 100,
            "Unlabelled (ha)": np.isin(codes, [142, 999]).sum() / 100,
            "Beaches, dunes, sands (ha)": 0.0,
        }
        assert found.loc[place, list(areas)].to_dict() == pytest.approx(areas)
    assert not [name for name in found.columns if name.startswith("area_")]
    assert not {"label_mask", "product", "unreadable"} & set(found.columns)


def test_selection_fingerprint_licence_and_citation_go_along(files, opened):
    footer = json.loads(pq.read_schema(files["parquet"]).metadata[b"eoexplore"])
    member = json.loads(files["geojson"].read_text(encoding="utf-8"))["eoexplore"]
    assert footer == member
    assert footer["selection"] == "split=test"
    assert footer["fingerprint"] == opened.fingerprint
    assert (footer["samples"], footer["of"]) == (4, 8)
    assert footer["licence"] == "CDLA-Permissive-1.0"
    assert "reBEN" in footer["citation"]


def test_a_spreadsheet_finds_no_formula_but_numbers_stay(files, opened, tmp_path):
    found = pd.read_csv(files["csv"])
    assert set(found["country"]) == {"'-Portugal"}
    assert found["lon"].max() < 0
    assert found["lon"].tolist() == pytest.approx(expected(opened)["lon"].tolist())
    path = tmp_path / "all.csv"
    export.write(path, opened, np.ones(8, bool), "")
    cells = set(pd.read_csv(path)["country"])
    assert cells == {"'-Portugal", f"'{HOSTILE}"}
    assert [export.harmless(text) for text in ("=1", "+1", "-1", "@x", "a=1", "")] == [
        *("'=1", "'+1", "'-1", "'@x"),
        *("a=1", ""),
    ]


def test_geojson_is_rfc_7946(files):
    document = json.loads(files["geojson"].read_text(encoding="utf-8"))
    assert document["type"] == "FeatureCollection"
    assert "crs" not in document
    west, south, east, north = document["bbox"]
    assert -8.4 < west < -8.3 < east < -8.2
    assert 38.3 < south < 38.35 < north < 38.4
    feature = document["features"][0]
    assert feature["properties"]["date"] == "2017-06-13"
    ring = feature["geometry"]["coordinates"][0]
    assert ring[0] == ring[-1]
    assert len(ring) == 5


@pytest.mark.parametrize("ending", ["parquet", "geojson", "csv"])
def test_no_sample_is_an_empty_file_that_opens(opened, tmp_path, ending):
    path = tmp_path / f"none.{ending}"
    export.write(path, opened, np.zeros(8, bool), "split=validation")
    found = pd.read_csv(path) if ending == "csv" else read(path)
    assert len(found) == 0


def test_many_samples_are_written_in_blocks(opened, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "_BLOCK", 3)
    for ending in export.MEDIA_TYPES:
        path = tmp_path / f"blocks.{ending}"
        export.write(path, opened, np.ones(8, bool), "")
        found = pd.read_csv(path) if ending == "csv" else read(path)
        assert found["id"].tolist() == opened.samples.frame["id"].tolist()
    assert pq.ParquetFile(tmp_path / "blocks.parquet").num_row_groups == 3


def test_a_stopped_export_leaves_no_file(opened, tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(export, "wkb", stop)
    with pytest.raises(KeyboardInterrupt):
        export.write(tmp_path / "half.parquet", opened, np.ones(8, bool), "")
    assert list(tmp_path.iterdir()) == []
