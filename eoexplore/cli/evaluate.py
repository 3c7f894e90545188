"""`evaluate`: the numbers of the evaluation page."""

import argparse
from pathlib import Path

from eoexplore.charts import chart, document
from eoexplore.charts.chart import Asked
from eoexplore.cli import _asked, _target, _text
from eoexplore.core.errors import PredictionError
from eoexplore.store import catalog, prediction_sets, truth

HELP = """Judge predictions: the numbers of the evaluation page, from the same code.

Without --chart, all figures of the labels and, of masks, of the pixels, each with an interval of
95 %; with --json, every chart of the page too. --truth names a Parquet file with the true labels.

example:
  python -m eoexplore evaluate data/demo --predictions demo-labels-1a2b3c4d --select split=test
  python -m eoexplore evaluate data/demo --predictions mine --beside other --json
  python -m eoexplore evaluate data/demo --predictions mine --report mine.html"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `evaluate`."""
    parser.add_argument("path", metavar="PATH", help=_target.HELP)
    parser.add_argument("--predictions", metavar="NAME", required=True, help="the prediction set")
    parser.add_argument("--beside", metavar="NAME", help="a second one, on the same patches")
    parser.add_argument("--truth", metavar="FILE", help="Parquet: id and true labels of patches")
    parser.add_argument("--report", metavar="FILE", help="write the page as one HTML file")
    _asked.add_arguments(parser)


def run(args: argparse.Namespace) -> int:
    """Print them."""
    opened = catalog.add(_target.find(args.path))
    names = [args.predictions, *([args.beside] if args.beside else [])]
    if len(set(names)) < len(names):
        raise PredictionError(f"{names[0]} stands beside itself. Name another prediction set.")
    asked = Asked(
        opened,
        (_asked.part(opened, "Selection", args.select),),
        predictions=tuple(prediction_sets.read(opened, name) for name in names),
        truth=truth.read(opened, Path(args.truth).expanduser()) if args.truth else None,
    )
    kinds = document.chosen("evaluation", args.charts)
    options = document.options("evaluation", args.options, asked)
    if not args.charts and not args.json:
        kinds = tuple(chart.kind("evaluation", name) for name in document.FIGURES)
    found = document.of(kinds, asked, options)
    args.progress.end_line()
    if args.report:
        _asked.write_report("evaluation", asked, options, args.report)
    if not args.json:
        _asked.show(found)
        return 0
    _text.show_json(document.evaluation(asked, found))
    return 0
