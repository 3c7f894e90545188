"""Predictions that are stopped, killed, or lose their dataset: nothing is lost or stale."""

import json
import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import rasterio

from eoexplore.core.errors import JobError
from eoexplore.jobs import predict, predict_part
from eoexplore.jobs.predict import Asked
from eoexplore.jobs.progress import Cancelled
from eoexplore.store import catalog, prediction_sets
from tests import predicting
from tests.predicting import PATCHES, SLUG

MASKS = ("mask", "confidence", "prob")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A dataset and two models; nothing is written to either."""
    return predicting.write_small(tmp_path_factory.mktemp("predicted"))


@pytest.fixture
def opened(made, tmp_path, monkeypatch):
    with predicting.opened_small(made, tmp_path, monkeypatch) as found:
        yield found


def test_what_was_cancelled_goes_on(opened, monkeypatch):
    looks = []

    def cancelled():
        looks.append(1)
        return len(looks) > 2

    with pytest.raises(Cancelled):
        predict.predict(Asked(SLUG, "labels", chunk=4), cancelled=cancelled)
    assert prediction_sets.available(opened.fingerprint) == ()
    made = predict.predict(Asked(SLUG, "labels", chunk=4))
    assert made.predicted == 13 - 8


def test_what_another_run_left_under_the_name_goes(opened):
    folder = prediction_sets.folder_of(opened.fingerprint, "mine")
    for path in ("mask/other.tif", "prob/one.1a.partial.flat", "parts-0123/0-1.npz", "scores.part"):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(b"left")
    predict.predict(Asked(SLUG, "masks", name="mine"))
    products = opened.samples.frame["product"].unique()
    tables = ["confusion.parquet", "scores.parquet", "set.json"]
    mosaics = [f"{kind}/{product}.tif" for kind in MASKS for product in products]
    assert sorted(contents(folder)) == sorted([*tables, *mosaics])
    assert not [*folder.glob("parts-*")]


def predicted_until(monkeypatch, what, model="labels"):
    """Let a job of chunks of four do `what` before its third chunk."""
    make, begun = predict_part.make, []

    def disturbed(*arguments):
        begun.append(1)
        if len(begun) == 3:
            what()
        return make(*arguments)

    with monkeypatch.context() as patch:
        patch.setattr(predict_part, "make", disturbed)
        return predict.predict(Asked(SLUG, model, chunk=4))


def test_label_maps_that_go_during_a_job_stop_it(made, opened, tmp_path, monkeypatch):
    maps, gone = made / SLUG / "Reference_Maps", tmp_path / "gone"
    with pytest.raises(JobError, match="have gone or changed"):
        predicted_until(monkeypatch, lambda: maps.rename(gone), "masks")
    gone.rename(maps)
    again = predict.predict(Asked(SLUG, "masks", chunk=4))
    found = prediction_sets.read(opened, again.about.name)
    assert set(found.confusion.sample.tolist()) == set(range(13))


def test_a_folder_that_goes_during_a_job_stops_it_and_it_is_resumed(
    made, opened, tmp_path, monkeypatch
):
    folder, gone = made / SLUG, tmp_path / "gone"
    with pytest.raises(JobError, match=r"have gone or changed .* finished chunks are kept"):
        predicted_until(monkeypatch, lambda: folder.rename(gone))
    assert prediction_sets.available(opened.fingerprint) == ()
    gone.rename(folder)
    again = predict.predict(Asked(SLUG, "labels", chunk=4))
    assert (again.predicted, again.about.left_out) == (5, {})
    assert len(prediction_sets.read(opened, again.about.name).rows) == 13


def test_patches_that_go_during_a_job_are_not_taken_for_damaged_ones(
    made, tmp_path, opened, monkeypatch
):
    folder = tmp_path / SLUG
    shutil.copytree(made / SLUG, folder)
    catalog.forget(SLUG)
    catalog.add(folder)
    patch = PATCHES[-1].path(folder, "s2", "B03").parent
    with pytest.raises(JobError, match="have gone or changed"):
        predicted_until(monkeypatch, lambda: shutil.rmtree(patch))


_SCRIPT = """
import sys, time
from eoexplore.jobs import predict, predict_part
from eoexplore.store import mosaic
from tests import predicting
mosaic.GRID = 60
mosaic._COG["overviews"] = "NONE"
predict._run = predicting.run_here
make = predict_part.make
def slowly(*arguments):
    time.sleep(0.15)
    return make(*arguments)
predict_part.make = slowly
print("begins", flush=True)
predict.predict(predict.Asked(sys.argv[1], "masks", name="mine", chunk=1))
print("done", flush=True)
"""


def contents(folder):
    found = {}
    for path in sorted(folder.rglob("*.*")):
        name = path.relative_to(folder).as_posix()
        if path.suffix == ".tif":
            with rasterio.open(path) as file:
                found[name] = file.read().tobytes()
        elif path.suffix == ".parquet":
            found[name] = pq.read_table(path).to_pydict()
        elif path.name == prediction_sets.ABOUT:
            said = json.loads(path.read_text(encoding="utf-8"))
            found[name] = {key: value for key, value in said.items() if key != "created"}
    return found


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGKILL")
def test_kills_do_no_harm(opened, made, tmp_path, monkeypatch):
    predict.predict(Asked(SLUG, "masks", name="mine"))
    undisturbed = contents(prediction_sets.folder_of(opened.fingerprint, "mine"))
    assert len(undisturbed) == 9
    script = tmp_path / "run.py"
    script.write_text(_SCRIPT)
    cache = tmp_path / "other"
    environment = os.environ | {
        "EOEXPLORE_CACHE": str(cache), "PYTHONPATH": os.pathsep.join(sys.path),
    }  # fmt: skip
    monkeypatch.setenv("EOEXPLORE_CACHE", str(cache))
    catalog.add(made / SLUG)
    moments = random.Random(3)
    for _ in range(3):
        process = subprocess.Popen(
            [sys.executable, str(script), SLUG], stdout=subprocess.PIPE, env=environment, text=True
        )
        process.stdout.readline()
        time.sleep(moments.uniform(1.5, 3))
        process.kill()
        process.wait()
        process.stdout.close()
    last = subprocess.run(
        [sys.executable, str(script), SLUG], env=environment, check=True, capture_output=True,
        text=True,
    )  # fmt: skip
    assert last.stdout.endswith("done\n")
    folder = prediction_sets.folder_of(opened.fingerprint, "mine")
    assert contents(Path(folder)) == undisturbed
    assert not [*folder.glob("parts-*")]
