import pytest

from eoexplore.core import words
from eoexplore.core.selection import parse


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("class=any:Pastures", ["Pastures"]),
        ("class=any:Marine waters|Inland waters", ["Inland waters or Marine waters"]),
        ("class=all:A|B|C;none:D|E", ["A, B and C", "without D or E"]),
        ("split=train|val", ["train or validation"]),
        ("country=Portugal", ["Portugal"]),
        ("season=summer", ["summer"]),
        ("month=6|8", ["June or August"]),
        ("tile=29SNC", ["tile 29SNC"]),
        ("flag=cloud_or_shadow", ["cloud or shadow"]),
        ("flag=snow|none", ["no flag or snow"]),
        ("date=2017-06-13", ["13 Jun 2017"]),
        ("date=2017-06-01..2017-08-31", ["1 Jun 2017 to 31 Aug 2017"]),
        ("share=Marine waters>=0.1", ["Marine waters ≥ 10 %"]),
        ("share=Marine waters<0.005", ["Marine waters < 0.5 %"]),
        ("nlabels=2..4", ["2 to 4 labels"]),
        ("nlabels=1", ["1 label"]),
        ("box=11,47,12,48", ["drawn area, 8,377 km²"]),
        ("poly=11,47,11.01,47,11.01,47.01", ["drawn area, 0.42 km²"]),
        ("ids=a|b", ["2 patches by id"]),
        ("ids=S2A_MSIL2A_20170613T101031_N9999_R022_T33UUP_26_57", ["patch 33UUP_26_57"]),
        ("pred.mine.score=>=0.5", ["pred.mine.score >=0.5"]),
        ("", []),
    ],
)
def test_conditions_in_words(text, expected):
    assert [phrase.text for phrase in words.phrases(parse(text)[0])] == expected


def test_one_rule_of_a_class_condition_is_dropped_alone():
    selection = parse("class=any:A;none:B&split=train")[0]
    phrases = words.phrases(selection)
    assert words.without(selection, phrases[0]).canonical() == "class=none:B&split=train"
    alone = words.without(selection, phrases[0])
    assert words.without(alone, words.phrases(alone)[0]).canonical() == "split=train"
    assert words.without(selection, phrases[2]).canonical() == "class=any:A;none:B"
