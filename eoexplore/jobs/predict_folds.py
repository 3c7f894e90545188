"""Every sample predicted by a model that has learnt neither it nor its surroundings.

Blocks of ground are dealt out to folds; a quick model of each fold learns from what lies elsewhere,
of all parts of the split, and predicts the samples of its fold. Scores of this kind are what a
search for wrong labels takes (Northcutt, Jiang & Chuang 2021, doi 10.1613/jair.1.12125): a model
that has learnt a wrong label repeats it.
"""

import dataclasses
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eoexplore import __version__, models
from eoexplore.analysis import folds
from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import ModelCard
from eoexplore.core.selection import Selection
from eoexplore.jobs import fold_models, fold_pixels, predict, train_files
from eoexplore.jobs.fold_pixels import Pixels
from eoexplore.jobs.pieces import Hands
from eoexplore.jobs.predict import CHUNK, Made, Work
from eoexplore.jobs.predict_part import Known, Plan
from eoexplore.jobs.progress import Report
from eoexplore.store import catalog, distances
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_sets import About
from eoexplore.store.samples import Samples

FOLDS, BLOCK_KM, BUFFER_KM = 5, 6.0, 1.2
"""What is done where nothing is said: of two neighbours in a block of five by five patches, four of
five pairs are in the same one, and the ring of patches around a block is not learnt from."""
MOST = 100
"""Folds at most: each has a model of its own."""
MODEL = "small_context"
_BY_ID = 100
"""Blocks of samples without a place, where products are too few."""


@dataclass(frozen=True)
class Asked:
    """What is to be predicted."""

    slug: str
    """The dataset, as the catalog knows it."""
    folds: int = FOLDS
    """How many models are trained, each for one part of the dataset."""
    block_km: float = BLOCK_KM
    """Side of the blocks that are dealt out, in kilometres."""
    buffer_km: float = BUFFER_KM
    """Ground around a fold that its model does not learn from, in kilometres."""
    name: str = ""
    """What the set is to be called; made of the key where empty."""
    chunk: int = CHUNK
    """Samples of a chunk."""


@dataclass(frozen=True)
class Dealt:
    """Samples in folds."""

    fold: npt.NDArray[np.int8]
    """Fold of each sample of the dataset, shape (n,)."""
    metres: npt.NDArray[np.float64]
    """The middle of each place, shape (places, 2) or (places, 3)."""
    place: npt.NDArray[np.int32]
    """Number of each sample's place, -1 for none; shape (n,)."""
    unlocated: str
    """How samples without a place were dealt out; empty where all have one."""

    def learnt(self, number: int, buffer_km: float) -> npt.NDArray[np.bool_]:
        """Tell which samples the model of a fold may learn from, shape (n,)."""
        found: npt.NDArray[np.bool_] = self.fold != number
        there = self.place >= 0
        own = np.zeros(len(self.metres), bool)
        own[self.place[there & ~found]] = True
        near = folds.near(self.metres, own, 1000 * buffer_km)
        found[there] = ~near[self.place[there]]
        return found


def predict_folds(
    asked: Asked,
    hands: Hands | None = None,
    progress: Report | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Made:
    """Predict all samples of a dataset out of sample, or go on with what was stopped.

    Args:
        asked: dataset, folds and blocks.
        hands: processes of this machine, or a cluster, that predict; training is done here.
        progress: told (done, in all, what).
        cancelled: asked five times a second, and before each step of a training; true ends it,
            and finished models and chunks stay.

    Raises:
        ModelError: there is nothing to learn from, or there are fewer blocks than folds.
        JobError: another process predicts the same, the disk is full, or the name is taken.
        Cancelled: `cancelled` said so.
    """
    report, hands = progress or (lambda *_: None), (hands or Hands()).or_setting()
    opened = catalog.open_slug(asked.slug)
    card = fold_models.card(opened)
    rows, without = predict.rows_of(opened, Selection(), card, MODEL)
    found = deal(opened, asked)
    said = dataclasses.replace(_about(opened, asked, card, rows, found), left_out=without)
    course = _Course(opened, asked, found, rows, report, cancelled or (lambda: False))

    def begin(parts: Path) -> tuple[Plan, About]:
        known, unlearnt = course.models(parts, card)
        one = hashlib.sha256("".join(model.sha256 for model in known).encode()).hexdigest()
        told = dict(said.trained_on) | ({"unlearnt": unlearnt} if unlearnt else {})
        about = dataclasses.replace(said, model_hash=one, trained_on=told)
        return predict.plan(opened, known, parts, hands), about

    work = Work(opened, card, rows, said, begin, asked.chunk, found.fold[rows])
    return predict.complete(work, hands, report, cancelled)


def deal(opened: Opened, asked: Asked) -> Dealt:
    """Return the fold of each sample.

    Raises:
        ModelError: there are fewer blocks than folds, or the numbers cannot be.
    """
    sizes = (asked.block_km, asked.buffer_km)
    if not (2 <= asked.folds <= MOST and np.isfinite(sizes).all() and sizes[0] > 0 <= sizes[1]):
        raise ModelError(
            f"Folds are 2 to {MOST}, blocks have a side, and no buffer is below zero; asked "
            f"was for {asked.folds} folds of blocks of {asked.block_km:g} km with a buffer of "
            f"{asked.buffer_km:g} km."
        )
    samples = opened.samples
    known = distances.places(samples)
    blocks = folds.blocks(known.metres, 1000 * asked.block_km)
    # One more, for the samples without a place.
    codes = np.append(blocks, -1)[known.of]
    lost = np.flatnonzero(known.of < 0)
    words = ""
    if len(lost):
        names, words = _names(samples, lost, asked.folds)
        codes[lost] = folds.named(names, _BY_ID) + int(codes.max(initial=-1)) + 1
    count = len(np.unique(codes))
    if count < asked.folds:
        raise ModelError(
            f"{opened.dataset.title} lies in {count:,} {'block' if count == 1 else 'blocks'} of "
            f"{asked.block_km:,g} km, too few for {asked.folds} folds. Take fewer folds (--folds) "
            "or smaller blocks (--block-km)."
        )
    return Dealt(folds.deal(codes, asked.folds), known.metres, known.of, words)


def _names(samples: Samples, rows: npt.NDArray[np.intp], count: int) -> tuple[list[str], str]:
    """Return what keeps samples without a place together, and how that is said."""
    products = samples.frame["product"].iloc[rows].astype(str).tolist()
    many = f"{len(rows):,} samples without a place are dealt out by"
    if len(set(products)) >= 3 * count:
        return products, f"{many} their product: what lies beside them is not known."
    ids = samples.frame["id"].iloc[rows].tolist()
    return ids, f"{many} their id: what lies beside them is not known, and may have been learnt."


def _about(
    opened: Opened, asked: Asked, card: ModelCard, rows: npt.NDArray[np.intp], found: Dealt
) -> About:
    """Return what the set is; its models are not trained yet."""
    ids = "\n".join(opened.samples.frame["id"].iloc[rows])
    # Replaced label maps make other models.
    stamp = catalog.entry(opened.slug).stamp
    own = hashlib.sha256(ids.encode() + found.fold[rows].tobytes()).hexdigest()
    prepared = predict.preprocessing_hash(card)
    key = predict.digest(
        fold_models.VERSION, prepared, opened.fingerprint, stamp, own, asked.folds,
        asked.block_km, asked.buffer_km,
    )  # fmt: skip
    told: dict[str, Any] = {
        "dataset": opened.dataset.title, "folds": asked.folds, "block_km": asked.block_km,
        "buffer_km": asked.buffer_km, "out_of_fold": True,
    }  # fmt: skip
    if found.unlocated:
        told["unlocated"] = found.unlocated
    return About(
        name=asked.name or f"folds-{key[:8]}", task="segmentation", model=f"k-fold {MODEL}",
        model_hash="", preprocessing_hash=prepared, dataset_fingerprint=opened.fingerprint,
        selection="", classes=card.class_names, threshold=predict.THRESHOLD, trained_on_split="",
        created=datetime.now(UTC).isoformat(timespec="seconds"), eoexplore_version=__version__,
        key=key, trained_on=told, synthetic=card.synthetic,
        codes=tuple(item.code for item in card.classes),
    )  # fmt: skip


@dataclass(frozen=True)
class _Course:
    """The training of all folds."""

    opened: Opened
    asked: Asked
    dealt: Dealt
    rows: npt.NDArray[np.intp]
    report: Report
    cancelled: Callable[[], bool]

    def models(self, parts: Path, card: ModelCard) -> tuple[tuple[Known, ...], str]:
        """Return the models of all folds, trained unless they lie in the folder.

        Returns:
            Also the classes that some of them have not learnt, as words.
        """
        folders = [parts / f"fold-{number + 1}" for number in range(self.asked.folds)]
        lacking = [
            number for number, path in enumerate(folders) if not (path / models.CARD).is_file()
        ]
        if lacking:
            chosen = fold_pixels.chosen(self.opened, self.rows)
            full = fold_pixels.measured(self.opened, chosen, card, self.cancelled)
            pixels = fold_pixels.draw(self.opened, chosen, full, self.report, self.cancelled)
            for number in lacking:
                self._train(number, folders[number], full, pixels)
        known, unlearnt = [], dict[str, list[str]]()
        for number, path in enumerate(folders):
            own = models.open_folder(path).card
            known.append(Known(str(path.resolve()), own.sha256))
            for name in own.trained_on["unlearnt"]:
                unlearnt.setdefault(name, []).append(str(number + 1))
        words = (f"{name} (beside fold {', '.join(own)})" for name, own in unlearnt.items())
        return tuple(known), "; ".join(words)

    def _train(self, number: int, folder: Path, card: ModelCard, pixels: Pixels) -> None:
        self.report(number, self.asked.folds, "learning from the other folds")
        learn = self.dealt.learnt(number, self.asked.buffer_km)[pixels.rows]
        trained = fold_models.train(pixels, learn, card, self.cancelled)
        told = {"dataset": self.opened.dataset.title, "unlearnt": list(trained.unlearnt)}
        train_files.write(folder, dataclasses.replace(card, trained_on=told), trained.network)
