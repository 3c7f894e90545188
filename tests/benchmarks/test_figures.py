"""Ratios, budgets and the table of figures, on known numbers."""

import pytest

from benchmarks.figures import CLOCKS, Watch, compare, table


def test_an_upper_budget_compares_value_with_baseline():
    figure = compare("tile", [10, 30, 20], [10], "<= 3")

    assert (figure.value, figure.baseline, figure.ratio, figure.met) == (20, 10, 2, True)
    assert (figure.n, figure.p50) == (3, 20)
    assert figure.p95 == pytest.approx(29)


def test_a_lower_budget_says_how_many_times_as_fast():
    figure = compare("filter", [2.0], [30.0, 50.0], ">= 20")

    assert (figure.ratio, figure.met) == (20, True)
    assert compare("filter", [2.1], [40.0], ">= 20").met is False


def test_a_budget_without_a_baseline_bounds_the_value():
    assert compare("message", [0.9], None, "<= 1", "MB").met is True
    assert compare("message", [1.1], None, "<= 1", "MB").met is False
    assert compare("message", [1.1], None, "<= 1", "MB").ratio is None


def test_what_has_no_budget_is_neither_met_nor_missed():
    figure = compare("start", [4.0], [2.0])

    assert (figure.ratio, figure.budget, figure.met) == (2, None, None)


def test_a_figure_is_written_with_the_keys_of_the_contract():
    written = compare("tile", [1.23456], [3.0], "<= 3").as_json()

    keys = "name value unit baseline ratio budget met n p50 p95"
    assert list(written) == keys.split()
    assert written["value"] == 1.235


def test_the_table_marks_what_is_missed():
    lines = table([compare("a tile", [40], [10], "<= 3"), compare("start", [4], unit="s")])

    assert "MISSED" in lines.splitlines()[1]
    assert "MISSED" not in lines.splitlines()[2]


@pytest.mark.parametrize("clock", CLOCKS)
def test_a_watch_times_each_call(clock):
    calls = []

    assert len(Watch(clock).several(lambda: calls.append(1), 3)) == len(calls) == 3
