"""How much of the label map is wrong in each country, season or split, and at class borders."""

import numpy as np
import pandas as pd

from eoexplore.charts import _groups, _noise
from eoexplore.charts._noise import Found
from eoexplore.charts.chart import Asked, CannotTell, Chart, Kind, Option

_BORDER = "border"
_BY = {
    "country": "Country", "season": "Season", "split": "Split", "tile": "Tile",
    _BORDER: "Distance to a class border",
}  # fmt: skip


def make(asked: Asked) -> Chart:
    """Estimate the share of all classes together that is wrong, group by group."""
    by = asked.options["by"]
    names, found, clicks = _border(asked) if by == _BORDER else _grouped(asked, by)
    ends = np.array([one.noise.overall for one in found])
    order = np.arange(len(ends))
    if by in ("country", "tile"):
        order = np.argsort(-ends[:, 0], kind="stable")
    names = [names[number] for number in order]
    value, low, high = ends[order].T
    figure = _noise.figure(names, value, (low, high), [clicks[number] for number in order])
    listed = zip(names[:6], value, low, high, strict=False)
    area = np.array([found[number].area_ha.sum() for number in order])
    return Chart(
        title=f"{names[int(value.argmax())]} has the largest share that seems wrong",
        sentence="; ".join(f"{name} {one:.1%} ({a:.1%} to {b:.1%})" for name, one, a, b in listed)
        + ".",
        table=pd.DataFrame(
            {
                _BY[by]: names,
                "Share that is wrong": value,
                "from": low,
                "to": high,
                "Area, ha": np.rint(area).astype(np.int64),
            }
        ),
        figure=figure,
        notes=(*_noise.notes(asked), *_notes(by)),
        facts={"by": by, "groups": dict(zip(names, value.tolist(), strict=True))},
    )


def _notes(by: str) -> tuple[str, ...]:
    if by == _BORDER:
        return (
            "A cell of 60 m lies at a border where it, or one beside it, touches another class. "
            "How the area is divided is that of the whole dataset.",
        )
    if by == "season":
        return (
            "Labels of a place are the same on all dates: what differs between seasons is which "
            "places were seen.",
        )
    return ()


def _grouped(asked: Asked, by: str) -> tuple[list[str], list[Found], list[str | None]]:
    grouping = _groups.grouping(asked, by)
    names, found, clicks = [], [], []
    for number, name in enumerate(grouping.names):
        mask = asked.part.mask & (grouping.codes == number)
        try:
            own = _noise.estimate(asked, mask)
        except CannotTell:
            continue
        condition = _groups.condition(asked, by, grouping.values[number])
        names.append(name)
        found.append(own)
        clicks.append(None if condition is None else asked.part.only(**condition))
    if not names:
        _noise.estimate(asked, asked.part.mask)
        raise CannotTell("No group has samples that were looked at. Choose a wider selection.")
    return names, found, clicks


def _border(asked: Asked) -> tuple[list[str], list[Found], list[str | None]]:
    found = [_noise.estimate(asked, asked.part.mask, edge) for edge in (True, False)]
    return ["Within about 100 m of a class border", "Farther inside"], found, [None, None]


CHART = Kind(
    name="noise_by_group",
    page="quality",
    section="Noise",
    order=30,
    title="Where is the map wrong?",
    make=make,
    options=(Option("by", "By", _BY),),
)
