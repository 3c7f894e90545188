"""Signatures of classes against figures by hand."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from eoexplore.charts import _spectra, signatures
from eoexplore.charts.chart import CannotTell
from tests.charts.conftest import FOREST, MARINE, PASTURES, Row, asked_of, opened_of
from tests.charts.made_spectra import with_spectra


def image(forest, pastures=None, vv=-10.0):
    """A patch of forest, or half of it: near infrared is twice as bright as red."""
    own = {311: forest} if pastures is None else {311: forest, 231: pastures}
    return {
        code: {"s2/B04": red, "s2/B08": 2 * red, "s1/VV": vv, "s1/VH": vv - 5}
        for code, red in own.items()
    }


SUMMER, WINTER = "2017-07-01", "2018-01-10"
ROWS = [
    Row((FOREST, PASTURES), date=SUMMER, split="train"),
    Row((FOREST,), date=SUMMER, split="test", x=1),
    Row((FOREST,), date=WINTER, split="train", x=2),
    Row((MARINE,), date=WINTER, split="test", x=3),
]


@pytest.fixture(scope="module")
def opened(tmp_path_factory):
    images = [image(1000, 3000), image(2000, vv=-12.0), image(500, vv=-20.0), None]
    return with_spectra(tmp_path_factory.mktemp("index"), ROWS, images)


def line(chart, name, band, season=None):
    rows = chart.table[(chart.table["Class"] == name) & (chart.table["Band"] == band)]
    return (rows if season is None else rows[rows["Season"] == season]).iloc[0]


def test_means_weigh_patches_by_their_pixels(opened):
    chart = signatures.CHART(asked_of(opened))
    # Of forest, 7,200 pixels of 0.1, 14,400 of 0.2 and 14,400 of 0.05.
    red = line(chart, FOREST, "B04")
    assert red["Mean"] == pytest.approx((0.1 + 2 * 0.2 + 2 * 0.05) / 5)
    assert (red["10th percentile"], red["90th percentile"]) == (0.05, 0.2)
    assert line(chart, FOREST, "B08")["Mean"] == pytest.approx(2 * red["Mean"])
    assert (red["Pixels"], red["Patches"], red["Wavelength (nm)"]) == (3 * 64, 3, 664.6)
    assert line(chart, PASTURES, "B04")["Mean"] == pytest.approx(0.3)
    assert line(chart, PASTURES, "B12")["Pixels"] == 0
    assert math.isnan(line(chart, PASTURES, "B12")["Mean"])
    assert set(chart.table["Class"]) == {FOREST, PASTURES}
    assert (
        "B08 (near infrared): from 0.240 of Broad-leaved forest to 0.600 of Pas" in chart.sentence
    )
    assert any("Without a pixel here" in note and MARINE in note for note in chart.notes)


def test_patches_without_a_map_are_said(opened):
    # None of the table's patches is said to have one.
    notes = signatures.CHART(asked_of(opened, "split=train", "split=test")).notes
    assert "Patches without a label map are left out: 2 and 1." in notes
    assert any(note.startswith("No test") for note in notes)


def test_a_click_on_a_curve_leads_to_the_patches_of_its_class_and_season(opened):
    chart = signatures.CHART(asked_of(opened, "split=train", season="summer"))
    clicks = {row[0] for trace in chart.figure.data for row in trace.customdata or ()}
    assert clicks == {
        f"class=all:{FOREST}&season=summer&split=train",
        f"class=all:{PASTURES}&season=summer&split=train",
    }


def test_the_season_of_the_patch_counts(opened):
    chart = signatures.CHART(asked_of(opened, season="winter"))
    assert line(chart, FOREST, "B04")["Mean"] == pytest.approx(0.05)
    assert PASTURES not in set(chart.table["Class"])
    chart = signatures.CHART(asked_of(opened, season="each", classes=FOREST))
    assert line(chart, FOREST, "B04", "summer")["Mean"] == pytest.approx(0.5 / 3)
    assert line(chart, FOREST, "B04", "winter")["Mean"] == pytest.approx(0.05)
    assert "0.100 in winter; 0.333 in summer" in chart.sentence
    panels = signatures.CHART(asked_of(opened, season="each"))
    titles = [item.text for item in panels.figure.layout.annotations]
    assert titles[:2] == [PASTURES, FOREST]


def test_two_parts_stand_side_by_side(opened):
    chart = signatures.CHART(asked_of(opened, "split=train", "split=test", season="summer"))
    red = line(chart, FOREST, "B04")
    assert red["Selection: mean"] == pytest.approx(0.1)
    assert red["Compared with: mean"] == pytest.approx(0.2)
    assert red["Difference of means"] == pytest.approx(-0.1)
    assert "of 2 classes from 128 and 64 pixels" in chart.sentence
    assert "differ most in B08 of Broad-leaved forest: 0.200 and 0.400" in chart.sentence
    only = line(chart, PASTURES, "B04")
    assert (only["Selection: pixels"], only["Compared with: pixels"]) == (64, 0)


def test_backscatter_in_decibels(opened):
    chart = signatures.CHART(asked_of(opened, of="backscatter", season="summer"))
    # A third of the pixels has -10, two thirds -12.
    assert line(chart, FOREST, "VV")["Mean"] == pytest.approx(-34 / 3)
    assert line(chart, FOREST, "VH")["90th percentile"] == -15
    assert "dB" in chart.sentence
    axes = [chart.figure.layout.xaxis.title.text, chart.figure.layout.xaxis2.title.text]
    assert axes == ["Backscatter (dB)"] * 2


def test_a_class_of_few_pixels_is_marked(opened, monkeypatch):
    assert not any(note.startswith("*") for note in signatures.CHART(asked_of(opened)).notes)
    monkeypatch.setattr(_spectra, "FEW", 65)
    chart = signatures.CHART(asked_of(opened))
    assert f"* Fewer than 65 pixels: {PASTURES}." in chart.notes
    names = {trace.name for trace in chart.figure.data}
    assert {f"{PASTURES} *", FOREST} <= names


@pytest.mark.parametrize(
    ("text", "options", "reason"),
    [
        ("split=validation", {}, "None of the selected patches has spectra"),
        ("", {"season": "winter", "classes": PASTURES}, "None .* in winter"),
        ("split=train&season=winter", {"classes": PASTURES}, "None of the selected"),
    ],
)
def test_without_pixels_it_says_so(opened, text, options, reason):
    with pytest.raises(CannotTell, match=reason):
        signatures.CHART(asked_of(opened, text, **options))


def test_what_lacks_is_named(tmp_path):
    with pytest.raises(CannotTell, match="no optical images"):
        signatures.CHART(asked_of(opened_of(ROWS)))
    with pytest.raises(CannotTell, match="no radar images"):
        signatures.CHART(asked_of(opened_of(ROWS), of="backscatter"))
    unmapped = with_spectra(tmp_path, ROWS[:1], [image(1000)], mapped=False)
    with pytest.raises(CannotTell, match="No label map"):
        signatures.CHART(asked_of(unmapped))
    unmapped.folder.spectra_classes.unlink()
    with pytest.raises(CannotTell, match="still to be computed"):
        signatures.CHART(asked_of(unmapped))
    unmapped.dataset.streams = ("an archive",)
    with pytest.raises(CannotTell, match="archives"):
        signatures.CHART(asked_of(unmapped))


def test_dates_are_not_needed(tmp_path):
    opened = with_spectra(tmp_path, [Row((FOREST,), date="")], [image(1000)])
    assert [option.name for option in signatures.CHART.offered(asked_of(opened))] == [
        "of",
        "classes",
    ]
    assert line(signatures.CHART(asked_of(opened)), FOREST, "B04")["Mean"] == pytest.approx(0.1)


def test_bands_without_a_wavelength_stand_by_their_names(opened):
    layers = [
        replace(layer, bands=tuple(replace(band, wavelength_nm=None) for band in layer.bands))
        for layer in opened.dataset.layers
    ]
    dataset = SimpleNamespace(**{**vars(opened.dataset), "layers": layers})
    for classes in ("all", FOREST):
        chart = signatures.CHART(asked_of(replace(opened, dataset=dataset), classes=classes))
        assert chart.figure.data[-1].x == ("B04", "B08")
        assert chart.figure.layout.xaxis.title.text == "Band"
