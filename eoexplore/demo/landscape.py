"""One continuous piece of land: terrain, true map, wrong map, cover."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from eoexplore.demo import coast, upland
from eoexplore.demo.cover import Bytes, Fields, fill, land_use, parcels
from eoexplore.demo.mislabel import Place, plant
from eoexplore.demo.noise import Floats, Ints, Window, fractal, hash01, smooth, voronoi
from eoexplore.demo.nomenclature import Codes
from eoexplore.demo.parameters import Parameters
from eoexplore.demo.polygons import generalise
from eoexplore.demo.sketch import Sketch, canvas

DRAW = {"coast": coast.draw, "upland": upland.draw}
FIELD_SIZE = {"coast": (46.0, 17.0), "upland": (38.0, 10.0)}
"""Typical length and width of a field in pixels."""


@dataclass(frozen=True)
class Land:
    """Everything about a landscape that does not depend on the date.

    Attributes:
        elevation: metres.
        truth: CORINE codes as they are.
        wrong: CORINE codes as the dataset shows them.
        first: number of each pixel's first material.
        second: number of the second one.
        mix: share of the second one, 0..255.
        gain: relative brightness, 128 = unchanged.
    """

    elevation: Floats
    truth: Codes
    wrong: Codes
    first: Bytes
    second: Bytes
    mix: Bytes
    gain: Bytes

    def save(self, folder: Path) -> None:
        """Write the arrays where other processes can map them."""
        folder.mkdir(parents=True)
        for field in fields(self):
            np.save(folder / f"{field.name}.npy", getattr(self, field.name))

    @classmethod
    def open(cls, folder: Path) -> "Land":
        """Map the arrays of a saved landscape."""
        return cls(*(np.load(folder / f"{f.name}.npy", mmap_mode="r") for f in fields(cls)))


@dataclass(frozen=True)
class Maps:
    """The maps of a landscape, and what was planted at each place."""

    sketch: Sketch
    truth: Codes
    wrong: Codes
    kinds: list[str]


def survey(
    scene: str, window: Window, places: Sequence[Place], parameters: Parameters, seed: int
) -> Maps:
    """Draw a landscape's maps.

    Args:
        scene: "coast" or "upland".
        window: the part of it that is needed.
        places: the patches that will be cut from it, in the window's pixels.
        parameters: of the dataset.
        seed: of this scene.
    """
    sketch = DRAW[scene](canvas(window, seed))
    truth = generalise(sketch.code, parameters.smallest)
    return Maps(sketch, truth, *plant(truth, places, parameters, seed + 500))


def build(scene: str, window: Window, maps: Maps, seed: int) -> Land:
    """Cover a landscape: fields, stands, streets."""
    ground = parcels(window, seed + 80, FIELD_SIZE[scene])
    use = land_use(window, maps.truth, ground, seed + 90)
    stands = voronoi(
        window.x + 5 * smooth(window, 18, seed + 91),
        window.y + 5 * smooth(window, 18, seed + 92),
        27,
        seed + 93,
    )
    random = Fields(
        parcel=ground.number,
        state=ground.state,
        edge=ground.edge,
        fine=fractal(window, 5, seed + 94, 2, 0.7),
        mid=fractal(window, 26, seed + 95, 3),
        stand=stands.key[stands.index],
        age=hash01(seed + 96, np.arange(stands.key.size))[stands.index],
        pixel=hash01(seed + 97, *_numbers(window)),
        street=ground.street,
        plot=ground.plot,
        water=maps.sketch.water_mix,
    )
    road = _off(maps.sketch.road, use, (512, 522, 523))
    stream = _off(maps.sketch.stream, use, (511, 512, 522, 523))
    cover = fill(use, random, road, stream)
    return Land(
        maps.sketch.elevation,
        maps.truth,
        maps.wrong,
        cover.first,
        cover.second,
        cover.mix,
        cover.gain,
    )


def _numbers(window: Window) -> tuple[Ints, Ints]:
    row = np.arange(window.row, window.row + window.height, dtype=np.int32)[:, None]
    column = np.arange(window.column, window.column + window.width, dtype=np.int32)[None]
    return row, column


def _off(line: Floats, use: Codes, codes: tuple[int, ...]) -> Floats:
    """Return a line without its parts over some codes; bridges over rivers stay."""
    return np.where(np.isin(use, codes), np.float32(0), line)
