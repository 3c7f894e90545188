"""`export`: a selection as a table, as a dataset of its own, or one patch as a GeoTIFF."""

import argparse
import json
from pathlib import Path

import numpy as np
import numpy.typing as npt

from eoexplore.cli import _target, _text
from eoexplore.core.errors import DataMissing, SelectionError, UnknownName
from eoexplore.jobs import export as parts
from eoexplore.store import catalog, export, selections
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import atomic
from eoexplore.tiles import geotiff
from eoexplore.tiles.scene import scene_of

HELP = """Write the samples of a selection to a file or folder.

The ending of FILE chooses the format: parquet (GeoParquet), geojson or csv, one row per sample; or
tif, one patch with all bands of a layer. --as tree and --as lmdb write a folder that is a dataset
of its own: the files of the selection and the rows of the metadata tables.

example:
  python -m eoexplore export reben-synthetic --select "split=test" --to test.parquet
  python -m eoexplore export /data/reben --select "country=Austria" --as lmdb --to austria
  python -m eoexplore export reben-synthetic --select "ids=PATCH" --layer s1 --to patch.tif"""

_FOLDERS = ("tree", "lmdb")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `export`."""
    parser.add_argument("path", metavar="PATH", help=_target.HELP)
    parser.add_argument("--select", metavar="SEL", default="", help="which samples; default: all")
    parser.add_argument("--to", metavar="FILE", required=True, help="file or new folder to write")
    parser.add_argument(
        "--as",
        dest="kind",
        choices=[*export.MEDIA_TYPES, "tif", *_FOLDERS],
        help="format; default: by the ending of FILE",
    )
    parser.add_argument("--layer", metavar="L", default="", help="layer of a GeoTIFF; default: s2")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Write it."""
    target = Path(args.to).expanduser()
    kind = _kind(args.kind, target)
    opened = catalog.add(_target.find(args.path))
    mask, text = _selected(opened, args.select)
    if kind in _FOLDERS:
        written = _folder(args, parts.Subset(opened, mask, text, kind, target))
    else:
        parts.check_target(opened, target)
        if kind == "tif":
            written = _patch(opened, mask, args.layer, target)
        else:
            written = _table(opened, mask, text, kind, target)
    args.progress.end_line()
    _report(args, kind, written)
    return 0


def _kind(asked: str | None, target: Path) -> str:
    ending = target.suffix.lower().removeprefix(".").replace("tiff", "tif")
    kind = asked or ending
    if kind in (*export.MEDIA_TYPES, "tif", *_FOLDERS):
        return kind
    known = ", ".join([*export.MEDIA_TYPES, "tif"])
    raise UnknownName(
        f"{target.name[:80]!r} has none of the endings {known}, so the format is not clear. "
        f"Choose one of them, or say --as {' or --as '.join(_FOLDERS)} for a folder."
    )


def _selected(opened: Opened, asked: str) -> tuple[npt.NDArray[np.bool_], str]:
    selection, notices = selections.parse(asked)
    if notices:
        # A page goes on without what it cannot use; a script must not get other rows than asked.
        raise SelectionError(f"Nothing was written. {' '.join(notices)}")
    mask = opened.samples.table(opened.dataset.classes).select(selection).mask()
    if not mask.any():
        raise SelectionError("No sample matches the selection, so nothing was written.")
    return mask, selection.canonical()


def _table(
    opened: Opened, mask: npt.NDArray[np.bool_], text: str, kind: str, target: Path
) -> parts.Written:
    said = export.write(target, opened, mask, text, kind)
    if kind == "csv":
        # A table of plain cells has no place for it.
        with atomic(target.with_name(f"{target.name}.json")) as partial:
            document = json.dumps(said.document(), indent=1, ensure_ascii=False)
            partial.write_text(document, encoding="utf-8")
    return parts.Written(target, said.samples, target.stat().st_size)


def _patch(opened: Opened, mask: npt.NDArray[np.bool_], layer: str, target: Path) -> parts.Written:
    rows = np.flatnonzero(mask)
    if len(rows) != 1:
        raise SelectionError(
            f"A GeoTIFF holds one patch, and {len(rows):,} are selected. "
            "Select one by its id: --select ids=ID"
        )
    names = [item.name for item in opened.dataset.layers]
    layer = layer or names[0]
    if layer not in names:
        raise UnknownName(f"There is no layer {layer[:40]!r}. Layers: {', '.join(names)}.")
    answer = geotiff.geotiff(scene_of(opened), int(rows[0]), layer)
    if answer is None:
        raise DataMissing(f"The patch has no {layer} that can be read. Layers: {', '.join(names)}.")
    with atomic(target) as partial:
        partial.write_bytes(answer.body)
    return parts.Written(target, 1, len(answer.body), answer.notices)


def _folder(args: argparse.Namespace, subset: parts.Subset) -> parts.Written:
    if not args.json:
        print(f"The export needs about {_text.size(subset.size)}.", flush=True)
    return subset.write(args.progress.step)


def _report(args: argparse.Namespace, kind: str, written: parts.Written) -> None:
    if args.json:
        document = {"path": args.to, "format": kind, "samples": written.samples}
        _text.show_json(document | {"bytes": written.size, "left_out": list(written.left_out)})
        return
    samples = "1 sample" if written.samples == 1 else f"{written.samples:,} samples"
    print(f"Written: {_text.clean(args.to)}, {samples}, {_text.size(written.size)}")
    for sentence in written.left_out[:5]:
        print(_text.clean(f"  left out: {sentence}"))
    if len(written.left_out) > 5:
        print(f"  and {len(written.left_out) - 5:,} more")
