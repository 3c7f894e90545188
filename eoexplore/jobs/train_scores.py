"""How well the demo's models do on patches: against the truth, and against the stored labels."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import scores
from eoexplore.jobs.train_data import Patches
from eoexplore.jobs.train_demo import Trained, class_weights

Floats = npt.NDArray[np.float32]
Predict = Callable[[Floats], Floats]
"""From stored values, (n, band, row, column), to a number per class, (n, class, row, column)."""
KINDS = {
    "multilabel": ("average_precision_macro", "average_precision_micro"),
    "segmentation": ("mean_iou", "accuracy"),
}
"""Names of the scores of each task."""
_AT_ONCE = 16


@dataclass(frozen=True)
class Against:
    """What predictions are compared with: labels of patches, and maps.

    Attributes:
        labels: shape (n, class).
        map: numbers of classes, -1 for none, shape (n, row, column).
    """

    labels: npt.NDArray[np.bool_]
    map: npt.NDArray[np.int8]


def truth(patches: Patches) -> Against:
    """Return what is true."""
    return Against(patches.true_labels, patches.true_map)


def stored(patches: Patches) -> Against:
    """Return what the dataset says."""
    return Against(patches.labels, patches.map)


def both(trained: Trained, bands: npt.NDArray[np.float16]) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Return probabilities of labels, shape (n, class), and the likeliest class of each pixel."""
    import torch

    from eoexplore.models._small_networks import twice

    network, labels, maps = trained.network.eval(), [], []
    with torch.inference_mode():
        for batch in _batches(bands):
            pixels, deep = network.trunk(trained.prepared(batch))
            labels.append(torch.sigmoid(network.labels(pixels, deep)).numpy())
            maps.append(twice(pixels).argmax(1).numpy().astype(np.int8))
    return np.concatenate(labels), np.concatenate(maps)


def classes(predict: Predict, bands: npt.NDArray[np.float16]) -> npt.NDArray[np.int8]:
    """Return the likeliest class of each pixel, shape (n, row, column)."""
    return np.concatenate([predict(batch).argmax(1).astype(np.int8) for batch in _batches(bands)])


def _batches(bands: npt.NDArray[np.float16]) -> list[Floats]:
    return [
        bands[start : start + _AT_ONCE].astype(np.float32)
        for start in range(0, len(bands), _AT_ONCE)
    ]


def of(found: tuple[Floats, npt.NDArray[np.int8]], wanted: Against) -> dict[str, float]:
    """Return the scores of labels and maps, as `both` returns them."""
    labels, maps = found
    return {
        **of_labels(labels, wanted.labels),
        **of_maps(maps, wanted.map, wanted.labels.shape[1]),
    }


def of_labels(found: Floats, wanted: npt.NDArray[np.bool_]) -> dict[str, float]:
    """Return average precision over the classes that some patch has, and over all pairs.

    Args:
        found: probabilities, shape (n, class).
        wanted: shape (n, class).
    """
    return {
        "average_precision_macro": float(np.nanmean(scores.average_precision(wanted, found))),
        "average_precision_micro": scores.average_precision_micro(wanted, found),
    }


def of_maps(found: npt.NDArray[np.int8], wanted: npt.NDArray[np.int8], of: int) -> dict[str, float]:
    """Return mean intersection over union over the classes that are in the maps, and accuracy.

    Args:
        found: numbers of classes, shape (n, row, column).
        wanted: likewise, -1 for none.
        of: number of classes.
    """
    counts = scores.confusion(wanted, found, of)
    return {
        "mean_iou": float(np.nanmean(scores.intersection_over_union(counts))),
        "accuracy": float(np.diag(counts).sum() / max(1, counts.sum())),
    }


def linear(patches: Patches, per_patch: int, balance: float, seed: int = 0) -> Predict:
    """Fit multinomial logistic regression to the bands of single pixels.

    Args:
        patches: to learn from, as stored.
        per_patch: pixels drawn from each.
        balance: power by which rarer classes count more, as for the network.
        seed: of the draw.

    Returns:
        From stored values to numbers per class, greatest for the likeliest.
    """
    from sklearn.linear_model import LogisticRegression

    rng = np.random.default_rng(seed)
    places = rng.integers(0, patches.map[0].size, (len(patches), per_patch))
    rows = np.arange(len(patches))[:, None]
    values = patches.bands.reshape(*patches.bands.shape[:2], -1)[rows, :, places]
    values = values.reshape(-1, values.shape[-1]).astype(np.float64)
    wanted = patches.map.reshape(len(patches), -1)[rows, places].ravel()
    known = wanted >= 0
    mean, std = values.mean(0), values.std(0)
    weights = class_weights(patches.map, balance, patches.labels)
    model = LogisticRegression(max_iter=300).fit(
        (values[known] - mean) / std, wanted[known], sample_weight=weights[wanted[known]]
    )
    slopes = np.zeros((patches.labels.shape[1], values.shape[1]))
    offsets = np.full(len(slopes), -np.inf)
    slopes[model.classes_], offsets[model.classes_] = model.coef_, model.intercept_

    def predict(bands: Floats) -> Floats:
        scaled = (bands - mean[:, None, None]) / std[:, None, None]
        found = np.einsum("kb,nbrc->nkrc", slopes, scaled, optimize=True)
        return np.asarray(found + offsets[:, None, None], np.float32)

    return predict
