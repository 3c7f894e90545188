"""Figures of the sample table: filters and facets against pandas, page messages, opening."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from benchmarks.area import Data
from benchmarks.figures import Figure, Watch, compare
from eoexplore.analysis import facets
from eoexplore.core.selection import Selection
from eoexplore.store import selections
from eoexplore.store.catalog import Opened

FILTER = ">= 20"
_FACETS_FACTOR = 3
"""Facets may take so many times as long as the filter may."""
_BOX_DEGREES = 4.0


class Questions:
    """Selections, and the same in the words of `DataFrame.query`; none is asked twice."""

    def __init__(self, opened: Opened, seed: int = 4) -> None:
        """Take the values from a table.

        Args:
            opened: the dataset.
            seed: another one asks for other values.
        """
        self._random = np.random.default_rng(seed)
        self._samples = opened.samples
        self.classes = opened.dataset.classes.names
        frame = opened.samples.frame
        names = ("split", "country", "season")
        self.options = {
            name: [text for text in frame[name].cat.categories if text] for name in names
        }

    def frame(self) -> pd.DataFrame:
        """Return the table for pandas: a boolean column per class, categorical texts, places."""
        source = self._samples.frame
        labels = source["label_mask"].to_numpy(np.uint64)
        columns = {f"c{bit}": labels >> np.uint64(bit) & np.uint64(1) > 0 for bit in range(19)}
        texts = {name: source[name] for name in self.options}
        return pd.DataFrame(
            {**columns, **texts, "lon": self._samples.lon, "lat": self._samples.lat}
        )

    def ask(self, *kinds: str) -> tuple[Selection, str]:
        """Return a selection with some conditions, and the expression that asks pandas the same."""
        parts = [self._part(kind) for kind in kinds]
        selection, notices = selections.parse("&".join(text for text, _ in parts))
        assert not notices, notices
        return selection, " and ".join(f"({expression})" for _, expression in parts)

    def _part(self, kind: str) -> tuple[str, str]:
        if kind == "class":
            pair = sorted(self._random.choice(len(self.classes), 2, replace=False).tolist())
            names = "|".join(self.classes[bit] for bit in pair)
            return f"class=any:{names}", " or ".join(f"c{bit}" for bit in pair)
        if kind == "box":
            places = self._samples.lon, self._samples.lat
            row = int(self._random.integers(len(self._samples)))
            west, south = (float(values[row]) - _BOX_DEGREES / 2 for values in places)
            west, south = round(west, 5), round(south, 5)
            east, north = round(west + _BOX_DEGREES, 5), round(south + _BOX_DEGREES, 5)
            return (
                f"box={west},{south},{east},{north}",
                f"lon >= {west} and lon <= {east} and lat >= {south} and lat <= {north}",
            )
        chosen = str(self._random.choice(self.options[kind]))
        return f"{kind}={chosen}", f"{kind} == '{chosen}'"


KINDS = ("class", "split", "country", "season", "box")


def figures(opened: Opened, watch: Watch, repeats: int) -> list[Figure]:
    """Return the figures of filters and facets.

    Args:
        opened: the dataset.
        watch: the clock.
        repeats: measurements of each.
    """
    questions = Questions(opened)
    frame = questions.frame()
    table = opened.samples.table(opened.dataset.classes)
    _prepare(table.select, questions, frame)
    found = []
    together: list[float] = []
    for kinds in (KINDS, *((kind,) for kind in KINDS)):
        own, theirs = [], []
        for _ in range(max(repeats, 5)):
            selection, expression = questions.ask(*kinds)
            own.append(watch.ms(lambda chosen=selection: table.select(chosen)))
            theirs.append(watch.ms(lambda text=expression: frame.query(text, engine="numexpr")))
            _same(table.select(selection).mask(), frame, expression)
        name = ", ".join(kinds)
        found.append(compare(f"filter {len(frame):,} rows by {name}", own, theirs, FILTER))
        together = together or theirs
    budget = float(np.median(together)) / float(FILTER[3:]) * _FACETS_FACTOR
    found += [
        _facets(opened, questions, watch, max(repeats, 5), budget, kinds)
        for kinds in (KINDS, ("class",), ("box",))
    ]
    return found


def _prepare(
    select: Callable[[Selection], object], questions: Questions, frame: pd.DataFrame
) -> None:
    """Let both sides make what they keep for good: bit sets, and numexpr's compiled expressions."""
    for _ in range(12):
        selection, expression = questions.ask(*KINDS)
        select(selection)
        frame.query(expression, engine="numexpr")
    for kind, options in questions.options.items():
        for option in options:
            select(selections.parse(f"{kind}={option}")[0])
    for name in questions.classes:
        select(selections.parse(f"class=any:{name}")[0])


def _same(mask: np.ndarray, frame: pd.DataFrame, expression: str) -> None:
    """Refuse a filter that is quick and wrong."""
    assert np.array_equal(mask, frame.eval(expression, engine="numexpr").to_numpy(bool)), expression


def _facets(
    opened: Opened,
    questions: Questions,
    watch: Watch,
    repeats: int,
    budget_ms: float,
    kinds: tuple[str, ...],
) -> Figure:
    table = opened.samples.table(opened.dataset.classes)
    columns = facets.columns(opened.samples.frame, opened.dataset.classes)

    def count(selection: Selection) -> object:
        parts = {key: table.part(key, value) for key, value in selection.conditions}
        return facets.count(columns, selection, parts, table.share)

    own = []
    count(questions.ask(*kinds)[0])
    for _ in range(repeats):
        selection, _ = questions.ask(*kinds)
        own.append(watch.ms(lambda chosen=selection: count(chosen)))
    name = f"facets of {len(columns):,} rows under {', '.join(kinds)}, against 3 filter budgets"
    return compare(name, own, budget_ms, "<= 1")


def opening(data: Data, opened: Opened, watch: Watch, repeats: int) -> Figure:
    """Return how long it takes to read the index again, without a server."""
    from eoexplore.store import samples

    classes = opened.dataset.classes
    own = watch.several(lambda: samples.read(opened.folder.samples, classes), repeats)
    theirs = watch.several(lambda: pd.read_parquet(data.released), repeats)
    return compare("opening the index, against read_parquet of the released table", own, theirs)
