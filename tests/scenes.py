"""A made-up dataset without a location: small scenes in a folder for each class, and its reader.

In the spirit of EuroSAT and UC Merced: a picture of 64 x 64 pixels for every scene (of a runway,
40 x 64), and for half of them four bands of half as many beside it. Rivers have a map. No scene
has a place, a date, a split or a country.
"""

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import Image

from eoexplore.core.errors import DataMissing, DatasetNotRecognised, FileUnreadable
from eoexplore.core.types import Band, Classes, Health, LabelClass, Layer, Source
from eoexplore.datasets import REGISTRY
from tests.beginnings import starting_with

NAME = "scenes"
CLASSES = ("Forest", "Harbour", "River", "Runway")
EACH = 10
ENDINGS = {"rgb": ".png", "ms": ".npy", "cover": ".map.png"}
SIDE = 64
RGB = Layer(
    name="rgb",
    title="Picture",
    kind="picture",
    bands=tuple(Band(name, 5.0, name.capitalize()) for name in ("red", "green", "blue")),
    unit="level",
    nodata=None,
)
BANDS = Layer(
    name="ms",
    title="Four bands",
    kind="optical",
    bands=tuple(
        Band(name, 10.0, name, wavelength)
        for name, wavelength in (("blue", 490.0), ("green", 560.0), ("red", 665.0), ("nir", 842.0))
    ),
    unit="digital numbers",
    nodata=0,
    reflectance=1e-4,
)
COVER = Layer(
    name="cover",
    title="Land cover",
    kind="categorical",
    bands=(Band("cover", 5.0, "Land cover"),),
    unit="",
    nodata=0,
)
CODES = (1, 2, 9)
_COLOURS = ("#1b7837", "#542788", "#2166ac", "#666666")


def _rows(sample: str) -> int:
    """Return the rows of a picture: those of runways are no squares."""
    return 40 if sample.startswith("runway") else SIDE


def pixels(sample: str, layer: str, band: str) -> np.ndarray:
    """Return what a band of a scene has, so that a test can work it out again."""
    if layer == "cover":
        # The left quarter is water, another one is trees, the rest is neither.
        return np.repeat(np.array([1, 2, 9, 9], np.uint8), SIDE // 4)[None].repeat(SIDE, axis=0)
    seed = np.frombuffer(hashlib.sha256(sample.encode()).digest()[:8], np.uint64)
    noise = np.random.default_rng(seed)
    if layer == "rgb":
        place = ("red", "green", "blue").index(band)
        return noise.integers(0, 256, (_rows(sample), SIDE, 3), np.uint8)[..., place]
    place = ("blue", "green", "red", "nir").index(band)
    return noise.integers(100, 4000, (4, _rows(sample) // 2, SIDE // 2)).astype(np.uint16)[place]


def write(root: Path) -> Path:
    """Write the dataset; return its folder."""
    root.mkdir(parents=True)
    (root / "scenes.txt").write_text("made-up scenes\n", encoding="utf-8")
    for number, name in enumerate(CLASSES):
        (root / name).mkdir()
        for count in range(EACH):
            sample = f"{name.lower()}_{count:02d}"
            picture = np.stack([pixels(sample, "rgb", b.name) for b in RGB.bands], axis=-1)
            Image.fromarray(picture).save(root / name / f"{sample}.png")
            if (number + count) % 2 == 0:
                bands = np.stack([pixels(sample, "ms", band.name) for band in BANDS.bands])
                np.save(root / name / f"{sample}.npy", bands)
            if name == "River":
                cover = Image.fromarray(pixels(sample, "cover", "cover"))
                cover.save(root / name / f"{sample}.map.png")
    return root


class Scenes:
    """The reader: it knows nothing of a scene but its class and its files."""

    name = NAME
    title = "Made-up scenes"
    layouts = ("a folder for each class",)
    licence = "MIT"
    citation = "nobody, Made-up scenes"
    url = "https://example.org/scenes"
    layout = "a folder for each class"
    synthetic = False
    layers = (BANDS, RGB, COVER)
    streams = ()
    classes = Classes(
        name="Scenes",
        classes=tuple(
            LabelClass(name, colour, {"River": (1,), "Forest": (2,)}.get(name, ()))
            for name, colour in zip(CLASSES, _COLOURS, strict=True)
        ),
        codes={1: ("Water", "#2166ac"), 2: ("Trees", "#1b7837"), 9: ("Other", "#bdbdbd")},
        unlabelled=LabelClass("Without a class", "#bdbdbd", (9,)),
    )

    def __init__(self, path: Path) -> None:
        self.path = path

    @classmethod
    def open(cls, path: Path) -> "Scenes":
        if not (path / "scenes.txt").is_file():
            raise DatasetNotRecognised("No scenes.txt was found, so these are no scenes.")
        return cls(path)

    def samples(self) -> pd.DataFrame:
        files = [file for file in self.path.glob("*/*.png") if "." not in file.stem]
        files = sorted(files, key=lambda path: path.stem)
        return pd.DataFrame(
            {
                "id": [file.stem for file in files],
                "labels": [[file.parent.name] for file in files],
                "has_rgb": True,
                "has_ms": [file.with_suffix(".npy").is_file() for file in files],
                "has_cover": [file.with_suffix(".map.png").is_file() for file in files],
            }
        )

    def health(self) -> Health:
        frame = self.samples()
        layers = {name: int(frame[f"has_{name}"].sum()) for name in ENDINGS}
        return Health(len(frame), layers, {}, (), "all file names")

    def _file(self, key: str, layer: str) -> Path:
        name = next(item for item in CLASSES if item.lower() == key.rpartition("_")[0])
        file = self.path / name / f"{key}{ENDINGS[layer]}"
        if not file.is_file():
            raise DataMissing(f"{key} has no {layer}.")
        return file

    def read(self, key: str, layer: str, band: str) -> np.ndarray:
        file = self._file(key, layer)
        try:
            if layer == "ms":
                whole = np.load(file)
            else:
                with Image.open(file) as picture:
                    whole = np.moveaxis(np.atleast_3d(picture), -1, 0)
        except (OSError, ValueError) as error:
            raise FileUnreadable(f"{key} cannot be read.") from error
        (own,) = (item for item in self.layers if item.name == layer)
        return whole[own.bands.index(own.band(band))].copy()

    def source(self, key: str, layer: str, band: str) -> Source:
        file = self._file(key, layer).relative_to(self.path).as_posix()
        (own,) = (item for item in self.layers if item.name == layer)
        place = own.bands.index(own.band(band))
        if layer != "ms":
            setup = (
                "import numpy as np",
                "from PIL import Image",
                "def read(file, place, row, column):",
                "    return np.atleast_3d(Image.open(file))[row, column, place]",
            )
        else:
            setup = (
                "def read(file, place, row, column):",
                "    return np.load(file)[place, row, column]",
            )
        return Source(file, setup, (repr(file), repr(place)))

    def stamp(self) -> str:
        stamps = [(file.name, file.stat().st_mtime_ns) for file in sorted(self.path.rglob("*.*"))]
        return hashlib.sha256(repr(stamps).encode()).hexdigest()[:16]

    def signature(self, keys: dict[str, str]) -> str:
        files = (self._file(key, layer) for layer, key in sorted(keys.items()))
        return repr([(file.name, file.stat().st_mtime_ns) for file in files])

    def edition(self) -> str:
        return ""

    def size(self) -> int:
        return sum(file.stat().st_size for file in self.path.rglob("*.*"))

    def bands_found(self, layer: str, keys: object) -> frozenset[str]:  # noqa: ARG002
        (own,) = (item for item in self.layers if item.name == layer)
        return frozenset(band.name for band in own.bands)


@contextmanager
def registered() -> Iterator[None]:
    """Let this process know the reader."""
    tuple(REGISTRY)
    REGISTRY.register(NAME)(Scenes)
    try:
        yield
    finally:
        REGISTRY._entries.pop(NAME)


def for_processes(folder: Path) -> dict[str, str]:
    """Return the variables with which every Python process that is started knows the reader."""
    lines = ("from tests.scenes import *", "REGISTRY.register(NAME)(Scenes)")
    return starting_with(folder, *lines)
