"""Footprints and density pictures."""

import numpy as np
import pytest

from eoexplore.core import mercator
from eoexplore.core.selection import parse
from eoexplore.render.colours import SPLITS, density_ramp, rgb
from eoexplore.render.warp import View
from eoexplore.tiles.overview import draw_density, draw_footprints
from eoexplore.tiles.scene import shown_of
from tests.tiles.conftest import ALONE, EASTERN, PATCHES, WESTERN
from tests.tiles.test_correctness import inside, source_places, tiles_over


@pytest.mark.parametrize("z", [8, 10, 13, 15])
def test_footprints_have_the_colour_of_the_topmost_split(data, z):
    for tile in tiles_over([WESTERN, EASTERN], z):
        expected = np.zeros((256, 256, 3), np.uint8)
        covered = np.zeros((256, 256), bool)
        unsure = np.zeros((256, 256), bool)
        for block in (WESTERN, EASTERN):
            columns, rows = source_places(block, *tile, 256)
            here = inside(columns, rows, (240, 240))
            edge = inside(columns + 1, rows + 1, (242, 242)) & ~inside(
                columns - 1, rows - 1, (238, 238)
            )
            unsure |= edge
            covered |= here
            expected[here] = rgb(SPLITS[block[0].split])
        drawn = draw_footprints(data.scene, data.shown, View(*tile)).rgba
        assert ((drawn[..., 3] > 0) == covered)[~unsure].all()
        assert (drawn[..., :3] == expected).all(axis=2)[covered & ~unsure].all()


def test_outlines_are_on_the_edge_of_each_patch(data):
    for tile in tiles_over([ALONE], 14):
        columns, rows = source_places(ALONE, *tile, 256)
        alpha = draw_footprints(data.scene, data.shown, View(*tile)).rgba[..., 3]
        there = inside(columns - 1, rows - 1, (238, 238))
        from_edge = np.minimum(np.minimum(columns % 120, 120 - columns % 120),
                               np.minimum(rows % 120, 120 - rows % 120))  # fmt: skip
        assert len(np.unique(alpha[there & (from_edge > 5)])) <= 1
        edge = alpha[there & (from_edge < 0.5)]
        assert (edge == 255).all()


@pytest.mark.parametrize("z", [0, 3, 5, 7])
def test_further_out_every_patch_is_at_least_two_pixels(data, z):
    for patch in PATCHES:
        row = data.scene.samples.row(patch.id)
        shown, _ = shown_of(data.scene, parse(f"ids={patch.id}")[0])
        x, y = mercator.to_metres(data.scene.samples.lon[row], data.scene.samples.lat[row])
        world = 256 * 2**z
        column = (x / mercator.HALF_WORLD + 1) / 2 * world
        line = (1 - y / mercator.HALF_WORLD) / 2 * world
        around = {
            (int(column + dx) // 256, int(line + dy) // 256) for dx in (-2, 2) for dy in (-2, 2)
        }
        drawn = sum(
            int((draw_footprints(data.scene, shown, View(z, *tile)).rgba[..., 3] > 0).sum())
            for tile in around
        )
        assert drawn >= 4


@pytest.mark.parametrize("z", [2, 5, 7])
@pytest.mark.parametrize("size", [256, 512])
def test_density_means_the_same_number_with_every_filter(data, z, size):
    """A cell of one patch has the lowest colour, whatever else is selected."""
    patch = ALONE[0]
    shown, _ = shown_of(data.scene, parse(f"ids={patch.id}")[0])
    tile = tiles_over([ALONE[:1]], z)[0]
    drawn = draw_density(data.scene, shown, View(*tile, size)).rgba
    assert drawn.shape == (size, size, 4)
    cells = drawn.reshape(32, size // 32, 32, size // 32, 4)
    assert (cells == cells[:, :1, :, :1]).all()
    seen = drawn[drawn[..., 3] > 0]
    if len(seen):
        assert (seen == density_ramp()[1]).all()
        assert len(seen) == (size // 32) ** 2
