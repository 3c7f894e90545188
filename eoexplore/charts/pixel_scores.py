"""How good masks are, pixel by pixel: against the label maps."""

import numpy as np
import pandas as pd

from eoexplore.analysis import bootstrap, pixels
from eoexplore.charts import _judged, _measured, _scored
from eoexplore.charts._judged import Judged
from eoexplore.charts.chart import Asked, Chart, Kind, Option

_FIGURES = {"iou": "IoU", "f1": "F1", "precision": "Precision", "recall": "Recall"}


def make(asked: Asked) -> Chart:
    """Measure the pixels of one set, or of two."""
    name = asked.options["figure"]
    masks = sum(read.confusion is not None for read in asked.predictions)
    several = _judged.both(asked) if masks > 1 else (_judged.judged(asked),)
    own = several[0]
    counted = own.by_tile.sum(0)
    order = np.argsort(-np.nan_to_num(_of(own, name).value, nan=-1), kind="stable")
    names = [own.classes[number] for number in order]
    ends = {item.name: _scored.at(_of(item, name), item.classes, names) for item in several}
    support = counted.sum(1)[order]
    table = pd.DataFrame({"Class": names, "pixels of the map": support})
    _scored.add_columns(table, ends, _FIGURES[name])
    found = [_measured.of_pixels(item) for item in several]
    main = found[0].intervals()
    return Chart(
        title=f"Mean IoU {found[0].values['mean_iou']:.3f}",
        sentence=_sentence(own, main),
        table=table,
        figure=_scored.figure(names, ends, _FIGURES[name]),
        notes=(*_judged.warnings(asked), *_notes(several, found), *_alone(asked, several)),
        facts={
            "set": own.name,
            "pixels": int(counted.sum()),
            "metrics": _facts(main),
            "sets": {
                item.name: {"metrics": _facts(each.intervals())}
                for item, each in zip(several, found, strict=True)
            },
        },
    )


def _alone(asked: Asked, several: tuple[Judged, ...]) -> tuple[str, ...]:
    """Say that the set beside the judged one has no masks."""
    return (f"Of {several[0].name} alone.",) if len(several) < len(asked.predictions) else ()


def _of(own: Judged, name: str) -> bootstrap.Intervals:
    return _judged.kept(own, f"pixels by class {name}", lambda: _measure(own, name))


def _measure(own: Judged, name: str) -> bootstrap.Intervals:
    drawn = bootstrap.resampled(own.by_tile, own.clusters, _judged.REPLICATES, _judged.SEED)
    values = getattr(pixels.by_class(own.by_tile.sum(0)), name)
    holding = np.count_nonzero(own.by_tile.sum(2) > 0, axis=0)
    return bootstrap.intervals(values, getattr(pixels.by_class(drawn), name), own.clusters, holding)


def _sentence(own: Judged, ends: dict[str, bootstrap.Intervals]) -> str:
    said = "; ".join(
        f"{_measured.PIXELS[name].lower() if name != 'mean_iou' else 'mean IoU'} "
        f"{float(ends[name].value):.3f} ({_judged.between(ends[name])})"
        for name in ("mean_iou", "accuracy")
    )
    return f"On {int(own.by_tile.sum()):,} labelled pixels of {len(own.rows):,} patches: {said}."


def _notes(several: tuple[Judged, ...], found: list[_measured.Measured]) -> tuple[str, ...]:
    own = several[0]
    others = ", ".join(
        f"{title} {found[0].values[name]:.3f}"
        for name, title in _measured.PIXELS.items()
        if name not in ("mean_iou", "accuracy")
    )
    notes = [
        f"{others}.",
        "Unlabelled pixels, and those of classes that the model does not know, are not counted; "
        "classes that no pixel has are left out of means.",
        f"Intervals of 95 % by bootstrap over {_judged.tiles(own)}, "
        f"{_judged.REPLICATES:,} replicates.",
    ]
    if len(several) > 1:
        apart = found[0].minus(found[1])["mean_iou"]
        notes.insert(
            0,
            f"Mean IoU of {several[0].name} minus {several[1].name}: {float(apart.value):+.3f} "
            f"({_judged.between(apart, '+.3f')}; paired by tile).",
        )
    return tuple(notes)


def _facts(ends: dict[str, bootstrap.Intervals]) -> dict[str, dict[str, float]]:
    return {
        name: {part: float(getattr(found, part)) for part in ("value", "low", "high")}
        for name, found in ends.items()
    }


CHART = Kind(
    name="pixel_scores",
    page="evaluation",
    section="Pixels",
    order=200,
    title="How good are the masks, pixel by pixel?",
    make=make,
    options=(Option("figure", "Figure", _FIGURES),),
)
