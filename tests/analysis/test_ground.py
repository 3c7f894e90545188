"""Sampled and ground area: each place once, overlaps dissolved."""

import functools

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod, Transformer

from eoexplore.analysis import ground
from eoexplore.core import mgrs

PIXELS = 14_400
SIDE = mgrs.PATCH_M


def table_of(patches):
    """Return a table of (tile number, EPSG code, left, top)."""
    columns = [np.array([patch[k] for patch in patches], np.int32) for k in range(4)]
    return ground.Table(*columns)


def counted(table, mask=None, rank=None, known=None):
    n = len(table.tile)
    mask = np.ones(n, bool) if mask is None else np.asarray(mask, bool)
    rank = np.arange(n) if rank is None else np.asarray(rank)
    known = np.ones(n, bool) if known is None else np.asarray(known, bool)
    return ground.count_once(ground.overlaps(table), mask, rank, known)


def area_of(pixels, mask, found):
    return ground.tally([np.asarray(pixels)], np.asarray(mask, bool), found).area([0])


def km2(found):
    return found.share.sum() * ground.PATCH_KM2


def projected(shape, source, target):
    to = Transformer.from_crs(source, target, always_xy=True)
    return shapely.transform(shape, lambda xy: np.stack(to.transform(*xy.T), axis=1))


@functools.cache
def polygon(epsg, left, top):
    """Return a patch in EPSG:3035 with a corner every 200 m, by shapely and pyproj alone."""
    square = shapely.segmentize(shapely.box(left, top - SIDE, left + SIDE, top), 200)
    return projected(square, epsg, 3035)


def test_two_dates_of_one_place_are_one_ground():
    found = counted(table_of([(0, 32633, 400_000, 5_300_000)] * 3))
    assert found.rows.tolist() == [2]
    assert found.share.tolist() == [1]


def test_the_highest_patch_of_a_place_stands_for_it_unless_its_map_is_missing():
    table = table_of([(0, 32633, 400_000, 5_300_000)] * 3)
    assert counted(table, rank=[2, 1, 0]).rows.tolist() == [0]
    assert counted(table, rank=[2, 1, 0], known=[0, 1, 1]).rows.tolist() == [1]
    assert counted(table, mask=[0, 0, 1], rank=[2, 1, 0]).rows.tolist() == [2]


def test_neighbours_of_one_tile_do_not_overlap():
    patches = [
        (0, 32633, 400_000 + SIDE * x, 5_300_000 - SIDE * y) for x in range(4) for y in range(4)
    ]
    found = counted(table_of(patches))
    assert (found.share == 1).all()
    assert km2(found) == pytest.approx(16 * 1.44)


@pytest.mark.parametrize(
    ("right", "down", "covered"),
    [
        (0, 0, 1),
        (600, 0, 0.5),
        (-300, 900, 0.1875),
        (1199, 0, 1 / 1200),
        (1200, 0, 0),
        (0, -1200, 0),
    ],
)
def test_tiles_of_one_zone(right, down, covered):
    table = table_of(
        [(0, 32633, 400_000, 5_300_000), (1, 32633, 400_000 + right, 5_300_000 - down)]
    )
    lower = counted(table)
    assert lower.share.tolist() == pytest.approx([1 - covered, 1])
    upper = counted(table, rank=[1, 0])
    assert upper.share.tolist() == pytest.approx([1, 1 - covered])


def test_a_patch_that_is_not_selected_covers_nothing():
    table = table_of([(0, 32633, 400_000, 5_300_000), (1, 32633, 400_600, 5_300_000)])
    assert counted(table, mask=[1, 0]).share.tolist() == [1]


def test_where_three_tiles_meet_what_two_cover_counts_once():
    west, north = 400_000, 5_300_000
    table = table_of(
        [
            (0, 32633, west, north),
            (1, 32633, west + 600, north),
            (2, 32633, west + 300, north - 600),
        ]
    )
    found = counted(table)
    # The right half and the lower 3/4 have a piece of 600 m x 600 m in common.
    squares = [shapely.box(0, -1200, 1200, 0), shapely.box(600, -1200, 1800, 0),
               shapely.box(300, -1800, 1500, -600)]  # fmt: skip
    assert km2(found) == pytest.approx(shapely.union_all(squares).area * 1e-6, rel=2e-5)
    covered = squares[0].intersection(shapely.union_all(squares[1:])).area / SIDE**2
    assert found.share[0] == pytest.approx(1 - covered, abs=2e-5)


def across_zones(shift=0):
    """Return patches of zones 32 and 33 on both sides of 12° E that overlap."""
    patches = []
    for tile, epsg in ((0, 32632), (1, 32633)):
        east, north = mgrs.to_utm(epsg).transform(12.0, 48.2)
        left, top = round(east) - 2 * SIDE + shift * tile, round(north) + 2 * SIDE
        patches += [
            (tile, epsg, left + SIDE * x, top - SIDE * y) for x in range(3) for y in range(3)
        ]
    return patches


@pytest.mark.parametrize("shift", [0, 517, -1300])
def test_two_zones_against_shapely_and_pyproj(shift):
    patches = across_zones(shift)
    found = counted(table_of(patches))
    shapes = np.array([polygon(*patch[1:]) for patch in patches])
    alone = shapely.area(shapes).sum() / shapely.union_all(shapes).area
    assert 1.2 < alone < 2
    assert km2(found) * alone == pytest.approx(len(patches) * 1.44, rel=1e-4)
    # Patch by patch, in the order of counting.
    for place, row in enumerate(found.rows):
        above = shapely.union_all(shapes[row + 1 :]) if row + 1 < len(shapes) else shapely.Point()
        expected = 1 - shapes[row].intersection(above).area / shapes[row].area
        assert found.share[place] == pytest.approx(expected, abs=2e-4)


def test_ground_is_the_area_on_the_ellipsoid_up_to_the_scale_of_utm():
    patches = across_zones()
    shapes = shapely.union_all([polygon(*patch[1:]) for patch in patches])
    degrees = projected(shapes, 3035, 4326)
    true = abs(Geod(ellps="WGS84").geometry_area_perimeter(degrees)[0]) * 1e-6
    assert km2(counted(table_of(patches))) == pytest.approx(true, rel=1.5e-3)


def test_a_patch_across_180_degrees_is_as_large_as_any():
    east, north = mgrs.to_utm(32601).transform(-180.0, 65.0)
    left, top = round(east) - SIDE // 2, round(north)
    found = counted(table_of([(0, 32601, left, top), (1, 32601, left + 600, top)]))
    assert found.share.tolist() == pytest.approx([0.5, 1])


def test_an_empty_selection_and_an_empty_table():
    none = table_of([])
    assert len(counted(none).rows) == 0
    table = table_of([(0, 32633, 400_000, 5_300_000)])
    found = counted(table, mask=[0])
    assert area_of([7], [False], found) == ground.Area(0, 0, 0, 0)


def test_areas_of_classes():
    """Two dates of one place, half covered by a patch of another tile."""
    place = (0, 32633, 400_000, 5_300_000)
    table = table_of([place, place, (1, 32633, 400_600, 5_300_000)])
    found = counted(table)
    pixels = np.array([100, 10_000, 0], np.int32)
    area = area_of(pixels, [True] * 3, found)
    # 10,000 of 14,400 pixels, of which 7,200 count: 2,800 to 7,200 of them are of the class.
    assert area.sampled == pytest.approx(1.01)
    assert (area.low, area.ground, area.high) == pytest.approx((0.28, 0.5, 0.72))
    rest = area_of(PIXELS - pixels, [True] * 3, found)
    both = ground.tally([pixels, PIXELS - pixels], np.ones(3, bool), found)
    assert [both.area([0]), both.area([1])] == [area, rest]
    assert both.area([0, 1]).low == both.area([0, 1]).high == pytest.approx(km2(found))
    assert both.area([]) == ground.Area(0, 0, 0, 0)
    assert area.ground + rest.ground == pytest.approx(km2(found))
    assert (area.low + rest.high, area.high + rest.low) == pytest.approx((km2(found),) * 2)


@st.composite
def scattered(draw):
    """Draw patches of three tiles on the grids of their tiles, some of them more than once."""
    lon, lat = mgrs.to_lonlat(32632).transform(600_000, 5_340_000)
    eastern = tuple(round(value) for value in mgrs.to_utm(32633).transform(lon, lat))
    origins = ((32632, 600_000, 5_340_000), (32632, 600_400, 5_340_000), (32633, *eastern))
    patches = []
    for tile, (epsg, left, top) in enumerate(origins):
        cells = draw(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=8))
        patches += [(tile, epsg, left + SIDE * x, top - SIDE * y) for x, y in cells]
    order = draw(st.permutations(range(len(patches))))
    mask = draw(st.lists(st.booleans(), min_size=len(patches), max_size=len(patches)))
    return patches, order, mask


@settings(max_examples=25, deadline=None)
@given(scattered())
def test_ground_is_the_union_whatever_the_order(drawn):
    patches, order, mask = drawn
    found = counted(table_of(patches), mask=mask, rank=order)
    kept = [patch for patch, there in zip(patches, mask, strict=True) if there]
    shapes = {patch: polygon(*patch[1:]) for patch in kept}
    union = shapely.union_all(list(shapes.values())).area
    total = sum(shape.area for shape in shapes.values())
    truth = len(shapes) * 1.44 * union / total if shapes else 0
    # Pixels of zone 33 are 0.3 % smaller on the ground here, far outside their zone.
    assert km2(found) == pytest.approx(truth, rel=1.5e-3)
    assert km2(found) <= len(kept) * 1.44 + 1e-9
    pixels = np.random.default_rng(len(patches)).integers(0, PIXELS + 1, len(patches))
    area = area_of(pixels, mask, found)
    assert -1e-12 <= area.low <= area.ground + 1e-9 <= area.high + 2e-9 <= area.sampled + 3e-9


def test_half_a_million_patches():
    """Three tiles in a row that overlap, 91 x 91 places each, twenty dates."""
    x, y = (grid.ravel() for grid in np.meshgrid(np.arange(91), np.arange(91)))
    parts = [(tile, 32632, 399_960 + shift) for tile, shift in enumerate((0, 99_960, 99_960 * 2))]
    table = ground.Table(
        *(
            np.tile(np.concatenate(column), 20).astype(np.int32)
            for column in zip(
                *(
                    (
                        np.full(len(x), tile),
                        np.full(len(x), epsg),
                        left + SIDE * x,
                        5_300_040 - SIDE * y,
                    )
                    for tile, epsg, left in parts
                ),
                strict=True,
            )
        )
    )
    found = counted(table)
    assert len(found.rows) == 3 * 91 * 91
    # The tiles have 109,200 m of patches each, and 99,960 m between them.
    width = 2 * 99_960 + 109_200
    assert km2(found) == pytest.approx(width * 109_200 * 1e-6, rel=1e-9)


@pytest.mark.real_data
def test_all_of_reben_covers_the_union_of_its_footprints(all_of_reben):
    """549,488 patches of 54 tiles in seven zones, against GEOS's union of all polygons."""
    frame = all_of_reben.samples.frame
    codes = frame["tile"].cat.codes.to_numpy(np.int32)
    table = ground.Table(codes, *(frame[name].to_numpy() for name in ("epsg", "left", "top")))
    found = counted(table)
    assert len(found.rows) == 253_957
    rings = np.empty((len(found.rows), 4, 2))
    tile, epsg, left, top = (
        column[found.rows] for column in (table.tile, table.epsg, table.left, table.top)
    )
    for code in np.unique(epsg):
        rows = epsg == code
        east = left[rows, None] + np.array([0, SIDE, SIDE, 0])
        north = top[rows, None] - np.array([0, 0, SIDE, SIDE])
        to = Transformer.from_crs(int(code), 6933, always_xy=True)
        rings[rows] = np.stack(to.transform(east, north), axis=-1)
    shapes = shapely.polygons(rings)
    tiles = [shapely.coverage_union_all(shapes[tile == number]) for number in np.unique(tile)]
    union = shapely.union_all(np.array(tiles), grid_size=0.001).area
    assert float(shapely.area(shapes) @ found.share) == pytest.approx(union, rel=1e-7)
