"""Masks that somebody else might have made, for a small dataset of label maps alone."""

import warnings

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning

from eoexplore.jobs import mask_import
from eoexplore.store import catalog, mosaic, prediction_sets
from tests import builders

PATCHES = builders.block("33UUP", 13.1, 48.2, side=2)
ONE = PATCHES[0]
IDS = sorted(patch.id for patch in PATCHES)


def open_small(folder, tmp_path, monkeypatch):
    """Open a dataset with a cache of its own, and with mosaics that are quickly written."""
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(mosaic, "GRID", 60)
    monkeypatch.setitem(mosaic._COG, "overviews", "NONE")
    return catalog.add(folder)


def full(value, dtype=np.uint16):
    """Return a mask of one value."""
    return np.full((120, 120), value, dtype)


def bare(path, values, **profile):
    """Write a mask that does not say where it lies, unless the profile does."""
    planes = values if values.ndim == 3 else values[None]
    profile = {
        "driver": "GTiff", "count": len(planes), "dtype": values.dtype.name,
        "height": planes.shape[1], "width": planes.shape[2], **profile,
    }  # fmt: skip
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", **profile) as file:
            file.write(planes)


def everywhere(folder, value, **profile):
    """Write a mask of one value for each patch."""
    for patch in PATCHES:
        bare(folder / f"{patch.id}.tif", full(value), **profile)


def said(opened, folder, **more):
    """Return what a user reads of a folder."""
    return " ".join(mask_import.look(opened, folder, **more).sentences)


def kept(opened, folder, name="mine", values="", order=""):
    """Keep a folder as a set, and read it."""
    understood = mask_import.look(opened, folder, values, order)
    mask_import.keep(opened, understood, name)
    return prediction_sets.read(opened, name)


def counted(found):
    """Return the pixels of a set by sample, reference and predicted class."""
    size = len(found.about.classes)
    counts = np.zeros((len(found.rows), size, size), int)
    own = found.confusion
    np.add.at(counts, (own.sample, own.reference, own.predicted), own.pixels)
    return counts


def number(opened, name):
    """Return the number of a class."""
    return opened.dataset.classes.names.index(name)
