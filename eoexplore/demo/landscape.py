"""One continuous piece of land: terrain, true map, wrong map, cover."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np

from eoexplore.demo import coast, upland
from eoexplore.demo.cover import Bytes, Fields, fill, land_use, parcels
from eoexplore.demo.mislabel import Place, plant
from eoexplore.demo.noise import Floats, Window, fractal, hash01, smooth, voronoi
from eoexplore.demo.parameters import Parameters
from eoexplore.demo.polygons import generalise
from eoexplore.demo.sketch import Codes, Sketch, canvas

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


def build(
    scene: str, window: Window, places: Sequence[Place], parameters: Parameters, seed: int
) -> tuple[Land, list[str]]:
    """Make a landscape.

    Args:
        scene: "coast" or "upland".
        window: the part of it that is needed.
        places: the patches that will be cut from it, in the window's pixels.
        parameters: of the dataset.
        seed: of this scene.

    Returns:
        The land, and what was planted at each place.
    """
    sketch = DRAW[scene](canvas(window, seed))
    truth = generalise(sketch.code, parameters.smallest)
    wrong, kinds = plant(truth, places, parameters, seed + 500)
    ground = parcels(window, seed + 80, FIELD_SIZE[scene])
    use = land_use(window, truth, ground, seed + 90)
    stands = voronoi(
        window.x + 5 * smooth(window, 18, seed + 91),
        window.y + 5 * smooth(window, 18, seed + 92),
        27,
        seed + 93,
    )
    row, column = _numbers(window)
    drawn = fill(
        use,
        Fields(
            parcel=ground.number,
            state=ground.state,
            edge=ground.edge,
            fine=fractal(window, 5, seed + 94, 2, 0.7),
            mid=fractal(window, 26, seed + 95, 3),
            stand=stands.key[stands.index],
            age=hash01(seed + 96, np.arange(stands.key.size))[stands.index],
            pixel=hash01(seed + 97, row, column),
            street=ground.street,
            water=sketch.water_mix,
        ),
        sketch.road,
        _brooks(sketch),
    )
    land = Land(sketch.elevation, truth, wrong, drawn.first, drawn.second, drawn.mix, drawn.gain)
    return land, kinds


def _numbers(window: Window) -> tuple[np.ndarray, np.ndarray]:
    row = np.arange(window.row, window.row + window.height, dtype=np.int32)[:, None]
    column = np.arange(window.column, window.column + window.width, dtype=np.int32)[None]
    return row, column


def _brooks(sketch: Sketch) -> Floats:
    return np.where(np.isin(sketch.code, (511, 512, 522, 523)), np.float32(0), sketch.stream)
