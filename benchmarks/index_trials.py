"""How fast an index is built, alone and on a cluster, and whether kills change the result.

Builds the index of a dataset with one and with two processes and on a cluster of two worker
processes that it starts, and compares the results. Then a build is killed at random moments until
it has had ten kills, is finished, and compared with the undisturbed one: every table, every pixel.

Example: python benchmarks/index_trials.py data/demo --kills 10
"""

import argparse
import json
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import psutil
import pyarrow.parquet as pq
import rasterio

ROOT = Path(__file__).resolve().parents[1]
Words = list[str | Path]


def environment(cache: Path) -> dict[str, str]:
    """Return the environment of a command with a cache of its own."""
    return {**os.environ, "EOEXPLORE_CACHE": str(cache), "PYTHONPATH": str(ROOT)}


def index(dataset: Path, cache: Path, *words: str) -> dict[str, float]:
    """Build the index; return patches, seconds in all, and processor seconds."""
    began, before = time.perf_counter(), os.times()
    command: Words = [sys.executable, "-m", "eoexplore", "index", dataset, "--json", *words]
    done = subprocess.run(
        command, env=environment(cache), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(done.stderr)
    seconds, after = time.perf_counter() - began, os.times()
    used = after.children_user + after.children_system
    used -= before.children_user + before.children_system
    patches = (json.loads(done.stdout)["needed"] or {}).get("patches", 0)
    return {"patches": patches, "seconds": round(seconds, 2), "cpu": round(used, 2)}


def content(cache: Path) -> dict[str, object]:
    """Return everything in an index: tables, and all pixels of all levels."""
    (folder,) = (cache / "index").iterdir()
    found: dict[str, object] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        if "partial" in name:
            raise SystemExit(f"left over: {name}")
        if path.suffix == ".parquet":
            found[name] = pq.read_table(path)
        elif path.suffix == ".tif":
            found[name] = rasters(path)
    return found


def rasters(path: Path) -> list[np.ndarray]:
    """Return the pixels of every level of a file."""
    with rasterio.open(path) as file:
        levels = [None, *range(len(file.overviews(1)))]
    found = []
    for level in levels:
        with rasterio.open(path, **({} if level is None else {"overview_level": level})) as file:
            found.append(file.read())
    return found


def differing(one: dict[str, object], two: dict[str, object]) -> list[str]:
    """Return the names of what is not the same in both."""
    names = sorted(one.keys() ^ two.keys())
    for name in one.keys() & two.keys():
        first, second = one[name], two[name]
        if isinstance(first, list):
            same = all(np.array_equal(a, b) for a, b in zip(first, second, strict=True))
        else:
            same = first.equals(second)
        names += [] if same else [name]
    return names


def start_cluster(folder: Path) -> tuple[list[subprocess.Popen[str]], str]:
    """Start a scheduler and two workers of one thread; return them and the address."""
    common = ("--host", "127.0.0.1", "--no-dashboard")
    words: Words = ["-m", "distributed.cli.dask_scheduler", *common, "--port", "0"]
    scheduler, line = started(words, folder, "Scheduler at:")
    found = re.search(r"tcp://\S+", line)
    address = found[0] if found else ""
    own = ("--nthreads", "1", "--no-nanny", *common)
    words = ["-m", "distributed.cli.dask_worker", address, *own]
    workers = [started(words, folder, "Registered to")[0] for _ in range(2)]
    return [scheduler, *workers], address


def started(words: Words, folder: Path, sign: str) -> tuple[subprocess.Popen[str], str]:
    """Start a process and wait for a line that it prints."""
    process = subprocess.Popen(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if sign in line:
            return process, line
    raise SystemExit(f"{words} ended")


def kill_often(dataset: Path, cache: Path, kills: int, usual: float) -> dict[str, object]:
    """Kill builds at random moments, then let one finish."""
    moments = random.Random(11)
    command: Words = [sys.executable, "-m", "eoexplore", "index", dataset, "--workers", "2"]
    finished: dict[str, int] = {}
    again, done = 0, 0
    while done < kills:
        process = subprocess.Popen(
            command,
            env=environment(cache),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            # Anywhere: before the first patch, in the middle, while tables are joined.
            process.wait(moments.uniform(0.5, usual))
            shutil.rmtree(cache / "index")
            finished.clear()
            continue
        except subprocess.TimeoutExpired:
            family = psutil.Process(process.pid).children(recursive=True)
            process.kill()
            process.wait()
        if psutil.wait_procs(family, timeout=30)[1]:
            raise SystemExit("processes outlived their builder")
        done += 1
        times = {str(p): p.stat().st_mtime_ns for p in parts(cache)}
        again += sum(times.get(name) != stamp for name, stamp in finished.items())
        finished = times
    last = index(dataset, cache, "--workers", "2")
    times = {str(p): p.stat().st_mtime_ns for p in parts(cache)}
    again += sum(times.get(name) != stamp for name, stamp in finished.items())
    return {"kills": done, "parts there at the last": len(finished), "made twice": again, **last}


def parts(cache: Path) -> list[Path]:
    """Return the finished parts of an index."""
    found = [*cache.glob("index/*/mosaics/*/*.tif"), *cache.glob("index/*/chunks/*.parquet")]
    for group in ("spectra", "components"):
        found += cache.glob(f"index/*/{group}/*.parquet")
    return [path for path in found if "partial" not in path.name]


def main() -> int:
    """Run the trials; exit 1 where results differ."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--kills", type=int, default=10)
    args = parser.parse_args()
    dataset = args.dataset.resolve()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        one = index(dataset, folder / "one", "--workers", "1")
        two = index(dataset, folder / "two", "--workers", "2")
        processes, address = start_cluster(folder)
        try:
            cluster = index(dataset, folder / "cluster", "--scheduler", address)
            ids = [process.pid for process in processes[1:]]
            times = [psutil.Process(pid).cpu_times() for pid in ids]
            cluster["cpu"] = round(cluster["cpu"] + sum(t.user + t.system for t in times), 2)
        finally:
            for process in processes:
                process.kill()
                process.wait()
        usual = two["seconds"]
        killed = kill_often(dataset, folder / "killed", args.kills, usual)
        expected = content(folder / "one")
        differ = {
            other: differing(expected, content(folder / other))
            for other in ("two", "cluster", "killed")
        }
    rows = {"1 process": one, "2 processes": two, "cluster of 2": cluster, "after kills": killed}
    document = {**rows, "files": len(expected), "differing": differ}
    sys.stdout.write(json.dumps(document, indent=2) + "\n")
    return int(any(differ.values()))


if __name__ == "__main__":
    raise SystemExit(main())
