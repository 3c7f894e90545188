"""Pictures from the sample table alone: footprints, and what lies where further out.

Styles of footprints are those of `colourings`; density has `count` and `dominant`. `draw_…` and
`…_legend` take a style that `footprint_style` or `density_style` gave for the text of an address.
"""

import math
from typing import Any

import numpy as np
import numpy.typing as npt
from rasterio.transform import Affine

from eoexplore.analysis import density
from eoexplore.core import mgrs
from eoexplore.core.nomenclature import key_of
from eoexplore.core.types import LabelClass
from eoexplore.render import palettes
from eoexplore.render.colours import DENSITY_ALPHA, density_ramp, rgb
from eoexplore.render.warp import View
from eoexplore.store.catalog import Opened
from eoexplore.tiles import colourings
from eoexplore.tiles.colourings import Colouring
from eoexplore.tiles.imagery import Picture, empty
from eoexplore.tiles.scene import Scene, Shown
from eoexplore.tiles.seen import Seen

FOOTPRINT_ZOOM = 8
"""From this zoom on footprints have their shape; further out each patch is a small square."""
OUTLINE_ZOOM = 9
"""From this zoom on there is room for an outline."""
_LINE_PX = 1.25
_LINE_ALPHA = 255
_FILL_ALPHA = 90
_SQUARE_ALPHA = 220
_MIN_SQUARE_PX = 2


def draw_footprints(scene: Scene, shown: Shown, view: View, style: str = "split") -> Picture:
    """Draw the shown patches in the colours of a style, the topmost patch last."""
    colouring = colourings.colouring(scene, style)
    if view.z < FOOTPRINT_ZOOM:
        return _squares(scene, shown, view, colouring)
    seen = scene.places.look(view, shown.tops(""))
    if not len(seen.patches):
        return empty(view.size)
    rgba = seen.spread(colouring.rgba[colouring.codes[seen.patches]], 0)
    if view.z >= OUTLINE_ZOOM:
        _outline(scene, seen, view, rgba)
    else:
        rgba[..., 3] = (seen.number > 0) * np.uint8(_SQUARE_ALPHA)
    return Picture(rgba)


def _outline(scene: Scene, seen: Seen, view: View, rgba: npt.NDArray[np.uint8]) -> None:
    """Set the opacity of each pixel: the outline's on the edge of a patch, else the fill's."""
    zones, samples = scene.samples.epsg[seen.patches], scene.samples
    for epsg, lattice in seen.located.items():
        mine = zones == epsg
        if not mine.any():
            continue
        # In patches from any one corner of the grid: what counts are the fractions.
        left, top = (values[seen.patches] for values in (samples.left, samples.top))
        first = int(np.argmax(mine))
        corner = Affine(mgrs.PATCH_M, 0, left[first], 0, -mgrs.PATCH_M, top[first])
        inset: npt.NDArray[np.float32] | None = None
        for places, starts in zip(
            lattice.places(corner), (left - left[first], top[first] - top), strict=True
        ):
            away = np.abs(places - seen.spread((starts / mgrs.PATCH_M + 0.5).astype(np.float32), 0))
            inset = away if inset is None else np.maximum(inset, away)
        assert inset is not None
        line = (inset - np.float32(0.5)) * np.float32(mgrs.PATCH_M / view.ground_m)
        line = np.clip(line + np.float32(_LINE_PX + 0.5), 0, 1)
        alpha = np.uint8(_FILL_ALPHA) + line * (_LINE_ALPHA - _FILL_ALPHA)
        np.copyto(rgba[..., 3], alpha.astype(np.uint8), where=seen.spread(mine, False))


def _squares(scene: Scene, shown: Shown, view: View, colouring: Colouring) -> Picture:
    """Draw each patch as a square of its size, but at least 2 pixels, around its centre."""
    # Rounded up: neighbours may overlap, but no gap shows between them.
    side = max(_MIN_SQUARE_PX, math.ceil(mgrs.PATCH_M / view.ground_m))
    points, world, width = scene.ground.points, view.size << view.z, view.size + 2 * side
    column = points.x * world - (view.x * view.size + side // 2)
    row = points.y * world - (view.y * view.size + side // 2)
    # A square that begins left of or above the tile still reaches into it.
    near = (column >= 1 - side) & (column < view.size) & (row >= 1 - side) & (row < view.size)
    rows = np.flatnonzero(near & shown.mask)
    if not len(rows):
        return empty(view.size)
    corner = np.full((width, width), -1, np.int32)
    place = (np.floor(row[rows]) + side) * width + np.floor(column[rows]) + side
    np.maximum.at(corner.ravel(), place.astype(np.intp), shown.rank[rows])
    top = np.full((view.size, view.size), -1, np.int32)
    for down, right in np.ndindex(side, side):
        up, left = side - down, side - right
        moved = corner[up : up + view.size, left : left + view.size]
        np.maximum(top, moved, out=top)
    there = top >= 0
    rgba = colouring.rgba[colouring.codes[shown.order.rows[top]]]
    rgba[..., 3] = there * np.uint8(_SQUARE_ALPHA)
    return Picture(rgba)


def density_styles(opened: Opened) -> list[dict[str, Any]]:
    """Return the styles of the density layer, as they stand in the description of the map."""
    basis = "area on the reference maps" if opened.samples.areas else "number of labels"
    return [
        {"id": "count", "title": "patches", "group": "Colour by", "help": "", "disabled": None},
        {
            "id": "dominant",
            "title": "dominant class",
            "group": "Colour by",
            "help": f"by {basis}",
            "disabled": None,
        },
    ]


def density_style(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the style that an address names; `count`, and a sentence, if there is none."""
    name = text.partition("~")[0]
    if name in ("", "count", "dominant"):
        return name or "count", ()
    return "count", (f"Density has no style {text[:40]!r}. It shows the number of patches.",)


def draw_density(
    scene: Scene, shown: Shown, view: View, style: str = "count", palette: str = "official"
) -> Picture:
    """Draw what the shown patches are like in each cell of 8 pixels (of 256).

    Args:
        scene: the dataset.
        shown: which patches.
        view: the pixels of the tile.
        style: `count` for how many there are; `dominant` for the class of the largest area, or
            of the most labels where no areas are known.
        palette: colours of the classes.
    """
    points = scene.ground.points
    if style == "dominant":
        levels, table = _dominant(scene, shown, view), _class_colours(scene, palette)
    else:
        counts = density.counts(points, shown.mask, view.z, view.x, view.y)
        levels, table = density.levels(counts, scene.ground.peak(view.z)), density_ramp()
    times = view.size // density.CELLS
    return Picture(levels.repeat(times, axis=0).repeat(times, axis=1), table)


def _dominant(scene: Scene, shown: Shown, view: View) -> npt.NDArray[np.uint8]:
    """Return the number of the dominant class in each cell, from 1; 0 where there is none."""
    points = scene.ground.points
    places, cell = density.on_curve(points, shown.mask, view.z, view.x, view.y)
    if scene.samples.areas:
        weights = (pixels[places] for pixels in colourings.class_pixels_on_curve(scene))
    else:
        rows = points.curve[1][places]
        masks = scene.samples.frame["label_mask"].to_numpy(np.uint64)[rows]
        bits = range(len(scene.opened.dataset.classes.classes))
        weights = ((masks & np.uint64(1 << bit)) > 0 for bit in bits)
    return (density.dominant(cell, weights) + 1).astype(np.uint8)


def _class_colours(scene: Scene, palette: str) -> npt.NDArray[np.uint8]:
    table = [(*rgb(item.colour), DENSITY_ALPHA) for item in _items(scene, palette)]
    return np.array([(0, 0, 0, 0), *table], np.uint8)


def _items(scene: Scene, palette: str) -> tuple[LabelClass, ...]:
    classes = palettes.coloured(scene.opened.dataset.classes, palette)
    return (*classes.classes, classes.unlabelled)


def density_legend(
    scene: Scene, style: str = "count", palette: str = "official", z: int = 0
) -> dict[str, Any]:
    """Return title, note, kind and entries of a legend of the density layer.

    Args:
        scene: the dataset.
        style: a style of `density_style`.
        palette: colours of the classes.
        z: zoom of the map, as the same colour means other numbers at each.
    """
    if style == "dominant":
        return _dominant_legend(scene, palette)
    peak = scene.ground.peak(min(max(z, 0), FOOTPRINT_ZOOM - 1))
    ramp = density_ramp()
    numbers: dict[int, int] = {}
    for level in (1, 52, 103, 154, 205, 255):
        # Where the most is a small number, several places on the ramp mean the same.
        number = density.number_at(level, peak)
        numbers[number] = int(density.levels(np.array([number]), peak)[0])
    entries = [
        {
            "key": str(number),
            "label": f"{number:,}",
            "colour": "#{:02x}{:02x}{:02x}".format(*ramp[level, :3]),
            "help": "",
        }
        for number, level in numbers.items()
    ]
    note = "In a square of 8 pixels at this zoom; the darkest is the fullest of the whole dataset"
    return {"title": "Patches per square", "note": note, "kind": "steps", "entries": entries}


def _dominant_legend(scene: Scene, palette: str) -> dict[str, Any]:
    entries = [
        {"key": key_of(item), "label": item.name, "colour": item.colour, "help": ""}
        for item in _items(scene, palette)
    ]
    note = "The class of the largest area in a square of 8 pixels, of all shown patches together"
    if not scene.samples.areas:
        entries.pop()
        note = "The most frequent label in a square of 8 pixels; areas are not known yet"
    return {"title": "Dominant class", "note": note, "kind": "classes", "entries": entries}
