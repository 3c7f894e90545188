"""Date rules on the map: what is drawn at a place is what a click there names, for every rule."""

import functools
import io
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from scipy.ndimage import maximum_filter, minimum_filter

from eoexplore.core import mercator
from eoexplore.core.dates import LATEST, parse
from eoexplore.render.warp import View
from eoexplore.store import catalog
from eoexplore.store.samples import Samples
from eoexplore.tiles import order, scene
from eoexplore.tiles.imagery import ORIGINALS_ZOOM
from eoexplore.tiles.order import Orders
from eoexplore.tiles.scene import Ground, Scene, scene_of
from eoexplore.tiles.tile import shown_by
from tests import builders, indexing

# Where two tiles of zone 32 and one of zone 33 overlap; each product has its own label class.
LON, LAT = 11.998, 48.66
TILES = ("32UQU", "32UQV", "33UTP")
DATES = ("20170613", "20170801", "20171215", "20180403")
CODES = (112, 121, 211, 221, 231, 311, 312, 313, 321, 322, 324, 331)
RULES = (
    "", "earliest", "nearest:2017-08-20", "nearest:2017-07-07", "nearest:2017-10-08",
    "season:summer", "season:winter", "season:spring", "nth:1", "nth:2", "nth:4",
    "2017-06-01..2017-12-31", "2017-08-01",
)  # fmt: skip


@dataclass(frozen=True)
class Flat(builders.Patch):
    """A patch of one label code, and of one grey."""

    code: int = 0

    def pixels(self, layer: str, band: str) -> np.ndarray:
        side = 1200 // (builders.S2_GSD[band] if layer == "s2" else 10)
        if layer == "reference_map":
            return np.full((side, side), self.code, np.uint16)
        return np.full((side, side), 100 + 110 * CODES.index(self.code), np.uint16)


def products():
    """Return the patches: of one tile all dates, of the others two, and of each other places."""
    found = []
    for number, tile in enumerate(TILES):
        block = builders.block(tile, LON, LAT, side=3)
        for turn, day in enumerate(DATES):
            code = CODES[4 * number + turn]
            for at, patch in enumerate(block):
                there = (at + at // 3 + turn + number) % 3
                if there and (not number or turn % 2 == number % 2):
                    more = {"date": f"{day}T101031", "code": code}
                    found.append(Flat(patch.tile, patch.x, patch.y, **more))
    return tuple(found)


PATCHES = products()


@pytest.fixture(scope="module")
def overlap(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "overlap"
    for patch in PATCHES:
        bands = (("s2", "B02"), ("s2", "B03"), ("s2", "B04"), ("reference_map", "reference_map"))
        for layer, band in bands:
            pixels = patch.pixels(layer, band)
            builders.write_raster(patch.path(root, layer, band), pixels, patch, 0)
    builders.write_metadata(root, tuple(sorted(PATCHES, key=lambda patch: patch.id)))
    opened = catalog.add(root)
    indexing.build(opened.slug)
    return catalog.open_slug(opened.slug)


@pytest.fixture(scope="module")
def drawn(client, overlap):
    """Return a tile as RGBA, fetched once."""
    kept = {}

    def fetch(layer, style, rule, z, x, y):
        key = (layer, style, rule, z, x, y)
        if key not in kept:
            url = f"/tiles/{overlap.slug}/{layer}/{z}/{x}/{y}.png"
            answer = client.get(url, params={"style": style, "date": rule})
            kept[key] = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))
        return kept[key]

    return fetch


def pixel_of(lon, lat, z):
    """Return tile x and y and the pixel's column and row in it."""
    x, y = mercator.to_metres(lon, lat)
    side = 2 * mercator.HALF_WORLD / 2**z
    column, row = (mercator.HALF_WORLD + x) / side, (mercator.HALF_WORLD - y) / side
    return int(column), int(row), int(column % 1 * 256), int(row % 1 * 256)


def centre_of(z, x, y, column, row):
    side = 2 * mercator.HALF_WORLD / 2**z
    east = (x + (column + 0.5) / 256) * side - mercator.HALF_WORLD
    north = mercator.HALF_WORLD - (y + (row + 0.5) / 256) * side
    return (float(value) for value in mercator.to_degrees(east, north))


def code_at(client, overlap, rule, lon, lat):
    answer = client.get(f"/point/{overlap.slug}/{lon:.9f}/{lat:.9f}", params={"date": rule})
    if answer.status_code == 404:
        return None, None
    chosen = next(patch for patch in PATCHES if patch.id == answer.json()["id"])
    return chosen, answer.json()["values"]["reference_map"]["code"]


@settings(max_examples=25, deadline=None)
@given(st.data())
@pytest.mark.parametrize("z", [15, 13, 12, 10])
def test_the_label_drawn_belongs_to_the_patch_that_a_click_names(client, overlap, drawn, z, data):
    rule = data.draw(st.sampled_from(RULES))
    lon = LON + data.draw(st.floats(-0.045, 0.045))
    lat = LAT + data.draw(st.floats(-0.03, 0.03))
    x, y, column, row = pixel_of(lon, lat, z)
    lon, lat = centre_of(z, x, y, column, row)
    chosen, code = code_at(client, overlap, rule, lon, lat)
    found = drawn("reference_map", "clc19", rule, z, x, y)[row, column]
    if chosen is None:
        assert found[3] == 0
        return
    assert code == chosen.code
    colour = overlap.dataset.classes.class_of(chosen.code).colour
    assert "#" + bytes(found[:3].tolist()).hex() == colour.lower()


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("z", [14, 13, 12])
def test_the_picture_drawn_is_that_of_the_same_patches(overlap, drawn, z, rule):
    """Everywhere but at the edges of patches, where two pictures are mixed."""
    prepared = scene_of(overlap)
    shown, _ = shown_by(prepared, "", rule)
    codes = {patch.id: patch.code for patch in PATCHES}
    grey = np.array(
        [100 + 110 * CODES.index(codes[name]) for name in prepared.samples.frame["id"]] + [0]
    )
    compared = 0
    x, y, *_ = pixel_of(LON, LAT, z)
    for column, row in ((x, y), (x - 1, y), (x, y + 1)):
        rows = prepared.places.look(View(z, column, row), shown.tops("s2")).rows
        picture = drawn("s2", "true_colour", rule, z, column, row)
        inner = maximum_filter(rows, 9) == minimum_filter(rows, 9)
        expected = np.rint(grey[rows] * 255 / 2000)
        # Packed values are rounded; the greys of two codes lie 14 levels apart.
        apart = np.abs(picture[inner, 0].astype(int) - expected[inner])
        assert apart.max(initial=0) <= (2 if z < ORIGINALS_ZOOM else 0)
        assert (picture[inner, 3] == np.where(rows >= 0, 255, 0)[inner]).all()
        compared += int((inner & (rows >= 0)).sum())
    assert compared > 1000


@pytest.mark.parametrize("rule", RULES)
def test_the_draw_order_is_that_of_the_rule(overlap, rule):
    """The topmost patch of every place is the one that a plain comparison of patches gives."""
    prepared = scene_of(overlap)
    shown, notices = shown_by(prepared, "", rule)
    assert notices == ()
    kept = [patch for patch in PATCHES if takes_part(patch, rule)]
    assert sorted(prepared.samples.frame["id"][shown.mask]) == sorted(patch.id for patch in kept)
    expected = sorted(kept, key=lambda patch: (key_of(patch, rule), patch.tile, patch.id))
    rows = [prepared.samples.row(patch.id) for patch in expected]
    assert (np.diff(shown.rank[rows]) > 0).all()


def day_of(patch):
    return np.datetime64(f"{patch.date[:4]}-{patch.date[4:6]}-{patch.date[6:8]}")


def takes_part(patch, rule):
    word, _, value = rule.partition(":")
    days = sorted(
        day_of(p) for p in PATCHES if (p.tile, p.x, p.y) == (patch.tile, patch.x, patch.y)
    )
    if word == "season":
        month = int(patch.date[4:6])
        return value == ("winter", "spring", "summer", "autumn")[month % 12 // 3]
    if word == "nth":
        return day_of(patch) == days[min(int(value), len(days)) - 1]
    if ".." in rule or rule[:2] == "20":
        first, _, last = rule.partition("..")
        return np.datetime64(first) <= day_of(patch) <= np.datetime64(last or first)
    return True


def key_of(patch, rule):
    day = day_of(patch).astype(int)
    if rule == "earliest":
        return -day
    if rule.startswith("nearest"):
        wanted = np.datetime64(rule.partition(":")[2]).astype(int)
        return (-abs(day - wanted), day)
    return day


def test_the_nth_date_is_counted_within_the_selection(overlap):
    prepared = scene_of(overlap)
    shown, _ = shown_by(prepared, "date=2017-07-01..2018-12-31", "nth:1")
    first, _ = shown_by(prepared, "", "nth:1")
    days = prepared.samples.frame["date"][shown.mask]
    assert days.min() >= np.datetime64("2017-07-01")
    # Places of which only the June date is there are gone; all others have one.
    late = [patch for patch in PATCHES if patch.date[:8] != "20170613"]
    assert int(shown.mask.sum()) == len({(p.tile, p.x, p.y) for p in late})
    assert int(first.mask.sum()) == len({(p.tile, p.x, p.y) for p in PATCHES})


def test_days_of_the_rule_replace_those_of_the_selection(overlap):
    prepared = scene_of(overlap)
    shown, _ = shown_by(prepared, "date=2018-01-01..2018-12-31", "2017-08-01")
    assert {str(day)[:10] for day in prepared.samples.frame["date"][shown.mask]} == {"2017-08-01"}


@pytest.mark.parametrize("rule", ["", "earliest", "nearest:2017-07-01", "season:winter"])
def test_an_empty_selection_shows_nothing(overlap, rule):
    shown, _ = shown_by(scene_of(overlap), "country=Nowhere", rule)
    assert not shown.mask.any()
    assert shown.tops("").grids.max() == -1


@pytest.mark.parametrize("rule", ["nth:3", "nth:1"])
def test_the_nth_date_of_nothing_is_nothing(overlap, rule):
    shown, _ = shown_by(scene_of(overlap), "country=Nowhere", rule)
    assert not shown.mask.any()


def test_a_bad_rule_draws_the_latest_and_says_so(client, overlap):
    x, y, *_ = pixel_of(LON, LAT, 13)
    url = f"/tiles/{overlap.slug}/reference_map/13/{x}/{y}.png"
    good = client.get(url)
    for bad in ("yesterday", "nth:0", "nearest:", "season:monsoon", "nth:-1", "\x00", "x" * 5000):
        answer = client.get(url, params={"date": bad})
        assert answer.content == good.content
        assert "latest date of each place is shown" in answer.headers["x-eoexplore-notice"]


def test_rules_that_mean_the_same_are_kept_once(overlap):
    prepared = scene_of(overlap)
    one = prepared.ground.orders.order(parse("latest")[0])
    for text in ("", "season:winter", "nth:2", "2017-06-13"):
        assert prepared.ground.orders.order(parse(text)[0]) is one


def test_orders_stay_within_their_memory(overlap, monkeypatch):
    monkeypatch.setattr(order, "_KEPT_BYTES", 100_000)
    orders = Orders(overlap.samples)
    for day in range(1, 29):
        orders.order(parse(f"nearest:2017-02-{day:02d}")[0])
    assert 0 < orders._orders.used <= 100_000
    first = orders.order(parse("nearest:2017-02-28")[0])
    assert orders.order(parse("nearest:2017-02-28")[0]) is first


def test_tiles_that_come_at_once_work_a_selection_out_once(overlap, monkeypatch):
    made = []
    evaluate = scene._evaluate

    def slow(*given):
        made.append(given)
        time.sleep(0.05)
        return evaluate(*given)

    monkeypatch.setattr(scene, "_evaluate", slow)
    ask = functools.partial(shown_by, scene_of(overlap), "", "nearest:2016-02-29")
    with ThreadPoolExecutor(4) as pool:
        answers = [future.result() for future in [pool.submit(ask) for _ in range(8)]]
    assert len(made) == 1
    assert len({id(shown) for shown, _ in answers}) == 1


def test_many_selections_stay_within_their_memory(overlap, monkeypatch):
    monkeypatch.setattr(scene, "_SHOWN_BYTES", 50_000)
    monkeypatch.setattr(scene, "_TOPS_BYTES", 200_000)
    prepared = Scene(overlap, Ground(overlap.samples))
    for day in range(60):
        rule = f"nearest:2017-{1 + day % 12:02d}-{1 + day % 28:02d}"
        shown, _ = shown_by(prepared, f"month={1 + day % 12}", rule)
        assert shown.tops("") is shown.tops("")
    assert 0 < prepared.ground.shown.used <= 50_000
    assert 0 < prepared.ground.tops.used <= 200_000


def table(rows):
    """Return a sample table of (tile, date, whether it has a picture), all at one place."""
    tiles, dates, pictures = zip(*rows, strict=True)
    frame = pd.DataFrame(
        {
            "id": [f"{number}" for number in range(len(rows))],
            "tile": pd.Categorical(tiles),
            "date": pd.to_datetime(list(dates)),
            "season": pd.Categorical(["summer"] * len(rows)),
            "x": 3,
            "y": 4,
            "has_s2": pictures,
            "has_s1": False,
        }
    )
    return Samples(frame.assign(epsg=32633, left=0, top=0, lon=0.0, lat=0.0))


def test_a_layer_shows_only_patches_that_have_it():
    ground = Ground(table([("33UUP", "2017-06-13", True), ("33UUP", "2017-08-01", False)]))
    for mask, layer, rows in (
        ([True, True], "", {0}), ([True, True], "s2", {0}), ([True, True], "s1", set()),
        ([False, True], "", {1}), ([False, True], "s2", set()),
    ):  # fmt: skip
        tops = scene.Shown(ground, np.array(mask), LATEST).tops(layer)
        assert set(tops.rows(tops.grids[tops.grids >= 0]).tolist()) == rows
        assert tops.used.any() == bool(rows)
    every = scene.Shown(Ground(table([("33UUP", "2017-06-13", True)])), np.array([True]), LATEST)
    assert every.tops("s2") is every.tops("")


def test_no_patch_without_a_picture_hides_one():
    late_without = ("33UUP", "2018-01-01", False)
    orders = Orders(
        table(
            [late_without, ("33UUP", None, True), ("33UTP", "2017-06-01", True),
             ("33UUP", "2017-06-01", True), ("33UTP", "2017-08-01", True)]
        )
    )  # fmt: skip
    assert orders.order(LATEST).rows.tolist() == [0, 1, 2, 3, 4]
    assert orders.order(parse("earliest")[0]).rows.tolist() == [0, 1, 4, 2, 3]
    # Without any picture at all the dates decide alone.
    bare = Orders(table([late_without, ("33UUP", "2017-06-01", False)]))
    assert bare.order(LATEST).rows.tolist() == [1, 0]


def test_two_patches_of_one_day_are_one_date():
    orders = Orders(
        table([("33UUP", "2017-06-01", True), ("33UUP", "2017-06-01", True),
               ("33UUP", "2017-08-01", True), ("33UUP", None, True)])
    )  # fmt: skip
    everything = np.ones(4, bool)
    assert orders.kept(parse("nth:1")[0], everything).tolist() == [True, True, False, False]
    assert orders.kept(parse("nth:2")[0], everything).tolist() == [False, False, True, False]
    assert orders.kept(parse("nth:3")[0], everything).tolist() == [False, False, True, False]


def test_of_two_days_equally_near_the_later_one_counts():
    orders = Orders(
        table([("33UUP", "2017-06-03", True), ("33UUP", "2017-06-01", True),
               ("33UUP", "2017-06-09", True)])
    )  # fmt: skip
    assert orders.order(parse("nearest:2017-06-02")[0]).rows.tolist() == [2, 1, 0]
