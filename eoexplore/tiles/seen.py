"""Which of the patches that lie under a view are seen, and at which of its pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
from rasterio.transform import Affine

from eoexplore.render.warp import Lattice

if TYPE_CHECKING:
    from eoexplore.tiles.places import Tops

Ints = npt.NDArray[np.int32]
Numbers = npt.NDArray[np.intp]
T = TypeVar("T", bound=np.generic)


@dataclass(frozen=True)
class Window:
    """What of the grid of one MGRS tile lies under a view, and a little around it."""

    epsg: int
    """UTM zone."""
    corner: Affine
    """Place in the window (column, row) to UTM metres."""
    ranks: Ints
    """Place in the draw order of the topmost patch, or -1 for none; shape (row, column)."""


class Seen:
    """What a view shows."""

    def __init__(
        self, tops: "Tops", windows: Sequence[Window], located: Mapping[int, Lattice]
    ) -> None:
        """Find the topmost patches of a view.

        Args:
            tops: which patches are shown.
            windows: what lies under the view.
            located: where its pixels lie, by UTM zone.
        """
        self.located = located
        # Where one window has patches everywhere, nothing is seen of those below all of them.
        lowest = max((int(window.ranks.min()) for window in windows), default=-1)
        self._windows = [
            replace(window, ranks=np.where(window.ranks < lowest, np.int32(-1), window.ranks))
            for window in windows
            if window.ranks.max() >= max(lowest, 0)
        ]
        ranks = [np.full(1, -1, np.int32), *(window.ranks.ravel() for window in self._windows)]
        # The first of them is -1: no patch has the number 0.
        self._candidates = np.unique(np.concatenate(ranks))
        self._tops = tops

    @cached_property
    def covered(self) -> bool:
        """Whether patches of one MGRS tile lie on top everywhere."""
        return len(self._windows) == 1 and bool(self._windows[0].ranks.min() >= 0)

    @cached_property
    def near(self) -> Ints:
        """Rows of the patches in the view or near it, in draw order, shape (n,)."""
        return self._tops.rows(self._candidates[1:])

    @cached_property
    def patches(self) -> Ints:
        """Rows of the patches that are seen, in draw order; if it is covered, some near it too."""
        return self.near if self.covered else self._tops.rows(self._counted[0])

    @property
    def number(self) -> Numbers:
        """Which of the patches each pixel shows, from 1; 0 for none; shape (side, side)."""
        return self._counted[1]

    @cached_property
    def rows(self) -> Ints:
        """Row of the topmost patch of each pixel, or -1 for none; shape (side, side)."""
        return self.spread(self.patches, -1)

    def spread(self, values: npt.NDArray[T], none: float) -> npt.NDArray[T]:
        """Spread values of the seen patches over their pixels.

        Args:
            values: in the order of `patches`, shape (n, ...).
            none: value of pixels without a patch.

        Returns:
            Shape (side, side, ...).
        """
        table = np.empty((len(values) + 1, *values.shape[1:]), values.dtype)
        table[0], table[1:] = none, values
        return table.take(self.number, axis=0, mode="clip")

    @cached_property
    def _counted(self) -> tuple[Ints, Numbers]:
        """Ranks of the patches that are seen, and which of them each pixel shows."""
        side = next((lattice.side for lattice in self.located.values()), 0)
        number = np.zeros((side, side), np.intp)
        for window in self._windows:
            right, down = self.located[window.epsg].places(window.corner)
            place = np.floor(down, out=down)
            place *= window.ranks.shape[1]
            place += np.floor(right, out=right)
            numbers = np.searchsorted(self._candidates, window.ranks.ravel())
            found = numbers.take(place.astype(np.intp), mode="clip")
            # Numbers are in draw order: of several patches the one that is drawn last wins.
            number = found if len(self._windows) == 1 else np.maximum(number, found, out=number)
        if self.covered:
            return self._candidates[1:], number
        # A window is a little larger than the view, and patches may lie below others.
        shown = np.bincount(number.ravel(), minlength=len(self._candidates)) > 0
        shown[0] = False
        if not shown[1:].all():
            number = np.where(shown, np.cumsum(shown), 0).take(number, mode="clip")
        return self._candidates[shown], number
