"""The processor that models run on: CUDA, else Apple's, else the CPU, or the one that is set."""

import difflib
import platform
from dataclasses import dataclass

from eoexplore.core import settings
from eoexplore.core.errors import ModelError


@dataclass(frozen=True)
class Device:
    """Where models run, and in which numbers."""

    name: str
    """As torch calls it: `cuda:0`, `mps` or `cpu`."""
    words: str
    """For people, such as `NVIDIA H200 (CUDA)`."""
    precision: str
    """Numbers of the layers that bear it: `bfloat16`, `float16` or `float32`."""

    @property
    def is_cuda(self) -> bool:
        """Whether it is one of NVIDIA's, or of AMD's under the same name."""
        return self.name.startswith("cuda")


def pick(chosen: str | None = None) -> Device:
    """Return the device to run models on; torch is imported here.

    Args:
        chosen: `cuda`, `cuda:1`, `mps` or `cpu`; none for the setting, and where that is empty
            the first of CUDA, Apple's and the CPU that is there.

    Raises:
        ModelError: the chosen one is not there; with those that are.
    """
    asked = (settings.value("EOEXPLORE_DEVICE") if chosen is None else chosen).strip().lower()
    there = _there()
    wanted = "cuda:0" if asked == "cuda" else asked
    if not wanted:
        return _described(there[0])
    if wanted in there:
        return _described(wanted)
    near = difflib.get_close_matches(wanted, there, n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    raise ModelError(
        f"Models cannot run on {asked[:40]!r}: there is no such device here. There are: "
        f"{', '.join(there)}. Set EOEXPLORE_DEVICE to one of them, or leave it empty.{hint}"
    )


def _there() -> tuple[str, ...]:
    """Return the names of the devices of this machine, the preferred one first."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    apple = ("mps",) if torch.backends.mps.is_available() else ()
    return (*(f"cuda:{number}" for number in range(count)), *apple, "cpu")


def _described(name: str) -> Device:
    import torch

    if name.startswith("cuda"):
        words = f"{torch.cuda.get_device_name(name)} (CUDA)"
        with torch.cuda.device(name):
            # Emulated bf16 of older cards is slower than float16, which they have.
            halved = torch.cuda.is_bf16_supported(including_emulation=False)
        return Device(name, words, "bfloat16" if halved else "float16")
    if name == "mps":
        return Device(name, "Apple GPU (Metal)", "float32")
    threads = torch.get_num_threads()
    cores = "1 thread" if threads == 1 else f"{threads} threads"
    return Device(name, f"CPU ({platform.machine() or 'unknown'}, {cores})", "float32")
