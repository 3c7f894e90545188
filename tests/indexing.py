"""An index made in the test's own process: workers take longer to start than a few patches do."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from eoexplore.jobs import index, parts
from eoexplore.jobs.progress import Cancelled
from eoexplore.store import mosaic
from eoexplore.store.catalog import Opened


def run_here(
    todo: Any, hands: object, cancelled: Callable[[], bool], meanwhile: object
) -> Iterator[Any]:
    """Do here what the index has its workers do."""
    for work in todo:
        if cancelled():
            raise Cancelled
        assert parts.make(work)
        yield work


def build(slug: str, *, overviews: bool = False) -> Opened:
    """Bring the index of a dataset up to date.

    Args:
        slug: name of the dataset in the catalog.
        overviews: whether mosaics get smaller copies of themselves, as an index has them. They
            take nine tenths of the time of a few patches, for the empty rest of their tile; where
            there are none, GDAL takes pixels of the mosaic.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(index, "_run", run_here)
        if not overviews:
            patch.setitem(mosaic._COG, "overviews", "NONE")
        return index.build(slug, workers=1)
