import numpy as np
import pytest

from eoexplore.store import catalog
from eoexplore.tiles.scene import scene_of
from eoexplore.tiles.steps import neighbours
from eoexplore.tiles.tile import shown_by
from tests import builders, indexing

# A square of 3 x 3 places seen twice, of which the later date lacks the middle one of the east.
EARLY = builders.block("33UUP", 13.0, 48.3, side=3, date="20170613T101031", split="test")
LATE = tuple(
    builders.Patch(p.tile, p.x, p.y, "20170801T101031", "test") for p in EARLY if p is not EARLY[5]
)
FAR = builders.block("29SNC", -8.3, 38.35, side=1, split="validation")
PATCHES = (*EARLY, *LATE, *FAR)


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    root = tmp_path_factory.mktemp("data") / "walked"
    builders.write_metadata(root, tuple(sorted(PATCHES, key=lambda patch: patch.id)))
    opened = catalog.add(root)
    indexing.build(opened.slug)
    return catalog.open_slug(opened.slug)


@pytest.fixture
def step(client, walked):
    def ask(patch, by, **query):
        url = f"/patch/{walked.slug}/{patch.id}/step.json"
        answer = client.get(url, params={"by": by, **query})
        assert answer.status_code == 200
        return answer.json()

    return ask


def by_id(name):
    return next(patch for patch in PATCHES if patch.id == name)


def order(patch):
    return patch.tile, patch.y, patch.x, patch.date


def test_the_walk_goes_by_tile_row_column_and_date(step):
    expected = sorted(PATCHES, key=order)
    at = expected[0]
    for number in range(2, len(expected) + 1):
        found = step(at, "next")
        at = by_id(found["id"])
        assert (found["position"], found["of"], found["wrapped"]) == (number, 18, False)
        assert at == expected[number - 1]
    assert step(at, "next") == {
        "id": expected[0].id, "position": 1, "of": 18, "wrapped": True,
    }  # fmt: skip


def test_previous_is_the_way_back(step):
    for patch in PATCHES:
        there = step(patch, "next")
        back = step(by_id(there["id"]), "previous")
        assert back["id"] == patch.id
        assert back["wrapped"] == there["wrapped"]


def test_steps_stay_in_the_selection(step):
    seen, at = set(), EARLY[0]
    for _ in range(17):
        at = by_id(step(at, "next", select="split=test")["id"])
        seen.add(at.id)
    assert seen == {patch.id for patch in (*EARLY, *LATE)}
    assert step(EARLY[0], "next", select="split=test")["of"] == 17
    # The rule chooses too: one date of each place.
    assert step(EARLY[0], "next", select="split=test", date="nth:1")["of"] == 9
    assert step(EARLY[0], "next", select="country=Nowhere") == {
        "id": None, "position": None, "of": 0, "wrapped": False,
    }  # fmt: skip


def test_from_outside_the_selection_the_walk_goes_on_where_it_would_be(step):
    only = f"ids={EARLY[0].id}|{EARLY[8].id}"
    assert step(EARLY[4], "next", select=only) == {
        "id": EARLY[8].id, "position": 2, "of": 2, "wrapped": False,
    }  # fmt: skip
    assert step(EARLY[4], "previous", select=only)["id"] == EARLY[0].id
    assert step(FAR[0], "previous", select=only)["wrapped"]


def test_neighbours_are_of_the_same_product_if_it_has_them(step):
    middle = EARLY[4]
    for by, at in (("north", 1), ("east", 5), ("south", 7), ("west", 3)):
        assert step(middle, by) == {"id": EARLY[at].id}
    late = {(patch.x, patch.y): patch for patch in LATE}
    here = late[middle.x, middle.y]
    assert step(here, "north") == {"id": late[middle.x, middle.y - 1].id}
    # The later product has no patch in the east, so the other date is taken.
    assert step(here, "east") == {"id": EARLY[5].id}
    assert step(here, "east", date="2017-08-01") == {"id": None}
    # Back from there, its own product comes first.
    assert step(EARLY[5], "west") == {"id": middle.id}


def test_another_date_follows_the_rule(client, walked, step):
    # Seen from a patch whose product is not selected, the rule decides.
    west = step(EARLY[5], "west", select=f"ids={EARLY[5].id}|{EARLY[4].id}|{LATE[4].id}")
    assert west == {"id": EARLY[4].id}
    only_late = step(EARLY[5], "west", select="date=2017-08-01..2017-08-01")
    assert by_id(only_late["id"]) == LATE[4]


def test_the_edge_has_no_neighbour(step):
    assert step(EARLY[0], "north") == {"id": None}
    assert step(EARLY[0], "west") == {"id": None}
    assert step(FAR[0], "south") == {"id": None}


def test_the_card_gets_all_four(walked):
    scene = scene_of(walked)
    shown, _ = shown_by(scene, "")
    found = neighbours(scene, shown, scene.samples.row(EARLY[2].id))
    assert found == {"north": None, "east": None, "south": EARLY[5].id, "west": EARLY[1].id}


@pytest.mark.parametrize("by", ["", "up", "NEXT", "north%00"])
def test_unknown_ways_and_patches_are_not_found(client, walked, by):
    url = f"/patch/{walked.slug}/{EARLY[0].id}/step.json?by={by}"
    assert client.get(url).status_code == 404
    assert client.get(f"/patch/{walked.slug}/nobody/step.json?by=next").status_code == 404


def test_unusable_parts_are_said(client, walked):
    url = f"/patch/{walked.slug}/{EARLY[0].id}/step.json"
    answer = client.get(url, params={"by": "next", "date": "soon", "select": "colour=red"})
    assert answer.json()["of"] == 18
    assert "latest" in answer.headers["x-eoexplore-notice"]


def test_over_the_edge_of_a_tile_lies_the_next_one(data):
    """East of a patch of zone 32 lies what is drawn there, of zone 33."""
    scene, shown = data.scene, data.shown
    samples = scene.samples
    zone_32 = np.flatnonzero(samples.epsg == 32632)
    eastmost = int(zone_32[np.argmax(samples.left[zone_32])])
    found = neighbours(scene, shown, eastmost)["east"]
    assert found is None or samples.epsg[samples.row(found)] == 32633
