"""Making the whole synthetic dataset: landscapes first, then patches, in several processes."""

import multiprocessing
import os
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pyarrow.parquet as pq

from eoexplore.core.errors import EOExploreError
from eoexplore.core.processes import end_with_parent
from eoexplore.demo import landscape, sensors, writer
from eoexplore.demo.nomenclature import UNLABELLED_LIMIT, labels, split_of, unlabelled_share
from eoexplore.demo.parameters import Parameters
from eoexplore.demo.plan import Patch, cut, extent, patches, places, runs, together

P = ParamSpec("P")
T = TypeVar("T")
Progress = Callable[[int, int, str], None]
_LAND = ".land"
"""Folder for the landscapes while the patches are cut from them."""


@dataclass(frozen=True)
class Summary:
    """What was written.

    Attributes:
        path: the dataset's folder.
        samples: how many patches it holds, both metadata files together.
        seed: of the synthetic dataset; none for genuine patches.
        truth: table of the true labels; none for genuine patches.
    """

    path: Path
    samples: int
    seed: int | None
    truth: Path | None


@dataclass(frozen=True)
class Task:
    """Where and how one dataset is made; small enough to send to other processes."""

    root: Path
    truth: Path
    parameters: Parameters
    seed: int

    def scene_seed(self, scene: str) -> int:
        """Return a seed of its own for each landscape."""
        return 10_007 * self.seed + (0 if scene == "coast" else 5_003)


def generate(
    out: Path,
    *,
    seed: int = 42,
    workers: int | None = None,
    progress: Progress | None = None,
    parameters: Parameters | None = None,
) -> Summary:
    """Write a synthetic dataset in the released layout of reBEN.

    Args:
        out: folder to make; it must not exist. The truth goes to `<out>.truth.parquet` and
            `<out>.truth/`, beside it.
        seed: another seed gives other land.
        workers: processes; 1 stays in this one, none takes up to four.
        progress: called with (done, total, what).
        parameters: of another dataset than the usual one.

    Raises:
        EOExploreError: the folder is there already.
    """
    out = Path(out)
    refuse(out)
    partial, truth = beside(out, ".partial"), beside(out, ".truth.partial")
    for leftover in (partial, truth):
        shutil.rmtree(leftover, ignore_errors=True)
        leftover.mkdir(parents=True)
    task = Task(partial, truth, parameters or Parameters(), seed)
    rows: list[dict[str, Any]] | None = None
    with _pool(workers) as pool:
        try:
            rows = _run(task, pool, progress or (lambda *_: None))
        finally:
            if rows is None:
                # Stopped, on request too: what waits in the queue is not started any more.
                pool.shutdown(cancel_futures=True)
                for leftover in (partial, truth):
                    shutil.rmtree(leftover, ignore_errors=True)
    shutil.rmtree(partial / _LAND)
    writer.write_metadata(partial, [row["metadata"] for row in rows])
    writer.write_marker(partial, seed)
    table = beside(out, ".truth.parquet")
    writer.write_table(truth / table.name, [row["truth"] for row in rows], writer.TRUTH)
    (truth / table.name).replace(table)
    shutil.rmtree(beside(out, ".truth"), ignore_errors=True)
    truth.rename(beside(out, ".truth"))
    # The dataset gets its name last, so one that has it is whole.
    partial.rename(out)
    return Summary(out, len(rows), seed, table)


def refuse(out: Path) -> None:
    """Raise if there is something at the place of a new dataset."""
    if out.exists():
        raise EOExploreError(f"{out.name} is there already: give another folder, or remove it.")


def beside(out: Path, suffix: str) -> Path:
    """Return the path of something that stands beside a dataset and belongs to it."""
    return out.with_name(out.name + suffix)


def read_summary(out: Path) -> Summary | None:
    """Return the summary of a demo dataset that is there, or None if the folder holds none."""
    out = Path(out)
    try:
        tables = (out / writer.RECOMMENDED, out / writer.SPOILED)
        samples = sum(pq.read_metadata(table).num_rows for table in tables)
        lines = (out / writer.MARKER).read_text(encoding="utf-8").splitlines()
        seed = int(lines[1].removeprefix("seed "))
    except (OSError, ValueError, IndexError):
        return None
    truth = beside(out, ".truth.parquet")
    return Summary(out, samples, seed, truth if truth.exists() else None)


class _Here(Executor):
    """Runs tasks in this process, at once."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Return the result at once."""
        future: Future[T] = Future()
        future.set_result(fn(*args, **kwargs))
        return future


def _pool(workers: int | None) -> Executor:
    count = min(4, os.cpu_count() or 1) if workers is None else workers
    if count <= 1:
        return _Here()
    # Spawned processes behave alike on all systems, and inherit no locks of a server.
    return ProcessPoolExecutor(count, multiprocessing.get_context("spawn"), end_with_parent)


def _run(task: Task, pool: Executor, progress: Progress) -> list[dict[str, Any]]:
    scenes = dict.fromkeys(block.scene for block in task.parameters.blocks)
    # The larger landscape first: the smaller one's patches fill the time it takes.
    size = {s: len(patches(s, task.parameters, task.seed)) for s in scenes}
    futures = [pool.submit(_land, task, s) for s in sorted(scenes, key=lambda s: -size[s])]
    total = sum(len(p.dates) for s in scenes for p in patches(s, task.parameters, task.seed))
    progress(0, total, "Drawing the landscapes")
    drawing, rows = [], []
    for future in as_completed(futures):
        scene, facts = future.result()
        kept = [fact for fact in facts if fact["unlabelled"] < UNLABELLED_LIMIT]
        drawing += [pool.submit(_render, task, scene, *job) for job in _jobs(kept)]
        rows += [(scene, fact) for fact in kept]
        total -= sum(len(fact["patch"].dates) for fact in facts if fact not in kept)
    flags: dict[str, tuple[bool, bool]] = {}
    for drawn in as_completed(drawing):
        flags |= drawn.result()
        progress(len(flags), total, "Writing patches")
    return [row for _, fact in rows for row in _rows(fact, flags)]


def _jobs(facts: list[dict[str, Any]]) -> Iterator[tuple[int, list[list[Patch]]]]:
    """Yield a date's number and some groups of patches, enough work for a second or so."""
    found = [fact["patch"] for fact in facts]
    for date in (0, 1):
        groups = runs(found, date)
        for start in range(0, len(groups), 5):
            yield date, groups[start : start + 5]


def _land(task: Task, scene: str) -> tuple[str, list[dict[str, Any]]]:
    """Make a landscape, save it, and return what its map says at each place."""
    found = patches(scene, task.parameters, task.seed)
    window = extent(found, task.parameters.margin)
    spots = places(found, window)
    seed = task.scene_seed(scene)
    maps = landscape.survey(scene, window, spots, task.parameters, seed)
    land = landscape.build(scene, window, maps, seed)
    land.save(task.root / _LAND / scene)
    facts = []
    for patch, spot, kind in zip(found, spots, maps.kinds, strict=True):
        wrong, true = land.wrong[spot.box], land.truth[spot.box]
        facts.append(
            {
                "patch": patch,
                "kind": kind,
                "labels": labels(wrong),
                "true_labels": labels(true),
                "unlabelled": unlabelled_share(wrong),
                "wrong_pixels": int(np.count_nonzero(wrong != true)),
            }
        )
    return scene, facts


def _render(
    task: Task, scene: str, number: int, groups: list[list[Patch]]
) -> dict[str, tuple[bool, bool]]:
    """Write all files of some groups of patches; return whether each has snow, cloud."""
    parameters = task.parameters
    whole = extent(patches(scene, parameters, task.seed), parameters.margin)
    land = landscape.Land.open(task.root / _LAND / scene)
    tiles = sensors.Tiles.make(task.seed, parameters.looks)
    flags = {}
    for group in groups:
        date = group[0].block.dates[number]
        view = sensors.View(
            land, (whole.row, whole.column), together(group), date, number, task.scene_seed(scene)
        )
        s2, s1 = sensors.optical(view, parameters, tiles), sensors.radar(view, tiles)
        for place, patch in enumerate(group):
            writer.write_s2(task.root, patch, date, cut(s2.bands, place))
            writer.write_s1(task.root, patch, date, cut(s1, place))
            spot = places([patch], whole)[0].box
            codes = (np.asarray(land.wrong[spot]), np.asarray(land.truth[spot]))
            writer.write_maps(task.root, task.truth, patch, date, codes)
            snow, cloud = (float(cut(part, place).mean()) for part in (s2.snow, s2.cloud))
            snowy = snow >= parameters.flag
            flags[patch.s2(date)] = snowy, not snowy and cloud >= parameters.flag
    return flags


def _rows(fact: dict[str, Any], flags: dict[str, tuple[bool, bool]]) -> Iterator[dict[str, Any]]:
    patch: Patch = fact["patch"]
    for number in patch.dates:
        date = patch.block.dates[number]
        name = patch.s2(date)
        metadata = {
            "patch_id": name,
            "labels": fact["labels"],
            "split": split_of(patch.x, patch.y),
            "country": patch.block.country,
            "s1_name": patch.s1(date),
            "s2v1_name": patch.s2v1(date),
            "contains_seasonal_snow": flags[name][0],
            "contains_cloud_or_shadow": flags[name][1],
        }
        truth = {
            "patch_id": name,
            "true_labels": fact["true_labels"],
            "wrong": fact["wrong_pixels"] > 0,
            "kind": fact["kind"],
            "wrong_pixels": fact["wrong_pixels"],
            "wrong_share": fact["wrong_pixels"] / 14_400,
        }
        yield {"metadata": metadata, "truth": truth}
