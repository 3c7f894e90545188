"""What Sentinel-2 and Sentinel-1 record of a landscape on one date."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.demo.landscape import Land
from eoexplore.demo.noise import Floats, Window, fractal, gaussian_tile, smooth, step, white
from eoexplore.demo.parameters import Acquisition, Parameters
from eoexplore.demo.shapes import KM
from eoexplore.demo.spectra import BANDS, NUMBER, PURE, backscatter, reflectance

HALO = 2
"""Pixels drawn around a window, because a pixel's light comes from its neighbours too."""
_TALL = np.zeros(len(NUMBER), np.float32)
for _name in ("conifer", "shaded conifer", "pine"):
    _TALL[NUMBER[_name]] = 0.55
for _name in ("broad-leaved", "shaded broad-leaved", "young broad-leaved", "oak"):
    _TALL[NUMBER[_name]] = 0.4
_OPEN_WATER = np.array(
    [NUMBER[name] for name in ("clear sea", "plume", "lake", "river", "estuary", "turbid")]
)
_CORNERS = np.zeros(len(NUMBER), np.float32)
for _name in ("tile roof", "bright roof", "dark roof"):
    _CORNERS[NUMBER[_name]] = 1.0


@dataclass(frozen=True)
class Tiles:
    """Periodic white noise shared by all windows of a dataset."""

    normal: Floats
    speckle: Floats

    @classmethod
    def make(cls, seed: int, looks: float) -> "Tiles":
        """Draw the tiles."""
        speckle = np.random.default_rng(seed + 1).gamma(looks, 1 / looks, (1024, 1024))
        return cls(gaussian_tile(seed), speckle.astype(np.float32))


@dataclass(frozen=True)
class View:
    """A window of a landscape on one date, with a halo.

    Attributes:
        land: the landscape.
        origin: row and column of the landscape's first pixel in the frame.
        window: what is wanted, without the halo.
        date: when.
        number: offset of the noise tiles, so that no two dates share their noise.
        seed: of the scene.
    """

    land: Land
    origin: tuple[int, int]
    window: Window
    date: Acquisition
    number: int
    seed: int

    @property
    def wide(self) -> Window:
        """The window with its halo."""
        w = self.window
        return Window(w.row - HALO, w.column - HALO, w.height + 2 * HALO, w.width + 2 * HALO)

    def take(self, field: npt.NDArray[np.generic]) -> npt.NDArray[np.generic]:
        """Return a field of the land inside the wide window."""
        top, left = self.wide.row - self.origin[0], self.wide.column - self.origin[1]
        return field[top : top + self.wide.height, left : left + self.wide.width]


@dataclass(frozen=True)
class Optical:
    """Twelve bands on the 10 m grid, and where snow or cloud hides the ground."""

    bands: npt.NDArray[np.float32]
    snow: npt.NDArray[np.bool_]
    cloud: npt.NDArray[np.bool_]


def optical(view: View, parameters: Parameters, tiles: Tiles) -> Optical:
    """Simulate the 12 bands of Sentinel-2 on the 10 m grid, shape (band, row, column)."""
    first, second = view.take(view.land.first), view.take(view.land.second)
    mix = view.take(view.land.mix).astype(np.float32)[..., None] / 255
    table = reflectance(view.date.season)
    scene = table[first]
    scene += mix * (table[second] - scene)
    light = view.take(view.land.gain).astype(np.float32) / 128 * _sunlight(view)
    scene *= light[..., None]
    snow = _snow(view, first)
    scene += snow[..., None] * (np.asarray(PURE["snow"], np.float32) - scene)
    cloud = _clouds(view, scene)
    _spread(scene, parameters.blur)
    relative, absolute = parameters.noise
    bands = np.empty((len(BANDS), *view.window.shape), np.float32)
    inner = (slice(HALO, -HALO), slice(HALO, -HALO))
    for number in range(len(BANDS)):
        noise = white(view.window, tiles.normal, 17 * view.number + number)
        band = scene[*inner, number]
        bands[number] = np.maximum(band * (1 + relative * noise) + absolute * noise, 1)
    return Optical(bands, snow[inner] > 0.3, cloud[inner] > 0.25)


def _sunlight(view: View) -> Floats:
    """Return the brightness of slopes relative to flat ground; the sun stands in the south-east."""
    elevation = view.take(view.land.elevation)
    south, east = np.gradient(elevation, 10.0)
    # Half of the light on a slope comes from the whole sky where the sun is low.
    tangent = min(np.tan(np.radians(view.date.sun)), 1.3)
    light = 1 + tangent * (0.5 * -east + 0.87 * -south)
    return np.asarray(np.clip(light, 0.4, 1.5), np.float32)


def _snow(view: View, first: npt.NDArray[np.generic]) -> Floats:
    if view.date.snow_line is None:
        return np.zeros(view.wide.shape, np.float32)
    height: Floats = view.take(view.land.elevation).astype(np.float32)
    height = height + 28 * smooth(view.wide, 24, view.seed + 301)
    lying = step(view.date.snow_line - 25, view.date.snow_line + 45, height)
    return np.asarray(0.9 * lying * (1 - _TALL[first]), np.float32)


def _clouds(view: View, scene: npt.NDArray[np.float32]) -> Floats:
    """Put clouds and their shadows into a scene, and return where the ground is hidden."""
    hidden = np.zeros(view.wide.shape, np.float32)
    for x, y, radius in view.date.cloud:
        near = abs(view.wide.column / KM - x) < 15 and abs(view.wide.row / KM - y) < 6
        if not near:
            continue
        shade = _cloud(view, (x, y, radius), (22, -34))
        scene *= 1 - 0.6 * shade[..., None]
        thick = _cloud(view, (x, y, radius), (0, 0))
        scene += thick[..., None] * (np.asarray(PURE["cloud"], np.float32) - scene)
        hidden = np.maximum(hidden, np.maximum(thick, 0.6 * shade))
    return hidden


def _cloud(view: View, place: tuple[float, float, float], shift: tuple[int, int]) -> Floats:
    w = view.wide
    window = Window(w.row + shift[0], w.column + shift[1], w.height, w.width)
    x, y, radius = place
    distance = np.hypot(window.x / KM - x, window.y / KM - y) / radius
    puffs = fractal(window, 46, view.seed + 310, 5, 0.55)
    return step(0.1, 1.0, (0.75 - distance + 0.75 * puffs).astype(np.float32))


def _spread(scene: npt.NDArray[np.float32], share: float) -> None:
    """Blur in place: the sensor's point spread mixes neighbouring pixels."""
    for axis in (0, 1):
        lower = np.roll(scene, 1, axis)
        lower += np.roll(scene, -1, axis)
        scene *= 1 - 2 * share
        scene += share * lower


def at_resolution(band: Floats, factor: int) -> npt.NDArray[np.uint16]:
    """Return a band at a coarser pixel: the mean of the 10 m scene, rounded."""
    rows, columns = band.shape[0] // factor, band.shape[1] // factor
    mean = band.reshape(rows, factor, columns, factor).mean(axis=(1, 3))
    return np.asarray(np.clip(np.rint(mean), 1, 20_000), np.uint16)


def radar(view: View, tiles: Tiles) -> npt.NDArray[np.float32]:
    """Simulate Sentinel-1 VV and VH in decibel, shape (band, row, column)."""
    first, second = view.take(view.land.first), view.take(view.land.second)
    mix = view.take(view.land.mix).astype(np.float32)[..., None] / 255
    table = backscatter(view.date.season)
    power = table[first]
    power += mix * (table[second] - power)
    east = np.gradient(view.take(view.land.elevation), 10.0, axis=1)
    # Slopes that face the radar (it looks from the west) return more.
    power *= 10 ** np.clip(1.1 * east, -0.5, 0.6).astype(np.float32)[..., None]
    rough = 1 + 0.18 * smooth(view.wide, 45, view.seed + 320)
    power *= np.maximum(rough, 0.4)[..., None]
    corners = _CORNERS[first] + mix[..., 0] * (_CORNERS[second] - _CORNERS[first])
    spiky = np.exp(corners * white(view.wide, tiles.normal, 5 + view.number))
    inner = (slice(HALO, -HALO), slice(HALO, -HALO))
    bands = np.empty((2, *view.window.shape), np.float32)
    for number in range(2):
        grain = white(view.wide, tiles.speckle, 40 + 2 * view.number + number)
        band = (power[..., number] * spiky * grain)[..., None]
        _spread(band, 0.13)
        bands[number] = 10 * np.log10(np.maximum(band[*inner, 0], 10**-3.6))
    return bands
