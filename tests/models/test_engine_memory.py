"""The model server and memory: models that come and go, batches that do not fit."""

import threading
import time

import numpy as np
import pytest
import torch

from eoexplore.core.errors import ModelError, UnknownName
from eoexplore.models.engine import Engine
from eoexplore.models.engine_forward import Forward
from tests.models import engine_builders
from tests.models.engine_builders import LONG, Fake, Small, in_thread, patches, until


@pytest.fixture
def make():
    """Make engines that end with the test."""
    with engine_builders.engines() as maker:
        yield maker


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_out_of_memory_halves_the_batch_and_is_remembered(make, error):
    def behave(batch):
        if len(batch) > 5:
            raise error

    fake = Fake(behave=behave)
    engine = make({"a": fake})
    asked = patches(20)
    answer = engine.predict("a", asked)
    np.testing.assert_allclose(answer[:, 1], asked.max(axis=(1, 2, 3)))
    # 20 and 10 do not fit; 5 does, and is what is taken from then on.
    assert fake.batches == [20, 10, 5, 5, 5, 5]
    engine.predict("a", asked)
    assert fake.batches[6:] == [5, 5, 5, 5]


def test_a_patch_that_does_not_fit_is_its_own_error(make):
    def behave(batch):
        if (batch > 90).any():
            raise MemoryError

    engine = make({"a": Fake(behave=behave)})
    with pytest.raises(ModelError, match="single patch"):
        engine.predict("a", np.full((3, 1, 2, 2), 99.0, np.float32))
    assert len(engine.predict("a", patches(2, bands=1, side=2))) == 2


def test_a_model_that_cannot_be_loaded_tells_everybody_and_may_be_tried_again(make):
    attempts = []

    def load(device):
        attempts.append(1)
        time.sleep(0.05)
        if len(attempts) == 1:
            raise ModelError("The weights are truncated.")
        return Fake()

    engine = make({"a": load})
    futures = [in_thread(lambda: engine.predict("a", patches(1))) for _ in range(4)]
    for future in futures:
        with pytest.raises(ModelError, match="truncated"):
            future.result(timeout=LONG)
    assert len(attempts) == 1
    assert len(engine.predict("a", patches(1))) == 1


def test_an_unknown_model_is_the_loaders_error(make):
    def load(device):
        raise UnknownName("No model 'b'.")

    with pytest.raises(UnknownName):
        make({"b": load}).predict("b", patches(1))


def test_the_least_recently_used_model_goes(make):
    loads = []
    models = {n: lambda _, n=n: loads.append(n) or Fake(size=40) for n in "abc"}
    engine = make(models, budget_bytes=100)
    for name in "abac":
        engine.predict(name, patches(1))
    assert [name for name, _ in engine.figures().models] == ["a", "c"]
    engine.predict("a", patches(1))
    engine.predict("b", patches(1))
    assert loads == ["a", "b", "c", "b"]


def test_a_model_that_is_forgotten_is_loaded_anew(make):
    loads = []
    engine = make({"a": lambda _: loads.append(1) or Fake()})
    for _ in range(2):
        engine.predict("a", patches(1))
        engine.predict("a", patches(1))
        engine.forget("a")
    assert len(loads) == 2


def test_a_model_in_use_stays_whatever_the_budget(make):
    gate = threading.Event()
    loads = []

    def load(device):
        loads.append(1)
        return Fake(size=80, behave=lambda _: gate.wait(LONG))

    engine = make({"a": load, "b": lambda _: Fake(size=80)}, budget_bytes=100)
    busy = in_thread(lambda: engine.predict("a", patches(1)))
    until(lambda: engine.figures().models)
    engine.load("b")
    assert [name for name, _ in engine.figures().models] == ["a"]
    gate.set()
    busy.result(timeout=LONG)
    engine.predict("a", patches(1))
    assert len(loads) == 1


def test_a_model_larger_than_the_budget_works_and_goes(make):
    engine = make({"a": Fake(size=500)}, budget_bytes=100)
    assert len(engine.predict("a", patches(1))) == 1
    assert engine.figures().models == ()


def test_memory_that_runs_out_while_loading_is_taken_from_idle_models(make):
    engine = None

    def load(device):
        if engine.figures().models:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return Fake()

    engine = make({"a": Fake(), "b": load})
    engine.predict("a", patches(1))
    assert len(engine.predict("b", patches(1))) == 1
    assert [name for name, _ in engine.figures().models] == ["b"]


def test_a_pass_takes_no_more_patches_than_half_a_second_allows(make):
    engine = make({"a": Fake()})
    resident = engine._residents.borrow("a")
    forward = Forward(engine.device)
    assert forward.limit(resident) == 32
    resident.seconds = 0.1
    assert forward.limit(resident) == 5
    resident.seconds = 9.0
    assert forward.limit(resident) == 1


def test_a_pass_takes_no_more_patches_than_fit(make, monkeypatch):
    engine = make({"a": Fake()})
    resident = engine._residents.borrow("a")
    forward = Forward(engine.device)
    monkeypatch.setattr(forward, "_free", lambda: 700)
    resident.patch_bytes = 100
    assert forward.limit(resident) == 7


def test_the_warm_up_is_once_for_each_size(make):
    small = Small()
    calls = []
    small.network.register_forward_hook(lambda _, given, __: calls.append(len(given[0])))
    engine = make({"small": small})
    engine.predict("small", patches(2))
    engine.predict("small", patches(2))
    assert calls == [1, 2, 2]
    engine.predict("small", patches(2, side=9))
    assert calls[3:] == [1, 2]
    held = engine._residents.borrow("small")
    # The first layer's input and output: (3 + 8) bands of 9 × 9 pixels of 4 bytes, twice.
    assert held.patch_bytes == 2 * (8 + 8) * 81 * 4


def test_layouts_are_tried_where_that_is_asked_for(make):
    small = Small()
    engine = make({"small": small}, tune=True)
    tuned = engine.predict("small", patches(4))
    plain = make({"small": Small()}).predict("small", patches(4))
    np.testing.assert_allclose(tuned, plain, rtol=0, atol=1e-6)
    # One patch to warm up, four passes for each of two layouts, the request.
    assert len(small.seen_inference) == 1 + 8 + 1


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_networks_run_in_the_precision_of_the_device(make, precision):
    small = Small()
    seen = []
    small.network[0].register_forward_hook(lambda *given: seen.append(str(given[2].dtype)))
    small.predict = lambda batch: small.network(torch.from_numpy(batch)).float().numpy()
    make({"small": small}, precision=precision).predict("small", patches(2))
    assert set(seen) == {f"torch.{precision}"}


def test_a_device_that_is_not_there_is_a_sentence(monkeypatch):
    monkeypatch.setenv("EOEXPLORE_DEVICE", "cuda:7")
    with pytest.raises(ModelError, match=r"'cuda:7'.*There are: .*cpu"):
        Engine(lambda *_: Fake())
