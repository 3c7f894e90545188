"""549,488 patches with made-up land: what is measured on all of reBEN where only its table is.

    python -m benchmarks.full_land METADATA_FOLDER --folder FOLDER

The sample table is that of the released metadata. Mosaics, spectra and predictions of all 115
products are those of a synthetic demo: mosaics are repeated over the grid of a tile, and one file
stands for all products; the mean of a class in a patch is that of some patch of the demo, and three
percent of noise. The folder is left, so that the app opens what was made:
EOEXPLORE_CACHE=FOLDER/cache. About five minutes on two cores and 1 GB of disk.
"""

import argparse
import dataclasses
import os
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import rasterio
from rasterio.enums import ColorInterp

from eoexplore import demo
from eoexplore.core.errors import EOExploreError
from eoexplore.jobs import index, predict
from eoexplore.store import (
    catalog,
    mosaic,
    prediction_mosaics,
    prediction_sets,
    samples,
    spectra_bands,
    spectra_parts,
    spectra_patches,
)
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import BuildState
from eoexplore.store.prediction_sets import PredictionSet
from eoexplore.store.spectra_patches import ClassMeans

SET = "land"
_TILE = "33UUP"
_SEED = 7
_PIXELS = 120 * 120
_NOISE = 0.03


def main() -> None:
    """Make it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("metadata", type=Path)
    parser.add_argument("--folder", type=Path, required=True)
    asked = parser.parse_args()
    use(asked.folder, asked.metadata)
    make(asked.folder, asked.metadata)


def use(folder: Path, metadata: Path) -> None:
    """Keep everything in a folder from now on."""
    os.environ["EOEXPLORE_CACHE"] = str(folder / "cache")
    os.environ["EOEXPLORE_ROOTS"] = f"{folder}{os.pathsep}{metadata}"


def make(folder: Path, metadata: Path) -> tuple[Opened, PredictionSet]:
    """Return all patches with land of a demo, and predictions of it."""
    path = folder / "demo"
    demo.generate(path, seed=_SEED)
    small = catalog.add(path)
    index.build(small.slug)
    predict.predict(predict.Asked(small.slug, "demo-landcover", name=SET))
    small = catalog.open_slug(small.slug)
    full = catalog.add(metadata)
    _mosaics(small, full, folder)
    _predictions(small, full, folder)
    _spectra(small, full)
    full.folder.write_state(BuildState(complete=True))
    full = catalog.open_slug(full.slug)
    return full, prediction_sets.read(full, SET)


def _product(small: Opened) -> str:
    frame = small.samples.frame
    return str(frame["product"][frame["tile"] == _TILE].value_counts().index[0])


def _products(full: Opened) -> list[str]:
    return full.samples.frame["product"].astype(str).unique().tolist()


def _mosaics(small: Opened, full: Opened, folder: Path) -> None:
    for name in mosaic.GROUPS:
        source = small.folder.mosaic(name, _product(small))
        if source.is_file():
            made = repeated(source, folder / f"{name}.tif")
            _link(made, [full.folder.mosaic_path(name, own) for own in _products(full)])


def _predictions(small: Opened, full: Opened, folder: Path) -> None:
    few = prediction_sets.read(small, SET)
    about = dataclasses.replace(
        few.about, dataset_fingerprint=full.fingerprint, trained_on_split="none"
    )
    ids = full.samples.frame["id"].to_numpy(object)
    scores = np.full((len(ids), len(about.classes)), 0.1, np.float32)
    target = prediction_sets.folder_of(full.fingerprint, SET)
    prediction_sets.write(target, about, ids, scores)
    for name in prediction_mosaics.LAYERS:
        source = few.folder / prediction_mosaics.path_of(name, _product(small))
        made = repeated(source, folder / f"{SET}_{name}.tif")
        paths = [target / prediction_mosaics.path_of(name, own) for own in _products(full)]
        _link(made, paths)


def _link(made: Path, paths: list[Path]) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.hardlink_to(made)


def repeated(source: Path, target: Path) -> Path:
    """Fill the grid of a tile with the patches of a mosaic, side by side."""
    with rasterio.open(source) as file:
        planes, profile = file.read(), file.profile
        nothing, scales, names = file.nodata, file.scales, file.descriptions
    there = (planes != nothing).any(0)
    rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    part = planes[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    times = -(-planes.shape[1] // part.shape[1]), -(-planes.shape[2] // part.shape[2])
    whole = np.tile(part, (1, *times))[:, : planes.shape[1], : planes.shape[2]]
    kept = {key: profile[key] for key in ("dtype", "nodata", "crs", "transform", "count")}
    size = {"height": whole.shape[1], "width": whole.shape[2]}
    with rasterio.open(
        target, "w", driver="COG", compress="ZSTD", blocksize=256, overview_resampling="nearest",
        **kept, **size,
    ) as file:  # fmt: skip
        file.write(whole)
        file.scales, file.descriptions = scales, names
        file.colorinterp = [ColorInterp.undefined] * whole.shape[0]
    return target


def _spectra(small: Opened, full: Opened) -> None:
    """Draw means of classes for all patches, and write them, areas, and the sample table."""
    bands = [band.key for band in spectra_bands.bands_of(small.dataset.layers)]
    known = spectra_patches.read(small.folder, small.samples.frame, bands)
    if known is None:
        raise EOExploreError("The spectra of the demo are not there.")
    frame, classes = full.samples.frame, full.dataset.classes.classes
    codes = np.array([int(item.codes[0]) for item in classes if item.codes], np.uint16)
    masks = frame["label_mask"].to_numpy(np.uint64)
    has = (masks[:, None] >> np.arange(len(codes), dtype=np.uint64)) & np.uint64(1)
    rows, numbers = np.nonzero(has)
    drawn = np.random.default_rng(_SEED)
    weight = drawn.gamma(1, 1, len(rows))
    share = weight / np.bincount(rows, weight, len(frame))[rows]
    pixels = np.maximum(share * _PIXELS, 1).astype(np.uint16)
    values = _values(known, codes, numbers, drawn)
    _tables(full, bands, rows, codes[numbers], pixels, values)
    areas = {f"area_{code}": np.zeros(len(frame), np.int32) for code in full.dataset.classes.codes}
    for number, code in enumerate(codes):
        own = numbers == number
        areas[f"area_{code}"][rows[own]] = pixels[own]
    layers = {f"has_{layer.name}": True for layer in full.dataset.layers}
    frame = pd.concat(
        [frame.drop(columns=[*areas, *layers], errors="ignore"),
         pd.DataFrame(areas, index=frame.index)], axis=1,
    ).assign(**layers)  # fmt: skip
    samples.write(full.folder.samples, frame, full.dataset.classes, full.fingerprint)


def _values(
    known: ClassMeans,
    codes: npt.NDArray[np.uint16],
    numbers: npt.NDArray[np.intp],
    drawn: np.random.Generator,
) -> npt.NDArray[np.float32]:
    """Return the mean of each class and band, of patches of the demo with some noise."""
    values = np.full((len(numbers), known.values.shape[1]), np.nan, np.float32)
    for number, code in enumerate(codes):
        pool, own = np.flatnonzero(known.codes == code), np.flatnonzero(numbers == number)
        if len(pool) and len(own):
            noise = drawn.normal(1, _NOISE, (len(own), 1)).astype(np.float32)
            values[own] = known.values[pool[drawn.integers(0, len(pool), len(own))]] * noise
    return values


def _tables(
    full: Opened,
    bands: list[str],
    rows: npt.NDArray[np.intp],
    codes: npt.NDArray[np.uint16],
    pixels: npt.NDArray[np.uint16],
    values: npt.NDArray[np.float32],
) -> None:
    """Write the means of classes of each product, and the mean of each patch."""
    frame = full.samples.frame
    products, ids = frame["product"].astype(str).to_numpy(), frame["id"].to_numpy(object)
    weights = np.bincount(rows, pixels, len(frame))
    means = {
        band: (np.bincount(rows, column * pixels, len(frame)) / weights).astype(np.float32)
        for band, column in zip(bands, values.T, strict=True)
    }
    spectra_parts.write_table(full.folder.spectra_samples, pa.table(means))
    of = products[rows]
    order = np.argsort(of, kind="stable")
    names, starts = np.unique(of[order], return_index=True)
    for name, own in zip(names, np.split(order, starts[1:]), strict=True):
        columns = {"id": pa.array(ids[rows[own]], pa.string()), "code": codes[own]}
        columns |= {"pixels": pixels[own]}
        columns |= {f"{band}_mean": values[own, number] for number, band in enumerate(bands)}
        spectra_parts.write_table(full.folder.part("spectra", str(name)), pa.table(columns))


if __name__ == "__main__":
    try:
        main()
    except EOExploreError as error:
        raise SystemExit(str(error)) from None
