import datetime as dt

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from eoexplore.core.selection import (
    EVERYTHING,
    MAX_IDS,
    ClassRule,
    Comparison,
    Selection,
    parse,
)

KEYS = (
    "box", "class", "country", "date", "flag", "ids", "month", "nlabels", "poly", "season",
    "share", "split", "tile",
)  # fmt: skip


def read(text):
    """Parse a text that is wholly good."""
    selection, notices = parse(text)
    assert notices == ()
    return selection


def test_the_empty_text_selects_everything():
    assert read("") == EVERYTHING == Selection()
    assert EVERYTHING.canonical() == ""


@pytest.mark.parametrize(
    ("text", "key", "value"),
    [
        (
            "class=any:Marine waters|Inland waters;none:Urban fabric",
            "class",
            (
                ClassRule("any", ("Inland waters", "Marine waters")),
                ClassRule("none", ("Urban fabric",)),
            ),
        ),
        ("split=train|validation", "split", ("train", "validation")),
        ("split=val", "split", ("validation",)),
        ("split=val|validation", "split", ("validation",)),
        ("country=Austria", "country", ("Austria",)),
        ("season=summer|spring", "season", ("spring", "summer")),
        ("month=8|6|07", "month", (6, 7, 8)),
        ("tile=33UUP", "tile", ("33UUP",)),
        ("flag=snow", "flag", ("snow",)),
        ("date=2017-06-01..2017-08-31", "date", (dt.date(2017, 6, 1), dt.date(2017, 8, 31))),
        ("date=2017-06-01", "date", (dt.date(2017, 6, 1), dt.date(2017, 6, 1))),
        ("share=Marine waters>=0.1", "share", Comparison("Marine waters", ">=", 0.1)),
        ("nlabels=2..4", "nlabels", (2, 4)),
        ("nlabels=3", "nlabels", (3, 3)),
        ("box=11.2,47.9,12.1,48.4", "box", (11.2, 47.9, 12.1, 48.4)),
        ("poly=11,47,12,47,12,48", "poly", (11, 47, 12, 47, 12, 48)),
        ("ids=b|a", "ids", ("a", "b")),
        ("pred.mine.probability>=0.5".replace(">", "=>"), "pred.mine.probability",
         Comparison("", ">=", 0.5)),
    ],
)  # fmt: skip
def test_the_examples_of_the_grammar(text, key, value):
    assert read(text).get(key) == value


def test_a_key_that_sets_nothing_has_no_value():
    assert read("split=train").get("country") is None


def test_keys_and_values_are_put_in_order():
    text = "split=validation|test&class=none:Pastures;any:Mixed forest|Arable land"
    assert read(text).canonical() == (
        "class=any:Arable land|Mixed forest;none:Pastures&split=test|validation"
    )


def test_characters_of_the_grammar_in_a_name_are_encoded():
    text = "country=C%C3%B4te%20d'Ivoire|a%26b%3Dc%7Cd%3Be%3Af%25g%7B%7D"
    selection = read(text)
    assert selection.get("country") == ("Côte d'Ivoire", "a&b=c|d;e:f%g{}")
    assert selection.canonical() == "country=C%C3%B4te d'Ivoire|a%26b%3Dc%7Cd%3Be%3Af%25g%7B%7D"


def test_one_condition_can_be_set_and_dropped():
    selection = read("split=train&country=Austria")
    other = selection.replace("split", ("test",))
    assert other.canonical() == "country=Austria&split=test"
    assert other.replace("split", None).canonical() == "country=Austria"
    assert selection.canonical() == "country=Austria&split=train"


@pytest.mark.parametrize(
    "condition",
    [
        "class", "class=", "class=any", "class=any:", "class=some:Pastures", "class=Pastures",
        "class=any:|", "class=any:Pastures;", "split=", "split=|", "country=%20", "month=0",
        "month=13", "month=June", "month=-1", "month=1.5", "month=²", "month=" + "1" * 5000,
        "date=", "date=yesterday", "date=2017-13-01", "date=2017-06-01..", "date=..2017-06-01",
        "date=2017-08-31..2017-06-01", "date=2017-06-01..2017-07-01..2017-08-01", "nlabels=",
        "nlabels=two", "nlabels=4..2", "nlabels=-1", "nlabels=1..", "nlabels=" + "9" * 5000,
        "share=", "share=0.1", "share=>=0.1", "share=%20>=0.1", "share=Pastures",
        "share=Pastures>=",
        "share=Pastures>=2", "share=Pastures>=-0.1", "share=Pastures>=nan", "share=Pastures>=1e999",
        "share=Pastures>=10%", "share=Pastures=>0.1", "box=", "box=1,2,3", "box=1,2,3,4,5",
        "box=a,b,c,d", "box=nan,0,1,1", "box=0,0,inf,1", "box=12,47,11,48", "box=11,48,12,47",
        "poly=1,2,3,4", "poly=1,2,3,4,5,6,7", "poly=", "poly=1;2,3;4,5;6",
        "poly=" + ",".join(["1,2", "3,4"] * 251), "ids=", "tile=", "flag=",
        "season=", "pred.a.b=", "pred.a.b=0.5", "pred.a.b=>=1e999", "pred.a.b=>=nan",
    ],
)  # fmt: skip
def test_a_bad_value_is_left_out_with_one_sentence(condition):
    selection, notices = parse(f"{condition}&split=train")
    key = condition.partition("=")[0]
    if key == "split":
        selection, notices = parse(condition)
        assert selection == EVERYTHING
    else:
        assert selection.canonical() == "split=train"
    (notice,) = notices
    assert repr(key) in notice
    assert notice.endswith(".")
    assert len(notice) < 200
    assert "sys." not in notice


@pytest.mark.parametrize("key", ["colour", "", "SPLIT", " split", "pred", "pred.set", "{{7*7}}"])
def test_an_unknown_key_is_reported_with_the_known_ones(key):
    selection, (notice,) = parse(f"{key}=x&split=train")
    assert selection.canonical() == "split=train"
    assert repr(key) in notice
    assert all(known in notice for known in KEYS)


def test_a_key_that_stands_twice_counts_once_and_is_reported():
    selection, (notice,) = parse("split=train&split=test")
    assert selection.canonical() == "split=test"
    assert "twice" in notice


def test_at_most_twenty_ids():
    ids = [f"patch-{number:02d}" for number in range(MAX_IDS + 1)]
    assert MAX_IDS == 20
    assert read("ids=" + "|".join(ids[:20])).get("ids") == tuple(ids[:20])
    selection, (notice,) = parse("ids=" + "|".join(ids))
    assert selection == EVERYTHING
    assert "21" in notice
    assert "20" in notice


@pytest.mark.parametrize(
    "text",
    ["&&&", "=", "&=&=", "%", "%%%=%%", "%00", "\0=\0", "split=\0", "split=%FF", "\ud800=\ud800",
     "split=\ud800", "class=any:\udcff", "a" * 10_000, "a" * 10_000 + "=b", "split=" + "|" * 10_000,
     "&" * 10_000, "class=" + ";" * 10_000, "{{7*7}}", "<img src=x onerror=alert(1)>",
     "split=../../../etc/passwd", "month=\uff11\uff12", "nlabels=٣", "box=1_0,2,3_0,4",
     "date=%32017-06-01", "share=a>=>=1", "pred..=>=1", "pred.a&b.c=>=1"],
)  # fmt: skip
def test_hostile_texts_never_raise(text):
    selection, notices = parse(text)
    again, more = parse(selection.canonical())
    assert again == selection
    assert more == ()
    assert all(len(notice) < 300 for notice in notices)


names = st.text(min_size=1).map(str.strip).filter(bool).filter(str.isprintable)
name_lists = st.lists(names, min_size=1, max_size=4, unique=True).map(lambda v: tuple(sorted(v)))
signs = st.sampled_from([">=", "<=", ">", "<", "="])
bounds = st.floats(allow_nan=False, allow_infinity=False).map(lambda v: v + 0.0)
degrees = st.floats(-180, 180).map(lambda v: round(v, 7) + 0.0)
modes = st.lists(st.sampled_from(["all", "any", "none"]), min_size=1, unique=True).map(sorted)
values = {
    "box": st.tuples(degrees, degrees, degrees, degrees).map(
        lambda b: (min(b[0], b[2]), min(b[1], b[3]), max(b[0], b[2]), max(b[1], b[3]))
    ),
    "class": modes.flatmap(
        lambda kinds: st.tuples(*(name_lists.map(lambda n, k=k: ClassRule(k, n)) for k in kinds))
    ),
    "country": name_lists,
    "date": st.tuples(st.dates(), st.dates()).map(lambda d: tuple(sorted(d))),
    "flag": name_lists,
    "ids": name_lists,
    "month": st.sets(st.integers(1, 12), min_size=1).map(lambda m: tuple(sorted(m))),
    "nlabels": st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda n: tuple(sorted(n))),
    "poly": st.lists(st.tuples(degrees, degrees), min_size=3, max_size=6).map(
        lambda ring: tuple(value for corner in ring for value in corner)
    ),
    "season": name_lists,
    "share": st.builds(Comparison, names, signs, st.floats(0, 1).map(lambda v: v + 0.0)),
    "split": name_lists.filter(lambda n: "val" not in n),
    "tile": name_lists,
    "pred.set.column": st.builds(Comparison, st.just(""), signs, bounds),
    "pred.a&b=c%.d": st.builds(Comparison, st.just(""), signs, bounds),
}
selections = st.fixed_dictionaries({}, optional=values).map(
    lambda chosen: Selection(tuple(sorted(chosen.items())))
)


def test_every_key_is_generated():
    assert set(KEYS) < set(values)


@settings(max_examples=300, deadline=None)
@given(selections)
def test_a_selection_comes_back_from_its_canonical_text(selection):
    assert parse(selection.canonical()) == (selection, ())


@settings(max_examples=300, deadline=None)
@given(st.text())
@example("share=a>=-0")
@example("box=-0,0,1.123456789123,1")
def test_the_canonical_text_of_any_text_is_final(text):
    canonical = parse(text)[0].canonical()
    selection, notices = parse(canonical)
    assert selection.canonical() == canonical
    assert notices == ()


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(KEYS), st.text(alphabet="ab|;:=<>%&.,0129-+eE\0{}/ ")),
                max_size=5))  # fmt: skip
def test_texts_that_nearly_follow_the_grammar_do_too(parts):
    text = "&".join(f"{key}={value}" for key, value in parts)
    selection, _ = parse(text)
    assert parse(selection.canonical()) == (selection, ())


@settings(deadline=None)
@given(selections, st.randoms())
def test_the_order_of_conditions_does_not_matter(selection, random):
    parts = list(filter(None, selection.canonical().split("&")))
    random.shuffle(parts)
    assert parse("&".join(parts))[0].canonical() == selection.canonical()
