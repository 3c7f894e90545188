"""One tile as bytes, as the server sends it and the command line writes it."""

from dataclasses import dataclass, replace

from eoexplore.core import dates, mercator
from eoexplore.core.errors import UnknownName
from eoexplore.render import palettes
from eoexplore.render.composites import styles_of
from eoexplore.render.encode import MEDIA_TYPES, encode_palette, encode_rgba
from eoexplore.render.warp import View
from eoexplore.store.catalog import Opened
from eoexplore.store.selections import parse
from eoexplore.tiles import predicted, sealed
from eoexplore.tiles.colourings import footprint_style
from eoexplore.tiles.imagery import ORIGINALS_ZOOM, Picture, draw, unpacked
from eoexplore.tiles.overview import density_style, draw_density, draw_footprints
from eoexplore.tiles.ranges import look
from eoexplore.tiles.scene import Scene, Shown, scene_of, shown_of

_FROM_TABLE = ("footprints", "density")


@dataclass(frozen=True)
class TileRequest:
    """What a tile address asks for."""

    layer: str
    """Layer of the dataset, or footprints or density."""
    z: int
    """Zoom."""
    x: int
    """Column."""
    y: int
    """Row."""
    size: int = mercator.TILE
    """Side in pixels, 256 or 512."""
    extension: str = "png"
    """png, jpg or webp."""
    style: str = ""
    """Style of the layer and its options; the first one when empty or unknown."""
    select: str = ""
    """Selection in the grammar of contracts; all patches when empty."""
    date: str = ""
    """Date rule; the latest date of each place when empty."""
    palette: str = ""
    """Colours of the classes; the official ones when empty or unknown."""
    ground: bool = False
    """Whether a JPEG gets a white ground where it is transparent; else it is sent as WebP."""


@dataclass(frozen=True)
class Answer:
    """An encoded picture."""

    body: bytes
    """The file."""
    media_type: str
    """What it is."""
    notices: tuple[str, ...] = ()
    """One sentence for each parameter that could not be used."""
    filename: str | None = None
    """Name under which a browser saves it; none shows it."""


def render(opened: Opened, request: TileRequest) -> Answer:
    """Draw and encode one tile.

    Raises:
        UnknownName: the dataset has no such layer, or there is no such tile or format.
    """
    check(opened, request)
    scene = scene_of(opened)
    shown, notices = shown_by(scene, request.select, request.date)
    view = View(request.z, request.x, request.y, request.size)
    palette, strange = palettes.known(request.palette)
    picture, complaints = _draw(scene, shown, view, request, palette)
    notices += complaints + strange
    extension = request.extension
    if extension == "jpg" and not request.ground and not picture.opaque:
        # On a map a white ground would hide what lies below.
        extension = "webp"
    return Answer(encode(picture, extension), MEDIA_TYPES[extension], notices)


def _draw(
    scene: Scene, shown: Shown, view: View, request: TileRequest, palette: str
) -> tuple[Picture, tuple[str, ...]]:
    """Return the picture, and a sentence for each part of its style that could not be used."""
    if request.layer == "footprints":
        name, notices = footprint_style(scene.opened, request.style)
        return draw_footprints(scene, shown, view, name), notices
    if request.layer == "density":
        name, notices = density_style(request.style)
        return draw_density(scene, shown, view, name, palette), notices
    if request.layer.startswith(predicted.PREFIX):
        return predicted.draw(scene, shown, request.layer, view, palette), ()
    style, notices = look(scene.opened, request.layer, request.style)
    notices += sealed.notices(scene.opened.dataset, request.layer, view.z)
    if view.z < ORIGINALS_ZOOM:
        notices += unpacked(scene.opened, style)
    return draw(scene, shown, style, view, palette), notices


def check(opened: Opened, request: TileRequest) -> None:
    """Refuse a tile that cannot exist.

    Raises:
        UnknownName: says what is unknown and what exists.
    """
    known = [layer.name for layer in opened.dataset.layers if styles_of(layer)]
    known += _FROM_TABLE
    if request.layer.startswith(predicted.PREFIX):
        predicted.asked_of(opened, request.layer)
    elif request.layer not in known:
        raise UnknownName(f"There is no such layer. Layers: {', '.join(known)}.")
    if not opened.samples.located.any():
        raise UnknownName(
            "These samples have no place on a map, so there are no tiles of them. "
            "The gallery shows their pictures."
        )
    if not mercator.tile_exists(request.z, request.x, request.y):
        raise UnknownName(f"There is no such tile: zooms are 0 to {mercator.MAX_ZOOM}.")
    if request.size not in (mercator.TILE, 2 * mercator.TILE):
        raise UnknownName("Tiles have 256 or, with @2x, 512 pixels.")
    if request.extension not in MEDIA_TYPES:
        raise UnknownName(f"There is no such format. Formats: {', '.join(MEDIA_TYPES)}.")


def shown_by(scene: Scene, select: str, date: str = "") -> tuple[Shown, tuple[str, ...]]:
    """Return the patches that a request shows, and a sentence for each part it could not use."""
    selection, notices = parse(select)
    rule, complaints = dates.parse(date)
    shown, more = shown_of(scene, selection, rule)
    return shown, notices + complaints + more


def canonical(opened: Opened, request: TileRequest) -> TileRequest:
    """Return the request that all of the same look share, for keeping its answer.

    What cannot be used stays as it is: its answer says so.
    """
    palette, strange = palettes.known(request.palette)
    if request.layer == "footprints":
        text, notices = footprint_style(opened, request.style)
    elif request.layer == "density":
        text, notices = density_style(request.style)
    elif request.layer.startswith(predicted.PREFIX):
        # What is shown stands in the name of the layer.
        text, notices = "", ()
    else:
        style, notices = look(opened, request.layer, request.style)
        text = style.text
    return replace(
        request,
        style=request.style if notices else text,
        palette=request.palette if strange else palette,
    )


def encode(picture: Picture, extension: str) -> bytes:
    """Encode a picture in one of the formats."""
    if picture.colours is None:
        return encode_rgba(picture.pixels, extension)
    return encode_palette(picture.pixels, picture.colours, extension)
