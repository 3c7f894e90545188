"""Predictions of uploads as jobs: how many, in which surroundings, and how they end."""

import io
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from eoexplore.core.errors import Busy, JobError
from eoexplore.jobs import _upload_look, _upload_process, background, uploads
from eoexplore.jobs.progress import Job
from tests import tiffs

ROOT = Path(__file__).resolve().parents[2]
GOOD = tiffs.tif(tiffs.picture(2), names=("B02", "B03"))


@pytest.fixture(autouse=True)
def here(tmp_path, monkeypatch):
    """Look at files in this process, and end the jobs that a test leaves."""
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(_upload_look, "look", lambda path: _upload_process.look(str(path)))
    yield
    for child in background._children.values():
        child.kill()
        child.wait(10)
    background._children.clear()


def send():
    return uploads.receive("me", "scene.tif", io.BytesIO(GOOD))


def until(job_id, condition):
    end = time.monotonic() + 60
    while not condition(background.job(job_id)):
        assert time.monotonic() < end, background.job(job_id)
        time.sleep(0.02)
    return background.job(job_id)


def test_a_prediction_is_a_job_of_its_own_and_few_run_at_once(monkeypatch):
    made, running, started = send(), [], []
    monkeypatch.setattr(background, "jobs", lambda: running)
    monkeypatch.setattr(background, "start", lambda *asked, **_: started.append(asked))
    uploads.predict(made, "a model", "order")
    kind, title, args, dataset = started[0]
    assert (kind, dataset) == ("predict-file", made.id)
    assert "scene" not in title
    assert args == [
        "predict-file", str(made.path), "--model", "a model", "--out", str(made.result),
        "--bands", "order",
    ]  # fmt: skip
    running += [Job(str(n), uploads.KIND, "x", str(n)) for n in range(uploads.MOST_JOBS)]
    with pytest.raises(Busy, match="2 files are being predicted already"):
        uploads.predict(made, "a model")
    # One that runs already is handed back by `background.start`.
    running[0] = Job("0", uploads.KIND, "x", made.id)
    uploads.predict(made, "a model")
    assert len(started) == 2


def test_one_file_is_discarded_and_no_other():
    one, other = send(), send()
    for upload_id in (one.id, "*", "..", "", "0" * 32):
        uploads.discard(upload_id)
    assert [made.folder.exists() for made in (one, other)] == [False, True]


WAITING = """
import time
from eoexplore.jobs.progress import Progress
progress = Progress.from_environment()
time.sleep(60)
"""


@pytest.mark.parametrize("at_work", [True, False])
def test_a_file_that_is_discarded_ends_its_job(at_work, monkeypatch):
    monkeypatch.setattr(background, "PROGRAM", (sys.executable, "-c", WAITING))
    made = send()
    job = uploads.predict(made, "a model")
    if at_work:
        until(job.id, lambda job: job.pid is not None)
    uploads.discard(made.id)
    assert background.job(job.id).state == "cancelled"
    assert background._children[job.id].poll() is not None
    assert not made.folder.exists()


def test_clicks_at_the_same_time_start_no_more_than_may_run(monkeypatch):
    running, answers = [], []

    def start(kind, title, args, dataset, **_):
        time.sleep(0.05)
        running.append(Job(dataset, kind, title, dataset))

    monkeypatch.setattr(background, "jobs", lambda: list(running))
    monkeypatch.setattr(background, "start", start)

    def click(made):
        try:
            uploads.predict(made, "a model")
        except Busy as error:
            answers.append(str(error))

    threads = [threading.Thread(target=click, args=(send(),)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(running) == uploads.MOST_JOBS
    assert len(answers) == 5 - uploads.MOST_JOBS


def test_a_lock_that_cannot_be_had_is_a_sentence(monkeypatch):
    made = send()
    with uploads.FileLock(uploads._root() / "predict.lock"):
        monkeypatch.setattr(uploads, "_WAIT_S", 0.01)
        with pytest.raises(Busy, match="being started just now"):
            uploads.predict(made, "a model")
    (uploads._root() / "predict.lock").unlink(missing_ok=True)
    (uploads._root() / "predict.lock").mkdir()
    with pytest.raises(JobError, match="cannot be started"):
        uploads.predict(made, "a model")


def test_a_job_takes_no_orders_and_no_keys_from_the_environment(monkeypatch):
    orders = ("GDAL_SKIP", "CPL_DEBUG", "PROJ_DATA", "VSI_CACHE", "AWS_SECRET_ACCESS_KEY")
    for name in (*orders, "EOEXPLORE_MODELS", "HF_HUB_OFFLINE"):
        monkeypatch.setenv(name, "x")
    code = "import os; print(*sorted(os.environ))"
    monkeypatch.setattr(background, "PROGRAM", (sys.executable, "-c", code))
    job = uploads.predict(send(), "a model")
    background._children[job.id].wait(30)
    said = background.log_tail(job.id).split()
    assert {"EOEXPLORE_JOB", "EOEXPLORE_MODELS", "HF_HUB_OFFLINE", "PYTHONSAFEPATH"} <= set(said)
    assert set(orders) & set(said) == set()
    assert set(orders) & set(_upload_look._environment()) == {"GDAL_SKIP"}


def test_a_job_that_takes_too_much_memory_is_ended_with_a_sentence(monkeypatch):
    monkeypatch.setenv("EOEXPLORE_UPLOADS_MEMORY_MB", "1")
    job = uploads.predict(send(), "a model")
    ended = until(job.id, lambda job: job.state != "running")
    assert ended.state == "failed"
    assert ended.error.startswith("The prediction takes more than 1 MB of memory")


def test_memory_is_watched_while_it_grows():
    code = """
import time
from eoexplore.jobs import _upload_memory
_upload_memory.watch(400_000_000, lambda sentence: print(sentence, flush=True))
few = b"x" * 100_000_000
time.sleep(0.3)
print("few", flush=True)
many = b"x" * 400_000_000
time.sleep(60)
"""
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )
    few, sentence = found.stdout.splitlines()
    assert (few, found.returncode) == ("few", 1)
    assert sentence.startswith("The prediction takes more than 400 MB of memory")
