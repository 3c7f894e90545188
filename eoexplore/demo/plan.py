"""Which patches a dataset holds: places, dates, names, and the windows to cut them from."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eoexplore.core.mgrs import patch_corner
from eoexplore.demo.mislabel import Place
from eoexplore.demo.noise import Window, hash01
from eoexplore.demo.parameters import FRAMES, Acquisition, Block, Parameters

PIXELS = 120
"""Pixels of 10 m along the side of a patch."""


@dataclass(frozen=True)
class Patch:
    """One patch of one tile, seen on one or two dates.

    Attributes:
        block: which block it belongs to.
        x: patch column.
        y: patch row.
        row: first row in the frame, in pixels of 10 m.
        column: first column in the frame.
        dates: numbers of the dates on which it is seen.
    """

    block: Block
    x: int
    y: int
    row: int
    column: int
    dates: tuple[int, ...]

    @property
    def window(self) -> Window:
        """Its pixels in the frame."""
        return Window(self.row, self.column, PIXELS, PIXELS)

    def s2(self, date: Acquisition) -> str:
        """Name of the patch, which is also its Sentinel-2 name."""
        return f"{date.s2}_T{self.block.tile}_{self.x:02d}_{self.y:02d}"

    def s1(self, date: Acquisition) -> str:
        """Name of its Sentinel-1 patch; column and row are not padded."""
        return f"{date.s1}_{self.block.tile}_{self.x}_{self.y}"

    def s2v1(self, date: Acquisition) -> str:
        """Name that the first BigEarthNet would have used."""
        return f"{'_'.join(date.s2.split('_')[:3])}_{self.x}_{self.y}"


def patches(scene: str, parameters: Parameters, seed: int) -> list[Patch]:
    """Return the patches of a landscape in the order of blocks, rows and columns."""
    tile, x0, y0 = FRAMES[scene]
    epsg, left0, top0 = patch_corner(tile, x0, y0)
    found = []
    for number, block in enumerate(parameters.blocks):
        if block.scene != scene:
            continue
        for y in range(block.rows[0], block.rows[1] + 1):
            for x in range(block.columns[0], block.columns[1] + 1):
                code, left, top = patch_corner(block.tile, x, y)
                assert code == epsg, "the blocks of a scene share a UTM zone"
                chance = float(hash01(seed + 900 + number, x, y)[0])
                again = chance < parameters.scatter or any(
                    area[0] <= x <= area[1] and area[2] <= y <= area[3] for area in block.again
                )
                row, column = (top0 - top) // 10, (left - left0) // 10
                found.append(Patch(block, x, y, row, column, (0, 1) if again else (0,)))
    return found


def extent(found: Sequence[Patch], margin: int) -> Window:
    """Return the window that holds all patches and a margin."""
    rows = [patch.row for patch in found]
    columns = [patch.column for patch in found]
    height, width = max(rows) - min(rows) + PIXELS, max(columns) - min(columns) + PIXELS
    return Window(
        min(rows) - margin, min(columns) - margin, height + 2 * margin, width + 2 * margin
    )


def places(found: Sequence[Patch], window: Window) -> list[Place]:
    """Return the patches' rectangles in the pixels of a window."""
    return [
        Place(patch.row - window.row, patch.column - window.column, len(patch.dates))
        for patch in found
    ]


def runs(found: Sequence[Patch], date: int, longest: int = 6) -> list[list[Patch]]:
    """Group the patches of a date that stand side by side, so that they are drawn together."""
    groups: list[list[Patch]] = []
    for patch in found:
        if date not in patch.dates:
            continue
        last = groups[-1][-1] if groups else None
        beside = last is not None and (last.block, last.y, last.x + 1) == (
            patch.block,
            patch.y,
            patch.x,
        )
        if beside and len(groups[-1]) < longest:
            groups[-1].append(patch)
        else:
            groups.append([patch])
    return groups


def together(group: Sequence[Patch]) -> Window:
    """Return the window of a group of neighbours in one row."""
    return Window(group[0].row, group[0].column, PIXELS, PIXELS * len(group))


def cut(array: np.ndarray, number: int) -> np.ndarray:
    """Return the part of one patch of a group from an array whose last axes are rows, columns."""
    return array[..., number * PIXELS : (number + 1) * PIXELS]
