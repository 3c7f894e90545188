"""Models and engines for tests of the model server."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import numpy as np
import torch

from eoexplore.models.engine import Engine

LONG = 30
"""Seconds after which something hangs."""


class Fake:
    """A model whose answer for a patch is known: its mean and its largest value."""

    network = None

    def __init__(self, size=1, behave=None):
        self.bytes = size
        self.behave = behave
        self.batches = []

    def predict(self, batch):
        self.batches.append(len(batch))
        if self.behave is not None:
            self.behave(batch)
        filled = np.nan_to_num(batch)
        return np.stack([filled.mean(axis=(1, 2, 3)), filled.max(axis=(1, 2, 3))], axis=1)


class Small:
    """A real network of few weights."""

    def __init__(self):
        torch.manual_seed(4)
        self.network = torch.nn.Sequential(
            torch.nn.Conv2d(3, 8, 3, padding=1),
            torch.nn.ReLU(),
            torch.nn.AdaptiveAvgPool2d(1),
            torch.nn.Flatten(),
            torch.nn.Linear(8, 5),
        ).eval()
        self.bytes = 1000
        self.seen_inference = []

    def predict(self, batch):
        self.seen_inference.append(torch.is_inference_mode_enabled())
        return torch.sigmoid(self.network(torch.from_numpy(np.nan_to_num(batch)))).numpy()


def patches(count, seed=0, bands=3, side=6):
    return np.random.default_rng(seed).random((count, bands, side, side), np.float32)


def in_thread(work):
    """Start work in a thread; its future cannot hang a test if it is asked with a timeout."""
    pool = ThreadPoolExecutor(1)
    future = pool.submit(work)
    pool.shutdown(wait=False)
    return future


def until(condition):
    """Wait for something that has to come."""
    end = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.002)


@contextmanager
def engines():
    """Give a function that makes engines, which end with the block."""
    made = []

    def engine(models, **options):
        def load(name, device):
            found = models[name]
            return found(device) if callable(found) else found

        options = {"device": "cpu", "budget_bytes": 10**9, **options}
        made.append(Engine(load, **options))
        return made[-1]

    try:
        yield engine
    finally:
        for one in made:
            one.close()
