"""Live counts: the number behind an option is what the option would leave."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoexplore.analysis import facets
from eoexplore.analysis.selection import Table
from eoexplore.core.selection import ClassRule, Comparison, Selection, parse
from eoexplore.core.types import Classes, LabelClass

CLASSES = Classes(
    name="three",
    classes=(
        LabelClass("Urban fabric", "#ff0000", (111, 112)),
        LabelClass("Pastures", "#00ff00", (231,)),
        LabelClass("Marine waters", "#0000ff", (523,)),
    ),
    codes={code: (str(code), "#000000") for code in (111, 112, 231, 523, 999)},
    unlabelled=LabelClass("Unlabelled", "#000000", (999,)),
)
DAYS = [None, "2017-06-01", "2017-06-15", "2017-08-31", "2018-01-01"]
FLAGS = ([], ["snow"], ["cloud_or_shadow"], ["snow", "cloud_or_shadow"])


def table(count=300, areas=True, sides=(120,), seed=7):
    """Return a sample table with gaps of every kind."""
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "id": [f"patch-{number:03d}" for number in range(count)],
            "split": random.choice(["train", "validation", "test", ""], count),
            "country": random.choice(["Austria", "Kosovo"], count),
            "season": random.choice(["summer", "winter"], count),
            "tile": random.choice(["33UUP", "32TMT", "29SNC"], count),
            "date": pd.to_datetime(pd.Series(random.choice(np.array(DAYS, object), count))),
            "label_mask": random.integers(0, 8, count).astype(np.uint64),
            "flags": [FLAGS[i] for i in random.integers(0, 4, count)],
            "lon": random.uniform(9, 13, count),
            "lat": random.uniform(46, 49, count),
        }
    )
    for column in ("split", "country", "season", "tile"):
        frame[column] = frame[column].astype("category")
    pixels = random.choice(sides, count) ** 2 * (random.random(count) > 0.2)
    parts = np.array([random.multinomial(total, np.full(5, 0.2)) for total in pixels])
    for place, code in enumerate(CLASSES.codes):
        if areas:
            frame[f"area_{code}"] = parts[:, place].astype(np.int32)
    return frame


FRAME = table()
COLUMNS = facets.columns(FRAME, CLASSES)


def counted(selection, frame=FRAME, columns=COLUMNS):
    prepared = Table(frame, CLASSES)
    parts = {key: prepared.part(key, value) for key, value in selection.conditions}
    return facets.count(columns, selection, parts, prepared.share)


def left(selection, frame=FRAME):
    return int(Table(frame, CLASSES).select(selection).mask().sum())


def check_all(selection, frame=FRAME, columns=COLUMNS):
    """Compare every count with what is left when the option is chosen for real."""
    found = counted(selection, frame, columns)
    for key, options in found.options.items():
        for name, count in options.items():
            if name:
                value = (int(name),) if key == "month" else (name,)
                assert count == left(selection.replace(key, value), frame), (key, name)
    rules = {rule.mode: rule.names for rule in selection.get("class") or ()}
    for mode, options in found.classes.items():
        for name, count in options.items():
            names = (name,) if mode == "any" else tuple({*rules.get(mode, ()), name})
            asked = tuple(ClassRule(m, n) for m, n in sorted({**rules, mode: names}.items()))
            assert count == left(selection.replace("class", asked), frame), (mode, name)
    share = selection.get("share") or Comparison("", ">=", 0.1)
    for name, count in found.shares.items():
        asked = Comparison(name, share.sign, share.bound)
        assert count == left(selection.replace("share", asked), frame), name
    for number, count in enumerate(found.nlabels):
        assert count == left(selection.replace("nlabels", (number, number)), frame), number
    for key, count in found.without.items():
        assert count == left(selection.replace(key, None), frame), key
    return found


TEXTS = {
    "class": ("any:Pastures", "all:Pastures|Urban fabric", "none:Marine waters",
              "any:Pastures|Urban fabric;none:Marine waters", "all:Pastures;any:Marine waters"),
    "split": ("train", "train|test"),
    "country": ("Austria",),
    "season": ("winter",),
    "month": ("6|8", "1"),
    "tile": ("29SNC|33UUP", "elsewhere"),
    "flag": ("snow", "none", "none|snow"),
    "date": ("2017-06-01..2017-08-31",),
    "share": ("Pastures>=0.2", "Marine waters<0.2", "Urban fabric=0"),
    "nlabels": ("1..2", "0"),
    "box": ("10,47,12,49",),
    "ids": ("patch-003|patch-100",),
}  # fmt: skip
selections = st.fixed_dictionaries(
    {}, optional={key: st.sampled_from(texts) for key, texts in TEXTS.items()}
).map(lambda chosen: parse("&".join(f"{key}={text}" for key, text in chosen.items()))[0])


@settings(max_examples=40, deadline=None)
@given(selections)
def test_a_count_is_what_the_option_would_leave(selection):
    check_all(selection)


def test_known_answers():
    frame = FRAME.iloc[:4].assign(
        label_mask=np.array([1, 3, 2, 4], np.uint64),
        country=pd.Categorical(["Austria", "Austria", "Kosovo", "Kosovo"]),
    )
    found = counted(parse("country=Austria")[0], frame, facets.columns(frame, CLASSES))
    assert found.options["country"] == {"Austria": 2, "Kosovo": 2}
    assert found.classes["any"] == {"Urban fabric": 2, "Pastures": 1, "Marine waters": 0}
    assert found.classes["none"] == {"Urban fabric": 0, "Pastures": 1, "Marine waters": 2}
    assert found.nlabels == (0, 1, 1)
    assert found.without == {"country": 4}


@pytest.mark.parametrize("dense", [1, 10, 1000])
def test_kinds_are_found_among_any_number_of_combinations(dense, monkeypatch):
    monkeypatch.setattr(facets, "_DENSE", dense)
    columns = facets.columns(FRAME, CLASSES)
    assert columns.counts.sum() == len(columns) == len(FRAME)
    check_all(parse("class=any:Pastures&split=train&box=10,47,12,49")[0], columns=columns)


def test_samples_without_split_or_country_are_no_option():
    frame = FRAME.assign(split=FRAME["split"].cat.remove_categories([""]))
    frame["country"] = frame["country"].where(frame["season"] == "summer")
    assert frame["split"].isna().any()
    assert frame["country"].isna().any()
    found = check_all(parse("season=winter")[0], frame, facets.columns(frame, CLASSES))
    assert set(found.options["country"].values()) == {0}
    assert "" not in found.options["split"]


def test_a_class_without_its_column_of_areas_is_no_option():
    frame = FRAME.drop(columns="area_523")
    found = counted(parse("split=train")[0], frame, facets.columns(frame, CLASSES))
    assert set(found.shares) == {"Urban fabric", "Pastures"}


def test_months_and_days_of_the_whole_table_stay_under_any_selection():
    found = counted(parse("date=2017-06-15&tile=elsewhere")[0])
    assert found.months == (1, 6, 8)
    assert [str(day) for day in found.span] == ["2017-06-01", "2018-01-01"]
    undated = FRAME.assign(date=pd.NaT)
    found = counted(Selection(), undated, facets.columns(undated, CLASSES))
    assert (found.months, found.span, found.dates) == ((), None, None)


def test_samples_without_a_flag_are_an_option_where_there_are_flags():
    found = check_all(parse("split=train")[0])
    assert list(found.options["flag"]) == ["cloud_or_shadow", "snow", "none"]
    plain = FRAME.assign(flags=[[]] * len(FRAME))
    found = counted(Selection(), plain, facets.columns(plain, CLASSES))
    assert found.options["flag"] == {}


def test_label_maps_of_different_sizes():
    frame = table(sides=(120, 60, 30))
    check_all(parse("share=Pastures>=0.21")[0], frame, facets.columns(frame, CLASSES))


def test_without_areas_there_are_no_shares():
    frame = table(areas=False)
    found = check_all(parse("split=train")[0], frame, facets.columns(frame, CLASSES))
    assert found.shares == {}


def test_no_samples_are_no_trouble():
    frame = FRAME.iloc[:0]
    found = counted(parse("split=train")[0], frame, facets.columns(frame, CLASSES))
    assert found.dates is None
    assert sum(found.nlabels) == 0
    assert set(found.options["country"].values()) == {0}


def test_the_dates_are_those_under_the_other_conditions():
    found = counted(parse("date=2017-06-15&month=6|8")[0])
    assert [day.astype(object) for day in found.dates] == [
        dt.date(2017, 6, 1),
        dt.date(2017, 8, 31),
    ]


def test_all_samples_of_the_released_table_are_counted(all_of_reben):
    table = all_of_reben.samples.table(all_of_reben.dataset.classes)
    columns = facets.columns(table.samples, table.classes)
    # Few kinds stand for all samples: that is why it is quick.
    assert len(columns.days) < 1000
    assert len(columns.counts) < 100_000
    selection = parse("class=any:Pastures&country=Finland|Portugal&split=train&box=-9,37,28,66")[0]
    parts = {key: table.part(key, value) for key, value in selection.conditions}
    found = facets.count(columns, selection, parts, table.share)
    for key in ("split", "country", "season"):
        for name, count in found.options[key].items():
            assert count == table.select(selection.replace(key, (name,))).count()
    everything = facets.count(columns, Selection(), {}).options["flag"]
    assert everything == {"cloud_or_shadow": 8_677, "snow": 60_773, "none": 480_038}
    for name in ("Pastures", "Arable land"):
        asked = selection.replace("class", (ClassRule("any", (name,)),))
        assert found.classes["any"][name] == table.select(asked).count()
    assert found.without["box"] == table.select(selection.replace("box", None)).count()


@pytest.mark.parametrize("mode", ["any", "all", "none"])
def test_every_class_has_a_count(mode):
    assert set(counted(Selection()).classes[mode]) == set(CLASSES.names)
