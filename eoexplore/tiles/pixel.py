"""One pixel of one patch: its values at every date of the place, and where they come from."""

import re

import pandas as pd

from eoexplore.core import words
from eoexplore.render import palettes
from eoexplore.render.composites import styles_of
from eoexplore.render.styles import Style
from eoexplore.tiles import provenance
from eoexplore.tiles.grids import grid_of
from eoexplore.tiles.point import Json, place, units, values_at
from eoexplore.tiles.queries import Asked, Noted, Query
from eoexplore.tiles.ranges import look
from eoexplore.tiles.scene import Scene

_MOST_DATES = 12


def pixel(
    scene: Scene,
    row: int,
    at: provenance.Pixel,
    styles: dict[str, Style],
    palette: str = palettes.OFFICIAL,
) -> Json:
    """Return everything that is known of one pixel.

    Args:
        scene: the dataset.
        row: the patch, as row of the sample table.
        at: the pixel.
        styles: the style that is shown, by layer; the lines of its provenance end with the colour.
        palette: colours of the classes.
    """
    frame = scene.samples.frame
    others = [*same_place(scene, row)[-_MOST_DATES:]]
    values = {other: values_at(scene, other, at.row, at.column) for other in {*others, row}}
    return {
        "id": frame["id"].iloc[row],
        **place(scene, row, at.row, at.column),
        "values": values[row],
        "units": units(scene),
        "dates": [
            {
                "id": frame["id"].iloc[other],
                "date": day(frame["date"].iloc[other]),
                "current": other == row,
                "values": values[other],
            }
            for other in others
        ],
        "provenance": {
            layer.name: provenance.lines(scene, row, layer, styles[layer.name], at, palette)
            for layer in scene.opened.dataset.layers
            if layer.name in styles and scene.samples.has(layer.name)[row]
        },
    }


def day(value: pd.Timestamp | None) -> str | None:
    """Return a day as "13 Jun 2017"; none where it is missing."""
    if value is None or pd.isna(value):
        return None
    return words.day(value)


def same_place(scene: Scene, row: int) -> list[int]:
    """Return the rows of all patches of a patch's place, itself included, earliest first."""
    return [int(other) for other in scene.ground.orders.beside(row)]


def _answer(asked: Asked) -> Noted:
    row = asked.scene.samples.row(asked.parts["id"])
    grid = grid_of(asked.scene, row)
    lines, columns = grid.rows - 1, grid.columns - 1
    at = provenance.Pixel(
        asked.number("row", lines // 2, 0, lines),
        asked.number("column", columns // 2, 0, columns),
        grid,
    )
    styles, notices = _styles(asked)
    palette, more = palettes.known(asked.query.get("palette", ""))
    return Noted(pixel(asked.scene, row, at, styles, palette), notices + more)


def _styles(asked: Asked) -> tuple[dict[str, Style], tuple[str, ...]]:
    """Return the style of each layer: of `styles=s2:true_colour,…`, or the default."""
    wanted = dict(
        pair.partition(":")[::2] for pair in asked.query.get("styles", "").split(",") if pair
    )
    found: dict[str, Style] = {}
    notices: tuple[str, ...] = ()
    for layer in asked.opened.dataset.layers:
        if styles_of(layer):
            style, complaints = look(asked.opened, layer.name, wanted.get(layer.name, ""))
            found[layer.name] = style
            notices += complaints
    return found, notices


QUERIES = (Query("patch", re.compile(r"(?P<id>[^/]+)/pixel\.json"), _answer),)
