"""Means of classes in patches, out of the products' tables."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from eoexplore.store import spectra_patches
from eoexplore.store.folder import IndexFolder
from eoexplore.store.spectra_parts import write_table


def part(folder, product, ids, codes, pixels, red, **more):
    columns = {"id": ids, "code": np.array(codes, np.uint16), "pixels": np.array(pixels, np.uint16)}
    columns["s2/B04_mean"] = np.array(red, np.float32)
    write_table(folder.part("spectra", product), pa.table(columns | more))


@pytest.fixture
def folder(tmp_path):
    folder = IndexFolder(tmp_path)
    part(folder, "p", ["b", "b", "a"], [211, 512, 211], [9, 5, 7], [100, 50, np.nan])
    part(folder, "q", ["c", "gone"], [999, 0], [1, 2], [10, 20])
    return folder


FRAME = pd.DataFrame({"id": ["a", "b", "c"], "product": ["p", "p", "q"]})


def test_each_class_of_each_patch_has_its_mean_and_its_row(folder):
    found = spectra_patches.read(folder, FRAME, ["s2/B04"])
    assert found.rows.tolist() == [1, 1, 0, 2]
    assert found.codes.tolist() == [211, 512, 211, 999]
    assert found.pixels.tolist() == [9, 5, 7, 1]
    np.testing.assert_array_equal(found.values[:, 0], np.float32([100, 50, np.nan, 10]))


def test_a_band_or_a_product_that_is_not_there_makes_it_none(folder):
    assert spectra_patches.read(folder, FRAME, ["s2/B08"]) is None
    more = pd.concat([FRAME, pd.DataFrame({"id": ["d"], "product": ["r"]})])
    assert spectra_patches.read(folder, more, ["s2/B04"]) is None
    assert spectra_patches.read(folder, FRAME[:0], ["s2/B04"]) is None


def test_a_table_that_is_damaged_makes_it_none(folder):
    path = folder.part("spectra", "q")
    path.write_bytes(path.read_bytes()[:300])
    assert spectra_patches.read(folder, FRAME, ["s2/B04"]) is None


def test_a_table_of_another_version_makes_it_none(folder, monkeypatch):
    monkeypatch.setitem(spectra_patches.VERSIONS, "spectra", 99)
    assert spectra_patches.read(folder, FRAME, ["s2/B04"]) is None
