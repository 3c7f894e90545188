"""What can be printed and sent: the audit of a split, and the evaluation of predictions."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

import pandas as pd

from eoexplore import __version__
from eoexplore.charts import _judged, _report, chart
from eoexplore.charts._report import Head
from eoexplore.charts.audit import audit
from eoexplore.charts.chart import Asked, CannotTell, Page
from eoexplore.core.selection import Selection, parse
from eoexplore.core.words import phrases
from eoexplore.store import honesty
from eoexplore.store.prediction_sets import About, PredictionSet

_TASKS = {"multilabel": "labels of a patch", "segmentation": "a class for each pixel"}


def html(page: Page, asked: Asked, options: Mapping[str, str]) -> bytes:
    """Return all charts of the splits page or the evaluation page as one HTML page in UTF-8.

    Args:
        page: which one, "splits" or "evaluation".
        asked: dataset, selection, and splits or predictions.
        options: chosen values of the charts by CHART.NAME.
    """
    head = _of_predictions(asked) if page == "evaluation" else _of_split(asked)
    return _report.html(head, chart.kinds(page), asked, options)


def _of_split(asked: Asked) -> Head:
    split = asked.split
    facts = {
        "Split": f"{split.title} ({split.rule})",
        "How it was made": split.made,
        "Beside it": "; ".join(item.title for item in asked.splits[1:]) or "no other split",
    }
    return Head(
        "Audit of a split",
        asked.opened.dataset.title,
        {**_dataset(asked), **facts, **_made()},
        (_sizes(asked),),
        "Synthetic data." if asked.opened.dataset.synthetic else "",
    )


def _of_predictions(asked: Asked) -> Head:
    sets = asked.predictions
    said = [_set(asked, number) for number in range(len(sets))]
    table = pd.DataFrame({"Predictions": list(said[0])} if said else {})
    for one, own in zip(sets, said, strict=True):
        table[one.about.name] = list(own.values())
    made_up = ["data"] if asked.opened.dataset.synthetic else []
    made_up += [f"training imagery of {one.about.name}" for one in sets if one.about.synthetic]
    truth = {"Judged by": f"labels of {asked.truth.name}"} if asked.truth is not None else {}
    return Head(
        "Evaluation of predictions",
        asked.opened.dataset.title,
        {**_dataset(asked), **_how_many(asked), **truth, **_made()},
        (table,) if said else (),
        f"Synthetic {', synthetic '.join(made_up)}." if made_up else "",
        _judged.warnings(asked),
    )


def _dataset(asked: Asked) -> dict[str, str]:
    opened, part = asked.opened, asked.part
    return {
        "Dataset": f"{opened.dataset.title}, {len(opened.samples):,} patches "
        f"(fingerprint {opened.fingerprint})",
        "Selection": f"{_words(part.selection)}: {len(part):,} patches",
    }


def _words(selection: Selection) -> str:
    return "; ".join(phrase.text for phrase in phrases(selection)) or "all patches"


def _made() -> dict[str, str]:
    now = dt.datetime.now(dt.UTC).strftime("%d %b %Y, %H:%M UTC")
    return {"This report": f"EOExplore {__version__}, {now}"}


def _sizes(asked: Asked) -> pd.DataFrame:
    """Return sizes and distances of the audited split, and of those beside it."""
    rows = []
    for split in asked.splits:
        found = audit(asked, split)
        pairs = {f"{pair['from']}-{pair['to']}": pair for pair in found["pairs"]}
        row: dict[str, Any] = {"Split": split.title, **found["by_split"]}
        for of, to in (("test", "train"), ("validation", "train"), ("test", "validation")):
            pair = pairs.get(f"{of}-{to}")
            row[f"{of} to {to}: minimum (km)"] = pair["min_m"] / 1000 if pair else None
            row[f"share of {of} within 1.3 km of {to}"] = (
                pair["share_within"]["1300"] if pair else None
            )
        rows.append(row)
    return pd.DataFrame(rows)


def _how_many(asked: Asked) -> dict[str, str]:
    """Return how many patches of the selection are judged."""
    try:
        if len(asked.predictions) > 1:
            one, other = _judged.both(asked)
            text = f"{len(one.rows):,} patches that {one.name} and {other.name} have"
        else:
            text = f"{len(_judged.judged(asked).rows):,} patches"
    except CannotTell as reason:
        text = str(reason)
    return {"Judged": text}


def _set(asked: Asked, number: int) -> dict[str, str]:
    """Return what is known of a set, by what a reader calls it."""
    read: PredictionSet = asked.predictions[number]
    about = read.about
    left_out = (f"{count:,}: {reason}" for reason, count in about.left_out.items())
    return {
        "Model": about.model,
        "Task": _TASKS.get(about.task, about.task),
        "SHA-256 of the weights or the file": about.model_hash,
        "Made": ", ".join(filter(None, (about.created, about.device))),
        "Made by": f"EOExplore {about.eoexplore_version}",
        "Trained on the split": _trained(about),
        "Threshold": "any pixel of a class" if about.task == "segmentation"
        else f"{about.threshold:g}",
        "Classes": f"{len(about.classes)}",
        "Predicted": f"{_words(parse(about.selection)[0])}: {len(read.rows):,} patches",
        "Left out": "; ".join(left_out) or "none",
        "Judged": _own(asked, number),
    }  # fmt: skip


def _trained(about: About) -> str:
    if honesty.is_out_of_fold(about):
        return "none: each patch by a model that learnt elsewhere"
    stated = about.trained_on_split
    return "none of these patches" if stated == honesty.NONE else stated or "nobody states it"


def _own(asked: Asked, number: int) -> str:
    try:
        return f"{len(_judged.judged(asked, number).rows):,} patches of the selection"
    except CannotTell as reason:
        return str(reason)
