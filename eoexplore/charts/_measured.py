"""Figures of predictions with their intervals: worked out once, shown by several charts."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import bootstrap, multilabel, pixels
from eoexplore.analysis.bootstrap import Clusters, Intervals
from eoexplore.charts import _judged
from eoexplore.charts._judged import SEED, Judged, kept

Floats = npt.NDArray[np.float64]
LABELS = {
    "average_precision": "Average precision",
    "f1": "F1",
    "precision": "Precision",
    "recall": "Recall",
}
"""Figures of labels that have several means, and what a user reads."""
MEANS = ("macro", "micro", "weighted", "samples")
OTHERS = {
    "subset_accuracy": "Patches with exactly the labels",
    "hamming_loss": "Hamming loss",
    "ranking_loss": "Ranking loss",
    "coverage_error": "Coverage error",
    "label_ranking_average_precision": "Label ranking average precision",
}
LOWER = ("hamming_loss", "ranking_loss", "coverage_error")
"""Figures of which a smaller one is better."""
PIXELS = {
    "mean_iou": "Mean IoU",
    "f1_macro": "F1, macro",
    "precision_macro": "Precision, macro",
    "mean_accuracy": "Mean accuracy (recall, macro)",
    "accuracy": "Accuracy",
    "frequency_weighted_iou": "Frequency-weighted IoU",
    "kappa": "Cohen's kappa",
}
"""Figures of pixels, and what a user reads."""

MAIN_LABELS = {
    name: f"{LABELS[name.rpartition('_')[0]]}, {name.rpartition('_')[2]}"
    for name in ("average_precision_macro", "f1_macro", "f1_micro")
}
"""Figures of labels where few have to do."""
MAIN_PIXELS = {name: PIXELS[name] for name in ("mean_iou", "accuracy")}
"""Figures of pixels where few have to do."""


@dataclass(frozen=True)
class Measured:
    """Figures of a set, and the same of each replicate."""

    values: Mapping[str, float]
    """By name."""
    replicated: Mapping[str, Floats]
    """Shape (replicates,) by name."""
    clusters: Clusters
    """Tiles that were drawn."""

    def intervals(self) -> dict[str, Intervals]:
        """Return each figure with its interval of 95 %."""
        return {
            name: bootstrap.intervals(value, self.replicated[name], self.clusters)
            for name, value in self.values.items()
        }

    def minus(self, other: "Measured") -> dict[str, Intervals]:
        """Return the differences to another set on the same samples, with their intervals."""
        return {
            name: bootstrap.paired(
                (value, other.values[name]),
                (self.replicated[name], other.replicated[name]),
                self.clusters,
            )
            for name, value in self.values.items()
            if name in other.values
        }


def of_labels(own: Judged) -> Measured:
    """Return the figures of labels, by the names of scikit-learn."""
    return kept(own, "labels", lambda: _of_labels(own))


def _of_labels(own: Judged) -> Measured:
    scores, threshold = own.scores, own.threshold
    values = multilabel.measure(own.truth, scores, threshold)
    drawn = own.clusters, _judged.REPLICATES, SEED
    area = bootstrap.average_precision_replicates(own.truth, scores, *drawn)
    found = {f"average_precision_{name}": getattr(area, name) for name in MEANS[:3]}
    found |= multilabel.rates(bootstrap.resampled(counts_by_tile(own), *drawn))
    for name, each in multilabel.per_sample(own.truth, scores, threshold).items():
        found[name] = bootstrap.mean_replicates(each, *drawn)
    return Measured(values, found, _how_many(own))


def counts_by_tile(own: Judged) -> npt.NDArray[np.int64]:
    """Return true and false positives and false negatives, shape (tile, 3, class)."""
    predicted = multilabel.decided(own.scores, own.threshold)
    return multilabel.counts(own.truth, predicted, own.clusters.codes, own.clusters.count)


def of_pixels(own: Judged) -> Measured:
    """Return the figures of pixels.

    Raises:
        CannotTell: the set is not of masks, or nothing was compared.
    """
    return kept(own, "pixels", lambda: _of_pixels(own))


def _of_pixels(own: Judged) -> Measured:
    values = pixels.measure(own.by_tile.sum(0))
    replicated = bootstrap.resampled(own.by_tile, own.clusters, _judged.REPLICATES, SEED)
    return Measured(values, pixels.measures(replicated), _how_many(own))


def _how_many(own: Judged) -> Clusters:
    """Return the tiles without which samples are in them: what is kept of them."""
    return Clusters(np.empty(0, np.intp), own.clusters.count)


def title_of(name: str) -> str:
    """Return what a user reads for a figure of labels."""
    if name in OTHERS:
        return OTHERS[name]
    figure, _, mean = name.rpartition("_")
    return f"{LABELS.get(figure, figure)}, {mean}"
