"""Building an index in the test's own process."""

import pytest

from eoexplore.jobs import index, parts
from eoexplore.jobs.progress import Cancelled
from eoexplore.store import mosaic


@pytest.fixture
def in_this_process(monkeypatch):
    """Do the work of the pool here, on a smaller grid: quicker, and a test can interfere."""
    in_one_process(monkeypatch)


def in_one_process(patch):
    """As the fixture, for as long as a patch holds."""
    patch.setattr(mosaic, "GRID", 8)

    def run(todo, hands, cancelled, meanwhile):
        for work in todo:
            if cancelled():
                raise Cancelled
            assert parts.make(work)
            yield work

    patch.setattr(index, "_run", run)
