"""`index`: build the index of a dataset, or go on with one that was stopped."""

import argparse
import sys
from dataclasses import asdict

from eoexplore.cli import _target, _text
from eoexplore.jobs import index
from eoexplore.jobs.needs import Needs
from eoexplore.store import catalog

HELP = """Build the index of a dataset, or go on with one that was stopped.

Every file is read once: class areas and spectra per sample, and packed pictures for the map. What
an earlier release computed is kept, and what is new is added. The index lies in the cache folder
(EOEXPLORE_CACHE); the dataset's own folder is never written to. Ctrl-C stops it, and the same
command goes on from there.

example:
  python -m eoexplore index /data/reben --workers 8
  python -m eoexplore index /data/reben --scheduler tcp://10.0.0.5:8786"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `index`."""
    parser.add_argument("path", metavar="PATH", help=_target.HELP)
    who = parser.add_mutually_exclusive_group()
    who.add_argument("--workers", type=_text.count, metavar="N", help="processes of this machine")
    who.add_argument("--scheduler", metavar="URL", help="a running Dask scheduler: tcp://host:8786")
    parser.add_argument("--rebuild", action="store_true", help="read every file again")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Build it."""
    opened = catalog.add(_target.find(args.path))
    if args.rebuild:
        index.rebuild(opened.slug)
    needed: list[Needs] = []

    def say(needs: Needs) -> None:
        needed.append(needs)
        args.progress.end_line()
        # Of a background job this is its log; --json has nothing else on standard output.
        print(needs.sentence(), file=sys.stderr if args.json else sys.stdout, flush=True)

    opened = index.build(
        opened.slug,
        workers=args.workers,
        scheduler=args.scheduler,
        progress=args.progress.update,
        cancelled=args.progress.cancelled,
        needs=say,
    )
    args.progress.end_line()
    length = opened.folder.size()
    if args.json:
        _text.show_json(
            {
                "dataset": opened.slug,
                "fingerprint": opened.fingerprint,
                "samples": len(opened.samples),
                "complete": opened.state.complete,
                "bytes": length,
                "needed": asdict(needed[0]) if needed else None,
            }
        )
        return 0
    samples = f"{len(opened.samples):,} samples, {_text.size(length)}"
    if opened.state.complete:
        print(f"The index of {opened.slug} is complete: {samples}.")
    else:
        print(f"Files of {opened.slug} changed meanwhile ({samples}): start it once more.")
    return 0
