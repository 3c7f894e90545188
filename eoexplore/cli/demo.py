"""`demo`: write the synthetic dataset, or fetch 24 genuine patches."""

import argparse
import shutil
from pathlib import Path

from filelock import FileLock, Timeout

from eoexplore import demo
from eoexplore.cli import _text
from eoexplore.core import settings
from eoexplore.core.errors import JobError
from eoexplore.demo import Summary, real
from eoexplore.demo.generate import beside
from eoexplore.jobs.progress import Report
from eoexplore.store import catalog

HELP = """Make the synthetic demo dataset, or get 24 genuine reBEN patches with --real.

The synthetic one has the released reBEN layout, about 900 patches in two UTM zones, and wrong
labels planted in its reference maps; the truth lies beside the folder, in OUT.truth.parquet.
--real downloads a Python package of 55 MB and needs a network.

example:
  python -m eoexplore demo
  python -m eoexplore demo --out /data/demo --seed 7"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the arguments of `demo`."""
    parser.add_argument("--out", metavar="DIR", help="new folder (default: in the cache folder)")
    parser.add_argument(
        "--seed", type=_text.natural, metavar="N", help="another seed gives other land"
    )
    parser.add_argument("--real", action="store_true", help="24 genuine patches instead")
    parser.add_argument("--workers", type=_text.count, metavar="N", help="processes")
    parser.add_argument("--json", action="store_true", help="print one JSON document")


def run(args: argparse.Namespace) -> int:
    """Make the dataset, unless the usual one is there, and add it to the known ones."""
    name = "reben-mini" if args.real else "reben-synthetic"
    usual = settings.cache_folder() / "demo" / name
    out = Path(args.out).expanduser().resolve() if args.out else usual
    lock = settings.cache_folder() / "demo.lock"
    lock.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(lock, timeout=0):
            there = not args.out and out.is_dir()
            summary = _found(out, args.seed) if there else _make(args, out)
    except Timeout:
        raise JobError("A demo is being made already; wait until it is there.") from None
    opened = catalog.add(summary.path)
    args.progress.end_line()
    if args.json:
        truth = str(summary.truth) if summary.truth else None
        counted = {"samples": len(opened.samples), "seed": summary.seed, "truth": truth}
        _text.show_json({"path": str(summary.path), **counted})
        return 0
    print(f"{'Already there' if there else 'Written'}: {len(opened.samples):,} samples")
    facts = [("path", str(summary.path)), ("name", opened.slug)]
    facts += [("truth", str(summary.truth))] if summary.truth else []
    print(_text.table(facts))
    return 0


def _make(args: argparse.Namespace, out: Path) -> Summary:
    out.parent.mkdir(parents=True, exist_ok=True)
    report: Report = args.progress.step
    seed = {} if args.seed is None else {"seed": args.seed}
    try:
        if args.real:
            return real.fetch(out, progress=report)
        workers = args.workers or settings.workers()
        return demo.generate(out, workers=workers, progress=report, **seed)
    finally:
        # Whole, a demo has another name; stopped, it would lie there with its 300 MB.
        for suffix in (".partial", ".truth.partial"):
            shutil.rmtree(beside(out, suffix), ignore_errors=True)


def _found(out: Path, wanted: int | None) -> Summary:
    """Return what is known of a demo that is there; it has its name only once it is whole."""
    summary = demo.read_summary(out) or Summary(out, 0, None, None)
    if wanted not in (None, summary.seed):
        raise JobError(
            f"The demo is there already, made with the seed {summary.seed}. "
            "Give another folder with --out, or remove it first."
        )
    return summary
