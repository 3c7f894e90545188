"""Lines of Python that make one pixel's colour from its values, exactly as `paint` does.

They need numpy alone and begin where `values` holds the stored value of each band.
"""

import numpy as np

from eoexplore.render.indices import BANDS, REFLECTANCE, Index
from eoexplore.render.ramps import stops
from eoexplore.render.styles import Channel, Options, Style

_SHARE = "(value - low) * 255 / (high - low)"


def script(style: Style, stored: np.dtype[np.generic]) -> list[str]:
    """Return lines that end with `rgb`, three levels from 0 to 255.

    Args:
        style: a style of pictures, with its ranges in place.
        stored: type of the stored values.
    """
    whole = stored == np.uint16 and all(c.index is None and c.minus is None for c in style.channels)
    lines = [f"# {style.title}: {_stretch(style)}"]
    for channel in style.channels:
        if channel.index is not None:
            lines += _index_lines(channel.index)
    lines += _level_lines(style.options, whole)
    levels = [_level(channel, whole) for channel in style.channels]
    if len(levels) > 1:
        return [*lines, "rgb = (", *(f"    {level}," for level in levels), ")"]
    (channel,) = style.channels
    if style.ramp in (None, "grey"):
        return [*lines, f"rgb = ({levels[0]},) * 3"]
    return [*lines, *_ramp_lines(style, channel, levels[0])]


def _stretch(style: Style) -> str:
    parts = ["low becomes level 0, high level 255, what lies between in proportion"]
    if style.percentiles is not None:
        low, high = style.percentiles
        parts.append(f"low and high are percentiles {low:g} and {high:g} of the dataset")
    if style.options.gamma != 1:
        parts.append(f"gamma {style.options.gamma:g}")
    if style.options.inverse:
        parts.append("inverted")
    return "; ".join(parts)


def _level_lines(options: Options, whole: bool) -> list[str]:
    """Return the definition of `level`: by a table for whole numbers, else in 32-bit floats."""
    curve = [f"    share = (np.clip(share, 0, 255) / 255) ** (1 / {options.gamma!r}) * 255"]
    lines = ["def level(value, low, high):"]
    if whole:
        lines += [f"    share = {_SHARE.replace('value', 'np.float64(value)')}"]
        lines += curve if options.gamma != 1 else []
    else:
        lines += ["    scale = np.float32(255 / (high - low))"]
        lines += ["    share = (np.float32(value) - np.float32(low)) * scale"]
        if options.gamma != 1:
            lines += [
                "    fine = np.clip(share * np.float32(257) + np.float32(0.5), 0, 65535)",
                "    share = np.floor(np.float64(fine)) * 255 / 65535",
                *curve,
            ]
    half = "0.5" if whole or options.gamma != 1 else "np.float32(0.5)"
    found = f"int(np.clip(share + {half}, 0, 255))"
    return ["", *lines, f"    return {'255 - ' if options.inverse else ''}{found}", ""]


def _level(channel: Channel, whole: bool) -> str:
    if channel.index is not None:
        value = "index"
    elif channel.minus is not None:
        first, second = (f'np.float32(values["{b}"])' for b in (channel.band, channel.minus))
        value = f"{first} - {second}"
    else:
        value = f'values["{channel.band}"]'
    low, high = (float(limit) if not whole else limit for limit in (channel.low, channel.high))
    return f"level({value}, low={low!r}, high={high!r})"


def _index_lines(index: Index) -> list[str]:
    """Return the lines that compute a spectral index from reflectances."""
    names = [(short, band) for short, band in BANDS.items() if band in index.bands]
    lines = [f"# {index.name}, {index.title}: {index.formula}"]
    for short, band in names:
        lines.append(
            f'{short} = np.array([values["{band}"]], np.float32) / np.float32({REFLECTANCE})'
        )
    lines += [f"{name} = np.float32({value!r})" for name, value in index.constants.items()]
    return [
        *lines,
        'with np.errstate(all="ignore"):',
        f"    index = np.float32(({index.formula.strip()})[0])",
    ]


def _ramp_lines(style: Style, channel: Channel, level: str) -> list[str]:
    assert style.ramp is not None
    low, high = float(channel.low), float(channel.high)
    at = "np.linspace(0, 1, 256)"
    if style.ramp == "diverging":
        # Keeps its middle at 0.
        reach = max(abs(low), abs(high)) or 1.0
        at = f"0.5 + 0.5 * np.linspace({low!r}, {high!r}, 256) / {reach!r}"
    listed = ", ".join(f'"{stop}"' for stop in stops(style.ramp))
    return [
        f"stops = [{listed}]",
        "stops = np.array([[int(stop[i : i + 2], 16) for i in (1, 3, 5)] for stop in stops])",
        f"place = ({at})[{level}] * (len(stops) - 1)",
        "rgb = tuple(int(np.rint(np.interp(place, range(len(stops)), band))) for band in stops.T)",
    ]
