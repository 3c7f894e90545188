"""Small models of random weights, and predictions made in the test's own process."""

import contextlib
import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from eoexplore.core.model_card import CardClass, ModelCard
from eoexplore.jobs import predict, predict_part, prediction_chunks
from eoexplore.jobs.progress import Cancelled
from eoexplore.jobs.run import Run
from eoexplore.store import catalog, mosaic, prediction_sets
from eoexplore.store.catalog import Opened
from tests import builders

MASKS = ModelCard(
    name="Masks", task="segmentation", architecture="small_unet", encoder="",
    bands=("s2/B02", "s2/B03"), input_size=24, resample="nearest",
    mean=(900.0, 900.0), std=(300.0, 300.0),
    classes=(
        CardClass(211, "Arable land", "#ffffa8"), CardClass(231, "Pastures", "#e6e64d"),
        CardClass(523, "Marine waters", "#e6f2ff"),
    ),
    activation="softmax", gsd_m=(8.0, 60.0), licence="MIT", source="a test",
    trained_on={"dataset": "reben", "split": "train"}, options={"widths": [4, 6, 8]},
)  # fmt: skip
LABELS = dataclasses.replace(
    MASKS, name="Labels", task="multilabel", architecture="small_labels", activation="sigmoid"
)
PATCHES = (
    *builders.block("33UUP", 13.1, 48.2, side=3),
    *builders.block("33UUP", 13.1, 48.2, side=2, date="20170813T101031", split="test"),
)
SLUG = "reben-tiny"


def write_models(folder: Path) -> Path:
    """Write both models, and return their folder."""
    import torch
    from safetensors.torch import save_file

    from eoexplore.models import small

    for name, card in {"masks": MASKS, "labels": LABELS}.items():
        torch.manual_seed(0)
        (folder / name).mkdir(parents=True)
        (folder / name / "card.json").write_text(card.to_json(), encoding="utf-8")
        save_file(small.build(card).state_dict(), folder / name / "model.safetensors")
    return folder


def run_here(
    plan: Any, chunks: Any, hands: object, report: Any, cancelled: Callable[[], bool] | None
) -> int:
    """Do here what a prediction has its workers do; how many samples it was."""
    todo = [chunk for chunk in chunks if not prediction_chunks.path_of(plan.parts, chunk).is_file()]
    run = Run.begin(plan.parts / "run")
    for chunk in todo:
        if cancelled is not None and cancelled():
            raise Cancelled
        assert predict_part.make(plan, chunk, run)
    run.end()
    return sum(len(chunk.rows) for chunk in todo)


def write_set(
    opened: Opened, name: str, rows: Any, scores: Any, classes: Any, **more: Any
) -> prediction_sets.PredictionSet:
    """Write a prediction set by hand and read it.

    Args:
        opened: dataset.
        name: of the set.
        rows: of the sample table, ascending.
        scores: shape (n, class).
        classes: names.
        more: of `About`; `confusion` is the table of that name.
    """
    confusion = more.pop("confusion", None)
    about = prediction_sets.About(
        name=name, task=more.pop("task", "multilabel"), model="made", model_hash="0" * 64,
        preprocessing_hash="0", dataset_fingerprint=opened.fingerprint, selection="",
        classes=tuple(classes), threshold=more.pop("threshold", 0.5),
        trained_on_split=more.pop("trained_on_split", ""),
        created=more.pop("created", "2026-01-01T00:00:00+00:00"),
        eoexplore_version="0", **more,
    )  # fmt: skip
    ids = opened.samples.frame["id"].to_numpy(object)[np.asarray(rows)]
    folder = prediction_sets.folder_of(opened.fingerprint, name)
    prediction_sets.write(folder, about, ids, np.asarray(scores, np.float32), confusion)
    return prediction_sets.read(opened, name)


def write_small(folder: Path) -> Path:
    """Write a small dataset of two products, and two models, and return the folder."""
    builders.write_tree(folder / SLUG, PATCHES)
    write_models(folder / "models")
    return folder


@contextlib.contextmanager
def opened_small(made: Path, tmp_path: Path, patch: pytest.MonkeyPatch) -> Iterator[Opened]:
    """Open it with a cache of its own; predictions are made here, and mosaics written quickly."""
    patch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    patch.setenv("EOEXPLORE_MODELS", str(made / "models"))
    patch.setenv("EOEXPLORE_DEVICE", "cpu")
    patch.setattr(predict, "_run", run_here)
    patch.setattr(mosaic, "GRID", 60)
    patch.setitem(mosaic._COG, "overviews", "NONE")
    predict_part._engine.cache_clear()
    yield catalog.add(made / SLUG)
    if predict_part._engine.cache_info().currsize:
        predict_part._engine(1).close()
