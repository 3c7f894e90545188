"""Samples without a location, end to end: a made-up dataset of scenes in class folders."""

import io
import json

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import rasterio
import streamlit as st
from PIL import Image
from rasterio.errors import NotGeoreferencedWarning
from starlette.applications import Starlette
from starlette.testclient import TestClient

import eoexplore
from eoexplore import cli
from eoexplore.core.errors import UnknownName
from eoexplore.core.selection import EVERYTHING
from eoexplore.store import catalog
from eoexplore.tiles import gallery
from eoexplore.tiles.routes import routes
from eoexplore.ui import warm
from tests import indexing, scenes
from tests.test_pages import checked
from tests.visits import said

SLUG = "scenes-tiny"
NOWHERE = "no place on a map"


@pytest.fixture(scope="module", autouse=True)
def world(tmp_path_factory):
    """A cache of its own, the reader, and no index that begins by itself."""
    with pytest.MonkeyPatch.context() as patch, scenes.registered():
        patch.setenv("EOEXPLORE_CACHE", str(tmp_path_factory.mktemp("own") / "cache"))
        patch.setattr("eoexplore.jobs.background.start", lambda *_, **__: None)
        st.cache_resource.clear()
        st.cache_data.clear()
        yield


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return scenes.write(tmp_path_factory.mktemp("data") / SLUG)


@pytest.fixture(scope="module")
def opened(folder):
    slug = catalog.add(folder).slug
    return indexing.build(slug)


@pytest.fixture(scope="module")
def client(opened):
    app = Starlette(routes=routes())
    return TestClient(app, base_url="http://127.0.0.1:8501")


def picture(client, address):
    """Return red, green and blue of a picture in which nothing is transparent."""
    answer = client.get(address)
    assert answer.status_code == 200
    found = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))
    # Black is a colour of a picture, and no lack of data.
    assert (found[..., 3] == 255).all()
    return found[..., :3]


def test_the_table_has_nulls_and_no_place(opened):
    stored = pq.read_table(opened.folder.samples)
    for name in ("x", "y", "epsg", "left", "top", "lon", "lat", "date", "geometry"):
        assert stored[name].null_count == len(stored) == 40, name
    assert json.loads(stored.schema.metadata[b"geo"])["version"] == "1.1.0"
    assert not opened.samples.located.any()
    assert opened.samples.frame["labels"].iloc[0] == ["Forest"]
    assert opened.state.complete
    # A complete index is left as it is.
    assert indexing.build(SLUG).version == opened.version
    # There is no mosaic of what lies nowhere.
    assert not [*opened.folder.path.glob("mosaics/**/*.tif")]
    assert opened.health().problems == ()
    warm.remember(SLUG)
    warm.open_last()


def test_damaged_files_are_met_by_the_index(tmp_path):
    folder = scenes.write(tmp_path / "scenes-damaged")
    file = folder / "Forest" / "forest_00.png"
    file.write_bytes(file.read_bytes()[:50])
    opened = indexing.build(catalog.add(folder).slug)
    (problem,) = opened.health().problems
    assert (problem.kind, problem.examples) == ("unreadable", ("forest_00",))
    catalog.forget(opened.slug)


def test_command_line(folder, opened, tmp_path, capsys):
    def said(*line):
        status = cli.main([str(word) for word in line])
        return status, *capsys.readouterr()

    status, out, _ = said("info", folder, "--json")
    told = json.loads(out)
    assert (status, told["samples"], told["layers"]) == (0, 40, {"ms": 20, "rgb": 40, "cover": 10})
    assert told["classes"] == dict.fromkeys(scenes.CLASSES, 10)
    assert told["by_split"] == told["by_country"] == {"unknown": 40}
    assert said("index", folder)[0] == 0
    status, _, err = said("tile", SLUG, "rgb", 3, 2, 2, "--out", tmp_path / "tile.png")
    assert status == 1
    assert NOWHERE in err
    assert "gallery" in err
    status, _, err = said("export", SLUG, "--to", tmp_path / "all.geojson")
    assert status == 1
    assert NOWHERE in err
    assert not [*tmp_path.glob("all*")]
    chosen = "class=any:River|Forest"
    assert said("export", SLUG, "--select", chosen, "--to", tmp_path / "some.csv")[0] == 0
    assert said("export", SLUG, "--to", tmp_path / "all.parquet")[0] == 0
    status, _, err = said("export", SLUG, "--to", tmp_path / "part", "--as", "tree")
    assert (status, "cannot be written as 'tree'" in err) == (1, True)
    some, whole = pd.read_csv(tmp_path / "some.csv"), pd.read_parquet(tmp_path / "all.parquet")
    assert (len(some), len(whole)) == (20, 40)
    assert set(some["labels"]) == {"Forest", "River"}
    for table in (some, whole):
        assert not {"lon", "lat", "epsg", "tile", "geometry", "footprint"} & set(table.columns)
    with pytest.raises(UnknownName, match=NOWHERE):
        eoexplore.to_leafmap(SLUG)


def test_a_page_of_the_gallery(client, opened):
    told = gallery.describe(opened, EVERYTHING)
    # Only classes with pixels have a share, and the orders by place and date are not there.
    orders = ["id", "labels", "share.2", "share.1", "share.9"]
    assert [sort["id"] for sort in told["sorts"]] == orders
    assert [ending for ending, *_ in told["files"]] == ["parquet", "csv"]
    assert {layer["id"]: layer["style"] for layer in told["layers"]} == {
        "ms": "true_colour",
        "rgb": "true_colour",
        "cover": "classes",
    }
    page = client.get(f"/gallery/{SLUG}/page.json?layer=rgb&select=class=any:River").json()
    assert (page["total"], page["notices"]) == (10, [])
    first = page["items"][0]
    assert (first["id"], first["place"], first["labels"]) == ("river_00", None, [2])
    wanted = np.stack([scenes.pixels("river_00", "rgb", b.name) for b in scenes.RGB.bands], -1)
    png = first["picture"].replace(".webp", ".png")
    assert (picture(client, png) == wanted).all()
    grey = picture(client, png.replace("true_colour", "band.green~inv"))
    assert (grey == 255 - wanted[..., 1:2]).all()
    assert client.get(f"/gallery/{SLUG}/page.json?sort=place").json()["notices"]
    assert client.get(f"/gallery/{SLUG}/page.json?select=box=0,0,9,9").json()["total"] == 0
    assert client.get(f"/gallery/{SLUG}/river_09/step.json?by=next").json()["id"] == "runway_00"


def test_the_card_and_its_pixels(client, folder, monkeypatch):
    card = client.get(f"/patch/{SLUG}/forest_00/card.json").json()
    assert card["title"] == "forest_00"
    assert card["grid"] == {"rows": 64, "columns": 64}
    for name in ("centre", "epsg", "bounds_utm", "outline", "neighbours", "date", "split"):
        assert card[name] is None, name
    assert [(item["name"], item["key"]) for item in card["labels"]] == [("Forest", 2)]
    harbour = client.get(f"/patch/{SLUG}/harbour_00/card.json").json()
    assert [(item["name"], item["key"]) for item in harbour["labels"]] == [("Harbour", None)]
    assert [item["current"] for item in card["dates"]] == [True]
    lacking = client.get(f"/patch/{SLUG}/forest_01/card.json").json()["pictures"]
    assert [item["url"] is None for item in lacking] == [True, False, True]
    address = f"/patch/{SLUG}/forest_00/pixel.json"
    pixel = client.get(
        f"{address}?row=63&column=10&styles=rgb:band.red,ms:band.nir~r0..4000"
    ).json()
    assert (pixel["row"], pixel["column"], pixel["lon"], pixel["epsg"]) == (63, 10, None, None)
    for layer, row, column in ((scenes.RGB, 63, 10), (scenes.BANDS, 31, 5)):
        for band in layer.bands:
            stored = scenes.pixels("forest_00", layer.name, band.name)[row, column]
            assert pixel["values"][layer.name][band.name] == stored
    # The lines of the source give the same value when they are run.
    monkeypatch.chdir(folder)
    for layer in ("rgb", "ms"):
        lines = "\n".join(pixel["provenance"][layer])
        assert "64 x 64 pixels" in lines
        found = {}
        exec(lines, found)
        assert found["values"] == pixel["values"][layer]
        assert len(found["rgb"]) == 3
    assert client.get(f"{address}?row=900").json()["row"] == 63


def test_pictures_and_files_of_a_sample(client):
    base = f"/patch/{SLUG}/forest_00"
    stored = scenes.pixels("forest_00", "ms", "nir")
    grey = picture(client, f"{base}/ms.png?style=band.nir~r0..4095")[..., 0]
    assert grey.shape == (64, 64)
    assert np.abs(grey[::2, ::2] - stored / 4095 * 255).max() <= 1
    with pytest.warns(NotGeoreferencedWarning):
        file = rasterio.open(io.BytesIO(client.get(f"{base}/ms.tif").content))
    with file:
        assert (file.crs, file.shape) == (None, (64, 64))
        assert file.descriptions == ("blue", "green", "red", "nir")
        assert (file.read(4)[::2, ::2] == stored).all()


def test_a_sample_that_is_no_square(client):
    base = f"/patch/{SLUG}/runway_01"
    assert client.get(f"{base}/card.json").json()["grid"] == {"rows": 40, "columns": 64}
    wanted = scenes.pixels("runway_01", "rgb", "red")
    assert (picture(client, f"{base}/rgb.png?style=band.red")[..., 0] == wanted).all()
    assert picture(client, f"/gallery/{SLUG}/runway_01/ms.png").shape == (20, 32, 3)
    pixel = client.get(f"{base}/pixel.json?row=39&column=63").json()
    assert pixel["values"]["rgb"]["red"] == wanted[39, 63]
    assert pixel["values"]["ms"]["nir"] == scenes.pixels("runway_01", "ms", "nir")[19, 31]


def test_a_map_of_a_sample_without_a_place(client, opened):
    frame = opened.samples.frame.set_index("id")
    assert frame.loc["river_02", [f"area_{code}" for code in scenes.CODES]].tolist() == [
        1024,
        1024,
        2048,
    ]
    assert opened.samples.frame["unlabelled_share"].notna().sum() == 10
    river = opened.dataset.classes.names.index("River")
    assert opened.dataset.classes.classes[river].codes == (1,)
    select = "share=River>=0.2"
    page = client.get(f"/gallery/{SLUG}/page.json", params={"select": select}).json()
    assert (page["total"], page["items"][0]["id"]) == (10, "river_00")
    mask = picture(client, page["items"][0]["mask"])
    assert mask[0, 0].tolist() == [0x21, 0x66, 0xAC]
    share = {"select": "share=Harbour>=0.2"}
    (said,) = client.get(f"/gallery/{SLUG}/page.json", params=share).json()["notices"]
    assert "is not on the maps" in said
    card = client.get(f"/patch/{SLUG}/river_00/card.json").json()
    assert [(item["name"], item["share"]) for item in card["labels"]] == [("River", 0.25)]
    shares = {item["label"]: item["share"] for item in card["pixel_classes"]}
    assert shares == {"River": 0.25, "Forest": 0.25, "Without a class": 0.5}
    at = client.get(f"/patch/{SLUG}/river_00/pixel.json?row=5&column=17").json()
    assert at["values"]["cover"] == {"code": 2, "name": "Trees", "class": "Forest", "key": 2}
    assert "code 2 belongs to Forest" in "\n".join(at["provenance"]["cover"])
    mean = client.get(f"/spectra/{SLUG}").json()
    assert {item["key"] for item in mean["classes"]} == {"0", "1", "2", "9"}


def test_what_needs_a_place_says_so(client):
    assert client.get(f"/tiles/{SLUG}/rgb/3/2/2.png").status_code == 404
    assert client.get(f"/point/{SLUG}/11.5/48.1").status_code == 404
    assert client.get(f"/search/{SLUG}?q=forest_0").json() == {"results": []}
    assert "no place" in client.get(f"/areas/{SLUG}").json()["sentence"]
    for name in ("selection.geojson", "view.png", "map.html"):
        answer = client.get(f"/export/{SLUG}/{name}")
        assert (answer.status_code, NOWHERE in answer.json()["error"]) == (404, True)
    for name in ("density", "footprints", "rgb", "ms", "cover"):
        assert client.get(f"/legend/{SLUG}/{name}").status_code == 200
    mean = client.get(f"/spectra/{SLUG}").json()
    assert mean["available"]
    assert len(mean["bands"]) == 4


@pytest.fixture
def shown(opened, visit):
    return lambda title, **query: checked(visit(title, **{"dataset": SLUG, **query}))


def test_home(shown):
    test = shown("Home")
    assert "**40** patches" in said(test)
    # There is nothing to see on a map.
    labels = {button.label for button in test.button}
    assert "Show in the gallery" in labels
    assert "Show on the map" not in labels


def test_map_page_leads_to_the_gallery(shown):
    test = shown("Map", select="class=any:River")
    assert NOWHERE in said(test)
    (link,) = test.get("page_link")
    assert link.proto.page == "gallery"
    assert not [button for button in test.button if button.label == "Zoom to them"]


def test_gallery_page_and_its_filters(shown):
    test = shown("Gallery")
    assert [tab.label for tab in test.tabs] == ["Labels", "Patches", "As text"]
    assert not test.warning
    titles = [item.value for item in test.markdown]
    assert not [title for title in titles if title in ("**Split**", "**Country**", "**Season**")]
    # What a link asks for can be seen, and dropped.
    test = shown("Gallery", select="country=Austria")
    assert [tab.label for tab in test.tabs] == ["Labels", "Place", "Patches", "As text"]
    assert "No patch" in said(test)


def test_some_with_a_place(tmp_path, monkeypatch, shown):
    plain = scenes.Scenes.samples

    def placed(self):
        frame = plain(self)
        there = frame["id"].str.startswith("river").to_numpy()
        tile = pd.Categorical(np.where(there, "33UUP", ""))
        x = pd.array(np.arange(len(frame)), "Int32")
        x[~there] = pd.NA
        return frame.assign(tile=tile, x=x, y=x)

    monkeypatch.setattr(scenes.Scenes, "samples", placed)
    opened = catalog.add(scenes.write(tmp_path / "scenes-mixed"))
    opened = indexing.build(opened.slug)
    assert opened.state.complete
    assert opened.samples.located.sum() == 10
    # Both kinds were read: the areas of those with a place, the files of the others.
    assert opened.samples.frame["unlabelled_share"].notna().sum() == 10
    assert opened.samples.frame["unreadable"].notna().all()
    told = shown("Map", dataset=opened.slug, select="class=any:River|Forest")
    assert not told.get("page_link")
    assert [text.value for text in told.caption if "no place" in text.value] == [
        "10 of them have no place on a map; the gallery shows them too."
    ]
    catalog.forget(opened.slug)
