"""From CORINE polygons to what a satellite sees: parcels, stands, streets, crowns.

The map's polygons are coarse; the cover under them is finer, mixed and uneven, as on the ground.
Every pixel becomes a mixture of two materials and a brightness.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.demo.noise import Floats, Ints, Window, fractal, hash01, smooth, step, voronoi
from eoexplore.demo.nomenclature import Codes
from eoexplore.demo.spectra import NUMBER

Bytes = npt.NDArray[np.uint8]
FARMED = (211, 212, 213, 221, 222, 223, 231, 241, 242, 243, 244)


@dataclass(frozen=True)
class Cover:
    """What lies on the ground, independent of the date.

    Attributes:
        first: number of the first material.
        second: number of the second material.
        mix: share of the second material, 0..255.
        gain: relative brightness, 128 = unchanged.
    """

    first: Bytes
    second: Bytes
    mix: Bytes
    gain: Bytes


@dataclass(frozen=True)
class Fields:
    """Random fields that the cover is drawn from; each of the window's shape, or its pixels.

    Attributes:
        parcel: one random number per parcel.
        state: another one, how far its crop is.
        edge: distance to the parcel's border in pixels.
        fine: noise of unit variance, features of 20 to 60 m.
        mid: noise of unit variance, features of 80 to 300 m.
        stand: one random number per forest stand.
        age: another one.
        pixel: one random number per pixel.
        street: distance to the next street (or dam) in pixels.
        plot: one random number per plot between the streets.
        water: 0..1, turbid to clear.
    """

    parcel: Floats
    state: Floats
    edge: Floats
    fine: Floats
    mid: Floats
    stand: Floats
    age: Floats
    pixel: Floats
    street: Floats
    plot: Floats
    water: Floats

    def at(self, index: Ints) -> "Fields":
        """Return the fields of some pixels, given by flat index."""
        return Fields(*(getattr(self, name).ravel()[index] for name in self.__dataclass_fields__))


Mixture = tuple[npt.NDArray[np.int64] | int, npt.NDArray[np.int64] | int, Floats | float]


@dataclass(frozen=True)
class Parcels:
    """A cadastre: fields in rows, and plots between streets where the land is built up.

    Attributes:
        number: one random number per field.
        state: another one.
        edge: distance to the field's border in pixels.
        x: the field's centre eastwards.
        y: the field's centre southwards.
        street: distance to the next street in pixels.
        plot: one random number per plot.
    """

    number: Floats
    state: Floats
    edge: Floats
    x: Floats
    y: Floats
    street: Floats
    plot: Floats


def parcels(window: Window, seed: int, size: tuple[float, float]) -> Parcels:
    """Divide the land into blocks, and these into rows of fields, each block in its own direction.

    Args:
        window: where.
        seed: of the division.
        size: typical length and width of a field in pixels.
    """
    bend = 9.0
    x = window.x + bend * smooth(window, 70, seed + 1)
    y = window.y + bend * smooth(window, 70, seed + 2)
    blocks = voronoi(x, y, 105, seed + 3, 0.9)
    angle = (np.pi * blocks.key).astype(np.float32)
    scale = (0.7 + 0.8 * hash01(seed + 4, np.arange(blocks.key.size))).astype(np.float32)
    cos, sin = np.cos(angle)[blocks.index], np.sin(angle)[blocks.index]
    u, v = x * cos + y * sin, y * cos - x * sin
    length = (size[0] * scale)[blocks.index]
    row = np.floor(v / length)
    spread = hash01(seed + 5, blocks.index, row.astype(np.int32))
    width = (size[1] * (0.45 + 1.3 * spread)).astype(np.float32)
    place = u / width + 7 * spread
    strip = np.floor(place)
    # One field in three is joined to its neighbour, so widths differ within a row.
    joined = hash01(seed + 6, blocks.index, row.astype(np.int32), strip.astype(np.int32)) < 0.33
    owner = (strip - joined).astype(np.int32)
    number = hash01(seed + 7, blocks.index, row.astype(np.int32), owner)
    along = np.minimum(place - strip, strip + 1 - place) * width
    inner = np.where(joined & (place - strip < 0.5), width, along)
    across = np.minimum(v / length - row, row + 1 - v / length) * length
    centre_u, centre_v = (owner + 0.5 - 7 * spread) * width, (row + 0.5) * length
    along_plot, across_plot = np.floor(u / 8).astype(np.int32), np.floor(v / 13).astype(np.int32)
    street = np.minimum(4 - np.abs(u % 8 - 4), 6.5 - np.abs(v % 13 - 6.5))
    return Parcels(
        number,
        hash01(seed + 8, (number * 2**24).astype(np.int32)),
        np.minimum(inner, across),
        centre_u * cos - centre_v * sin,
        centre_u * sin + centre_v * cos,
        street,
        hash01(seed + 9, blocks.index, across_plot, along_plot),
    )


def land_use(window: Window, code: Codes, ground: Parcels, seed: int) -> Codes:
    """Return the code that each pixel really follows.

    Borders on the ground are finer than the map's, and farmland changes at field borders.
    """
    row = np.arange(window.height, dtype=np.float32)[:, None]
    column = np.arange(window.width, dtype=np.float32)[None]
    dy = row + 2.2 * fractal(window, 22, seed + 1, 3)
    dx = column + 2.2 * fractal(window, 22, seed + 2, 3)
    use = _take(code, dy, dx)
    owner = _take(code, ground.y - window.row, ground.x - window.column)
    # Works and salt pans fill whole fields as well, next to whatever is dry.
    ordered = (*FARMED, 121, 422)
    whole = np.isin(use, ordered) & np.isin(owner, ordered)
    return np.where(whole, owner, use)


def _take(code: Codes, row: Floats, column: Floats) -> Codes:
    i = np.clip(np.rint(row), 0, code.shape[0] - 1).astype(np.int32)
    j = np.clip(np.rint(column), 0, code.shape[1] - 1).astype(np.int32)
    return code[i, j]


def pick(chance: Floats, options: Sequence[tuple[str, float]]) -> npt.NDArray[np.int64]:
    """Return a material per pixel, drawn with the given shares by a number in 0..1."""
    shares = np.cumsum([share for _, share in options])
    numbers = np.array([NUMBER[name] for name, _ in options])
    number = np.minimum(np.searchsorted(shares, chance * shares[-1]), len(numbers) - 1)
    return np.asarray(numbers[number])


_LATER = {"cereal": "cereal late", "maize": "maize late", "ley": "cut meadow", "root": "bare"}
_LATER |= {"meadow": "cut meadow", "pasture": "dry grass", "oilseed": "bare", "rice": "bare"}
_NEXT = np.arange(len(NUMBER))
for _name, _other in _LATER.items():
    _NEXT[NUMBER[_name]] = NUMBER[_other]


def _crops(f: Fields, options: Sequence[tuple[str, float]], trees: float) -> Mixture:
    """Fields with one crop each, at its own stage; rows of trees on some borders."""
    first = pick(f.parcel, options)
    second = _NEXT[first]
    mix = np.clip(f.state**1.3 + 0.05 * f.fine + 0.07 * f.mid, 0, 1)
    hedge = (f.edge < 0.8) & (f.state < trees)
    track = (f.edge < 0.6) & (f.state > 0.82)
    copse = (f.stand < 0.05) & (f.mid + 0.3 * f.fine > 0.5)
    farm = (f.age < 0.035) & (f.fine > 1.2) & ~copse
    wood = hedge | copse
    first = np.select(
        [wood, farm, track], [NUMBER["shrub"], NUMBER["garden"], NUMBER["track"]], first
    )
    second = np.select(
        [wood, farm, track],
        [NUMBER["broad-leaved"], NUMBER["tile roof"], NUMBER["dry grass"]],
        second,
    )
    return first, second, np.where(copse, 0.75, np.where(farm, 0.55, mix))


def _rice(f: Fields) -> Mixture:
    """Basins with more or less water between the plants, low dams."""
    first = np.where(f.edge < 0.5, NUMBER["pasture"], NUMBER["rice"])
    wet = np.where(f.state < 0.12, 0.8, 0.35 * f.state)
    return first, NUMBER["rice water"], np.clip(wet + 0.05 * f.fine, 0, 1)


def _groves(plants: str, others: Sequence[tuple[str, float]]) -> Callable[[Fields], Mixture]:
    def rule(f: Fields) -> Mixture:
        """Rows of plants over soil or grass, field by field of another age."""
        under = pick(f.parcel, others)
        first = np.where(f.edge < 0.6, NUMBER["track"], under)
        return first, NUMBER[plants], np.clip(0.25 + 0.6 * f.state + 0.1 * f.fine, 0, 1)

    return rule


ARABLE = (("cereal", 0.36), ("maize", 0.24), ("root", 0.1), ("oilseed", 0.08), ("ley", 0.16),
          ("fallow", 0.06))  # fmt: skip
IRRIGATED = (("maize", 0.5), ("root", 0.2), ("ley", 0.2), ("fallow", 0.1))
GRAZED = (("meadow", 0.56), ("pasture", 0.26), ("ley", 0.13), ("cereal", 0.05))
SMALL = (("cereal", 0.2), ("maize", 0.14), ("meadow", 0.22), ("ley", 0.12), ("orchard", 0.07),
         ("root", 0.09), ("vine", 0.05), ("garden", 0.06), ("pasture", 0.05))  # fmt: skip


def _complex(f: Fields) -> Mixture:
    first, second, mix = _crops(f, SMALL, 0.25)
    house = (f.pixel < 0.012) & (f.mid > 0.2)
    return np.where(house, NUMBER["tile roof"], first), np.where(house, first, second), mix


def _with_nature(f: Fields) -> Mixture:
    first, second, mix = _crops(f, (*GRAZED, ("cereal", 0.2), ("maize", 0.1)), 0.45)
    wild = f.mid + 0.35 * f.fine > 0.45
    tree = pick(f.stand, (("broad-leaved", 0.5), ("conifer", 0.2), ("shrub", 0.3)))
    second = np.where(wild, NUMBER["shrub"], second)
    return np.where(wild, tree, first), second, np.where(wild, 0.25 + 0.2 * f.fine, mix)


def _agro_forestry(f: Fields) -> Mixture:
    under = pick(
        f.parcel, (("dry grass", 0.45), ("pasture", 0.25), ("cereal", 0.2), ("fallow", 0.1))
    )
    crowns = step(-0.3, 1.5, f.fine + 0.5 * f.mid + 0.8 * (f.age - 0.5))
    return under, NUMBER["oak"], np.clip(0.9 * crowns, 0, 1)


def _forest(main: str, shaded: str, other: str, strange: float) -> Callable[[Fields], Mixture]:
    def rule(f: Fields) -> Mixture:
        """Stands of differing age; some of another species, some cut."""
        first = np.where(f.stand < strange, NUMBER[other], NUMBER[main])
        second = np.where(f.stand < strange, NUMBER["shaded conifer"], NUMBER[shaded])
        grain = 0.26 * f.fine + 0.12 * f.mid + 0.4 * (f.pixel - 0.5)
        mix = np.clip(0.05 + 0.5 * f.age + grain, 0, 1)
        cut = (f.stand > 0.955) & (f.mid > -0.6)
        grown = np.where(cut, NUMBER["clearing"], first)
        return grown, np.where(cut, NUMBER["young broad-leaved"], second), mix

    return rule


def _mixed_forest(f: Fields) -> Mixture:
    grain = 0.28 * f.fine + 0.3 * (f.pixel - 0.5)
    blend = np.clip(0.45 + 0.42 * f.mid + grain + 0.5 * (f.stand - 0.5), 0, 1)
    old = f.age > 0.5
    first = np.where(old, NUMBER["broad-leaved"], NUMBER["young broad-leaved"])
    return first, np.where(old, NUMBER["shaded conifer"], NUMBER["conifer"]), blend


def _patchwork(
    ground: str, plants: str, level: float, spread: float = 2.0
) -> Callable[[Fields], Mixture]:
    def rule(f: Fields) -> Mixture:
        """Two materials in an irregular pattern."""
        grain = 0.75 * f.fine + 0.5 * f.mid + 0.9 * (f.pixel - 0.5)
        mix = step(-spread, spread, grain + level + 0.7 * (f.stand - 0.5))
        return NUMBER[ground], NUMBER[plants], mix

    return rule


def _regrowth(f: Fields) -> Mixture:
    tree = pick(f.stand, (("broad-leaved", 0.35), ("conifer", 0.35), ("young broad-leaved", 0.3)))
    open_ = pick(f.age, (("clearing", 0.4), ("shrub", 0.45), ("heath", 0.15)))
    return open_, tree, step(-1.2, 1.6, 0.6 * f.fine + 0.7 * f.mid)


def _built(density: float, roofs: Sequence[tuple[str, float]]) -> Callable[[Fields], Mixture]:
    def rule(f: Fields) -> Mixture:
        """Streets, houses of a pixel or two, gardens between them."""
        crowd = density + 0.12 * f.mid + 0.45 * (f.plot - 0.5)
        house = f.pixel < crowd
        roof = pick((f.pixel / np.maximum(crowd, 1e-3)) % 1, roofs)
        green = pick(f.plot, (("garden", 0.85), ("cut meadow", 0.15)))
        share = np.where(house, 0.3 + 0.6 * f.age * density + 0.3 * density, 0.12 + 0.3 * density)
        street = f.street < 0.6
        first = np.where(street, NUMBER["asphalt"], green)
        return first, np.where(street, green, roof), np.where(street, 0.3, np.clip(share, 0, 0.95))

    return rule


def _works(f: Fields) -> Mixture:
    """Halls, yards, a little grass."""
    hall = (f.street > 0.9) & (f.plot < 0.6)
    roof = pick((f.plot * 7) % 1, (("bright roof", 0.3), ("dark roof", 0.45), ("tile roof", 0.25)))
    yard = pick(f.plot, (("asphalt", 0.7), ("gravel", 0.1), ("cut meadow", 0.2)))
    share = np.where(hall, 0.1 + 0.35 * f.age, 0.25 + 0.15 * f.fine)
    return np.where(hall, roof, yard), NUMBER["asphalt"], np.clip(share, 0, 1)


def _pans(f: Fields) -> Mixture:
    """Salt pans: small basins at different stages, dams between them."""
    basin = pick(f.plot, (("brine", 0.45), ("rice water", 0.25), ("salt", 0.14), ("mud", 0.16)))
    dam = (f.street < 0.5) | (f.edge < 0.6)
    return np.where(dam, NUMBER["mud"], basin), NUMBER["brine"], 0.1 + 0.5 * ((f.plot * 9) % 1)


def _water(turbid: str, clear: str) -> Callable[[Fields], Mixture]:
    def rule(f: Fields) -> Mixture:
        return NUMBER[turbid], NUMBER[clear], np.clip(f.water + 0.02 * f.fine, 0, 1)

    return rule


def _airfield(f: Fields) -> Mixture:
    """Mown grass; the runway is a line of its own."""
    apron = (f.plot < 0.08) & (f.mid > 0)
    return np.where(apron, NUMBER["asphalt"], NUMBER["cut meadow"]), NUMBER["meadow"], 0.3


def _links(f: Fields) -> Mixture:
    fairway = np.abs(f.mid) < 0.35
    first = np.where(fairway, NUMBER["ley"], NUMBER["meadow"])
    return first, np.where(fairway, NUMBER["ley"], NUMBER["pine"]), step(0.2, 1.4, f.fine + f.mid)


def _creeks(f: Fields) -> Mixture:
    """Salt marsh with tidal creeks and bare flats."""
    level = f.mid + 0.25 * f.fine
    creek = np.abs(level + 0.2) < 0.14
    low = np.where(creek, NUMBER["turbid"], NUMBER["mud"])
    bare = step(0.3, 1.8, -level) * 0.7
    plants = np.where(f.mid + f.stand > 0.9, NUMBER["sedge"], NUMBER["salt marsh"])
    return plants, low, np.where(creek, 0.8, 0.08 + bare)


ROOFS = (("tile roof", 0.72), ("dark roof", 0.2), ("bright roof", 0.08))
RULES: dict[int, Callable[[Fields], Mixture]] = {
    111: _built(0.78, ROOFS), 112: _built(0.4, ROOFS), 121: _works,
    122: lambda f: (NUMBER["asphalt"], NUMBER["cut meadow"], step(0.5, 1.5, f.street / 2)),
    123: _works, 124: _airfield, 131: _patchwork("gravel", "rock", 0.0),
    132: _patchwork("gravel", "dry grass", -0.3), 133: _patchwork("bare", "gravel", 0.2),
    142: _links, 211: lambda f: _crops(f, ARABLE, 0.1), 212: lambda f: _crops(f, IRRIGATED, 0.08),
    213: _rice, 221: _groves("vine", (("bare", 0.6), ("fallow", 0.3), ("dry grass", 0.1))),
    222: _groves("orchard", (("meadow", 0.7), ("bare", 0.3))),
    223: _groves("olive", (("dry grass", 0.6), ("bare", 0.25), ("pasture", 0.15))),
    231: lambda f: _crops(f, GRAZED, 0.3), 242: _complex, 243: _with_nature, 244: _agro_forestry,
    311: _forest("broad-leaved", "shaded broad-leaved", "conifer", 0.13),
    312: _forest("conifer", "shaded conifer", "broad-leaved", 0.12), 313: _mixed_forest,
    321: _patchwork("alpine grass", "heath", -0.6),
    322: _patchwork("heath", "dry grass", -0.4, 2.8),
    323: _patchwork("maquis", "dry grass", -0.3), 324: _regrowth,
    331: _patchwork("sand", "dune", 0.0, 1.2), 332: _patchwork("rock", "alpine grass", -0.4, 1.2),
    333: _patchwork("scree", "alpine grass", 0.2), 334: _patchwork("burnt", "clearing", -0.5),
    411: _patchwork("reed", "lake", -0.7), 412: _patchwork("peat", "sedge", 0.0), 421: _creeks,
    422: _pans, 423: _patchwork("mud", "wet sand", 0.0), 511: _water("river", "river"),
    512: _water("river", "lake"), 522: _water("turbid", "estuary"),
    523: _water("plume", "clear sea"),
}  # fmt: skip
"""How each CORINE class is filled."""


def fill(use: Codes, fields: Fields, road: Floats, stream: Floats) -> Cover:
    """Draw the materials of every pixel."""
    first = np.zeros(use.size, np.uint8)
    second, mix = first.copy(), first.copy()
    flat = use.ravel()
    order = np.argsort(flat, kind="stable").astype(np.int32)
    codes, starts = np.unique(flat[order], return_index=True)
    for code, index in zip(codes, np.split(order, starts[1:]), strict=True):
        a, b, share = RULES[int(code)](fields.at(index))
        first[index], second[index] = a, b
        mix[index] = np.clip(np.multiply(share, 255), 0, 255)
    owner = np.where(np.isin(use, FARMED), fields.state, fields.age)
    gain = 128 + 128 * (0.04 * fields.fine + 0.03 * fields.mid + 0.2 * (owner - 0.5))
    # Crowns and the shade between them are somewhat larger than a pixel.
    pairs = fields.pixel + np.roll(fields.pixel, 1, axis=0)
    crowns = (pairs + np.roll(pairs, 1, axis=1)) / 4 - 0.5
    woods = np.isin(use, (311, 312, 313)) + 0.5 * np.isin(use, (243, 244, 322, 323, 324))
    gain = gain + woods * (125 * crowns + 10 * fields.fine)
    smooth = np.isin(use, (331, 332, 423, 421, 422, 131))
    gain = np.where(smooth, 128 + 8 * (fields.fine + fields.mid), gain)
    gain = np.where(np.isin(use, (511, 512, 521, 522, 523)), 128 + 2 * fields.fine, gain).ravel()
    for name, other, line in (("river", "reed", stream), ("asphalt", "track", road)):
        on = line.ravel() > 0.35
        first[on], second[on] = NUMBER[name], NUMBER[other]
        mix[on] = 255 * (1 - line.ravel()[on])
    gains = np.clip(gain, 0, 255).astype(np.uint8)
    return Cover(*(part.reshape(use.shape) for part in (first, second, mix, gains)))
