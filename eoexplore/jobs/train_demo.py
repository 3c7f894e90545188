"""Training of the demo's two networks on synthetic patches: the recipe, and nothing of chance.

Both networks have the same trunk, so one training makes them: each step adds what is wrong in the
map to what is wrong in the labels. torch is imported inside functions.
"""

import contextlib
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from eoexplore.jobs.progress import Cancelled, Report
from eoexplore.jobs.train_data import Patches

if TYPE_CHECKING:
    import torch

    from eoexplore.models._small_networks import Labeller

Floats = npt.NDArray[np.float32]
OPTICAL = 12
"""Bands of Sentinel-2, which stand before those of Sentinel-1."""


@dataclass(frozen=True)
class Recipe:
    """Every number of a training.

    Attributes:
        seeds: of the demos whose train split is learnt from.
        unseen: seeds of the demos whose test split is scored.
        widths: channels of the three levels of the trunk.
        epochs: how often each patch is seen.
        batch: patches of a step.
        rate: greatest learning rate; it rises over the first part and then falls (one cycle).
        rising: the first part, 0 to 1.
        decay: weight decay of AdamW.
        smoothing: of the pixels' classes: share of the truth that is given to all classes.
        balance: power by which rarer classes count more, 0 to 1.
        gain: spread of a patch's brightness, natural logarithm; half of it is the radar's, in 5 dB.
        tint: spread of each band beside that.
        seed: of weights, order and augmentation.
        threads: of torch; another number adds up in another order, so it is part of the recipe.
        half: whether convolutions multiply 16-bit numbers (bfloat16): half the time on processors
            that do so in hardware.
    """

    seeds: tuple[int, ...] = (42, 45, 46, 101, 102, 103, 104, 105)
    unseen: tuple[int, ...] = (1, 43, 44)
    widths: tuple[int, int, int] = (24, 48, 96)
    epochs: int = 22
    batch: int = 16
    rate: float = 3e-3
    rising: float = 0.15
    decay: float = 0.05
    smoothing: float = 0.05
    balance: float = 0.3
    gain: float = 0.08
    tint: float = 0.02
    seed: int = 0
    threads: int = 1
    half: bool = True


@dataclass(frozen=True)
class Epoch:
    """One line of the log.

    Attributes:
        map_loss: cross-entropy of the pixels, weighted and smoothed.
        label_loss: binary cross-entropy of the scene labels.
        seconds: since the start of the training.
        cpu_seconds: of all threads since then.
        scores: what was measured after it.
    """

    map_loss: float
    label_loss: float
    seconds: float
    cpu_seconds: float
    scores: dict[str, float]


@dataclass(frozen=True)
class Trained:
    """What a training leaves.

    Attributes:
        network: labels of patches; its trunk tells the pixels' classes.
        mean: per band, in stored units.
        std: per band, in stored units.
        log: one line per epoch.
    """

    network: "Labeller"
    mean: Floats
    std: Floats
    log: tuple[Epoch, ...]

    def prepared(self, bands: npt.NDArray[np.floating]) -> "torch.Tensor":
        """Return stored values as the network takes them."""
        return _prepared(bands.astype(np.float32), self.mean, self.std)


Measure = Callable[[Trained], dict[str, float]]


def train(
    patches: Patches,
    recipe: Recipe,
    progress: Report,
    cancelled: Callable[[], bool],
    measure: Measure | None = None,
) -> Trained:
    """Train both networks.

    Args:
        patches: to learn from; their truth is not looked at.
        recipe: every number of it.
        progress: called with (done, total, what).
        cancelled: asked before each step.
        measure: called after each epoch, for the log.

    Raises:
        Cancelled: as asked.
    """
    from eoexplore.models._small_networks import Labeller

    mean, std = statistics(patches)
    with _reproducible(recipe):
        network = Labeller(patches.bands.shape[1], patches.labels.shape[1], recipe.widths)
        course = _Course(network, patches, recipe, (mean, std))
        log: list[Epoch] = []
        trained = Trained(network, mean, std, ())
        total = recipe.epochs * course.steps
        start, cpu = time.monotonic(), time.process_time()
        for number in range(recipe.epochs):
            losses = []
            for done in course.epoch():
                if cancelled():
                    raise Cancelled
                losses.append(done)
                at = number * course.steps + len(losses)
                progress(at, total, f"Training, epoch {number + 1} of {recipe.epochs}")
            network.eval()
            scores = measure(trained) if measure else {}
            map_loss, label_loss = np.mean(losses, axis=0).tolist()
            spent = time.monotonic() - start, time.process_time() - cpu
            log.append(Epoch(map_loss, label_loss, *spent, scores))
        _round(network)
    return Trained(network, mean, std, tuple(log))


def _round(network: "Labeller") -> None:
    """Round the weights to 16 bits, as files keep them, so that what is scored is what is kept."""
    import torch

    with torch.no_grad():
        for value in network.parameters():
            if is_kept_short(value):
                value.copy_(value.half().float())


def is_kept_short(value: "torch.Tensor") -> bool:
    """Tell whether files keep a tensor in 16 bits: weights, not the numbers of a normalisation."""
    return value.ndim > 1


def statistics(patches: Patches) -> tuple[Floats, Floats]:
    """Return mean and standard deviation of each band, of every fourth row and column."""
    thinned = patches.bands[:, :, ::4, ::4]
    mean = thinned.mean((0, 2, 3), dtype=np.float64)
    std = thinned.std((0, 2, 3), dtype=np.float64)
    return mean.astype(np.float32), std.astype(np.float32)


def _prepared(bands: Floats, mean: Floats, std: Floats) -> "torch.Tensor":
    import torch

    values = torch.from_numpy((bands - mean[:, None, None]) / std[:, None, None])
    return values.contiguous(memory_format=torch.channels_last)


@contextlib.contextmanager
def _reproducible(recipe: Recipe) -> Iterator[None]:
    """Let torch do the same each time; leave it as it was."""
    import torch

    threads, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(recipe.seed)
        torch.set_num_threads(recipe.threads)
        torch.use_deterministic_algorithms(True)
        try:
            yield
        finally:
            torch.set_num_threads(threads)
            torch.use_deterministic_algorithms(strict)


class _Course:
    """The network, the optimiser and the order of the patches."""

    def __init__(
        self, network: "Labeller", patches: Patches, recipe: Recipe, scale: tuple[Floats, Floats]
    ) -> None:
        import torch

        self._network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        self._patches, self._recipe, self._scale = patches, recipe, scale
        self._rng = np.random.default_rng(recipe.seed)
        self._weights = torch.from_numpy(class_weights(patches.map, recipe.balance, patches.labels))
        self.steps = max(1, len(patches) // recipe.batch)
        values = list(network.parameters())
        groups: list[dict[str, Any]] = [
            {"params": [value for value in values if value.ndim > 1], "weight_decay": recipe.decay},
            {"params": [value for value in values if value.ndim <= 1], "weight_decay": 0.0},
        ]
        self._optimiser = torch.optim.AdamW(groups, lr=recipe.rate)
        self._schedule = torch.optim.lr_scheduler.OneCycleLR(
            self._optimiser, recipe.rate, recipe.epochs * self.steps, pct_start=recipe.rising
        )

    def epoch(self) -> Iterator[tuple[float, float]]:
        """Yield both losses of each step."""
        self._network.train()
        order = self._rng.permutation(len(self._patches))
        for step in range(self.steps):
            rows = order[step * self._recipe.batch : (step + 1) * self._recipe.batch]
            yield self._step(rows)

    def _step(self, rows: npt.NDArray[np.intp]) -> tuple[float, float]:
        import torch
        from torch.nn import functional

        bands, maps = _turned(self._patches.bands[rows], self._patches.map[rows], self._rng)
        values = _prepared(_coloured(bands, self._recipe, self._rng), *self._scale)
        with torch.autocast("cpu", torch.bfloat16, enabled=self._recipe.half):
            pixels, deep = self._network.trunk(values)
        pixels, deep = pixels.float(), deep.float()
        # The trunk's grid is twice as coarse: every second pixel, from a corner drawn by lot.
        top, left = self._rng.integers(0, 2, 2)
        wanted = torch.from_numpy(np.ascontiguousarray(maps[:, top::2, left::2], np.int64))
        map_loss = functional.cross_entropy(
            pixels,
            wanted,
            weight=self._weights,
            ignore_index=-1,
            label_smoothing=self._recipe.smoothing,
        )
        label_loss = functional.binary_cross_entropy_with_logits(
            self._network.labels(pixels, deep),
            torch.from_numpy(self._patches.labels[rows].astype(np.float32)),
        )
        self._optimiser.zero_grad()
        (map_loss + label_loss).backward()  # type: ignore[no-untyped-call]
        self._optimiser.step()
        self._schedule.step()
        return float(map_loss.detach()), float(label_loss.detach())


def class_weights(
    maps: npt.NDArray[np.int8], balance: float, labels: npt.NDArray[np.bool_]
) -> Floats:
    """Return how much a pixel of each class counts; 1 on average over the pixels.

    Args:
        maps: numbers of classes, -1 for none.
        balance: power of the classes' share, 0 to 1; with 0 all count the same.
        labels: shape (n, class), for the number of classes.
    """
    counts = np.bincount(maps[maps >= 0].ravel(), minlength=labels.shape[1])
    share = counts / max(1, counts.sum())
    weights = (share + 1e-4) ** -balance
    return np.asarray(weights / max(1e-9, float((weights * share).sum())), np.float32)


def _turned(
    bands: npt.NDArray[np.float16], maps: npt.NDArray[np.int8], rng: np.random.Generator
) -> tuple[Floats, npt.NDArray[np.int8]]:
    """Turn a batch by a multiple of 90 degrees, and mirror it or not."""
    turns, mirrored = int(rng.integers(4)), bool(rng.random() < 0.5)
    found = np.rot90(bands.astype(np.float32), turns, (2, 3)), np.rot90(maps, turns, (1, 2))
    return (found[0][..., ::-1], found[1][..., ::-1]) if mirrored else found


def _coloured(bands: Floats, recipe: Recipe, rng: np.random.Generator) -> Floats:
    """Make each patch somewhat brighter or darker, and each of its bands a little more so."""
    count, of = bands.shape[:2]
    both = rng.normal(0, recipe.gain, (count, 1, 1, 1))
    each = rng.normal(0, 1, (count, of, 1, 1)) * recipe.tint
    optical = bands[:, :OPTICAL] * np.exp(both + each[:, :OPTICAL]).astype(np.float32)
    radar = bands[:, OPTICAL:] + (5 * both + 10 * each[:, OPTICAL:]).astype(np.float32)
    return np.concatenate([optical, radar], axis=1)
