"""`label-issues`: look for wrong labels, and print what was found."""

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from eoexplore.cli import _asked, _target, _text
from eoexplore.core.errors import DataMissing, UnknownName
from eoexplore.core.findings import FACTS
from eoexplore.evidence import kind as evidence
from eoexplore.evidence import thresholds
from eoexplore.evidence.kind import Finding
from eoexplore.jobs import label_issues
from eoexplore.store import catalog, honesty, issue_truth, issues, prediction_sets, true_maps, truth
from eoexplore.store.catalog import Opened
from eoexplore.store.issue_truth import Known, Worth
from eoexplore.store.issues import Issues, Looked, Wanted
from eoexplore.store.prediction_sets import PredictionSet

HELP = """Look for wrong labels, and print what was found, strongest first.

What a model that has not seen the labels says against them, and what the imagery, the map itself
and the split say without a model. What was found is kept in the cache folder until the dataset or
the predictions change, and shown by the page Label quality; the same command goes on after Ctrl-C.
--truth names a Parquet file with the true labels, to judge the findings by; true label maps lie
beside it in a folder of the same name without the ending.

example:
  python -m eoexplore label-issues data/demo --predictions land
  python -m eoexplore label-issues data/demo --predictions land --select split=test --least 0.3
  python -m eoexplore label-issues data/demo --predictions land --truth data/demo.truth.parquet"""
_STATUS = tuple(issues.STATUS)
Ints = npt.NDArray[np.integer]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `label-issues`."""
    parser.add_argument("path", metavar="PATH", help=_target.HELP)
    parser.add_argument("--predictions", metavar="NAME", default="", help="the prediction set")
    parser.add_argument("--select", metavar="SELECTION", default="", help="which patches")
    parser.add_argument(
        "--reason", action="append", default=[], metavar="KIND",
        help="only this kind of evidence; again for more; an unknown name lists all",
    )  # fmt: skip
    parser.add_argument("--class", dest="label", metavar="NAME", default="", help="of this class")
    parser.add_argument("--least", type=float, default=0.0, metavar="SCORE", help="0 to 1")
    parser.add_argument("--status", choices=_STATUS, default="", help="at the map's resolution")
    parser.add_argument(
        "--threshold", action="append", default=[], metavar="CLASS=NUMBER",
        help="instead of the measured one of confident learning; again for more classes",
    )  # fmt: skip
    parser.add_argument("--top", type=_text.natural, default=20, metavar="N", help="lines (20)")
    parser.add_argument("--truth", metavar="FILE", help="Parquet: id and true labels of patches")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Look, and print."""
    opened = catalog.add(_target.find(args.path))
    found = prediction_sets.read(opened, args.predictions) if args.predictions else None
    wanted = _wanted(opened, args)
    mask = _asked.part(opened, "Selection", args.select).mask
    known = _known(opened, args.truth, found)
    label_issues.look(opened, found, args.progress.update, args.progress.cancelled)
    args.progress.end_line()
    stated = thresholds.parse("|".join(args.threshold), opened.dataset.classes.names)
    looked = issues.read_looked(issues.folder_of(opened, args.predictions))
    all_of = issues.together(opened, label_issues.names(found), args.predictions)
    all_of = thresholds.apply(all_of, looked, stated)
    places, rows = issues.places(all_of, wanted, opened.samples, mask)
    said = {
        "issues": len(places),
        **_counts(opened, all_of, places),
        "cannot_tell": dict(all_of.cannot),
        "thresholds": _thresholds(opened, looked, stated),
        "warnings": [text for text in [_honest(opened, found)] if text],
        "first": _first(opened, all_of, places[: args.top], rows),
    }
    said |= _worth(opened, all_of, known) if known is not None else {}
    if args.json:
        _text.show_json(said)
    else:
        _show(said)
    return 0


def _wanted(opened: Opened, args: argparse.Namespace) -> Wanted:
    names = opened.dataset.classes.names
    if args.label and args.label not in names:
        raise UnknownName(
            f"There is no class {args.label[:80]!r}. The classes are: {'; '.join(names)}."
        )
    kinds = tuple(evidence.kind(name).name for name in args.reason)
    label = names.index(args.label) if args.label else -1
    return Wanted(kinds, label, args.least, args.status)


def _known(opened: Opened, file: str | None, found: PredictionSet | None) -> Known | None:
    if not file:
        return None
    path = Path(file).expanduser()
    if not path.is_file():
        raise DataMissing(f"There is no file {path.name} with true labels at the place you named.")
    looked = np.ones(len(opened.samples), bool)
    if found is not None:
        looked = np.isin(np.arange(len(looked)), found.rows)
        looked &= honesty.of(opened, found.about).mask
    maps = true_maps.read(opened, true_maps.folder_of(path))
    return Known(truth.read(opened, path), maps, looked)


def _thresholds(
    opened: Opened, looked: Looked | None, stated: Mapping[int, float]
) -> dict[str, float | None]:
    """Return the threshold of each class that was measured, or stated instead."""
    if looked is None:
        return {}
    names = opened.dataset.classes.names
    measured = {number: float(value) for number, value in enumerate(looked.thresholds)}
    return {names[number]: _number(value) for number, value in {**measured, **stated}.items()}


def _honest(opened: Opened, found: PredictionSet | None) -> str:
    return "" if found is None else honesty.of(opened, found.about).sentence


def _counts(opened: Opened, found: Issues, places: Ints) -> dict[str, dict[str, int]]:
    """Return how many findings there are of each kind, and of each class that a label says."""
    own = found.findings.take(places)
    names = opened.dataset.classes.names
    by_class = np.bincount(own.labels[own.labels >= 0], minlength=len(names))
    by_kind = np.bincount(found.numbers[places], minlength=len(found.kinds))
    return {
        "by_reason": dict(zip(found.kinds, by_kind.tolist(), strict=True)),
        "by_class": dict(zip(names, by_class.tolist(), strict=True)),
    }


def _first(opened: Opened, found: Issues, places: Ints, rows: Ints) -> list[dict[str, Any]]:
    own = zip(places.tolist(), rows.tolist(), strict=False)
    return [_one(opened, found, place, row) for place, row in own]


def _one(opened: Opened, found: Issues, place: int, row: int) -> dict[str, Any]:
    """Return one finding with its sentence."""
    names = ("", *opened.dataset.classes.names)
    own = found.findings
    kind = evidence.kind(found.kinds[found.numbers[place]])
    facts = {
        name: float(values[place])
        for name, values in own.facts.items()
        if name in FACTS and np.isfinite(values[place])
    }
    label, suspect = names[own.labels[place] + 1], names[own.suspects[place] + 1]
    score = float(own.scores[place])
    return {
        "id": str(opened.samples.frame["id"].iloc[row]),
        "reason": kind.name,
        "label": label or None,
        "suspect": suspect or None,
        "score": round(score, 4),
        "sentence": kind.sentence(Finding(label, suspect, score, facts)),
        "facts": facts,
    }


def _worth(opened: Opened, found: Issues, known: Known) -> dict[str, Any]:
    """Return what the order is worth: of maps where true ones are there, and of scene labels."""
    judged = {
        "maps": issue_truth.maps(opened, found, known),
        "spots": issue_truth.spots(opened, found, known),
        "scenes": issue_truth.scenes(opened, found, known),
    }
    said = {name: _measures(worth) for name, worth in judged.items() if worth is not None}
    main = said.get("maps", said["scenes"])
    keys = ("precision", "recall", "precision_at", "precision_at_errors", "lift")
    return {**{key: main[key] for key in keys}, "by_truth": said}


def _measures(worth: Worth) -> dict[str, Any]:
    own = worth.ranked
    return {
        "unit": worth.unit,
        "errors": own.errors,
        "base": _number(own.base),
        "precision": _number(own.precision),
        "recall": _number(own.recall),
        "precision_at": {str(n): _number(share) for n, share in own.precision_at.items()},
        "precision_at_errors": _number(own.at_errors),
        "lift": _number(own.lift),
        "found_by_kind": {name: _number(share) for name, share in worth.by_kind.items()},
    }


def _number(value: float) -> float | None:
    return round(value, 4) if np.isfinite(value) else None


def _show(said: Mapping[str, Any]) -> None:
    for text in said["warnings"]:
        print(_text.clean(text))
    print(f"{said['issues']:,} findings.")
    for name, count in said["by_reason"].items():
        why = said["cannot_tell"].get(name)
        print(_text.clean(f"  {evidence.kind(name).title}: {why or f'{count:,}'}"))
    for item in said["first"]:
        print(_text.clean(f"{item['score']:.2f}  {item['id']}  {item['sentence']}"))
    for name, own in said.get("by_truth", {}).items():
        at = own["precision_at"]["50"]
        print(
            f"{name}: {own['errors']:,} errors, {own['base'] or 0:.1%} of what was looked at; of "
            f"the first 50 {at or 0:.0%} are wrong, of as many as there are errors "
            f"{own['precision_at_errors'] or 0:.0%}: {own['lift'] or 0:.1f} times as by lot."
        )
