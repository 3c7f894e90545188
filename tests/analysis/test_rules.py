"""Physical rules: what keeps them, what breaks them, and that each says where it comes from."""

import importlib
import pkgutil
import re

import numpy as np
import pytest

from eoexplore.analysis import rules
from eoexplore.analysis.rules.rule import contrast, every
from eoexplore.core.dates import SEASONS
from eoexplore.datasets._reben_facts import LAYERS, classes

BANDS = {band.name for layer in LAYERS for band in layer.bands}
# Means of surfaces as they are usually met: green crowns, bare soil, open sea, a town, dry sand,
# fresh snow; reflectances and decibels.
NAMES = ("B03", "B04", "B08", "B11", "VV", "VH")
LOOKS = {
    "crowns": (0.05, 0.03, 0.33, 0.15, -9.5, -15.5),
    "soil": (0.10, 0.13, 0.20, 0.30, -12.5, -21.0),
    "sea": (0.04, 0.02, 0.02, 0.01, -18.0, -27.0),
    "town": (0.10, 0.10, 0.22, 0.19, -6.0, -13.0),
    "sand": (0.22, 0.28, 0.33, 0.40, -15.0, -24.0),
    "grass": (0.08, 0.05, 0.42, 0.22, -12.0, -19.0),
}
KEPT = {
    "bare_forest": "crowns",
    "bare_pasture": "grass",
    "bright_forest": "crowns",
    "dark_sand": "sand",
    "dry_water": "sea",
    "flat_forest": "crowns",
    "green_town": "town",
    "leafless_conifers": "crowns",
    "rough_water": "sea",
    "wet_land": "crowns",
}
BROKEN = {
    "bare_forest": ("soil", "sand"),
    "bare_pasture": ("soil",),
    "bright_forest": ("soil", "sand"),
    "dark_sand": ("sea", "crowns"),
    "dry_water": ("crowns", "grass", "town"),
    "flat_forest": ("soil", "sea"),
    "green_town": ("grass",),
    "leafless_conifers": ("soil",),
    "rough_water": ("crowns", "town"),
    "wet_land": ("sea",),
}
NUMBERED = list(enumerate(every()))


def bands_of(look):
    return {name: np.array([value]) for name, value in zip(NAMES, LOOKS[look], strict=True)}


def test_every_module_but_the_contract_is_a_rule():
    modules = {item.name for item in pkgutil.iter_modules(rules.__path__)} - {"rule"}
    assert {rule.name for rule in every()} == modules == KEPT.keys() == BROKEN.keys()
    assert [rule.name for rule in every()] == sorted(modules)
    for name in modules:
        assert importlib.import_module(f"eoexplore.analysis.rules.{name}").RULE.name == name


@pytest.mark.parametrize(("number", "rule"), NUMBERED)
def test_rules_are_about_bands_classes_and_seasons_that_there_are(number, rule):
    assert set(rule.bands) <= BANDS
    assert set(rule.seasons) <= set(SEASONS)
    concerned = [item for item in classes().classes if set(item.codes) <= set(rule.codes)]
    assert concerned
    # A source has a year.
    assert re.search(r"(19|20)\d\d|Geological Survey", rule.source)


@pytest.mark.parametrize(("number", "rule"), NUMBERED)
def test_a_rule_is_kept_by_what_it_is_about(number, rule):
    assert rule.excess(bands_of(KEPT[rule.name])) <= 0


@pytest.mark.parametrize(("number", "rule"), NUMBERED)
def test_a_rule_is_broken_by_what_it_excludes(number, rule):
    for look in BROKEN[rule.name]:
        assert rule.excess(bands_of(look)) > 0, look


def test_snow_breaks_no_rule_that_it_could_be_taken_to_break():
    snow = dict(zip(NAMES, np.array([[0.6], [0.6], [0.6], [0.08], [-12.0], [-19.0]]), strict=True))
    found = {rule.name: rule.excess(snow)[0] > 0 for rule in every()}
    assert not found["wet_land"]
    assert not found["leafless_conifers"]


def test_a_contrast_of_nothing_is_none():
    assert contrast(np.array([0.0, 0.75]), np.array([0.0, 0.25])).tolist() == [0.0, 0.5]
