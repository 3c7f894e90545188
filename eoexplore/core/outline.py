"""Areas of interest: outlines drawn on the map, as conditions of a selection.

An outline is a ring of longitudes and latitudes whose edges are straight lines in degrees, as in
GeoJSON. Whatever comes from a browser is checked here again.
"""

import functools
import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from eoexplore.core.bits import Bits, Column
from eoexplore.core.errors import SelectionError
from eoexplore.core.selection import MAX_POLYGON

MAX_CORNERS = 200
"""Corners that a drawn outline may have."""
_DECIMALS = 4
"""Of a degree: eleven metres, a hundredth of a patch."""
_LOSS = 0.02
"""Share of the area that may change when an outline is simplified to fit into a link."""
_DEVIATION = 1 / 500
"""How far an edge may lie from the line on the screen, as a share of the outline's size."""
_TANGLED = 2_000
"""Pieces that an outline's crossings cut it into, beyond which it is taken apart another way."""
_AREA_STEP_DEGREES = 0.5
_MERCATOR_LIMIT = 85.05


@dataclass(frozen=True)
class Drawn:
    """A drawn outline as a condition."""

    key: str
    """"box" or "poly"."""
    value: tuple[float, ...]
    """West, south, east, north; or lon, lat of each corner in turn."""
    remarks: tuple[str, ...]
    """What the user should know about it, one sentence each."""


def drawn(ring: object, is_box: bool) -> Drawn:
    """Turn the corners that a browser sent into a condition.

    Args:
        ring: list of [longitude, latitude] pairs; trusted in nothing.
        is_box: whether their bounds are meant.

    Raises:
        SelectionError: it is no outline, has too many corners, or encloses nothing.
    """
    corners = _corners(ring)
    west, south = corners.min(axis=0)
    east, north = corners.max(axis=0)
    if is_box:
        if east <= west or north <= south:
            raise SelectionError("The box has no area. Draw it from one corner to the other.")
        return Drawn("box", _rounded(np.array([west, south, east, north])), ())
    if _enclosed(corners).area == 0:
        raise SelectionError(
            "The outline encloses no area. Draw at least three corners that are not on one line."
        )
    remarks: tuple[str, ...] = ()
    if not shapely.Polygon(corners).is_valid:
        remarks = ("The outline crosses itself; the parts that it encloses are used.",)
    bent = _as_on_the_map(corners)
    return Drawn("poly", _rounded(bent if len(bent) <= MAX_POLYGON else corners), remarks)


def shape(key: str, value: tuple[float, ...]) -> shapely.Geometry:
    """Return the area of a `box` or `poly` condition, in degrees."""
    if key == "box":
        return shapely.box(*value)
    return _enclosed(np.array(value).reshape(-1, 2))


def squares(lon: Column, lat: Column) -> npt.NDArray[np.object_]:
    """Return the box around the places of each word, shape (words,); none where it has no area."""
    wide = np.flatnonzero((lon.least < lon.most) & (lat.least < lat.most))
    found = np.full(len(lon.words), None, object)
    found[wide] = shapely.box(lon.least[wide], lat.least[wide], lon.most[wide], lat.most[wide])
    return found


def inside(
    area: shapely.Geometry,
    place: tuple[Column, Column],
    boxes: npt.NDArray[np.object_],
    among: Bits,
) -> Bits:
    """Return the places in an area.

    Args:
        area: prepared, in degrees.
        place: longitudes and latitudes.
        boxes: what `squares` returns for them.
        among: places that are asked for; no others are returned.
    """
    words = np.flatnonzero(among.words)
    # Places that lie together are often inside together; only on the edge each one is looked at.
    whole = shapely.contains_properly(area, boxes[words])
    known, edge = among.words.copy(), among.words.copy()
    known[words[~whole]] = 0
    edge[words[whole | shapely.disjoint(area, boxes[words])]] = 0
    rows = Bits(edge, among.size).rows()
    lon, lat = (column.values[rows] for column in place)
    on_edge = Bits.of_rows(rows[shapely.contains_xy(area, lon, lat)], among.size)
    return Bits(known, among.size) | on_edge


def corners_of(key: str, value: tuple[float, ...]) -> int:
    """Return how many corners a `box` or `poly` condition has."""
    return 4 if key == "box" else len(value) // 2


@functools.lru_cache(maxsize=64)
def area_km2(key: str, value: tuple[float, ...]) -> float:
    """Return the area on the ground of a `box` or `poly` condition, in square kilometres."""
    earth = shapely.box(-180, -90, 180, 90)
    cut = shapely.intersection(shape(key, value), earth)
    # Edges are straight in degrees, so they are cut into pieces before they are projected.
    pieces = shapely.segmentize(cut, _AREA_STEP_DEGREES)
    flat = shapely.transform(pieces, _equal_area().transform, interleaved=False)
    return float(flat.area) / 1e6


def simplified(value: tuple[float, ...], characters: int) -> tuple[float, ...] | None:
    """Return an outline with as few corners fewer as make its text short enough.

    Args:
        value: longitude and latitude of each corner in turn.
        characters: longest text that the corners may have.

    Returns:
        The outline, or none where too much of its area would change.
    """
    corners = np.array(value).reshape(-1, 2)
    before = _enclosed(corners)
    line = shapely.LineString([*corners, corners[0]])
    size = math.hypot(*np.ptp(corners, axis=0))
    for tolerance in np.geomspace(size / 5000, size / 20, 24):
        fewer = shapely.get_coordinates(line.simplify(tolerance))[:-1]
        if len(fewer) < 3:
            return None
        result = _rounded(fewer)
        changed = before.symmetric_difference(_enclosed(fewer)).area
        if changed > _LOSS * before.area:
            return None
        if len(",".join(f"{number:g}" for number in result)) <= characters:
            return result
    return None


def _corners(ring: object) -> npt.NDArray[np.float64]:
    """Return the corners as an array (n, 2), without repeated ones."""
    if not isinstance(ring, list) or not 2 <= len(ring) <= 100_000:
        raise SelectionError("An outline is a list of corners; none was received.")
    if len(ring) > MAX_CORNERS + 1:
        raise SelectionError(
            f"The outline has {len(ring):,} corners; at most {MAX_CORNERS} can be used. "
            "Draw it with fewer."
        )
    for corner in ring:
        if (
            not isinstance(corner, list | tuple)
            or len(corner) != 2
            or not all(map(_is_number, corner))
        ):
            raise SelectionError("Each corner of an outline is a longitude and a latitude.")
    corners = np.array(ring, float)
    # The map goes on beyond 180 degrees; an outline on its next copy of the world is moved back.
    corners[:, 0] -= 360 * np.round(corners[:, 0].mean() / 360)
    corners[:, 0] = corners[:, 0].clip(-180, 180)
    corners[:, 1] = corners[:, 1].clip(-90, 90)
    kept = np.any(corners != np.roll(corners, 1, axis=0), axis=1)
    if kept.sum() < 2:
        raise SelectionError("The outline has one corner only. Draw at least three.")
    return corners[kept]


def _is_number(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and math.isfinite(value)
        and abs(value) < 1e6
    )


def _enclosed(corners: npt.NDArray[np.float64]) -> shapely.Geometry:
    """Return what a ring encloses; of one that crosses itself, the parts."""
    if len(corners) < 3:
        return shapely.Polygon()
    ring = shapely.Polygon(corners)
    if ring.is_valid:
        return ring
    lines = shapely.get_parts(shapely.node(ring.exterior))
    if len(lines) <= _TANGLED:
        return shapely.make_valid(ring)
    # The same parts from the faces between the lines: make_valid would take minutes.
    faces = shapely.get_parts(shapely.polygonize(lines))
    shapely.prepare(ring)
    return shapely.coverage_union_all(
        faces[shapely.contains(ring, shapely.point_on_surface(faces))]
    )


def _as_on_the_map(corners: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Add corners to long edges, so that they follow the straight line seen on the map.

    A line that is straight in the map's projection bends in degrees: over ten degrees it lies
    thirty kilometres beside. Outlines of less than a few degrees keep their corners.
    """
    inside = corners[:, 1].clip(-_MERCATOR_LIMIT, _MERCATOR_LIMIT)
    height = np.arctanh(np.sin(np.radians(inside)))
    allowed = _DEVIATION * max(np.ptp(corners, axis=0))
    parts = []
    for start, end in zip(range(len(corners)), [*range(1, len(corners)), 0], strict=True):
        rise = abs(corners[end, 1] - corners[start, 1])
        run = abs(corners[end, 0] - corners[start, 0])
        # Deviation of the middle: second derivative of latitude over the projected height.
        bend = (
            math.radians(rise) * rise * math.tan(math.radians(abs(inside[[start, end]]).max())) / 8
        )
        steps = max(1, math.ceil(math.sqrt(bend / allowed))) if min(run, rise) > 0 else 1
        at = np.arange(steps) / steps
        lon = corners[start, 0] + at * (corners[end, 0] - corners[start, 0])
        lat = np.degrees(np.arcsin(np.tanh(height[start] + at * (height[end] - height[start]))))
        lat[0] = corners[start, 1]
        parts.append(np.column_stack([lon, lat]))
    return np.concatenate(parts)


def _rounded(numbers: npt.NDArray[np.float64]) -> tuple[float, ...]:
    return tuple((numbers.round(_DECIMALS) + 0.0).ravel().tolist())


@functools.cache
def _equal_area() -> pyproj.Transformer:
    return pyproj.Transformer.from_crs("OGC:CRS84", "EPSG:6933", always_xy=True)
