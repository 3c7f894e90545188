"""The reader on real files, against the numbers of the release."""

import numpy as np
import pytest
import rasterio

from eoexplore import datasets
from eoexplore.store import samples as sample_table

pytestmark = pytest.mark.real_data

SPLITS = {"train": 272_544, "validation": 139_577, "test": 137_367}
COUNTRIES = {
    "Austria": 45_891, "Belgium": 11_314, "Finland": 211_949, "Ireland": 51_705, "Kosovo": 2_200,
    "Lithuania": 51_538, "Luxembourg": 3_623, "Portugal": 89_855, "Serbia": 76_525,
    "Switzerland": 4_888,
}  # fmt: skip
# In the order of the paper.
CLASSES = (
    67_661, 12_120, 200_642, 29_733, 100_130, 103_169, 139_036, 33_206, 145_479, 201_537, 205_952,
    13_691, 14_637, 165_511, 1_351, 28_148, 1_620, 89_249, 70_301,
)  # fmt: skip
SEASONS = {"spring": 177_865, "autumn": 151_979, "winter": 115_253, "summer": 104_391}
ZONES = {29: 141_560, 31: 14_937, 32: 4_888, 33: 45_891, 34: 171_185, 35: 169_767, 36: 1_260}


@pytest.fixture(scope="module")
def everything(real_data):
    return datasets.open_dataset(real_data / "reben" / "metadata")


@pytest.fixture(scope="module")
def frame(everything):
    return sample_table.with_places(everything.samples())


def counts(column):
    return column.value_counts().to_dict()


def test_all_of_reben_from_its_tables(everything, frame):
    assert everything.layout == "metadata"
    assert len(frame) == frame["id"].nunique() == frame["s1_id"].nunique() == 549_488
    assert counts(frame["split"]) == SPLITS
    assert counts(frame["country"]) == COUNTRIES
    assert counts(frame["season"]) == SEASONS
    assert counts(frame["epsg"] - 32600) == ZONES
    assert (frame["tile"].nunique(), frame["product"].nunique()) == (54, 115)
    kinds = {problem.kind for problem in everything.health().problems}
    assert kinds == {"missing_s2", "missing_s1", "missing_reference_map"}


def test_all_labels_and_flags_of_reben(everything, frame):
    masks = frame["label_mask"].to_numpy(np.uint64)
    assert (
        tuple(int((masks >> np.uint64(bit) & np.uint64(1)).sum()) for bit in range(19)) == CLASSES
    )
    assert counts(frame["flags"].map(tuple)) == {
        (): 480_038, ("snow",): 60_773, ("cloud_or_shadow",): 8_677,
    }  # fmt: skip
    assert counts(frame["labels"].map(len))[1] == 96_537
    assert counts(frame["labels"].map(len))[11] == 5


def test_the_split_follows_from_the_place_in_the_tile(frame):
    x, y = frame["x"].to_numpy(), frame["y"].to_numpy()
    inner = (x >= 23) & (x <= 68) & (y >= 23) & (y <= 68)
    outer = (x <= 12) | (x >= 78) | (y <= 12) | (y >= 78)
    rule = np.where(inner, "test", np.where(outer, "train", "validation"))
    assert (rule == frame["split"].astype(object)).all()


def test_all_of_reben_lies_where_it_lies(frame):
    box = frame["lon"].min(), frame["lat"].min(), frame["lon"].max(), frame["lat"].max()
    assert box == pytest.approx((-8.99, 36.96, 31.59, 68.02), abs=0.02)


def test_the_small_copy(real_data):
    dataset = datasets.open_dataset(real_data / "reben_mini")
    frame = dataset.samples()
    assert len(frame) == 24
    health = dataset.health()
    assert dict(health.layers) == {"s2": 24, "s1": 24, "reference_map": 1}
    assert dict(health.missing) == {"reference_map": 23}
    (row,) = frame[frame["has_reference_map"]].index
    key = frame["id"][row]
    assert key.endswith("T33UUP_26_57")
    codes, pixels = np.unique(
        dataset.read(key, "reference_map", "reference_map"), return_counts=True
    )
    assert dict(zip(codes.tolist(), pixels.tolist(), strict=True)) == {
        211: 7075, 231: 1154, 311: 4131, 313: 2040,
    }  # fmt: skip


def test_the_small_copy_lies_where_its_own_files_say(real_data):
    frame = sample_table.with_places(datasets.open_dataset(real_data / "reben_mini").samples())
    for row in frame.itertuples():
        folder = real_data / "reben_mini" / "BigEarthNet-S2" / row.product / row.id
        with rasterio.open(folder / f"{row.id}_B02.tif") as file:
            assert file.crs.to_epsg() == row.epsg
            assert (file.bounds.left, file.bounds.top) == (row.left, row.top)
            assert (file.bounds.right, file.bounds.bottom) == (row.left + 1200, row.top - 1200)


def test_the_partial_download(real_data):
    dataset = datasets.open_dataset(real_data / "reben" / "ben_v2_tiffs")
    assert dataset.layout == "released tree"
    assert len(dataset.samples()) == 3
    assert dict(dataset.health().layers) == {"s2": 1, "s1": 1, "reference_map": 1}
    kinds = [problem.kind for problem in dataset.health().problems]
    assert kinds.count("missing_table") == 2


def test_the_database_has_the_pixels_of_the_files(real_data):
    database = datasets.open_dataset(real_data / "reben" / "ben_v2_lmdb")
    assert database.layout == "rico-hdl LMDB"
    assert dict(database.health().layers) == {"s2": 1, "s1": 1, "reference_map": 0}
    files = datasets.open_dataset(real_data / "reben" / "ben_v2_tiffs")
    for layer in ("s2", "s1"):
        frame = database.samples()
        (key,) = frame[frame[f"has_{layer}"]]["s1_id" if layer == "s1" else "id"]
        described = next(item for item in database.layers if item.name == layer)
        for band in described.bands:
            values = database.read(key, layer, band.name)
            assert values.dtype == ("float32" if layer == "s1" else "uint16")
            if files.samples()[f"has_{layer}"].any() and key in set(files.samples()["id"]):
                np.testing.assert_array_equal(files.read(key, layer, band.name), values)
