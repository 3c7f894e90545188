"""The place that a file states against the place that its name states."""

import pytest
import rasterio
from rasterio.transform import from_origin

from eoexplore import datasets
from tests.builders import Patch, write_tree

PATCHES = (Patch("33UUP", 26, 57), Patch("29SNC", 3, 4))


@pytest.fixture
def root(tmp_path):
    return write_tree(tmp_path / "reben", PATCHES)


def misplaced(root):
    dataset = datasets.open_dataset(root)
    dataset.samples()
    return [problem for problem in dataset.health().problems if problem.kind == "misplaced"]


def test_files_that_lie_where_their_names_say_are_no_problem(root):
    assert misplaced(root) == []


@pytest.mark.parametrize("change", ["shifted", "zone"])
def test_a_file_of_another_place_is_one_line(root, change):
    epsg, left, top = PATCHES[0].corner
    path = PATCHES[0].path(root, "reference_map", "reference_map")
    with rasterio.open(path, "r+") as file:
        if change == "shifted":
            file.transform = from_origin(left + 10, top, 10, 10)
        else:
            file.crs = epsg - 1
    (problem,) = misplaced(root)
    assert problem.count == 1
    assert problem.examples == (PATCHES[0].id,)
    assert problem.sentence.startswith("1 of 2 Reference map files looked at say another place")


def test_a_file_without_geography_contradicts_nothing(root):
    path = PATCHES[0].path(root, "reference_map", "reference_map")
    with rasterio.open(path) as file:
        pixels = file.read()
    with rasterio.open(
        path, "w", driver="GTiff", width=120, height=120, count=1, dtype=pixels.dtype
    ) as file:
        file.write(pixels)
    assert misplaced(root) == []
