"""Looking for wrong labels among 549,488 patches: the time of the job, and of the list after it.

    python -m benchmarks.label_issues_full METADATA_FOLDER

The sample table is that of the released metadata. Label maps and probabilities of all 115 products
are those of a synthetic demo, repeated over the grid of a tile: as many spots a patch as there. One
file stands for all products, so the disk is read from memory. Prints Markdown; about fifteen
minutes on two cores, 3 GB of memory, and 200 MB of a temporary folder.
"""

import argparse
import dataclasses
import itertools
import os
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import rasterio

from eoexplore import demo
from eoexplore.core.errors import EOExploreError
from eoexplore.jobs import index, label_issues, predict
from eoexplore.store import catalog, issues, prediction_mosaics, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import BuildState
from eoexplore.store.issues import Wanted
from eoexplore.store.prediction_sets import PredictionSet
from eoexplore.store.samples import Samples

_TILE = "33UUP"
_SEED = 7


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("metadata", type=Path)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        os.environ["EOEXPLORE_CACHE"] = str(folder / "cache")
        os.environ["EOEXPLORE_ROOTS"] = f"{folder}{os.pathsep}{asked.metadata}"
        opened, land = full(asked.metadata, folder)
        measure(opened, land)


def full(metadata: Path, folder: Path) -> tuple[Opened, PredictionSet]:
    """Return the dataset with the maps of a demo, and predictions of all of it."""
    path = folder / "demo"
    demo.generate(path, seed=_SEED)
    small = catalog.add(path)
    index.build(small.slug)
    predict.predict(predict.Asked(small.slug, "demo-landcover", name="land"))
    small = catalog.open_slug(small.slug)
    few = prediction_sets.read(small, "land")
    opened = catalog.add(metadata)
    frame = opened.samples.frame.assign(has_reference_map=True)
    opened = dataclasses.replace(opened, samples=Samples(frame), state=BuildState(complete=True))
    about = dataclasses.replace(
        few.about, dataset_fingerprint=opened.fingerprint, trained_on_split="none"
    )
    scores = np.full((len(frame), len(about.classes)), 0.1, np.float32)
    target = prediction_sets.folder_of(opened.fingerprint, "land")
    prediction_sets.write(target, about, frame["id"].to_numpy(object), scores)
    sources = {
        "reference_map": (small.folder.mosaic, opened.folder.mosaic_path),
        prediction_mosaics.PROBABILITY: (
            lambda name, product: few.folder / prediction_mosaics.path_of(name, product),
            lambda name, product: target / prediction_mosaics.path_of(name, product),
        ),
    }
    product = _product(small)
    for name, (of_demo, of_full) in sources.items():
        repeated(of_demo(name, product), folder / f"{name}.tif")
        for own in frame["product"].astype(str).unique():
            link = of_full(name, own)
            link.parent.mkdir(parents=True, exist_ok=True)
            link.hardlink_to(folder / f"{name}.tif")
    return opened, dataclasses.replace(prediction_sets.read(small, "land"), about=about,
        folder=target, rows=np.arange(len(frame)), scores=scores, confusion=None)  # fmt: skip


def _product(small: Opened) -> str:
    frame = small.samples.frame
    return str(frame["product"][frame["tile"] == _TILE].value_counts().index[0])


def repeated(source: Path, target: Path) -> None:
    """Fill the grid of a tile with the patches of a mosaic, side by side."""
    with rasterio.open(source) as file:
        planes, profile = file.read(), file.profile
        nothing = profile["nodata"]
    there = (planes != nothing).any(0)
    rows, columns = np.flatnonzero(there.any(1)), np.flatnonzero(there.any(0))
    part = planes[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    times = -(-planes.shape[1] // part.shape[1]), -(-planes.shape[2] // part.shape[2])
    whole = np.tile(part, (1, *times))[:, : planes.shape[1], : planes.shape[2]]
    profile = {key: profile[key] for key in ("dtype", "nodata", "crs", "transform", "count")}
    size = {"height": whole.shape[1], "width": whole.shape[2]}
    with rasterio.open(
        target, "w", driver="GTiff", compress="ZSTD", tiled=True, blockxsize=256, blockysize=256,
        **profile, **size,
    ) as file:  # fmt: skip
        file.write(whole)


def measure(opened: Opened, land: PredictionSet) -> None:
    """Print how long the job takes, and the list after it."""
    say("| what | seconds |\n|---|--:|")
    begun, steps = time.perf_counter(), []
    label_issues.look(
        opened, land, lambda *own: steps.append((time.perf_counter() - begun, own[2]))
    )
    for (start, what), (end, _) in itertools.pairwise(steps):
        if what != "done" and (not steps or what):
            totals[what] = totals.get(what, 0.0) + end - start
    for what, seconds in totals.items():
        say(f"| the job: {what} | {seconds:,.0f} |")
    say(f"| the whole job | {time.perf_counter() - begun:,.0f} |")
    memory = psutil.Process().memory_info().rss / 2**30
    names = label_issues.names(land)
    begun = time.perf_counter()
    found = issues.together(opened, names, "land")
    say(f"| {len(found):,} findings read for the first time | {time.perf_counter() - begun:.2f} |")
    every = np.ones(len(opened.samples), bool)
    for least in (0.0, 0.1, 0.3, 0.5):
        begun = time.perf_counter()
        places, _ = issues.places(found, Wanted(least=least), opened.samples, every)
        seconds = time.perf_counter() - begun
        say(f"| the list from {least:g} on: {len(places):,} findings | {seconds:.2f} |")
    size = sum(path.stat().st_size for path in issues.folder_of(opened, "land").glob("*.parquet"))
    say(f"\n{memory:.1f} GB of memory; the tables take {size / 1e6:.0f} MB.")


totals: dict[str, float] = {}


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except EOExploreError as error:
        raise SystemExit(str(error)) from None
