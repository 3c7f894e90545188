"""Prepared views and the guided tour of a dataset: pieces of addresses, with words to them."""

import functools
import json
from typing import TypedDict

from eoexplore.core import settings
from eoexplore.store.catalog import Opened


class Stop(TypedDict):
    """One view."""

    title: str
    """What it is called."""
    text: str
    """What one sees there."""
    query: str
    """Parameters of the page's address; what it leaves out is as the dataset proposes it."""


class Tours(TypedDict):
    """What a dataset comes with; both lists may be empty."""

    views: list[Stop]
    """Prepared views, each on its own."""
    tour: list[Stop]
    """Stops of the guided tour, in their order."""


def tours_of(opened: Opened) -> Tours:
    """Return the prepared views and the tour of a dataset; there are some for the demo only."""
    name = f"{opened.dataset.name}-synthetic" if opened.dataset.synthetic else opened.dataset.name
    return _read(name)


@functools.cache
def _read(name: str) -> Tours:
    path = settings.assets_folder() / "tours" / f"{name}.json"
    if not path.is_file():
        return {"views": [], "tour": []}
    stored: Tours = json.loads(path.read_text(encoding="utf-8"))
    return stored
