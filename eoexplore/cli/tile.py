"""`tile`: one map tile as a file, the same bytes that the app sends."""

import argparse
import sys
from pathlib import Path

from eoexplore.cli import _target, _text
from eoexplore.core.errors import SelectionError
from eoexplore.render import palettes
from eoexplore.store import catalog
from eoexplore.store.folder import atomic
from eoexplore.tiles import tile
from eoexplore.tiles.imagery import MOSAIC_ZOOM, ORIGINALS_ZOOM
from eoexplore.tiles.tile import TileRequest

HELP = """Write one tile of the map as the app would send it.

Z, X and Y are those of web maps: zoom, column from the west, row from the north. The ending of
FILE chooses the format: png, jpg or webp.

example:
  python -m eoexplore tile reben-synthetic s2 13 4378 2860 --out tile.png
  python -m eoexplore tile /data/reben s2 13 4378 2860 --style index.NDVI~r-0.2..0.9 \\
      --select "class=any:Inland waters&split=train" --date earliest --out tile.webp"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `tile`."""
    parser.add_argument("path", metavar="PATH", help=_target.HELP)
    parser.add_argument("layer", metavar="LAYER", help="such as s2, s1, footprints or density")
    for name, help_text in (("z", "zoom"), ("x", "column"), ("y", "row")):
        parser.add_argument(name, metavar=name.upper(), type=int, help=help_text)
    parser.add_argument("--out", metavar="FILE", required=True, help="file to write")
    parser.add_argument(
        "--style",
        metavar="S",
        default="",
        help="name and options, such as band.B05~p2..98 or clc19~line; default: the layer's first",
    )
    parser.add_argument("--select", metavar="SEL", default="", help="which samples; default: all")
    parser.add_argument(
        "--date", metavar="RULE", default="", help="which date lies on top; default: latest"
    )
    parser.add_argument(
        "--palette",
        choices=palettes.PALETTES,
        default=palettes.OFFICIAL,
        help="colours of the classes",
    )


def run(args: argparse.Namespace) -> int:
    """Write it."""
    out = Path(args.out).expanduser()
    extension = out.suffix.lower().removeprefix(".").replace("jpeg", "jpg")
    wanted = TileRequest(
        layer=args.layer,
        z=args.z,
        x=args.x,
        y=args.y,
        extension=extension,
        style=args.style,
        select=args.select,
        date=args.date,
        palette=args.palette,
        ground=True,
    )
    opened = catalog.add(_target.find(args.path))
    tile.check(opened, wanted)
    # A page goes on without what it cannot use; a script must not get another picture than asked.
    answer = tile.render(opened, wanted)
    if answer.notices:
        raise SelectionError(f"No tile was written. {' '.join(answer.notices)}")
    with atomic(out) as partial:
        partial.write_bytes(answer.body)
    if MOSAIC_ZOOM <= args.z < ORIGINALS_ZOOM and not opened.pictured:
        sys.stderr.write(
            f"Zooms {MOSAIC_ZOOM} to {ORIGINALS_ZOOM - 1} are drawn from the index, which is not "
            f"complete: python -m eoexplore index {opened.slug}\n"
        )
    print(f"Written: {_text.clean(args.out)}, {_text.size(len(answer.body))}")
    return 0
