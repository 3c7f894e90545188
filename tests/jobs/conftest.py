"""Building an index quickly: in the test's own process, or in workers with small mosaics."""

import dask
import distributed  # noqa: F401  its settings have to be there before one is overruled
import pytest

from eoexplore.jobs import index
from eoexplore.store import mosaic
from tests.indexing import run_here


@pytest.fixture
def in_this_process(monkeypatch):
    """Do the work of the pool here, on a smaller grid: quicker, and a test can interfere."""
    in_one_process(monkeypatch)


PRELOAD = "from eoexplore.store import mosaic\nmosaic.GRID = 8\n"


@pytest.fixture(scope="session")
def preload(tmp_path_factory):
    """A script for workers that makes their mosaics small: the rest of the grid is empty anyway."""
    path = tmp_path_factory.mktemp("preload") / "small_mosaics.py"
    path.write_text(PRELOAD)
    return path


@pytest.fixture
def small_mosaics(preload):
    """Let own workers write small mosaics."""
    with dask.config.set({"distributed.worker.preload": [str(preload)]}):
        yield


def in_one_process(patch):
    """As the fixture, for as long as a patch holds."""
    patch.setattr(mosaic, "GRID", 8)
    patch.setattr(index, "_run", run_here)
