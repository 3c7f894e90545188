"""Spectral indices: the catalogue's formulas against formulas written by hand."""

import ast

import numpy as np
import pytest

from eoexplore.core.errors import UnknownName
from eoexplore.render import indices
from eoexplore.render.composites import styles_of
from eoexplore.render.indices import BANDS, catalogue, evaluate, is_normalised

NAMES = tuple(BANDS.values())


@pytest.fixture
def bands():
    values = np.random.default_rng(5).integers(1, 9000, (12, 7, 9)).astype(np.uint16)
    return dict(zip(NAMES, values, strict=True))


BY_HAND = {
    "NDVI": lambda r: (r["B08"] - r["B04"]) / (r["B08"] + r["B04"]),
    "NDWI": lambda r: (r["B03"] - r["B08"]) / (r["B03"] + r["B08"]),
    "MNDWI": lambda r: (r["B03"] - r["B11"]) / (r["B03"] + r["B11"]),
    "NDMI": lambda r: (r["B08"] - r["B11"]) / (r["B08"] + r["B11"]),
    "NBR": lambda r: (r["B08"] - r["B12"]) / (r["B08"] + r["B12"]),
    "NDBI": lambda r: (r["B11"] - r["B08"]) / (r["B11"] + r["B08"]),
    "NDSI": lambda r: (r["B03"] - r["B11"]) / (r["B03"] + r["B11"]),
    "EVI": lambda r: 2.5 * (r["B08"] - r["B04"]) / (r["B08"] + 6 * r["B04"] - 7.5 * r["B02"] + 1),
    "EVI2": lambda r: 2.5 * (r["B08"] - r["B04"]) / (r["B08"] + 2.4 * r["B04"] + 1),
    "SAVI": lambda r: 2 * (r["B08"] - r["B04"]) / (r["B08"] + r["B04"] + 1),
    "NDREI": lambda r: (r["B08"] - r["B05"]) / (r["B08"] + r["B05"]),
    "AWEInsh": lambda r: 4 * (r["B03"] - r["B11"]) - 0.25 * r["B08"] + 2.75 * r["B12"],
    "MSAVI": lambda r: (
        0.5 * (2 * r["B08"] + 1 - np.sqrt((2 * r["B08"] + 1) ** 2 - 8 * (r["B08"] - r["B04"])))
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_values_equal_the_formula_by_hand(bands, name):
    reflectance = {band: values / 10_000 for band, values in bands.items()}
    found = catalogue()[name].values(bands)
    assert found.dtype == np.float32
    assert found.shape == (7, 9)
    np.testing.assert_allclose(found, BY_HAND[name](reflectance), rtol=2e-4, atol=2e-5)


def test_the_catalogue_computes_the_same(bands):
    """The package's own computation of each index, on the same numbers."""
    import spyndex

    names = {short: bands[band].astype(float) / 10_000 for short, band in BANDS.items()}
    compared = 0
    for item in catalogue().values():
        with np.errstate(all="ignore"):
            own = spyndex.computeIndex(item.name, params={**names, **item.constants})
            # Where numbers cancel out, float32 and float64 part.
            steady = np.isfinite(own) & (np.abs(own) < 1e4)
        found = item.values(bands)
        near = np.isclose(found, own, rtol=1e-2, atol=1e-2 * max(item.high - item.low, 0.01))
        assert near[steady].mean() > 0.9 if steady.any() else True, item.name
        compared += steady.any()
    assert compared > 200


def test_a_division_by_zero_is_no_number_and_not_zero():
    empty = {name: np.array([0, 0, 400], np.uint16) for name in NAMES}
    found = catalogue()["NDVI"].values(empty)
    assert np.isnan(found[:2]).all()
    assert found[2] == 0
    assert np.isnan(evaluate("N ** 0.5", {"N": np.array([-1.0])})).all()


def test_every_index_that_the_twelve_bands_suffice_for_is_there():
    found = catalogue()
    assert len(found) > 200
    assert list(found)[:3] == ["NDVI", "NDWI", "MNDWI"]
    assert not {"kNDVI", "kEVI", "NIRvP", "FAI", "CRSWIR"} & set(found)
    for item in found.values():
        assert set(item.bands) <= set(NAMES)
        assert item.bands
        assert item.low < item.high
        assert item.reference.startswith("http")
        assert None not in item.constants.values()
    assert found["EVI"].bands == ("B02", "B04", "B08")
    assert found["EVI"].constants == {"g": 2.5, "C1": 6, "C2": 7.5, "L": 1}


def test_best_known_indices_all_exist():
    assert set(indices.BEST_KNOWN) <= set(catalogue())


def test_normalised_differences_show_the_same_range():
    ndvi, evi = catalogue()["NDVI"], catalogue()["EVI"]
    assert (ndvi.normalised, ndvi.low, ndvi.high) == (True, -1, 1)
    assert not evi.normalised
    assert (evi.low, evi.high) != (-1, 1)
    assert is_normalised("(N - (R + S1))/(N + (R + S1))")
    assert not is_normalised("(N - R)/(N + G)")
    assert not is_normalised("N/R")
    assert not is_normalised("(N - R)/(N - R)")


def test_a_formula_is_shown_with_the_bands_of_the_dataset():
    assert catalogue()["NDVI"].explained == "(B08 - B04) / (B08 + B04)"
    assert "2.5 * (B08 - B04)" in catalogue()["EVI"].explained


@pytest.mark.parametrize(
    "formula",
    ["__import__('os')", "N.real", "N[0]", "(lambda: 1)()", "N if R else G", "'a' * 9", "X + 1",
     "N and R", "f'{N}'", "", "N +", "[N for N in R]", "N := 1", "True if N else R"],
)  # fmt: skip
def test_nothing_but_arithmetic_is_a_formula(formula):
    with pytest.raises(UnknownName):
        evaluate(formula, {"N": np.ones(3), "R": np.ones(3), "G": np.ones(3)})


def test_styles_stand_in_groups_the_best_known_first():
    groups = [style.group for style in styles_of("s2") if style.id.startswith("index.")]
    assert list(dict.fromkeys(groups))[:3] == [
        "Indices: best known", "Indices: vegetation", "Indices: water",
    ]  # fmt: skip
    assert groups == sorted(groups, key=list(dict.fromkeys(groups)).index)
    names = [style.id for style in styles_of("s2")]
    assert len(names) == len(set(names))


def test_formulas_hold_only_what_can_be_computed():
    """Every formula of the catalogue that is offered has a value at some plain surface."""
    for item in catalogue().values():
        assert isinstance(ast.parse(item.formula, mode="eval"), ast.Expression)
        values = dict.fromkeys(NAMES, np.array([300, 1200], np.uint16))
        spread = {name: v + np.uint16(37 * k) for k, (name, v) in enumerate(values.items())}
        assert np.isfinite(item.values(spread)).any(), item.name
