"""The pixels that a sample is looked at in: all its layers have one grid, so one cursor fits all.

A patch of 1200 m has pixels of 10 m. Of a sample without a place nothing is known beforehand: its
files say how many pixels the finest band has.
"""

from dataclasses import dataclass

import numpy as np

from eoexplore.core import mgrs
from eoexplore.core.types import Array
from eoexplore.tiles.originals import READER, enlarge
from eoexplore.tiles.patches import BandFile, Content
from eoexplore.tiles.scene import Scene

PIXEL_M = 10
"""Pixel of a patch that has a place, in metres."""


@dataclass(frozen=True)
class Grid:
    """Rows and columns that a pixel is counted in."""

    rows: int
    """Pixels from top to bottom."""
    columns: int
    """Pixels from left to right."""

    def within(self, row: int, column: int, content: Array) -> tuple[int, int]:
        """Return row and column of a band's own pixel that covers one of the grid."""
        height, width = content.shape
        return row * height // self.rows, column * width // self.columns

    def fit(self, content: Array) -> Array:
        """Repeat the pixels of a coarser band."""
        if content.shape == (self.rows, self.columns):
            return content
        height, width = content.shape
        rows = np.arange(self.rows) * height // self.rows
        columns = np.arange(self.columns) * width // self.columns
        return content[np.ix_(rows, columns)]


PATCH = Grid(mgrs.PATCH_M // PIXEL_M, mgrs.PATCH_M // PIXEL_M)


def grid_of(scene: Scene, row: int) -> Grid:
    """Return the grid of a sample; one pixel where it has no place and nothing can be read.

    Args:
        scene: the dataset.
        row: the sample, as row of the sample table.
    """
    if scene.samples.located[row]:
        return PATCH
    shapes = [
        content.shape
        for layer in scene.opened.dataset.layers
        if scene.samples.has(layer.name)[row]
        for content in contents_of(scene, row, layer.name, [band.name for band in layer.bands])
        if not isinstance(content, Exception)
    ]
    sides = (max((shape[axis] for shape in shapes), default=1) for axis in (0, 1))
    return Grid(*sides)


def contents_of(scene: Scene, row: int, layer: str, bands: list[str]) -> list[Content]:
    """Return bands of a layer that a sample has, or the errors that say why there are none."""
    found = scene.layer(layer)
    assert found is not None
    key = str(scene.samples.frame[found.key].iloc[row])
    return READER.fetch(scene.opened.dataset, [BandFile(key, layer, band) for band in bands])


def fitted(scene: Scene, row: int, layer: str, bands: list[str]) -> list[Array] | None:
    """Return bands of a layer in the sample's grid; none if one of them cannot be read."""
    contents = contents_of(scene, row, layer, bands)
    if scene.samples.located[row]:
        return enlarge(contents, PIXEL_M)
    if any(isinstance(content, Exception) for content in contents):
        return None
    grid = grid_of(scene, row)
    return [grid.fit(content) for content in contents if not isinstance(content, Exception)]
