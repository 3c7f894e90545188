"""The whole landscapes, without writing files: what the dataset promises as a whole."""

import itertools
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from eoexplore.demo import landscape, plan, sensors
from eoexplore.demo.generate import Task
from eoexplore.demo.noise import Window
from eoexplore.demo.nomenclature import CLASSES, labels, split_of, unlabelled_share
from eoexplore.demo.parameters import Parameters

SEED = 42


class Scene:
    """A landscape with its patches."""

    def __init__(self, name):
        parameters = Parameters()
        self.seed = Task(Path(), Path(), parameters, SEED).scene_seed(name)
        self.patches = plan.patches(name, parameters, SEED)
        self.window = plan.extent(self.patches, parameters.margin)
        self.places = plan.places(self.patches, self.window)
        self.maps = landscape.survey(name, self.window, self.places, parameters, self.seed)
        self.land = landscape.build(name, self.window, self.maps, self.seed)

    def view(self, window, number=0):
        date = self.patches[0].block.dates[number]
        origin = (self.window.row, self.window.column)
        return sensors.View(self.land, origin, window, date, number, self.seed)


@pytest.fixture(scope="module")
def scenes():
    return {name: Scene(name) for name in ("coast", "upland")}


@pytest.fixture(scope="module")
def rows(scenes):
    """Every patch: its split, labels, true labels, whether an error was planted."""
    found = []
    for scene in scenes.values():
        for patch, place, kind in zip(scene.patches, scene.places, scene.maps.kinds, strict=True):
            wrong, true = scene.maps.wrong[place.box], scene.maps.truth[place.box]
            if unlabelled_share(wrong) < 0.25:
                row = (split_of(patch.x, patch.y), labels(wrong), labels(true), kind)
                found += [row] * len(patch.dates)
    return found


def test_every_class_is_in_15_patches_of_every_split(rows):
    counts = Counter((split, label) for split, found, *_ in rows for label in found)
    for split, name in itertools.product(("train", "validation", "test"), CLASSES):
        assert counts[split, name] >= 15, (split, name)


def test_blocks_are_large_and_nearly_whole(rows, scenes):
    assert 880 <= len(rows) <= 900
    places = sum(len(scene.patches) for scene in scenes.values())
    assert places == 670
    again = sum(len(patch.dates) == 2 for scene in scenes.values() for patch in scene.patches)
    assert again / places == pytest.approx(1 / 3, abs=0.03)
    dropped = sum(
        unlabelled_share(scene.maps.wrong[place.box]) >= 0.25
        for scene in scenes.values()
        for place in scene.places
    )
    assert dropped <= 3


def test_wrong_labels_stand_in_4_to_8_percent_of_the_patches(rows):
    kinds = Counter(kind for *_, kind in rows)
    assert 0.04 <= 1 - kinds[""] / len(rows) <= 0.08
    assert all(kinds[kind] > 0 for kind in ("recoded", "shifted", "missed"))
    changed = [found != true for _, found, true, kind in rows if kind]
    assert np.mean(changed) > 0.25


def test_unlabelled_codes_occur(scenes):
    codes = np.concatenate([np.unique(scene.maps.truth) for scene in scenes.values()])
    assert {122, 123, 124, 131, 142, 332} <= set(codes.tolist())


def test_neighbouring_tiles_overlap_and_show_the_same_land(scenes):
    scene = scenes["upland"]
    by_name = {(patch.block.tile, patch.x, patch.y): patch for patch in scene.patches}
    left, right = by_name["33UUP", 86, 44], by_name["33UVP", 3, 44]
    shift = right.column - left.column
    assert (left.row, shift) == (right.row, 36)
    tiles = sensors.Tiles.make(SEED, 4.4)
    first, second = (
        sensors.optical(scene.view(patch.window), Parameters(), tiles).bands
        for patch in (left, right)
    )
    np.testing.assert_allclose(first[:, :, shift:], second[:, :, :-shift], rtol=1e-4)


def test_coarse_bands_are_means_of_the_10_m_scene(scenes):
    window = scenes["coast"].patches[100].window
    tiles = sensors.Tiles.make(SEED, 4.4)
    scene = sensors.optical(scenes["coast"].view(window), Parameters(), tiles).bands
    for factor in (2, 6):
        blocks = scene[4].reshape(120 // factor, factor, 120 // factor, factor)
        coarse = sensors.at_resolution(scene[4], factor)
        np.testing.assert_allclose(coarse, blocks.mean(axis=(1, 3)), atol=0.51)


def pixels_by_class(scene):
    """Bands of clear pixels of each class on the first date, from three rows of patches."""
    tiles = sensors.Tiles.make(SEED, 4.4)
    strips, codes = [], []
    for row in range(0, 1200, 120):
        window = Window(row, 0, 120, scene.window.width - 120)
        seen = sensors.optical(scene.view(window), Parameters(), tiles)
        top, left = row - scene.window.row, -scene.window.column
        code = scene.maps.truth[top : top + 120, left : left + window.width]
        strips.append(seen.bands[:, ~seen.cloud][:, ::7])
        codes.append(code[~seen.cloud][::7])
    bands, code = np.concatenate(strips, axis=1), np.concatenate(codes)
    members = {name: np.isin(code, known) for name, known in CLASSES.items()}
    return {name: bands[:, m].T for name, m in members.items() if np.count_nonzero(m) > 500}


def jeffries_matusita(a, b):
    difference = a.mean(axis=0) - b.mean(axis=0)
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    middle = (cov_a + cov_b) / 2
    log = [np.linalg.slogdet(matrix)[1] for matrix in (middle, cov_a, cov_b)]
    distance = difference @ np.linalg.solve(middle, difference) / 8
    distance += 0.5 * (log[0] - 0.5 * (log[1] + log[2]))
    return 2 * (1 - np.exp(-distance))


@pytest.mark.parametrize("name", ["coast", "upland"])
def test_classes_overlap_spectrally_but_water_is_clear(scenes, name):
    found = pixels_by_class(scenes[name])
    short = {
        "Broad-leaved forest", "Coniferous forest", "Mixed forest", "Arable land", "Pastures",
        "Complex cultivation patterns", "Agro-forestry areas",
    }  # fmt: skip
    pairs = itertools.combinations(sorted(short & found.keys()), 2)
    close = [pair for pair in pairs if jeffries_matusita(*(found[each] for each in pair)) < 1.4]
    assert len(close) >= 5, close
    for forest in ("Broad-leaved forest", "Coniferous forest", "Mixed forest"):
        assert jeffries_matusita(found["Inland waters"], found[forest]) > 1.8


def test_levels_are_those_of_land(scenes):
    found = pixels_by_class(scenes["upland"])
    forest, water = found["Broad-leaved forest"].mean(axis=0), found["Inland waters"].mean(axis=0)
    assert 150 < forest[3] < 350
    assert 2200 < forest[7] < 4200
    assert water[10] < 500
