"""A model over a selection: chunks that survive a kill, put together into a prediction set."""

import contextlib
import dataclasses
import functools
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import filelock
import numpy as np
import numpy.typing as npt

from eoexplore import __version__, models
from eoexplore.core import settings
from eoexplore.core.errors import JobError, ModelError
from eoexplore.core.model_card import ModelCard
from eoexplore.core.selection import Selection
from eoexplore.jobs import inputs, pieces, predict_join, predict_part, prediction_chunks
from eoexplore.jobs.pieces import Hands
from eoexplore.jobs.predict_part import Known, Plan
from eoexplore.jobs.prediction_chunks import Chunk
from eoexplore.jobs.progress import Report
from eoexplore.store import catalog, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_sets import About

CHUNK = 256
"""Samples of a chunk: what a kill loses at most, of each worker."""
PREPROCESSING = 1
"""Version of how bands are brought to a model; another one makes other sets."""
THRESHOLD = 0.5
_TRIED = 64
"""Samples that were left out and are looked at again, when the same is asked for."""
_WHAT = "predicting"
_WORDS = pieces.Words(
    "Processes that predicted were ended, perhaps for lack of memory. Start again, with fewer "
    "processes: finished chunks are kept.",
    "Another run of this prediction began; this one has stopped.",
)


@dataclass(frozen=True)
class Asked:
    """What is to be predicted."""

    slug: str
    """The dataset, as the catalog knows it."""
    model: str
    """Name of the model."""
    selection: Selection = dataclasses.field(default_factory=Selection)
    """Which samples."""
    name: str = ""
    """What the set is to be called; made of the model's name and the key where empty."""
    chunk: int = CHUNK
    """Samples of a chunk."""


@dataclass(frozen=True)
class Made:
    """What came of a prediction."""

    about: About
    """The set."""
    predicted: int = 0
    """Samples that were predicted now; those that were there before are not."""


def predict(
    asked: Asked,
    hands: Hands | None = None,
    progress: Report | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Made:
    """Predict a selection, or go on with what was stopped; what is there is not done again.

    Args:
        asked: dataset, model and selection.
        hands: processes of this machine, or a cluster.
        progress: told (samples done, samples in all, what).
        cancelled: asked five times a second; true ends it, and finished chunks stay.

    Raises:
        ModelError: the model does not fit the dataset, or cannot answer.
        JobError: another process predicts the same, the disk is full, or the name is taken.
        Cancelled: `cancelled` said so.
    """
    report, hands = progress or (lambda *_: None), (hands or Hands()).or_setting()
    opened = catalog.open_slug(asked.slug)
    report(0, 0, "the model")
    card = models.load(asked.model).card
    rows, without = rows_of(opened, asked.selection, card, asked.model)
    said = dataclasses.replace(_about(opened, asked, card, rows), left_out=without)
    known = (Known(asked.model, card.sha256),)

    def begin(parts: Path) -> tuple[Plan, About]:
        return plan(opened, known, parts, hands), said

    work = Work(opened, card, rows, said, begin, asked.chunk)
    return complete(work, hands, report, cancelled)


@dataclass(frozen=True)
class Work:
    """A set that is to be made."""

    opened: Opened
    """The dataset."""
    card: ModelCard
    """What the models take and say; their weights need not be there yet."""
    rows: npt.NDArray[np.intp]
    """Rows that are predicted, shape (n,)."""
    said: About
    """What the set is, as far as it is known before; its name and key count."""
    begin: Callable[[Path], tuple[Plan, About]]
    """Given the folder of the chunks, gives what workers have to know, and what the set is."""
    chunk: int = CHUNK
    """Samples of a chunk."""
    models: npt.NDArray[np.integer] | None = None
    """Number of the model of each row, where there are several."""


def complete(
    work: Work, hands: Hands, report: Report, cancelled: Callable[[], bool] | None
) -> Made:
    """Make a set, or go on with one; arguments and errors as for `predict`."""
    opened, said, rows = work.opened, work.said, work.rows
    folder = prediction_sets.folder_of(opened.fingerprint, said.name)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with filelock.FileLock(folder / prediction_sets.LOCK, timeout=0):
            there = prediction_sets.about(folder)
            if there is not None and not _is_mended(opened, _same(there, said), work.card, rows):
                return Made(_told(folder, there, said))
            parts = prediction_chunks.parts_of(folder, said.key)
            begun, said = work.begin(parts)
            chunks = prediction_chunks.chunks(opened, rows, work.chunk, work.models)
            count = _run(begun, chunks, hands, report, cancelled)
            report(len(rows), len(rows), "putting it together")
            return Made(predict_join.join(opened, work.card, said, parts, folder), count)
    except filelock.Timeout:
        raise JobError("Another process predicts this set already.") from None
    except OSError as error:
        raise JobError(
            "The predictions could not be written; the disk may be full. Free some space and "
            f"start again: finished chunks are kept. ({error.strerror or error})"
        ) from error


def _same(there: About, said: About) -> About:
    if there.key == said.key:
        return there
    raise JobError(
        f"There is a prediction set {said.name} already, of other samples or another model. "
        "Choose another name, or delete it."
    )


def _is_mended(opened: Opened, there: About, card: ModelCard, rows: npt.NDArray[np.intp]) -> bool:
    """Tell whether samples that were left out of a set could be read now."""
    known = prediction_sets.read(opened, there.name).rows
    lacking = np.setdiff1d(rows, known)[:_TRIED]
    return bool(len(lacking) and len(inputs.read(opened, lacking.tolist(), card).rows))


def _told(folder: Path, there: About, said: About) -> About:
    """Return what a set is, with what the card says of the training now."""
    if not said.model_hash:
        # Models that were made for the set: their training is told by the set alone.
        return there
    told = dataclasses.replace(
        there,
        trained_on_split=said.trained_on_split,
        trained_on=said.trained_on,
        synthetic=said.synthetic,
    )
    if told != there:
        prediction_sets.write_about(folder, told)
    return told


def rows_of(
    opened: Opened, selection: Selection, card: ModelCard, model: str
) -> tuple[npt.NDArray[np.intp], dict[str, int]]:
    """Return the rows that are predicted, those of a selection that have every layer.

    Args:
        opened: the dataset.
        selection: which samples.
        card: of the model.
        model: what it is called.

    Returns:
        Also how many others lack which layer, as sentences.

    Raises:
        ModelError: the model does not fit the dataset, or no sample has what it takes.
    """
    why = inputs.misfit(opened.dataset, card)
    if why:
        raise ModelError(why)
    samples = opened.samples
    there = samples.table(opened.dataset.classes).select(selection).mask()
    chosen = int(there.sum())
    titles = {layer.name: layer.title for layer in opened.dataset.layers}
    without: dict[str, int] = {}
    for layer in card.layers:
        lacking = int((there & ~samples.has(layer)).sum())
        without |= {f"The patch has no {titles[layer]}.": lacking} if lacking else {}
        there = there & samples.has(layer)
    rows = np.flatnonzero(there)
    if not len(rows):
        raise ModelError(
            f"Of the {chosen:,} patches of the selection, none has all layers that the model "
            f"{model} takes ({', '.join(card.layers)}). Choose a wider selection."
        )
    return rows, without


def preprocessing_hash(card: ModelCard) -> str:
    """Return what stands for how samples are brought to a model: 16 hexadecimal digits."""
    own = (card.bands, card.input_size, card.resample, card.mean, card.std, card.activation)
    return digest(PREPROCESSING, own, card.class_names)


def digest(*values: object) -> str:
    """Return 16 hexadecimal digits that stand for values that JSON knows."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:16]


def _about(opened: Opened, asked: Asked, card: ModelCard, rows: npt.NDArray[np.intp]) -> About:
    ids = "\n".join(opened.samples.frame["id"].iloc[rows])
    prepared = preprocessing_hash(card)
    own = hashlib.sha256(ids.encode()).hexdigest()
    key = digest(card.sha256, prepared, opened.fingerprint, own)
    word = re.sub(r"[^a-z0-9]+", "-", asked.model.lower().rpartition("/")[2]).strip("-")
    return About(
        name=asked.name or f"{word[:31].rstrip('-') or 'model'}-{key[:8]}",
        task="segmentation" if card.task == "segmentation" else "multilabel",
        model=asked.model,
        model_hash=card.sha256,
        preprocessing_hash=prepared,
        dataset_fingerprint=opened.fingerprint,
        selection=asked.selection.canonical(),
        classes=card.class_names,
        threshold=THRESHOLD,
        trained_on_split=str(card.trained_on.get("split", "")),
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        eoexplore_version=__version__,
        key=key,
        trained_on=dict(card.trained_on),
        synthetic=card.synthetic,
        codes=tuple(item.code for item in card.classes),
    )


def plan(opened: Opened, known: tuple[Known, ...], parts: Path, hands: Hands) -> Plan:
    """Return what workers have to know.

    Args:
        opened: the dataset.
        known: the models.
        parts: folder of the chunks.
        hands: who does the work.
    """
    threads = max(1, (os.cpu_count() or 1) // (hands.workers or 1))
    there = {"EOEXPLORE_CACHE": str(settings.cache_folder().resolve())}
    there["EOEXPLORE_MODELS"] = os.pathsep.join(str(path) for path in settings.model_folders())
    return Plan(opened.slug, known, parts, threads, tuple(there.items()))


def _run(
    plan: Plan,
    chunks: list[Chunk],
    hands: Hands,
    report: Report,
    cancelled: Callable[[], bool] | None,
) -> int:
    """Predict the chunks that are missing, and return how many samples they have."""
    total = sum(len(chunk.rows) for chunk in chunks)
    todo = [chunk for chunk in chunks if not prediction_chunks.path_of(plan.parts, chunk).is_file()]
    done = total - sum(len(chunk.rows) for chunk in todo)
    there = done
    report(done, total, _WHAT)
    task = pieces.Task(
        functools.partial(predict_part.make, plan),
        lambda chunk: chunk.name,
        plan.parts / "run",
        (Path(catalog.entry(plan.slug).path), plan.parts),
        _WORDS,
    )
    with contextlib.closing(pieces.each(task, todo, hands, cancelled or (lambda: False))) as looks:
        for finished, at_work in looks:
            done += sum(len(chunk.rows) for chunk in finished)
            report(min(done + at_work, total), total, _WHAT)
    return total - there
