"""The pages, the command line and the report show the same numbers."""

import json
from html import unescape

import pandas as pd
import pytest

from eoexplore.charts import chart, document, report
from eoexplore.cli import main
from eoexplore.store import catalog, splits
from tests import builders
from tests.charts.conftest import asked_of

PATCHES = (
    *builders.block("33UUP", 13.1, 48.2),
    *builders.block("29SNC", -8.8, 38.4, split="test", country="Portugal"),
)
COMMANDS = {"statistics": "stats", "splits": "splits"}
SELECT = "class=any:Arable land|Pastures|Mixed forest|Urban fabric"


@pytest.fixture
def opened(own_folders, started):
    folder = own_folders / "reben-table"
    builders.write_metadata(folder, PATCHES)
    return catalog.add(folder)


def of_the_page(visit, name, section, slug):
    """Return the tables of a section of a page, in its order."""
    query = {"dataset": slug, "select": SELECT, "section": section, "against": "rings;random"}
    return [frame.value for frame in visit(name.title(), **query).dataframe]


def rows(frame: pd.DataFrame):
    return document.plain([{str(k): v for k, v in row.items()} for row in frame.to_dict("records")])


@pytest.mark.parametrize("page", COMMANDS)
def test_the_page_and_the_command_say_the_same(visit, page, opened, capsys):
    against = () if page == "statistics" else ("--compare", "rings", "--compare", "random")
    assert main([COMMANDS[page], opened.slug, "--select", SELECT, "--json", *against]) == 0
    printed = json.loads(capsys.readouterr().out)["charts"]
    kinds = chart.kinds(page)
    assert list(printed) == [kind.name for kind in chart.kinds(page)]
    for section in dict.fromkeys(kind.section for kind in kinds):
        said = [printed[kind.name] for kind in kinds if kind.section == section]
        expected = [item["table"] for item in said if "table" in item]
        shown = [rows(frame) for frame in of_the_page(visit, page, section, opened.slug)]
        assert shown == expected


def test_the_report_has_every_chart_and_needs_nothing_else(opened):
    asked = asked_of(opened, SELECT, splits=(splits.split_of(opened, "released"),))
    page = report.html("splits", asked, {}).decode()
    text = unescape(page)
    for kind in chart.kinds("splits"):
        found = document.of([kind], asked, {})[kind.name]
        assert found.get("sentence", found.get("cannot_tell")) in text
    body = page[page.index("<body>") :]
    for word in ('src="http', "src='http", "<link", "@import"):
        assert word not in body


def test_names_of_data_are_text_in_the_report(opened, monkeypatch):
    monkeypatch.setattr(opened.dataset, "title", "<script>alert(1)</script>")
    asked = asked_of(opened, splits=(splits.split_of(opened, "released"),))
    page = report.html("splits", asked, {}).decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
