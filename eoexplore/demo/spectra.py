"""Spectra and radar backscatter of what covers the ground, per season.

A few pure spectra (bottom-of-atmosphere digital numbers, 10,000 = reflectance 1) are mixed into
materials, each season with its own recipe. Levels follow genuine reBEN patches: the class means
of the one patch with a published reference map, and the training means of the whole dataset.
"""

import functools

import numpy as np

from eoexplore.demo.noise import Floats

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")

PURE = {
    "leaf": (230, 270, 640, 320, 1080, 3500, 4350, 4550, 4650, 4600, 2150, 1000),
    "grass": (260, 300, 640, 430, 1080, 2750, 3300, 3480, 3600, 3560, 2150, 1120),
    "canopy": (185, 185, 410, 205, 720, 2850, 3600, 3800, 3870, 3840, 1720, 760),
    "needle": (165, 165, 330, 185, 540, 1950, 2480, 2650, 2720, 2720, 1200, 520),
    "evergreen": (250, 270, 450, 360, 800, 1850, 2200, 2330, 2450, 2450, 1650, 880),
    "dry": (480, 620, 960, 1230, 1680, 2080, 2280, 2430, 2620, 2650, 3350, 2250),
    "straw": (560, 760, 1150, 1500, 1930, 2230, 2430, 2600, 2780, 2800, 3600, 2600),
    "loam": (430, 540, 790, 1010, 1270, 1430, 1540, 1660, 1750, 1780, 2450, 2130),
    "pale soil": (640, 850, 1260, 1650, 1960, 2120, 2250, 2400, 2530, 2560, 3250, 2800),
    "red soil": (360, 470, 760, 1300, 1620, 1790, 1930, 2060, 2200, 2230, 3080, 2620),
    "twigs": (280, 310, 460, 520, 760, 1120, 1280, 1420, 1520, 1560, 1620, 1000),
    "heather": (270, 310, 470, 540, 830, 1480, 1720, 1870, 1980, 2000, 2050, 1250),
    "reed": (300, 350, 590, 600, 980, 1750, 2020, 2180, 2280, 2300, 2050, 1180),
    "clear sea": (360, 300, 220, 110, 90, 80, 75, 70, 65, 60, 40, 30),
    "plume": (520, 600, 800, 590, 460, 240, 220, 180, 150, 130, 60, 45),
    "lake": (300, 280, 290, 150, 120, 95, 90, 85, 75, 70, 45, 35),
    "river": (520, 640, 800, 620, 520, 360, 330, 300, 270, 260, 140, 100),
    "green water": (320, 330, 450, 300, 310, 220, 210, 195, 170, 160, 85, 60),
    "mud": (480, 560, 760, 830, 920, 960, 980, 980, 960, 950, 780, 540),
    "sand": (950, 1200, 1640, 1980, 2220, 2360, 2470, 2600, 2700, 2760, 3400, 3050),
    "salt": (2300, 2700, 3150, 3350, 3450, 3400, 3350, 3300, 3150, 3000, 1500, 1000),
    "tile roof": (520, 620, 920, 1400, 1680, 1830, 1930, 2060, 2130, 2160, 2450, 2150),
    "bright roof": (1700, 2050, 2250, 2350, 2430, 2480, 2530, 2680, 2600, 2620, 2550, 2250),
    "asphalt": (600, 700, 840, 930, 1010, 1080, 1130, 1220, 1230, 1260, 1450, 1300),
    "rock": (640, 760, 930, 1060, 1140, 1190, 1230, 1300, 1340, 1370, 1700, 1550),
    "shade": (150, 110, 120, 75, 130, 300, 360, 380, 380, 370, 190, 90),
    "snow": (8000, 8500, 8650, 8650, 8700, 8500, 8300, 8250, 7900, 7300, 820, 640),
    "cloud": (7200, 7300, 7200, 7300, 7400, 7500, 7500, 7700, 7500, 7600, 4700, 3900),
}
"""Digital numbers in the order of `BANDS`."""

SEASONS = ("upland summer", "upland winter", "coast summer", "coast spring")

_ANY = {
    "clear sea": "clear sea", "plume": "plume .8, clear sea .2", "lake": "lake .75, shade .25",
    "river": "river", "estuary": "green water .7, clear sea .3", "turbid": "plume .6, mud .25",
    "rice water": "green water .6, mud .3", "mud": "mud", "wet sand": "sand .45, mud .5",
    "sand": "sand", "salt": "salt .6, mud .3", "brine": "green water .5, mud .45",
    "tile roof": "tile roof", "bright roof": "bright roof", "asphalt": "asphalt",
    "dark roof": "asphalt .6, rock .2, shade .2", "rock": "rock", "scree": "rock .7, dry .2",
    "gravel": "rock .8, sand .2", "shadow": "shade", "track": "pale soil .6, dry .3",
    "burnt": "shade .55, twigs .3, loam .15",
}  # fmt: skip
"""Materials that look alike all year."""

_BY_SEASON: dict[str, tuple[str, str, str, str]] = {
    # upland summer, upland winter, coast summer, coast spring
    "cereal": (
        "leaf .3, straw .55, dry .1", "leaf .25, loam .6",
        "straw .8, pale soil .2", "leaf .9",
    ),
    "cereal late": (
        "leaf .7, straw .2", "loam .7, leaf .1, dry .1",
        "straw .5, red soil .45", "leaf .55, grass .3, loam .1",
    ),
    "maize": (
        "leaf .95", "loam .6, straw .25",
        "leaf .85, red soil .1", "red soil .55, pale soil .4",
    ),
    "maize late": (
        "leaf .5, loam .45", "loam .8, dry .1",
        "leaf .55, red soil .4", "red soil .8, grass .15",
    ),
    "oilseed": (
        "straw .6, leaf .3", "leaf .4, loam .45",
        "straw .7, pale soil .2", "leaf .8, straw .2",
    ),
    "root": ("leaf .85, loam .1", "loam .9", "leaf .6, pale soil .35", "leaf .3, red soil .6"),
    "ley": ("leaf .8, grass .2", "grass .45, dry .35", "grass .5, dry .45", "leaf .85, grass .1"),
    "fallow": (
        "loam .6, grass .35", "loam .65, dry .25",
        "pale soil .5, dry .45", "grass .6, red soil .3",
    ),
    "bare": (
        "pale soil .45, loam .5", "loam .95",
        "red soil .5, pale soil .45", "red soil .7, loam .2",
    ),
    "meadow": (
        "leaf .75, grass .25", "grass .45, dry .4",
        "grass .25, dry .65", "leaf .7, grass .3",
    ),
    "cut meadow": ("grass .6, leaf .2, dry .2", "grass .3, dry .55", "dry .9", "grass .9"),
    "pasture": (
        "grass .65, leaf .25, dry .1", "grass .35, dry .5",
        "dry .8, grass .15", "grass .75, leaf .2",
    ),
    "dry grass": (
        "grass .5, dry .45", "dry .8, grass .1",
        "dry .7, straw .25", "grass .75, dry .2",
    ),
    "alpine grass": (
        "grass .65, dry .25, rock .1", "dry .75, rock .15",
        "dry .7, rock .2", "grass .5, dry .3",
    ),
    "rice": ("leaf .9", "mud .6", "leaf .85, grass .1", "green water .55, mud .4"),
    "broad-leaved": (
        "canopy .97, leaf .08", "twigs .75, dry .15",
        "evergreen .75, canopy .2", "canopy .6, evergreen .35",
    ),
    "young broad-leaved": (
        "canopy .7, leaf .3", "twigs .6, dry .3",
        "evergreen .6, dry .25", "canopy .5, grass .35",
    ),
    "shaded broad-leaved": (
        "canopy .72, shade .28", "twigs .6, shade .35",
        "evergreen .7, shade .3", "evergreen .6, shade .3",
    ),
    "conifer": (
        "needle .95", "needle .75, shade .2",
        "needle .75, evergreen .2", "needle .75, evergreen .2",
    ),
    "shaded conifer": (
        "needle .65, shade .35", "needle .5, shade .5",
        "needle .7, shade .3", "needle .7, shade .3",
    ),
    "pine": (
        "needle .7, evergreen .3", "needle .6, evergreen .3",
        "needle .5, evergreen .3, dry .15", "needle .55, evergreen .35",
    ),
    "oak": ("canopy .8", "twigs .7", "evergreen .85, dry .1", "evergreen .85, grass .1"),
    "clearing": (
        "grass .4, twigs .3, dry .25", "twigs .4, dry .5",
        "dry .7, pale soil .25", "grass .5, dry .3",
    ),
    "shrub": (
        "canopy .55, grass .4, heather .1", "twigs .5, dry .4",
        "evergreen .55, dry .4", "evergreen .55, grass .35",
    ),
    "heath": (
        "heather .65, grass .3", "heather .6, dry .3",
        "heather .5, evergreen .35", "heather .45, evergreen .35, leaf .1",
    ),
    "maquis": (
        "evergreen .6, dry .3", "evergreen .6, dry .3",
        "evergreen .65, dry .2, pale soil .1", "evergreen .7, grass .2",
    ),
    "vine": (
        "leaf .55, loam .3", "twigs .5, loam .4",
        "leaf .45, red soil .5", "twigs .25, grass .4, red soil .3",
    ),
    "orchard": (
        "canopy .6, grass .35", "twigs .6, grass .3",
        "evergreen .6, red soil .3", "canopy .5, grass .4",
    ),
    "olive": (
        "evergreen .6, dry .3", "evergreen .6, dry .3",
        "evergreen .6, pale soil .35", "evergreen .6, grass .3",
    ),
    "garden": (
        "leaf .45, canopy .35", "twigs .45, grass .35",
        "evergreen .5, dry .25, rock .2", "grass .5, evergreen .4",
    ),
    "reed": ("reed .8, leaf .15", "reed .4, dry .5", "reed .7, leaf .15", "reed .7, leaf .1"),
    "sedge": ("reed .5, grass .4", "dry .65, reed .25", "reed .7, dry .2", "reed .5, grass .4"),
    "peat": (
        "heather .5, reed .35, shade .1", "heather .5, dry .3, shade .15",
        "heather .7", "heather .7",
    ),
    "salt marsh": (
        "reed .8, mud .2", "reed .6, mud .4",
        "reed .75, leaf .1, mud .1", "reed .7, mud .1, leaf .2",
    ),
    "dune": (
        "sand .5, dry .4", "sand .5, dry .4",
        "sand .3, dry .35, evergreen .3", "sand .3, grass .4, dry .2",
    ),
}  # fmt: skip
"""Materials with a season: a recipe for each of `SEASONS`."""

MATERIALS = (*_ANY, *_BY_SEASON)
"""Every material; its position is its number in the arrays of the land."""

NUMBER = {name: number for number, name in enumerate(MATERIALS)}

_RADAR = {
    "clear sea": (-17, -27), "plume": (-18, -28), "lake": (-20.5, -28.5), "river": (-18, -27),
    "estuary": (-19, -28), "turbid": (-19.5, -28.5), "rice water": (-17, -25), "mud": (-15, -25),
    "wet sand": (-16, -26), "sand": (-15.5, -25), "salt": (-15, -24), "brine": (-18, -26.5),
    "tile roof": (-4.8, -12.3), "bright roof": (-3.5, -11.5), "asphalt": (-11, -20),
    "dark roof": (-5, -12.5), "rock": (-10, -18.5), "scree": (-10.5, -19),
    "gravel": (-10.5, -20), "shadow": (-12, -19), "track": (-12, -20), "burnt": (-11.5, -19.5),
    "cereal": (-12.6, -19), "cereal late": (-11.2, -18), "maize": (-9.6, -15.8),
    "maize late": (-10.4, -17.4), "oilseed": (-10.2, -15.6), "root": (-9.8, -16.2),
    "ley": (-11.4, -18.2), "fallow": (-12, -20.5), "bare": (-12.2, -22), "meadow": (-11.4, -18.6),
    "cut meadow": (-12.4, -20), "pasture": (-11.6, -18.8), "dry grass": (-12.4, -19.6),
    "alpine grass": (-11.2, -18.6), "rice": (-11, -18), "broad-leaved": (-8.7, -14.0),
    "young broad-leaved": (-9.2, -14.8), "shaded broad-leaved": (-9, -14.4),
    "conifer": (-9.2, -14.9), "shaded conifer": (-9.6, -15.4), "pine": (-9.6, -15.2),
    "oak": (-9.4, -15), "clearing": (-10.8, -17.6), "shrub": (-10, -16), "heath": (-10.8, -17.4),
    "maquis": (-10.4, -16.6), "vine": (-10.8, -17.4), "orchard": (-9.8, -15.6),
    "olive": (-9.9, -16), "garden": (-9.4, -15.4), "reed": (-10.2, -17.2), "sedge": (-11, -18.2),
    "peat": (-11.2, -18.6), "salt marsh": (-12, -20.2), "dune": (-13.4, -22),
}  # fmt: skip
"""Mean backscatter in dB: VV, VH."""


def recipe(text: str) -> Floats:
    """Return the spectrum of a mixture such as "leaf .6, loam .4"; shares may add up to less."""
    total = np.zeros(len(BANDS), np.float32)
    for part in text.split(", "):
        name, _, share = part.rpartition(" .")
        weight = float(f"0.{share}") if name else 1.0
        total += np.float32(weight) * np.asarray(PURE[name or part], np.float32)
    return total


@functools.cache
def reflectance(season: str) -> Floats:
    """Return the spectra of all materials in a season, shape (material, band)."""
    column = SEASONS.index(season)
    recipes = [*_ANY.values(), *(by[column] for by in _BY_SEASON.values())]
    return np.stack([recipe(text) for text in recipes])


@functools.cache
def backscatter(season: str) -> Floats:
    """Return the linear backscatter of all materials in a season, shape (material, VV and VH)."""
    decibel = np.array([_RADAR[name] for name in MATERIALS], np.float32)
    if season == "upland winter":
        # Bare crowns and frozen ground: less volume scattering, so VH drops more than VV.
        soft = np.array([name in _BY_SEASON for name in MATERIALS])[:, None]
        decibel = decibel - soft * np.array([0.8, 1.5], np.float32)
    return (10 ** (decibel / 10)).astype(np.float32)
