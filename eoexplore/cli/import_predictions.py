"""`import-predictions`: judge what was predicted elsewhere, as a prediction set."""

import argparse
from pathlib import Path

from eoexplore.cli import _target, _text
from eoexplore.core.errors import PredictionError
from eoexplore.store import catalog, prediction_import

HELP = """Import predictions that were made elsewhere: a table of ids and scores.

CSV, TSV or Parquet. Without --name, it says what it understands, and keeps nothing. Columns are
found by the names of the classes; unnamed ones need --order, values beyond 0 to 1 need --values.

example:
  python -m eoexplore import-predictions data/reben scores.csv
  python -m eoexplore import-predictions data/reben scores.csv --values logits --name mine"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `import-predictions`."""
    parser.add_argument("path", metavar="PATH", help=_target.HELP)
    parser.add_argument("file", metavar="FILE", help="CSV, TSV or Parquet")
    parser.add_argument("--name", metavar="NAME", help="keep them as a prediction set of this name")
    parser.add_argument(
        "--values", choices=prediction_import.VALUES, default="", help="what it has"
    )
    parser.add_argument("--order", choices=prediction_import.ORDERS, default="", help="of classes")
    parser.add_argument(
        "--trained-on", metavar="SPLIT", default="", help="part that the model was trained on"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Look at it and, where it is named, keep it."""
    opened = catalog.add(_target.find(args.path))
    path = Path(args.file).expanduser()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PredictionError(f"{path.name} cannot be read ({error.strerror}).") from None
    found = prediction_import.look(opened, path.name, data, args.values, args.order)
    kept = None
    if args.name:
        kept = prediction_import.keep(opened, found, args.name, args.trained_on)
    if args.json:
        said = {"samples": len(found.rows), "classes": list(found.classes), "values": found.kind}
        name = kept.about.name if kept else None
        _text.show_json({"set": name, **said, "sentences": list(found.sentences)})
        return 0
    for sentence in found.sentences:
        print(_text.clean(sentence))
    print(f"Kept as {kept.about.name}." if kept else "Nothing is kept yet: add --name.")
    return 0
