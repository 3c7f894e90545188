"""How far apart two colours look, and what they look like to colour-blind readers.

Distances are CIEDE2000 (Sharma, Wu and Dalal 2005, doi 10.1002/col.20070) between CIELAB colours
of sRGB under D65. Colour blindness is simulated in full strength by two independent models:
Viénot, Brettel and Mollon 1999 (protanopia, deuteranopia) with Brettel, Viénot and Mollon 1997
(tritanopia), and Machado, Oliveira and Fernandes 2009 at severity 1.
"""

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

_XYZ = np.array(
    [
        [0.4124564, 0.3575761, 0.1804375],
        [0.2126729, 0.7151522, 0.0721750],
        [0.0193339, 0.1191920, 0.9503041],
    ]
)
"""Linear sRGB to XYZ (IEC 61966-2-1); its rows add up to the white point, D65."""
_PLANES = {
    "protanopia": [[0.11238, 0.88762, 0], [0.11238, 0.88762, 0], [0.00401, -0.00401, 1]],
    "deuteranopia": [[0.29275, 0.70725, 0], [0.29275, 0.70725, 0], [-0.02234, 0.02234, 1]],
}
"""Viénot 1999 on linear sRGB: to a plane of the colours that both kinds of eye see alike."""
_TRITAN = (
    [[1.01277, 0.13548, -0.14826], [-0.01243, 0.86812, 0.14431], [0.07589, 0.80500, 0.11911]],
    [[0.93678, 0.18979, -0.12657], [0.06154, 0.81526, 0.12320], [-0.37562, 1.12767, 0.24796]],
)
_TRITAN_NORMAL = np.array([0.03901, -0.02788, -0.01113])
"""Brettel 1997 on linear sRGB: two half planes; the sign along the normal tells which."""
_MACHADO = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
SIGHTS = (
    "normal",
    "protanopia",
    "deuteranopia",
    "tritanopia",
    "protanopia (Machado)",
    "deuteranopia (Machado)",
    "tritanopia (Machado)",
)
"""Whose eyes `as_seen` knows."""


def as_seen(rgb: npt.ArrayLike, sight: str) -> Floats:
    """Return what colours look like to someone.

    Args:
        rgb: sRGB, 0 to 255, shape (..., 3).
        sight: one of SIGHTS.

    Returns:
        sRGB, 0 to 255, shape (..., 3).
    """
    light = _linear(np.asarray(rgb, float) / 255)
    kind, _, machado = sight.partition(" ")
    if machado:
        light = light @ np.array(_MACHADO[kind]).T
    elif kind == "tritanopia":
        first, second = (light @ np.array(plane).T for plane in _TRITAN)
        light = np.where((light @ _TRITAN_NORMAL >= 0)[..., None], first, second)
    elif kind != "normal":
        light = light @ np.array(_PLANES[kind]).T
    return _encoded(np.clip(light, 0, 1)) * 255


def _linear(encoded: Floats) -> Floats:
    return np.where(encoded <= 0.04045, encoded / 12.92, ((encoded + 0.055) / 1.055) ** 2.4)


def _encoded(linear: Floats) -> Floats:
    return np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)


def lab(rgb: npt.ArrayLike) -> Floats:
    """Return CIELAB (D65) of sRGB colours, 0 to 255, shape (..., 3)."""
    share = _linear(np.asarray(rgb, float) / 255) @ _XYZ.T / _XYZ.sum(axis=1)
    bend = 6 / 29
    root = np.where(share > bend**3, np.cbrt(share), share / (3 * bend**2) + 4 / 29)
    x, y, z = np.moveaxis(root, -1, 0)
    return np.stack([116 * y - 16, 500 * (x - y), 200 * (y - z)], axis=-1)


def difference(one: npt.ArrayLike, other: npt.ArrayLike) -> Floats:
    """Return the CIEDE2000 differences of CIELAB colours, shapes (..., 3) that broadcast."""
    l1, a1, b1 = np.moveaxis(np.asarray(one, float), -1, 0)
    l2, a2, b2 = np.moveaxis(np.asarray(other, float), -1, 0)
    stretch = 1.5 - 0.5 * _saturation((np.hypot(a1, b1) + np.hypot(a2, b2)) / 2)
    c1, c2 = np.hypot(stretch * a1, b1), np.hypot(stretch * a2, b2)
    h1 = np.degrees(np.arctan2(b1, stretch * a1)) % 360
    h2 = np.degrees(np.arctan2(b2, stretch * a2)) % 360
    grey = c1 * c2 == 0
    turn = np.where(grey, 0, (h2 - h1 + 180) % 360 - 180)
    # Exactly opposite hues turn forward, as in the paper.
    turn = np.where((turn == -180) & (h2 > h1), 180, turn)
    hue = np.where(grey, h1 + h2, _mean_hue(h1, h2))
    return _weighted(
        (l2 - l1, c2 - c1, 2 * np.sqrt(c1 * c2) * np.sin(np.radians(turn / 2))),
        ((l1 + l2) / 2, (c1 + c2) / 2, hue),
    )


def _saturation(chroma: Floats) -> Floats:
    return np.sqrt(chroma**7 / (chroma**7 + 25.0**7))


def _mean_hue(h1: Floats, h2: Floats) -> Floats:
    total = h1 + h2
    round_the_circle = np.where(total < 360, (total + 360) / 2, (total - 360) / 2)
    return np.where(np.abs(h1 - h2) <= 180, total / 2, round_the_circle)


def _weighted(delta: tuple[Floats, Floats, Floats], mean: tuple[Floats, Floats, Floats]) -> Floats:
    """Return the weighted length of a step in lightness, chroma and hue around a mean colour."""
    light, chroma, hue = mean
    waves = (
        1
        - 0.17 * np.cos(np.radians(hue - 30))
        + 0.24 * np.cos(np.radians(2 * hue))
        + 0.32 * np.cos(np.radians(3 * hue + 6))
        - 0.20 * np.cos(np.radians(4 * hue - 63))
    )
    off = (light - 50) ** 2
    by_light = delta[0] / (1 + 0.015 * off / np.sqrt(20 + off))
    by_chroma = delta[1] / (1 + 0.045 * chroma)
    by_hue = delta[2] / (1 + 0.015 * chroma * waves)
    blue = 30 * np.exp(-(((hue - 275) / 25) ** 2))
    turned = -2 * _saturation(chroma) * np.sin(np.radians(2 * blue)) * by_chroma * by_hue
    square: Floats = by_light**2 + by_chroma**2 + by_hue**2 + turned
    return np.sqrt(np.maximum(square, 0))


def nearest(rgb: npt.ArrayLike, sight: str = "normal") -> float:
    """Return the smallest CIEDE2000 difference between any two of some colours, shape (n, 3)."""
    seen = lab(as_seen(rgb, sight))
    first, second = np.triu_indices(len(seen), 1)
    return float(difference(seen[first], seen[second]).min())
