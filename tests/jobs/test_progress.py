"""What watchers of long work see: the terminal line, the job file, the request to stop."""

import io
import json
import time
from pathlib import Path

import pytest

from eoexplore.jobs import progress, terminal
from eoexplore.jobs.progress import Cancelled, Job, Progress


class Tty(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Say yes."""
        return True


@pytest.fixture
def job_file(tmp_path: Path) -> Path:
    path = tmp_path / "one.json"
    progress.write_job(path, Job("one", "index", "Index", "somewhere", started=1.0, updated=1.0))
    return path


def until(condition, seconds=30.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.02)


def test_line_says_count_rate_and_time_left():
    assert terminal.line(1200, 5000, "areas", 40.0, 95.0) == (
        "areas | 1,200 of 5,000 | 40/s | 1 min 35 s left"
    )
    assert terminal.line(3, 0, "files", None, None) == "files | 3"
    assert terminal.line(5, 5, "files", 2.5, 0.0) == "files | 5 of 5 | 2.5/s"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59, "59 s"), (200, "3 min 20 s"), (7500, "2 h 05 min")],
)
def test_durations(seconds, text):
    assert terminal.duration(seconds) == text


def test_pace_counts_from_where_resumed_work_began():
    now = [0.0]
    pace = terminal.Pace(lambda: now[0])
    assert pace.update(900, 1000) is None
    now[0] = 10.0
    assert pace.update(950, 1000) == pytest.approx(10.0)
    assert pace.rate == pytest.approx(5.0)
    assert pace.update(0, 20) is None


def test_terminal_redraws_one_line_and_clears_the_longer_one():
    stream = Tty()
    watcher = Progress(stream)
    watcher.update(1, 3, "a long description")
    watcher.update(3, 3, "short")
    watcher.close()
    first, second = stream.getvalue().removesuffix("\n").split("\r")[1:]
    assert first == "a long description | 1 of 3"
    assert second.rstrip() == "short | 3 of 3"
    assert len(second) == len(first)


def test_elsewhere_short_work_is_silent():
    stream = io.StringIO()
    with Progress(stream) as watcher:
        for done in range(500):
            watcher.update(done, 500, "work")
    assert stream.getvalue() == ""


def test_elsewhere_a_line_every_few_seconds_and_the_last(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(terminal.time, "monotonic", lambda: now[0])
    stream = io.StringIO()
    watcher = terminal.Terminal(stream)
    for done in range(121):
        now[0] = 100.0 + done / 10
        watcher.update(done, 121, "work")
    watcher.end_line()
    lines = stream.getvalue().splitlines()
    assert [line.split(" | ")[1] for line in lines] == ["50 of 121", "100 of 121", "120 of 121"]


def test_closed_stream_does_not_end_the_work():
    stream = io.StringIO()
    watcher = Progress(stream)
    stream.close()
    watcher.update(1, 2, "work")
    watcher.close()


def test_job_file_follows_and_ends(job_file):
    watcher = Progress(job_file=job_file)
    watcher.update(3, 12, "tile 33UUP")
    until(lambda: progress.read_job(job_file).done == 3)
    running = progress.read_job(job_file)
    assert (running.state, running.total, running.what) == ("running", 12, "tile 33UUP")
    assert (running.kind, running.title, running.dataset) == ("index", "Index", "somewhere")
    assert running.pid is not None
    assert running.share == 0.25
    watcher.close("failed", "The disk is full.")
    ended = progress.read_job(job_file)
    assert (ended.state, ended.error) == ("failed", "The disk is full.")
    assert json.loads(job_file.read_text())["state"] == "failed"
    assert list(job_file.parent.iterdir()) == [job_file]


def test_job_file_is_written_at_most_a_few_times_a_second(job_file, monkeypatch):
    written = []
    monkeypatch.setattr(progress, "write_job", lambda *args: written.append(args))
    watcher = Progress(job_file=job_file)
    end = time.monotonic() + 0.6
    while time.monotonic() < end:
        watcher.update(1, 2, "work")
    watcher.close()
    assert 2 <= len(written) <= 5


def test_heartbeat_without_updates(job_file, monkeypatch):
    monkeypatch.setattr(progress, "BEAT_S", 0.1)
    watcher = Progress(job_file=job_file)
    first = progress.read_job(job_file).updated
    until(lambda: progress.read_job(job_file).updated > first)
    watcher.close()


def test_cancel_file_is_seen_and_cleared(job_file):
    watcher = Progress(job_file=job_file)
    watcher.step(1, 2, "work")
    assert not watcher.cancelled()
    job_file.with_suffix(".cancel").touch()
    until(watcher.cancelled)
    with pytest.raises(Cancelled), watcher:
        watcher.step(2, 2, "work")
    assert progress.read_job(job_file).state == "cancelled"
    assert not job_file.with_suffix(".cancel").exists()


@pytest.mark.parametrize(
    ("error", "state", "sentence"),
    [
        (ValueError("Three bands are missing."), "failed", "Three bands are missing."),
        (KeyboardInterrupt(), "cancelled", None),
    ],
)
def test_end_of_the_block_decides_the_state(job_file, error, state, sentence):
    with pytest.raises(type(error)), Progress(job_file=job_file):
        raise error
    ended = progress.read_job(job_file)
    assert (ended.state, ended.error) == (state, sentence)


def test_full_disk_does_not_end_the_work(job_file, monkeypatch):
    watcher = Progress(job_file=job_file)

    def refuse(path, job):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(progress, "write_job", refuse)
    watcher.update(1, 2, "work")
    time.sleep(0.4)
    watcher.close()


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"id": 1', '{"title": "no id"}'])
def test_damaged_job_file_reads_as_none(tmp_path, text):
    path = tmp_path / "bad.json"
    path.write_text(text)
    assert progress.read_job(path) is None


def test_job_file_of_a_later_version_is_read(tmp_path):
    path = tmp_path / "new.json"
    path.write_text(json.dumps({"id": "a", "kind": "b", "title": "c", "added_later": 1}))
    assert progress.read_job(path) == Job("a", "b", "c")


def test_environment_names_the_file_once(job_file, monkeypatch):
    monkeypatch.setenv(progress.VARIABLE, str(job_file))
    with Progress.from_environment() as watcher:
        assert watcher.is_job
        with Progress.from_environment() as second:
            assert not second.is_job
