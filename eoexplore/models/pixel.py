"""Plain baselines: the class of each pixel from its own bands, blind to what lies around it.

`pixel_linear` is a multinomial logistic regression on standardised bands and a few spectral
indices; `nearest_spectrum` takes the class whose mean spectrum is nearest in standardised bands.
Both learn in seconds and say how far one comes without a network.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from eoexplore.analysis import scores
from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import CardClass, ModelCard
from eoexplore.models import REGISTRY, _skops
from eoexplore.render import indices

Floats = npt.NDArray[np.float32]
Doubles = npt.NDArray[np.float64]
State = Mapping[str, Doubles]
"""What a baseline has learnt: arrays by name."""

TITLES = {"pixel_linear": "Linear model of single pixels", "nearest_spectrum": "Nearest spectrum"}
"""Kinds of baselines, by the architecture in the card, and what a user reads."""
INDICES = ("NDVI", "NDWI", "NDMI", "NBR")
"""Spectral indices beside the bands, where the bands suffice for them."""
SIDE = 120
"""Rows and columns of the input; each pixel is answered by itself."""
MOST = 1000
"""Pixels of a class that the linear model learns from: more cost time and change no score."""
_AT_ONCE = 200_000
"""Pixels that are worked on at once, which bounds the memory."""
_NARROWEST = 1e-4
"""Least spread in deviations, so that training pixels all alike divide by no zero."""


@dataclass(frozen=True)
class Pixels:
    """Pixels of which the class is known."""

    values: Floats
    """Stored values, NaN where there is none; shape (pixel, band)."""
    classes: npt.NDArray[np.intp]
    """Number of the class of each, shape (pixel,)."""
    stands_for: npt.NDArray[np.floating]
    """Pixels of the dataset that each stands for, shape (pixel,)."""


@dataclass(frozen=True)
class Subject:
    """What a baseline is about."""

    dataset: str
    """Title of the dataset."""
    bands: tuple[str, ...]
    """Bands as "layer/band", in the order of the pixels' values."""
    classes: tuple[CardClass, ...]
    """Classes in the order of their numbers."""
    gsd_m: float
    """Pixel of the finest band, in metres."""
    indices: tuple[str, ...]
    """Spectral indices for which the bands suffice, of `INDICES`."""
    synthetic: bool
    """Whether the imagery is made up."""


@dataclass
class LoadedPixels:
    """A baseline in memory; see `eoexplore.models.Loaded`."""

    card: ModelCard
    """Its card, with the scores on the validation split."""
    state: State
    """What it has learnt."""
    network: None = None
    """It is no network."""

    @property
    def bytes(self) -> int:
        """Memory of what it has learnt."""
        return sum(array.nbytes for array in self.state.values())

    def predict(self, batch: Floats) -> Floats:
        """Return the probability of each class at each pixel.

        Args:
            batch: stored values, NaN where there is none, shape (patch, band, row, column).

        Returns:
            Shape (patch, class, row, column).
        """
        if batch.ndim != 4 or batch.shape[1] != len(self.card.bands):
            raise ModelError(
                f"The model {self.card.name} takes patches of {len(self.card.bands)} bands; asked "
                f"was the shape {batch.shape[1:]}."
            )
        patches, bands, rows, columns = batch.shape
        values = np.moveaxis(batch, 1, -1).reshape(-1, bands)
        found = self.of_pixels(values).reshape(patches, rows, columns, -1)
        return np.ascontiguousarray(np.moveaxis(found, -1, 1))

    def of_pixels(self, values: Floats) -> Floats:
        """Return the probability of each class for each pixel; shape (pixel, class).

        Args:
            values: stored values, NaN where there is none, shape (pixel, band).
        """
        answer = _ANSWERS[self.card.architecture]
        found = np.empty((len(values), len(self.card.classes)), np.float32)
        for start in range(0, len(values), _AT_ONCE):
            part = slice(start, start + _AT_ONCE)
            found[part] = _softmax(answer(self.card, self.state, values[part]))
        return found


@dataclass(frozen=True)
class PixelModel:
    """A saved baseline in a folder."""

    card: ModelCard
    """What it states about itself."""
    folder: Path
    """Folder with card.json and model.skops."""

    def load(self, device: str) -> LoadedPixels:  # noqa: ARG002 - it runs on the processor
        """Read what it has learnt: arrays of the expected shapes and nothing else."""
        shapes = _SHAPES[self.card.architecture](self.card)
        state, found = _skops.load(self.folder / _skops.FILE, shapes, self.card.sha256)
        return LoadedPixels(dataclasses.replace(self.card, sha256=found), state)


@REGISTRY.register("pixel")
class Pixel:
    """Baselines of single pixels."""

    title = "Plain baselines of single pixels"

    @classmethod
    def open(cls, folder: Path, card: ModelCard | None) -> PixelModel | None:
        """Return the model of a folder whose card names one of the kinds."""
        if card is None or card.architecture not in TITLES or card.task != "segmentation":
            return None
        _indices_of(card)
        return PixelModel(card, folder)


def train(kind: str, subject: Subject, learn: Pixels, check: Pixels) -> LoadedPixels:
    """Learn from some pixels and measure on others.

    Args:
        kind: one of `TITLES`.
        subject: what the pixels are of.
        learn: pixels of the training split, of every class.
        check: pixels of the validation split, for the scores of the card.

    Raises:
        ModelError: no such kind, or the pixels do not suffice for it.
    """
    if kind not in TITLES:
        raise ModelError(f"There is no baseline {kind!r}. There are: {', '.join(TITLES)}.")
    counts = np.bincount(learn.classes, minlength=len(subject.classes))
    if len(subject.classes) < 2 or not counts.all():
        raise ModelError(
            "A baseline needs pixels of two classes or more in the training split. Choose a "
            "dataset with label maps and a split, and build its index."
        )
    card = _card(kind, subject, learn)
    trained = LoadedPixels(card, _LEARN[kind](card, learn))
    card = dataclasses.replace(card, scores=_scores(trained, check))
    return LoadedPixels(card, trained.state)


def save(model: LoadedPixels, folder: Path) -> ModelCard:
    """Write a baseline's two files, card last, and return the card with the hash of the weights.

    Args:
        model: the baseline.
        folder: made if it is not there.
    """
    return _skops.save(folder, model.card, model.state)


def _card(kind: str, subject: Subject, learn: Pixels) -> ModelCard:
    with np.errstate(all="ignore"):
        weight = np.where(np.isfinite(learn.values), 1.0, 0.0)
        number = np.maximum(weight.sum(0), 1)
        filled = np.where(weight > 0, learn.values, 0).astype(np.float64)
        mean = filled.sum(0) / number
        std = np.sqrt((weight * (filled - mean) ** 2).sum(0) / number)
    return ModelCard(
        name=f"{TITLES[kind]}{' (synthetic)' if subject.synthetic else ''}",
        task="segmentation",
        architecture=kind,
        encoder="",
        bands=subject.bands,
        input_size=SIDE,
        resample="nearest",
        mean=tuple(map(float, mean)),
        # A band of one value tells nothing and is divided by anything.
        std=tuple(float(value) if value > 0 else 1.0 for value in std),
        classes=subject.classes,
        activation="softmax",
        gsd_m=(0.8 * subject.gsd_m, 1.25 * subject.gsd_m),
        licence="that of the dataset",
        source="trained here from pixels of the index",
        trained_on={"dataset": subject.dataset, "split": "train", "pixels": len(learn.classes)},
        options={"indices": list(subject.indices)},
        synthetic=subject.synthetic,
    )


def _scores(model: LoadedPixels, check: Pixels) -> dict[str, float | int]:
    """Return how a model does on other pixels, each of which counts for those it stands for."""
    if not len(check.classes):
        return {}
    size = len(model.card.classes)
    pairs = check.classes * size + model.of_pixels(check.values).argmax(1)
    counted = np.bincount(pairs, check.stands_for, size * size).reshape(size, size)
    counts = np.rint(counted).astype(np.int64)
    return {
        "mean_iou": float(np.nanmean(scores.intersection_over_union(counts))),
        "accuracy": float(np.trace(counts) / counts.sum()),
        "validation_pixels": len(check.classes),
    }


def _learn_linear(card: ModelCard, learn: Pixels) -> State:
    """Fit a logistic regression to some pixels of each class.

    A class counts by the root of its area: by the area itself, rare ones would never be answered;
    all alike, they would be answered too often.
    """
    from sklearn.linear_model import LogisticRegression

    draw = np.random.default_rng(0)
    chosen, weights = [], []
    for number in range(len(card.classes)):
        own = np.flatnonzero(learn.classes == number)
        area = float(learn.stands_for[own].sum())
        chosen.append(draw.permutation(own)[:MOST])
        part = learn.stands_for[chosen[-1]].astype(np.float64)
        weights.append(part / part.sum() * np.sqrt(area))
    rows, weight = np.concatenate(chosen), np.concatenate(weights)
    fitted = LogisticRegression(solver="newton-cholesky")
    fitted.fit(features(card, learn.values[rows]), learn.classes[rows], weight / weight.mean())
    slope, start = fitted.coef_, fitted.intercept_
    if len(slope) == 1:
        # Of two classes scikit-learn keeps how much the second is likelier than the first.
        slope, start = np.vstack([0 * slope, slope]), np.append(0.0, start)
    return {"coefficients": np.asarray(slope), "intercepts": np.asarray(start)}


def _answer_linear(card: ModelCard, state: State, values: Floats) -> Doubles:
    found: Doubles = features(card, values) @ state["coefficients"].T + state["intercepts"]
    return found


def features(card: ModelCard, values: Floats) -> Doubles:
    """Return standardised bands and, beside them, spectral indices; a missing one is zero.

    Args:
        card: has the means and deviations, and the indices.
        values: stored values, NaN where there is none, shape (pixel, band).

    Returns:
        Shape (pixel, band and index).
    """
    bands = _standardised(card, values)
    named = {band.partition("/")[2]: values[:, n] for n, band in enumerate(card.bands)}
    more = [indices.catalogue()[name].values(named) for name in _indices_of(card)]
    # Beyond ±1 an index has a sum near zero below its line.
    bounded = [np.clip(one, -1, 1).astype(np.float64) for one in more]
    return np.nan_to_num(np.column_stack([bands, *bounded]), posinf=0.0, neginf=0.0)


def _standardised(card: ModelCard, values: Floats) -> Doubles:
    found: Doubles = (values.astype(np.float64) - card.mean) / card.std
    return found


def _learn_nearest(card: ModelCard, learn: Pixels) -> State:
    """Keep the mean spectrum of each class, and how far pixels are from their own."""
    values = _standardised(card, learn.values)
    spectra = []
    for number in range(len(card.classes)):
        own = learn.classes == number
        weight = np.where(np.isfinite(values[own]), learn.stands_for[own][:, None], 0.0)
        spectra.append((weight * np.nan_to_num(values[own])).sum(0) / np.maximum(weight.sum(0), 1))
    found = np.array(spectra)
    squares = _distances(values, found)[np.arange(len(values)), learn.classes]
    return {"spectra": found, "spread": np.array([max(np.sqrt(squares.mean()), _NARROWEST)])}


def _answer_nearest(card: ModelCard, state: State, values: Floats) -> Doubles:
    squares = _distances(_standardised(card, values), state["spectra"])
    # The likelihood of a normal distribution about each mean, as wide as the pixels are spread.
    found: Doubles = -0.5 * squares / state["spread"] ** 2
    return found


def _distances(values: Doubles, spectra: Doubles) -> Doubles:
    """Return the mean squared difference of each pixel to each spectrum, over the bands it has.

    Args:
        values: NaN where missing, shape (pixel, band).
        spectra: shape (class, band).

    Returns:
        Shape (pixel, class); zero to all for a pixel without values.
    """
    known = np.isfinite(values)
    found = np.zeros((len(values), len(spectra)))
    for number, spectrum in enumerate(spectra):
        apart = np.where(known, values - spectrum, 0.0)
        found[:, number] = (apart**2).sum(1)
    found /= np.maximum(known.sum(1), 1)[:, None]
    return found


def _softmax(logits: npt.NDArray[np.floating]) -> Floats:
    raised = np.exp(logits - logits.max(1, keepdims=True))
    found: Floats = (raised / raised.sum(1, keepdims=True)).astype(np.float32)
    return found


def _indices_of(card: ModelCard) -> Sequence[str]:
    found = card.options.get("indices", ())
    there = {band.partition("/")[2] for band in card.bands}
    if not isinstance(found, list | tuple) or not all(
        name in INDICES and set(indices.catalogue()[name].bands) <= there for name in found
    ):
        raise ModelError(
            "The card's options need 'indices': some of "
            f"{', '.join(INDICES)} that its bands suffice for."
        )
    return found


Shapes = Mapping[str, tuple[int, ...]]
_LEARN: Mapping[str, Callable[[ModelCard, Pixels], State]] = MappingProxyType(
    {"pixel_linear": _learn_linear, "nearest_spectrum": _learn_nearest}
)
_ANSWERS: Mapping[str, Callable[[ModelCard, State, Floats], Doubles]] = MappingProxyType(
    {"pixel_linear": _answer_linear, "nearest_spectrum": _answer_nearest}
)
_SHAPES: Mapping[str, Callable[[ModelCard], Shapes]] = MappingProxyType(
    {
        "pixel_linear": lambda card: {
            "coefficients": (len(card.classes), len(card.bands) + len(_indices_of(card))),
            "intercepts": (len(card.classes),),
        },
        "nearest_spectrum": lambda card: {
            "spectra": (len(card.classes), len(card.bands)),
            "spread": (1,),
        },
    }
)
