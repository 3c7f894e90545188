"""How long every chart takes: `python -m benchmarks.charts DATASET [--select TEXT]`.

Each chart is made three times: by a process that has just opened the dataset, for another selection
(what follows from the table is kept then), and for the selection of the first time again, which is
what a changed option costs. Rules of splits are made once.
"""

import argparse
import sys
import time
from collections.abc import Callable
from dataclasses import replace

from eoexplore.charts import chart
from eoexplore.charts.chart import Asked, CannotTell, Kind, Part
from eoexplore.core.errors import SplitError
from eoexplore.core.split import Split
from eoexplore.store import catalog, selections, splits
from eoexplore.store.catalog import Opened

_OTHER = "country=Finland|Portugal"


def main() -> None:
    """Print a table in Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", help="name of a known dataset, or its folder")
    parser.add_argument("--select", default="", help="what is counted")
    args = parser.parse_args()
    known = {entry.slug for entry in catalog.entries()}
    opened = catalog.open_slug(args.dataset) if args.dataset in known else catalog.add(args.dataset)
    one, other = (part(opened, text) for text in (args.select, _OTHER))
    _say(f"{len(one):,} patches; the other selection has {len(other):,}.\n")
    _say("| chart | first, s | other selection, s | again, s | figure, kB |\n|---|---|---|---|---|")
    made = tuple(_splits(opened))
    for page in ("statistics", "splits"):
        for kind in chart.kinds(page):
            asked = Asked(opened, (one,), splits=made[:1] if page == "splits" else ())
            _say(line(kind, asked, replace(asked, parts=(other,))))
    compared = Asked(opened, (one,), splits=made)
    _say(line(chart.kind("splits", "split_compare"), compared, replace(compared, parts=(other,))))


def part(opened: Opened, text: str) -> Part:
    """Return the samples of a selection."""
    selection, _ = selections.parse(text)
    table = opened.samples.table(opened.dataset.classes)
    return Part("Selection", selection, table.select(selection).mask())


def _splits(opened: Opened) -> list[Split]:
    found = []
    for name in splits.MAKERS:
        start = time.perf_counter()
        try:
            found.append(splits.split_of(opened, name))
        except SplitError:
            continue
        _say(f"| split rule {name} | {time.perf_counter() - start:.2f} | | | |")
    return found


def line(kind: Kind, asked: Asked, other: Asked) -> str:
    """Return a line of the table: a chart for one question, another, and the first again."""
    size = 0

    def make(question: Asked) -> Callable[[], None]:
        def run() -> None:
            nonlocal size
            found = kind(question)
            size = len(found.figure.to_json()) if found.figure is not None else 0

        return run

    name = f"{kind.name} ({len(asked.splits)} splits)" if len(asked.splits) > 1 else kind.name
    try:
        times = [_seconds(make(question)) for question in (asked, other, asked)]
    except CannotTell as reason:
        return f"| {name} | cannot tell: {reason} | | | |"
    first, second, third = times
    return f"| {name} | {first:.2f} | {second:.2f} | {third:.2f} | {size / 1000:,.0f} |"


def _seconds(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
