"""Missing and damaged files, datasets without pixels, and too many requests at once."""

import asyncio
import io
import shutil
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from PIL import Image
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.testclient import TestClient

from eoexplore.render.colours import UNREADABLE
from eoexplore.render.composites import read_style
from eoexplore.render.warp import View
from eoexplore.store import catalog
from eoexplore.tiles import routes as routes_module
from eoexplore.tiles.imagery import draw
from eoexplore.tiles.nodelay import NoDelay
from eoexplore.tiles.overload import Busy, Lane
from eoexplore.tiles.patches import BandFile, PatchReader
from tests import builders, indexing
from tests.tiles.conftest import ALONE, built
from tests.tiles.test_correctness import inside, source_places, tiles_over

LAYERS = ("s2", "s1", "reference_map")


@pytest.fixture(scope="module")
def damaged(tmp_path_factory):
    """One block: its first patch is cut short in every layer, the second lacks B04."""
    root = builders.write_tree(tmp_path_factory.mktemp("data") / "damaged", ALONE)
    for layer in LAYERS:
        for band in builders.bands_of(layer):
            path = ALONE[0].path(root, layer, band)
            path.write_bytes(path.read_bytes()[:300])
    ALONE[1].path(root, "s2", "B04").unlink()
    opened = catalog.add(root)
    indexing.build(opened.slug)
    return built(catalog.open_slug(opened.slug), root)


CORNERS = (builders.Patch("29SNC", 0, 0), builders.Patch("29SNC", 90, 90))


@pytest.fixture(scope="module")
def corners(tmp_path_factory):
    root = builders.write_tree(tmp_path_factory.mktemp("data") / "corners", CORNERS, ("s2",))
    opened = catalog.add(root)
    indexing.build(opened.slug)
    return built(catalog.open_slug(opened.slug), root)


def patch_pixels(patch, tile):
    """Return which pixels of a tile lie well inside a patch."""
    columns, rows = source_places((patch,), *tile, 256)
    return inside(columns - 3, rows - 3, (114, 114))


@pytest.mark.parametrize("layer", LAYERS)
@pytest.mark.parametrize("z", [11, 13, 15])
def test_an_unreadable_patch_is_grey_and_the_others_are_drawn(damaged, layer, z):
    style = read_style(layer, "")[0]
    greys = others = 0
    for tile in tiles_over([ALONE], z):
        drawn = draw(damaged.scene, damaged.shown, style, View(*tile)).rgba
        grey = (drawn == UNREADABLE).all(axis=2)
        assert grey[patch_pixels(ALONE[0], tile)].all()
        good = patch_pixels(ALONE[2], tile) | patch_pixels(ALONE[3], tile)
        assert not grey[good].any()
        assert (drawn[good, 3] == 255).all()
        greys, others = greys + grey.sum(), others + good.sum()
    assert greys
    assert others


def test_a_missing_band_makes_the_patch_grey_only_where_it_is_needed(damaged):
    for tile in tiles_over([ALONE], 14):
        here = patch_pixels(ALONE[1], tile)
        needs = draw(damaged.scene, damaged.shown, read_style("s2", "")[0], View(*tile)).rgba
        assert (needs[here] == UNREADABLE).all()
        radar = draw(damaged.scene, damaged.shown, read_style("s1", "")[0], View(*tile)).rgba
        assert (radar[here, 3] == 255).all()


def test_a_click_on_an_unreadable_patch_says_so(damaged, client):
    samples = damaged.scene.samples
    row = samples.row(ALONE[0].id)
    address = f"/point/{damaged.opened.slug}/{samples.lon[row]:.8f}/{samples.lat[row]:.8f}"
    values = client.get(address).json()["values"]
    assert set(values) == set(LAYERS)
    for layer in LAYERS:
        assert "damaged" in values[layer]["error"]
        assert str(damaged.root) not in values[layer]["error"]
    answer = client.get(f"/patch/{damaged.opened.slug}/{ALONE[0].id}/s2.png")
    pixels = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))
    assert (pixels == UNREADABLE).all()


def test_a_click_leaves_a_missing_band_out(damaged, client):
    samples = damaged.scene.samples
    row = samples.row(ALONE[1].id)
    address = f"/point/{damaged.opened.slug}/{samples.lon[row]:.8f}/{samples.lat[row]:.8f}"
    values = client.get(address).json()["values"]["s2"]
    assert set(values) == set(builders.S2_GSD) - {"B04"}


def test_metadata_alone_has_footprints_and_cards_but_no_pixels(tmp_path, client):
    builders.write_metadata(tmp_path / "table", ALONE)
    opened = catalog.add(tmp_path / "table")
    slug = opened.slug
    (z, x, y), *_ = tiles_over([ALONE], 12)
    for layer in LAYERS:
        answer = client.get(f"/tiles/{slug}/{layer}/{z}/{x}/{y}.png")
        image = Image.open(io.BytesIO(answer.content)).convert("RGBA")
        assert not np.asarray(image)[..., 3].any()
    answer = client.get(f"/tiles/{slug}/footprints/{z}/{x}/{y}.png")
    assert np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGBA"))[..., 3].any()
    samples = opened.samples
    point = client.get(f"/point/{slug}/{samples.lon[0]:.8f}/{samples.lat[0]:.8f}").json()
    assert point["values"] == {}
    card = client.get(f"/patch/{slug}/{point['id']}/card.json").json()
    assert all(label["share"] is None for label in card["labels"])
    assert all(picture["url"] is None and picture["reason"] for picture in card["pictures"])
    assert client.get(f"/patch/{slug}/{point['id']}/s2.png").status_code == 404


def test_before_the_index_is_built_near_tiles_are_there_and_far_ones_empty(tmp_path):
    opened = catalog.add(builders.write_tree(tmp_path / "fresh", ALONE[:1]))
    fresh = built(opened, tmp_path)
    for z, there in ((12, False), (14, True)):
        drawn = [
            draw(fresh.scene, fresh.shown, read_style("s2", "")[0], View(*tile)).rgba[..., 3].any()
            for tile in tiles_over([ALONE[:1]], z)
        ]
        assert any(drawn) == there


def test_a_deleted_dataset_folder_is_no_stack_trace(tmp_path, client):
    root = builders.write_tree(tmp_path / "leaving", ALONE[:1], layers=("s2",))
    opened = catalog.add(root)
    shutil.rmtree(root)
    (z, x, y), *_ = tiles_over([ALONE[:1]], 14)
    answer = client.get(f"/tiles/{opened.slug}/s2/{z}/{x}/{y}.png")
    assert answer.status_code in (200, 410)
    assert str(tmp_path) not in answer.text


class FakeDataset:
    """Counts reads; some are slow."""

    def __init__(self):
        self.reads = 0
        self.lock = threading.Lock()

    def read(self, *_):
        with self.lock:
            self.reads += 1
        time.sleep(0.02)
        return np.ones((120, 120), np.uint16)


def test_a_patch_asked_for_at_the_same_time_is_read_once():
    reader, dataset = PatchReader(10**7), FakeDataset()
    files = [BandFile(f"p{i}", "s2", "B04") for i in range(4)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _: reader.fetch(dataset, files), range(8)))
    assert dataset.reads == 4
    assert all(len(found) == 4 and not found[0].flags.writeable for found in results)


def test_the_patch_cache_stays_within_its_bound():
    limit = 6 * 28_800
    reader, dataset = PatchReader(limit), FakeDataset()
    for i in range(20):
        reader.fetch(dataset, [BandFile(f"p{i}", "s2", "B04")])
        assert reader.cache.used <= limit
    assert len(reader.cache) == 5


def test_another_dataset_does_not_get_the_pixels_of_the_first():
    reader, file = PatchReader(10**7), BandFile("p", "s2", "B04")
    for dataset in (FakeDataset(), FakeDataset()):
        reader.fetch(dataset, [file])
        assert dataset.reads == 1


def test_too_many_requests_are_told_to_come_back(monkeypatch):
    lane = Lane("test", workers=1, waiting=2)
    release = threading.Event()

    def slow(self, *_):
        release.wait(10)
        return Response("done")

    handlers = routes_module._Routes
    monkeypatch.setattr(handlers, "_tile", slow)
    original = handlers.__init__

    def narrow(self, open_slug):
        original(self, open_slug)
        self._tiles = lane

    monkeypatch.setattr(handlers, "__init__", narrow)
    client = TestClient(Starlette(routes=routes_module.routes()), base_url="http://127.0.0.1")
    with ThreadPoolExecutor(6) as pool:
        answers = [pool.submit(client.get, "/tiles/a/s2/1/1/1.png") for _ in range(6)]
        while sum(answer.done() for answer in answers) < 3:
            time.sleep(0.01)
        release.set()
        found = [answer.result() for answer in answers]
    assert sorted(answer.status_code for answer in found) == [200, 200, 200, 503, 503, 503]
    assert all(a.headers["retry-after"] == "2" for a in found if a.status_code == 503)


async def _here():
    return False


async def _gone():
    return True


def test_nothing_is_drawn_for_a_client_that_has_left():
    lane, calls = Lane("test", 1, 1), []
    assert asyncio.run(lane.run(lambda: calls.append(1), _gone)) is None
    assert calls == []
    assert asyncio.run(lane.run(lambda: 7, _here)) == 7


def test_requests_are_served_in_the_order_in_which_they_came():
    lane, served = Lane("test", 1, 9), []

    async def several():
        waiting = [lane.run(lambda n=number: served.append(n), _here) for number in range(6)]
        left = lane.run(lambda: served.append("nobody waits for it"), _gone)
        await asyncio.gather(*waiting[:3], left, *waiting[3:])

    asyncio.run(several())
    assert served == [0, 1, 2, 3, 4, 5]


def test_a_full_lane_says_so():
    lane = Lane("test", 1, 0)
    lane._inside = 1
    with pytest.raises(Busy):
        asyncio.run(lane.run(lambda: 7, _here))


class Held:
    """Holds a connection as uvicorn's request cycle does."""

    def __init__(self, connection):
        self.transport = self
        self.connection = connection

    def get_extra_info(self, name):
        return {"socket": self.connection}[name]

    async def receive(self):
        return {"type": "http.request"}


async def _nothing(*_):
    return None


def test_nagle_is_switched_off_on_each_connection():
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        held = Held(connection)
        asyncio.run(NoDelay(_nothing)({"type": "http"}, held.receive, _nothing))
        assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        connection.close()
        asyncio.run(NoDelay(_nothing)({"type": "http"}, held.receive, _nothing))
    asyncio.run(NoDelay(_nothing)({"type": "http"}, _nothing, _nothing))


@pytest.mark.parametrize("z", [9, 10, 11, 12, 14])
@pytest.mark.parametrize("corner", [(0, 0), (90, 90)])
def test_patches_in_the_corner_of_a_product_are_whole(corners, z, corner):
    """Where the packed mosaic itself ends, nothing is dark and nothing is missing."""
    patch = next(item for item in CORNERS if (item.x, item.y) == corner)
    darkest = int(patch.pixels("s2", "B04").min()) * 255 // 2000
    drawn_pixels = 0
    for tile in tiles_over([(patch,)], z):
        drawn = draw(corners.scene, corners.shown, read_style("s2", "")[0], View(*tile)).rgba
        columns, rows = source_places((patch,), *tile, 256)
        here = inside(columns - 0.1, rows - 0.1, (119.8, 119.8))
        assert (drawn[here, 3] == 255).all()
        assert drawn[here, 0].min(initial=255) >= darkest
        drawn_pixels += here.sum()
    assert drawn_pixels
