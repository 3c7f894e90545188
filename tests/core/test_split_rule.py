import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.core import split_rule
from eoexplore.core.errors import SplitError
from eoexplore.core.split import part_of
from eoexplore.core.split_rule import FILE, KINDS, parse

VALUES = {
    "train": st.integers(0, 50).map(lambda n: n / 100),
    "validation": st.floats(0, 0.5).map(lambda x: round(x, 9)),
    "seed": st.integers(0, 999_999_999),
    "km": st.floats(1, 2000).map(lambda x: round(x, 9)),
    "k": st.integers(3, 1000),
}


@st.composite
def rules(draw):
    name = draw(st.sampled_from([name for name in KINDS if name != FILE]))
    known = {item.name for item in KINDS[name].parameters}
    optional = {key: value for key, value in VALUES.items() if key in known}
    values = draw(st.fixed_dictionaries({}, optional=optional))
    if "folds" in known and draw(st.booleans()):
        values = {key: value for key, value in values.items() if key not in ("train", "validation")}
        values["folds"] = draw(st.integers(3, 20))
        values["fold"] = draw(st.integers(1, values["folds"]))
    return split_rule.make(name, values)


@given(rules())
def test_the_text_of_a_rule_gives_it_back(rule):
    assert parse(rule.canonical()) == rule
    assert parse(rule.canonical()).canonical() == rule.canonical()
    assert len(rule.canonical()) < 200


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("released", "released"),
        ("rings:train=0.5,validation=0.25", "rings"),
        ("rings:validation=0.10,train=0.60", "rings:train=0.6,validation=0.1"),
        ("rings:train=0.75", "rings:train=0.75"),
        ("random:seed=1,train=0.5,validation=0.25", "random:seed=1"),
        (" Tile : folds=5 , seed=0 ", "tile:folds=5"),
        ("tile:fold=2,folds=5", "tile:fold=2,folds=5"),
        ("tile:folds=5,fold=1", "tile:folds=5"),
        ("grid:km=50", "grid"),
        ("grid:km=12.5", "grid:km=12.5"),
        ("kmeans:k=40,seed=7", "kmeans:seed=7"),
        ("country:", "country"),
        ("file:0123456789abcdef", "file:0123456789abcdef"),
    ],
)
def test_equal_rules_have_one_text(text, canonical):
    assert parse(text).canonical() == canonical


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "",
            "no split rule ''. Rules: released, rings, random, place, tile, country, grid, kmeans",
        ),
        ("ring", "no split rule 'ring'"),
        ("x" * 500, "no split rule '" + "x" * 40 + "'"),
        ("released:seed=1", "has no parameter 'seed'. It has none"),
        ("rings:seed=1", "has no parameter 'seed'. It has: train, validation"),
        ("tile:sede=1", "no parameter 'sede'. It has: train, validation, seed, folds, fold"),
        ("tile:3", "no parameter '3'"),
        ("tile:train=half", "train=half cannot be used: write a number from 0 to 1"),
        ("tile:train=1.2", "from 0 to 1"),
        ("tile:train=-1", "from 0 to 1"),
        ("tile:train=nan", "from 0 to 1"),
        ("tile:train=1e-3", "from 0 to 1"),
        ("tile:seed=1.5", "write a whole number from 0"),
        ("tile:seed=", "write a whole number"),
        ("grid:km=0", "from 1 to 2000, such as km=50"),
        ("kmeans:k=2", "from 3 to 1000"),
        ("tile:train=0.9,validation=0.2", "more than 1 together"),
        ("tile:train=0.8", "train=0.8 and validation=0.25 are more than 1 together"),
        ("tile:folds=2", "folds=3 or more"),
        ("tile:fold=2", "no fold 2 of 0"),
        ("tile:fold=6,folds=5", "no fold 6 of 5"),
        ("tile:folds=5,train=0.6", "leave shares out"),
        ("file", "Choose the file again"),
        ("file:../../etc/passwd", "Choose the file again"),
        ("file:0123456789ABCDEF", "Choose the file again"),
    ],
)
def test_what_cannot_be_read_is_said(text, said):
    with pytest.raises(SplitError) as raised:
        parse(text)
    assert said in str(raised.value)


@given(st.text(max_size=60))
def test_any_text_is_a_rule_or_a_sentence(text):
    for tried in (text, f"tile:{text}", f"grid:km={text}", f"file:{text}"):
        try:
            found = parse(tried)
        except SplitError:
            continue
        assert parse(found.canonical()) == found


def test_shares_and_folds_of_a_rule():
    rule = parse("grid:train=0.6,seed=4")
    assert rule.shares == pytest.approx((0.6, 0.25, 0.15))
    assert (rule.folds, rule.values["km"], rule.values["seed"]) == (0, 50, 4)
    assert parse("tile:folds=5").folds == 5
    assert parse("released").folds == 0


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("train", 0), (" Training ", 0), ("val", 1), ("VALID", 1), ("validation", 1), ("dev", 1),
        ("test", 2), ("testing", 2), ("eval", 2), ("", -1), ("holdout", -1), ("0", -1),
    ],
)  # fmt: skip
def test_words_for_parts(word, part):
    assert part_of(word) == part
