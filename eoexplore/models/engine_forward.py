"""One pass of a model over a micro-batch: precision, layout, warm-up, and what fits."""

import contextlib
import logging
import time
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import psutil

from eoexplore.core.errors import EOExploreError, ModelError
from eoexplore.core.types import Array
from eoexplore.models import Loaded
from eoexplore.models.device import Device
from eoexplore.models.engine_compile import AFTER, Compiling
from eoexplore.models.engine_memory import Resident

if TYPE_CHECKING:
    from torch import nn

log = logging.getLogger(__name__)
MOST_CPU, MOST_GPU = 32, 256
"""Patches of a micro-batch at most: beyond them a pass gets longer and hardly faster."""
LONGEST = 0.5
"""Seconds that a pass should take at most, since nobody else is served meanwhile."""
_SHARE_CPU, _SHARE_GPU = 0.25, 0.6
"""Shares of the memory that is free now, for one pass."""
_FASTER = 0.95
"""Another layout is kept where it takes at most this share of the time."""
_TRIED = 16
"""Patches of a trial of a layout."""


def is_full(error: BaseException) -> bool:
    """Return whether an error says that memory ran out, of the machine or of the GPU."""
    import torch

    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    # Without a class of their own: the CPU's allocator and Apple's.
    text = str(error) if isinstance(error, RuntimeError) else ""
    return "DefaultCPUAllocator" in text or "MPS backend out of memory" in text


def sentence(name: str, error: BaseException) -> EOExploreError:
    """Return what to tell whoever asked a model that failed."""
    if isinstance(error, EOExploreError):
        return error
    if is_full(error):
        told = ModelError(
            f"The model {name[:80]!r} does not fit into the memory with a single patch. Take a "
            "smaller model, or another device (EOEXPLORE_DEVICE)."
        )
    else:
        said = " ".join(str(error).split())[:200]
        told = ModelError(
            f"The model {name[:80]!r} failed on this input ({type(error).__name__}: {said}). "
            "Others are not affected."
        )
    told.__cause__ = error
    return told


class Forward:
    """Runs models on one device; called by one thread at a time."""

    def __init__(
        self, device: Device, *, tune: bool | None = None, longest: float = LONGEST
    ) -> None:
        """Prepare nothing.

        Args:
            device: where to run.
            tune: whether layouts of memory and compiled networks are tried; none for CUDA only,
                where it pays.
            longest: seconds that a pass should take at most.
        """
        self.device, self._longest = device, longest
        self._tune = device.is_cuda if tune is None else tune
        self.compiling = Compiling(self._through, device.precision, AFTER)

    def limit(self, resident: Resident) -> int:
        """Return how many patches of a model go together now."""
        most = MOST_GPU if self.device.is_cuda else MOST_CPU
        if resident.most is not None:
            most = min(most, resident.most)
        if resident.trial.quick is not None:
            # Other sizes would not go through the compiled network.
            most = min(most, resident.trial.quick.shape[0])
        elif resident.seconds:
            most = min(most, int(self._longest / resident.seconds))
        if resident.patch_bytes:
            # A device that is lost has nothing free; the pass itself tells whoever asked.
            with contextlib.suppress(RuntimeError):
                most = min(most, self._free() // resident.patch_bytes)
        return max(most, 1)

    def __call__(self, resident: Resident, batch: Array) -> Array:
        """Return the probabilities of a micro-batch, one row for each patch, float32.

        Args:
            resident: the model.
            batch: shape (n, band, row, column), float32, stored units, NaN where missing.
        """
        if batch.shape[1:] not in resident.warm:
            self._warm_up(resident, batch[:1])
            resident.warm.add(batch.shape[1:])
        begun = time.perf_counter()
        quick = resident.trial.quick
        if quick is not None and quick.shape == batch.shape:
            answer = self._through(resident.loaded, quick.network, batch)
        else:
            answer = np.asarray(self._pass(resident.loaded, batch), np.float32)
        if len(answer) != len(batch) or answer.ndim < 2:
            raise ModelError(
                f"The model {resident.name[:80]!r} answered {answer.shape} to "
                f"{len(batch)} patches; it should answer one row for each of them."
            )
        if not np.isfinite(answer).all():
            raise ModelError(
                f"The model {resident.name[:80]!r} answered values that are no numbers. Its "
                "weights, or the values it was given, are of no use."
            )
        each = (time.perf_counter() - begun) / len(batch)
        if self._tune:
            self.compiling.note(resident.trial, resident.loaded, batch)
        resident.seconds = each if not resident.seconds else 0.7 * resident.seconds + 0.3 * each
        return answer

    def halve(self, resident: Resident, patches: int) -> None:
        """Remember that so many patches did not fit, and let go of what the attempt left."""
        resident.most = max(patches // 2, 1)
        log.info("%s: %d patches do not fit, %d next", resident.name, patches, resident.most)
        self.tidy()

    def tidy(self) -> None:
        """Give memory of the GPU back that no tensor uses."""
        if self.device.is_cuda:
            import torch

            torch.cuda.empty_cache()

    def _pass(self, loaded: Loaded, batch: Array) -> Array:
        import torch

        with torch.inference_mode(), self._precision():
            return loaded.predict(batch.astype(np.float32, copy=False))

    def _through(self, loaded: Any, network: Any, batch: Array) -> Array:  # noqa: ANN401
        """Run another network in place of a model's own."""
        import torch

        with torch.inference_mode(), self._precision():
            logits = network(loaded.prepare(batch.astype(np.float32, copy=False)))
            return np.asarray(loaded.activate(logits).cpu().numpy(), np.float32)

    def _precision(self) -> contextlib.AbstractContextManager[Any]:
        import torch

        if self.device.precision == "float32":
            return contextlib.nullcontext()
        return torch.autocast(
            torch.device(self.device.name).type, dtype=getattr(torch, self.device.precision)
        )

    def _free(self) -> int:
        if self.device.is_cuda:
            import torch

            free, _ = torch.cuda.mem_get_info(self.device.name)
            own = torch.cuda.memory_reserved(self.device.name)
            own -= torch.cuda.memory_allocated(self.device.name)
            return int((free + own) * _SHARE_GPU)
        return int(psutil.virtual_memory().available * _SHARE_CPU)

    def _warm_up(self, resident: Resident, one: Array) -> None:
        """Run one patch: the first pass is slow, and tells what a patch takes."""
        network = getattr(resident.loaded, "network", None)
        if network is None:
            return
        with self._measured(resident, network):
            self._pass(resident.loaded, one)
        if self._tune:
            self._try_layouts(resident, network, one)
        resident.seconds = 0.0

    @contextlib.contextmanager
    def _measured(self, resident: Resident, network: "nn.Module") -> Iterator[None]:
        """Note the memory that a pass takes beside the weights."""
        import torch

        if self.device.is_cuda:
            before = torch.cuda.memory_allocated(self.device.name)
            torch.cuda.reset_peak_memory_stats(self.device.name)
            yield
            peak = torch.cuda.max_memory_allocated(self.device.name) - before
            resident.patch_bytes = max(resident.patch_bytes, peak)
            return
        largest = 0

        def note(_: object, given: tuple[object, ...], output: object) -> None:
            nonlocal largest
            tensors = [value for value in (*given, output) if isinstance(value, torch.Tensor)]
            largest = max(largest, sum(t.numel() * t.element_size() for t in tensors))

        leaves = [part for part in network.modules() if not any(part.children())]
        hooks = [part.register_forward_hook(note) for part in leaves]
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()
        # Twice: beside a layer's own input and output there are those of skip connections, and
        # what a convolution unfolds.
        resident.patch_bytes = max(resident.patch_bytes, 2 * largest)

    def _try_layouts(self, resident: Resident, network: "nn.Module", one: Array) -> None:
        """Keep weights in channels-last order where a short trial says that it is faster."""
        import torch

        many = np.repeat(one, min(_TRIED, self.limit(resident)), axis=0)
        try:
            plain = self._time(resident, many)
        except torch.OutOfMemoryError:
            self.halve(resident, len(many))
            return
        network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        last = self._time(resident, many)
        if last > plain * _FASTER:
            network.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
        log.info("%s: %.1f ms, channels last %.1f ms", resident.name, plain * 1e3, last * 1e3)

    def _time(self, resident: Resident, batch: Array) -> float:
        """Return the shortest of three passes in seconds; answers are arrays, so all is done."""
        self._pass(resident.loaded, batch)
        times = []
        for _ in range(3):
            begun = time.perf_counter()
            self._pass(resident.loaded, batch)
            times.append(time.perf_counter() - begun)
        return min(times)


def let_go(error: BaseException) -> None:
    """Free what the frames of an error hold, tensors of the failed pass among them."""
    seen: BaseException | None = error
    for _ in range(10):
        if seen is not None:
            traceback.clear_frames(seen.__traceback__)
            seen = seen.__cause__ or seen.__context__
