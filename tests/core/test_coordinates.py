import pytest
from hypothesis import given
from hypothesis import strategies as st

from eoexplore.core import coordinates

HERE = (48.21, 12.94)


@pytest.mark.parametrize(
    "text",
    [
        "48.21, 12.94", "48.21 12.94", "48.21;12.94", "48.21/12.94", "  48.21 ,12.94  ",
        "+48.21 +12.94", "48.21 N 12.94 E", "48.21N, 12.94E", "N48.21 E12.94", "N 48.21, E 12.94",
        "12.94E 48.21N", "E12.94 N48.21", "48.21° 12.94°", "48.21°, 12.94°", "48.21°N 12.94°E",
        "48°12'36\"N 12°56'24\"E", "48°12\u203236\u2033 N, 12°56\u203224\u2033 E",
        "48º12\u201936” N 12º56\u201924” E",
        "48°12'36''N 12°56'24''E", "48°12.6'N 12°56.4'E", "48 12 36 N 12 56 24 E",
        "48 12 36 12 56 24", "48 12.6, 12 56.4", "48,21 12,94", "48,21; 12,94", "48,21, 12,94",
        "48,21 N 12,94 E", "48,21° N, 12,94° E", "48.21 n 12.94 e", "48.21\u00a0N 12.94\u202fE",
    ],
)  # fmt: skip
def test_one_place_in_many_spellings(text):
    spot = coordinates.read(text)
    assert (spot.lat, spot.lon) == pytest.approx(HERE, abs=1e-9)
    assert spot.title == "48.21° N, 12.94° E"


@pytest.mark.parametrize(
    ("text", "lat", "lon"),
    [
        ("-33.45 -70.65", -33.45, -70.65),
        ("−33.45, −70.65", -33.45, -70.65),
        ("33.45 S 70.65 W", -33.45, -70.65),
        ("38.35,-8.3", 38.35, -8.3),
        ("38.35 -8.3", 38.35, -8.3),
        ("48°30'S 8°15'W", -48.5, -8.25),
        ("-0.5, 0.25", -0.5, 0.25),
        ("48,21", 48, 21),
        ("0 0", 0, 0),
        ("90, -180", 90, -180),
        ("112.5, 40", 40, 112.5),
        ("-120 37", 37, -120),
    ],
)
def test_signs_and_halves_of_the_globe(text, lat, lon):
    spot = coordinates.read(text)
    assert (spot.lat, spot.lon) == pytest.approx((lat, lon), abs=1e-9)


@pytest.mark.parametrize(
    "text",
    [
        "", "48.21", "48.21,", "48.21 12.94 7", "91, 181", "100 95", "48.21 N 12.94",
        "48.21 N 12.94 N",
        "48.21 E 12.94 E", "-48.21 N 12.94 E", "48°61'N 12°E", "48°12'60\"N 12°E", "48.5°30'N 12°E",
        "1e5, 3", "nan, 3", "inf 3", "48.21.3 12", "1234 12", "48,21,12,94", "Passau",
        "٤٨ ١٢", "48.21 - 12.94 -", "°°", "N E", ",,", "33UUP_26_57", "48..21 12",
    ],
)  # fmt: skip
def test_other_texts_are_no_coordinates(text):
    assert coordinates.read(text) is None


def test_how_it_was_understood_is_said():
    assert coordinates.read("48.21, 12.94").detail == "read as latitude, longitude"
    assert coordinates.read("112.5, 40").detail == "read as longitude, latitude"
    assert "letters" in coordinates.read("12.94E 48.21N").detail


def test_numbers_without_letters_may_be_turned():
    turned = coordinates.swapped(coordinates.read("12.94, 48.21"))
    assert (turned.lat, turned.lon) == HERE
    assert turned.detail == "read as longitude, latitude"
    assert coordinates.swapped(coordinates.read("12.94 N 48.21 E")) is None
    assert coordinates.swapped(coordinates.read("12, 100")) is None


@given(st.floats(-90, 90), st.floats(-180, 180))
def test_what_a_title_says_is_read_again(lat, lon):
    spot = coordinates.Spot(lat, lon, lettered=True, swapped=False)
    again = coordinates.read(spot.title)
    assert (again.lat, again.lon) == pytest.approx((lat, lon), abs=1e-5)


@given(st.text("0123456789.,;/ +-°'\"NSEWx", max_size=40))
def test_any_mixture_gives_a_place_or_nothing(text):
    spot = coordinates.read(text)
    if spot is not None:
        assert abs(spot.lat) <= 90
        assert abs(spot.lon) <= 180
