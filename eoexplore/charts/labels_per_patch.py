"""How many labels a patch has, and which labels are the whole set of most patches."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.charts import _compare, _figures, _labels
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option, Part

Counts = npt.NDArray[np.int64]
_SHOWN, _LISTED = 20, 200
"""Sets of labels in the figure, and in the table."""
_WORD, _LINE = 24, 64
"""Characters of a label, and of a line of labels, beside a bar."""
_ALONE = "Patches near each other are not independent: p is too small."
_COLOUR = _figures.FIRST


def make(asked: Asked) -> Chart:
    """Count the labels, or the sets of labels, of each part."""
    if not any(len(part) for part in asked.parts):
        raise CannotTell("No patch is selected, so there is nothing to count. Drop a condition.")
    return _sets(asked) if asked.options["show"] == "sets" else _numbers(asked)


def _times(asked: Asked, part: Part) -> Counts:
    """Return how many patches have each set of labels, shape (sets,)."""
    number, has = _labels.label_sets(asked)
    return np.asarray(np.bincount(number[part.mask], minlength=len(has)), np.int64)


def _numbers(asked: Asked) -> Chart:
    _, has = _labels.label_sets(asked)
    size = has.sum(1)
    times = [_times(asked, part) for part in asked.parts]
    most = max(int(size[own > 0].max(initial=0)) for own in times)
    totals = [
        np.bincount(size, own, len(asked.classes) + 1)[: most + 1].astype(np.int64) for own in times
    ]
    labels = [f"{count} label{'' if count == 1 else 's'}" for count in range(most + 1)]
    common = int(np.argmax(totals[0]))
    whole = max(1, len(asked.part))
    mean = float(totals[0] @ np.arange(most + 1)) / whole
    notes: list[str] = []
    if len(asked.parts) > 1:
        notes = _tests(asked, totals, np.eye(has.shape[1] + 1)[size])
    return Chart(
        title=f"Patches with {labels[common]} are most common",
        sentence=f"{totals[0][common]:,} of {len(asked.part):,} patches "
        f"({totals[0][common] / whole:.1%}) have {labels[common]}; the mean is {mean:.2f}, the "
        f"most {int(np.flatnonzero(totals[0]).max(initial=0))}.",
        table=_table(asked, {"Labels": list(range(most + 1))}, totals),
        figure=_bars(
            asked,
            labels,
            totals,
            [asked.part.only(nlabels=(count, count)) for count in range(most + 1)],
        ),
        notes=tuple(notes),
        facts={
            "patches": {str(count): int(total) for count, total in enumerate(totals[0])},
            "mean": mean if len(asked.part) else None,
            "distinct_sets": int(np.count_nonzero(times[0])),
        },
    )


def _sets(asked: Asked) -> Chart:
    _, has = _labels.label_sets(asked)
    times = [_times(asked, part) for part in asked.parts]
    order = np.argsort(-times[0], kind="stable")
    order = order[np.sum(times, axis=0)[order] > 0]
    listed, shown = order[:_LISTED], order[:_SHOWN]
    names = [
        tuple(item.name for item, there in zip(asked.classes, own, strict=True) if there)
        for own in has[listed]
    ]
    texts = [" + ".join(own) or "no label" for own in names]
    marks = [f"{rank}. {_short(own)}" for rank, own in enumerate(names[: len(shown)], 1)]
    distinct = int(np.count_nonzero(times[0]))
    top = int(times[0][shown].sum())
    figure = _bars(
        asked,
        marks,
        [own[shown] for own in times],
        [asked.part.only(*own, nlabels=(len(own), len(own))) for own in names[: len(shown)]],
    )
    # Every set in two lines, the whole one where one points.
    figure.update_traces(hovertext=[text.replace(" + ", " +<br>") for text in texts[: len(shown)]])
    figure.update_layout(height=figure.layout.height * 3 // 2)
    notes = [
        f"The figure has the {len(shown)} most common of {len(order):,} sets, the table "
        f"{len(listed)}."
    ]
    if len(asked.parts) > 1:
        notes += _tests(asked, times, np.eye(len(has)) if len(has) <= _LISTED else None)
    return Chart(
        title=f"There are {distinct:,} distinct sets of labels",
        sentence=f"The most common set is {texts[0]}, with {times[0][order[0]]:,} of "
        f"{len(asked.part):,} patches; the {len(shown)} most common make up "
        f"{top / max(1, len(asked.part)):.1%}.",
        table=_table(asked, {"Labels": texts}, [own[listed] for own in times]),
        figure=figure,
        notes=tuple(notes),
        facts={"distinct_sets": distinct},
    )


def _short(names: tuple[str, ...]) -> str:
    """Return a set of labels in at most two lines, with short names."""
    cut = [_figures.short(name, _WORD) for name in names] or ["no label"]
    half = (len(cut) + 1) // 2 if len(cut) > 2 else len(cut)
    lines = [" + ".join(part) for part in (cut[:half], cut[half:]) if part]
    return " +<br>".join(_figures.short(line, _LINE) for line in lines)


def _tests(asked: Asked, totals: list[Counts], kinds: npt.NDArray[np.float64] | None) -> list[str]:
    """Return what tells the two apart.

    Args:
        asked: two parts.
        totals: patches of each kind, of both parts.
        kinds: what kind a patch with each set of labels is, shape (sets, kinds); none where they
            are too many to be drawn by tile.
    """
    one, other = totals[:2]
    if not one.any() or not other.any():
        return [_compare.NOTHING]
    number, _ = _labels.label_sets(asked)
    tiles = None if kinds is None else _compare.by_tile(asked, number, kinds)
    return [
        *_compare.shared(asked),
        _compare.chi_square(one, other, "numbers of patches", _ALONE),
        _compare.jensen_shannon(one, other, tiles),
    ]


def _bars(
    asked: Asked, labels: list[str], totals: list[Counts], selections: list[str]
) -> go.Figure:
    shares = asked.options["as"] == "share"
    series = {
        part.name: own / max(1, len(part)) if shares else own
        for part, own in zip(asked.parts, totals, strict=True)
    }
    return _figures.bars(
        labels,
        series,
        quantity="Share of the patches" if shares else "Patches",
        colours=[_COLOUR] * len(labels),
        digits=".2%" if shares else ",",
        selections=selections,
    )


def _table(asked: Asked, first: dict[str, object], totals: list[Counts]) -> pd.DataFrame:
    columns = dict(first)
    shares = []
    for part, own in zip(asked.parts, totals, strict=True):
        before = f"{part.name}: " if len(totals) > 1 else ""
        shares.append(own / max(1, len(part)))
        columns[f"{before}patches"], columns[f"{before}share of patches"] = own, shares[-1]
    if len(shares) > 1:
        columns["Difference of shares"] = shares[0] - shares[1]
    return pd.DataFrame(columns)


def _options(asked: Asked) -> tuple[Option, ...]:
    """Offer shares first where two are compared: they differ in size."""
    several = len(asked.parts) > 1
    return (
        Option("show", "Show", {"number": "Number of labels", "sets": "Sets of labels"}),
        Option(
            "as",
            "As",
            {"number": "Numbers", "share": "Shares"},
            default="share" if several else "number",
        ),
    )


CHART = Kind(
    name="labels_per_patch",
    page="statistics",
    section="Classes",
    order=140,
    title="How many labels does a patch have?",
    make=make,
    options=_options,
)
