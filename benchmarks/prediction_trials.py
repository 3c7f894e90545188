"""What a prediction job bears: kills, two requests at once, and how soon it stops when cancelled.

    python -m benchmarks.prediction_trials

On the training patches of the synthetic demo, with its segmenter, as background jobs like those of
the page. A job is killed with its processes ten times at random, finished, and compared with an
undisturbed one: every table, every pixel. Then two requests come at once, and jobs are cancelled
at random moments: the time is until the job says so and none of its processes is left. Prints
Markdown.
"""

import argparse
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pyarrow.parquet as pq
import rasterio

from eoexplore import demo
from eoexplore.jobs import background
from eoexplore.jobs.progress import Job
from eoexplore.store import catalog, prediction_sets
from eoexplore.store.catalog import Opened

MODEL, SELECT = "demo-landcover", "split=train"
_SEED = 11


def main() -> None:
    """Try it, and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--cancels", type=int, default=10)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="prediction-trials-") as name:
        os.environ["EOEXPLORE_CACHE"] = str(Path(name) / "cache")
        demo.generate(Path(name) / "demo")
        opened = catalog.add(Path(name) / "demo")
        begun = time.monotonic()
        ended(started(opened, "undisturbed"))
        usual = time.monotonic() - begun
        lines = [f"| undisturbed | {usual:.0f} s |"]
        chance = random.Random(_SEED)
        lines.append(f"| killed {args.kills} times | {killed(opened, args.kills, usual, chance)} |")
        lines.append(f"| two requests at once | {asked_twice(opened)} |")
        lines.append(
            f"| cancelled {args.cancels} times | {cancelled(opened, args.cancels, usual)} |"
        )
        sys.stdout.write("\n".join(["| what | result |", "|---|---|", *lines, ""]))


def started(opened: Opened, name: str) -> Job:
    """Start a job as the page does."""
    words = ["predict", opened.slug, f"--model={MODEL}", f"--select={SELECT}", f"--name={name}"]
    return background.start("predict", "Predicting", words, opened.slug)


def ended(job: Job) -> Job:
    """Wait for the end of a job."""
    while (found := background.job(job.id)).state == "running":
        time.sleep(0.02)
    return found


def family(job: Job) -> list[psutil.Process]:
    """Return the processes of a job; none before it has begun, or after its end."""
    pid = background.job(job.id).pid
    try:
        process = psutil.Process(pid) if pid else None
        return [process, *process.children(recursive=True)] if process else []
    except psutil.NoSuchProcess:
        return []


def at_work(process: psutil.Process) -> bool:
    """Tell whether a process still runs; one that nobody has buried yet does not."""
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def killed(opened: Opened, kills: int, usual: float, chance: random.Random) -> str:
    """Kill a job at random moments until it has had enough, finish it, and compare."""
    done = 0
    while done < kills:
        job = started(opened, "killed")
        time.sleep(chance.uniform(0.5, usual * 0.6))
        found = family(job)
        for process in found:
            process.kill()
        psutil.wait_procs(found)
        if background.job(job.id).state == "done":
            # It was quicker: from the beginning again.
            prediction_sets.remove(opened, "killed")
            continue
        done += 1
    last = ended(started(opened, "killed"))
    same = contents(opened, "killed") == contents(opened, "undisturbed")
    return f"{last.state}; {'equal to' if same else 'NOT equal to'} the undisturbed one"


def contents(opened: Opened, name: str) -> dict[str, object]:
    """Return every table and every pixel of a set."""
    folder = prediction_sets.folder_of(opened.fingerprint, name)
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*.*")):
        if path.suffix == ".tif":
            with rasterio.open(path) as file:
                found[path.relative_to(folder).as_posix()] = file.read().tobytes()
        elif path.suffix == ".parquet":
            found[path.name] = pq.read_table(path).to_pydict()
    return found


def asked_twice(opened: Opened) -> str:
    """Ask for the same from two threads at once; one job does it."""
    jobs: list[Job] = []
    threads = [
        threading.Thread(target=lambda: jobs.append(started(opened, "twice"))) for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    states = {job.id: ended(job).state for job in jobs}
    return f"{len(states)} job, {', '.join(states.values())}"


def cancelled(opened: Opened, times: int, usual: float) -> str:
    """Cancel jobs at random moments; return how long it took until nothing of them was left."""
    chance, seconds = random.Random(_SEED), []
    while len(seconds) < times:
        job = started(opened, f"cancelled-{len(seconds)}")
        time.sleep(chance.uniform(0.3, usual * 0.9))
        found = family(job)
        begun = time.monotonic()
        background.cancel(job.id)
        state = ended(job).state
        while any(at_work(process) for process in found):
            time.sleep(0.02)
        if state == "cancelled":
            seconds.append(time.monotonic() - begun)
    middle, most = statistics.median(seconds), max(seconds)
    return f"gone after {middle:.2f} s (median), {most:.2f} s at most"


if __name__ == "__main__":
    main()
