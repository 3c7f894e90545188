import bz2

import numpy as np
import pytest
from pyproj import Transformer

from eoexplore.analysis.separation import nearest
from eoexplore.core import mgrs
from tests.analysis.conftest import fields


def test_a_row_of_places_by_hand():
    found = nearest(np.array([[0.0, 0.0], [5.0, 12.0]]), np.array([[3.0, 4.0], [0.0, 12.0]]))
    assert found.distance_m.tolist() == [5.0, 5.0]
    assert found.row.tolist() == [0, 1]
    assert found.share_within(4.9) == 0
    assert found.share_within(5.0) == 1


def test_an_empty_part():
    nobody = np.empty((0, 2))
    found = nearest(np.zeros((3, 2)), nobody)
    assert np.isinf(found.distance_m).all()
    assert found.row.tolist() == [-1] * 3
    assert found.share_within(1e9) == 0
    assert np.isnan(nearest(nobody, np.zeros((3, 2))).share_within(1.0))


def test_places_that_are_none():
    with pytest.raises(ValueError, match="location"):
        nearest(np.array([[np.nan, 0.0]]), np.zeros((1, 2)))


def test_as_all_pairs_say():
    draw = np.random.default_rng(5)
    samples, others = draw.integers(0, 40, (200, 2)) * 60.0, draw.integers(0, 40, (90, 2)) * 60.0
    every = np.hypot(*np.moveaxis(samples[:, None] - others[None], -1, 0))
    found = nearest(samples, others)
    assert found.distance_m == pytest.approx(every.min(1))
    assert every[np.arange(200), found.row] == pytest.approx(found.distance_m)


@pytest.fixture(scope="module")
def places(metadata_table):
    """Centres of all patches in EPSG:3035, metres."""
    tile, x, y = fields(metadata_table)
    epsg, left, top = mgrs.patch_corners(tile, x, y)
    found = np.empty((len(metadata_table), 2))
    for code in np.unique(epsg):
        rows = epsg == code
        # 3035 names north first; `always_xy` puts east first.
        project = Transformer.from_crs(int(code), 3035, always_xy=True)
        centre = project.transform(left[rows] + 600.0, top[rows] - 600.0)
        found[rows] = np.column_stack(centre)
    return found


def test_the_released_split_of_the_recommended_set(metadata_table, places):
    flags = metadata_table[["contains_seasonal_snow", "contains_cloud_or_shadow"]]
    chosen = ~flags.any(axis=1).to_numpy()
    split = metadata_table["split"].to_numpy(str)
    part = {name: places[chosen & (split == name)] for name in ("train", "validation", "test")}
    test = nearest(part["test"], part["train"])
    assert round(test.distance_m.min()) == 11_937
    assert np.median(test.distance_m) == pytest.approx(20_400, abs=50)
    assert nearest(part["validation"], part["train"]).share_within(1_300) == pytest.approx(
        0.119, abs=5e-4
    )
    assert nearest(part["test"], part["validation"]).share_within(1_300) == pytest.approx(
        0.084, abs=5e-4
    )


def test_the_split_of_version_1(metadata_table, places, real_data):
    folder = real_data / "reben" / "ben_v1_splits"
    names = {
        name: set(bz2.decompress((folder / f"{name}.csv.bz2").read_bytes()).decode().split())
        for name in ("train", "test")
    }
    part = {name: places[metadata_table["s2v1_name"].isin(own)] for name, own in names.items()}
    assert nearest(part["test"], part["train"]).share_within(1_300) == pytest.approx(
        0.998, abs=5e-4
    )


def test_a_random_split_of_all_rows(places):
    order = np.random.default_rng(0).permutation(len(places))
    test, train = order[:137_367], order[-272_544:]
    found = nearest(places[test], places[train])
    assert found.share_within(1_300) == pytest.approx(0.989, abs=2e-3)
    assert np.median(found.distance_m) == 0
