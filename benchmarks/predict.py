"""A prediction set from start to end, against the bare forward pass of its network.

    python -m benchmarks.predict

resnet50 on all twelve bands, random weights, from a rico-hdl LMDB that `export` wrote and from
GeoTIFFs, on patches of the synthetic demo. The bare pass runs the same network in a process of its
own with as many threads, on batches that lie normalised in memory. What a job takes before its
first patch (processes, torch, the model) is told apart. Nothing else should run. Prints Markdown.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from eoexplore import demo
from eoexplore.core.selection import parse
from eoexplore.jobs import predict
from eoexplore.jobs.predict import Asked
from eoexplore.store import catalog
from tests import zoo

NAME = "resnet50-all-v0.2.0"
SELECT = "split=train"
_BATCHES = (4, 16)
_BARE = """
import json, sys, time
import numpy as np, torch
from eoexplore import models
torch.set_num_threads(int(sys.argv[1]))
loaded = models.load(sys.argv[2])
found = {}
for size in map(int, sys.argv[3].split(",")):
    batch = torch.from_numpy(np.random.default_rng(0).normal(size=(size, 12, 120, 120)).astype("f"))
    with torch.inference_mode():
        loaded.network(batch)
        count, begun = 0, time.perf_counter()
        while time.perf_counter() - begun < 15:
            loaded.network(batch)
            count += size
        found[size] = count / (time.perf_counter() - begun)
print(json.dumps(found))
"""


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory(prefix="predict-bench-") as name:
        folder = Path(name)
        os.environ["EOEXPLORE_CACHE"] = str(folder / "cache")
        os.environ["EOEXPLORE_MODELS"] = str(folder / "models")
        zoo.save(folder / "models" / NAME, zoo.network("resnet50"), "resnet50")
        demo.generate(folder / "demo")
        tree, packed = catalog.add(folder / "demo"), folder / "packed"
        words = ["export", tree.slug, "--select", SELECT, "--as", "lmdb", "--to", str(packed)]
        subprocess.run([sys.executable, "-m", "eoexplore", *words], check=True)
        rows = [(f"bare forward pass, batches of {size}", rate) for size, rate in bare().items()]
        best = max(rate for _, rate in rows)
        rows += measured("set from the LMDB", catalog.add(packed).slug)
        rows += measured("set from GeoTIFFs", tree.slug)
    lines = [f"| {what} | {rate:.1f} | {rate / best:.0%} |" for what, rate in rows]
    head = ["| what | patches a second | of the bare pass |", "|---|--:|--:|"]
    sys.stdout.write("\n".join([*head, *lines, ""]))


def bare() -> dict[str, float]:
    """Return patches per second of the network alone, by the size of the batch."""
    words = [str(os.cpu_count()), NAME, ",".join(map(str, _BATCHES))]
    done = subprocess.run(
        [sys.executable, "-c", _BARE, *words], check=True, capture_output=True, text=True
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def measured(what: str, slug: str) -> list[tuple[str, float]]:
    """Return the rate of a whole job, and that from its first patches on."""
    seen: list[tuple[float, int]] = []

    def report(done: int, _: int, said: str) -> None:
        if said == "predicting":
            seen.append((time.perf_counter(), done))

    begun = time.perf_counter()
    made = predict.predict(Asked(slug, NAME, parse(SELECT)[0]), progress=report)
    whole = made.predicted / (time.perf_counter() - begun)
    times, counts = (np.array(part, float) for part in zip(*seen, strict=True))
    first = int(np.argmax(counts > 0))
    steady = (counts[-1] - counts[first]) / (times[-1] - times[first])
    return [(f"{what}, from its first patches on", steady), (f"{what}, with its start", whole)]


if __name__ == "__main__":
    main()
