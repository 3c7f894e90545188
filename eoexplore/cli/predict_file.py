"""`predict-file`: what a model says of a GeoTIFF of one's own."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from eoexplore import models
from eoexplore.cli import _text
from eoexplore.core import settings
from eoexplore.jobs import _upload_memory, geotiff_inference
from eoexplore.jobs.geotiff_inference import Result, Source

HELP = """Predict a GeoTIFF of your own with a model, in any CRS and resolution.

The file is warped to the model's pixels in the UTM zone of its middle, predicted in windows that
overlap, and written to FOLDER as GeoTIFF: classes and confidence on the file's own pixels and on
the model's, and result.json with the area of each class. A model of whole patches gives scores of
squares. Bands are found by their descriptions in the file; else say which is which.

example:
  python -m eoexplore predict-file scene.tif --model MODEL --out result
  python -m eoexplore predict-file scene.tif --model MODEL --out result --bands order
  python -m eoexplore predict-file scene.tif --model MODEL --out result --bands s2/B02=1,s2/B03=2"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `predict-file`."""
    parser.add_argument("file", metavar="FILE", help="a GeoTIFF")
    parser.add_argument("--model", metavar="NAME", required=True, help="an unknown name lists all")
    parser.add_argument("--out", metavar="FOLDER", required=True, help="where results go")
    parser.add_argument(
        "--bands",
        metavar="WHICH",
        default="",
        help='"order", or which band of the file is which of the model: s2/B02=1,s2/B03=2',
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Predict it."""
    from eoexplore.models.engine import Engine

    progress = args.progress
    if progress.is_job:
        # Of a file that somebody sent; whoever types the command knows the file and the machine.
        limit = settings.megabytes("EOEXPLORE_UPLOADS_MEMORY_MB")
        _upload_memory.watch(limit, lambda sentence: progress.close("failed", sentence))
    card = models.find(args.model).card
    with geotiff_inference.opened(Path(args.file), card, args.bands) as source:
        if not args.json:
            _say(source)
        progress.step(0, 0, "the model")
        engine = Engine(models.load)
        try:
            # Its card says which weights they are, also where the file beside them does not.
            loaded = replace(source, card=engine.load(args.model, progress.cancelled).card)
            result = geotiff_inference.run(
                loaded,
                lambda batch: np.asarray(
                    engine.predict(args.model, batch, progress.cancelled), np.float32
                ),
                Path(args.out),
                progress.update,
                progress.cancelled,
            )
        finally:
            engine.close()
    progress.end_line()
    _report(args, result)
    return 0


def _say(source: Source) -> None:
    """Print what the model will be given, before it is."""
    for match in source.matches:
        print(_text.clean(f"  {match.band} is band {match.number} of the file ({match.why})"))
    for sentence in source.warnings:
        print(_text.clean(sentence))


def _report(args: argparse.Namespace, result: Result) -> None:
    if args.json:
        _text.show_json({"path": args.out, **geotiff_inference.document(result)})
        return
    rows = [(name, f"{area:,.2f}") for name, area in result.hectares.items() if area]
    if rows:
        print(_text.table(rows, ("class", "hectares")))
    for sentence in result.warnings:
        print(_text.clean(sentence))
    if result.details["synthetic"]:
        print("The model was trained on synthetic imagery.")
    print(_text.clean(f"Written: {args.out}: {', '.join(result.files)}"))
