"""How many patches are for training, validation and test: in all, and by country or date."""

import numpy as np
import pandas as pd

from eoexplore.charts import _groups, _parts, _predicted, _stacks
from eoexplore.charts.chart import SPLITS, Asked, CannotTell, Chart, Kind, Option

ALL = "All"
_MOST_GROUPS = 60
_NAMES = (*SPLITS, _parts.OUTSIDE)


def make(asked: Asked) -> Chart:
    """Count the patches of each part, in all and in each group."""
    sizes = _parts.sizes(asked, asked.split)
    if not sizes[: len(SPLITS)].any():
        raise CannotTell(
            f"No patch of the selection is in a part of the split “{asked.split.title}”. "
            "Choose a wider selection or another split."
        )
    labels, counts, selections, left_out = _counted(asked, sizes)
    names = [name for name, size in zip(_NAMES, sizes, strict=True) if size or name in SPLITS]
    shares = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    shown = shares if asked.options["as"] == "share" else counts
    digits = ".1%" if asked.options["as"] == "share" else ","
    series = {name: shown[:, number] for number, name in enumerate(names)}
    figure = _stacks.stacked(
        labels,
        _parts.pieces(labels, series, digits=digits, selections=selections),
        quantity="Share of the patches" if asked.options["as"] == "share" else "Patches",
        digits=digits,
    )
    columns: dict[str, object] = {_title(asked): labels, "patches": counts.sum(1)}
    columns |= {name: counts[:, number] for number, name in enumerate(names)}
    columns |= {f"share of {name}": shares[:, number] for number, name in enumerate(names)}
    notes = [f"{left_out:,} smaller groups are left out."] if left_out else []
    return Chart(
        title=_finding(sizes),
        sentence=_sentence(sizes),
        table=pd.DataFrame(columns),
        figure=figure,
        notes=(
            f"“{asked.split.title}”: {asked.split.made}",
            *notes,
            *_predicted.notes(asked, asked.options["by"]),
        ),
        facts={"sizes": dict(zip(_NAMES, sizes.tolist(), strict=True))},
    )


def _title(asked: Asked) -> str:
    by = asked.options["by"]
    return "Patches" if by == "none" else _groups.grouping(asked, by).title


def _counted(
    asked: Asked, sizes: _parts.Counts
) -> tuple[list[str], _parts.Counts, dict[str, list[str | None]], int]:
    """Return names of groups, their patches in each part, what clicks select, groups left out."""
    by = asked.options["by"]
    if by == "none":
        whole = {name: [_parts.selection_of(asked, asked.split, name)] for name in SPLITS}
        return [ALL], sizes[None], whole, 0
    found = _groups.grouping(asked, by)
    own = np.where(asked.split.parts < 0, len(SPLITS), asked.split.parts)[asked.part.mask]
    cell = found.codes[asked.part.mask] * len(_NAMES) + own
    counts = np.bincount(cell, minlength=len(found.names) * len(_NAMES))
    counts = counts.reshape(-1, len(_NAMES)).astype(np.int64)
    there = np.flatnonzero(counts.sum(1))
    largest = there[np.argsort(-counts[there].sum(1), kind="stable")]
    chosen = np.sort(largest[:_MOST_GROUPS])
    clicks: dict[str, list[str | None]] = {}
    if asked.split.rule == _parts.RELEASED:
        own_keys = [_groups.condition(asked, by, found.values[n]) for n in chosen]
        for name in SPLITS:
            clicks[name] = [
                None if one is None else asked.part.only(**one, split=(name,)) for one in own_keys
            ]
    left_out = len(there) - len(chosen)
    return [found.names[number] for number in chosen], counts[chosen], clicks, left_out


def _finding(sizes: _parts.Counts) -> str:
    whole = sizes[: len(SPLITS)].sum()
    said = " / ".join(f"{size / whole:.0%}" for size in sizes[: len(SPLITS)])
    return f"Training, validation and test have {said} of the patches"


def _sentence(sizes: _parts.Counts) -> str:
    whole = int(sizes.sum())
    said = ", ".join(
        f"{size:,} ({size / whole:.1%}) for {word}"
        for word, size in zip(("training", "validation", "test"), sizes, strict=False)
    )
    outside = f"; {sizes[-1]:,} are in no part" if sizes[-1] else ""
    return f"Of {whole:,} patches, {said}{outside}."


def _options(asked: Asked) -> tuple[Option, ...]:
    ways = {key: title for key, title in _groups.ways(asked).items() if key != "split"}
    return (
        Option("by", "By", {"none": "All together"} | ways),
        Option("as", "As", {"share": "Shares", "number": "Numbers"}),
    )


CHART = Kind(
    name="split_sizes",
    page="splits",
    section="The split",
    order=100,
    title="How large are the parts?",
    make=make,
    options=_options,
)
