"""Reading every file of a dataset, to say which are damaged or cut short."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pandas as pd

from eoexplore.core import settings
from eoexplore.core.errors import DataMissing, FileUnreadable
from eoexplore.core.types import Dataset, Layer, Problem
from eoexplore.jobs.progress import Report
from eoexplore.store.catalog import unreadable_problem

_CHUNK = 64


def unreadable(dataset: Dataset, frame: pd.DataFrame, progress: Report) -> tuple[Problem, ...]:
    """Read every file of some samples.

    Args:
        dataset: where to read.
        frame: rows of the sample table.
        progress: told (samples done, samples in all, what); an error it raises ends the work.

    Returns:
        One problem per layer with files that cannot be read.
    """
    bad: dict[str, list[str]] = {layer.title: [] for layer in dataset.layers}
    done, total = 0, sum(int(frame[f"has_{layer.name}"].sum()) for layer in dataset.layers)
    # Opening a file mostly waits for the file system, so several are opened at once.
    with ThreadPoolExecutor(2 * settings.workers()) as pool:
        for layer in dataset.layers:
            for samples, keys in _chunks(frame, layer):
                progress(done, total, "reading files")
                readable = pool.map(lambda key, of=layer: _readable(dataset, key, of), keys)
                found = zip(samples, readable, strict=True)
                bad[layer.title] += [sample for sample, good in found if not good]
                done += len(keys)
    progress(done, total, "reading files")
    return tuple(unreadable_problem(title, ids) for title, ids in bad.items() if ids)


def _chunks(frame: pd.DataFrame, layer: Layer) -> Iterator[tuple[list[str], list[str]]]:
    """Yield ids and the layer's keys of samples that have the layer."""
    there = frame[frame[f"has_{layer.name}"]]
    for first in range(0, len(there), _CHUNK):
        part = there.iloc[first : first + _CHUNK]
        yield part["id"].tolist(), part[layer.key].tolist()


def _readable(dataset: Dataset, key: str, layer: Layer) -> bool:
    for band in layer.bands:
        try:
            dataset.read(key, layer.name, band.name)
        except FileUnreadable:
            return False
        except DataMissing:
            continue
    return True
