"""Which device models run on, with machines that are made up."""

import contextlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from eoexplore.core.errors import ModelError
from eoexplore.models import device


@pytest.fixture
def machine(monkeypatch):
    """Pretend to have devices."""

    def pretend(cuda=0, apple=False, halved=True):
        def is_halved(including_emulation=True):
            return halved or including_emulation

        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda > 0)
        monkeypatch.setattr(torch.cuda, "device_count", lambda: cuda)
        monkeypatch.setattr(torch.cuda, "get_device_name", lambda name: f"Card {name[-1]}")
        monkeypatch.setattr(torch.cuda, "device", lambda _: contextlib.nullcontext())
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", is_halved)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: apple)

    monkeypatch.delenv("EOEXPLORE_DEVICE", raising=False)
    return pretend


def test_cuda_goes_before_apple_before_the_cpu(machine):
    machine(cuda=2, apple=True)
    assert device.pick().name == "cuda:0"
    machine(apple=True)
    assert device.pick().name == "mps"
    machine()
    assert device.pick().name == "cpu"


def test_the_setting_goes_first(machine, monkeypatch):
    machine(cuda=2)
    for chosen, name in {"cuda": "cuda:0", "cuda:1": "cuda:1", "CPU ": "cpu"}.items():
        monkeypatch.setenv("EOEXPLORE_DEVICE", chosen)
        assert device.pick().name == name
    assert device.pick("cuda:1").words == "Card 1 (CUDA)"


@pytest.mark.parametrize("chosen", ["mps", "cuda:2", "gpu", "../cuda"])
def test_a_device_that_is_not_there_is_refused_with_those_that_are(machine, chosen):
    machine(cuda=2)
    with pytest.raises(ModelError, match="There are: cuda:0, cuda:1, cpu"):
        device.pick(chosen)


def test_numbers_are_what_a_card_does_itself(machine):
    machine(cuda=1)
    assert device.pick().precision == "bfloat16"
    machine(cuda=1, halved=False)
    assert device.pick().precision == "float16"
    assert device.pick("cpu").precision == "float32"


def told(code):
    """Return what a fresh process prints that has none of our settings."""
    clean = {key: value for key, value in os.environ.items() if key != "OMP_WAIT_POLICY"}
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=Path(__file__).parents[2], env=clean, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return done.stdout.split()


def test_threads_that_wait_do_not_spin():
    """The variable must be there before the first import of anything that uses OpenMP."""
    assert told("import eoexplore, os; print(os.environ['OMP_WAIT_POLICY'])") == ["PASSIVE"]


def test_the_engine_is_imported_without_torch():
    modules = "eoexplore.models.engine, eoexplore.models.attribution"
    heavy = {"torch", "captum", "timm"}
    assert told(f"import sys, {modules}; print(*({heavy!r} & sys.modules.keys()))") == []
