"""Names of towns and countries, from the files in assets: read once, searched without accents."""

import csv
import functools
import json
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from eoexplore.core import settings

Box = tuple[float, float, float, float]
_LETTERS = str.maketrans(
    {
        "ø": "o",
        "đ": "d",
        "ð": "d",
        "ł": "l",
        "æ": "ae",
        "œ": "oe",
        "þ": "th",
        # The i without a dot of Turkish names.
        "\u0131": "i",
    }
)
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_ALIASES = {
    "Czechia": ("czech republic",),
    "Macedonia": ("north macedonia",),
    "Bosnia and Herz.": ("bosnia and herzegovina",),
    "United Kingdom": ("uk", "great britain"),
    "United States of America": ("usa", "us"),
}
_FAR_DEGREES = 6.0
"""Parts of a country that are further away from the others are left out of its view."""
EXACT, BEGINS, WORD, PART = range(4)
"""How well a name fits what was asked, best first."""
_SHORTEST_PART = 3


@dataclass(frozen=True)
class Name:
    """A town or a country."""

    name: str
    """What a user reads."""
    country: str
    """Country of a town; empty for a country."""
    box: Box
    """West, south, east, north in degrees; a point for a town."""
    keys: tuple[tuple[str, str], ...]
    """Spellings to search, folded: of the name, and of the name with its country."""
    size: int
    """Place among its kind, most important first."""

    @property
    def centre(self) -> tuple[float, float]:
        """Longitude and latitude of the middle."""
        west, south, east, north = self.box
        return (west + east) / 2, (south + north) / 2

    def fits(self, wanted: str) -> int | None:
        """Return how well the name fits a folded text, or none where it does not."""
        best = None
        for name, whole in self.keys:
            if wanted in whole:
                found = _fit(name, wanted)
                if found is None and whole.startswith(wanted):
                    found = BEGINS
                if found is not None and (best is None or found < best):
                    best = found
        return best


def _fit(name: str, wanted: str) -> int | None:
    if name == wanted:
        return EXACT
    if name.startswith(wanted):
        return BEGINS
    if f" {wanted}" in name:
        return WORD
    return PART if len(wanted) >= _SHORTEST_PART and wanted in name else None


def fold(text: str) -> str:
    """Return a text without case, accents and punctuation, with single spaces."""
    lowered = text.casefold().translate(_LETTERS)
    bare = (c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c))
    words = "".join(c if c.isalnum() else " " for c in bare).split()
    # "St. Gallen" stands as Saint Gallen; a last "st" may be the beginning of another word.
    return " ".join(["saint" if word == "st" else word for word in words[:-1]] + words[-1:])


def _spellings(name: str) -> tuple[str, ...]:
    german = unicodedata.normalize("NFC", name.casefold()).translate(_UMLAUTS)
    return tuple(dict.fromkeys((fold(name), fold(german))))


@functools.cache
def towns() -> tuple[Name, ...]:
    """Return the towns of the world, most important first."""
    path = settings.assets_folder() / "places-10m.csv"
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    found = []
    for size, row in enumerate(rows):
        lon, lat = float(row["lon"]), float(row["lat"])
        keys = tuple((key, f"{key} {fold(row['country'])}") for key in _spellings(row["name"]))
        found.append(Name(row["name"], row["country"], (lon, lat, lon, lat), keys, size))
    return tuple(found)


@functools.cache
def countries() -> tuple[Name, ...]:
    """Return the countries of the world, largest view first."""
    path = settings.assets_folder() / "countries-50m.json"
    features = json.loads(path.read_text(encoding="utf-8"))["features"]
    boxes = {
        feature["properties"]["name"]: _main_box(_parts(feature["geometry"]))
        for feature in features
        if feature["geometry"]
    }
    found = []
    for size, name in enumerate(sorted(boxes, key=lambda name: -_area(boxes[name]))):
        spellings = (*_spellings(name), *_ALIASES.get(name, ()))
        found.append(Name(name, "", boxes[name], tuple((key, key) for key in spellings), size))
    return tuple(found)


def _parts(geometry: dict[str, Any]) -> list[Box]:
    """Return the box of each polygon of a GeoJSON geometry."""
    rings = geometry["coordinates"]
    polygons = rings if geometry["type"] == "MultiPolygon" else [rings]
    return [_box(polygon[0]) for polygon in polygons]


def _box(ring: Iterable[tuple[float, float]]) -> Box:
    lons, lats = zip(*ring, strict=True)
    return min(lons), min(lats), max(lons), max(lats)


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def _main_box(parts: list[Box]) -> Box:
    """Return the box of a country's largest part and of those near it, not of far islands."""
    whole, *rest = sorted(parts, key=_area, reverse=True)
    while near := [part for part in rest if _apart(part, whole) < _FAR_DEGREES]:
        west, south, east, north = zip(whole, *near, strict=True)
        whole = min(west), min(south), max(east), max(north)
        rest = [part for part in rest if part not in near]
    return whole


def _apart(one: Box, other: Box) -> float:
    """Return how far two boxes are apart in degrees, along the axis where it is most."""
    across = max(one[0] - other[2], other[0] - one[2])
    along = max(one[1] - other[3], other[1] - one[3])
    return max(across, along)
