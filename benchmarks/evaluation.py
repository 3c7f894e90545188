"""How long every chart of the evaluation takes: `python -m benchmarks.evaluation DATASET`.

Of a simulated prediction set of each kind about every sample: scores that lean to the labels, and
masks of which four fifths of the pixels are right. Each chart is made for all samples, for another
selection, and again, as in `benchmarks.charts`. The sets are removed in the end.
"""

import argparse
import sys

import numpy as np

from benchmarks.charts import line, part
from eoexplore.charts import chart
from eoexplore.charts.chart import Asked
from eoexplore.core.types import LabelClass
from eoexplore.store import catalog, prediction_columns, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_sets import About, Confusion, PredictionSet

SCORES, MASKS = "benchmark-scores", "benchmark-masks"
_OTHER = "split=test"
_PIXELS = 14_400


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", help="name of a known dataset, or its folder")
    args = parser.parse_args()
    known = {entry.slug for entry in catalog.entries()}
    opened = catalog.open_slug(args.dataset) if args.dataset in known else catalog.add(args.dataset)
    one, other = part(opened, ""), part(opened, _OTHER)
    sys.stdout.write(
        f"{len(one):,} patches; the other selection has {len(other):,}.\n\n"
        "| chart | first, s | other selection, s | again, s | figure, kB |\n|---|---|---|---|---|\n"
    )
    try:
        sets = written(opened, SCORES, masks=False), written(opened, MASKS, masks=True)
        for kind in chart.kinds("evaluation"):
            judged = sets[1:] if kind.section == "Pixels" else sets[:1]
            asked, beside = (Asked(opened, (own,), predictions=judged) for own in (one, other))
            sys.stdout.write(f"{line(kind, asked, beside)}\n")
            sys.stdout.flush()
    finally:
        for name in (SCORES, MASKS):
            prediction_sets.remove(opened, name)


def written(opened: Opened, name: str, *, masks: bool) -> PredictionSet:
    """Write a simulated set about every sample, and read it."""
    chance = np.random.default_rng(5)
    classes: tuple[LabelClass, ...] = opened.dataset.classes.classes
    count = len(opened.samples)
    about = About(
        name=name, task="segmentation" if masks else "multilabel", model="simulated",
        model_hash="", preprocessing_hash="", dataset_fingerprint=opened.fingerprint,
        selection="", classes=tuple(item.name for item in classes), threshold=0.5,
        trained_on_split="train", created="2026-11-23", eoexplore_version="", key=name,
    )  # fmt: skip
    bare = PredictionSet(
        about,
        opened.folder.path,
        np.arange(count),
        np.zeros((count, len(classes)), np.float32),
        None,
    )
    known = opened.samples.frame["label_mask"].to_numpy(np.uint64)
    labels = prediction_columns.labels_of(bare, known, opened.dataset.classes)
    noise = chance.normal(0, 1, labels.shape).astype(np.float32)
    scores = 1 / (1 + np.exp(-(3 * labels - 2 + noise)))
    confusion = None
    if masks:
        sample = np.repeat(np.arange(count, dtype=np.int32), 4)
        reference = chance.integers(0, len(classes), len(sample)).astype(np.int16)
        wrong = chance.random(len(sample)) < 0.2
        said = np.where(wrong, chance.integers(0, len(classes), len(sample)), reference)
        pixels = np.full(len(sample), _PIXELS // 4, np.int32)
        confusion = Confusion(sample, reference, said.astype(np.int16), pixels)
        scores = scores / scores.sum(1, keepdims=True)
    folder = prediction_sets.folder_of(opened.fingerprint, name)
    ids = opened.samples.frame["id"].to_numpy(object)
    prediction_sets.write(folder, about, ids, scores.astype(np.float32), confusion)
    return prediction_sets.read(opened, name)


if __name__ == "__main__":
    main()
