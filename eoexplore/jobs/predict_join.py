"""Finished chunks put together: the tables of a prediction set, and mosaics of its masks."""

import json
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from eoexplore.core.model_card import ModelCard
from eoexplore.core.types import Array
from eoexplore.store import mosaic, prediction_mosaics, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.mosaic import Group
from eoexplore.store.prediction_sets import About, Confusion

_PAIRS = {
    "confused_row": np.int64,
    "reference": np.int16,
    "predicted": np.int16,
    "pixels": np.int32,
}
Parts = list[dict[str, Any]]


def join(opened: Opened, card: ModelCard, said: About, parts: Path, folder: Path) -> About:
    """Write a set out of its chunks, remove them, and return what the set is.

    Args:
        opened: the dataset.
        card: of the model.
        said: what the set is, without what was left out.
        parts: folder of the chunks, all of them finished.
        folder: of the set.

    Raises:
        OSError: the disk is full.
    """
    files = sorted(parts.glob("*.npz"))
    small, reasons, devices = _tables(files)
    order = np.argsort(small["rows"], kind="stable")
    rows = small["rows"][order]
    if said.task == "segmentation":
        for path, group, tile, cells in _mosaics(opened, card, files):
            mosaic.write(folder / path, group, tile, cells, said.key)
    confusion = None
    if len(small["pixels"]):
        place = np.searchsorted(rows, small["confused_row"]).astype(np.int32)
        at = np.lexsort((small["predicted"], small["reference"], place))
        confusion = Confusion(
            place[at], small["reference"][at], small["predicted"][at], small["pixels"][at]
        )
    said = replace(said, left_out=reasons, device=", ".join(sorted(devices)))
    ids = opened.samples.frame["id"].to_numpy(object)[rows]
    prediction_sets.write(folder, said, ids, small["scores"][order], confusion)
    shutil.rmtree(parts, ignore_errors=True)
    return said


def _tables(files: list[Path]) -> tuple[dict[str, Any], dict[str, int], set[str]]:
    """Return the tables of all chunks, why samples were left out, and where the model ran."""
    kept: dict[str, list[Array]] = {"rows": [], "scores": [], **{name: [] for name in _PAIRS}}
    reasons: Counter[str] = Counter()
    devices = set()
    for path in files:
        with np.load(path) as found:
            for name, own in kept.items():
                if name in found:
                    own.append(found[name])
            said = json.loads(str(found["said"]))
        reasons.update(said["left_out"].values())
        devices.add(said["device"])
    tables = {
        name: np.concatenate(own) if own else np.empty(0, _PAIRS.get(name, np.int64))
        for name, own in kept.items()
    }
    return tables, dict(reasons.most_common()), devices


Cells = dict[tuple[int, int], Array]


def _mosaics(
    opened: Opened, card: ModelCard, files: list[Path]
) -> Iterator[tuple[Path, Group, str, Cells]]:
    """Yield path, group, tile and packed samples of each mosaic.

    Chunks are in the order of products, so that those of one product are enough at a time.
    """
    groups = prediction_mosaics.groups(card.class_names)
    frame, samples = opened.samples.frame, opened.samples
    product, held = "", {name: Cells() for name in groups}
    tile = ""
    for path in files:
        with np.load(path) as found:
            if "rows" not in found:
                continue
            planes = {name: found[name] for name in groups}
            rows = found["rows"]
        for place, row in enumerate(rows.tolist()):
            if not samples.located[row]:
                continue
            own = str(frame["product"].iloc[row]), str(frame["tile"].iloc[row])
            if own != (product, tile):
                yield from _closed(groups, product, tile, held)
                (product, tile), held = own, {name: Cells() for name in groups}
            at = int(samples.x[row]), int(samples.y[row])
            for name in groups:
                values = planes[name][place]
                held[name][at] = values if values.ndim == 3 else values[None]
    yield from _closed(groups, product, tile, held)


def _closed(
    groups: dict[str, Group], product: str, tile: str, held: dict[str, Cells]
) -> Iterator[tuple[Path, Group, str, Cells]]:
    for name, group in groups.items():
        if held[name]:
            yield prediction_mosaics.path_of(name, product), group, tile, held[name]
