"""What holds for every chart, on datasets and selections that lack this and that."""

import json
from dataclasses import replace

import numpy as np
import plotly.graph_objects as go
import pytest

from eoexplore.charts import _judged, chart, document
from eoexplore.charts.chart import Asked, CannotTell
from eoexplore.core.errors import SplitError
from eoexplore.core.selection import parse
from eoexplore.store import splits
from tests.charts.conftest import (
    FOREST,
    MARINE,
    PASTURES,
    Row,
    asked_of,
    grid,
    opened_of,
    split_of,
)
from tests.charts.judging import confusion, write

PAGES = ("statistics", "splits", "evaluation")
KINDS = tuple(kind for page in PAGES for kind in chart.kinds(page))
JUDGING = chart.kinds("evaluation")
LARGEST = 400_000
"""Characters of a figure as JSON: a page's message stays below a megabyte."""
NAMES = ("train", "validation", "test")
RULES = {"file": "file:" + "0" * 16}


def many() -> list[Row]:
    """Return two tiles, two dates, three parts, three classes, label maps."""
    rows = []
    for number, row in enumerate(grid(4)):
        classes = ((FOREST,), (FOREST, PASTURES), (MARINE,))[number % 3]
        share = {311: 14_400} if classes == (FOREST,) else {231: 9_000, 523: 5_400}
        for tile, country in (("33UUP", "Austria"), ("29SNC", "Portugal")):
            for date in ("2017-06-13", "2018-01-10"):
                rows.append(
                    Row(classes, row.x, row.y, tile, date, NAMES[number % 3], country, (), share)
                )
    return rows


DATASETS = {
    "many": many(),
    "one patch": [Row()],
    "one class": grid(3),
    "one split": grid(2, split="test"),
    "no labels": grid(2, labels=()),
    "no split": grid(2, split=""),
    "other words for the splits": grid(2, split="fold_a"),
    "no maps": grid(3, labels=(FOREST, MARINE)),
    "no dates": grid(2, date=""),
    "no location": grid(2, tile="", country=""),
    "nothing but ids": grid(2, labels=(), split="", country="", tile="", date=""),
}
SELECTIONS = (
    (),
    ("country=Nowhere",),
    ("split=train", "split=test"),
    ("", ""),
    ("", "country=Nowhere"),
)
"""All, none, two, the same twice, and one beside an empty one."""


@pytest.fixture(scope="module", params=DATASETS)
def opened(request):
    return opened_of(DATASETS[request.param])


@pytest.fixture(autouse=True)
def _few_replicates(monkeypatch):
    monkeypatch.setattr(_judged, "REPLICATES", 40)


def scored(opened, name="scores", classes=(FOREST, PASTURES, MARINE), rows=None, **more):
    """Return a set of scores by chance."""
    rows = np.arange(len(opened.samples)) if rows is None else np.asarray(rows)
    scores = np.random.default_rng(7).random((len(rows), len(classes)))
    return write(opened, name, rows, more.pop("scores", scores), classes, **more)


def masks(opened, name="masks", **more):
    """Return a set of masks of which two thirds are right."""
    pairs = [(place, place % 3, (place + said) % 3, 60 - 30 * said)
             for place in range(len(opened.samples)) for said in (0, 1)]  # fmt: skip
    pixels = more.pop("confusion", confusion(*pairs))
    return scored(opened, name, task="segmentation", confusion=pixels, **more)


ODD = {
    "no set": lambda _: (),
    "one sample": lambda opened: (scored(opened, rows=[0]),),
    "one class": lambda opened: (scored(opened, classes=(PASTURES,)),),
    "a class that nobody has": lambda opened: (scored(opened, classes=("Glaciers",)),),
    "never sure": lambda opened: (scored(opened, scores=np.zeros((64, 3))),),
    "always sure": lambda opened: (scored(opened, scores=np.ones((64, 3))),),
    "validation only": lambda opened: (scored(opened, rows=part(opened, "validation")),),
    "no validation": lambda opened: (scored(opened, rows=part(opened, "test")),),
    "trained on these": lambda opened: (scored(opened, trained_on_split="train", synthetic=True),),
    "masks": lambda opened: (masks(opened),),
    "masks without pixels": lambda opened: (masks(opened, confusion=None),),
    "masks with one pixel": lambda opened: (masks(opened, confusion=confusion((3, 0, 1, 1))),),
    "two": lambda opened: (scored(opened), scored(opened, "others", rows=range(40))),
    "scores and masks": lambda opened: (scored(opened), masks(opened)),
    "two of masks": lambda opened: (masks(opened), masks(opened, "others")),
    "two of other samples": lambda opened: (
        scored(opened, rows=range(9)),
        scored(opened, "others", rows=range(9, 64)),
    ),
    "two of other classes": lambda opened: (
        scored(opened, classes=(FOREST, MARINE)),
        scored(opened, "others", classes=(PASTURES, MARINE)),
    ),
}
"""Sets for the dataset with many patches."""


def part(opened, name):
    return np.flatnonzero(opened.samples.frame["split"] == name)


def ask(kind: chart.Kind, opened, selections, sets=None) -> Asked:
    found = ()
    if kind.page == "splits":
        found = (split_of(opened), split_of(opened, np.arange(len(opened.samples)) % 3, "other"))
    asked = asked_of(opened, *selections, splits=found)
    if kind.page == "evaluation":
        asked = replace(asked, predictions=(scored(opened),) if sets is None else sets)
    return asked


def answer(kind, asked):
    """Return the chart, or none after a look at the sentence that says why there is none."""
    try:
        found, reason = kind(asked), ""
    except CannotTell as why:
        found, reason = None, str(why)
    if found is not None:
        assert_readable(found)
        return found
    assert reason.endswith(".")
    assert "nan" not in reason
    return None


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_chart_answers_or_says_why_it_cannot(kind, opened):
    for selections in SELECTIONS:
        answer(kind, ask(kind, opened, selections))


@pytest.fixture(scope="module")
def judged():
    return opened_of(DATASETS["many"])


@pytest.mark.parametrize("sets", ODD)
def test_every_odd_set_is_judged_or_it_is_said_why_not(judged, sets):
    predictions = ODD[sets](judged)
    for kind in JUDGING:
        for selection in ((), ("tile=33UUP&split=test",)):
            answer(kind, ask(kind, judged, selection, predictions))


@pytest.mark.parametrize("kind", JUDGING, ids=lambda kind: kind.name)
def test_masks_are_judged_on_every_dataset(kind, opened):
    answer(kind, ask(kind, opened, (), (masks(opened),)))


@pytest.mark.parametrize("kind", JUDGING, ids=lambda kind: kind.name)
def test_every_value_of_every_option_answers_for_masks_and_for_two(kind, judged):
    for sets in ("masks", "two"):
        asked = ask(kind, judged, (), ODD[sets](judged))
        for option in kind.offered(asked):
            for value in option.values:
                found = answer(kind, replace(asked, options={option.name: value}))
                assert_clicks_select(found, judged)


def assert_readable(found):
    for sentence in (found.sentence, *found.notes):
        assert sentence[-1] in ".…)"
        assert " nan" not in sentence
        assert "inf " not in sentence
    assert found.title
    assert not found.title.endswith(".")
    assert all(isinstance(name, str) and name for name in found.table.columns)
    assert list(found.table.index) == list(range(len(found.table)))
    json.dumps(document.plain(found.facts), allow_nan=False)
    if found.figure is not None:
        assert isinstance(found.figure, go.Figure)
        assert len(found.figure.to_json()) < LARGEST


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_value_of_every_option_answers(kind):
    opened = opened_of(DATASETS["many"])
    asked = ask(kind, opened, ())
    for option in kind.offered(asked):
        for value in option.values:
            found = answer(kind, replace(asked, options={option.name: value}))
            assert_clicks_select(found, opened)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_click_is_a_selection_that_selects_something(kind):
    opened = opened_of(DATASETS["many"])
    assert_clicks_select(answer(kind, ask(kind, opened, ())), opened)


def assert_clicks_select(found, opened):
    table = opened.samples.table(opened.dataset.classes)
    for trace in found.figure.data if found is not None and found.figure is not None else ():
        for data in trace.customdata if trace.customdata is not None else ():
            if data is not None:
                selection, notices = parse(str(data[0]))
                assert notices == ()
                table.select(selection)


@pytest.mark.parametrize("kind", chart.kinds("splits"), ids=lambda kind: kind.name)
def test_a_split_that_lacks_a_part_is_answered(kind):
    opened = opened_of(DATASETS["many"])
    for parts in ([0] * 64, [0, 2] * 32, [-1] * 64, [2] + [0] * 63):
        answer(kind, asked_of(opened, splits=(split_of(opened, parts, "odd"),)))


def test_names_of_charts_are_the_names_of_their_modules_and_orders_differ():
    for page in PAGES:
        kinds = chart.kinds(page)
        assert len({kind.order for kind in kinds}) == len(kinds)
        for kind in kinds:
            assert kind.make.__module__ == f"eoexplore.charts.{kind.name}"


def test_a_section_stands_in_one_piece():
    for page in PAGES:
        sections = [kind.section for kind in chart.kinds(page)]
        runs = [
            one for one, before in zip(sections, ["", *sections], strict=False) if one != before
        ]
        assert len(runs) == len(set(runs))


def test_every_split_rule_answers_or_says_what_it_lacks(opened):
    for name in splits.MAKERS:
        try:
            found, reason = splits.split_of(opened, RULES.get(name, name)), ""
        except SplitError as error:
            found, reason = None, str(error)
        assert found is None or len(found.parts) == len(opened.samples)
        assert (reason if found is None else found.made).endswith(".")
