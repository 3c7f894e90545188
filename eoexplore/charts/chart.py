"""What a chart is asked, and what it answers: a sentence, a table, and a figure of the table."""

import functools
import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore import charts
from eoexplore.core import split as core_split
from eoexplore.core.errors import EOExploreError, UnknownName
from eoexplore.core.selection import ClassRule, Selection
from eoexplore.core.types import LabelClass
from eoexplore.render import palettes
from eoexplore.store.catalog import Opened
from eoexplore.store.prediction_sets import PredictionSet
from eoexplore.store.truth import Truth

Mask = npt.NDArray[np.bool_]
Page = Literal["statistics", "splits", "evaluation", "quality"]
TRAIN, VALIDATION, TEST = SPLITS = core_split.SPLITS
Split = core_split.Split


class CannotTell(EOExploreError):
    """What the dataset or the selection lacks for a chart, and what would help; one sentence."""


@dataclass(frozen=True)
class Part:
    """Samples that are looked at together; a chart shows one part, or two side by side."""

    name: str
    """What a user reads, such as "Selection"."""
    selection: Selection
    """What was asked for."""
    mask: Mask
    """Which samples, shape (n,)."""

    @functools.cached_property
    def rows(self) -> npt.NDArray[np.intp]:
        """Rows of the samples, in the order of the table."""
        return np.flatnonzero(self.mask)

    def __len__(self) -> int:
        """Return the number of samples."""
        return len(self.rows)

    def only(self, *classes: str, **conditions: object) -> str:
        """Return the canonical text of the selection with more conditions: what a click selects.

        Args:
            classes: names of classes that all must be there.
            conditions: values of other conditions by their keys, such as split=("train",); those
                of the same key are replaced.
        """
        found = self.selection
        if classes:
            rules = cast(tuple[ClassRule, ...], found.get("class") or ())
            found = found.replace("class", _merged((*rules, ClassRule("all", classes))))
        for key, value in conditions.items():
            found = found.replace(key, value)
        return found.canonical()


def _merged(rules: tuple[ClassRule, ...]) -> tuple[ClassRule, ...]:
    """Return rules with one of each mode, as the grammar has them; "any" twice stays "any"."""
    names: dict[str, set[str]] = {}
    for rule in rules:
        names.setdefault(rule.mode, set()).update(rule.names)
    return tuple(ClassRule(mode, tuple(sorted(names[mode]))) for mode in sorted(names))


@dataclass(frozen=True)
class Option:
    """One thing that a chart lets the user choose."""

    name: str
    """Short and lower case: addresses and the command line have it, as CHART.NAME=VALUE."""
    title: str
    """What a user reads."""
    values: Mapping[str, str]
    """What a user reads for each value."""
    ordered: bool = False
    """Whether the values go from little to much: the page shows a slider."""
    default: str = ""
    """Value that counts where none is chosen; the first one if empty."""
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Values of options before it with which it means something, by name; hidden otherwise."""

    @property
    def initial(self) -> str:
        """Value that counts where none is chosen."""
        return self.default or next(iter(self.values))

    def counts(self, chosen: Mapping[str, str]) -> bool:
        """Tell whether it means something beside the chosen values of the options before it."""
        return all(chosen.get(name) in values for name, values in self.when.items())


@dataclass(frozen=True)
class Asked:
    """What a chart is asked."""

    opened: Opened
    """Dataset and index."""
    parts: tuple[Part, ...]
    """The selection and, where two are compared, the other one."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Chosen values of the chart's own options, by name; all of them."""
    palette: str = palettes.OFFICIAL
    """Colours of the classes."""
    splits: tuple[Split, ...] = ()
    """On the splits page, the one that is audited, then those it is compared with."""
    predictions: tuple[PredictionSet, ...] = ()
    """On the evaluation page, the set that is judged and, where two are, the one beside it."""
    truth: Truth | None = None
    """Labels to judge by instead of the stored ones; none for these."""

    def choosing(self, name: str, options: Mapping[str, str]) -> "Asked":
        """Return the same question with the options of one chart, out of those of many.

        Args:
            name: of the chart.
            options: chosen values by CHART.NAME.
        """
        own = [(*key.split(".", 1), value) for key, value in options.items() if "." in key]
        return replace(self, options={key: value for kind, key, value in own if kind == name})

    @property
    def part(self) -> Part:
        """The selection."""
        return self.parts[0]

    @property
    def split(self) -> Split:
        """The split that is audited."""
        return self.splits[0]

    @property
    def frame(self) -> pd.DataFrame:
        """The sample table of the whole dataset."""
        return self.opened.samples.frame

    @property
    def classes(self) -> tuple[LabelClass, ...]:
        """The classes in the dataset's order, in the colours of the palette."""
        return palettes.coloured(self.opened.dataset.classes, self.palette).classes

    @property
    def masks(self) -> npt.NDArray[np.uint64]:
        """Scene labels of all samples, a bit for each class; shape (n,)."""
        return self.frame["label_mask"].to_numpy(np.uint64)


@dataclass(frozen=True)
class Chart:
    """What a chart answers."""

    title: str
    """The finding or the question."""
    sentence: str
    """What it shows, with numbers; the text alternative of the figure."""
    table: pd.DataFrame
    """The same numbers as the figure, with columns that a user reads; no index."""
    figure: Any = None
    """A plotly Figure; none where a table says it better."""
    notes: tuple[str, ...] = ()
    """Definitions with their source, and what cannot be told; one sentence each."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """Single numbers, by a name for scripts; plain JSON values, None where unknown."""
    job: tuple[str, ...] = ()
    """Arguments of the command that makes a first estimate better; empty where it is finished."""
    tabular: bool = False
    """Whether the table tells more than the figure, so that it stands open."""


@dataclass(frozen=True)
class Kind:
    """One chart that there is."""

    name: str
    """Name of its module."""
    page: Page
    """Page that shows it."""
    section: str
    """What it stands under there."""
    order: int
    """Place on the page: sections stand in the order of their first charts."""
    title: str
    """What a user reads before it is worked out."""
    make: Callable[[Asked], Chart]
    """Works it out; raises CannotTell, with a sentence for the user."""
    options: tuple[Option, ...] | Callable[[Asked], tuple[Option, ...]] = ()
    """What the user can choose; a function where that depends on the dataset."""

    def __call__(self, asked: Asked) -> Chart:
        """Work it out, with the default of each option that is not chosen.

        Raises:
            CannotTell: the dataset or the selection lacks what it needs.
        """
        return self.make(replace(asked, options=self.choose(asked)))

    def offered(self, asked: Asked) -> tuple[Option, ...]:
        """Return what can be chosen."""
        return self.options(asked) if callable(self.options) else self.options

    def choose(self, asked: Asked) -> dict[str, str]:
        """Return the value of each option: the chosen one where there is such a value."""
        return {
            option.name: value
            if (value := asked.options.get(option.name, "")) in option.values
            else option.initial
            for option in self.offered(asked)
        }


@functools.cache
def kinds(page: Page) -> tuple[Kind, ...]:
    """Return the charts of a page in their order."""
    found = []
    for module in pkgutil.iter_modules(charts.__path__):
        if not module.name.startswith("_"):
            loaded = importlib.import_module(f"{charts.__name__}.{module.name}")
            found += [loaded.CHART] if hasattr(loaded, "CHART") else []
    return tuple(sorted((kind for kind in found if kind.page == page), key=lambda kind: kind.order))


def kind(page: Page, name: str) -> Kind:
    """Return a chart by its name.

    Raises:
        UnknownName: with the names that there are.
    """
    for item in kinds(page):
        if item.name == name:
            return item
    known = ", ".join(item.name for item in kinds(page))
    raise UnknownName(f"There is no chart {name[:80]!r}. Charts: {known}.")


def table(columns: Mapping[str, Sequence[Any] | npt.NDArray[Any]]) -> pd.DataFrame:
    """Return columns as a table."""
    return pd.DataFrame(dict(columns))
