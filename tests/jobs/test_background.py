"""Jobs as real processes: start, progress, cancel, kill, and one at a time."""

import dataclasses
import os
import signal
import sys
import time

import psutil
import pytest

from eoexplore.core.errors import JobError, UnknownName
from eoexplore.jobs import background, progress

COMMAND = """
import subprocess, sys, time
HELP = "Wait, for the tests."
def add_arguments(parser):
    parser.add_argument("how")
    parser.add_argument("--out")
def run(args):
    if args.how == "quick":
        args.progress.update(2, 2, "counting")
        print("counted to two")
        return 0
    if args.how == "wrong":
        from eoexplore.core.errors import DataMissing
        raise DataMissing("There is nothing here.")
    if args.how == "defect":
        return 1 // 0
    if args.how == "crash":
        import os
        os._exit(3)
    if args.how == "deaf":
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
        args.progress.update(child.pid, 0, "deaf")
        time.sleep(60)
    for done in range(1200):
        args.progress.step(done, 1200, "waiting")
        time.sleep(0.05)
    return 0
"""
PROGRAM = """
import sys
sys.path.insert(0, {package!r})
import eoexplore.cli
eoexplore.cli.__path__.append({commands!r})
sys.exit(eoexplore.cli.main())
"""


@pytest.fixture(autouse=True)
def program(tmp_path, monkeypatch):
    """Jobs run a small command of the tests, in a cache folder of their own."""
    commands = tmp_path / "commands"
    commands.mkdir()
    (commands / "wait.py").write_text(COMMAND)
    package = str(background.Path(background.__file__).resolve().parents[2])
    script = tmp_path / "program.py"
    script.write_text(PROGRAM.format(package=package, commands=str(commands)))
    monkeypatch.setattr(background, "PROGRAM", (sys.executable, str(script)))
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    yield
    for child in background._children.values():
        child.kill()
        child.wait(10)
    background._children.clear()


def until(job_id, condition, seconds=60.0):
    end = time.monotonic() + seconds
    while not condition(background.job(job_id)):
        assert time.monotonic() < end, background.job(job_id)
        time.sleep(0.02)
    return background.job(job_id)


def at_work(job):
    return job.pid is not None and job.what == "waiting"


def test_job_runs_to_its_end_and_keeps_its_log():
    job = background.start("wait", "Wait a little", ["wait", "quick"], "here")
    assert job.state == "running"
    ended = until(job.id, lambda job: job.state != "running")
    assert (ended.state, ended.done, ended.total) == ("done", 2, 2)
    assert (ended.kind, ended.title, ended.dataset) == ("wait", "Wait a little", "here")
    assert "counted to two" in background.log_tail(job.id)


def test_failed_job_keeps_its_sentence():
    job = background.start("wait", "Wait", ["wait", "wrong"])
    ended = until(job.id, lambda job: job.state != "running")
    assert (ended.state, ended.error) == ("failed", "There is nothing here.")
    assert "Traceback" not in background.log_tail(job.id)


def test_defect_is_a_sentence_in_the_job_and_a_trace_in_its_log():
    job = background.start("wait", "Wait", ["wait", "defect"])
    ended = until(job.id, lambda job: job.state != "running")
    assert ended.state == "failed"
    assert "ZeroDivisionError" in ended.error
    assert "Traceback" in background.log_tail(job.id)


def test_wrong_arguments_are_a_failure():
    job = background.start("wait", "Wait", ["wait"])
    assert until(job.id, lambda job: job.state != "running").state == "failed"
    assert "required: how" in background.log_tail(job.id)


def test_second_start_returns_the_running_job():
    first = background.start("wait", "Wait", ["wait", "long"], "here")
    again = background.start("wait", "Wait", ["wait", "long"], "here")
    assert again.id == first.id
    elsewhere = background.start("wait", "Wait", ["wait", "quick"], "there")
    assert elsewhere.id != first.id
    assert [job.id for job in background.jobs()] == [elsewhere.id, first.id]


def test_cancelled_job_stops_at_its_next_step():
    job = background.start("wait", "Wait", ["wait", "long"])
    until(job.id, at_work)
    background.cancel(job.id)
    ended = until(job.id, lambda job: job.state != "running", 5)
    assert ended.state == "cancelled"
    assert "Stopped" in background.log_tail(job.id)
    background.cancel(job.id)
    assert background.job(job.id).state == "cancelled"


def test_job_that_does_not_listen_is_ended_with_its_children():
    job = background.start("wait", "Wait", ["wait", "deaf"])
    child = until(job.id, lambda job: job.what == "deaf").done
    background.cancel(job.id, grace_s=0.2)
    assert until(job.id, lambda job: job.state != "running").state == "cancelled"
    end = time.monotonic() + 30
    while psutil.pid_exists(child) and psutil.Process(child).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_killed_job_reads_as_interrupted_and_may_start_again():
    job = background.start("wait", "Wait", ["wait", "long"], "here")
    pid = until(job.id, at_work).pid
    os.kill(pid, signal.SIGKILL)
    ended = until(job.id, lambda job: job.state != "running", 5)
    assert ended.state == "interrupted"
    assert progress.read_job(background.folder() / f"{job.id}.json").state == "running"
    assert background.start("wait", "Wait", ["wait", "long"], "here").id != job.id


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no zombies")
def test_unreaped_child_does_not_look_alive():
    job = background.start("wait", "Wait", ["wait", "long"])
    pid = until(job.id, at_work).pid
    child = background._children.pop(job.id)
    os.kill(pid, signal.SIGKILL)
    assert until(job.id, lambda job: job.state != "running", 5).state == "interrupted"
    child.wait(5)


def test_process_that_dies_before_its_first_word_reads_as_interrupted(monkeypatch):
    monkeypatch.setattr(background, "PROGRAM", (sys.executable, "-c", "raise SystemExit(7)"))
    job = background.start("wait", "Wait", [])
    assert until(job.id, lambda job: job.state != "running", 5).state == "interrupted"


def test_crash_reads_as_interrupted():
    job = background.start("wait", "Wait", ["wait", "crash"])
    assert until(job.id, lambda job: job.state != "running", 5).state == "interrupted"


def written(number, **fields):
    background.folder().mkdir(parents=True, exist_ok=True)
    job = progress.Job(
        f"20250101T000000{number:06d}-index-0123ab", "index", "Index", **{"started": 1.0, **fields}
    )
    progress.write_job(background.folder() / f"{job.id}.json", job)
    return job


def test_silent_job_reads_as_interrupted_though_its_process_number_is_in_use():
    now = time.time()
    fresh = written(1, updated=now, pid=os.getpid())
    silent = written(2, updated=now - background.SILENT_S - 1, pid=os.getpid())
    assert background.job(fresh.id).state == "running"
    assert background.job(silent.id).state == "interrupted"
    for job in (fresh, silent):
        (background.folder() / f"{job.id}.json").unlink()


def test_old_ended_jobs_are_cleared_with_their_logs(monkeypatch):
    monkeypatch.setattr(background, "KEEP", 2)
    for number in range(4):
        job = written(number, state="done")
        (background.folder() / f"{job.id}.log").write_text("x")
    started = background.start("wait", "Wait", ["wait", "quick"])
    kept = [job.id for job in background.jobs()]
    assert kept[0] == started.id
    assert [job_id[15:21] for job_id in kept[1:]] == ["000003", "000002"]
    assert len(list(background.folder().glob("20250101*"))) == 4


@pytest.mark.parametrize(
    "job_id", ["", "../start", "x" * 10_000, "a\0b", "{{7*7}}", "/etc/hostname"]
)
def test_unknown_ids(job_id):
    for ask in (background.job, background.cancel, background.log_tail):
        with pytest.raises(UnknownName, match="No job has this id"):
            ask(job_id)


def test_damaged_and_foreign_files_are_not_listed():
    assert background.jobs() == []
    assert not background.folder().exists()
    background.folder().mkdir(parents=True)
    (background.folder() / "notes.json").write_text('{"id": "notes", "kind": "", "title": ""}')
    (background.folder() / "20250101T000000000000-index-0123ab.json").write_text("{")
    assert background.jobs() == []


def test_a_cache_that_cannot_be_written_is_one_sentence(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "file"))
    with pytest.raises(JobError, match="'Wait' cannot be started"):
        background.start("wait", "Wait", [])
    assert background.jobs() == []


def test_missing_program_leaves_no_job(monkeypatch, tmp_path):
    monkeypatch.setattr(background, "PROGRAM", (str(tmp_path / "nothing"),))
    with pytest.raises(JobError):
        background.start("wait", "Wait", [])
    assert background.jobs() == []


def test_jobs_are_plain_data():
    assert dataclasses.asdict(written(1, state="done"))["state"] == "done"
