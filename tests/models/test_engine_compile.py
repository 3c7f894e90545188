"""Networks that are compiled beside their work: used where faster and right, else left alone."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from eoexplore.models import engine_compile
from eoexplore.models._network import LoadedNetwork
from eoexplore.models.engine_compile import Compiling
from tests.models import engine_builders
from tests.models.engine_builders import patches, until


class Counted(torch.nn.Module):
    """A network that knows the sizes it was run with."""

    def __init__(self):
        super().__init__()
        self.sizes = []

    def forward(self, seen):
        self.sizes.append(len(seen))
        return seen.mean(dim=(2, 3))


@pytest.fixture
def plain():
    card = SimpleNamespace(
        name="a", bands=("s2/B02",) * 3, input_size=6, mean=(0.0,) * 3, std=(1.0,) * 3,
        activation="sigmoid",
    )  # fmt: skip
    return LoadedNetwork(card, Counted().eval(), "cpu", 1)


@pytest.fixture
def engine(plain, monkeypatch):
    """An engine that takes four patches at a time and compiles after ten of them."""
    with engine_builders.engines() as make:
        made = make({"a": plain}, tune=True)
        made._forward.compiling._after = 10
        made._residents.borrow("a").most = 4
        # Which of two passes was shorter is told here, since a test has no clock.
        monkeypatch.setattr(
            Compiling, "_time", lambda _, loaded, network, __: 2 - (network is not loaded.network)
        )
        yield made


def compiled_of(engine, compiler):
    """Have an engine compile, and return what came of it."""
    engine._forward.compiling._compiler = compiler
    engine.predict("a", patches(12))
    trial = engine._residents.borrow("a").trial
    until(lambda: trial.work is not None and trial.work.done())
    engine.predict("a", patches(1))
    return trial


def test_a_faster_network_answers_batches_of_its_size(engine, plain):
    sizes = []

    def compiler(network):
        def quick(seen):
            sizes.append(len(seen))
            return seen.mean(dim=(2, 3))

        assert network is plain.network
        return quick

    trial = compiled_of(engine, compiler)
    assert trial.quick.shape == (4, 3, 6, 6)
    sizes.clear()
    plain.network.sizes.clear()
    asked = patches(10, seed=3)
    found = engine.predict("a", asked)
    assert (sizes, plain.network.sizes) == ([4, 4], [2])
    np.testing.assert_allclose(found, 1 / (1 + np.exp(-asked.mean(axis=(2, 3)))), atol=1e-6)


def test_a_network_that_answers_otherwise_is_not_used(engine):
    assert compiled_of(engine, lambda _: lambda seen: seen.mean(dim=(2, 3)) + 1).quick is None


def test_a_slower_network_is_not_used(engine, monkeypatch):
    monkeypatch.setattr(Compiling, "_time", lambda *_: 1.0)
    assert compiled_of(engine, lambda _: lambda seen: seen.mean(dim=(2, 3))).quick is None


def test_a_compiler_that_fails_harms_nobody(engine):
    def compiler(network):
        raise RuntimeError("no C++ compiler")

    assert compiled_of(engine, compiler).quick is None
    assert len(engine.predict("a", patches(9))) == 9


def test_the_cpu_compiles_nothing_of_itself(plain, monkeypatch):
    monkeypatch.setattr(engine_compile, "AFTER", 1)
    with engine_builders.engines() as make:
        engine = make({"a": plain})
        engine.predict("a", patches(40))
        assert engine._residents.borrow("a").trial.work is None
