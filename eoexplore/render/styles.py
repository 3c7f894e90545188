"""How one layer is shown: bands, colours and range, written as a short text.

`name[~option]…`, such as `true_colour`, `band.B05~p2..98`, `index.NDVI~r-0.2..0.9~g0.8~inv`,
`clc19~line` or `clc3~not311.312`:

- `rLOW..HIGH` range of all channels, in the layer's unit
- `pLOW..HIGH` range by percentiles of the whole dataset
- `gGAMMA` brightens the middle above 1 and darkens it below; 0.1 to 10
- `inv` exchanges the ends
- `line` outlines of the classes instead of filled areas
- `onlyCODE.CODE`, `notCODE.CODE` classes that are shown or hidden, by code
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from eoexplore.render.indices import Index
from eoexplore.render.ramps import RampName

Pair = tuple[float, float]
_NUMBER = r"-?\d{1,7}(?:\.\d{1,6})?"
_RANGE = re.compile(rf"([rp])({_NUMBER})\.\.({_NUMBER})", re.ASCII)
_GAMMA = re.compile(r"g(\d{1,2}(?:\.\d{1,4})?)", re.ASCII)
_CODES = re.compile(r"(only|not)(\d{1,5}(?:\.\d{1,5}){0,80})", re.ASCII)
_GAMMAS = (0.1, 10.0)
MOST_CHARACTERS = 600
"""Longest style text that is read."""


@dataclass(frozen=True)
class Channel:
    """One of the red, green and blue channels of a picture, or its only one."""

    band: str
    """Name of the band that is shown; of an index, its name."""
    low: float
    """Value shown as 0, in the unit of the layer."""
    high: float
    """Value shown as 255."""
    minus: str | None = None
    """Name of a band to subtract first; none shows the band itself."""
    index: Index | None = None
    """The spectral index that is shown instead of a band."""

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands that it is made of."""
        if self.index is not None:
            return self.index.bands
        return (self.band,) if self.minus is None else (self.band, self.minus)

    def values(self, bands: Mapping[str, npt.NDArray[np.generic]]) -> npt.NDArray[np.generic]:
        """Return what the channel shows, of the shape of the bands."""
        if self.index is not None:
            return self.index.values(bands)
        if self.minus is None:
            return bands[self.band]
        first, second = (bands[name].astype(np.float32) for name in (self.band, self.minus))
        return first - second


@dataclass(frozen=True)
class Options:
    """What is asked for beyond the name of a style."""

    limits: Pair | None = None
    """Range of all channels, in the layer's unit."""
    percentiles: Pair | None = None
    """Range by percentiles of the dataset, 0 to 100."""
    gamma: float = 1.0
    """Above 1 brightens the middle, below 1 darkens it."""
    inverse: bool = False
    """Whether the ends of the range are exchanged."""
    line: bool = False
    """Whether classes are outlined instead of filled."""
    only: tuple[int, ...] = ()
    """Codes of the classes that are shown; all when empty."""
    without: tuple[int, ...] = ()
    """Codes of classes that are hidden."""

    @property
    def text(self) -> str:
        """The options as they follow a style's name, always in the same order."""
        parts = []
        for letter, pair in (("r", self.limits), ("p", self.percentiles)):
            if pair is not None:
                parts.append(f"{letter}{plain(pair[0])}..{plain(pair[1])}")
        if self.gamma != 1:
            parts.append(f"g{plain(self.gamma)}")
        parts += [word for word, on in (("inv", self.inverse), ("line", self.line)) if on]
        for word, codes in (("only", self.only), ("not", self.without)):
            if codes:
                parts.append(word + ".".join(map(str, codes)))
        return "".join(f"~{part}" for part in parts)


PLAIN = Options()


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
    """Red, green and blue, or one alone; none for a label map, shown by its class colours."""
    bands: tuple[str, ...]
    """Bands that have to be read, each once."""
    gsd_m: float
    """Finest pixel of those bands in metres; coarser bands are repeated to it."""
    group: str = "Composites"
    """Heading that it stands under in a list."""
    help: str = ""
    """One line that says what is shown: bands or a formula."""
    ramp: RampName | None = None
    """Colours of the only channel; none for a picture of three."""
    natural: Pair | None = None
    """Percentiles of the dataset that the range follows where none is asked for."""
    options: Options = field(default=PLAIN)
    """What was asked for beyond the name."""

    @property
    def categorical(self) -> bool:
        """Whether pixels are codes, which are never interpolated."""
        return not self.channels

    @property
    def text(self) -> str:
        """The text that gives this style; equal looks have equal texts."""
        return self.id + self.options.text

    @property
    def percentiles(self) -> Pair | None:
        """Percentiles of the dataset that its ranges follow, until they are put in place."""
        if self.options.limits is not None:
            return None
        return self.options.percentiles or self.natural

    def within(self, limits: tuple[Pair, ...]) -> "Style":
        """Return the style with a range for each channel."""
        pairs = zip(self.channels, limits, strict=True)
        channels = tuple(replace(item, low=low, high=high) for item, (low, high) in pairs)
        return replace(self, channels=channels)

    def asked(self, options: Options) -> "Style":
        """Return the style with some options."""
        found = replace(self, options=options)
        if options.limits is not None and self.channels:
            found = found.within((options.limits,) * len(self.channels))
        return found


def plain(number: float) -> str:
    """Write a number without needless digits and never with an exponent."""
    return f"{number:.6f}".rstrip("0").rstrip(".") or "0"


def read_options(words: list[str], categorical: bool) -> tuple[Options, tuple[str, ...]]:
    """Take the options of a style's text apart.

    Args:
        words: options without their tilde.
        categorical: whether the style shows classes: they have outlines and codes, and no range.

    Returns:
        What could be read, and one sentence for each option that could not.
    """
    options, complaints = PLAIN, []
    for word in words:
        found = _with(options, word, categorical)
        if isinstance(found, str):
            complaints.append(found)
        else:
            options = found
    if options.limits is not None and options.percentiles is not None:
        options = replace(options, percentiles=None)
        complaints.append("A style has one range: the percentiles are left out.")
    return options, tuple(complaints)


def _with(options: Options, word: str, categorical: bool) -> Options | str:
    """Return options with one more, or a sentence that says why it cannot be used."""
    shown = f"{word[:40]!r}"
    found = _of_classes(options, word)
    if found is not None:
        return found if categorical else f"The option {shown} is for classes and is left out."
    found = replace(options, inverse=True) if word == "inv" else None
    found = found or _range(options, word) or _gamma(options, word)
    if found is None:
        return (
            f"The option {shown} is left out. Options: rLOW..HIGH, pLOW..HIGH (0 to 100), g0.1 "
            "to g10, inv, line, onlyCODE.CODE, notCODE.CODE."
        )
    return f"The option {shown} is left out: classes have no range." if categorical else found


def _of_classes(options: Options, word: str) -> Options | None:
    if word == "line":
        return replace(options, line=True)
    match = _CODES.fullmatch(word)
    if match is None:
        return None
    codes = tuple(sorted({int(code) for code in match[2].split(".")}))
    return replace(options, only=codes) if match[1] == "only" else replace(options, without=codes)


def _range(options: Options, word: str) -> Options | None:
    match = _RANGE.fullmatch(word)
    if match is None:
        return None
    low, high = float(match[2]), float(match[3])
    if low >= high:
        return None
    if match[1] == "r":
        return replace(options, limits=(low, high))
    return replace(options, percentiles=(low, high)) if low >= 0 and high <= 100 else None


def _gamma(options: Options, word: str) -> Options | None:
    match = _GAMMA.fullmatch(word)
    if match is None or not _GAMMAS[0] <= float(match[1]) <= _GAMMAS[1]:
        return None
    return replace(options, gamma=float(match[1]))
