"""What holds for every command: exit status, one sentence, one JSON document, help."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from eoexplore import __version__, cli
from eoexplore.cli import _target, _text
from eoexplore.core.errors import UnknownName
from eoexplore.jobs import progress

ROOT = Path(__file__).resolve().parents[2]
COMMAND = """
import os, sys, time
from eoexplore.core.errors import DataMissing
HELP = "Do as told.\\n\\nexample:\\n  told how"
def add_arguments(parser):
    parser.add_argument("how")
def run(args):
    if args.how == "missing":
        raise DataMissing("Band B08 is missing. \\x1b[31mChoose another.")
    if args.how == "full":
        raise OSError(28, "No space left on device", "index.tif")
    if args.how == "defect":
        {}["key"]
    if args.how == "long":
        print("begun", flush=True)
        time.sleep(60)
    if args.how == "much":
        for line in range(100_000):
            print(line)
    print("letter \\u2192 done")
    return 0
"""
START = """
import signal
# A shell starts what it puts into the background with SIGINT ignored, and that is inherited.
signal.signal(signal.SIGINT, signal.default_int_handler)
import sys
import eoexplore.cli
eoexplore.cli.__path__.append({commands!r})
sys.exit(eoexplore.cli.main())
"""


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """Add one command, by adding one file."""
    folder = tmp_path / "commands"
    folder.mkdir()
    (folder / "as_told.py").write_text(COMMAND)
    monkeypatch.setattr(cli, "__path__", [*cli.__path__, str(folder)])
    yield folder
    sys.modules.pop("eoexplore.cli.as_told", None)


@pytest.fixture
def start(commands, tmp_path):
    """Return a function that starts the command line with the added command."""
    script = tmp_path / "start.py"
    script.write_text(START.format(commands=str(commands)))
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii:strict"}

    def begin(*words):
        return subprocess.Popen(
            [sys.executable, str(script), *words],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=tmp_path,
            env=environment,
        )

    return begin


def test_a_command_is_one_file(commands):
    assert "as-told" in cli.names()
    assert cli.main(["as-told", "well"]) == 0


def test_expected_error_is_one_sentence_without_control_characters(commands, capsys):
    assert cli.main(["as-told", "missing"]) == 1
    assert capsys.readouterr() == ("", "Band B08 is missing. ?[31mChoose another.\n")


def test_system_error_is_one_sentence(commands, capsys):
    assert cli.main(["as-told", "full"]) == 1
    assert capsys.readouterr() == ("", "No space left on device: index.tif.\n")


def test_defect_is_a_sentence_and_no_trace(commands, capsys):
    assert cli.main(["as-told", "defect"]) == 1
    said = capsys.readouterr().err
    assert "KeyError: 'key'" in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "commands:"),
        (["nothing"], "invalid choice: 'nothing'"),
        (["info"], "required: PATH"),
        (["tile", "a", "s2", "1", "x", "1", "--out", "f"], "invalid int value: 'x'"),
        (["demo", "--workers", "0"], "at least 1 is needed"),
        (["demo", "--seed", "-3"], "'-3' is no number from 0 on"),
        (["demo", "--seed", "9" * 5000], "is no number from 0 on"),
    ],
)
def test_wrong_usage_is_status_2(words, said, capsys):
    assert cli.main(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_version(capsys):
    assert cli.main(["--version"]) == 0
    assert capsys.readouterr().out == f"EOExplore {__version__}\n"


@pytest.mark.parametrize("name", cli.names())
def test_help_says_what_and_shows_an_example(name, capsys):
    assert cli.main([name, "--help"]) == 0
    said = capsys.readouterr().out
    assert re.search(rf"example:\n  python -m eoexplore {name}", said)
    assert max(map(len, said.splitlines())) <= 100


def test_help_lists_the_commands(capsys):
    assert cli.main(["--help"]) == 0
    said = capsys.readouterr().out
    assert all(re.search(rf"^    {name}\s+\w", said, re.MULTILINE) for name in cli.names())


def test_letters_the_console_lacks_do_not_end_a_command(start):
    process = start("as-told", "well")
    assert process.communicate(timeout=30) == ("letter ? done\n", "")
    assert process.returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends Ctrl-C to the whole console")
def test_control_c_is_a_short_sentence(start):
    process = start("as-told", "long")
    assert process.stdout.readline() == "begun\n"
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30) == (
        "",
        "Stopped as asked; the same command starts again.\n",
    )
    assert process.returncode == 130


def test_broken_pipe_is_quiet(start):
    process = start("as-told", "much")
    assert process.stdout.readline() == "0\n"
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(30) == 0
    process.stderr.close()


@pytest.mark.parametrize(
    ("how", "state", "error"),
    [
        ("well", "done", None),
        ("missing", "failed", "Band B08 is missing. \x1b[31mChoose another."),
        ("nothing at all", "done", None),
    ],
)
def test_job_file_gets_the_end(commands, tmp_path, monkeypatch, how, state, error):
    path = tmp_path / "one.json"
    job = progress.Job("one", "as-told", "As told", started=time.time(), updated=time.time())
    progress.write_job(path, job)
    monkeypatch.setenv(progress.VARIABLE, str(path))
    cli.main(["as-told", how])
    ended = progress.read_job(path)
    assert (ended.state, ended.error) == (state, error)


def test_json_is_one_document_in_ascii(capsys):
    _text.show_json({"name": "Çeşme", "count": 3})
    out = capsys.readouterr().out
    assert out.isascii()
    assert json.loads(out) == {"name": "Çeşme", "count": 3}


def test_table_aligns_numbers_right_and_words_left():
    rows = [("Urban fabric", 67661, "a"), ("Pastures", 1, None)]
    assert _text.table(rows) == "  Urban fabric  67,661  a\n  Pastures           1  -"
    assert _text.table(rows, ("name", "samples", "x"), indent=0).splitlines()[0] == (
        "name          samples  x"
    )
    assert _text.table([]) == ""


@pytest.mark.parametrize(
    ("length", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (4_300_000, "4.3 MB"), (2e15, "2000.0 TB")],
)
def test_sizes(length, text):
    assert _text.size(length) == text


@pytest.mark.parametrize("text", ["nowhere", "x" * 10_000, "../" * 2000 + "x", "a\0b", "{{7*7}}"])
def test_target_that_is_not_there(text):
    with pytest.raises(UnknownName, match="no dataset is known by this name") as caught:
        _target.find(text)
    assert len(str(caught.value)) < 1000


def test_target_finds_a_folder_and_then_a_known_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    assert _target.find("here") == tmp_path / "here"

    class Entry:
        slug, path = "here", str(tmp_path / "there")

    monkeypatch.setattr(_target.catalog, "entries", lambda: (Entry(),))
    assert _target.find("here") == tmp_path / "there"
    assert _target.find("./here") == tmp_path / "here"
