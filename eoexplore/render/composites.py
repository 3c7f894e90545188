"""Which bands make a picture, and the one stretch that every tile of it gets.

A new style is one line of STYLES. The ranges are fixed numbers: a stretch taken from the tile
itself would show a seam at every tile's edge.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.core.errors import UnknownName


@dataclass(frozen=True)
class Channel:
    """One of the red, green and blue channels of a picture."""

    band: str
    """Name of the band that is shown."""
    low: float
    """Value shown as 0, in the unit of the layer."""
    high: float
    """Value shown as 255."""
    minus: str | None = None
    """Name of a band to subtract first; none shows the band itself."""

    def values(self, bands: Mapping[str, npt.NDArray[np.generic]]) -> npt.NDArray[np.generic]:
        """Return what the channel shows, of the shape of the bands."""
        if self.minus is None:
            return bands[self.band]
        first, second = (bands[name].astype(np.float32) for name in (self.band, self.minus))
        return first - second


@dataclass(frozen=True)
class Style:
    """One way to show one layer."""

    id: str
    """Name in URLs."""
    title: str
    """What a user reads."""
    layer: str
    """Layer that it shows."""
    channels: tuple[Channel, ...]
    """Red, green and blue; none for a label map, which is shown by its class colours."""
    bands: tuple[str, ...]
    """Bands that have to be read, each once."""
    gsd_m: float
    """Finest pixel of those bands in metres; coarser bands are repeated to it."""
    group: str = "Composites"
    """Heading that it stands under in a list."""
    help: str = ""
    """One line that says what is shown: bands or a formula."""

    @property
    def categorical(self) -> bool:
        """Whether pixels are codes, which are never interpolated."""
        return not self.channels


def composite(style_id: str, title: str, layer: str, channels: tuple[Channel, ...]) -> Style:
    """Return a style of three channels at 10 m, listing its bands in order of first use."""
    names = [name for item in channels for name in (item.band, item.minus) if name]
    shown = ", ".join(f"{c.band} − {c.minus}" if c.minus else c.band for c in channels)
    return Style(style_id, title, layer, channels, tuple(dict.fromkeys(names)), 10.0, help=shown)


STYLES = (
    composite(
        "true_colour",
        "True colour",
        "s2",
        (Channel("B04", 0, 2000), Channel("B03", 0, 2000), Channel("B02", 0, 2000)),
    ),
    composite(
        "colour_infrared",
        "Colour infrared",
        "s2",
        (Channel("B08", 0, 4000), Channel("B04", 0, 2000), Channel("B03", 0, 2000)),
    ),
    composite(
        "vv_vh",
        "VV, VH and their difference",
        "s1",
        (Channel("VV", -25, 0), Channel("VH", -32, -5), Channel("VV", 0, 15, minus="VH")),
    ),
    Style(
        "clc19",
        "19 classes",
        "reference_map",
        (),
        ("reference_map",),
        10.0,
        group="Classes",
        help="The 19 classes of BigEarthNet",
    ),
)


def styles_of(layer: str) -> tuple[Style, ...]:
    """Return the styles of a layer, the default one first."""
    return tuple(style for style in STYLES if style.layer == layer)


def find_style(layer: str, style_id: str) -> Style:
    """Return a style of a layer by its id; an empty id asks for the default.

    Raises:
        UnknownName: with the styles that the layer has.
    """
    known = styles_of(layer)
    for style in known:
        if style_id in ("", style.id):
            return style
    names = ", ".join(style.id for style in known) or "none"
    raise UnknownName(f"The layer {layer} has no style {style_id!r}. Known: {names}.")
