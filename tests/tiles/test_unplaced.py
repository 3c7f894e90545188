"""A table in which some samples have a place and some have none."""

import io
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from eoexplore.core.selection import EVERYTHING
from eoexplore.store import export, samples
from eoexplore.store.base import completed
from eoexplore.store.samples import Samples, with_places
from eoexplore.tiles import gallery, layers, sorts
from eoexplore.tiles.routes import routes

PLACE = ["x", "y", "epsg", "left", "top", "lon", "lat", "geometry"]
GONE = 3
"""Every third sample loses its place."""


@pytest.fixture(scope="module")
def mixed(data, tmp_path_factory):
    frame = data.opened.dataset.samples()
    lost = np.arange(len(frame)) % GONE == 0
    tile = frame["tile"].astype(object).where(~lost, "")
    x, y = (frame[name].astype("Int32").mask(lost) for name in ("x", "y"))
    frame = frame.assign(tile=tile.astype("category"), x=x, y=y)
    path = tmp_path_factory.mktemp("mixed") / "samples.parquet"
    classes = data.opened.dataset.classes
    samples.write(path, with_places(completed(frame, classes)), classes, "mark")
    opened = replace(data.opened, samples=samples.read(path, classes))
    assert opened.samples.located.tolist() == (~lost).tolist()
    return opened, path


@pytest.fixture(scope="module")
def opened(mixed):
    return mixed[0]


@pytest.fixture(scope="module")
def own(opened):
    app = Starlette(routes=routes(open_slug=lambda _: opened))
    return TestClient(app, base_url="http://127.0.0.1:8501")


def ids(opened, wanted):
    return opened.samples.frame["id"][wanted].tolist()


def test_nulls_are_stored_and_read_again(mixed):
    opened, path = mixed
    lost = int((~opened.samples.located).sum())
    table = pq.read_table(path)
    for name in PLACE:
        assert table[name].null_count == lost, name
    (column,) = json.loads(table.schema.metadata[b"geo"])["columns"].values()
    west, south, east, north = column["bbox"]
    assert -9 < west < east < 13
    assert 38 < south < north < 49
    # Written once more, as after the areas are joined, it is the same.
    again = path.with_name("again.parquet")
    samples.write(again, opened.samples.frame, opened.dataset.classes, "mark")
    assert pq.read_table(again).select(PLACE).equals(table.select(PLACE))


def test_the_map_shows_those_with_a_place(own, opened, data):
    found = opened.samples
    start = layers.describe(opened, EVERYTHING)["start"]
    assert np.isfinite(start).all()
    for row in range(len(found)):
        lon, lat = data.opened.samples.lon[row], data.opened.samples.lat[row]
        answer = own.get(f"/point/x/{lon:.6f}/{lat:.6f}")
        if found.located[row]:
            assert answer.json()["id"] in ids(opened, found.located)
        elif answer.status_code == 200:
            # A neighbour of another zone may lie there.
            assert answer.json()["id"] != found.frame["id"].iloc[row]
    for layer in ("footprints", "density", "s2"):
        for z, x, y in ((0, 0, 0), (9, 273, 177), (13, 4369, 2842)):
            assert own.get(f"/tiles/x/{layer}/{z}/{x}/{y}.png").status_code == 200
    assert own.get("/areas/x").json()["samples"] == int(found.located.sum())
    for text in ("33UTP", ids(opened, ~found.located)[0]):
        hits = own.get("/search/x", params={"q": text}).json()["results"]
        assert not {hit["id"] for hit in hits} & set(ids(opened, ~found.located))


def test_the_gallery_shows_all_of_them(own, opened):
    found = opened.samples
    assert gallery.describe(opened, EVERYTHING)["sorts"][0]["id"] == "place"
    for name in ("place", "north"):
        for turned in (False, True):
            order = sorts.order_of(opened, name, turned)
            # What has no place comes last, whichever way round it is.
            assert found.located[order].tolist() == sorted(found.located, reverse=True)
    page = own.get("/gallery/x/page.json").json()
    assert page["total"] == len(found)
    places = {item["id"]: item["place"] for item in page["items"]}
    assert {name for name, place in places.items() if place is None} == set(
        ids(opened, ~found.located)
    )


def test_cards_and_steps(own, opened):
    found = opened.samples
    for row in (int(np.argmax(found.located)), int(np.argmin(found.located))):
        name = found.frame["id"].iloc[row]
        card = own.get(f"/patch/x/{name}/card.json").json()
        there = bool(found.located[row])
        assert (card["outline"] is not None, card["neighbours"] is not None) == (there, there)
        assert card["grid"] == {"rows": 120, "columns": 120}
        assert len(card["dates"]) == 1
        pixel = own.get(f"/patch/x/{name}/pixel.json?row=7&column=110").json()
        assert (pixel["lon"] is not None) == there
        assert set(pixel["values"]) == {"s2", "s1", "reference_map"}
        for by in ("next", "previous", "north"):
            assert own.get(f"/patch/x/{name}/step.json?by={by}").status_code == 200
    # The walk passes each sample once.
    seen, name = [], found.frame["id"].iloc[0]
    for _ in range(len(found)):
        name = own.get(f"/patch/x/{name}/step.json?by=next").json()["id"]
        seen.append(name)
    assert sorted(seen) == ids(opened, slice(None))


def test_exports_have_null_geometries(opened, tmp_path):
    every = np.ones(len(opened.samples), bool)
    lost = ids(opened, ~opened.samples.located)
    for kind in ("parquet", "geojson", "csv"):
        export.write(tmp_path / f"all.{kind}", opened, every, "")
    table = pq.read_table(tmp_path / "all.parquet").to_pandas()
    assert table["id"][table["geometry"].isna()].tolist() == lost
    document = json.loads((tmp_path / "all.geojson").read_text())
    assert [f["properties"]["id"] for f in document["features"] if f["geometry"] is None] == lost
    assert np.isfinite(document["bbox"]).all()
    cells = pd.read_csv(io.StringIO((tmp_path / "all.csv").read_text()))
    assert cells["id"][cells["footprint"].isna()].tolist() == lost
    assert cells["id"][cells["lon"].isna()].tolist() == lost


def test_a_selection_by_area_leaves_them_out(own, opened):
    page = own.get("/gallery/x/page.json?select=box=-180,-89,180,89").json()
    assert page["total"] == int(opened.samples.located.sum())
    poly = "poly=-170,-80,170,-80,170,80,-170,80"
    assert own.get(f"/gallery/x/page.json?select={poly}").json()["total"] == page["total"]


def test_bounds_of_none_are_the_world(opened):
    lost = np.flatnonzero(~opened.samples.located)
    assert opened.samples.bounds_of(lost) == (-180.0, -60.0, 180.0, 75.0)
    assert np.isnan(opened.samples.outlines_of(lost)).all()
    nowhere = Samples(opened.samples.frame.iloc[lost])
    assert (nowhere.tiles[1], nowhere.all_located) == ([], False)
