"""The classes in the CORINE hierarchy: pixels at levels 1, 2 and 3, or labels where it is told."""

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.charts import _compare, _figures, _labels
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option, Part
from eoexplore.core import nomenclature
from eoexplore.core.types import Classes
from eoexplore.render import palettes

Counts = npt.NDArray[np.int64]
_TREE = "tree"
_LEVELS = {"clc1": "Bars of level 1", "clc2": "Bars of level 2", "clc3": "Bars of level 3"}
_TREE_PX = 560
_WRAP = 18
"""Characters of a line of a name in the tree."""
_LEAST_PX = 9
"""Size of letters below which a name in the tree is left out; one can point at it."""
_SAMPLED = "Sampled: pixels of all label maps; a place of several dates counts as often."
_GROUPED = (
    "Without label maps only labels are known, and a class of this dataset may group several "
    "codes of CORINE level 3, so levels 2 and 3 cannot be told. A patch counts once for each of "
    "its labels."
)


@dataclass(frozen=True)
class _Leaf:
    """A node of the tree without others below it."""

    path: tuple[str, ...]
    """Names from level 1 on down to its own."""
    colours: tuple[str, ...]
    """Colour of each of them."""
    code: str
    """CORINE code, where it has one."""


def make(asked: Asked) -> Chart:
    """Draw the tree, or the bars of one level, of each part."""
    levels = nomenclature.levels(asked.opened.dataset.classes)
    if "clc1" not in levels:
        raise CannotTell(
            "The label maps of this dataset have no CORINE codes, so there is no hierarchy of its "
            "classes. The counts of the classes stand above."
        )
    if not any(len(part) for part in asked.parts):
        raise CannotTell("No patch is selected, so there is nothing to count. Drop a condition.")
    coloured = {name: palettes.coloured(own, asked.palette) for name, own in levels.items()}
    mapped = any(_labels.mapped_pixels(asked, part) for part in asked.parts)
    shown = asked.options["show"]
    if shown == _TREE:
        return _tree(asked, *(_of_pixels if mapped else _of_labels)(asked, coloured), mapped)
    if not mapped and shown != "clc1":
        raise CannotTell(f"{_labels.no_maps(asked)} {_GROUPED} Choose level 1.")
    return _bars(asked, coloured[shown], mapped)


def _parents(level1: Classes, code: int) -> tuple[str, str]:
    item = level1.class_of(code)
    return item.name, item.colour


def _of_pixels(asked: Asked, levels: dict[str, Classes]) -> tuple[list[_Leaf], list[Counts]]:
    """Return the codes of level 3 with their pixels in each part."""
    leaves, codes = [], []
    for item in levels["clc3"].classes:
        above = [_parents(levels[name], item.codes[0]) for name in ("clc1", "clc2")]
        names, colours = zip(*above, (item.name, item.colour), strict=True)
        leaves.append(_Leaf(names, colours, str(item.codes[0])))
        codes.append(item.codes)
    own = levels["clc3"].unlabelled
    leaves.append(_Leaf((own.name,), (own.colour,), str(nomenclature.UNLABELLED)))
    codes.append(own.codes)
    return leaves, [_pixels(asked, part, codes) for part in asked.parts]


def _pixels(asked: Asked, part: Part, codes: Sequence[Sequence[int]]) -> Counts:
    """Return the pixels of groups of codes, shape (groups,)."""
    frame = asked.frame
    return np.array(
        [
            sum(
                int(frame[f"area_{code}"].to_numpy()[part.mask].sum(dtype=np.int64))
                for code in own
                if f"area_{code}" in frame
            )
            for own in codes
        ],
        np.int64,
    )


def _of_labels(asked: Asked, levels: dict[str, Classes]) -> tuple[list[_Leaf], list[Counts]]:
    """Return the classes below their level 1 with their patches in each part."""
    leaves = []
    for item in asked.classes:
        above = {_parents(levels["clc1"], code) for code in item.codes}
        # A class that reaches over two of level 1 stands by itself.
        path = [*(above if len(above) == 1 else ()), (item.name, item.colour)]
        names, colours = zip(*path, strict=True)
        leaves.append(_Leaf(names, colours, ""))
    return leaves, [_labels.patches_of(asked, part) for part in asked.parts]


def _tree(asked: Asked, leaves: list[_Leaf], counts: list[Counts], mapped: bool) -> Chart:
    noun = "Pixels" if mapped else "Labels"
    figure = go.Figure()
    for number, (part, own) in enumerate(zip(asked.parts, counts, strict=True)):
        width = 1 / len(counts)
        figure.add_trace(_treemap(leaves, own, noun, part.name if len(counts) > 1 else "All"))
        figure.data[number].domain = {"x": [number * width, (number + 1) * width - 0.01]}
    figure.update_layout(height=_TREE_PX, uniformtext={"minsize": _LEAST_PX, "mode": "hide"})
    tops = _sums(leaves, counts[0], 1)
    return Chart(
        title=_title(tops, "pixels" if mapped else "labels"),
        sentence=_sentence(tops, noun.lower()),
        table=_tree_table(asked, leaves, counts, noun),
        figure=_figures.plain(figure, legend=False),
        notes=_notes(asked, counts, mapped),
        facts={"level 1": {name: int(value) for name, value in tops.items()}},
    )


def _sums(leaves: list[_Leaf], counts: Counts, depth: int) -> dict[str, int]:
    """Return what the leaves below each node of a depth add up to, the largest first."""
    found: dict[str, int] = {}
    for leaf, count in zip(leaves, counts.tolist(), strict=True):
        name = leaf.path[min(depth, len(leaf.path)) - 1]
        found[name] = found.get(name, 0) + count
    return dict(sorted(found.items(), key=lambda item: -item[1]))


def _treemap(leaves: list[_Leaf], counts: Counts, noun: str, root: str) -> go.Treemap:
    """Draw nodes with their share of all; what has none is left out."""
    nodes: dict[tuple[str, ...], tuple[int, str]] = {}
    for leaf, count in zip(leaves, counts.tolist(), strict=True):
        for depth, colour in enumerate(leaf.colours, 1):
            before = nodes.get(leaf.path[:depth], (0, colour))[0]
            nodes[leaf.path[:depth]] = (before + count, colour)
    kept = [(path, *own) for path, own in nodes.items() if own[0]]
    total = max(1, int(counts.sum()))
    return go.Treemap(
        ids=[root, *("/".join((root, *path)) for path, _, _ in kept)],
        labels=[root, *(_label(path, leaves) for path, _, _ in kept)],
        parents=["", *("/".join((root, *path[:-1])) for path, _, _ in kept)],
        values=[int(counts.sum()), *(count for _, count, _ in kept)],
        branchvalues="total",
        sort=True,
        marker={
            "colors": ["rgba(0,0,0,0)", *(colour for _, _, colour in kept)],
            "line": {"color": "#6b7280", "width": 0.6},
            "pad": {"t": 20, "l": 2, "r": 2, "b": 2},
        },
        text=["", *(f"{count / total:.1%}" for _, count, _ in kept)],
        textinfo="label+text",
        hovertext=[root, *(" > ".join(path) for path, _, _ in kept)],
        hovertemplate=f"%{{hovertext}}<br>{noun}: %{{value:,}}<br>%{{text}} of all<extra></extra>",
        tiling={"pad": 1},
        pathbar={"visible": False},
    )


def _label(path: tuple[str, ...], leaves: list[_Leaf]) -> str:
    """Return a name in short lines where there is room for them: others stand in a strip."""
    if all(leaf.path != path for leaf in leaves):
        return path[-1]
    return "<br>".join(textwrap.wrap(path[-1], _WRAP))


def _title(tops: dict[str, int], noun: str) -> str:
    name, value = next(iter(tops.items()))
    if not value:
        return f"There are no {noun} in the selection"
    return f"{name}: {value / sum(tops.values()):.0%} of the {noun}"


def _sentence(tops: dict[str, int], noun: str) -> str:
    total = sum(tops.values())
    said = ", ".join(f"{name} {value / total:.1%}" for name, value in tops.items() if value)
    return f"Of {total:,} {noun}: {said}." if total else f"The selection has no {noun}."


def _tree_table(asked: Asked, leaves: list[_Leaf], counts: list[Counts], noun: str) -> pd.DataFrame:
    depth = max(len(leaf.path) for leaf in leaves)
    titles = [f"Level {number}" for number in range(1, depth + 1)]
    if noun == "Labels":
        titles[-1] = "Class"
    columns: dict[str, object] = {
        title: [leaf.path[number] if number < len(leaf.path) else "" for leaf in leaves]
        for number, title in enumerate(titles)
    }
    if noun == "Pixels":
        columns["Code"] = [leaf.code for leaf in leaves]
    found = pd.DataFrame(columns | _columns(asked, counts, noun.lower()))
    there = np.sum(counts, axis=0) > 0
    kept: pd.DataFrame = found[there].reset_index(drop=True)
    return kept


def _columns(asked: Asked, counts: list[Counts], noun: str) -> dict[str, object]:
    """Return the columns of numbers of each part, and their difference."""
    columns: dict[str, object] = {}
    shares = []
    for part, own in zip(asked.parts, counts, strict=True):
        before = f"{part.name}: " if len(counts) > 1 else ""
        shares.append(own / max(1, own.sum()))
        columns[f"{before}{noun}"], columns[f"{before}share of {noun}"] = own, shares[-1]
    if len(shares) > 1:
        columns["Difference of shares"] = shares[0] - shares[1]
    return columns


def _bars(asked: Asked, level: Classes, mapped: bool) -> Chart:
    items = [*level.classes, *([level.unlabelled] if mapped else [])]
    noun = "pixels" if mapped else "patches"
    if mapped:
        counts = [_pixels(asked, part, [item.codes for item in items]) for part in asked.parts]
    else:
        counts = [_patches(asked, part, level) for part in asked.parts]
    order = np.argsort(-counts[0], kind="stable")
    order = order[np.sum(counts, axis=0)[order] > 0]
    names = [items[number].name for number in order]
    tops = {items[number].name: int(counts[0][number]) for number in order} or {"": 0}
    table = pd.DataFrame({"Class": [item.name for item in items]} | _columns(asked, counts, noun))
    return Chart(
        title=_title(tops, noun) if mapped else "Patches by CORINE level 1",
        sentence=_sentence(tops, noun)
        if mapped
        else "; ".join(f"{name} {value:,} patches" for name, value in tops.items()) + ".",
        table=table.iloc[order].reset_index(drop=True),
        figure=_figures.bars(
            names,
            {part.name: own[order] for part, own in zip(asked.parts, counts, strict=True)},
            quantity="Label pixels of 10 m, sampled" if mapped else "Patches with such a label",
            colours=[items[number].colour for number in order],
        ),
        notes=_notes(asked, counts, mapped),
        facts={name: value for name, value in tops.items() if name},
    )


def _patches(asked: Asked, part: Part, level: Classes) -> Counts:
    """Return the patches with any label below each class of level 1, shape (classes,)."""
    number, has = _labels.label_sets(asked)
    times = np.bincount(number[part.mask], minlength=len(has))
    below = [[set(own.codes) <= set(item.codes) for own in asked.classes] for item in level.classes]
    found = [has[:, own].any(1) @ times for own in below]
    return np.array(found, np.int64)


def _notes(asked: Asked, counts: list[Counts], mapped: bool) -> tuple[str, ...]:
    notes = [_SAMPLED, *_labels.without_map(asked)] if mapped else [_GROUPED]
    notes.append(
        "Names and codes: CORINE Land Cover, Copernicus Land Monitoring Service. It has colours "
        "for level 3 only; a class above has that of its first one."
        if asked.palette == palettes.OFFICIAL
        else "Names and codes: CORINE Land Cover, Copernicus Land Monitoring Service."
    )
    if len(counts) > 1:
        one, other = counts[:2]
        if not one.any() or not other.any():
            return (*notes, _compare.NOTHING)
        notes += [*_compare.shared(asked), _compare.jensen_shannon(one, other, None)]
    return tuple(notes)


CHART = Kind(
    name="class_hierarchy",
    page="statistics",
    section="Classes",
    order=110,
    title="What do the classes add up to in the CORINE hierarchy?",
    make=make,
    options=(Option("show", "Show", {_TREE: "Tree of levels 1 to 3", **_LEVELS}),),
)
