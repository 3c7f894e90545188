"""Sessions over HTTP and WebSocket, and the endurance trial in a short form."""

import json

import numpy as np
import pytest

from benchmarks.http_pool import Reply
from benchmarks.server import running
from benchmarks.sessions import Session, View
from benchmarks.soak import Log, Memory, Plan, soak, table
from eoexplore.store import catalog
from tests import builders


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("soak")
    patches = builders.block("29SNC", -8.30, 38.35, split="test", country="Portugal")
    # Without pictures the index is whole at once; the map shows outlines.
    builders.write_metadata(folder / "reben", patches)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("EOEXPLORE_CACHE", str(folder / "cache"))
        opened = catalog.add(folder / "reben")
    return folder / "cache", opened.slug


@pytest.fixture(scope="module")
def server(cache):
    folder, _ = cache
    with running(folder, folder.with_name("log.txt")) as started:
        yield started


def test_a_session_opens_the_map_filters_it_and_asks_what_the_map_asks(server, cache):
    slug = cache[1]
    with Session(server.address, {"dataset": slug}) as session:
        first = session.open()
        assert first.errors == []
        assert first.map_seconds is not None
        assert max(first.sizes) < 1_000_000
        assert session.map["dataset"] == slug
        view = session.view()
        replies = session.tiles(view).replies()
        assert replies
        assert {reply.status for reply in replies} == {200}
        assert session.tile_targets(view) == []
        assert session.point(view.lon, view.lat, view.zoom).status == 200
        again = session.rerun(select="split=train")
        assert again.errors == []
        assert "select=split%3Dtrain" in session.map["query"]
        # What is filtered out is not there any more.
        assert session.point(view.lon, view.lat, view.zoom).status == 404
        assert session.tile_targets(view) != []


def test_users_act_for_a_while_and_nothing_fails(server, cache):
    plan = Plan((cache[1],), users=2, seconds=4.0, think_s=0.2, warm_up_s=0.0, sample_s=0.1)
    found = soak(plan, server.address, server)
    assert found["errors_by_kind"] == {}
    kinds = {row["kind"]: row["n"] for row in found["latency"]}
    assert kinds["open"] == 2
    assert kinds["tile"] > 10
    assert found["memory"]["slope_mb_per_min"] is not None
    assert found["memory"]["most_mb"] > 50
    assert found["messages"]["message_most_kb"] < 1000
    assert json.loads(json.dumps(found))["errors"] == 0
    assert "slope" in table(found)


def test_the_slope_is_that_of_the_samples_after_the_warm_up():
    seconds = [float(second) for second in range(60)]
    resident = [1_000_000 * second if second < 30 else 50_000_000 for second in range(60)]
    memory = Memory(seconds, resident)
    assert memory.slope(31.0) == pytest.approx(0.0, abs=1e-6)
    assert memory.slope(0.0) > 100_000
    assert memory.slope(59.0) is None


def test_errors_are_counted_and_what_was_left_is_none():
    log = Log()
    for status in (200, 500, 0, -1):
        log.reply(Reply("tile", "/t", status, 0.1, 10, {}, b""))
    assert sum(log.errors.values()) == 2
    assert log.left == 1
    assert len(log.replies["tile"]) == 3


def test_a_view_lists_its_tiles_from_the_middle():
    tiles = View(0.0, 0.0, 3, width=512, height=512).tiles()
    assert set(tiles[:4]) == {(3, 3, 3), (3, 3, 4), (3, 4, 3), (3, 4, 4)}
    assert len(tiles) == 9
    moved = View(0.0, 0.0, 3, width=512, height=512).moved(0.5, 0.0)
    assert np.allclose((moved.lon, moved.lat), (45.0, 0.0))
