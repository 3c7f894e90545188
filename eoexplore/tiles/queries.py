"""Questions about a dataset that are answered over HTTP: one module of this package, one theme.

A module that lists `QUERIES` is found by itself; nothing else is edited for a new address.
"""

import importlib
import pkgutil
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Literal

from starlette.responses import Response

from eoexplore import tiles
from eoexplore.store.catalog import Opened
from eoexplore.tiles.scene import Scene, Shown, scene_of
from eoexplore.tiles.tile import Answer, shown_by

Json = Mapping[str, object]


@dataclass(frozen=True)
class Asked:
    """One request, taken apart."""

    opened: Opened
    """The dataset that it is about."""
    parts: Mapping[str, str]
    """Named groups of the address's pattern."""
    query: Mapping[str, str]
    """Parameters after the question mark."""

    @cached_property
    def scene(self) -> Scene:
        """The dataset, prepared for drawing."""
        return scene_of(self.opened)

    def shown(self) -> tuple[Shown, tuple[str, ...]]:
        """Return the patches of its select and date, and a sentence for each unusable part."""
        return shown_by(self.scene, self.query.get("select", ""), self.query.get("date", ""))

    def number(self, name: str, default: int, low: int, high: int) -> int:
        """Return a whole number of the query, cut to low..high; the default if it is none."""
        try:
            value = int(self.query.get(name, ""))
        except ValueError:
            value = default
        return min(max(value, low), high)


@dataclass(frozen=True)
class Noted:
    """JSON data, with what could not be used of the request."""

    data: Json
    """The answer."""
    notices: tuple[str, ...]
    """One sentence each."""


@dataclass(frozen=True)
class Download:
    """A file that was written for this request and is removed once it is sent."""

    path: Path
    """The file."""
    media_type: str
    """What it is."""
    filename: str
    """Name that the browser saves it under."""


Found = Json | Noted | Answer | Download | Response | None
"""What a query may give; a response is sent as it is, none means "not found"."""


@dataclass(frozen=True)
class Query:
    """One form of address below a prefix, and what answers it."""

    prefix: str
    """First part of the path, such as "areas"."""
    pattern: re.Pattern[str]
    """What may follow the dataset's name and its slash; an empty pattern means nothing."""
    answer: Callable[[Asked], Found]
    """Answers a request; runs in a thread."""
    lane: Literal["query", "export"] = "query"
    """Exports wait for each other, and hold up nothing else."""


@cache
def all_queries() -> tuple[Query, ...]:
    """Return the queries of all modules of this package."""
    found: list[Query] = []
    for module in pkgutil.iter_modules(tiles.__path__):
        if not module.name.startswith("_"):
            loaded = importlib.import_module(f"{tiles.__name__}.{module.name}")
            found += getattr(loaded, "QUERIES", ())
    return tuple(found)
