"""`splits`: the audit of a split, as the splits page has it."""

import argparse
from pathlib import Path
from typing import Any, cast

from eoexplore.charts import document, leakage_keep
from eoexplore.charts.audit import audit
from eoexplore.charts.chart import Asked, Split
from eoexplore.cli import _asked, _target, _text
from eoexplore.core import split_rule
from eoexplore.core.errors import SplitError
from eoexplore.jobs import export, resample
from eoexplore.store import catalog, prediction_sets, split_export, split_files, splits
from eoexplore.store.catalog import Opened

HELP = """Audit a split: the numbers of the splits page, from the same code.

Without --chart, sizes, the distance between the parts, and how far the ring rule of reBEN gives the
same split; with --json, every chart of the page too. RULE is one of: released, rings, random,
place, tile, country, grid, kmeans, with parameters such as tile:seed=3,train=0.6; or a FILE.

example:
  python -m eoexplore splits reben-synthetic --select flag=none --compare random:seed=1
  python -m eoexplore splits reben-synthetic --split tile:folds=5 --report audit.html"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `splits`."""
    parser.add_argument("path", metavar="PATH", help=_target.HELP)
    _asked.add_arguments(parser)
    parser.add_argument("--split", metavar="RULE|FILE", default="released", help="what is audited")
    parser.add_argument(
        "--compare",
        action="append",
        default=[],
        metavar="RULE|FILE",
        help="another split beside it; files with commas between are read as one split",
    )
    parser.add_argument(
        "--draws",
        type=_text.natural,
        default=0,
        metavar="N",
        help="draw N random splits of the same sizes first; they are kept (page: 100)",
    )
    parser.add_argument("--report", metavar="FILE", help="write the audit as one HTML page")
    parser.add_argument(
        "--to", metavar="FILE", help="write the audited split: .csv, .parquet, or .zip for tables"
    )


def run(args: argparse.Namespace) -> int:
    """Print it."""
    opened = catalog.add(_target.find(args.path))
    said: list[str] = []
    found = tuple(_split(opened, text, said) for text in (args.split, *args.compare))
    asked = Asked(
        opened,
        (_asked.part(opened, "Selection", args.select),),
        splits=found,
        predictions=prediction_sets.newest(opened, leakage_keep.MOST_SETS),
    )
    kinds = document.chosen("splits", args.charts)
    options = document.options("splits", args.options, asked)
    if args.draws:
        _draw(args, asked, options)
    args.progress.end_line()
    if args.report:
        _asked.write_report("splits", asked, options, args.report)
    if args.to:
        said.append(_write(asked, Path(args.to).expanduser()))
    if args.json:
        audits = [audit(asked, split) for split in found]
        _text.show_json(
            {
                **document.about(asked),
                **audits[0],
                "splits": audits,
                "files": said,
                "charts": document.of(kinds, asked, options),
            }
        )
        return 0
    print(_text.clean("".join(f"{sentence}\n" for sentence in said)), end="")
    if args.charts:
        _asked.show(document.of(kinds, asked, options))
    else:
        for split in found:
            _show(audit(asked, split))
    return 0


def _split(opened: Opened, text: str, said: list[str]) -> Split:
    """Return the split of a rule, or of files; what is to say about files goes into a list."""
    paths = [Path(name).expanduser() for name in text.split(",")]
    if not all(path.is_file() for path in paths):
        try:
            return splits.split_of(opened, text)
        except SplitError as error:
            if text.partition(":")[0] in split_rule.KINDS:
                raise
            raise SplitError(f"There is no file {text[:120]!r} either. {error}") from error
    found, report = split_files.read(opened, [(path.name, path.read_bytes()) for path in paths])
    said += report.sentences()
    return found


def _draw(args: argparse.Namespace, asked: Asked, options: dict[str, str]) -> None:
    """Draw random splits for the audited one, which a chart of the page shows."""
    unit = cast(resample.Unit, options.get("split_chance.unit", "patch"))
    chance = resample.Chance(asked.opened, asked.part.mask, asked.split, unit)
    resample.draw_more(chance, args.draws, args.progress.step, args.progress.cancelled)


def _write(asked: Asked, target: Path) -> str:
    """Write the audited split of the selected samples, and say so."""
    part = asked.part
    export.check_target(asked.opened, target)
    split_export.write(target, asked.opened, asked.split, part.mask, part.selection.canonical())
    return f"{target.name}: {asked.split.title}."


def _show(found: dict[str, Any]) -> None:
    sizes = ", ".join(f"{name} {count:,}" for name, count in found["by_split"].items())
    print(_text.clean(f"{found['title']}  [{found['split']}]: {sizes}\n  {found['made']}"))
    if same := found["agreement"]:
        print(f"  The ring rule of reBEN gives {same['same']:,} of {same['samples']:,} the same.")
    rows = [
        (
            f"{pair['from']} to {pair['to']}",
            f"{pair['min_m'] / 1000:,.2f} km",
            f"{pair['median_m'] / 1000:,.1f} km",
            *(f"{share:.1%}" for share in pair["share_within"].values()),
        )
        for pair in found["pairs"]
    ]
    within = found["pairs"][0]["share_within"] if rows else ()
    heads = [f"≤ {float(metres) / 1000:g} km" for metres in within]
    print(_text.table(rows, ("nearest", "minimum", "median", *heads)) or "  No distances.")
    print()
