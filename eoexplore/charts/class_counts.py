"""How many patches, or label pixels, each class has: in all, and by split, country or date."""

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pandas as pd

from eoexplore.charts import _figures, _groups, _labels, _predicted
from eoexplore.charts.chart import Asked, Chart, Kind, Option, Part

TOTAL = "All"
_MEASURES = {"patches": "Patches with the label", "pixels": "Pixels of the label maps"}
_MOST_GROUPS = 60


def make(asked: Asked) -> Chart:
    """Count the classes of each part, and of each group of the selection."""
    by, pixels = asked.options["by"], asked.options["of"] == "pixels"
    totals = _labels.counts_of(asked, pixels=pixels)
    order = np.argsort(-totals[0], kind="stable")
    if by != "none" and len(asked.parts) == 1:
        return _grouped(asked, by, order)
    names = [asked.classes[number].name for number in order]
    whole = [_whole(asked, part, pixels) for part in asked.parts]
    shares = asked.options["as"] == "share"
    series = {
        part.name: (own / max(1, all_) if shares else own)[order]
        for part, own, all_ in zip(asked.parts, totals, whole, strict=True)
    }
    figure = _figures.bars(
        names,
        series,
        quantity=_quantity(pixels, shares),
        colours=[asked.classes[number].colour for number in order],
        log=asked.options["scale"] == "log",
        digits=".2%" if shares else ",",
        selections=[asked.part.only(name) for name in names],
    )
    return Chart(
        title=_title(asked, totals[0], pixels),
        sentence=_sentence(asked, totals, whole, pixels),
        table=_table(asked, order, totals, whole, pixels),
        figure=figure,
        notes=_notes(asked, totals, pixels),
        facts=_facts(asked, totals, whole),
    )


def _facts(
    asked: Asked, totals: list[npt.NDArray[np.int64]], whole: list[int]
) -> dict[str, object]:
    classes = [item.name for item in asked.classes]
    found: list[dict[str, object]] = [
        {"all": all_, "classes": dict(zip(classes, own.tolist(), strict=True))}
        for own, all_ in zip(totals, whole, strict=True)
    ]
    return found[0] | ({"compared": found[1]} if len(found) > 1 else {})


def _quantity(pixels: bool, shares: bool) -> str:
    if shares:
        return "Share of the pixels of all label maps" if pixels else "Share of the patches"
    return "Label pixels of 10 m, sampled" if pixels else "Patches"


def _whole(asked: Asked, part: Part, pixels: bool) -> int:
    return _labels.mapped_pixels(asked, part) if pixels else len(part)


def _title(asked: Asked, counts: npt.NDArray[np.int64], pixels: bool) -> str:
    largest = asked.classes[int(np.argmax(counts))].name
    if not counts.any():
        return "No patch of the selection has a label"
    return f"{largest} covers the most pixels" if pixels else f"{largest} is the most common label"


def _sentence(
    asked: Asked, totals: list[npt.NDArray[np.int64]], whole: list[int], pixels: bool
) -> str:
    noun = "label pixels" if pixels else "patches"
    counts = totals[0]
    there = np.flatnonzero(counts)
    if not len(there):
        return f"None of the {whole[0]:,} {noun} has a class."
    most, least = int(np.argmax(counts)), int(there[np.argmin(counts[there])])
    text = (
        f"Of {whole[0]:,} {noun}, {counts[most]:,} ({counts[most] / whole[0]:.1%}) have "
        f"{asked.classes[most].name}, and {counts[least]:,} ({counts[least] / whole[0]:.2%}) have "
        f"{asked.classes[least].name}"
    )
    absent = len(counts) - len(there)
    return text + (f"; {absent} of the {len(counts)} classes never occur." if absent else ".")


def _table(
    asked: Asked,
    order: npt.NDArray[np.intp],
    totals: list[npt.NDArray[np.int64]],
    whole: list[int],
    pixels: bool,
) -> pd.DataFrame:
    columns: dict[str, object] = {"Class": [asked.classes[number].name for number in order]}
    noun = "pixels" if pixels else "patches"
    several = len(asked.parts) > 1
    shares = []
    for part, own, all_ in zip(asked.parts, totals, whole, strict=True):
        before = f"{part.name}: " if several else ""
        shares.append(own / max(1, all_))
        columns[f"{before}{noun}"] = own[order]
        columns[f"{before}share of {noun}"] = shares[-1][order]
    for one, other in pairwise(shares):
        columns["Difference of shares"] = (one - other)[order]
    return pd.DataFrame(columns)


def _notes(asked: Asked, totals: list[npt.NDArray[np.int64]], pixels: bool) -> tuple[str, ...]:
    notes = [] if pixels else ["A patch may have several labels: shares add up to more than 100 %."]
    if pixels:
        notes.append("Sampled: a place that was taken on several dates counts as often.")
        notes += _labels.without_map(asked)
    if len(asked.parts) > 1:
        notes += _labels.compared(asked, totals, pixels=pixels)
        if asked.options["by"] != "none":
            notes.append("While two selections are compared, groups are not shown.")
    return tuple(notes)


def _grouped(asked: Asked, by: str, order: npt.NDArray[np.intp]) -> Chart:
    pixels, shares = asked.options["of"] == "pixels", asked.options["as"] == "share"
    found = _groups.grouping(asked, by)
    count = _labels.pixels_by_group if pixels else _labels.patches_by_group
    counts, sizes = count(asked, asked.part, found)
    there = np.flatnonzero(sizes)
    if len(there) > _MOST_GROUPS:
        there = np.sort(there[np.argsort(-sizes[there], kind="stable")][:_MOST_GROUPS])
    groups = [found.names[number] for number in there]
    names = [asked.classes[number].name for number in order]
    table = pd.DataFrame({"Class": names, TOTAL: counts.sum(0)[order]})
    for number in there:
        table[found.names[number]] = counts[number][order]
    values = counts[np.ix_(there, order)].T.astype(np.float64)
    if shares:
        values = values / np.maximum(sizes[there], 1)
    logged = asked.options["scale"] == "log"
    shown = np.log10(values, where=values > 0, out=np.full(values.shape, np.nan))
    quantity, digits = _quantity(pixels, shares), ".2%" if shares else ",.0f"
    figure = _figures.heatmap(
        names,
        groups,
        shown if logged else values,
        _figures.Shade(f"log₁₀ of {quantity}" if logged else quantity, ".2f" if logged else digits),
        selections=_selections(asked, by, [found.values[number] for number in there], names),
        said=[[f"{quantity}: {value:{digits}}" for value in line] for line in values],
    )
    noun = "label pixels" if pixels else "patches"
    largest = int(there[np.argmax(sizes[there])])
    sizes_said = "; ".join(f"{found.names[n]} {sizes[n]:,}" for n in there[:12])
    return Chart(
        title=f"{_MEASURES[asked.options['of']]}, by {found.title.lower()}",
        sentence=f"Of {sizes.sum():,} {noun}, {found.names[largest]} has the most: "
        f"{sizes[largest]:,} ({sizes[largest] / max(1, sizes.sum()):.1%}). "
        f"{found.title}: {sizes_said}{' …' if len(there) > 12 else '.'}",
        table=table,
        figure=figure,
        notes=_predicted.notes(asked, by),
        facts={"sizes": {found.names[n]: int(sizes[n]) for n in np.flatnonzero(sizes)}},
    )


def _selections(
    asked: Asked, by: str, values: list[object], names: list[str]
) -> list[list[str | None]]:
    found = [_groups.condition(asked, by, value) for value in values]
    if not any(found):
        return []
    return [
        [None if own is None else asked.part.only(name, **own) for own in found] for name in names
    ]


def _options(asked: Asked) -> tuple[Option, ...]:
    """Offer shares first where two are compared: they differ in size."""
    several = len(asked.parts) > 1
    return (
        Option("of", "Count", {"patches": "Patches", "pixels": "Label pixels"}),
        Option("by", "By", {"none": "All together", **_groups.ways(asked)}),
        Option(
            "as",
            "As",
            {"number": "Numbers", "share": "Shares"},
            default="share" if several else "number",
        ),
        Option("scale", "Scale", {"linear": "Linear", "log": "Logarithmic"}),
    )


CHART = Kind(
    name="class_counts",
    page="statistics",
    section="Classes",
    order=100,
    title="How often does each class occur?",
    make=make,
    options=_options,
)
