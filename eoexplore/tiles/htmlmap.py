"""The view as one HTML file that opens anywhere: no server, no network, no other file.

folium feeds what it has rendered to its template engine a second time, so that a text with braces
would be executed here. No text of the data is ever given to it: it gets numbers and fixed names,
and everything else is put into its finished page, escaped.
"""

import base64
import functools
import html
import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from PIL import Image
from xstatic.pkg import leaflet

from eoexplore.core.errors import JobError
from eoexplore.tiles import snapshot
from eoexplore.tiles.composed import Pile, Sight, picture, sight
from eoexplore.tiles.queries import Asked
from eoexplore.tiles.tile import Answer

MOST_BYTES = 10_000_000
"""Largest file."""
MOST_FOOTPRINTS = 2_000
"""Outlines of patches in a file; the topmost of more than that would only hide the pictures."""
_TRIES = ((1.0, 85), (1.0, 65), (0.5, 75), (0.25, 75))
"""Share of the size and quality of the pictures, until the file is small enough."""
_FOLDER = Path(__file__).resolve().parent / "html"
_SAID = ("id", "date", "country", "split", "labels")
"""What is told of a patch whose outline is clicked."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


def html_map(asked: Asked) -> Answer:
    """Answer /export/{dataset}/map.html."""
    view = sight(asked, 1600, 1000)
    body = page(view)
    return Answer(body, "text/html", view.notices, f"{view.opened.slug}-map.html")


def page(view: Sight) -> bytes:
    """Return a view as one HTML file of at most MOST_BYTES.

    Raises:
        JobError: no quality makes it small enough.
    """
    drawn = [(pile, picture(view, pile)) for pile in view.drawn]
    ground = snapshot.ground(view)
    for share, quality in _TRIES:
        images = [_data_uri(ground, share, quality)]
        images += [_data_uri(image, share, 101 if p.crisp else quality) for p, image in drawn]
        if sum(map(len, images)) < MOST_BYTES:
            body = _page(view, images).encode()
            if len(body) <= MOST_BYTES:
                return body
    raise JobError(
        "The view needs more than 10 MB even at a quarter of its size. Show fewer layers."
    )


def overlay_images(view: Sight) -> list[tuple[Pile, str]]:
    """Return the layers of a view with their pictures as data URIs, bottom to top."""
    return [
        (pile, _data_uri(picture(view, pile), 1.0, 101 if pile.crisp else 85))
        for pile in view.drawn
    ]


def _data_uri(image: Image.Image, share: float, quality: int) -> str:
    """Return a picture as WebP in a data URI; a quality over 100 means without loss."""
    if share < 1:
        how = Image.Resampling.NEAREST if quality > 100 else Image.Resampling.BOX
        image = image.resize((round(image.width * share), round(image.height * share)), how)
    body = io.BytesIO()
    if quality > 100:
        image.save(body, "WEBP", lossless=True, quality=60, method=4)
    else:
        image.save(body, "WEBP", quality=quality, method=4)
    return _uri(body.getvalue(), "image/webp")


def _page(view: Sight, images: Sequence[str]) -> str:
    text = _rendered(view)
    for number, image in enumerate(images):
        text = text.replace(_mark(number), image)
    title = html.escape(snapshot.texts(view)["title"])
    head = f"<title>{title}</title>\n{_POLICY}\n<style>{_own('map.css')}</style>\n"
    panel, data = _panel(view), _script_data(view)
    script = f'<script type="application/json" id="eo-data">{data}</script>\n'
    return (
        text.replace("</head>", f"{head}</head>", 1)
        .replace("</body>", f"{panel}\n{script}</body>", 1)
        .replace("</html>", f"<script>{_own('map.js')}</script>\n</html>", 1)
    )


_POLICY = (
    '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
    "script-src 'unsafe-inline' data:; style-src 'unsafe-inline' data:; img-src data:\">"
)


def _mark(number: int) -> str:
    """Return what stands for a picture while folium is at work; no mark begins another."""
    return f"data:image/webp;base64,EOEXPLORE{number:04d}"


def _rendered(view: Sight) -> str:
    """Return folium's page of a view, with marks in place of the pictures."""
    # Takes two seconds the first time.
    import folium
    from leafmap import foliumap

    west, south, east, north = view.bounds
    off = ("fullscreen", "draw", "measure", "latlon", "locate", "minimap", "search")
    made = foliumap.Map(
        location=[view.lat, view.lon],
        zoom_start=round(view.zoom),
        tiles=None,
        scale_control=True,
        layers_control=False,
        attributionControl=False,
        height=None,
        **{f"{name}_control": False for name in off},
    )
    # On the instance: the lists of the class belong to every other map as well.
    made.default_js = [("leaflet", _leaflet_script())]
    made.default_css = [("leaflet_css", _leaflet_style())]
    made._id = "eoexplore"
    for number, opacity in enumerate([1.0, *(pile.opacity for pile in view.drawn)]):
        layer = folium.raster_layers.ImageOverlay(
            _mark(number), [[south, west], [north, east]], opacity=opacity, pixelated=False
        )
        layer._id = f"eoexplore_{number}"
        layer.add_to(made)
    page: str = made.get_root().render()
    return page


@functools.cache
def _leaflet_script() -> str:
    script = (Path(leaflet.BASE_DIR) / "leaflet.js").read_text(encoding="utf-8")
    # Its map of the source would be looked for beside the file.
    return _uri(re.sub(r"//# sourceMappingURL=.*", "", script).encode(), "text/javascript")


@functools.cache
def _leaflet_style() -> str:
    folder = Path(leaflet.BASE_DIR)
    style = (folder / "leaflet.css").read_text(encoding="utf-8")

    def inlined(found: re.Match[str]) -> str:
        return f"url({_uri((folder / 'images' / found[1]).read_bytes(), 'image/png')})"

    return _uri(re.sub(r"url\(images/([\w-]+\.png)\)", inlined, style).encode(), "text/css")


def _uri(body: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(body).decode()}"


def _own(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _panel(view: Sight) -> str:
    """Return the words, the layers and the legends beside the map."""
    words = {name: html.escape(text) for name, text in snapshot.texts(view).items()}
    lines = [
        f"<h1>{words['title']}</h1>",
        f"<p>{words['selection']}</p>",
        f"<p>{words['dates']}</p>",
        "<fieldset><legend>Layers</legend>",
        *(
            f'<label><input type="checkbox" data-layer="{number}" checked> '
            f"{html.escape(pile.title)}</label>"
            for number, pile in reversed([*enumerate(view.drawn, start=1)])
        ),
        '<label><input type="checkbox" id="eo-outlines"> <span id="eo-count"></span></label>',
        "</fieldset>",
        *(_legend(found) for found in snapshot.legends_of(view)),
        *(f'<p class="eo-faint">{words[name]}</p>' for name in ("source", "place", "made")),
    ]
    return '<aside id="eo-panel">' + "\n".join(lines) + "</aside>"


def _legend(found: Mapping[str, Any]) -> str:
    """Return a legend as HTML that holds text and colours only."""
    unit = str(found.get("unit") or "")
    lines = [f"<h2>{html.escape(str(found['title']))}</h2>"]
    lines += [_entry(item["colour"], item["label"]) for item in found.get("entries") or ()]
    for item in found.get("channels") or ():
        limits = f"{item['low']:g} to {item['high']:g} {unit}".replace("-", "−")
        lines.append(_entry(item["colour"], f"{item['label']}: {limits}"))
    if ramp := found.get("ramp"):
        stops = ", ".join(colour for colour in ramp["colours"] if _COLOUR.fullmatch(colour))
        low, high = (f"{ramp[end]:g} {unit}".replace("-", "−") for end in ("low", "high"))
        lines.append(f'<div class="eo-ramp" style="background: linear-gradient(90deg, {stops})">')
        lines.append(f"</div><p>{html.escape(f'{low} to {high}')}</p>")
    small = (found.get(name) for name in ("note", "formula"))
    lines += [f'<p class="eo-faint">{html.escape(str(text))}</p>' for text in small if text]
    return "<section>" + "\n".join(lines) + "</section>"


def _entry(colour: object, label: object) -> str:
    shown = str(colour) if _COLOUR.fullmatch(str(colour)) else "#ffffff"
    return f'<p><i style="background: {shown}"></i>{html.escape(str(label))}</p>'


def _script_data(view: Sight) -> str:
    """Return what the page's script gets, as JSON that cannot end its element."""
    rows, count = _footprints(view)
    samples = view.opened.samples
    frame = samples.frame.iloc[rows]
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Polygon", "coordinates": [ring]},
            "properties": dict(zip(_SAID, values, strict=True)),
        }
        for ring, values in zip(
            np.round(samples.outlines_of(rows)[:, [3, 2, 1, 0, 3]], 6).tolist(),
            frame[list(_SAID)].itertuples(index=False),
            strict=True,
        )
    ]
    said = f"Outlines of {count:,} patches"
    if count > len(rows):
        said = f"Outlines of {len(rows):,} of {count:,} patches"
    west, south, east, north = view.bounds
    data = {
        "bounds": [[south, west], [north, east]],
        "zoom": round(view.zoom),
        "outlines": {"type": "FeatureCollection", "features": features},
        "said": said,
    }
    text = json.dumps(data, default=_day)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _day(value: object) -> str | None:
    """Return a date as text; JSON knows none, and a missing one is null."""
    return f"{value:%Y-%m-%d}" if isinstance(value, pd.Timestamp) else None


def _footprints(view: Sight) -> tuple[npt.NDArray[np.intp], int]:
    """Return the rows of the topmost patches in a view, and how many there are in all."""
    shown = Asked(view.opened, {}, {"select": view.select, "date": view.date}).shown()[0]
    west, south, east, north = view.bounds
    lon, lat = view.opened.samples.lon, view.opened.samples.lat
    inside = shown.mask & (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    rows = np.flatnonzero(inside)
    rows = rows[np.argsort(shown.rank[rows], kind="stable")]
    return rows[-MOST_FOOTPRINTS:], len(rows)
