"""`stats`: the numbers of the statistics page."""

import argparse
from typing import Any

import numpy as np

from eoexplore.charts import chart, document
from eoexplore.charts.chart import Asked
from eoexplore.cli import _asked, _target, _text
from eoexplore.store import catalog
from eoexplore.tiles.areas import areas_of
from eoexplore.tiles.scene import scene_of
from eoexplore.tiles.tile import shown_by

HELP = """Print class statistics: the numbers of the statistics page, from the same code.

Without --chart, the classes with their patches, label pixels, and sampled and ground area; with
--json, every chart of the page too.

example:
  python -m eoexplore stats reben-synthetic --select "season=summer" --by split
  python -m eoexplore stats reben-synthetic --chart class_counts --option class_counts.as=share"""

_BY = "class_counts"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `stats`."""
    parser.add_argument("path", metavar="PATH", help=_target.HELP)
    _asked.add_arguments(parser)
    parser.add_argument("--by", metavar="GROUP", help="count the classes by split, country, …")
    parser.add_argument("--compare", metavar="SELECTION", help="a second selection beside it")


def run(args: argparse.Namespace) -> int:
    """Print them."""
    opened = catalog.add(_target.find(args.path))
    parts = [_asked.part(opened, "Selection", args.select)]
    if args.compare is not None:
        parts.append(_asked.part(opened, "Compared", args.compare))
    asked = Asked(opened, tuple(parts))
    kinds = document.chosen("statistics", args.charts)
    texts = [*args.options, *([f"{_BY}.by={args.by}"] if args.by else [])]
    options = document.options("statistics", texts, asked)
    if args.by and not args.charts:
        kinds = (chart.kind("statistics", _BY),) if not args.json else kinds
    classes = None if args.charts or (args.by and not args.json) else _classes(asked)
    args.progress.end_line()
    if args.json:
        found = {"samples": len(asked.part), **document.about(asked), "classes": classes}
        _text.show_json(found | {"charts": document.of(kinds, asked, options)})
    elif classes is not None:
        print(f"{opened.dataset.title}: {len(asked.part):,} patches\n{_table(classes)}")
    else:
        _asked.show(document.of(kinds, asked, options))
    return 0


def _classes(asked: Asked) -> list[dict[str, Any]]:
    """Return patches, label pixels and area of each class, as contracts have it."""
    bits = asked.masks[asked.part.mask]
    scene = scene_of(asked.opened)
    shown, _ = shown_by(scene, asked.part.selection.canonical(), "")
    areas = {item["label"]: item for item in areas_of(scene, shown).get("classes", [])}
    table = asked.opened.samples.table(asked.opened.dataset.classes)
    found = []
    for number, item in enumerate(asked.classes):
        pixels = table.areas.get(number) if table.mapped[0].any() else None
        area = areas.get(item.name, {})
        found.append(
            {
                "name": item.name,
                "samples": int((bits >> np.uint64(number) & np.uint64(1)).sum()),
                "pixels": None if pixels is None else int(pixels[asked.part.mask].sum()),
                "sampled_km2": area.get("sampled_km2"),
                "ground_km2": area.get("ground_km2"),
            }
        )
    return found


def _table(classes: list[dict[str, Any]]) -> str:
    heads = ("class", "patches", "label pixels", "sampled km²", "ground km²")
    return _text.table([tuple(item.values()) for item in classes], heads)
