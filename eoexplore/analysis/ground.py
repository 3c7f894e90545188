"""How much ground some patches cover: each place once, however often it was sampled.

*Sampled* area adds up all patches: pixels x 100 m². *Ground* area counts each place once: of
several dates one, and of overlapping patches of neighbouring Sentinel-2 tiles the lower one only
with the part that no higher one covers. Both count pixels of 10 m of the UTM grid, so that they
are equal where nothing overlaps; on the ellipsoid such a pixel is up to 0.1 % larger or smaller.

Which share of a patch is covered follows from rectangles where both lie in one UTM zone, and else
from polygons in an equal-area projection (EPSG:6933, EASE-Grid 2.0; Brodzik and others 2012, doi
10.3390/ijgi1010032). A partly covered patch counts each class with the same share of its pixels,
as the table says how much of a class a patch has, not where. `low` and `high` hold what is
possible wherever the pixels lie.
"""

import functools
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

from eoexplore.core import mgrs

Ints = npt.NDArray[np.integer]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

EQUAL_AREA = 6933
PIXEL_KM2 = 1e-4
"""Area of a label pixel of 10 m."""
PATCH_KM2 = mgrs.PATCH_M**2 * 1e-6
_WORLD_M = 2 * 17_367_530.445
"""Width of the world in EPSG:6933."""
_LEAST_M2 = 1.0
"""Overlaps below this are rounding of the projections."""


@dataclass(frozen=True)
class Table:
    """Where the patches of a dataset lie; arrays of shape (n,)."""

    tile: Ints
    """Number of the MGRS tile; patches of one tile never overlap, unless they are one place."""
    epsg: Ints
    """EPSG code of the UTM zone."""
    left: Ints
    """Left easting in metres."""
    top: Ints
    """Top northing in metres."""


@dataclass(frozen=True)
class Overlaps:
    """The places of a table, and which of them overlap."""

    place: Ints
    """Number of each patch's place, shape (n,)."""
    tile: Ints
    """MGRS tile of each place, shape (places,)."""
    pairs: Ints
    """Two places of different tiles that overlap, shape (pairs, 2)."""
    shares: Floats
    """Which share of the first and of the second place of a pair both have in common."""
    shapes: npt.NDArray[np.object_]
    """Polygons (EPSG:6933) of places that are needed where three tiles meet; else none."""


@dataclass(frozen=True)
class Counted:
    """The selected places, each once."""

    rows: Ints
    """The patch that stands for each place."""
    share: Floats
    """Share of the patch that is counted, 0 to 1."""


@dataclass(frozen=True)
class Area:
    """Area of some pixel codes in a selection, in km²."""

    sampled: float
    """All patches added up."""
    ground: float
    """Each place once."""
    low: float
    """The least ground area that the table allows."""
    high: float
    """The largest ground area that the table allows."""


def overlaps(table: Table) -> Overlaps:
    """Find the places of a table and their overlaps; about a second for half a million patches."""
    keys = np.stack([table.tile, table.top, table.left]).astype(np.int64)
    order = np.lexsort(keys[::-1])
    new = np.append(True, (np.diff(keys[:, order]) != 0).any(axis=0))[: len(order)]
    place = np.empty(len(order), np.int64)
    place[order] = np.cumsum(new) - 1
    first = order[new]
    own = Table(table.tile[first], table.epsg[first], table.left[first], table.top[first])
    corners = _corners(own)
    pairs = _neighbours(own, corners)
    same = own.epsg[pairs[:, 0]] == own.epsg[pairs[:, 1]]
    shares = np.empty((len(pairs), 2))
    shares[same] = _within_zone(own, pairs[same])[:, None]
    shares[~same] = _across_zones(corners, pairs[~same])
    found = shares.max(axis=1, initial=0) * mgrs.PATCH_M**2 > _LEAST_M2
    pairs, shares = pairs[found], shares[found]
    shapes = np.full(len(first), None, object)
    wanted = _where_three_meet(own.tile, pairs)
    shapes[wanted] = shapely.polygons(corners[wanted])
    return Overlaps(place, own.tile, pairs, shares, shapes)


def _corners(own: Table) -> Floats:
    """Return the corners of places in EPSG:6933, shape (places, 4, 2)."""
    side = mgrs.PATCH_M
    corners = np.empty((len(own.epsg), 4, 2))
    for code in np.unique(own.epsg):
        rows = np.flatnonzero(own.epsg == code)
        east = own.left[rows, None] + np.array([0.0, side, side, 0.0])
        north = own.top[rows, None] - np.array([0.0, 0.0, side, side])
        corners[rows] = np.stack(_to_equal_area(int(code)).transform(east, north), axis=-1)
    _unroll(corners[..., 0])
    return corners


def _unroll(x: Floats) -> None:
    """Where patches meet at 180° of longitude, begin the world at a degree without any, in place.

    A dataset that has patches in every degree stays as it is: those at 180° are not compared.
    """
    there = np.bincount(
        (np.floor((x.ravel() / _WORLD_M + 0.5) * 360) % 360).astype(int), minlength=360
    )
    empty = np.flatnonzero(there == 0)
    if there[0] and there[-1] and len(empty):
        x[x < ((empty[0] + 1) / 360 - 0.5) * _WORLD_M] += _WORLD_M


@functools.cache
def _to_equal_area(epsg: int) -> Transformer:
    return Transformer.from_crs(epsg, EQUAL_AREA, always_xy=True)


def _neighbours(own: Table, corners: Floats) -> Ints:
    """Return pairs of places of different tiles whose boxes meet, shape (pairs, 2)."""
    low, high = corners.min(axis=1), corners.max(axis=1)
    numbers, tile = np.unique(own.tile, return_inverse=True)
    box_low = np.full((len(numbers), 2), np.inf)
    box_high = -box_low
    np.minimum.at(box_low, tile, low)
    np.maximum.at(box_high, tile, high)
    near = np.zeros(len(tile), bool)
    own_rows = [np.flatnonzero(tile == number) for number in range(len(numbers))]
    # Most patches lie where no other tile reaches: only the rest goes into the tree.
    for one in range(len(numbers)):
        for other in range(one + 1, len(numbers)):
            start = np.maximum(box_low[one], box_low[other])
            end = np.minimum(box_high[one], box_high[other])
            if (start < end).all():
                here = np.concatenate([own_rows[one], own_rows[other]])
                near[here] |= ((low[here] < end) & (high[here] > start)).all(axis=1)
    rows = np.flatnonzero(near)
    boxes = shapely.box(*low[rows].T, *high[rows].T)
    pairs: Ints = rows[shapely.STRtree(boxes).query(boxes).T]
    found: Ints = pairs[(pairs[:, 0] < pairs[:, 1]) & (tile[pairs[:, 0]] != tile[pairs[:, 1]])]
    return found


def _within_zone(own: Table, pairs: Ints) -> Floats:
    """Return the share that two squares of one zone have in common, shape (pairs,)."""
    share = np.ones(len(pairs))
    for metres in (own.left, own.top):
        apart = np.abs(metres[pairs[:, 0]].astype(float) - metres[pairs[:, 1]])
        share *= np.clip(1 - apart / mgrs.PATCH_M, 0, 1)
    return share


def _across_zones(corners: Floats, pairs: Ints) -> Floats:
    """Return which share of each of two places both have in common, shape (pairs, 2)."""
    one, other = (shapely.polygons(corners[pairs[:, side]]) for side in (0, 1))
    common = shapely.area(shapely.intersection(one, other))
    return np.stack([common / shapely.area(one), common / shapely.area(other)], axis=1)


def _where_three_meet(tile: Ints, pairs: Ints) -> Ints:
    """Return places that overlap with several tiles, and the places that they overlap with."""
    both = np.concatenate([pairs, pairs[:, ::-1]])
    met = np.unique(np.stack([both[:, 0], tile[both[:, 1]]], axis=1), axis=0)
    crowded, count = np.unique(met[:, 0], return_counts=True)
    crowded = crowded[count > 1]
    return np.union1d(crowded, both[np.isin(both[:, 0], crowded), 1])


def count_once(found: Overlaps, mask: Mask, rank: Ints, known: Mask) -> Counted:
    """Choose one patch of each selected place, and say how much of it counts.

    Args:
        found: the places.
        mask: the selected patches, shape (n,).
        rank: draw order, 0 to n - 1, shape (n,): of a place the highest counts, and a patch
            covers those below it, as on the map.
        known: patches whose classes are known; they go before the others of their place.
    """
    rows = np.flatnonzero(mask)
    height = np.where(known[rows], len(mask), 0) + rank[rows].astype(np.int64)
    order = np.argsort(height, kind="stable")
    chosen = np.full(len(found.tile), -1, np.int64)
    # Of equal places the last assignment stays, which is the highest patch.
    chosen[found.place[rows[order]]] = rows[order]
    selected = np.flatnonzero(chosen >= 0)
    above = np.full(len(chosen), -1, np.int64)
    above[selected] = rank[chosen[selected]]
    covered = _covered(found, above)
    return Counted(chosen[selected], np.clip(1 - covered[selected], 0, 1))


def _covered(found: Overlaps, rank: Ints) -> Floats:
    """Return the share of each place that higher ones cover; a rank of -1 is not there."""
    ranks = rank[found.pairs]
    there = (ranks >= 0).all(axis=1)
    first_is_higher = ranks[there, 0] > ranks[there, 1]
    pairs, shares = found.pairs[there], found.shares[there]
    upper = np.where(first_is_higher, pairs[:, 0], pairs[:, 1])
    lower = np.where(first_is_higher, pairs[:, 1], pairs[:, 0])
    share = np.where(first_is_higher, shares[:, 1], shares[:, 0])
    # The patches of one tile do not overlap, so what they cover adds up.
    covered: Floats = np.bincount(lower, share, len(rank)).astype(float)
    # A pair of place and tile as one number: pairs are sorted much slower.
    tiles = int(found.tile.max(initial=0)) + 1
    met = np.unique(lower.astype(np.int64) * tiles + found.tile[upper])
    several = np.flatnonzero(np.bincount(met // tiles) > 1)
    if len(several):
        covered[several] = _union_share(found, several, lower, upper)
    return covered


def _union_share(found: Overlaps, places: Ints, lower: Ints, upper: Ints) -> Floats:
    """Return the share of some places that several others cover together."""
    here = np.isin(lower, places)
    lower, upper = lower[here], upper[here]
    order = np.argsort(lower, kind="stable")
    lower, upper = lower[order], upper[order]
    place = np.searchsorted(places, lower)
    starts = np.searchsorted(lower, places)
    number = np.arange(len(lower)) - starts[place]
    covers = np.full((len(places), int(number.max()) + 1), None, object)
    covers[place, number] = found.shapes[upper]
    shapes = found.shapes[places]
    common = shapely.intersection(shapely.union_all(covers, axis=1), shapes)
    share: Floats = shapely.area(common) / shapely.area(shapes)
    return share


@dataclass(frozen=True)
class Tally:
    """Label pixels of a selection, summed up per pixel code."""

    sampled: Floats
    """Pixels of all patches, shape (codes,)."""
    whole: Floats
    """Pixels of the places that count in full, shape (codes,)."""
    partly: Floats
    """Pixels of each place that counts in part, shape (codes, places)."""
    share: Floats
    """Share of each of those that counts, shape (places,)."""

    def area(self, codes: list[int]) -> Area:
        """Return the area of some codes together, by their places in the tally."""
        patch = (mgrs.PATCH_M // 10) ** 2
        own, counts = self.partly[codes].sum(axis=0), self.share * patch
        whole = float(self.whole[codes].sum())
        pixels = (
            float(self.sampled[codes].sum()),
            whole + float(own @ self.share),
            whole + float(np.maximum(own + counts - patch, 0).sum()),
            whole + float(np.minimum(own, counts).sum()),
        )
        return Area(*(PIXEL_KM2 * value for value in pixels))


def tally(columns: Iterable[npt.NDArray[np.generic]], mask: Mask, counted: Counted) -> Tally:
    """Sum up the label pixels of a selection.

    Args:
        columns: pixels per patch of each code, shape (n,) each.
        mask: the selected patches, shape (n,).
        counted: the selected places.
    """
    in_part = counted.share < 1
    full, part = counted.rows[~in_part], counted.rows[in_part]
    sums = [
        (float(column[mask].sum()), float(column[full].sum()), column[part].astype(float))
        for column in columns
    ]
    return Tally(
        np.array([sampled for sampled, _, _ in sums]),
        np.array([whole for _, whole, _ in sums]),
        np.array([partly for _, _, partly in sums]).reshape(len(sums), len(part)),
        counted.share[in_part],
    )
