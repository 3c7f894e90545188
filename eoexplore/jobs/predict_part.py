"""What a worker predicts: a chunk of samples, kept as one file of the unfinished set."""

import functools
import itertools
import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np

from eoexplore.core.errors import ModelError, Withdrawn
from eoexplore.core.model_card import ModelCard
from eoexplore.jobs import inputs
from eoexplore.jobs.inputs import Inputs
from eoexplore.jobs.prediction_chunks import Chunk, Found, Maps, maps_of, path_of, still_there
from eoexplore.jobs.run import Run, Worker
from eoexplore.models import Loaded
from eoexplore.models.engine import Engine
from eoexplore.store import catalog
from eoexplore.store.catalog import Opened

_TOGETHER = {"cpu": 16, "mps": 64, "cuda": 256}
"""Samples that are read while the ones before them are predicted, by the kind of device."""
_LONGEST_S = 600.0
"""Seconds of a pass at most. Nobody else waits for this process, and a batch is not to be divided
by how busy the machine is: the last digits of an answer depend on what is answered with it."""


@dataclass(frozen=True)
class Known:
    """A model as its workers find it."""

    name: str
    """Name among the available ones, or the absolute path of its folder."""
    sha256: str
    """Of its weights: a worker that has others does nothing."""


@dataclass(frozen=True)
class Plan:
    """What every worker of a run has to know."""

    slug: str
    """The dataset, as the catalog knows it."""
    models: tuple[Known, ...]
    """Models of one input and the same classes; a chunk says which one predicts which sample."""
    parts: Path
    """Folder of the finished chunks."""
    threads: int
    """Threads of a worker on the CPU."""
    settings: tuple[tuple[str, str], ...]
    """Where datasets and models are known: a worker elsewhere may have been told otherwise."""


def make(plan: Plan, chunk: Chunk, run: Run) -> bool:
    """Predict a chunk and write it; false where the run was over before.

    Raises:
        ModelError: the model is another one here, or cannot answer.
        JobError: files of the dataset have gone since it was opened.
    """
    os.environ.update(plan.settings)
    worker, goes_on = Worker(run, chunk.name), run.path.is_dir
    opened, engine = catalog.open_slug(plan.slug), _engine(plan.threads)
    cards = {number: _card(engine, plan.models[number]) for number in set(chunk.models)}
    found, whole = Found(next(iter(cards.values()))), True
    batches = _batches(chunk, _TOGETHER[engine.device.name.partition(":")[0]])
    try:
        for (number, _), (asked, maps) in _ahead(
            lambda batch: _read(opened, batch[1], cards[batch[0]]), batches
        ):
            if not worker.goes_on(found.count):
                return False
            values = np.empty(0, np.float32)
            if len(asked.rows):
                name = plan.models[number].name
                answer = engine.predict(name, asked.batch, lambda: not goes_on())
                values = np.asarray(answer, np.float32)
            found.add(asked, values, maps)
            whole = whole and all(one is not None for one in maps)
    except Withdrawn:
        return False
    if found.left_out or not whole:
        still_there(opened)
    found.write(path_of(plan.parts, chunk), engine.device.words)
    return True


def _card(engine: Engine, model: Known) -> ModelCard:
    """Return the card of a model that is loaded, the one that was asked for.

    Raises:
        ModelError: it is another one.
    """
    card = engine.load(model.name).card
    if card.sha256 != model.sha256:
        # A worker may have kept what lay there before.
        engine.forget(model.name)
        card = engine.load(model.name).card
    if card.sha256 != model.sha256:
        raise ModelError(f"The model {model.name} has changed. Start the prediction anew.")
    return card


Batch = tuple[int, tuple[int, ...]]
"""Number of a model, and rows of the sample table."""


def _batches(chunk: Chunk, size: int) -> list[Batch]:
    """Return what is predicted at once: neighbours in the chunk that have one model."""
    found: list[Batch] = []
    pairs = zip(chunk.models, chunk.rows, strict=True)
    for number, own in itertools.groupby(pairs, lambda pair: pair[0]):
        rows = [row for _, row in own]
        found += [(number, tuple(rows[at : at + size])) for at in range(0, len(rows), size)]
    return found


@functools.lru_cache(maxsize=1)
def _engine(threads: int) -> Engine:
    """Return the one model server of a worker's process."""
    import torch

    # A worker of Dask is told to use one; the passes of a model are its only work.
    torch.set_num_threads(threads)
    return Engine(_load, longest=_LONGEST_S)


def _load(name: str, device: str) -> Loaded:
    from eoexplore import models

    folder = Path(name)
    return (
        models.open_folder(folder).load(device)
        if folder.is_absolute()
        else models.load(name, device)
    )


B = TypeVar("B")
T = TypeVar("T")


def _read(opened: Opened, rows: Sequence[int], card: ModelCard) -> tuple[Inputs, Maps]:
    """Return what a model takes of samples and, for masks, their label maps."""
    asked = inputs.read(opened, rows, card)
    if card.task != "segmentation":
        return asked, []
    return asked, maps_of(opened, asked.rows.tolist(), card)


def _ahead(read: Callable[[B], T], batches: Sequence[B]) -> Generator[tuple[B, T]]:
    """Yield each batch and what is read of it, the next one being read meanwhile."""
    with ThreadPoolExecutor(1, "eoexplore-read") as reader:
        coming = reader.submit(read, batches[0]) if batches else None
        for number, batch in enumerate(batches):
            assert coming is not None
            found = coming.result()
            last = number + 1 == len(batches)
            coming = None if last else reader.submit(read, batches[number + 1])
            yield batch, found
