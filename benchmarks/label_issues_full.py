"""Looking for wrong labels among 549,488 patches: the time of the job, and of the list after it.

    python -m benchmarks.label_issues_full METADATA_FOLDER [--folder FOLDER]

The patches are those of `full_land`: as many spots a patch as in a demo, and the disk is read from
memory. With a folder, what was made stays there. Prints Markdown; about twenty minutes on two
cores, 4 GB of memory and 1 GB of disk.
"""

import argparse
import contextlib
import itertools
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil

from benchmarks import full_land
from eoexplore.core.errors import EOExploreError
from eoexplore.jobs import label_issues
from eoexplore.store import issues
from eoexplore.store.catalog import Opened
from eoexplore.store.issues import Wanted
from eoexplore.store.prediction_sets import PredictionSet


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("metadata", type=Path)
    parser.add_argument("--folder", type=Path)
    asked = parser.parse_args()
    with contextlib.ExitStack() as stack:
        kept = asked.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        full_land.use(kept, asked.metadata)
        measure(*full_land.make(kept, asked.metadata))


def measure(opened: Opened, land: PredictionSet) -> None:
    """Print how long the job takes, and the list after it."""
    say("| what | seconds |\n|---|--:|")
    begun, steps = time.perf_counter(), []
    label_issues.look(
        opened, land, lambda *own: steps.append((time.perf_counter() - begun, own[2]))
    )
    for (start, what), (end, _) in itertools.pairwise(steps):
        if what != "done" and (not steps or what):
            totals[what] = totals.get(what, 0.0) + end - start
    for what, seconds in totals.items():
        say(f"| the job: {what} | {seconds:,.0f} |")
    say(f"| the whole job | {time.perf_counter() - begun:,.0f} |")
    memory = psutil.Process().memory_info().rss / 2**30
    names, own = label_issues.names(land), land.about.name
    begun = time.perf_counter()
    found = issues.together(opened, names, own)
    say(f"| {len(found):,} findings read for the first time | {time.perf_counter() - begun:.2f} |")
    every = np.ones(len(opened.samples), bool)
    for least in (0.0, 0.1, 0.3, 0.5):
        begun = time.perf_counter()
        places, _ = issues.places(found, Wanted(least=least), opened.samples, every)
        seconds = time.perf_counter() - begun
        say(f"| the list from {least:g} on: {len(places):,} findings | {seconds:.2f} |")
    folders = {issues.folder_of(opened), issues.folder_of(opened, own)}
    size = sum(path.stat().st_size for folder in folders for path in folder.glob("*.parquet"))
    say(f"\n{memory:.1f} GB of memory; the tables take {size / 1e6:.0f} MB.")


totals: dict[str, float] = {}


def say(text: str) -> None:
    """Write a line at once."""
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    try:
        main()
    except EOExploreError as error:
        raise SystemExit(str(error)) from None
