"""The report of an evaluation: what stands above its charts, and that it needs nothing else."""

import re
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from plotly import offline

from eoexplore.charts import _judged, _report, chart, document, report
from eoexplore.store.truth import Truth
from tests.charts.conftest import FOREST, MARINE, PASTURES, grid, opened_of
from tests.charts.judging import question, write

NAMES = (FOREST, PASTURES, MARINE)
HOSTILE = "<script>alert('<b>1')</script>"


@pytest.fixture
def opened(monkeypatch):
    monkeypatch.setattr(_judged, "REPLICATES", 40)
    rows = grid(4)
    return opened_of(
        [
            replace(row, labels=(NAMES[at % 3],), split=("train", "validation", "test")[at % 3])
            for at, row in enumerate(rows)
        ]
    )


def scored(opened, name="mine", rows=range(12), **more):
    scores = np.random.default_rng(3).random((len(rows), 3))
    return write(opened, name, rows, scores, NAMES, **more)


class Texts(HTMLParser):
    """Which tags there are, and what stands between them outside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.texts: list[str] = []
        self.addresses: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]

    def handle_data(self, data):
        if self.tags[-1] not in ("script", "style"):
            self.texts.append(data)


def page_of(asked, options=None, page="evaluation"):
    return report.html(page, asked, options or {}).decode()


def lines(page):
    """Return the text of the page up to the first chart, cell after cell."""
    return Texts(page[page.index("<body>") : page.index("<section>")]).texts


def fact(page, name):
    """Return what stands after a name."""
    found = lines(page)
    return found[found.index(name) + 1]


def test_every_chart_stands_in_it_in_the_order_of_the_page(opened):
    asked = question(opened, scored(opened), select="split=test")
    page = page_of(asked)
    text = unescape(page)
    place = page.index("<body>")
    for kind in chart.kinds("evaluation"):
        (found,) = document.of([kind], asked, {}).values()
        place = text.index(found.get("sentence", found.get("cannot_tell")), place)
    for section in {kind.section for kind in chart.kinds("evaluation")}:
        assert text.count(f"<h2>{section}</h2>") == 1


def test_it_is_one_file_with_one_copy_of_plotly(opened):
    page = page_of(question(opened, scored(opened)))
    assert page.count(offline.get_plotlyjs()) == 1
    assert Texts(page).addresses == []
    assert "default-src 'none'" in page
    assert len(page) < 8_000_000


def test_the_head_says_what_was_judged(opened):
    read = scored(
        opened, trained_on_split="train", threshold=0.25, left_out={"no Sentinel-1 image": 3},
        synthetic=True,
    )  # fmt: skip
    page = page_of(question(opened, read, select="split=test"))
    assert fact(page, "Dataset") == f"Made, 16 patches (fingerprint {opened.fingerprint})"
    assert fact(page, "Selection") == "test: 5 patches"
    # Rows 2, 5, 8 and 11 of the set are of the test split; row 14 has no prediction.
    assert fact(page, "Judged") == "4 patches"
    assert fact(page, "Predictions") == "mine"
    assert fact(page, "Model") == "made"
    assert fact(page, "SHA-256 of the weights or the file") == "0" * 64
    assert fact(page, "Made").startswith("2026-01-01T00:00:00+00:00")
    assert fact(page, "Made by") == "EOExplore 0"
    assert fact(page, "Trained on the split") == "train"
    assert fact(page, "Threshold") == "0.25"
    assert fact(page, "Left out") == "3: no Sentinel-1 image"
    assert "<strong>Synthetic training imagery of mine.</strong>" in page
    assert "<strong>" not in page_of(question(opened, scored(opened)))


def test_warnings_stand_before_any_number(opened):
    asked = question(opened, scored(opened, trained_on_split="elsewhere", unjudged_share=0.2))
    page = page_of(asked)
    said = _judged.warnings(asked)
    assert len(said) == 2
    box = page[page.index("class=warning") : page.index("<table")]
    assert all(sentence in unescape(box) for sentence in said)
    assert box.count("<p>") == 2


def test_two_sets_stand_side_by_side(opened):
    first, second = scored(opened), scored(opened, "other", rows=range(6, 16))
    page = page_of(question(opened, first, second))
    assert fact(page, "Judged") == "6 patches that mine and other have"
    found = lines(page)
    place = found.index("Predictions")
    assert found[place + 1 : place + 3] == ["mine", "other"]
    assert found[-3:-1] == ["12 patches of the selection", "10 patches of the selection"]


def test_nothing_to_judge_is_a_sentence(opened):
    page = page_of(question(opened, scored(opened, rows=[0]), select="split=test"))
    assert "says nothing of the 5 patches of the selection" in fact(page, "Judged")
    assert "There is no prediction set to judge" in fact(page_of(question(opened)), "Judged")


def test_names_of_strangers_are_text(opened, monkeypatch):
    def page_with(word):
        monkeypatch.setattr(opened.dataset, "title", word)
        read = scored(opened, left_out={word: 1}, device=word)
        about = replace(read.about, name=word, model=word, trained_on_split=word)
        truth = Truth(word, opened.samples.frame["label_mask"].to_numpy(), np.ones(16, bool))
        asked = question(opened, replace(read, about=about))
        return page_of(replace(asked, truth=truth))

    page = page_with(HOSTILE)
    found = Texts(page)
    assert found.tags == Texts(page_with("mine")).tags
    assert found.texts.count(HOSTILE) >= 3
    assert "<script>alert(" not in page


def test_chosen_options_are_those_of_the_charts(opened):
    asked = question(opened, scored(opened))
    name = "scores_by_class.figure"
    first, second = (page_of(asked, {name: figure}) for figure in ("recall", "precision"))
    assert "Recall: from" in first
    assert "Recall: from" not in second
    assert "Precision: from" in second


def test_a_long_table_is_cut():
    for rows, shown, more in ((30, 30, []), (1234, 30, ["and 1,204 more rows"])):
        text = _report._table(pd.DataFrame({"Patch": [f"p{row}" for row in range(rows)]}))
        assert text.count("<td>") == shown
        assert re.findall("and .* more rows", text) == more


def test_cells_are_written_for_readers():
    table = pd.DataFrame(
        {
            "Split": ["a", "<b>"],
            "patches": pd.array([1234, pd.NA], "Int64"),
            "median (km)": [1234.56, np.nan],
            "share of test": [0.125, None],
            "least": pd.Series([2.5, pd.NA], dtype=object),
        }
    )
    cells = re.findall("<td[^>]*>([^<]*)</td>", _report._table(table))
    assert cells == ["a", "1,234", "1,235", "12.5%", "2.5", "&lt;b&gt;", "–", "–", "–", "–"]
