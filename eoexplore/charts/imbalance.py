"""How unequal the classes are and how many labels a patch has, each figure with its source."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from eoexplore.analysis import imbalance
from eoexplore.charts import _labels
from eoexplore.charts.chart import Asked, Chart, Kind, Option, Part


@dataclass(frozen=True)
class _Figure:
    """One line of the table."""

    name: str
    """Name for scripts."""
    title: str
    """What a user reads."""
    says: str
    """Definition and range."""
    source: str
    """Where it was defined."""
    of: Callable[[Asked, Part, _labels.Counts], float]
    """Works it out of a part and its counts per class."""
    labels: bool = False
    """Whether it is of labels of patches only, whatever is counted."""


_FIGURES = (
    _Figure(
        "imbalance_ratio",
        "Imbalance ratio",
        "The largest class over the smallest one that occurs; 1 where all are equal.",
        "Buda et al. 2018, doi:10.1016/j.neunet.2018.07.011",
        lambda _, __, counts: imbalance.imbalance_ratio(counts),
    ),
    _Figure(
        "effective_classes",
        "Effective number of classes",
        "So many classes of equal size would be as diverse: the exponential of the entropy.",
        "Hill 1973, doi:10.2307/1934352, order 1",
        lambda _, __, counts: imbalance.effective_classes(counts),
    ),
    _Figure(
        "gini",
        "Gini coefficient",
        "0 where all classes are equal, 1 − 1/k where one of k has everything; classes that never "
        "occur count as 0.",
        "Gini 1912, Variabilità e mutabilità",
        lambda _, __, counts: imbalance.gini(counts),
    ),
    _Figure(
        "classes",
        "Classes that occur",
        "Of all classes of the dataset.",
        "count",
        lambda _, __, counts: float(np.count_nonzero(counts)),
    ),
    _Figure(
        "cardinality",
        "Label cardinality",
        "Mean number of labels of a patch.",
        "Tsoumakas and Katakis 2007, doi:10.4018/jdwm.2007070101",
        lambda asked, part, _: imbalance.cardinality(asked.masks[part.mask]),
        labels=True,
    ),
    _Figure(
        "density",
        "Label density",
        "Label cardinality over the number of classes of the dataset.",
        "Tsoumakas and Katakis 2007, doi:10.4018/jdwm.2007070101",
        lambda asked, part, _: (
            imbalance.cardinality(asked.masks[part.mask]) / max(1, len(asked.classes))
        ),
        labels=True,
    ),
    _Figure(
        "distinct_sets",
        "Distinct label sets",
        "How many different combinations of labels there are.",
        "count",
        lambda asked, part, _: float(_sets(asked, part)),
        labels=True,
    ),
    _Figure(
        "without_label",
        "Patches without a label",
        "They count in cardinality and density with 0.",
        "count",
        lambda asked, part, _: float((asked.masks[part.mask] == 0).sum()),
        labels=True,
    ),
)


def _sets(asked: Asked, part: Part) -> int:
    number, has = _labels.label_sets(asked)
    return int(np.count_nonzero(np.bincount(number[part.mask], minlength=len(has))))


def make(asked: Asked) -> Chart:
    """Work out all figures for each part."""
    pixels = asked.options["of"] == "pixels"
    counts = _labels.counts_of(asked, pixels=pixels)
    values = [
        [item.of(asked, part, own) for item in _FIGURES]
        for part, own in zip(asked.parts, counts, strict=True)
    ]
    first = dict(zip((item.name for item in _FIGURES), values[0], strict=True))
    return Chart(
        title=_title(first, len(asked.classes)),
        sentence=_sentence(first, pixels),
        table=_table(asked, values, pixels),
        notes=(
            "Counts of classes are "
            + ("pixels of the label maps, all dates added up." if pixels else "patches."),
            *(_labels.without_map(asked) if pixels else ()),
            *(_labels.compared(asked, counts, pixels=pixels) if len(counts) > 1 else ()),
        ),
        facts=_facts(values),
    )


def _title(first: dict[str, float], classes: int) -> str:
    if np.isnan(first["effective_classes"]):
        return "No class occurs"
    return f"{classes} classes are as diverse as {first['effective_classes']:.1f} of equal size"


def _sentence(first: dict[str, float], pixels: bool) -> str:
    if np.isnan(first["effective_classes"]):
        return "No patch of the selection has a label, so nothing can be said of imbalance."
    noun = "pixels" if pixels else "patches"
    return (
        f"The largest class has {first['imbalance_ratio']:,.1f} times the {noun} of the smallest "
        f"that occurs, and the Gini coefficient is {first['gini']:.3f}. A patch has "
        f"{first['cardinality']:.2f} labels on average, in {first['distinct_sets']:,.0f} distinct "
        "sets of labels."
    )


def _table(asked: Asked, values: list[list[float]], pixels: bool) -> pd.DataFrame:
    columns: dict[str, object] = {
        "Figure": [
            item.title + (" (of labels)" if pixels and item.labels else "") for item in _FIGURES
        ]
    }
    for part, own in zip(asked.parts, values, strict=True):
        columns[part.name if len(values) > 1 else "Value"] = _rounded(own)
    if len(values) > 1:
        columns["Difference"] = _rounded([a - b for a, b in zip(*values[:2], strict=True)])
    columns["What it says"] = [item.says for item in _FIGURES]
    columns["Source"] = [item.source for item in _FIGURES]
    return pd.DataFrame(columns)


def _rounded(values: list[float]) -> list[float]:
    """Return values with the digits that mean something, so that a table of all is readable."""
    return [float(f"{value:.6g}") if abs(value) < 1e5 else round(value, 1) for value in values]


def _facts(values: list[list[float]]) -> dict[str, object]:
    found = [
        {
            item.name: None if np.isnan(value) else value
            for item, value in zip(_FIGURES, own, strict=True)
        }
        for own in values
    ]
    return {**found[0], **({"compared": found[1]} if len(found) > 1 else {})}


CHART = Kind(
    name="imbalance",
    page="statistics",
    section="Classes",
    order=130,
    title="How unequal are the classes?",
    make=make,
    options=(Option("of", "Count", {"patches": "Patches", "pixels": "Label pixels"}),),
)
