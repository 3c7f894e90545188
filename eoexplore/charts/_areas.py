"""The ways to cut the ground for a map of a statistic: tiles, hexagons, countries."""

import functools
import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer

from eoexplore.analysis import hexagons
from eoexplore.charts import _groups
from eoexplore.charts.chart import Asked, CannotTell, Option
from eoexplore.core import mgrs, settings
from eoexplore.core.metric import EUROPE
from eoexplore.store import distances

Floats = npt.NDArray[np.float64]
Ring = Floats
"""Longitude and latitude of the corners of an outline, shape (k, 2), the first one last again."""

WAYS = {"tile": "Tiles", "hexagon": "Hexagons", "country": "Countries"}
WIDTHS_KM = (200, 100, 50, 25, 10, 5, 2)
MOST_HEXAGONS = 400
"""More would make a figure that takes long to send and to draw."""
_SEEN = 80
"""Hexagons side by side across a map that can still be told apart."""
_TILE_M = 91 * mgrs.PATCH_M
"""Side of what the patches of a Sentinel-2 tile cover: 91 of them fit into 109.8 km."""
_WORLD = 6933
"""Equal-area projection of the whole Earth (EASE-Grid 2.0)."""
_DECIMALS = 4
"""Of the corners of a hexagon in degrees: eleven metres. They are the selection, too."""


@dataclass(frozen=True)
class Areas:
    """Areas that the samples of a dataset lie in, each in one at most."""

    title: str
    """What they are, one of them."""
    names: tuple[str, ...]
    """What a user reads for each."""
    rings: tuple[tuple[Ring, ...], ...]
    """Outlines of each; none where it is not known."""
    codes: npt.NDArray[np.intp]
    """Area of each sample, -1 for none; shape (n,)."""
    key: str
    """Key of selections that choose such an area."""
    values: tuple[object, ...]
    """Value of that key for each; none where there is no such value."""


def areas(asked: Asked, way: str, width_km: int) -> Areas:
    """Return the areas of a dataset; kept with its table.

    Args:
        asked: which dataset.
        way: one of WAYS.
        width_km: of a hexagon.

    Raises:
        CannotTell: the samples have no place.
    """
    samples = asked.opened.samples
    if not samples.located.any():
        raise CannotTell(
            "The patches of this dataset have no place on the ground, so there is no map of them."
        )
    if way == "tile":
        return samples.keep("map by tile", lambda: _tiles(asked))
    if way == "country":
        return samples.keep("map by country", lambda: _countries(asked))
    return samples.keep(f"map by {width_km} km", lambda: _hexagons(asked, width_km * 1000.0))


def widths(asked: Asked) -> tuple[int, ...]:
    """Return the widths of hexagons in km of which there are not too many.

    The first is the smallest that can be seen on a map of all; the others follow by size.
    """

    def make() -> tuple[int, ...]:
        places = _spots(asked).metres
        least = np.ptp(places, axis=0).max() / _SEEN / 1000
        found: list[int] = []
        for width in WIDTHS_KM:
            cells = hexagons.cells(places, width * 1000.0)
            if found and len(_distinct(cells)[0]) > MOST_HEXAGONS:
                break
            found.append(width)
        best = min((width for width in found if width >= least), default=found[0])
        return (best, *(width for width in found if width != best))

    return asked.opened.samples.keep("widths of hexagons", make)


def options(asked: Asked) -> tuple[Option, ...]:
    """Return what a map lets the user choose of its areas: the way, and the width of hexagons."""
    way = Option("by", "By", WAYS)
    if not asked.opened.samples.located.any():
        return (way,)
    best, *others = widths(asked)
    width = Option(
        "width",
        "Hexagons of",
        {str(width): f"{width} km" for width in sorted((best, *others))},
        ordered=True,
        default=str(best),
        when={"by": ("hexagon",)},
    )
    return (way, width)


def selection(asked: Asked, found: Areas, at: int) -> str | None:
    """Return what a click on an area selects; none where the grammar cannot say it."""
    value = found.values[at]
    if value is None or (found.key == "poly" and asked.part.selection.get("poly") is not None):
        return None
    return asked.part.only(**{found.key: value})


def notes(found: Areas) -> tuple[str, ...]:
    """Return how the areas lie."""
    if found.key == "poly":
        return (
            "Hexagons are equally large: they are laid in EPSG:3035 in Europe, else in EPSG:6933, "
            "both equal-area projections.",
        )
    if found.key == "tile":
        return ("Tiles overlap with their neighbours by 9.8 km; one lies above the other.",)
    return ()


def _tiles(asked: Asked) -> Areas:
    codes, names = asked.opened.samples.tiles
    rings = tuple((_tile_ring(name),) for name in names)
    values = tuple((name,) for name in names)
    return Areas("Tile", tuple(names), rings, codes.astype(np.intp), "tile", values)


def _tile_ring(name: str) -> Ring:
    epsg, left, top = mgrs.tile_origin(name)
    square = shapely.segmentize(shapely.box(left, top - _TILE_M, left + _TILE_M, top), _TILE_M / 4)
    lon, lat = mgrs.to_lonlat(epsg).transform(*shapely.get_coordinates(square).T)
    return np.stack([lon, lat], axis=1)


def _countries(asked: Asked) -> Areas:
    samples = asked.opened.samples
    found = _groups.grouping(asked, "country")
    west, south, east, north = samples.bounds
    view = shapely.box(west, south, east, north)
    known = outlines()
    rings = []
    for number, name in enumerate(found.names):
        near = [ring for ring in known.get(name, ()) if shapely.LinearRing(ring).intersects(view)
                or shapely.Polygon(ring).intersects(view)]  # fmt: skip
        rows = np.flatnonzero((found.codes == number) & samples.located)
        rings.append(tuple(near) or ((_box(samples.bounds_of(rows)),) if len(rows) else ()))
    return Areas("Country", found.names, tuple(rings), found.codes, "country", found.values)


def _box(bounds: tuple[float, float, float, float]) -> Ring:
    corners: Ring = shapely.get_coordinates(shapely.box(*bounds))
    return corners


@functools.cache
def outlines() -> dict[str, tuple[Ring, ...]]:
    """Return the outer outlines of the parts of all countries, by the country's name."""
    file = settings.assets_folder() / "countries-50m.json"
    found: dict[str, tuple[Ring, ...]] = {}
    for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
        geometry = feature["geometry"]
        lists = geometry["coordinates"]
        polygons = lists if geometry["type"] == "MultiPolygon" else [lists]
        found[feature["properties"]["name"]] = tuple(
            np.array(polygon[0], float)[:, :2] for polygon in polygons
        )
    return found


@dataclass(frozen=True)
class _Spots:
    """The places of a dataset, each once, whatever its dates."""

    of: npt.NDArray[np.integer]
    """Place of each sample, -1 for none; shape (n,)."""
    degrees: Floats
    """Longitude and latitude, shape (places, 2)."""
    metres: Floats
    """East and north in an equal-area projection, shape (places, 2)."""
    back: Transformer
    """From metres to degrees."""


def _spots(asked: Asked) -> _Spots:
    samples = asked.opened.samples

    def make() -> _Spots:
        found = distances.places(samples)
        rows = np.flatnonzero(samples.located)
        first = np.zeros(len(found.metres), np.intp)
        first[found.of[rows]] = rows
        degrees = np.stack([samples.lon[first], samples.lat[first]], axis=1)
        metres, epsg = found.metres, EUROPE
        if metres.shape[1] != 2:
            epsg = _WORLD
            to = Transformer.from_crs(4326, epsg, always_xy=True)
            metres = np.stack(to.transform(*degrees.T), axis=1)
        return _Spots(found.of, degrees, metres, Transformer.from_crs(epsg, 4326, always_xy=True))

    return samples.keep("places for hexagons", make)


def _distinct(cells: npt.NDArray[np.int64]) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.intp]]:
    """Return the hexagons that occur, and which of them each place has."""
    low = cells.min(axis=0)
    span = int(np.ptp(cells[:, 1])) + 1
    numbers, which = np.unique(
        (cells[:, 0] - low[0]) * span + cells[:, 1] - low[1], return_inverse=True
    )
    return np.stack([numbers // span, numbers % span], axis=1) + low, which


def _hexagons(asked: Asked, width: float) -> Areas:
    spots = _spots(asked)
    cells = hexagons.cells(spots.metres, width)
    # A side is straight in metres here and in degrees in a selection: places beside it are asked.
    near = np.flatnonzero(hexagons.inset(spots.metres, cells, width) < width / 100 + 30)
    cells[near] = _as_selected(cells[near], spots.degrees[near], width, spots.back)
    distinct, which = _distinct(cells)
    rings = _rings(distinct, width, spots.back)
    middles = np.stack(spots.back.transform(*hexagons.centres(distinct, width).T), axis=1)
    return Areas(
        f"Hexagon of {width / 1000:.0f} km",
        tuple(_at(*middle) for middle in middles.tolist()),
        tuple((ring,) for ring in rings),
        np.where(spots.of >= 0, which[spots.of], -1),
        "poly",
        tuple(tuple(ring[:-1].ravel().tolist()) for ring in rings),
    )


def _rings(cells: npt.NDArray[np.int64], width: float, back: Transformer) -> list[Ring]:
    corners = hexagons.corners(cells, width)
    degrees = np.stack(back.transform(corners[..., 0], corners[..., 1]), axis=-1)
    closed = np.concatenate([degrees, degrees[:, :1]], axis=1).round(_DECIMALS) + 0.0
    return list(closed)


def _as_selected(
    cells: npt.NDArray[np.int64], degrees: Floats, width: float, back: Transformer
) -> npt.NDArray[np.int64]:
    """Return the hexagons whose outline in degrees has each place, as a selection would find."""
    found, left = cells.copy(), np.arange(len(cells))
    for step in ((0, 0), *hexagons.NEIGHBOURS):
        if not len(left):
            break
        distinct, which = _distinct(cells[left] + step)
        shapes = shapely.polygons(_rings(distinct, width, back))[which]
        inside = shapely.contains_xy(shapes, *degrees[left].T)
        found[left[inside]] = cells[left[inside]] + step
        left = left[~inside]
    return found


def _at(lon: float, lat: float) -> str:
    return f"{abs(lat):.2f}° {'N' if lat >= 0 else 'S'}, {abs(lon):.2f}° {'E' if lon >= 0 else 'W'}"


def box_of(rings: Sequence[Ring]) -> tuple[float, float, float, float]:
    """Return west, south, east, north of some outlines in degrees."""
    corners = np.concatenate(list(rings))
    (west, south), (east, north) = corners.min(0).tolist(), corners.max(0).tolist()
    return west, south, east, north
