"""Orders of suspects on a demo whose truth is known: those of EOExplore, and cleanlab as it comes.

What is compared is made from the same scores: the probabilities of the segmenter on cells of 60 m,
and the scores of the classifier.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import rasterio
from cleanlab.multilabel_classification.rank import get_label_quality_scores as label_quality
from cleanlab.segmentation.rank import get_label_quality_scores as segmentation_quality

from eoexplore import demo
from eoexplore.analysis import ranking
from eoexplore.charts import _noise
from eoexplore.charts.chart import Asked, Part
from eoexplore.core.selection import Selection
from eoexplore.evidence import _cells
from eoexplore.jobs import index, label_issues, predict
from eoexplore.store import (
    catalog,
    issue_truth,
    issues,
    prediction_columns,
    prediction_mosaics,
    prediction_sets,
    true_maps,
    truth,
)
from eoexplore.store.catalog import Opened
from eoexplore.store.issue_truth import Known
from eoexplore.store.issues import Issues
from eoexplore.store.prediction_sets import PredictionSet

Floats = npt.NDArray[np.float64]
LAND, LABELS = "land", "labels"
_MODELS = {LAND: "demo-landcover", LABELS: "demo-labels"}
_SIDE = _cells.SIDE


@dataclass(frozen=True)
class Line:
    """What two orders of the same candidates are worth; precisions are 0 to 1."""

    errors: int
    """How many of the candidates are wrong."""
    base: float
    """Their share of all candidates: the precision by lot."""
    ours: tuple[float, float]
    """Precision of the first 50, and of as many as there are errors, of EOExplore."""
    plain: tuple[float, float]
    """The same of cleanlab as it comes."""
    sure: tuple[float, float] = (float("nan"), float("nan"))
    """Precision and recall of what has a chance of a tenth or more."""
    by_kind: dict[str, float] | None = None
    """Recall of as many as there are errors, by kind of planted error."""

    @property
    def lift(self) -> float:
        """How many times as many errors as by lot."""
        return self.ours[1] / self.base

    @property
    def plain_lift(self) -> float:
        """The same of cleanlab."""
        return self.plain[1] / self.base


@dataclass(frozen=True)
class Subject:
    """A demo, what two models say of it, what was found, and what is true."""

    opened: Opened
    land: PredictionSet
    labels: PredictionSet
    found: Issues
    of_scores: Issues
    known: Known


def subject(folder: Path, seed: int) -> Subject:
    """Make a demo and all that is needed of it; what is there is not made again."""
    path = folder / f"s{seed}"
    if not path.exists():
        demo.generate(path, seed=seed)
    opened = catalog.add(path)
    if not opened.state.complete:
        index.build(opened.slug)
        opened = catalog.open_slug(opened.slug)
    sets = {}
    for name, model in _MODELS.items():
        predict.predict(predict.Asked(opened.slug, model, name=name))
        sets[name] = prediction_sets.read(opened, name)
        label_issues.look(opened, sets[name])
    table = folder / f"s{seed}.truth.parquet"
    every = np.ones(len(opened.samples), bool)
    maps = true_maps.read(opened, true_maps.folder_of(table))
    known = Known(truth.read(opened, table), maps, every)
    found, of_scores = (
        issues.together(opened, label_issues.names(own), own.about.name) for own in sets.values()
    )
    return Subject(opened, sets[LAND], sets[LABELS], found, of_scores, known)


def patches(own: Subject) -> Line:
    """Compare orders of patches by what is wrong of their map."""
    worth = issue_truth.maps(own.opened, own.found, own.known)
    assert worth is not None
    assert own.known.wrong is not None
    labels, probabilities = _of_cells(own)
    # A cell without a label is as good as it gets: the class that the model sees there.
    filled = np.where(labels < 0, probabilities.argmax(1), labels)
    quality, _ = segmentation_quality(filled, probabilities, verbose=False)
    plain = ranking.measure(-quality, own.known.wrong.any()[own.land.rows])
    return _line(worth, plain)


def cells(own: Subject) -> Line:
    """Compare orders of cells of 60 m, of all patches and dates."""
    assert own.known.wrong is not None
    labels, probabilities = _of_cells(own)
    strength = _strength(own)
    there = (labels >= 0) & (strength >= 0)
    wrong = np.zeros(labels.shape, bool)
    for place, row in enumerate(own.land.rows.tolist()):
        pixels = own.known.wrong.pixels.get(row)
        if pixels is not None:
            side = len(pixels) // _SIDE
            share = pixels.reshape(_SIDE, side, _SIDE, side).mean((1, 3))
            wrong[place] = share >= 0.5
    given = np.take_along_axis(probabilities, np.maximum(labels, 0)[:, None], 1)[:, 0]
    ours = ranking.measure(strength[there], wrong[there])
    plain = ranking.measure(-given[there], wrong[there])
    return Line(
        ours.errors, ours.base, (ours.precision_at[50], ours.at_errors),
        (plain.precision_at[50], plain.at_errors),
    )  # fmt: skip


def scenes(own: Subject) -> Line:
    """Compare orders of patches by their labels: masks here, scores for cleanlab."""
    return _line(issue_truth.scenes(own.opened, own.found, own.known), _plain_scenes(own))


def scenes_of_scores(own: Subject) -> Line:
    """Compare orders of patches by their labels, both from scores of patches."""
    return _line(issue_truth.scenes(own.opened, own.of_scores, own.known), _plain_scenes(own))


def noise(own: Subject) -> list[tuple[str, int, float, float, float, float]]:
    """Return name, patches, true share, estimate and interval of the noise of each class."""
    assert own.known.wrong is not None
    opened = own.opened
    every = np.ones(len(opened.samples), bool)
    part = Part("all", Selection(), every)
    asked = Asked(opened, (part,), predictions=(own.land,))
    found = _noise.estimate(asked, every)
    names = opened.dataset.classes.names
    wrong = _wrong_ha(own, len(names))
    estimate = found.noise
    return [
        (
            name, int(found.samples[number]), wrong[number] / found.area_ha[number],
            estimate.wrong[number], estimate.low[number], estimate.high[number],
        )
        for number, name in enumerate(names)
        if found.area_ha[number] > 0
    ]  # fmt: skip


def _wrong_ha(own: Subject, size: int) -> Floats:
    """Return hectares of each class of the map that are wrong, each place once."""
    assert own.known.wrong is not None
    samples, dataset = own.opened.samples, own.opened.dataset
    maps = next(layer for layer in dataset.layers if layer.kind == "categorical")
    keys = samples.keys(maps)
    _, first = np.unique(samples.places, return_index=True)
    table = np.full(65536, size, np.int64)
    for number, item in enumerate(dataset.classes.classes):
        table[list(item.codes)] = number
    found = np.zeros(size + 1)
    for row, pixels in own.known.wrong.pixels.items():
        if row in first:
            codes = dataset.read(str(keys[row]), maps.name, maps.bands[0].name)
            found += np.bincount(table[codes[pixels]], minlength=size + 1)
    return found[:size] * 1e-2


def _line(worth: issue_truth.Worth, plain: ranking.Ranked) -> Line:
    own = worth.ranked
    return Line(
        own.errors, own.base, (own.precision_at[50], own.at_errors),
        (plain.precision_at[50], plain.at_errors), (own.precision, own.recall),
        dict(worth.by_kind),
    )  # fmt: skip


def _plain_scenes(own: Subject) -> ranking.Ranked:
    masks = own.opened.samples.frame["label_mask"].to_numpy(np.uint64)
    classes = own.opened.dataset.classes
    labels = prediction_columns.labels_of(own.labels, masks, classes)
    stated = [np.flatnonzero(line).tolist() for line in labels]
    quality = label_quality(stated, own.labels.scores.astype(np.float64))
    wrong = (masks != own.known.truth.masks)[own.labels.rows]
    return ranking.measure(-quality, wrong)


def _of_cells(own: Subject) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
    """Return labels and probabilities of the cells of each patch and date, as the model gave them.

    Returns:
        Shape (n, row, column), and (n, class, row, column) in the dataset's classes.
    """
    samples, classes = own.opened.samples, own.opened.dataset.classes
    maps = next(layer for layer in own.opened.dataset.layers if layer.kind == "categorical")
    keys = samples.keys(maps)
    table = np.full(65536, -1, np.int64)
    for number, item in enumerate(classes.classes):
        table[list(item.codes)] = number
    order = [classes.names.index(name) for name in own.land.about.classes]
    count = len(own.land.rows)
    labels = np.full((count, _SIDE, _SIDE), -1, np.int64)
    found = np.zeros((count, len(classes.names), _SIDE, _SIDE), np.float32)
    stored = _patches(own, lambda product: own.land.folder / prediction_mosaics.path_of(
        prediction_mosaics.PROBABILITY, product))  # fmt: skip
    for place, row in enumerate(own.land.rows.tolist()):
        codes = own.opened.dataset.read(str(keys[row]), maps.name, maps.bands[0].name)
        side = len(codes) // _SIDE
        pixels = table[codes].reshape(_SIDE, side, _SIDE, side).swapaxes(1, 2)
        counts = (
            pixels.reshape(_SIDE, _SIDE, 1, -1) == np.arange(len(classes.names))[:, None]
        ).sum(-1)
        labels[place] = np.where(counts.max(-1) > 0, counts.argmax(-1), -1)
        found[place][order] = stored[row]
    found /= np.maximum(found.sum(1, keepdims=True), 1e-6)
    return labels, found


def _strength(own: Subject) -> Floats:
    """Return the strength of the spot of each cell and date, 0 without one, -1 unknown."""
    folder = issues.folder_of(own.opened, LAND)
    stored = _patches(own, lambda product: issues.spots_of(folder, product))
    found = np.full((len(own.land.rows), _SIDE, _SIDE), -1.0)
    for place, row in enumerate(own.land.rows.tolist()):
        plane = stored[row][0].astype(np.float64)
        found[place] = np.where(plane == prediction_mosaics.NOTHING, -1, plane)
    return found


def _patches(own: Subject, path_of) -> dict[int, npt.NDArray[np.integer]]:  # noqa: ANN001
    """Return the cells of each patch out of the mosaics of its product, by row."""
    samples = own.opened.samples
    products = samples.frame["product"].astype(str).to_numpy(object)
    found = {}
    for product in np.unique(products[own.land.rows]):
        with rasterio.open(path_of(product)) as file:
            planes = file.read()
        for row in own.land.rows[products[own.land.rows] == product].tolist():
            x, y = int(samples.x[row]) * _SIDE, int(samples.y[row]) * _SIDE
            found[row] = planes[:, y : y + _SIDE, x : x + _SIDE]
    return found
