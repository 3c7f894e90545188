"""`predict`: run a model over a selection of a dataset, into a prediction set."""

import argparse
import time

from eoexplore.cli import _asked, _target, _text
from eoexplore.jobs import predict
from eoexplore.jobs.pieces import Hands
from eoexplore.jobs.predict import Asked
from eoexplore.store import catalog, prediction_sets

HELP = """Run a model over a selection of a dataset, and keep what it says as a prediction set.

The set is kept in the cache folder by the dataset's content, and shown by the app. What was
predicted is not predicted again: the same command goes on after Ctrl-C or a kill, and answers at
once when the set is there. Masks are compared with the label maps as they are made.

example:
  python -m eoexplore predict /data/reben --model demo-labels --select split=test
  python -m eoexplore predict /data/reben --model demo-labels --scheduler tcp://10.0.0.5:8786"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `predict`."""
    parser.add_argument("path", metavar="PATH", help=_target.HELP)
    parser.add_argument("--model", metavar="NAME", required=True, help="an unknown name lists all")
    parser.add_argument("--select", metavar="SELECTION", default="", help="which samples (all)")
    parser.add_argument("--name", metavar="NAME", default="", help="what the set is called")
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--workers", type=_text.count, metavar="N", help="processes of this machine")
    who.add_argument("--scheduler", metavar="URL", help="a running Dask scheduler: tcp://host:8786")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Predict it."""
    opened = catalog.add(_target.find(args.path))
    asked = Asked(opened.slug, args.model, _asked.selected(args.select), args.name)
    begun = time.monotonic()
    made = predict.predict(
        asked, Hands(args.workers, args.scheduler), args.progress.update, args.progress.cancelled
    )
    seconds = time.monotonic() - begun
    args.progress.end_line()
    found = prediction_sets.read(opened, made.about.name)
    if args.json:
        _text.show_json(
            {
                "set": made.about.name,
                "samples": len(found.rows),
                "predicted": made.predicted,
                "samples_per_s": round(made.predicted / seconds, 2) if made.predicted else None,
                "device": made.about.device,
                "left_out": dict(made.about.left_out),
                "path": str(found.folder),
            }
        )
        return 0
    word = "synthetic " if made.about.synthetic else ""
    print(f"The {word}prediction set {made.about.name} has {len(found.rows):,} samples.")
    for reason, count in made.about.left_out.items():
        print(_text.clean(f"Left out, {count:,}: {reason}"))
    if made.predicted:
        rate = made.predicted / seconds
        print(
            f"{made.predicted:,} were predicted now, {rate:,.1f} a second, on {made.about.device}."
        )
    return 0
