"""`bench`: measure speed against peers and floors, on data of its own."""

import argparse
import importlib.util
import sys
from pathlib import Path
from typing import Any

import eoexplore
from eoexplore.cli import _text
from eoexplore.core.errors import JobError

HELP = """Measure how fast this installation is, against a peer and a floor on the same files.

It makes its own data in a temporary folder: a square of 30 x 30 patches in released files, and a
table of 549,488. --metadata takes the released tables instead of invented ones. It needs a
checkout, with the packages of requirements-dev.txt; nothing else should run meanwhile.

example:
  python -m eoexplore bench --quick
  python -m eoexplore bench --json --metadata /data/reben > bench.json"""
_NEEDED = ("numexpr", "rio_tiler", "websockets")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `bench`."""
    parser.add_argument("--quick", action="store_true", help="few repeats: under a minute")
    parser.add_argument("--metadata", metavar="FOLDER", help="folder of the released tables")
    parser.add_argument(
        "--cpu",
        action="store_true",
        help="processor time instead of elapsed time, for a machine that is not idle",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Measure and print; a missed budget is a finding, a tile that shows too little an error."""
    metadata = _metadata(args.metadata)
    bench = _code()
    size = bench.QUICK if args.quick else bench.FULL
    clock = "cpu" if args.cpu else "wall"
    document = bench.measure(size, metadata, clock, args.progress.step)
    args.progress.end_line()
    if args.json:
        _text.show_json(document)
    else:
        print(bench.table(document))
    if wrong := bench.broken(document):
        raise JobError(
            f"These tiles do not show what they should, so no figure counts: {'; '.join(wrong)}."
        )
    return 0


def _metadata(text: str | None) -> Path | None:
    if text is None:
        return None
    folder = Path(text).expanduser().resolve()
    names = ("metadata.parquet", "metadata_for_patches_with_snow_cloud_or_shadow.parquet")
    missing = [name for name in names if not (folder / name).is_file()]
    if missing:
        raise JobError(
            f"There is no {' and no '.join(missing)} in {text[:200]!r}. Give the folder of the "
            "released tables, or leave --metadata out: a table of the same size is made then."
        )
    return folder


def _code() -> Any:  # noqa: ANN401  a module that is found at run time
    """Return the benchmark, which stands in a checkout beside the package."""
    root = Path(eoexplore.__file__).resolve().parents[1]
    if not (root / "benchmarks" / "bench.py").is_file():
        raise JobError(
            "The benchmark is not part of an installed package. Run this in a checkout of "
            "EOExplore, which has the folder benchmarks."
        )
    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise JobError(
            f"The benchmark needs {', '.join(missing)}. Install what measuring needs: "
            "pip install -r requirements-dev.txt"
        )
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    return importlib.import_module("benchmarks.bench")
