"""`info`: what a folder holds, without writing anything."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import cast

import pandas as pd

from eoexplore import datasets
from eoexplore.cli import _target, _text
from eoexplore.core.types import Dataset, Health
from eoexplore.jobs import check
from eoexplore.jobs.progress import Report
from eoexplore.store import base, catalog, samples
from eoexplore.store.folder import IndexFolder

HELP = """Say what a dataset folder holds: layout, samples, layers, classes, splits, health.

No index is built, and nothing is written but the list of what is in a .tar, in the cache folder,
so that it is looked through once. File contents are read when the copy is small, or when
--check-files is given; else the names of the files are compared with the metadata.

example:
  python -m eoexplore info /data/reben
  python -m eoexplore info reben-synthetic --json --check-files"""

SMALL = 1000
"""Up to so many samples with files are read without being asked: ten seconds or so."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `info`."""
    parser.add_argument("path", metavar="PATH", help=_target.HELP)
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--check-files", action="store_true", help="read every file")


def run(args: argparse.Namespace) -> int:
    """Print the report."""
    report = describe(_target.find(args.path), args.check_files, args.progress.step)
    # The line of progress has to end before the report begins.
    args.progress.end_line()
    if args.json:
        _text.show_json(report)
    else:
        print(_text.clean(_as_text(report)))
    return 0


def describe(path: Path, check_files: bool, progress: Report) -> dict[str, object]:
    """Return the report of a folder.

    Args:
        path: folder or file of a dataset.
        check_files: read every file, however many there are; not those of streams.
        progress: told how many files were read.
    """
    dataset = datasets.open_dataset(path)
    frame = base.samples_of(dataset)
    health = dataset.health()
    mark = samples.fingerprint(dataset, frame)
    present = frame[[f"has_{layer.name}" for layer in dataset.layers]].any(axis=1)
    index = IndexFolder.of(mark, path)
    # Files of a stream cannot be looked at one by one: only an index has met them.
    apart = not dataset.streams
    if apart and (check_files or 0 < present.sum() <= SMALL):
        found = check.unreadable(dataset, frame[present], progress)
    elif index.state().has("areas"):
        # An index that is there already met every file when it was built.
        found = catalog.unreadable(samples.read(index.samples, dataset.classes), dataset)
    else:
        return _report(dataset, frame, health, mark)
    health = replace(health, problems=(*found, *health.problems), checked="every file")
    return _report(dataset, frame, health, mark)


def _report(dataset: Dataset, frame: pd.DataFrame, health: Health, mark: str) -> dict[str, object]:
    return {
        "dataset": dataset.name,
        "title": dataset.title,
        "synthetic": dataset.synthetic,
        "layout": dataset.layout,
        "fingerprint": mark,
        "samples": health.samples,
        "by_split": _counts(frame["split"]),
        "by_country": _counts(frame["country"]),
        "classes": _class_counts(frame["label_mask"], dataset.classes.names),
        "layers": dict(health.layers),
        "missing": dict(health.missing),
        "problems": [
            {
                "kind": problem.kind,
                "count": problem.count,
                "sentence": problem.sentence,
                "examples": list(problem.examples),
            }
            for problem in health.problems
        ],
        "checked": health.checked,
    }


def _counts(column: pd.Series) -> dict[str, int]:
    counts = column.astype(str).value_counts()
    # A sample without metadata has no split and no country; it is counted as "unknown".
    named = {str(name) or "unknown": int(count) for name, count in counts.items() if count}
    return dict(sorted(named.items()))


def _class_counts(masks: pd.Series, names: tuple[str, ...]) -> dict[str, int]:
    bits = masks.to_numpy("uint64")
    return {name: int((bits >> bit & 1).sum()) for bit, name in enumerate(names)}


def _as_text(report: dict[str, object]) -> str:
    classes = cast(dict[str, int], report["classes"])
    facts = [(name, str(report[name])) for name in ("layout", "fingerprint", "checked")]
    parts = [f"{report['title']}: {report['samples']:,} samples\n{_text.table(facts)}"]
    for head, counts in (
        ("Layers (samples that have it)", report["layers"]),
        ("Splits", report["by_split"]),
        ("Countries", report["by_country"]),
        ("Classes (samples that have it)", classes if any(classes.values()) else {}),
        ("Missing", report["missing"]),
    ):
        rows = list(cast(dict[str, int], counts).items())
        parts.append(f"{head}\n{_text.table(rows) or '  none'}")
    return "\n\n".join([*parts, _problems(cast(list[dict[str, object]], report["problems"]))])


def _problems(problems: list[dict[str, object]]) -> str:
    lines = []
    for problem in problems:
        lines.append(f"  {problem['sentence']}")
        lines += [f"    {example}" for example in cast(list[str], problem["examples"])]
    return "\n".join(["Problems", *(lines or ["  none found"])])
