import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.core import dates
from eoexplore.core.dates import LATEST, DateRule


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("", LATEST),
        ("latest", LATEST),
        ("earliest", DateRule("earliest")),
        ("nearest:2017-08-01", DateRule("nearest", day=dt.date(2017, 8, 1))),
        ("season:winter", DateRule("season", season="winter")),
        ("season:fall", DateRule("season", season="autumn")),
        (" Season:Autumn ", DateRule("season", season="autumn")),
        ("nth:1", DateRule("nth", number=1)),
        ("nth:12", DateRule("nth", number=12)),
        ("2017-08-01", DateRule("within", within=(dt.date(2017, 8, 1), dt.date(2017, 8, 1)))),
        (
            "2017-06-01..2017-08-31",
            DateRule("within", within=(dt.date(2017, 6, 1), dt.date(2017, 8, 31))),
        ),
    ],
)
def test_every_form_is_read_and_written_back(text, rule):
    found, notices = dates.parse(text)
    assert (found, notices) == (rule, ())
    assert dates.parse(found.canonical()) == (rule, ())
    assert found.sentence().endswith(".")


@pytest.mark.parametrize(
    "text",
    [
        "newest", "nearest", "nearest:", "nearest:2017-13-45", "nearest:soon", "season:",
        "season:all",
        "nth:", "nth:0", "nth:-1", "nth:100", "nth:1.5", "nth:²", "2017", "2017-13-45",
        "2017-08-31..2017-06-01", "2017-06-01..", "..2017-06-01", "latest:", "within:2017-06-01",
    ],
)  # fmt: skip
def test_anything_else_is_the_latest_and_a_sentence(text):
    rule, notices = dates.parse(text)
    assert rule == LATEST
    assert len(notices) == 1
    assert text in notices[0]
    assert "season:winter" in notices[0]


@given(st.text(max_size=60))
def test_no_text_is_an_error(text):
    rule, notices = dates.parse(text)
    assert dates.parse(rule.canonical()) == (rule, ())
    assert all(len(notice) < 400 for notice in notices)


def test_the_default_is_left_out_of_addresses():
    assert LATEST.canonical() == ""
