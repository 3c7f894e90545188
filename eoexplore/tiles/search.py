"""What a text in the search field may mean: coordinates, a patch, a tile, a country, a town."""

import contextlib
import functools
import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from eoexplore.core import coordinates, mercator, mgrs, words
from eoexplore.core.coordinates import Spot
from eoexplore.core.errors import UnknownName
from eoexplore.store.samples import Samples
from eoexplore.tiles import gazetteer
from eoexplore.tiles.gazetteer import Box, Name
from eoexplore.tiles.queries import Asked, Json, Query
from eoexplore.tiles.scene import Scene

MAX_RESULTS = 8
MAX_CHARACTERS = 100
_TOWN_KM, _SPOT_KM, _PATCH_KM = 12.0, 3.0, 3.0
_KM_PER_DEGREE = 111.32
_TILE_M = 109_800
_TILE = re.compile(r"T?([0-9]{1,2}[C-X]?[A-Z]{0,2})")
_PLACE = re.compile(
    r"(?P<front>.*?)T?(?P<tile>[0-9]{2}[C-X][A-Z]{2})[\s_,;/-]+(?P<x>[0-9]{1,3})"
    r"(?:[\s_,;/-]+(?P<y>[0-9]{1,3}))?[\s_]*",
    re.ASCII,
)
_ID_PART = re.compile(r"(?=.*[0-9_])[\w.-]{4,}", re.ASCII)


class _Known:
    """What a search looks up in one sample table."""

    def __init__(self, samples: Samples) -> None:
        """Work out tiles, countries and the area around the samples."""
        self.samples = samples
        self.tile, self.tiles = samples.tiles
        there = np.flatnonzero(samples.located)
        self.counts = np.bincount(self.tile[there], minlength=len(self.tiles))
        self.x, self.y = samples.x, samples.y
        rim = there[_rim(self.tile[there], self.x[there], self.y[there])]
        self.boxes = _boxes(samples.outlines_of(rim), self.tile[rim], len(self.tiles))
        country = samples.frame["country"].value_counts()
        self.countries = {
            gazetteer.fold(str(name)): int(count) for name, count in country.items() if count
        }
        # Squares of one degree with samples, and those around them.
        self._near = np.zeros((182, 362), bool)
        lat, lon = samples.lat[there], samples.lon[there]
        squares = np.floor(lat).astype(int) * 1000 + np.floor(lon).astype(int)
        rows, columns = np.divmod(np.unique(squares + 500), 1000) + np.array([[91], [181 - 500]])
        for down in (-1, 0, 1):
            for right in (-1, 0, 1):
                self._near[rows + down, np.clip(columns + right, 0, 361)] = True

    def near(self, box: Box) -> bool:
        """Tell whether samples lie in a box in degrees, or within about a degree of it."""
        west, south, east, north = (int(np.floor(edge)) for edge in box)
        return bool(self._near[south + 91 : north + 92, west + 181 : east + 182].any())

    @functools.cached_property
    def stems(self) -> tuple[tuple[list[str], npt.NDArray[np.int32]], ...]:
        """The beginnings of ids and of radar images, before the place, and which each row has.

        There are a few hundred of them, so that looking for a part of a name looks at those.
        """
        columns = [name for name in ("id", "s1_id") if name in self.samples.frame]
        found = tuple(_stems(pa.array(self.samples.frame[name], pa.string())) for name in columns)
        # Arrow would keep what this has used: 90 MB for half a million samples.
        pa.default_memory_pool().release_unused()
        return found


def _stems(names: pa.Array) -> tuple[list[str], npt.NDArray[np.int32]]:
    bare = pc.replace_substring_regex(names, "_[0-9]+_[0-9]+$", "")
    coded = pc.dictionary_encode(bare)
    stems = [str(stem).casefold() for stem in coded.dictionary.to_pylist()]
    return stems, coded.indices.to_numpy(zero_copy_only=False).astype(np.int32)


def _rim(tile: npt.NDArray[Any], x: npt.NDArray[Any], y: npt.NDArray[Any]) -> npt.NDArray[np.intp]:
    """Return a patch of each place that is the first or last of its row or column of a tile.

    Along a row of the grid longitude only grows, along a column latitude only falls, so that no
    other patch reaches further out.
    """
    if not len(tile):
        return np.empty(0, np.intp)
    grid = np.full((int(tile.max()) + 1, int(y.max()) + 1, int(x.max()) + 1), -1, np.intp)
    grid[tile, y, x] = np.arange(len(tile))
    there = grid >= 0
    rim = np.zeros_like(there)
    for axis in (1, 2):
        ahead = np.cumsum(there, axis=axis)
        rim |= there & ((ahead == 1) | (ahead == ahead.max(axis=axis, keepdims=True)))
    return grid[rim]


def _boxes(outlines: npt.NDArray[np.float64], tile: npt.NDArray[Any], count: int) -> list[Box]:
    boxes: npt.NDArray[np.float64] = np.tile([np.inf, np.inf, -np.inf, -np.inf], (count, 1))
    for corner in range(4):
        np.minimum.at(boxes[:, :2], tile, outlines[:, corner])
        np.maximum.at(boxes[:, 2:], tile, outlines[:, corner])
    return [(west, south, east, north) for west, south, east, north in boxes.tolist()]


def _known(samples: Samples) -> _Known:
    return samples.keep("search", lambda: _Known(samples))


def search(scene: Scene, text: str) -> Json:
    """Return up to eight places that a text may mean, likeliest first.

    Args:
        scene: the dataset; what lies near its samples comes first.
        text: what a user typed.

    Returns:
        {"results": [...]}, without any where the text is empty, too long or means nothing.
    """
    asked = text.strip()
    if not asked or len(asked) > MAX_CHARACTERS:
        return {"results": []}
    known = _known(scene.samples)
    found: list[Json] = []
    for results in (_coordinates, _patches, _tiles, _names):
        for result in results(known, asked):
            found.append(result)
            if len(found) == MAX_RESULTS:
                return {"results": found}
    return {"results": found}


def _coordinates(known: _Known, text: str) -> Iterator[Json]:
    spot = coordinates.read(text)
    if spot is None:
        return
    yield _spot(spot)
    other = coordinates.swapped(spot)
    # Numbers copied from a file are often longitude first.
    if other and other.lat != spot.lat and _near_spot(known, other) > _near_spot(known, spot):
        yield _spot(other)


def _near_spot(known: _Known, spot: Spot) -> bool:
    return known.near((spot.lon, spot.lat, spot.lon, spot.lat))


def _spot(spot: Spot) -> Json:
    box = _around(spot.lon, spot.lat, _SPOT_KM)
    return _result("coordinates", spot.title, spot.detail, box)


def _patches(known: _Known, text: str) -> Iterator[Json]:
    rows = _rows(known, text)
    # What is found is shown on the map: samples without a place are not.
    for row in rows[known.samples.located[rows]][:MAX_RESULTS]:
        yield _patch(known.samples, int(row))


def _rows(known: _Known, text: str) -> npt.NDArray[np.intp]:
    """Return the patches whose id, radar image or place a text names, a whole id first."""
    with contextlib.suppress(UnknownName):
        return np.array([known.samples.row(text)])
    place = _PLACE.fullmatch(text.upper())
    if place and place["tile"] in known.tiles:
        return _rows_at(known, place, text)
    if _ID_PART.fullmatch(text) is None or _TILE.fullmatch(text.upper()):
        return np.empty(0, np.intp)
    return _rows_with(known, text.casefold())


def _rows_at(known: _Known, place: re.Match[str], text: str) -> npt.NDArray[np.intp]:
    """Return the patches at a place, or at those whose column or row begins like it."""
    x, y = place["x"], place["y"]
    here = known.tile == known.tiles.index(place["tile"])
    here &= known.x == int(x) if y else np.isin(known.x, _beginning(x))
    if y:
        here &= np.isin(known.y, _beginning(y))
    rows = np.flatnonzero(here)
    if place["front"].strip("_ "):
        rows = np.array([row for row in rows if _named(known.samples, int(row), text)], np.intp)
    date = known.samples.frame["date"].to_numpy()[rows].astype(np.int64)
    exact = known.y[rows] == int(y) if y else known.x[rows] == int(x)
    return rows[np.lexsort((-date, known.y[rows], known.x[rows], ~exact))]


def _beginning(digits: str) -> list[int]:
    """Return the numbers that begin with some digits, written with or without a zero."""
    return [n for n in range(1000) if f"{n:02d}".startswith(digits) or f"{n}".startswith(digits)]


def _named(samples: Samples, row: int, text: str) -> bool:
    names = (
        str(samples.frame[name].iloc[row]) for name in ("id", "s1_id") if name in samples.frame
    )
    return any(text.casefold() in name.casefold() for name in names)


def _rows_with(known: _Known, text: str) -> npt.NDArray[np.intp]:
    """Return patches with a part of a name, those that begin with it first."""
    for fits in (str.startswith, str.__contains__):
        for stems, codes in known.stems:
            hits = [code for code, stem in enumerate(stems) if fits(stem, text)]
            if hits:
                return np.flatnonzero(np.isin(codes, hits))
    return np.empty(0, np.intp)


def _patch(samples: Samples, row: int) -> Json:
    frame = samples.frame
    date = frame["date"].iloc[row]
    facts = [
        None if pd.isna(date) else words.day(date),
        frame["country"].iloc[row] or None,
        frame["split"].iloc[row] or None,
    ]
    title = f"{frame['tile'].iloc[row]}_{samples.x[row]:02d}_{samples.y[row]:02d}"
    box = _around(float(samples.lon[row]), float(samples.lat[row]), _PATCH_KM)
    detail = " · ".join(str(fact) for fact in facts if fact)
    return _result("patch", title, detail, box, str(frame["id"].iloc[row]))


def _tiles(known: _Known, text: str) -> Iterator[Json]:
    match = _TILE.fullmatch(text.upper())
    if match is None:
        return
    wanted = match[1]
    for number, name in enumerate(known.tiles):
        if name.startswith(wanted):
            count = int(known.counts[number])
            patches = "1 patch" if count == 1 else f"{count:,} patches"
            yield _result("tile", name, patches, known.boxes[number])
    if wanted not in known.tiles:
        try:
            epsg, left, top = mgrs.tile_origin(wanted)
        except UnknownName:
            return
        east, north = np.array([left, left + _TILE_M] * 2), np.array([top, top - _TILE_M])
        lon, lat = mgrs.to_lonlat(epsg).transform(east, north.repeat(2))
        box = (float(lon.min()), float(lat.min()), float(lon.max()), float(lat.max()))
        yield _result("tile", wanted, "no patch of this dataset", box)


def _names(known: _Known, text: str) -> Iterator[Json]:
    """Yield countries and towns: better fits first, then those near the dataset, then larger."""
    wanted = gazetteer.fold(text)
    if not wanted:
        return
    found: list[tuple[tuple[int, bool, bool, int], Name]] = []
    for name in (*gazetteer.countries(), *gazetteer.towns()):
        fit = name.fits(wanted)
        if fit is not None:
            town = bool(name.country)
            near = known.near(name.box) or gazetteer.fold(name.country) in known.countries
            found.append(((fit, not near, town, name.size), name))
    found.sort(key=lambda item: item[0])
    for (*_, town, _), name in found[:MAX_RESULTS]:
        yield _town(name) if town else _country(known, name)


def _town(name: Name) -> Json:
    return _result("town", name.name, name.country, _around(*name.centre, _TOWN_KM))


def _country(known: _Known, name: Name) -> Json:
    count = next((known.countries[key] for key, _ in name.keys if key in known.countries), 0)
    patches = "no patch of this dataset" if not count else f"{count:,} patches"
    return _result("country", name.name, patches, name.box)


def _around(lon: float, lat: float, side_km: float) -> Box:
    """Return a square of some kilometres around a place, cut at the edges of the map."""
    half = side_km / 2 / _KM_PER_DEGREE
    wide = half / max(float(np.cos(np.radians(lat))), 0.05)
    limit = mercator.MAX_LATITUDE
    south, north = np.clip([lat - half, lat + half], -limit, limit).tolist()
    return max(lon - wide, -180.0), south, min(lon + wide, 180.0), north


def _result(kind: str, title: str, detail: str, box: Box, sample: str | None = None) -> Json:
    bounds = [round(edge, 5) for edge in box]
    return {"kind": kind, "title": title, "detail": detail, "bounds": bounds, "id": sample}


def _answer(asked: Asked) -> Json:
    return search(asked.scene, asked.query.get("q", ""))


QUERIES = (Query("search", re.compile(""), _answer),)
