"""A small app around the map component: made-up tiles, points and cards under the real addresses.

Run as a script with a port and a base path, with the repository on PYTHONPATH. Every number that
the tests look for is fixed here.
"""

import asyncio
import hashlib
import io
import math
import sys
import threading
from pathlib import Path

import numpy as np
import streamlit as st
from mock_patch import patch_routes
from PIL import Image
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route
from xstatic.pkg import leaflet

from eoexplore.tiles.overload import Lane
from eoexplore.tiles.routes import _in_lane

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
FOLDERS = {
    "ui/component": ROOT / "eoexplore" / "ui" / "component",
    "ui": ROOT / "eoexplore" / "ui" / "map",
    "assets": ROOT / "assets",
    "vendor/leaflet": Path(leaflet.BASE_DIR),
}
TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
HOSTILE = '{{7*7}} <img src=x onerror="window.hacked=1"> </script>'
STEP = 0.02
WEST, SOUTH, EAST, NORTH = 10.0, 46.0, 14.0, 49.0
SECONDS_PER_TILE = 0.02


class Held:
    """Draws one tile at a time behind the server's own queue, and none to its end before told."""

    def __init__(self) -> None:
        """Hold."""
        self.lane = Lane("held", 1, 200)
        self.begun: list[tuple[int, int]] = []
        self.may_go_on = threading.Event()

    def draw(self, x: int, y: int) -> Response:
        self.begun.append((x, y))
        self.may_go_on.wait(20)
        return png(np.full((256, 256, 4), 200, "u1"))

    def tell(self, request: Request) -> Response:
        """List the tiles that were begun; a POST lets go."""
        if request.method == "POST":
            self.may_go_on.set()
        return JSONResponse(self.begun)


HELD = Held()


def static(request: Request) -> Response:
    """Serve the component's files, Leaflet and the outlines."""
    for prefix, folder in FOLDERS.items():
        _, found, name = request.url.path.partition(f"/{prefix}/")
        if found:
            file = folder / name
            if file.is_file():
                return FileResponse(file, media_type=TYPES.get(file.suffix))
    return Response(status_code=404)


async def tile(request: Request) -> Response:
    """Draw a patchwork in the colours of a layer, style and selection."""
    await asyncio.sleep(SECONDS_PER_TILE)
    parts = request.path_params
    style = request.query_params.get("style", "")
    if style == "broken":
        return Response(status_code=500)
    if style == "held":
        return await _in_lane(HELD.lane, request, lambda: HELD.draw(parts["x"], parts["y"]))
    query = request.query_params
    seed = f"{parts['layer']}{style}{query.get('select', '')}{query.get('date', '')}"
    tint = np.frombuffer(hashlib.sha256(seed.encode()).digest()[:3], "u1").astype(float)
    random = np.random.default_rng([parts["x"], parts["y"], parts["z"]])
    grain = np.kron(random.uniform(0.5, 1.0, (16, 16)), np.ones((16, 16)))
    picture = np.empty((256, 256, 4), "u1")
    picture[..., :3] = (tint * 0.6 + 60)[None, None, :] * grain[..., None]
    picture[..., 3] = np.where(grain > 0.58, 255, 0)
    if request.url.path.endswith("@2x.png"):
        picture = picture.repeat(2, axis=0).repeat(2, axis=1)
    return png(picture)


CLASS_COLOURS = [("111", "Urban fabric", "#c94a3c"), ("211", "Arable land", "#f2d65c")]
CLASS_COLOURS += [("231", "Pastures", "#c9dd7a"), ("312", "Coniferous forest", "#2f6b3a")]
CLASS_COLOURS += [("512", "Inland waters", "#5aa3d0"), ("523", "Marine waters", "#2c5d9b")]
CHANNELS = [("B04 Red", "#d62728"), ("B03 Green", "#2ca02c"), ("B02 Blue", "#1f77b4")]


def legend(request: Request) -> Response:
    """Describe the picture of a style, as the server does: classes, channels, a ramp or steps."""
    layer, style = request.path_params["layer"], request.query_params.get("style", "")
    hostile = HOSTILE if request.query_params.get("select") == "hostile" else ""
    plain = {"title": f"{layer} {style}{hostile}", "note": None, "kind": "classes", "unit": None}
    plain |= {"entries": [], "channels": [], "ramp": None, "formula": None, "source": None}
    plain["histogram"] = None
    if layer == "reference_map":
        entries = [
            {"key": key, "label": label + hostile, "colour": colour, "help": f"CLC {key}"}
            for key, label, colour in CLASS_COLOURS
        ]
        return JSONResponse(plain | {"title": f"19 classes{hostile}", "entries": entries})
    if layer in ("density", "footprints"):
        steps = [{"key": "1", "label": "1 – 10", "colour": "#cfe8e1", "help": ""}]
        steps += [{"key": "2", "label": "> 10", "colour": "#0f6b5c", "help": ""}]
        title = "Patches per cell" if layer == "density" else "Split"
        return JSONResponse(plain | {"title": title, "kind": "steps", "entries": steps})
    return JSONResponse(plain | picture_legend(style))


def picture_legend(style: str) -> dict[str, object]:
    """Describe a stretched picture: an index has a ramp, a composite three channels."""
    is_index = style.startswith("index.")
    low, high = (-0.2, 0.9) if is_index else (0, 2000)
    names = [("NDVI", "#777777")] if is_index else CHANNELS
    edges = np.linspace(low - (high - low) / 4, high * 1.5, 41)
    histogram = [
        {
            "label": label,
            "colour": colour,
            "edges": [round(float(edge), 4) for edge in edges],
            "counts": [round(1e5 * math.exp(-(((i - 14 - 3 * k) / 6) ** 2))) for i in range(40)],
        }
        for k, (label, colour) in enumerate(names)
    ]
    channels = [{"label": n, "colour": c, "low": low, "high": high} for n, c in names]
    ramp = {"colours": ["#a6611a", "#f5f5f5", "#018571"], "low": low, "high": high}
    return {
        "kind": "ramp" if is_index else "channels",
        "unit": "" if is_index else "reflectance × 10,000",
        "channels": [] if is_index else channels,
        "ramp": ramp if is_index else None,
        "formula": "(B08 - B04) / (B08 + B04)" if is_index else None,
        "histogram": histogram,
    }


def png(picture: np.ndarray) -> Response:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG", compress_level=1)
    headers = {"Cache-Control": "max-age=3600"}
    return Response(buffer.getvalue(), media_type="image/png", headers=headers)


def cell(lon: float, lat: float) -> tuple[int, int]:
    return math.floor(lon / STEP + 1e-9), math.floor(lat / STEP + 1e-9)


def outline(column: int, row: int) -> list[list[float]]:
    west, south = column * STEP, row * STEP
    east, north = west + STEP, south + STEP
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def point(request: Request) -> Response:
    """Find the made-up patch under a place."""
    lon, lat = float(request.path_params["lon"]), float(request.path_params["lat"])
    if not (WEST <= lon < EAST and SOUTH <= lat < NORTH):
        return JSONResponse({"error": "no patch here"}, status_code=404)
    column, row = cell(lon, lat)
    values = {
        "s2": {"B02": 512, "B03": 640, "B04": 1702, "B08": 2950, "B11": 1811, "B12": 1250},
        "s1": {"VV": -11.2, "VH": -17.85},
        "reference_map": {"code": 312, "name": "Coniferous forest", "class": "Coniferous forest"},
    }
    if request.query_params.get("select") == "unreadable":
        values = {"s2": {"error": "The file of band B02 could not be read."}}
    pixel = {"row": 57, "column": 26, "lon": lon, "lat": lat}
    pixel |= {"easting": 612345.0, "northing": 5340123.0, "epsg": 32633}
    found = {"id": f"p_{column}_{row}_a", "outline": outline(column, row), "pixel": pixel}
    return JSONResponse(found | {"values": values})


def routes(base: str) -> list[BaseRoute]:
    # Each with the base path in front: a mount would swallow Streamlit's own addresses there.
    return [
        Route(f"{base}/ui/{{path:path}}", static),
        Route(f"{base}/assets/{{path:path}}", static),
        Route(f"{base}/vendor/leaflet/{{path:path}}", static),
        Route(f"{base}/tiles/mock/{{layer}}/{{z:int}}/{{x:int}}/{{y:int}}.png", tile),
        Route(f"{base}/tiles/mock/{{layer}}/{{z:int}}/{{x:int}}/{{y:int}}@2x.png", tile),
        Route(f"{base}/held", HELD.tell, methods=["GET", "POST"]),
        Route(f"{base}/legend/mock/{{layer}}", legend),
        Route(f"{base}/point/{{dataset}}/{{lon}}/{{lat}}", point),
        *patch_routes(base),
    ]


if __name__ == "__main__":
    port, base = int(sys.argv[1]), sys.argv[2]
    app = st.App(HERE / "mock_shell.py", routes=routes(base))
    app.run(
        config={
            "server.address": "127.0.0.1",
            "server.port": port,
            "server.baseUrlPath": base,
            "server.headless": True,
        }
    )
