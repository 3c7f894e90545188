"""The model server: many askers at once, errors, cancelling, fairness."""

import threading
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from eoexplore.core.errors import Busy, ModelError, Withdrawn
from eoexplore.models import engine as engines
from tests.models import engine_builders
from tests.models.engine_builders import LONG, Fake, Small, in_thread, patches, until


@pytest.fixture
def make():
    """Make engines that end with the test."""
    with engine_builders.engines() as maker:
        yield maker


def test_fifty_requests_of_eight_threads_are_answered_as_single_ones(make):
    loads = []

    def load(device):
        loads.append(device)
        time.sleep(0.05)
        return Small()

    engine = make({"small": load})
    asked = [patches(1 + number % 4, seed=number) for number in range(50)]
    with torch.inference_mode(), ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(engine.predict, "small", batch) for batch in asked]
        answers = [future.result(timeout=LONG) for future in futures]
    alone = Small()
    for batch, answer in zip(asked, answers, strict=True):
        with torch.inference_mode():
            single = np.concatenate([alone.predict(patch[None]) for patch in batch])
        np.testing.assert_allclose(answer, single, rtol=0, atol=1e-6)
    assert loads == ["cpu"]
    assert [name for name, _ in engine.figures().models] == ["small"]
    assert engine.figures().requests == 0


def test_requests_that_wait_go_together(make):
    gate = threading.Event()
    fake = Fake(behave=lambda _: gate.wait(LONG))
    engine = make({"a": fake})
    futures = [in_thread(lambda n=n: engine.predict("a", patches(1, n))) for n in range(9)]
    until(lambda: engine.figures().requests == 9)
    gate.set()
    answers = [future.result(timeout=LONG) for future in futures]
    for number, answer in enumerate(answers):
        own = patches(1, number)
        assert answer[0] == pytest.approx([own.mean(), own.max()])
    # Some began alone; those that came meanwhile went together.
    assert len(fake.batches) < 9
    assert sum(fake.batches) == 9


def test_networks_run_in_inference_mode(make):
    small = Small()
    make({"small": small}).predict("small", patches(2))
    assert set(small.seen_inference) == {True}


def test_a_full_queue_says_how_many_wait(make):
    gate = threading.Event()
    engine = make({"a": Fake(behave=lambda _: gate.wait(LONG))}, queue=3)
    futures = [in_thread(lambda: engine.predict("a", patches(1))) for _ in range(3)]
    until(lambda: engine.figures().requests == 3)
    with pytest.raises(Busy, match="3 requests wait"):
        engine.predict("a", patches(1))
    gate.set()
    assert all(len(future.result(timeout=LONG)) == 1 for future in futures)
    assert len(engine.predict("a", patches(1))) == 1


def test_a_model_that_raises_tells_only_who_asked(make):
    gate = threading.Event()

    def behave(batch):
        gate.wait(LONG)
        if (batch < 0).any():
            raise ValueError("negative light")

    engine = make({"a": Fake(behave=behave)})
    first = in_thread(lambda: engine.predict("a", patches(1)))
    until(lambda: engine.figures().requests == 1)
    good = [in_thread(lambda n=n: engine.predict("a", patches(2, n))) for n in range(5)]
    bad = in_thread(lambda: engine.predict("a", -patches(2)))
    until(lambda: engine.figures().requests == 7)
    gate.set()
    with pytest.raises(ModelError, match="ValueError: negative light"):
        bad.result(timeout=LONG)
    first.result(timeout=LONG)
    for number, future in enumerate(good):
        own = patches(2, number).max(axis=(1, 2, 3))
        np.testing.assert_allclose(future.result(timeout=LONG)[:, 1], own)


@pytest.mark.parametrize("end", [SystemExit(3), KeyboardInterrupt()])
def test_a_model_that_wants_to_end_the_program_does_not(make, end):
    def behave(batch):
        raise end

    engine = make({"bad": Fake(behave=behave), "good": Fake()})
    with pytest.raises(ModelError, match="failed on this input"):
        engine.predict("bad", patches(1))
    assert len(engine.predict("good", patches(1))) == 1


@pytest.mark.parametrize(
    ("answer", "said"),
    [(np.zeros((7, 2)), "answered"), (np.full((2, 2), np.nan), "no numbers")],
)
def test_answers_of_no_use_are_errors(make, answer, said):
    fake = Fake()
    fake.predict = lambda _: answer
    with pytest.raises(ModelError, match=said):
        make({"a": fake}).predict("a", patches(2))


def test_a_model_that_answers_otherwise_each_time_harms_nobody_else(make):
    fake, passes = Fake(), []

    def predict(batch):
        passes.append(len(batch))
        return np.zeros((len(batch), 2 + len(passes)))

    fake.predict = predict
    engine = make({"bad": fake, "good": Fake()})
    with pytest.raises(ModelError, match="for others"):
        engine.predict("bad", patches(200))
    assert len(passes) > 1
    assert len(engine.predict("good", patches(1))) == 1


@pytest.mark.parametrize("shape", [(0, 3, 4, 4), (3, 4, 4), (4,)])
def test_what_is_no_batch_is_refused(make, shape):
    with pytest.raises(ModelError, match="shape"):
        make({"a": Fake()}).predict("a", np.zeros(shape, np.float32))


def test_cancelling_leaves_the_queue_to_others(make):
    gate, asked = threading.Event(), threading.Event()
    fake = Fake(behave=lambda _: gate.wait(LONG))
    engine = make({"a": fake})
    future = in_thread(lambda: engine.predict("a", patches(500), cancelled=asked.is_set))
    until(lambda: fake.batches)
    asked.set()
    # The pass that is under way goes on; whoever asked does not wait for it.
    with pytest.raises(Withdrawn):
        future.result(timeout=LONG)
    assert engine.figures().patches == 0
    gate.set()
    assert len(engine.predict("a", patches(2))) == 2
    assert sum(fake.batches) < 100


def test_what_cancelled_raises_leaves_nothing_behind(make):
    engine = make({"a": Fake(behave=lambda _: time.sleep(0.01))})

    def cancelled():
        if engine.figures().requests:
            raise KeyError("the page runs again")
        return False

    with pytest.raises(KeyError):
        engine.predict("a", patches(500), cancelled=cancelled)
    assert engine.figures().requests == 0


def test_a_click_does_not_wait_for_a_thousand_patches(make):
    turns = threading.Semaphore(0)
    fake = Fake(behave=lambda _: turns.acquire(timeout=LONG))
    engine = make({"a": fake, "b": Fake()})
    big = in_thread(lambda: engine.predict("a", patches(1000)))
    until(lambda: fake.batches)
    clicks = [in_thread(lambda n=n: engine.predict(n, patches(1))) for n in "ab"]
    until(lambda: engine.figures().requests == 3)
    # The pass under way, and one more, in which the click goes along with others.
    turns.release(2)
    assert [len(click.result(timeout=LONG)) for click in clicks] == [1, 1]
    assert not big.done()
    turns.release(1000)
    assert len(big.result(timeout=LONG)) == 1000
    assert sum(fake.batches) == 1001


def test_missing_pixels_are_counted_and_filled(make):
    batch = patches(3)
    batch[1, 0, :2] = np.nan
    batch[1, 2, 1] = np.nan
    batch[2] = np.nan
    answer = make({"a": Fake()}).answer("a", batch)
    assert answer.missing.tolist() == [0, 12, 36]
    assert answer.values[2].tolist() == [0, 0]


def test_other_work_has_its_turn_and_its_error(make):
    engine = make({"a": Fake(size=7)})
    assert engine.attend("a", lambda loaded: loaded.bytes * 2) == 14

    def fail(loaded):
        raise ZeroDivisionError("gradient")

    with pytest.raises(ModelError, match="ZeroDivisionError"):
        engine.attend("a", fail)
    with torch.no_grad():
        assert engine.attend("a", lambda _: torch.is_grad_enabled())


def test_figures_say_what_is_done(make):
    engine = make({"a": Fake(size=12, behave=lambda _: time.sleep(0.01))})
    assert engine.figures().patches_per_second is None
    engine.predict("a", patches(4))
    figures = engine.figures()
    assert figures.device.startswith("CPU")
    assert figures.precision == "float32"
    assert 0 < figures.patches_per_second < 400
    assert (figures.requests, figures.patches, figures.models) == (0, 0, (("a", 12),))


def test_whoever_waits_when_the_engine_ends_gets_a_sentence(make):
    gate = threading.Event()
    engine = make({"a": Fake(behave=lambda _: gate.wait(LONG))})
    future = in_thread(lambda: engine.predict("a", patches(1)))
    until(lambda: engine.figures().requests == 1)
    threading.Timer(0.1, gate.set).start()
    engine.close()
    with pytest.raises(ModelError, match="shut down"):
        future.result(timeout=LONG)
    with pytest.raises(ModelError, match="shut down"):
        engine.predict("a", patches(1))


def test_a_crowd_of_everything_at_once_ends(make):
    """Errors, full memory, cancels, two models above the budget: each asker gets its own end."""

    def behave(batch):
        if len(batch) > 6:
            raise MemoryError
        if (batch < 0).any():
            raise ValueError("negative")

    models = {n: lambda _: Fake(size=60, behave=behave) for n in "ab"}
    engine = make(models, budget_bytes=100, queue=12)

    def ask(number):
        batch = patches(1 + number % 13, number)
        sign = -1 if number % 5 == 0 else 1
        stop = (lambda: True) if number % 7 == 0 else None
        try:
            answer = engine.predict("ab"[number % 2], batch * sign, stop)
        except (ModelError, Withdrawn, Busy) as error:
            return type(error)
        np.testing.assert_allclose(answer[:, 1], batch.max(axis=(1, 2, 3)))
        return None

    with ThreadPoolExecutor(8) as pool:
        futures = [pool.submit(ask, number) for number in range(200)]
        ends = [future.result(timeout=LONG) for future in futures]
    for number, end in enumerate(ends):
        expected = Withdrawn if number % 7 == 0 else ModelError if number % 5 == 0 else None
        assert end is expected
    assert engine.figures().requests == 0


def test_one_engine_for_a_process(monkeypatch):
    from eoexplore import models

    monkeypatch.setattr(engines, "_shared", None)
    monkeypatch.setattr(models, "load", lambda *_: Fake(), raising=False)
    monkeypatch.setenv("EOEXPLORE_DEVICE", "cpu")
    assert engines.running() is None
    with ThreadPoolExecutor(8) as pool:
        made = {id(future.result()) for future in [pool.submit(engines.shared) for _ in range(8)]}
    assert made == {id(engines.running())}
    engines.shared().close()
