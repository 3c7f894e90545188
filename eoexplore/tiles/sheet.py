"""Text, legends and a scale bar as parts of a picture."""

import functools
import re
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from eoexplore.core import settings

INK, FAINT, PAPER = "#1c2128", "#57606a", "#ffffff"
"""Text, lesser text (6.4 : 1 on paper) and the margin."""
_LINE = 1.35
_SWATCH = 13
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")


@functools.lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    # Pillow's own font lacks −, ² and most letters beyond ASCII.
    return ImageFont.truetype(str(settings.assets_folder() / "fonts" / "DejaVuSans.ttf"), size)


def wrapped(text: str, size: int, width: float) -> list[str]:
    """Return a text in lines that fit a width; a word longer than that is cut.

    Args:
        text: what to write; what cannot be printed is left out.
        size: of the letters in pixels.
        width: in pixels.
    """
    font, lines, line = _font(size), [], ""
    clean = "".join(letter if letter.isprintable() else " " for letter in text)
    for word in clean.split():
        longer = f"{line} {word}".strip()
        if font.getlength(longer) <= width:
            line = longer
            continue
        lines += [line] if line else []
        while font.getlength(word) > width:
            fits = next(n for n in range(len(word), 0, -1) if font.getlength(word[:n]) <= width)
            lines.append(word[:fits])
            word = word[fits:]  # noqa: PLW2901  the rest goes on
        line = word
    return [*lines, line] if line else lines


class Pen:
    """Writes downwards from a corner; without a picture it only measures."""

    def __init__(self, picture: Image.Image | None, x: float, y: float, width: float) -> None:
        """Begin at a corner.

        Args:
            picture: what to write on; none to measure.
            x: left edge in pixels.
            y: upper edge in pixels.
            width: pixels to the right edge.
        """
        self.picture = picture
        self.draw = ImageDraw.Draw(picture) if picture else None
        self.x, self.y, self.width = x, y, width

    def text(self, text: str, size: int = 13, colour: str = INK, indent: float = 0) -> None:
        """Write a paragraph and go below it."""
        for line in wrapped(text, size, self.width - indent):
            if self.draw:
                self.draw.text((self.x + indent, self.y), line, colour, _font(size))
            self.y += round(size * _LINE)

    def space(self, pixels: float) -> None:
        """Go down."""
        self.y += pixels

    def entry(self, colour: str, label: str) -> None:
        """Write a line of a legend with its colour."""
        if self.draw and _COLOUR.fullmatch(colour):
            box = (self.x, self.y + 1, self.x + _SWATCH, self.y + 1 + _SWATCH)
            self.draw.rectangle(box, colour, FAINT)
        self.text(label, 12, INK, _SWATCH + 7)
        self.y += 2

    def ramp(self, colours: Sequence[str], low: str, high: str) -> None:
        """Draw colours from left to right between two numbers."""
        stops = [colour for colour in colours if _COLOUR.fullmatch(colour)]
        if self.picture and stops:
            strip = Image.new("RGB", (len(stops), 1))
            strip.putdata([tuple(bytes.fromhex(colour[1:])) for colour in stops])
            how = Image.Resampling.BILINEAR
            filled = strip.resize((round(self.width), _SWATCH), how)
            self.picture.paste(filled, (round(self.x), round(self.y)))
        self.y += _SWATCH + 3
        if self.draw:
            right = self.x + self.width - _font(12).getlength(high)
            self.draw.text((self.x, self.y), low, INK, _font(12))
            self.draw.text((right, self.y), high, INK, _font(12))
        self.y += round(12 * _LINE)

    def scale(self, ground_m: float) -> None:
        """Draw a scale bar of a round length, at most as wide as there is room.

        Args:
            ground_m: metres on the ground per pixel.
        """
        metres = round_length(ground_m * self.width)
        length = metres / ground_m
        if self.draw:
            bottom = self.y + 22
            points = [
                (self.x, bottom - 6),
                (self.x, bottom),
                (self.x + length, bottom),
                (self.x + length, bottom - 6),
            ]
            self.draw.line(points, INK, 2)
            self.draw.text((self.x + 5, self.y), said_length(metres), INK, _font(12))
        self.y += 28


def round_length(most_m: float) -> float:
    """Return the longest of 1, 2, 5, 10, 20 … metres (or parts of one) up to a length."""
    power = 10.0 ** (len(f"{int(most_m)}") - 1) if most_m >= 1 else 0.1
    return max((step * power for step in (1, 2, 5) if step * power <= most_m), default=power)


def said_length(metres: float) -> str:
    """Return a length as people say it."""
    return f"{metres / 1000:,g} km" if metres >= 1000 else f"{metres:g} m"


def legend(pen: Pen, found: Mapping[str, Any]) -> None:
    """Write a legend as the route gives it.

    Args:
        pen: where.
        found: the JSON of `/legend`.
    """
    pen.text(str(found["title"]), 14)
    if found.get("note"):
        pen.text(str(found["note"]), 11, FAINT)
    pen.space(3)
    unit = f" {found['unit']}" if found.get("unit") else ""
    for item in found.get("entries") or ():
        pen.entry(str(item["colour"]), str(item["label"]))
    for item in found.get("channels") or ():
        limits = f"{item['low']:g} to {item['high']:g}".replace("-", "−")
        pen.entry(str(item["colour"]), f"{item['label']}: {limits}")
    if found.get("channels") and unit:
        pen.text(unit.strip(), 11, FAINT)
    if ramp := found.get("ramp"):
        low, high = (f"{ramp[end]:g}{unit}".replace("-", "−") for end in ("low", "high"))
        pen.ramp(ramp["colours"], low, high)
    if found.get("formula"):
        pen.text(str(found["formula"]), 11, FAINT)
