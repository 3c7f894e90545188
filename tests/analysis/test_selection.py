import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from eoexplore.analysis import selection as selection_module
from eoexplore.analysis.selection import Table
from eoexplore.core.errors import SelectionError
from eoexplore.core.selection import EVERYTHING, parse
from eoexplore.core.types import Classes, LabelClass
from eoexplore.store import selections

CLASSES = Classes(
    name="four",
    classes=(
        LabelClass("Urban fabric", "#ff0000", (111, 112)),
        LabelClass("Pastures", "#00ff00", (231,)),
        LabelClass("Marine waters", "#0000ff", (523,)),
        LabelClass("Transitional woodland, shrub", "#00ffff", (324,)),
    ),
    codes={code: (str(code), "#000000") for code in (111, 112, 231, 324, 523, 999)},
    unlabelled=LabelClass("Unlabelled", "#000000", (999,)),
)
CODES = tuple(CLASSES.codes)
AREAS = [f"area_{code}" for code in CODES]
DATES = [None, "2017-06-01", "2017-06-15", "2017-08-31", "2017-09-01", "2018-01-01", "2018-06-30"]


def rows(count=400, seed=5):
    """Return samples as plain dictionaries, with every kind of gap."""
    random = np.random.default_rng(seed)
    table = []
    for number in range(count):
        bits = int(random.integers(0, 16))
        day = DATES[random.integers(len(DATES))]
        area = random.multinomial(14400, random.dirichlet(np.full(len(CODES), 0.3)))
        has_map = random.random() > 0.2
        flags = [name for name in ("snow", "cloud_or_shadow") if random.random() < 0.2]
        table.append(
            {
                "id": f"patch-{number:03d}",
                "split": ("train", "validation", "test", "")[random.integers(4)],
                "country": ("Austria", "Kosovo", "")[random.integers(3)],
                "season": ("summer", "winter", "")[random.integers(3)],
                "tile": ("33UUP", "32TMT")[random.integers(2)],
                "date": None if day is None else dt.date.fromisoformat(day),
                "labels": {c.name for bit, c in enumerate(CLASSES.classes) if bits >> bit & 1},
                "label_mask": bits,
                "flags": flags,
                "lon": float(random.uniform(9, 13)),
                "lat": float(random.uniform(46, 49)),
                "areas": dict(zip(CODES, area * has_map, strict=True)),
            }
        )
    return table


def frame_of(table, areas=True):
    frame = pd.DataFrame(table).drop(columns=["labels", "areas"])
    frame["date"] = pd.to_datetime(frame["date"])
    frame["label_mask"] = frame["label_mask"].astype("uint64")
    for column in ("split", "country", "season", "tile"):
        frame[column] = frame[column].astype("category")
    for code in CODES if areas else ():
        frame[f"area_{code}"] = np.array([row["areas"][code] for row in table], np.int32)
    return frame


TABLE = rows()
FRAME = frame_of(TABLE)


def mask(selection, frame, classes):
    return Table(frame, classes).select(selection).mask()


def selected(text, frame=FRAME):
    selection, notices = parse(text)
    assert notices == ()
    result = mask(selection, frame, CLASSES)
    assert result.dtype == bool
    assert result.shape == (len(frame),)
    return [i for i, chosen in enumerate(result) if chosen]


def share(row, name):
    codes = next(c.codes for c in CLASSES.classes if c.name == name)
    total = sum(row["areas"].values())
    return sum(row["areas"][code] for code in codes) / total if total else None


def inside(row, ring):
    """Tell by the rule of crossings whether a place lies in a ring."""
    crossings = 0
    for (x1, y1), (x2, y2) in zip(ring, ring[1:] + ring[:1], strict=True):
        if (y1 > row["lat"]) != (y2 > row["lat"]):
            at = x1 + (row["lat"] - y1) / (y2 - y1) * (x2 - x1)
            crossings += at > row["lon"]
    return crossings % 2 == 1


def month_of(row):
    return row["date"] and row["date"].month


STAR = [(9.5, 46.5), (11, 48.9), (12.5, 46.5), (9.2, 48), (12.8, 48.1)]
TRIANGLE = [(9.5, 46.5), (12.5, 46.6), (11, 48.5)]
REFERENCE = {
    "": lambda _: True,
    "class=any:Marine waters|Pastures": lambda r: bool(r["labels"] & {"Marine waters", "Pastures"}),
    "class=all:Marine waters|Pastures": lambda r: r["labels"] >= {"Marine waters", "Pastures"},
    "class=none:Marine waters|Pastures": lambda r: not r["labels"] & {"Marine waters", "Pastures"},
    "class=any:Transitional woodland, shrub;none:Urban fabric": lambda r: (
        "Transitional woodland, shrub" in r["labels"] and "Urban fabric" not in r["labels"]
    ),
    "class=all:Pastures;any:Urban fabric|Marine waters": lambda r: (
        "Pastures" in r["labels"] and bool(r["labels"] & {"Urban fabric", "Marine waters"})
    ),
    "split=val|test": lambda r: r["split"] in ("validation", "test"),
    "split=nothing-of-the-kind": lambda _: False,
    "country=Kosovo": lambda r: r["country"] == "Kosovo",
    "season=summer": lambda r: r["season"] == "summer",
    "tile=33UUP": lambda r: r["tile"] == "33UUP",
    "month=6|8": lambda r: month_of(r) in (6, 8),
    "month=1": lambda r: month_of(r) == 1,
    "flag=snow": lambda r: "snow" in r["flags"],
    "flag=snow|cloud_or_shadow": lambda r: bool(r["flags"]),
    "flag=unknown": lambda _: False,
    "flag=none": lambda r: not r["flags"],
    "flag=none|snow": lambda r: not r["flags"] or "snow" in r["flags"],
    "date=2017-06-01..2017-08-31": lambda r: bool(
        r["date"] and dt.date(2017, 6, 1) <= r["date"] <= dt.date(2017, 8, 31)
    ),
    "date=2017-06-15": lambda r: r["date"] == dt.date(2017, 6, 15),
    "date=0001-01-01..9999-12-31": lambda r: r["date"] is not None,
    "nlabels=2..3": lambda r: 2 <= len(r["labels"]) <= 3,
    "nlabels=0": lambda r: not r["labels"],
    "nlabels=0..999": lambda _: True,
    "box=10,47,12,48": lambda r: 10 <= r["lon"] <= 12 and 47 <= r["lat"] <= 48,
    "box=100,0,101,1": lambda _: False,
    "poly=" + ",".join(f"{x},{y}" for x, y in TRIANGLE): lambda r: inside(r, TRIANGLE),
    "poly=" + ",".join(f"{x},{y}" for x, y in STAR): lambda r: inside(r, STAR),
    "poly=1,1,1,1,1,1": lambda _: False,
    "ids=patch-003|patch-077|not-there": lambda r: r["id"] in ("patch-003", "patch-077"),
    **{
        f"share=Urban fabric{sign}0.2": (
            lambda r, compare=compare: (
                share(r, "Urban fabric") is not None and compare(share(r, "Urban fabric"), 0.2)
            )
        )
        for sign, compare in {
            ">=": float.__ge__, "<=": float.__le__, ">": float.__gt__, "<": float.__lt__,
        }.items()
    },
    "share=Marine waters=0": lambda r: share(r, "Marine waters") == 0,
    "split=train&country=Austria&month=6": lambda r: (
        r["split"] == "train" and r["country"] == "Austria" and month_of(r) == 6
    ),
}  # fmt: skip


@pytest.mark.parametrize("text", REFERENCE)
def test_a_selection_is_what_plain_python_selects(text):
    assert selected(text) == [i for i, row in enumerate(TABLE) if REFERENCE[text](row)]


def test_the_table_has_rows_on_both_sides_of_most_conditions():
    sizes = {text: len(selected(text)) for text in REFERENCE}
    assert sum(0 < size < len(TABLE) for size in sizes.values()) > 20


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from([text for text in REFERENCE if text]), min_size=2, max_size=4))
def test_conditions_together_mean_and(texts):
    by_key = {text.partition("=")[0]: text for text in texts if "&" not in text}
    together = selected("&".join(by_key.values()))
    alone = [set(selected(text)) for text in by_key.values()]
    assert set(together) == set.intersection(set(range(len(TABLE))), *alone)


@pytest.mark.parametrize("text", [text for text in REFERENCE if text])
def test_no_samples_are_no_trouble(text):
    assert selected(text, FRAME.iloc[:0]) == []


def test_places_on_the_edge_of_a_box_lie_inside():
    frame = FRAME.iloc[:1].assign(lon=10.0, lat=47.0)
    assert selected("box=10,47,11,48", frame) == [0]
    assert selected("box=9,46,10,47", frame) == [0]


@pytest.mark.parametrize("text", ["class=any:Sea", "share=Sea>=0.1"])
def test_a_class_that_does_not_exist_is_answered_with_those_that_do(text):
    with pytest.raises(SelectionError) as caught:
        mask(parse(text)[0], FRAME, CLASSES)
    assert "'Sea'" in str(caught.value)
    assert all(name in str(caught.value) for name in CLASSES.names)


def test_a_very_long_class_name_is_not_repeated_in_full():
    with pytest.raises(SelectionError) as caught:
        mask(parse("class=any:" + "x" * 10_000)[0], FRAME, CLASSES)
    assert len(str(caught.value)) < 300


def test_a_share_needs_the_areas():
    frame = frame_of(TABLE, areas=False)
    with pytest.raises(SelectionError, match="once the index has read the reference maps"):
        mask(parse("share=Pastures>=0.1")[0], frame, CLASSES)
    assert mask(parse("split=train")[0], frame, CLASSES).any()


def test_a_prediction_set_that_is_not_there_is_an_error_in_words():
    with pytest.raises(SelectionError, match="no prediction sets"):
        mask(parse("pred.mine.score=>=0.5")[0], FRAME, CLASSES)


def test_everything_is_everything():
    assert mask(EVERYTHING, FRAME, CLASSES).all()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("country=Austria", []),
        ("country=Atlantis|Austria", ["the country 'Atlantis'. There are: Austria, Kosovo."]),
        ("split=nowhere", ["the split 'nowhere'"]),
        ("tile=01AAA&season=spring", ["the season 'spring'", "the tile '01AAA'"]),
        ("tile=a|b|c|d|e", ["'a'", "'b'", "'c'"]),
        ("ids=patch-003", []),
        ("ids=patch-003|not-there", ["1 of 2 patch ids are not here: not-there."]),
        ("class=any:Pastures&month=1", []),
    ],
)
def test_values_that_no_sample_has_are_said(text, said):
    found = selections.remarks(parse(text)[0], Table(FRAME, CLASSES))
    assert len(found) == len(said)
    assert all(part in sentence for part, sentence in zip(said, found, strict=True))
    assert all(len(sentence) < 300 for sentence in found)


def neighbours(count, seed):
    """Return a table whose rows lie beside those that are alike, as in a dataset sorted by id."""
    random = np.random.default_rng(seed)
    group = np.sort(random.integers(0, 4, count))
    frame = frame_of(rows(max(count, 1), seed)).iloc[:count]
    lon = 10 + group + random.normal(0, random.choice([0, 0.01, 0.4]), count)
    lon[random.random(count) < 0.02] = np.nan
    return frame.assign(
        lon=lon,
        lat=47 + 0.01 * (np.arange(count) % 50),
        date=pd.to_datetime(pd.Series(DATES).iloc[group].to_numpy()),
        tile=pd.Categorical([("33UUP", "32TMT", "29SNC", "34VER")[i] for i in group]),
    )


IN_PANDAS = {
    "box=10.5,47.1,12.2,47.4": lambda f: f.lon.between(10.5, 12.2) & f.lat.between(47.1, 47.4),
    "poly=10.5,46,12.5,46,12.5,48,10.5,48": lambda f: f.lon.between(10.5, 12.5, "neither"),
    "tile=32TMT|34VER": lambda f: f.tile.isin(["32TMT", "34VER"]),
    "date=2017-06-10..2017-12-31": lambda f: f.date.between("2017-06-10", "2017-12-31"),
    "month=6": lambda f: f.date.dt.month == 6,
    "class=none:Pastures": lambda f: f.label_mask.to_numpy(np.uint64) & np.uint64(2) == 0,
    "flag=snow": lambda f: f["flags"].map(lambda flags: "snow" in flags).astype(bool),
    "share=Pastures>0.1": lambda f: f.area_231 / f[AREAS].sum(axis=1) > 0.1,
    "nlabels=1..2": lambda f: np.isin(np.bitwise_count(f.label_mask.to_numpy(np.uint64)), (1, 2)),
}


@settings(max_examples=40, deadline=None)
@given(
    count=st.sampled_from([0, 1, 63, 64, 65, 128, 400]),
    seed=st.integers(0, 5),
    texts=st.lists(st.sampled_from(sorted(IN_PANDAS)), min_size=1, max_size=4, unique=True),
)
def test_a_selection_is_what_pandas_selects(count, seed, texts):
    frame = neighbours(count, seed)
    wanted = np.ones(count, bool)
    for text in texts:
        wanted &= np.asarray(IN_PANDAS[text](frame), bool)
    assert selected("&".join(texts), frame) == np.flatnonzero(wanted).tolist()


def test_what_a_condition_selects_is_kept_within_bounds(monkeypatch):
    monkeypatch.setattr(selection_module, "_KEPT_BYTES", 10_000)
    table = Table(FRAME, CLASSES)
    for number in range(100):
        table.part("box", (number / 10, 40, 20, 50))
    assert 5_000 < table._kept.used <= 10_000
    last = table.part("box", (9.9, 40, 20, 50))
    assert table.part("box", (9.9, 40, 20, 50)) is last
    assert table.part("box", (0, 40, 20, 50)).mask().tolist() == [True] * len(FRAME)


@pytest.mark.parametrize("count", [3, 200])
def test_ids_are_found_in_any_order_of_the_table(count):
    ids = [f"patch-{number:03d}" for number in range(0, 2 * count, 2)]
    wanted = [i for i, row in enumerate(TABLE) if row["id"] in ids]
    for frame in (FRAME, FRAME.iloc[::-1]):
        found = Table(frame, CLASSES).part("ids", (*ids, "not-there")).mask()
        assert set(frame["id"][found]) == {TABLE[i]["id"] for i in wanted}
