"""Small datasets for tests of charts: made in memory, or written and indexed once."""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from eoexplore.charts.chart import Asked, Part, Split
from eoexplore.core.selection import parse
from eoexplore.core.types import Classes
from eoexplore.datasets._reben_facts import LAYERS
from eoexplore.datasets._reben_facts import classes as reben_classes
from eoexplore.datasets._reben_metadata import seasons
from eoexplore.store import base, catalog, prediction_columns
from eoexplore.store.catalog import Opened
from eoexplore.store.folder import BuildState, IndexFolder
from eoexplore.store.samples import Samples, with_places
from tests import builders, indexing

_NUMBERS = itertools.count()
FOREST, PASTURES, MARINE = "Broad-leaved forest", "Pastures", "Marine waters"


@dataclass(frozen=True)
class Row:
    """One patch of a dataset that is made in memory."""

    labels: tuple[str, ...] = (PASTURES,)
    x: int = 0
    y: int = 0
    tile: str = "33UUP"
    """MGRS tile; "" for a patch without a place."""
    date: str = "2017-06-13"
    """"" for a patch without a date."""
    split: str = "train"
    country: str = "Austria"
    flags: tuple[str, ...] = ()
    pixels: Mapping[int, int] = field(default_factory=dict)
    """Pixels of its label map by code; of a patch without a map, none."""
    product: str = "S2A_MSIL2A"


def grid(side: int, **more: object) -> list[Row]:
    """Return patches side by side: x to the right, y down, row by row."""
    return [Row(x=x, y=y, **more) for y in range(side) for x in range(side)]


def opened_of(rows: Sequence[Row], classes: Classes | None = None, slug: str = "made") -> Opened:
    """Return a dataset of patches in memory, in the order of the rows; it has no files."""
    classes = classes or reben_classes()
    frame = pd.DataFrame({"id": [f"patch_{number:05d}" for number in range(len(rows))]})
    for name in ("split", "country", "tile"):
        frame[name] = pd.Categorical([getattr(row, name) for row in rows])
    frame["date"] = pd.to_datetime([row.date or None for row in rows]).astype("datetime64[ms]")
    frame["season"] = pd.Categorical(seasons(frame["date"]))
    frame["product"] = pd.Categorical([f"{row.product}_{row.date}_{row.tile}" for row in rows])
    for name in ("x", "y"):
        frame[name] = pd.array([getattr(row, name) if row.tile else pd.NA for row in rows], "Int32")
    frame["labels"] = pd.Series([sorted(row.labels) for row in rows], dtype=object)
    frame["flags"] = pd.Series([list(row.flags) for row in rows], dtype=object)
    for layer in LAYERS:
        there = layer.kind == "categorical"
        frame[f"has_{layer.name}"] = [there and bool(row.pixels) for row in rows]
    mapped = any(row.pixels for row in rows)
    if mapped:
        for code in classes.codes:
            frame[f"area_{code}"] = np.array([row.pixels.get(code, 0) for row in rows], np.int32)
        frame["unlabelled_share"] = np.array(
            [_unlabelled(row, classes) for row in rows], np.float32
        )
    dataset = SimpleNamespace(
        name="reben", title="Made", classes=classes, layers=LAYERS, streams=(), synthetic=False
    )
    samples = Samples(with_places(base.completed(frame, classes)))
    folder = IndexFolder(Path("nowhere"))
    # One of its own, or it would have the prediction sets of another.
    fingerprint = f"{next(_NUMBERS):016x}"
    samples.predicted = prediction_columns.Source(fingerprint, samples, classes)
    return Opened(slug, dataset, samples, folder, fingerprint, BuildState(complete=mapped))


def _unlabelled(row: Row, classes: Classes) -> float:
    total = sum(row.pixels.values())
    own = {code for item in classes.classes for code in item.codes}
    return sum(n for code, n in row.pixels.items() if code not in own) / total if total else np.nan


def part_of(opened: Opened, text: str = "", name: str = "Selection") -> Part:
    """Return what a selection selects."""
    selection, notices = parse(text)
    assert notices == ()
    table = opened.samples.table(opened.dataset.classes)
    return Part(name, selection, table.select(selection).mask())


def asked_of(
    opened: Opened,
    *selections: str,
    splits: tuple[Split, ...] = (),
    palette: str = "official",
    **options: str,
) -> Asked:
    """Return the question that pages ask a chart: about one selection, or two."""
    names = ("Selection", "Compared with")
    parts = [
        part_of(opened, text, name) for text, name in zip(selections or ("",), names, strict=False)
    ]
    return Asked(opened, tuple(parts), options, palette, splits)


def split_of(opened: Opened, parts: Sequence[int] | None = None, rule: str = "released") -> Split:
    """Return a split: the table's own, or numbers of parts for each patch."""
    names = opened.samples.frame["split"].astype(str)
    numbers = names.map({"train": 0, "validation": 1, "test": 2}).fillna(-1)
    chosen = numbers.to_numpy() if parts is None else np.array(parts)
    return Split(rule, rule.capitalize(), f"The {rule} split.", chosen.astype(np.int8))


@pytest.fixture(scope="session")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """Return an indexed dataset of files: 2 x 2 places, each on two dates."""
    winter = builders.block("33UUP", 13.30, 48.10, date="20180110T101031", split="test")
    summer = tuple(replace(patch, date="20170613T101031", split="train") for patch in winter)
    root = builders.write_tree(tmp_path_factory.mktemp("charts") / "two-dates", winter + summer)
    opened = catalog.add(root)
    indexing.build(opened.slug)
    return catalog.open_slug(opened.slug)
