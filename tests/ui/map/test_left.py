"""Tiles that were panned away from: the browser lets go of them, the server never draws them."""

import re
import time

import pytest

pytestmark = pytest.mark.browser

TILE = re.compile(r"/tiles/mock/s2/\d+/(\d+)/(\d+)(?:@2x)?\.png\?style=held")


def wait_until(is_so):
    end = time.monotonic() + 45
    while not is_so():
        assert time.monotonic() < end
        time.sleep(0.1)


def places(urls):
    found = (TILE.search(url) for url in urls)
    return {(int(match[1]), int(match[2])) for match in found if match}


def test_tiles_that_were_panned_away_from_are_let_go_and_not_drawn(map_page):
    page, told = map_page.page, f"{map_page.server}/held"
    broken = []
    page.on("requestfailed", lambda request: broken.append((request.url, request.failure)))
    map_page.pick("s2", "held")
    # Not asked by the page itself: all its connections wait for tiles.
    wait_until(lambda: page.request.get(told).json())
    before = places(map_page.requests)
    for _ in range(4):
        map_page.drag(-900, 0)
    (drawn,) = page.request.get(told).json()
    assert before > {tuple(drawn)}
    # No tile has come, so it is the end of a move that lets go of them.
    wait_until(lambda: before.isdisjoint(places(map_page.shown_tiles())))
    let_go = {url for url, failure in broken if failure == "net::ERR_ABORTED"}
    assert before <= places(let_go)
    page.request.post(told)
    map_page.settle()
    begun = {tuple(place) for place in page.request.get(told).json()}
    assert before & begun == {tuple(drawn)}, "the server drew what nobody waits for"
    assert places(map_page.shown_tiles()) <= begun
