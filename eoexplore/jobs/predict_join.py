"""Finished chunks put together: the tables of a prediction set, and mosaics of its masks."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from eoexplore.core.errors import PredictionError
from eoexplore.core.types import Array
from eoexplore.jobs.inputs import Output
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


Worded = Callable[[str, Sequence[int]], str]
"""Gives what a user reads for a reason and the rows that it holds for."""


def join(
    opened: Opened,
    output: Output,
    said: About,
    parts: Path,
    folder: Path,
    worded: Worded = lambda why, _: why,
) -> About:
    """Write a set out of its chunks, remove them, and return what the set is.

    Args:
        opened: the dataset.
        output: what was predicted, such as the card of a model.
        said: what the set is, without what was left out.
        parts: folder of the chunks, all of them finished.
        folder: of the set.
        worded: what is said of why samples were left out.

    Raises:
        OSError: the disk is full.
        PredictionError: every sample was left out; the chunks are removed, to be made anew.
    """
    files = sorted(parts.glob("*.npz"))
    small, rows_of, devices = _tables(files)
    ordered = sorted(rows_of.items(), key=lambda item: -len(item[1]))
    reasons = {worded(why, own): len(own) for why, own in ordered}
    if not len(small["rows"]):
        shutil.rmtree(parts, ignore_errors=True)
        count = sum(reasons.values())
        raise PredictionError(f"All {count:,} samples were left out. {next(iter(reasons), '')}")
    order = np.argsort(small["rows"], kind="stable")
    rows = small["rows"][order]
    if said.task == "segmentation":
        every = prediction_mosaics.groups(output.class_names)
        groups = {name: every[name] for name in said.layers}
        for path, group, tile, cells in _mosaics(opened, groups, files):
            mosaic.write(folder / path, group, tile, cells, said.key)
    confusion = None
    if len(small["pixels"]):
        place = np.searchsorted(rows, small["confused_row"]).astype(np.int32)
        at = np.lexsort((small["predicted"], small["reference"], place))
        confusion = Confusion(
            place[at], small["reference"][at], small["predicted"][at], small["pixels"][at]
        )
    labelled, judged = small["compared"].reshape(-1, 2).sum(0).tolist()
    said = replace(
        said,
        left_out={**said.left_out, **reasons},
        device=", ".join(sorted(devices)),
        unjudged_share=1 - judged / labelled if labelled else 0.0,
    )
    ids = opened.samples.frame["id"].to_numpy(object)[rows]
    prediction_sets.write(folder, said, ids, small["scores"][order], confusion)
    shutil.rmtree(parts, ignore_errors=True)
    return said


def _tables(files: list[Path]) -> tuple[dict[str, Any], dict[str, list[int]], set[str]]:
    """Return the tables of all chunks, left-out rows by reason, and where the model ran."""
    kept: dict[str, list[Array]] = {name: [] for name in ("rows", "scores", "compared", *_PAIRS)}
    reasons: dict[str, list[int]] = {}
    devices = set()
    for path in files:
        with np.load(path) as found:
            for name, own in kept.items():
                if name in found:
                    own.append(found[name])
            said = json.loads(str(found["said"]))
        for row, why in said["left_out"].items():
            reasons.setdefault(why, []).append(int(row))
        devices.add(said["device"])
    tables = {
        name: np.concatenate(own) if own else np.empty(0, _PAIRS.get(name, np.int64))
        for name, own in kept.items()
    }
    return tables, reasons, devices


Cells = dict[tuple[int, int], Array]


def _mosaics(
    opened: Opened, groups: dict[str, Group], files: list[Path]
) -> Iterator[tuple[Path, Group, str, Cells]]:
    """Yield path, group, tile and packed samples of each mosaic.

    Chunks are in the order of products, so that those of one product are enough at a time.
    """
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
