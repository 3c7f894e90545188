"""What a server holds: nothing outlives the table it was made from, and nothing grows for ever."""

import dataclasses
import gc
import weakref

from eoexplore.core.dates import parse as parse_rule
from eoexplore.core.selection import parse
from eoexplore.store.samples import Samples
from eoexplore.tiles import colourings, layers, search, sorts, tile
from eoexplore.tiles.scene import Ground, scene_of, shown_of
from eoexplore.tiles.tile import TileRequest
from eoexplore.ui import state
from tests.tiles.conftest import WESTERN
from tests.tiles.test_correctness import tiles_over

LOOKS = [
    ("footprints", "split"), ("footprints", "share.311"), ("density", "count"),
    ("density", "dominant"), ("s2", "true-colour"), ("reference_map", ""),
]  # fmt: skip


def again(data):
    """Return the same dataset with a table of its own."""
    return dataclasses.replace(data.opened, samples=Samples(data.scene.samples.frame.copy()))


def test_what_is_worked_out_of_a_table_goes_with_it(data):
    opened = again(data)
    z, x, y = tiles_over([WESTERN], 12)[0]
    for layer, style in LOOKS:
        for rule in ("", "earliest", "nearest:2017-06-13"):
            wanted = TileRequest(layer, z, x, y, style=style, select="split=train", date=rule)
            tile.render(opened, wanted)
    scene = scene_of(opened)
    colourings.class_pixels_on_curve(scene)
    layers.describe(opened, parse("split=train")[0])
    for name in ("date", "share.311"):
        sorts.chosen(opened, parse("split=train")[0], name, False)
    search.search(scene, "austria")
    table, ground = weakref.ref(opened.samples), weakref.ref(scene.ground)
    del opened, scene
    gc.collect()
    assert (table(), ground()) == (None, None)


def test_the_colours_of_another_table_are_its_own(data):
    opened = again(data)
    first, second = scene_of(opened), dataclasses.replace(scene_of(opened))
    assert colourings.colouring(first, "split") is colourings.colouring(second, "split")
    other = dataclasses.replace(second, ground=Ground(Samples(opened.samples.frame.iloc[:2])))
    assert len(colourings.colouring(other, "split").codes) == 2
    assert colourings.class_pixels(other).shape[1] == 2


def test_the_order_of_each_day_counts(data):
    scene = scene_of(again(data))
    taken = []
    for text in ("latest", "earliest", "nearest:2017-06-13"):
        before = scene.ground.tops.used
        shown, _ = shown_of(scene, parse("")[0], parse_rule(text)[0])
        shown.tops("")
        taken.append(scene.ground.tops.used - before)
    assert taken[0] == taken[1] == taken[2] - shown.order.nbytes


def test_counts_of_many_selections_stay_within_their_memory(data, monkeypatch):
    monkeypatch.setattr(state, "_FACETS_BYTES", 60_000)
    opened = again(data)
    table = opened.samples.table(opened.dataset.classes)
    for least in range(20):
        selection = parse(f"nlabels={least}..19")[0]
        parts = {key: table.part(key, value) for key, value in selection.conditions}
        mask = table.select(selection).mask()
        view = state.View(opened, selection, mask, (), parts)
        found = state.facets_of(view)
        assert found.without["nlabels"] == len(mask)
        assert state.facets_of(view) is found
        assert state.start(view) == state.start(view)
    kept = state._kept_of(opened)
    assert 1 < len(kept.facets) < 19
    assert kept.facets.used <= 60_000
