"""A small dataset in a cache folder of its own, and the command line as users start it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from eoexplore import cli
from tests import builders

ROOT = Path(__file__).resolve().parents[2]
TILE = "33UUP"
PATCHES = (
    builders.Patch(TILE, 26, 57),
    builders.Patch(TILE, 27, 57, split="validation", labels=("Pastures",)),
    builders.Patch(TILE, 26, 58, split="test", labels=("Inland waters",)),
)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    """Give each test an empty cache folder."""
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def tree(tmp_path):
    """Return a released tree of three patches."""
    return builders.write_tree(tmp_path / "small", PATCHES)


@pytest.fixture
def said(capsys):
    """Return a function that runs a command in this process: status, output, errors."""

    def run(*words):
        status = cli.main([str(word) for word in words])
        out, err = capsys.readouterr()
        return status, out, err

    return run


@pytest.fixture
def document(said):
    """Return a function that runs a command with --json and returns the document."""

    def run(*words):
        status, out, err = said(*words, "--json")
        assert status == 0, err
        return json.loads(out)

    return run


@pytest.fixture
def process(tmp_path):
    """Return a function that runs the command line as a process of its own."""

    def run(*words):
        command = [sys.executable, "-m", "eoexplore", *map(str, words)]
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}
        return subprocess.run(
            command, capture_output=True, text=True, cwd=tmp_path, env=environment, check=False
        )

    return run
