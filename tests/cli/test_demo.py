"""`demo`: what is made where, what is there already, and what a stop leaves behind."""

import filelock
import pytest

from eoexplore.cli import demo as command
from eoexplore.core.errors import EOExploreError
from eoexplore.demo import Summary
from eoexplore.jobs.progress import Cancelled
from eoexplore.store import catalog
from tests import builders
from tests.cli.conftest import PATCHES


@pytest.fixture
def made(monkeypatch):
    """Make a small tree where the generator would make a large one; return its calls."""
    calls = []

    def generate(out, *, seed=42, workers=None, progress=None):
        calls.append((seed, workers))
        if out.exists():
            raise EOExploreError(f"{out.name} is there already: give another folder.")
        progress(0, 2, "Drawing")
        builders.write_tree(out, PATCHES)
        lines = ("eoexplore synthetic demo", f"seed {seed}")
        (out / "SYNTHETIC.txt").write_text("\n".join(lines))
        builders.write_metadata(out, PATCHES)
        (out / "metadata_for_patches_with_snow_cloud_or_shadow.parquet").write_bytes(
            (out / "metadata.parquet").read_bytes()
        )
        truth = out.with_name(out.name + ".truth.parquet")
        truth.write_bytes(b"")
        return Summary(out, 3, seed, truth)

    monkeypatch.setattr(command.demo, "generate", generate)
    return calls


def test_usual_place_and_a_second_time(made, document, said, cache):
    first = document("demo", "--workers", 1)
    path = cache / "demo" / "reben-synthetic"
    truth = str(path.with_name("reben-synthetic.truth.parquet"))
    assert set(first) == {"path", "samples", "seed", "truth"}
    assert (first["path"], first["seed"], first["truth"]) == (str(path), 42, truth)
    assert [entry.slug for entry in catalog.entries()] == ["reben-synthetic"]
    assert document("demo") == first
    assert "Already there" in said("demo")[1]
    assert made == [(42, 1)]


def test_another_seed_does_not_pass_for_the_one_that_is_there(made, said):
    assert said("demo")[0] == 0
    status, out, err = said("demo", "--seed", 7)
    assert (status, out) == (1, "")
    assert "made with the seed 42" in err
    assert said("demo", "--seed", 42)[0] == 0


def test_own_folder_and_seed(made, document, said, tmp_path):
    found = document("demo", "--out", tmp_path / "mine", "--seed", 7, "--workers", 2)
    assert (found["path"], found["seed"]) == (str(tmp_path / "mine"), 7)
    assert made == [(7, 2)]
    status, _, err = said("demo", "--out", tmp_path / "mine", "--seed", 7)
    assert (status, err) == (1, "mine is there already: give another folder.\n")


def test_real_patches(said, document, monkeypatch, cache):
    def fetch(out, *, progress):
        progress(0, 25, "Downloading")
        return Summary(builders.write_tree(out, PATCHES), 3, None, None)

    monkeypatch.setattr(command.real, "fetch", fetch)
    found = document("demo", "--real")
    path = str(cache / "demo" / "reben-mini")
    assert found == {"path": path, "samples": 3, "seed": None, "truth": None}
    assert document("demo", "--real") == found


def test_no_network_is_a_sentence(process):
    # The tests' own settings keep pip from every package index.
    done = process("demo", "--real")
    assert (done.returncode, done.stdout) == (1, "")
    assert "need a network" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_stop_leaves_nothing_behind(said, monkeypatch, cache):
    def generate(out, **options):
        for suffix in (".partial", ".truth.partial"):
            out.with_name(out.name + suffix).mkdir()
        raise Cancelled

    monkeypatch.setattr(command.demo, "generate", generate)
    assert said("demo")[0] == 130
    assert list((cache / "demo").iterdir()) == []


def test_one_demo_at_a_time(said, cache):
    cache.mkdir()
    with filelock.FileLock(cache / "demo.lock"):
        status, _, err = said("demo")
    assert status == 1
    assert "being made already" in err


def test_a_place_that_cannot_be_written(said, tmp_path):
    (tmp_path / "file").write_text("")
    status, _, err = said("demo", "--out", tmp_path / "file" / "demo")
    assert status == 1
    assert len(err.splitlines()) == 1
