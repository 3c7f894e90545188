"""`import-predictions`: judge what was predicted elsewhere, as a prediction set."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from eoexplore.cli import _target, _text
from eoexplore.core.errors import PredictionError
from eoexplore.core.split import SPLITS
from eoexplore.jobs import mask_files, mask_import, mask_values
from eoexplore.store import catalog, prediction_import, prediction_sets
from eoexplore.store.catalog import Opened
from eoexplore.store.honesty import NONE
from eoexplore.store.prediction_sets import PredictionSet

HELP = """Import predictions that were made elsewhere: a table of scores, or a folder of masks.

A table is CSV, TSV or Parquet with ids and scores; its columns are found by the names of the
classes. A mask is a GeoTIFF named after its patch (<id>.tif, <id>_mask.tif) with a class for each
pixel. Without --name, it says what it understands, and keeps nothing. Unnamed columns need
--order, scores beyond 0 to 1 need --values, and numbers of classes need both.

example:
  python -m eoexplore import-predictions data/reben scores.csv
  python -m eoexplore import-predictions data/reben scores.csv --values logits --name mine
  python -m eoexplore import-predictions data/reben masks/ --name land
  python -m eoexplore import-predictions data/reben masks/ --values numbers --order alphabet"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `import-predictions`."""
    parser.add_argument("path", metavar="PATH", help=_target.HELP)
    parser.add_argument("file", metavar="FILE", help="CSV, TSV, Parquet, or a folder of masks")
    parser.add_argument("--name", metavar="NAME", help="keep them as a prediction set of this name")
    known = (*prediction_import.VALUES, *mask_values.VALUES)
    parser.add_argument(
        "--values", choices=known, default="", metavar="WHAT", help=f"one of {', '.join(known)}"
    )
    parser.add_argument("--order", choices=prediction_import.ORDERS, default="", help="of classes")
    parser.add_argument(
        "--trained-on",
        choices=(*SPLITS, NONE),
        default="",
        help=f"part that the model was trained on; {NONE} where it learnt from no patch of these",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Look at it and, where it is named, keep it."""
    opened = catalog.add(_target.find(args.path))
    path = Path(args.file).expanduser()
    if path.is_dir():
        return _masks(opened, path.resolve(), args)
    if path.name.lower().endswith(mask_files.SUFFIXES):
        raise PredictionError(f"{path.name} is one mask. Name the folder of all masks.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise PredictionError(f"{path.name} cannot be read ({error.strerror}).") from None
    found = prediction_import.look(opened, path.name, data, args.values, args.order)
    kept = None
    if args.name:
        kept = prediction_import.keep(opened, found, args.name, args.trained_on)
    said = {"samples": len(found.rows), "classes": list(found.classes), "values": found.kind}
    return _show(args, kept, said, found.sentences)


def _masks(opened: Opened, folder: Path, args: argparse.Namespace) -> int:
    progress = args.progress
    found = mask_import.look(opened, folder, args.values, args.order, progress.step)
    kept = None
    if args.name:
        about = mask_import.keep(
            opened, found, args.name, args.trained_on, progress.update, progress.cancelled
        )
        kept = prediction_sets.read(opened, about.name)
    progress.end_line()
    said = {
        "samples": len(found.seen.files.paths) if kept is None else len(kept.rows),
        "classes": list(found.classes),
        "values": found.kind,
        "left_out": {} if kept is None else dict(kept.about.left_out),
    }
    return _show(args, kept, said, found.sentences)


def _show(
    args: argparse.Namespace,
    kept: PredictionSet | None,
    said: Mapping[str, object],
    sentences: tuple[str, ...],
) -> int:
    if args.json:
        name = kept.about.name if kept else None
        _text.show_json({"set": name, **said, "sentences": list(sentences)})
        return 0
    for sentence in sentences:
        print(_text.clean(sentence))
    if kept is None:
        print("Nothing is kept yet: add --name.")
        return 0
    for reason, count in kept.about.left_out.items():
        print(_text.clean(f"Left out, {count:,}: {reason}"))
    print(f"Kept as {kept.about.name}: {len(kept.rows):,} samples.")
    return 0
