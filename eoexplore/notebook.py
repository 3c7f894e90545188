"""A view of a dataset as a leafmap map, for notebooks: `eoexplore.to_leafmap`."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from eoexplore.core.errors import UnknownName
from eoexplore.store import catalog
from eoexplore.store.catalog import Opened
from eoexplore.tiles.composed import Pile, Sight, sight
from eoexplore.tiles.htmlmap import overlay_images
from eoexplore.tiles.layers import tile_url
from eoexplore.tiles.queries import Asked

if TYPE_CHECKING:
    from leafmap import foliumap

_SERVER = re.compile(r"https?://[\w.:\[\]-]+(/[\w./-]*)?", re.ASCII)


def to_leafmap(
    dataset: str | Path,
    layers: str = "",
    *,
    select: str = "",
    date: str = "",
    palette: str = "",
    view: str = "",
    server: str = "",
    **options: object,
) -> "foliumap.Map":
    """Return a leafmap map (folium) of a view; its parts are written as in the app's address.

    Args:
        dataset: name of a known dataset, or a path.
        layers: as `l=`, such as "s2:true_colour:100,reference_map:clc19:50"; the usual ones when
            empty.
        select: which patches, such as "split=test&class=any:Pastures".
        date: date rule, such as "earliest" or "nearest:2017-08-01".
        palette: "official" or "safe".
        view: as `v=`, latitude, longitude and zoom; all of the selection when empty.
        server: address of a running app, such as "http://127.0.0.1:8501", from which the map asks
            for its tiles; without one, pictures of the view are put into the map.
        options: passed on to leafmap, such as tiles="OpenStreetMap".

    Returns:
        A `leafmap.foliumap.Map`; in a notebook it shows itself.

    Raises:
        UnknownName: a part that cannot be used, or an address that is none.
        DatasetNotRecognised: the path holds no dataset.
    """
    from leafmap import foliumap

    if server and not _SERVER.fullmatch(server):
        raise UnknownName(f"{server[:80]!r} is no address; one looks like http://127.0.0.1:8501")
    opened = _opened(dataset)
    if not opened.samples.located.any():
        raise UnknownName("These samples have no place on a map; the gallery shows their pictures.")
    query = {"l": layers, "select": select, "d": date, "palette": palette, "v": view}
    seen = sight(Asked(opened, {}, {name: text for name, text in query.items() if text}))
    if seen.notices:
        raise UnknownName(" ".join(seen.notices))
    made = foliumap.Map(
        location=[seen.lat, seen.lon], zoom_start=round(seen.zoom), **{"tiles": None, **options}
    )
    for layer in _from_server(seen, server.rstrip("/")) if server else _embedded(seen):
        layer.add_to(made)
    return made


def _opened(dataset: str | Path) -> Opened:
    known = {entry.slug for entry in catalog.entries()}
    return catalog.refresh(str(dataset)) if str(dataset) in known else catalog.add(dataset)


def _from_server(seen: Sight, server: str) -> list[Any]:
    import folium

    query = {"select": seen.select, "palette": seen.palette, "v": seen.opened.version}
    return [
        folium.TileLayer(
            server
            + tile_url(seen.opened.slug, pile.id, ".png", query)
            .replace("{style}", quote(pile.style, safe="~"))
            .replace("{date}", quote(seen.date, safe="")),
            attr="EOExplore",
            name=_name(pile),
            overlay=True,
            min_zoom=pile.zooms[0],
            max_zoom=pile.zooms[1],
            opacity=pile.opacity,
        )
        for pile in seen.piles
    ]


def _embedded(seen: Sight) -> list[Any]:
    import folium

    west, south, east, north = seen.bounds
    return [
        folium.raster_layers.ImageOverlay(
            image, [[south, west], [north, east]], opacity=pile.opacity, name=_name(pile)
        )
        for pile, image in overlay_images(seen)
    ]


def _name(pile: Pile) -> str:
    # folium would execute a template in a name; titles are the readers' own words, but who knows.
    return re.sub(r"[^\w .,-]", "", pile.title)
