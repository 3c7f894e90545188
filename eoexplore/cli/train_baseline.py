"""`train-baseline`: train a plain baseline of single pixels from the index of a dataset."""

import argparse
from pathlib import Path

from eoexplore import models
from eoexplore.charts.document import plain
from eoexplore.cli import _target, _text
from eoexplore.jobs import baselines
from eoexplore.models import pixel
from eoexplore.store import catalog

HELP = """Train a plain baseline of single pixels, in seconds, from the index of a dataset.

It learns from the train split alone; its scores are of the validation split. Without --out it is
kept in the cache folder and offered by the app and by `models`, in place of an earlier one.

example:
  python -m eoexplore train-baseline /data/reben
  python -m eoexplore train-baseline /data/reben --kind nearest_spectrum --out models/nearest"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `train-baseline`."""
    parser.add_argument("path", metavar="PATH", help=_target.HELP)
    parser.add_argument(
        "--kind", choices=pixel.TITLES, default="pixel_linear", help="default: pixel_linear"
    )
    parser.add_argument("--out", metavar="DIR", help="the model's folder (default: in the cache)")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Train it, save it, and print its scores."""
    opened = catalog.add(_target.find(args.path))
    name = baselines.name_of(opened.slug, args.kind)
    out = Path(args.out).expanduser() if args.out else models.trained_folder() / name
    args.progress.step(0, 1, "Learning from the pixels of the index")
    model = baselines.train(opened, args.kind)
    card = pixel.save(model, out)
    args.progress.end_line()
    if args.json:
        _text.show_json({"path": str(out), "name": out.name, "scores": plain(card.scores)})
        return 0
    word = " on synthetic imagery" if card.synthetic else ""
    print(f"{card.name}, trained{word}: {out.name}.")
    scores = [
        (key.replace("_", " "), f"{value:.3f}" if isinstance(value, float) else f"{value:,}")
        for key, value in card.scores.items()
    ]
    print(_text.table([("path", str(out)), *scores]))
    return 0
