"""What all figures share: names that fit, marks that say all of it, and colours for print."""

import numpy as np
import pytest

from eoexplore.charts import _figures

LONG = "Land principally occupied by agriculture, with significant areas of natural vegetation"


@pytest.mark.parametrize(
    ("name", "most", "expected"),
    [
        ("Pastures", 42, "Pastures"),
        (LONG, 42, "Land principally occupied by agriculture …"),
        ("Beaches, dunes, sands", 15, "Beaches …"),
        ("A" * 20, 10, "A" * 9 + " …"),
    ],
)
def test_long_names_are_cut_at_a_word(name, most, expected):
    assert _figures.short(name, most) == expected
    assert len(_figures.short(name, most)) <= most + 2


def test_bars_say_whole_names_and_show_short_ones():
    figure = _figures.bars([LONG, "Pastures"], {"All": [1, 2]}, quantity="Patches")
    assert list(figure.data[0].hovertext) == [LONG, "Pastures"]
    assert list(figure.layout.yaxis.ticktext) == ["Land principally occupied by agriculture …",
                                                  "Pastures"]  # fmt: skip
    assert figure.layout.showlegend is False


def test_two_series_are_told_apart_without_colour():
    figure = _figures.bars(["a"], {"One": [1], "Other": [2]}, quantity="Patches", selections=[None])
    patterns = [trace.marker.pattern.shape for trace in figure.data]
    assert patterns == ["", "/"]
    assert figure.layout.showlegend is True
    # Nothing to click on.
    assert figure.data[0].customdata is None


def test_every_cell_of_a_matrix_can_be_clicked_and_says_its_number():
    values = np.array([[1.0, np.nan, 3_000.0]])
    figure = _figures.heatmap(
        ["row"], ["a", "b", LONG], values, _figures.Shade("Patches", ","),
        selections=[["x=1", "x=2", "x=3"]],
    )  # fmt: skip
    cells = figure.data[1]
    assert [data[0] for data in cells.customdata] == ["x=1", "x=2", "x=3"]
    assert cells.text[2] == f"row<br>{LONG}<br>Patches: 3,000"
    assert cells.text[1].endswith("none")
    # The marks lie on the cells, and none beside them.
    assert tuple(figure.layout.xaxis.range) == (-0.5, 2.5)


def test_a_scale_around_zero_has_its_middle_there():
    shade = _figures.Shade.around_zero("Difference", ".1%", 0.2)
    assert (shade.low, shade.high) == (-0.2, 0.2)


def test_what_is_below_zero_has_a_sign_for_print():
    values = np.array([[-1.0, -0.05, 0.5, np.nan]])
    around = _figures.Shade.around_zero("Difference", ".1f", 1.0)
    assert _figures.minus(values, around).tolist() == [["−", "", "", ""]]
    assert _figures.minus(values, _figures.Shade("Patches")).tolist() == [[""] * 4]
    figure = _figures.heatmap(["row"], list("abcd"), values, around)
    assert figure.data[0].texttemplate == "%{text}"


def test_the_line_of_what_is_possible():
    line = _figures.whisker([1, 2], [3, 2], [4, 5])
    assert line["arrayminus"].tolist() == [2, 0]
    assert line["array"].tolist() == [1, 3]
