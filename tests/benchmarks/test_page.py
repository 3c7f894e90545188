"""Measured figures on the page of performance."""

import pytest

from benchmarks import page
from benchmarks.figures import compare

MACHINE = {
    "clock": "wall", "cores": 2, "memory_gb": 25.3, "system": "Linux", "python": "3.11.7",
}  # fmt: skip


def test_what_stands_between_the_marks_is_replaced_and_nothing_else():
    text = "before\n<!-- growth -->\nold\n<!-- end of growth -->\nafter"
    once = page.fill(text, "growth", ["a \\1", "b"])
    assert once == "before\n<!-- growth -->\na \\1\nb\n<!-- end of growth -->\nafter"
    assert page.fill(once, "growth", ["a \\1", "b"]) == once


def test_a_page_without_marks_is_refused():
    with pytest.raises(ValueError, match="no line '<!-- growth -->'"):
        page.fill("before", "growth", [])


@pytest.mark.parametrize("name", page.TABLES)
def test_the_page_has_all_marks(name):
    assert page.fill(page.PAGE.read_text(encoding="utf-8"), name, ["here"])


def test_a_missed_budget_is_plain_to_see():
    made = [compare("a tile", [40.0, 44.0], [10.0], "<= 3"), compare("start", [0.5], unit="s")]
    lines = page.figures({"machine": MACHINE, "figures": [item.as_json() for item in made]})
    assert lines[0].startswith("Measured as elapsed time on 2 cores, 25 GB")
    assert lines[-2] == "| a tile | 42 ms (p95 43.8, n 2) | 10 ms | 4.2 | <= 3 | **missed** |"
    assert lines[-1] == "| start | 0.5 s |  |  |  |  |"


def test_costs_stand_beside_each_other_by_size():
    costs = {"1000": {"filter": 0.1234}, "549488": {"filter": 1234.5}}
    lines = page.growth({"machine": MACHINE, "milliseconds": costs})
    assert lines[2:] == [
        "| ms at so many samples | 1,000 | 549,488 |",
        "|---|---|---|",
        "| filter | 0.123 | 1,234 |",
    ]
