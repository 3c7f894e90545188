"""Readers: one module per dataset family, found by listing this package."""

import os
from pathlib import Path
from typing import Any, Protocol

from eoexplore.core.errors import DatasetNotRecognised
from eoexplore.core.registry import Registry
from eoexplore.core.types import Dataset


class Reader(Protocol):
    """A dataset family: its facts as class attributes, and how a copy of it is opened."""

    title: str
    layouts: tuple[str, ...]
    licence: str
    citation: str
    url: str

    @classmethod
    def open(cls, path: Path) -> Dataset:
        """Open a copy; raise DatasetNotRecognised with what was missing if it is none."""


REGISTRY: Registry[Any] = Registry("eoexplore.datasets", "dataset")


def open_dataset(path: Path | str) -> Dataset:
    """Open a folder with the first reader that recognises it.

    Args:
        path: folder, or a file that stands for one (a metadata table, an LMDB).

    Raises:
        DatasetNotRecognised: with what each reader looked for and did not find.
        MetadataError: the layout is known, but its tables cannot be used.
    """
    path = Path(path)
    # os.path, not Path: a name that the system cannot take is not there, and no error.
    if not os.path.exists(path):  # noqa: PTH110
        raise DatasetNotRecognised("There is no such folder. Check the spelling of the path.")
    reasons = []
    for name in REGISTRY:
        try:
            dataset: Dataset = REGISTRY[name].open(path)
        except DatasetNotRecognised as error:
            reasons.append(str(error))
        except OSError as error:
            reasons.append(f"The folder cannot be read ({error.strerror}). Check its permissions.")
        else:
            return dataset
    raise DatasetNotRecognised(" ".join(reasons))
