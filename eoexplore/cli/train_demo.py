"""`train-demo`: train the two models of the demo anew, from nothing but this repository."""

import argparse
import contextlib
import dataclasses
import json
import os
import platform
import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from statistics import fmean
from typing import Any

from eoexplore import demo
from eoexplore.cli import _text
from eoexplore.core import settings
from eoexplore.datasets import open_dataset
from eoexplore.demo.parameters import BLOCKS, Parameters
from eoexplore.jobs import train_data, train_demo, train_files, train_scores
from eoexplore.jobs.progress import Progress
from eoexplore.jobs.train_demo import Recipe, Trained
from eoexplore.store.folder import atomic

HELP = """Train the demo's two models on synthetic patches, and score them on land never seen.

A multi-label classifier and a segmenter of 19 classes for Sentinel-1 and Sentinel-2. Demos are made
in a temporary folder (300 MB at a time) and removed again. Twenty minutes on two cores.

example:
  python -m eoexplore train-demo --out models
  python -m eoexplore train-demo --quick --out trial"""

_QUICK: dict[str, Any] = {
    "seeds": (42,),
    "unseen": (1,),
    "widths": (8, 12, 16),
    "epochs": 2,
    "batch": 8,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `train-demo`."""
    parser.add_argument(
        "--out", metavar="DIR", help="where the models go (default: train-demo in the cache folder)"
    )
    parser.add_argument("--seed", type=_text.natural, default=0, metavar="N", help="of the weights")
    parser.add_argument("--quick", action="store_true", help="a trial of seconds on little land")
    parser.add_argument("--real", metavar="DIR", help="genuine patches to score the labels on too")
    parser.add_argument("--workers", type=_text.count, metavar="N", help="processes for the demos")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Make the demos, train, score, and write both models and the log."""
    recipe = Recipe(seed=args.seed, **_QUICK) if args.quick else Recipe(seed=args.seed)
    out = Path(args.out).expanduser() if args.out else settings.cache_folder() / "train-demo"
    settings.cache_folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="train-demo-", dir=settings.cache_folder()) as name:
        work = _Work(Path(name), args, recipe)
        trained, origin = work.train()
        found = work.scores(trained)
    args.progress.end_line()
    for task, network in train_files.networks(trained).items():
        stated = train_files.card(task, trained, origin, _means(found, train_scores.KINDS[task]))
        train_files.write(out / train_files.NAMES[task], stated, network)
    log = {
        "machine": _machine(),
        "recipe": dataclasses.asdict(recipe),
        "patches": origin.patches,
        "epochs": [dataclasses.asdict(epoch) for epoch in trained.log],
        "scores": found,
    }
    with atomic(out / "training.json") as partial:
        partial.write_text(json.dumps(log, indent=1) + "\n", encoding="utf-8")
    if args.json:
        _text.show_json({"path": str(out), **log})
        return 0
    print(f"Written: {', '.join(train_files.NAMES.values())} and training.json.")
    print(_text.table([("path", str(out))]))
    rows = [
        (about, score, f"{value:.3f}")
        for task in train_files.NAMES
        for about, own in _means(found, train_scores.KINDS[task]).items()
        for score, value in own.items()
    ]
    print(_text.table(rows, ("the synthetic models on", "score", "mean")))
    return 0


def _means(
    found: dict[str, dict[str, dict[str, float]]], names: tuple[str, ...]
) -> dict[str, dict[str, float]]:
    """Return some scores averaged over the demos, to four decimals, by what was scored."""
    means = {
        about: {name: round(fmean(own[name].values()), 4) for name in names if name in own}
        for about, own in found.items()
    }
    return {about: own for about, own in means.items() if own}


class _Work:
    """Demos that are made, read and removed again."""

    def __init__(self, folder: Path, args: argparse.Namespace, recipe: Recipe) -> None:
        self._folder, self._args, self._recipe = folder, args, recipe
        self._progress: Progress = args.progress
        self._linear: train_scores.Predict | None = None

    def train(self) -> tuple[Trained, train_files.Origin]:
        """Return what was trained, and on what."""
        parts = []
        for seed in self._recipe.seeds:
            with self._demo(seed) as path:
                parts.append(train_data.read(path, "train"))
                dataset, watched = open_dataset(path), train_data.read(path, "validation")
        patches = train_data.join(parts)

        def measure(trained: Trained) -> dict[str, float]:
            found = train_scores.both(trained, watched.bands)
            return train_scores.of(found, train_scores.stored(watched))

        step, cancelled = self._progress.step, self._progress.cancelled
        trained = train_demo.train(patches, self._recipe, step, cancelled, measure)
        step(0, 1, "Fitting the linear model of single pixels")
        self._linear = train_scores.linear(patches, 20, self._recipe.balance)
        return trained, train_files.Origin(dataset, self._recipe, len(patches))

    def scores(self, trained: Trained) -> dict[str, dict[str, dict[str, float]]]:
        """Return scores by what was scored, by their name, and by the seed of the demo."""
        found: dict[str, dict[str, dict[str, float]]] = {}
        for seed in self._recipe.unseen:
            with self._demo(seed) as path:
                patches = train_data.read(path, "test", truth=True)
            self._progress.step(0, 1, f"Scoring on the demo of seed {seed}")
            for about, own in self._measured(trained, patches).items():
                for name, value in own.items():
                    found.setdefault(about, {}).setdefault(name, {})[str(seed)] = value
        if self._args.real:
            patches = train_data.read(Path(self._args.real).expanduser(), None)
            labels, _ = train_scores.both(trained, patches.bands)
            own = train_scores.of_labels(labels, patches.labels)
            scored = {name: {"real": value} for name, value in own.items()}
            found[f"{len(patches)} real patches"] = scored
        return found

    def _measured(
        self, trained: Trained, patches: train_data.Patches
    ) -> dict[str, dict[str, float]]:
        found = train_scores.both(trained, patches.bands)
        assert self._linear is not None
        maps = train_scores.classes(self._linear, patches.bands)
        linear = train_scores.of_maps(maps, patches.true_map, patches.labels.shape[1])
        return {
            "true labels (synthetic)": train_scores.of(found, train_scores.truth(patches)),
            "stored labels (synthetic)": train_scores.of(found, train_scores.stored(patches)),
            "true labels (synthetic), linear model of single pixels instead": linear,
        }

    @contextlib.contextmanager
    def _demo(self, seed: int) -> Iterator[Path]:
        """Make the demo of a seed, and remove it again."""
        path = self._folder / f"demo-{seed}"
        workers = self._args.workers or settings.workers()
        demo.generate(
            path,
            seed=seed,
            workers=1 if self._args.quick else workers,
            progress=self._progress.step,
            parameters=_little() if self._args.quick else None,
        )
        yield path
        for suffix in ("", ".truth"):
            shutil.rmtree(path.with_name(path.name + suffix), ignore_errors=True)


def _little() -> Parameters:
    """Return a demo of a few places in each of two zones, over all splits."""
    coast, upland, _ = BLOCKS
    coast = dataclasses.replace(coast, columns=(11, 14), rows=(39, 41), again=())
    upland = dataclasses.replace(upland, columns=(67, 70), rows=(43, 45), again=())
    return Parameters(blocks=(coast, upland), scatter=0.0, margin=20)


def _machine() -> dict[str, str | int | None]:
    return {
        "processor": platform.machine(),
        "system": platform.system(),
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "torch": metadata.version("torch"),
        "date": datetime.now(UTC).date().isoformat(),
    }
