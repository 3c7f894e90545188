"""Windows of a raster go through a model in batches, as many at once as it does in a moment."""

import time
from collections.abc import Callable, Iterator

import numpy as np
import numpy.typing as npt

from eoexplore.analysis.windows import Placed, Windows
from eoexplore.core.errors import ModelError
from eoexplore.core.model_card import ModelCard
from eoexplore.jobs.progress import Report

Floats = npt.NDArray[np.float32]
Predict = Callable[[Floats], Floats]
Read = Callable[[int, int, int], Floats]
QUICK_S = 0.25
"""A batch that took less, with its reading, is followed by a larger one: none can be stopped."""
LARGEST = 64


class Answer:
    """What was seen on the way: how many windows, and the values of each band."""

    def __init__(self, bands: int) -> None:
        """Nothing yet."""
        self.windows = 0
        self._count = np.zeros(bands)
        self._sum = np.zeros(bands)
        self._squares = np.zeros(bands)

    def add(self, values: Floats) -> None:
        """Count a window, shape (band, row, column)."""
        there = np.isfinite(values)
        known = np.where(there, values, 0).astype(np.float64)
        self.windows += 1
        self._count += there.sum(axis=(1, 2))
        self._sum += known.sum(axis=(1, 2))
        self._squares += (known**2).sum(axis=(1, 2))

    @property
    def mean(self) -> npt.NDArray[np.float64]:
        """Mean of each band, shape (band,)."""
        return self._sum / np.maximum(self._count, 1)

    @property
    def std(self) -> npt.NDArray[np.float64]:
        """Deviation of each band, shape (band,)."""
        return np.sqrt(np.maximum(self._squares / np.maximum(self._count, 1) - self.mean**2, 0))


def answers(
    card: ModelCard, windows: Windows, read: Read, predict: Predict, seen: Answer, step: Report
) -> Iterator[Placed]:
    """Yield what a model says of each window, in the order of `windows.places`.

    One channel follows those of the classes: 1 where a pixel has a value in any band, else 0.

    Args:
        card: the model.
        windows: which there are.
        read: gives the bands of a window, NaN where missing, by its row, column and side.
        predict: the model.
        seen: takes note.
        step: told windows done, windows in all, and what is at work; may end it.
    """
    size, done, most = windows.size, 0, 1
    step(0, len(windows), "windows")
    waiting: list[tuple[int, int, Floats]] = []
    began = time.monotonic()
    for top, left in windows.places():
        waiting.append((top, left, read(top, left, size)))
        is_last = done + len(waiting) == len(windows)
        # Reading takes time as well, and may be slow all at once.
        if len(waiting) < most and not is_last and time.monotonic() - began < QUICK_S:
            continue
        yield from _batch(card, waiting, predict, seen)
        took = time.monotonic() - began
        most = min(2 * most, LARGEST) if took < QUICK_S else max(1, most // 2)
        done += len(waiting)
        waiting = []
        step(done, len(windows), "windows")
        began = time.monotonic()


def _batch(
    card: ModelCard, waiting: list[tuple[int, int, Floats]], predict: Predict, seen: Answer
) -> Iterator[Placed]:
    there = [np.isfinite(values).any(axis=0) for _, _, values in waiting]
    some = [place for place, found in enumerate(there) if found.any()]
    said = dict(zip(some, _said(card, [waiting[place][2] for place in some], predict), strict=True))
    for place, (top, left, values) in enumerate(waiting):
        result = np.zeros((len(card.classes) + 1, *values.shape[1:]), np.float32)
        if place in said:
            seen.add(values)
            result[:-1] = said[place]
            result[-1] = there[place]
        yield top, left, result


def _said(card: ModelCard, windows: list[Floats], predict: Predict) -> Floats:
    if not windows:
        return np.empty((0, len(card.classes), 1, 1), np.float32)
    found = predict(np.stack(windows))
    if card.task == "multilabel":
        found = found[:, :, None, None]
    shape = (len(windows), len(card.classes))
    if found.shape[:2] != shape or found.ndim != 4 or not np.isfinite(found).all():
        raise ModelError(
            f"{card.name} gave no usable answer: probabilities of {shape[1]} classes were expected "
            f"for {shape[0]} windows. Choose another model."
        )
    return found
