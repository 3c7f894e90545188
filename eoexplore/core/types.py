"""The nouns that every part of EOExplore shares, as frozen dataclasses."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal, Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt
import pandas as pd

LayerKind = Literal["optical", "sar", "categorical", "picture"]
"""A picture has 8 bits, 0 to 255, and is shown as it is stored."""
Array = npt.NDArray[np.generic]


@dataclass(frozen=True)
class Band:
    """One band of a layer, always addressed by name."""

    name: str
    """Name in file names and in every call, such as "B8A"."""
    gsd_m: float
    """Side of a pixel on the ground, in metres."""
    title: str
    """What a user reads."""
    wavelength_nm: float | None = None
    """Central wavelength in nanometres; none for radar and labels."""


@dataclass(frozen=True)
class Layer:
    """One named raster of a sample."""

    name: str
    """Name in URLs and files, such as "s2"."""
    title: str
    """What a user reads."""
    kind: LayerKind
    """Decides resampling and stretch: labels are never interpolated."""
    bands: tuple[Band, ...]
    """Bands in the order of the dataset."""
    unit: str
    """Unit of a stored value."""
    nodata: float | None
    """Stored value that means "nothing here"; none where every value counts."""
    key: str = "id"
    """Column of the sample table that names the sample's file in this layer."""
    reflectance: float | None = None
    """What a stored value times gives reflectance (0 to 1); none for other quantities."""

    def band(self, name: str) -> Band:
        """Return a band by name (KeyError if the layer has none of that name)."""
        return {band.name: band for band in self.bands}[name]


@dataclass(frozen=True)
class LabelClass:
    """One class of a label schema."""

    name: str
    """Exact name as the dataset writes it."""
    colour: str
    """Official colour, #rrggbb."""
    codes: tuple[int, ...]
    """Pixel codes of the label map that belong to the class."""


@dataclass(frozen=True)
class Classes:
    """A label schema: scene classes in the dataset's own order, and the pixel codes behind them."""

    name: str
    """Name of the schema."""
    classes: tuple[LabelClass, ...]
    """Classes in the order of the bits of label_mask."""
    codes: Mapping[int, tuple[str, str]]
    """Every pixel code: its name and official colour #rrggbb."""
    unlabelled: LabelClass
    """What pixels outside every class are called, with the codes known to mean it."""
    orders: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Other published orders of the same names, by the name of the order."""
    mapping_unit_m2: float | None = None
    """Smallest area that the label maps show, in square metres; none where nobody states one."""
    least_width_m: float | None = None
    """Least width that they show, in metres; none where nobody states one."""

    @property
    def names(self) -> tuple[str, ...]:
        """Class names in the order of the bits of label_mask."""
        return tuple(item.name for item in self.classes)

    def class_of(self, code: int) -> LabelClass:
        """Return the class of a pixel code; the unlabelled class for any other code."""
        for item in self.classes:
            if code in item.codes:
                return item
        return self.unlabelled


@dataclass(frozen=True)
class Source:
    """Where one band of one sample is stored, and how plain Python reads it."""

    file: str
    """Path of the file, relative to the dataset's folder."""
    setup: tuple[str, ...]
    """Lines of Python that define `read(…, row, column)`; they run in the dataset's folder."""
    arguments: tuple[str, ...]
    """What `read` is called with before row and column, as Python literals."""
    taken: datetime | None = None
    """Start of the acquisition in UTC, where it is known."""


@dataclass(frozen=True)
class Passing:
    """One band of one sample, at the moment in which it passes in a stream."""

    key: str
    """Value of the layer's key column for the sample."""
    band: str
    """Name of the band."""
    data: bytes
    """The file as it is stored."""
    at: int
    """Bytes of the stream that have been read."""


class Stream(Protocol):
    """A layer that can only be read as a whole, from its beginning to its end."""

    layer: str
    """Name of the layer."""
    name: str
    """Name of the file."""
    sentence: str
    """What that means for a user, and what to do about it."""

    @property
    def known(self) -> bool:
        """Whether it has been read to its end, so that it is known what is in it."""

    def expects(self, keys: npt.NDArray[np.object_]) -> npt.NDArray[np.bool_]:
        """Tell which keys the dataset's own tables list."""

    def size(self) -> int:
        """Return the bytes of the file."""

    def mark(self) -> str:
        """Return a short text that changes when the file is replaced."""

    def passing(self, wanted: Callable[[str], bool]) -> Generator[Passing]:
        """Yield the bands as they come; damage ends it early, and the health report says so.

        Args:
            wanted: told a key; what it says no to is skipped.

        Raises:
            FileUnreadable: the file is gone, or its disk fails.
        """

    def decode(self, passing: Passing) -> Array:
        """Return the pixels of a band, as `Dataset.read` would.

        Raises:
            FileUnreadable: it is damaged, or of another shape than the dataset's facts.
        """


@dataclass(frozen=True)
class Problem:
    """One line of a health report."""

    kind: str
    """Machine-readable kind, such as "missing_band"."""
    count: int
    """How many samples or files are concerned."""
    sentence: str
    """What a user reads."""
    examples: tuple[str, ...] = ()
    """Up to five ids or file names."""


@dataclass(frozen=True)
class Health:
    """What is there, what is missing, what contradicts the metadata."""

    samples: int
    """Number of samples."""
    layers: Mapping[str, int]
    """Samples that have each layer."""
    missing: Mapping[str, int]
    """Samples that lack something, by what is missing."""
    problems: tuple[Problem, ...]
    """Surprises, worst first."""
    checked: str
    """How far the check went: names only, or every file."""


class Dataset(Protocol):
    """What every reader offers; one module of eoexplore.datasets implements it."""

    name: str
    """Name in the registry."""
    title: str
    """What a user reads."""
    path: Path
    """Folder or file that was opened."""
    layout: str
    """Which of the layouts the reader knows was found."""
    synthetic: bool
    """Whether the pixels are made up, so that every page says so."""
    layers: tuple[Layer, ...]
    """Layers the dataset defines, whether or not this copy has them."""
    classes: Classes
    """Label schema."""

    @property
    def streams(self) -> Sequence[Stream]:
        """Layers of which `read` gives nothing, since they can only be read as a whole."""

    def samples(self) -> pd.DataFrame:
        """Return one row per sample: its id, `has_<layer>`, and what is known of other columns.

        `store.base` completes the base columns; what a dataset does not know is left out.
        """

    def health(self) -> Health:
        """Return what is there, what is missing and what contradicts the metadata."""

    def read(self, key: str, layer: str, band: str) -> Array:
        """Return one band of one sample as stored, shape (row, column).

        Args:
            key: value of the layer's key column for the sample.
            layer: name of a layer.
            band: name of a band of that layer.

        Raises:
            DataMissing: this copy lacks the file.
            FileUnreadable: the file is damaged or has another shape than the dataset's facts.
        """

    def source(self, key: str, layer: str, band: str) -> Source:
        """Return where `read` finds a band, so that a reader of the lines can read it again.

        Raises:
            DataMissing: this copy lacks the file.
        """

    def stamp(self) -> str:
        """Return a short text that changes when files are added or replaced; cheap to compute."""

    def signature(self, keys: Mapping[str, str]) -> str:
        """Return a short text that changes when a file of a sample is added, replaced or removed.

        Args:
            keys: value of the key column by layer, of the layers that the sample has.
        """

    def edition(self) -> str:
        """Return a text that changes with any raster, if one look tells; else an empty one."""

    def size(self) -> int:
        """Return the bytes of the copy, estimated from some patches where there are many."""

    def bands_found(self, layer: str, keys: Iterable[str]) -> frozenset[str]:
        """Return which bands of a layer any of some samples has; looks no further than needed.

        Args:
            layer: name of a layer.
            keys: values of the layer's key column, of samples that have the layer.
        """


@runtime_checkable
class Renamed(Protocol):
    """A dataset whose samples have further names that its sample table does not hold."""

    def other_names(self) -> Mapping[str, pd.DataFrame]:
        """Return such names, read from its files each time.

        Returns:
            By what a user reads for the kind of name: a table with columns `id` and `name`.
        """


@runtime_checkable
class Splittable(Protocol):
    """A dataset whose released tables can be written anew with another split."""

    def with_split(self, parts: pd.DataFrame, about: str) -> Mapping[str, bytes]:
        """Return its tables with all their columns, of the samples that are in a part.

        Args:
            parts: columns `id` and `split`, the name of the part.
            about: how the split was made, JSON; goes into the metadata of each table.

        Returns:
            Parquet files by the name that they are released under; none without samples.
        """
