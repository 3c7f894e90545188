"""Patches per second of resnet50 on all twelve bands: the engine against the bare forward pass.

    python -m benchmarks.inference [--device cuda] [--seconds 5]

Weights are random, which costs what trained ones cost. The bare pass has its input on the device
already, normalised; what the engine adds is the queue, threads, the copy to the device,
normalisation, the sigmoid and the copy back. Prints Markdown.
"""

import argparse
import os
import platform
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from eoexplore.core.model_card import CardClass, ModelCard
from eoexplore.core.types import Array
from eoexplore.models import Loaded, _network, _timm
from eoexplore.models.engine import Engine

BANDS, SIDE, CLASSES = 12, 120, 19
ASKERS_GPU, ASKERS_CPU = 64, 8
"""Threads that ask at once; each waits for its answer before it asks again."""
FULL_GPU, FULL_CPU = 256, 4
"""Patches of a large batch."""


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    what: str
    """What was run."""
    batch: str
    """Patches in a pass."""
    per_second: float
    """Patches per second of elapsed time."""
    cpu_ms: float
    """Processor time of the process per patch, in ms."""


def card(architecture: str) -> ModelCard:
    """Return the card of a network that exists here only."""
    return ModelCard(
        name=architecture,
        task="multilabel",
        architecture=architecture,
        encoder="",
        bands=tuple(f"s2/B{number:02d}" for number in range(BANDS)),
        input_size=SIDE,
        resample="nearest",
        mean=(1000.0,) * BANDS,
        std=(500.0,) * BANDS,
        classes=tuple(CardClass(code, f"Class {code}", "#000000") for code in range(CLASSES)),
        activation="sigmoid",
        gsd_m=(10.0, 10.0),
        licence="MIT",
        source="random weights",
    )


def load(name: str, device: str) -> Loaded:
    """Build a network with random weights."""
    network = _timm.build(name, BANDS, CLASSES, SIDE)
    found: Loaded = _network.loaded(card(name), network, device)
    return found


def timed(what: str, batch: str, seconds: float, once: Callable[[], int]) -> Figure:
    """Repeat work that says how many patches it did, for some seconds."""
    once()
    done, begun, processor = 0, time.perf_counter(), time.process_time()
    while time.perf_counter() - begun < seconds:
        done += once()
    elapsed, used = time.perf_counter() - begun, time.process_time() - processor
    return Figure(what, batch, done / elapsed, used / done * 1e3)


def crowd(engine: Engine, patch: Array, askers: int, seconds: float) -> Figure:
    """Let many threads ask about a patch each, again and again."""
    until = threading.Event()

    def ask() -> int:
        done = 0
        while not until.is_set():
            engine.predict("resnet50", patch)
            done += 1
        return done

    with ThreadPoolExecutor(askers) as pool:
        begun, processor = time.perf_counter(), time.process_time()
        asking = [pool.submit(ask) for _ in range(askers)]
        time.sleep(seconds)
        until.set()
        done = sum(asker.result() for asker in asking)
    elapsed, used = time.perf_counter() - begun, time.process_time() - processor
    return Figure(
        f"engine, one patch from each of {askers} threads",
        "as they come",
        done / elapsed,
        used / done * 1e3,
    )


def bare(engine: Engine, batch: int, seconds: float) -> Figure:
    """Run the network alone, in the layout and precision of the engine, input on the device."""
    import torch

    def work(loaded: Loaded) -> Figure:
        given = loaded.prepare(patches(batch))  # type: ignore[attr-defined]

        def once() -> int:
            with torch.inference_mode(), engine._forward._precision():
                loaded.network(given)
            if engine.device.is_cuda:
                torch.cuda.synchronize()
            return batch

        return timed("bare forward pass", str(batch), seconds, once)

    return engine.attend("resnet50", work)


def patches(count: int) -> Array:
    """Return patches of noise in stored units."""
    noise = np.random.default_rng(0).random((count, BANDS, SIDE, SIDE), np.float32)
    return noise * np.float32(3000)


def measure(device: str | None, precision: str, seconds: float) -> Iterator[Figure]:
    """Return the figures of a precision, one after the other."""
    engine = Engine(load, device, 10**10, precision=precision)
    try:
        one = patches(1)
        engine.predict("resnet50", one)
        cuda = engine.device.is_cuda
        full, askers = (FULL_GPU, ASKERS_GPU) if cuda else (FULL_CPU, ASKERS_CPU)
        many = patches(4 * full)
        yield bare(engine, 1, seconds)
        yield timed(
            "engine, one request after the other",
            "1",
            seconds,
            lambda: len(engine.predict("resnet50", one)),
        )
        yield bare(engine, full, seconds)
        yield crowd(engine, one, askers, seconds)
        yield timed(
            f"engine, requests of {len(many)} patches",
            "as it takes them",
            seconds,
            lambda: len(engine.predict("resnet50", many)),
        )
    finally:
        engine.close()


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", help="as torch calls it; the best one of this machine if left")
    parser.add_argument("--seconds", type=float, default=5.0, help="for each figure")
    parser.add_argument("--threads", type=int, help="of torch on the CPU; all cores if left out")
    asked = parser.parse_args()
    import torch

    if asked.threads:
        torch.set_num_threads(asked.threads)

    from eoexplore.models import device as devices

    device = devices.pick(asked.device)
    chosen = ("float32", device.precision) if device.precision != "float32" else ("float32",)
    say = sys.stdout.write
    say(
        f"resnet50, {BANDS} bands, {SIDE} × {SIDE}, random weights. {device.words}, "
        f"{os.cpu_count()} cores, torch {torch.__version__}, "
        f"Python {platform.python_version()}.\n\n"
    )
    say("| numbers | what | patches in a pass | patches per second | processor time, ms/patch |\n")
    say("|---|---|---|---|---|\n")
    for precision in chosen:
        for found in measure(device.name, precision, asked.seconds):
            say(
                f"| {precision} | {found.what} | {found.batch} | {found.per_second:,.4g} "
                f"| {found.cpu_ms:.3g} |\n"
            )
            sys.stdout.flush()


if __name__ == "__main__":
    main()
