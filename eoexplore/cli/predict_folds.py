"""`predict-folds`: predict every sample by a model that has not seen it or its surroundings."""

import argparse
import time
from collections.abc import Iterator, Mapping
from typing import Any

from eoexplore.cli import _target, _text
from eoexplore.jobs import predict_folds
from eoexplore.jobs.pieces import Hands
from eoexplore.jobs.predict_folds import BLOCK_KM, BUFFER_KM, FOLDS, Asked
from eoexplore.store import catalog, prediction_sets

HELP = """Predict every sample by a model that has learnt neither it nor its surroundings.

Square blocks of ground are dealt out to folds. A quick model of single pixels and what lies around
them learns from the label maps outside each fold, whatever the split, and predicts the fold. What
comes of it is a prediction set like any other, all of it out of sample: what a search for wrong
labels needs. The same command goes on after Ctrl-C or a kill.

example:
  python -m eoexplore predict-folds /data/reben
  python -m eoexplore predict-folds /data/reben --folds 10 --block-km 12 --name folds"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `predict-folds`."""
    parser.add_argument("path", metavar="PATH", help=_target.HELP)
    parser.add_argument(
        "--folds", type=_text.count, metavar="N", default=FOLDS, help=f"default: {FOLDS}"
    )
    parser.add_argument(
        "--block-km", type=float, metavar="KM", default=BLOCK_KM,
        help=f"side of a block (default: {BLOCK_KM:g})",
    )  # fmt: skip
    parser.add_argument(
        "--buffer-km", type=float, metavar="KM", default=BUFFER_KM,
        help=f"ground around a fold that is not learnt from (default: {BUFFER_KM:g})",
    )  # fmt: skip
    parser.add_argument("--name", metavar="NAME", default="", help="what the set is called")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--workers", type=_text.count, metavar="N", help="processes that predict")
    who.add_argument("--scheduler", metavar="URL", help="a running Dask scheduler: tcp://host:8786")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Train the models and predict."""
    opened = catalog.add(_target.find(args.path))
    asked = Asked(opened.slug, args.folds, args.block_km, args.buffer_km, args.name)
    begun = time.monotonic()
    made = predict_folds.predict_folds(
        asked, Hands(args.workers, args.scheduler), args.progress.update, args.progress.cancelled
    )
    seconds = time.monotonic() - begun
    args.progress.end_line()
    about = made.about
    found = prediction_sets.read(opened, about.name)
    if args.json:
        _text.show_json(
            {
                "set": about.name,
                "samples": len(found.rows),
                "predicted": made.predicted,
                "seconds": round(seconds, 1),
                "trained_on": dict(about.trained_on),
                "left_out": dict(about.left_out),
                "path": str(found.folder),
            }
        )
        return 0
    word = "synthetic " if about.synthetic else ""
    print(
        f"The {word}prediction set {about.name} has {len(found.rows):,} samples, each predicted by "
        "a model that has not seen it or its surroundings."
    )
    for sentence in _limits(about.trained_on):
        print(_text.clean(sentence))
    for reason, count in about.left_out.items():
        print(_text.clean(f"Left out, {count:,}: {reason}"))
    if made.predicted:
        print(f"{made.predicted:,} were predicted now; all of it took {seconds:,.0f} s.")
    return 0


def _limits(told: Mapping[str, Any]) -> Iterator[str]:
    """Yield what else is known of the models."""
    if told.get("unlocated"):
        yield told["unlocated"]
    if told.get("unlearnt"):
        yield f"Too rare to be learnt, so never predicted there: {told['unlearnt']}."
