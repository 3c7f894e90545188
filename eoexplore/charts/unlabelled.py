"""How much of each patch has no class on its label map."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd
import plotly.graph_objects as go

from eoexplore.charts import _compare, _examples, _figures, _labels
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option, Part

Counts = npt.NDArray[np.int64]
Shares = npt.NDArray[np.float64]
_STEP = 0.01
_FEW = 0.3
"""Up to this share steps are of 1 %; above it of 5 %."""
_SAID = (0.01, 0.05, 0.1, 0.25, 0.5)
_CAUTION = "Patches near each other are not independent: p is too small."


def make(asked: Asked) -> Chart:
    """Count patches by their unlabelled share."""
    known = [_known(asked, part) for part in asked.parts]
    shares = [own for _, own in known]
    if not any(len(own) for own in shares):
        raise CannotTell(
            "None of the selected patches has a label map, so it is not known how much of them is "
            "unlabelled. Select others."
        )
    most = max(float(own.max(initial=0)) for own in shares)
    step = _STEP if most <= _FEW else 5 * _STEP
    count = max(1, int(np.ceil(most / step - 1e-9)))
    ends = (np.arange(1, count + 1) * step).tolist()
    counts = [_counts(own, ends) for own in shares]
    names = ["0 %", *(f"{(end - step) * 100:.0f} to {end * 100:.0f} %" for end in ends)]
    own = shares[0]
    return Chart(
        title=_title(own),
        sentence=_sentence(asked, own),
        table=_table(asked, names, counts),
        figure=_figure(asked, names, counts, _selections(asked, *known[0], ends)),
        notes=_notes(asked, counts),
        facts=_facts(own),
    )


def _known(asked: Asked, part: Part) -> tuple[npt.NDArray[np.intp], Shares]:
    """Return the patches of which it is known, and their shares; shape (m,) each."""
    if "unlabelled_share" not in asked.frame.columns or not asked.opened.samples.areas:
        raise CannotTell(_labels.no_maps(asked))
    own = asked.frame["unlabelled_share"].to_numpy(np.float64)[part.rows]
    there = ~np.isnan(own)
    # What is stored with seven digits: a half of a patch is a half again.
    return part.rows[there], np.asarray(np.round(own[there], 6), np.float64)


def _counts(shares: Shares, ends: Sequence[float]) -> Counts:
    """Return the patches of 0, and those above each end up to the next, shape (ends + 1,)."""
    return np.bincount(_step(shares, ends), minlength=len(ends) + 1).astype(np.int64)


def _step(shares: Shares, ends: Sequence[float]) -> npt.NDArray[np.intp]:
    return np.searchsorted([0, *ends], shares - 1e-9)


def _selections(
    asked: Asked, rows: npt.NDArray[np.intp], shares: Shares, ends: Sequence[float]
) -> list[str]:
    """Return what a click on each step selects: no condition says what is unlabelled."""
    step = _step(shares, ends)
    places = range(len(ends) + 1)
    return [_examples.selection(asked, asked.part, rows[step == place]) for place in places]


def _title(shares: Shares) -> str:
    if not len(shares):
        return "No patch of the selection has a label map"
    if not shares.any():
        return "No patch has unlabelled pixels"
    return f"{np.mean(shares > 0):.1%} of the patches have unlabelled pixels"


def _sentence(asked: Asked, shares: Shares) -> str:
    if not len(shares):
        return f"None of the {len(asked.part):,} patches has a label map."
    some = int(np.count_nonzero(shares))
    said = (
        f"Of {_labels.patches(len(shares))} with a label map, {some:,} ({some / len(shares):.1%}) "
        f"have pixels of no class; {shares.mean():.2%} of all pixels are unlabelled"
    )
    if not some:
        return f"{said}."
    above = int(np.count_nonzero(shares > _SAID[2]))
    return f"{said}, in one patch {shares.max():.1%}. In {above:,} it is more than 10 %."


def _figure(
    asked: Asked, names: list[str], counts: list[Counts], selections: list[str]
) -> go.Figure:
    shares = asked.options["as"] == "share"
    # Most patches have none: beside them the others would not be seen.
    some = asked.options["show"] == "some" and any(own[1:].any() for own in counts)
    first = 1 if some else 0
    figure = go.Figure()
    for number, (part, own) in enumerate(zip(asked.parts, counts, strict=True)):
        values = own / max(1, own.sum()) if shares else own
        figure.add_bar(
            x=names[first:],
            y=values[first:],
            name=part.name,
            marker={
                "color": (_figures.FIRST, _figures.SECOND)[number],
                "line": {"color": "#6b7280", "width": 0.6},
                "pattern": {"shape": ("", "/")[number], "fillmode": "overlay", "solidity": 0.2},
            },
            customdata=[[text] for text in selections[first:]] if not number else None,
            hovertemplate=f"%{{x}} unlabelled<br>{part.name}: "
            f"%{{y:{'.2%' if shares else ','}}}<extra></extra>",
        )
    figure.update_layout(
        barmode="group",
        height=420,
        bargap=0.1,
        xaxis={"title": "Unlabelled share of the patch", "type": "category"},
        yaxis={
            "title": "Share of the patches with a label map" if shares else "Patches",
            "tickformat": _figures.PERCENT_TICKS if shares else ",",
        },
    )
    return _figures.plain(figure, legend=len(counts) > 1)


def _table(asked: Asked, names: list[str], counts: list[Counts]) -> pd.DataFrame:
    columns: dict[str, object] = {"Unlabelled share": names}
    shares = []
    for part, own in zip(asked.parts, counts, strict=True):
        before = f"{part.name}: " if len(counts) > 1 else ""
        shares.append(own / max(1, own.sum()))
        columns[f"{before}patches"] = own
        columns[f"{before}share of patches"] = shares[-1]
        columns[f"{before}patches up to here"] = np.cumsum(own)
    if len(shares) > 1:
        columns["Difference of shares"] = shares[0] - shares[1]
    return pd.DataFrame(columns)


def _notes(asked: Asked, counts: list[Counts]) -> tuple[str, ...]:
    classes = asked.opened.dataset.classes
    named = [classes.codes[code][0] for code in classes.unlabelled.codes if code in classes.codes]
    notes = [
        "Unlabelled are pixels whose code belongs to no class"
        + (f": {', '.join(named)}." if named else "."),
        "The end of a step belongs to it: a patch of exactly 5 % is counted in 4 to 5 %.",
        f"{_examples.CLICK}.",
        *_labels.without_map(asked),
    ]
    if len(counts) > 1:
        one, other = counts[:2]
        if one.any() and other.any():
            notes += _compare.shared(asked)
            notes.append(_compare.chi_square(one, other, "numbers of patches", _CAUTION))
            notes.append(_compare.jensen_shannon(one, other, None))
        else:
            notes.append(_compare.NOTHING)
    return tuple(notes)


def _facts(shares: Shares) -> dict[str, object]:
    known = len(shares) > 0
    return {
        "patches_with_map": len(shares),
        "without_unlabelled": int(np.count_nonzero(shares == 0)),
        **{f"above_{own * 100:.0f}_percent": int(np.count_nonzero(shares > own)) for own in _SAID},
        "mean_share": float(shares.mean()) if known else None,
        "largest_share": float(shares.max()) if known else None,
    }


CHART = Kind(
    name="unlabelled",
    page="statistics",
    section="Labels against maps",
    order=420,
    title="How much of a patch is unlabelled?",
    make=make,
    options=(
        Option("as", "As", {"number": "Numbers", "share": "Shares"}),
        Option("show", "Show", {"some": "Patches with some", "all": "All patches"}),
    ),
)
