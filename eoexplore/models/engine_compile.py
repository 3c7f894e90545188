"""Networks that are compiled beside their work, and used where that is faster.

Compiling takes up to minutes, so it waits until a model has been asked a lot, and happens on a
thread of its own. Only batches of one size use the result: another size would compile anew.
"""

import logging
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np

from eoexplore.core.types import Array

log = logging.getLogger(__name__)
AFTER = 2000
"""Patches that a model answers before it is compiled."""
_FASTER = 0.95
"""It is kept where it takes at most this share of the time."""
_CLOSE = {"float32": 1e-4}
"""How far probabilities may be apart, by precision."""
_CLOSE_HALF = 0.02
Network = Callable[[Any], Any]
Run = Callable[[Any, Network, Array], Array]
"""Runs a network of a loaded model on a batch, in the precision of the engine."""


@dataclass(frozen=True)
class Quick:
    """A compiled network."""

    network: Network
    """As the network itself, for batches of the shape below only."""
    shape: tuple[int, ...]
    """(n, band, row, column)."""


@dataclass(eq=False)
class Trial:
    """What is known of compiling a model."""

    patches: int = 0
    """Answered so far."""
    work: "Future[Quick | None] | None" = None
    """Under way, or its end."""
    quick: Quick | None = None
    """The compiled network, where it is faster."""


class Compiling:
    """Compiles networks one after the other."""

    def __init__(
        self,
        run: Run,
        precision: str,
        after: int = AFTER,
        compiler: Callable[[Any], Network] | None = None,
    ) -> None:
        """Compile nothing yet.

        Args:
            run: runs a network.
            precision: of the engine.
            after: patches that a model answers first.
            compiler: from a network to a faster one; none for `torch.compile`.
        """
        self._run = run
        self._close = _CLOSE.get(precision, _CLOSE_HALF)
        self._after = after
        self._compiler = compiler
        self._hand = ThreadPoolExecutor(1, "eoexplore-compile")

    def note(self, trial: Trial, loaded: Any, batch: Array) -> None:  # noqa: ANN401
        """Count a pass that was run; begin to compile, or take what was compiled, in its time.

        Args:
            trial: of the model.
            loaded: the model.
            batch: of the pass; its size is the one to compile for.
        """
        trial.patches += len(batch)
        if trial.work is None:
            if trial.patches >= self._after and len(batch) > 1 and hasattr(loaded, "prepare"):
                trial.work = self._hand.submit(self._make, loaded, batch.copy())
        elif trial.quick is None and trial.work.done():
            # Whatever a compiler raises stays in its future: the network works as it is.
            failed = trial.work.exception() is not None
            trial.quick = None if failed else trial.work.result()

    def close(self) -> None:
        """Begin nothing more."""
        self._hand.shutdown(wait=False, cancel_futures=True)

    def _make(self, loaded: Any, batch: Array) -> Quick | None:  # noqa: ANN401
        if self._compiler is None:
            import torch

            quick: Network = torch.compile(loaded.network, dynamic=False)
        else:
            quick = self._compiler(loaded.network)
        # The first pass compiles. Another is compared: fused layers may round otherwise.
        expected, found = (self._run(loaded, one, batch) for one in (loaded.network, quick))
        if not np.allclose(found, expected, rtol=0, atol=self._close):
            log.warning("A compiled network answers otherwise; it is not used.")
            return None
        plain, other = self._time(loaded, loaded.network, batch), self._time(loaded, quick, batch)
        log.info("Compiled: %.1f ms instead of %.1f", other * 1e3, plain * 1e3)
        return Quick(quick, batch.shape) if other < plain * _FASTER else None

    def _time(self, loaded: Any, network: Network, batch: Array) -> float:  # noqa: ANN401
        """Return the shortest of five passes, in seconds."""
        times = []
        for _ in range(5):
            begun = time.perf_counter()
            self._run(loaded, network, batch)
            times.append(time.perf_counter() - begun)
        return min(times)
