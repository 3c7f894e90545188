"""An index on a running Dask cluster, and what is said when that cannot be."""

import contextlib
import os
import re
import socket
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import psutil
import pyarrow.parquet as pq
import pytest
import rasterio

from eoexplore.core.errors import JobError
from eoexplore.jobs import cluster, index, predict, predict_part
from eoexplore.jobs.pieces import Hands
from eoexplore.jobs.progress import Cancelled
from eoexplore.store import catalog, mosaic, prediction_sets
from tests import predicting
from tests.builders import Patch, write_tree

ROOT = Path(__file__).resolve().parents[2]
PATCHES = (
    Patch("33UUP", 2, 5),
    Patch("33UUP", 3, 5, split="test"),
    Patch("33UUP", 2, 5, date="20170813T101031"),
)
VRT = """<VRTDataset rasterXSize="1" rasterYSize="1"><VRTRasterBand dataType="Byte" band="1">
<SimpleSource><SourceFilename relativeToVRT="0">{secret}</SourceFilename><SourceBand>1</SourceBand>
</SimpleSource></VRTRasterBand></VRTDataset>"""


def environment(**more):
    return {**os.environ, "PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__LOGGING": "{}", **more}


def started(*words, **more):
    """Start a part of a cluster; wait for the line that says where it listens."""
    process = subprocess.Popen(
        [sys.executable, "-m", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=more.pop("cwd"),
        env=environment(**more),
    )
    for line in process.stdout:
        if "Registered to" in line or "Scheduler at:" in line:
            found = re.search(r"tcp://\S+", line)
            return process, found[0] if found else ""
    raise AssertionError(f"{words} ended")


def stopped(processes):
    for process in processes:
        process.kill()
    for process in processes:
        process.wait(20)
        process.stdout.close()


@pytest.fixture(scope="module")
def processes():
    """Everything that is started; the first is the scheduler. All end with the module."""
    running = []
    yield running
    stopped(running)


@pytest.fixture(scope="module")
def scheduler(processes, tmp_path_factory):
    """The address of a scheduler without workers."""
    words = ("distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", 0, "--no-dashboard")
    process, address = started(*words, cwd=tmp_path_factory.mktemp("scheduler"))
    processes.append(process)
    return address


@pytest.fixture(scope="module")
def workers(processes, scheduler, preload, tmp_path_factory):
    """Start two worker processes."""
    words = ("distributed.cli.dask_worker", scheduler, "--nthreads", 1, "--host", "127.0.0.1")
    more = ("--no-nanny", "--no-dashboard", "--preload", preload)
    for _ in range(2):
        folder = tmp_path_factory.mktemp("worker")
        process, _ = started(*words, *more, "--local-directory", folder, cwd=folder)
        processes.append(process)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return write_tree(tmp_path_factory.mktemp("data") / "reben", PATCHES)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(cluster, "_CONNECT_S", 2.0)
    monkeypatch.setattr(cluster, "_WORKERS_S", 0.3)


def assert_same(one, two):
    pd.testing.assert_frame_equal(one.samples.frame, two.samples.frame)
    files = {path.relative_to(one.folder.path) for path in one.folder.path.rglob("*.[tp]*[ft]")}
    assert len(files) > 15
    for name in files - {Path("samples.parquet")}:
        first, second = one.folder.path / name, two.folder.path / name
        if name.suffix == ".tif":
            with rasterio.open(first) as a, rasterio.open(second) as b:
                np.testing.assert_array_equal(a.read(), b.read())
        elif name.suffix == ".parquet":
            assert pq.read_table(first).equals(pq.read_table(second)), name


def test_a_scheduler_without_workers_is_a_sentence(root, scheduler):
    slug = catalog.add(root).slug
    with pytest.raises(JobError, match=rf"{scheduler} has no workers\. Start some with `dask wor"):
        index.build(slug, scheduler=scheduler)
    assert not catalog.open_slug(slug).state.complete


@pytest.mark.parametrize(
    "address",
    ["", "host", "127.0.0.1:8786", "http://127.0.0.1:8786", "tcp://", "tcp://a b:1",
     "inproc://1", "tcp://127.0.0.1", "tcp://127.0.0.1:8786/x", "tcp://u:p@127.0.0.1:1", "\0"],
)  # fmt: skip
def test_what_is_no_address_is_said(root, address):
    with pytest.raises(JobError, match=r"address looks like tcp://host:8786.*leave it out"):
        index.build(catalog.add(root).slug, scheduler=address)


def test_nobody_there_is_a_sentence(root):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(JobError, match=f"No Dask scheduler answers at {address}"):
        index.build(catalog.add(root).slug, scheduler=address)


@pytest.mark.parametrize("greeting", [b"", b"SSH-2.0-OpenSSH_9.9\r\n", b"HTTP"])
def test_something_else_that_listens_is_a_sentence(root, greeting, monkeypatch):
    monkeypatch.setattr(cluster, "_CONNECT_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as other:
        address = f"tcp://127.0.0.1:{other.getsockname()[1]}"

        def greet():
            # Whoever is not greeted hangs up, and may do so in the middle.
            with other.accept()[0] as caller, contextlib.suppress(ConnectionError):
                caller.sendall(greeting)
                caller.recv(1)

        greeter = threading.Thread(target=greet)
        greeter.start()
        with pytest.raises(JobError, match="No Dask scheduler answers"):
            index.build(catalog.add(root).slug, scheduler=address)
        greeter.join()


def test_two_processes_of_a_cluster_write_what_one_writes(
    root, scheduler, workers, processes, small_mosaics, tmp_path, monkeypatch
):
    slug = catalog.add(root).slug
    reports = []
    # The address of the setting is used where nothing is said.
    with monkeypatch.context() as patch:
        patch.setenv("EOEXPLORE_SCHEDULER", scheduler)
        there = index.build(slug, progress=lambda *said: reports.append(said))
    assert there.state.complete
    assert reports[-1] == (3, 3, "reading patches")
    monkeypatch.setenv("EOEXPLORE_CACHE", str(tmp_path / "own"))
    here = index.build(catalog.add(root).slug, workers=1)
    assert_same(here, there)
    assert [process.poll() for process in processes] == [None] * 3


def test_two_processes_of_a_cluster_predict_what_one_does(
    root, scheduler, workers, tmp_path, monkeypatch
):
    predicting.write_models(tmp_path / "models")
    monkeypatch.setenv("EOEXPLORE_MODELS", str(tmp_path / "models"))
    monkeypatch.setattr(mosaic, "GRID", 8)
    opened = catalog.add(root)
    count = len(opened.samples)
    asked = predict.Asked(opened.slug, "masks", name="there", chunk=1)
    there = predict.predict(asked, Hands(scheduler=scheduler))
    assert there.predicted == count
    monkeypatch.setattr(predict, "_run", predicting.run_here)
    predict_part._engine.cache_clear()
    here = predict.predict(replace(asked, name="here", chunk=count))
    predict_part._engine(1).close()
    assert there.about.key == here.about.key
    one, two = (prediction_sets.read(opened, name) for name in ("here", "there"))
    np.testing.assert_array_equal(one.rows, two.rows)
    np.testing.assert_allclose(one.scores, two.scores, atol=1e-6)
    for column in ("sample", "reference", "predicted", "pixels"):
        np.testing.assert_array_equal(
            getattr(one.confusion, column), getattr(two.confusion, column)
        )
    for path in one.folder.rglob("*.tif"):
        with (
            rasterio.open(path) as a,
            rasterio.open(two.folder / path.relative_to(one.folder)) as b,
        ):
            np.testing.assert_array_equal(a.read(), b.read())


def test_a_cancelled_build_leaves_the_cluster_free(root, scheduler, workers):
    slug = catalog.add(root).slug
    with pytest.raises(Cancelled):
        index.build(slug, scheduler=scheduler, cancelled=lambda: True)
    assert not [*catalog.open_slug(slug).folder.path.glob("run/*")]
    assert index.build(slug, scheduler=scheduler).state.complete


def test_workers_that_do_not_see_the_folders_are_told(
    root, scheduler, workers, tmp_path, monkeypatch
):
    begin = index.pieces.Run.begin

    def hidden(parent):
        run = begin(parent)
        run.path = tmp_path / "elsewhere"
        return run

    monkeypatch.setattr(index.pieces.Run, "begin", hidden)
    with pytest.raises(JobError, match=r"The worker tcp://.* does not see .*elsewhere"):
        index.build(catalog.add(root).slug, scheduler=scheduler)


def test_versions_that_differ_are_a_sentence():
    own = {"packages": {"python": sys.version, "dask": "1", "distributed": "1", "msgpack": "1"}}
    python = {"packages": {**own["packages"], "python": "3.9.1.final.0"}}
    dask = {"packages": {**own["packages"], "distributed": "2020.1"}}
    mine = {"packages": {**own["packages"], "python": ".".join(map(str, sys.version_info))}}
    good = {"client": mine, "scheduler": mine, "workers": {"tcp://w:1": mine}}
    cluster._check_versions(good)
    with pytest.raises(JobError, match=r"The scheduler has distributed 2020.1 .* command 1; they"):
        cluster._check_versions({**good, "scheduler": dask})
    with pytest.raises(JobError, match=r"The worker tcp://w:1 has Python 3.9"):
        cluster._check_versions({**good, "workers": {"tcp://w:1": python}})


def test_workers_that_cannot_do_it_are_told_apart():
    # Whatever this process has done since: a warped VRT switches the driver on again.
    good = replace(cluster.look(()), strict=True)
    cluster._check_worker("tcp://w:1", good, ())
    for said, sentence in (
        (replace(good, version="9.9"), r"tcp://w:1 has another release of EOExplore \(9\.9\)"),
        (replace(good, groups={"sar": 99}), r"tcp://w:1 has another release of EOExplore"),
        (replace(good, strict=False), r"VRT files on the worker tcp://w:1.*GDAL_SKIP=VRT"),
        (ModuleNotFoundError("No module named 'eoexplore'"), "cannot run EOExplore .*Install EOE"),
    ):
        with pytest.raises(JobError, match=sentence):
            cluster._check_worker("tcp://w:1", said, ())


def attack(path):
    """Run by a worker: open a file that names another one."""
    import rasterio

    with rasterio.open(path) as file:
        return file.read(1).shape


def listening():
    """Run by a worker: where it can be reached."""
    return [
        found.laddr.ip for found in psutil.Process().net_connections() if found.status == "LISTEN"
    ]


def test_own_workers_listen_to_this_machine_only_and_open_no_vrt(root, tmp_path):
    secret = next(root.rglob("*_B02.tif"))
    (tmp_path / "picture.tif").write_text(VRT.format(secret=secret))
    with cluster.connect(1, None, ()) as pool:
        assert pool.submit(attack, str(secret)).result() == (120, 120)
        # GDAL's errors do not travel between processes as they are.
        with pytest.raises(Exception, match="not recognized as being in a supported file format"):
            pool.submit(attack, str(tmp_path / "picture.tif")).result()
        addresses = {*pool.submit(listening).result(), *listening()}
        pid = pool.submit(os.getpid).result()
    assert addresses == {"127.0.0.1"}
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_scheduler_that_dies_is_a_sentence(root, scheduler, workers, processes, monkeypatch):
    # The last test: the scheduler of all others is ended.
    slug = catalog.add(root).slug
    monkeypatch.setattr(cluster, "_LOOK_EVERY_S", 0.2)

    said = []

    def meanwhile(*_):
        # After what is said before the work begins.
        said.append(catalog.open_slug(slug).state.total)
        if said[-1]:
            processes[0].kill()

    with pytest.raises(JobError, match=f"scheduler at {scheduler} does not answer any more"):
        index.build(slug, scheduler=scheduler, progress=meanwhile)
