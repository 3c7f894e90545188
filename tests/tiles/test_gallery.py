"""Pages of the gallery, steps along it, and its thumbnails."""

import io
from dataclasses import replace
from urllib.parse import quote

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.testclient import TestClient

from eoexplore.core.selection import EVERYTHING
from eoexplore.store import catalog, mosaic
from eoexplore.store.base import completed
from eoexplore.store.samples import Samples, with_places
from eoexplore.tiles import gallery, sorts
from eoexplore.tiles.originals import READER
from eoexplore.tiles.routes import routes
from eoexplore.tiles.scene import scene_of
from tests import builders, predicting
from tests.tiles.conftest import PATCHES as PICTURED

BAD = '<img src=x onerror="alert(1)">'
EARLY = builders.block("33UUP", 13.0, 48.3, side=2, date="20170613T101031", split="test")
LATE = builders.block("33UUP", 13.0, 48.3, side=2, date="20170801T101031", split="train")
SOUTH = builders.block(
    "29SNC", -8.3, 38.35, side=1, split="validation", country="Portugal", labels=("Pastures",)
)
PATCHES = (*EARLY, *LATE, *SOUTH)
IDS = sorted(patch.id for patch in PATCHES)
BY_PLACE = [p.id for p in sorted(PATCHES, key=lambda p: (p.tile, p.y, p.x, p.date))]


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    """A dataset of metadata alone."""
    root = tmp_path_factory.mktemp("data") / "gallery-table"
    builders.write_metadata(root, tuple(sorted(PATCHES, key=lambda patch: patch.id)))
    return catalog.add(root)


@pytest.fixture
def changed(table):
    """Give a client for the same table with some columns changed."""

    def make(**columns):
        frame = table.samples.frame.assign(**columns)
        opened = replace(table, samples=Samples(frame))
        app = Starlette(routes=routes(open_slug=lambda _: opened))
        return TestClient(app, base_url="http://127.0.0.1:8501")

    return make


@pytest.fixture
def page(client, table):
    def ask(slug=table.slug, using=client, **query):
        answer = using.get(f"/gallery/{slug}/page.json", params=query)
        assert answer.status_code == 200
        return answer.json()

    return ask


def ids(found):
    return [item["id"] for item in found["items"]]


def test_known_orders(page):
    assert ids(page()) == BY_PLACE
    assert ids(page(sort="-place")) == BY_PLACE[::-1]
    assert ids(page(sort="id")) == IDS
    assert ids(page(sort="-id")) == IDS[::-1]
    south = SOUTH[0].id
    assert ids(page(sort="north"))[-1] == south
    assert ids(page(sort="-north"))[0] == south
    # Equals follow each other by id, whichever way round.
    first = sorted((p.date, p.id) for p in PATCHES)
    assert ids(page(sort="date")) == [name for _, name in first]
    latest = sorted(p.id for p in LATE)
    assert ids(page(sort="-date"))[:4] == latest
    assert ids(page(sort="labels")) == [south, *(name for name in IDS if name != south)]
    assert ids(page(sort="-labels")) == [*(name for name in IDS if name != south), south]


def test_the_order_by_place_is_the_walk_of_the_map(table):
    walk = scene_of(table).ground.orders.walk
    assert sorts.order_of(table, "place", turned=False).tolist() == walk.tolist()


def test_samples_without_a_date_come_last(changed, page, table):
    days = table.samples.frame["date"].copy()
    days.iloc[[0, 3]] = pd.NaT
    client = changed(date=days)
    for sort in ("date", "-date"):
        found = page(using=client, sort=sort)
        assert ids(found)[-2:] == [IDS[0], IDS[3]]
        assert [item["date"] for item in found["items"]][-2:] == [None, None]


def test_what_an_item_says(page):
    found = page(sort="-date", select="split=train|validation")
    assert (found["total"], found["page"], found["pages"], found["size"]) == (5, 1, 1, 48)
    patch = next(patch for patch in LATE if patch.id == found["items"][0]["id"])
    names = [found["classes"][at]["name"] for at in found["items"][0]["labels"]]
    assert found["items"][0] == {
        "id": patch.id,
        "place": f"33UUP · {patch.x}, {patch.y}",
        "date": "1 Aug 2017",
        "split": "train",
        "country": "Austria",
        "labels": found["items"][0]["labels"],
        "value": None,
        "picture": None,
        "reason": "No Sentinel-2 image",
        "mask": None,
    }
    assert names == ["Arable land", "Pastures"]
    assert found["notices"] == []


def test_pages_of_a_larger_table(changed, page, table):
    frame = table.samples.frame
    many = pd.concat([frame] * 12, ignore_index=True)
    many["id"] = [f"patch-{number:03d}" for number in range(len(many))]
    opened = replace(table, samples=Samples(many))
    app = Starlette(routes=routes(open_slug=lambda _: opened))
    using = TestClient(app, base_url="http://127.0.0.1:8501")
    pages = [page(using=using, sort="id", size=24, page=number) for number in range(1, 6)]
    assert [len(found["items"]) for found in pages] == [24, 24, 24, 24, 12]
    assert [name for found in pages for name in ids(found)] == many["id"].tolist()
    beyond = page(using=using, sort="id", size=24, page=99)
    assert (beyond["page"], ids(beyond)) == (5, ids(pages[4]))
    assert "5 pages; the last one is shown" in beyond["notices"][0]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ({"sort": BAD}, "There is no order"),
        ({"sort": "share.311"}, "not read the reference maps"),
        ({"sort": "--date"}, "There is no order"),
        ({"page": "0"}, "There is no page"),
        ({"page": "1e3"}, "There is no page"),
        ({"page": "²"}, "There is no page"),
        ({"page": "99"}, "There are 1 pages"),
        ({"size": "25"}, "A page has 24, 48, 96, 200"),
        ({"size": BAD}, "A page has 24, 48, 96, 200"),
        ({"layer": BAD}, "There is no layer"),
        ({"style": BAD}, "has no style"),
        ({"select": "split=x&nonsense=1"}, "'nonsense' is not known"),
        ({"select": "class=any:Nowhere"}, "There is no class"),
        ({"select": "sel:0123456789abcdef"}, "not kept on this machine"),
    ],
)
def test_what_cannot_be_used_is_said_and_the_rest_is_shown(client, table, query, sentence):
    answer = client.get(f"/gallery/{table.slug}/page.json", params=query)
    assert answer.status_code == 200
    found = answer.json()
    assert any(sentence in notice for notice in found["notices"])
    assert (found["page"], found["size"], found["sort"]) == (1, 48, "place")
    assert len(found["items"]) == found["total"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_hostile_names_stay_text(changed, page, table):
    names = table.samples.frame["id"].to_list()
    hostile = sorted([*names[1:], f"a{BAD}/../{{x}}?&#"])
    client = changed(id=hostile)
    item = page(using=client, sort="id")["items"][hostile.index(f"a{BAD}/../{{x}}?&#")]
    assert item["id"] == f"a{BAD}/../{{x}}?&#"
    step = client.get(f"/gallery/x/{quote(item['id'], safe='')}/step.json?by=next&sort=id")
    assert step.json()["of"] == len(names)


def test_nothing_selected(page):
    found = page(select="country=Finland")
    assert (found["total"], found["pages"], found["items"]) == (0, 1, [])


def test_a_prediction_column_is_an_order(page, table, tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path))
    catalog.add(table.dataset.path)
    count = len(table.samples)
    scores = np.linspace(1, 0, count)[:, None]
    predicting.write_set(table, "mine", np.arange(count), scores, ["Pastures"])
    found = page(sort="pred.mine.Pastures")
    assert ids(found) == IDS[::-1]
    assert [item["value"] for item in found["items"]][:2] == [0, 0.125]
    assert "There is no order" in page(sort="pred.mine.name")["notices"][0]
    chosen = page(sort="id", select="pred.mine.Pastures=>=0.5")
    assert ids(chosen) == IDS[: count // 2 + 1]


@pytest.fixture
def step(client, table):
    def ask(sample, by, slug=table.slug, **query):
        url = f"/gallery/{slug}/{sample}/step.json"
        return client.get(url, params={"by": by, **query}).json()

    return ask


def test_steps_follow_the_order_round_and_round(step):
    order = [p.id for p in sorted(PATCHES, key=lambda p: (p.date, p.id))]
    at = order[0]
    for number in range(2, len(order) + 1):
        found = step(at, "next", sort="date")
        assert (found["id"], found["position"]) == (order[number - 1], number)
        assert step(found["id"], "previous", sort="date")["id"] == at
        at = found["id"]
    wrapped = {"position": 1, "of": len(order), "wrapped": True}
    assert step(at, "next", sort="date") == {"id": order[0], **wrapped}
    last = {"id": at, "position": len(order), "of": len(order), "wrapped": True}
    assert step(order[0], "previous", sort="date") == last


def test_a_patch_outside_the_selection_steps_from_where_it_would_be(step):
    order = [p.id for p in sorted(PATCHES, key=lambda p: (p.date, p.id))]
    kept = [p.id for p in sorted(PATCHES, key=lambda p: (p.date, p.id)) if p.split != "test"]
    outside = next(name for name in order if name not in kept)
    at = order.index(outside)
    after = next((name for name in order[at:] if name in kept), kept[0])
    before = next((name for name in order[at::-1] if name in kept), kept[-1])
    select = "split=train|validation"
    assert step(outside, "next", sort="date", select=select)["id"] == after
    assert step(outside, "previous", sort="date", select=select)["id"] == before
    assert step(outside, "next", select="country=Finland") == {
        "id": None, "position": None, "of": 0, "wrapped": False,
    }  # fmt: skip


def test_what_is_not_there(client, table, data):
    base = f"/gallery/{table.slug}"
    known = IDS[0]
    for path in (
        f"{base}/nobody/step.json?by=next",
        f"{base}/{known}/step.json?by=sideways",
        f"{base}/{known}/step.json",
        f"{base}/{known}/s2.webp",
        f"{base}/nobody/s2.webp",
        f"{base}/{known}/nothing.webp",
        f"{base}/{known}/s2.exe",
        f"{base}/{known}/..%2f..%2fs2.webp",
        f"{base}/page.xml",
        f"{base}/",
        "/gallery/unknown/page.json",
        "/gallery/",
    ):
        answer = client.get(path)
        assert (answer.status_code, answer.json()) == (404, {"error": "not found"}), path


def picture(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA")).astype(int)


def by_id(name, patches):
    return next(patch for patch in patches if patch.id == name)


def test_thumbnails_come_from_the_mosaics_alone(client, data, page, monkeypatch):
    monkeypatch.setattr(READER, "fetch", lambda *_: pytest.fail("a file was opened"))
    found = page(slug=data.opened.slug, style="band.B08~r500..1500")
    group = mosaic.GROUPS["reference_map"]
    for item in found["items"]:
        patch = by_id(item["id"], PICTURED)
        shown = picture(client, item["picture"])
        assert shown.shape == (60, 60, 4)
        pixels = patch.pixels("s2", "B08").reshape(60, 2, 60, 2).mean(axis=(1, 3))
        wanted = np.clip((pixels - 500) / 1000, 0, 1) * 255
        # WebP and the steps of packed values: a few levels.
        assert np.abs(shown[..., 0] - wanted).mean() < 6
        codes = mosaic.pack(patch.pixels("reference_map", "reference_map"), group)
        mask = picture(client, item["mask"])
        for code in np.unique(codes):
            assert len(np.unique(mask[codes == code], axis=0)) == 1
        assert client.get(item["mask"]).headers["content-type"] == "image/png"
    header = client.get(found["items"][0]["picture"]).headers
    assert "immutable" in header["cache-control"]


def test_share_of_a_class(client, data, page):
    found = page(slug=data.opened.slug, sort="-share.312")
    values = [item["value"] for item in found["items"]]
    assert values == sorted(values, reverse=True)
    assert 0 < values[0] < 1
    first = found["items"][0]["id"]
    card = client.get(f"/patch/{data.opened.slug}/{first}/card.json").json()
    labels = {item["label"]: item["share"] for item in card["pixel_classes"]}
    assert values[0] == labels["Coniferous forest"]


def test_a_layer_that_is_a_label_map_has_no_mask(data, page):
    found = page(slug=data.opened.slug, layer="reference_map", style="clc3~line", palette="safe")
    item = found["items"][0]
    assert item["mask"] is None
    assert "/reference_map.png?style=clc3~line&palette=safe&v=" in item["picture"]


def test_without_a_mosaic_the_files_are_read(client, tmp_path):
    patches = builders.block("33UUP", 13.0, 48.3, side=1)
    opened = catalog.add(builders.write_tree(tmp_path / "unpacked", patches))
    base = f"/gallery/{opened.slug}/{patches[0].id}"
    shown = picture(client, f"{base}/s2.webp?style=band.B08~r500..1500")
    assert shown.shape == (120, 120, 4)
    wanted = np.clip((patches[0].pixels("s2", "B08") - 500.0) / 1000, 0, 1) * 255
    assert np.abs(shown[..., 0] - wanted).mean() < 8
    assert picture(client, f"{base}/reference_map.png").shape == (120, 120, 4)


def test_a_damaged_file_is_grey(client, tmp_path):
    patches = builders.block("33UUP", 13.0, 48.3, side=1)
    root = builders.write_tree(tmp_path / "damaged", patches)
    path = patches[0].path(root, "s2", "B04")
    path.write_bytes(path.read_bytes()[:200])
    opened = catalog.add(root)
    base = f"/gallery/{opened.slug}/{patches[0].id}"
    assert (picture(client, f"{base}/s2.png")[..., :3] == 128).all()
    assert client.get(f"{base}/s2.png?style=band.B08").status_code == 200


class Plain:
    """A dataset of pictures without a location: one date, no tile, no grid."""

    synthetic = False
    streams = ()

    def __init__(self, like):
        self.name, self.title, self.path, self.layout = "plain", "Plain", like.path, "plain"
        self.layers, self.classes = like.layers, like.classes

    def bands_found(self, layer, _):
        (own,) = (item for item in self.layers if item.name == layer)
        return frozenset(band.name for band in own.bands)

    def read(self, key, _, band):
        # 64 pixels, as in other datasets: of the larger bands two for one of the smaller.
        side = 64 if band in ("B02", "B03", "B04", "B08") else 32
        return np.full((side, side), 1000 if key == "b" else 600, np.uint16)


@pytest.fixture
def plain(table, tmp_path):
    frame = pd.DataFrame(
        {
            "id": ["a", "b", "c"],
            "date": pd.to_datetime(["2017-06-13", None, "2017-06-01"]),
            "split": pd.Categorical(["train", "test", "train"]),
            "label_mask": np.array([1, 3, 0], np.uint64),
            "has_s2": [True, True, False],
            "has_s1": False,
            "has_reference_map": False,
        }
    )
    frame = with_places(completed(frame, table.dataset.classes))
    folder = replace(table, dataset=Plain(table.dataset), samples=Samples(frame))
    return replace(folder, state=replace(table.state, complete=False))


def test_a_dataset_without_a_location(plain):
    app = Starlette(routes=routes(open_slug=lambda _: plain))
    client = TestClient(app, base_url="http://127.0.0.1:8501")
    described = gallery.describe(plain, EVERYTHING)
    assert [sort["id"] for sort in described["sorts"]][:3] == ["id", "date", "labels"]
    found = client.get("/gallery/plain/page.json?sort=-date&select=split=train|test").json()
    assert ids(found) == ["a", "c", "b"]
    assert [item["place"] for item in found["items"]] == [None] * 3
    assert [item["labels"] for item in found["items"]] == [[0], [], [0, 1]]
    bright = found["items"][2]["picture"].replace("style=", "style=band.B08~r500..1500&x=")
    assert picture(client, bright)[0, 0, 0] == pytest.approx(127, abs=3)
    assert picture(client, bright).shape == (64, 64, 4)
    assert picture(client, "/gallery/plain/a/s2.png?style=index.NDMI").shape == (64, 64, 4)
    assert found["items"][1]["picture"] is None
    assert client.get("/gallery/plain/a/step.json?by=next").json()["id"] == "b"
    assert (
        "There is no order"
        in client.get("/gallery/plain/page.json?sort=place").json()["notices"][0]
    )
