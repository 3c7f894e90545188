"""Outlines of the countries of the world, from the file in assets: Natural Earth, 1:50 million."""

import functools
import json
from collections.abc import Mapping
from types import MappingProxyType

import shapely

from eoexplore.core import settings

_PART_OF = {"Åland": "Finland"}
"""Outlines of their own in the file that tables of samples count to a country."""


@functools.cache
def outlines() -> Mapping[str, shapely.MultiPolygon]:
    """Return the outlines of all countries in (longitude, latitude) degrees, by name."""
    file = settings.assets_folder() / "countries-50m.json"
    parts: dict[str, list[shapely.Polygon]] = {}
    for feature in json.loads(file.read_text(encoding="utf-8"))["features"]:
        if feature["geometry"]:
            name = feature["properties"]["name"]
            shape = shapely.make_valid(shapely.from_geojson(json.dumps(feature["geometry"])))
            # What is made valid may hold lines and collections beside polygons.
            found = shapely.get_parts(shapely.get_parts(shape))
            polygons = [part for part in found if part.geom_type == "Polygon"]
            parts.setdefault(_PART_OF.get(name, name), []).extend(polygons)
    return MappingProxyType({name: shapely.multipolygons(own) for name, own in parts.items()})
