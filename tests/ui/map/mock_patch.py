"""Made-up patches for the mock app: card, pixel, steps, spectra and pictures.

Every number that the tests look for is fixed here.
"""

import asyncio
import io

import numpy as np
from PIL import Image
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

HOSTILE = '{{7*7}} <img src=x onerror="window.hacked=1"> </script>'
STEP = 0.02
LEFT, TOP, PIXEL_M, SIDE = 612000.0, 5341200.0, 10, 120
DATES = [("a", "13 Jun 2017"), ("b", "5 Nov 2017")]
CLASSES = [
    ("Arable land", 211, "#f2d65c", 0.491),
    ("Coniferous forest", 312, "#2f6b3a", 0.3),
    ("Pastures", 231, "#c9dd7a", 0.18),
    ("Inland waters", 511, "#5aa3d0", 0.0042),
]
BANDS = [
    ("B01", 60, "coastal aerosol", 442.7), ("B02", 10, "blue", 492.4),
    ("B03", 10, "green", 559.8), ("B04", 10, "red", 664.6), ("B05", 20, "red edge 1", 704.1),
    ("B06", 20, "red edge 2", 740.5), ("B07", 20, "red edge 3", 782.8),
    ("B08", 10, "near infrared", 832.8), ("B8A", 20, "narrow near infrared", 864.7),
    ("B09", 60, "water vapour", 945.1), ("B11", 20, "short-wave infrared 1", 1613.7),
    ("B12", 20, "short-wave infrared 2", 2202.4),
]  # fmt: skip
DN = [310, 512, 640, 1702, 1910, 2420, 2790, 2950, 3010, 3050, 1811, 1250]
SLOW_ROW = 3
"""Pixels of this row take long to answer."""
DAMAGED_ROW = 7
"""Pixels of this row cannot be read."""


def card(request: Request) -> Response:
    """Describe a patch; `select=hostile` names everything so as to break out of the page."""
    name, _, date = request.path_params["id"].rpartition("_")
    select = request.query_params.get("select")
    if select == "failing":
        message = "The table of samples could not be read. Build the index again."
        return JSONResponse({"error": message}, status_code=500)
    if not name.startswith("p_"):
        return JSONResponse({"error": "not found"}, status_code=404)
    _, column, row = name.split("_")
    hostile = select == "hostile"
    text = (lambda plain: f"{HOSTILE} {plain}") if hostile else (lambda plain: plain)
    folder = f"/patch/mock/{name}_{date}"
    pictures = [
        {"layer": layer, "title": text(title), "url": f"{folder}/{layer}.png", "reason": None}
        for layer, title in [("s2", "Sentinel-2"), ("reference_map", "Reference map")]
    ]
    radar = {"layer": "s1", "title": "Sentinel-1", "url": None, "reason": "No image of this patch"}
    west, south = int(column) * STEP, int(row) * STEP
    east, north = west + STEP, south + STEP
    labels = [
        {"key": key, "name": text(label), "colour": HOSTILE if hostile else colour,
         "share": share, "small": share < 0.01}
        for label, key, colour, share in CLASSES
    ]  # fmt: skip
    pixel_classes = [{**item, "label": item["name"]} for item in labels]
    pixel_classes += [{"key": 999, "label": "Unlabelled", "colour": "#888888", "share": 0.0248}]
    around = {"north": (0, 1), "east": (1, 0), "south": (0, -1), "west": (-1, 0)}
    neighbours = {
        side: f"p_{int(column) + right}_{int(row) + up}_a" for side, (right, up) in around.items()
    }
    answer = {
        "id": request.path_params["id"],
        "s1_id": "S1A_IW_GRDH_1SDV_20170612T165043_33UUP_26_57",
        "title": text(f"33UUP · column {column}, row {row}"),
        "synthetic": True,
        "split": text("validation"),
        "country": text("Austria"),
        "date": dict(DATES)[date],
        "s1_date": "12 Jun 2017",
        "times": {"s2": f"{dict(DATES)[date]} 10:10:31 UTC", "s1": "12 Jun 2017 16:50:43 UTC"},
        "season": "Summer" if date == "a" else "Autumn",
        "flags": [text("seasonal snow")] if hostile else [],
        "labels": labels,
        "pixel_classes": pixel_classes,
        "unlabelled_share": 0.0248,
        "centre": [west + STEP / 2, south + STEP / 2],
        "epsg": 32633,
        "bounds_utm": [LEFT, TOP - 1200, LEFT + 1200, TOP],
        "neighbours": neighbours,
        "layers": layers(),
        "dates": [
            {"id": f"{name}_{key}", "date": text(when), "current": key == date}
            for key, when in DATES
        ],
        "pictures": [pictures[0], radar, pictures[1]],
        "outline": [[west, south], [east, south], [east, north], [west, north], [west, south]],
    }
    return JSONResponse(answer)


def layers() -> list[dict[str, object]]:
    bands = [
        {"name": name, "gsd_m": gsd, "title": title, "wavelength_nm": nm}
        for name, gsd, title, nm in BANDS
    ]
    return [
        {"layer": "s2", "title": "Sentinel-2", "kind": "optical", "unit": "DN",
         "reflectance": 0.0001, "bands": bands},
        {"layer": "s1", "title": "Sentinel-1", "kind": "sar", "unit": "dB", "reflectance": None,
         "bands": [{"name": "VV"}, {"name": "VH"}]},
        {"layer": "reference_map", "title": "Reference map", "kind": "categorical",
         "unit": "code", "reflectance": None, "bands": [{"name": "reference_map"}]},
    ]  # fmt: skip


async def pixel(request: Request) -> Response:
    """Describe a pixel: band values rise with the row, backscatter with the column."""
    name, _, date = request.path_params["id"].rpartition("_")
    row, column = (int(request.query_params[key]) for key in ("row", "column"))
    await asyncio.sleep(0.8 if row == SLOW_ROW else 0.02)
    dates = [
        {"id": f"{name}_{key}", "date": when, "current": key == date,
         "values": values(row, column, key)}
        for key, when in DATES
    ]  # fmt: skip
    styles = request.query_params.get("styles", "")
    lines = [f"# Row {row}, column {column}", f"# styles {styles}", 'values = {"B02": 512}']
    easting, northing = LEFT + PIXEL_M * (column + 0.5), TOP - PIXEL_M * (row + 0.5)
    answer = {
        "id": request.path_params["id"],
        "row": row,
        "column": column,
        "lon": 12.5 + column / 1000,
        "lat": 48.2 - row / 1000,
        "easting": easting,
        "northing": northing,
        "epsg": 32633,
        "units": {"s2": "DN", "s1": "dB"},
        "values": values(row, column, date),
        "dates": dates,
        "provenance": {"s2": lines, "reference_map": ["# <b>the map</b>"]},
    }
    return JSONResponse(answer)


def values(row: int, column: int, date: str) -> dict[str, object]:
    if row == DAMAGED_ROW:
        return {"s2": {"error": "The file of band B02 could not be read."}}
    less = 0 if date == "a" else 150
    return {
        "s2": {band[0]: dn + row - less for band, dn in zip(BANDS, DN, strict=True)},
        "s1": {"VV": round(-14 + column / 10 - less / 100, 2), "VH": -17.85},
        "reference_map": {
            "code": 312, "name": "Coniferous forest", "class": "Coniferous forest", "key": 312,
        },
    }  # fmt: skip


def step(request: Request) -> Response:
    """Step along a row of patches; there is nothing in the north."""
    name, _, date = request.path_params["id"].rpartition("_")
    _, column, row = name.split("_")
    by = request.query_params["by"]
    if by == "north":
        return JSONResponse({"id": None})
    right, up = {"east": (1, 0), "next": (1, 0), "west": (-1, 0), "previous": (-1, 0)}.get(
        by, (0, -1)
    )
    found = {"id": f"p_{int(column) + right}_{int(row) + up}_{date}"}
    if by in ("next", "previous"):
        found |= {"position": 12, "of": 3412, "wrapped": False}
    return JSONResponse(found)


def spectra(_: Request) -> Response:
    bands = [{"name": name, "wavelength_nm": nm, "title": title} for name, _, title, nm in BANDS]
    mean = [0.02, 0.025, 0.04, 0.035, 0.07, 0.17, 0.2, 0.21, 0.22, 0.22, 0.11, 0.06]
    forest = {"key": "312", "label": "Coniferous forest", "colour": "#2f6b3a", "pixels": 9000}
    forest |= {"mean": mean, "p10": [v * 0.6 for v in mean], "p90": [v * 1.5 for v in mean]}
    return JSONResponse({"available": True, "sentence": None, "bands": bands, "classes": [forest]})


def picture(request: Request) -> Response:
    """A picture whose pixel at (row, column) is red = 2 row, green = 2 column."""
    side = SIDE if request.query_params.get("style") != "band.B05" else SIDE // 2
    steps = 2 * np.arange(SIDE)[:: SIDE // side]
    made = np.full((side, side, 4), 255, "u1")
    made[..., 0], made[..., 1] = steps[:, None], steps[None, :]
    made[..., 2] = len(request.path_params["name"]) * 10
    buffer = io.BytesIO()
    Image.fromarray(made).save(buffer, "PNG", compress_level=1)
    return Response(buffer.getvalue(), media_type="image/png")


def patch_routes(base: str) -> list[Route]:
    """Return the routes of patches and spectra."""
    one = f"{base}/patch/{{dataset}}/{{id}}"
    return [
        Route(f"{one}/card.json", card),
        Route(f"{one}/pixel.json", pixel),
        Route(f"{one}/step.json", step),
        Route(f"{one}/{{name}}.png", picture),
        Route(f"{base}/spectra/{{dataset}}", spectra),
    ]
